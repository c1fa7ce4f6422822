"""`check` as CI calls it: formats, files, exit codes, and what a terminal shows."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.command import ROOT, flask_http_tutor
from tests.faults.sitting import write_pack as write_faults_pack
from tests.play.sample_pack import LESSON, write_pack
from tests.terminal import Terminal
from tutor.check.report import CheckKind
from tutor.cli import CHECK_KINDS

WRONG = LESSON.replace("answer = 11", "answer = 12")


def wrong_pack(folder: Path) -> Path:
    """A pack in which one check fails."""
    write_pack(folder)
    (folder / "every-kind.md").write_text(WRONG, "utf-8")
    return folder


def test_each_format_is_pure_on_stdout(tmp_path: Path) -> None:
    """What is asked for is all that stands on stdout, and stderr stays empty without a terminal."""
    pack = str(wrong_pack(tmp_path / "pack"))
    for format_, read in (("json", json.loads), ("junit", ElementTree.fromstring)):
        outcome = flask_http_tutor("check", pack, "--format", format_, home=tmp_path)
        assert outcome.code == 1
        assert read(outcome.out) is not None
        assert outcome.err == ""
    outcome = flask_http_tutor("check", pack, "--format", "github", home=tmp_path)
    assert [line[:8] for line in outcome.out.splitlines()[:-1]] == ["::error "]


def test_a_console_without_unicode_gets_whole_xml_and_json(tmp_path: Path) -> None:
    """A report for programs is UTF-8 whatever the console can show."""
    pack = str(write_pack(tmp_path / "pack"))
    for format_, read in (("json", json.loads), ("junit", ElementTree.fromstring)):
        outcome = flask_http_tutor(
            "check", pack, "--format", format_, home=tmp_path, PYTHONIOENCODING="ascii"
        )
        assert read(outcome.out) is not None


def test_several_reports_are_written_at_once(tmp_path: Path) -> None:
    """`--output` names a format, or a file whose ending does; each file is whole."""
    pack = str(wrong_pack(tmp_path / "pack"))
    files = [tmp_path / name for name in ("a", "b.xml", "c.json", "d.txt", "e.log")]
    outputs = [f"github={files[0]}", *map(str, files[1:])]
    given = [word for output in outputs for word in ("--output", output)]
    outcome = flask_http_tutor("check", pack, *given, home=tmp_path)
    assert outcome.code == 1
    github, junit, as_json, text, log = (file.read_text("utf-8") for file in files)
    assert github.startswith("::error ")
    assert ElementTree.fromstring(junit).get("failures") == "1"
    assert json.loads(as_json)["summary"]["failed"] == 1
    assert text.splitlines()[-1].split(" in ")[0] == outcome.out.splitlines()[-1].split(" in ")[0]
    assert log == text
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(
        ["pack", *(file.name for file in files)]
    )


@pytest.mark.parametrize(
    ("outputs", "words"),
    [
        (["{folder}/nowhere/r.json"], "cannot be written"),
        (["{folder}"], "cannot be written"),
        (["yaml={folder}/r.yaml"], "There is: text, json, junit, github"),
        (["json="], "needs a file"),
        (["{folder}/r.json", "junit={folder}/r.json"], "named twice"),
    ],
)
def test_a_file_that_cannot_be_written_is_told_before_the_run(
    outputs: list[str], words: str, tmp_path: Path
) -> None:
    """Nothing is fired and nothing written where a report has nowhere to go; the exit code is 2."""
    given = [word for output in outputs for word in ("--output", output.format(folder=tmp_path))]
    outcome = flask_http_tutor("check", *given, home=tmp_path / "home")
    assert outcome.code == 2
    assert outcome.out == ""
    assert words in outcome.err
    assert outcome.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such modes and no /dev there")
def test_a_report_file_is_a_file_like_any_other(tmp_path: Path) -> None:
    """A new file has the modes that the umask leaves, an old one keeps its own, a link stays a link."""
    pack = str(write_pack(tmp_path / "pack"))
    new, old, link = tmp_path / "new.json", tmp_path / "old.json", tmp_path / "link.json"
    old.write_text("before", "utf-8")
    old.chmod(0o640)
    link.symlink_to(old)
    null = Path(os.devnull).stat()
    outcome = flask_http_tutor(
        "check",
        pack,
        "--output",
        str(new),
        "--output",
        str(link),
        "--output",
        f"json={os.devnull}",
        home=tmp_path,
    )
    assert outcome.code == 0
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(new.stat().st_mode) == 0o666 & ~mask
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    assert link.is_symlink()
    assert json.loads(old.read_text("utf-8"))["summary"]["failed"] == 0
    assert Path(os.devnull).stat().st_rdev == null.st_rdev


def test_under_github_actions_the_text_has_annotations_and_the_job_a_page(tmp_path: Path) -> None:
    """In a job, text comes with annotations on the repository's paths, and the summary is added to."""
    repository = tmp_path / "work"
    (repository / "course").mkdir(parents=True)
    wrong_pack(repository / "course" / "pack")
    page = tmp_path / "page.md"
    page.write_text("before\n", "utf-8")
    outcome = flask_http_tutor(
        "check",
        "pack",
        home=tmp_path,
        cwd=repository / "course",
        GITHUB_ACTIONS="true",
        GITHUB_WORKSPACE=str(repository),
        GITHUB_STEP_SUMMARY=str(page),
    )
    assert outcome.code == 1
    lines = outcome.out.splitlines()
    token = lines[0].removeprefix("::stop-commands::")
    assert len(token) >= 32
    assert f"::{token}::" in lines
    behind = lines[lines.index(f"::{token}::") + 1 :]
    assert behind[0].startswith("::error file=course/pack/every-kind.md,line=")
    assert "1 failed" in behind[-1]
    assert page.read_text("utf-8").startswith("before\n### flask-http-tutor check: ")
    assert outcome.err == ""


