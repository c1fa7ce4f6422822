"""How long a sandbox takes to end while others hold on to it, and whether anything is left."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import sandbox_app
from benchmarks.rows import Row
from benchmarks.timing import Effort
from tutor.sandbox.listening import LOOPBACK
from tutor.sandbox.server import SandboxServer

_UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)
_STREAM, _WEBSOCKET, _LONG_POLL = (
    f"GET {target} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n".encode()
    for target, fields in (("/sse", ""), ("/ws", _UPGRADE), ("/longpoll", ""))
)
_ANSWERING = (_STREAM, _WEBSOCKET)
_SILENT = (_LONG_POLL, b"")
"""A long poll, and a connection that says nothing."""
_UNDER_WAY_S = 0.05
"""How long the long poll may take to reach its view, which nothing outside shows."""
_LEFT_WAIT_S = 1.0


def measure(effort: Effort) -> Iterator[Row]:
    """Seconds of `close`, and how many threads and descriptors are left after it."""
    closed = [_closed() for _round in range(effort.of(30, 5))]
    words = "closing with an event stream, a long poll, a WebSocket and an idle connection"
    yield Row(words, tuple(seconds for seconds, _left in closed), 0.2, "s", strict=True)
    yield Row("threads and sockets left after that", tuple(float(left) for _s, left in closed), 0, "left")


def _closed() -> tuple[float, int]:
    threads, descriptors = set(threading.enumerate()), _descriptors()
    with ExitStack() as clients:
        server = SandboxServer(sandbox_app.create_app("2.5"))
        for head in (*_ANSWERING, *_SILENT):
            client = clients.enter_context(socket.create_connection((LOOPBACK, server.port), 5))
            client.sendall(head)
            if head in _ANSWERING:
                client.recv(64)
        time.sleep(_UNDER_WAY_S)
        started_s = time.perf_counter()
        server.close()
        seconds = time.perf_counter() - started_s
    # A thread may take a moment more to be gone; the clients' own sockets are closed by now.
    until_s = time.perf_counter() + _LEFT_WAIT_S
    while left := len(set(threading.enumerate()) - threads) + max(0, _descriptors() - descriptors):
        if time.perf_counter() > until_s:
            break
        time.sleep(0.001)
    return seconds, left


def _descriptors() -> int:
    """How many files and sockets this process has open; 0 where the system does not say."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0
