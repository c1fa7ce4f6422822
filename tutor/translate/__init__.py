"""What authors of a translation call: a file to begin with, and a step that is up to date again."""
