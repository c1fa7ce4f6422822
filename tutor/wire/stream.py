"""What came bit by bit over one connection, each part with its time: chunks, events or frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from tutor.wire.event_stream import events, is_event_stream
from tutor.wire.exchange import Direction, Exchange
from tutor.wire.frames import frames
from tutor.wire.message import Message, body_spans


class PartKind(StrEnum):
    CHUNK = "chunk"
    EVENT = "event"
    FRAME = "frame"


@dataclass(frozen=True, slots=True)
class StreamPart:
    """One part of a stream."""

    direction: Direction
    kind: PartKind
    at_s: float
    """When its last byte crossed, in seconds since the request's first byte."""
    data: bytes
    """A chunk's data; an event's lines and what stood before them; a frame's payload without its mask."""
    text: str
    """The same as UTF-8 with surrogateescape; of a close frame, its code and reason."""
    name: str = ""
    """A frame's opcode, an event's type."""


def stream_parts(exchange: Exchange) -> tuple[StreamPart, ...]:
    """The frames, the events or the chunks of an exchange in the order of their times.

    None where the response is no WebSocket, no event stream, and not in two chunks at least.
    """
    return tuple(_parts(exchange))


def arriving_parts(exchange: Exchange) -> tuple[StreamPart, ...]:
    """What can be watched as it arrives: frames, or chunks even where they carry events.

    A chunk is there at once; an event only with its empty line.
    """
    response = exchange.response
    if response is None or not response.chunked:
        return stream_parts(exchange)
    chunks = zip(_chunks(exchange, response), response.chunks, strict=True)
    return tuple(part for part, chunk in chunks if len(chunk.data) == chunk.size)


def chunk_times(exchange: Exchange, message: Message) -> tuple[float, ...]:
    """For each chunk of one of its messages when the data was there, in seconds since the request."""
    if not message.chunked:
        return ()
    direction = Direction.REQUEST if message.is_request else Direction.RESPONSE
    start = exchange.body_start(message)
    return tuple(
        exchange.time_at(direction, start + max(stop - 1, at)) - exchange.asked_s
        for at, stop in body_spans(message)
    )


def _parts(exchange: Exchange) -> Iterator[StreamPart]:
    response = exchange.response
    if response is None:
        return
    asked_s = exchange.asked_s
    for timed in frames(exchange):
        frame = timed.frame
        since_s = timed.at_s - asked_s
        yield StreamPart(timed.direction, PartKind.FRAME, since_s, frame.payload, frame.text, frame.name)
    if is_event_stream(response):
        at = 0
        for event in events(exchange):
            yield _part(PartKind.EVENT, event.at_s - asked_s, response.body[at : event.end], event.type)
            at = event.end
    elif len(response.chunks) > 1:
        yield from _chunks(exchange, response)


def _chunks(exchange: Exchange, response: Message) -> Iterator[StreamPart]:
    times = chunk_times(exchange, response)
    for chunk, since_s in zip(response.chunks, times, strict=True):
        yield _part(PartKind.CHUNK, since_s, chunk.data)


def _part(kind: PartKind, since_s: float, data: bytes, name: str = "") -> StreamPart:
    text = data.decode("utf-8", "surrogateescape")
    return StreamPart(Direction.RESPONSE, kind, since_s, data, text, name)
