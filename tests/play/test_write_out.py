"""`:w`: the last exchange on the screen or in a file, in the words of another program."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

import sandbox_app
from tests.play.sample_pack import write_pack
from tests.sandbox.plain import talk
from tests.terminal import Terminal
from tutor.client.client import Client
from tutor.play.commands import Typed, Verb, read
from tutor.play.write_out import write_out
from tutor.sandbox.server import SandboxServer
from tutor.wire.exchange import Exchange
from tutor.wire.request import Request

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def exchange() -> Exchange:
    """The tutor's own exchange, with credentials in it."""
    with SandboxServer(sandbox_app.create_app("2.3")) as server:
        client = Client(server)
        [found] = client.fire(Request("GET", "/hello", (("Cookie", "name=Grey"), ("X-Hostile", "\x1b[31m"))))
        client.close()
    return found


def written(exchange: Exchange, argument: str, *, arrived: bool = False) -> str:
    """What is printed, as text."""
    host = exchange.request.value("Host") if exchange.request else None
    lines = write_out(exchange, argument, address=f"http://{host}", now=NOW, arrived=arrived)
    return "\n".join(str(line) for line in lines)


def test_a_lesson_writes_the_last_exchange(tmp_path: Path) -> None:
    """At a prompt :w prints the exchange for curl; with a file name it writes, never over a file."""
    pack = str(write_pack(tmp_path / "pack"))
    archive = tmp_path / "out.har"
    with Terminal("--pack", pack, home=tmp_path / "home", columns=200) as terminal:
        terminal.wait_for("Enter: send")
        terminal.type(":w curl")
        terminal.wait_for("Nothing has been fired yet in this step.")
        terminal.wait_for("Enter: send")
        terminal.type("")
        terminal.wait_for("a–c ▸")
        terminal.type(":w curl")
        text = terminal.wait_for("a–c ▸")
        assert re.search(r"^curl -i --noproxy '\*' http://127\.0\.0\.1:[0-9]+/hello$", text, re.MULTILINE)
        terminal.type(f":w har {archive}")
        terminal.wait_for(f"Written to {archive}.")
        terminal.wait_for("a–c ▸")
        terminal.type(f":export python {archive}")
        terminal.wait_for("exists already and stays as it is.")
        terminal.wait_for("a–c ▸")
        terminal.type(":w")
        terminal.wait_for(":w curl, :w python and :w har write the last exchange")
    [entry] = json.loads(archive.read_text("utf-8"))["log"]["entries"]
    assert entry["request"]["url"].endswith("/hello")
    assert entry["response"]["status"] == 200


def test_write_has_three_names() -> None:
    """`:w`, `:write` and `:export` are the same command."""
    for name in ("w", "write", "export"):
        assert read(f":{name} har out.har") == Typed(verb=Verb.WRITE, argument="har out.har")


def test_python_that_was_written_runs(tmp_path: Path) -> None:
    """The file is a program that prints the answer."""
    file = tmp_path / "again.py"
    with SandboxServer(sandbox_app.create_app("2.1")) as server:
        client = Client(server)
        [exchange] = client.fire(Request("GET", "/hello?name=Grey"))
        assert written(exchange, f"python {file}") == f"Written to {file}."
        done = subprocess.run(
            [sys.executable, str(file)], capture_output=True, text=True, timeout=30, check=True
        )
        client.close()
    assert "Hello, Grey!" in done.stdout


@pytest.mark.parametrize("form", ["curl", "python", "har"])
def test_what_is_printed_commands_no_terminal(exchange: Exchange, form: str) -> None:
    """Escape sequences of the wire are written in the escapes of the shell, of Python and of JSON."""
    text = written(exchange, form)
    assert all(line.isprintable() for line in text.split("\n"))
    assert "[31m" in text


@pytest.mark.parametrize("form", ["curl", "python", "har"])
def test_a_file_holds_no_credentials_of_other_clients(tmp_path: Path, form: str) -> None:
    """Cookie and Authorization of an arrival are redacted in a file, and shown on the screen."""
    heard: list[Exchange] = []
    with SandboxServer(sandbox_app.create_app("2.3")) as server:
        server.on_arrival = heard.append
        secret = b"Cookie: name=Grey\r\nAuthorization: Basic eDp5\r\n"
        talk(
            server.port, b"GET /hello HTTP/1.1\r\nHost: " + server.host.encode() + b"\r\n" + secret + b"\r\n"
        )
    [arrival] = heard
    file = tmp_path / "out"
    assert written(arrival, f"{form} {file}", arrived=True) == f"Written to {file}."
    text = file.read_text("utf-8")
    assert "[redacted]" in text
    assert "eDp5" not in text
    assert "name=Grey" not in text
    assert "eDp5" in written(arrival, form, arrived=True)


def test_the_tutors_own_credentials_are_evidence_and_stay(exchange: Exchange, tmp_path: Path) -> None:
    """A Cookie that the lesson itself sent is written."""
    file = tmp_path / "out"
    written(exchange, f"curl {file}")
    assert "Cookie: name=Grey" in file.read_text("utf-8")


def test_a_file_that_cannot_be_written_is_told_in_one_line(exchange: Exchange, tmp_path: Path) -> None:
    """A folder that is not there costs one line and nothing else."""
    assert "cannot be written: No such file" in written(exchange, f"har {tmp_path}/no/out.har")


def test_an_archive_is_dated_when_the_exchange_was(exchange: Exchange) -> None:
    """Written later, it still tells the time of the exchange."""
    entry = json.loads(written(exchange, "har"))["log"]["entries"][0]
    assert datetime.fromisoformat(entry["startedDateTime"]) < NOW
