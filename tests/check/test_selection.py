"""Choosing checks, ending early, and several jobs: what the report holds then."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.lesson import LESSON, check, spoiled
from tutor.check.report import CheckKind, CheckStatus, Report

OTHER = LESSON.replace('id = "scratch"', 'id = "other"').replace('number = "2.1"', 'number = "2.2"')
WRONG_SECOND = spoiled('request.headers.X-Tag = "v1"', 'request.headers.X-Tag = "v2"')


def verdicts(report: Report) -> list[tuple[str, CheckStatus, str, str]]:
    return [(each.id, each.status, each.expected, each.actual) for each in report.checks]


def steps_of(report: Report) -> set[str]:
    return {each.id.split("/")[1] for each in report.checks}


def test_a_pattern_selects_by_id(tmp_path: Path) -> None:
    """`--id` keeps what its glob matches, over slashes too, and several add up."""
    report = check(tmp_path, LESSON, OTHER, patterns=("2.1/*/answer", "2.2/first/hello"))
    ids = [each.id for each in report.checks]
    assert "2.2/first/hello" in ids
    assert [each for each in ids if not each.endswith("/answer")] == ["2.2/first/hello"]
    assert len(ids) > 5


def test_a_pattern_never_loses_a_check(tmp_path: Path) -> None:
    """Whatever stands in front of the first star, the result is that of the whole run, cut down."""
    whole = check(tmp_path, LESSON)
    for pattern in ("*", "2.1/*", "2.1/f*/*/proof", "2.1/second/again", "?.1/variant/*", "2.1/[fs]*"):
        from fnmatch import fnmatchcase

        expected = [each.id for each in whole.checks if fnmatchcase(each.id, pattern)]
        assert expected
        assert [each.id for each in check(tmp_path, LESSON, patterns=(pattern,)).checks] == expected


def test_a_kind_selects(tmp_path: Path) -> None:
    """`--kind` keeps checks of that kind alone, and what they need is still fired."""
    report = check(tmp_path, LESSON, kinds=(CheckKind.PROOF,))
    assert {each.kind for each in report.checks} == {CheckKind.PROOF}
    assert {each.status for each in report.checks} == {CheckStatus.PASSED}


def test_a_lesson_that_cannot_be_read_is_never_left_out(tmp_path: Path) -> None:
    """A fault that hides a lesson's checks stays in the report, whatever is selected."""
    report = check(tmp_path, spoiled('view = "hello"', 'view = "hello'), kinds=(CheckKind.PROOF,))
    assert [each.blocks_loading for each in report.checks] == [True]


def test_what_matches_nothing_is_no_report(tmp_path: Path) -> None:
    """A pattern that no check has leaves no lesson."""
    assert check(tmp_path, LESSON, patterns=("9.9/*",)).lessons == ()


@pytest.mark.parametrize("jobs", [1, 3])
def test_fail_fast_ends_at_the_first_failing_step(jobs: int, tmp_path: Path) -> None:
    """Up to the first step with a failure all is reported; the steps behind it are skipped, and say why."""
    report = check(tmp_path, WRONG_SECOND, OTHER, jobs=jobs, fail_fast=True)
    whole = check(tmp_path, WRONG_SECOND, OTHER)
    skipped = [each for each in report.checks if each.status is CheckStatus.SKIPPED]
    assert [each.id for each in skipped] == [
        "2.1/variant/run",
        "2.2/first/run",
        "2.2/second/run",
        "2.2/variant/run",
    ]
    assert all("first failure" in each.message for each in skipped)
    kept = [each for each in verdicts(report) if each[1] is not CheckStatus.SKIPPED]
    assert [each for each in verdicts(whole) if each in kept] == kept
    assert ("2.1/second/again", CheckStatus.FAILED) in [each[:2] for each in kept]


def test_fail_fast_fires_nothing_behind_a_faulty_file(tmp_path: Path) -> None:
    """A fault in a lesson's file is a failure too: that lesson's steps and those behind it are not fired."""
    report = check(tmp_path, LESSON, OTHER.replace("> Functions run in an order.\n", ""), fail_fast=True)
    first, second = report.lessons
    assert {each.status for each in first.checks} == {CheckStatus.PASSED}
    assert len(first.checks) > 20
    assert [each.status for each in second.checks] == [CheckStatus.FAILED, *[CheckStatus.SKIPPED] * 3]


@pytest.mark.parametrize("jobs", [2, 5, 32])
def test_several_jobs_give_the_report_of_one(jobs: int, tmp_path: Path) -> None:
    """Whoever was done first: the checks, their verdicts, values and order are those of a single job."""
    report = check(tmp_path, WRONG_SECOND, OTHER, jobs=jobs)
    assert verdicts(report) == verdicts(check(tmp_path, WRONG_SECOND, OTHER))
    assert len(report.lessons) == 2


def test_a_job_that_dies_is_an_error_in_the_report(tmp_path: Path) -> None:
    """Where a job's process ends by itself, the report says so, and holds what was found before."""
    from tests.check import dying_app
    from tutor.check.run import run
    from tutor.course.pack import open_pack

    (tmp_path / "one.md").write_text(LESSON.replace("{#first}", "{#first app=dying}"), "utf-8")
    report = run(open_pack(tmp_path).load_all(), make_app=dying_app.make_app, jobs=2)
    [error] = [each for each in report.checks if each.status is CheckStatus.ERROR]
    assert error.id == "sandbox"
    assert "exit code 7" in error.message
