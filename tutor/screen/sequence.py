"""Exchanges as a sequence diagram: two lifelines, client and server, and what crossed between them.

Labels are values of the exchanges: method and target, the status, the few fields that lead from one exchange
to the next. Arrows stand in the order of their times. In plain output each is a line of words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tutor.language import _, ngettext
from tutor.screen.fold import cut, fold_mark
from tutor.wire.escape import visible, visible_bytes
from tutor.wire.exchange import Direction, Exchange
from tutor.wire.message import Message
from tutor.wire.stream import PartKind, stream_parts

if TYPE_CHECKING:
    from rich.text import Text

FOLDS = 2
"""How many times a diagram can fold: the rows between exchanges go first, then the bodies."""

WIDEST = 76
"""Longer arrows say no more."""

_CARRIED = {
    Direction.REQUEST: (
        "authorization",
        "cookie",
        "if-none-match",
        "if-modified-since",
        "last-event-id",
        "origin",
        "range",
        "referer",
        "upgrade",
    ),
    Direction.RESPONSE: ("location", "set-cookie", "etag", "allow", "www-authenticate", "upgrade"),
}
"""Fields, in lower case, in which one exchange tells the next something."""

_MOST_PARTS = 6
"""Events or frames of one exchange that are drawn."""

_LABEL_ROOM = 6
"""Columns between the lifelines that a label leaves to its arrow."""


@dataclass(frozen=True, slots=True)
class _Arrow:
    """Something that one side sent to the other."""

    number: int
    """Of the exchange, counted from 1."""
    from_client: bool
    at_s: float
    label: str
    fields: tuple[str, ...] = ()
    body: str = ""


@dataclass(frozen=True, slots=True)
class _Note:
    """What is said where nothing crossed."""

    number: int
    at_s: float
    words: str


_Event = _Arrow | _Note


def sequence_lines(
    exchanges: Sequence[Exchange], *, width: int, plain: bool, ascii_only: bool, fold: int = 0
) -> list[Text]:
    """The diagram; a label that is too long is cut with a mark.

    Args:
        exchanges: in the order in which commands number them.
        width: columns.
        fold: from 0, which shows all, to `FOLDS`.
    """
    events = [
        event
        for number, each in enumerate(exchanges, 1)
        for event in _events(number, each, ascii_only, plain)
    ]
    events.sort(key=lambda event: event.at_s)
    bodies = sum(isinstance(event, _Arrow) and bool(event.body) for event in events)
    with_bodies = fold < FOLDS
    if plain:
        lines = list(_in_words(events, with_bodies=with_bodies))
    else:
        lines = _Drawing(min(width, WIDEST), len(exchanges)).lines(
            events, spaced=fold == 0, with_bodies=with_bodies
        )
    if bodies and not with_bodies:
        hidden = ngettext("{count} body", "{count} bodies", bodies).format(count=bodies)
        lines.append(fold_mark(hidden, plain=plain, command=":v"))
    return lines


def _events(number: int, exchange: Exchange, ascii_only: bool, plain: bool) -> Iterator[_Event]:
    start_s = exchange.accepted_s
    request = exchange.request
    if request is not None:
        yield _arrow(number, request, start_s + exchange.asked_s, ascii_only)
    at = 0
    for response in exchange.responses:
        at_s = start_s + exchange.time_at(Direction.RESPONSE, at)
        at += len(response.head) + len(response.raw_body)
        yield _arrow(number, response, at_s, ascii_only)
    parts = [part for part in stream_parts(exchange) if part.kind is not PartKind.CHUNK]
    for part in parts[:_MOST_PARTS]:
        name = {PartKind.EVENT: _("event"), PartKind.FRAME: _("frame")}.get(part.kind, "")
        said = " ".join(piece for piece in (name, part.name, part.text.strip("\n")) if piece)
        at_s = start_s + exchange.asked_s + part.at_s
        label = visible(said, ascii_only=ascii_only)
        yield _Arrow(number, part.direction is Direction.REQUEST, at_s, label)
    end_s = start_s + exchange.duration_s
    if len(parts) > _MOST_PARTS:
        more = len(parts) - _MOST_PARTS
        words = ngettext("{count} more part", "{count} more parts", more).format(count=more)
        yield _Note(number, end_s, fold_mark(words, plain=plain, command=f":r {number}").plain)
    if exchange.error:
        yield _Note(number, end_s, visible(exchange.error, ascii_only=ascii_only))
    elif not exchange.data(Direction.RESPONSE):
        yield _Note(number, end_s, _("no byte came back"))


def _arrow(number: int, message: Message, at_s: float, ascii_only: bool) -> _Arrow:
    direction = Direction.REQUEST if message.is_request else Direction.RESPONSE
    if message.is_request:
        words = f"{message.method} {message.target}".strip()
    else:
        words = f"{message.status} {message.reason}".strip() if message.status else ""
    label = visible(words, ascii_only=ascii_only) or visible_bytes(
        message.start_line or message.head[:60], ascii_only=ascii_only
    )
    fields = tuple(
        visible_bytes(each.name + b": " + each.value, ascii_only=ascii_only)
        for each in message.fields
        if each.name.decode("latin-1").lower() in _CARRIED[direction]
    )
    return _Arrow(number, message.is_request, at_s, label, fields, _body(message, ascii_only))


def _body(message: Message, ascii_only: bool) -> str:
    """A body that is one line of text; others are told by the raw view."""
    text = message.text.strip("\r\n")
    if message.status == 101 or not text or "\n" in text or len(text) > WIDEST:
        return ""
    return visible(text, ascii_only=ascii_only)


@dataclass(slots=True)
class _Drawing:
    """Rows between two lifelines."""

    width: int
    exchanges: int
    _lines: list[Text] = field(default_factory=list)

    def lines(self, events: Sequence[_Event], *, spaced: bool, with_bodies: bool) -> list[Text]:
        from rich.text import Text

        client, server = _("client"), _("server")
        blank = " " * (self.width - self._gutter - _cells(client) - _cells(server))
        self._lines = [Text.assemble(" " * self._gutter, (f"{client}{blank}{server}", "title"))]
        before: _Event | None = None
        for event in events:
            if spaced and isinstance(event, _Arrow) and event.from_client and before is not None:
                self._row("", "", "")
            # A request says its number; what follows says one where it belongs to another.
            asks = isinstance(event, _Arrow) and event.from_client
            number = event.number if asks or (before is not None and before.number != event.number) else 0
            if isinstance(event, _Note):
                self._note(number, event.words)
            else:
                self._arrow(number, event)
                for words in (*event.fields, *((event.body,) if with_bodies and event.body else ())):
                    self._row(words, "wire.body" if words is event.body else "wire.value", event.from_client)
            before = event
        return self._lines

    @property
    def _gutter(self) -> int:
        return len(str(self.exchanges)) + 1 if self.exchanges > 1 else 0

    @property
    def _inside(self) -> int:
        """Columns between the lifelines."""
        return self.width - self._gutter - 2

    def _number(self, number: int) -> str:
        return (str(number) if number and self._gutter else "").ljust(self._gutter)

    def _arrow(self, number: int, arrow: _Arrow) -> None:
        from rich.text import Text

        label = cut(arrow.label, self._inside - _LABEL_ROOM)
        shaft = "─" * (self._inside - _cells(label) - 4)
        gutter = (self._number(number), "muted")
        if arrow.from_client:
            style = "request.heading"
            parts = [("├─", style), (f" {label} ", "wire.start"), (f"{shaft}▶", style), ("│", "wire.end")]
        else:
            style = "response.heading"
            parts = [("│", "wire.end"), (f"◀{shaft}", style), (f" {label} ", "wire.start"), ("─┤", style)]
        self._lines.append(Text.assemble(gutter, *parts))

    def _row(self, words: str, style: str, from_client: bool | str) -> None:
        """Words under the end of the arrow that sent them."""
        from rich.text import Text

        shown = cut(words, self._inside - _LABEL_ROOM)
        blank = " " * (self._inside - _cells(shown) - 3)
        sides = ("   ", blank) if from_client else (blank, "   ")
        self._lines.append(
            Text.assemble(
                " " * self._gutter, ("│", "wire.end"), sides[0], (shown, style), sides[1], ("│", "wire.end")
            )
        )

    def _note(self, number: int, words: str) -> None:
        from rich.text import Text

        shown = cut(words, self._inside - 2)
        left = (self._inside - _cells(shown)) // 2
        right = self._inside - _cells(shown) - left
        self._lines.append(
            Text.assemble(
                (self._number(number), "muted"),
                ("│", "wire.end"),
                " " * left,
                (shown, "wire.note"),
                " " * right,
                ("│", "wire.end"),
            )
        )


def _in_words(events: Sequence[_Event], *, with_bodies: bool) -> Iterator[Text]:
    """A line a fact."""
    from rich.text import Text

    for event in events:
        if isinstance(event, _Note):
            yield Text(_("Exchange {number}: {words}").format(number=event.number, words=event.words))
            continue
        words = (
            _("Exchange {number}, client to server: {label}")
            if event.from_client
            else _("Exchange {number}, server to client: {label}")
        )
        yield Text(words.format(number=event.number, label=event.label))
        for each in event.fields:
            yield Text("  " + _("field: {text}").format(text=each))
        if with_bodies and event.body:
            yield Text("  " + _("body: {text}").format(text=event.body))


def _cells(words: str) -> int:
    from rich.cells import cell_len

    return cell_len(words)
