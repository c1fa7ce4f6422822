"""Markdown of a lesson as styled lines."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tutor.wire.escape import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

MAX_WIDTH = 92
"""Longer lines are hard to read."""


def prose_lines(markdown: str, *, width: int, plain: bool = False, style: str = "") -> list[Text]:
    """The Markdown, wrapped to the width, without outer blank lines.

    Args:
        plain: no box drawing; code fences are indented and tables are columns of text.
    """
    from rich.text import Text

    from tutor.screen.wide import without_soft_breaks

    markdown = without_soft_breaks(markdown.expandtabs(4))
    escaped = "\n".join(visible(line) for line in markdown.split("\n"))
    console = _console(min(width, MAX_WIDTH))
    rows = console.render_lines(_markdown(escaped, plain), pad=False)
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


def _markdown(text: str, plain: bool) -> Any:
    from rich import box
    from rich.markdown import CodeBlock, Markdown, Paragraph, TableDataElement, TableElement
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    from tutor.screen.wide import WideText

    class WideParagraph(Paragraph):
        def on_enter(self, context: Any) -> None:
            super().on_enter(context)
            self.text = WideText(justify=self.justify)

    class WideCell(TableDataElement):
        def __init__(self, justify: Any) -> None:
            super().__init__(justify)
            self.content = WideText("", justify=justify)

    class Fence(CodeBlock):
        """Code stands indented, without a background that would be copied along."""

        def __rich_console__(self, console: Any, options: Any) -> Any:
            from tutor.screen.code import highlighted

            lines = highlighted(str(self.text).rstrip("\n"), self.lexer_name)
            yield Padding(Text("\n").join(lines), (0, 0, 0, 4))

    class PlainTable(TableElement):
        """Columns of text, ruled by one line under the heads unless lines may not be drawn."""

        def __rich_console__(self, console: Any, options: Any) -> Any:
            table = Table(
                box=None if plain else box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 2, 0, 0)
            )
            if self.header is not None and self.header.row is not None:
                for cell in self.header.row.cells:
                    table.add_column(cell.content)
            for row in self.body.rows if self.body is not None else []:
                table.add_row(*(cell.content for cell in row.cells))
            yield table

    class LessonMarkdown(Markdown):
        elements = {  # noqa: RUF012 - rich's own attribute
            **Markdown.elements,
            "paragraph_open": WideParagraph,
            "td_open": WideCell,
            "th_open": WideCell,
            "fence": Fence,
            "code_block": Fence,
            "table_open": PlainTable,
        }

    return LessonMarkdown(text, hyperlinks=False)
