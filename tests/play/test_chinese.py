"""Journeys in Chinese, in a real pseudo-terminal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.command import flask_http_tutor
from tests.play.chinese_pack import write_chinese_pack
from tests.play.sample_pack import write_pack
from tests.terminal import Terminal


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack with one question of each kind, in two languages."""
    return write_chinese_pack(tmp_path / "pack")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A learner's folder that is not there yet."""
    return tmp_path / "home"


def letter(question: str, words: str) -> str:
    """The letter under which an option stands on the screen."""
    [found] = re.findall(rf"^  ([a-f])\) {words}$", question, re.MULTILINE)
    return str(found)


def test_a_whole_lesson_in_chinese(home: Path, pack: Path) -> None:
    """Choices, numbers, texts, an order and a request are asked, answered and explained in Chinese, with the
    marks and full-width forms that a Chinese keyboard makes."""
    with Terminal("--pack", str(pack), "--lang", "zh-CN", home=home) as terminal:
        welcome = terminal.wait_for("回车：发送 ▸")
        assert "English：:lang en" in welcome
        assert "2.1.1  选择   第 1 步，共 3 步" in welcome
        assert "看看这一个。" in welcome
        terminal.type("")
        assert "返回的状态码是哪一个？" in terminal.wait_for("a–c ▸")
        terminal.type("３０２")
        terminal.wait_for("302 让你去别处。再试一次，或用 :h 看提示。")
        terminal.type("：h")
        terminal.wait_for("提示 1 / 2：看第一行。")
        terminal.type("２００。")
        terminal.wait_for("对，200 OK。一切正常。")
        terminal.wait_for("要点：状态行说明请求的结果。")
        terminal.wait_for("回车：继续 ▸")
        terminal.type("")
        terminal.wait_for("数字 ▸")
        terminal.type("２００")
        terminal.wait_for("你猜 200，实际是 404。要有视图回答，才会是 200。没有规则匹配这个地址。")
        options = terminal.wait_for("字母 a–c，例如 ab ▸")
        terminal.type(f"{letter(options, '内容类型')}、{letter(options, '内容长度')}。")
        terminal.wait_for("文字 ▸")
        terminal.type("“ＧＥＴ”")
        terminal.wait_for("对，GET。")
        terminal.wait_for("回车：继续 ▸")
        terminal.type("")
        terminal.wait_for("回车：发送 ▸")
        terminal.type("")
        options = terminal.wait_for("按顺序 ▸")
        terminal.type("".join(letter(options, words) for words in ("状态行", "字段", "空行", "主体")))
        terminal.wait_for("请求 ▸")
        terminal.type("GET /hello")
        terminal.wait_for("没有名字，视图问候的是 Flask。")
        terminal.type("GET /hello?name=Ann")
        terminal.wait_for("对。")
        terminal.wait_for("回车：继续 ▸")
        terminal.type("")
        end = terminal.wait_for("这是最后一课。")
        assert "你已学完 2.1 各种问题的一课。" in end
        assert "响应有三个部分和一个空行。" in end


def test_another_language_in_the_middle_of_a_question_asks_it_again(home: Path, pack: Path) -> None:
    """`:lang` switches texts at once; the same question stands there, misses and hints go on, and what was
    chosen is kept for the next start."""
    with Terminal("--pack", str(pack), home=home) as terminal:
        terminal.wait_for("Enter: send")
        terminal.type("")
        terminal.wait_for("a–c ▸")
        terminal.type("302")
        terminal.wait_for("302 sends you elsewhere.")
        terminal.wait_for("▸")
        terminal.type(":lang zh-CN")
        asked = terminal.wait_for("a–c ▸")
        assert "从这里起：中文。" in asked
        assert "2.1.1  选择" in asked
        assert "返回的状态码是哪一个？" in asked
        terminal.type(":h")
        terminal.wait_for("提示 1 / 2：看第一行。")
        terminal.type("410")
        terminal.wait_for("410 说那里什么也不剩。再试一次，或用 :a 看答案。")
        terminal.type("200")
        terminal.wait_for("对，200 OK。")
        terminal.wait_for("回车：继续 ▸")
        terminal.press("\x04")
        assert terminal.ended() == 0
    with Terminal("--pack", str(pack), home=home) as terminal:
        again = terminal.wait_for("数字 ▸")
        assert "2.1.2  猜一猜" in again
    outcome = flask_http_tutor("list", "--pack", str(pack), "--json", home=home)
    assert '"done": 1' in outcome.out


