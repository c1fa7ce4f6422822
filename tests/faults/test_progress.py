"""What can befall the progress file while a learner is at it: the lesson goes on, nothing is overwritten."""

from __future__ import annotations

import random
import re
import resource
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.command import flask_http_tutor
from tests.faults.disks import WITHOUT_PRIVILEGE, fill, needs_modes, small_disk
from tests.faults.sitting import LESSON, Sitting
from tests.terminal import Terminal
from tutor.learner.progress import SCHEMA_VERSION, Progress
from tutor.learner.settings import FILE_NAME

HELD = "held in memory until it can be kept"
KEPT = "Your progress is kept."
NOT_KEPT = "What you did could not be kept."


@pytest.fixture
def sitting(tmp_path: Path) -> Sitting:
    """A learner who has not begun."""
    return Sitting(tmp_path)


def answer(terminal: Terminal) -> None:
    """Do the first step."""
    terminal.wait_for("Enter: send ▸")
    terminal.type("")
    terminal.wait_for("number ▸")
    terminal.type("200")
    terminal.wait_for("Yes: 200.")
    terminal.wait_for("Enter: go on ▸")


def leave(terminal: Terminal) -> str:
    """Go on to the next step and leave; gives all that was printed."""
    terminal.type("")
    terminal.wait_for("2.5.2 A stream")
    terminal.wait_for("Enter: send ▸")
    terminal.press("\x04")
    assert terminal.ended() == 0
    assert terminal.unlike_before == []
    assert "Traceback" not in terminal.transcript
    return re.sub(r"\s+", " ", terminal.transcript)


def learn(sitting: Sitting, *, through: tuple[str, ...] = ()) -> str:
    """One sitting in which a step is done; gives all that was printed, on one line."""
    with sitting.terminal("2.5.1", "--pack", str(sitting.pack), through=through) as terminal:
        answer(terminal)
        printed = leave(terminal)
    assert sitting.leftovers() == []
    return printed


def damage_all(file: Path) -> None:
    """Nothing of it is a database."""
    file.write_bytes(b"no database, but long enough to have a header" * 100)


def damage_a_page(file: Path) -> None:
    """The header is whole, and what follows is not."""
    content = bytearray(file.read_bytes())
    content[4096:] = bytes(reversed(content[4096:]))
    file.write_bytes(content)


def damage_a_value(file: Path) -> None:
    """It is a database, in which one time is no time."""
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE step SET at = 'yesterday'")
    connection.close()


def put_another_program_s(file: Path) -> None:
    """A database with other tables, of whatever version."""
    file.unlink()
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE attempt (other TEXT)")
        connection.execute("PRAGMA user_version = 1")
    connection.close()


@pytest.mark.parametrize("spoil", [damage_all, damage_a_page, put_another_program_s])
def test_a_damaged_file_is_kept_aside_and_a_new_one_begun(
    sitting: Sitting, spoil: Callable[[Path], None]
) -> None:
    """A file that cannot be read is renamed with every byte, one warning tells so, and the lesson goes on."""
    learn(sitting)
    file = sitting.home / FILE_NAME
    spoil(file)
    before = file.read_bytes()
    printed = learn(sitting)
    assert printed.count("is damaged, or is no progress file") == 1
    assert HELD not in printed
    assert KEPT in printed
    assert (sitting.home / f"{FILE_NAME}.damaged-1").read_bytes() == before
    assert "1 of 3 steps done" in sitting.listed()
    spoil(file)
    learn(sitting)
    assert (sitting.home / f"{FILE_NAME}.damaged-1").read_bytes() == before
    assert (sitting.home / f"{FILE_NAME}.damaged-2").exists()


def test_a_file_that_can_be_read_but_not_understood_is_kept_aside(sitting: Sitting) -> None:
    """A database with a value that is none is whole enough to be written to, and is kept when it is read."""
    learn(sitting)
    damage_a_value(sitting.home / FILE_NAME)
    printed = learn(sitting)
    assert printed.count("is damaged, or is no progress file") == 1
    assert KEPT in printed
    aside = sqlite3.connect(sitting.home / f"{FILE_NAME}.damaged-1")
    assert aside.execute("SELECT at FROM step").fetchall() == [("yesterday",)]
    assert aside.execute("SELECT text FROM attempt").fetchall()[0] == ("200",)
    aside.close()


def test_a_newer_version_s_file_is_left_as_it_is(sitting: Sitting) -> None:
    """With a newer version's file the lesson goes on, after one warning, and not a byte changes."""
    learn(sitting)
    with sqlite3.connect(sitting.home / FILE_NAME) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    before = (sitting.home / FILE_NAME).read_bytes()
    printed = learn(sitting)
    assert printed.count(HELD) == 1
    assert "was written by a newer version" in printed
    assert NOT_KEPT in printed
    assert (sitting.home / FILE_NAME).read_bytes() == before
    assert [file.name for file in sitting.home.iterdir()] == [FILE_NAME]


