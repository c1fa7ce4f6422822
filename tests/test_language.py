"""The interface's two languages: one catalogue, complete, and used wherever a person reads."""

from __future__ import annotations

import ast
import gettext
import json
import re
import string
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from tests.command import flask_http_tutor
from tutor.cli import commands, language_of
from tutor.language import DOMAIN, LOCALE_DIR, available, listed, sentences
from tutor.learner.progress import Progress
from tutor.learner.settings import LANGUAGE

ROOT = Path(__file__).parent.parent
PO = Path(LOCALE_DIR) / "zh_CN" / "LC_MESSAGES" / f"{DOMAIN}.po"
MARKS = {"_": 1, "N_": 1, "mark": 1, "ngettext": 2, "mark_forms": 2}
CHINESE = r"[\u4e00-\u9fff]"


def catalogue() -> Catalog:
    with PO.open("rb") as file:
        return read_po(file, locale="zh_CN", domain=DOMAIN)


def entries() -> list[Message]:
    return [message for message in catalogue() if message.id]


def forms(entry: Message) -> tuple[str, ...]:
    return tuple(entry.id) if isinstance(entry.id, tuple | list) else (str(entry.id),)


def translation(entry: Message) -> str:
    text = entry.string
    return str(text[0] if isinstance(text, tuple | list) else text)


def marked() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every message in the code, with its place: found by Python's parser, not by the tool that extracts."""
    for file in sorted((ROOT / "tutor").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
                words = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
                texts = tuple(str(word) for word in words[: MARKS[node.func.id]])
                if texts:
                    yield f"{file.relative_to(ROOT)}:{node.lineno}", texts


def placeholders(text: str) -> set[str]:
    try:
        fields = list(string.Formatter().parse(text))
    except ValueError:
        # It shows a brace, and nothing is put into it.
        return set()
    return {f"{name}!{conversion}:{spec}" for _text, name, spec, conversion in fields if name is not None}


def test_every_message_of_the_code_has_a_translation() -> None:
    """None is missing, none is fuzzy, and none is left of code that is gone."""
    known = {forms(entry): entry for entry in entries()}
    used = {texts for _place, texts in marked()}
    assert [f"{place}: {texts}" for place, texts in marked() if texts not in known] == []
    assert [texts for texts, entry in known.items() if entry.fuzzy or not translation(entry)] == []
    assert [texts for texts in known if texts not in used] == []


def test_translations_have_the_placeholders_of_their_messages() -> None:
    """None is invented, and none is lost; a form for several may say more than the one for one."""
    wrong = []
    for entry in entries():
        ours, theirs = placeholders(translation(entry)), [placeholders(form) for form in forms(entry)]
        if not ours <= set.union(*theirs) or not ours >= set.intersection(*theirs):
            wrong.append((forms(entry), translation(entry)))
    assert wrong == []


def test_the_compiled_catalogue_is_fresh() -> None:
    """What the program reads is what translators see: `pybabel compile` has been run."""
    with PO.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    stale = [
        forms(entry)
        for entry in entries()
        if compiled.ngettext(forms(entry)[0], forms(entry)[-1], 2) != translation(entry)
        and compiled.gettext(forms(entry)[0]) != translation(entry)
    ]
    assert stale == []


def test_translations_are_set_as_chinese_is() -> None:
    """Full-width marks behind Chinese, a blank between Chinese and Latin, none beside full-width marks."""
    wrong = []
    for entry in entries():
        text = translation(entry)
        bare = re.sub(r"`[^`]*`", "`x`", text)
        if (
            re.search(rf"{CHINESE}[,;?!]", bare)
            or re.search(rf"{CHINESE}[A-Za-z0-9`]|[A-Za-z0-9`]{CHINESE}", bare)
            or re.search(r" [。，、；：？！）”]|[。，、；？！（“] (?!\n)(?=\S)", bare)
            or "！" in bare
        ):
            wrong.append(text)
    assert wrong == []


def test_no_message_is_translated_when_a_module_is_imported() -> None:
    """The language is not known then: what stands as data is marked, and translated when it is shown."""
    wrong = []
    for file in sorted((ROOT / "tutor").rglob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        inside = {
            id(node)
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for node in ast.walk(function)
        }
        wrong += [
            f"{file.relative_to(ROOT)}:{node.lineno}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in {"_", "ngettext"}
            and id(node) not in inside
        ]
    assert wrong == []


def command_lines() -> list[list[str]]:
    lines: list[list[str]] = [[]]
    for name, command in commands("en").commands.items():
        lines.append([name])
        if isinstance(command, click.Group):
            lines += [[name, other] for other in command.commands]
    return lines


@pytest.mark.parametrize("line", command_lines(), ids=" ".join)
def test_the_help_of_every_command_is_chinese(line: list[str], tmp_path: Path) -> None:
    """No English sentence is left in it, and no row is wider than the terminal."""
    from rich.cells import cell_len

    outcome = flask_http_tutor(*line, "--help", "--lang", "zh-CN", home=tmp_path)
    assert (outcome.code, outcome.err) == (0, "")
    assert re.search(CHINESE, outcome.out)
    _usage, _blank, told = outcome.out.partition("\n\n")
    assert not re.search(r"\b[a-z]{2,} [a-z]{2,} [a-z]{2,}\b", told), told
    assert all(cell_len(row) <= 80 for row in outcome.out.splitlines()), outcome.out


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (["list", "2.9"], "没有 2.9 这一课。最接近的是 2.4 和 2.5。"),
        (["list", "--bogus"], "没有 '--bogus' 这个选项。"),
        (["check", "--format", "x"], "'--format' 的值无效：'x' 不在"),
        (["check", "--jobs", "two"], "'--jobs' 的值无效：'two' 不是有效的整数。"),
        (["chek"], "没有 chek 这个命令或课。你想输入的是 check 吗？"),
        (["2.1"], "上课需要终端。"),
        (["send", "GET", "hello"], "请求目标以斜杠开头。写成 /hello。"),
        (["reset"], "这里不是终端，无法向你确认。"),
    ],
)
def test_errors_are_chinese_and_one_line(line: list[str], told: str, tmp_path: Path) -> None:
    """Exit codes stay; so do commands, ids and options in the text."""
    outcome = flask_http_tutor(*line, "--lang", "zh-CN", home=tmp_path)
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert told in outcome.err


