"""Firing a lesson's requests at the sandbox, and giving back what crossed its socket.

The bytes of an exchange are the server's record; the client adds only why it gave up, where it did. What goes
wrong on the wire is part of the exchange and never an exception.
"""

from __future__ import annotations

import base64
import errno
import http.client
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError, InvalidChunkLength

from tutor.course.model import ExchangeBlock, Frame, HttpBlock, Step, Until, WebSocketBlock
from tutor.language import _
from tutor.sandbox.recorder import Connection
from tutor.sandbox.server import LOOPBACK, SandboxServer
from tutor.standstill import CLOCK_S, TIMES, StandstillWatch, clock_offset_s
from tutor.wire import frames as wire_frames
from tutor.wire.escape import visible
from tutor.wire.event_stream import EventStreamReader
from tutor.wire.exchange import Direction, Exchange, Piece
from tutor.wire.frames import (
    KEY_BYTES,
    Opcode,
    close_payload,
    frame_bytes,
    parse_frames,
    sec_websocket_accept,
)
from tutor.wire.message import parse_responses
from tutor.wire.raw_text import parse_raw_block
from tutor.wire.request import RawRequest, Request, parse_http_block
from tutor.wire.traffic import Traffic, traffic_of

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer
    from flask import Flask
    from urllib3.connectionpool import HTTPConnectionPool

SILENCE_S = 1.0
"""How long a plain socket waits for a server that says nothing and does not close."""

FRAME_WAIT_S = 2.0
"""How long a WebSocket frame that is expected may take, and the answer to a handshake."""

PAUSE_S = 0.25
"""How long a pause in raw bytes lasts where nobody ends it."""

MOST_RESPONSE_BYTES = 64 * 1024 * 1024
"""How much of a response is read before the client gives up: no lesson has use for so much."""

OnPiece = Callable[[Piece], None]
OnPause = Callable[[], None]

_SETTLE_S = 1.0
"""How long the server may take to be done with a connection that has ended well."""
_LEFT_S = 0.2
"""The same, where the client left first: a stream notices at its next write."""
_FAREWELL_S = 0.5
"""How long a WebSocket's client waits for the server to end the connection once it has sent a close frame."""
_AFTER_ANSWER_S = 0.1
"""How long a plain socket waits for the close once the whole response is there."""
_READ_BYTES = 65536
_NONCE_BYTES = 16
_NORMAL_CLOSURE = 1000
_SHOWN_CHARS = 60
_OWN_HOSTS = frozenset({LOOPBACK, "localhost"})


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


