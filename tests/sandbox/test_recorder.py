"""What the recorder keeps, against what plain sockets saw of the same exchange."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest
import requests
from flask import Flask, redirect, request
from flask.typing import ResponseReturnValue

from tests.sandbox.plain import WAIT_S, Passed, recording_proxy, talk
from tutor.sandbox.recorder import DEFAULT_CAP
from tutor.sandbox.server import SandboxServer
from tutor.wire.exchange import Direction, Exchange

TEN_MB = 10_000_000


def make_app() -> Flask:
    app = Flask("recorded")

    @app.get("/hello")
    def hello() -> str:
        return "Hello, Flask!"

    @app.post("/form")
    def form() -> ResponseReturnValue:
        return dict(request.form)

    @app.post("/json")
    def json() -> ResponseReturnValue:
        return {"got": request.get_json()}

    @app.post("/file")
    def file() -> str:
        return str(len(request.files["f"].read()))

    @app.get("/old")
    def old() -> ResponseReturnValue:
        return redirect("/hello", 302)

    @app.get("/boom")
    def boom() -> str:
        raise ZeroDivisionError("division by zero")

    @app.get("/stream")
    def stream() -> ResponseReturnValue:
        return (f"part {number}\n" for number in range(5))

    @app.get("/big")
    def big() -> ResponseReturnValue:
        return b"0123456789" * (TEN_MB // 10)

    @app.post("/big")
    def take_big() -> str:
        return str(len(request.get_data()))

    @app.post("/unread")
    def unread() -> str:
        return "not read"

    return app


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(make_app()) as server:
        yield server


def send(
    server: SandboxServer, call: Callable[[requests.Session, str], object]
) -> tuple[list[Passed], list[Exchange]]:
    """Make a call with `requests` through a recording proxy; gives both records of each connection."""
    with recording_proxy(server.port) as (port, passed), requests.Session() as session:
        session.trust_env = False
        call(session, f"http://127.0.0.1:{port}")
    return passed, [server.exchange_of(each.port, wait_s=WAIT_S) for each in passed]


CALLS: dict[str, tuple[int, Callable[[requests.Session, str], object]]] = {
    "GET": (1, lambda session, at: session.get(f"{at}/hello?name=Grey")),
    "POST with a form": (1, lambda session, at: session.post(f"{at}/form", data={"name": "李辉"})),
    "POST with JSON": (1, lambda session, at: session.post(f"{at}/json", json={"a": [1, None]})),
    "file upload": (
        1,
        lambda session, at: session.post(f"{at}/file", files={"f": ("a.bin", bytes(range(256)) * 40)}),
    ),
    "HEAD": (1, lambda session, at: session.head(f"{at}/hello")),
    "redirect": (2, lambda session, at: session.get(f"{at}/old")),
    "404": (1, lambda session, at: session.get(f"{at}/nope")),
    "500": (1, lambda session, at: session.get(f"{at}/boom")),
    "chunked stream": (1, lambda session, at: session.get(f"{at}/stream")),
    "chunked request": (1, lambda session, at: session.post(f"{at}/big", data=iter([b"one", b"two"]))),
}


@pytest.mark.parametrize(("hops", "call"), CALLS.values(), ids=CALLS)
def test_records_what_crossed_the_socket(
    server: SandboxServer, hops: int, call: Callable[[requests.Session, str], object]
) -> None:
    """The record of an exchange is, byte for byte in both directions, what a plain proxy passed on."""
    passed, exchanges = send(server, call)
    assert len(passed) == hops
    for each, exchange in zip(passed, exchanges, strict=True):
        assert each.request
        assert each.response
        assert exchange.data(Direction.REQUEST) == bytes(each.request)
        assert exchange.data(Direction.RESPONSE) == bytes(each.response)
        assert exchange.dropped(Direction.REQUEST) == exchange.dropped(Direction.RESPONSE) == 0


@pytest.mark.parametrize(
    "data",
    [
        b"GET /hello HTTP/1.1\r\n\r\n",
        b"GET /hello HTTP/1.1\nHost: localhost\n\n",
        b"GARBAGE\r\n\r\n",
        b"GET /hello HTTP/3.0\r\n\r\n",
        b"POST /form HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\na=b",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
    ],
    ids=["no Host", "bare LF", "garbage", "unknown version", "100-continue", "long line"],
)
def test_records_messages_that_break_the_rules(server: SandboxServer, data: bytes) -> None:
    """What a plain socket sends and gets is recorded as it is, whatever the server thinks of it."""
    said = talk(server.port, data)
    exchange = server.exchange_of(said.client_port, wait_s=WAIT_S)
    assert exchange.data(Direction.REQUEST) == said.sent
    assert exchange.data(Direction.RESPONSE) == said.received


def test_stores_a_large_response_with_a_cap(server: SandboxServer) -> None:
    """Of a 10 MB response the beginning is stored, and its true length is known."""
    passed, [exchange] = send(server, lambda session, at: session.get(f"{at}/big"))
    stored = exchange.data(Direction.RESPONSE)
    assert len(stored) == DEFAULT_CAP
    assert bytes(passed[0].response).startswith(stored)
    assert len(stored) + exchange.dropped(Direction.RESPONSE) == len(passed[0].response)
    assert exchange.response is not None
    assert exchange.response.body_length == TEN_MB


def test_stores_a_large_request_with_a_cap(server: SandboxServer) -> None:
    """Of a 10 MB request the beginning is stored, its true length is known, and the app gets all of it."""
    passed, [exchange] = send(server, lambda session, at: session.post(f"{at}/big", data=b"x" * TEN_MB))
    stored = exchange.data(Direction.REQUEST)
    assert len(stored) == DEFAULT_CAP
    assert len(stored) + exchange.dropped(Direction.REQUEST) == len(passed[0].request)
    assert exchange.request is not None
    assert exchange.request.body_length == TEN_MB
    assert exchange.response is not None
    assert exchange.response.body == str(TEN_MB).encode()


def test_records_only_what_was_taken(server: SandboxServer) -> None:
    """Of one large write to a client that leaves, the part that the kernel took is recorded, no more."""
    with socket.create_connection(("127.0.0.1", server.port), WAIT_S) as connection:
        port = connection.getsockname()[1]
        connection.sendall(b"GET /big HTTP/1.1\r\n\r\n")
        received = b""
        while len(received) < 100_000:
            received += connection.recv(65536)
    exchange = server.exchange_of(port, wait_s=WAIT_S)
    stored = exchange.data(Direction.RESPONSE)
    assert stored[: len(received)] == received[: len(stored)]
    assert len(received) <= len(stored) + exchange.dropped(Direction.RESPONSE) < TEN_MB


def test_pieces_stand_in_the_order_of_their_times(server: SandboxServer) -> None:
    """The pieces of a stream carry rising times, the request first, and no piece is later than the end."""
    said = talk(server.port, b"GET /stream HTTP/1.1\r\n\r\n")
    exchange = server.exchange_of(said.client_port, wait_s=WAIT_S)
    times = [piece.at_s for piece in exchange.pieces]
    assert exchange.pieces[0].direction is Direction.REQUEST
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] <= exchange.duration_s


@pytest.mark.parametrize("size", [9, 20_000, 1_000_000])
def test_a_body_that_the_app_never_reads_is_recorded_and_marked(server: SandboxServer, size: int) -> None:
    """A body that the view leaves alone still stands in the record, and counts as unread."""
    passed, [exchange] = send(server, lambda session, at: session.post(f"{at}/unread", data=b"x" * size))
    assert exchange.unread_body_bytes == size
    assert len(passed[0].request) == len(exchange.data(Direction.REQUEST)) + exchange.dropped(
        Direction.REQUEST
    )


def test_a_body_that_the_app_reads_is_not_marked(server: SandboxServer) -> None:
    """Nothing counts as unread where the view took the whole body, with a length or in chunks."""
    _passed, [form] = send(server, lambda session, at: session.post(f"{at}/form", data={"a": "b"}))
    _passed, [upload] = send(server, lambda session, at: session.post(f"{at}/file", files={"f": b"abc"}))
    _passed, [chunks] = send(server, lambda session, at: session.post(f"{at}/big", data=iter([b"a", b"b"])))
    assert form.unread_body_bytes == upload.unread_body_bytes == chunks.unread_body_bytes == 0
