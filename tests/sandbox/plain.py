"""Plain sockets for the tests: clients and recorders that share no code with the sandbox."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

WAIT_S = 5.0


@dataclass
class Talk:
    """What one plain connection sent and received."""

    client_port: int
    sent: bytes
    received: bytes


def talk(port: int, data: bytes) -> Talk:
    """Send bytes and read until the server closes."""
    with socket.create_connection(("127.0.0.1", port), WAIT_S) as connection:
        client_port: int = connection.getsockname()[1]
        connection.sendall(data)
        received = b""
        while part := connection.recv(65536):
            received += part
    return Talk(client_port, data, received)


@dataclass
class Passed:
    """What a proxy passed on over one connection; `port` is the one it used towards the server."""

    port: int
    request: bytearray = field(default_factory=bytearray)
    response: bytearray = field(default_factory=bytearray)


@contextmanager
def recording_proxy(target_port: int) -> Iterator[tuple[int, list[Passed]]]:
    """A proxy that passes bytes on as they are; gives its port and, in order, what it passed on."""
    passed: list[Passed] = []

    def serve(client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", target_port), WAIT_S) as server:
            each = Passed(server.getsockname()[1])
            passed.append(each)
            back = threading.Thread(target=_pump, args=(server, client, each.response))
            back.start()
            _pump(client, server, each.request)
            back.join(WAIT_S)

    with _accepting(serve) as port:
        yield port, passed


@contextmanager
def sink(answer: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """A server that answers the same bytes to everything; gives its port and what arrived, by connection."""
    arrived: list[bytes] = []

    def serve(client: socket.socket) -> None:
        with client:
            client.settimeout(WAIT_S)
            data = b""
            while not _is_whole(data):
                part = client.recv(65536)
                if not part:
                    break
                data += part
            arrived.append(data)
            client.sendall(answer)

    with _accepting(serve) as port:
        yield port, arrived


def _is_whole(data: bytes) -> bool:
    head, end, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *([0-9]+)", head)
    if not end:
        return False
    if b"chunked" in head:
        return body.endswith(b"0\r\n\r\n")
    return len(body) >= (int(length[1]) if length else 0)


def _pump(source: socket.socket, target: socket.socket, record: bytearray) -> None:
    source.settimeout(WAIT_S)
    try:
        while part := source.recv(65536):
            record += part
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@contextmanager
def _accepting(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    threads: list[threading.Thread] = []
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(16)
        listening.settimeout(0.05)
        done = threading.Event()

        def accept() -> None:
            while not done.is_set():
                try:
                    client, _address = listening.accept()
                except TimeoutError:
                    continue
                thread = threading.Thread(target=serve, args=(client,))
                threads.append(thread)
                thread.start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield listening.getsockname()[1]
        finally:
            done.set()
            accepting.join(WAIT_S)
            for thread in threads:
                thread.join(WAIT_S)
