"""What a learner has done, counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from tutor.course.model import Lesson
from tutor.course.pack import open_pack
from tutor.learner.figures import figures_of
from tutor.learner.progress import Progress, StepStatus
from tutor.screen.figures import (
    Figures,
    course_figures,
    course_figures_in_words,
    figure_pairs,
    lesson_figures,
    total_of,
)
from tutor.screen.lesson_map import Mark
from tutor.wire.traffic import Traffic

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def lesson() -> Lesson:
    loaded = open_pack().load("2.1").lesson
    assert loaded is not None
    return loaded


def answer(
    progress: Progress, step: str, question: str, grade: str, *, days: int = 0, prediction: bool = False
) -> None:
    at = NOON + timedelta(days=days)
    progress.record_attempt("request-response-cycle", step, question, "x", grade, "", "en", at, prediction)


def test_the_first_answer_to_a_question_counts(tmp_path: Path) -> None:
    """A question right at the first try stays so, and one that was wrong at first is none, however often."""
    with Progress(tmp_path) as progress:
        answer(progress, "allow", "fields-only", "wrong")
        answer(progress, "allow", "fields-only", "right")
        answer(progress, "your-name", "own-name", "right")
        answer(progress, "your-name", "own-name", "wrong")
        found = figures_of(lesson(), progress)
    assert (found.questions, found.first_try) == (2, 1)


def test_guesses_are_counted_apart(tmp_path: Path) -> None:
    """A prediction is a guess, and no question that was right or wrong at the first try."""
    with Progress(tmp_path) as progress:
        answer(progress, "body-length", "length", "wrong", prediction=True)
        answer(progress, "request-line", "target", "right", prediction=True)
        found = figures_of(lesson(), progress)
    assert (found.guesses, found.right, found.questions) == (2, 1, 0)


def test_an_exercise_counts_once_it_is_solved_however_many_saves_it_took(tmp_path: Path) -> None:
    """Saves that fail are no misses; the one that passes solves the exercise."""
    step = next(step for step in lesson().steps if step.exercises)
    [exercise] = step.exercises
    with Progress(tmp_path) as progress:
        answer(progress, step.id, exercise.id, "wrong")
        assert figures_of(lesson(), progress).exercises == 0
        answer(progress, step.id, exercise.id, "right")
        answer(progress, step.id, exercise.id, "right")
        found = figures_of(lesson(), progress)
    assert (found.exercises, found.questions) == (1, 0)


def test_days_are_those_with_an_answer(tmp_path: Path) -> None:
    """Two answers on one day and one a week later are two days: breaks are not counted."""
    with Progress(tmp_path) as progress:
        answer(progress, "allow", "fields-only", "wrong")
        answer(progress, "allow", "fields-only", "right")
        answer(progress, "your-name", "own-name", "right", days=7)
        assert len(figures_of(lesson(), progress).days) == 2


def test_marks_help_and_deeper_steps_are_those_of_the_map(tmp_path: Path) -> None:
    """Each main step has its mark; deeper steps are counted apart."""
    main, deeper = lesson().main_steps, [step for step in lesson().steps if step.deeper]
    with Progress(tmp_path) as progress:
        progress.mark_step("request-response-cycle", main[0], StepStatus.DONE, at=NOON)
        progress.mark_step("request-response-cycle", main[1], StepStatus.DONE, at=NOON, helped=True)
        progress.mark_step("request-response-cycle", main[2], StepStatus.SKIPPED, at=NOON)
        changed = replace(main[3], hash="of an older version")
        progress.mark_step("request-response-cycle", changed, StepStatus.DONE, at=NOON)
        progress.mark_step("request-response-cycle", deeper[0], StepStatus.DONE, at=NOON)
        found = figures_of(lesson(), progress)
    assert found.marks[:5] == (Mark.DONE, Mark.HELPED, Mark.SKIPPED, Mark.UPDATED, Mark.OPEN)
    assert (found.helped, found.deeper, found.steps) == (1, 1, len(main))


def figures(number: str, title: str) -> Figures:
    return Figures(
        number=number,
        title=title,
        marks=(Mark.DONE,) * 17 + (Mark.HELPED,),
        helped=1,
        deeper=2,
        questions=20,
        first_try=17,
        guesses=9,
        right=5,
        exercises=3,
        days=frozenset({NOON.date()}),
        traffic=Traffic(1200, 1_000_000, 2_000_000),
    )


COURSE = [figures(f"2.{place}", "A lesson with a title") for place in range(1, 6)]


def test_a_day_that_two_lessons_share_is_one_day() -> None:
    """Days of all lessons are not added up, everything else is."""
    total = dict(figure_pairs(total_of(COURSE)))
    assert total["days you were here"] == "1"
    assert total["right at the first try"] == "85 of 100"
    assert total["exercises solved"] == "15"


@pytest.mark.parametrize("width", [120, 80, 50, 40])
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_course_in_numbers_fits(width: int, language: str, speak: Callable[[str], None]) -> None:
    """Whatever the columns, no row is longer, and what the table leaves out stands below it."""
    speak(language)
    rows = course_figures(COURSE, width=width)
    assert max(row.cell_len for row in rows) <= width
    text = "\n".join(row.plain for row in rows)
    assert all(value in text for _words, value in figure_pairs(total_of(COURSE)))


@pytest.mark.parametrize("width", [80, 50, 40])
def test_a_lesson_in_numbers_fits(width: int) -> None:
    """A lesson's marks and numbers stay within the columns, with all of its numbers."""
    rows = lesson_figures(COURSE[0], width=width)
    assert max(row.cell_len for row in rows) <= width
    text = "\n".join(row.plain for row in rows)
    assert all(value in text for _words, value in figure_pairs(COURSE[0]))


def test_in_words_the_course_needs_no_symbols() -> None:
    """Plain output says the numbers in words, without marks and columns."""
    text = "\n".join(course_figures_in_words(COURSE))
    assert "✓" not in text
    assert "- right at the first try: 85 of 100" in text
    assert "2.1  A lesson with a title   18 steps, exchanges fired: 1,200" in text
