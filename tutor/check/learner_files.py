"""`check --exercises DIR`: a learner's exercise files, graded without a terminal."""

from __future__ import annotations

import os
import stat
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tutor.check.exercises import probe_evidence, probe_lines
from tutor.check.finding import CheckLog, Finding, broken, skipped
from tutor.check.report import (
    Check,
    CheckKind,
    CheckStatus,
    LessonReport,
    Report,
    versions,
    with_unique_ids,
)
from tutor.course.contents import shown_path
from tutor.course.model import ExchangeBlock, Lesson, Question, Step
from tutor.errors import UsageError
from tutor.grading.exercises import ProbeVerdict
from tutor.language import _, in_use
from tutor.workshop.runner import Run, Workshop
from tutor.workshop.several import run_several
from tutor.workshop.words import failure_lines

if TYPE_CHECKING:
    from tutor.course.pack import Address
    from tutor.course.parse import Parsed

MOST_FILES = 500
MOST_BYTES = 20_000_000
"""Of the whole folder, with templates and modules of the learner's own."""

_NOT_THE_LEARNERS = ("__pycache__", "node_modules")


@dataclass(frozen=True, slots=True)
class _Task:
    """One exercise, and the file for it."""

    lesson: Lesson
    step: Step
    exercise: Question
    probes: tuple[ExchangeBlock, ...]
    file: str
    """The path of the learner's file, as the report names it."""
    is_there: bool


def grade_learner_files(parsed: Sequence[Parsed], folder: Path, only: Sequence[Address] = ()) -> Report:
    """Grade every exercise of the course, or of the lessons and steps in `only`: a check for each probe.

    Each file runs in a copy of the folder, so that none can spoil it for another.

    Raises:
        UsageError: the folder cannot be read, or there is no exercise to grade.
    """
    started_s = time.monotonic()
    files = _read_folder(folder)
    tasks = [
        _Task(lesson, step, exercise, step.probes(exercise.id), shown_path(folder / name), name in files)
        for lesson, step, exercise in _chosen(parsed, only)
        if (name := f"{exercise.id}.py")
    ]
    if not tasks:
        raise UsageError(_("There is no exercise in what was chosen."))
    outcomes = run_several([partial(_outcome, task, files) for task in tasks])
    reports = [_unreadable(each) for each in parsed if each.lesson is None]
    for lesson in dict.fromkeys(task.lesson.id for task in tasks):
        of_lesson = [each for each in zip(tasks, outcomes, strict=True) if each[0].lesson.id == lesson]
        reports.append(_lesson_report(of_lesson))
    return Report(with_unique_ids(reports), versions(), time.monotonic() - started_s)


def _chosen(parsed: Sequence[Parsed], only: Sequence[Address]) -> Iterator[tuple[Lesson, Step, Question]]:
    for lesson in (spoken for each in parsed if (spoken := each.spoken(in_use())) is not None):
        for step in lesson.steps:
            if not only or any(_names(address, lesson, step) for address in only):
                yield from ((lesson, step, exercise) for exercise in step.exercises)


def _names(address: Address, lesson: Lesson, step: Step) -> bool:
    return address.lesson.id == lesson.id and (address.step is None or address.step.id == step.id)


def _read_folder(folder: Path) -> dict[str, bytes]:
    """The folder's files by their path in it, hidden ones and environments left out."""
    files: dict[str, bytes] = {}
    size = 0
    for root, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".")
            and name not in _NOT_THE_LEARNERS
            and not (Path(root) / name / "pyvenv.cfg").exists()
        ]
        for name in names:
            path = Path(root) / name
            data = _read(path, MOST_BYTES - size)
            if data is None:
                continue
            size += len(data)
            if len(files) >= MOST_FILES or size > MOST_BYTES:
                message = _("{folder} holds more than exercise files; name a folder of these alone.")
                raise UsageError(message.format(folder=folder))
            files[path.relative_to(folder).as_posix()] = data
    return files