class Client:
    """Sends requests to one sandbox. Cookies are kept by the name of a jar until `forget`.

    `timeout_s` bounds a whole exchange that has no limit of its own, `most_bytes` what is read of a response.
    May be used by several threads.
    """

    def __init__(
        self, server: Target, *, timeout_s: float = 10.0, most_bytes: int = MOST_RESPONSE_BYTES
    ) -> None:
        self.interrupted = False
        """Whether Ctrl-C has ended a request."""
        self.traffic = Traffic()
        """All that it has sent and got."""
        self._server = server
        self._timeout_s = timeout_s
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._jars: dict[str, RequestsCookieJar] = {}
        self._calls: set[_Call] = set()

    def fire(
        self,
        request: Request | RawRequest,
        *,
        follow: bool = False,
        jar: str = "",
        until: Until | None = None,
        app: Flask | None = None,
        on_piece: OnPiece | None = None,
        on_pause: OnPause | None = None,
    ) -> tuple[Exchange, ...]:
        """Send a request and read its response to the end, or to the first limit of `until`.

        Gives one exchange a hop, more than one only with `follow`; why the last one broke off stands in its
        `error`. Ctrl-C ends the request, not the program. `app` answers instead of the one being served.

        `on_piece` gets every piece of every hop at the moment the sandbox records it. It is called in the
        sandbox's threads, never in the one that fires; in order, one at a time for a connection, and not any
        more once this method has returned. It should be quick, as the connection waits for it.

        `on_pause` is called in the thread that fires at each pause of raw bytes; what follows goes out when
        it returns, and the time that it took counts against no limit.
        """
        call = self._call(app, until or Until(), on_piece)

        def send() -> str:
            if isinstance(request, RawRequest):
                return _send_raw(call, request, on_pause or _pause)
            return _send(call, request, follow, self._jar(jar))

        return self._carry_out(call, send)

    def fire_websocket(
        self, block: WebSocketBlock, *, app: Flask | None = None, on_piece: OnPiece | None = None
    ) -> tuple[Exchange, ...]:
        """Open a WebSocket, send what the block sends and await what it expects, each frame in its turn.

        The block's texts are taken as they stand. Gives one exchange; what did not come as expected within
        `FRAME_WAIT_S` stands in its `error`. Nothing is sent that the block does not send, neither a pong nor
        a close frame. For `app` and `on_piece` see `fire`.

        Raises RequestSyntaxError where raw data cannot be read.
        """
        outgoing = tuple(_outgoing(frame) for frame in block.frames)
        call = self._call(app, Until(), on_piece)
        return self._carry_out(call, lambda: _converse(call, block, outgoing))

    def _call(self, app: Flask | None, until: Until, on_piece: OnPiece | None) -> _Call:
        return _Call(
            self._server,
            app,
            until,
            timeout_s=self._timeout_s,
            most_bytes=self._most_bytes,
            on_piece=on_piece,
        )

    def _carry_out(self, call: _Call, send: Callable[[], str]) -> tuple[Exchange, ...]:
        error = ""
        try:
            with self._lock:
                self._calls.add(call)
            error = send()
        except KeyboardInterrupt:
            self.interrupted = True
            call.end()
        except BaseException:
            # A pause that leads elsewhere: nothing may be left waiting for the rest.
            call.end()
            raise
        finally:
            with self._lock:
                self._calls.discard(call)
        try:
            exchanges = call.exchanges(error)
        except KeyboardInterrupt:
            self.interrupted = True
            call.end()
            exchanges = call.exchanges(error)
        with self._lock:
            self.traffic += traffic_of(exchanges)
        return exchanges

    def end(self) -> None:
        """End every request in flight, from any thread; each gives what it has."""
        with self._lock:
            calls = list(self._calls)
        for call in calls:
            call.end()

    def forget(self) -> None:
        """Empty all jars."""
        with self._lock:
            self._jars.clear()

    def close(self) -> None:
        """End what is in flight and forget the cookies."""
        self.end()
        self.forget()

    def _jar(self, name: str) -> RequestsCookieJar:
        if not name:
            return RequestsCookieJar()
        with self._lock:
            return self._jars.setdefault(name, RequestsCookieJar())