def test_a_locked_file_gets_what_it_lacks_when_it_is_free(sitting: Sitting) -> None:
    """While another program holds the file the lesson goes on; what was done meanwhile is kept afterwards."""
    learn(sitting)
    with sitting.terminal("2.5.1", "--pack", str(sitting.pack)) as terminal:
        terminal.wait_for("Enter: send ▸")
        other = sqlite3.connect(sitting.home / FILE_NAME, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        terminal.type("")
        terminal.wait_for("number ▸")
        terminal.type("302")
        terminal.wait_for("Another program is using")
        terminal.wait_for("302 sends you elsewhere.")
        terminal.type("200")
        terminal.wait_for("Yes: 200.")
        other.execute("ROLLBACK")
        other.close()
        terminal.wait_for("Enter: go on ▸")
        printed = leave(terminal)
    assert printed.count(HELD) == 1
    assert KEPT in printed
    with Progress(sitting.home) as progress:
        assert [attempt.text for attempt in progress.attempts()] == ["200", "302", "200"]


def test_a_file_that_stays_locked_is_told_at_the_end(sitting: Sitting) -> None:
    """A file that is held all the time is warned of once, and the farewell says that nothing was kept."""
    learn(sitting)
    other = sqlite3.connect(sitting.home / FILE_NAME, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    printed = learn(sitting)
    other.close()
    assert printed.count(HELD) == 1
    assert NOT_KEPT in printed
    assert "1 of 3 steps done" in sitting.listed()


@needs_modes
def test_a_read_only_home_can_be_learnt_in(sitting: Sitting) -> None:
    """In a folder that may not be written the lesson goes on where it stopped, after one warning."""
    learn(sitting)
    (sitting.home / FILE_NAME).chmod(0o444)
    sitting.home.chmod(0o555)
    try:
        with sitting.terminal("--pack", str(sitting.pack), through=WITHOUT_PRIVILEGE) as terminal:
            terminal.wait_for("Last time: The status line tells.")
            terminal.wait_for("2.5.2 A stream")
            terminal.wait_for("Enter: send ▸")
            terminal.press("\x04")
            assert terminal.ended() == 0
        printed = re.sub(r"\s+", " ", terminal.transcript)
    finally:
        sitting.home.chmod(0o755)
    assert printed.count(HELD) == 1
    assert "Progress cannot be kept in" in printed
    assert NOT_KEPT in printed


@needs_modes
def test_a_home_that_may_not_be_entered_can_be_learnt_in(sitting: Sitting) -> None:
    """A folder for state that may not even be looked into is no reason to hold no lesson."""
    sitting.home.mkdir()
    sitting.home.chmod(0)
    try:
        printed = learn(sitting, through=WITHOUT_PRIVILEGE)
    finally:
        sitting.home.chmod(0o755)
    assert printed.count(HELD) == 1
    assert NOT_KEPT in printed


@pytest.mark.parametrize("home", ["/dev/null/state", "/proc/state"])
def test_an_absent_home_can_be_learnt_in(sitting: Sitting, home: str) -> None:
    """Where the folder for progress can never be made the lesson goes on, after one warning."""
    with sitting.terminal("--pack", str(sitting.pack), variables={"FLASK_HTTP_TUTOR_HOME": home}) as terminal:
        answer(terminal)
        printed = leave(terminal)
    assert printed.count(HELD) == 1
    assert NOT_KEPT in printed


def test_a_home_of_nobody_is_a_wrong_call(tmp_path: Path) -> None:
    """A folder for progress in the home of a user who is not there is told in one line, and ends with 2."""
    outcome = flask_http_tutor("list", home=Path("~nobody-of-this-name/state"), cwd=tmp_path)
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "FLASK_HTTP_TUTOR_HOME" in outcome.err
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_gets_what_it_lacks_when_there_is_room(sitting: Sitting) -> None:
    """On a full disk the lesson goes on; with room again, what was done is kept."""
    with small_disk(sitting.home):
        learn(sitting)
        filler = fill(sitting.home)
        printed = learn(sitting)
        assert printed.count(HELD) == 1
        assert "disk is full" in printed or "disk I/O error" in printed
        assert NOT_KEPT in printed
        with sitting.terminal("2.5.1", "--pack", str(sitting.pack)) as terminal:
            answer(terminal)
            filler.unlink()
            assert KEPT in leave(terminal)
        with Progress(sitting.home) as progress:
            assert [attempt.text for attempt in progress.attempts()] == ["200", "200"]
        assert "1 of 3 steps done" in sitting.listed()


def test_a_limit_on_files_is_told_as_a_full_disk_is(sitting: Sitting) -> None:
    """Where no file may grow (`ulimit -f`) the lesson goes on, after one warning."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    assert soft == resource.RLIM_INFINITY or soft > 0
    printed = learn(sitting, through=("sh", "-c", 'ulimit -f 4; exec "$@"', "sh"))
    assert printed.count(HELD) == 1
    assert NOT_KEPT in printed


def test_two_tutors_at_once_lose_nothing(sitting: Sitting) -> None:
    """Two sittings at the same time both keep what is done in them, the welcome's settings included."""
    pack = ("--pack", str(sitting.pack))
    with sitting.terminal("2.5.1", *pack) as first, sitting.terminal("2.5.3", *pack) as second:
        answer(first)
        second.wait_for("Enter: send ▸")
        second.type("")
        while second.wait_for_either("number ▸", "Enter: go on ▸") == "Enter: go on ▸":
            second.type("")
        second.type("204")
        second.wait_for("204 comes at the limit.")
        second.type("200")
        second.wait_for("Yes: 200.")
        leave(first)
        second.press("\x04")
        assert second.ended() == 0
    assert "2 of 3 steps done" in sitting.listed()
    with Progress(sitting.home) as progress:
        assert sorted(attempt.text for attempt in progress.attempts()) == ["200", "200", "204"]


def test_a_renamed_step_is_still_done_in_a_newer_course(sitting: Sitting) -> None:
    """A course whose step has got another id and place shows it as done, and goes on behind it."""
    learn(sitting)
    renamed = LESSON.replace("## One request {#one}", '## A first request {#first was="one"}')
    (sitting.pack / "faults.md").write_text(renamed, "utf-8")
    listed = flask_http_tutor("list", "2.5", "--pack", str(sitting.pack), home=sitting.home).out
    assert re.search(r"2\.5\.1 +A first request +\(done", listed)
    with sitting.terminal("--pack", str(sitting.pack)) as terminal:
        terminal.wait_for("2.5.2 A stream")
    with sitting.terminal("2.5.1", "--pack", str(sitting.pack)) as terminal:
        answer(terminal)
        leave(terminal)
    assert "1 of 3 steps done" in sitting.listed()


ANSWERS = [str(300 + number) for number in range(3, 43)]
"""Wrong ones: each is an attempt, and the question stays open."""


def kill_at(sitting: Sitting, after_s: float, *, from_question: bool) -> int:
    """Kill a tutor that is being answered, so long after its start or its question; gives how many it heard.

    What it has told of an answer must have been kept, in a file that is whole.
    """
    with Progress(sitting.home) as progress:
        before = len(progress.attempts())
    # Typed ahead: the tutor hears one answer after the other, as fast as it can.
    with sitting.terminal("--plain", "2.5.1", "--pack", str(sitting.pack)) as terminal:
        terminal.press("\r" + "\r".join(ANSWERS) + "\r", at_once=True)
        if from_question:
            terminal.wait_for("number")
        time.sleep(after_s)
        terminal.signal(signal.SIGKILL, at_once=True)
        assert terminal.ended() in (-signal.SIGKILL, 0)
        heard = max(0, terminal.transcript.count("number >") - 1)
    with Progress(sitting.home) as progress:
        kept = [attempt.text for attempt in progress.attempts()[before:]]
    assert kept == ANSWERS[: len(kept)]
    assert heard <= len(kept) <= heard + 1
    if (sitting.home / FILE_NAME).exists():
        connection = sqlite3.connect(sitting.home / FILE_NAME)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()
    return heard


def test_kill_9_loses_at_most_the_answer_being_typed(sitting: Sitting) -> None:
    """Killed while it is answered, the tutor has kept every answer that it had told of."""
    for after_s, from_question in ((0.3, False), (0.02, True), (0.1, True), (0.3, True)):
        kill_at(sitting, after_s, from_question=from_question)
    assert sitting.leftovers() == []
    with sitting.terminal("--pack", str(sitting.pack)) as terminal:
        answer(terminal)
        assert KEPT in leave(terminal)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_kill_9_at_two_hundred_moments_loses_at_most_the_answer_being_typed(sitting: Sitting) -> None:
    """The same at 200 random moments, from before the file is there to behind the last answer."""
    chance = random.Random()
    heard = []
    for number in range(200):
        from_question = number % 4 > 0
        after_s = chance.uniform(0, 1 if from_question else 3)
        heard.append(kill_at(sitting, after_s, from_question=from_question))
    # The moments are spread: some before the first answer, some in the middle of them.
    assert 0 in heard
    assert any(0 < count < len(ANSWERS) for count in heard)
    assert sitting.leftovers() == []
