"""Any text is a lesson, or faults with a line: the parser raises nothing but its own error."""

from __future__ import annotations

import functools
import pickle
import re
from collections.abc import Sequence
from pathlib import Path

from hypothesis import strategies as st

from tests.course.samples import FULL, MINIMAL
from tests.course.translated import CHINESE, ENGLISH, accepted
from tests.course.translated import english as english_lesson
from tests.exercise_pack import LESSON as EXERCISES
from tests.fuzzing import INPUTS, holds, made_of_pieces, mutated
from tutor.course.contents import Outline
from tutor.course.exercise_files import with_exercise_files
from tutor.course.model import Fault
from tutor.course.outline import with_titles
from tutor.course.pack import open_pack
from tutor.course.parse import CourseError, parse_lesson, parse_outline
from tutor.course.scan import scan
from tutor.course.translation import read_translation
from tutor.course.translation_file import skeleton, with_missing_steps, with_sources

FILE = "lesson.md"


@functools.cache
def real_steps(language: str = "") -> tuple[str, ...]:
    """Each step of the bundled lessons as a lesson of its own, with the head of its file."""
    texts: list[str] = []
    pack = open_pack()
    for path in pack.files:
        found = scan((path.parent / language / path.name).read_text("utf-8"))
        head = found.lines[: found.head.last]
        texts += ["\n".join((*head, *found.lines[step.first - 1 : step.last])) for step in found.steps]
    return tuple(texts)


def place_is_there(fault: Fault, text: str) -> bool:
    lines = len(re.split(r"\r\n|\r|\n", text))
    return fault.file == FILE and 1 <= fault.line <= lines + 1 and fault.column >= 1 and bool(fault.message)


def is_lesson_or_faults(text: str) -> None:
    """What must hold of any text at all."""
    parsed = parse_lesson(text, FILE)
    blocking = [fault for fault in parsed.faults if fault.blocks_loading]
    assert (parsed.lesson is None) is bool(blocking)
    assert [fault for fault in parsed.faults if not place_is_there(fault, text)] == []
    assert list(parsed.faults) == sorted(parsed.faults)
    if parsed.lesson is not None:
        # `check` hands it to other processes.
        assert pickle.loads(pickle.dumps(parsed.lesson)) == parsed.lesson
        with_exercise_files(parsed, Path("nowhere"), may_run=False)
    outline = outline_or_words(text)
    if isinstance(outline, str):
        assert re.match(rf"{FILE}:[1-9][0-9]*:[1-9][0-9]*: .", outline, re.DOTALL)
        assert parsed.lesson is None
    elif parsed.lesson is not None:
        assert [step.id for step in outline.steps] == [step.id for step in parsed.lesson.steps]


def outline_or_words(text: str) -> Outline | str:
    """The outline, or what is said of a text without one."""
    try:
        return parse_outline(text, FILE)
    except CourseError as error:
        return str(error)


@INPUTS
def test_a_lesson_with_mistakes(count: int) -> None:
    """A bundled lesson's step, changed in a few places, is a lesson, or faults that stand in its lines."""
    holds(is_lesson_or_faults, mutated((MINIMAL, FULL, EXERCISES, *real_steps())), count)


@INPUTS
def test_any_text(count: int) -> None:
    """Any text below a lesson's head, or without one, is a lesson, or faults that stand in its lines."""
    head = MINIMAL[: MINIMAL.index("Opening")]
    texts = st.one_of(made_of_pieces(), made_of_pieces().map(lambda text: head + text), st.text())
    holds(is_lesson_or_faults, texts, count)


@INPUTS
def test_any_toml(count: int) -> None:
    """Any body of any block gives faults inside the block, or the block."""
    blocks = (
        "lesson",
        "source",
        "http {#x}",
        "http {#x raw}",
        "expect {of=hello}",
        "question {#q}",
        "websocket {#w}",
    )
    at = MINIMAL.index("> A request")

    def with_block(block_and_body: tuple[str, str]) -> None:
        block, body = block_and_body
        is_lesson_or_faults(f"{MINIMAL[:at]}```{block}\n{body}\n```\n\n{MINIMAL[at:]}")

    words = (
        'kind = "number"\n',
        'kind = "exercise"\n',
        'after = "hello"\n',
        "answer = 1\n",
        "[wrong]\n",
        "status = 1\n",
    )
    holds(with_block, st.tuples(st.sampled_from(blocks), made_of_pieces(*words)), count)


@INPUTS
def test_an_exercise_with_mistakes(count: int) -> None:
    """An exercise's block, changed in a few places, is an exercise, or faults that stand in its lines."""
    exercises = [text for text in real_steps() if 'kind = "exercise"' in text]
    assert exercises
    holds(is_lesson_or_faults, mutated((EXERCISES, *exercises)), count)


def is_laid_over(text: str) -> None:
    """What must hold of any text as a translation: the mechanics stay the English lesson's."""
    english = english_lesson()
    found = read_translation(text, FILE, english, "zh-CN")
    assert [fault for fault in found.faults if not place_is_there(fault, text)] == []
    assert [step.hash for step in found.lesson.steps] == [step.hash for step in english.steps]
    assert [part.id for part in found.parts[1:]] == [step.id for step in (*english.steps, *english.pool)]
    for step, original in zip(found.lesson.steps, english.steps, strict=True):
        assert step.exchanges == original.exchanges
        assert _keys(step.questions) == _keys(original.questions)
    with_titles(parse_outline(ENGLISH, FILE), text)
    with_missing_steps(text, english)
    with_sources(text, english, None)


def _keys(questions: Sequence[object]) -> list[object]:
    return [
        (question.id, question.answer, [key for key, _words in question.choices], question.proof)  # type: ignore[attr-defined]
        for question in questions
    ]


@INPUTS
def test_a_translation_with_mistakes(count: int) -> None:
    """A translation, changed in a few places, leaves every exchange, key and proof as they are."""
    holds(is_laid_over, mutated((CHINESE, accepted(), ENGLISH, skeleton(english_lesson()))), count)


@INPUTS
def test_any_text_as_a_translation(count: int) -> None:
    """Any text, or another lesson's translation, leaves every exchange, key and proof as they are."""
    holds(is_laid_over, st.one_of(made_of_pieces(), st.sampled_from(real_steps("zh-CN"))), count)
