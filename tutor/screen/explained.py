"""The explained view: the parts of an exchange, numbered, and what each is for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from tutor.language import _
from tutor.language import mark as N_  # noqa: N812 - gettext's own name
from tutor.screen.stream import part_line
from tutor.wire.escape import visible_bytes
from tutor.wire.exchange import Exchange
from tutor.wire.message import Message
from tutor.wire.parts import Part, explain
from tutor.wire.stream import PartKind, stream_parts

if TYPE_CHECKING:
    from rich.text import Text

_LABEL_ROOM = 16
"""Columns that labels get at most; a longer one moves its part on."""


def explained_lines(
    exchange: Exchange, argument: str, *, width: int, ascii_only: bool, plain: bool, bare: bool = False
) -> list[Text]:
    """The numbered parts of an exchange, or one of them with what there is to say about it.

    The chunks, events or frames of a stream follow the messages, each with its time since the request.

    Args:
        argument: the number of a part; empty for all.
        bare: a number alone is understood at the prompt.
    """
    from rich.cells import cell_len
    from rich.text import Text

    from tutor.screen.columns import padded

    messages = [message for message in (exchange.request, exchange.response) if message is not None]
    parts = [(message, part) for message in messages for part in explain(message)]
    streamed = stream_parts(exchange)
    count = len(parts) + len(streamed)
    if not argument:
        beside = [part.label for _message, part in parts if not _names_itself(part)]
        labels = min(_LABEL_ROOM, max(map(cell_len, beside), default=0))
        lines: list[Text] = []
        heading = None
        for number, (message, part) in enumerate(parts, start=1):
            if message is not heading:
                heading = message
                lines.append(_heading(message, plain))
            text = _part_text(part.data, ascii_only)
            named = _names_itself(part)
            if plain:
                lines.append(_numbered(number, [text.plain] if named else [part.label, text.plain]))
                continue
            line = Text.assemble((f"{number:>3}  ", "choice"))
            if named:
                text.stylize("wire.name", 0, len(part.label) + 1)
            else:
                line.append(f"{padded(part.label, labels)}  ", "muted")
            lines.append(line.append_text(text))
        for number, piece in enumerate(streamed, start=len(parts) + 1):
            line = part_line(piece, ascii_only=ascii_only, plain=plain)
            lines.append(
                _numbered(number, [line.plain])
                if plain
                else Text.assemble((f"{number:>3}  ", "choice")).append_text(line)
            )
        says = (
            _("A number says what that part is for.")
            if bare
            else _(":x and a number says what a part is for.")
        )
        return [*lines, Text(says, "offer")]
    if not (argument.isdecimal() and 1 <= int(argument) <= count):
        return [Text(_("The parts are numbered from 1 to {count}.").format(count=count))]
    number = int(argument)
    if number > len(parts):
        piece = streamed[number - len(parts) - 1]
        about = _ABOUT.get((piece.kind, piece.name)) or _ABOUT[piece.kind, ""]
        line = part_line(piece, ascii_only=ascii_only, plain=plain)
        return [line, *_said(_(about.note), about.flask, about.section, width, plain)]
    part = parts[number - 1][1]
    head = (
        _numbered(number, [part.label])
        if plain
        else Text.assemble((f"{number}  ", "choice"), (part.label, "title"))
    )
    text = _part_text(part.data, ascii_only)
    shown = [text] if text.plain else []
    return [head, *shown, *_said(part.note, part.flask, part.section, width, plain)]


def _names_itself(part: Part) -> bool:
    """Whether the part begins with its label, as a field's line does: once is enough."""
    return part.data.startswith(f"{part.label}:".encode())


def _said(note: str, flask: str, section: str, width: int, plain: bool) -> list[Text]:
    """What a part is for, what Flask calls it, and where it is specified."""
    from rich.text import Text

    from tutor.screen.wide import wrapped

    known = _("In Flask: {name}").format(name=flask) if flask else _unnamed()
    rows = [Text(note)] if plain else wrapped(note, width)
    return [*rows, Text(known, "flask"), Text(_("Specified in {section}").format(section=section), "muted")]


def _unnamed() -> str:
    return _("Flask has no name for it: the server below deals with it.")


def _numbered(number: int, facts: Sequence[str]) -> Text:
    from rich.text import Text

    line = str(number)
    for fact in facts:
        if fact:
            line = _("{start}: {words}").format(start=line, words=fact)
    return Text(line)


class About(NamedTuple):
    """What there is to say about a kind of part of a stream."""

    note: str
    section: str
    flask: str = ""


_ABOUT = {
    (PartKind.CHUNK, ""): About(
        N_("A chunk: a part of the body with its own size, sent as soon as it was there."),
        "RFC 9112, 7.1",
        "response.response",
    ),
    (PartKind.EVENT, ""): About(
        N_("A server-sent event: lines of `name: value`, sent off by an empty line."),
        "HTML Standard, Server-sent events",
        "response.response",
    ),
    (PartKind.FRAME, ""): About(
        N_("A WebSocket frame: two bytes or more say its kind and length, then its payload."),
        "RFC 6455, 5.2",
        "ws.send(), ws.receive()",
    ),
    (PartKind.FRAME, "close"): About(
        N_("A close frame: a code, such as 1000 for a normal end, and a reason."),
        "RFC 6455, 5.5.1",
        "ws.close()",
    ),
    (PartKind.FRAME, "ping"): About(
        N_("A ping: the other side must answer it with a pong of the same payload."), "RFC 6455, 5.5.2"
    ),
    (PartKind.FRAME, "pong"): About(N_("A pong: the answer to a ping, with its payload."), "RFC 6455, 5.5.3"),
}
"""By kind and name; an empty name stands for all others. `ws` is what Flask-Sock gives a view."""


def _heading(message: Message, plain: bool) -> Text:
    from rich.text import Text

    words = _("Request") if message.is_request else _("Response")
    style = "request.heading" if message.is_request else "response.heading"
    return Text(_("{words}:").format(words=words) if plain else words, style)


def _part_text(data: bytes, ascii_only: bool) -> Text:
    from rich.text import Text

    shown = data.rstrip(b"\r\n")
    cut = visible_bytes(shown[:160], ascii_only=ascii_only)
    return Text(cut + (" …" if len(shown) > 160 else ""), "wire.value")
