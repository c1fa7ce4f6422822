"""Recorded messages as lines: byte for byte, escaped, coloured by part, folded where a beat asks for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

from tutor.language import _, listed, ngettext
from tutor.screen.code import Styled, styled
from tutor.screen.fold import fold_mark
from tutor.screen.stream import since
from tutor.wire.escape import (
    DISPLAY_CAP,
    HEXDUMP_OCTETS,
    hexdump,
    needs_hexdump,
    visible,
    visible_bytes,
    wire_lines,
)
from tutor.wire.event_stream import events
from tutor.wire.exchange import Direction, Exchange
from tutor.wire.frames import Frame, frames, frames_start, parse_frames
from tutor.wire.message import Message, body_spans
from tutor.wire.stream import chunk_times

if TYPE_CHECKING:
    from rich.text import Span, Text

FOLDS = 4
"""How many times a message can fold: its body to six lines, its fields, its body to two lines, to none."""

REQUEST_STAGES = (0, 1, 2, 2, 3, 4)
RESPONSE_STAGES = (0, 1, 1, 2, 3, 4)
"""How far a message folds at each stage of its exchange: the request's fields go before the response's."""

_LONG_BODY_LINES = 40
_SHORT_BODY_LINES = 6
_LEAST_BODY_LINES = 2

_FRAME_OCTETS = 12
_FRAME_CHARS = 60

_END_MARKS = {"\r\n": "␍␊", "\n": "␊", "": ""}


@dataclass(frozen=True, slots=True)
class View:
    """How messages are drawn."""

    line_ends: bool = False
    """Line ends are drawn; otherwise only the empty line is named, in words."""
    focus: frozenset[str] = frozenset()
    """Lower-case names of the fields that stay when fields fold."""
    small: bool = False
    """Fewer than 24 rows: bodies fold to two lines."""
    ascii_only: bool = False
    plain: bool = False
    long_bodies: bool = True
    """False: of a body of more than 40 lines stand the first 6, such as of a page for a browser."""


def request_lines(exchange: Exchange, view: View, fold: int = 0) -> list[Text]:
    """The request of an exchange under its heading."""
    heading = _heading("→", _("Request"), "request.heading", view)
    if exchange.request is None:
        return [heading, note(_("Nothing arrived at the server."), plain=view.plain)]
    request = exchange.request
    # What follows the head of a connection that left HTTP are frames; they are drawn in their order below.
    body = _NO_BODY if _is_websocket(exchange) else _body(request, view, chunk_times(exchange, request))
    return [heading, *_folded(request, body, view, fold), *unread_lines(exchange, view)]


def unread_lines(exchange: Exchange, view: View) -> list[Text]:
    """A note on the body that the app left; none where it read all of it, or has not answered yet."""
    if not exchange.unread_body_bytes or exchange.response is None:
        return []
    words = _("{count} bytes of body were announced and never read by the app.")
    return [note(words.format(count=exchange.unread_body_bytes), plain=view.plain)]


def response_lines(exchange: Exchange, view: View, fold: int = 0) -> list[Text]:
    """The responses of an exchange, interim ones included, under their heading."""
    lines = [response_heading(view)]
    if not exchange.responses:
        if exchange.data(Direction.RESPONSE):
            lines += raw_lines(exchange.data(Direction.RESPONSE), view, style="")
        else:
            words = _("No byte came back in {ms} ms.").format(ms=round(exchange.duration_s * 1000))
            lines.append(note(words, plain=view.plain))
    for message in exchange.responses:
        if message is exchange.response and _is_websocket(exchange):
            body = _drawn_body(frame_lines(exchange, view))
        else:
            body = _body(message, view, chunk_times(exchange, message))
        lines += _folded(message, body, view, fold)
    if exchange.error:
        lines.append(note(exchange.error, plain=view.plain))
    return lines


def response_heading(view: View) -> Text:
    """What stands above a response."""
    return _heading("←", _("Response"), "response.heading", view)


def frame_lines(exchange: Exchange, view: View) -> list[Text]:
    """The WebSocket frames of both directions in order: `→ 81 85 11 22 …  text "Hello"`.

    The first octets as they crossed, the opcode's name, the payload without its mask; in the raw view each
    with its time.
    """
    lines = []
    asked_s = exchange.asked_s
    for timed in frames(exchange):
        since_s = timed.at_s - asked_s
        lines.append(frame_line(timed.frame, view, from_client=timed.from_client, since_s=since_s))
        lines += [note(words, plain=view.plain) for words in timed.frame.notes]
    for direction in Direction:
        start = frames_start(exchange, direction)
        rest = parse_frames(exchange.data(direction)[start:])
        if rest.rest:
            shown = f"{_arrow(view, direction is Direction.REQUEST)} {_octets(rest.rest)}"
            notes = (note(words, plain=view.plain) for words in rest.notes)
            lines += [_styled(shown, "wire.framing"), *notes]
    return lines


def frame_line(frame: Frame, view: View, *, from_client: bool, since_s: float) -> Text:
    """One frame; in the raw view with its time since the request."""
    from rich.text import Text

    text = (
        frame.text if view.line_ends or len(frame.text) <= _FRAME_CHARS else frame.text[:_FRAME_CHARS] + "…"
    )
    text = text[:DISPLAY_CAP]
    name = frame.name if frame.fin else _("{opcode}, not the last").format(opcode=frame.name)
    if frame.inflated is not None:
        name = _("{frame}, compressed").format(frame=name)
    line = Text.assemble(
        (
            _arrow(view, from_client),
            "request.heading" if from_client else "response.heading",
        ),
        (f" {_octets(frame.data)}  ", "wire.framing"),
        (name, "wire.name"),
    )
    if frame.payload:
        line.append(f' "{visible(text, ascii_only=view.ascii_only)}"', "wire.body")
    if len(text) < len(frame.text):
        count = len(frame.payload)
        line.append(
            " " + ngettext("({count} byte)", "({count} bytes)", count).format(count=count), "wire.end"
        )
    if view.line_ends:
        line.append(f"  {since(since_s)}", "wire.end")
    return line


def _octets(data: bytes) -> str:
    return data[:_FRAME_OCTETS].hex(" ") + (" …" if len(data) > _FRAME_OCTETS else "")


def _arrow(view: View, from_client: bool) -> str:
    if view.plain:
        return _("client:") if from_client else _("server:")
    return "→" if from_client else "←"


def _is_websocket(exchange: Exchange) -> bool:
    return exchange.request is not None and exchange.response is not None and exchange.response.status == 101


class _Body(NamedTuple):
    """The lines of a body, drawn as far as they are asked for."""

    length: int
    first: Callable[[int], list[Text]]


def _drawn_body(lines: list[Text]) -> _Body:
    return _Body(len(lines), lambda count: lines[:count])


_NO_BODY = _drawn_body([])


def _folded(message: Message, body: _Body, view: View, fold: int) -> list[Text]:
    head = _head_lines(message, view)
    shown_body = _body_limit(fold, view, body.length)
    hidden_fields = []
    shown_head = []
    for name, line in head:
        if fold >= 2 and name and name.lower() not in view.focus:
            hidden_fields.append(line)
        else:
            shown_head.append(line)
    hidden_body = body.length - shown_body
    lines = shown_head + body.first(shown_body)
    if hidden_fields or hidden_body:
        hidden = _hidden(message, len(hidden_fields), hidden_body, shown_body)
        mark = fold_mark(hidden, plain=view.plain, command=":r")
        # One mark for all that is hidden; where that is fields alone, it stands in their place.
        lines.insert(len(lines) if hidden_body else len(shown_head) - 1, mark)
    lines += [note(words, plain=view.plain) for words in message.notes]
    return lines


def body_lines(message: Message, view: View, times: Sequence[float] = ()) -> list[Text]:
    """The body as it crossed the wire, chunk framing included.

    `times` has one for each chunk, in seconds since the request; the raw view notes them where they are more
    than one, each on a line before its chunk, so that nothing stands beside the bytes.
    """
    body = _body(message, view, times)
    return body.first(body.length)


def _body(message: Message, view: View, times: Sequence[float] = ()) -> _Body:
    raw = message.raw_body[:DISPLAY_CAP]
    if not raw:
        return _NO_BODY
    if needs_hexdump(message.body[:DISPLAY_CAP], message.value("Content-Encoding") or ""):
        length = -(-len(raw) // HEXDUMP_OCTETS)
        draw = partial(_octet_lines, raw)
    else:
        noted = times if view.line_ends and len(times) > 1 else ()
        length = raw.count(b"\n") + (not raw.endswith(b"\n"))
        length += sum(start <= len(raw) for start, _stop in body_spans(message)) if noted else 0
        draw = partial(_text_lines, message, raw, view, noted)
    notes = []
    missing = (
        message.body_length - len(message.body[:DISPLAY_CAP]) if not message.chunked else message.dropped
    )
    if missing > 0 or len(message.raw_body) > DISPLAY_CAP:
        words = _("The body has {length} bytes; the first {shown} are shown.")
        said = words.format(length=f"{message.body_length:,}", shown=f"{len(raw):,}")
        notes.append(note(said, plain=view.plain))
    whole = _Body(length + len(notes), lambda count: [*draw(min(count, length)), *notes][:count])
    if view.long_bodies or whole.length <= _LONG_BODY_LINES:
        return whole
    hidden = whole.length - _SHORT_BODY_LINES
    words = ngettext("{count} more line of the body", "{count} more lines of the body", hidden)
    mark = fold_mark(words.format(count=hidden), plain=view.plain, command="--full")
    return _Body(_SHORT_BODY_LINES + 1, lambda count: [*whole.first(_SHORT_BODY_LINES), mark][:count])


def _octet_lines(octets: bytes, count: int | None = None) -> list[Text]:
    """The first lines of a hexdump."""
    from rich.text import Text

    shown = octets if count is None else octets[: count * HEXDUMP_OCTETS]
    return [Text(line, "wire.body", no_wrap=True) for line in hexdump(shown)]


def _text_lines(message: Message, raw: bytes, view: View, times: Sequence[float], count: int) -> list[Text]:
    """The first lines of a body, with notes of when its chunks came."""
    stop = 0
    for _line in range(count):
        stop = raw.find(b"\n", stop) + 1 or len(raw)
    lines = list(_drawn(_styled_body(message, raw, stop), view))
    return _timed(lines, message, raw[:stop], times, view)[:count] if times else lines


def head_lines(message: Message, view: View) -> list[Text]:
    """The head alone, the empty line included."""
    return [line for _name, line in _head_lines(message, view)]


def raw_lines(data: bytes, view: View, *, style: str = "wire.body") -> list[Text]:
    """Any bytes as lines."""
    return list(_drawn(_styled_as((data, style)), view))


def time_note(since_s: float, *, plain: bool) -> Text:
    """When what stands below it came, since the request."""
    words = _("{ms} ms after the request").format(ms=round(since_s * 1000)) if plain else since(since_s)
    return note(words, plain=plain)


def chunk_lines(
    size: bytes, data: bytes, end: bytes, view: View, *, since_s: float, coding: str
) -> list[Text]:
    """One chunk as it crossed: a note of its time, its size line, its data, its line end.

    Args:
        since_s: since the request.
        coding: Content-Encoding; coded data is drawn as a hexdump.
    """
    came = time_note(since_s, plain=view.plain)
    size_line = (size, "wire.framing")
    if needs_hexdump(data, coding):
        return [
            came,
            *_drawn(_styled_as(size_line), view),
            *_octet_lines(data),
            *raw_lines(end, view, style="wire.framing"),
        ]
    return [came, *_drawn(_styled_as(size_line, (data, "wire.body"), (end, "wire.framing")), view)]


def line_at(exchange: Exchange, path: Sequence[str], view: View) -> Text | None:
    """The line of the exchange in which a live path's value stands, to repeat it beside a question."""
    message = exchange.request if path[0] == "request" else exchange.response
    if message is None:
        return None
    numbered = re.fullmatch("(event|frame)([0-9]+)", path[0])
    if numbered:
        draw = _event_line if numbered[1] == "event" else _numbered_frame_line
        return draw(exchange, int(numbered[2]), path[-1], view)
    if path[1:2] == ("headers",) and len(path) == 3:
        wanted = path[2].lower()
        found = [line for name, line in _head_lines(message, view) if name.lower() == wanted]
        return found[0] if found else None
    if path[1:2] in {("body",), ("json",), ("length",), ("chunks",)}:
        if message.chunked:
            # The framing is not what is asked about.
            return next(_drawn(_styled_as((message.body, "wire.body")), view), None)
        return next(iter(_body(message, view).first(1)), None)
    return _head_lines(message, view)[0][1]