def test_a_page_that_cannot_be_written_costs_a_line_on_stderr(tmp_path: Path) -> None:
    """The job's page is an extra: where it cannot be written, stderr says so and the verdict stands."""
    pack = str(write_pack(tmp_path / "pack"))
    outcome = flask_http_tutor("check", pack, home=tmp_path, GITHUB_STEP_SUMMARY=str(tmp_path))
    assert outcome.code == 0
    assert "summary cannot be written" in outcome.err


@pytest.mark.parametrize("selection", [("--id", "9.9/*"), ("--kind", "translation")])
def test_a_selection_that_matches_nothing_is_a_usage_error(
    selection: tuple[str, str], tmp_path: Path
) -> None:
    """Where no check is left, that is told in a line, and the exit code is 2."""
    outcome = flask_http_tutor("check", str(write_pack(tmp_path / "pack")), *selection, home=tmp_path)
    assert outcome.code == 2
    assert outcome.out == ""
    assert "No check matches" in outcome.err


def test_strict_lets_no_skipped_check_pass(tmp_path: Path) -> None:
    """With `--strict` a skipped check ends with 1 and the text says why; without, it does not."""
    pack = write_pack(tmp_path / "pack")
    text = LESSON.replace("```http {#hello}", "```http {#hello app=nope}")
    (pack / "every-kind.md").write_text(text, "utf-8")
    chosen = ("check", str(pack), "--id", "2.1/choose/status/proof")
    loose = flask_http_tutor(*chosen, home=tmp_path)
    strict = flask_http_tutor(*chosen, "--strict", home=tmp_path)
    assert (loose.code, strict.code) == (0, 1)
    assert "1 skipped" in loose.out
    assert "Strict: what was skipped counts as failed." in strict.out


