"""What `check` fires, written down while it runs once: the script that `benchmarks.bare` carries out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any
from unittest import mock

import sandbox_app
from benchmarks.bare import Event, Exercise, Script, Shot, Volley
from tutor.check import exercises, workers
from tutor.check import steps as checked_steps
from tutor.check.run import run
from tutor.check.selection import Selection
from tutor.client.client import Client
from tutor.course.model import Until
from tutor.course.pack import open_pack
from tutor.wire.exchange import Direction, Exchange
from tutor.wire.request import Request
from tutor.workshop import runner, several

if TYPE_CHECKING:
    from flask import Flask


class _Fired:
    """One call of a client: when, at which app, and as what."""

    def __init__(self, began_s: float, app: Flask | None, shot: Callable[[float], Shot]) -> None:
        self.began_s, self.ended_s = began_s, perf_counter()
        self.app = app
        self.shot = shot


class _Log:
    """Collects what is fired by one client, and makes volleys of it."""

    def __init__(self) -> None:
        self.fired: list[_Fired] = []
        self.lock = threading.Lock()

    def volleys(self) -> list[list[_Fired]]:
        """Those that overlap belong together."""
        found: list[list[_Fired]] = []
        for each in sorted(self.fired, key=lambda each: each.began_s):
            if found and each.began_s < max(other.ended_s for other in found[-1]):
                found[-1].append(each)
            else:
                found.append([each])
        return found


def written(numbers: Sequence[str]) -> Script:
    """The script of some lessons; of the whole course where none is named."""
    made: dict[int, tuple[str, str, Flask]] = {}
    steps: list[tuple[Event, ...]] = []
    sandbox, groups = _Log(), list[list[Exercise]]()

    def make_app(section: str, configuration: str) -> Flask:
        app = sandbox_app.create_app(section, configuration)
        made[id(app)] = (section, configuration, app)
        return app

    def check_step(checker: Any, step: Any) -> Any:
        checks = original_check(checker, step)
        events: list[Event] = []
        for volley in sandbox.volleys():
            section, configuration, _app = made[id(volley[0].app)]
            events.append(Volley(section, configuration, id(volley[0].app), _shots(volley)))
        events += [tuple(group) for group in groups]
        steps.append(tuple(events))
        sandbox.fired.clear()
        groups.clear()
        return checks

    def run_several(jobs: Any) -> Any:
        groups.append([])
        return original_several(jobs)

    def run_file(workshop: runner.Workshop, file: Path, exercise: Any, probes: Any) -> Any:
        text, log = file.read_text("utf-8"), _Log()
        logs.by_thread = log
        found = original_run(workshop, file, exercise, probes)
        with sandbox.lock:
            groups[-1].append(Exercise(text, tuple(_shots(volley) for volley in log.volleys())))
        return found

    logs = threading.local()
    original_check = checked_steps.LessonChecker.check_step
    original_several, original_run = several.run_several, runner.Workshop.run
    pack = open_pack()
    selection = Selection([pack.find(number) for number in numbers])
    with (
        mock.patch.object(workers, "Client", _logging_client(lambda: sandbox)),
        mock.patch.object(runner, "Client", _logging_client(lambda: logs.by_thread)),
        mock.patch.object(checked_steps.LessonChecker, "check_step", check_step),
        mock.patch.object(exercises, "run_several", run_several),
        mock.patch.object(runner.Workshop, "run", run_file),
    ):
        run(pack.load_each(), make_app=make_app, selection=selection)
    return tuple(steps)


def _shots(volley: Sequence[_Fired]) -> tuple[Shot, ...]:
    return tuple(each.shot(each.began_s - volley[0].began_s) for each in volley)


def _logging_client(log_of: Callable[[], _Log]) -> type[Client]:
    class LoggingClient(Client):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            self._log = log_of()

        def fire(self, request: Any, **how: Any) -> tuple[Exchange, ...]:
            began_s = perf_counter()
            hops = super().fire(request, **how)
            self._note(began_s, how, lambda after_s: _shot(after_s, request, how, hops))
            return hops

        def fire_websocket(self, block: Any, **how: Any) -> tuple[Exchange, ...]:
            began_s = perf_counter()
            hops = super().fire_websocket(block, **how)
            self._note(began_s, how, lambda after_s: _shot(after_s, None, how, hops))
            return hops

        def _note(self, began_s: float, how: Any, shot: Callable[[float], Shot]) -> None:
            with self._log.lock:
                self._log.fired.append(_Fired(began_s, how.get("app"), shot))

    return LoggingClient


def _shot(after_s: float, request: Any, how: Any, hops: Sequence[Exchange]) -> Shot:
    last = hops[-1]
    until: Until = how.get("until") or Until()
    body_bytes = last.response.body_length if last.response else 0
    if isinstance(request, Request):
        follow = bool(how.get("follow"))
        told = (request.method, request.target, request.fields, request.body, follow)
        return Shot(after_s, *told, until.ms, body_bytes, (), bool(last.error))
    talk = tuple(
        (piece.at_s, piece.data, 0)
        if piece.direction is Direction.REQUEST
        else (piece.at_s, b"", len(piece.data) + piece.dropped)
        for piece in last.pieces
    )
    return Shot(after_s, "", "", (), b"", False, until.ms, body_bytes, talk, bool(last.error))