def _event_line(exchange: Exchange, number: int, part: str, view: View) -> Text | None:
    """The line of an event that names its data, type, id or retry; the first of its data where none does."""
    from rich.text import Text

    found = events(exchange)
    if exchange.response is None or not 1 <= number <= len(found):
        return None
    start = found[number - 2].end if number > 1 else 0
    lines = exchange.response.body[start : found[number - 1].end].splitlines()
    for name in ("event" if part == "type" else part, "data"):
        for line in lines:
            if line.partition(b":")[0] == name.encode():
                return Text(visible_bytes(line, ascii_only=view.ascii_only), "wire.body", no_wrap=True)
    return None


def _numbered_frame_line(exchange: Exchange, number: int, _part: str, view: View) -> Text | None:
    found = frames(exchange)[number - 1 : number]
    if not found:
        return None
    (timed,) = found
    since_s = timed.at_s - exchange.asked_s
    return frame_line(timed.frame, view, from_client=timed.from_client, since_s=since_s)


def _styled(words: str, style: str) -> Text:
    from rich.text import Text

    return Text(words, style)


def _head_lines(message: Message, view: View) -> list[tuple[str, Text]]:
    """Each line of the head with the name of its field; empty for the start line and the empty line."""
    from rich.text import Text

    lines = []
    for place, wire_line in enumerate(wire_lines(message.head)):
        text = visible_bytes(wire_line.data, ascii_only=view.ascii_only)
        name = ""
        if not wire_line.data and place:
            drawn = Text(no_wrap=True) if view.line_ends else Text(_("(empty line)"), "wire.end")
        elif place == 0 and message.start_line:
            drawn = Text.assemble((text, "wire.start"), no_wrap=True)
        else:
            name, colon, rest = text.partition(":")
            drawn = Text.assemble(
                (name, "wire.name"), (colon, "wire.name"), (rest, "wire.value"), no_wrap=True
            )
            name = name.strip() if colon else ""
        if view.line_ends:
            drawn.append(_end_mark(wire_line.end.decode(), view), "wire.end")
        lines.append((name, drawn))
    return lines