class BlocksRun:
    """Some blocks fired at one target, and what has been fired so far, by the blocks' ids."""

    def __init__(self, target: Target, client: Client, blocks: Sequence[ExchangeBlock]) -> None:
        """`client` sends to `target`."""
        self._target = target
        self._client = client
        self._requests = tuple(block for block in blocks if isinstance(block, HttpBlock))
        self.fired: dict[str, tuple[Exchange, ...]] = {}

    def app(self, name: str = "") -> Flask | None:  # noqa: ARG002 - the target has an app of its own
        """The app that answers, in that configuration; None leaves it to the target."""
        return None

    def fire(
        self, block: ExchangeBlock, *, on_piece: OnPiece | None = None, on_pause: OnPause | None = None
    ) -> tuple[Exchange, ...]:
        """Fire a block together with the blocks that go with it, and give its exchanges.

        A block that goes with another one fires with that one; once fired, it is not fired again. `on_piece`
        gets the pieces of this block's exchanges as they are recorded, in the sandbox's threads; `on_pause`
        is called where its raw bytes pause; see `Client.fire`.

        Raises:
            LiveValueError: the block inserts a value that is not there.
            RequestSyntaxError: what the block holds is no request.
        """
        if isinstance(block, WebSocketBlock):
            self.fired[block.id] = self._client.fire_websocket(
                self._filled(block), app=self.app(block.app), on_piece=on_piece
            )
            return self.fired[block.id]
        if block.with_id and block.id in self.fired:
            return self.fired[block.id]
        group = self._group(self._leader(block))
        jobs = [(offset_ms, each, self._request_of(each)) for each, offset_ms in group]
        if len(jobs) == 1:
            _offset, only, request = jobs[0]
            self.fired[only.id] = self._fire_block(only, request, on_piece, on_pause)
        else:
            self._fire_together(jobs, {block.id: on_piece})
        return self.fired[block.id]

    def _leader(self, block: HttpBlock) -> HttpBlock:
        by_id = {each.id: each for each in self._requests}
        seen: set[str] = set()
        while block.with_id in by_id and block.id not in seen:
            seen.add(block.id)
            block = by_id[block.with_id]
        return block

    def _group(self, leader: HttpBlock) -> list[tuple[HttpBlock, int]]:
        """The leader and all that fire with it, each with its start in milliseconds after the leader's."""
        group = [(leader, 0)]
        for first, offset_ms in group:
            for each in self._requests:
                if each.with_id == first.id and all(each.id != known.id for known, _offset in group):
                    group.append((each, offset_ms + each.after_ms))
        return group

    def _request_of(self, block: HttpBlock) -> Request | RawRequest:
        text = self._inserted(block.text)
        return parse_raw_block(text) if block.raw else parse_http_block(text)

    def _filled(self, block: WebSocketBlock) -> WebSocketBlock:
        return replace(
            block,
            target=self._inserted(block.target),
            fields=tuple((name, self._inserted(value)) for name, value in block.fields),
            frames=tuple(replace(frame, data=self._inserted(frame.data)) for frame in block.frames),
        )

    def _inserted(self, text: str) -> str:
        from tutor.grading.live import insert

        return insert(text, self.fired, address=self._target.address)

    def _fire_block(
        self,
        block: HttpBlock,
        request: Request | RawRequest,
        on_piece: OnPiece | None,
        on_pause: OnPause | None = None,
    ) -> tuple[Exchange, ...]:
        return self._client.fire(
            request,
            follow=block.follow,
            jar=block.jar,
            until=block.until,
            app=self.app(block.app),
            on_piece=on_piece,
            on_pause=on_pause,
        )

    def _fire_together(
        self,
        jobs: Sequence[tuple[int, HttpBlock, Request | RawRequest]],
        listeners: Mapping[str, OnPiece | None],
    ) -> None:
        # Apps are made before the clock runs, and by one thread.
        for _offset, block, _request in jobs:
            self.app(block.app)
        ended = threading.Event()
        start_s = time.perf_counter()

        def fire_later(offset_ms: int, block: HttpBlock, request: Request | RawRequest) -> None:
            if ended.wait(max(0.0, start_s + offset_ms / 1000 - time.perf_counter())):
                self.fired[block.id] = (Exchange((), error=_("You ended the request.")),)
            else:
                self.fired[block.id] = self._fire_block(block, request, listeners.get(block.id))

        threads = [
            threading.Thread(target=fire_later, args=job, name=f"fire {job[1].id}", daemon=True)
            for job in jobs
        ]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        except KeyboardInterrupt:
            ended.set()
            self._client.end()
            for thread in threads:
                if thread.ident is not None:
                    thread.join()
            for _offset, block, _request in jobs:
                self.fired.setdefault(block.id, (Exchange((), error=_("You ended the request.")),))


