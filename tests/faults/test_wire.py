"""Answers that break HTTP, on purpose or not: each ends in time, in words, and as what crossed the wire."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.command import ROOT, flask_http_tutor
from tests.faults.hostile import CHUNKED, HEAD, WAIT_S, Answer, bomb, endless, says
from tutor.client.client import Client
from tutor.sandbox.running import RunningServer
from tutor.wire.exchange import Direction, Exchange
from tutor.wire.request import RawRequest, Request

GET = Request("GET", "/x")
RAW = RawRequest(b"GET /x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
TIMEOUT_S = 2.0
ODD = b"Content-Length: 2\r\n\r\nhi"

BROKEN: dict[str, tuple[bytes, int | None, str]] = {
    "a length that is cut": (HEAD + b"Content-Length: 10\r\n\r\nabc", 200, "The connection ended before"),
    "a length beyond all": (
        HEAD + b"Content-Length: %d\r\n\r\nabc" % 10**20,
        200,
        "The connection ended before",
    ),
    "two lengths": (
        HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi!",
        200,
        "The head of the response contradicts itself",
    ),
    "a chunk without a size": (CHUNKED + b"zz\r\nabc\r\n", 200, "A chunk does not begin with its size."),
    "a chunk that is longer": (
        CHUNKED + b"3\r\nabcd\r\n0\r\n\r\n",
        200,
        "A chunk does not begin with its size.",
    ),
    "a chunk that is cut": (CHUNKED + b"5\r\nab", 200, "The connection ended before"),
    "a chunk beyond all": (CHUNKED + b"f" * 17 + b"\r\nabc", 200, "The connection ended before"),
    "no gzip": (
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        200,
        "The body is not coded as",
    ),
    "garbage": (b"\x00\xff\x16\x03 garbage", 0, "What came back does not begin with a status line."),
    "nothing": (b"", None, "The server closed the connection without an answer."),
    "200 fields": (
        HEAD + b"".join(b"X-%d: y\r\n" % number for number in range(200)) + ODD,
        200,
        "The head of the response cannot be read: got more than 100 headers.",
    ),
    "a line of 70 KB": (
        HEAD + b"X: " + b"a" * 70_000 + b"\r\n" + ODD,
        200,
        "The head of the response cannot be read: got more than 65536 bytes",
    ),
    "a status line of 70 KB": (
        b"HTTP/1.1 200 " + b"a" * 70_000 + b"\r\n" + ODD,
        200,
        "The head of the response cannot be read: got more than 65536 bytes",
    ),
    "interim responses first": (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + HEAD + ODD,
        200,
        "",
    ),
}
"""What is said, the status that stands in it, and how the words begin that tell what was wrong."""

ENDLESS: dict[str, Answer] = {
    "a body": endless(HEAD + b"\r\n", b"x" * 65536),
    "chunks": endless(CHUNKED, b"10000\r\n" + b"x" * 65536 + b"\r\n"),
    "one chunk": endless(CHUNKED + b"ffffffffff\r\n", b"x" * 65536),
    "a drip": endless(HEAD + b"\r\n", b"x", pause_s=0.2),
    "events": endless(HEAD.replace(b"plain", b"event-stream") + b"\r\n", b"data: x\n\n"),
    "interim responses": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "fields": endless(HEAD, b"X: y\r\n"),
    "a status line": endless(b"HTTP/1.1 200 ", b"x" * 65536),
    "zeros, packed": bomb(),
}


def fire(port: int, request: Request | RawRequest) -> Exchange:
    [exchange] = Client(RunningServer(port), timeout_s=TIMEOUT_S).fire(request)
    return exchange


@pytest.mark.parametrize("name", BROKEN)
def test_what_breaks_the_rules_is_told_and_recorded(name: str) -> None:
    """What came is the record, to the last byte that was read; what is wrong stands in one sentence."""
    answer, status, words = BROKEN[name]
    with says(answer) as port:
        exchange = fire(port, GET)
        raw = fire(port, RAW)
    assert exchange.error.startswith(words) if words else exchange.error == ""
    assert "\n" not in exchange.error
    assert (exchange.response.status if exchange.response else None) == status
    assert answer.startswith(exchange.data(Direction.RESPONSE))
    # A plain socket has no opinion.
    assert raw.error == ""
    assert raw.data(Direction.RESPONSE) == answer
    if name == "interim responses first":
        assert [each.status for each in exchange.responses] == [100, 103, 200]


@pytest.mark.parametrize("request_", [GET, RAW], ids=["requests", "raw"])
@pytest.mark.parametrize("name", ENDLESS)
def test_what_never_ends_is_left(name: str, request_: Request | RawRequest) -> None:
    """The client leaves at its limit, of time or of bytes, and says why; what it keeps is bounded."""
    started_s = time.monotonic()
    with says(ENDLESS[name]) as port:
        exchange = fire(port, request_)
    assert time.monotonic() - started_s < WAIT_S
    assert exchange.error or name == "zeros, packed"
    assert "\n" not in exchange.error
    assert sum(len(piece.data) for piece in exchange.pieces) < 1_000_000


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("name", ["one chunk", "zeros, packed"])
def test_nothing_fills_the_memory(name: str, raw: bool, tmp_path: Path) -> None:
    """With 1.5 GB of address space `send` gets through a flood, and through gigabytes that are packed."""
    (tmp_path / "raw").write_bytes(RAW.data)
    words = ("--raw", str(tmp_path / "raw")) if raw else ("GET", "/")
    with says(ENDLESS[name]) as port:
        done = subprocess.run(
            [
                *("sh", "-c", 'ulimit -v 1500000; exec "$@"', "sh", sys.executable, "-m", "tutor", "send"),
                *("--at", f"http://127.0.0.1:{port}", *words),
            ],
            capture_output=True,
            text=True,
            timeout=100,
            cwd=ROOT,
            env={**os.environ, "FLASK_HTTP_TUTOR_HOME": str(tmp_path)},
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert "HTTP/1.1 200 OK" in done.stdout
    assert done.stderr.count("\n") <= 1


@pytest.mark.parametrize("name", ["nothing", "garbage", "200 fields", "a chunk beyond all"])
def test_send_says_it_in_one_line(name: str, tmp_path: Path) -> None:
    """What crossed stands on stdout; 3 and one line where there is no response, otherwise 0."""
    answer, status, _words = BROKEN[name]
    with says(answer) as port:
        outcome = flask_http_tutor("send", "--at", f"http://127.0.0.1:{port}", "GET", "/x", home=tmp_path)
    assert outcome.code == (3 if status is None else 0)
    assert "GET /x HTTP/1.1" in outcome.out
    assert outcome.err.count("\n") == (status is None)
    assert "Traceback" not in outcome.err
