"""What GitHub Actions is told: commands that its runner reads, and a page in Markdown."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt

from tests.check.reports import hostile, of, one
from tutor.check.github import SHOWN, github_annotations, job_summary, without_commands
from tutor.check.report import CheckStatus, Report

_COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")


def commands(report: Report) -> list[tuple[str, dict[str, str], str]]:
    """The annotations as the runner reads them: level, properties, message."""
    found = []
    for line in github_annotations(report, lambda path: path).splitlines()[:-1]:
        match = _COMMAND.fullmatch(line)
        assert match, line
        pairs = (item.split("=", 1) for item in match[2].split(","))
        found.append((match[1], {name: unquote(value) for name, value in pairs}, unquote(match[3])))
    return found


def test_a_failure_is_an_error_at_its_line() -> None:
    """A failed check is an error with file, line and title, and its message keeps its lines."""
    [(level, properties, message)] = commands(of(one(), one(CheckStatus.PASSED)))
    assert level == "error"
    assert properties == {
        "file": "lessons/2.1.md",
        "line": "3",
        "title": "proof 2.1/hello/status/proof",
    }
    assert message.splitlines()[:4] == [
        "The first line.",
        "The second line.",
        "expected: 200",
        "actual: 404",
    ]


def test_nine_are_shown_and_the_rest_counted() -> None:
    """Of many failures nine are annotations, and a tenth says how many more there are."""
    found = commands(of(*(one(name=f"2.1/hello/{number}") for number in range(SHOWN + 4))))
    assert len(found) == SHOWN + 1
    assert found[-1][2] == "… and 4 more"
    assert "file" not in found[-1][1]
    assert len(commands(of(*(one(name=f"2.1/hello/{number}") for number in range(SHOWN))))) == SHOWN


def test_a_reason_to_skip_is_one_warning() -> None:
    """Checks that are skipped for one reason give one warning, and no error."""
    found = commands(of(*(one(CheckStatus.SKIPPED, name=f"2.1/a/{number}") for number in range(3))))
    assert [level for level, _properties, _message in found] == ["warning"]


def test_hostile_text_forges_no_command() -> None:
    """Line ends, colons and commas of a lesson or a body stay inside the annotation they belong to."""
    [(level, properties, message)] = commands(hostile())
    assert level == "error"
    assert list(properties) == ["file", "line", "title"]
    assert "forged" in message


def test_a_file_outside_of_the_repository_is_named_in_the_text() -> None:
    """A path that the repository does not have is no property, where GitHub would drop it."""
    [line, _counts] = github_annotations(of(one()), lambda _path: "").splitlines()
    assert "file=" not in line
    assert "line=" not in line
    assert "lessons/2.1.md:3: " in line


def test_text_between_the_marks_holds_no_command() -> None:
    """The text report is framed by the runner's own marks, and the last one ends them."""
    assert without_commands("::error::x\n", "abc") == "::stop-commands::abc\n::error::x\n::abc::\n"


def rendered(report: Report) -> str:
    html: str = MarkdownIt("commonmark").enable("table").render(job_summary(report))
    return html


def test_the_page_has_a_table_and_what_failed() -> None:
    """The job's page counts by lesson, and shows each failure with its place, both values and the bytes."""
    html = rendered(of(one(), one(CheckStatus.PASSED)))
    assert "1 passed, 1 failed</h3>" in html
    assert "<td>2.1 The request–response cycle</td>" in html
    assert "<strong>failed</strong> 2.1/hello/status/proof · lessons/2.1.md:3" in html
    assert "expected: 200\nactual: 404\nHTTP/1.1 404 NOT FOUND\n" in html
    assert "points" not in html


def test_points_are_counted_on_the_page() -> None:
    """Where checks carry points, each lesson's and their sum stand on the page."""
    html = rendered(of(one(points=3, name="2.1/a/b"), one(CheckStatus.PASSED, points=1)))
    assert '<td style="text-align:right">1 / 4</td>' in html
    assert "<strong>1 of 4 points</strong>" in html


def test_hostile_text_stays_text_on_the_page() -> None:
    """No markup of a lesson or a body becomes markup of the page."""
    html = rendered(hostile())
    assert "<b>" not in html
    assert html.count("<table>") == 1
    assert html.count("<pre>") == 1
    assert "\x1b" not in html


def test_a_page_stays_small(tmp_path: Path) -> None:
    """Hundreds of failures with long lines leave the page far below what GitHub takes."""
    many = of(*(one(name=f"2.1/a/{number}", message="x" * 70_000) for number in range(500)))
    (tmp_path / "page.md").write_text(job_summary(many), encoding="utf-8")
    assert (tmp_path / "page.md").stat().st_size < 500_000
    assert "… and 470 more" in job_summary(many)
