"""What stands between two prompts fits the screen, in every step of every lesson."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rich.cells import cell_len

from tests.play.scripted import play, rows_of, table
from tutor.course.pack import open_pack
from tutor.language import SOURCE_LANGUAGE, _
from tutor.play.screens import Screens
from tutor.screen.beat import RESERVED_ROWS, rows
from tutor.screen.wire import FOLDS, View, request_lines, response_lines
from tutor.wire.exchange import Direction, Exchange

PACK = open_pack()
LESSONS = {
    (parsed.lesson.number, language): lesson
    for parsed in PACK.load_all()
    for language in (SOURCE_LANGUAGE, *PACK.languages)
    if parsed.lesson is not None and (lesson := parsed.spoken(language)) is not None
}
ROWS_BETWEEN = 1
"""The blank row that sets a beat apart from what was typed before it."""


@pytest.mark.parametrize("language", [SOURCE_LANGUAGE, *PACK.languages])
@pytest.mark.parametrize("plain", [False, True])
def test_the_list_of_commands_fits(language: str, plain: bool, speak: Callable[[str], None]) -> None:
    """What `:?` prints leaves room on 80×24 for the line that asked for it, the prompt and its bar."""
    speak(language)
    lines = Screens(width=80, plain=plain, ascii_only=False).help()
    assert rows(lines, 80) <= 24 - 3


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (120, 40), (50, 20)])
@pytest.mark.parametrize(("number", "language"), LESSONS)
def test_every_beat_fits(
    number: str, language: str, columns: int, lines: int, speak: Callable[[str], None]
) -> None:
    """No beat of any step is higher than the terminal less the prompt, its bar and a look back, in any
    language that the course is translated into."""
    lesson = LESSONS[number, language]
    speak(language)
    high = []
    with table() as (server, client):
        for step in lesson.steps:
            learner = play(lesson, step, server, client, columns=columns, lines=lines)
            for label, printed in learner.beats:
                # What a busy machine adds leaves the look back a row less.
                busy = (
                    _("Still running. Ctrl-C ends it."),
                    _("Time stood still meanwhile; the request is sent once more."),
                )
                for words in busy:
                    # With the blank row that sets it apart, where there is one.
                    printed = printed.replace(f"{words}\n\n", "").replace(f"{words}\n", "")
                height = rows_of(printed, columns)
                if height > lines - RESERVED_ROWS + ROWS_BETWEEN:
                    high.append(f"{step.number}: {height} rows before {label}\n{printed}")
    assert not high, "\n".join(high)


@pytest.mark.parametrize(("number", "language"), LESSONS)
def test_only_bytes_are_wider_than_fifty_columns(
    number: str, language: str, speak: Callable[[str], None]
) -> None:
    """On 50 columns the terminal breaks nothing but bytes that crossed, or that will: source, rows, Flask's
    side and all words are broken between words before, and nothing that is folded has no mark."""
    lesson = LESSONS[number, language]
    speak(language)
    wide = []
    with table() as (server, client):
        for step in lesson.steps:
            learner = play(lesson, step, server, client, columns=50, lines=20)
            # Without blanks, as a line end's mark or an indentation may stand around it.
            sent = "".join(
                "".join(exchange.data(direction).decode("utf-8", "replace").split())
                for exchange in learner.wire
                for direction in Direction
            )
            wide += [
                f"{step.number}: {line}"
                for _label, printed in learner.beats
                for line in map(unstyled, printed.split("\n"))
                if cell_len(line) > 50 and "".join(line.rstrip("␍␊").split()) not in sent
            ]
            for exchange in learner.wire:
                assert_marked(exchange)
    assert not wide, "\n".join(wide)


def unstyled(line: str) -> str:
    from rich.text import Text

    return Text.from_ansi(line).plain


def assert_marked(exchange: Exchange) -> None:
    """However far an exchange folds, what is gone has a mark."""
    view = View()
    for draw in (request_lines, response_lines):
        whole = [line.plain for line in draw(exchange, view)]
        for fold in range(FOLDS + 1):
            shown = [line.plain for line in draw(exchange, view, fold)]
            assert set(whole) <= set(shown) or any(line.startswith("… ") and ":r" in line for line in shown)


def test_nothing_is_cut_without_a_mark() -> None:
    """Where an exchange is shown without all of its fields, a mark says how many are folded."""
    lesson = LESSONS["2.1", SOURCE_LANGUAGE]
    step = next(step for step in lesson.steps if step.id == "not-found-not-allowed")
    with table() as (server, client):
        learner = play(lesson, step, server, client, columns=80, lines=24)
    printed = "".join(text for _label, text in learner.beats)
    assert "fields (:r)" in printed
