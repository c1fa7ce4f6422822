"""Firing streams: WebSockets frame by frame, pieces told as they arrive, raw connections left in time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from flask_sock import Sock

from tests.sandbox.plain import WAIT_S
from tutor.client.by_websocket import FRAME_WAIT_S
from tutor.client.call import SILENCE_S
from tutor.client.client import Client
from tutor.client.run import StepRun
from tutor.course.model import ExchangeBlock, Frame, HttpBlock, Step, Until, WebSocketBlock
from tutor.grading.live import LiveValueError
from tutor.sandbox.server import SandboxServer
from tutor.wire.exchange import Direction, Exchange, Piece
from tutor.wire.frames import frames
from tutor.wire.request import RawRequest, Request


def add_sockets(app: Flask, name: str) -> None:
    sock: Any = Sock(app)

    @sock.route("/ws")  # type: ignore[untyped-decorator]  # flask-sock has no types
    def echo(ws: Any) -> None:
        while True:
            ws.send(f"echo:{name}{ws.receive()}")

    @sock.route("/bye")  # type: ignore[untyped-decorator]  # as above
    def bye(ws: Any) -> None:
        ws.send("hi")
        ws.close(1001, "done")

    @sock.route("/origin")  # type: ignore[untyped-decorator]  # as above
    def origin(ws: Any) -> None:
        ws.send(request.headers["Origin"] + " " + request.headers["X-Seen"])
        ws.receive()


def make_app(name: str = "") -> Flask:
    app = Flask("streams")
    stop = app.extensions["stop"] = threading.Event()
    ran = app.extensions["ran"] = []

    @app.before_request
    def count() -> None:
        ran.append(request.path)

    add_sockets(app, name)

    @app.route("/liar", websocket=True)
    def liar() -> Response:
        return Response(status=101, headers={"Sec-WebSocket-Accept": "none"})

    @app.route("/mute", websocket=True)
    def mute() -> str:
        stop.wait(30)
        return ""

    @app.route("/hang-up", websocket=True)
    def hang_up() -> str:
        request.environ["werkzeug.socket"].shutdown(2)
        return ""

    @app.get("/word")
    def word() -> str:
        return "word"

    @app.post("/take")
    def take() -> bytes:
        return request.get_data()

    @app.get("/drip")
    def drip() -> ResponseReturnValue:
        def parts() -> Iterator[str]:
            for number in range(5):
                stop.wait(0.03)
                yield f"part {number}\n"

        return parts()

    @app.get("/until-close")
    def until_close() -> str:
        connection = request.environ["werkzeug.socket"]
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nfirst")
        stop.wait(0.4)
        connection.sendall(b", second")
        connection.shutdown(2)
        return ""

    return app


@contextmanager
def running(*blocks: ExchangeBlock, timeout_s: float = WAIT_S) -> Iterator[StepRun]:
    with SandboxServer() as server:
        client = Client(server, timeout_s=timeout_s)
        yield StepRun(server, client, Step("s", "2.5.1", "A step", blocks, 1, "hash"), make_app)
        client.close()


def send(opcode: str, data: str = "", *, raw: bool = False) -> Frame:
    return Frame(True, opcode, data, raw=raw)


def expect(opcode: str, data: str = "") -> Frame:
    return Frame(False, opcode, data)


def block(target: str, *steps: Frame, **fields: str) -> WebSocketBlock:
    pairs = tuple((name.replace("_", "-"), value) for name, value in fields.items())
    return WebSocketBlock("socket", target, steps, pairs)


def fire(websocket: WebSocketBlock, *, on_piece: Callable[[Piece], None] | None = None) -> Exchange:
    with running(websocket) as run:
        [exchange] = run.fire(websocket, on_piece=on_piece)
        assert run.fired == {"socket": (exchange,)}
        return exchange


def said(exchange: Exchange) -> list[str]:
    """Every frame as `sender opcode text`."""
    return [
        f"{'client' if each.from_client else 'server'} {each.frame.name} {each.frame.text}".strip()
        for each in frames(exchange)
    ]


def in_order(told: list[Piece]) -> tuple[Piece, ...]:
    """Pieces by their times: two directions may be told in another order than they crossed."""
    return tuple(sorted(told, key=lambda piece: piece.at_s))


def test_a_conversation_is_carried_out() -> None:
    """What the block says crosses the wire, both ways and in order, with masks on the client's side alone."""
    exchange = fire(
        block(
            "/ws",
            *(send("text", "李"), expect("text", "echo:李"), send("binary", "x" * 200), expect("text")),
            *(
                send("ping", "hi"),
                expect("pong", "hi"),
                send("close", "1000 bye"),
                expect("close", "1000 bye"),
            ),
        )
    )
    assert exchange.error == ""
    assert said(exchange)[:2] == ["client text 李", "server text echo:李"]
    assert said(exchange)[4:] == [
        "client ping hi",
        "server pong hi",
        "client close 1000 bye",
        "server close 1000 bye",
    ]
    assert len(said(exchange)) == 8
    assert [each.frame.masked for each in frames(exchange)] == [True, False] * 4
    assert not any(each.frame.notes for each in frames(exchange))
    assert exchange.response is not None
    assert exchange.response.status == 101
    assert exchange.timeline is not None
    assert exchange.timeline.endpoint == "echo"


