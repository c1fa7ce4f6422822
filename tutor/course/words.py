"""What of a lesson is words: what a translation says anew. Everything else is mechanics, which it borrows."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator

from msgspec import Struct

from tutor.course.model import Block, HttpBlock, Lesson, Prose, Question, Source, Step, WebSocketBlock
from tutor.course.prose import without_code

QUESTION_KEYS = ("prompt", "choices", "hints", "feedback", "explain")
"""The keys of a question that are words."""

_ENGLISH_WORD = re.compile(r"(?<![\w-])[a-z]{2,}(?![\w-])")
_LOWER_CASE = re.compile(r"[a-z]")


class Anchor(Struct, frozen=True):
    """A block that keeps its place in a translation, so that the prose around it is tied to it."""

    kind: str
    """`source`, `http`, `websocket` or `question`."""
    id: str
    """Empty for a source."""

    def __str__(self) -> str:
        return f"{self.kind} {{#{self.id}}}" if self.id else self.kind


def anchor_of(block: Block) -> Anchor | None:
    """The anchor that a block is; None for prose."""
    match block:
        case Source():
            return Anchor("source", "")
        case HttpBlock():
            return Anchor("http", block.id)
        case WebSocketBlock():
            return Anchor("websocket", block.id)
        case Question():
            return Anchor("question", block.id)
    return None


def anchors(step: Step) -> tuple[Anchor, ...]:
    """The anchors of a step, in order."""
    return tuple(anchor for block in step.blocks if (anchor := anchor_of(block)) is not None)


def gaps(step: Step) -> tuple[str, ...]:
    """The prose before each anchor, and behind the last one; empty where there is none."""
    found: list[list[str]] = [[]]
    for block in step.blocks:
        if isinstance(block, Prose):
            found[-1].append(block.markdown)
        else:
            found.append([])
    return tuple("\n\n".join(prose) for prose in found)


def feedback_of(question: Question) -> dict[str, str]:
    """What is said to wrong answers, by key."""
    return {wrong.key: wrong.feedback for wrong in question.wrong if wrong.feedback}


def head_hash(lesson: Lesson) -> str:
    """8 hexadecimal digits that change when the words of a lesson's head do."""
    parts = [[part.id, part.title] for part in lesson.parts]
    return _hash([lesson.title, _plain(lesson.opening), parts, list(lesson.try_next)])


def step_hash(step: Step) -> str:
    """8 hexadecimal digits that change when the words of a step do."""
    return _hash([step.title, *map(_plain, gaps(step)), *map(_question_words, step.questions)])


def _question_words(question: Question) -> list[object]:
    return [
        question.id,
        question.prompt,
        sorted(question.choices),
        sorted(feedback_of(question).items()),
        list(question.hints),
        question.explain,
    ]


def _plain(markdown: str) -> str:
    return "\n".join(line.rstrip() for line in markdown.split("\n")).strip("\n")


def _hash(words: list[object]) -> str:
    text = json.dumps(words, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def is_language_free(text: str) -> bool:
    """Whether a text reads the same in every language: code, a number, a status."""
    return not _LOWER_CASE.search(without_code(text))


def is_english(text: str) -> bool:
    """Whether a text holds an English word that is no code and no name."""
    return bool(_ENGLISH_WORD.search(without_code(text)))


def texts_of(question: Question) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Each text of a question, with the path of its key."""
    yield ("prompt",), question.prompt
    yield from ((("choices", key), words) for key, words in question.choices)
    yield from ((("hints", place), hint) for place, hint in enumerate(question.hints))
    yield from ((("feedback", key), words) for key, words in feedback_of(question).items())
    if question.explain:
        yield ("explain",), question.explain
