"""The sandbox's server: whom it answers, what it says nothing about, and how it ends."""

from __future__ import annotations

import base64
import logging
import os
import re
import socket
import sys
import threading
import time
from collections.abc import Iterator

import flask_sock
import pytest
from flask import Flask, request
from flask.typing import ResponseReturnValue
from werkzeug.serving import WSGIRequestHandler, make_server

import tutor.sandbox.server as server_module
from tests.sandbox.plain import WAIT_S, talk
from tutor.errors import SandboxError
from tutor.sandbox.listening import listening_socket
from tutor.sandbox.server import KEPT_FINISHED, SandboxServer, _Server
from tutor.wire.exchange import Direction

CLOSE_S = 0.2


def make_app(name: str = "served") -> Flask:
    app = Flask(name)
    app.extensions["stop"] = threading.Event()
    add_slow_views(app)
    add_broken_views(app)

    @app.get("/hello")
    def hello() -> str:
        return f"Hello from {name}"

    @app.get("/host")
    def host() -> str:
        return request.host

    @app.get("/echo/<word>")
    def echo(word: str) -> str:
        time.sleep(0.002)
        return word

    @app.get("/upgrade")
    def upgrade() -> str:
        request.environ["werkzeug.socket"].sendall(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
        app.extensions["stop"].wait(0.1)
        return "stray"

    sock = flask_sock.Sock(app)

    def ws(ws: flask_sock.Server) -> None:
        ws.send("echo:" + ws.receive(timeout=WAIT_S))
        ws.close(1000, "bye")

    sock.route("/ws")(ws)

    return app


def add_slow_views(app: Flask) -> None:
    stop = app.extensions["stop"]

    @app.get("/wait")
    def wait() -> str:
        return f"stopped: {stop.wait(30)}"

    @app.get("/endless")
    def endless() -> ResponseReturnValue:
        def parts() -> Iterator[str]:
            while True:
                yield "x" * 1000
                time.sleep(0.01)

        return parts()

    @app.get("/flood")
    def flood() -> ResponseReturnValue:
        def parts() -> Iterator[bytes]:
            while True:
                yield b"x" * 65536

        return parts()

    @app.get("/sleep")
    def sleep() -> str:
        time.sleep(0.6)
        return "slept"


def add_broken_views(app: Flask) -> None:
    @app.get("/boom")
    def boom() -> str:
        raise ZeroDivisionError("division by zero")

    @app.get("/exit")
    def leave() -> str:
        raise SystemExit(3)

    @app.get("/interrupt")
    def interrupt() -> str:
        raise KeyboardInterrupt

    @app.get("/complain")
    def complain() -> str:
        print("to the error stream", file=request.environ["wsgi.errors"])
        app.logger.warning("to the log")
        return "said"

    @app.get("/late")
    def late() -> ResponseReturnValue:
        def parts() -> Iterator[str]:
            yield "first"
            raise ZeroDivisionError

        return parts()


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(make_app()) as server:
        yield server


def sandbox_threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name.startswith("sandbox")]


def close_with(*targets: str) -> tuple[float, list[threading.Thread]]:
    """Close a server with a request to each target in flight; gives the seconds it took and what is left."""
    server = SandboxServer(make_app())
    connections = []
    try:
        for target in targets:
            connection = socket.create_connection(("127.0.0.1", server.port), WAIT_S)
            connections.append(connection)
            connection.sendall(f"GET {target} HTTP/1.1\r\n\r\n".encode())
        deadline_s = time.perf_counter() + WAIT_S
        for connection in connections:
            port = connection.getsockname()[1]
            while (exchange := server.exchange_of(port, wait_s=0)).timeline is None:
                assert time.perf_counter() < deadline_s, exchange
        start_s = time.perf_counter()
        server.close()
        return time.perf_counter() - start_s, sandbox_threads()
    finally:
        server.close()
        for connection in connections:
            connection.close()


@pytest.mark.parametrize("target", ["/wait", "/endless", "/flood"])
def test_closes_fast_with_a_request_in_flight(target: str) -> None:
    """Closing takes under 0.2 s and leaves no thread, whether a view waits, streams slowly or floods."""
    took_s, left = close_with(target)
    assert took_s < CLOSE_S
    assert left == []


