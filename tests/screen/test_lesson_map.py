"""The map: every step told, whatever the size, and without colour."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rich.cells import cell_len
from rich.text import Text

from tutor.course.pack import open_pack
from tutor.screen.lesson_map import (
    LessonMap,
    MapLesson,
    MapStep,
    Mark,
    bar,
    legend,
    lesson_list,
    lesson_map,
    lesson_map_in_words,
    lessons_in_words,
    step_words,
)
from tutor.screen.output import plain_symbols

SIZES = ((80, 20), (50, 16), (120, 36), (40, 12))
SYMBOLS = "".join(mark.symbol for mark in Mark)


def course(language: str = "en") -> list[LessonMap]:
    """Every bundled lesson, its steps in every state, the learner in the middle."""
    outlines = open_pack().in_language(language).outlines()
    lessons = tuple(
        MapLesson(each.number, each.title, len(each.main_steps), place * 4, 1, 1, 1, here=place == 2)
        for place, each in enumerate(outlines)
    )
    return [
        LessonMap(
            lesson,
            tuple(
                MapStep(
                    step.number,
                    step.title,
                    deeper=step.deeper,
                    done=place % 5 < 3,
                    helped=place % 5 == 1,
                    updated=place % 5 == 2,
                    skipped=place % 5 == 3,
                    here=place == len(outline.steps) // 2,
                    part=next((part.title for part in outline.parts if part.id == step.part), ""),
                )
                for place, step in enumerate(outline.steps)
            ),
            lessons,
        )
        for outline, lesson in zip(outlines, lessons, strict=True)
    ]


def plain(rows: list[Text]) -> list[str]:
    return [row.plain for row in rows]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("size", SIZES)
def test_the_map_of_each_lesson_fits_and_tells_of_every_step(
    size: tuple[int, int], language: str, speak: Callable[[str], None]
) -> None:
    """Each row fits the columns, all rows fit the screen, and each step is there by its mark."""
    speak(language)
    width, height = size
    for shown in course(language):
        drawn = lesson_map(shown, width=width, height=height)
        assert len(drawn) <= height
        assert max(row.cell_len for row in drawn) <= width
        explained = plain(legend((step.mark for step in shown.steps), width, here=True))
        assert plain(drawn)[-len(explained) :] == explained
        told = "".join(plain(drawn)[: -len(explained)])
        for title in [step.title for step in shown.steps]:
            told = told.replace(title, "")
        for mark in Mark:
            assert told.count(mark.symbol) == sum(step.mark is mark for step in shown.steps)


@pytest.mark.parametrize("size", SIZES)
def test_the_learner_s_step_is_always_there_with_its_title(size: tuple[int, int]) -> None:
    """Wherever in a lesson the learner is, that step is on the map by name."""
    width, height = size
    for shown in course():
        for here in range(len(shown.steps)):
            steps = tuple(step._replace(here=place == here) for place, step in enumerate(shown.steps))
            rows = plain(lesson_map(shown._replace(steps=steps), width=width, height=height))
            [row] = [row for row in rows if "▸" in row and "you are here" not in row]
            column = row[row.index("▸") :]
            assert steps[here].title[:18] in column
            assert len(rows) <= height


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_at_80_by_24_no_title_of_the_course_is_cut(language: str, speak: Callable[[str], None]) -> None:
    """On a terminal of the usual size the map of each lesson names every step whole."""
    speak(language)
    for shown in course(language):
        text = "\n".join(plain(lesson_map(shown, width=80, height=20)))
        assert [step.title for step in shown.steps if step.title not in text] == []
        assert "…" not in text


def test_what_is_cut_has_a_mark() -> None:
    """A title that is too long for its column ends in an ellipsis, and the row still fits."""
    step = MapStep("2.1.1", "A title that goes on and on, much longer than any column has room for")
    shown = LessonMap(MapLesson("2.1", "Lesson", 1, 0), (step,), ())
    rows = lesson_map(shown, width=40, height=10)
    [row] = [row.plain for row in rows if "A title" in row.plain]
    assert row.endswith("…")
    assert max(row.cell_len for row in rows) <= 40


def test_with_full_nothing_is_left_out() -> None:
    """Without a height each step has a row of its own, with its whole number and title."""
    for shown in course():
        rows = plain(lesson_map(shown, width=50, height=None))
        for step in shown.steps:
            assert [row for row in rows if row.endswith(f"{step.title}") and f" {step.number} " in row]


def test_marks_differ_without_colour_and_in_ascii() -> None:
    """Each state has a character of its own, in ASCII too."""
    assert len(set(SYMBOLS)) == len(Mark)
    ascii_symbols = plain_symbols(SYMBOLS)
    assert ascii_symbols.isascii()
    assert len(set(ascii_symbols)) == len(Mark)


def test_the_legend_names_the_marks_that_occur_alone() -> None:
    """A lesson of which all is done has a legend of one mark."""
    steps = (MapStep("2.1.1", "One", done=True), MapStep("2.1.2", "Two", done=True))
    shown = LessonMap(MapLesson("2.1", "Lesson", 2, 2), steps, ())
    assert plain(lesson_map(shown, width=80, height=20))[-1] == "  ✓ done"


@pytest.mark.parametrize(
    ("done", "steps", "drawn"),
    [(0, 18, "──────────"), (1, 18, "━─────────"), (17, 18, "━━━━━━━━━─"), (18, 18, "━━━━━━━━━━")],
)
def test_a_bar_is_full_or_empty_only_when_that_is_so(done: int, steps: int, drawn: str) -> None:
    """One step is seen, and so is one that lacks."""
    assert bar(done, steps, 10).plain == drawn


def test_a_deeper_step_stands_apart() -> None:
    """A deeper step is inset, so that it is told from the others without colour."""
    steps = (MapStep("2.1.1", "Main"), MapStep("2.1.1a", "Deeper", deeper=True))
    shown = LessonMap(MapLesson("2.1", "Lesson", 1, 0), steps, ())
    rows = plain(lesson_map(shown, width=80, height=20))
    [main], [deeper] = ([row for row in rows if name in row] for name in ("Main", "Deeper"))
    assert deeper.index("2.1.1a") > main.index("2.1.1")


@pytest.mark.parametrize("width", [120, 80, 50, 30])
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_list_of_lessons_fits(width: int, language: str, speak: Callable[[str], None]) -> None:
    """A bar a lesson and one for the course, in one row or two each, within the columns."""
    speak(language)
    lessons = course(language)[0].course
    rows = lesson_list(lessons, width)
    assert max(row.cell_len for row in rows) <= width
    bars = [row.plain for row in rows if "━" in row.plain or "─" in row.plain]
    assert len(bars) == len(lessons) + 1


def test_in_words_there_are_no_symbols_and_no_bars() -> None:
    """Plain output says each state in words, and where the learner is."""
    for shown in course():
        text = "\n".join([*lesson_map_in_words(shown), *lessons_in_words(shown.course)])
        assert not set("✓»·~━─▸…") & set(text)
        for words in ("(done)", "done with help", "skipped", "done, changed since", "you are here"):
            assert words.strip("()") in text


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (MapStep("1", "t"), ""),
        (MapStep("1", "t", skipped=True), "skipped"),
        (MapStep("1", "t", done=True), "done"),
        (MapStep("1", "t", done=True, helped=True), "done with help"),
        (MapStep("1", "t", done=True, helped=True, updated=True), "done with help, changed since"),
    ],
)
def test_a_step_s_state_in_words(step: MapStep, words: str) -> None:
    """Each state has its words, and a change since is told with the state that it had."""
    assert step_words(step) == words


def test_columns_line_up_in_chinese(speak: Callable[[str], None]) -> None:
    """The bars of all lessons begin in the same column, whatever characters the titles are of."""
    speak("zh-CN")
    rows = plain(lesson_list(course("zh-CN")[0].course, 80))
    starts = {cell_len(row[: min(row.index(each) for each in "━─" if each in row)]) for row in rows[:6]}
    assert len(starts) == 1
