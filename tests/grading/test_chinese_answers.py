"""Answers as a Chinese keyboard makes them, and what is said to them in Chinese."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tutor.course.model import Question, QuestionKind, WrongAnswer
from tutor.grading.answers import grade
from tutor.grading.verdict import Grade


def question(kind: QuestionKind, answer: tuple[str, ...], **more: object) -> Question:
    made = {
        "id": "q",
        "kind": kind,
        "prompt": "？",
        "exchange": "hello",
        "prediction": False,
        "answer": answer,
    }
    return Question(**(made | more))  # type: ignore[arg-type]


CHOICE = question(
    QuestionKind.CHOICE,
    ("yes",),
    choices=(("yes", "是，会发送"), ("no", "否"), ("ok", "`200 OK`")),
    wrong=(WrongAnswer("no", (), "会的。", 1), WrongAnswer("ok", (), "不是状态码。", 1)),
)
CHOICES = question(
    QuestionKind.CHOICES,
    ("one", "three"),
    choices=(("one", "首部字段"), ("two", "主体"), ("three", "状态行")),
    wrong=(WrongAnswer("two", (), "没有主体。", 1),),
)
NUMBER = question(
    QuestionKind.NUMBER, ("13",), units=("bytes",), proof_paths=("hello.response.headers.Content-Length",)
)
STATUS = question(QuestionKind.NUMBER, ("404",), proof_paths=("hello.response.status",))
TEXT = question(QuestionKind.TEXT, ("GET",), ignore_case=True)
ORDER = question(
    QuestionKind.ORDER,
    ("line", "fields", "body"),
    choices=(("line", "状态行"), ("fields", "字段"), ("body", "主体")),
)
SHOWN = {
    CHOICE: ("yes", "no", "ok"),
    CHOICES: ("one", "two", "three"),
    ORDER: ("line", "fields", "body"),
}


@pytest.fixture(autouse=True)
def in_chinese(speak: Callable[[str], None]) -> None:
    speak("zh-CN")


@pytest.mark.parametrize(
    ("asked", "typed"),
    [
        (CHOICE, "ａ"),
        (CHOICE, "ａ）"),
        (CHOICE, "Ａ。"),
        (CHOICE, "是，会发送"),
        (CHOICE, "“是，会发送”"),
        (CHOICE, "是"),
        (CHOICES, "ａ、ｃ"),
        (CHOICES, "ａ，ｃ"),
        (CHOICES, "a c。"),
        (CHOICES, "首部字段、状态行"),
        (NUMBER, "１３"),
        (NUMBER, "13 字节"),
        (NUMBER, "１３个字节。"),
        (STATUS, "４０４"),
        (STATUS, "４０４ Not Found。"),
        (TEXT, "ＧＥＴ"),
        (TEXT, "“get”"),
        (TEXT, "「GET」。"),
        (ORDER, "ａｂｃ"),
        (ORDER, "a、b、c"),
        (ORDER, "状态行、字段、主体"),
    ],
)
def test_full_width_forms_and_chinese_marks_are_understood(asked: Question, typed: str) -> None:
    """What a person plainly means is right, however the keyboard spells it."""
    verdict = grade(asked, typed, shown=SHOWN.get(asked, ()))
    assert verdict.grade is Grade.RIGHT, verdict


@pytest.mark.parametrize(
    ("asked", "typed", "told"),
    [
        (CHOICE, "丁", "输入 a 到 c 中的一个字母，或选项的文字。"),
        (NUMBER, "十三个", "这里要填数字，例如 7。本次不计。"),
        (ORDER, "ab", "要输入三个字母，每个一次，例如"),
        (CHOICES, "", "把所有正确项的字母连着输入，从 a 到 c。"),
    ],
)
def test_what_cannot_be_read_is_answered_in_chinese(asked: Question, typed: str, told: str) -> None:
    """It says what is expected, and counts nothing."""
    verdict = grade(asked, typed, shown=SHOWN.get(asked, ()))
    assert verdict.grade is Grade.UNREADABLE
    assert verdict.feedback.startswith(told)


@pytest.mark.parametrize(
    ("asked", "typed", "told"),
    [
        (CHOICES, "ab", "选中的两项里有一项正确，还漏了一项。"),
        (CHOICES, "a", "选中的一项都对，还漏了一项。"),
        (CHOICES, "abc", "选中的三项里有两项正确，没有遗漏。"),
        (ORDER, "acb", "前一项位置正确；再看第二项。"),
        (ORDER, "bac", "看看第一项。"),
        (TEXT, "GTE", ""),
    ],
)
def test_what_is_partly_right_is_told_in_chinese(asked: Question, typed: str, told: str) -> None:
    """Numbers in words, with the measure word that belongs to them."""
    verdict = grade(asked, typed, shown=SHOWN.get(asked, ()))
    assert verdict.grade is Grade.WRONG
    assert told in verdict.feedback + verdict.came
