"""What GitHub Actions shows of a report: annotations at the lines of a change, and a page of the job."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from tutor.check.report import Check, CheckStatus, LessonReport, Report, Summary, summarize
from tutor.check.text import counts_text, place_text, points_text
from tutor.language import _, ngettext
from tutor.wire.escape import visible

SHOWN = 9
"""GitHub shows ten annotations of a kind for each step of a job: nine checks, and how many more there are."""

_FAILURES_ON_PAGE = 30
_LINES_OF_FAILURE = 40
_CHARS_OF_LINE = 300
"""A job's page may have 1 MiB; these three keep it far below that."""

RepositoryPath = Callable[[str], str]
"""A report's path of a file, from the root of the repository; empty for a file outside of it."""


def github_annotations(report: Report, repository_path: RepositoryPath) -> str:
    """Errors for checks that failed or broke, warnings for those that warn and for the reasons of skipped
    ones, and a line of counts."""
    failed = [check for check in report.checks if check.status in {CheckStatus.FAILED, CheckStatus.ERROR}]
    by_reason = {check.message: check for check in report.checks if check.status is CheckStatus.SKIPPED}
    warnings = [check for check in report.checks if check.warns]
    lines = [
        *_commands("error", failed, repository_path),
        *_commands("warning", [*warnings, *by_reason.values()], repository_path),
        # The counts hold nothing that somebody else wrote.
        counts_text(report.summary),
    ]
    return "\n".join(lines) + "\n"


def without_commands(text: str, token: str) -> str:
    """Text in which the runner sees no commands, such as a body's line that begins with `::error`.

    `token` must be one that whoever wrote the text could not guess.
    """
    return f"::stop-commands::{token}\n{text}::{token}::\n"


def _commands(level: str, checks: Sequence[Check], repository_path: RepositoryPath) -> Iterator[str]:
    for check in checks[:SHOWN]:
        path = repository_path(check.file) if check.file else ""
        properties = {"file": path, "line": str(check.line) if path and check.line else ""}
        # A file that is not in the repository can carry no annotation: the text names it.
        place = "" if path else place_text(check)
        properties["title"] = visible(f"{check.kind.value} {check.id}")
        told = "\n".join(visible(line) for line in check.told)
        written = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
        yield f"::{level} {written}::{_data(visible(place) + told)}"
    more = len(checks) - SHOWN
    if more > 0:
        told = ngettext("… and {count} more", "… and {count} more", more).format(count=more)
        yield f"::{level} title=flask-http-tutor check::{_data(told)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def job_summary(report: Report) -> str:
    """The report as Markdown for a job's page: a table of the lessons, then what failed."""
    lines = [f"### flask-http-tutor check: {counts_text(report.summary)}", ""]
    if report.points is not None:
        lines += [f"**{points_text(report.points)}**", ""]
    lines += [*_table(report), ""]
    failed = [check for check in report.checks if check.status in {CheckStatus.FAILED, CheckStatus.ERROR}]
    for check in failed[:_FAILURES_ON_PAGE]:
        lines += _failure(check)
    if len(failed) > _FAILURES_ON_PAGE:
        more = len(failed) - _FAILURES_ON_PAGE
        lines += [ngettext("… and {count} more", "… and {count} more", more).format(count=more), ""]
    versions = ", ".join(f"{name} {version}" for name, version in report.versions)
    lines.append(_markdown(f"{versions} · {report.duration_s:.1f} s"))
    return "\n".join(lines) + "\n"


def _table(report: Report) -> Iterator[str]:
    columns = [_("lesson"), _("passed"), _("failed"), _("errors"), _("skipped")]
    with_points = report.points is not None
    if with_points:
        columns.append(_("points"))
    yield f"| {' | '.join(columns)} |"
    yield f"| --- |{' ---: |' * (len(columns) - 1)}"
    for lesson in report.lessons:
        cells = [_lesson_name(lesson), *_numbers(summarize(lesson.checks))]
        if with_points:
            cells.append("{:g} / {:g}".format(*lesson.points) if lesson.points else "")
        yield f"| {' | '.join(cells)} |"


def _numbers(counts: Summary) -> Iterator[str]:
    yield from (str(count) for count in (counts.passed, counts.failed, counts.errors, counts.skipped))


def _lesson_name(lesson: LessonReport) -> str:
    name = f"{lesson.number} {lesson.title}" if lesson.number is not None else lesson.file
    return _markdown(name or "flask-http-tutor")


def _failure(check: Check) -> Iterator[str]:
    place = place_text(check).rstrip(": ")
    yield f"**{check.status.value}** {_markdown(check.id)}" + (f" · {_markdown(place)}" if place else "")
    yield ""
    lines = [visible(line)[:_CHARS_OF_LINE] for line in check.told[:_LINES_OF_FAILURE]]
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield from (f"{fence}text", *lines, fence, "")


def _markdown(text: str) -> str:
    """Text of somebody else's as Markdown that shows it as it stands."""
    return re.sub(r"([\\`*_{}\[\]<>()#|!~&$@:])", r"\\\1", visible(text))
