"""Recording what crosses an accepted socket, in both directions, byte for byte and with its time.

The recorder sits on the socket itself rather than on the files that a server wraps around it, so that
WebSocket frames, which are written straight to the socket, are seen too.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from tutor.wire.exchange import Direction, Exchange, Piece
from tutor.wire.timeline import Timeline

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

DEFAULT_CAP = 256 * 1024
"""Bytes stored of one direction of a connection; the screen shows a quarter of it at most."""

_SEND_BYTES = 256 * 1024

# Taken once: `super()` at each of the many sends of a large response is a sixth of what recording costs.
_send = socket.socket.send

_PEEK = int(socket.MSG_PEEK)
"""A number: each `&` with the enumeration's member makes a member."""
_STATUS_101 = b"HTTP/1.1 101 "
_INTERIM = b"HTTP/1.1 1"


class Traced(Protocol):
    """What can say what the app did so far."""

    def timeline(self) -> Timeline: ...


@dataclass(slots=True)
class _Recorded:
    direction: Direction
    at_s: float
    data: bytes
    dropped: int = 0


@dataclass(slots=True)
class _Side:
    """What was recorded of one direction."""

    direction: Direction
    room: int
    """Bytes that may still be stored."""
    last: _Recorded | None = None


class Connection:
    """What is known of one accepted connection; written by its own threads, read by any."""

    def __init__(self, client_port: int, *, cap_bytes: int = DEFAULT_CAP) -> None:
        self.client_port = client_port
        self.own = False
        """Whether the tutor itself opened it."""
        self.trace: Traced | None = None
        """Set when a request reaches an app; let go, with the app, at the end."""
        self._timeline: Timeline | None = None
        """What the trace said at the end."""
        self.taken_body_bytes: int | None = None
        self.on_piece: Callable[[Piece], None] | None = None
        """Told of each piece as it is recorded, one at a time, by the thread that reads or writes it."""
        self.on_end: Callable[[], None] | None = None
        """Called once the server is done with it."""
        self._recording = threading.Lock()
        self._accepted_s = time.perf_counter()
        self._finished_s: float | None = None
        self._pieces: list[_Recorded] = []
        self._request = _Side(Direction.REQUEST, cap_bytes)
        self._response = _Side(Direction.RESPONSE, cap_bytes)
        self._final_started = False
        self.upgraded = False
        """Whether a 101 response was sent, after which the bytes are no longer HTTP."""

    @property
    def finished(self) -> bool:
        """Whether the server is done with it: nothing will be added."""
        return self._finished_s is not None

    @property
    def age_s(self) -> float:
        """Seconds since it was accepted."""
        return time.perf_counter() - self._accepted_s

    def record_request(self, at_s: float, data: ReadableBuffer, count: int) -> None:
        """Add the first `count` bytes of `data`, which came from the client at `at_s`.

        `data` is a buffer of bytes, `at_s` a reading of `time.perf_counter`.
        """
        self._record(self._request, at_s, data, count)

    def record_response(self, at_s: float, data: ReadableBuffer, count: int) -> None:
        """The same of what went to the client."""
        self._record(self._response, at_s, data, count)

    def _record(self, side: _Side, at_s: float, data: ReadableBuffer, count: int) -> None:
        if not side.room and side.last is not None and self.on_piece is None:
            # Of a direction that is full bytes are only counted, by the one thread that sends or receives.
            side.last.dropped += count
            return
        if not count:
            return
        # Held while the listener is told, so that pieces of two threads reach it in the recorded order.
        with self._recording:
            if side is self._response and not self._final_started:
                self._note_response_start(bytes(memoryview(data).cast("B")[: min(count, len(_STATUS_101))]))
            at_s -= self._accepted_s
            kept = bytes(memoryview(data).cast("B")[: min(count, side.room)])
            side.room -= len(kept)
            dropped = count - len(kept)
            if kept or side.last is None:
                side.last = _Recorded(side.direction, at_s, kept, dropped)
                self._pieces.append(side.last)
            else:
                side.last.dropped += dropped
            listener = self.on_piece
            if listener is not None:
                # A listener that fails is no reason to break a connection off.
                with suppress(Exception):
                    listener(Piece(side.direction, at_s, kept, dropped))

    def _note_response_start(self, start: bytes) -> None:
        if start.startswith(_STATUS_101):
            self.upgraded = True
        self._final_started = self.upgraded or not start.startswith(_INTERIM)

    def finish(self) -> None:
        """Say that the server is done with the connection."""
        self._finished_s = time.perf_counter()
        if self.trace is not None:
            # What is finished is kept for a while, and shall not keep the app of each step with it.
            self._timeline, self.trace = self.trace.timeline(), None
        if self.on_end is not None:
            self.on_end()

    def snapshot(self) -> Exchange:
        """What was recorded up to now."""
        # Without the lock, which a slow listener may hold: the list is copied at one moment. A response's
        # piece is stamped before it is sent, and may be recorded behind what answers it.
        recorded = sorted(self._pieces.copy(), key=lambda each: each.at_s)
        pieces = tuple(Piece(each.direction, each.at_s, each.data, each.dropped) for each in recorded)
        trace = self.trace
        timeline = trace.timeline() if trace is not None else self._timeline
        if timeline is not None and self.upgraded:
            timeline = replace(timeline, status=101)
        end_s = self._finished_s if self._finished_s is not None else time.perf_counter()
        return Exchange(
            pieces=pieces,
            timeline=timeline,
            client_port=self.client_port,
            accepted_s=self._accepted_s,
            duration_s=end_s - self._accepted_s,
            taken_body_bytes=self.taken_body_bytes,
        )


