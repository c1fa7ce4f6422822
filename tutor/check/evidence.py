"""The bytes that a failed check is about, escaped for a report."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tutor.course.model import Expectation
from tutor.language import _
from tutor.wire.escape import hexdump, needs_hexdump, visible, visible_bytes, wire_lines
from tutor.wire.exchange import Exchange
from tutor.wire.frames import frames
from tutor.wire.message import Message

BODY_BYTES = 300
"""How much of a body a report shows: about four lines of a terminal."""

_HEAD_LINES = 40
_FRAME_LINES = 20
_FRAME_OCTETS = 12


def evidence(hops: Sequence[Exchange], expectations: Sequence[Expectation] = ()) -> tuple[str, ...]:
    """The messages that the expectations are about, a wire line each; without expectations, the response."""
    if not hops:
        return (_("Nothing was recorded."),)
    paths = [_split_hop(expectation.path, len(hops)) for expectation in expectations]
    found: list[str] = []
    for place in sorted({place for place, _rest in paths}) or [len(hops)]:
        exchange = hops[place - 1] if 1 <= place <= len(hops) else hops[-1]
        about = [rest for where, rest in paths if where == place]
        if any(rest[:1] == ("request",) for rest in about):
            found.extend(_message_lines(exchange.request, [rest for rest in about if rest[0] == "request"]))
        if not about or any(rest[:1] != ("request",) for rest in about):
            found.extend(_message_lines(exchange.response, [rest for rest in about if rest[0] == "response"]))
            found.extend(frame_evidence(exchange))
        if exchange.error:
            found.append(_("The client gave up: {reason}").format(reason=visible(exchange.error)))
    return tuple(found)


def frame_evidence(exchange: Exchange) -> Iterator[str]:
    """The WebSocket frames of both directions, a line each."""
    timed = frames(exchange)
    for each in timed[:_FRAME_LINES]:
        frame = each.frame
        # In words: a report is read aloud, and by programs that know no arrows.
        sender = _("client:") if each.from_client else _("server:")
        octets = frame.data[:_FRAME_OCTETS].hex(" ") + (" …" if len(frame.data) > _FRAME_OCTETS else "")
        yield f'{sender} {octets}  {frame.name} "{visible(frame.text[:BODY_BYTES])}"'
    if len(timed) > _FRAME_LINES:
        yield _("… {count} more frames").format(count=len(timed) - _FRAME_LINES)


def _split_hop(path: tuple[str, ...], hops: int) -> tuple[int, tuple[str, ...]]:
    match = re.fullmatch("hop([0-9]{1,4})", path[0]) if path else None
    return (int(match[1]), path[1:]) if match else (hops, path)


def _message_lines(message: Message | None, paths: Sequence[tuple[str, ...]]) -> Iterator[str]:
    if message is None:
        yield _("No message was recorded.")
        return
    named = {path[2].lower() for path in paths if path[1:2] == ("headers",) and len(path) > 2}
    present = {field.name.decode("latin-1").lower() for field in message.fields}
    if named and named <= present:
        yield visible_bytes(message.start_line)
        for field in message.fields:
            if field.name.decode("latin-1").lower() in named:
                yield visible_bytes(field.line)
        if len(named) == len(paths):
            return
    else:
        lines = wire_lines(message.head)
        yield from (visible_bytes(line.data) for line in lines[:_HEAD_LINES])
    if message.status != 101:
        yield from _body_lines(message)


def _body_lines(message: Message) -> Iterator[str]:
    shown = message.raw_body[:BODY_BYTES]
    if needs_hexdump(shown, message.value("Content-Encoding") or ""):
        yield from hexdump(shown)
    else:
        yield from (visible_bytes(line.data) for line in wire_lines(shown))
    rest = len(message.raw_body) + message.dropped - len(shown)
    if rest:
        yield _("… {count} more bytes").format(count=rest)
