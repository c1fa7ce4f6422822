"""The non-interactive run and its reports."""
