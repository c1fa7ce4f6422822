"""A window of a terminal as an SVG: text in cells, in light and dark; no script, nothing from outside.

Each run of cells is a `text` of its own, with the width that its cells have, so that columns stand even where
a reader's font is another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from xml.etree import ElementTree

from rich.cells import cell_len

from tests.terminal import Cell, Row

_CELL_PX = 8.4
_FONT_PX = 14
_ROW_PX = 19
_EDGE_PX = 16
_TITLE_PX = 34

_STYLE_SHEET = """
svg { --paper: #fff; --bar: #f3f4f6; --line: #d0d7de; --ink: #1f2328; --dim: #656d76; --cyan: #0b6b8a;
  --green: #1a7f37; --magenta: #8b3f9e; --blue: #0550ae; --red: #b42318; --brown: #7d4e00 }
@media (prefers-color-scheme: dark) {
  svg { --paper: #14171b; --bar: #1d2228; --line: #3a424c; --ink: #e4e8ed; --dim: #939eac; --cyan: #5cc4e6;
    --green: #68cf85; --magenta: #d69be8; --blue: #79b8ff; --red: #ff8f84; --brown: #e3b75d }
}
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono",
  "Noto Sans Mono CJK SC", "WenQuanYi Micro Hei Mono", monospace; fill: var(--ink); white-space: pre }
.b { font-weight: bold } .i { font-style: italic } .u { text-decoration: underline } .d { fill: var(--dim) }
.w { font-size: 16px } .t { fill: var(--dim); text-anchor: middle }
"""
_COLOURS = ("cyan", "green", "magenta", "blue", "red", "brown")


def text_of(row: Sequence[Cell]) -> str:
    """What stands in a row, without the blanks at its end."""
    return "".join(cell.text for cell in row).rstrip()


def svg(rows: Sequence[Row], *, columns: int, title: str, description: str, language: str) -> str:
    """The window, with `title` in its bar; `description` is for whoever does not see it.

    Args:
        columns: the width of the window, in cells.
    """
    width = round(columns * _CELL_PX + 2 * _EDGE_PX)
    height = _TITLE_PX + len(rows) * _ROW_PX + _EDGE_PX
    # A colour that nothing here has would only be looked for.
    used = {cell.colour for row in rows for cell in row}
    colours = " ".join(f".{colour} {{ fill: var(--{colour}) }}" for colour in _COLOURS if colour in used)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" role="img" aria-labelledby="title description"'
        f' xml:lang="{language}" xml:space="preserve">',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="description">{escape(description)}</desc>',
        f"<style>{_STYLE_SHEET.strip()}\n{colours}</style>",
        f'<rect x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="8"'
        ' style="fill:var(--paper);stroke:var(--line)"/>',
        f'<path d="M.5 {_TITLE_PX - 8}V8.5a8 8 0 0 1 8-8H{width - 8.5}a8 8 0 0 1 8 8V{_TITLE_PX - 8}z"'
        ' style="fill:var(--bar);stroke:var(--line)"/>',
        f'<text class="t" x="{width / 2:g}" y="18">{escape(title)}</text>',
    ]
    for number, row in enumerate(rows):
        top = _TITLE_PX + number * _ROW_PX
        parts.append(f'<g class="row">{"".join(_runs(row, top))}</g>')
    return "\n".join([*parts, "</svg>", ""])


def texts_in(picture: str) -> list[str]:
    """The rows of a picture as text, its title and description before them."""
    root = ElementTree.fromstring(picture)
    named = [element.text or "" for tag in ("title", "desc") for element in root.iter(_SVG + tag)]
    rows = [group for group in root.iter(_SVG + "g") if group.get("class") == "row"]
    return [*named, *("".join(text.text or "" for text in row.iter(_SVG + "text")).rstrip() for row in rows)]


_SVG = "{http://www.w3.org/2000/svg}"


def _runs(row: Row, top: int) -> Iterator[str]:
    """Cells of one look and one kind of characters, each run at its place."""
    end = len(text_of(row))
    column = 0
    for (classes, kind), group in groupby(_joined(row[:end]), key=lambda each: each[0]):
        cells = [cell for _key, cell in group]
        text = "".join(cell.text for cell in cells)
        width = cell_len(text)
        x = f'x="{_EDGE_PX + column * _CELL_PX:g}"'
        long = f"{width * _CELL_PX:g}"
        if cells[0].reversed:
            yield f'<rect {x} y="{top}" width="{long}" height="{_ROW_PX}" style="fill:var(--line)"/>'
        # Two cells are wider than a character of this size.
        names = [*classes, "w"] if kind == "wide" else classes
        named = f' class="{" ".join(names)}"' if names else ""
        yield f'<text{named} {x} y="{top + _FONT_PX}" textLength="{long}">{escape(text)}</text>'
        column += width


def _joined(cells: Sequence[Cell]) -> Iterator[tuple[tuple[tuple[str, ...], str], Cell]]:
    """Each cell with its classes and kind; a blank takes those of the cell before it."""
    before: tuple[tuple[str, ...], str] = ((), "")
    for cell in cells:
        key = (_classes(cell), _kind(cell.text))
        if cell.text == " " and not cell.underlined and not cell.reversed and before[1] == "narrow":
            key = before
        before = key
        yield key, cell


def _classes(cell: Cell) -> tuple[str, ...]:
    flags = (("b", cell.bold), ("i", cell.italic), ("u", cell.underlined), ("d", cell.dim))
    coloured = cell.colour in _COLOURS and not cell.reversed
    return (*(name for name, is_so in flags if is_so), *([cell.colour] if coloured else []))


def _kind(text: str) -> str:
    """Characters of one kind come from one font, and are equally wide in it."""
    if text.isascii():
        return "narrow"
    return "wide" if cell_len(text) == 2 else "drawn"