class StepRun(BlocksRun):
    """One step's exchanges with the sandbox: a fresh app and empty jars."""

    def __init__(
        self, server: SandboxServer, client: Client, step: Step, make_app: Callable[[str], Flask]
    ) -> None:
        """`make_app` builds the sandbox in the configuration of that name; "" is the default one."""
        super().__init__(server, client, step.exchanges)
        self._server = server
        self._step = step
        self._make_app = make_app
        self._apps: dict[str, Flask] = {}
        self._apps_aside: dict[str, Flask] = {}
        self._clock_offset_s = 0.0
        self.restart()

    def restart(self) -> None:
        """Begin the step anew."""
        self._clock_offset_s = clock_offset_s()
        self._apps = {}
        self._apps_aside = {}
        self.fired.clear()
        self._client.forget()
        self._server.replace_app(self.app())

    def fire(
        self,
        block: ExchangeBlock,
        *,
        on_piece: OnPiece | None = None,
        on_pause: OnPause | None = None,
        on_again: Callable[[], None] | None = None,
    ) -> tuple[Exchange, ...]:
        """Fire as `BlocksRun.fire` does; where time stood still meanwhile, begin anew and fire once more.

        The step's blocks before it are fired again too. `on_again` is called before that.
        """
        for time_left in reversed(range(TIMES + 1)):
            with StandstillWatch() as watch:
                pause = on_pause and _unwatched(on_pause, watch)
                exchanges = super().fire(block, on_piece=on_piece, on_pause=pause)
            # What was signed before the clock was set back is not valid yet, as Flask's session cookie.
            was_set_back = clock_offset_s() < self._clock_offset_s - CLOCK_S
            if not time_left or self._client.interrupted or not (watch.noticed or was_set_back):
                break
            if on_again is not None:
                on_again()
            before = [each for each in self._step.exchanges if each.id in self.fired]
            self.restart()
            for each in before[: before.index(block)]:
                super().fire(each)
        return exchanges

    def app(self, name: str = "") -> Flask:
        """The app in that configuration, the same one for the whole step; "" is the step's own."""
        return self._made(name, self._apps)

    def _made(self, name: str, apps: dict[str, Flask]) -> Flask:
        configuration = name or self._step.app
        if configuration not in apps:
            apps[configuration] = self._make_app(configuration)
        return apps[configuration]

    def listen(self, on_arrival: Callable[[Exchange], None] | None, *, app: str = "") -> None:
        """Hear of every exchange with another client, which that app answers; None hears no more.

        `on_arrival` is called by the sandbox's threads.
        """
        self._server.on_arrival = on_arrival
        if on_arrival is not None and self.app(app) is not self.app():
            self._server.replace_app(self.app(app))

    def fire_request(
        self,
        request: Request | RawRequest,
        *,
        app: str = "",
        jar: str = "",
        aside: bool = False,
        on_piece: OnPiece | None = None,
    ) -> tuple[Exchange, ...]:
        """Fire a request that is no block of the step, such as one typed at the prompt.

        With `aside` an app of its own answers, which the step's exchanges never meet.
        """
        made = self._made(app, self._apps_aside if aside else self._apps)
        with StandstillWatch() as watch:
            exchanges = self._client.fire(request, jar=jar, app=made, on_piece=on_piece)
        if watch.noticed and exchanges[-1].error and not self._client.interrupted:
            exchanges = self._client.fire(request, jar=jar, app=made, on_piece=on_piece)
        return exchanges


def _unwatched(on_pause: OnPause, watch: StandstillWatch) -> OnPause:
    """A pause in which time may stand still: it is the learner's."""

    def pause() -> None:
        on_pause()
        watch.begin_anew()

    return pause


class _Call:
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
        self._sockets: list[_DeadlineSocket] = []
        self._kept: Exchange | None = None
        """The record of the last connection at the moment the client gave up."""
        self._lock = threading.Lock()
        limit_s = timeout_s if until.ms is None else until.ms / 1000
        self.deadline_s = time.perf_counter() + limit_s

    def opened(self, plain: socket.socket) -> _DeadlineSocket:
        """Take over a connected socket; the server knows from now on that it is the tutor's."""
        own = _DeadlineSocket(plain, self)
        port: int = own.getsockname()[1]
        with self._lock:
            self._sockets.append(own)
            self._ports.append(port)
        own.record = self.server.trust(port, self._app, on_piece=self._hear if self._on_piece else None)
        if self.ended:
            self.end()
        return own

    @property
    def has_connected(self) -> bool:
        return bool(self._ports)

    def paused(self, on_pause: OnPause) -> None:
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


