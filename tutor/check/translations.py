"""A lesson's translations, held against it: words alone, all of them, none older than the English."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tutor.check.report import Check, CheckKind, CheckStatus
from tutor.course.translation import FROM, Standing, TranslatedPart, Translation
from tutor.language import _

if TYPE_CHECKING:
    from tutor.course.model import Fault, Lesson
    from tutor.course.parse import Parsed


def translation_checks(parsed: Parsed, step_ids: frozenset[str] | None) -> Iterator[Check]:
    """For each language, a failed check for each fault, and one for the head and each step without any.

    Args:
        parsed: What came of the lesson file.
        step_ids: The steps to check; None for all of them, and the head.
    """
    for translation in parsed.translations if parsed.lesson else ():
        yield from _checks(translation, step_ids)


def _checks(translation: Translation, step_ids: frozenset[str] | None) -> Iterator[Check]:
    lesson = translation.lesson
    faulty: set[str] = set()
    for fault in translation.faults:
        step_id = _step_of(fault)
        if step_ids is None or step_id in step_ids or not translation.parts:
            faulty.add(step_id)
            yield _fault_check(fault, translation)
    for part in translation.parts:
        if part.id not in faulty and (step_ids is None or part.id in step_ids):
            yield _part_check(part, translation, lesson)


def _fault_check(fault: Fault, translation: Translation) -> Check:
    number = translation.lesson.number
    place = "/".join(part for part in (fault.where or number, translation.language) if part)
    return Check(
        id=place,
        kind=CheckKind.TRANSLATION,
        status=CheckStatus.FAILED,
        file=fault.file,
        line=fault.line,
        message=_("column {column}: {message}").format(column=fault.column, message=fault.message),
        blocks_loading=not translation.readable,
    )


def _part_check(part: TranslatedPart, translation: Translation, lesson: Lesson) -> Check:
    address = "/".join(name for name in (lesson.number, part.id) if name)
    stale = part.standing is Standing.STALE
    message = ""
    if stale:
        message = _(
            "The English words are not those that {attribute} names. Compare the two, then: {command}"
        ).format(attribute=f"`{FROM}`", command=f"flask-http-tutor translate accept {address}")
    return Check(
        id=f"{address}/{translation.language}",
        kind=CheckKind.TRANSLATION,
        status=CheckStatus.PASSED,
        file=translation.file,
        line=part.line,
        message=message,
        warns=stale,
    )


def _step_of(fault: Fault) -> str:
    """The id of the step that a fault is in; empty for the head."""
    return (*fault.where.split("/"), "", "")[1]