def test_another_language_before_the_first_request_tells_the_step_again(home: Path, pack: Path) -> None:
    """As the welcome offers: what was just read comes in the other language, and Enter still sends."""
    with Terminal("--pack", str(pack), home=home) as terminal:
        assert "中文：:lang zh-CN" in terminal.wait_for("Enter: send")
        terminal.type(":lang zh-CN")
        told = terminal.wait_for("回车：发送 ▸")
        assert "看看这一个。" in told
        assert re.search(r"将发送：\n  GET http://127.0.0.1:[0-9]+/hello\n", told)
        assert ":n 下一步   :b 上一步   :m 地图   :? 帮助   :q 离开" in terminal.screen
        terminal.type(":lang en")
        assert "Look at this one." in terminal.wait_for("Enter: send")


def test_a_prediction_is_asked_again_in_the_other_language(home: Path, pack: Path) -> None:
    """Nothing is fired by it, and the guess counts once."""
    with Terminal("--pack", str(pack), "2.1.2", home=home) as terminal:
        terminal.wait_for("number ▸")
        terminal.type(":lang zh-CN")
        asked = terminal.wait_for("数字 ▸")
        assert "会返回哪个状态码？" in asked
        assert "HTTP/1.1 404" not in asked
        terminal.type("404")
        terminal.wait_for("对，404。没有规则匹配这个地址。")


def test_a_request_is_asked_for_again_in_the_other_language(home: Path, pack: Path) -> None:
    """What is sent is graded, and what is said to it is Chinese."""
    with Terminal("--pack", str(pack), "2.1.3", home=home) as terminal:
        terminal.wait_for("Enter: send")
        terminal.type("")
        options = terminal.wait_for("in order ▸")
        terminal.type("".join(letter(options, w) for w in ("status line", "fields", "empty line", "body")))
        terminal.wait_for("request ▸")
        terminal.type(":lang zh-CN")
        asked = terminal.wait_for("请求 ▸")
        assert "怎样请求，视图才会问候 Ann？" in asked
        assert "响应的各部分" not in asked
        terminal.type("GET /hello")
        terminal.wait_for("没有名字，视图问候的是 Flask。")
        terminal.type("GET /hello?name=Ann")
        terminal.wait_for("对。")


def test_an_option_alone_changes_nothing_that_is_kept(home: Path, pack: Path) -> None:
    """`--lang` is for this time; the next start is in the locale's language again."""
    with Terminal("--pack", str(pack), "--lang", "zh-CN", home=home) as terminal:
        terminal.wait_for("回车：发送 ▸")
        terminal.press("\x04")
        terminal.ended()
    with Terminal("--pack", str(pack), home=home) as terminal:
        terminal.wait_for("Enter: send")


def test_the_locale_decides_where_nothing_else_does(home: Path, pack: Path) -> None:
    """A Chinese locale gives Chinese; `:lang en` is kept and wins over it."""
    chinese = {"LC_ALL": "", "LANG": "zh_CN.UTF-8", "PYTHONUTF8": "1"}
    with Terminal("--pack", str(pack), home=home, variables=chinese) as terminal:
        terminal.wait_for("回车：发送 ▸")
        terminal.type(":lang en")
        terminal.wait_for("Enter: send")
    with Terminal("--pack", str(pack), home=home, variables=chinese) as terminal:
        terminal.wait_for("Enter: send")


def test_a_step_without_chinese_is_told_in_english_with_a_note(home: Path, pack: Path) -> None:
    """Never a raw key, never a refusal: one line says why the words are English."""
    with Terminal("--pack", str(pack), "--lang", "zh-CN", "2.1.3a", home=home) as terminal:
        told = terminal.wait_for("回车：发送 ▸")
        assert "2.1.3a  One more, deeper" in told
        assert "（本步骤暂无中文，或英文之后有改动，以下为英文。）" in told
        terminal.type("")
        assert "How many bytes has the body?" in terminal.wait_for("数字 ▸")


