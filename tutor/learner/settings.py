"""The names of what is kept in a learner's settings."""

LANGUAGE = "language"
"""The language chosen with `:lang`, as a tag such as `zh-CN`."""

WORK_FOLDER = "work_folder"
"""The folder that the learner chose for exercise files, as an absolute path."""
