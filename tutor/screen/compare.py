"""Two exchanges beside each other, what differs marked; one under the other where columns are few.

A mark says what it means in a legend. In words alone (`plain`, or a narrow screen) every line says it itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from tutor.language import _, listed, ngettext
from tutor.screen.fold import fold_mark
from tutor.wire.compare import Likeness, LinePart, Pair, compare
from tutor.wire.escape import DISPLAY_CAP, WireLine, visible_bytes
from tutor.wire.exchange import Exchange
from tutor.wire.message import Message

if TYPE_CHECKING:
    from rich.text import Text

FOLDS = 3
"""How many times a comparison can fold: what is the same, then the bodies to six lines, to one."""

BESIDE_COLUMNS = 80
"""From this width on, two columns hold most field lines."""

_BODY_LINES = {2: 6, 3: 1}
_GUTTER = 2
_BETWEEN = " │ "
_HANGING = 2
"""Columns by which the further rows of a long line are set in."""

_WORD = re.compile(r"\w+|\W")

_MARKS = {
    Likeness.SAME: " ",
    Likeness.DIFFERS: "*",
    Likeness.FIRST_ONLY: "<",
    Likeness.SECOND_ONLY: ">",
    Likeness.PASSING: "~",
}
_ALIKE = (Likeness.SAME, Likeness.PASSING)


@dataclass(frozen=True, slots=True)
class Compared:
    """One of the two exchanges."""

    number: int
    """How a learner calls it: its place in the step."""
    name: str
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class _Side:
    """Both messages of one direction."""

    heading: Text
    first: Message | None
    second: Message | None
    missing: str
    """What is said where one of them did not come."""


def compared_lines(
    first: Compared, second: Compared, *, width: int, plain: bool, ascii_only: bool, fold: int = 0
) -> list[Text]:
    """Requests and responses of two exchanges, line by line.

    Args:
        width: columns; below `BESIDE_COLUMNS`, and in plain output, the lines stand under each other.
        plain: no symbol and no place means anything.
        fold: from 0, which shows all, to `FOLDS`.
    """
    sides = _sides(first.exchange, second.exchange, plain=plain)
    drawing: _Beside | _Under
    if plain or width < BESIDE_COLUMNS:
        drawing = _Under(first, second, ascii_only=ascii_only, plain=plain)
    else:
        drawing = _Beside(first, second, width=width, ascii_only=ascii_only)
    lines = drawing.opening()
    shown: set[Likeness] = set()
    for side in sides:
        lines.append(side.heading)
        pairs = compare(side.first, side.second)
        kept = [pair for pair in pairs if fold == 0 or pair.likeness not in _ALIKE]
        body = [pair for pair in kept if pair.part is LinePart.BODY]
        limit = _BODY_LINES.get(fold, len(body))
        # A mark takes as much room as the last line.
        if len(body) > limit + 1:
            kept = [pair for pair in kept if pair.part is not LinePart.BODY] + body[:limit]
        for pair in kept:
            lines += drawing.pair(pair)
            shown.add(pair.likeness)
        lines += drawing.missing(side)
        if len(kept) < len(pairs):
            lines.append(_mark_of(pairs, kept, first.number, second.number, plain=plain))
        lines += _notes(side)
    return [*lines, *drawing.legend(shown)]


def _sides(first: Exchange, second: Exchange, *, plain: bool) -> tuple[_Side, _Side]:
    return (
        _Side(
            _heading("→", _("Request"), "request.heading", plain=plain),
            first.request,
            second.request,
            _("Nothing arrived at the server."),
        ),
        _Side(
            _heading("←", _("Response"), "response.heading", plain=plain),
            first.response,
            second.response,
            _("No response came."),
        ),
    )


class _Beside:
    """Two columns with a mark before them."""

    def __init__(self, first: Compared, second: Compared, *, width: int, ascii_only: bool) -> None:
        self._first = first
        self._second = second
        self._width = (width - _GUTTER - len(_BETWEEN)) // 2
        self._ascii_only = ascii_only

    def opening(self) -> list[Text]:
        titles = (_title(each, self._ascii_only) for each in (self._first, self._second))
        return list(self._rows(" ", *titles))

    def pair(self, pair: Pair) -> list[Text]:
        return list(self._rows(_MARKS[pair.likeness], *_drawn(pair, self._ascii_only)))

    def missing(self, side: _Side) -> list[Text]:
        if side.first is not None and side.second is not None:
            return []
        notes = [_styled("" if each else side.missing, "wire.note") for each in (side.first, side.second)]
        return list(self._rows(" ", *notes))

    def legend(self, shown: set[Likeness]) -> list[Text]:
        words = {
            Likeness.DIFFERS: _("differs"),
            Likeness.FIRST_ONLY: _("only in {number}").format(number=self._first.number),
            Likeness.SECOND_ONLY: _("only in {number}").format(number=self._second.number),
            Likeness.PASSING: _("differs each time"),
        }
        said = [f"{_MARKS[each]} {words[each]}" for each in words if each in shown]
        return [_styled("   ".join(said), "muted")] if said else [_styled(_nothing_differs(), "muted")]

    def _rows(self, mark: str, first: Text, second: Text) -> Iterator[Text]:
        from rich.text import Text

        style = "muted" if mark in {_MARKS[each] for each in _ALIKE} else "compare.differs"
        for left, right in zip_longest(_chopped(first, self._width), _chopped(second, self._width)):
            row = Text.assemble((mark.ljust(_GUTTER), style))
            mark = " "
            if left is not None:
                row.append_text(left)
            row.append(" " * (self._width + _GUTTER - row.cell_len))
            row.append(_BETWEEN, "muted")
            if right is not None:
                row.append_text(right)
            row.rstrip()
            yield row


class _Under:
    """Every line for itself, with words before it."""

    def __init__(self, first: Compared, second: Compared, *, ascii_only: bool, plain: bool) -> None:
        self._plain = plain
        self._first = first
        self._second = second
        self._ascii_only = ascii_only

    def opening(self) -> list[Text]:
        first, second = (_title(each, self._ascii_only) for each in (self._first, self._second))
        if self._plain:
            words = _("Exchange {first} compared with exchange {second}:")
            pair = (self._first, self._second)
            named = [f"{each.number} ({_name(each, self._ascii_only)})" for each in pair]
            return [_styled(words.format(first=named[0], second=named[1]), "title")]
        between = _("compared with")
        return [first.append(f" {between} ").append_text(second)]

    def pair(self, pair: Pair) -> list[Text]:
        first, second = _drawn(pair, self._ascii_only)
        one, other = self._first.number, self._second.number
        match pair.likeness:
            case Likeness.SAME:
                return [_said(_("Both:"), first, "muted")]
            case Likeness.FIRST_ONLY:
                return [_said(_("Only in {number}:").format(number=one), first, "compare.differs")]
            case Likeness.SECOND_ONLY:
                return [_said(_("Only in {number}:").format(number=other), second, "compare.differs")]
            case Likeness.PASSING:
                words, style = _("Differs each time, {number}:"), "muted"
            case Likeness.DIFFERS:
                words, style = _("Differs, {number}:"), "compare.differs"
        return [
            _said(words.format(number=one), first, style),
            _said(words.format(number=other), second, style),
        ]

    def missing(self, side: _Side) -> list[Text]:
        sides = ((self._first, side.first), (self._second, side.second))
        return [
            _said(f"{each.number}:", _styled(side.missing, "wire.note"), "muted")
            for each, message in sides
            if message is None
        ]

    def legend(self, shown: set[Likeness]) -> list[Text]:
        return [] if shown - set(_ALIKE) else [_styled(_nothing_differs(), "muted")]


def _nothing_differs() -> str:
    return _("Nothing differs but what differs each time.")


def _title(each: Compared, ascii_only: bool) -> Text:
    return _styled(f"{each.number}  {_name(each, ascii_only)}", "title")


def _name(each: Compared, ascii_only: bool) -> str:
    return visible_bytes(each.name.encode("utf-8", "surrogateescape"), ascii_only=ascii_only)


def _drawn(pair: Pair, ascii_only: bool) -> tuple[Text, Text]:
    """Both lines; what is not common to their ends and beginnings stands out."""
    # Lines that only their ends tell apart would look the same.
    ends = pair.first is not None and pair.second is not None and pair.first.data == pair.second.data
    with_ends = ends and pair.first != pair.second
    texts = [_text(line, pair.part, ascii_only, with_ends) for line in (pair.first, pair.second)]
    if pair.likeness in _ALIKE:
        return _styled(texts[0], "muted"), _styled(texts[1], "muted")
    drawn = _styled(texts[0], "wire.value"), _styled(texts[1], "wire.value")
    words = [_WORD.findall(text) for text in texts]
    before = _common(*words)
    after = _common(*(each[before:][::-1] for each in words))
    for each, parts in zip(drawn, words, strict=True):
        start, end = (sum(map(len, some)) for some in (parts[:before], parts[: len(parts) - after]))
        each.stylize("compare.differs", start, end)
    return drawn


def _common(first: Sequence[str], second: Sequence[str]) -> int:
    """How many words both begin with."""
    return next(
        (place for place, (one, other) in enumerate(zip(first, second, strict=False)) if one != other),
        min(len(first), len(second)),
    )


def _text(line: WireLine | None, part: LinePart, ascii_only: bool, with_end: bool) -> str:
    if line is None:
        return ""
    text = visible_bytes(line.data, ascii_only=ascii_only)
    if with_end:
        return text + {b"\r\n": " [CRLF]", b"\n": " [LF]"}.get(line.end, _(" [no line end]"))
    return text or (_("(empty line)") if part is LinePart.EMPTY else "")


def _chopped(text: Text, width: int) -> list[Text]:
    """A line in rows of so many columns, broken between words; further rows are set in."""
    from rich.text import Text

    from tutor.screen.wide import break_offsets

    first, *further = text.divide(break_offsets(text.plain, width, width - _HANGING))
    rows = [first, *(Text(" " * _HANGING).append_text(row) for row in further)]
    for row in rows:
        # A blank that a row ends in may stand out of it.
        row.rstrip_end(width)
    return rows


def _mark_of(pairs: Sequence[Pair], kept: Sequence[Pair], one: int, other: int, *, plain: bool) -> Text:
    hidden = Counter(pair.likeness for pair in pairs) - Counter(pair.likeness for pair in kept)
    parts = []
    if same := hidden[Likeness.SAME]:
        parts.append(ngettext("{count} line the same", "{count} lines the same", same).format(count=same))
    if passing := hidden[Likeness.PASSING]:
        parts.append(
            ngettext("{count} that differs each time", "{count} that differ each time", passing).format(
                count=passing
            )
        )
    if more := hidden.total() - same - passing:
        parts.append(
            ngettext("{count} more line of the bodies", "{count} more lines of the bodies", more).format(
                count=more
            )
        )
    return fold_mark(listed(parts), plain=plain, command=f":c {one} {other}")


def _notes(side: _Side) -> list[Text]:
    """What was not compared."""
    messages = [each for each in (side.first, side.second) if each is not None]
    notes = []
    if any(len(message.body) > DISPLAY_CAP for message in messages):
        words = _("Of the bodies the first {shown} bytes are compared.")
        notes.append(words.format(shown=f"{DISPLAY_CAP:,}"))
    if any(message.status == 101 for message in messages):
        notes.append(_("WebSocket frames are not compared; :r shows them."))
    return [_styled(words, "wire.note") for words in notes]


def _heading(arrow: str, words: str, style: str, *, plain: bool) -> Text:
    return _styled(_("{words}:").format(words=words) if plain else f"{arrow} {words}", style)


def _said(words: str, line: Text, style: str) -> Text:
    from rich.text import Text

    # Behind a full-width mark stands no blank.
    return Text.assemble((f"{words} ".replace("： ", "："), style), line)


def _styled(words: str, style: str) -> Text:
    from rich.text import Text

    return Text(words, style)