class _DeadlineSocket(socket.socket):
    """A client's socket on which no operation outlasts its call's deadline."""

    def __init__(self, plain: socket.socket, call: _Call) -> None:
        super().__init__(plain.family, plain.type, plain.proto, fileno=plain.detach())
        self._call = call
        self._received_bytes = 0
        self.record: Connection | None = None
        """What to record in, where the server is not the one that does."""

    def reset_when_closed(self) -> None:
        """Let `close` break the connection off; without effect once it is closed."""
        with suppress(OSError):
            self.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def settimeout(self, value: float | None) -> None:
        """Keep the deadline, whatever urllib3 asks for."""

    def recv_into(self, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0) -> int:
        with self._until_deadline():
            count = super().recv_into(buffer, nbytes, flags)
        self._took(memoryview(buffer).cast("B")[:count])
        return count

    def sendall(self, data: ReadableBuffer, flags: int = 0, /) -> None:
        at_s = time.perf_counter()
        with self._until_deadline():
            super().sendall(data, flags)
        self._recorded(Direction.REQUEST, at_s, memoryview(data).cast("B"))

    def recv_within(self, seconds: float, bufsize: int) -> bytes:
        """Receive under a tighter bound than the deadline; a TimeoutError then need not end the call."""
        left_s = min(seconds, self._call.left_s())
        if left_s <= 0:
            # Where more is always there, no wait would ever end by itself.
            raise TimeoutError("timed out")
        super().settimeout(left_s)
        data = super().recv(bufsize)
        self._took(memoryview(data))
        return data

    def _took(self, data: memoryview) -> None:
        """Note what was received; raises OSError where that is too much in all."""
        self._recorded(Direction.RESPONSE, time.perf_counter(), data)
        self._received_bytes += len(data)
        if self._received_bytes > self._call.most_bytes:
            self._call.too_long = True
            self._call.give_up()
            raise OSError(errno.EMSGSIZE, os.strerror(errno.EMSGSIZE))

    def _recorded(self, direction: Direction, at_s: float, data: memoryview) -> None:
        if self.record is not None:
            self.record.record(direction, at_s, data)

    @contextmanager
    def _until_deadline(self) -> Iterator[None]:
        left_s = self._call.left_s()
        if left_s <= 0:
            raise TimeoutError("timed out")
        super().settimeout(left_s)
        try:
            yield
        except TimeoutError:
            self._call.expire()
            raise
        except KeyboardInterrupt:
            # Here, because urllib3 closes the connection before anyone further out hears of it.
            self._call.give_up()
            raise


class _Connection(HTTPConnection):
    """urllib3's connection, made known to the server, and free of the fields that shall not be sent."""

    call: _Call
    without: frozenset[str] = frozenset()
    """Lower-case names of fields that nobody may add."""
    repeated: dict[str, list[tuple[str, bytes]]]
    """By lower-case name, the lines of a field that has several; `requests` knows only one of a name."""

    def _new_conn(self) -> socket.socket:
        return self.call.opened(super()._new_conn())

    def putheader(self, header: str | bytes, *values: Any) -> None:
        name = header.decode("latin-1") if isinstance(header, bytes) else header
        if name.lower() in self.without:
            return
        if name.lower() in self.repeated:
            for each, value in self.repeated[name.lower()]:
                super().putheader(each, cast(str, value))
            return
        super().putheader(name, *values)


class _ForeignAddress(requests.RequestException):
    """A redirect leads away from the sandbox."""


class _Adapter(HTTPAdapter):
    def __init__(self, call: _Call, request: Request) -> None:
        super().__init__()
        self._call = call
        given = {name.lower() for name, _value in request.fields}
        lines: dict[str, list[tuple[str, bytes]]] = {}
        for name, value in request.fields:
            lines.setdefault(name.lower(), []).append((name, value.encode()))
        self._connection_class = type(
            "_CallConnection",
            (_Connection,),
            {
                "call": call,
                "without": frozenset(name.lower() for name in request.without) - given,
                "repeated": {name: each for name, each in lines.items() if len(each) > 1},
            },
        )

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        pool = cast("HTTPConnectionPool", super().get_connection_with_tls_context(*args, **kwargs))
        pool.ConnectionCls = self._connection_class
        return pool

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        url = urlsplit(request.url or "")
        if url.scheme != "http" or url.hostname not in _OWN_HOSTS or url.port != self._call.server.port:
            raise _ForeignAddress(url.netloc or request.url, request=request)
        return super().send(request, *args, **kwargs)


def _send(call: _Call, request: Request, follow: bool, jar: RequestsCookieJar) -> str:
    """Send with `requests`; gives why it broke off, or nothing."""
    try:
        with requests.Session() as session:
            # Proxies and credentials of the environment have no business on loopback.
            session.trust_env = False
            session.cookies = jar
            adapter = _Adapter(call, request)
            session.mount("http://", adapter)
            session.mount("https://", adapter)
            prepared = _prepare(session, request, call.server.address)
            response = session.send(prepared, stream=True, allow_redirects=follow, timeout=call.timeout_s)
            try:
                _read_body(call, response)
            finally:
                if call.limit_reached:
                    call.leave()
                response.close()
    except (requests.RequestException, HTTPError, http.client.HTTPException, OSError, ValueError) as error:
        if call.limit_reached:
            call.leave()
            return ""
        return _why(call, error)
    return ""


