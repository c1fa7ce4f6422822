"""The map on a real screen: in a session and from the shell."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.terminal import Terminal
from tutor.course.pack import open_pack
from tutor.learner.progress import Progress, StepStatus

OUTLINE = open_pack().find("2.3").lesson


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A learner who has done, skipped and been helped, and a step that has changed since."""
    done, helped, skipped, updated, here = OUTLINE.main_steps[:5]
    at = datetime.now(UTC)
    with Progress(tmp_path) as progress:
        progress.mark_step(OUTLINE.id, done, StepStatus.DONE, at=at)
        progress.mark_step(OUTLINE.id, helped, StepStatus.DONE, at=at, helped=True)
        progress.mark_step(OUTLINE.id, skipped, StepStatus.SKIPPED, at=at)
        changed = updated._replace(hash="of an older version")
        progress.mark_step(OUTLINE.id, changed, StepStatus.DONE, at=at)
        progress.remember_position(OUTLINE.id, here.id)
    return tmp_path


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (50, 20)])
def test_the_map_of_a_session_is_that_of_the_shell(home: Path, columns: int, rows: int) -> None:
    """`:m` and `list 2.3` draw the same rows, all of which are on the screen at once."""
    with Terminal("list", "2.3", home=home, columns=columns, rows=rows) as listing:
        assert listing.ended() == 0
        drawn = [line for line in listing.screen.split("\n") if line.strip()]
    assert "▸" in "".join(drawn)
    with Terminal("2.3.5", home=home, columns=columns, rows=rows) as terminal:
        terminal.wait_for("number ▸")
        terminal.type(":m")
        terminal.wait_for("not yet")
        terminal.wait_for("number ▸")
        screen = terminal.screen.split("\n")
    assert [line for line in drawn if line not in screen] == []


def test_each_state_has_its_mark_on_the_screen(home: Path) -> None:
    """Done, with help, skipped, changed since and here are told apart without colour."""
    with Terminal("list", "2.3", home=home, columns=120, rows=60, variables={"NO_COLOR": "1"}) as listing:
        assert listing.ended() == 0
    for place, mark in enumerate(["  ✓  ", "  ?  ", "  »  ", "  ~  ", "▸ ·  "]):
        step = OUTLINE.main_steps[place]
        assert f"\n{mark}{step.number} " in listing.screen
    assert "▸ you are here  ✓ done  ? with help  ~ changed since  » skipped  · not yet" in listing.screen


def test_in_plain_the_map_is_words(home: Path) -> None:
    """With `--plain` each state is said, and nothing is drawn."""
    with Terminal("list", "2.3", "--plain", home=home, columns=100, rows=60) as listing:
        assert listing.ended() == 0
    words = ["(done)", "(done with help)", "(skipped)", "(done, changed since)", "(you are here)"]
    for step, said in zip(OUTLINE.main_steps[:5], words, strict=True):
        assert f"{step.number}    {step.title}   {said}" in listing.screen
    assert not set("✓»·~━─▸") & set(listing.screen)
