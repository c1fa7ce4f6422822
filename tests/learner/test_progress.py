"""The progress file: what is kept, what it survives, and what is said when it cannot be used."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.faults.disks import WITHOUT_PRIVILEGE, needs_modes
from tutor.course.contents import Outline, OutlineStep
from tutor.errors import ExitCode, TutorError, UsageError
from tutor.learner.progress import (
    SCHEMA_VERSION,
    Position,
    Progress,
    Standing,
    StepStatus,
    first_undone,
    is_updated,
    standing,
    state_of,
    step_called,
)
from tutor.learner.settings import FILE_NAME
from tutor.wire.traffic import Traffic

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


def step(
    step_id: str, *, deeper: bool = False, step_hash: str = "h1", was: tuple[str, ...] = ()
) -> OutlineStep:
    return OutlineStep(id=step_id, number="", title=step_id, deeper=deeper, hash=step_hash, was=was)


def outline(lesson_id: str, *steps: OutlineStep) -> Outline:
    return Outline(id=lesson_id, number="2.1", title=lesson_id, minutes=5, file="x.md", steps=steps)


def record(progress: Progress, lesson_id: str = "cycle", text: str = "200", at: datetime = NOON) -> None:
    progress.record_attempt(lesson_id, "hello", "status", text, "right", "h1", "en", at, prediction=True)


def run_python(code: str, *arguments: str, through: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*through, sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_reading_creates_nothing(tmp_path: Path) -> None:
    """Before the first answer everything reads as empty, and neither file nor folder comes to be."""
    directory = tmp_path / "state" / "tutor"
    with Progress(directory) as progress:
        assert progress.attempts() == ()
        assert progress.states("cycle") == {}
        assert progress.position() is None
        assert progress.setting("language") is None
        progress.forget()
    assert not directory.parent.exists()


def test_an_answer_is_kept_before_the_file_is_closed(tmp_path: Path) -> None:
    """Another reader sees an answer as soon as it was given."""
    with Progress(tmp_path) as writer, Progress(tmp_path) as reader:
        record(writer)
        (attempt,) = reader.attempts()
    assert (attempt.question_id, attempt.text, attempt.grade) == ("status", "200", "right")
    assert attempt.prediction is True


def test_times_are_kept_in_utc(tmp_path: Path) -> None:
    """An answer given in another time zone reads back as the same moment, in UTC."""
    with Progress(tmp_path) as progress:
        record(progress, at=NOON.astimezone(timezone(timedelta(hours=8))))
        (attempt,) = progress.attempts()
    assert attempt.at == NOON
    assert attempt.at.tzinfo is UTC


@pytest.mark.parametrize("text", ["李辉", "", "a\x00b\x1b[31m", "'); DROP TABLE attempt; --"])
def test_any_answer_reads_back_as_given(tmp_path: Path, text: str) -> None:
    """Whatever was typed reads back unchanged."""
    with Progress(tmp_path) as progress:
        record(progress, text=text)
        assert progress.attempts()[0].text == text


def test_an_answer_with_bytes_that_are_no_text_is_kept(tmp_path: Path) -> None:
    """A pasted byte that is no UTF-8 does not lose the answer."""
    with Progress(tmp_path) as progress:
        record(progress, text="caf\udce9")
        assert progress.attempts()[0].text == "caf\\udce9"


def test_attempts_can_be_read_by_lesson_in_the_order_given(tmp_path: Path) -> None:
    """The answers of one lesson come alone, the oldest first."""
    with Progress(tmp_path) as progress:
        record(progress, "cycle", "404")
        record(progress, "requests", "308")
        record(progress, "cycle", "200")
        assert [attempt.text for attempt in progress.attempts("cycle")] == ["404", "200"]
        assert len(progress.attempts()) == 3


def test_a_skip_never_takes_back_a_done_step(tmp_path: Path) -> None:
    """A step that was done stays done when it is skipped on a second visit."""
    with Progress(tmp_path) as progress:
        progress.mark_step("cycle", step("hello"), StepStatus.DONE, at=NOON)
        progress.mark_step("cycle", step("hello", step_hash="h2"), StepStatus.SKIPPED, at=NOON)
        state = progress.states("cycle")["hello"]
    assert state.state is StepStatus.DONE
    assert state.hash == "h1"


def test_doing_a_skipped_step_makes_it_done(tmp_path: Path) -> None:
    """A skipped step becomes done, and says whether help was needed then."""
    with Progress(tmp_path) as progress:
        progress.mark_step("cycle", step("hello"), StepStatus.SKIPPED, at=NOON)
        progress.mark_step("cycle", step("hello"), StepStatus.DONE, at=NOON, helped=True)
        state = progress.states("cycle")["hello"]
    assert state.state is StepStatus.DONE
    assert state.helped is True


@pytest.mark.parametrize("first", [True, False])
def test_help_stays_what_the_first_completion_says(tmp_path: Path, first: bool) -> None:
    """Doing a step again changes its hash and time, not whether it was first done with help."""
    later = NOON + timedelta(days=1)
    with Progress(tmp_path) as progress:
        progress.mark_step("cycle", step("hello"), StepStatus.DONE, at=NOON, helped=first)
        progress.mark_step(
            "cycle", step("hello", step_hash="h2"), StepStatus.DONE, at=later, helped=not first
        )
        state = progress.states("cycle")["hello"]
    assert state.helped is first
    assert (state.hash, state.at) == ("h2", later)


def test_a_renamed_step_keeps_its_state(tmp_path: Path) -> None:
    """A step done under an id it had before is done, and a skip under the new id does not undo it."""
    renamed = step("greeting", was=("hi", "hello"))
    with Progress(tmp_path) as progress:
        progress.mark_step("cycle", step("hello"), StepStatus.DONE, at=NOON, helped=True)
        before = state_of(renamed, progress.states("cycle"))
        progress.mark_step("cycle", renamed, StepStatus.SKIPPED, at=NOON)
        after = state_of(renamed, progress.states("cycle"))
    assert before is not None
    assert before.state is StepStatus.DONE
    assert after is not None
    assert (after.state, after.helped) == (StepStatus.DONE, True)


def test_a_changed_step_shows_as_updated_and_stays_done(tmp_path: Path) -> None:
    """A step that changed since it was done counts as done and as updated."""
    with Progress(tmp_path) as progress:
        progress.mark_step("cycle", step("hello"), StepStatus.DONE, at=NOON)
        progress.mark_step("cycle", step("bytes"), StepStatus.SKIPPED, at=NOON)
        states = progress.states("cycle")
    changed = step("hello", step_hash="h2")
    assert is_updated(changed, state_of(changed, states))
    assert not is_updated(step("hello"), state_of(step("hello"), states))
    assert not is_updated(step("bytes", step_hash="h2"), states["bytes"])
    assert standing(outline("cycle", changed, step("bytes")), states) == Standing(2, 1, 0, 1, 1)


def test_deeper_steps_do_not_count(tmp_path: Path) -> None:
    """A lesson is finished when its main steps are done, whatever its deeper ones are."""
    lesson = outline("cycle", step("hello"), step("more", deeper=True), step("bytes"))
    with Progress(tmp_path) as progress:
        progress.mark_step("cycle", step("more"), StepStatus.DONE, at=NOON)
        assert standing(lesson, progress.states("cycle")) == Standing(2, 0, 0, 0, 0)
        progress.mark_step("cycle", step("hello"), StepStatus.DONE, at=NOON)
        progress.mark_step("cycle", step("bytes"), StepStatus.DONE, at=NOON, helped=True)
        finished = standing(lesson, progress.states("cycle"))
    assert finished == Standing(2, 2, 1, 0, 0)
    assert finished.finished


def test_resume_goes_to_the_first_undone_main_step(tmp_path: Path) -> None:
    """The next step to do is the first main one that is not done, across lessons; none when all are."""
    first = outline("cycle", step("hello"), step("more", deeper=True))
    second = outline("requests", step("url"), step("form"))
    with Progress(tmp_path) as progress:
        assert first_undone((first, second), progress) == (first, step("hello"))
        progress.mark_step("cycle", step("hello"), StepStatus.DONE, at=NOON)
        progress.mark_step("requests", step("url"), StepStatus.SKIPPED, at=NOON)
        assert first_undone((first, second), progress) == (second, step("url"))
        assert first_undone((first, second), progress, skipped_last=True) == (second, step("form"))
        progress.mark_step("requests", step("form"), StepStatus.DONE, at=NOON)
        assert first_undone((first, second), progress, skipped_last=True) == (second, step("url"))
        progress.mark_step("requests", step("url"), StepStatus.DONE, at=NOON)
        assert first_undone((first, second), progress) is None


def test_the_position_is_kept_by_lesson(tmp_path: Path) -> None:
    """Where the learner was is kept for each lesson, and the lesson used last is known."""
    with Progress(tmp_path) as progress:
        progress.remember_position("cycle", "hello")
        progress.remember_position("requests", "url")
        progress.remember_position("cycle", "bytes")
        assert progress.position() == Position("cycle", "bytes")
        assert progress.position("requests") == Position("requests", "url")
        assert progress.position("responses") is None


def test_a_position_under_an_old_id_finds_its_step() -> None:
    """A kept position names a step by the id it has, or by one that it had."""
    steps = (step("greeting", was=("hello",)), step("bytes"))
    assert step_called(steps, "hello") is steps[0]
    assert step_called(steps, "bytes") is steps[1]
    assert step_called(steps, "gone") is None


def test_settings_are_kept_and_replaced(tmp_path: Path) -> None:
    """A setting reads back as it was last set, in a later run too."""
    with Progress(tmp_path) as progress:
        progress.set_setting("language", "en")
        progress.set_setting("language", "zh-CN")
    with Progress(tmp_path) as progress:
        assert progress.setting("language") == "zh-CN"


def test_the_shuffle_seed_is_made_once(tmp_path: Path) -> None:
    """Every run of one learner shuffles alike; another learner has another seed."""
    with Progress(tmp_path / "a") as progress:
        seed = progress.shuffle_seed()
        assert progress.shuffle_seed() == seed
    with Progress(tmp_path / "a") as progress:
        assert progress.shuffle_seed() == seed
    seeds = set()
    for name in "bcd":
        with Progress(tmp_path / name) as progress:
            seeds.add(progress.shuffle_seed())
    assert seeds != {seed}


def test_forgetting_a_lesson_leaves_the_others(tmp_path: Path) -> None:
    """A reset removes one lesson's answers, steps and position, or all lessons', and keeps the settings."""
    with Progress(tmp_path) as progress:
        for lesson_id in ("cycle", "requests"):
            record(progress, lesson_id)
            progress.mark_step(lesson_id, step("hello"), StepStatus.DONE, at=NOON)
            progress.remember_position(lesson_id, "hello")
        progress.set_setting("language", "zh-CN")
        progress.forget("requests")
        assert progress.attempts("requests") == ()
        assert progress.states("requests") == {}
        assert progress.position() == Position("cycle", "hello")
        assert len(progress.attempts("cycle")) == 1
        progress.forget()
        assert progress.attempts() == ()
        assert progress.states("cycle") == {}
        assert progress.position() is None
        assert progress.setting("language") == "zh-CN"


@pytest.mark.parametrize("content", [b"not a database, but long enough to have a header" * 40, b"SQLite"])
def test_a_file_that_is_no_database_is_named_and_left_alone(tmp_path: Path, content: bytes) -> None:
    """A foreign file is reported with its name and the remedy, and not a byte of it changes."""
    file = tmp_path / FILE_NAME
    file.write_bytes(content)
    for use in (lambda progress: progress.attempts(), record):
        with (
            Progress(tmp_path) as progress,
            pytest.raises(TutorError, match="damaged, or is no progress file") as caught,
        ):
            use(progress)
        assert str(file) in str(caught.value)
    assert file.read_bytes() == content


def test_another_program_s_database_is_left_alone(tmp_path: Path) -> None:
    """A database with other tables is refused rather than added to."""
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        connection.execute("CREATE TABLE attempt (other TEXT)")
    connection.close()
    with Progress(tmp_path) as progress, pytest.raises(TutorError, match="no progress file"):
        record(progress)


def test_a_newer_version_s_file_is_refused(tmp_path: Path) -> None:
    """A file of a newer version is a usage error that says to update, and is not touched."""
    with Progress(tmp_path) as progress:
        record(progress)
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    content = (tmp_path / FILE_NAME).read_bytes()
    with Progress(tmp_path) as progress, pytest.raises(UsageError, match="newer version") as caught:
        record(progress)
    assert caught.value.exit_code is ExitCode.USAGE
    assert (tmp_path / FILE_NAME).read_bytes() == content


def test_an_empty_file_is_an_empty_progress(tmp_path: Path) -> None:
    """A file of no bytes, as a crash may leave it, reads as empty and is filled by the first answer."""
    (tmp_path / FILE_NAME).touch()
    with Progress(tmp_path) as progress:
        assert progress.attempts() == ()
        record(progress)
        assert len(progress.attempts()) == 1


def test_a_locked_file_is_told_in_plain_words(tmp_path: Path) -> None:
    """An answer that cannot be kept because another program holds the file ends in one plain line."""
    with Progress(tmp_path, busy_timeout_s=0.05) as progress:
        record(progress)
        other = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        try:
            with pytest.raises(TutorError, match=f"Another program is using .*{FILE_NAME}"):
                record(progress)
        finally:
            other.close()
        record(progress)
        assert len(progress.attempts()) == 2


def test_a_folder_that_cannot_be_made_is_told_in_plain_words(tmp_path: Path) -> None:
    """Where the folder cannot be made, reading is empty and writing names the folder's setting."""
    (tmp_path / "file").touch()
    with Progress(tmp_path / "file" / "state") as progress:
        assert progress.attempts() == ()
        with pytest.raises(TutorError, match="FLASK_HTTP_TUTOR_HOME"):
            record(progress)


