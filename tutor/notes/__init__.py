"""The learner's notebook: what was seen and answered, on the screen or as a page to keep."""
