"""Words filled up to a number of a terminal's columns, of which a Chinese character takes two."""

from __future__ import annotations

from unicodedata import combining, east_asian_width


def columns_of(words: str) -> int:
    """How many columns a text takes."""
    if words.isascii() or all(east_asian_width(each) not in "WF" and not combining(each) for each in words):
        return len(words)
    # Imported for such words alone: it takes longer than to write a list.
    from rich.cells import cell_len

    return cell_len(words)


def padded(words: str, width: int) -> str:
    """Filled up with blanks behind it to a number of columns."""
    return words + " " * max(0, width - columns_of(words))


def padded_left(words: str, width: int) -> str:
    """Filled up with blanks before it to a number of columns."""
    return " " * max(0, width - columns_of(words)) + words