@needs_modes
def test_a_read_only_folder_can_still_be_read(tmp_path: Path) -> None:
    """In a folder without write permission progress reads as kept, and an answer ends in one plain line."""
    code = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from tutor.errors import TutorError
from tutor.learner.progress import Progress
with Progress(Path(sys.argv[1])) as progress:
    print(len(progress.attempts()))
    try:
        progress.record_attempt("cycle", "s", "q", "t", "right", "h", "en", datetime.now(UTC), True)
    except TutorError as error:
        print(error)
"""
    with Progress(tmp_path) as progress:
        record(progress)
    (tmp_path / FILE_NAME).chmod(0o444)
    tmp_path.chmod(0o555)
    try:
        output, errors = run_python(code, str(tmp_path), through=WITHOUT_PRIVILEGE).communicate(timeout=30)
    finally:
        tmp_path.chmod(0o755)
    assert errors == ""
    count, message = output.splitlines()
    assert count == "1"
    assert "Progress cannot be kept in" in message


def test_two_processes_at_once_lose_no_answer(tmp_path: Path) -> None:
    """Two sessions that start on no file and write at the same time keep every answer and one seed."""
    code = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from tutor.learner.progress import Progress
sys.stdin.readline()
now = datetime.now(UTC)
with Progress(Path(sys.argv[1]), busy_timeout_s=30) as progress:
    print(progress.shuffle_seed())
    for number in range(40):
        progress.record_attempt("cycle", "s", sys.argv[2], str(number), "right", "h", "en", now, False)
"""
    processes = [run_python(code, str(tmp_path), name) for name in ("first", "second")]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=60) for process in processes]
    assert [errors for _output, errors in outputs] == ["", ""]
    assert outputs[0][0] == outputs[1][0]
    with Progress(tmp_path) as progress:
        attempts = progress.attempts()
    for name in ("first", "second"):
        assert [attempt.text for attempt in attempts if attempt.question_id == name] == [
            str(n) for n in range(40)
        ]


