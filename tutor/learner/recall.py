"""Which questions come back: the draw of a warm-up, and what a lesson's last page says of misses.

Pure but for the `Progress` it is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from tutor.course.model import Lesson, Question, Step
from tutor.learner.progress import Attempt, Progress, StepState, state_of

RESTED_AFTER = timedelta(days=1)
"""After so long a break a warm-up is offered."""

_RIGHT = "right"
_WRONG = "wrong"
_DAYS_TO_KNOW = 2
"""A variant that was right on so many days leaves the draw."""

SOURCES: Mapping[int, tuple[int, ...]] = {1: (1, 1, 1), 2: (1, 1, 2), 3: (1, 1, 2)}
"""For the n-th lesson of a course: how many lessons back each question of its warm-up comes from."""
SOURCES_LATER = (1, 2, 3)


class Variant(Struct, frozen=True):
    """A step of a recall pool, with the lesson it belongs to."""

    lesson: Lesson
    step: Step


class Miss(Struct, frozen=True):
    """A question that was answered wrong at first, or guessed wrong."""

    step: Step
    question: Question
    given: str


def sources(place: int) -> tuple[int, ...]:
    """How many lessons back each question of the warm-up before a lesson comes from.

    Args:
        place: the lesson's place in the course, counted from 0; the first one has no warm-up.
    """
    return () if place < 1 else SOURCES.get(place, SOURCES_LATER)


def draw(lessons: Sequence[Lesson], back: Sequence[int], progress: Progress) -> tuple[Variant, ...]:
    """The warm-up's questions, those that the learner needs most first.

    Args:
        lessons: the lessons before the one that begins, in order.
        back: for each question, how many lessons back it comes from.
    """
    chosen: list[Variant] = []
    for count in back:
        lesson = lessons[max(0, len(lessons) - count)] if lessons else None
        if lesson is None:
            continue
        taken = {variant.step.id for variant in chosen if variant.lesson.id == lesson.id}
        waiting = [step for step in by_need(lesson, progress) if step.id not in taken]
        if waiting:
            chosen.append(Variant(lesson, waiting[0]))
    return tuple(chosen)


def by_need(lesson: Lesson, progress: Progress) -> list[Step]:
    """The variants of a lesson's pool: of steps missed, of steps done with help, then the others.

    Those that were right once come behind all that were not, so that a warm-up does not ask again what a last
    page has just asked; those known on two different days are left out.
    """
    attempts = _renamed(lesson, progress.attempts(lesson.id))
    states = progress.states(lesson.id)
    known = known_steps(attempts)
    missed = {attempt.step_id for attempt in attempts if attempt.grade == _WRONG}
    right = {attempt.step_id for attempt in attempts if attempt.grade == _RIGHT}

    def need(step: Step) -> tuple[bool, int]:
        if step.of in missed or step.id in missed:
            return step.id in right, 0
        return step.id in right, 1 if _was_helped(lesson, step.of, states) else 2

    return sorted((step for step in lesson.pool if step.id not in known), key=need)


def known_steps(attempts: Iterable[Attempt]) -> frozenset[str]:
    """Ids of steps whose question was right on two different days."""
    days: dict[str, set[object]] = {}
    for attempt in attempts:
        if attempt.grade == _RIGHT:
            days.setdefault(attempt.step_id, set()).add(attempt.at.astimezone().date())
    return frozenset(step_id for step_id, dates in days.items() if len(dates) >= _DAYS_TO_KNOW)


def is_rested(attempts: Sequence[Attempt], now: datetime) -> bool:
    """Whether the last answer is a day or more ago."""
    return bool(attempts) and now.astimezone(UTC) - attempts[-1].at >= RESTED_AFTER


def misses(lesson: Lesson, attempts: Iterable[Attempt]) -> tuple[Miss, ...]:
    """The questions of a lesson whose first answer was wrong, in the lesson's order."""
    return tuple(
        Miss(step, question, attempt.text)
        for step, question, attempt in first_answers(lesson, attempts)
        if attempt.grade == _WRONG
    )


def first_answers(lesson: Lesson, attempts: Iterable[Attempt]) -> list[tuple[Step, Question, Attempt]]:
    """The first answer to each question of a lesson that was answered, in the lesson's order."""
    first: dict[tuple[str, str], Attempt] = {}
    for each in _renamed(lesson, attempts):
        first.setdefault((each.step_id, each.question_id), each)
    found = []
    for step in lesson.steps:
        for question in step.questions:
            attempt = first.get((step.id, question.id))
            if attempt is not None:
                found.append((step, question, attempt))
    return found


def _renamed(lesson: Lesson, attempts: Iterable[Attempt]) -> list[Attempt]:
    """The attempts under the ids that their steps have now."""
    steps = (*lesson.steps, *lesson.pool)
    present = {old_id: step.id for step in steps for old_id in step.was}
    return [each._replace(step_id=present.get(each.step_id, each.step_id)) for each in attempts]


def _was_helped(lesson: Lesson, step_id: str, states: Mapping[str, StepState]) -> bool:
    step = next((step for step in lesson.steps if step.id == step_id), None)
    state = state_of(step, states) if step else None
    return state is not None and state.helped