def _styled_as(*parts: tuple[bytes, str]) -> Styled:
    """Octets with a style each, as one text."""
    texts = [(data.decode("utf-8", "surrogateescape"), style) for data, style in parts if data]
    stops = list(accumulate(len(text) for text, _style in texts))
    return Styled("".join([text for text, _style in texts]), stops, [style for _text, style in texts])


def _styled_body(message: Message, raw: bytes, stop: int) -> Styled:
    """The body on the wire up to the end of a line."""
    shown = raw[:stop]
    if message.chunked and message.chunks:
        parts: list[tuple[bytes, str]] = []
        at = 0
        for start, end in body_spans(message):
            parts += [(shown[at:start], "wire.framing"), (shown[start:end], "wire.body")]
            at = end
        return _styled_as(*parts, (shown[at:], "wire.framing"))
    language = _language(message.value("Content-Type") or "")
    if not language:
        return _styled_as((shown, "wire.body"))
    # What stands behind may say what a word is, such as a colon a name in JSON.
    ahead = raw[stop:].decode("utf-8", "surrogateescape")
    return styled(shown.decode("utf-8", "surrogateescape"), language, "wire.body", ahead=ahead)


def _timed(
    lines: Sequence[Text], message: Message, raw: bytes, times: Sequence[float], view: View
) -> list[Text]:
    """The lines of a chunked body, each size line behind a note of when its chunk came."""
    timed: list[Text] = []
    at = drawn = ended = 0
    for (start, _stop), since_s in zip(body_spans(message), times, strict=True):
        if start > len(raw):
            break
        ended += raw.count(b"\n", at, start)
        at = start
        timed += [*lines[drawn : ended - 1], time_note(since_s, plain=view.plain)]
        drawn = ended - 1
    return [*timed, *lines[drawn:]]


