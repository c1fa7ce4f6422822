"""The client of one sandbox.

The bytes of an exchange are the server's record; the client adds only why it gave up, where it did. What goes
wrong on the wire is part of the exchange and never an exception.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tutor.client import by_socket, by_websocket
from tutor.client.call import MOST_RESPONSE_BYTES, Call, OnPiece, Target
from tutor.course.model import Until, WebSocketBlock
from tutor.wire.exchange import Exchange
from tutor.wire.request import RawRequest, Request
from tutor.wire.traffic import Traffic, traffic_of

if TYPE_CHECKING:
    from flask import Flask
    from requests.cookies import RequestsCookieJar

PAUSE_S = 0.25
"""How long a pause in raw bytes lasts where nobody ends it."""

OnPause = Callable[[], None]


def load() -> None:
    """Import `requests`, which takes as long as Flask: a session does so once the first screen is drawn."""
    import tutor.client.by_requests  # noqa: F401


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
        from tutor.client import by_requests

        call = self._call(app, until or Until(), on_piece)

        def send() -> str:
            if isinstance(request, RawRequest):
                return by_socket.send(call, request, on_pause or _pause)
            return by_requests.send(call, request, follow, self._jar(jar))

        return self._carry_out(call, send)

    def fire_websocket(
        self, block: WebSocketBlock, *, app: Flask | None = None, on_piece: OnPiece | None = None
    ) -> tuple[Exchange, ...]:
        """Open a WebSocket, send what the block sends and await what it expects, each frame in its turn.

        The block's texts are taken as they stand. Gives one exchange; what did not come as expected within
        `by_websocket.FRAME_WAIT_S` stands in its `error`. Nothing is sent that the block does not send,
        neither a pong nor a close frame. For `app` and `on_piece` see `fire`.

        Raises RequestSyntaxError where raw data cannot be read.
        """
        outgoing = tuple(by_websocket.outgoing(frame) for frame in block.frames)
        load()
        call = self._call(app, Until(), on_piece)
        return self._carry_out(call, lambda: by_websocket.converse(call, block, outgoing))

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


def _pause() -> None:
    time.sleep(PAUSE_S)
