"""One exchange under way: where it goes, its connections with their deadline, and why it ended."""

from __future__ import annotations

import errno
import io
import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from tutor.course.model import Until
from tutor.language import _
from tutor.sandbox.listening import LOOPBACK
from tutor.sandbox.recorder import Connection
from tutor.wire.event_stream import EventStreamReader
from tutor.wire.exchange import Direction, Exchange, Piece

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer
    from flask import Flask

SILENCE_S = 1.0
"""How long a plain socket waits for a server that says nothing and does not close."""
MOST_RESPONSE_BYTES = 64 * 1024 * 1024
"""How much of a response is read before the client gives up: no lesson has use for so much."""
OnPiece = Callable[[Piece], None]
_SETTLE_S = 1.0
"""How long the server may take to be done with a connection that has ended well."""
_LEFT_S = 0.2
"""The same, where the client left first: a stream notices at its next write."""
READ_BYTES = 65536
_LATE_S = 0.005
"""How much later than at its deadline an operation may end."""
# Taken once: `super()` at each of the many reads of a large response can be measured.
_recv_into = socket.socket.recv_into


class Target(Protocol):
    """Where requests go and where their record is: a SandboxServer, or a server in another process.

    The methods are SandboxServer's. What `trust` gives, if anything, is written at the client's end.
    """

    port: int
    host: str
    address: str

    def trust(
        self, client_port: int, app: Flask | None = None, *, on_piece: OnPiece | None = None
    ) -> Connection | None: ...

    def distrust(self, client_port: int) -> None: ...

    def exchange_of(self, client_port: int, *, wait_s: float) -> Exchange: ...


class Call:
    """One `fire` under way: its connections in order, its deadline, and why it ended."""

    def __init__(
        self,
        server: Target,
        app: Flask | None,
        until: Until,
        *,
        timeout_s: float,
        most_bytes: int,
        on_piece: OnPiece | None,
    ) -> None:
        self.server = server
        self.until = until
        self.timeout_s = timeout_s
        self.most_bytes = most_bytes
        self.too_long = False
        """More came than `most_bytes`."""
        self.timed_out = False
        self.fell_silent = False
        self.limit_reached = False
        self.ended = False
        """The person ended it."""
        self._app = app
        self._on_piece = on_piece
        self._ports: list[int] = []
        self._sockets: list[DeadlineSocket] = []
        self._kept: Exchange | None = None
        """The record of the last connection at the moment the client gave up."""
        self._lock = threading.Lock()
        limit_s = timeout_s if until.ms is None else until.ms / 1000
        self.deadline_s = time.perf_counter() + limit_s

    def opened(self, plain: socket.socket) -> DeadlineSocket:
        """Take over a connected socket; the server knows from now on that it is the tutor's."""
        own = DeadlineSocket(plain, self)
        port: int = own.getsockname()[1]
        with self._lock:
            self._sockets.append(own)
            self._ports.append(port)
        own.record = self.server.trust(port, self._app, on_piece=self._hear if self._on_piece else None)
        if self.ended:
            self.end()
        return own

    def connect(self) -> DeadlineSocket:
        """A plain socket to the server; raises OSError where there is none."""
        connection = self.opened(socket.create_connection((LOOPBACK, self.server.port), self.timeout_s))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    @property
    def has_connected(self) -> bool:
        return bool(self._ports)

    def paused(self, on_pause: Callable[[], None]) -> None:
        """Wait for `on_pause`; the deadline waits too."""
        started_s = time.perf_counter()
        on_pause()
        self.deadline_s += time.perf_counter() - started_s

    def left_s(self) -> float:
        """Seconds to the deadline; notes when it has passed."""
        left_s = self.deadline_s - time.perf_counter()
        if left_s <= 0:
            self.expire()
        return left_s

    def expire(self) -> None:
        """Note that the deadline has passed."""
        self.timed_out = True
        # A limit that the lesson set is no failure.
        self.limit_reached = self.until.ms is not None
        self.give_up()

    def _hear(self, piece: Piece) -> None:
        """Pass a piece on, unless it comes too late for the record."""
        if self._on_piece is not None and self._kept is None:
            self._on_piece(piece)

    def give_up(self) -> None:
        """Keep the record as it is now, and let the connection end in a reset.

        To a plain end the server would still answer, even to a head that is not finished.
        """
        with self._lock:
            for each in self._sockets:
                each.reset_when_closed()
            if self._kept is None and self._ports:
                self._kept = self.server.exchange_of(self._ports[-1], wait_s=0)

    def end(self) -> None:
        """Let whoever reads or writes see the end of the connection."""
        self.ended = True
        self.give_up()
        with self._lock:
            for each in self._sockets:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def leave(self) -> None:
        """Close at once, without a farewell, so that the server's next write already fails."""
        with self._lock:
            for each in self._sockets:
                each.reset_when_closed()
                each.close()

    def exchanges(self, error: str) -> tuple[Exchange, ...]:
        """What the server recorded of each connection."""
        for each in self._sockets:
            each.close()
        if self.ended:
            error = _("You ended the request.")
        found: list[Exchange] = []
        for port in self._ports:
            if self._kept is not None and port == self._ports[-1]:
                found.append(self._kept)
            else:
                wait_s = _LEFT_S if self.limit_reached else _SETTLE_S
                found.append(self.server.exchange_of(port, wait_s=wait_s))
            self.server.distrust(port)
        if not found:
            return (Exchange((), error=error),)
        if self.too_long and not self.ended:
            error = _("More than {megabytes} MB came, so the client stopped reading.").format(
                megabytes=self.most_bytes // 1024**2
            )
        elif self.timed_out and not self.limit_reached and not self.ended:
            error = _why_timed_out(self, found[-1])
        if error:
            found[-1] = replace(found[-1], error=error)
        return tuple(found)


