"""`:v` at a prompt, and the diagram that a lesson asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.play.sample_pack import write_pack
from tests.play.scripted import play, table
from tests.terminal import Terminal
from tutor.course.model import HttpBlock, Lesson, Step
from tutor.course.pack import open_pack

LESSONS = [parsed.lesson for parsed in open_pack().load_all() if parsed.lesson is not None]
DRAWN = [
    (lesson, step)
    for lesson in LESSONS
    for step in lesson.steps
    if any(isinstance(block, HttpBlock) and block.diagram for block in step.blocks)
]


def test_view_draws_what_was_fired_so_far(tmp_path: Path) -> None:
    """:v draws the step's exchanges and what was tried aside, numbered as :r numbers them."""
    pack = str(write_pack(tmp_path / "pack"))
    with Terminal("--pack", pack, home=tmp_path / "home") as terminal:
        terminal.wait_for("Enter: send")
        terminal.type(":v")
        terminal.wait_for("Nothing has been fired yet in this step.")
        terminal.wait_for("Enter: send")
        terminal.type("")
        terminal.wait_for("a–c ▸")
        terminal.type(":try GET /nope")
        terminal.wait_for("a–c ▸")
        terminal.type(":v")
        drawn = terminal.wait_for("a–c ▸")
    assert "├─ GET /hello ─" in drawn
    assert "─ 200 OK ─┤" in drawn
    assert "2 ├─ GET /nope ─" in drawn
    assert "─ 404 NOT FOUND ─┤" in drawn


def test_plain_says_the_same_in_words(tmp_path: Path) -> None:
    """With --plain each arrow is a line, without a box character."""
    pack = str(write_pack(tmp_path / "pack"))
    with Terminal("--plain", "--pack", pack, home=tmp_path / "home") as terminal:
        terminal.wait_for("Enter: send")
        terminal.type("")
        terminal.wait_for("a–c >")
        terminal.type(":view")
        drawn = terminal.wait_for("a–c >")
    assert "Exchange 1, client to server: GET /hello\n" in drawn
    assert "Exchange 1, server to client: 200 OK\n" in drawn
    assert not set("├┤│─▶◀") & set(drawn)


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (50, 20)])
@pytest.mark.parametrize(("lesson", "step"), DRAWN, ids=[step.id for _lesson, step in DRAWN])
def test_a_lesson_s_diagram_stands_in_one_beat(lesson: Lesson, step: Step, columns: int, lines: int) -> None:
    """From its heads to its last answer the diagram is on the screen at once, with every exchange so far."""
    with table() as (server, client):
        learner = play(lesson, step, server, client, columns=columns, lines=lines)
    [beat] = [printed for _label, printed in learner.beats if "client  " in printed]
    fired = 0
    for block in step.exchanges:
        fired += 2 if isinstance(block, HttpBlock) and block.follow else 1
        if isinstance(block, HttpBlock) and block.diagram:
            break
    assert beat.count("▶") == beat.count("◀") == fired > 1


def test_the_lessons_on_several_hops_have_one() -> None:
    """Nobody remembers you, a redirect, and a forged session are drawn; few others are."""
    assert {"stateless", "redirect", "forge-session"} == {step.id for _lesson, step in DRAWN}
