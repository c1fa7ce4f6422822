"""What a notebook says of steps and answers, as Markdown, for the screen and for a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from tutor.course.model import QuestionKind
from tutor.grading.answers import LETTERS
from tutor.language import _, sentences
from tutor.learner.listing import map_step
from tutor.notes.notebook import Answer, Met, Told
from tutor.play.screens import ended
from tutor.screen.lesson_map import step_words


class Role(StrEnum):
    """What a remark is about; a page's style sheet knows it by this name."""

    RIGHT = "right"
    """An answer of the learner's that was right."""
    OFF = "off"
    """One that was not."""
    SOLUTION = "solution"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Remark:
    """A word on a question: an answer that was given, or the right one."""

    role: Role
    label: str
    markdown: str


def state_words(met: Met) -> str:
    """`done`, `done with help`, `skipped` …"""
    if met.step.recall:
        return _("from memory")
    if met.state is None:
        return _("begun")
    return step_words(map_step(met.step, met.state))


def options(told: Told) -> list[tuple[str, str, bool]]:
    """Each option's letter and words, as Markdown, and whether it belongs to the right answer."""
    question = told.asked.question
    words = dict(question.choices)
    belongs = set() if told.asked.is_open or question.kind is QuestionKind.ORDER else set(question.answer)
    return [(LETTERS[place], words[key], key in belongs) for place, key in enumerate(told.asked.shown)]


def remarks(told: Told) -> Iterator[Remark]:
    """What the learner answered, in the order given, then what is right."""
    answers = told.asked.answers
    for number, answer in enumerate(answers, 1):
        yield _answered(answer, number if len(answers) > 1 else 0)
    if told.asked.is_open:
        yield Remark(Role.OPEN, _("Still open"), _("The right answer stands here once you have found it."))
        return
    explain = told.asked.question.explain
    if told.asked.question.choices and any(answer.right for answer in answers):
        # The answer in its own words has just been told.
        if explain:
            yield Remark(Role.SOLUTION, _("Why"), explain)
    elif told.code:
        label = _("One solution") if told.asked.question.kind is QuestionKind.EXERCISE else _("Right")
        yield Remark(
            Role.SOLUTION, label, "\n\n".join(part for part in (_fenced(told.code), explain) if part)
        )
    else:
        yield Remark(Role.SOLUTION, _("Right"), sentences(ended(told.right), explain))


def _answered(answer: Answer, number: int) -> Remark:
    if answer.prediction:
        label = _("You guessed (right)") if answer.right else _("You guessed (off)")
    elif number:
        words = _("Answer {number} (right)") if answer.right else _("Answer {number} (off)")
        label = words.format(number=number)
    else:
        label = _("You answered (right)") if answer.right else _("You answered (off)")
    words = answer.words if answer.is_markdown else _literal(answer.words)
    if "\n" in words:
        markdown = "\n\n".join(part for part in (words, answer.feedback) if part)
    else:
        markdown = sentences(ended(words), answer.feedback)
    return Remark(Role.RIGHT if answer.right else Role.OFF, label, markdown)


def _literal(text: str) -> str:
    """What was typed, as code: nothing in it is markup."""
    text = text.strip()
    return _fenced(text) if len(text.splitlines()) > 1 else _span(text)


def _span(text: str) -> str:
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    pad = " " if text[:1] == "`" or text[-1:] == "`" or not text else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _fenced(text: str) -> str:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}\n{text.rstrip(chr(10))}\n{fence}"