def test_traffic_adds_up_by_lesson_and_over_all(tmp_path: Path) -> None:
    """What crossed the wire adds up, by lesson and over all; a reset forgets it."""
    with Progress(tmp_path) as progress:
        assert progress.traffic() == Traffic()
        progress.record_traffic("cycle", Traffic(1, 100, 200))
        progress.record_traffic("cycle", Traffic(2, 10, 20))
        progress.record_traffic("requests", Traffic(1, 1, 2))
        assert progress.traffic("cycle") == Traffic(3, 110, 220)
        assert progress.traffic() == Traffic(4, 111, 222)
        progress.forget("cycle")
        assert progress.traffic() == Traffic(1, 1, 2)


def as_version_1(directory: Path) -> None:
    """Make the file what the first version wrote."""
    with sqlite3.connect(directory / FILE_NAME) as connection:
        for table in ("traffic", "outline", "outline_step", "outline_part"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("PRAGMA user_version = 1")
    connection.close()


def test_an_older_version_s_file_reads_as_it_is_and_grows_with_the_first_write(tmp_path: Path) -> None:
    """A file from before traffic was kept opens with all its answers, and keeps traffic from then on."""
    with Progress(tmp_path) as progress:
        record(progress)
    as_version_1(tmp_path)
    before = (tmp_path / FILE_NAME).read_bytes()
    with Progress(tmp_path) as progress:
        assert progress.traffic() == Traffic()
        assert len(progress.attempts()) == 1
    assert (tmp_path / FILE_NAME).read_bytes() == before
    with Progress(tmp_path) as progress:
        progress.record_traffic("cycle", Traffic(1, 2, 3))
        assert progress.traffic() == Traffic(1, 2, 3)
        assert len(progress.attempts()) == 1


def test_an_older_version_s_file_can_be_forgotten(tmp_path: Path) -> None:
    """A reset of a file from before traffic was kept forgets its answers."""
    with Progress(tmp_path) as progress:
        record(progress)
    as_version_1(tmp_path)
    with Progress(tmp_path) as progress:
        progress.forget()
        assert progress.attempts() == ()
