"""The two forms of a report: text for people, JSON for programs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.check.lesson import LESSON, check, line_of, spoiled
from tutor.check.json_report import json_report
from tutor.check.report import (
    Check,
    CheckKind,
    CheckStatus,
    LessonReport,
    Report,
    failure_report,
    versions,
    with_unique_ids,
)
from tutor.check.text import text_report
from tutor.errors import ExitCode, UsageError

CHECK_KEYS = ["id", "kind", "status", "file", "line", "message", "expected", "actual", "duration_ms"]

HOSTILE = "\n\n```http {#odd}\nGET /bytes HTTP/1.1\n```\n\n```expect {of=odd}\nstatus = 404\n```\n"


def one(status: CheckStatus, *, blocks_loading: bool = False) -> Check:
    return Check(
        id=f"2.1/{status}/{blocks_loading}",
        kind=CheckKind.LINT,
        status=status,
        file="a.md",
        line=3,
        message="why",
        blocks_loading=blocks_loading,
    )


def of(*checks: Check) -> Report:
    return Report((LessonReport("2.1", "cycle", "The cycle", "a.md", checks),), (("python", "3"),), 1.25)


PASSED = one(CheckStatus.PASSED)
SKIPPED = one(CheckStatus.SKIPPED)
FAILED = one(CheckStatus.FAILED)
BLOCKED = one(CheckStatus.FAILED, blocks_loading=True)
ERROR = one(CheckStatus.ERROR)


@pytest.mark.parametrize(
    ("checks", "exit_code"),
    [
        ((), ExitCode.OK),
        ((PASSED, SKIPPED), ExitCode.OK),
        ((PASSED, FAILED), ExitCode.FAILED),
        ((FAILED, BLOCKED), ExitCode.USAGE),
        ((FAILED, BLOCKED, ERROR), ExitCode.BROKEN),
        ((PASSED, ERROR), ExitCode.BROKEN),
    ],
)
def test_the_exit_code_is_the_gravest(checks: tuple[Check, ...], exit_code: ExitCode) -> None:
    """A failure of the tool outweighs a lesson that cannot be loaded, and that outweighs a failed check."""
    assert of(*checks).exit_code is exit_code


def test_the_json_has_the_promised_shape(tmp_path: Path) -> None:
    """The JSON report has exactly the keys of the contract, in their order, and counts that add up."""
    text = spoiled("answer = 12", "answer = 13")
    written = json_report(check(tmp_path, text))
    assert written.endswith(b"}\n")
    assert not written.endswith(b"\n\n")
    report = json.loads(written)
    assert list(report) == ["schema_version", "versions", "summary", "lessons"]
    assert report["schema_version"] == 1
    assert list(report["versions"]) == ["flask-http-tutor", "python", "flask", "werkzeug", "requests"]
    assert all(report["versions"].values())
    summary = report["summary"]
    assert list(summary) == ["passed", "failed", "errors", "skipped", "duration_s"]
    (lesson,) = report["lessons"]
    assert list(lesson) == ["number", "id", "title", "file", "checks"]
    checks = lesson["checks"]
    assert all(list(each) == CHECK_KEYS for each in checks)
    assert len(checks) == summary["passed"] + summary["failed"] + summary["errors"] + summary["skipped"]
    assert 0 < summary["duration_s"] < 60
    (failed,) = [each for each in checks if each["status"] == "failed"]
    assert failed["id"] == "2.1/first/length/proof"
    assert failed["line"] == line_of(text, 'proof = "hello.response.headers.Content-Length"')
    assert failed["file"].endswith("lesson-1.md")
    assert (failed["expected"], failed["actual"]) == ("13", "12")
    assert failed["duration_ms"] > 0


STREAMS = """```http {#ticks}
GET /ticks HTTP/1.1
```

```http {#chunks}
GET /ticks?type=text/plain HTTP/1.1
```

```websocket {#socket}
target = "/ws"
frames = [{ send = "text", data = "hi" }, { expect = "text" }, { send = "close" }, { expect = "close" }]
```

