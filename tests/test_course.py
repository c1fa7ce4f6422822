"""The bundled course as a whole."""

from __future__ import annotations

import pytest

from tutor.course.model import Lesson, Question, QuestionKind, Step
from tutor.course.pack import open_pack


@pytest.fixture(scope="module")
def lessons() -> list[Lesson]:
    """All lessons, without a fault."""
    parsed = open_pack().load_all()
    assert [str(fault) for each in parsed for fault in each.faults] == []
    return [each.lesson for each in parsed if each.lesson is not None]


def steps_of(lessons: list[Lesson]) -> list[Step]:
    return [step for lesson in lessons for step in (*lesson.steps, *lesson.pool)]


def questions_of(lessons: list[Lesson]) -> list[Question]:
    return [question for step in steps_of(lessons) for question in step.questions]


def test_the_course_mirrors_the_five_sections(lessons: list[Lesson]) -> None:
    """There is a lesson for each section from 2.1 to 2.5, each with a pool and three commands to try."""
    assert [lesson.number for lesson in lessons] == ["2.1", "2.2", "2.3", "2.4", "2.5"]
    assert all(len(lesson.pool) >= 5 and len(lesson.try_next) == 3 for lesson in lessons)


def test_the_parts_of_a_lesson_are_named_in_chinese_on_the_map() -> None:
    """An outline in Chinese has the Chinese titles of its parts, as the whole lesson has."""
    pack = open_pack().in_language("zh-CN")
    for outline in pack.outlines():
        lesson = pack.load(outline.id).lesson
        assert lesson is not None
        assert outline.parts == lesson.parts
        assert outline.parts != open_pack().find(outline.number).lesson.parts


def test_the_course_has_enough_to_see_and_to_answer(lessons: list[Lesson]) -> None:
    """At least 75 exchanges and 75 questions, and something to do in every step."""
    assert sum(len(step.exchanges) for step in steps_of(lessons)) >= 75
    assert len(questions_of(lessons)) >= 75
    assert [step.id for step in steps_of(lessons) if not step.questions] == []


def test_the_live_exchange_is_the_key_wherever_it_can_be(lessons: list[Lesson]) -> None:
    """At least two thirds of all questions are proven by an exchange, or are graded by one."""
    questions = questions_of(lessons)
    proven = [
        question
        for question in questions
        if question.proof or question.proof_paths or question.kind is QuestionKind.REQUEST
    ]
    assert len(proven) >= len(questions) * 2 / 3


def test_the_right_choice_is_not_known_by_its_length(lessons: list[Lesson]) -> None:
    """The longest option is the right one no more often than chance would have it."""
    choices = [question for question in questions_of(lessons) if question.kind is QuestionKind.CHOICE]
    longest = [
        question
        for question in choices
        if max(question.choices, key=lambda choice: len(choice[1]))[0] == question.answer[0]
    ]
    assert len(longest) <= len(choices) * 0.4
