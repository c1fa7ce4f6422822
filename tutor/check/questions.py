"""What a question claims about answers: right ones are accepted, wrong ones refused. Fires nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tutor.check.finding import Finding
from tutor.course.model import Question, QuestionKind, WrongAnswer
from tutor.grading.answers import LETTERS, grade
from tutor.grading.verdict import Grade, Verdict
from tutor.language import _


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as a learner would give it."""

    text: str
    line: int
    shown: tuple[str, ...] = ()
    """The choices' keys in the order shown."""
    has_feedback: bool = True
    """A wrong answer that the declared feedback belongs to."""


def right_answers(question: Question) -> Iterator[Given]:
    """Every way to give the right answer: each spelling, or the letters and words in two orders."""
    if question.kind in {QuestionKind.TEXT, QuestionKind.NUMBER}:
        for place, text in enumerate(question.answer):
            yield Given(text, question.line_of("accept" if place else "answer"))
        return
    line = question.line_of("answer")
    for shown in _orders(question):
        yield Given(_letters(question.answer, shown), line, shown)
        words = _words(question, question.answer)
        if len(words) <= question.text_limit:
            yield Given(words, line, shown)


def accept_finding(question: Question) -> Finding | None:
    """Whether every right answer is accepted."""
    for given in right_answers(question):
        verdict = grade(question, given.text, shown=given.shown)
        if not verdict.is_right:
            return Finding(
                _("The right answer is not accepted: {answer}").format(answer=_told(given)),
                expected=_("accepted"),
                actual=verdict_text(verdict),
                line=given.line,
            )
    return None


def refuse_finding(question: Question, wrong: WrongAnswer) -> Finding | None:
    """Whether a declared wrong answer, or a wrong choice, is refused with its own feedback."""
    answers = tuple(_wrong_answers(question, wrong))
    if not answers:
        return Finding(
            _(
                "The feedback of {key} is never given: the right first item cannot be out of place first."
            ).format(key=wrong.key),
            line=wrong.line,
        )
    for given in answers:
        verdict = grade(question, given.text, shown=given.shown)
        if verdict.grade is not Grade.WRONG:
            return Finding(
                _("A wrong answer is not refused: {answer}").format(answer=_told(given)),
                expected=_("refused"),
                actual=verdict_text(verdict),
                line=given.line,
            )
        if given.has_feedback and not verdict.feedback.endswith(wrong.feedback):
            return Finding(
                _("A wrong answer does not get its feedback: {answer}").format(answer=_told(given)),
                expected=wrong.feedback,
                actual=verdict.feedback or _("no feedback"),
                line=given.line,
            )
    return None


def empty_finding(question: Question) -> Finding | None:
    """Whether an empty answer is told what is expected, and not counted."""
    verdict = grade(question, "", shown=tuple(key for key, _words in question.choices))
    if verdict.grade is Grade.UNREADABLE:
        return None
    return Finding(
        _("An empty answer is graded."), expected=_("told what is expected"), actual=verdict_text(verdict)
    )


def misplaced_finding(question: Question) -> Finding | None:
    """Whether the items of an order, turned round, are refused."""
    keys = tuple(key for key, _words in question.choices)
    text = _letters(tuple(reversed(question.answer)), keys)
    verdict = grade(question, text, shown=keys)
    if verdict.grade is Grade.WRONG:
        return None
    return Finding(
        _("The items in reversed order are not refused."), expected=_("refused"), actual=verdict_text(verdict)
    )


def verdict_text(verdict: Verdict) -> str:
    """A verdict in a line of a report."""
    words = {
        Grade.RIGHT: _("accepted"),
        Grade.WRONG: _("refused"),
        Grade.UNREADABLE: _("unreadable"),
    }[verdict.grade]
    said = " ".join(part for part in (verdict.came, verdict.feedback) if part)
    return f"{words}: {said}" if said else words


def _wrong_answers(question: Question, wrong: WrongAnswer) -> Iterator[Given]:
    if question.kind in {QuestionKind.TEXT, QuestionKind.NUMBER}:
        yield from (Given(text, wrong.line) for text in wrong.answers)
        return
    for shown in _orders(question):
        if question.kind is QuestionKind.ORDER:
            yield from (
                Given(_letters(row, shown), wrong.line, shown) for row in _rows_off_at(question, wrong.key)
            )
            continue
        yield Given(_letters((wrong.key,), shown), wrong.line, shown)
        yield Given(_words(question, (wrong.key,)), wrong.line, shown)
        if question.kind is QuestionKind.CHOICES:
            both = _letters((*question.answer, wrong.key), shown)
            yield Given(both, wrong.line, shown, has_feedback=False)


def _rows_off_at(question: Question, key: str) -> Iterator[tuple[str, ...]]:
    """Rows in which this item is the first that is out of place; there is none for the right first item."""
    if key != question.answer[0]:
        yield (key, *(other for other in question.answer if other != key))


def _orders(question: Question) -> Sequence[tuple[str, ...]]:
    keys = tuple(key for key, _words in question.choices)
    return keys, tuple(reversed(keys))


def _letters(keys: Sequence[str], shown: Sequence[str]) -> str:
    return "".join(LETTERS[shown.index(key)] for key in keys)


def _words(question: Question, keys: Sequence[str]) -> str:
    between = " → " if question.kind is QuestionKind.ORDER else "; "
    return between.join(dict(question.choices)[key] for key in keys)


def _told(given: Given) -> str:
    if not given.shown:
        return given.text
    order = ", ".join(f"{letter}) {key}" for letter, key in zip(LETTERS, given.shown, strict=False))
    return _("{answer} (shown as {order})").format(answer=given.text, order=order)
