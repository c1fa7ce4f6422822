"""Lesson text in, lesson or outline out, with every fault of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from tutor.course.model import Fault, Lesson
from tutor.course.outline import CourseError, parse_outline

if TYPE_CHECKING:
    from tutor.course.translation import Translation

__all__ = ["CourseError", "Parsed", "parse_lesson", "parse_outline"]


class Parsed(Struct, frozen=True):
    """What came of a lesson file."""

    lesson: Lesson | None
    """None where a fault stops the lesson from loading."""
    faults: tuple[Fault, ...]
    """In file order."""
    translations: tuple[Translation, ...] = ()
    """One for each language that the pack has a folder of."""

    def spoken(self, language: str) -> Lesson | None:
        """The lesson in a language, as far as it is translated."""
        found = (each.lesson for each in self.translations if each.language == language)
        return next(found, self.lesson)


def parse_lesson(text: str, file: str) -> Parsed:
    """Read a lesson file to its end and report all of its faults; never raises.

    Args:
        text: The file's text.
        file: The file's path as reports name it.
    """
    # Imported here: the Markdown parser and msgspec cost far more than `list`, which needs outlines alone.
    from tutor.course.lesson import read_lesson

    lesson, faults = read_lesson(text, file)
    return Parsed(lesson, faults)