def _drawn(styled: Styled, view: View) -> Iterator[Text]:
    """A styled text as lines, escaped."""
    from rich.text import Span, Text

    text = styled.text
    # A body has a span for each word: made as the tuple that it is, it takes half the time.
    span = partial(tuple.__new__, Span)

    def line(spans: list[Span], start: int, stop: int, mark: str = "") -> Text:
        words = text[start:stop]
        shown = visible(words, ascii_only=view.ascii_only)
        if shown != words:
            spans = _escaped_spans(words, spans, view)
        if mark:
            spans.append(Span(len(shown), len(shown) + len(mark), "wire.end"))
        return Text(shown + mark, spans=spans, no_wrap=True)

    marks = {end: _end_mark(end, view) if view.line_ends else "" for end in ("\r\n", "\n")}
    spans: list[Span] = []
    at = start = 0
    newline_at = _newline_at(text, 0)
    for stop, style in zip(styled.stops, styled.styles, strict=True):
        while newline_at < stop:
            # A CR in another style is no part of the line end.
            end = "\r\n" if text.endswith("\r", at, newline_at) else "\n"
            line_stop = newline_at + 1 - len(end)
            if at < line_stop:
                spans.append(span((at - start, line_stop - start, style)))
            yield line(spans, start, line_stop, marks[end])
            spans = []
            at = start = newline_at + 1
            newline_at = _newline_at(text, at)
        if at < stop:
            spans.append(span((at - start, stop - start, style)))
            at = stop
    if spans:
        yield line(spans, start, at)


