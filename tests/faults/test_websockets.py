"""WebSockets that break RFC 6455, from either side: the other side ends them, and says what was wrong."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain, repeat

import pytest

import sandbox_app
from tests.sandbox.plain import talk
from tutor.client.by_websocket import FRAME_WAIT_S
from tutor.client.client import Client
from tutor.course.model import Frame, WebSocketBlock
from tutor.sandbox.running import RunningServer
from tutor.sandbox.server import SandboxServer
from tutor.screen.whole import whole_lines
from tutor.wire.exchange import Direction, Exchange
from tutor.wire.frames import Opcode, frame_bytes, frames

WAIT_S = 20.0
HELLO = (
    b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def masked(first: int, payload: bytes) -> bytes:
    """A client's frame with that first octet, whatever it says."""
    key = os.urandom(4)
    length = (
        bytes([0x80 | len(payload)])
        if len(payload) < 126
        else b"\xfe" + struct.pack("!H", len(payload))
        if len(payload) < 1 << 16
        else b"\xff" + struct.pack("!Q", len(payload))
    )
    body = bytes(octet ^ key[place % 4] for place, octet in enumerate(payload))
    return bytes([first]) + length + key + body


TEXT, CONTINUED, PING, FIN = 0x1, 0x0, 0x9, 0x80

FROM_CLIENT: dict[str, tuple[bytes, int]] = {
    "a continuation of nothing": (masked(FIN | CONTINUED, b"x"), 1002),
    "a message within a message": (masked(TEXT, b"one") + masked(FIN | TEXT, b"two"), 1002),
    "a ping in fragments": (masked(PING, b"x"), 1002),
    "a ping over the limit": (masked(FIN | PING, b"x" * 126), 1002),
    "a reserved opcode": (masked(FIN | 0x3, b"x"), 1002),
    "a reserved bit": (masked(FIN | 0x40 | TEXT, b"x"), 1002),
    "no mask": (b"\x81\x01x", 1002),
    "no UTF-8": (masked(FIN | TEXT, b"\xff\xfe"), 1007),
    "a close frame of one octet": (masked(FIN | 0x8, b"x"), 1002),
    "a close code that is none": (masked(FIN | 0x8, struct.pack("!H", 999)), 1002),
    "a length with its first bit set": (b"\x81\xff" + b"\xff" * 8 + b"abcd", 1002),
}
"""What a client sends, and the code that the server closes with."""


@pytest.fixture
def heard() -> list[Exchange]:
    return []


@pytest.fixture
def server(heard: list[Exchange]) -> Iterator[SandboxServer]:
    with SandboxServer(sandbox_app.create_app("2.5")) as server:
        server.on_arrival = heard.append
        yield server


def until(happened: Callable[[], object]) -> None:
    end_s = time.monotonic() + WAIT_S
    while not happened():
        assert time.monotonic() < end_s
        time.sleep(0.02)


def opened(server: SandboxServer) -> socket.socket:
    """A WebSocket whose handshake is done."""
    connection = socket.create_connection(("127.0.0.1", server.port), WAIT_S)
    connection.sendall(HELLO)
    received = b""
    while not received.endswith(b"\r\n\r\n"):
        received += connection.recv(1)
    assert received.startswith(b"HTTP/1.1 101 ")
    return connection


def rest(connection: socket.socket) -> bytes:
    received = b""
    with suppress(ConnectionResetError):
        while part := connection.recv(65536):
            received += part
    return received


@pytest.mark.parametrize("name", FROM_CLIENT)
def test_the_sandbox_ends_what_breaks_the_rules(
    name: str, server: SandboxServer, heard: list[Exchange], capfd: pytest.CaptureFixture[str]
) -> None:
    """The server closes with the code for it, prints nothing, goes on, and what came can be drawn."""
    sent, code = FROM_CLIENT[name]
    with opened(server) as connection:
        connection.sendall(sent)
        received = rest(connection)
    until(lambda: heard)
    [exchange] = heard
    assert exchange.data(Direction.REQUEST) == HELLO + sent
    assert exchange.data(Direction.RESPONSE).endswith(received)
    assert received[:1] == b"\x88"
    assert int.from_bytes(received[2:4]) == code
    assert whole_lines(exchange, ascii_only=False, plain=False)
    assert talk(server.port, b"GET /poll HTTP/1.1\r\n\r\n").received.startswith(b"HTTP/1.1 200 ")
    server.close()
    assert capfd.readouterr() == ("", "")


def test_fragments_in_order_with_a_ping_between_are_one_message(server: SandboxServer) -> None:
    """What looks like disorder and is none is answered."""
    with opened(server) as connection:
        connection.sendall(masked(TEXT, b"one ") + masked(FIN | PING, b"p") + masked(FIN | CONTINUED, b"two"))
        received = rest(connection)
    assert b"\x8a\x01p" in received
    assert b"\x81\x0cecho:one two" in received


def test_a_message_of_a_megabyte_is_echoed_and_kept_by_its_beginning(
    server: SandboxServer, heard: list[Exchange]
) -> None:
    """A frame far over what is recorded passes; the record holds its beginning and counts the rest."""
    text = os.urandom(500_000).hex().encode()
    received: list[bytes] = []
    with opened(server) as connection:
        reading = threading.Thread(target=lambda: received.append(rest(connection)))
        reading.start()
        connection.sendall(masked(FIN | TEXT, text))
        reading.join(WAIT_S)
    assert b"echo:" + text in received[0]
    until(lambda: heard)
    [exchange] = heard
    assert len(exchange.data(Direction.REQUEST)) + exchange.dropped(Direction.REQUEST) == len(
        HELLO
    ) + 14 + len(text)
    assert len(exchange.data(Direction.REQUEST)) < 300_000
    assert whole_lines(exchange, ascii_only=False, plain=True)


