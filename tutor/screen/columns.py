"""Words filled up to a number of a terminal's columns, of which a Chinese character takes two."""

from __future__ import annotations

from rich.cells import cell_len


def padded(words: str, width: int) -> str:
    """Filled up with blanks behind it to a number of columns."""
    return words + " " * max(0, width - cell_len(words))


def padded_left(words: str, width: int) -> str:
    """Filled up with blanks before it to a number of columns."""
    return " " * max(0, width - cell_len(words)) + words
