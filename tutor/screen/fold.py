"""The mark where something is not shown, and words cut to a number of columns: nothing goes without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutor.language import _

if TYPE_CHECKING:
    from rich.text import Text


def fold_mark(hidden: str, *, plain: bool, command: str = "", indent: str = "") -> Text:
    """What is not shown, and the command that shows it, where one does.

    Args:
        hidden: in words, escaped already.
    """
    from rich.text import Text

    if not plain:
        words = _("… {hidden} ({command})") if command else "… {hidden}"
        return Text(indent + words.format(hidden=hidden, command=command), "wire.fold")
    words = _("Folded: {hidden}. {command} shows all.") if command else _("Folded: {hidden}.")
    return Text(words.format(hidden=hidden, command=command), "wire.fold")


def cut(words: str, columns: int) -> str:
    """The words in so many columns; what does not fit is cut with a mark."""
    from rich.text import Text

    text = Text(words)
    text.truncate(max(1, columns), overflow="ellipsis")
    return text.plain
