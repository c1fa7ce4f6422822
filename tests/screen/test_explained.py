"""The explained view."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from flask import Flask

from tutor.client.client import Client
from tutor.sandbox.server import SandboxServer
from tutor.screen.explained import explained_lines
from tutor.wire.exchange import Exchange
from tutor.wire.request import Request


def exchange(path: str) -> Exchange:
    made = Flask(__name__, static_folder=None)

    @made.route("/hello")
    def hello() -> str:
        return "Hello"

    @made.route("/events")
    def events() -> tuple[Iterator[str], dict[str, str]]:
        def parts() -> Iterator[str]:
            yield "data: 1\n\n"
            time.sleep(0.03)
            yield "data: \x1b[2J\n\n"

        return parts(), {"Content-Type": "text/event-stream"}

    @made.route("/chunks")
    def chunks() -> Iterator[str]:
        return iter(["one", "two"])

    with SandboxServer(made) as server:
        return Client(server).fire(Request("GET", path))[0]


def text(path: str, argument: str = "") -> str:
    lines = explained_lines(exchange(path), argument, width=80, ascii_only=False, plain=False)
    return "\n".join(line.plain for line in lines)


def test_the_parts_of_both_messages_are_numbered_through() -> None:
    """Request and response are taken apart under one row of numbers."""
    lines = text("/hello").splitlines()
    numbers = [int(line.split()[0]) for line in lines if line.strip()[:1].isdigit()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert "Request" in lines
    assert "Response" in lines


def test_a_number_says_what_a_part_is_for() -> None:
    """Part 1 is the method: what it is for, what Flask calls it, and where it is specified."""
    said = text("/hello", "1")
    assert "GET" in said
    assert "In Flask: request.method" in said
    assert "RFC 9110" in said


def test_a_field_names_itself() -> None:
    """The name of a field stands once on its line; other parts have theirs before them."""
    lines = [line.strip().split("  ", 1) for line in text("/hello").splitlines()]
    parts = [words[1].split("  ") for words in lines if words[0].isdecimal()]
    assert ["Content-Length: 5"] in parts
    assert parts[0][0] == "Method"


@pytest.mark.parametrize("argument", ["0", "999", "x", "-1"])
def test_a_number_that_there_is_not_names_those_there_are(argument: str) -> None:
    """A wrong number is answered with the range."""
    assert text("/hello", argument).startswith("The parts are numbered from 1 to ")


def test_events_and_chunks_have_their_times() -> None:
    """Behind the messages stand the parts of a stream, each with its time, and nothing of them is raw."""
    events = text("/events")
    assert "← event message" in events
    assert " ms  ←" in events
    assert "\x1b" not in events
    assert "← chunk  one" in text("/chunks")


def test_a_part_of_a_stream_is_explained_too() -> None:
    """The last number of an event stream's exchange is its last event."""
    last = text("/events").splitlines()[-2].split()[0]
    assert "A server-sent event" in text("/events", last)