def test_a_tool_that_breaks_gives_a_report_in_each_format(tmp_path: Path) -> None:
    """Where the sandbox cannot be had at all, the report is still in the format, and the exit code is 3."""
    pack = str(write_pack(tmp_path / "pack"))
    (tmp_path / "broken").mkdir()
    # Python imports it on start: a machine whose loopback gives no port.
    (tmp_path / "broken" / "sitecustomize.py").write_text(
        "import socket\n\n\ndef refuse(*_):\n    raise OSError(24, 'no socket left')\n\n\n"
        "socket.socket.bind = refuse\n",
        "utf-8",
    )
    path = os.pathsep.join((str(tmp_path / "broken"), str(ROOT)))
    for format_, read in (
        ("json", lambda text: json.loads(text)["summary"]["errors"]),
        ("junit", lambda text: int(ElementTree.fromstring(text).get("errors", ""))),
        ("text", lambda text: int(re.findall(r"(\d+) error", text)[-1])),
        ("github", lambda text: text.count("::error ")),
    ):
        outcome = flask_http_tutor("check", pack, "--format", format_, home=tmp_path, PYTHONPATH=path)
        assert outcome.code == 3, outcome
        assert read(outcome.out) == 1
        assert "no socket left" in outcome.out


def test_a_terminal_shows_how_far_the_run_is(tmp_path: Path) -> None:
    """On a terminal a bar counts the steps on stderr, and is gone when the report comes."""
    pack = write_pack(tmp_path / "pack")
    with Terminal("check", str(pack), home=tmp_path) as terminal:
        assert terminal.ended() == 0
        assert "Checking steps" in terminal.transcript
        assert "Checking steps" not in terminal.screen
        assert "0 failed in" in terminal.screen


def test_a_plain_terminal_shows_no_bar(tmp_path: Path) -> None:
    """`--plain` moves no cursor: there is no bar."""
    pack = write_pack(tmp_path / "pack")
    with Terminal("check", str(pack), "--plain", home=tmp_path) as terminal:
        assert terminal.ended() == 0
        assert "Checking" not in terminal.transcript


def test_the_command_line_knows_every_kind() -> None:
    """`--kind` takes the kinds that a report can have, and no other."""
    assert [kind.value for kind in CheckKind] == list(CHECK_KINDS)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT for one process there")
def test_a_pack_cannot_keep_the_run_from_ending(tmp_path: Path) -> None:
    """A wait of a minute, in somebody else's lesson, is ended by Ctrl-C."""
    pack = write_faults_pack(tmp_path / "pack")
    text = (pack / "faults.md").read_text("utf-8")
    assert "after_ms=100" in text
    (pack / "faults.md").write_text(text.replace("after_ms=100", "after_ms=60000"), "utf-8")
    with subprocess.Popen(
        [sys.executable, "-m", "tutor", "check", str(pack), "--id", "2.5/wait/*"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "FLASK_HTTP_TUTOR_HOME": str(tmp_path)},
    ) as process:
        try:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(8)
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 130
        finally:
            process.kill()


def children_of(pid: int) -> set[int]:
    """The processes that a process has started."""
    return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()))


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="only Linux lists the children of a process")
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGKILL", -9)])
def test_no_job_outlives_the_run(name: str, code: int, tmp_path: Path) -> None:
    """However a run of several jobs is ended, its code says so and no process of it is left."""
    with subprocess.Popen(
        [sys.executable, "-m", "tutor", "check", "--jobs", "3"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "FLASK_HTTP_TUTOR_HOME": str(tmp_path)},
    ) as process:
        end = time.monotonic() + 30
        jobs: set[int] = set()
        while len(jobs) < 3 and time.monotonic() < end:
            time.sleep(0.05)
            jobs = children_of(process.pid)
        process.send_signal(signal.Signals[name])
        out, err = process.communicate(timeout=30)
    assert process.returncode == code, (out, err)
    # Killed outright, a run cannot keep a job that has half started from telling of it.
    assert name == "SIGKILL" or "Traceback" not in err
    end = time.monotonic() + 60
    while any(map(is_running, jobs)) and time.monotonic() < end:
        time.sleep(0.05)
    assert [job for job in jobs if is_running(job)] == []
