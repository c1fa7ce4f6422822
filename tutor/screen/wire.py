"""Recorded messages as lines: byte for byte, escaped, coloured by part, folded where a beat asks for it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tutor.language import _, ngettext
from tutor.screen.code import runs
from tutor.wire.escape import DISPLAY_CAP, hexdump, needs_hexdump, visible_bytes, wire_lines
from tutor.wire.exchange import Direction, Exchange
from tutor.wire.message import Message

if TYPE_CHECKING:
    from rich.text import Text

FOLDS = 4
"""How many times a message can fold: its body to six lines, its fields, its body to two lines, to none."""

REQUEST_STAGES = (0, 1, 2, 2, 3, 4)
RESPONSE_STAGES = (0, 1, 1, 2, 3, 4)
"""How far a message folds at each stage of its exchange: the request's fields go before the response's."""

_SHORT_BODY_LINES = 6
_LEAST_BODY_LINES = 2

_END_MARKS = {b"\r\n": "␍␊", b"\n": "␊", b"": ""}


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


def request_lines(exchange: Exchange, view: View, fold: int = 0) -> list[Text]:
    """The request of an exchange under its heading."""
    heading = _heading("→", _("Request"), "request.heading", view)
    if exchange.request is None:
        return [heading, _note(_("Nothing arrived at the server."))]
    lines = [heading, *message_lines(exchange.request, view, fold)]
    if exchange.unread_body_bytes and exchange.response is not None:
        lines.append(
            _note(
                _("{count} bytes of body were announced and never read by the app.").format(
                    count=exchange.unread_body_bytes
                )
            )
        )
    return lines


def response_lines(exchange: Exchange, view: View, fold: int = 0) -> list[Text]:
    """The responses of an exchange, interim ones included, under their heading."""
    lines = [_heading("←", _("Response"), "response.heading", view)]
    if not exchange.responses:
        if exchange.data(Direction.RESPONSE):
            lines += [line for line, _end in _drawn([(exchange.data(Direction.RESPONSE), "")], view)]
        else:
            lines.append(
                _note(_("No byte came back in {ms} ms.").format(ms=round(exchange.duration_s * 1000)))
            )
    for message in exchange.responses:
        lines += message_lines(message, view, fold)
    if exchange.error:
        lines.append(_note(exchange.error))
    return lines


def message_lines(message: Message, view: View, fold: int = 0) -> list[Text]:
    """One message, whole at fold 0; the deeper the fold, the fewer lines. A fold is marked by one line."""
    from rich.text import Text

    head = _head_lines(message, view)
    body = body_lines(message, view)
    shown_body = _body_limit(fold, view, len(body))
    hidden_fields = []
    shown_head = []
    for name, line in head:
        if fold >= 2 and name and name.lower() not in view.focus:
            hidden_fields.append(line)
        else:
            shown_head.append(line)
    hidden_body = len(body) - shown_body
    lines = shown_head + body[:shown_body]
    if hidden_fields or hidden_body:
        mark = Text(_fold_mark(message, len(hidden_fields), hidden_body, shown_body), "wire.fold")
        # One mark for all that is hidden; where that is fields alone, it stands in their place.
        lines.insert(len(lines) if hidden_body else len(shown_head) - 1, mark)
    lines += [_note(note) for note in message.notes]
    return lines


def body_lines(message: Message, view: View) -> list[Text]:
    """The body as it crossed the wire, chunk framing included."""
    raw = message.raw_body[:DISPLAY_CAP]
    if not raw:
        return []
    if needs_hexdump(message.body[:DISPLAY_CAP], message.value("Content-Encoding") or ""):
        from rich.text import Text

        lines = [Text(line, "wire.body") for line in hexdump(raw)]
    else:
        lines = [line for line, _end in _drawn(_body_runs(message, raw), view)]
    missing = (
        message.body_length - len(message.body[:DISPLAY_CAP]) if not message.chunked else message.dropped
    )
    if missing > 0 or len(message.raw_body) > DISPLAY_CAP:
        lines.append(
            _note(
                _("The body has {length} bytes; the first {shown} are shown.").format(
                    length=f"{message.body_length:,}", shown=f"{len(raw):,}"
                )
            )
        )
    return lines


def line_at(exchange: Exchange, path: Sequence[str], view: View) -> Text | None:
    """The line of the exchange in which a live path's value stands, to repeat it beside a question."""
    message = exchange.request if path[0] == "request" else exchange.response
    if message is None:
        return None
    if path[1:2] == ("headers",) and len(path) == 3:
        wanted = path[2].lower()
        found = [line for name, line in _head_lines(message, view) if name.lower() == wanted]
        return found[0] if found else None
    if path[1:2] in {("body",), ("json",), ("length",), ("chunks",)}:
        body = body_lines(message, view)
        return body[0] if body else None
    return _head_lines(message, view)[0][1]


