"""What a run of `check` found, as plain values. The JSON form is in `tutor.check.json_report`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from tutor.errors import ExitCode
from tutor.language import _, sentences
from tutor.wire.stream import StreamPart


class CheckKind(StrEnum):
    """What was checked; part of the report's contract."""

    LINT = "lint"
    EXCHANGE = "exchange"
    ANSWER = "answer"
    WRONG_ANSWER = "wrong-answer"
    PROOF = "proof"
    REQUEST = "request"
    EXERCISE = "exercise"
    TRANSLATION = "translation"


class CheckStatus(StrEnum):
    """What came of a check; part of the report's contract."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    """The tool broke, not the lesson."""
    SKIPPED = "skipped"
    """What it depends on failed, or it cannot be carried out; the message says why."""


@dataclass(frozen=True, slots=True)
class Check:
    """One claim of a lesson, and what came of it."""

    id: str
    """`lesson/step/block[/what]`; unique in a report, the same in every run."""
    kind: CheckKind
    status: CheckStatus
    file: str
    line: int
    """Counted from 1; 0 where no place in a file is meant."""
    message: str = ""
    """What is wrong, in one or more lines; empty where the check passed."""
    expected: str = ""
    actual: str = ""
    duration_ms: float = 0.0
    evidence: tuple[str, ...] = ()
    """The bytes that it is about, escaped, a wire line each."""
    blocks_loading: bool = False
    """A lint fault that stops the lesson from loading."""
    stream: tuple[StreamPart, ...] = ()
    """Of an exchange that came bit by bit, its parts."""
    points: int | None = None
    """Of an exercise's check: what it is worth; earned where it passed."""
    warns: bool = False
    """It passed, and its message says what somebody should look at; a strict run has it failed."""

    @property
    def told(self) -> tuple[str, ...]:
        """Everything that is said of it, a line each: message, both values, evidence. Not escaped."""
        values = ((_("expected:"), self.expected), (_("actual:"), self.actual))
        return (
            *self.message.split("\n"),
            *(sentences(name, value) for name, value in values if value),
            *self.evidence,
        )


@dataclass(frozen=True, slots=True)
class LessonReport:
    """The checks of one lesson file, in the order of the file.

    A lesson that could not be read has no number, id and title; a failure of the tool stands in such
    an entry too.
    """

    number: str | None
    id: str | None
    title: str | None
    file: str
    checks: tuple[Check, ...]

    @property
    def points(self) -> Points | None:
        return points_of(self.checks)


class Points(NamedTuple):
    """What has been earned, and what can be."""

    earned: float
    total: float


@dataclass(frozen=True, slots=True)
class Summary:
    """How many checks ended in each way."""

    passed: int
    failed: int
    errors: int
    skipped: int


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a run found."""

    lessons: tuple[LessonReport, ...]
    versions: tuple[tuple[str, str], ...]
    """Distribution name and version, of what the result depends on."""
    duration_s: float
    strict: bool = False
    """A check that was skipped counts as failed, and one that warns has."""

    @property
    def checks(self) -> tuple[Check, ...]:
        return tuple(check for lesson in self.lessons for check in lesson.checks)

    @property
    def summary(self) -> Summary:
        return summarize(self.checks)

    @property
    def points(self) -> Points | None:
        return points_of(self.checks)

    @property
    def exit_code(self) -> ExitCode:
        """BROKEN where the tool broke, else USAGE where a lesson cannot be loaded, else FAILED or OK."""
        if any(check.status is CheckStatus.ERROR for check in self.checks):
            return ExitCode.BROKEN
        failed = [check for check in self.checks if check.status is CheckStatus.FAILED]
        if any(check.blocks_loading for check in failed):
            return ExitCode.USAGE
        skipped = self.strict and any(check.status is CheckStatus.SKIPPED for check in self.checks)
        return ExitCode.FAILED if failed or skipped else ExitCode.OK


def as_strict(report: Report) -> Report:
    """The report of a strict run: what warns has failed, and what was skipped counts as failed."""
    lessons = tuple(
        replace(
            lesson,
            checks=tuple(
                replace(check, status=CheckStatus.FAILED, warns=False) if check.warns else check
                for check in lesson.checks
            ),
        )
        for lesson in report.lessons
    )
    return replace(report, lessons=lessons, strict=True)


def summarize(checks: Iterable[Check]) -> Summary:
    """Count checks by how they ended."""
    found = [check.status for check in checks]
    return Summary(
        passed=found.count(CheckStatus.PASSED),
        failed=found.count(CheckStatus.FAILED),
        errors=found.count(CheckStatus.ERROR),
        skipped=found.count(CheckStatus.SKIPPED),
    )


def points_of(checks: Iterable[Check]) -> Points | None:
    """The points of checks together; None where none of them is worth any."""
    counted = [(check.points, check.status) for check in checks if check.points is not None]
    if not counted:
        return None
    earned = sum(points for points, status in counted if status is CheckStatus.PASSED)
    return Points(earned, sum(points for points, _status in counted))


def with_unique_ids(lessons: Iterable[LessonReport]) -> tuple[LessonReport, ...]:
    """The same entries; an id that stood before gets `-2`, `-3` and so on behind it."""
    taken: set[str] = set()
    result = []
    for lesson in lessons:
        checks = []
        for check in lesson.checks:
            check_id, count = check.id, 1
            while check_id in taken:
                count += 1
                check_id = f"{check.id}-{count}"
            taken.add(check_id)
            checks.append(check if check_id == check.id else replace(check, id=check_id))
        result.append(replace(lesson, checks=tuple(checks)))
    return tuple(result)


def failure_report(error: BaseException, *, file: str = "", duration_s: float = 0.0) -> Report:
    """The report of a run that could not be carried out: one entry with the error in it."""
    return Report(lessons=(failure_entry(error, file=file),), versions=versions(), duration_s=duration_s)


def failure_entry(error: BaseException, *, file: str = "", check_id: str = "run") -> LessonReport:
    """An entry of no lesson that says that the tool broke."""
    check = Check(
        id=check_id,
        kind=CheckKind.LINT,
        status=CheckStatus.ERROR,
        file=file,
        line=0,
        message=describe(error),
    )
    return LessonReport(number=None, id=None, title=None, file=file, checks=(check,))


def describe(error: BaseException) -> str:
    """An exception in a line: its text, and where it was raised unless it is meant for a person."""
    from tutor.errors import TutorError

    if isinstance(error, TutorError):
        return str(error)
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = ""
    if trace is not None:
        place = f" ({trace.tb_frame.f_code.co_filename}:{trace.tb_lineno})"
    return f"{type(error).__name__}: {error}{place}"


def versions() -> tuple[tuple[str, str], ...]:
    """The versions of what a result depends on; empty for what is not installed as a distribution."""
    import platform
    from importlib import metadata

    from tutor import __version__

    found = [("flask-http-tutor", __version__), ("python", platform.python_version())]
    for name in ("flask", "werkzeug", "requests"):
        try:
            found.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            found.append((name, ""))
    return tuple(found)
