"""What a notebook holds: the steps that the learner has met, with answers, as plain values.

A step that is done stands in it whole. Of one that is not, only what comes before its first open question:
nothing that the learner has still to find out is given away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tutor.course.model import ExchangeBlock, Lesson, Question, QuestionKind, Step, is_fired
from tutor.course.shuffle import shown_order
from tutor.grading.answers import grade
from tutor.grading.verdict import Grade
from tutor.language import _
from tutor.learner.progress import Attempt, Progress, StepState, StepStatus, state_of
from tutor.screen.figures import Figures
from tutor.wire.exchange import Exchange

_READ_BY_KEY = {QuestionKind.CHOICE, QuestionKind.CHOICES, QuestionKind.ORDER}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the learner's."""

    words: str
    """A choice in its own words, as Markdown; anything else as it was typed."""
    is_markdown: bool
    right: bool
    prediction: bool
    at: datetime
    feedback: str = ""
    """What the lesson says to it where it is not right, as Markdown."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was asked, with the options in the order in which the learner saw them."""

    question: Question
    shown: tuple[str, ...]
    answers: tuple[Answer, ...]
    is_open: bool
    """Not answered rightly yet, nor given up: what is right is not told."""


@dataclass(frozen=True, slots=True)
class Met:
    """A step that the learner has met."""

    step: Step
    state: StepState | None
    parts: tuple[ExchangeBlock | Asked, ...]
    """What was fired and what was asked, in the order in which it came."""

    @property
    def done(self) -> bool:
        return self.state is not None and self.state.state is StepStatus.DONE


@dataclass(frozen=True, slots=True)
class Chapter:
    """A lesson of which something was met."""

    lesson: Lesson
    steps: tuple[Met, ...]
    recalled: tuple[Met, ...]
    """Variants that were answered from memory."""
    figures: Figures


@dataclass(frozen=True, slots=True)
class Shot:
    """An exchange, fired anew."""

    name: str
    """The block's id; with its place where there are several hops."""
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class Unfired:
    """An exchange that could not be fired anew, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Told:
    """A question with its right answer filled in."""

    asked: Asked
    right: str
    """As Markdown; empty where the question is open."""
    code: str = ""
    """A file or a message that is right."""


Entry = Shot | Unfired | Told


def met_steps(lesson: Lesson, progress: Progress, only: str = "") -> tuple[tuple[Met, ...], tuple[Met, ...]]:
    """The lesson's steps that were met, and the variants of its pool that were answered.

    Args:
        only: the id of a step; empty for all.
    """
    states = progress.states(lesson.id)
    attempts = progress.attempts(lesson.id)
    seed = progress.setting("shuffle_seed") or ""
    met = [
        _met(lesson, step, state_of(step, states), attempts, seed)
        for step in lesson.steps
        if only in {"", step.id}
    ]
    recalled = [_met(lesson, step, None, attempts, seed) for step in lesson.pool if not only]
    return tuple(each for each in met if each is not None), tuple(
        each for each in recalled if each is not None
    )


def _met(
    lesson: Lesson, step: Step, state: StepState | None, attempts: Sequence[Attempt], seed: str
) -> Met | None:
    """The step as far as the learner came; None where it was never met."""
    own = [attempt for attempt in attempts if attempt.step_id in {step.id, *step.was}]
    if state is None and not own:
        return None
    done = state is not None and state.state is StepStatus.DONE
    parts: list[ExchangeBlock | Asked] = []
    for part in _in_order(step):
        if isinstance(part, Question):
            asked = _asked(lesson, step, part, own, seed, done=done)
            if not done and not asked.answers:
                break
            parts.append(asked)
            if asked.is_open:
                break
        else:
            parts.append(part)
    return Met(step, state, tuple(parts))


def _in_order(step: Step) -> Iterator[ExchangeBlock | Question]:
    """What is fired and asked, as it comes: a prediction stands before its exchange."""
    for block in step.blocks:
        if is_fired(block):
            predictions = (each for each in step.questions if each.prediction)
            yield from (question for question in predictions if question.exchange == block.id)
            yield block
        elif isinstance(block, Question) and not block.prediction:
            yield block


def _asked(
    lesson: Lesson, step: Step, question: Question, attempts: Sequence[Attempt], seed: str, *, done: bool
) -> Asked:
    own = [attempt for attempt in attempts if attempt.question_id == question.id]
    answers = tuple(_answer(lesson, step, question, attempt, seed) for attempt in own)
    settled = done or any(answer.right or answer.prediction for answer in answers)
    return Asked(question, shown_order(question, f"{seed}/{lesson.id}/{step.id}"), answers, not settled)


def _answer(lesson: Lesson, step: Step, question: Question, attempt: Attempt, seed: str) -> Answer:
    right = attempt.grade == Grade.RIGHT
    words, is_markdown, feedback = attempt.text, False, ""
    if question.kind is QuestionKind.EXERCISE:
        (words, feedback), is_markdown = _run_in_words(question, attempt.text), True
    elif question.kind is not QuestionKind.REQUEST:
        shown = shown_order(question, f"{seed}/{lesson.id}/{attempt.step_id}")
        verdict = grade(question, attempt.text, shown=shown)
        # A letter given to an earlier version of the step may stand for something else now.
        if verdict.grade == attempt.grade and attempt.step_hash == step.hash:
            feedback = "" if right else verdict.feedback
            if question.kind in _READ_BY_KEY:
                words, is_markdown = verdict.given, True
    return Answer(words, is_markdown, right, attempt.prediction, attempt.at, feedback)


def _run_in_words(question: Question, kept: str) -> tuple[str, str]:
    """A run of a learner's file as Markdown, and what the lesson says to its mistake.

    It is kept as the mistake's key, the exception's class, or how many probes of how many passed.
    """
    passed, slash, probes = kept.partition("/")
    if slash and passed.isdigit() and probes.isdigit():
        return _("{passed} of {count} probes passed").format(passed=passed, count=probes), ""
    feedback = next((wrong.feedback for wrong in question.wrong if wrong.key == kept), "")
    return (_("a known mistake") if feedback else f"`{kept}`"), feedback