def _prepare(session: requests.Session, request: Request, address: str) -> requests.PreparedRequest:
    fields: dict[str, str | bytes] = {}
    for name, value in request.fields:
        # http.client would encode as Latin-1, and fail on the rest.
        fields[name] = value if value.isascii() else value.encode()
    named = {name.lower(): name for name in fields}
    body: Any = request.body or None
    if "transfer-encoding" in named and "content-length" not in named:
        # Of a body without a length `requests` makes chunks; bytes would get a Content-Length too.
        body = iter([request.body] if request.body else [])
    prepared = session.prepare_request(
        requests.Request(request.method, address + request.target, headers=fields, data=body)
    )
    for key in ("content-length", "cookie"):
        # The two fields that `requests` writes over.
        if key in named:
            prepared.headers[named[key]] = cast(str, fields[named[key]])
    return prepared


def _read_body(call: _Call, response: requests.Response) -> None:
    limit_bytes, limit_events = call.until.body_bytes, call.until.events
    chunked = "chunked" in response.headers.get("Transfer-Encoding", "").lower()
    limited = limit_bytes is not None or limit_events is not None
    # Chunks come as they are, but for the long ones; without chunks a limit must be found octet by octet.
    size = 1 if limited and not chunked else _READ_BYTES
    count = _Count(call.until)
    pieces: Iterator[bytes] = response.iter_content(size)
    for piece in pieces:
        if count.reached_with(piece):
            call.limit_reached = True
            return


class _Count:
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


def _pause() -> None:
    time.sleep(PAUSE_S)


def _send_raw(call: _Call, request: RawRequest, on_pause: OnPause) -> str:
    """Send bytes through a plain socket and read until the server closes; gives why it broke off, or nothing.

    The write side stays open: shutting it down would tell the server that nothing more comes.
    """
    received = bytearray()
    try:
        connection = call.opened(socket.create_connection((LOOPBACK, call.server.port), call.timeout_s))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # What the server said before it stopped reading is still there to be read.
        with suppress(BrokenPipeError, ConnectionResetError):
            for start, end in pairwise((0, *request.pauses, len(request.data))):
                if start:
                    call.paused(on_pause)
                connection.sendall(request.data[start:end])
        while data := _receive_raw(call, connection, received, request):
            received += data
            if _raw_limit_reached(call, received, request):
                call.limit_reached = True
                call.leave()
                break
    except OSError as error:
        return "" if call.limit_reached else _why(call, error)
    return ""


def _receive_raw(call: _Call, connection: _DeadlineSocket, received: bytearray, request: RawRequest) -> bytes:
    """The next bytes; none once the server has closed, or has answered and keeps the connection open.

    Raises TimeoutError where a silence, or the whole exchange, takes too long.
    """
    silence_ends_s = time.perf_counter() + SILENCE_S
    while True:
        try:
            return connection.recv_within(_AFTER_ANSWER_S, _READ_BYTES)
        except TimeoutError:
            if call.left_s() <= 0:
                raise
            if _is_answered(call, bytes(received), request):
                return b""
            if call.until.ms is None and time.perf_counter() >= silence_ends_s:
                call.fell_silent = call.timed_out = True
                call.give_up()
                raise


def _raw_limit_reached(call: _Call, received: bytearray, request: RawRequest) -> bool:
    if call.until.body_bytes is None and call.until.events is None:
        return False
    messages = parse_responses(bytes(received), method=_raw_method(request))
    return bool(messages) and _Count(call.until).reached_with(messages[-1].body)


def _is_answered(call: _Call, received: bytes, request: RawRequest) -> bool:
    """Whether a whole final response is there; one that the close ends never is, before it comes.

    A 101 is one too, as nobody can say how much follows it, unless the limits of the exchange do.
    """
    messages = parse_responses(received, method=_raw_method(request)) if received else ()
    return any(
        message.complete
        and not message.until_close
        and (message.status >= 200 or (message.status == 101 and call.until == Until()))
        for message in messages
    )


def _raw_method(request: RawRequest) -> str:
    return request.data.lstrip().partition(b" ")[0].decode("latin-1")