class DeadlineSocket(socket.socket):
    """A client's socket on which no operation outlasts its call's deadline."""

    def __init__(self, plain: socket.socket, call: Call) -> None:
        super().__init__(fileno=plain.detach())
        self._call = call
        self._received_bytes = 0
        self._waits_s = -1.0
        """What the socket's timeout was set to last."""
        self.record: Connection | None = None
        """What to record in, where the server is not the one that does."""

    def reset_when_closed(self) -> None:
        """Let `close` break the connection off; without effect once it is closed."""
        with suppress(OSError):
            self.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def settimeout(self, value: float | None) -> None:
        """Keep the deadline, whatever urllib3 asks for."""

    def makefile(self, mode: Any = "r", *args: Any, **named: Any) -> Any:
        # As http.client asks for it; nobody asks for anything else.
        if mode != "rb" or args or named:
            return super().makefile(mode, *args, **named)
        return io.BufferedReader(_Incoming(self, super().makefile("rb", buffering=0)))

    def recv_into(self, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0) -> int:
        self._begin()
        try:
            count = _recv_into(self, buffer, nbytes, flags)
        except BaseException as error:
            self._broke_off(error)
            raise
        self._took(buffer, count)
        return count

    def sendall(self, data: ReadableBuffer, flags: int = 0, /) -> None:
        at_s = time.perf_counter()
        self._begin()
        try:
            super().sendall(data, flags)
        except BaseException as error:
            self._broke_off(error)
            raise
        if self.record is not None:
            self.record.record_request(at_s, data, memoryview(data).nbytes)

    def recv_within(self, seconds: float, bufsize: int) -> bytes:
        """Receive under a tighter bound than the deadline; a TimeoutError then need not end the call."""
        left_s = min(seconds, self._call.left_s())
        if left_s <= 0:
            # Where more is always there, no wait would ever end by itself.
            raise TimeoutError("timed out")
        self._wait_at_most(left_s)
        data = super().recv(bufsize)
        self._took(data, len(data))
        return data

    def _took(self, data: ReadableBuffer, count: int) -> None:
        """Note what was received; raises OSError where that is too much in all."""
        if self.record is not None:
            self.record.record_response(time.perf_counter(), data, count)
        self._received_bytes += count
        if self._received_bytes > self._call.most_bytes:
            self._call.too_long = True
            self._call.give_up()
            raise OSError(errno.EMSGSIZE, os.strerror(errno.EMSGSIZE))

    def _begin(self) -> None:
        """Let the operation that follows end at the deadline; raises TimeoutError where that has passed."""
        left_s = self._call.left_s()
        if left_s <= 0:
            raise TimeoutError("timed out")
        self._wait_at_most(left_s)

    def _wait_at_most(self, seconds: float) -> None:
        # Only where it changes: each time it gives way to the server's thread, which costs more than reading.
        if not 0 <= self._waits_s - seconds <= _LATE_S:
            super().settimeout(seconds)
            self._waits_s = seconds

    def _broke_off(self, error: BaseException) -> None:
        """Note why an operation failed, before urllib3 closes the connection and anyone else hears of it."""
        if isinstance(error, TimeoutError):
            self._call.expire()
        elif isinstance(error, KeyboardInterrupt):
            self._call.give_up()


class _Incoming(io.RawIOBase):
    """Reads a DeadlineSocket without all that `socket.SocketIO` asks of itself before each read."""

    def __init__(self, own: DeadlineSocket, plain: io.RawIOBase) -> None:
        self._own = own
        self._plain = plain
        """The socket's own file, which keeps it open until both are closed."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        return self._own.recv_into(buffer)

    def close(self) -> None:
        self._plain.close()
        super().close()


def _why_timed_out(call: Call, exchange: Exchange) -> str:
    if not exchange.data(Direction.RESPONSE):
        seconds = SILENCE_S if call.fell_silent else call.timeout_s
        return _("No answer came within {seconds:g} s, so the client gave up.").format(seconds=seconds)
    if call.fell_silent:
        return _("Nothing more came for {seconds:g} s, so the client gave up.").format(seconds=SILENCE_S)
    return _("The response had not ended after {seconds:g} s, so the client stopped reading.").format(
        seconds=call.timeout_s
    )


class Count:
    """Counts a body against the limits of a stream."""

    def __init__(self, until: Until) -> None:
        self._until = until
        self._body_bytes = 0
        self._events = 0
        self._reader = EventStreamReader()

    def reached_with(self, piece: bytes) -> bool:
        """Whether a limit is reached once this piece is there too."""
        self._body_bytes += len(piece)
        if self._until.body_bytes is not None and self._body_bytes >= self._until.body_bytes:
            return True
        if self._until.events is None:
            return False
        self._events += len(self._reader.feed(piece))
        return self._events >= self._until.events
