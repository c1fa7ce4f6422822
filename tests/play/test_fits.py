"""What stands between two prompts fits the screen, in every step of every lesson."""

from __future__ import annotations

import pytest

from tests.play.scripted import play, rows_of, table
from tutor.course.pack import open_pack
from tutor.screen.beat import RESERVED_ROWS

LESSONS = [parsed.lesson for parsed in open_pack().load_all() if parsed.lesson is not None]
ROWS_BETWEEN = 1
"""The blank row that sets a beat apart from what was typed before it."""


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (120, 40), (50, 20)])
@pytest.mark.parametrize("number", [lesson.number for lesson in LESSONS])
def test_every_beat_fits(number: str, columns: int, lines: int) -> None:
    """No beat of any step is higher than the terminal less the prompt, its bar and a look back."""
    lesson = next(lesson for lesson in LESSONS if lesson.number == number)
    high = []
    with table() as (server, client):
        for step in lesson.steps:
            learner = play(lesson, step, server, client, columns=columns, lines=lines)
            for label, printed in learner.beats:
                height = rows_of(printed, columns)
                if height > lines - RESERVED_ROWS + ROWS_BETWEEN:
                    high.append(f"{step.number}: {height} rows before {label}\n{printed}")
    assert not high, "\n".join(high)


def test_nothing_is_cut_without_a_mark() -> None:
    """Where an exchange is shown without all of its fields, a mark says how many are folded."""
    lesson = LESSONS[0]
    step = next(step for step in lesson.steps if step.id == "not-found-not-allowed")
    with table() as (server, client):
        learner = play(lesson, step, server, client, columns=80, lines=24)
    printed = "".join(text for _label, text in learner.beats)
    assert "fields (:r)" in printed
