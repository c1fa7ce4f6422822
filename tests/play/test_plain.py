"""--plain: every fact in words, one line each, for a screen reader and for a terminal that knows no more."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest

from tests.play.scripted import Learner, play, table
from tests.play.test_fits import LESSONS
from tutor.wire.exchange import Direction

COMMANDS = (":r", ":x", ":x 1", ":x 9", ":t", ":v", ":c", ":s")


@pytest.mark.parametrize(("number", "language"), LESSONS)
def test_every_step_is_text_alone(number: str, language: str, speak: Callable[[str], None]) -> None:
    """No beat and no command of any step prints an arrow, a box, a block, another symbol or an escape
    sequence, but where the exchange itself holds one."""
    speak(language)
    lesson = LESSONS[number, language]
    wrong = []
    with table() as (server, client):
        for step in lesson.steps:
            learner = play(lesson, step, server, client, plain=True, commands=COMMANDS)
            for label, printed in learner.beats:
                found = symbols(printed) - crossed(learner)
                if found:
                    wrong.append(f"{step.number}, before {label}: {found}\n{printed}")
    assert not wrong, "\n".join(wrong)


def symbols(printed: str) -> set[str]:
    """What is neither text nor punctuation; the symbols of ASCII are on every keyboard."""
    return {
        character
        for character in printed.replace("\n", "")
        if not character.isprintable()
        or (not character.isascii() and unicodedata.category(character)[0] == "S")
    }


def crossed(learner: Learner) -> set[str]:
    """The characters of what the step fired."""
    return {
        character
        for exchange in learner.wire
        for direction in Direction
        for character in exchange.data(direction).decode("utf-8", "replace")
    }


def test_symbols_are_found() -> None:
    """What the claim above forbids is what this finds."""
    drawn = "→ ← ─ │ ├ ▶ ● █ ␊ \x1b \r"
    assert symbols(drawn) == set(drawn) - {" "}
    assert symbols("请求：GET /hello – “x”… `y` <a> 1 + 2 = 3 | $") == set()


def test_words_say_what_places_and_marks_say_elsewhere(speak: Callable[[str], None]) -> None:
    """Line ends, folds, the question, Flask's side and what is repeated of an exchange have names."""
    speak("en")
    lesson = LESSONS["2.1", "en"]
    with table() as (server, client):
        learner = play(lesson, lesson.steps[0], server, client, plain=True, commands=(":x 1",))
    printed = "".join(text for _label, text in learner.beats)
    for words in (
        "2.1.1 One request, one response (step 1 of 12)",
        "Source of hello:",
        "Request:\nGET /hello HTTP/1.1 [CRLF]",
        "Flask: rule /hello, view hello(), status 200, ",
        "From the exchange, once more:\nHTTP/1.1 200 OK [CRLF]",
        "Question: Which of these bytes did the view write?",
        "1: Method\nGET",
    ):
        assert words in printed
