"""A report for people: a line for each lesson, then what failed there, then a summary."""

from __future__ import annotations

from collections.abc import Iterator

from tutor.check.report import Check, CheckStatus, LessonReport, Report, Summary, summarize
from tutor.language import _, ngettext
from tutor.wire.escape import visible


def text_report(report: Report) -> str:
    """The report as escaped plain text that ends in a line end, without a fixed width."""
    lines = [line for lesson in report.lessons for line in _lesson_lines(lesson)]
    total = _("{counts} in {seconds:.1f} s").format(counts=_counts(report.summary), seconds=report.duration_s)
    return "\n".join([*lines, total]) + "\n"


def _lesson_lines(lesson: LessonReport) -> Iterator[str]:
    name = f"{lesson.number}  {lesson.title}" if lesson.number is not None else lesson.file
    counts = _counts(summarize(lesson.checks))
    yield f"{visible(name)}: {counts}" if name else counts
    told: set[str] = set()
    for check in lesson.checks:
        if check.status is CheckStatus.SKIPPED:
            # One reason for many checks, such as an exchange that did not fire, is said once.
            if check.message not in told:
                yield f"  {_title(check)}"
                yield f"    {visible(_place(check))}{visible(check.message)}"
            told.add(check.message)
        elif check.status is not CheckStatus.PASSED:
            yield from _failure_lines(check)
    yield ""


def _failure_lines(check: Check) -> Iterator[str]:
    yield f"  {_title(check)}"
    first, *others = check.message.split("\n")
    yield f"    {visible(_place(check))}{visible(first)}"
    # The bar keeps a body's line that reads `::error` from being a command to GitHub Actions, which
    # passes over spaces in front of one.
    yield from (f"    | {visible(line)}".rstrip() for line in others)
    if check.expected:
        yield f"    {_('expected:')} {visible(check.expected)}"
    if check.actual:
        yield f"    {_('actual:')}   {visible(check.actual)}"
    yield from (f"    | {visible(line)}".rstrip() for line in check.evidence)


def _title(check: Check) -> str:
    words = {
        CheckStatus.PASSED: _("passed"),
        CheckStatus.FAILED: _("FAILED"),
        CheckStatus.ERROR: _("ERROR"),
        CheckStatus.SKIPPED: _("skipped"),
    }
    return f"{words[check.status]}  {check.kind.value}  {visible(check.id)}"


def _place(check: Check) -> str:
    if not check.file:
        return ""
    return f"{check.file}:{check.line}: " if check.line else f"{check.file}: "


def _counts(summary: Summary) -> str:
    counts = [
        _("{count} passed").format(count=summary.passed),
        _("{count} failed").format(count=summary.failed),
    ]
    if summary.errors:
        counts.append(
            ngettext("{count} error", "{count} errors", summary.errors).format(count=summary.errors)
        )
    if summary.skipped:
        counts.append(_("{count} skipped").format(count=summary.skipped))
    return ", ".join(counts)
