"""What a lesson is: its values, Markdown into a Lesson, and a lesson file's faults. Pure, but for `pack`."""
