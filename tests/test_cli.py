"""The commands as a shell sees them: output, errors in one line, exit codes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.command import ROOT, flask_http_tutor
from tests.play.sample_pack import LESSON, write_pack
from tutor import __version__
from tutor.cli import PROGRAM, commands, language_of


def one_line(text: str) -> bool:
    return text.startswith(f"{PROGRAM}: ") and text.count("\n") == 1 and "Traceback" not in text


def test_list_shows_every_lesson_and_how_far_the_learner_is(tmp_path: Path) -> None:
    """`list` is one line a lesson, and one for the course."""
    outcome = flask_http_tutor("list", home=tmp_path)
    assert outcome.code == 0
    assert re.search(r"^2\.1  The request–response cycle +0 of \d+ steps done$", outcome.out, re.MULTILINE)
    assert re.search(r"^2\.2  HTTP requests", outcome.out, re.MULTILINE)
    assert re.search(r"^The course +0 of \d+ steps done$", outcome.out, re.MULTILINE)


def test_list_json_has_the_shape_that_was_promised(tmp_path: Path) -> None:
    """`list --json` is a list of number, id, title, steps and done; deeper steps are not counted."""
    outcome = flask_http_tutor("list", "--json", "--pack", str(write_pack(tmp_path / "pack")), home=tmp_path)
    assert json.loads(outcome.out) == [
        {"number": "2.1", "id": "every-kind", "title": "A lesson of every kind", "steps": 3, "done": 0}
    ]


def test_list_of_a_lesson_shows_its_steps(tmp_path: Path) -> None:
    """A lesson's steps are listed with their numbers, deeper ones by a letter."""
    outcome = flask_http_tutor("list", "2.1", "--pack", str(write_pack(tmp_path / "pack")), home=tmp_path)
    assert outcome.out.splitlines() == [
        "2.1  A lesson of every kind   0 of 3 steps done",
        "  2.1.1   Choose",
        "  2.1.2   Guess",
        "  2.1.3   Sort",
        "  2.1.3a  One more, deeper   (deeper)",
    ]


def test_reading_progress_creates_nothing(tmp_path: Path) -> None:
    """`list` leaves no file behind in a learner's empty folder."""
    flask_http_tutor("list", home=tmp_path / "home")
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["9.9"], "There is no lesson 9.9"),
        (["2.1.99"], "There is no step 2.1.99"),
        (["chek"], "Did you mean check?"),
        (["list", "7.1"], "There is no lesson 7.1"),
        (["reset", "7.1", "--yes"], "There is no lesson 7.1"),
        (["check", "7.1"], "There is no lesson 7.1"),
        (["check", "--format", "yaml"], "text"),
        (["check", "--jobs", "two"], "'two' is not a valid whole number."),
        (["serve", "--port", "70000"], "70000 is not in the range 0<=x<=65535."),
        (["check", "--output", "yaml=x"], "There is no report format yaml"),
        (["check", "--output", "no/such/folder/x.json"], "cannot be written"),
        (["list", "--bogus"], "--bogus"),
        (["--lang", "tlh", "list"], "tlh"),
        (["--pack", "no-such-folder", "list"], "no-such-folder"),
        (["reset"], "--yes"),
        (["2.1"], "flask-http-tutor check"),
        ([], "flask-http-tutor check"),
    ],
)
def test_a_wrong_call_is_one_line_that_says_what_would_be_right(
    arguments: list[str], words: str, tmp_path: Path
) -> None:
    """A usage error ends with 2 and one line on stderr; nothing stands on stdout."""
    outcome = flask_http_tutor(*arguments, home=tmp_path)
    assert outcome.code == 2
    assert outcome.out == ""
    assert one_line(outcome.err), outcome.err
    assert words in outcome.err


def test_an_unknown_number_names_the_nearest(tmp_path: Path) -> None:
    """2.9 is answered with the lessons that there are near it."""
    assert "2.5" in flask_http_tutor("2.9", home=tmp_path).err


def test_global_options_stand_before_or_after_a_command(tmp_path: Path) -> None:
    """`--pack DIR list` and `list --pack DIR` are the same."""
    pack = str(write_pack(tmp_path / "pack"))
    before = flask_http_tutor("--pack", pack, "--plain", "list", home=tmp_path)
    after = flask_http_tutor("list", "--plain", "--pack", pack, home=tmp_path)
    assert before == after
    assert "A lesson of every kind" in after.out


def test_every_command_has_help_and_stands_in_the_readme() -> None:
    """No command is without a help text, and the README tells of each."""
    readme = (ROOT / "README.md").read_text("utf-8")
    for name, command in commands("en").commands.items():
        assert command.help
        if not command.hidden:
            assert f"flask-http-tutor {name}" in readme


def test_the_version_is_the_packages(tmp_path: Path) -> None:
    """`--version` prints the program's name and version."""
    assert flask_http_tutor("--version", home=tmp_path).out == f"{PROGRAM} {__version__}\n"


