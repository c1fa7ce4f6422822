"""The bundled course, checked again and again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.command import flask_http_tutor

RUNS = 20
JOBS = (1, 2, 4)


def verdicts(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What may not differ: the checks, their order and what came of them. Times, ports and dates may."""
    return [
        (check["id"], check["status"], check["message"])
        for lesson in report["lessons"]
        for check in lesson["checks"]
    ]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_twenty_runs_agree(tmp_path: Path) -> None:
    """Twenty runs, with one job and with several, give the same verdicts in the same order, and all pass."""
    first: list[tuple[str, str, str]] = []
    for number in range(RUNS):
        outcome = flask_http_tutor(
            "check", "--jobs", str(JOBS[number % len(JOBS)]), "--format", "json", home=tmp_path
        )
        found = verdicts(json.loads(outcome.out))
        first = first or found
        assert [each for each in found if each not in first] == [], f"run {number + 1}"
        assert found == first
        assert outcome.code == 0
