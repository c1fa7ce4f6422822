"""Firing a lesson's requests at the sandbox, and giving back what crossed its socket.

The bytes of an exchange are the server's record; the client adds only why it gave up, where it did. What goes
wrong on the wire is part of the exchange and never an exception.
"""

from __future__ import annotations

import base64
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tutor.call import (
    MOST_RESPONSE_BYTES,
    READ_BYTES,
    SILENCE_S,
    Call,
    Count,
    DeadlineSocket,
    OnPiece,
    Target,
)
from tutor.course.model import ExchangeBlock, Frame, HttpBlock, Step, Until, WebSocketBlock
from tutor.language import _
from tutor.sandbox.listening import LOOPBACK
from tutor.sandbox.server import SandboxServer
from tutor.standstill import CLOCK_S, TIMES, StandstillWatch, clock_offset_s
from tutor.wire import frames as wire_frames
from tutor.wire.escape import visible
from tutor.wire.exchange import Exchange
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
    from flask import Flask
    from requests.cookies import RequestsCookieJar

FRAME_WAIT_S = 2.0
"""How long a WebSocket frame that is expected may take, and the answer to a handshake."""

PAUSE_S = 0.25
"""How long a pause in raw bytes lasts where nobody ends it."""

OnPause = Callable[[], None]

_FAREWELL_S = 0.5
"""How long a WebSocket's client waits for the server to end the connection once it has sent a close frame."""
_AFTER_ANSWER_S = 0.1
"""How long a plain socket waits for the close once the whole response is there."""
_NONCE_BYTES = 16
_NORMAL_CLOSURE = 1000
_SHOWN_CHARS = 60


def load() -> None:
    """Import `requests`, which takes as long as Flask: a session does so once the first screen is drawn."""
    import tutor.by_requests  # noqa: F401


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
        self._calls: set[Call] = set()

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
        # Before the call: its seconds are the exchange's.
        load()
        from tutor import by_requests

        call = self._call(app, until or Until(), on_piece)

        def send() -> str:
            if isinstance(request, RawRequest):
                return _send_raw(call, request, on_pause or _pause)
            return by_requests.send(call, request, follow, self._jar(jar))

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
        load()
        call = self._call(app, Until(), on_piece)
        return self._carry_out(call, lambda: _converse(call, block, outgoing))

    def _call(self, app: Flask | None, until: Until, on_piece: OnPiece | None) -> Call:
        return Call(
            self._server,
            app,
            until,
            timeout_s=self._timeout_s,
            most_bytes=self._most_bytes,
            on_piece=on_piece,
        )

    def _carry_out(self, call: Call, send: Callable[[], str]) -> tuple[Exchange, ...]:
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
        from requests.cookies import RequestsCookieJar

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
        # Modules and apps are there before the clock runs, and made by one thread.
        load()
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


def _pause() -> None:
    time.sleep(PAUSE_S)


def _send_raw(call: Call, request: RawRequest, on_pause: OnPause) -> str:
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
        from tutor.by_requests import why

        return "" if call.limit_reached else why(call, error)
    return ""


def _receive_raw(call: Call, connection: DeadlineSocket, received: bytearray, request: RawRequest) -> bytes:
    """The next bytes; none once the server has closed, or has answered and keeps the connection open.

    Raises TimeoutError where a silence, or the whole exchange, takes too long.
    """
    silence_ends_s = time.perf_counter() + SILENCE_S
    while True:
        try:
            return connection.recv_within(_AFTER_ANSWER_S, READ_BYTES)
        except TimeoutError:
            if call.left_s() <= 0:
                raise
            if _is_answered(call, bytes(received), request):
                return b""
            if call.until.ms is None and time.perf_counter() >= silence_ends_s:
                call.fell_silent = call.timed_out = True
                call.give_up()
                raise


def _raw_limit_reached(call: Call, received: bytearray, request: RawRequest) -> bool:
    if call.until.body_bytes is None and call.until.events is None:
        return False
    messages = parse_responses(bytes(received), method=_raw_method(request))
    return bool(messages) and Count(call.until).reached_with(messages[-1].body)


def _is_answered(call: Call, received: bytes, request: RawRequest) -> bool:
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


def _converse(call: Call, block: WebSocketBlock, outgoing: Sequence[bytes]) -> str:
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
        from tutor.by_requests import why

        return why(call, error)
    return ""


def _handshake_fields(call: Call, block: WebSocketBlock) -> list[tuple[str, str]]:
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

    def __init__(self, call: Call, connection: DeadlineSocket) -> None:
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
            part = self._connection.recv_within(left_s, READ_BYTES)
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
