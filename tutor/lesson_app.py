"""The app of the sandbox that answers in a lesson."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutor.course.model import Lesson
from tutor.errors import UsageError
from tutor.language import _

if TYPE_CHECKING:
    from types import CodeType

    from flask import Flask


def app_of(lesson: Lesson, configuration: str) -> Flask:
    """A fresh app of the lesson's section.

    Raises:
        UsageError: there is no such app: a pack of somebody else's may name one.
    """
    import sandbox_app

    try:
        return sandbox_app.create_app(lesson.section, configuration)
    except ValueError as error:
        message = _("{file}: the sandbox cannot answer: {reason}. `check` shows where.")
        raise UsageError(message.format(file=lesson.file, reason=error)) from None


def code_of(lesson: Lesson, configuration: str) -> CodeType | None:
    """The code of the module that such an app is made by, not run for it; None where it tells no views."""
    from importlib.machinery import SourceFileLoader
    from importlib.util import find_spec

    import sandbox_app

    module = sandbox_app.SECTIONS.get(lesson.section)
    if module is None or configuration:
        return None
    spec = find_spec(f"{sandbox_app.__name__}.{module}")
    if spec is None or not isinstance(spec.loader, SourceFileLoader):
        return None
    return spec.loader.get_code(spec.name)
