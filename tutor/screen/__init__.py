"""Values into styled lines, and the one place that prints."""