class RecordingSocket(socket.socket):
    """An accepted socket that records what it sends and receives. It takes the given socket's descriptor."""

    def __init__(self, accepted: socket.socket, connection: Connection) -> None:
        super().__init__(fileno=accepted.detach())
        self.connection = connection
        self.cut_off = False
        """Whether `cut` has been called."""
        self._sending = threading.Lock()
        self._until_close = threading.Lock()
        # Held from here to the first `close`. An Event would be five objects more for each request.
        self._until_close.acquire()

    def send(self, data: ReadableBuffer, flags: int = 0, /) -> int:
        # A WebSocket is written to by several threads: what is sent first must be recorded first.
        with self._sending:
            # Stamped before the call: afterwards the peer may already have answered, and the order turns.
            at_s = time.perf_counter()
            count = _send(self, data, flags)
            self.connection.record_response(at_s, data, count)
        return count

    def sendall(self, data: ReadableBuffer, flags: int = 0, /) -> None:
        # By `send`, so that only bytes that the kernel took are recorded when the peer goes away; in parts,
        # because on a blocking socket one `send` returns only when it has taken everything.
        if type(data) is bytes and 0 < len(data) <= _SEND_BYTES:
            sent = self.send(data, flags)
            if sent == len(data):
                return
            data = data[sent:]
        rest = memoryview(data).cast("B")
        while rest:
            rest = rest[self.send(rest[:_SEND_BYTES], flags) :]

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        data = super().recv(bufsize, flags)
        if not flags & _PEEK:
            self.connection.record_request(time.perf_counter(), data, len(data))
        return data

    def recv_into(self, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0) -> int:
        count = super().recv_into(buffer, nbytes, flags)
        if not flags & _PEEK:
            self.connection.record_request(time.perf_counter(), buffer, count)
        return count

    def cut(self) -> None:
        """Shut both directions down, from any thread: whoever reads or writes next is done."""
        self.cut_off = True
        with suppress(OSError):
            self.shutdown(socket.SHUT_RDWR)

    def wait_for_close(self, seconds: float) -> None:
        """Wait, once, for the first `close`, which may come before the descriptor is really closed."""
        self._until_close.acquire(timeout=seconds)

    def close(self) -> None:
        with suppress(RuntimeError):  # called before
            self._until_close.release()
        super().close()
