"""Progress that a session can rely on, whatever becomes of its file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tutor.learner.progress import Progress
from tutor.learner.settings import FILE_NAME
from tutor.learner.steady import SteadyProgress
from tutor.wire.traffic import Traffic

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def record(progress: Progress, text: str) -> None:
    progress.record_attempt("cycle", "hello", "status", text, "right", "h1", "en", NOON, prediction=True)


def texts(progress: Progress) -> list[str]:
    return [attempt.text for attempt in progress.attempts()]


@contextmanager
def held(directory: Path) -> Iterator[None]:
    """Another program has the file for itself."""
    other = sqlite3.connect(directory / FILE_NAME, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.close()


def spoil(directory: Path) -> bytes:
    content = b"no database, but long enough to have a header" * 100
    (directory / FILE_NAME).write_bytes(content)
    return content


def test_what_is_held_reads_back_at_once_and_is_written_in_order(tmp_path: Path) -> None:
    """While the file is held, answers read back from memory; then the file has all of them, in order."""
    told: list[str] = []
    with SteadyProgress(tmp_path) as progress:
        progress.listen(told.append)
        record(progress, "1")
        with held(tmp_path):
            record(progress, "2")
            progress.record_traffic("cycle", Traffic(1, 2, 3))
            progress.remember_position("cycle", "hello")
            assert texts(progress)[-1] == "2"
            assert progress.traffic() == Traffic(1, 2, 3)
            are_kept = [progress.is_kept]
        record(progress, "3")
        assert [*are_kept, progress.is_kept] == [False, True]
        assert texts(progress) == ["1", "2", "3"]
    assert len(told) == 1
    with Progress(tmp_path) as progress:
        assert texts(progress) == ["1", "2", "3"]
        assert progress.traffic() == Traffic(1, 2, 3)


def test_closing_writes_what_still_waits(tmp_path: Path) -> None:
    """What waits when the session ends is written then, where that works again."""
    with SteadyProgress(tmp_path) as progress:
        record(progress, "1")
        with held(tmp_path):
            record(progress, "2")
    with Progress(tmp_path) as progress:
        assert texts(progress) == ["1", "2"]


def test_a_held_file_s_answers_can_still_be_read_where_only_writing_is_barred(tmp_path: Path) -> None:
    """Where another program only writes for long, what was kept before is still known in the session."""
    with SteadyProgress(tmp_path) as progress:
        record(progress, "1")
        other = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        record(progress, "2")
        assert texts(progress) == ["1", "2"]
        other.close()


def test_a_file_damaged_under_an_open_session_is_kept_aside(tmp_path: Path) -> None:
    """Damage in the middle of a session is met at the next use: kept aside, and a new file begun."""
    told: list[str] = []
    with SteadyProgress(tmp_path) as progress:
        progress.listen(told.append)
        record(progress, "1")
        content = spoil(tmp_path)
        record(progress, "2")
        assert texts(progress) == ["2"]
        assert progress.is_kept
    assert len(told) == 1
    assert (tmp_path / f"{FILE_NAME}.damaged-1").read_bytes() == content


def test_two_tutors_that_meet_the_same_damage_keep_one_file_aside(tmp_path: Path) -> None:
    """The second tutor finds the first one's new file, adds to it, and moves nothing."""
    with SteadyProgress(tmp_path) as first, SteadyProgress(tmp_path) as second:
        record(first, "1")
        record(second, "2")
        spoil(tmp_path)
        record(first, "3")
        record(second, "4")
        assert texts(first) == texts(second) == ["3", "4"]
    assert sorted(file.name for file in tmp_path.iterdir()) == [FILE_NAME, f"{FILE_NAME}.damaged-1"]
