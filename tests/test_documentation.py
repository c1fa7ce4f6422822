"""What the documentation tells can be done."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.check.reports import of, one
from tests.command import ROOT, flask_http_tutor
from tutor.check.json_report import json_report
from tutor.check.report import CheckKind, CheckStatus

PAGES = [
    ROOT / "README.md",
    ROOT / "README.zh-CN.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").glob("*.md")),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    """A link to a file of the repository leads to one."""
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", ["architecture.md", "README.md", "README.zh-CN.md"])
def test_every_named_part_is_there(page: str) -> None:
    """A module or folder that the pages on the code name is there."""
    text = (ROOT / page if page.startswith("README") else ROOT / "docs" / page).read_text("utf-8")
    named = set(re.findall(r"`([a-z_]+/[a-z_/]+\.py|(?:tutor|lessons|sandbox_app|tests)/[a-z_/]*)`", text))
    assert named
    missing = [name for name in named if not (ROOT / name).exists() and not (ROOT / "tutor" / name).exists()]
    assert missing == []


def test_the_chinese_readme_is_as_complete_as_the_english_one() -> None:
    """The same sections, tables and code; what one names the other names, and each leads to the other."""
    texts = [(ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md")]
    english, chinese = ([line for line in text.split("\n") if not line.startswith("<!--")] for text in texts)
    for start in ("## ", "| ", "```"):
        assert sum(line.startswith(start) for line in english) == sum(
            line.startswith(start) for line in chinese
        ), start
    code = [
        set(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))) for text in texts
    ]
    assert code[0] - code[1] == set()
    # Each has the pictures of its own language.
    links = [
        set(re.findall(r"\]\(([^)]+)\)", text.replace("(docs/pictures/zh-CN/", "(docs/pictures/")))
        for text in texts
    ]
    assert links[0] ^ links[1] == {"README.md", "README.zh-CN.md"}


def test_every_option_of_check_is_told(tmp_path: Path) -> None:
    """`docs/check.md` names each option of the command, and each kind of check."""
    text = (ROOT / "docs" / "check.md").read_text("utf-8")
    usage = flask_http_tutor("check", "--help", home=tmp_path).out
    own = set(re.findall(r"--[a-z-]+", usage)) - {"--lang", "--plain", "--full", "--help", "--work"}
    told = text + (ROOT / "docs" / "classroom.md").read_text("utf-8")
    assert [option for option in own if option not in told] == []
    assert [kind.value for kind in CheckKind if f"`{kind.value}`" not in text] == []


def test_the_table_of_a_class_can_be_made(tmp_path: Path) -> None:
    """The script in the teachers' page makes a line for each report, with points earned and possible."""
    text = (ROOT / "docs" / "classroom.md").read_text("utf-8")
    [script] = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (tmp_path / "table.py").write_text(script, "utf-8")
    (tmp_path / "reports").mkdir()
    report = of(one(points=2), one(CheckStatus.PASSED, points=1), one(CheckStatus.PASSED))
    for name in ("li", "ann"):
        (tmp_path / "reports" / f"{name}.json").write_bytes(json_report(report))
    done = subprocess.run(
        [sys.executable, "table.py", "reports"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines() == [
        "learner,points,of,passed,failed,errors",
        "ann,1,3,2,1,0",
        "li,1,3,2,1,0",
    ]
