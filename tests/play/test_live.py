"""Streams are drawn as they arrive."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

from flask import Flask

from tests.play.scripted import Screen
from tutor.client.client import Client
from tutor.play.live import LiveDrawing
from tutor.sandbox.server import SandboxServer
from tutor.screen.output import Output
from tutor.wire.exchange import Piece
from tutor.wire.request import Request


def app() -> Flask:
    made = Flask(__name__, static_folder=None)

    @made.route("/stream")
    def stream() -> tuple[Iterator[str], dict[str, str]]:
        def events() -> Iterator[str]:
            for number in range(3):
                yield f"data: {number}\n\n"
                time.sleep(0.05)

        return events(), {"Content-Type": "text/event-stream"}

    @made.route("/at-once")
    def at_once() -> Iterator[str]:
        return iter(["a", "b", "c"])

    return made


def drawn(path: str) -> tuple[str, bool]:
    stream = Screen()
    with (
        SandboxServer(app()) as server,
        LiveDrawing(Output(stream, {"COLUMNS": "80", "LINES": "24"}, plain=True)) as live,
    ):
        Client(server).fire(Request("GET", path), on_piece=live.on_piece)
    return stream.getvalue(), live.drawn


def test_each_chunk_is_a_line_with_its_time() -> None:
    """What each yield sent is printed as it comes, with the milliseconds since the request, in order."""
    text, was_drawn = drawn("/stream")
    assert was_drawn
    times = [int(ms) for ms in re.findall(r"\+(\d+) ms, server, chunk: data: \d", text)]
    assert len(times) == 3
    assert times == sorted(times)
    assert times[2] - times[0] >= 80


def test_a_response_that_comes_at_once_is_not_drawn_twice() -> None:
    """Chunks without time between them are no stream to watch."""
    assert drawn("/at-once") == ("", False)


def test_lines_appear_while_the_stream_still_runs() -> None:
    """The first lines are there before the exchange is over."""
    stream = Screen()
    seen: list[str] = []
    with (
        SandboxServer(app()) as server,
        LiveDrawing(Output(stream, {"COLUMNS": "80", "LINES": "24"}, plain=True)) as live,
    ):

        def listen(piece: Piece) -> None:
            seen.append(stream.getvalue())
            live.on_piece(piece)

        Client(server).fire(Request("GET", "/stream"), on_piece=listen)
    assert any("data: 1" in text and "data: 2" not in text for text in seen)
