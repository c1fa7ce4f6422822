"""`check` on translated lessons, and the commands that keep them in step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.command import flask_http_tutor
from tests.course.translated import CHINESE, ENGLISH, accepted


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack of one lesson, translated and in step."""
    folder = tmp_path / "pack"
    (folder / "zh-CN").mkdir(parents=True)
    (folder / "2.1.md").write_text(ENGLISH, "utf-8")
    (folder / "zh-CN" / "2.1.md").write_text(accepted(), "utf-8")
    return folder


def check(pack: Path, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    """The exit code, and the checks of kind translation."""
    outcome = flask_http_tutor(
        "check", str(pack), "--kind", "translation", "--format", "json", *arguments, home=pack.parent
    )
    report = json.loads(outcome.out)
    return outcome.code, [check for lesson in report["lessons"] for check in lesson["checks"]]


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new), "utf-8")


def test_a_translation_in_step_passes_for_its_head_and_each_step(pack: Path) -> None:
    """Each has one check, with the language behind its id and the Chinese file's line."""
    code, checks = check(pack)
    assert code == 0
    assert [(each["id"], each["status"], each["message"]) for each in checks] == [
        ("2.1/zh-CN", "passed", ""),
        ("2.1/first/zh-CN", "passed", ""),
        ("2.1/again/zh-CN", "passed", ""),
    ]
    lines = (pack / "zh-CN" / "2.1.md").read_text("utf-8").split("\n")
    assert lines[checks[1]["line"] - 1].startswith("## 第一次问候")
    assert checks[1]["file"].endswith("zh-CN/2.1.md")


def test_a_pack_that_is_not_translated_has_nothing_to_check(tmp_path: Path) -> None:
    """Only a language that has a folder is missed in a lesson."""
    (tmp_path / "2.1.md").write_text(ENGLISH, "utf-8")
    outcome = flask_http_tutor("check", str(tmp_path), "--kind", "translation", home=tmp_path)
    assert (outcome.code, outcome.out) == (2, "")
    assert "No check matches" in outcome.err


def test_a_mechanic_in_a_translation_fails_with_file_and_line(pack: Path) -> None:
    """Exit 1, and the report leads to the line."""
    rewrite(pack / "zh-CN" / "2.1.md", 'prompt = "返回', 'answer = "ok"\nprompt = "返回')
    code, checks = check(pack)
    [failed] = [each for each in checks if each["status"] == "failed"]
    assert (code, failed["id"], failed["kind"]) == (1, "2.1/first/status/zh-CN", "translation")
    lines = (pack / "zh-CN" / "2.1.md").read_text("utf-8").split("\n")
    assert lines[failed["line"] - 1] == 'answer = "ok"'
    assert "`answer` is mechanics" in failed["message"]


def test_every_fault_is_reported_in_one_run(pack: Path) -> None:
    """Several faults of a step have ids of their own."""
    rewrite(pack / "zh-CN" / "2.1.md", "```http {#hello}", "```http {#hello raw}")
    rewrite(pack / "zh-CN" / "2.1.md", 'none = "没有状态码"\n', "")
    rewrite(pack / "zh-CN" / "2.1.md", "## 凭记忆 {#again", "## 凭记忆 {#agian")
    _code, checks = check(pack)
    failed = [each["id"] for each in checks if each["status"] == "failed"]
    assert failed == ["2.1/again/zh-CN", "2.1/first/hello/zh-CN", "2.1/first/status/zh-CN", "2.1/agian/zh-CN"]


def test_a_missing_file_fails_and_says_how_to_begin(pack: Path) -> None:
    """One check says it, not one for each step."""
    (pack / "zh-CN" / "2.1.md").unlink()
    code, [missing] = check(pack)
    assert (code, missing["id"], missing["status"]) == (1, "2.1/zh-CN", "failed")
    assert "translate begin 2.1" in missing["message"]


def test_a_file_that_translates_nothing_fails(pack: Path) -> None:
    """A renamed lesson leaves no dead translation behind."""
    (pack / "zh-CN" / "2.9.md").write_text(CHINESE, "utf-8")
    outcome = flask_http_tutor("check", str(pack), "--kind", "lint", home=pack.parent)
    assert outcome.code == 1
    assert "zh-CN/2.9.md:1: column 1: There is no lesson file `2.9.md`" in outcome.out


def test_a_file_that_is_no_text_cannot_be_loaded(pack: Path) -> None:
    """Exit 2, as for a lesson file, with the place of the first bad byte."""
    path = pack / "zh-CN" / "2.1.md"
    path.write_bytes(path.read_bytes().replace("开".encode(), b"\xff", 1).replace(b"#", b"\xff", 1))
    code, [unreadable] = check(pack)
    assert (code, unreadable["status"], unreadable["line"]) == (2, "failed", 1)
    assert "UTF-8" in unreadable["message"]


def test_stale_warns_and_fails_a_strict_run(pack: Path) -> None:
    """The English changed: passed with a message, failed with --strict."""
    rewrite(pack / "2.1.md", "A request goes out.", "A request is on its way.")
    code, checks = check(pack)
    [stale] = [each for each in checks if each["message"]]
    assert (code, stale["id"], stale["status"]) == (0, "2.1/first/zh-CN", "passed")
    assert "flask-http-tutor translate accept 2.1/first" in stale["message"]
    code, checks = check(pack, "--strict")
    assert code == 1
    assert [each["id"] for each in checks if each["status"] == "failed"] == ["2.1/first/zh-CN"]


