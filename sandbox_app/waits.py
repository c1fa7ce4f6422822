"""How long the sandbox's views wait, all in one place. Every wait ends at once when the sandbox closes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Protocol

from flask import Flask

VISIT_S = 0.3
"""How long a visit lasts, so that another one can begin in the meantime."""

MAIL_S = 0.5
"""How long sending a mail takes."""

LONG_POLL_S = 0.4
"""How long a long poll is held where nothing happens."""

EVENT_S = 0.1
"""Between two events of a stream that a person watches."""

KEEP_ALIVE_S = 0.1
"""Between two comments of a stream that has nothing to say."""

TICK_S = 0.02
"""Between two events of a ticker."""

STREAM_S = 2.0
"""The longest that a ticker, or a stream that says nothing, goes on."""

SOCKET_SILENCE_S = 1.0
"""How long a WebSocket is kept for a client that sends nothing."""

_LOOK_S = 0.002
"""How often a wait looks whether what it waits for has happened."""

_RECEIVE_S = 0.02
"""How often a WebSocket that waits for a message looks whether the sandbox closes."""


class Socket(Protocol):
    """A WebSocket as flask-sock hands it to a view."""

    def send(self, data: str | bytes) -> None: ...

    def receive(self, timeout: float | None = None) -> str | bytes | None: ...

    def close(self, reason: int | None = None, message: str | None = None) -> None: ...


def wait(app: Flask, seconds: float) -> bool:
    """Wait so long; true where the sandbox closed in the meantime."""
    closed: bool = app.extensions["stop"].wait(seconds)
    return closed


def wait_for(app: Flask, happened: Callable[[], bool], limit_s: float) -> bool:
    """Wait until it has happened; false where the limit came first, or the sandbox closed."""
    deadline_s = time.perf_counter() + limit_s
    while not happened():
        if time.perf_counter() >= deadline_s or wait(app, _LOOK_S):
            return False
    return True


def messages(app: Flask, ws: Socket) -> Iterator[str | bytes]:
    """What the client of a WebSocket sends, until it is silent for too long, or the sandbox closes.

    Where the client closes, `receive` raises, and flask-sock ends the view.
    """
    heard_s = time.perf_counter()
    while time.perf_counter() - heard_s < SOCKET_SILENCE_S and not wait(app, 0):
        message = ws.receive(timeout=_RECEIVE_S)
        if message is not None:
            yield message
            heard_s = time.perf_counter()