def _newline_at(text: str, start: int) -> int:
    """Where the next LF stands; the end of the text where there is none."""
    at = text.find("\n", start)
    return at if at >= 0 else len(text)


def _escaped_spans(words: str, spans: Sequence[Span], view: View) -> list[Span]:
    """The spans of words, which are one behind the other, as they are once the words are escaped."""
    from rich.text import Span

    lengths = [len(visible(words[start:end], ascii_only=view.ascii_only)) for start, end, _style in spans]
    edges = pairwise(accumulate(lengths, initial=0))
    return [Span(start, end, span.style) for (start, end), span in zip(edges, spans, strict=True)]


def end_mark(end: str, *, plain: bool, ascii_only: bool) -> str:
    """What is drawn for a line end."""
    if plain:
        return {"\r\n": " [CRLF]", "\n": " [LF]"}.get(end, "")
    if ascii_only:
        return {"\r\n": "\\r\\n", "\n": "\\n"}.get(end, "")
    return _END_MARKS.get(end, "")


def _end_mark(end: str, view: View) -> str:
    return end_mark(end, plain=view.plain, ascii_only=view.ascii_only)


def _body_limit(fold: int, view: View, length: int) -> int:
    if fold == 0:
        return length
    if fold >= FOLDS:
        return length if length <= 1 else 0
    limit = _LEAST_BODY_LINES if fold >= FOLDS - 1 or view.small else _SHORT_BODY_LINES
    # A fold that hides a single line would take as much room as the line.
    return length if length <= limit + 1 else limit


def _hidden(message: Message, hidden_fields: int, hidden_body: int, shown_body: int) -> str:
    """What a fold hides, in words."""
    parts = []
    if hidden_fields:
        parts.append(ngettext("{count} field", "{count} fields", hidden_fields).format(count=hidden_fields))
    if hidden_body and message.status == 101:
        said = ngettext("{count} line of frames", "{count} lines of frames", hidden_body)
        parts.append(said.format(count=hidden_body))
    elif hidden_body and shown_body:
        parts.append(
            ngettext("{count} more line of the body", "{count} more lines of the body", hidden_body).format(
                count=hidden_body
            )
        )
    elif hidden_body:
        language = {"html": "HTML", "json": "JSON", "xml": "XML"}.get(
            _language(message.value("Content-Type") or ""), ""
        )
        size = f"{message.body_length:,}"
        parts.append(
            _("{count} bytes of {language}").format(count=size, language=language)
            if language
            else _("{count} bytes of body").format(count=size)
        )
    return listed(parts)


def _heading(arrow: str, words: str, style: str, view: View) -> Text:
    from rich.text import Text

    return Text(_("{words}:").format(words=words) if view.plain else f"{arrow} {words}", style)


def note(words: str, *, plain: bool) -> Text:
    """What is to be said of a message, told from its bytes by words or brackets."""
    said = _("Note: {words}") if plain else _("({words})")
    return _styled(said.format(words=visible(words)), "wire.note")


def _language(content_type: str) -> str:
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "application/json" or media_type.endswith("+json"):
        return "json"
    if media_type == "text/html":
        return "html"
    if media_type in {"application/xml", "text/xml"} or media_type.endswith("+xml"):
        return "xml"
    return ""


def focus_of(names: Collection[str]) -> frozenset[str]:
    """Field names as `View.focus` holds them."""
    return frozenset(name.lower() for name in names)
