"""Server-sent events read from a response body, by the rules of the HTML standard (section 9.2).

A reader takes the body in any parts: chunk boundaries are not event boundaries.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from tutor.wire.exchange import Direction, Exchange
from tutor.wire.message import Message, body_spans

MEDIA_TYPE = "text/event-stream"

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BOM = b"\xef\xbb\xbf"
# 18 digits of milliseconds outlast everything; int() refuses thousands of digits.
_RETRY = re.compile(rb"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event that was dispatched."""

    data: str
    """The values of its data lines, joined by LF; octets that are no UTF-8 by surrogateescape."""
    type: str = "message"
    id: str = ""
    """The last event id as a client then holds it: the event's own, or that of one before it."""
    retry: int | None = None
    """The reconnection time as a client then holds it, in milliseconds; None where none was named yet."""
    end: int = 0
    """The offset in the body behind the empty line that dispatched it."""
    at_s: float = 0.0
    """When that empty line arrived, in seconds since acceptance; 0 where no time is known."""


class EventStreamReader:
    """Reads a body part by part."""

    def __init__(self) -> None:
        self._open = bytearray()
        """The line that has not ended yet."""
        self._offset = 0
        """Octets of body before it."""
        self._after_cr = False
        """An LF that comes next belongs to the line end before it."""
        self._at_start = True
        self._data: list[bytes] = []
        self._type = b""
        self._id = b""
        self._retry: int | None = None

    def feed(self, part: bytes) -> tuple[ServerEvent, ...]:
        """The events that this part completes. An event without its empty line is never one."""
        if self._after_cr and part:
            self._after_cr = False
            if part.startswith(b"\n"):
                part = part[1:]
                self._offset += 1
        found: list[ServerEvent] = []
        searched = len(self._open)
        self._open += part
        start = 0
        # Taken apart first: a bytearray cannot be shortened while a match holds on to it.
        ends = [each.span() for each in _LINE_END.finditer(self._open, searched)]
        for stop, after in ends:
            event = self._line(bytes(self._open[start:stop]), self._offset + after)
            start = after
            if event is not None:
                found.append(event)
        self._after_cr = self._after_cr or bool(
            ends and start == len(self._open) and self._open[-1:] == b"\r"
        )
        del self._open[:start]
        self._offset += start
        return tuple(found)

    def _line(self, line: bytes, end: int) -> ServerEvent | None:
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(_BOM)
        if not line:
            return self._dispatched(end)
        name, colon, value = line.partition(b":")
        if colon:
            value = value.removeprefix(b" ")
        match name:
            case b"data":
                self._data.append(value)
            case b"event":
                self._type = value
            case b"id" if b"\0" not in value:
                self._id = value
            case b"retry" if _RETRY.fullmatch(value):
                self._retry = int(value)
        return None

    def _dispatched(self, end: int) -> ServerEvent | None:
        data, type_ = self._data, self._type
        self._data, self._type = [], b""
        if not data:
            return None
        return ServerEvent(
            _text(b"\n".join(data)), _text(type_) or "message", _text(self._id), self._retry, end
        )


def parse_event_stream(body: bytes) -> tuple[ServerEvent, ...]:
    """The events that a whole body dispatches, without times."""
    return EventStreamReader().feed(body)


def is_event_stream(message: Message | None) -> bool:
    """Whether a response is one that a client reads as server-sent events."""
    if message is None or message.is_request:
        return False
    return (message.value("Content-Type") or "").partition(";")[0].strip().lower() == MEDIA_TYPE


def events(exchange: Exchange) -> tuple[ServerEvent, ...]:
    """The events of an exchange with the times of their arrival; none where it is no event stream."""
    response = exchange.response
    if response is None or not is_event_stream(response):
        return ()
    before = exchange.body_start(response)
    found: list[ServerEvent] = []
    spans = iter(body_spans(response))
    start, stop, in_body = *next(spans, (0, 0)), 0
    for event in parse_event_stream(response.body):
        # The octet that ends the event stands in this run of body octets, or in a later one.
        while event.end > in_body + stop - start:
            in_body += stop - start
            start, stop = next(spans)
        at = before + start + event.end - in_body - 1
        found.append(replace(event, at_s=exchange.time_at(Direction.RESPONSE, at)))
    return tuple(found)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
