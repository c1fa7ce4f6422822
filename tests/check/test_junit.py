"""JUnit XML, read by a parser that is not ours."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from tests.check.lesson import check, line_of, spoiled
from tests.check.reports import hostile, of, one
from tutor.check.junit import junit_report
from tutor.check.report import CheckStatus, Report, failure_report


def suites(report: Report) -> list[TestSuite]:
    return list(JUnitXml.fromstring(junit_report(report)))


def case_of(report: Report) -> TestCase:
    [suite] = suites(report)
    [case] = suite
    assert isinstance(case, TestCase)
    return case


def test_a_real_report_reads_as_suites_and_cases(tmp_path: Path) -> None:
    """Each lesson is a suite, each check a case with its file and line, and the counts are the report's."""
    text = spoiled("answer = 12", "answer = 13")
    report = check(tmp_path, text)
    xml = JUnitXml.fromstring(junit_report(report))
    [suite] = list(xml)
    assert suite.name == "2.1 A scratch lesson"
    assert (xml.tests, xml.failures, xml.errors, xml.skipped) == (len(report.checks), 1, 0, 0)
    cases = {case.name: case for case in suite}
    assert list(cases) == [each.id for each in report.checks]
    failed = cases["2.1/first/length/proof"]
    assert failed.classname == "scratch.first"
    element = failed._elem
    assert element.get("file", "").endswith("lesson-1.md")
    assert element.get("line") == str(line_of(text, 'proof = "hello.response.headers.Content-Length"'))
    [outcome] = failed.result
    assert isinstance(outcome, Failure)
    assert outcome.type == "proof"
    assert "expected: 13" in (outcome.text or "")
    assert "actual: 12" in (outcome.text or "")
    named = {item.get("name") for item in suite._elem.findall("properties/property")}
    assert named >= {"python", "flask", "werkzeug"}


def test_wrong_broken_and_skipped_are_told_apart() -> None:
    """A wrong answer is a failure, a broken tool an error, and what depends on a failure is skipped."""
    for status, kind in (
        (CheckStatus.FAILED, Failure),
        (CheckStatus.ERROR, Error),
        (CheckStatus.SKIPPED, Skipped),
    ):
        [outcome] = case_of(of(one(status))).result
        assert type(outcome) is kind
        assert outcome.message == "The first line."
    assert case_of(of(one(CheckStatus.PASSED))).result == []


def test_points_stand_with_the_case() -> None:
    """A case that is worth points says so in a property; another has none."""
    properties = case_of(of(one(points=2)))._elem.findall("properties/property")
    assert [(each.get("name"), each.get("value")) for each in properties] == [("points", "2")]
    assert case_of(of(one()))._elem.find("properties") is None


def test_hostile_text_is_still_xml() -> None:
    """Characters that XML cannot hold are written out, and nothing is read as markup."""
    written = junit_report(hostile())
    root = ElementTree.fromstring(written)
    assert [element.tag for element in root.iter()] == [
        "testsuites",
        "testsuite",
        "properties",
        *["property"] * 5,
        "testcase",
        "failure",
    ]
    assert b"\x1b" not in written
    assert "forged" in (root.findtext(".//failure") or "")


def test_a_failure_of_the_tool_is_a_case_too() -> None:
    """A run that could not be carried out is one suite with one error in it."""
    [suite] = suites(failure_report(RuntimeError("it fell over")))
    assert (suite.tests, suite.errors) == (1, 1)
    [case] = suite
    [outcome] = case.result
    assert isinstance(outcome, Error)
    assert "it fell over" in outcome.message