def test_a_stale_step_is_told_in_english_with_a_note(home: Path, pack: Path) -> None:
    """The English changed: the learner gets what is true today."""
    path = pack / "every-kind.md"
    path.write_text(path.read_text("utf-8").replace("Look at this one.", "Look at it well."), "utf-8")
    with Terminal("--pack", str(pack), "--lang", "zh-CN", home=home) as terminal:
        told = terminal.wait_for("回车：发送 ▸")
        assert "Look at it well." in told
        assert "以下为英文。" in told
        terminal.type(":n")
        assert "2.1.2  猜一猜" in terminal.wait_for("数字 ▸")


def test_a_stale_head_is_told_in_english_with_a_note(home: Path, pack: Path) -> None:
    """The lesson's title is English, its steps are Chinese."""
    path = pack / "every-kind.md"
    path.write_text(path.read_text("utf-8").replace("# A lesson of", "# One lesson of"), "utf-8")
    with Terminal("--pack", str(pack), "--lang", "zh-CN", home=home) as terminal:
        told = terminal.wait_for("回车：发送 ▸")
        assert "2.1  One lesson of every kind" in told
        assert "（它的标题和开篇暂无中文，或英文之后有改动。）" in told
        assert "2.1.1  选择" in told
        assert "以下为英文" not in told


def test_a_pack_without_chinese_says_so_once(home: Path, tmp_path: Path) -> None:
    """The interface is Chinese, the lesson English; one line says it, not every step."""
    with Terminal("--pack", str(write_pack(tmp_path / "english")), "--lang", "zh-CN", home=home) as terminal:
        assert "（这一课暂无中文，以下为英文。）" in terminal.wait_for("回车：发送 ▸")
        terminal.type(":n")
        assert "以下为英文" not in terminal.wait_for("数字 ▸")


def test_a_chinese_answer_can_be_edited_in_its_middle(home: Path, pack: Path) -> None:
    """The cursor goes by characters, two columns each, and what is typed lands where it stands."""
    with Terminal("--pack", str(pack), "--lang", "zh-CN", "2.1.2", home=home) as terminal:
        terminal.wait_for("数字 ▸")
        terminal.press("四零四\x1b[D\x1b[D\x7f五")
        terminal.wait_for_screen("数字 ▸ 五零四")
        terminal.press("\x03")
        terminal.type("404")
        terminal.wait_for("对，404。")


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 40), (50, 20)])
def test_the_bar_and_every_row_fit(home: Path, pack: Path, columns: int, rows: int) -> None:
    """No row is wider than the terminal, and the bar is cut at a command."""
    with Terminal("--pack", str(pack), "--lang", "zh-CN", home=home, columns=columns, rows=rows) as terminal:
        terminal.wait_for("回车：发送 ▸")
        terminal.type(":?")
        terminal.wait_for("回车：发送 ▸")
        terminal.type("")
        terminal.wait_for("a–c ▸")
        bar = terminal.screen.rstrip().splitlines()[-1].strip()
        assert bar.startswith(":h 提示   :r 原始报文")
        assert all(cell_len(row) <= columns for row in terminal.screen.splitlines())
        marks = tuple("。，、；：？）”")
        assert not [row for row in terminal.screen.splitlines() if row.startswith(marks)]


def test_plain_is_chinese_too(home: Path, pack: Path) -> None:
    """Without colour, bar and cursor movement the words are the same."""
    with Terminal("--plain", "--lang", "zh-CN", "--pack", str(pack), home=home) as terminal:
        terminal.wait_for("命令：:n 下一步、:b 上一步、:m 地图、:? 帮助、:q 离开。")
        terminal.type("")
        terminal.wait_for("a–c >")
        assert b"\x1b[" not in terminal.raw


def test_a_terminal_that_cannot_show_chinese_keeps_its_language(home: Path, pack: Path) -> None:
    """On an ASCII terminal Chinese is not offered, and `:lang zh-CN` is refused in a line."""
    ascii_only = {"LC_ALL": "C", "LANG": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    with Terminal("--pack", str(pack), home=home, variables=ascii_only) as terminal:
        assert "zh-CN" not in terminal.wait_for("To send:")
        terminal.wait_for(":q quit")
        terminal.type(":lang zh-CN")
        terminal.wait_for("This terminal cannot show zh-CN.")
        terminal.type("")
        terminal.wait_for("Which status came back?")