def _outgoing(frame: Frame) -> bytes:
    """The bytes of a frame to send; none for one to expect."""
    if not frame.send:
        return b""
    if frame.raw:
        return parse_raw_block(frame.data).data
    payload = frame.data.encode("utf-8", "surrogateescape")
    if frame.opcode == "close":
        code, _space, reason = (frame.data or str(_NORMAL_CLOSURE)).partition(" ")
        if code.isdecimal() and int(code) < 1 << 16:
            payload = close_payload(int(code), reason)
    return frame_bytes(Opcode[frame.opcode.upper()], payload, masking_key=os.urandom(KEY_BYTES))


def _converse(call: _Call, block: WebSocketBlock, outgoing: Sequence[bytes]) -> str:
    """Carry a WebSocket block out; gives what went otherwise than it says, or nothing."""
    try:
        connection = call.opened(socket.create_connection((LOOPBACK, call.server.port), call.timeout_s))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        fields = _handshake_fields(call, block)
        lines = (f"GET {block.target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields), "", "")
        connection.sendall("\r\n".join(lines).encode("utf-8", "surrogateescape"))
        reader = _FrameReader(call, connection)
        key = next((value for name, value in fields if name.lower() == "sec-websocket-key"), "")
        refusal = reader.refusal(key)
        if refusal:
            return refusal
        for place, (frame, data) in enumerate(zip(block.frames, outgoing, strict=True), start=1):
            if frame.send:
                connection.sendall(data)
            elif missed := reader.missed(frame, place):
                return missed
        if any(frame.send and frame.opcode == "close" for frame in block.frames):
            reader.drain()
    except OSError as error:
        return _why(call, error)
    return ""


def _handshake_fields(call: _Call, block: WebSocketBlock) -> list[tuple[str, str]]:
    """The fields of the opening request; one that the block names stands in place of the client's own."""
    given = {name.lower() for name, _value in block.fields}
    own = (
        ("Host", call.server.host),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", base64.b64encode(os.urandom(_NONCE_BYTES)).decode("ascii")),
        ("Sec-WebSocket-Version", "13"),
    )
    return [*(field for field in own if field[0].lower() not in given), *block.fields]


class _FrameReader:
    """Reads what the server sends on a WebSocket: the answer to the handshake, then frame by frame."""

    def __init__(self, call: _Call, connection: _DeadlineSocket) -> None:
        self._call = call
        self._connection = connection
        self._received = b""
        self._until_s = 0.0

    def refusal(self, key: str) -> str:
        """Why the server has not opened a WebSocket; empty where it has."""
        self._wait_from_now(FRAME_WAIT_S)
        while b"\r\n\r\n" not in self._received:
            try:
                if not self._receive():
                    return _("The server closed the connection without an answer to the handshake.")
            except TimeoutError:
                return _("No answer to the handshake came within {seconds:g} s.").format(seconds=FRAME_WAIT_S)
        answer = parse_responses(self._received)[0]
        if answer.status != 101:
            self.drain()
            return _("The server opened no WebSocket; it answered {status} {reason}.").format(
                status=answer.status, reason=answer.reason
            )
        self._received = answer.raw_body
        if answer.value("Sec-WebSocket-Accept") != sec_websocket_accept(key):
            return _("The server's Sec-WebSocket-Accept does not fit the client's Sec-WebSocket-Key.")
        return ""

    def missed(self, wanted: Frame, place: int) -> str:
        """What came in place of a frame that is expected next; empty where that frame came."""
        expected = _shown_frame(wanted.opcode, wanted.data)
        try:
            frame = self._next()
        except TimeoutError:
            words = (
                _("Frame {place} should be {expected}; what came was no whole frame after {seconds:g} s.")
                if self._received
                else _("Frame {place} should be {expected}; nothing came within {seconds:g} s.")
            )
            return words.format(place=place, expected=expected, seconds=FRAME_WAIT_S)
        if frame is None:
            return _("Frame {place} should be {expected}; the server ended the connection.").format(
                place=place, expected=expected
            )
        if frame.name == wanted.opcode and wanted.data in ("", frame.text):
            return ""
        return _("Frame {place} should be {expected}; {actual} came.").format(
            place=place, expected=expected, actual=_shown_frame(frame.name, frame.text)
        )

    def drain(self) -> None:
        """Read until the server ends the connection, but not for long."""
        self._wait_from_now(_FAREWELL_S)
        with suppress(TimeoutError):
            while self._receive():
                pass

    def _next(self) -> wire_frames.Frame | None:
        self._wait_from_now(FRAME_WAIT_S)
        while True:
            found = parse_frames(self._received).frames
            if found:
                self._received = self._received[len(found[0].data) :]
                return found[0]
            if not self._receive():
                return None

    def _wait_from_now(self, seconds: float) -> None:
        self._until_s = time.perf_counter() + seconds

    def _receive(self) -> bool:
        """Take what comes next; False at the end of the connection. Raises TimeoutError."""
        left_s = self._until_s - time.perf_counter()
        try:
            part = self._connection.recv_within(left_s, _READ_BYTES)
        except TimeoutError:
            # Notes whether it is the whole exchange that took too long.
            self._call.left_s()
            raise
        self._received += part
        return bool(part)


def _shown_frame(opcode: str, text: str) -> str:
    """A frame as a message names it: `text "hi"`."""
    shown = text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1] + "…"
    return f'{opcode} "{visible(shown)}"' if text else opcode


