"""What curl and Python are told is run, and the server says whether it was the same exchange."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.export.recorded import RAW, REQUESTS, WAIT_S, absent, any_server, meaning, sent
from tests.faults.office import PROXIES
from tutor.client.client import Client
from tutor.course.model import Frame, WebSocketBlock
from tutor.export.curl import curl_command, quoted
from tutor.export.python import python_code
from tutor.sandbox.server import SandboxServer
from tutor.wire.exchange import Direction, Exchange
from tutor.wire.request import RawRequest

Table = tuple[SandboxServer, Client, "SimpleQueue[Exchange]"]

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    with any_server() as found:
        yield found


PROXIED = os.environ | PROXIES


def run_shell(command: str) -> subprocess.CompletedProcess[bytes]:
    # By stdin: one argument holds 128 KiB.
    return subprocess.run(
        ["bash"], input=command.encode(), env=PROXIED, capture_output=True, timeout=WAIT_S, check=False
    )


@needs_curl
@needs_bash
@pytest.mark.parametrize("name", [*REQUESTS, *RAW])
def test_the_curl_command_does_the_same_exchange(table: Table, name: str) -> None:
    """Run in a shell, past its proxies, the command makes the same request and gets the same answer."""
    server, client, arrived = table
    [original] = client.fire(sent(name))
    command = curl_command(original, address=server.address)
    assert all(line.isprintable() for line in command.split("\n"))
    done = run_shell(command)
    again = arrived.get(timeout=WAIT_S)
    if "telnet://" in command:
        assert name in RAW
        assert again.data(Direction.REQUEST) == original.data(Direction.REQUEST)
    else:
        assert meaning(again.request) == meaning(original.request)
        assert absent(again.request) == absent(original.request)
    assert original.response is not None
    assert again.response is not None
    if name == "another host":
        # Only the tutor itself may say any Host.
        assert again.response.status == 400
        return
    assert again.response.status == original.response.status
    if name == "coded":
        assert b"coded coded" in done.stdout
    else:
        assert again.response.body == original.response.body
        assert original.response.body in done.stdout


@pytest.mark.parametrize("name", [*REQUESTS, *RAW])
def test_the_python_code_does_the_same_exchange(table: Table, tmp_path: Path, name: str) -> None:
    """Run by Python, past the proxies, the code makes the same request and prints the answer."""
    server, client, arrived = table
    [original] = client.fire(sent(name))
    code = python_code(original, address=server.address)
    assert code.isascii()
    program = tmp_path / "again.py"
    program.write_text(code, "ascii")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(program)],
        env=PROXIED,
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    again = arrived.get(timeout=WAIT_S)
    if "import socket" in code:
        assert again.data(Direction.REQUEST) == original.data(Direction.REQUEST)
    else:
        assert meaning(again.request) == meaning(original.request)
        assert absent(again.request) == absent(original.request)
    assert original.response is not None
    assert again.response is not None
    if name == "another host":
        # Only the tutor itself may say any Host.
        assert again.response.status == 400
        return
    assert again.response.status == original.response.status
    if original.response.status:
        assert str(original.response.status) in done.stdout
    assert (original.response.body.decode() if name != "coded" else "coded coded") in done.stdout


def spoken(client: Client) -> Exchange:
    """A WebSocket on which a word was said and answered, then closed; without an octet that telnet knows."""
    frames = (
        Frame(send=True, opcode="text", data="hi"),
        Frame(send=False, opcode="text", data="echo: hi"),
        Frame(send=True, opcode="close", data="1000 bye"),
        Frame(send=False, opcode="close"),
    )
    while True:
        # Masks are drawn anew each time.
        [exchange] = client.fire_websocket(WebSocketBlock(id="ws", target="/talk", frames=frames, line=1))
        assert not exchange.error
        if b"\xff" not in exchange.data(Direction.REQUEST):
            return exchange


def test_the_python_code_of_a_websocket_says_the_same_frames(table: Table, tmp_path: Path) -> None:
    """The handshake is awaited and the echo too, so that the server hears every frame and answers it."""
    server, client, arrived = table
    original = spoken(client)
    program = tmp_path / "again.py"
    program.write_text(python_code(original, address=server.address), "ascii")
    command = [sys.executable, "-W", "error", str(program)]
    done = subprocess.run(command, env=PROXIED, capture_output=True, text=True, timeout=WAIT_S, check=True)
    again = arrived.get(timeout=WAIT_S)
    assert again.data(Direction.REQUEST) == original.data(Direction.REQUEST)
    assert again.data(Direction.RESPONSE) == original.data(Direction.RESPONSE)
    assert "echo: hi" in done.stdout


@needs_curl
@needs_bash
def test_the_curl_command_of_a_websocket_says_the_same_frames(table: Table) -> None:
    """By telnet, with pauses, the frames cross as they were."""
    server, client, arrived = table
    original = spoken(client)
    done = run_shell(curl_command(original, address=server.address))
    again = arrived.get(timeout=WAIT_S)
    assert again.data(Direction.REQUEST) == original.data(Direction.REQUEST)
    assert again.data(Direction.RESPONSE) == original.data(Direction.RESPONSE)
    assert b"echo: hi" in done.stdout


def test_what_most_requests_need_is_short(table: Table) -> None:
    """A plain GET is `curl -i`, no proxy and the address; nothing that curl says by itself is said for it."""
    server, client, _arrived = table
    [exchange] = client.fire(REQUESTS["get"])
    assert curl_command(exchange, address=server.address) == (
        f"curl -i --noproxy '*' '{server.address}/hello?name=Grey&x=%20'"
    )
    assert "headers" not in python_code(exchange, address=server.address).partition("print")[0]


def test_most_requests_are_told_to_requests_and_not_to_a_socket(table: Table) -> None:
    """Only what `requests` would set right is sent by a plain socket."""
    server, client, _arrived = table
    by_socket = {
        name
        for name in [*REQUESTS, *RAW]
        if "import socket" in python_code(client.fire(sent(name))[0], address=server.address)
    }
    assert by_socket == {"one field twice", *RAW} - {"an empty field"}


def test_an_octet_that_telnet_means_something_by_is_not_sent_by_telnet(table: Table) -> None:
    """curl would double 255, so that such bytes are handed to nc."""
    server, client, _arrived = table
    [exchange] = client.fire(RawRequest(b"\xff\r\n\r\n"))
    assert curl_command(exchange, address=server.address) == (
        f"(printf '\\377\\r\\n\\r\\n'; sleep 1) | nc 127.0.0.1 {server.port}"
    )


@needs_bash
@settings(deadline=None, max_examples=40)
@given(st.binary(max_size=30).map(lambda data: data.replace(b"\0", b"")))
def test_a_quoted_word_is_the_same_bytes_in_a_shell(data: bytes) -> None:
    """Whatever stands in a body or a field, the shell hands it on as it was, and a terminal can show it."""
    word = quoted(data)
    assert all(line.isprintable() for line in word.split("\n"))
    assert run_shell(f"printf %s {word}").stdout == data
