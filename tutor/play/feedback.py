"""What the tutor says to an answer: the fact, then the reason, in Markdown. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from tutor.course.model import Question, QuestionKind
from tutor.course.prose import in_characters, in_words
from tutor.grading.answers import LETTERS, answer_text
from tutor.grading.verdict import Verdict
from tutor.language import _, sentences
from tutor.play.screens import ended, literal

MISSES_BEFORE_OFFER = 2

LONG_OPTION_WORDS = 3
"""Options of more words are named with their letter: they read badly in the middle of a sentence."""

LONG_OPTION_CHARACTERS = 8

_IN_CODE = {QuestionKind.TEXT, QuestionKind.NUMBER, QuestionKind.REQUEST}


class Said(Struct, frozen=True):
    """A sentence of the tutor's own, then the lesson's words, both Markdown."""

    start: str
    words: str = ""
    style: str = ""
    """The style of the first word."""


def right(question: Question, verdict: Verdict, shown: Sequence[str]) -> Said:
    """To a right answer, or a guess that was right."""
    if question.kind is QuestionKind.CHOICE and _is_long(question):
        start = _("Yes, {answer}").format(answer=ended(_lettered(question, shown, question.answer[0])))
    elif question.kind is QuestionKind.CHOICE:
        start = _("Yes: {answer}").format(answer=ended(verdict.given))
    elif question.kind in {QuestionKind.TEXT, QuestionKind.NUMBER}:
        start = _("Yes: {answer}").format(answer=ended(f"`{question.answer[0]}`"))
    else:
        start = _("Yes.")
    return Said(start, question.explain, "right")


def guess_off(question: Question, verdict: Verdict, shown: Sequence[str]) -> Said:
    """To a prediction that the exchange did not bear out."""
    feedback = verdict.feedback
    if question.kind in {QuestionKind.ORDER, QuestionKind.CHOICES}:
        # How much of such an answer was right is of use for another try alone, and there is none.
        feedback = next((wrong.feedback for wrong in question.wrong if wrong.key == verdict.key), "")
        start = _("You guessed {guess}; the answer is {answer}").format(
            guess=verdict.given.rstrip(".。"), answer=ended(answer_text(question, shown=shown))
        )
    elif question.kind is QuestionKind.CHOICE and _is_long(question):
        start = _("You guessed {guess} The answer is {answer}").format(
            guess=ended(_lettered(question, shown, verdict.key)),
            answer=ended(_lettered(question, shown, question.answer[0])),
        )
    elif question.kind is QuestionKind.CHOICE:
        right = dict(question.choices)[question.answer[0]]
        start = _("You guessed {guess}; it is {answer}").format(
            guess=_named(verdict.given), answer=ended(_named(right))
        )
        # Where an option stands in quotation marks, these are full-width and bring their own space.
        start = start.replace(" “", "“")
    else:
        start = _("You guessed {guess}; it is {answer}").format(
            guess=literal(verdict.given).rstrip(".。"), answer=ended(f"`{question.answer[0]}`")
        )
    return Said(start, sentences(feedback, question.explain), "off")


def missed(question: Question, verdict: Verdict, *, misses: int, hints_given: int) -> Said:
    """To a wrong answer that may be tried again."""
    said = sentences(literal(verdict.came), verdict.feedback)
    if misses >= MISSES_BEFORE_OFFER:
        again = _("Try again, or `:a` shows the answer.")
    elif hints_given < len(question.hints):
        again = _("Try again, or `:h` for a hint.")
    else:
        again = _("Try again.")
    return Said(said or _("Not that one."), again)


def answer_shown(question: Question, answer: str) -> Said:
    """The answer, asked for or fired without a guess.

    Args:
        answer: as a person reads it, live values filled in.
    """
    words = f"`{answer}`" if question.kind in _IN_CODE else answer
    return Said(_("The answer is {answer}").format(answer=ended(words)), question.explain, "off")


def told(verdict: Verdict) -> Said:
    """What is expected, to input that could not be read."""
    return Said(literal(verdict.feedback))


def _is_long(question: Question) -> bool:
    return any(
        in_words(words) > LONG_OPTION_WORDS or in_characters(words) > LONG_OPTION_CHARACTERS
        for _key, words in question.choices
    )


def _named(words: str) -> str:
    """An option in the middle of a sentence, set off as the language sets it off; code is already."""
    words = words.rstrip(".。")
    if words[:1] == "`" == words[-1:] and words.count("`") == 2:
        return words
    return _("{option}").format(option=words)


def _lettered(question: Question, shown: Sequence[str], key: str) -> str:
    return f"{LETTERS[shown.index(key)]}) {dict(question.choices)[key]}"
