"""The sandbox's socket or thread goes away in the middle: it is started again once, and then it is over."""

from __future__ import annotations

import gc
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask

from tests.command import ROOT
from tests.faults.accidents import Accident, prone
from tests.play.sample_pack import write_pack
from tests.sandbox.plain import talk
from tests.terminal import Terminal
from tutor.errors import SandboxError
from tutor.learner.progress import Progress
from tutor.sandbox.server import SandboxServer, _Server

WAIT_S = 20.0
HELLO = b"GET /hello HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
AGAIN = "The sandbox stopped by itself. It runs again, at the same address: http://127.0.0.1:"
OVER = "flask-http-tutor: The sandbox stopped for the second time: "

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals make the accidents happen")


def until(happened: Callable[[], bool]) -> None:
    """Wait until it has happened."""
    end_s = time.monotonic() + WAIT_S
    while not happened():
        assert time.monotonic() < end_s
        time.sleep(0.01)


def answers(port: int) -> None:
    """Wait until a server answers at the port."""
    end_s = time.monotonic() + WAIT_S
    while True:
        try:
            assert talk(port, HELLO).received.startswith(b"HTTP/1.1 ")
        except OSError:
            assert time.monotonic() < end_s
            time.sleep(0.05)
        else:
            return


@pytest.mark.parametrize("accident", Accident)
def test_a_session_starts_its_sandbox_again_once(accident: Accident, tmp_path: Path) -> None:
    """One line says so, and what was typed stays, as does the address; the second time it ends with 3."""
    home = tmp_path / "home"
    with Terminal(
        "--pack", str(write_pack(tmp_path / "pack")), home=home, variables=prone(tmp_path / "prone")
    ) as terminal:
        terminal.wait_for("Enter: send")
        found = re.search(r"http://127\.0\.0\.1:([0-9]+)", terminal.transcript)
        assert found
        port = int(found[1])
        terminal.press("half")
        terminal.wait_for_screen("▸ half")
        terminal.signal(accident.value)
        terminal.wait_for(AGAIN + str(port))
        terminal.wait_for_screen("▸ half")
        answers(port)
        terminal.press("\x15\r")
        assert "HTTP/1.1 200 OK" in terminal.wait_for("a–c ▸")
        terminal.type("302 found")
        terminal.wait_for("302 sends you elsewhere.")
        terminal.wait_for("a–c ▸")
        terminal.signal(accident.value)
        assert terminal.ended() == 3
        words = " ".join(terminal.transcript.split())
        assert words.count(AGAIN) == words.count(OVER) == 1
        assert words.endswith("Your progress is kept.")
        assert "Traceback" not in words
        assert terminal.unlike_before == []
    with Progress(home) as progress:
        assert [attempt.text for attempt in progress.attempts()] == ["302 found"]
        assert progress.position() is not None


def test_a_plain_session_hears_of_it_too(tmp_path: Path) -> None:
    """Without cursor movement a prompt is left for the news as well, and once more for the end."""
    with Terminal("--plain", home=tmp_path / "home", variables=prone(tmp_path / "prone")) as terminal:
        terminal.wait_for("Enter: send")
        terminal.signal(Accident.SHUT_DOWN.value)
        terminal.wait_for(AGAIN)
        terminal.wait_for("Enter: send")
        terminal.signal(Accident.SHUT_DOWN.value)
        assert terminal.ended() == 3
        assert terminal.transcript.count(OVER) == 1


def test_a_request_question_goes_on_with_another_client(tmp_path: Path) -> None:
    """While a request from any client is awaited, one that comes behind the restart is graded."""
    pack = write_pack(tmp_path / "pack")
    with Terminal(
        "2.1.3", "--pack", str(pack), home=tmp_path / "home", variables=prone(tmp_path / "prone")
    ) as terminal:
        terminal.wait_for("Enter: send")
        terminal.type("")
        question = terminal.wait_for("in order ▸")
        letters = {
            words: letter for letter, words in re.findall(r"^  ([a-d])\) (.+)$", question, re.MULTILINE)
        }
        terminal.type("".join(letters[each] for each in ("status line", "fields", "empty line", "body")))
        asked = terminal.wait_for("request ▸")
        found = re.search(r"http://127\.0\.0\.1:([0-9]+)", terminal.transcript)
        assert found, asked
        terminal.signal(Accident.CLOSED.value)
        terminal.wait_for(AGAIN)
        port = int(found[1])
        answers_to = b"GET /hello?name=Ann HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        assert talk(port, answers_to).received.endswith(b"Hello, Ann!")
        terminal.wait_for("Enter: go on")