def test_closes_fast_with_many_requests_in_flight() -> None:
    """Twelve open requests of three kinds make closing no slower, and leave no thread."""
    took_s, left = close_with(*["/wait", "/endless", "/flood"] * 4)
    assert took_s < CLOSE_S
    assert left == []


def test_closes_fast_although_a_view_sleeps() -> None:
    """A view that sleeps and heeds nothing holds closing up for no longer, and keeps only a daemon thread."""
    took_s, left = close_with("/sleep")
    assert took_s < CLOSE_S
    assert all(thread.daemon for thread in left)
    for thread in left:
        thread.join(WAIT_S)
    assert sandbox_threads() == []


def test_closes_fast_with_an_idle_connection() -> None:
    """A client that connected and says nothing does not keep a thread alive."""
    server = SandboxServer(make_app())
    with socket.create_connection(("127.0.0.1", server.port), WAIT_S) as connection:
        connection.sendall(b"GET /hel")
        start_s = time.perf_counter()
        server.close()
        assert time.perf_counter() - start_s < CLOSE_S
        assert sandbox_threads() == []


def test_a_sandbox_at_rest_hardly_wakes_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """In half a second without a connection it looks at its socket a few times: a battery pays for each."""
    looks = []
    monkeypatch.setattr(_Server, "service_actions", lambda _server: looks.append(1))
    with SandboxServer(make_app()):
        time.sleep(0.5)
        assert 1 <= len(looks) <= 6


def test_closing_does_not_wait_for_the_next_look_at_the_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the accepting thread sleeps where nobody connects, `close` wakes it."""
    monkeypatch.setattr(server_module, "_POLL_S", 3600)
    server = SandboxServer(make_app())
    closing = threading.Thread(target=server.close, daemon=True)
    closing.start()
    closing.join(WAIT_S)
    assert not closing.is_alive()


def test_a_waiting_view_may_still_answer_when_the_server_closes() -> None:
    """A view that waits on the stop event is woken, and its answer still reaches the client."""
    server = SandboxServer(make_app())
    with socket.create_connection(("127.0.0.1", server.port), WAIT_S) as connection:
        connection.sendall(b"GET /wait HTTP/1.1\r\n\r\n")
        while server.exchange_of(connection.getsockname()[1], wait_s=0).timeline is None:
            pass
        server.close()
        received = b""
        while part := connection.recv(65536):
            received += part
    assert received.endswith(b"\r\n\r\nstopped: True")


def test_close_wakes_who_waits_for_an_exchange(server: SandboxServer) -> None:
    """A thread that waits for an exchange which never comes is let go when the server closes."""
    waiting = threading.Thread(target=server.exchange_of, args=(1,), kwargs={"wait_s": 30})
    waiting.start()
    server.close()
    waiting.join(WAIT_S)
    assert not waiting.is_alive()


def test_who_waits_in_a_queue_is_answered_once_there_is_an_app() -> None:
    """A connection to a socket that listened before the server was made gets the first app's answer."""
    listening = listening_socket()
    port = listening.getsockname()[1]
    with socket.create_connection(("127.0.0.1", port)) as waiting:
        waiting.sendall(b"GET /hello HTTP/1.0\r\n\r\n")
        with SandboxServer(listening=listening) as server:
            assert server.port == port
            server.replace_app(make_app("first"))
            waiting.settimeout(WAIT_S)
            assert b"Hello from first" in b"".join(iter(lambda: waiting.recv(65536), b""))