def _why(call: _Call, error: BaseException) -> str:
    """Why the client gave up, in words for a person."""
    causes = tuple(_causes(error))
    for kinds, text in _reasons(call):
        for cause in causes:
            if isinstance(cause, kinds):
                return text.format(reason=cause)
    for cause in causes:
        # Requests' own exceptions are OSErrors without a number.
        if isinstance(cause, OSError) and cause.strerror:
            return _("The connection failed: {reason}.").format(reason=cause.strerror)
    return _("{kind}: {reason}").format(kind=type(error).__name__, reason=error)


def _why_timed_out(call: _Call, exchange: Exchange) -> str:
    if not exchange.data(Direction.RESPONSE):
        seconds = SILENCE_S if call.fell_silent else call.timeout_s
        return _("No answer came within {seconds:g} s, so the client gave up.").format(seconds=seconds)
    if call.fell_silent:
        return _("Nothing more came for {seconds:g} s, so the client gave up.").format(seconds=SILENCE_S)
    return _("The response had not ended after {seconds:g} s, so the client stopped reading.").format(
        seconds=call.timeout_s
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and those behind it; urllib3 and `requests` keep them in `args` and `reason` too."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        each = waiting.pop(0)
        if not isinstance(each, BaseException) or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += [*each.args, getattr(each, "reason", None), each.__cause__, each.__context__]


def _reasons(call: _Call) -> tuple[tuple[tuple[type[BaseException], ...], str], ...]:
    """Kinds of exception, the telling ones first, each with what to say of it."""
    refused = (
        _("requests cannot follow this redirect: {reason}")
        if call.has_connected
        else _("requests refuses to send this: {reason}")
    )
    return (
        (
            (requests.TooManyRedirects,),
            _("requests stopped following redirects: {reason}"),
        ),
        (
            (_ForeignAddress,),
            _("The redirect leads to {reason}. Only the address of the sandbox is opened."),
        ),
        (
            (requests.exceptions.ContentDecodingError,),
            _("The body is not coded as Content-Encoding says. requests raises ContentDecodingError."),
        ),
        (
            (InvalidChunkLength,),
            _("A chunk does not begin with its size. requests raises ChunkedEncodingError."),
        ),
        (
            (requests.exceptions.ChunkedEncodingError,),
            _("The connection ended before the body did. requests raises ChunkedEncodingError."),
        ),
        (
            (http.client.RemoteDisconnected,),
            _("The server closed the connection without an answer. requests raises ConnectionError."),
        ),
        (
            (http.client.BadStatusLine,),
            _("What came back does not begin with a status line. requests raises ConnectionError."),
        ),
        (
            (requests.exceptions.InvalidHeader,),
            _("The head of the response contradicts itself: {reason}. requests raises InvalidHeader.")
            if call.has_connected
            else refused,
        ),
        (
            (http.client.HTTPException,),
            _("The head of the response cannot be read: {reason}. requests raises ConnectionError."),
        ),
        ((ConnectionRefusedError,), _("Nothing listens at this address.")),
        ((ConnectionResetError, BrokenPipeError), _("The server broke the connection off.")),
        ((requests.exceptions.InvalidURL, ValueError), refused),
    )