def test_a_server_may_speak_first_and_last() -> None:
    """Frames that the server sends by itself are awaited; nothing is sent that the block does not send."""
    exchange = fire(block("/bye", expect("text", "hi"), expect("close", "1001 done")))
    assert exchange.error == ""
    assert said(exchange) == ["server text hi", "server close 1001 done"]


def test_a_close_frame_without_data_says_that_all_is_well() -> None:
    """A close frame for which the block names no code carries 1000."""
    assert said(fire(block("/ws", send("close"), expect("close")))) == [
        "client close 1000",
        "server close 1000",
    ]


def test_raw_bytes_are_written_as_they_stand() -> None:
    """A frame without a mask goes out as it is spelt, and the server closes with 1002."""
    exchange = fire(block("/ws", send("text", r"\x81\x02hi", raw=True), expect("close")))
    assert exchange.error == ""
    assert frames(exchange)[0].frame.data == b"\x81\x02hi"
    assert frames(exchange)[1].frame.close_code == 1002


def test_the_handshake_is_a_client_s_own() -> None:
    """The opening request has its five fields, and those of the block, which replace the client's own."""
    exchange = fire(
        block("/origin", expect("text", "http://a.example 1"), Origin="http://a.example", X_Seen="1")
    )
    assert exchange.error == ""
    assert exchange.request is not None
    names = [field.name.decode() for field in exchange.request.fields]
    assert names == [
        *("Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version"),
        *("Origin", "X-Seen"),
    ]
    key = "dGhlIHNhbXBsZSBub25jZQ=="
    exchange = fire(block("/ws", send("close"), expect("close"), sec_websocket_key=key))
    assert exchange.error == ""
    assert exchange.request is not None
    assert exchange.request.values("Sec-WebSocket-Key") == (key,)
    assert exchange.response is not None
    assert exchange.response.value("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize(
    ("websocket", "error"),
    [
        (
            block("/ws", send("text", "hi"), expect("text", "echo:ho")),
            'Frame 2 should be text "echo:ho"; text "echo:hi" came.',
        ),
        (block("/bye", expect("close")), 'Frame 1 should be close; text "hi" came.'),
        (
            block("/bye", expect("text"), expect("close"), expect("pong", "x" * 99)),
            f'Frame 3 should be pong "{"x" * 59}…"; the server ended the connection.',
        ),
        (block("/word", expect("text")), "The server opened no WebSocket; it answered 400 BAD REQUEST."),
        (block("/nope", expect("text")), "The server opened no WebSocket; it answered 404 NOT FOUND."),
        (
            block("/ws", expect("text"), Sec_WebSocket_Version="8"),
            "The server opened no WebSocket; it answered 500 INTERNAL SERVER ERROR.",
        ),
        (
            block("/liar", expect("text")),
            "The server's Sec-WebSocket-Accept does not fit the client's Sec-WebSocket-Key.",
        ),
        (
            block("/hang-up", expect("text")),
            "The server closed the connection without an answer to the handshake.",
        ),
    ],
    ids=lambda value: value.target if isinstance(value, WebSocketBlock) else "",
)
def test_what_goes_otherwise_is_told(websocket: WebSocketBlock, error: str) -> None:
    """A frame that does not come as expected, or a handshake that fails, ends the exchange in plain words."""
    start_s = time.perf_counter()
    exchange = fire(websocket)
    assert exchange.error == error
    assert time.perf_counter() - start_s < FRAME_WAIT_S
    assert exchange.request is not None