def test_a_server_that_never_had_an_app_closes() -> None:
    """What waits in the queue then is refused, as is what comes later."""
    listening = listening_socket()
    port = listening.getsockname()[1]
    SandboxServer(listening=listening).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_close_may_be_called_twice() -> None:
    """A second close does nothing."""
    server = SandboxServer()
    server.close()
    server.close()


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:5000", "localhost", "LocalHost:80", "[::1]", "[::1]:8080", ""]
)
def test_answers_to_its_own_hosts(server: SandboxServer, host: str) -> None:
    """The loopback names pass with any port, and so does an empty Host."""
    said = talk(server.port, f"GET /hello HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert said.received.startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_missing_host_passes(server: SandboxServer) -> None:
    """A request without Host is answered, as the development server does."""
    said = talk(server.port, b"GET /hello HTTP/1.1\r\n\r\n")
    assert said.received.startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    "head",
    [
        "GET /hello HTTP/1.1\r\nHost: evil.example",
        "GET /hello HTTP/1.1\r\nHost: 127.0.0.1.evil.example",
        "GET /hello HTTP/1.1\r\nHost: localhost:80@evil.example",
        "GET /hello HTTP/1.1\r\nHost: localhost\r\nHost: evil.example",
        "GET http://evil.example/hello HTTP/1.1\r\nHost: localhost",
        "GET /hello HTTP/1.1\r\nHost: 127.0.0.2",
    ],
)
def test_refuses_a_foreign_host(server: SandboxServer, head: str) -> None:
    """A foreign Host gets a 400 from the server, and the app never sees the request."""
    said = talk(server.port, f"{head}\r\n\r\n".encode())
    exchange = server.exchange_of(said.client_port, wait_s=WAIT_S)
    assert said.received.startswith(b"HTTP/1.1 400 BAD REQUEST\r\n")
    assert exchange.timeline is None


def test_a_trusted_connection_may_say_any_host(server: SandboxServer) -> None:
    """A connection that the tutor registered may name any Host; the next one from elsewhere may not."""
    with socket.create_connection(("127.0.0.1", server.port), WAIT_S) as connection:
        port = connection.getsockname()[1]
        server.trust(port)
        connection.sendall(b"GET /host HTTP/1.1\r\nHost: shop.example\r\n\r\n")
        assert server.exchange_of(port, wait_s=WAIT_S).data(Direction.RESPONSE).endswith(b"shop.example")
        server.distrust(port)
    said = talk(server.port, b"GET /host HTTP/1.1\r\nHost: shop.example\r\n\r\n")
    assert said.received.startswith(b"HTTP/1.1 400 ")


def test_trust_ends_with_distrust(server: SandboxServer) -> None:
    """A connection that is no longer trusted is refused a foreign Host."""
    with socket.create_connection(("127.0.0.1", server.port), WAIT_S) as connection:
        port = connection.getsockname()[1]
        server.trust(port)
        server.distrust(port)
        connection.sendall(b"GET /host HTTP/1.1\r\nHost: shop.example\r\n\r\n")
        response = server.exchange_of(port, wait_s=WAIT_S).data(Direction.RESPONSE)
    assert response.startswith(b"HTTP/1.1 400 ")


def test_answers_as_the_development_server_does() -> None:
    """Status lines, fields, order and bodies are those of Werkzeug's own server, 404 and 500 included."""

    class Quiet(WSGIRequestHandler):
        def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - Werkzeug's own name
            pass

    logging.getLogger("unwatched").addHandler(logging.NullHandler())
    logging.getLogger("unwatched").propagate = False
    stock = make_server("127.0.0.1", 0, make_app("unwatched"), threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=stock.serve_forever, args=(0.02,))
    thread.start()
    try:
        with SandboxServer(make_app("unwatched")) as server:
            for data in (
                b"GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n",
                b"HEAD /hello HTTP/1.1\r\nHost: localhost\r\n\r\n",
                b"OPTIONS /hello HTTP/1.1\r\nHost: localhost\r\n\r\n",
                b"POST /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\na=b",
                b"GET /nope HTTP/1.1\r\nHost: localhost\r\n\r\n",
                b"GET /boom HTTP/1.1\r\nHost: localhost\r\n\r\n",
                b"GET /late HTTP/1.1\r\nHost: localhost\r\n\r\n",
                b"GARBAGE\r\n\r\n",
            ):
                assert without_time(talk(server.port, data).received) == without_time(
                    talk(stock.port, data).received
                )
    finally:
        stock.shutdown()
        thread.join(WAIT_S)


def without_time(response: bytes) -> bytes:
    # The order of the methods in Allow is that of a set.
    response = re.sub(
        rb"Allow: ([^\r]*)", lambda found: b"Allow: " + b", ".join(sorted(found[1].split(b", "))), response
    )
    return re.sub(rb"\r\nDate: [^\r]*", b"\r\nDate: -", response)


