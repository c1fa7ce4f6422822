"""A report as JUnit XML, in the form that GitLab, Jenkins and GitHub's test reporters read."""

from __future__ import annotations

from xml.etree import ElementTree

from tutor.check.report import Check, CheckStatus, LessonReport, Report, summarize
from tutor.wire.escape import visible

_OUTCOMES = {CheckStatus.FAILED: "failure", CheckStatus.ERROR: "error", CheckStatus.SKIPPED: "skipped"}
"""A lesson or an answer that is wrong is a failure; where the tool broke, it is an error."""


def junit_report(report: Report) -> bytes:
    """The report as UTF-8 XML: a test suite a lesson, a test case a check, with its file and line."""
    root = ElementTree.Element("testsuites", {"name": "flask-http-tutor check", **_counts(report.checks)})
    root.set("time", f"{report.duration_s:.3f}")
    for lesson in report.lessons:
        suite = ElementTree.SubElement(root, "testsuite", {"name": _name(lesson), **_counts(lesson.checks)})
        suite.set("time", f"{sum(check.duration_ms for check in lesson.checks) / 1000:.3f}")
        properties = ElementTree.SubElement(suite, "properties")
        for name, version in report.versions:
            _property(properties, name, version)
        for check in lesson.checks:
            _case(suite, check, lesson)
    ElementTree.indent(root)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _case(suite: ElementTree.Element, check: Check, lesson: LessonReport) -> None:
    case = ElementTree.SubElement(suite, "testcase", {"name": visible(check.id)})
    case.set("classname", _class(check, lesson))
    if check.file:
        case.set("file", visible(check.file))
    if check.line:
        case.set("line", str(check.line))
    case.set("time", f"{check.duration_ms / 1000:.4f}")
    if check.points is not None:
        _property(ElementTree.SubElement(case, "properties"), "points", f"{check.points:g}")
    if check.status in _OUTCOMES:
        first = visible(check.message.partition("\n")[0])
        outcome = ElementTree.SubElement(case, _OUTCOMES[check.status], {"message": first})
        if check.status is not CheckStatus.SKIPPED:
            outcome.set("type", check.kind.value)
            outcome.text = "\n".join(visible(line) for line in check.told)
    elif check.warns:
        ElementTree.SubElement(case, "system-out").text = visible(check.message)


def _property(properties: ElementTree.Element, name: str, value: str) -> None:
    ElementTree.SubElement(properties, "property", {"name": name, "value": visible(value)})


def _counts(checks: tuple[Check, ...]) -> dict[str, str]:
    counts = summarize(checks)
    return {
        "tests": str(len(checks)),
        "failures": str(counts.failed),
        "errors": str(counts.errors),
        "skipped": str(counts.skipped),
    }


def _name(lesson: LessonReport) -> str:
    if lesson.number is None:
        return visible(lesson.file or "flask-http-tutor")
    return visible(f"{lesson.number} {lesson.title}")


def _class(check: Check, lesson: LessonReport) -> str:
    """The lesson's and the step's ids: servers read a package and a class at the last point."""
    parts = check.id.split("/")
    if lesson.id is None:
        return "flask-http-tutor.check"
    return visible(f"{lesson.id}.{parts[1]}" if len(parts) > 2 else lesson.id)