def _head_lines(message: Message, view: View) -> list[tuple[str, Text]]:
    """Each line of the head with the name of its field; empty for the start line and the empty line."""
    from rich.text import Text

    lines = []
    for place, wire_line in enumerate(wire_lines(message.head)):
        text = visible_bytes(wire_line.data, ascii_only=view.ascii_only)
        name = ""
        if not wire_line.data and place:
            drawn = Text() if view.line_ends else Text(_("(empty line)"), "wire.end")
        elif place == 0 and message.start_line:
            drawn = Text(text, "wire.start")
        else:
            name, colon, rest = text.partition(":")
            drawn = Text.assemble((name, "wire.name"), (colon, "wire.name"), (rest, "wire.value"))
            name = name.strip() if colon else ""
        if view.line_ends:
            drawn.append(_end_mark(wire_line.end, view), "wire.end")
        lines.append((name, drawn))
    return lines


def _body_runs(message: Message, raw: bytes) -> Iterator[tuple[bytes, str]]:
    if message.chunked and message.chunks:
        at = 0
        for chunk in message.chunks:
            start = raw.find(b"\n", at) + 1
            if start <= 0:
                break
            yield raw[at:start], "wire.framing"
            at = start + len(chunk.data)
            yield raw[start:at], "wire.body"
        yield raw[at:], "wire.framing"
        return
    language = _language(message.value("Content-Type") or "")
    if not language:
        yield raw, "wire.body"
        return
    for run, style in runs(raw.decode("utf-8", "surrogateescape"), language):
        yield run.encode("utf-8", "surrogateescape"), style or "wire.body"


def _drawn(
    styled: Sequence[tuple[bytes, str]] | Iterator[tuple[bytes, str]], view: View
) -> Iterator[tuple[Text, bytes]]:
    """Styled runs of bytes as lines with the line end each had."""
    from rich.text import Text

    line = Text()
    pending = False
    for data, style in styled:
        for wire_line in wire_lines(data):
            line.append(visible_bytes(wire_line.data, ascii_only=view.ascii_only), style or None)
            pending = pending or bool(wire_line.data)
            if wire_line.end:
                if view.line_ends:
                    line.append(_end_mark(wire_line.end, view), "wire.end")
                yield line, wire_line.end
                line, pending = Text(), False
    if pending:
        yield line, b""


def _end_mark(end: bytes, view: View) -> str:
    if view.ascii_only:
        return {b"\r\n": "\\r\\n", b"\n": "\\n"}.get(end, "")
    return _END_MARKS.get(end, "")


def _body_limit(fold: int, view: View, length: int) -> int:
    if fold == 0:
        return length
    if fold >= FOLDS:
        return length if length <= 1 else 0
    limit = _LEAST_BODY_LINES if fold >= FOLDS - 1 or view.small else _SHORT_BODY_LINES
    # A fold that hides a single line would take as much room as the line.
    return length if length <= limit + 1 else limit


def _fold_mark(message: Message, hidden_fields: int, hidden_body: int, shown_body: int) -> str:
    parts = []
    if hidden_fields:
        parts.append(ngettext("{count} field", "{count} fields", hidden_fields).format(count=hidden_fields))
    if hidden_body and shown_body:
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
    return "… " + ", ".join(parts) + " (:r)"


def _heading(arrow: str, words: str, style: str, view: View) -> Text:
    from rich.text import Text

    return Text(f"{words}:" if view.plain else f"{arrow} {words}", style)


def _note(words: str) -> Text:
    from rich.text import Text

    from tutor.wire.escape import visible

    return Text(visible(words), "wire.note")


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
