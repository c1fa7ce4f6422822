"""The outcome of grading one answer. A learner's mistake is a value, never an exception."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Grade(StrEnum):
    """What became of an answer."""

    RIGHT = "right"
    WRONG = "wrong"
    UNREADABLE = "unreadable"
    """No answer to this kind of question: told what is expected, never counted."""


class Verdict(Struct, frozen=True):
    """A grade with what to tell the learner."""

    grade: Grade
    given: str = ""
    """The answer as it was understood: a choice's own text, a number, the cleaned text."""
    feedback: str = ""
    """Why it is not so, in the lesson's Markdown; or what is expected (unreadable), as plain text.
    Empty where the lesson says nothing."""
    key: str = ""
    """Which known wrong answer or choice it was; empty where it is none."""
    came: str = ""
    """What a request led to, as plain text: it quotes what the learner and the wire wrote."""

    @property
    def is_right(self) -> bool:
        return self.grade is Grade.RIGHT
