"""`:c` at a prompt, and what a lesson sets beside each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.play.sample_pack import LESSON, write_pack
from tests.play.scripted import play, table
from tests.terminal import Terminal
from tutor.course.model import Lesson, Step
from tutor.course.pack import open_pack
from tutor.play.commands import Typed, Verb, read


def step_of(number: str, step_id: str) -> tuple[Lesson, Step]:
    """A bundled lesson and its step of that id."""
    lessons = [parsed.lesson for parsed in open_pack().load_all() if parsed.lesson is not None]
    lesson = next(lesson for lesson in lessons if lesson.number == number)
    return lesson, next(step for step in lesson.steps if step.id == step_id)


def test_compare_takes_the_last_two_or_two_by_number(tmp_path: Path) -> None:
    """:c sets the last two exchanges beside each other, :c 1 3 the first and the third."""
    pack = str(write_pack(tmp_path / "pack"))
    with Terminal("--pack", pack, home=tmp_path / "home") as terminal:
        terminal.wait_for("Enter: send")
        terminal.type(":c")
        terminal.wait_for("Nothing has been fired yet in this step.")
        terminal.wait_for("Enter: send")
        terminal.type("")
        terminal.wait_for("a–c ▸")
        terminal.type(":c")
        terminal.wait_for("it takes two to compare. :try GET /… sends another.")
        terminal.wait_for("a–c ▸")
        terminal.type(":try GET /hello?name=Grey")
        terminal.wait_for("a–c ▸")
        terminal.type(":c")
        terminal.wait_for("1  hello                              │ 2  tried")
        terminal.wait_for("* GET /hello HTTP/1.1                 │ GET /hello?name=Grey HTTP/1.1")
        terminal.wait_for("Hello, Flask!")
        terminal.wait_for("│ Hello, Grey!")
        terminal.wait_for("* differs")
        terminal.wait_for("a–c ▸")
        terminal.type(":try GET /nope")
        terminal.wait_for("a–c ▸")
        terminal.type(":compare 1, 3")
        terminal.wait_for("1  hello                              │ 3  tried")
        terminal.wait_for("HTTP/1.1 200 OK                       │ HTTP/1.1 404 NOT FOUND")
        terminal.wait_for("a–c ▸")
        terminal.type(":c1")
        terminal.wait_for("1  hello                              │ 3  tried")
        terminal.wait_for("a–c ▸")
        for argument in ("4", "0", "1 2 3", "one", "9" * 500):
            terminal.type(f":c {argument}")
            terminal.wait_for("There are 3 exchanges here, numbered from 1; :c 1 2 compares the first two.")
            terminal.wait_for("a–c ▸")
        terminal.type(":c 2 2")
        terminal.wait_for("This is one exchange; name two, such as :c 1 2.")


def test_compare_in_plain_output_is_words(tmp_path: Path) -> None:
    """In --plain each line says whose it is."""
    pack = str(write_pack(tmp_path / "pack"))
    with Terminal("--plain", "--pack", pack, home=tmp_path / "home") as terminal:
        terminal.wait_for("Enter: send")
        terminal.type("")
        terminal.wait_for("a–c >")
        terminal.type(":try GET /nope")
        terminal.wait_for("a–c >")
        terminal.type(":c")
        terminal.wait_for("Exchange 1 (hello) compared with exchange 2 (tried):")
        terminal.wait_for("Differs, 1: GET /hello HTTP/1.1")
        terminal.wait_for("Differs, 2: GET /nope HTTP/1.1")
        terminal.wait_for("Both: Accept: */*")
        terminal.wait_for("Differs, 2: HTTP/1.1 404 NOT FOUND")


def test_compare_has_a_letter_and_a_word() -> None:
    """`:c`, `:compare` and `:c1 3` are understood."""
    for line in (":c 1 3", ":compare 1 3", ":c1 3"):
        assert read(line) == Typed(verb=Verb.COMPARE, argument="1 3")


@pytest.mark.parametrize(
    ("number", "step_id", "rows"),
    [
        ("2.3", "redirect", ["* HTTP/1.1 302 FOUND", "│ HTTP/1.1 200 OK", "< Location: /hello"]),
        ("2.3", "conditional", ["* HTTP/1.1 200 OK", "│ HTTP/1.1 304 NOT MODIFIED", "< Content-Length: 12"]),
        ("2.2", "json-says-so", ["* Content-Type: application/json", '* {"name": "Grey"}', "│ name=Grey"]),
    ],
)
def test_lessons_set_exchanges_beside_each_other_in_one_beat(
    number: str, step_id: str, rows: list[str]
) -> None:
    """302 against followed, 200 against 304, form against JSON: what differs is one beat at 80×24."""
    lesson, step = step_of(number, step_id)
    with table() as (server, client):
        learner = play(lesson, step, server, client)
    beats = [plain(printed) for _label, printed in learner.beats]
    [compared] = [beat for beat in beats if "* differs" in beat]
    for row in rows:
        assert row in compared
    assert "lines the same (:c " in compared


def test_a_step_that_names_a_later_exchange_does_not_load(tmp_path: Path) -> None:
    """`compare` takes an exchange that stands before; the fault says where and which."""
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "late.md").write_text(LESSON.replace("{#nope}", "{#nope compare=later}", 1), "utf-8")
    [parsed] = open_pack(folder).load_all()
    [fault] = [fault for fault in parsed.faults if fault.blocks_loading]
    assert "No request `later` stands before this one in the step." in fault.message


def plain(printed: str) -> str:
    """Without styles."""
    from rich.text import Text

    return Text.from_ansi(printed).plain
