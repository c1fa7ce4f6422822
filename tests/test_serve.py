"""`serve` in a process of its own, with real clients."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.command import ROOT, flask_http_tutor
from tests.sandbox.plain import talk

WAIT_S = 20.0


@dataclass
class Served:
    """A running `serve`; its output is read as it comes."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    @property
    def port(self) -> int:
        found = re.search(r"http://127\.0\.0\.1:([0-9]+)", self.lines[0])
        assert found, self.lines
        return int(found[1])

    def wait_for(self, words: str, *, times: int = 1) -> list[str]:
        """The lines, once the words stand in so many of them."""
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            if sum(words in line for line in self.lines) >= times:
                return list(self.lines)
            time.sleep(0.01)
        raise AssertionError(f"{words!r} did not come {times} times: {self.lines}")

    def end(self, with_signal: signal.Signals) -> tuple[int, float]:
        """The exit code, and how many seconds the end took."""
        started_s = time.perf_counter()
        self.process.send_signal(with_signal)
        code = self.process.wait(WAIT_S)
        return code, time.perf_counter() - started_s


@contextmanager
def serve(*arguments: str, home: Path) -> Iterator[Served]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tutor", "serve", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        env={**os.environ, "FLASK_HTTP_TUTOR_HOME": str(home)},
    )
    served = Served(process)
    reader = threading.Thread(target=served.read, daemon=True)
    reader.start()
    try:
        served.wait_for("http://127.0.0.1:")
        yield served
    finally:
        process.kill()
        process.wait(WAIT_S)
        reader.join(WAIT_S)
        assert process.stdout is not None
        process.stdout.close()


def test_each_arrival_is_printed_raw_with_flasks_side(tmp_path: Path) -> None:
    """The address comes first, then what any client sent and got, credentials shown, and what Flask did."""
    with serve("--lesson", "2.3", home=tmp_path) as served:
        assert "2.3" in served.lines[0]
        secrets = b"Cookie: name=Grey\r\nAuthorization: Basic eDp5\r\n"
        request = b"GET /hello HTTP/1.1\r\nHost: 127.0.0.1\r\n" + secrets
        assert talk(served.port, request + b"\r\n").received.endswith(b"Hello, Grey!")
        lines = served.wait_for("Flask  /hello → hello() → 200")
    text = "\n".join(lines)
    assert "GET /hello HTTP/1.1" in text
    assert "Cookie: name=Grey" in text
    assert "Authorization: Basic eDp5" in text
    assert "HTTP/1.1 200 OK" in text


def test_arrivals_at_the_same_time_are_not_mixed(tmp_path: Path) -> None:
    """Twenty at once are printed one whole exchange after the other."""
    count = 20
    with serve("--lesson", "2.1", home=tmp_path) as served:

        def ask(number: int) -> None:
            talk(served.port, f"GET /hello?name=n{number}n HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(WAIT_S)
        lines = served.wait_for("Flask  ", times=count)
    blocks = re.split(r"^Arrival [0-9]+, .*$", "\n".join(lines), flags=re.MULTILINE)[1:]
    assert len(blocks) == count
    seen = set()
    for block in blocks:
        [asked] = re.findall(r"^GET /hello\?name=(n[0-9]+n) HTTP/1.1", block, re.MULTILINE)
        [answered] = re.findall(r"^Hello, (n[0-9]+n)!", block, re.MULTILINE)
        assert asked == answered
        assert block.count("HTTP/1.1 200 OK") == block.count("Flask  /hello") == 1
        seen.add(asked)
    assert len(seen) == count


def test_hostile_bytes_are_escaped(tmp_path: Path) -> None:
    """What a client sends cannot command the terminal."""
    with serve(home=tmp_path) as served:
        talk(served.port, b"GET /\x1b[31m HTTP/1.1\r\nHost: 127.0.0.1\r\nX: \x1b]0;t\x07\r\n\r\n")
        text = "\n".join(served.wait_for("Flask  "))
    assert "\x1b" not in text
    assert "\x07" not in text


def test_a_silent_connection_is_no_arrival(tmp_path: Path) -> None:
    """Connections that a browser opens in advance, and never uses, print nothing."""
    with serve(home=tmp_path) as served:
        socket.create_connection(("127.0.0.1", served.port), 5).close()
        talk(served.port, b"GET /hello HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        lines = served.wait_for("Flask  ")
    assert [line for line in lines if line.startswith("Arrival")] == [lines[2]]


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_it_at_once_whatever_is_open(sent: signal.Signals, code: int, tmp_path: Path) -> None:
    """Ctrl-C ends with 130 and SIGTERM with 143 within a fifth of a second, a stream in flight or not."""
    with serve("--lesson", "2.5", home=tmp_path) as served:
        with socket.create_connection(("127.0.0.1", served.port), 5) as stream:
            stream.sendall(b"GET /sse HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert stream.recv(12) == b"HTTP/1.1 200"
            ended, took_s = served.end(sent)
        assert ended == code
        # Its close, and the end of a process on a busy machine.
        assert took_s < 0.6
        assert "Traceback" not in "\n".join(served.lines)


def test_a_taken_port_is_one_line_that_helps(tmp_path: Path) -> None:
    """Who might hold the port and how to take a free one is said in one line; the code is 3."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcome = flask_http_tutor("serve", "--port", str(port), home=tmp_path)
    assert outcome.code == 3
    assert outcome.out == ""
    assert outcome.err.count("\n") == 1
    assert f"Port {port} is taken, perhaps by" in outcome.err
    assert "--port 0" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--lesson", "7.1"], "There is no sandbox for 7.1"),
        (["--app", "nonsense"], "section 2.1 has no configuration 'nonsense'"),
        (["--port", "70000"], "70000"),
    ],
)
def test_a_wrong_call_is_one_line(arguments: list[str], words: str, tmp_path: Path) -> None:
    """A usage error ends with 2 and says what there is."""
    outcome = flask_http_tutor("serve", *arguments, home=tmp_path)
    assert outcome.code == 2
    assert outcome.err.count("\n") == 1
    assert words in outcome.err


def test_send_reaches_it_and_cookies_are_the_clients_own(tmp_path: Path) -> None:
    """`send --at` and a running serve make one exchange, printed at both ends."""
    with serve("--lesson", "2.3", home=tmp_path) as served:
        address = f"http://127.0.0.1:{served.port}"
        outcome = flask_http_tutor("send", "--at", address, "GET", "/hello", "Cookie:name=Li", home=tmp_path)
        lines = served.wait_for("Flask  ")
    assert outcome.code == 0
    assert outcome.err == ""
    assert "Hello, Li!" in outcome.out
    assert "Hello, Li!" in lines
