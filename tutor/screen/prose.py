"""Markdown of a lesson as styled lines."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from tutor.language import _
from tutor.wire.escape import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

MAX_WIDTH = 92
"""Longer lines are hard to read."""


def prose_lines(markdown: str, *, width: int, plain: bool = False, style: str = "") -> list[Text]:
    """The Markdown, wrapped to the width, without outer blank lines.

    Args:
        plain: no box drawing, and nothing is told by bold type or place alone: code stands in backticks, a
            table is a sentence a row.
    """
    from rich.text import Text

    from tutor.screen.markdown import LessonMarkdown, PlainMarkdown
    from tutor.screen.wide import without_soft_breaks

    markdown = without_soft_breaks(markdown.expandtabs(4))
    if plain:
        markdown = markdown.replace(" → ", _(", then "))
    escaped = "\n".join(visible(line) for line in markdown.split("\n"))
    console = _console(min(width, MAX_WIDTH))
    rows = console.render_lines((PlainMarkdown if plain else LessonMarkdown)(escaped), pad=False)
    lines = [
        Text.assemble(*((segment.text, segment.style or "") for segment in row), style=style) for row in rows
    ]
    for line in lines:
        line.rstrip()
    while lines and not lines[0].plain:
        lines.pop(0)
    while lines and not lines[-1].plain:
        lines.pop()
    return lines


@lru_cache(maxsize=4)
def _console(width: int) -> Console:
    import io

    from rich.console import Console

    from tutor.screen.theme import theme

    return Console(
        file=io.StringIO(),
        width=width,
        theme=theme(),
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
        _environ={},
    )