@pytest.mark.parametrize("accident", Accident)
def test_serve_starts_again_once(accident: Accident, tmp_path: Path) -> None:
    """`serve` says so in one line and answers at its port; the second time it ends with 3 and one line."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tutor", "serve"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        env={**os.environ, "FLASK_HTTP_TUTOR_HOME": str(tmp_path), **prone(tmp_path / "prone")},
    )
    watchdog = threading.Timer(3 * WAIT_S, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:([0-9]+)", process.stdout.readline())
        assert found
        process.send_signal(accident.value)
        assert process.stdout.readline() == "\n"
        assert process.stdout.readline() == f"{AGAIN}{found[1]}.\n"
        answers(int(found[1]))
        process.send_signal(accident.value)
        out, err = process.communicate(timeout=WAIT_S)
    finally:
        watchdog.cancel()
        process.kill()
        process.wait()
    assert process.returncode == 3
    assert err.startswith(OVER)
    assert err.count("\n") == 1
    assert AGAIN not in out


def test_a_check_without_a_sandbox_ends_with_what_broke(tmp_path: Path) -> None:
    """Where the sandbox is gone for good no lesson is blamed: the run ends with one error, and 3."""
    import sandbox_app
    from tutor.check.report import CheckStatus
    from tutor.check.run import run
    from tutor.course.pack import open_pack

    def make_app(section: str, configuration: str = "") -> Flask:
        # Each step begins with a new app: the third one finds no sandbox.
        for each in gc.get_objects():
            if isinstance(each, _Server):
                with suppress(OSError):
                    each.socket.shutdown(socket.SHUT_RDWR)
        time.sleep(0.1)
        return sandbox_app.create_app(section, configuration)

    report = run(open_pack(write_pack(tmp_path / "pack")).load_all(), make_app=make_app, jobs=1)
    [error] = [each for each in report.checks if each.status is CheckStatus.ERROR]
    assert error.message.startswith("The sandbox stopped for the second time: ")
    assert report.exit_code == 3


def test_requests_in_flight_live_through_a_restart() -> None:
    """A connection that was open when the listening socket went is answered, and recorded to its end."""
    import sandbox_app

    with SandboxServer(sandbox_app.create_app("2.5")) as server:
        with socket.create_connection(("127.0.0.1", server.port), WAIT_S) as connection:
            connection.sendall(b"GET /longpoll HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            until(lambda: server.exchange_of(connection.getsockname()[1], wait_s=0).timeline is not None)
            server._server.socket.shutdown(socket.SHUT_RDWR)
            answers(server.port)
            received = b""
            while part := connection.recv(65536):
                received += part
            exchange = server.exchange_of(connection.getsockname()[1], wait_s=WAIT_S)
        assert received.startswith(b"HTTP/1.1 204 NO CONTENT\r\n")
        assert exchange.response is not None
        assert exchange.response.status == 204
        assert server.news().startswith("The sandbox stopped by itself.")
        assert server.news() == ""


def test_a_port_that_is_taken_meanwhile_ends_it() -> None:
    """Where another program has the port by then, the sandbox is over, and closes as ever."""
    server = SandboxServer()
    told = threading.Event()
    server.on_stop = told.set
    with server, socket.socket() as other:
        # Held so that the accepting thread does not look before the port is taken.
        with server._server._lock:
            server._server.socket.shutdown(socket.SHUT_RDWR)
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", server.port))
            other.listen()
        assert told.wait(WAIT_S)
        with pytest.raises(SandboxError, match=rf"cannot listen on 127\.0\.0\.1:{server.port}"):
            server.news()
    assert not [each for each in threading.enumerate() if each.name.startswith("sandbox")]


def test_a_sandbox_that_was_started_again_closes_as_ever() -> None:
    """Behind a restart a close ends every thread and frees the port."""
    server = SandboxServer()
    server._server.socket.shutdown(socket.SHUT_RDWR)
    answers(server.port)
    server.close()
    assert not [each for each in threading.enumerate() if each.name.startswith("sandbox")]
    with pytest.raises(ConnectionRefusedError):
        talk(server.port, HELLO)
