"""Any text is an answer: right, wrong or unreadable, and never an error."""

from __future__ import annotations

import functools

from hypothesis import strategies as st

from tests.fuzzing import INPUTS, holds, made_of_pieces, mutated
from tutor.course.model import Question, QuestionKind
from tutor.course.pack import open_pack
from tutor.course.shuffle import shown_order
from tutor.grading.answers import answer_text, grade
from tutor.grading.verdict import Grade

NOT_TYPED = {QuestionKind.REQUEST, QuestionKind.EXERCISE}


@functools.cache
def questions(language: str = "en") -> tuple[Question, ...]:
    """Every question of the bundled course that a text answers."""
    return tuple(
        question
        for parsed in open_pack().load_all()
        if (lesson := parsed.spoken(language)) is not None
        for step in (*lesson.steps, *lesson.pool)
        for question in step.questions
        if question.kind not in NOT_TYPED
    )


@functools.cache
def written_answers(language: str = "en") -> tuple[str, ...]:
    """What the course itself writes as answers, right and wrong, and the words of its choices."""
    texts = dict.fromkeys(
        text
        for question in questions(language)
        for text in (
            answer_text(question),
            *question.answer,
            *(answer for wrong in question.wrong for answer in wrong.answers),
            *(words for _key, words in question.choices),
        )
    )
    return tuple(text for text in texts if text)


def is_graded(asked: tuple[Question, str]) -> None:
    """What must hold of any text as an answer."""
    question, text = asked
    verdict = grade(question, text, shown=shown_order(question, "seed") if question.choices else ())
    assert verdict.key in {
        "",
        *(wrong.key for wrong in question.wrong),
        *(key for key, _words in question.choices),
    }
    if not text.strip():
        assert verdict.grade is Grade.UNREADABLE
    if verdict.grade is Grade.UNREADABLE:
        assert verdict.feedback


@INPUTS
def test_any_text_as_an_answer(count: int) -> None:
    """Any text gets a verdict from any question of the course, in both languages."""
    asked = st.sampled_from((*questions(), *questions("zh-CN")))
    texts = st.one_of(made_of_pieces("a", "b)", "，", "和", "一百", "１２", "bytes"), st.text())
    holds(is_graded, st.tuples(asked, texts), count)


@INPUTS
def test_an_answer_with_slips(count: int) -> None:
    """An answer of the course, changed in a few places, gets a verdict from any of its questions."""
    texts = (*written_answers(), *written_answers("zh-CN"))
    holds(is_graded, st.tuples(st.sampled_from(questions()), mutated(texts)), count)
