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
import simple_websocket

from tests.command import ROOT, flask_http_tutor
from tests.sandbox.plain import talk
from tutor.serve.port_holder import port_holder

WAIT_S = 20.0


@dataclass
class Served:
    """A running `serve`; its output is read as it comes."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)
    """When each line was printed."""

    def read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.times_s.append(time.monotonic())
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
        # Waiting with a limit would look only every 50 ms.
        watchdog = threading.Timer(WAIT_S, self.process.kill)
        watchdog.start()
        started_s = time.perf_counter()
        self.process.send_signal(with_signal)
        code = self.process.wait()
        took_s = time.perf_counter() - started_s
        watchdog.cancel()
        return code, took_s


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
        lines = served.wait_for("Flask: rule /hello, view hello(), status 200")
    text = "\n".join(lines)
    assert "GET /hello HTTP/1.1" in text
    assert "Cookie: name=Grey" in text
    assert "Authorization: Basic eDp5" in text
    assert "HTTP/1.1 200 OK" in text


@pytest.mark.parametrize(("lesson", "has_pages"), [("2.1", False), ("2.3", True), ("2.5", True)])
def test_the_address_of_the_pages_is_told_first(lesson: str, has_pages: bool, tmp_path: Path) -> None:
    """Where a section has pages for a browser, their address stands under the sandbox's, and answers."""
    with serve("--lesson", lesson, home=tmp_path) as served:
        address = f"http://127.0.0.1:{served.port}/pages/"
        answer = talk(served.port, b"GET /pages/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").received
        lines = served.wait_for("Flask: ")
    assert (lines[1] == f"Its pages for a browser: {address}") is has_pages
    assert answer.startswith(b"HTTP/1.1 200 OK" if has_pages else b"HTTP/1.1 404 NOT FOUND")


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
        lines = served.wait_for("Flask: ", times=count)
    blocks = arrivals(lines)
    assert len(blocks) == count
    seen = set()
    for block in blocks.values():
        text = "\n".join(block)
        [asked] = re.findall(r"^GET /hello\?name=(n[0-9]+n) HTTP/1.1", text, re.MULTILINE)
        [answered] = re.findall(r"^Hello, (n[0-9]+n)!", text, re.MULTILINE)
        assert asked == answered
        assert text.count("HTTP/1.1 200 OK") == text.count("Flask: rule /hello") == 1
        seen.add(asked)
    assert len(seen) == count


def arrivals(lines: list[str]) -> dict[int, list[str]]:
    """The lines of each arrival by its number: those of its block, or those that begin with the number."""
    found: dict[int, list[str]] = {}
    block = 0
    for line in lines:
        if heading := re.match(r"Arrival ([0-9]+), [0-9:]{8}", line):
            block = int(heading[1])
            found[block] = []
        elif numbered := re.match(r"\[([0-9]+)\] (.*)", line):
            found[int(numbered[1])].append(numbered[2])
        elif line and block:
            found[block].append(line)
    return found


def as_bytes(lines: list[str]) -> bytes:
    """What crossed the wire, from how it was printed in plain output."""
    data = b""
    for line in lines:
        if line.startswith("Note: "):
            continue
        for mark, end in ((" [CRLF]", b"\r\n"), (" [LF]", b"\n"), ("", b"")):
            if line.endswith(mark):
                data += line.removesuffix(mark).encode() + end
                break
    return data


def test_a_stream_is_printed_while_it_runs_byte_for_byte(tmp_path: Path) -> None:
    """Its request and each chunk are there long before its end; all its lines together are what crossed."""
    with serve("--lesson", "2.5", home=tmp_path) as served:
        asked = b"GET /silent HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        stream = talk(served.port, asked)
        lines = served.wait_for("[1] ended ")
    [first] = [place for place, line in enumerate(lines) if line.startswith("[1] data: 1")]
    [ended] = [place for place, line in enumerate(lines) if line.startswith("[1] ended ")]
    # The view is silent for two seconds in between.
    assert served.times_s[ended] - served.times_s[first] > 0.5
    [exchange] = arrivals(lines).values()
    answered = exchange.index("Response:")
    assert exchange[0] == "Request:"
    assert as_bytes(exchange[1:answered]) == asked
    assert as_bytes(exchange[answered + 1 : -2]) == stream.received
    assert exchange[-2].startswith("Flask: rule /silent, view silent(), status 200")


