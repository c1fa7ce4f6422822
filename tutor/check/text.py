"""A report for people: a line for each lesson, then what failed there, then a summary."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from tutor.check.report import Check, CheckStatus, LessonReport, Points, Report, Summary, summarize
from tutor.language import _, listed, ngettext, sentences
from tutor.wire.escape import visible

LONG_MS = 1000.0
"""A check that took so long is named: it waited, and is the first to look at where a run is unsteady."""

_LONGEST = 5


def text_report(report: Report) -> str:
    """The report as escaped plain text that ends in a line end, without a fixed width."""
    lines = [line for lesson in report.lessons for line in _lesson_lines(lesson)]
    lines += _wait_lines(report)
    if report.strict and report.summary.skipped:
        lines.append(_("Strict: what was skipped counts as failed."))
    total = _("{counts} in {seconds:.1f} s").format(
        counts=counts_text(report.summary), seconds=report.duration_s
    )
    lines.append(listed([total, points_text(report.points)]) if report.points else total)
    return "\n".join(lines) + "\n"


def _wait_lines(report: Report) -> Iterator[str]:
    waited = [check for check in report.checks if check.duration_ms >= LONG_MS]
    if not waited:
        return
    yield _("Waited longest:")
    for check in sorted(waited, key=lambda check: -check.duration_ms)[:_LONGEST]:
        yield f"  {check.duration_ms / 1000:.1f} s  {visible(check.id)}"
    yield ""


def points_text(points: Points) -> str:
    """What was earned of what there was."""
    return _("{earned:g} of {total:g} points").format(earned=points.earned, total=points.total)


def _lesson_lines(lesson: LessonReport) -> Iterator[str]:
    name = f"{lesson.number}  {lesson.title}" if lesson.number is not None else lesson.file
    counts = counts_text(summarize(lesson.checks))
    if lesson.points:
        counts = listed([counts, points_text(lesson.points)])
    yield f"{visible(name)}: {counts}" if name else counts
    told: set[str] = set()
    for check in lesson.checks:
        if check.status is CheckStatus.SKIPPED:
            # One reason for many checks, such as an exchange that did not fire, is said once.
            if check.message not in told:
                yield f"  {_title(check)}"
                yield f"    {visible(place_text(check))}{visible(check.message)}"
            told.add(check.message)
        elif check.status is not CheckStatus.PASSED or check.warns:
            yield from _failure_lines(check)
    yield ""


def _failure_lines(check: Check) -> Iterator[str]:
    yield f"  {_title(check)}"
    first, *others = check.message.split("\n")
    yield f"    {visible(place_text(check))}{visible(first)}"
    # The bar keeps a body's line that reads `::error` from being a command to GitHub Actions, which
    # passes over spaces in front of one.
    yield from (f"    | {visible(line)}".rstrip() for line in others)
    expected, actual = _("expected:"), _("actual:  ")
    if check.expected:
        yield "    " + sentences(expected, visible(check.expected))
    if check.actual:
        yield "    " + sentences(actual, visible(check.actual))
    yield from (f"    | {visible(line)}".rstrip() for line in check.evidence)


def _title(check: Check) -> str:
    words = {
        CheckStatus.PASSED: _("passed"),
        CheckStatus.FAILED: _("FAILED"),
        CheckStatus.ERROR: _("ERROR"),
        CheckStatus.SKIPPED: _("skipped"),
    }
    status = _("warning") if check.warns else words[check.status]
    title = f"{status}  {check.kind.value}  {visible(check.id)}"
    if check.points is None:
        return title
    worth = ngettext("{points:g} point", "{points:g} points", ceil(check.points))
    return f"{title}  {worth.format(points=check.points)}"


def place_text(check: Check) -> str:
    """The file and the line, with a colon and a space behind them; not escaped."""
    if not check.file:
        return ""
    return f"{check.file}:{check.line}: " if check.line else f"{check.file}: "


def counts_text(summary: Summary) -> str:
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
    return listed(counts)
