"""`check` of the course against its exchanges fired bare, and against the same as a suite of pytest."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.processes import PYTHON, ROOT, TUTOR, run
from benchmarks.rows import Row
from benchmarks.script import written
from benchmarks.timing import Effort, in_turns, ratios

_BARE = (PYTHON, "-c", "from benchmarks.bare import main; main()")
_SUITE = '''\
"""Every step of the course as a test."""

import pickle
import sys
from pathlib import Path

import pytest

sys.path.insert(0, {root!r})

import sandbox_app
from benchmarks.bare import play
from benchmarks.plain_server import serving

SCRIPT = pickle.loads(Path({script!r}).read_bytes())


@pytest.fixture(scope="session")
def server():
    with serving(sandbox_app.create_app("2.1")) as (_address, server):
        yield server


@pytest.mark.parametrize("step", SCRIPT, ids=map(str, range(len(SCRIPT))))
def test_step(step, server):
    play(step, server)
'''


def measure(effort: Effort) -> Iterator[Row]:
    """Whole processes; the bare loop and pytest do one thing after another."""
    lessons = ("2.1",) if effort.quick else ()
    with tempfile.TemporaryDirectory() as folder:
        script, suite = Path(folder, "script.pickle"), Path(folder, "test_course.py")
        script.write_bytes(pickle.dumps(written(lessons)))
        suite.write_text(_SUITE.format(root=str(ROOT), script=str(script)), "utf-8")
        pytest = (PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", folder, str(suite))
        runs = in_turns(
            {
                "check": lambda: run((TUTOR, "check", *lessons), Path(folder, "home")),
                "one job": lambda: run((TUTOR, "check", "--jobs", "1", *lessons), Path(folder, "home")),
                "bare": lambda: run((*_BARE, str(script))),
                "pytest": lambda: run(pytest),
            },
            effort.of(3, 1),
        )
    what = "lesson 2.1" if effort.quick else "the course"
    one, two = f"`check --jobs 1` of {what}", f"`check` of {what}"
    yield Row(f"{one}, against its exchanges fired bare", ratios(runs, "one job", "bare"), 1.5)
    yield Row(f"{two}, against its exchanges fired bare", ratios(runs, "check", "bare"), 1.5)
    yield Row(f"{two}, against the same in pytest", ratios(runs, "check", "pytest"), 1.0, strict=True)