def test_others_may_stand_between_the_lines_of_a_stream(tmp_path: Path) -> None:
    """Two streams and short requests at once: each line is under its number or in a block, none is lost."""
    with serve("--lesson", "2.5", home=tmp_path) as served:
        asked = b"GET /sse HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        received: list[bytes] = []
        threads = [
            threading.Thread(target=lambda: received.append(talk(served.port, asked).received))
            for _stream in range(2)
        ]
        for thread in threads:
            thread.start()
        for _poll in range(5):
            talk(served.port, b"GET /poll HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            time.sleep(0.05)
        for thread in threads:
            thread.join(WAIT_S)
        lines = served.wait_for("Flask: ", times=7)
        served.wait_for("] ended ", times=2)
    exchanges = arrivals(lines).values()
    streams = [exchange for exchange in exchanges if "GET /sse HTTP/1.1 [CRLF]" in exchange]
    assert sorted(
        as_bytes(stream[stream.index("Response:") + 1 : stream.index("0 [CRLF]")]) for stream in streams
    ) == sorted(each.removesuffix(b"0\r\n\r\n") for each in received)
    assert sum(exchange[1] == "GET /poll HTTP/1.1 [CRLF]" for exchange in exchanges) == 5


def test_a_websocket_is_printed_frame_by_frame(tmp_path: Path) -> None:
    """The handshake is there before a word is said, and each frame of either side has its line."""
    with serve("--lesson", "2.5", home=tmp_path) as served:
        socket_ = simple_websocket.Client(f"ws://127.0.0.1:{served.port}/ws")
        try:
            served.wait_for("[1] HTTP/1.1 101 Switching Protocols")
            socket_.send("hi")
            assert socket_.receive(timeout=WAIT_S) == "echo:hi"
            lines = served.wait_for('text "echo:hi"')
            assert not any("ended" in line for line in lines)
        finally:
            socket_.close()
        lines = served.wait_for("[1] ended ")
    frames = [line.split("  ")[1] for line in lines if line.startswith(("[1] client:", "[1] server:"))]
    assert frames[:2] == ['text "hi"', 'text "echo:hi"']
    assert set(frames[2:]) == {'close "1000"'}


def test_a_long_poll_shows_its_request_before_the_answer(tmp_path: Path) -> None:
    """What waits is seen to wait: the request first, then the answer, under one number."""
    with serve("--lesson", "2.5", home=tmp_path) as served:
        talk(served.port, b"GET /longpoll HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        lines = served.wait_for("[1] ended ")
    asked = lines.index("[1] GET /longpoll HTTP/1.1 [CRLF]")
    answered = lines.index("[1] HTTP/1.1 204 NO CONTENT [CRLF]")
    [headed] = [line for line in lines if line.startswith("Arrival 1, ")]
    assert headed.endswith("it goes on; its lines begin with [1]")
    assert served.times_s[answered] - served.times_s[asked] > 0.05


def test_a_request_that_is_not_whole_is_told_of(tmp_path: Path) -> None:
    """Whoever forgets the empty line hears of it after a second, and sees the request once it is whole."""
    with (
        serve(home=tmp_path) as served,
        socket.create_connection(("127.0.0.1", served.port), 5) as connection,
    ):
        connection.sendall(b"GET /hello HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        [told] = [line for line in served.wait_for("not whole yet") if "not whole yet" in line]
        assert told.startswith("Arrival 1, ")
        connection.sendall(b"\r\n")
        lines = served.wait_for("[1] ended ")
    assert "[1] GET /hello HTTP/1.1 [CRLF]" in lines
    assert "[1] Hello, Flask!" in lines


def test_hostile_bytes_are_escaped(tmp_path: Path) -> None:
    """What a client sends cannot command the terminal."""
    with serve(home=tmp_path) as served:
        talk(served.port, b"GET /\x1b[31m HTTP/1.1\r\nHost: 127.0.0.1\r\nX: \x1b]0;t\x07\r\n\r\n")
        text = "\n".join(served.wait_for("Flask: "))
    assert "\x1b" not in text
    assert "\x07" not in text


def test_a_silent_connection_is_no_arrival(tmp_path: Path) -> None:
    """Connections that a browser opens in advance, and never uses, print nothing."""
    with serve(home=tmp_path) as served:
        socket.create_connection(("127.0.0.1", served.port), 5).close()
        talk(served.port, b"GET /hello HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        lines = served.wait_for("Flask: ")
    assert [line for line in lines if line.startswith("Arrival")] == [lines[2]]


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_it_at_once_whatever_is_open(sent: signal.Signals, code: int, tmp_path: Path) -> None:
    """Ctrl-C ends with 130, SIGTERM with 143, with a stream, a long poll and a WebSocket open at once.

    What an end takes is measured beside that of a Python that only sleeps, and the quickest of some is held:
    a busy machine can make an end look slow, and never quick.
    """
    took_s: list[float] = []
    bare_s: list[float] = []
    for _attempt in range(10):
        with serve("--lesson", "2.5", home=tmp_path) as served:
            still_open = [opened(served.port, target) for target in ("/silent", "/longpoll", "/ws")]
            all_open = all(is_open(each) for each in still_open)
            ended, end_s = served.end(sent)
            for each in still_open:
                each.close()
            assert "Traceback" not in "\n".join(served.lines)
        assert ended == code
        if all_open:
            took_s.append(end_s)
            bare_s.append(end_of_a_bare_python(sent))
        if took_s and min(took_s) - min(bare_s) < 0.2:
            return
    raise AssertionError(f"{took_s} against {bare_s} seconds")


def opened(port: int, target: str) -> socket.socket:
    """A connection on which the target has been asked for."""
    fields = b"Host: 127.0.0.1\r\n"
    if target == "/ws":
        fields += b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        fields += b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    connection = socket.create_connection(("127.0.0.1", port), 5)
    connection.sendall(b"GET %s HTTP/1.1\r\n%s\r\n" % (target.encode(), fields))
    if target != "/longpoll":
        assert connection.recv(7) == b"HTTP/1."
    return connection


def is_open(connection: socket.socket) -> bool:
    """Whether the server has not closed it, read up to now."""
    connection.setblocking(False)
    try:
        while connection.recv(65536):
            pass
    except BlockingIOError:
        return True
    return False


def end_of_a_bare_python(with_signal: signal.Signals) -> float:
    """Seconds that a process which only sleeps takes to end at the signal."""
    code = "import time; print('up', flush=True); time.sleep(60)"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        started_s = time.perf_counter()
        process.send_signal(with_signal)
        process.wait(WAIT_S)
        return time.perf_counter() - started_s


def test_a_taken_port_is_one_line_that_helps(tmp_path: Path) -> None:
    """Who holds the port, where the system tells, and how to take a free one is one line; the code is 3."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcome = flask_http_tutor("serve", "--port", str(port), home=tmp_path)
    assert outcome.code == 3
    assert outcome.out == ""
    assert outcome.err.count("\n") == 1
    if Path("/proc/net/tcp").exists():
        assert f"Port {port} is taken by process {os.getpid()} (" in outcome.err
    else:
        assert f"Port {port} is taken, perhaps by" in outcome.err
    assert "--port 0" in outcome.err


def test_who_holds_a_port_is_told_only_where_it_can_be_found_out(tmp_path: Path) -> None:
    """A port that nobody holds, or a system without such tables, names nobody."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert port_holder(port, tmp_path) is None
    assert port_holder(port) is None


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
        lines = served.wait_for("Flask: ")
    assert outcome.code == 0
    assert outcome.err == ""
    assert "Hello, Li!" in outcome.out
    assert "Hello, Li!" in lines
