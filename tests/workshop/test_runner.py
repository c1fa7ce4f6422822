"""A learner's file in a process of its own: what it answers, and that its errors are its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.exercise_pack import APP, FILES, greet, write_exercises
from tests.workshop.zoo import ZOO, Animal
from tutor.course.model import ExchangeBlock, Question
from tutor.workshop.runner import Run, Workshop
from tutor.workshop.words import failure_lines

WAIT_S = 30.0


@pytest.fixture(scope="module")
def exercise(tmp_path_factory: pytest.TempPathFactory) -> tuple[Question, tuple[ExchangeBlock, ...]]:
    pack = write_exercises(tmp_path_factory.mktemp("pack"))
    _lesson, question, probes = greet(pack)
    return question, probes


@pytest.fixture
def workshop() -> Iterator[Workshop]:
    with Workshop(keeps_one_ready=False) as workshop:
        yield workshop


Exercise = tuple[Question, tuple[ExchangeBlock, ...]]


def run(workshop: Workshop, folder: Path, exercise: Exercise, code: str | bytes) -> Run:
    path = folder / "me.py"
    path.write_bytes(code if isinstance(code, bytes) else code.encode())
    return workshop.run(path, *exercise)


def told(outcome: Run) -> str:
    """Everything that is said of what went wrong."""
    failures = [*([outcome.failure] if outcome.failure else []), *outcome.crashes.values(), *outcome.notes]
    lines = [line for failure in failures for line in failure_lines(failure, "me.py")]
    lines += [hop.error for hops in outcome.fired.values() for hop in hops if hop.error]
    return "\n".join(lines)


def processes_of(marker: str) -> list[int]:
    """The processes whose command line holds the marker, zombies left out."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().decode("utf-8", "replace")
                state = (entry / "stat").read_text("utf-8").rpartition(")")[2].split()[0]
            except OSError:
                continue
            if marker in command and state != "Z":
                found.append(int(entry.name))
    return found


def wait_until_gone(marker: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while processes_of(marker):
        assert time.monotonic() < deadline, processes_of(marker)
        time.sleep(0.05)


def test_a_right_file_passes_with_flask_s_side_beside_the_bytes(
    tmp_path: Path, workshop: Workshop, exercise: Exercise
) -> None:
    """The probes reach the learner's app over a socket, and what its Flask did stands beside the bytes."""
    outcome = run(workshop, tmp_path, exercise, APP)
    assert outcome.verdict.passes
    assert [probe.points for probe in outcome.verdict.probes] == [1, 3]
    (named,) = outcome.fired["named"]
    assert named.response is not None
    assert named.response.text == "Hello, Grey!"
    assert named.timeline is not None
    assert named.timeline.view == "hello"


@pytest.mark.parametrize("key", ["same-name", "shouted", "lost"])
def test_a_known_mistake_is_recognized(
    tmp_path: Path, workshop: Workshop, exercise: Exercise, key: str
) -> None:
    """A mistake is known by what crosses the wire, or by the exception that the file ends in."""
    outcome = run(workshop, tmp_path, exercise, FILES[f"wrong-{key}"])
    assert not outcome.verdict.passes
    assert outcome.verdict.mistake is not None
    assert outcome.verdict.mistake.key == key


def test_an_unknown_mistake_is_told_by_its_expectations(
    tmp_path: Path, workshop: Workshop, exercise: Exercise
) -> None:
    """Where no mistake is known, each expectation says whether it holds and what came instead."""
    outcome = run(workshop, tmp_path, exercise, FILES["starter"])
    assert outcome.verdict.mistake is None
    first = outcome.verdict.first_missed
    assert first is not None
    assert [(claim.expected, claim.actual) for claim in first.claims] == [
        ("status 200", ""),
        ('body "Hello, Flask!"', 'body "Hello"'),
    ]


@pytest.mark.parametrize("animal", ZOO, ids=lambda animal: animal.name)
def test_an_error_is_told_as_the_learner_s(
    tmp_path: Path, workshop: Workshop, exercise: Exercise, animal: Animal
) -> None:
    """Whatever a file does, it is told with the line in the learner's file, and the tutor goes on."""
    outcome = run(workshop, tmp_path, exercise, animal.code)
    assert not outcome.verdict.passes
    assert animal.says in told(outcome)


def test_a_call_of_app_run_neither_blocks_nor_serves(
    tmp_path: Path, workshop: Workshop, exercise: Exercise
) -> None:
    """`app.run()` at the end of a file is told, and the file is graded all the same."""
    outcome = run(workshop, tmp_path, exercise, APP + "app.run(port=5000, debug=True)\n")
    assert outcome.verdict.passes
    assert "line 10: app.run() is called when the file is loaded" in told(outcome)


def test_a_factory_is_called(tmp_path: Path, workshop: Workshop, exercise: Exercise) -> None:
    """A file may make its app in `create_app()`."""
    body = textwrap.indent(APP.partition("\n\n")[2], "    ")
    code = f"from flask import Flask, request\n\ndef create_app():\n{body}    return app\n"
    assert run(workshop, tmp_path, exercise, code).verdict.passes


def test_a_file_runs_where_it_stands(tmp_path: Path, workshop: Workshop, exercise: Exercise) -> None:
    """Modules, templates and the working folder are those of `python me.py`, and nothing is left there."""
    (tmp_path / "words.py").write_text('GREETING = "Hello"\n', "utf-8")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "hello.html").write_text("{{ greeting }}, {{ name }}!", "utf-8")
    code = APP.replace(
        "from flask import Flask, request", "from flask import Flask, render_template, request"
    )
    code = code.replace("app = Flask", 'from words import GREETING\nopen("words.py").close()\n\napp = Flask')
    code = code.replace(
        'return f"Hello, {name}!"', 'return render_template("hello.html", greeting=GREETING, name=name)'
    )
    outcome = run(workshop, tmp_path, exercise, code)
    assert outcome.verdict.passes, told(outcome)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["me.py", "templates", "words.py"]


