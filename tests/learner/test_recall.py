"""Which questions come back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from tutor.course.model import Lesson
from tutor.course.pack import open_pack
from tutor.learner.progress import Progress, StepStatus
from tutor.learner.recall import by_need, draw, first_answers, is_rested, known_steps, misses, sources

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def lesson(number: str = "2.1") -> Lesson:
    loaded = open_pack().load(number).lesson
    assert loaded is not None
    return loaded


def answer(
    progress: Progress, step: str, question: str, grade: str, *, days: int = 0, prediction: bool = False
) -> None:
    progress.record_attempt(
        "request-response-cycle", step, question, "x", grade, "", "en", NOW + timedelta(days=days), prediction
    )


def test_the_learners_own_misses_come_first_then_help_then_the_rest(tmp_path: Path) -> None:
    """A variant of a missed step comes before one of a step done with help, and that before the others."""
    first = lesson()
    by_step = {step.of: step.id for step in first.pool}
    with Progress(tmp_path) as progress:
        answer(progress, "allow", "fields-only", "wrong")
        helped = next(step for step in first.steps if step.id == "body-length")
        progress.mark_step(first.id, helped, StepStatus.DONE, at=NOW, helped=True)
        order = [step.id for step in by_need(first, progress)]
    assert order[:2] == [by_step["allow"], by_step["body-length"]]
    assert sorted(order) == sorted(step.id for step in first.pool)


def test_what_was_right_once_waits_behind_what_was_not(tmp_path: Path) -> None:
    """A variant that a last page has asked waits in the next warm-up, though its step was missed."""
    first = lesson()
    variant = next(step for step in first.pool if step.of == "allow")
    with Progress(tmp_path) as progress:
        answer(progress, "allow", "fields-only", "wrong")
        assert by_need(first, progress)[0] is variant
        answer(progress, variant.id, variant.questions[0].id, "right")
        assert by_need(first, progress)[-1] is variant


def test_what_was_right_on_two_days_leaves_the_draw(tmp_path: Path) -> None:
    """Right twice on one day stays; right on two days goes."""
    first = lesson()
    once, twice = first.pool[0].id, first.pool[1].id
    with Progress(tmp_path) as progress:
        answer(progress, once, "q", "right")
        answer(progress, once, "q", "right")
        answer(progress, twice, "q", "right")
        answer(progress, twice, "q", "right", days=2)
        assert known_steps(progress.attempts()) == {twice}
        assert twice not in {step.id for step in by_need(first, progress)}


def test_a_warm_up_has_three_different_questions_from_the_lessons_before(tmp_path: Path) -> None:
    """2.2 draws from 2.1 alone; later lessons draw from several; the first has none."""
    with Progress(tmp_path) as progress:
        drawn = draw([lesson()], sources(1), progress)
        assert len({variant.step.id for variant in drawn}) == 3
        later = draw([lesson(), lesson("2.2")], sources(2), progress)
        assert [variant.lesson.number for variant in later] == ["2.2", "2.2", "2.1"]
    assert sources(0) == ()
    assert sources(4) == (1, 2, 3)


def test_a_day_without_an_answer_is_a_break(tmp_path: Path) -> None:
    """A warm-up is offered a day after the last answer, and not before."""
    with Progress(tmp_path) as progress:
        assert not is_rested(progress.attempts(), NOW)
        answer(progress, "allow", "fields-only", "right")
        assert not is_rested(progress.attempts(), NOW + timedelta(hours=23))
        assert is_rested(progress.attempts(), NOW + timedelta(hours=25))


def test_the_last_page_names_each_first_miss_once(tmp_path: Path) -> None:
    """A question that was wrong at first is a miss, however often; one that was right at first is none."""
    with Progress(tmp_path) as progress:
        answer(progress, "allow", "fields-only", "wrong")
        answer(progress, "allow", "fields-only", "wrong")
        answer(progress, "allow", "fields-only", "right")
        answer(progress, "your-name", "own-name", "right")
        answer(progress, "body-length", "length", "wrong", prediction=True)
        answer(progress, "request-line", "target", "right", prediction=True)
        attempts = progress.attempts()
    assert [miss.step.id for miss in misses(lesson(), attempts)] == ["body-length", "allow"]


def test_every_variant_says_which_step_it_is_of() -> None:
    """Each variant of each bundled lesson names a step, so that a miss can bring it back."""
    for parsed in open_pack().load_all():
        assert parsed.lesson is not None
        for step in parsed.lesson.pool:
            assert step.of in {main.id for main in parsed.lesson.steps}, step.id


def test_answers_under_an_old_id_count_for_the_renamed_step(tmp_path: Path) -> None:
    """A miss and a guess that were kept before a step was renamed are still the step's."""
    first = lesson()
    step = next(step for step in first.steps if any(question.prediction for question in step.questions))
    guessed = next(question for question in step.questions if question.prediction)
    newer = replace(
        first, steps=tuple(replace(each, was=("older",)) if each is step else each for each in first.steps)
    )
    with Progress(tmp_path) as progress:
        answer(progress, "older", guessed.id, "wrong", prediction=True)
        attempts = progress.attempts()
        assert [(miss.step.id, miss.question.id) for miss in misses(newer, attempts)] == [
            (step.id, guessed.id)
        ]
        [(counted_for, _question, given)] = first_answers(newer, attempts)
        assert (counted_for.id, given.prediction) == (step.id, True)
        variant = next((each.id for each in newer.pool if each.of == step.id), None)
        assert variant is None or by_need(newer, progress)[0].id == variant