def test_prints_nothing(server: SandboxServer, capfd: pytest.CaptureFixture[str]) -> None:
    """Requests, malformed ones, tracebacks and an app's log leave standard output and error empty."""
    for data in (
        b"GET /hello HTTP/1.1\r\n\r\n",
        b"GET /boom HTTP/1.1\r\n\r\n",
        b"GET /late HTTP/1.1\r\n\r\n",
        b"GET /exit HTTP/1.1\r\n\r\n",
        b"GET /interrupt HTTP/1.1\r\n\r\n",
        b"GET /complain HTTP/1.1\r\n\r\n",
        b"GARBAGE\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"POST /hello HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ):
        with socket.create_connection(("127.0.0.1", server.port), WAIT_S) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
    server.close()
    sys.stdout.flush()
    sys.stderr.flush()
    assert capfd.readouterr() == ("", "")


def test_an_exchange_of_a_client_that_leaves_is_kept(server: SandboxServer) -> None:
    """A client that resets the connection in the middle of a stream leaves what it was sent in the record."""
    with socket.create_connection(("127.0.0.1", server.port), WAIT_S) as connection:
        port = connection.getsockname()[1]
        connection.sendall(b"GET /flood HTTP/1.1\r\n\r\n")
        received = connection.recv(100)
    exchange = server.exchange_of(port, wait_s=WAIT_S)
    assert exchange.data(Direction.RESPONSE).startswith(received)
    assert exchange.timeline is not None


def test_an_exchange_waits_no_longer_than_asked(server: SandboxServer) -> None:
    """Asked for an exchange under way, the server gives what there is when the time is up."""
    with socket.create_connection(("127.0.0.1", server.port), WAIT_S) as connection:
        connection.sendall(b"GET /wait HTTP/1.1\r\n\r\n")
        start_s = time.perf_counter()
        exchange = server.exchange_of(connection.getsockname()[1], wait_s=0.1)
        assert 0.09 < time.perf_counter() - start_s < 1
    assert exchange.data(Direction.REQUEST) == b"GET /wait HTTP/1.1\r\n\r\n"
    assert exchange.data(Direction.RESPONSE) == b""


def test_an_unknown_port_gives_an_empty_exchange(server: SandboxServer) -> None:
    """A port from which nobody connected gives an exchange without bytes."""
    exchange = server.exchange_of(1, wait_s=0.01)
    assert exchange.pieces == ()
    assert exchange.request is None


def test_a_reused_port_gives_its_newest_connection(server: SandboxServer) -> None:
    """Where one port connected twice, the record is the second connection's."""
    with socket.socket() as first:
        first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        first.bind(("127.0.0.1", 0))
        port = first.getsockname()[1]
        responses = []
        for word in ("one", "two"):
            connection = first
            if word == "two":
                connection = socket.socket()
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                connection.bind(("127.0.0.1", port))
            with connection:
                connection.connect(("127.0.0.1", server.port))
                server.trust(port)
                assert server.exchange_of(port, wait_s=0).request is None
                connection.sendall(f"GET /echo/{word} HTTP/1.1\r\n\r\n".encode())
                while connection.recv(65536):
                    pass
                exchange = server.exchange_of(port, wait_s=WAIT_S)
                assert exchange.response is not None
                responses.append(exchange.response.body)
    assert responses == [b"one", b"two"]


