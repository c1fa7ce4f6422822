"""What must not be done twice: parses, connections and processes, counted; seconds are for `benchmarks/`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import sandbox_app
import tutor.course.loading as loading_module
import tutor.wire.exchange as exchange_module
import tutor.workshop.runner as runner_module
from tests.check.lesson import LESSON, make_app
from tests.exercise_pack import write_exercises
from tutor.check.run import run
from tutor.client import Client
from tutor.course.pack import open_pack
from tutor.sandbox.server import SandboxServer
from tutor.screen.wire import FOLDS, View, request_lines, response_lines
from tutor.wire.exchange import Exchange
from tutor.wire.request import Request


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
