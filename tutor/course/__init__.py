"""What a lesson is: its values, Markdown into a Lesson, and the faults of a lesson file. Pure, but for `pack`."""