def test_a_report_for_people_is_chinese_and_one_for_programs_is_the_same(tmp_path: Path) -> None:
    """Kinds, statuses, ids and keys of the JSON stay as they are; only messages are words."""
    text = flask_http_tutor("check", "2.1.1", "--lang", "zh-CN", home=tmp_path)
    assert text.code == 0
    assert re.search(r"[0-9]+ 项通过、0 项失败，用时 [0-9.]+ 秒", text.out)
    assert text.out.startswith("2.1  请求响应循环: ")
    reports = [
        json.loads(flask_http_tutor("check", "2.1.1", "--format", "json", "--lang", tag, home=tmp_path).out)
        for tag in ("en", "zh-CN")
    ]
    checks = [
        [(check["id"], check["kind"], check["status"]) for check in report["lessons"][0]["checks"]]
        for report in reports
    ]
    assert checks[0] == checks[1]
    assert sorted(reports[0]) == sorted(reports[1])


@pytest.mark.parametrize(
    ("variables", "tag"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh-CN"),
        ({"LANG": "zh_CN"}, "zh-CN"),
        ({"LANG": "zh-Hans"}, "zh-CN"),
        ({"LANG": "zh_SG.UTF-8"}, "zh-CN"),
        ({"LANG": "zh_TW.UTF-8"}, "zh-CN"),
        ({"LANG": "zh_CN.UTF-8@pinyin"}, "zh-CN"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({}, "en"),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_ALL": "", "LC_MESSAGES": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, "zh-CN"),
        ({"LC_MESSAGES": "en_US.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
    ],
)
def test_the_locale_is_read_in_the_order_of_posix(
    variables: dict[str, str], tag: str, tmp_path: Path
) -> None:
    """LC_ALL before LC_MESSAGES before LANG; an empty one says nothing. Any Chinese is read as Simplified."""
    assert language_of([], variables | {"FLASK_HTTP_TUTOR_HOME": str(tmp_path)}) == tag


def test_the_option_wins_over_what_is_kept_and_that_over_the_locale(tmp_path: Path) -> None:
    """`--lang` is for this time, `:lang` until it is chosen again, the locale for whoever chose nothing."""
    with Progress(tmp_path) as progress:
        progress.set_setting(LANGUAGE, "zh-CN")
    variables = {"LANG": "en_US.UTF-8", "FLASK_HTTP_TUTOR_HOME": str(tmp_path)}
    assert language_of([], variables) == "zh-CN"
    assert language_of(["--lang", "en"], variables) == "en"
    assert language_of(["list", "--lang=ZH-cn"], variables) == "zh-CN"


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1"])
def test_a_console_without_chinese_gets_english_and_is_told_why(encoding: str, tmp_path: Path) -> None:
    """One line on stderr, English on stdout, and no traceback."""
    outcome = flask_http_tutor(
        "list", "--lang", "zh-CN", home=tmp_path, PYTHONIOENCODING=encoding, PYTHONUTF8="0"
    )
    assert outcome.code == 0
    assert "of 12 steps done" in outcome.out
    assert outcome.err.count("\n") == 1
    assert "cannot show zh-CN; English it is" in outcome.err


def test_a_console_in_gbk_gets_chinese(tmp_path: Path) -> None:
    """GBK has Chinese, though not all of our symbols; these alone are written in ASCII."""
    import os
    import subprocess
    import sys

    result = subprocess.run(
        [sys.executable, "-m", "tutor", "--lang", "zh-CN", "send", "GET", "/hello"],
        capture_output=True,
        cwd=ROOT,
        timeout=100,
        env={**os.environ, "PYTHONIOENCODING": "gbk", "FLASK_HTTP_TUTOR_HOME": str(tmp_path)},
    )
    assert (result.returncode, b"Traceback" in result.stderr) == (0, False)
    text = result.stdout.decode("gbk")
    assert "请求：" in text
    assert "Flask：规则 /hello，视图 hello()，状态码 200，" in text


def test_words_are_joined_as_each_language_joins_them(speak: Callable[[str], None]) -> None:
    """A comma and a blank in English, a full-width mark alone in Chinese."""
    assert "zh-CN" in available()
    speak("zh-CN")
    assert listed(["a", "b"]) == "a、b"
    assert sentences("没有这一课。", "", "最接近的是 2.1。") == "没有这一课。最接近的是 2.1。"
    speak("en")
    assert listed(["a", "b"]) == "a, b"
    assert sentences("One.", "", "Two.") == "One. Two."
