"""Other people's clients: too slow, too many, too large, gone. The sandbox answers the rest."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask, request
from flask.typing import ResponseReturnValue

from tests.play.sample_pack import write_pack
from tests.sandbox.plain import talk
from tests.terminal import Terminal
from tutor.client.client import Client
from tutor.learner.progress import Progress
from tutor.sandbox.server import MOST_OPEN, SandboxServer
from tutor.wire.exchange import Direction, Exchange
from tutor.wire.request import Request

WAIT_S = 30.0
MANY = 500
UPLOAD_BYTES = 100_000_000
CURL = shutil.which("curl")

needs_curl = pytest.mark.skipif(CURL is None, reason="curl is not installed here; .ci/run installs it")


def make_app() -> Flask:
    app = Flask("clients")
    app.extensions["stop"] = threading.Event()

    @app.get("/hello")
    def hello() -> str:
        return "Hello!"

    @app.get("/big")
    def big() -> bytes:
        return b"x" * 20_000_000

    @app.get("/flood")
    def flood() -> ResponseReturnValue:
        def parts() -> Iterator[bytes]:
            while True:
                yield b"x" * 65536

        return parts()

    @app.post("/take")
    def take() -> str:
        return str(len(request.get_data()))

    @app.post("/leave")
    def leave() -> str:
        return "not read"

    return app


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(make_app()) as server:
        yield server


def connect(server: SandboxServer, data: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.port), WAIT_S)
    connection.sendall(data)
    return connection


def curl(*arguments: str, limit_s: float = WAIT_S) -> subprocess.CompletedProcess[bytes]:
    assert CURL is not None
    return subprocess.run(
        [CURL, "-sS", "--noproxy", "*", *arguments], capture_output=True, timeout=limit_s, check=False
    )


def open_connections(server: SandboxServer) -> int:
    return len(server._server._threads_by_socket)


def until_none_is_open(server: SandboxServer) -> None:
    end_s = time.monotonic() + WAIT_S
    while open_connections(server):
        assert time.monotonic() < end_s
        time.sleep(0.02)


def test_clients_that_never_read_hold_nobody_up(server: SandboxServer) -> None:
    """While twenty clients leave large and endless responses unread, the tutor's request is answered."""
    with ExitStack() as open_:
        for target in (b"/big", b"/flood") * 10:
            open_.enter_context(connect(server, b"GET %s HTTP/1.1\r\n\r\n" % target))
        [exchange] = Client(server).fire(Request("GET", "/hello"))
        assert exchange.error == ""
        assert exchange.response is not None
        assert exchange.response.text == "Hello!"
    until_none_is_open(server)


def test_clients_that_send_a_byte_at_a_time_hold_nobody_up(server: SandboxServer) -> None:
    """A head, and a body, that come in drops wait by themselves, and are whole in the end."""
    slow = b"POST /take HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3\r\n\r\nabc"
    with connect(server, b"") as connection:
        port = connection.getsockname()[1]
        for place in range(len(slow)):
            connection.sendall(slow[place : place + 1])
            if place % 20 == 0:
                assert talk(server.port, b"GET /hello HTTP/1.1\r\n\r\n").received.endswith(b"Hello!")
        exchange = server.exchange_of(port, wait_s=WAIT_S)
    assert exchange.data(Direction.REQUEST) == slow
    assert exchange.response is not None
    assert exchange.response.text == "3"


