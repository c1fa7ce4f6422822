"""What the tutor says to an answer."""

from __future__ import annotations

import pytest

from tutor.course.model import Question, QuestionKind, WrongAnswer
from tutor.grading.answers import grade
from tutor.grading.verdict import Grade, Verdict
from tutor.play.feedback import answer_shown, guess_off, missed, right, told

STATUS = Question(
    "q",
    QuestionKind.CHOICE,
    "Which?",
    "hello",
    prediction=True,
    answer=("not-allowed",),
    choices=(("missing", "404"), ("not-allowed", "`405`")),
    wrong=(WrongAnswer("missing", (), "404 means that no rule fits.", 1),),
    hints=("Look.",),
    explain="POST is not among its methods.",
)
PHRASES = Question(
    "q",
    QuestionKind.CHOICE,
    "What?",
    "hello",
    prediction=True,
    answer=("waits",),
    choices=(("waits", "It waits for more"), ("answers", "It answers 400 at once.")),
    wrong=(WrongAnswer("answers", (), "400 needs a whole head.", 1),),
)
SHOWN = ("missing", "not-allowed")


def test_a_right_answer_is_named_and_explained() -> None:
    """Yes, the answer, why: with its letter where the option is a phrase."""
    said = right(STATUS, grade(STATUS, "b", shown=SHOWN), SHOWN)
    assert (said.start, said.words) == ("Yes: `405`.", "POST is not among its methods.")
    assert right(PHRASES, grade(PHRASES, "a"), ("waits", "answers")).start == "Yes, a) It waits for more."


def test_an_off_guess_hears_what_came_back_and_why_not() -> None:
    """The guess, the answer, what the guess would have needed, and the reason."""
    said = guess_off(STATUS, grade(STATUS, "404", shown=SHOWN), SHOWN)
    assert said.start == "You guessed 404; it is `405`."
    assert said.words == "404 means that no rule fits. POST is not among its methods."
    said = guess_off(PHRASES, grade(PHRASES, "b"), ("waits", "answers"))
    assert said.start == "You guessed b) It answers 400 at once. The answer is a) It waits for more."


@pytest.mark.parametrize(
    ("misses", "hints_given", "again"),
    [(1, 0, "`:h`"), (1, 1, "Try again."), (2, 0, "`:a`"), (5, 3, "`:a`")],
)
def test_a_miss_is_offered_what_helps_now(misses: int, hints_given: int, again: str) -> None:
    """First a hint while there is one; from the second miss on the answer."""
    said = missed(STATUS, grade(STATUS, "404"), misses=misses, hints_given=hints_given)
    assert said.start == "404 means that no rule fits."
    assert again in said.words


def test_what_the_wire_said_is_never_markup() -> None:
    """Stars, backticks and brackets in a request or an answer are shown as they are."""
    came = "Arrived: GET /note with Accept: */* and `x`."
    said = missed(STATUS, Verdict(Grade.WRONG, came=came), misses=1, hints_given=0)
    assert r"\*/\*" in said.start
    assert r"\`x\`" in said.start
    assert r"\[red\]" in told(Verdict(Grade.UNREADABLE, feedback="[red] is no item.")).start


def test_a_shown_answer_is_set_as_code_where_it_is_typed() -> None:
    """The answer to a text question can be told from the sentence around it."""
    asked = Question("q", QuestionKind.TEXT, "?", "hello", prediction=False, answer=("/a?x=1",))
    assert answer_shown(asked, "/a?x=1").start == "The answer is `/a?x=1`."
