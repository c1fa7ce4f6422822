"""`check` on exercises: solution, starter and every known mistake are run, and what is off is named."""

from __future__ import annotations

from pathlib import Path

import pytest

import sandbox_app
from tests.exercise_pack import APP, FILES, LESSON, write_exercises
from tutor.check.json_report import json_report
from tutor.check.report import Check, CheckKind, CheckStatus, Report
from tutor.check.run import run


def check(folder: Path, *, lesson: str = LESSON, files: dict[str, str] = FILES) -> Report:
    pack = write_exercises(folder, lesson=lesson, files=files)
    return run(pack.load_all(), make_app=sandbox_app.create_app)


def failed(report: Report) -> list[Check]:
    return [check for check in report.checks if check.status is not CheckStatus.PASSED]


def test_a_sound_exercise_gives_a_check_for_each_file(tmp_path: Path) -> None:
    """Each file is a check of kind exercise, with its own path, and the solution is worth all points."""
    report = check(tmp_path)
    assert failed(report) == []
    found = [each for each in report.checks if each.kind is CheckKind.EXERCISE]
    assert [(each.id, each.points) for each in found] == [
        ("2.1/greet-step/greet/solution", 4),
        ("2.1/greet-step/greet/starter", 0),
        ("2.1/greet-step/greet/wrong-same-name", 0),
        ("2.1/greet-step/greet/wrong-shouted", 0),
        ("2.1/greet-step/greet/wrong-lost", 0),
    ]
    assert found[0].file.endswith("exercises/greet/solution.py")
    assert b'"points": 4' in json_report(report)


@pytest.mark.parametrize(
    ("name", "code", "says"),
    [
        ("solution", FILES["starter"], "The solution does not pass.\nplain: body"),
        ("solution", "import nothing_of_the_kind\n", "nothing_of_the_kind is not installed"),
        ("starter", APP, "The starter passes every probe"),
        ("starter", "app = 1\n", "The starter cannot be loaded"),
        ("wrong-lost", APP, "A wrong file passes every probe: lost"),
        ("wrong-lost", FILES["starter"], "does not show the symptoms in [wrong.lost]"),
        ("wrong-lost", FILES["wrong-shouted"], "shows the symptoms of shouted, which stands first"),
        ("wrong-same-name", "import os\nos._exit(7)\n", "with exit code 7"),
    ],
)
def test_a_file_that_does_what_it_must_not_is_named(tmp_path: Path, name: str, code: str, says: str) -> None:
    """A solution that fails, a starter that passes and a mistake that is not recognized fail their check."""
    (found,) = failed(check(tmp_path, files={**FILES, name: code}))
    assert (found.id, found.kind) == (f"2.1/greet-step/greet/{name}", CheckKind.EXERCISE)
    assert found.file.endswith(f"exercises/greet/{name}.py")
    assert says in found.message
    assert found.line >= 1


def test_what_a_solution_missed_stands_in_the_report(tmp_path: Path) -> None:
    """Expected, actual and the bytes that came stand with a solution that fails."""
    (found,) = failed(check(tmp_path, files={**FILES, "solution": FILES["starter"]}))
    assert found.expected == 'body "Hello, Flask!"; body "Hello, Grey!"'
    assert found.actual == 'body "Hello"; body "Hello"'
    assert "Hello" in found.evidence
