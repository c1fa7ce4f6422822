"""Standard streams that are closed, full, no terminal, or of another encoding."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import ROOT, Outcome
from tests.faults.sitting import Sitting
from tutor.cli import PROGRAM


@pytest.fixture
def sitting(tmp_path: Path) -> Sitting:
    """A learner who has not begun."""
    return Sitting(tmp_path)


COMMANDS = {
    "list": ["list"],
    "list --json": ["list", "--json"],
    "check": ["check", "2.5.1"],
    "check --format json": ["check", "2.5.1", "--format", "json"],
    "send": ["send", "GET", "/poll", "--lesson", "2.5"],
    "notes": ["notes"],
    "help": ["--help"],
    "version": ["--version"],
}


def shell(sitting: Sitting, redirection: str, *arguments: str, **variables: str) -> Outcome:
    """Run the program by a shell that redirects its streams; the outcome's output is what went elsewhere."""
    given = [f"{name}={value}" for name, value in variables.items()]
    command = ["env", *given, sys.executable, "-m", "tutor", *arguments]
    if arguments[0] in {"list", "check"} or arguments[0] == "notes":
        command += ["--pack", str(sitting.pack)]
    result = subprocess.run(
        ["bash", "-c", f'set -o pipefail; "$@" {redirection}', "bash", *command],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        cwd=ROOT,
        env={
            **os.environ,
            "LC_ALL": "C.UTF-8",
            "FLASK_HTTP_TUTOR_HOME": str(sitting.home),
            "TMPDIR": str(sitting.temporary),
        },
        timeout=100,
        check=False,
    )
    assert sitting.leftovers() == []
    return Outcome(
        result.stdout.decode("utf-8", "replace"), result.stderr.decode("utf-8", "replace"), result.returncode
    )


def complaints(outcome: Outcome) -> list[str]:
    """The lines of stderr that are about a failure; `send` says there that its sandbox is new."""
    return [line for line in outcome.err.splitlines() if not line.startswith("This sandbox is new")]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk_behind_stdout_is_one_line_and_ends_with_2(sitting: Sitting, name: str) -> None:
    """Output to /dev/full is told as such in one line, also where it would only show at the exit."""
    outcome = shell(sitting, ">/dev/full", *COMMANDS[name])
    assert complaints(outcome) == [f"{PROGRAM}: The output cannot be written: No space left on device."]
    assert outcome.code == 2


@pytest.mark.parametrize("name", COMMANDS)
def test_a_closed_stdout_is_one_line_and_ends_with_2(sitting: Sitting, name: str) -> None:
    """Started with `>&-`, a command says so, and nothing else gets the number of its output."""
    outcome = shell(sitting, ">&-", *COMMANDS[name])
    assert complaints(outcome) == [f"{PROGRAM}: The output cannot be written: Bad file descriptor."]
    assert outcome.code == 2


@pytest.mark.parametrize("name", COMMANDS)
def test_a_reader_who_has_enough_is_no_failure(sitting: Sitting, name: str) -> None:
    """`list | head -1` ends quietly, whichever command it is and however little is read."""
    for lines in (0, 1):
        outcome = shell(sitting, f"| head -n {lines}", *COMMANDS[name])
        assert complaints(outcome) == []
        assert outcome.code == 0
        assert len(outcome.out.splitlines()) == lines


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full", "2> >(exec true)"])
def test_without_a_stderr_the_exit_code_still_tells(sitting: Sitting, redirection: str) -> None:
    """A usage error that nobody can be told of ends with 2 all the same, and a list with 0."""
    assert shell(sitting, redirection, "list", "9.9").code == 2
    listed = shell(sitting, redirection, "list")
    assert (listed.code, listed.out.count("\n")) == (0, 1)


@pytest.mark.parametrize("redirection", ["<&-", "</dev/null", "<&- >/dev/null 2>&-"])
def test_without_a_stdin_a_command_works_and_a_lesson_names_check(sitting: Sitting, redirection: str) -> None:
    """stdin closed or empty: commands need none, and a lesson or a question to a person ends with 2."""
    for arguments in (["list"], ["check", "2.5.1"], ["send", "GET", "/poll", "--lesson", "2.5"]):
        assert shell(sitting, redirection, *arguments).code == 0
    for arguments in (["2.1"], ["reset"]):
        outcome = shell(sitting, redirection, *arguments)
        assert outcome.code == 2
        assert "2>" in redirection or len(complaints(outcome)) == 1
    raw = shell(sitting, redirection, "send", "--raw", "-", "--lesson", "2.5")
    assert raw.code in (2, 3)
    assert "Traceback" not in raw.err
    assert "should not happen" not in raw.err


def test_a_terminal_alone_on_one_side_is_no_terminal(sitting: Sitting) -> None:
    """A lesson whose input or output is no terminal is one line that names `check`, and ends with 2."""
    for redirection in ("</dev/null", "<&-", ">&-", ">/dev/null"):
        with sitting.terminal(
            "2.5.1",
            "--pack",
            str(sitting.pack),
            columns=120,
            through=("sh", "-c", f'exec "$@" {redirection}', "sh"),
        ) as terminal:
            terminal.wait_for("flask-http-tutor check")
            assert terminal.ended() == 2
            assert terminal.unlike_before == []
            assert terminal.transcript.count("\n") == 1


ENCODINGS: list[dict[str, str]] = [
    {"PYTHONIOENCODING": "cp1252"},
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "gbk"},
    {"LC_ALL": "C"},
    {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    {"LC_ALL": "no_SUCH.locale"},
]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_an_output_that_is_not_utf_8_gets_every_command(
    sitting: Sitting, encoding: dict[str, str], language: str
) -> None:
    """No command fails on an encoding; one that cannot show Chinese gets English, and is told."""
    for name in ("list", "list --json", "send", "notes", "help"):
        outcome = shell(sitting, "", *COMMANDS[name], "--lang", language, **encoding)
        assert outcome.code == 0, outcome
        told = [line for line in outcome.err.splitlines() if "English it is" not in line]
        assert len(told) == (name == "send"), outcome
        if name == "list --json":
            assert json.loads(outcome.out)[0]["number"] == "2.5"
