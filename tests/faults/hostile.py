"""Servers that break the rules: each says raw bytes on a plain socket, whatever it was asked."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain, repeat

WAIT_S = 20.0

Answer = bytes | Callable[[], Iterator[bytes]]
"""What a server says: once, or part by part until the client has enough."""

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
MALICE = "\x1b]0;owned\x07\x1b[35;5m\r\x9b31m\u202eabc\u2066\x00\x7f"
"""Names a window, rings, colours, returns, and turns the text round."""


def endless(start: bytes, part: bytes, *, pause_s: float = 0.0) -> Callable[[], Iterator[bytes]]:
    """What begins so and never ends."""

    def parts() -> Iterator[bytes]:
        for each in chain((start,), repeat(part)):
            yield each
            time.sleep(pause_s)

    return parts


def bomb() -> bytes:
    """A chunk of a few megabytes that is gigabytes once it is decoded."""
    packed = gzip.compress(bytes(10_000_000), 9) * 400
    return (
        HEAD
        + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"%x\r\n%s\r\n0\r\n\r\n" % (len(packed), packed)
    )


@contextmanager
def says(answer: Answer) -> Iterator[int]:
    """A server that reads one request's head, says that, and closes; gives its port."""
    ended = threading.Event()

    def serve(client: socket.socket) -> None:
        with client, suppress(OSError):
            client.settimeout(WAIT_S)
            received = b""
            while b"\r\n\r\n" not in received:
                part = client.recv(65536)
                if not part:
                    return
                received += part
            if isinstance(answer, bytes):
                client.sendall(answer)
            else:
                for each in answer():
                    if ended.is_set():
                        return
                    client.sendall(each)
            client.shutdown(socket.SHUT_WR)
            # Closing with something unread would reset what has been said.
            while client.recv(65536):
                pass

    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)

        def accept() -> None:
            while not ended.is_set():
                with suppress(TimeoutError):
                    client, _address = listening.accept()
                    threads.append(threading.Thread(target=serve, args=(client,), daemon=True))
                    threads[-1].start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield listening.getsockname()[1]
        finally:
            ended.set()
            accepting.join(WAIT_S)
            for thread in threads:
                thread.join(WAIT_S)
