"""What must not be done twice: parses, connections and processes, counted; seconds are for `benchmarks/`."""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rich.text
from flask import Flask
from pygments.lexers.data import JsonLexer
from rich.text import Text

import sandbox_app
import tutor.course.loading as loading_module
import tutor.screen.wire as wire_module
import tutor.wire.exchange as exchange_module
import tutor.workshop.runner as runner_module
from tests.check.lesson import LESSON, make_app
from tests.exercise_pack import write_exercises
from tests.play.scripted import play, table
from tutor.check.run import run
from tutor.client.client import Client
from tutor.course.pack import open_pack
from tutor.sandbox.server import SandboxServer
from tutor.screen.beat import Exhibit, Fixed, lay_out
from tutor.screen.output import Output
from tutor.screen.wire import FOLDS, RESPONSE_STAGES, View, body_lines, request_lines, response_lines
from tutor.wire.exchange import Direction, Exchange, Piece
from tutor.wire.message import parse_responses
from tutor.wire.request import Request
from tutor.wire.timeline import Event, Timeline


class Counted:
    """Stands for a function, and counts its calls."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
        self.calls = 0
        self._function = getattr(module, name)
        monkeypatch.setattr(module, name, self)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        self.calls += 1
        return self._function(*arguments, **named)


def fired(server: SandboxServer) -> Exchange:
    (exchange,) = Client(server).fire(Request("GET", "/hello"))
    return exchange


def test_an_exchange_is_parsed_once_however_often_it_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Request and response are read from their bytes once, for every fold and every view."""
    with SandboxServer(sandbox_app.create_app("2.1")) as server:
        exchange = fired(server)
    requests = Counted(monkeypatch, exchange_module, "parse_requests")
    responses = Counted(monkeypatch, exchange_module, "parse_responses")
    for fold in range(FOLDS + 1):
        for view in (View(), View(line_ends=True), View(plain=True)):
            assert request_lines(exchange, view, fold)
            assert response_lines(exchange, view, fold)
    assert (requests.calls, responses.calls) == (1, 1)


def test_an_exchange_takes_one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request opens one connection to the sandbox, and none that nothing is sent on."""
    with SandboxServer(sandbox_app.create_app("2.1")) as server:
        accepted = Counted(monkeypatch, server, "accepted")
        for _time in range(5):
            fired(server)
        assert accepted.calls == 5


def test_a_large_response_is_read_under_few_timeouts() -> None:
    """A socket's timeout is set as the deadline moves, not at each read, which would wait for the server."""
    app = Flask(__name__)
    app.get("/large")(lambda: b"x" * 5_000_000)
    calls: Counter[str] = Counter()

    def count(_frame: Any, event: str, called: Any) -> None:
        if event == "c_call":
            calls[called.__name__] += 1

    with SandboxServer(app) as server:
        client = Client(server)
        sys.setprofile(count)
        try:
            client.fire(Request("GET", "/large"))
        finally:
            sys.setprofile(None)
    assert calls["recv_into"] > 50
    assert calls["settimeout"] < calls["recv_into"]


def test_a_large_response_costs_few_calls_for_each_send_and_each_read() -> None:
    """What deadline and record need is a handful of calls, and each waits for the thread at the other end."""
    app = Flask(__name__)
    app.get("/large")(lambda: iter([b"x" * 65536] * 100))
    calls: Counter[str] = Counter()

    def count(frame: Any, event: str, called: Any) -> None:
        if event == "c_call" and called.__name__ in {"send", "recv_into"}:
            calls[called.__name__] += 1
        elif event == "call":
            calls[Path(frame.f_code.co_filename).name] += 1

    with SandboxServer(app) as server:
        client = Client(server)
        threading.setprofile(count)
        sys.setprofile(count)
        try:
            client.fire(Request("GET", "/large"))
        finally:
            sys.setprofile(None)
            threading.setprofile(None)
    assert calls["send"] > 300
    assert calls["server.py"] + calls["recorder.py"] < 6 * calls["send"]
    assert calls["recv_into"] > 100
    assert calls["call.py"] < 8 * calls["recv_into"]
    assert calls["socket.py"] < calls["recv_into"], "Python's own SocketIO reads as well"