@needs_curl
def test_a_curl_of_one_byte_a_second_is_one_connection(server: SandboxServer) -> None:
    """curl that sends and reads a byte a second is served beside others, and may be cut off."""
    assert CURL is not None
    slow = subprocess.Popen(
        [CURL, "-sS", "--noproxy", "*", "--limit-rate", "1", "-d", "x" * 99, f"{server.address}/take"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _turn in range(20):
            assert talk(server.port, b"GET /hello HTTP/1.1\r\n\r\n").received.endswith(b"Hello!")
    finally:
        slow.kill()
        slow.wait(WAIT_S)
    until_none_is_open(server)


def test_hundreds_of_silent_connections_give_way(server: SandboxServer) -> None:
    """Of 500 connections that say nothing the oldest go, and the tutor's own request is answered in time."""
    with ExitStack() as open_:
        for _number in range(MANY):
            open_.enter_context(connect(server, b"GET /hel"))
        [exchange] = Client(server, timeout_s=WAIT_S).fire(Request("GET", "/hello"))
        assert exchange.error == ""
        assert exchange.response is not None
        assert open_connections(server) <= MOST_OPEN
    until_none_is_open(server)


@needs_curl
def test_hundreds_of_requests_at_once_are_all_answered(server: SandboxServer) -> None:
    """curl with 500 requests in parallel gets 500 answers: who has only just come gives way to nobody."""
    done = curl(
        *("--parallel", "--parallel-immediate", "--parallel-max", "300", "-o", os.devnull),
        *("-w", "%{http_code}\\n", f"{server.address}/hello?[1-{MANY}]"),
        limit_s=4 * WAIT_S,
    )
    assert done.stdout.split() == [b"200"] * MANY, done.stderr
    until_none_is_open(server)


@needs_curl
@pytest.mark.parametrize(("target", "answer"), [("/take", str(UPLOAD_BYTES)), ("/leave", "not read")])
def test_a_large_upload_is_counted_and_not_kept(
    server: SandboxServer, tmp_path: Path, target: str, answer: str
) -> None:
    """Of 100 MB from curl the beginning is recorded and the rest counted, be the body read or not."""
    heard: list[Exchange] = []
    server.on_arrival = heard.append
    with (tmp_path / "large").open("wb") as file:
        file.truncate(UPLOAD_BYTES)
    done = curl("--data-binary", f"@{tmp_path / 'large'}", f"{server.address}{target}")
    assert done.stdout == answer.encode(), done.stderr
    until_none_is_open(server)
    end_s = time.monotonic() + WAIT_S
    while not heard:
        assert time.monotonic() < end_s
        time.sleep(0.02)
    [exchange] = heard
    assert exchange.request is not None
    # curl stops where the answer comes before it has sent everything.
    assert exchange.request.body_length == UPLOAD_BYTES or target == "/leave"
    assert len(exchange.data(Direction.REQUEST)) < 1_000_000


@needs_curl
def test_clients_that_leave_in_the_middle_are_forgotten(server: SandboxServer) -> None:
    """curl that goes in the middle of a response ends that connection alone."""
    for _turn in range(5):
        assert curl("--max-time", "0.2", "-o", os.devnull, f"{server.address}/flood").returncode == 28
    until_none_is_open(server)
    assert curl(f"{server.address}/hello").stdout == b"Hello!"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
def test_a_session_keeps_files_for_its_progress(tmp_path: Path) -> None:
    """With 256 descriptors, as on some systems, and 500 open connections, an answer is graded and kept."""
    home = tmp_path / "home"
    limited = ("sh", "-c", 'ulimit -n 256; exec "$@"', "sh")
    pack = str(write_pack(tmp_path / "pack"))
    with Terminal("--pack", pack, home=home, through=limited) as terminal, ExitStack() as open_:
        terminal.wait_for("Enter: send")
        found = re.search(r"http://127\.0\.0\.1:([0-9]+)", terminal.transcript)
        assert found
        for _number in range(MANY):
            open_.enter_context(socket.create_connection(("127.0.0.1", int(found[1])), WAIT_S))
        terminal.type("")
        assert "HTTP/1.1 200 OK" in terminal.wait_for("a–c ▸", timeout_s=WAIT_S)
        terminal.type("302 found")
        terminal.wait_for("302 sends you elsewhere.")
        terminal.type("200 OK")
        terminal.wait_for("Yes: 200 OK.")
        terminal.press("\x04")
        assert terminal.ended() == 0
        assert terminal.unlike_before == []
    with Progress(home) as progress:
        assert [each.text for each in progress.attempts()] == ["302 found", "200 OK"]


@needs_curl
def test_a_large_upload_is_one_miss_of_a_request_question(tmp_path: Path) -> None:
    """100 MB from curl at a request question are shown by their beginning, graded, and the question stays."""
    pack = str(write_pack(tmp_path / "pack"))
    with (tmp_path / "large").open("wb") as file:
        file.truncate(UPLOAD_BYTES)
    with Terminal("2.1.3", "--pack", pack, home=tmp_path / "home") as terminal:
        terminal.wait_for("Enter: send")
        terminal.type("")
        options = re.findall(r"^  ([a-d])\) (.+)$", terminal.wait_for("in order ▸"), re.MULTILINE)
        letters = {words: letter for letter, words in options}
        terminal.type("".join(letters[each] for each in ("status line", "fields", "empty line", "body")))
        terminal.wait_for("request ▸")
        found = re.search(r"http://127\.0\.0\.1:([0-9]+)", terminal.transcript)
        assert found
        done = curl(
            "-o", os.devnull, "--data-binary", f"@{tmp_path / 'large'}", f"{found[0]}/body", limit_s=100
        )
        assert done.returncode == 0, done.stderr
        terminal.wait_for("POST /body HTTP/1.1")
        terminal.wait_for("request ▸", timeout_s=2 * WAIT_S)
        assert len(terminal.raw) < 1_000_000
        assert curl("-o", os.devnull, f"{found[0]}/hello?name=Ann").returncode == 0
        terminal.wait_for("Yes.")
