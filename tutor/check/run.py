"""The non-interactive run: every exchange, answer and proof of a course against its own sandbox."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
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
from tutor.check.steps import LessonChecker, MakeApp
from tutor.client import Client
from tutor.course.model import Fault, Lesson
from tutor.language import _
from tutor.sandbox.server import SandboxServer

if TYPE_CHECKING:
    from types import FrameType

    from tutor.course.pack import Address
    from tutor.course.parse import Parsed


def run(
    parsed: Sequence[Parsed],
    *,
    make_app: MakeApp,
    only: Sequence[Address] = (),
    timeout_s: float = 10.0,
) -> Report:
    """Check lessons against one sandbox on loopback; touches no progress and prints nothing.

    A failure of the tool, such as a sandbox that cannot start, is in the report as an error check; Ctrl-C
    ends the run with KeyboardInterrupt.

    Args:
        only: lessons and steps to check; empty: all of them, recall pools included.
        timeout_s: how long one request may take.
    """
    started = time.monotonic()
    chosen = [(each, _chosen_steps(each, only)) for each in parsed if _is_chosen(each, only)]
    entries: list[LessonReport] = []
    try:
        with (
            _interrupts() as raise_interrupt,
            SandboxServer() as server,
            closing(Client(server, timeout_s=timeout_s)) as client,
        ):
            for each, step_ids in chosen:
                entry = _lint_only(each, step_ids)
                if each.lesson is not None:
                    checker = LessonChecker(each.lesson, server, client, make_app, raise_interrupt)
                    entry = replace(entry, checks=(*entry.checks, *_checks(checker, each.lesson, step_ids)))
                entries.append(entry)
    except Exception as error:
        unchecked = chosen[len(entries) :]
        entries.extend(_lint_only(each, step_ids) for each, step_ids in unchecked)
        entries.append(failure_entry(error, check_id="sandbox"))
    return Report(
        lessons=with_unique_ids(entries), versions=versions(), duration_s=time.monotonic() - started
    )


def _is_chosen(parsed: Parsed, only: Sequence[Address]) -> bool:
    if not only:
        return True
    lesson = parsed.lesson
    if lesson is not None:
        return any(address.lesson.id == lesson.id for address in only)
    files = {fault.file for fault in parsed.faults}
    return any(address.lesson.file in files for address in only)


def _chosen_steps(parsed: Parsed, only: Sequence[Address]) -> frozenset[str] | None:
    """The ids of the steps to check; None for all of the lesson."""
    lesson = parsed.lesson
    steps = set()
    for address in only:
        if lesson is None or address.lesson.id != lesson.id:
            continue
        if address.step is None:
            return None
        steps.add(address.step.id)
    return frozenset(steps) if steps else None


def _lint_only(parsed: Parsed, step_ids: frozenset[str] | None) -> LessonReport:
    lesson = parsed.lesson
    return LessonReport(
        number=lesson.number if lesson else None,
        id=lesson.id if lesson else None,
        title=lesson.title if lesson else None,
        file=lesson.file if lesson else next((fault.file for fault in parsed.faults), ""),
        checks=tuple(_lint_checks(parsed, step_ids)),
    )


def _checks(checker: LessonChecker, lesson: Lesson, step_ids: frozenset[str] | None) -> Sequence[Check]:
    for step in (*lesson.steps, *lesson.pool):
        if step_ids is None or step.id in step_ids:
            checker.check_step(step)
    return checker.log.checks


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


@contextmanager
def _interrupts() -> Iterator[Callable[[], None]]:
    """Keep Ctrl-C in mind: the client takes it for the end of one request, and goes on.

    Gives a function that raises KeyboardInterrupt where Ctrl-C was pressed since.
    """
    before = signal.getsignal(signal.SIGINT)
    pressed = threading.Event()

    def press(number: int, frame: FrameType | None) -> None:
        pressed.set()
        if callable(before):
            before(number, frame)

    def raise_interrupt() -> None:
        if pressed.is_set():
            raise KeyboardInterrupt

    # Elsewhere than in the main thread, signals are somebody else's.
    mine = threading.current_thread() is threading.main_thread() and callable(before)
    if mine:
        signal.signal(signal.SIGINT, press)
    try:
        yield raise_interrupt
    finally:
        if mine:
            signal.signal(signal.SIGINT, before)