@pytest.mark.parametrize(
    ("websocket", "error"),
    [
        (block("/ws", expect("text", "hi")), 'Frame 1 should be text "hi"; nothing came within 2 s.'),
        (block("/mute", expect("text")), "No answer to the handshake came within 2 s."),
    ],
)
def test_a_frame_is_not_awaited_for_ever(websocket: WebSocketBlock, error: str) -> None:
    """A frame, or an answer, that does not come is told after two seconds."""
    start_s = time.perf_counter()
    assert fire(websocket).error == error
    assert FRAME_WAIT_S <= time.perf_counter() - start_s < FRAME_WAIT_S + 2


def test_the_whole_exchange_is_bounded_too() -> None:
    """The client's time-out ends a WebSocket as any other exchange."""
    websocket = block("/ws", expect("text"))
    with running(websocket, timeout_s=0.3) as run:
        [exchange] = run.fire(websocket)
    assert exchange.error == "The response had not ended after 0.3 s, so the client stopped reading."


def test_a_websocket_ends_with_its_client() -> None:
    """Ended from another thread, a WebSocket gives what it has."""
    websocket = block("/ws", send("text", "hi"), expect("text"), expect("text"))
    with running(websocket) as run:
        timer = threading.Timer(0.2, run._client.end)
        timer.start()
        [exchange] = run.fire(websocket)
        timer.join()
    assert exchange.error == "You ended the request."
    assert said(exchange) == ["client text hi", "server text echo:hi"]


def test_a_closed_sandbox_opens_no_websocket() -> None:
    """A sandbox that is gone gives an exchange without bytes, and the reason."""
    server = SandboxServer(make_app())
    server.close()
    [exchange] = Client(server).fire_websocket(block("/ws", send("close")))
    assert exchange.pieces == ()
    assert exchange.error == "Nothing listens at this address."


def test_live_values_go_into_a_websocket() -> None:
    """Values of earlier exchanges go into the target, the fields and the frames; an absent one is told."""
    first = HttpBlock("first", "GET /word HTTP/1.1")
    second = block(
        "/{{first.response.headers.X}}",
        send("text", "{{first.response.body}}"),
        expect("text", "{{first.response.body}}"),
    )
    third = block("/origin", expect("text", "http://{{host}} word"), X_Seen="{{first.response.body}}")
    third = WebSocketBlock(
        "socket", third.target, third.frames, (("Origin", "{{address}}"), *third.fields), app="b"
    )
    with running(first, second, third) as run:
        run.fire(first)
        with pytest.raises(LiveValueError, match="no field X"):
            run.fire(second)
        assert run.fire(third)[0].error == ""
        fourth = block("/ws", *second.frames[:1], expect("text", "echo:b{{first.response.body}}"))
        fourth = WebSocketBlock("socket", fourth.target, fourth.frames, app="b")
        assert run.fire(fourth)[0].error == ""