def test_ports_of_eight_threads_never_mix(server: SandboxServer) -> None:
    """Eight threads at once each get the exchanges of their own requests."""
    mixed: list[str] = []

    def fire(number: int) -> None:
        for turn in range(25):
            word = f"{number}-{turn}"
            said = talk(server.port, f"GET /echo/{word} HTTP/1.1\r\n\r\n".encode())
            exchange = server.exchange_of(said.client_port, wait_s=WAIT_S)
            timeline = exchange.timeline
            seen = {
                exchange.request.target if exchange.request else "",
                f"/echo/{exchange.response.text}" if exchange.response else "",
                f"/echo/{timeline.view_arguments[0].value[1:-1]}" if timeline else "",
            }
            if seen != {f"/echo/{word}"}:
                mixed.append(f"{word}: {seen}")

    threads = [threading.Thread(target=fire, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert mixed == []


def test_keeps_a_bounded_number_of_exchanges(server: SandboxServer) -> None:
    """The oldest finished exchange is forgotten once there are too many; the newest ones are there."""
    ports = [
        talk(server.port, b"GET /hello HTTP/1.1\r\n\r\n").client_port for _turn in range(KEPT_FINISHED + 8)
    ]
    assert server.exchange_of(ports[-1], wait_s=WAIT_S).response is not None
    assert server.exchange_of(ports[0], wait_s=0).pieces == ()


def test_replaces_the_app_on_the_same_port(server: SandboxServer) -> None:
    """A new app answers on the port of the one before, whose waiting views are told to stop."""
    with socket.create_connection(("127.0.0.1", server.port), WAIT_S) as waiting:
        waiting.sendall(b"GET /wait HTTP/1.1\r\n\r\n")
        while server.exchange_of(waiting.getsockname()[1], wait_s=0).timeline is None:
            pass
        server.replace_app(make_app("other"))
        answered = b""
        while part := waiting.recv(65536):
            answered += part
    assert answered.endswith(b"stopped: True")
    assert talk(server.port, b"GET /hello HTTP/1.1\r\n\r\n").received.endswith(b"Hello from other")


def test_a_connection_may_have_an_app_of_its_own(server: SandboxServer) -> None:
    """An app named for a connection answers that one alone, and is stopped with the others."""
    other = make_app("other")
    with socket.create_connection(("127.0.0.1", server.port), WAIT_S) as connection:
        port = connection.getsockname()[1]
        server.trust(port, other)
        connection.sendall(b"GET /hello HTTP/1.1\r\n\r\n")
        response = server.exchange_of(port, wait_s=WAIT_S).data(Direction.RESPONSE)
    assert response.endswith(b"Hello from other")
    assert talk(server.port, b"GET /hello HTTP/1.1\r\n\r\n").received.endswith(b"Hello from served")
    server.replace_app(make_app("third"))
    assert other.extensions["stop"].is_set()


def test_without_an_app_it_says_so() -> None:
    """A server that serves no app yet answers 503."""
    with SandboxServer() as server:
        assert talk(server.port, b"GET / HTTP/1.1\r\n\r\n").received.startswith(b"HTTP/1.1 503 ")


def test_a_taken_port_is_an_error_in_words(capfd: pytest.CaptureFixture[str]) -> None:
    """A port that is in use raises an error that names it, and prints nothing."""
    with SandboxServer() as server, pytest.raises(SandboxError, match=str(server.port)):
        SandboxServer(port=server.port)
    assert capfd.readouterr() == ("", "")


def test_after_an_upgrade_nothing_of_wsgi_is_written(server: SandboxServer) -> None:
    """Once 101 is sent the server writes no HTTP, and does not wait for a client that stays."""
    with socket.create_connection(("127.0.0.1", server.port), WAIT_S) as connection:
        connection.sendall(b"GET /upgrade HTTP/1.1\r\n\r\n")
        received = connection.recv(65536)
        connection.sendall(b"not HTTP")
        while part := connection.recv(65536):
            received += part
    assert received == b"HTTP/1.1 101 Switching Protocols\r\n\r\n"


def masked_frame(opcode: int, payload: bytes) -> bytes:
    mask = os.urandom(4)
    masked = bytes(octet ^ mask[place % 4] for place, octet in enumerate(payload))
    return bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + masked


def test_a_websocket_ends_with_its_close_frame(server: SandboxServer) -> None:
    """After a 101 the record holds frames alone, to both closing frames, and no stray HTTP response."""
    key = base64.b64encode(os.urandom(16)).decode()
    hello = (
        "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()
    frames = masked_frame(1, b"hi"), masked_frame(8, b"\x03\xe8")
    with socket.create_connection(("127.0.0.1", server.port), WAIT_S) as connection:
        port = connection.getsockname()[1]
        connection.sendall(hello)
        received = b""
        while not received.endswith(b"\r\n\r\n"):
            received += connection.recv(65536)
        head = received
        connection.sendall(frames[0])
        while not received.endswith(b"bye"):
            received += connection.recv(65536)
        connection.sendall(frames[1])
        while part := connection.recv(65536):
            received += part
    exchange = server.exchange_of(port, wait_s=WAIT_S)
    assert head.startswith(b"HTTP/1.1 101 ")
    assert received == head + b"\x81\x07echo:hi" + b"\x88\x05\x03\xe8bye"
    assert exchange.data(Direction.RESPONSE) == received
    assert exchange.data(Direction.REQUEST) == hello + b"".join(frames)
    assert exchange.timeline is not None
    assert exchange.timeline.status == 101
