"""Where a learner's progress is kept, and the names of its settings: what can be known without opening it."""

FILE_NAME = "progress.sqlite3"
"""In the folder for state."""

LANGUAGE = "language"
"""The language chosen with `:lang`, as a tag such as `zh-CN`."""

WORK_FOLDER = "work_folder"
"""The folder that the learner chose for exercise files, as an absolute path."""