def test_check_passes_and_says_so(tmp_path: Path) -> None:
    """A good pack ends with 0 and a summary; stderr stays empty and no progress is made."""
    outcome = flask_http_tutor("check", str(write_pack(tmp_path / "pack")), home=tmp_path / "home")
    assert outcome.code == 0
    assert outcome.err == ""
    assert re.search(r"\d+ passed, 0 failed in", outcome.out)
    assert not (tmp_path / "home").exists()


def test_check_names_a_wrong_key_by_file_and_line(tmp_path: Path) -> None:
    """A wrong answer key ends with 1, and the report says which file and line."""
    pack = write_pack(tmp_path / "pack")
    file = pack / "every-kind.md"
    file.write_text(LESSON.replace("answer = 11", "answer = 12"), "utf-8")
    line = LESSON[: LESSON.index('proof = "last.')].count("\n") + 1
    outcome = flask_http_tutor("check", str(pack), home=tmp_path)
    assert outcome.code == 1
    assert f"every-kind.md:{line}" in outcome.out


def test_check_of_a_lesson_that_cannot_be_loaded_ends_with_2(tmp_path: Path) -> None:
    """A TOML error is a fault with its place, and the JSON report is still JSON."""
    pack = write_pack(tmp_path / "pack")
    (pack / "every-kind.md").write_text(LESSON.replace("answer = 11", "answer = "), "utf-8")
    outcome = flask_http_tutor("check", str(pack), "--format", "json", home=tmp_path)
    assert outcome.code == 2
    report = json.loads(outcome.out)
    assert report["summary"]["failed"] >= 1
    assert report["lessons"][0]["checks"][0]["kind"] == "lint"


def test_check_of_a_step_checks_that_step_alone(tmp_path: Path) -> None:
    """`check 2.1.1` reports checks of the first step only, by the ids that were promised."""
    pack = write_pack(tmp_path / "pack")
    outcome = flask_http_tutor("check", "2.1.1", "--pack", str(pack), "--format", "json", home=tmp_path)
    [lesson] = json.loads(outcome.out)["lessons"]
    ids = {check["id"] for check in lesson["checks"]}
    assert "2.1/choose/status/answer" in ids
    assert "2.1/choose/status/proof" in ids
    assert not [check_id for check_id in ids if check_id.startswith(("2.1/guess", "2.1/sort"))]


def test_reports_go_to_files_whole_and_in_several_formats(tmp_path: Path) -> None:
    """`--output` may be given several times; stdout keeps the format asked for."""
    pack = write_pack(tmp_path / "pack")
    outcome = flask_http_tutor(
        "check",
        str(pack),
        "--output",
        f"json={tmp_path / 'r.json'}",
        "--output",
        str(tmp_path / "r.txt"),
        home=tmp_path,
    )
    assert outcome.code == 0
    report = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert report["schema_version"] == 1
    assert "passed, 0 failed" in (tmp_path / "r.txt").read_text("utf-8")
    assert "passed, 0 failed" in outcome.out


def test_a_reader_who_has_enough_causes_no_traceback(tmp_path: Path) -> None:
    """`flask-http-tutor list | head -1` ends quietly."""
    pack = write_pack(tmp_path / "pack")
    script = f"{sys.executable} -m tutor check {pack} --format json | head -c 1"
    result = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False
    )
    assert result.stdout == "{"
    assert result.stderr == ""


def wait_until_it_serves(pid: int) -> None:
    """Wait until the process has a sandbox's thread beside its own; a while, where none can be counted."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        time.sleep(3)
        return
    end = time.monotonic() + 20
    while "Threads:\t1\n" in status.read_text("utf-8") and time.monotonic() < end:
        time.sleep(0.02)


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_a_check_with_their_codes(sent: signal.Signals, code: int, tmp_path: Path) -> None:
    """Ctrl-C ends `check` with 130 and SIGTERM with 143, without a traceback."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tutor", "check"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "FLASK_HTTP_TUTOR_HOME": str(tmp_path)},
    )
    wait_until_it_serves(process.pid)
    process.send_signal(sent)
    out, err = process.communicate(timeout=30)
    assert process.returncode == code, (out, err)
    assert "Traceback" not in err


def test_the_language_is_the_one_asked_for_or_english() -> None:
    """An unknown locale, C and POSIX fall back to English."""
    for locale in ("C", "POSIX", "tlh_KL.UTF-8", ""):
        assert language_of([], {"LANG": locale}) == "en"
    assert language_of(["--lang", "en"], {}) == "en"
    assert language_of(["list", "--lang=EN"], {}) == "en"


def test_a_console_that_cannot_encode_gets_ascii_and_no_traceback(tmp_path: Path) -> None:
    """On an ASCII console the list still prints."""
    outcome = flask_http_tutor("list", home=tmp_path, PYTHONIOENCODING="ascii")
    assert outcome.code == 0
    assert "2.1  The request-response cycle" in outcome.out
