"""How long it takes until a command has answered, and until a lesson is on the screen."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.processes import BIN, PYTHON, TUTOR, OnTerminal, run
from benchmarks.rows import Row
from benchmarks.timing import Effort, in_turns, ratios
from tutor.course.pack import open_pack
from tutor.grading.verdict import Grade
from tutor.learner.progress import Progress, StepStatus

CLICK = (PYTHON, "-c", "import click")
FLASK = (str(BIN / "flask"), "--version")
FIRST_PROMPT = "▸"


def measure(effort: Effort) -> Iterator[Row]:
    """The rows of the commands that only answer, then that of the first screen."""
    with tempfile.TemporaryDirectory() as folder:
        learner, beginner = Path(folder, "learner"), Path(folder, "beginner")
        _fill(learner)
        with Progress(beginner) as progress:
            # The welcome is over: the first step is what is drawn.
            outline = open_pack().outlines()[0]
            progress.remember_position(outline.id, outline.steps[0].id)
        yield from _commands(learner, effort.of(40, 8))
        yield _first_screen(beginner, effort.of(20, 4))


def _commands(home: Path, rounds: int) -> Iterator[Row]:
    runs = in_turns(
        {
            "click": lambda: run(CLICK),
            "version": lambda: run((TUTOR, "--version"), home),
            "help": lambda: run((TUTOR, "--help"), home),
            "list": lambda: run((TUTOR, "list"), home),
            "click on a terminal": lambda: _to_end(CLICK, home),
            "list on a terminal": lambda: _to_end((TUTOR, "list"), home),
        },
        rounds,
    )
    for name in ("version", "help"):
        yield Row(f"`--{name}`, against `import click`", ratios(runs, name, "click"), 1.25)
    yield Row("`list`, piped, against `import click`", ratios(runs, "list", "click"), 1.5)
    on_terminal = ratios(runs, "list on a terminal", "click on a terminal")
    yield Row("`list` on a terminal, against `import click`", on_terminal, 2.2)


def _first_screen(home: Path, rounds: int) -> Row:
    runs = in_turns(
        {"flask": lambda: _to_end(FLASK, home), "screen": lambda: _until_first_screen(home)}, rounds
    )
    return Row("first screen of a lesson, against `flask --version`", ratios(runs, "screen", "flask"), 2.0)


def _to_end(command: tuple[str, ...], home: Path) -> float:
    with OnTerminal(command, home) as terminal:
        return terminal.read_to_end()


def _until_first_screen(home: Path) -> float:
    with OnTerminal((TUTOR,), home) as terminal:
        return terminal.read_until(FIRST_PROMPT) - terminal.started_s


def _fill(home: Path) -> None:
    """Progress of somebody who has done all there is, with three answers a step."""
    now = datetime.now(UTC)
    with Progress(home) as progress:
        for outline in open_pack().outlines():
            for step in outline.steps:
                for answer in ("200", "404", "200 OK"):
                    grade = Grade.RIGHT if answer == "200 OK" else Grade.WRONG
                    progress.record_attempt(
                        outline.id, step.id, "status", answer, grade, step.hash, "en", now, False
                    )
                progress.mark_step(outline.id, step, StepStatus.DONE, at=now)
            progress.remember_position(outline.id, outline.steps[-1].id)
