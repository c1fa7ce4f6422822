"""Text in columns of a terminal, where a Chinese character takes two: rows.

Chinese has no blanks to break at: a row may end behind any character, but no row begins with a closing mark,
and none ends with an opening one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.containers import Lines
from rich.measure import Measurement
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, JustifyMethod, OverflowMethod

_NEVER_FIRST = frozenset("。，、；：？！）」』”’》〉】〕｝％…—～·.,;:?!)]}%")
_NEVER_LAST = frozenset("（「『“‘《〈【〔｛([{")
_FIRST_WIDE = "\u2e80"
_WIDE_RANGES = (
    range(0x2E80, 0xA000),
    range(0xAC00, 0xD7A4),
    range(0xF900, 0xFB00),
    range(0xFF00, 0xFFF0),
    range(0x20000, 0x3FFFE),
)
_IN_UNITS = "毫秒字节分钟"
# The patterns are for a text's shape, because a set of such ranges takes `re` three milliseconds.
_WIDE = rf"\0{_IN_UNITS}"
_LATIN = rf"[^\s{_WIDE}“”‘’…—]"
# What is counted stays with its number: `219 ms`, `RFC 9110`.
_UNIT = "ms|s|bytes?|KiB|MiB|seconds?|minutes?|毫秒|字节|秒|分钟"
_COUNTED = rf"(?:… )?{_LATIN}*[0-9] (?:{_UNIT})(?![a-z]){_LATIN}*|RFC [0-9]{_LATIN}+"
# Compiled by `re` when they are used first: English needs few.
_WIDE_CHARACTER = f"[{_WIDE}]"
_UNITS = rf"\s+|{_COUNTED}|[{_WIDE}]|[“”‘’…—]|{_LATIN}+"
_BETWEEN_WIDE = rf"(?<=[{_WIDE}”])\n(?=[{_WIDE}“])"
_FENCES = re.compile(r"(^ {0,3}(?:```|~~~).*?^ {0,3}(?:```|~~~)[ \t]*$)", re.MULTILINE | re.DOTALL)
_WORDS = re.compile(r"\\x[0-9a-f]{2}|\w+[^\w\\]*|[^\w\\]+|\\")
"""Where a word that is longer than a row may be broken; an escaped byte, `\\xNN`, stays whole."""
_HANGING = 4
"""Columns by which the further rows of a line are set in, from where the line begins."""
_NUMBERED = re.compile(r" *[0-9]+  ")
"""How a numbered line begins: its further rows stand below its words."""


def break_offsets(text: str, width: int, further: int | None = None) -> list[int]:
    """Where the rows of a text begin, but for the first; blanks at the end of a row may stand out of it.

    A word that is longer than a row is broken behind punctuation, and inside only where there is none.

    Args:
        width: columns of the first row.
        further: columns of the others, where they have fewer.
    """
    rows = _Rows(width, width if further is None else further)
    for start, piece in _pieces(text):
        if cell_len(piece.rstrip()) <= rows.further:
            rows.add(start, piece)
            continue
        for word in _WORDS.finditer(piece):
            if cell_len(word[0].rstrip()) <= rows.further:
                rows.add(start + word.start(), word[0])
            else:
                for at, character in enumerate(word[0], start + word.start()):
                    rows.add(at, character)
    return rows.offsets


class _Rows:
    """Rows that are filled with what may not be broken."""

    def __init__(self, width: int, further: int) -> None:
        self.further = further
        self.offsets: list[int] = []
        self._room = width
        self._used = 0

    def add(self, at: int, piece: str) -> None:
        """Put a piece that begins at an offset behind what is there, or into another row."""
        if self._used and self._used + cell_len(piece.rstrip()) > self._room:
            self.offsets.append(at)
            self._used, self._room = 0, self.further
        self._used += cell_len(piece)


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """The runs of a text in which no row may end, each with the blanks behind it, and where it begins."""
    start = end = 0
    for match in re.finditer(_UNITS, _shape(text)):
        if match.start() > start and _may_break(text[end - 1], text[match.start()]):
            yield start, text[start : match.start()]
            start = match.start()
        end = match.end()
    if start < len(text):
        yield start, text[start:]


def _may_break(before: str, after: str) -> bool:
    """Whether a row may end between two characters."""
    if after.isspace():
        return False
    if before.isspace():
        return True
    if after in _NEVER_FIRST or before in _NEVER_LAST:
        return False
    return _has_wide(before) or _has_wide(after)


def _has_wide(text: str) -> bool:
    """Whether a character of the text takes two columns as a Chinese one does."""
    return _is_beyond_latin(text) and re.search(_WIDE_CHARACTER, _shape(text)) is not None


def _has_counted(text: str) -> bool:
    """Whether a number and its unit may have to be kept together."""
    return re.search("[0-9] |RFC ", text) is not None and re.search(_COUNTED, _shape(text)) is not None


def _is_beyond_latin(text: str) -> bool:
    return not text.isascii() and max(text) >= _FIRST_WIDE


def _shape(text: str) -> str:
    """The text with one character in the place of all wide ones, but for those of the units."""
    return text.translate(_SHAPES) if _is_beyond_latin(text) else text


class _Shapes(dict[int, int]):
    """What stands for each character in the shape of a text, filled as they turn up."""

    def __missing__(self, code: int) -> int:
        is_wide = any(code in wide for wide in _WIDE_RANGES) and chr(code) not in _IN_UNITS
        self[code] = 0 if is_wide else code
        return self[code]


_SHAPES = _Shapes()


class WideText(Text):
    """A text that rich breaks as Chinese is broken, and a number is not from its unit."""

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        if not _has_wide(self.plain):
            return super().__rich_measure__(console, options)
        longest = max(cell_len(line) for line in self.plain.split("\n"))
        least = max(cell_len(piece.rstrip()) for _start, piece in _pieces(self.plain))
        return Measurement(least, longest)

    def wrap(
        self,
        console: Console,
        width: int,
        *,
        justify: JustifyMethod | None = None,
        overflow: OverflowMethod | None = None,
        tab_size: int = 8,
        no_wrap: bool | None = None,
    ) -> Lines:
        if no_wrap or not (_has_wide(self.plain) or _has_counted(self.plain)):
            return super().wrap(
                console, width, justify=justify, overflow=overflow, tab_size=tab_size, no_wrap=no_wrap
            )
        return Lines(row for line in self.split(allow_blank=True) for row in rows_of(line, width))


def rows_of(line: Text, width: int) -> list[Text]:
    """One line as rows that fit."""
    rows = list(line.divide(break_offsets(line.plain, width)))
    for row in rows:
        row.rstrip()
    return rows


def fitted(line: Text, width: int) -> list[Text]:
    """A line of the screen as rows that fit: broken between words, further rows set in.

    One that is `no_wrap`, such as bytes of a wire, stays whole: where the terminal wraps it, it is still
    copied as it is.
    """
    if line.no_wrap or line.cell_len <= width:
        return [line]
    text = line.plain
    start = len(text) - len(text.lstrip())
    numbered = _NUMBERED.match(text)
    hanging = min(numbered.end() if numbered else start + _HANGING, width // 2)
    offsets = break_offsets(text[start:], width - min(start, width // 2), width - hanging)
    first, *others = line.divide([start + offset for offset in offsets])
    rows = [first, *(Text(" " * hanging).append_text(row) for row in others)]
    for row in rows:
        row.rstrip()
    return rows


def wrapped(words: str, width: int) -> list[Text]:
    """A sentence of the tutor's own, escaped already, in rows that fit."""
    return rows_of(Text(words), width)


def without_soft_breaks(markdown: str) -> str:
    """Markdown whose line ends between two Chinese characters are gone: they would be shown as blanks."""
    if not _has_wide(markdown):
        return markdown
    parts = _FENCES.split(markdown)
    return "".join(part if place % 2 else _unbroken(part) for place, part in enumerate(parts))


def _unbroken(text: str) -> str:
    breaks = [match.start() for match in re.finditer(_BETWEEN_WIDE, _shape(text))]
    starts = (0, *(at + 1 for at in breaks))
    return "".join(text[start:end] for start, end in zip(starts, (*breaks, None), strict=True))