def test_each_run_begins_anew(tmp_path: Path, workshop: Workshop, exercise: Exercise) -> None:
    """What a run leaves in memory is gone at the next: the process is a new one."""
    code = APP.replace("app = Flask(__name__)", "app = Flask(__name__)\ncalls = []").replace(
        'return f"Hello, {name}!"',
        'calls.append(1)\n    return f"Hello, {name}!" if len(calls) < 3 else "again"',
    )
    assert [run(workshop, tmp_path, exercise, code).verdict.passes for _time in range(2)] == [True, True]


def test_the_environment_does_not_change_a_verdict(
    tmp_path: Path, workshop: Workshop, exercise: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Flask's own variables, such as FLASK_DEBUG, do not reach the learner's app."""
    monkeypatch.setenv("FLASK_DEBUG", "1")
    code = APP.replace('return f"Hello, {name}!"', "return f'Hello, {name}!' if not app.debug else 'debug'")
    assert run(workshop, tmp_path, exercise, code).verdict.passes


def test_a_flood_of_output_is_cut_and_blocks_nothing(
    tmp_path: Path, workshop: Workshop, exercise: Exercise
) -> None:
    """What a file prints is kept to a few screens, and the rest is counted."""
    code = "for _ in range(100_000):\n    print('x' * 99)\n" + APP
    outcome = run(workshop, tmp_path, exercise, code)
    assert outcome.verdict.passes
    assert len(outcome.output) == 16 * 1024
    assert outcome.output_dropped + len(outcome.output) >= 10_000_000 - 100_000


def test_messages_cannot_be_forged_into_a_pass(
    tmp_path: Path, workshop: Workshop, exercise: Exercise
) -> None:
    """A file that writes to every stream it finds changes no verdict: only the wire is graded."""
    code = (
        "import os\nfor number in range(3, 40):\n    try:\n"
        '        os.write(number, b\'{"type":"Told","sides":[]}\\nrubbish\\n\')\n'
        "    except OSError:\n        pass\n"
    )
    assert not run(workshop, tmp_path, exercise, code + FILES["starter"]).verdict.passes


@pytest.mark.skipif(sys.platform == "win32", reason="there are no process groups")
def test_nothing_that_a_file_starts_is_left(tmp_path: Path, workshop: Workshop, exercise: Exercise) -> None:
    """Children and forks of a file end with its run."""
    marker = f"left-{os.getpid()}-{time.monotonic_ns()}"
    code = (
        "import os, subprocess, sys\n"
        f"command = [sys.executable, '-c', 'import time; time.sleep(600)', '{marker}']\n"
        "subprocess.Popen(command)\n"
        "if os.fork() == 0:\n    os.execv(sys.executable, command)\n"
        "os.fork()\n"
    )
    assert run(workshop, tmp_path, exercise, code + APP).verdict.passes
    wait_until_gone(marker)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are read from /proc")
def test_a_process_ends_with_the_tutor(tmp_path: Path) -> None:
    """A tutor that is killed leaves neither the waiting process nor what a file has started."""
    write_exercises(tmp_path)
    marker = f"orphan-{os.getpid()}-{time.monotonic_ns()}"
    (tmp_path / "me.py").write_text(
        "import subprocess, sys\n"
        f"subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)', '{marker}'])\n"
        "while True:\n    pass\n",
        "utf-8",
    )
    script = (
        "import sys; from pathlib import Path; from tutor.course.pack import Pack\n"
        "from tests.exercise_pack import greet\n"
        "from tutor.workshop.runner import Workshop\n"
        "root = Path(sys.argv[1]); pack = Pack(root, (root / '2.1-exercises.md',), True)\n"
        "_lesson, exercise, probes = greet(pack)\n"
        "Workshop().run(root / 'me.py', exercise, probes)\n"
    )
    tutor = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], cwd=Path(__file__).parents[2])
    try:
        deadline = time.monotonic() + WAIT_S
        while len(processes_of(marker)) < 1:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        tutor.send_signal(signal.SIGKILL)
        tutor.wait()
    wait_until_gone(marker)
