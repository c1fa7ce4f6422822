"""A file that is saved is noticed, however the editor writes it, and a half-written one is waited for."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tutor.workshop.watch import HALF_WRITTEN_S, FileWatch

TICK_S = 0.02
WAIT_S = 20.0


class Saves:
    """When the file was told to be saved."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def __call__(self) -> None:
        self.times.append(time.monotonic())

    def wait_for(self, count: int) -> None:
        deadline = time.monotonic() + WAIT_S
        while len(self.times) < count:
            assert time.monotonic() < deadline, f"{len(self.times)} of {count} saves"
            time.sleep(TICK_S)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "me.py"
    path.write_text("x = 1\n", "utf-8")
    return path


@pytest.fixture
def saves(file: Path) -> Iterator[Saves]:
    found = Saves()
    with FileWatch(file, found, tick_s=TICK_S):
        yield found


def in_place(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")


def by_rename(path: Path, text: str) -> None:
    other = path.with_name("me.py~")
    other.write_text(text, "utf-8")
    other.replace(path)


def emptied_first(path: Path, text: str) -> None:
    path.write_text("", "utf-8")
    time.sleep(3 * TICK_S)
    path.write_text(text, "utf-8")


def deleted_first(path: Path, text: str) -> None:
    path.unlink()
    time.sleep(3 * TICK_S)
    path.write_text(text, "utf-8")


@pytest.mark.parametrize("save", [in_place, by_rename, emptied_first, deleted_first])
def test_a_save_is_told_once(file: Path, saves: Saves, save: Callable[[Path, str], None]) -> None:
    """One save is one run, whether the editor writes in place, renames, or empties the file first."""
    save(file, "x = 22\n")
    saves.wait_for(1)
    time.sleep(10 * TICK_S)
    assert len(saves.times) == 1


def test_a_save_without_a_change_is_told(file: Path, saves: Saves) -> None:
    """Who saves again wants to see it again."""
    later_ns = file.stat().st_mtime_ns + 5_000_000_000
    os.utime(file, ns=(later_ns, later_ns))
    saves.wait_for(1)


def test_nothing_is_told_without_a_save(saves: Saves) -> None:
    """A file that only stands there runs nothing."""
    time.sleep(10 * TICK_S)
    assert saves.times == []


@pytest.mark.parametrize("text", ["", "def hello(:\n", "x = (\n"])
def test_what_looks_half_written_is_waited_for(file: Path, saves: Saves, text: str) -> None:
    """An empty file, or one that ends in the middle, is told only when it stays so."""
    started = time.monotonic()
    file.write_text(text, "utf-8")
    saves.wait_for(1)
    assert saves.times[0] - started >= HALF_WRITTEN_S


def test_a_file_that_is_deleted_is_told(file: Path, saves: Saves) -> None:
    """A file that is gone for good is told, so that the learner hears of it."""
    file.unlink()
    saves.wait_for(1)
