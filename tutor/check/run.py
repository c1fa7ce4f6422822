"""The non-interactive run: every exchange, answer and proof of a course against sandboxes of its own."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tutor.check.report import (
    Check,
    CheckKind,
    CheckStatus,
    LessonReport,
    Report,
    failure_entry,
    versions,
    with_unique_ids,
)
from tutor.check.selection import EVERYTHING, Selection
from tutor.check.steps import MakeApp
from tutor.check.translations import translation_checks
from tutor.check.workers import WaitingStep, check_steps
from tutor.course.model import Fault, Lesson
from tutor.language import _, in_use
from tutor.progress_bar import OnProgress

if TYPE_CHECKING:
    from tutor.course.parse import Parsed


def run(
    parsed: Iterable[Parsed],
    *,
    make_app: MakeApp,
    selection: Selection = EVERYTHING,
    jobs: int = 1,
    apart: bool = False,
    fail_fast: bool = False,
    timeout_s: float = 10.0,
    on_progress: OnProgress = lambda _done, _total: None,
) -> Report:
    """Check lessons against sandboxes on loopback; touches no progress and prints nothing.

    A failure of the tool, such as a sandbox that cannot start, is in the report as an error check; Ctrl-C
    ends the run with KeyboardInterrupt.

    Args:
        parsed: what came of the lesson files; one is held at a time where they are read one at a time.
        selection: what to check; everything, recall pools included, where it names nothing.
        jobs: how many sandboxes work at the same time; the report is the same.
        apart: check in another process even with one job; see `check_steps`.
        fail_fast: end at the first step with a failure; the steps behind it are skipped.
        timeout_s: how long one request may take.
        on_progress: called in this thread, first with no step done.
    """
    started = time.monotonic()
    entries: list[LessonReport] = []
    steps: list[tuple[int, WaitingStep]] = []
    for each in parsed:
        if not selection.has_lesson(each):
            continue
        if each.lesson is not None:
            chosen = selection.steps(each.lesson)
            steps += [(len(entries), WaitingStep.of(each.lesson, step)) for step in chosen]
        entries.append(_lint_only(each, selection.step_ids(each.lesson)))
    sound = _first_unsound(entries) if fail_fast else len(entries)
    reachable = [step for place, step in steps if place < sound]
    results: list[tuple[Check, ...] | None] = [None] * len(reachable)
    done = 0

    def on_step() -> None:
        nonlocal done
        done += 1
        on_progress(done, len(reachable))

    broken: Exception | None = None
    on_progress(0, len(reachable))
    try:
        check_steps(
            reachable,
            make_app,
            jobs=jobs,
            apart=apart,
            fail_fast=fail_fast,
            timeout_s=timeout_s,
            results=results,
            on_step=on_step,
        )
    except Exception as error:
        broken = error
    results += [None] * (len(steps) - len(results))
    found = [list(entry.checks) for entry in entries]
    for (place, step), checks in zip(steps, results, strict=True):
        if checks is None and broken is None:
            checks = (_not_reached(step),)
        found[place] += checks or ()
    entries = [replace(entry, checks=tuple(checks)) for entry, checks in zip(entries, found, strict=True)]
    kept = selection.of(with_unique_ids(entries))
    if broken is not None:
        kept = (*kept, failure_entry(broken, check_id="sandbox"))
    return Report(lessons=kept, versions=versions(), duration_s=time.monotonic() - started)


def _first_unsound(entries: Sequence[LessonReport]) -> int:
    """The place of the first lesson whose file has a fault."""
    failed = (
        place
        for place, entry in enumerate(entries)
        if any(check.status is CheckStatus.FAILED for check in entry.checks)
    )
    return next(failed, len(entries))


def _not_reached(step: WaitingStep) -> Check:
    return Check(
        id=f"{step.lesson_number}/{step.step_id}/run",
        kind=CheckKind.EXCHANGE,
        status=CheckStatus.SKIPPED,
        file=step.file,
        line=step.line,
        message=_("Not checked: the run ended at the first failure."),
    )


def _lint_only(parsed: Parsed, step_ids: frozenset[str] | None) -> LessonReport:
    lesson = parsed.spoken(in_use())
    return LessonReport(
        number=lesson.number if lesson else None,
        id=lesson.id if lesson else None,
        title=lesson.title if lesson else None,
        file=lesson.file if lesson else next((fault.file for fault in parsed.faults), ""),
        checks=(*_lint_checks(parsed, step_ids), *translation_checks(parsed, step_ids)),
    )


def _lint_checks(parsed: Parsed, step_ids: frozenset[str] | None) -> Iterator[Check]:
    """A failed check for each fault, or one that passed."""
    lesson = parsed.lesson
    faults = [fault for fault in parsed.faults if fault.blocks_loading or _is_within(fault, step_ids)]
    for fault in faults:
        yield Check(
            id=f"{_fault_place(fault, lesson)}/lint",
            kind=CheckKind.LINT,
            status=CheckStatus.FAILED,
            file=fault.file,
            line=fault.line,
            message=_("column {column}: {message}").format(column=fault.column, message=fault.message),
            blocks_loading=fault.blocks_loading,
        )
    if lesson is not None and not faults:
        yield Check(
            id=f"{lesson.number}/lint",
            kind=CheckKind.LINT,
            status=CheckStatus.PASSED,
            file=lesson.file,
            line=lesson.line,
        )


def _is_within(fault: Fault, step_ids: frozenset[str] | None) -> bool:
    parts = fault.where.split("/")
    return step_ids is None or len(parts) < 2 or parts[1] in step_ids


def _fault_place(fault: Fault, lesson: Lesson | None) -> str:
    """Where a fault is, as a check's id says it: the lesson by its number, or else the file."""
    first, _slash, rest = fault.where.partition("/")
    if lesson is not None:
        first = lesson.number
    return "/".join(part for part in (first or fault.file, rest) if part)