def test_an_event_of_flask_is_made_when_the_timeline_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is noted while a request runs is cheap to note: the values of its timeline are made once."""
    made: Counter[type] = Counter()

    def count(kind: type[Event | Timeline]) -> None:
        original = kind.__init__

        def init(value: Any, *arguments: Any, **named: Any) -> None:
            made[kind] += 1
            original(value, *arguments, **named)

        monkeypatch.setattr(kind, "__init__", init)

    count(Event)
    count(Timeline)
    with SandboxServer(sandbox_app.create_app("2.1")) as server:
        exchange = fired(server)
    assert exchange.timeline is not None
    assert made == {Event: len(exchange.timeline.events), Timeline: 1}


def test_check_parses_each_lesson_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever is checked of a lesson, its file is parsed once."""
    (tmp_path / "lesson.md").write_text(LESSON, "utf-8")
    parsed = Counted(monkeypatch, loading_module, "parse_lesson")
    report = run(open_pack(tmp_path).load_each(), make_app=make_app)
    assert report.lessons[0].checks
    assert parsed.calls == 1


def test_check_starts_a_process_for_each_file_of_an_exercise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No process is started that runs nothing."""
    pack = write_exercises(tmp_path)
    [parsed] = pack.load_all()
    assert parsed.lesson is not None
    [files] = parsed.lesson.exercise_files
    started = Counted(monkeypatch, runner_module, "AppProcess")
    run([parsed], make_app=sandbox_app.create_app)
    assert started.calls == len(files.wrong) + 2


@pytest.mark.parametrize("number", ["2.1.1", "2.1.5a", "2.1.10"])
def test_a_step_draws_no_more_than_it_shows(monkeypatch: pytest.MonkeyPatch, number: str) -> None:
    """A step writes once between two prompts, each line once, and draws an exchange for folds alone."""
    lesson = open_pack().load("2.1").lesson
    assert lesson is not None
    step = next(step for step in lesson.steps if step.number == number)
    drawn = Counted(monkeypatch, wire_module, "response_lines")
    styled: list[str] = []
    shown: list[str] = []
    original_styled, original_show = Output._styled, Output.show

    def count_line(output: Output, line: Any) -> str:
        styled.append(line.plain)
        return original_styled(output, line)

    def count_show(output: Output, lines: Any = ()) -> None:
        shown.append("")
        original_show(output, lines)

    monkeypatch.setattr(Output, "_styled", count_line)
    monkeypatch.setattr(Output, "show", count_show)
    with table() as (server, client):
        learner = play(lesson, step, server, client)
    assert len(shown) <= len(learner.beats)
    assert len(styled) <= sum(printed.count("\n") for _label, printed in learner.beats)
    # Once for each stage in which a beat folds, and as often for lines that questions repeat.
    fired = {id(exchange) for exchange in learner.wire}
    assert 0 < drawn.calls <= 2 * len(RESPONSE_STAGES) * len(fired)


def test_a_beat_draws_an_exhibit_once_at_each_fold() -> None:
    """However a beat that fits nowhere is broken, nothing in it is drawn twice in the same way."""
    folds: list[int] = []

    def render(fold: int) -> list[Text]:
        folds.append(fold)
        return [Text("a line")] * (40 - fold)

    beats = lay_out([Exhibit(render, 3), Fixed([Text("another")] * 9)], width=80, height=24)
    assert len(beats) > 1
    assert folds == [0, 1, 2, 3]


@pytest.mark.parametrize("view", [View(), View(line_ends=True)], ids=["as it stands", "raw"])
def test_a_line_of_a_body_is_made_at_one_stroke(monkeypatch: pytest.MonkeyPatch, view: View) -> None:
    """However many words a line has, it is one text, and is looked through for what must be escaped once."""
    body = json.dumps([{"id": n, "title": "Buy milk", "done": True} for n in range(100)], indent=2).encode()
    data = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + body
    [message] = parse_responses(data)
    texts = Counted(monkeypatch, rich.text, "strip_control_codes")
    looked = Counted(monkeypatch, wire_module, "visible")
    lines = body_lines(message, view)
    assert len(lines) == body.count(b"\n") + 1
    assert sum(len(line.spans) for line in lines) > 3 * len(lines)
    assert texts.calls == looked.calls == len(lines)


def test_of_a_folded_body_no_more_is_read_than_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines that a fold hides are neither coloured nor made, nor those of a page without --full."""
    body = json.dumps([{"id": n} for n in range(1000)], indent=2).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    exchange = Exchange((Piece(Direction.RESPONSE, 0.1, head + body),))
    texts = Counted(monkeypatch, rich.text, "strip_control_codes")
    tokens: list[str] = []
    read = JsonLexer.get_tokens_unprocessed

    def count_tokens(lexer: JsonLexer, text: str) -> Iterator[Any]:
        for token in read(lexer, text):  # type: ignore[no-untyped-call]
            tokens.append(token[2])
            yield token

    monkeypatch.setattr(JsonLexer, "get_tokens_unprocessed", count_tokens)
    for fold, view in ((1, View()), (3, View()), (4, View()), (0, View(long_bodies=False))):
        response_lines(exchange, view, fold)
    assert texts.calls < 100
    assert len(tokens) < 100
