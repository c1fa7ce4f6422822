"""What stands between two prompts fits the screen, in every step of every lesson."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.play.scripted import play, rows_of, table
from tutor.course.pack import open_pack
from tutor.language import SOURCE_LANGUAGE
from tutor.screen.beat import RESERVED_ROWS

PACK = open_pack()
LESSONS = {
    (parsed.lesson.number, language): lesson
    for parsed in PACK.load_all()
    for language in (SOURCE_LANGUAGE, *PACK.languages)
    if parsed.lesson is not None and (lesson := parsed.spoken(language)) is not None
}
ROWS_BETWEEN = 1
"""The blank row that sets a beat apart from what was typed before it."""


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (120, 40), (50, 20)])
@pytest.mark.parametrize(("number", "language"), LESSONS)
def test_every_beat_fits(
    number: str, language: str, columns: int, lines: int, speak: Callable[[str], None]
) -> None:
    """No beat of any step is higher than the terminal less the prompt, its bar and a look back, in any
    language that the course is translated into."""
    lesson = LESSONS[number, language]
    speak(language)
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
    lesson = LESSONS["2.1", SOURCE_LANGUAGE]
    step = next(step for step in lesson.steps if step.id == "not-found-not-allowed")
    with table() as (server, client):
        learner = play(lesson, step, server, client, columns=80, lines=24)
    printed = "".join(text for _label, text in learner.beats)
    assert "fields (:r)" in printed