def test_the_text_report_names_what_is_stale(pack: Path) -> None:
    """A person who reads the report sees the step and the command, though nothing failed."""
    rewrite(pack / "2.1.md", "A request goes out.", "A request is on its way.")
    outcome = flask_http_tutor("check", str(pack), "--kind", "translation", home=pack.parent)
    assert outcome.code == 0
    assert "warning  translation  2.1/first/zh-CN" in outcome.out
    assert "translate accept 2.1/first" in outcome.out
    assert "3 passed, 0 failed" in outcome.out


def test_other_formats_carry_the_warning(pack: Path) -> None:
    """GitHub shows a warning at the line of the Chinese file, and JUnit keeps the words with the case."""
    rewrite(pack / "2.1.md", "A request goes out.", "A request is on its way.")
    arguments = ("check", str(pack), "--kind", "translation", "--format")
    github = flask_http_tutor(*arguments, "github", home=pack.parent, GITHUB_WORKSPACE=str(pack)).out
    assert "::warning file=zh-CN/2.1.md,line=" in github
    assert "::error" not in github
    junit = flask_http_tutor(*arguments, "junit", home=pack.parent).out
    [case] = [
        case for case in ElementTree.fromstring(junit).iter("testcase") if case.find("system-out") is not None
    ]
    assert case.get("name") == "2.1/first/zh-CN"
    assert "translate accept 2.1/first" in (case.findtext("system-out") or "")


def test_a_step_alone_is_checked_without_the_rest(pack: Path) -> None:
    """`check 2.1.1` looks at that step's translation."""
    _code, checks = check(pack, "2.1.1")
    assert [each["id"] for each in checks] == ["2.1/first/zh-CN"]


@pytest.mark.parametrize(
    "name", ["2.1/first", "first", "2.1.1", "2.1", "2.1/first/zh-CN", "two-greetings/first"]
)
def test_accept_makes_a_stale_step_current(pack: Path, name: str) -> None:
    """A step by number, by id, or by the id of its check; a lesson is all of its steps."""
    rewrite(pack / "2.1.md", "A request goes out.", "A request is on its way.")
    outcome = flask_http_tutor("translate", "accept", name, "--pack", str(pack), home=pack.parent)
    assert (outcome.code, outcome.err) == (0, "")
    assert "1 heading is up to date again" in outcome.out
    assert check(pack, "--strict")[0] == 0
    again = flask_http_tutor("translate", "accept", name, "--pack", str(pack), home=pack.parent)
    assert (again.code, "nothing to accept" in again.out) == (0, True)


def test_accept_of_one_step_leaves_the_others_stale(pack: Path) -> None:
    """What was not compared is not accepted."""
    rewrite(pack / "2.1.md", "A request goes out.", "A request is on its way.")
    rewrite(pack / "2.1.md", "# Two greetings", "# Two more greetings")
    assert (
        flask_http_tutor("translate", "accept", "2.1/zh-CN", "--pack", str(pack), home=pack.parent).code == 0
    )
    _code, checks = check(pack)
    assert [each["id"] for each in checks if each["message"]] == ["2.1/first/zh-CN"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("2.1/frist", "Lesson 2.1 has no step frist."),
        ("2.7", "There is no lesson 2.7. The nearest is 2.1."),
        ("2.1.9", "There is no step 2.1.9."),
    ],
)
def test_accept_of_what_there_is_not_is_one_line(pack: Path, name: str, told: str) -> None:
    """Exit 2 with what is there."""
    outcome = flask_http_tutor("translate", "accept", name, "--pack", str(pack), home=pack.parent)
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert told in outcome.err


def test_begin_writes_a_file_that_only_lacks_translation(pack: Path) -> None:
    """What `check` says of it is that every text is English still."""
    (pack / "zh-CN" / "2.1.md").unlink()
    outcome = flask_http_tutor("translate", "begin", "2.1", "--pack", str(pack), home=pack.parent)
    assert (outcome.code, outcome.err) == (0, "")
    code, checks = check(pack)
    assert code == 1
    assert all("English still" in each["message"] for each in checks if each["status"] == "failed")


def test_begin_completes_a_file_and_never_writes_over_it(pack: Path) -> None:
    """A step that came to the English file is added; called again, nothing changes."""
    path = pack / "zh-CN" / "2.1.md"
    whole = path.read_text("utf-8")
    path.write_text(whole[: whole.index("## 凭记忆")], "utf-8")
    outcome = flask_http_tutor("translate", "begin", "2.1", "--pack", str(pack), home=pack.parent)
    assert "Added to" in outcome.out
    assert "again" in outcome.out
    completed = path.read_text("utf-8")
    assert completed.startswith(whole[: whole.index("## 凭记忆")].rstrip())
    outcome = flask_http_tutor("translate", "begin", "2.1", "--pack", str(pack), home=pack.parent)
    assert "nothing was written" in outcome.out
    assert path.read_text("utf-8") == completed
