"""The code that a lesson shows is the code of the app that answers."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

import sandbox_app
from tutor.course.model import Source
from tutor.course.pack import open_pack
from tutor.lesson_app import code_of
from tutor.sandbox.source import excerpts, excerpts_ahead

LESSONS = [lesson for parsed in open_pack().load_all() if (lesson := parsed.lesson) is not None]


@pytest.mark.parametrize("section", sandbox_app.SECTIONS)
def test_what_is_read_ahead_of_the_app_is_what_the_app_has(section: str) -> None:
    """A view that is told without Flask, by the name of its function, is that endpoint's, line by line."""
    lesson = next(lesson for lesson in LESSONS if lesson.section == section)
    app = sandbox_app.create_app(section)
    code = code_of(lesson, "")
    assert code is not None
    for endpoint in app.view_functions:
        source = Source("view", (endpoint,))
        assert excerpts_ahead(code, source) in (None, excerpts(app, source)), endpoint


def test_most_sources_of_the_course_are_told_ahead_of_the_app() -> None:
    """A first screen of the default app need not wait for Flask to show a view."""
    shown = [
        excerpts_ahead(code, block)
        for lesson in LESSONS
        for step in lesson.steps
        for block in step.blocks
        if isinstance(block, Source) and (code := code_of(lesson, block.app or step.app)) is not None
    ]
    assert len([each for each in shown if each is not None]) > len(shown) / 2


def test_a_name_that_only_the_app_can_tell_is_not_read_ahead() -> None:
    """Neither a function that is no view, nor one that is not there, nor what a configuration changes."""
    lesson = LESSONS[0]
    code = code_of(lesson, "")
    assert code is not None
    assert code_of(lesson, "another") is None
    assert code_of(replace(lesson, section="9.9"), "") is None
    for source in (Source("view", ("add_to",)), Source("view", ("nowhere",)), Source("hook", ("hello",))):
        assert excerpts_ahead(code, source) is None
