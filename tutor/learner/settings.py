"""The names of what is kept in a learner's settings."""

LANGUAGE = "language"
"""The language chosen with `:lang`, as a tag such as `zh-CN`."""
