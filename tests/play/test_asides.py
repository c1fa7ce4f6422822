"""What is typed besides an answer: a number that names a part, `:f` before a guess; and the welcome."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.play.sample_pack import write_pack
from tests.play.test_fits import LESSONS
from tests.terminal import Terminal
from tutor.course.model import Question, QuestionKind, Step
from tutor.grading.verdict import Grade, Verdict
from tutor.play.feedback import guess_off
from tutor.play.screens import Screens


def test_a_number_explains_a_part_once_the_parts_are_shown(tmp_path: Path) -> None:
    """After `:x` a number at a prompt that takes none is the part's; before it, it is no answer."""
    pack = str(write_pack(tmp_path / "pack"))
    with Terminal("--pack", pack, home=tmp_path / "home") as terminal:
        terminal.wait_for("Enter: send")
        terminal.type("")
        terminal.wait_for("a–c ▸")
        terminal.type("1")
        assert "request.method" not in terminal.wait_for("a–c ▸")
        terminal.type(":x")
        terminal.wait_for("A number says what that part is for.")
        terminal.wait_for("a–c ▸")
        terminal.type("1")
        told = terminal.wait_for("a–c ▸")
        for words in ("1  Method", "In Flask: request.method", "Specified in RFC 9110, 9.3.1"):
            assert words in told
        terminal.type("999")
        terminal.wait_for("The parts are numbered from 1 to ")
        terminal.wait_for("a–c ▸")


def test_a_request_can_be_fired_before_its_question_is_shown(tmp_path: Path) -> None:
    """Where a beat takes two screens, `:f` at the first fires what is about to be sent, without a guess."""
    with Terminal("2.1.3", home=tmp_path, columns=50, rows=20) as terminal:
        terminal.wait_for("Enter: go on ▸")
        terminal.type("")
        assert "To send:" in terminal.wait_for("Enter: go on ▸")
        terminal.type(":f")
        fired = terminal.wait_for("Enter: go on ▸")
        assert "Nothing has been fired" not in fired
        assert "GET /hello?name=Grey HTTP/1.1" in fired


@pytest.mark.parametrize(
    ("number", "step_id", "words"),
    [
        ("2.1", "one-exchange", "Enter sends the first request."),
        ("2.1", "request-line", "You guess; then the first request goes out."),
        ("2.1", "thirteen-bytes", "You write the first view; each save runs it."),
    ],
)
def test_the_welcome_says_what_the_first_step_asks_for(number: str, step_id: str, words: str) -> None:
    """A request, a guess or a file: whatever the learner begins with."""
    step = next(step for step in LESSONS[number, "en"].steps if step_id in step.id)
    assert words in welcome(step)


def test_the_welcome_names_a_question_that_comes_first() -> None:
    """A step whose first block to act on is a question sends nothing on Enter."""
    step = LESSONS["2.1", "en"].steps[0]
    question = next(block for block in step.blocks if isinstance(block, Question))
    assert "It begins with a question." in welcome(replace(step, blocks=(question, *step.blocks)))


def welcome(step: Step) -> str:
    screens = Screens(width=80, plain=False, ascii_only=False)
    return "\n".join(line.plain for line in screens.welcome("http://127.0.0.1:5000", "en", step).at(0))


def test_an_option_is_set_off_in_a_chinese_sentence(speak: Callable[[str], None]) -> None:
    """Words of an option stand in quotation marks there; code does not need them."""
    speak("zh-CN")
    question = Question(
        id="which",
        line=1,
        kind=QuestionKind.CHOICE,
        exchange="",
        prediction=True,
        prompt="？",
        answer=("code",),
        choices=(("words", "没有"), ("code", "`404`")),
    )
    verdict = Verdict(Grade.WRONG, "没有", "", "words")
    assert guess_off(question, verdict, ("words", "code")).start == "你猜“没有”，实际是 `404`。"