def _raise(error: OSError) -> None:
    message = _("The folder {folder} cannot be read: {why}.")
    raise UsageError(message.format(folder=error.filename, why=error.strerror or error))


def _read(path: Path, limit: int) -> bytes | None:
    """What stands in a file; None for what is none, such as a pipe, and for what may not be read."""
    try:
        if path.name.startswith(".") or not stat.S_ISREG(path.stat().st_mode):
            return None
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError:
        return None


def _outcome(task: _Task, files: dict[str, bytes], workshop: Workshop) -> Run | Exception | None:
    """The run of a task's file; None where there is no file, and an exception where the tool broke."""
    if not task.is_there:
        return None
    try:
        with tempfile.TemporaryDirectory(prefix="flask-http-tutor-", ignore_cleanup_errors=True) as folder:
            for name, data in files.items():
                path = Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            return workshop.run(Path(folder) / f"{task.exercise.id}.py", task.exercise, task.probes)
    except Exception as error:
        return error


def _unreadable(parsed: Parsed) -> LessonReport:
    """A lesson that cannot be loaded, and whose exercises therefore are not graded."""
    checks = tuple(
        Check(
            f"{fault.where or fault.file}/lint",
            CheckKind.LINT,
            CheckStatus.FAILED,
            fault.file,
            fault.line,
            fault.message,
            blocks_loading=True,
        )
        for fault in parsed.faults
    )
    return LessonReport(None, None, None, checks[0].file if checks else "", checks)


def _lesson_report(graded: Sequence[tuple[_Task, Run | Exception | None]]) -> LessonReport:
    lesson = graded[0][0].lesson
    log = CheckLog(lesson.number, lesson.file)
    for task, outcome in graded:
        for place, probe in enumerate(task.probes):
            finding = _finding(task, outcome, place)
            log.note(
                f"{task.step.id}/{task.exercise.id}/{probe.id}",
                CheckKind.EXERCISE,
                1 if task.is_there else 0,
                finding,
                duration_ms=_duration_ms(outcome, probe),
                file=task.file,
                points=probe.points,
            )
    return LessonReport(lesson.number, lesson.id, lesson.title, lesson.file, tuple(log.checks))


def _duration_ms(outcome: Run | Exception | None, probe: ExchangeBlock) -> float:
    hops = outcome.fired.get(probe.id, ()) if isinstance(outcome, Run) else ()
    return sum(hop.duration_s for hop in hops) * 1000


def _finding(task: _Task, outcome: Run | Exception | None, place: int) -> Finding | None:
    if outcome is None:
        missing = _("There is no file {file}.").format(file=task.file)
        # What is offered and may be passed over is not asked for.
        return skipped(missing) if task.step.deeper else Finding(missing)
    if isinstance(outcome, Exception):
        return broken(outcome)
    verdict = outcome.verdict.probes[place]
    return None if verdict.passes else _missed(task, outcome, verdict)


def _missed(task: _Task, run: Run, verdict: ProbeVerdict) -> Finding:
    name = task.exercise.id
    lines: list[str] = []
    if run.verdict.mistake is not None and verdict is run.verdict.first_missed:
        lines.append(run.verdict.mistake.feedback)
    if run.failure is not None:
        lines += failure_lines(run.failure, f"{name}.py")
    if verdict.probe.id in run.fired:
        lines += probe_lines(verdict, run, name)
    elif run.failure is None:
        lines.append(_("{probe} was not fired.").format(probe=verdict.probe.id))
    about = run.crashes.get(verdict.probe.id) or run.failure
    missed = [claim for claim in verdict.claims if not claim.holds]
    return Finding(
        "\n".join(lines),
        expected="; ".join(claim.expected for claim in missed),
        actual="; ".join(claim.actual for claim in missed),
        evidence=probe_evidence(verdict, run) if verdict.probe.id in run.fired else (),
        line=about.line if about is not None and not about.file else 0,
    )
