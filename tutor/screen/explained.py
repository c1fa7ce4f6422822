"""The explained view: the parts of an exchange, numbered, and what each is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutor.language import _
from tutor.language import mark as N_  # noqa: N812 - gettext's own name
from tutor.screen.stream import part_line
from tutor.wire.escape import visible_bytes
from tutor.wire.exchange import Exchange
from tutor.wire.message import Message
from tutor.wire.parts import explain
from tutor.wire.stream import PartKind, stream_parts

if TYPE_CHECKING:
    from rich.text import Text


def explained_lines(exchange: Exchange, argument: str, *, width: int, ascii_only: bool) -> list[Text]:
    """The numbered parts of an exchange, or one of them with what there is to say about it.

    The chunks, events or frames of a stream follow the messages, each with its time since the request.
    """
    from rich.text import Text

    from tutor.screen.wide import wrapped

    messages = [message for message in (exchange.request, exchange.response) if message is not None]
    parts = [(message, part) for message in messages for part in explain(message)]
    streamed = stream_parts(exchange)
    count = len(parts) + len(streamed)
    if not argument:
        lines: list[Text] = []
        heading = None
        for number, (message, part) in enumerate(parts, start=1):
            if message is not heading:
                heading = message
                lines.append(_heading(message))
            line = Text.assemble((f"{number:>3}  ", "choice"), (part.label, "muted"), "  ")
            lines.append(line.append_text(_part_text(part.data, ascii_only)))
        for number, piece in enumerate(streamed, start=len(parts) + 1):
            lines.append(Text(f"{number:>3}  ", "choice").append_text(part_line(piece, ascii_only)))
        return [*lines, Text(_(":x and a number says what a part is for."), "offer")]
    if not (argument.isdigit() and 1 <= int(argument) <= count):
        return [Text(_("The parts are numbered from 1 to {count}.").format(count=count))]
    if int(argument) > len(parts):
        piece = streamed[int(argument) - len(parts) - 1]
        about = (
            _ABOUT[piece.kind, piece.name] if (piece.kind, piece.name) in _ABOUT else _ABOUT[piece.kind, ""]
        )
        rows = wrapped(_(about), width)
        return [part_line(piece, ascii_only), *rows]
    part = parts[int(argument) - 1][1]
    lines = [
        Text.assemble((f"{argument}  ", "choice"), (part.label, "title")),
        _part_text(part.data, ascii_only),
        *wrapped(part.note, width),
    ]
    if part.flask:
        lines.append(Text(_("In Flask: {name}").format(name=part.flask), "flask"))
    if part.section:
        lines.append(Text(part.section, "muted"))
    return lines


_ABOUT = {
    (PartKind.CHUNK, ""): N_(
        "A chunk: a part of the body with its own size, sent as soon as it was there. RFC 9112, 7.1."
    ),
    (PartKind.EVENT, ""): N_(
        "A server-sent event: lines of `name: value`, sent off by an empty line. WHATWG HTML, 9.2.6."
    ),
    (PartKind.FRAME, ""): N_(
        "A WebSocket frame: two bytes or more say its kind and length, then its payload. RFC 6455, 5.2."
    ),
    (PartKind.FRAME, "close"): N_(
        "A close frame: a code, such as 1000 for a normal end, and a reason. RFC 6455, 5.5.1."
    ),
    (PartKind.FRAME, "ping"): N_(
        "A ping: the other side must answer it with a pong of the same payload. RFC 6455, 5.5.2."
    ),
    (PartKind.FRAME, "pong"): N_("A pong: the answer to a ping, with its payload. RFC 6455, 5.5.3."),
}


def _heading(message: Message) -> Text:
    from rich.text import Text

    if message.is_request:
        return Text(_("Request"), "request.heading")
    return Text(_("Response"), "response.heading")


def _part_text(data: bytes, ascii_only: bool) -> Text:
    from rich.text import Text

    shown = data.rstrip(b"\r\n")
    cut = visible_bytes(shown[:160], ascii_only=ascii_only)
    return Text(cut + (" …" if len(shown) > 160 else ""), "wire.value")
