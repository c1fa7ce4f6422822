"""What one check found, and the log that turns findings into checks."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from tutor.check.report import Check, CheckKind, CheckStatus, describe
from tutor.wire.stream import StreamPart


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a check did not pass."""

    message: str
    expected: str = ""
    actual: str = ""
    evidence: tuple[str, ...] = ()
    line: int = 0
    """Where it stands, if that is not the line that the check is about."""
    status: CheckStatus = CheckStatus.FAILED


def skipped(reason: str) -> Finding:
    """A check that is not carried out, and why."""
    return Finding(reason, status=CheckStatus.SKIPPED)


def broken(error: BaseException) -> Finding:
    """A check in which the tool broke."""
    return Finding(describe(error), status=CheckStatus.ERROR)


class CheckLog:
    """Collects the checks of a lesson, in order. An exception inside a check becomes an error check."""

    def __init__(self, lesson_number: str, file: str) -> None:
        self._lesson_number = lesson_number
        self._file = file
        self.checks: list[Check] = []

    def examine(self, place: str, kind: CheckKind, line: int, find: Callable[[], Finding | None]) -> None:
        """Carry out a check and log what came of it.

        Args:
            place: `step/block[/what]`.
            line: the line of the lesson file that the check is about.
            find: gives what is wrong; None where nothing is.
        """
        started = time.perf_counter()
        try:
            finding = find()
        except Exception as error:
            finding = broken(error)
        self.note(place, kind, line, finding, duration_ms=(time.perf_counter() - started) * 1000)

    def attach(self, stream: tuple[StreamPart, ...]) -> None:
        """Add to the check logged last what came bit by bit."""
        self.checks[-1] = replace(self.checks[-1], stream=stream)

    def note(
        self,
        place: str,
        kind: CheckKind,
        line: int,
        finding: Finding | None,
        *,
        duration_ms: float = 0.0,
        file: str = "",
        points: int | None = None,
    ) -> None:
        """Log a check that was carried out; no finding: it passed.

        Args:
            file: the file that it is about, where that is not the lesson's.
            points: what it is worth, where it is worth any.
        """
        found = finding or Finding("", status=CheckStatus.PASSED)
        self.checks.append(
            Check(
                id=f"{self._lesson_number}/{place}",
                kind=kind,
                status=found.status,
                file=file or self._file,
                line=found.line or line,
                message=found.message,
                expected=found.expected,
                actual=found.actual,
                duration_ms=duration_ms,
                evidence=found.evidence,
                points=points,
            )
        )
