"""The bundled lesson pack: five Markdown files, readable as package data."""
