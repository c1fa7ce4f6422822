"""What was recorded of one exchange: timed bytes in both directions, and what Flask did.

Plain values: they are compared, pickled, sent through a pipe and written to reports. The
recorder is `tutor.sandbox.recorder`; what the bytes mean is read by `tutor.wire.message`.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from tutor.wire.message import Message, parse_requests, parse_responses
from tutor.wire.timeline import Timeline


class Direction(StrEnum):
    """Who put the bytes on the wire."""

    REQUEST = "request"
    RESPONSE = "response"


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that one side put on the wire at one moment, in the order of recording."""

    direction: Direction
    at_s: float
    """Seconds since the connection was accepted, by a monotonic clock."""
    data: bytes
    dropped: int = 0
    """Bytes that followed `data` on the wire and were counted but not stored, because of the cap."""


@dataclass(frozen=True)
class Exchange:
    """One connection's bytes, as they crossed the server's socket, and the timeline of the app."""

    pieces: tuple[Piece, ...]
    timeline: Timeline | None = None
    """What Flask did; None where no request reached the app."""
    client_port: int = 0
    error: str = ""
    """Why the client gave up, in words for a person; empty where it did not."""
    taken_body_bytes: int | None = None
    """Octets of body that the app read; None where no request reached an app."""
    accepted_s: float = 0.0
    """When the connection was accepted, by the monotonic clock of the process that served it."""
    duration_s: float = 0.0
    """From acceptance to the end of the connection, or to the moment the client gave up."""

    def data(self, direction: Direction) -> bytes:
        """The stored bytes of one direction, joined in order."""
        return b"".join(piece.data for piece in self.pieces if piece.direction is direction)

    def dropped(self, direction: Direction) -> int:
        """How many bytes of one direction were counted but not stored."""
        return sum(piece.dropped for piece in self.pieces if piece.direction is direction)

    def time_at(self, direction: Direction, offset: int) -> float:
        """When the byte at an offset of `data(direction)` crossed, in seconds since acceptance.

        Behind the end, the time of the last piece; 0 where there is none.
        """
        starts, times = self._clock[direction]
        return times[bisect_right(starts, max(offset, 0)) - 1] if times else 0.0

    def body_start(self, message: Message) -> int:
        """Where the body of one of its messages begins in the bytes of that direction."""
        at = 0
        for each in () if message.is_request else self.responses:
            if each is message:
                break
            at += len(each.head) + len(each.raw_body)
        return at + len(message.head)

    @property
    def asked_s(self) -> float:
        """When the request's first byte arrived, in seconds since acceptance."""
        return self.time_at(Direction.REQUEST, 0)

    @cached_property
    def _clock(self) -> dict[Direction, tuple[list[int], list[float]]]:
        """For each direction the offsets at which its pieces begin, and their times."""
        clock: dict[Direction, tuple[list[int], list[float]]] = {each: ([], []) for each in Direction}
        lengths = dict.fromkeys(Direction, 0)
        for piece in self.pieces:
            if piece.data:
                starts, times = clock[piece.direction]
                starts.append(lengths[piece.direction])
                times.append(piece.at_s)
                lengths[piece.direction] += len(piece.data)
        return clock

    @cached_property
    def request(self) -> Message | None:
        """The first request message; None where no byte of one was recorded."""
        messages = parse_requests(self.data(Direction.REQUEST), dropped=self.dropped(Direction.REQUEST))
        return messages[0] if messages else None

    @cached_property
    def responses(self) -> tuple[Message, ...]:
        """All response messages in order: interim (1xx) ones, then the final one."""
        method = self.request.method if self.request else ""
        return parse_responses(
            self.data(Direction.RESPONSE), method=method, dropped=self.dropped(Direction.RESPONSE)
        )

    @property
    def response(self) -> Message | None:
        """The final response; None where none came."""
        final = [
            message for message in self.responses if not 100 <= message.status < 200 or message.status == 101
        ]
        return final[0] if final else None

    @property
    def unread_body_bytes(self) -> int:
        """Octets of body that the request announced, or sent in chunks, and the app never read.

        The socket alone cannot tell: the development server reads what the app left unread before it closes.
        """
        if self.request is None:
            return 0
        announced = self.request.content_length
        if announced is None:
            announced = self.request.body_length
        taken = self.request.body_length if self.taken_body_bytes is None else self.taken_body_bytes
        return max(0, announced - taken)
