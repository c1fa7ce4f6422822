"""A report as JSON: the contract that programs read. Keys are only ever added."""

from __future__ import annotations

import msgspec

from tutor.check.report import Check, LessonReport, Report
from tutor.wire.escape import visible
from tutor.wire.stream import PartKind, StreamPart

SCHEMA_VERSION = 1

PARTS = 200
"""So many parts of one stream are written out."""

PART_CHARS = 1000
"""How much of one chunk, event or frame is written out; its length in octets is told."""


def json_report(report: Report) -> bytes:
    """The report as UTF-8 JSON with one line end behind it."""
    summary = report.summary
    shape = {
        "schema_version": SCHEMA_VERSION,
        "versions": dict(report.versions),
        "summary": {
            "passed": summary.passed,
            "failed": summary.failed,
            "errors": summary.errors,
            "skipped": summary.skipped,
            "duration_s": round(report.duration_s, 3),
        },
        "lessons": [_lesson(lesson) for lesson in report.lessons],
    }
    return msgspec.json.format(msgspec.json.encode(shape), indent=1) + b"\n"


def _text(text: str) -> str:
    """Text that UTF-8 can write: a byte of a body that is no text is held as a lone surrogate."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _lesson(lesson: LessonReport) -> dict[str, object]:
    return {
        "number": lesson.number,
        "id": lesson.id,
        "title": None if lesson.title is None else _text(lesson.title),
        "file": _text(lesson.file),
        "checks": [_check(check) for check in lesson.checks],
    }


def _check(check: Check) -> dict[str, object]:
    shape: dict[str, object] = {
        "id": _text(check.id),
        "kind": check.kind.value,
        "status": check.status.value,
        "file": _text(check.file),
        "line": check.line,
        "message": _text("\n".join(filter(None, (check.message, *check.evidence)))),
        "expected": _text(check.expected),
        "actual": _text(check.actual),
        "duration_ms": round(check.duration_ms, 3),
    }
    if check.points is not None:
        shape["points"] = check.points
    if check.stream:
        shape["stream"] = [_part(part) for part in check.stream[:PARTS]]
    return shape


def _part(part: StreamPart) -> dict[str, object]:
    """One chunk, event or frame, escaped as on a screen."""
    text = visible(part.text[:PART_CHARS])
    if part.kind is PartKind.FRAME:
        text = f"{part.name} {text}".rstrip(" ")
    return {
        "direction": part.direction.value,
        "at_ms": round(part.at_s * 1000, 3),
        "kind": part.kind.value,
        "text": text,
        "length": len(part.data),
    }
