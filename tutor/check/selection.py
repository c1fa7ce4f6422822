"""Which checks a run is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tutor.check.report import Check, CheckKind, LessonReport
from tutor.course.model import Lesson, Step

if TYPE_CHECKING:
    from tutor.course.pack import Address
    from tutor.course.parse import Parsed

_READ_KINDS = frozenset({CheckKind.LINT, CheckKind.TRANSLATION})
"""What needs no step to be run: it shows when the files are read."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Lessons and steps, kinds of check, and patterns of ids; what is empty selects everything."""

    addresses: Sequence[Address] = ()
    kinds: frozenset[CheckKind] = frozenset()
    patterns: Sequence[str] = ()
    """Globs of whole ids, such as `2.1/*/answer`; `*` passes over slashes too."""

    def has_lesson(self, parsed: Parsed) -> bool:
        """Whether a lesson file, readable or not, is one to look into."""
        if not self.addresses:
            return True
        lesson = parsed.lesson
        if lesson is not None:
            return any(address.lesson.id == lesson.id for address in self.addresses)
        files = {fault.file for fault in parsed.faults}
        return any(address.lesson.file in files for address in self.addresses)

    def step_ids(self, lesson: Lesson | None) -> frozenset[str] | None:
        """The ids of the steps that the addresses name in this lesson; None for all of it."""
        steps = set()
        for address in self.addresses:
            if lesson is None or address.lesson.id != lesson.id:
                continue
            if address.step is None:
                return None
            steps.add(address.step.id)
        return frozenset(steps) if steps else None

    def steps(self, lesson: Lesson) -> tuple[Step, ...]:
        """The steps of a lesson, its pool included, that may give a check of the selection."""
        named = self.step_ids(lesson)
        if self.kinds and self.kinds <= _READ_KINDS:
            return ()
        return tuple(
            step
            for step in (*lesson.steps, *lesson.pool)
            if (named is None or step.id in named) and self._may_match(f"{lesson.number}/{step.id}/")
        )

    def _may_match(self, beginning: str) -> bool:
        """Whether a pattern can match an id that begins so."""
        if not self.patterns:
            return True
        literals = (re.split(r"[*?\[]", pattern, maxsplit=1)[0] for pattern in self.patterns)
        return any(beginning.startswith(literal) or literal.startswith(beginning) for literal in literals)

    def keeps(self, check: Check) -> bool:
        """Whether a check belongs in the report; one that hides others always does."""
        if check.blocks_loading:
            return True
        return (not self.kinds or check.kind in self.kinds) and (
            not self.patterns or any(fnmatchcase(check.id, pattern) for pattern in self.patterns)
        )

    def of(self, lessons: Iterable[LessonReport]) -> tuple[LessonReport, ...]:
        """The lessons with the checks that are selected; without those that have none left.

        An entry of no lesson stays: it says what broke.
        """
        kept = (
            lesson
            if lesson.id is None
            else replace(lesson, checks=tuple(check for check in lesson.checks if self.keeps(check)))
            for lesson in lessons
        )
        return tuple(lesson for lesson in kept if lesson.checks)


EVERYTHING = Selection()
