"""How rich draws a lesson's Markdown. Imported when prose is drawn: rich's own takes time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich import box
from rich.markdown import BlockQuote, CodeBlock, Markdown, Paragraph, TableDataElement, TableElement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tutor.language import _
from tutor.screen.code import highlighted
from tutor.screen.wide import WideText, fitted

_TABLE_GAP = 2
"""Columns between two columns of a table."""


class _Paragraph(Paragraph):
    def on_enter(self, context: Any) -> None:
        super().on_enter(context)
        self.text = WideText(justify=self.justify)


class _Cell(TableDataElement):
    def __init__(self, justify: Any) -> None:
        super().__init__(justify)
        self.content = WideText("", justify=justify)


class _Fence(CodeBlock):
    """Code stands indented, without a background that would be copied along."""

    def __rich_console__(self, console: Any, options: Any) -> Any:
        lines = highlighted(str(self.text).rstrip("\n"), self.lexer_name)
        yield Padding(Text("\n").join(lines), (0, 0, 0, 4))


class _Table(TableElement):
    """Columns of text, ruled by one line under the heads; a line a cell where these have no room."""

    always_stacked = False

    def __rich_console__(self, console: Any, options: Any) -> Any:
        header = self.header.row if self.header is not None else None
        heads = [cell.content for cell in header.cells] if header is not None else []
        rows = [[cell.content for cell in row.cells] for row in (self.body.rows if self.body else ())]
        columns = [[console.measure(cell) for cell in column] for column in zip(heads, *rows, strict=True)]
        # The box has a blank between two columns, too.
        room = options.max_width - (_TABLE_GAP + 1) * (len(columns) - 1)
        least = [max(cell.minimum for cell in column) for column in columns]
        widths = [max(cell.maximum for cell in column) for column in columns]
        if self.always_stacked or sum(least) > room:
            for line in _stacked(heads, rows):
                yield from fitted(line, options.max_width)
            return
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, _TABLE_GAP, 0, 0))
        # rich itself would make a column narrower than a word in it, and cut the word.
        while sum(widths) > room:
            spare = [width - few for width, few in zip(widths, least, strict=True)]
            widths[spare.index(max(spare))] -= 1
        for head, width in zip(heads, widths, strict=True):
            table.add_column(head, width=width)
        for row in rows:
            table.add_row(*row)
        yield table


class _PlainTable(_Table):
    always_stacked = True


class _PlainQuote(BlockQuote):
    def __rich_console__(self, console: Any, options: Any) -> Any:
        yield self.elements


def _stacked(heads: list[Text], rows: list[list[Text]]) -> Iterator[Text]:
    """The first cell of each row, and under it the others, each behind the head of its column."""
    for first, *others in rows:
        yield Text.assemble(first, style="markdown.table.header")
        for head, cell in zip(heads[1:], others, strict=True):
            yield Text.assemble("  ", _("{start}: {words}").format(start=head.plain, words=""), cell)


class LessonMarkdown(Markdown):
    """Markdown without boxes and backgrounds."""

    elements = {  # noqa: RUF012 - rich's own attribute
        **Markdown.elements,
        "paragraph_open": _Paragraph,
        "td_open": _Cell,
        "th_open": _Cell,
        "fence": _Fence,
        "code_block": _Fence,
        "table_open": _Table,
    }

    def __init__(self, text: str) -> None:
        super().__init__(text, hyperlinks=False)


class PlainMarkdown(LessonMarkdown):
    """The same with no meaning that hangs on bold type or on place."""

    elements = {  # noqa: RUF012 - rich's own attribute
        **LessonMarkdown.elements,
        "table_open": _PlainTable,
        "blockquote_open": _PlainQuote,
    }

    def __init__(self, text: str) -> None:
        super().__init__(text)
        for token in self.parsed:
            for child in token.children or ():
                if child.type == "code_inline" and "`" not in child.content:
                    child.content = f"`{child.content}`"
