"""Reports made by hand, for what a real run does not show at once."""

from __future__ import annotations

from tutor.check.report import Check, CheckKind, CheckStatus, LessonReport, Report, versions

HOSTILE = "\x1b[31m\x00\ufffe ]]> <b> & \" ' `x` | %0A\r::error::forged\udcff"
"""What could do harm in XML, Markdown, a terminal or a workflow's log."""


def one(
    status: CheckStatus = CheckStatus.FAILED,
    *,
    name: str = "2.1/hello/status/proof",
    points: int | None = None,
    message: str = "The first line.\nThe second line.",
    file: str = "lessons/2.1.md",
) -> Check:
    """A check, with everything that a failed one says."""
    if status is CheckStatus.PASSED:
        return Check(name, CheckKind.PROOF, status, file, 3, duration_ms=2.5, points=points)
    return Check(
        id=name,
        kind=CheckKind.PROOF,
        status=status,
        file=file,
        line=3,
        message=message,
        expected="200",
        actual="404",
        duration_ms=1500.0,
        evidence=("HTTP/1.1 404 NOT FOUND", "::error::a body"),
        points=points,
    )


def of(*checks: Check, strict: bool = False) -> Report:
    """A report of one lesson with these checks."""
    lesson = LessonReport("2.1", "cycle", "The request–response cycle", "lessons/2.1.md", checks)
    return Report((lesson,), versions(), 1.25, strict=strict)


def hostile() -> Report:
    """A report in which every text is hostile."""
    check = Check(
        f"2.1/{HOSTILE}",
        CheckKind.EXCHANGE,
        CheckStatus.FAILED,
        HOSTILE,
        7,
        f"{HOSTILE}\n{HOSTILE}",
        HOSTILE,
        HOSTILE,
        evidence=(HOSTILE,),
    )
    return Report(
        (LessonReport("2.1", "cycle", HOSTILE, HOSTILE, (check,)),),
        versions(),
        0.0,
    )