CUT_OFF = {
    "nothing": b"",
    "half a head": HELLO[:60],
    "no empty line": HELLO[:-2],
    "nothing said": HELLO,
    "an octet": HELLO + b"\x81",
    "a fragment": HELLO + masked(TEXT, b"half"),
    "half a frame": HELLO + b"\x81\xfe\xff\xff",
}


@pytest.mark.parametrize("sent", CUT_OFF.values(), ids=CUT_OFF)
@pytest.mark.parametrize("reset", [False, True])
def test_a_client_that_goes_without_a_word_leaves_nothing(
    server: SandboxServer, sent: bytes, reset: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whenever the connection ends, plainly or by a reset, its threads end, and nothing is printed."""
    connection = socket.create_connection(("127.0.0.1", server.port), WAIT_S)
    connection.sendall(sent)
    time.sleep(0.1)
    if reset:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    until(lambda: not server._server._threads_by_socket)
    until(lambda: not [each for each in threading.enumerate() if "simple_websocket" in each.name])
    assert talk(server.port, b"GET /poll HTTP/1.1\r\n\r\n").received.startswith(b"HTTP/1.1 200 ")
    server.close()
    assert capfd.readouterr() == ("", "")


# A server that breaks the rules


@contextmanager
def answering(status: bytes, parts: Callable[[], Iterator[bytes]]) -> Iterator[int]:
    """A server that answers one handshake so, then says the parts, and closes; gives its port."""
    ended = threading.Event()

    def serve(listening: socket.socket) -> None:
        with suppress(OSError), listening.accept()[0] as client:
            client.settimeout(WAIT_S)
            received = b""
            while b"\r\n\r\n" not in received:
                received += client.recv(65536)
            key = re.search(rb"Sec-WebSocket-Key: (\S+)", received)
            assert key
            accept = base64.b64encode(hashlib.sha1(key[1] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
            client.sendall(status.replace(b"ACCEPT", accept))
            for part in parts():
                if ended.is_set():
                    return
                client.sendall(part)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(WAIT_S)
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            ended.set()
            thread.join(WAIT_S)


UPGRADED = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: ACCEPT\r\n\r\n"
)
HI = frame_bytes(Opcode.TEXT, b"hi")

FRAME = 'Frame 1 should be text "hi"; '

FROM_SERVER: dict[str, tuple[bytes, Callable[[], Iterator[bytes]], str]] = {
    "closes at once": (UPGRADED, lambda: iter(()), FRAME + "the server ended"),
    "closes in its answer": (UPGRADED[:50], lambda: iter(()), "The server closed the connection"),
    "says garbage": (b"\x00\xff\r\n\r\n", lambda: iter(()), "The server opened no WebSocket; it answered"),
    "says it twice": (UPGRADED + UPGRADED, lambda: iter(()), FRAME),
    "accepts another key": (
        UPGRADED.replace(b"ACCEPT", b"abc"),
        lambda: iter(()),
        "The server's Sec-WebSocket-Accept",
    ),
    "announces an exabyte": (
        UPGRADED,
        lambda: iter((b"\x81\x7f" + struct.pack("!Q", 1 << 60) + b"abc",)),
        FRAME + "the server ended",
    ),
    "sends a frame without end": (
        UPGRADED,
        lambda: chain((b"\x81\x7f" + struct.pack("!Q", 1 << 40),), repeat(b"x" * 65536)),
        FRAME + "what came was no whole frame after 2 s.",
    ),
    "sends frames without end": (UPGRADED, lambda: repeat(b"\x82\x01x" * 1000), FRAME + "binary"),
    "continues nothing": (UPGRADED, lambda: iter((b"\x80\x02hi",)), FRAME + "continuation"),
    "masks its frame": (UPGRADED, lambda: iter((masked(FIN | TEXT, b"ho"),)), FRAME + 'text "ho"'),
}
"""The head, what follows, and how the words begin that tell of it."""


@pytest.mark.parametrize("name", FROM_SERVER)
def test_the_client_ends_what_breaks_the_rules(name: str) -> None:
    """A handshake or a frame that is wrong ends the exchange in time, in one sentence, and can be drawn."""
    head, parts, words = FROM_SERVER[name]
    block = WebSocketBlock("socket", "/ws", (Frame(False, "text", "hi"),), ())
    started_s = time.monotonic()
    with answering(head, parts) as port:
        [exchange] = Client(RunningServer(port)).fire_websocket(block)
    assert time.monotonic() - started_s < FRAME_WAIT_S + WAIT_S
    assert exchange.error.startswith(words)
    assert exchange.error
    assert "\n" not in exchange.error
    assert whole_lines(exchange, ascii_only=False, plain=False)


def test_a_server_whose_fragments_are_right_is_heard() -> None:
    """The frames of a message in fragments are told one by one, as they crossed."""
    block = WebSocketBlock(
        "socket", "/ws", (Frame(False, "text", "h"), Frame(False, "continuation", "i")), ()
    )
    with answering(UPGRADED, lambda: iter((b"\x01\x01h", b"\x80\x01i"))) as port:
        [exchange] = Client(RunningServer(port)).fire_websocket(block)
    assert exchange.error == ""
    assert [each.frame.text for each in frames(exchange)] == ["h", "i"]