"""


def test_streams_stand_in_the_json_part_by_part(tmp_path: Path) -> None:
    """Each event, chunk and frame has its direction, its time and its text, escaped, beside its exchange."""
    report = check(tmp_path, spoiled("```question {#status}", STREAMS + "```question {#status}"))
    checks = {each["id"]: each for each in json.loads(json_report(report))["lessons"][0]["checks"]}
    streams = {name: each["stream"] for name, each in checks.items() if "stream" in each}
    assert list(streams) == ["2.1/first/ticks", "2.1/first/chunks", "2.1/first/socket"]
    assert all(list(checks[name]) == [*CHECK_KEYS, "stream"] for name in streams)
    ticks, chunks, frames = streams.values()
    for parts, kind in ((ticks, "event"), (chunks, "chunk")):
        assert [(part["direction"], part["kind"], part["text"], part["length"]) for part in parts] == [
            ("response", kind, f"id: {number}␊data: ␛[31m␊␊", 19) for number in range(3)
        ]
        assert parts[2]["at_ms"] - parts[0]["at_ms"] >= 50
    assert [(part["direction"], part["kind"], part["text"]) for part in frames] == [
        ("request", "frame", "text hi"),
        ("response", "frame", "text echo:hi"),
        ("request", "frame", "close 1000"),
        ("response", "frame", "close 1000"),
    ]
    assert all(0 < part["at_ms"] < 5000 for part in frames)


def test_the_tool_s_failure_is_still_a_report() -> None:
    """A run that could not be carried out gives a valid report with the error in an entry of no lesson."""
    report = failure_report(RuntimeError("it fell over"))
    assert report.exit_code is ExitCode.BROKEN
    (lesson,) = json.loads(json_report(report))["lessons"]
    assert (lesson["number"], lesson["id"], lesson["title"]) == (None, None, None)
    (error,) = lesson["checks"]
    assert error["status"] == "error"
    assert "it fell over" in error["message"]
    assert "it fell over" in text_report(report)


def test_an_error_meant_for_people_is_told_as_it_stands() -> None:
    """An error with a message for people stands in the report without a class name or a place in the code."""
    assert failure_report(UsageError("a.md cannot be read.")).checks[0].message == "a.md cannot be read."


def test_hostile_bytes_stay_escaped(tmp_path: Path) -> None:
    """Control bytes, bytes that are no text and forged commands in a response do no harm in both forms."""
    report = check(tmp_path, spoiled("\n\n```question {#status}", HOSTILE + "\n```question {#status}"))
    text = text_report(report)
    assert "[31m" in text
    assert not any(ord(character) < 32 and character != "\n" for character in text)
    assert "\x7f" not in text
    assert not any("\x80" <= character <= "\x9f" for character in text)
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())
    text.encode("utf-8")
    written = json_report(report)
    assert "/first/odd" in json.loads(written)["lessons"][0]["checks"][3]["id"]
    assert b"\x1b" not in written


def test_a_byte_that_is_no_text_does_not_spoil_the_json() -> None:
    """A lone surrogate in a message is written as an escape, and the JSON can be read."""
    broken = Check("2.1/a", CheckKind.PROOF, CheckStatus.FAILED, "a.md", 1, "caf\udce9", "\udcff", "\x00")
    (read,) = json.loads(json_report(of(broken)))["lessons"][0]["checks"]
    assert (read["message"], read["expected"], read["actual"]) == ("caf\\udce9", "\\udcff", "\x00")


def test_the_text_names_file_line_and_bytes(tmp_path: Path) -> None:
    """The text report has a line for each lesson, and for a failure its place, both values and the bytes."""
    text = spoiled("status = 200\nheaders.Content-Type", "status = 404\nheaders.Content-Type")
    report = check(tmp_path, text)
    lines = text_report(report).splitlines()
    assert lines[0].startswith("2.1  A scratch lesson: ")
    assert lines[0].endswith("1 failed")
    assert "FAILED  exchange  2.1/first/hello" in lines[1]
    assert f"lesson-1.md:{line_of(text, 'status = 404')}: " in lines[2]
    assert lines[3].strip() == "expected: status 404"
    assert lines[4].strip() == "actual:   status 200"
    assert lines[5] == "    | HTTP/1.1 200 OK"
    assert lines[-1].startswith(f"{report.summary.passed} passed, 1 failed in ")
    assert text_report(report).endswith("s\n")


def test_the_text_of_a_sound_course_is_short(tmp_path: Path) -> None:
    """Where all is well there is a line for the lesson and the summary."""
    lines = text_report(check(tmp_path, LESSON)).splitlines()
    assert len([line for line in lines if line]) == 2


def test_a_reason_for_many_skips_is_told_once() -> None:
    """Checks that are skipped for one reason share one line of it."""
    skips = [
        Check(f"2.1/{name}", CheckKind.PROOF, CheckStatus.SKIPPED, "a.md", 1, "no exchange") for name in "abc"
    ]
    assert text_report(of(*skips)).count("no exchange") == 1
    assert "3 skipped" in text_report(of(*skips))


def test_ids_that_repeat_are_told_apart() -> None:
    """An id that a report already has gets a number behind it, in every lesson of the report."""
    lessons = with_unique_ids((*of(PASSED, PASSED).lessons, *of(PASSED).lessons))
    assert [each.id for lesson in lessons for each in lesson.checks] == [
        PASSED.id,
        f"{PASSED.id}-2",
        f"{PASSED.id}-3",
    ]


def test_versions_name_what_the_result_depends_on() -> None:
    """The versions are those of the running interpreter and of the installed packages."""
    from importlib import metadata

    found = dict(versions())
    assert found["flask"] == metadata.version("flask")
    assert found["python"].startswith("3.")


def test_what_waited_is_named() -> None:
    """The text names the checks that took a second or more, the longest first, and five at most."""
    slow = [replace(PASSED, id=f"2.1/a/{number}", duration_ms=1000.0 + number * 500) for number in range(7)]
    lines = text_report(of(PASSED, *slow)).splitlines()
    at = lines.index("Waited longest:")
    assert lines[at + 1 : at + 7] == [
        "  4.0 s  2.1/a/6",
        "  3.5 s  2.1/a/5",
        "  3.0 s  2.1/a/4",
        "  2.5 s  2.1/a/3",
        "  2.0 s  2.1/a/2",
        "",
    ]
    assert "Waited" not in text_report(of(PASSED))


def test_points_are_told_where_they_are_counted() -> None:
    """A check worth points says so, and so do its lesson and the last line; JSON has the key there alone."""
    report = of(replace(FAILED, points=2), replace(PASSED, points=1), PASSED)
    lines = text_report(report).splitlines()
    assert lines[0].endswith(", 1 of 3 points")
    assert lines[1].endswith("  2 points")
    assert lines[-1].endswith(" s, 1 of 3 points")
    (lesson,) = json.loads(json_report(report))["lessons"]
    assert [check.get("points") for check in lesson["checks"]] == [2, 1, None]
    assert "points" not in lesson["checks"][2]
    assert "points" not in text_report(of(PASSED, FAILED))


@pytest.mark.parametrize(
    ("checks", "exit_code"),
    [
        ((PASSED, SKIPPED), ExitCode.FAILED),
        ((PASSED,), ExitCode.OK),
        ((SKIPPED, BLOCKED), ExitCode.USAGE),
        ((SKIPPED, ERROR), ExitCode.BROKEN),
    ],
)
def test_strict_takes_a_skipped_check_for_a_failed_one(
    checks: tuple[Check, ...], exit_code: ExitCode
) -> None:
    """Under `--strict` a skipped check ends with 1, and nothing graver becomes less grave."""
    assert replace(of(*checks), strict=True).exit_code is exit_code