def test_frames_in_parallel_do_not_mix() -> None:
    """Eight WebSockets at once each have their own frames."""
    with SandboxServer(make_app()) as server:
        client = Client(server, timeout_s=WAIT_S)
        found: list[tuple[int, Exchange]] = []

        def talk(number: int) -> None:
            words = [
                (send("text", f"{number}-{turn}"), expect("text", f"echo:{number}-{turn}"))
                for turn in range(5)
            ]
            frames_ = [frame for pair in words for frame in pair]
            found.append(
                (number, client.fire_websocket(block("/ws", *frames_, send("close"), expect("close")))[0])
            )

        threads = [threading.Thread(target=talk, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert len(found) == 8
    assert [exchange.error for _number, exchange in found] == [""] * 8
    for number, exchange in found:
        assert all(f"{number}-" in each for each in said(exchange)[:10])


# Pieces as they arrive


def test_pieces_are_told_as_they_arrive() -> None:
    """Each piece of a stream is told when it is recorded, in order, before the exchange is over."""
    told: list[tuple[float, Piece]] = []
    drip = HttpBlock("drip", "GET /drip HTTP/1.1")
    with running(drip) as run:
        [exchange] = run.fire(drip, on_piece=lambda piece: told.append((time.perf_counter(), piece)))
    assert in_order([piece for _at, piece in told]) == exchange.pieces
    parts = [(at, piece) for at, piece in told if b"part" in piece.data]
    assert len(parts) == 5
    assert parts[-1][0] - parts[0][0] >= 0.1
    assert all(abs((at - told[0][0]) - (piece.at_s - told[0][1].at_s)) < 0.1 for at, piece in parts)


def test_frames_are_told_as_they_cross() -> None:
    """The pieces of a WebSocket are told from both sides."""
    told: list[Piece] = []
    exchange = fire(
        block("/ws", send("text", "a"), expect("text"), send("close"), expect("close")), on_piece=told.append
    )
    assert in_order(told) == exchange.pieces
    assert {piece.direction for piece in told} == set(Direction)


def test_pieces_are_told_by_the_sandbox_s_threads() -> None:
    """The callback never runs in the thread that fires, and one that fails or asks back changes nothing."""
    threads: list[str] = []
    with SandboxServer(make_app()) as server:
        client = Client(server, timeout_s=WAIT_S)

        def note(piece: Piece) -> None:
            threads.append(threading.current_thread().name)
            server.exchange_of(exchange_port(server), wait_s=0)
            raise ValueError(piece)

        [exchange] = client.fire(Request("GET", "/word"), on_piece=note)
    assert exchange.error == ""
    assert exchange.response is not None
    assert exchange.response.text == "word"
    assert set(threads) == {"sandbox request"}


def exchange_port(server: SandboxServer) -> int:
    """A port of a connection that the sandbox knows."""
    return next(iter(server._newest))


def test_every_hop_is_told_and_nothing_afterwards() -> None:
    """Raw requests are told too; pieces that come once the client has given up are not."""
    told: list[Piece] = []
    with SandboxServer(make_app()) as server:
        client = Client(server, timeout_s=WAIT_S)
        [exchange] = client.fire(
            RawRequest(b"GET /drip HTTP/1.1\r\n\r\n"), until=Until(ms=60), on_piece=told.append
        )
        count = len(told)
        time.sleep(0.1)
        assert len(told) == count
        assert in_order(told) == exchange.pieces
        assert client.fire(Request("GET", "/word"))[0].error == ""
        assert len(told) == count


def test_of_a_group_one_is_told() -> None:
    """Of blocks that fire together, the pieces of the one that was asked for are told."""
    first = HttpBlock("first", "GET /word HTTP/1.1")
    second = HttpBlock("second", "GET /word?second HTTP/1.1", with_id="first")
    told: list[Piece] = []
    with running(first, second) as run:
        run.fire(second, on_piece=told.append)
        assert in_order(told) == run.fired["second"][0].pieces


# Raw connections


def test_an_unfinished_head_is_never_answered() -> None:
    """A client that gives up on a head without its end breaks off, and the server runs no view for it."""
    with SandboxServer() as server:
        client = Client(server, timeout_s=WAIT_S)
        app = make_app()
        server.replace_app(app)
        for until in (Until(ms=150), Until()):
            [exchange] = client.fire(RawRequest(b"GET /word HTTP/1.1\r\nHost: localhost\r\n"), until=until)
            assert exchange.response is None
            # The server notices at once; a plain end of the connection it would take for the head's.
            later = server.exchange_of(exchange.client_port, wait_s=WAIT_S)
            assert later.data(Direction.RESPONSE) == b""
        assert app.extensions["ran"] == []


def test_a_body_that_is_missing_is_never_made_up() -> None:
    """A request whose body is shorter than it says is broken off, too, when the client gives up."""
    with SandboxServer(make_app()) as server:
        sent = Request("POST", "/take", (("Content-Length", "10"),), b"abc")
        [exchange] = Client(server, timeout_s=0.2).fire(sent)
        assert exchange.data(Direction.RESPONSE) == b""
        later = server.exchange_of(exchange.client_port, wait_s=WAIT_S)
        assert later.data(Direction.RESPONSE) == b""


def test_a_response_that_the_close_ends_is_read_to_it() -> None:
    """A pause in a response without a length is not its end."""
    with SandboxServer(make_app()) as server:
        [exchange] = Client(server, timeout_s=WAIT_S).fire(RawRequest(b"GET /until-close HTTP/1.1\r\n\r\n"))
    assert exchange.error == ""
    assert exchange.response is not None
    assert exchange.response.text == "first, second"


def test_a_raw_handshake_is_answered_by_its_101() -> None:
    """Raw bytes may open a WebSocket: the exchange ends soon after the 101, or at its limit."""
    head = (
        b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with SandboxServer(make_app()) as server:
        client = Client(server, timeout_s=WAIT_S)
        start_s = time.perf_counter()
        [exchange] = client.fire(RawRequest(head))
        assert time.perf_counter() - start_s < SILENCE_S
        assert exchange.error == ""
        assert exchange.response is not None
        assert exchange.response.status == 101
        start_s = time.perf_counter()
        client.fire(RawRequest(head), until=Until(ms=300))
        assert time.perf_counter() - start_s >= 0.3
