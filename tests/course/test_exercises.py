"""Exercises in a lesson file, and the Python files beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.exercise_pack import FILES, LESSON, greet, write_exercises
from tutor.course.model import Expectation, Operator, QuestionKind
from tutor.course.pack import open_pack
from tutor.course.parse import parse_lesson


def spoiled(old: str, new: str) -> str:
    assert LESSON.count(old) == 1, old
    return LESSON.replace(old, new)


def test_an_exercise_is_read_with_its_probes_and_files(tmp_path: Path) -> None:
    """Goal, mistakes, probes, points and code of an exercise come together."""
    lesson, exercise, probes = greet(write_exercises(tmp_path))
    assert (exercise.kind, exercise.id) == (QuestionKind.EXERCISE, "greet")
    assert [(probe.id, probe.points) for probe in probes] == [("plain", 1), ("named", 3)]
    same_name, shouted, lost = exercise.wrong
    assert (same_name.error, same_name.symptoms) == ("AssertionError", ())
    assert [claim.exchange for claim in shouted.symptoms] == ["named", "plain"]
    assert lost.symptoms == (
        Expectation(("response", "status"), Operator.EQUALS, 404, "named", lost.symptoms[0].line),
    )
    assert LESSON.splitlines()[lost.symptoms[0].line - 1] == "named.status = 404"
    files = lesson.files_of("greet")
    assert files.starter.text == FILES["starter"]
    assert [key for key, _file in files.wrong] == ["same-name", "shouted", "lost"]
    assert lesson.steps[0].exchanges == ()


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("points=3", "points=0", "```http {#named", "`0` is no number of points"),
        ("{#plain of=greet}", "{#plain of=gret}", "```http {#plain", "Did you mean `greet`"),
        ("{#plain of=greet}", "{#plain points=2}", "```http {#plain", "`points` goes with `of`"),
        ("{#plain of=greet}", "{#plain of=greet app=bare}", "```http {#plain", "`app` does not go with `of`"),
        ("```expect {of=plain}", "```toml", "```http {#plain", "expects nothing"),
        ('body = "Hello, Flask!"', 'flask.view = "hello"', "flask.view", "crosses the wire"),
        ("named.status = 404", 'named.flask.view = "x"', "named.flask.view", "crosses the wire"),
        ("named.status = 404", "status = 404", "status = 404", "Name the probe first"),
        ("named.status = 404", "nmed.status = 404", "nmed.status", "is no live value"),
        ("named.status = 404", "raises = 5", "raises =", "class of an exception"),
        ('error = "AssertionError"', 'error = "no class"', "error =", "class of an exception"),
        ('error = "AssertionError"', 'error = "E"\nplain.status = 200', "error =", "keep it alone"),
        ("[wrong.lost]\nnamed.status = 404", "[wrong.lost]", "[wrong.lost]", "shows in nothing"),
        ('explain = "The query reached the view."', 'answer = "x"', "answer =", "Unknown key `answer`"),
        (
            "GET /hello?name=Grey",
            "GET /hello?name={{later.status}}",
            "GET /hello?name=",
            "No exchange `later`",
        ),
    ],
)
def test_a_fault_of_an_exercise_is_told_with_its_line(old: str, new: str, line: str, says: str) -> None:
    """Whatever is wrong with an exercise or a probe, the fault names the line and what would be right."""
    text = spoiled(old, new)
    faults = [fault for fault in parse_lesson(text, "x.md").faults if says in fault.message]
    assert [text.splitlines()[fault.line - 1].startswith(line) for fault in faults] == [True]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('lost = "No rule fits `/hello`."\n', "", "`lost` is a mistake and has no feedback"),
        ('hints = ["The name stands in the query.", "`request.args` holds it."]\n', "", "has no hints"),
        ('explain = "The query reached the view."\n', "", "no `explain`"),
    ],
)
def test_what_a_learner_would_miss_is_told_and_stops_nothing(old: str, new: str, says: str) -> None:
    """An exercise without hints, feedback or explanation can be played, and is reported."""
    parsed = parse_lesson(spoiled(old, new), "x.md")
    assert parsed.lesson is not None
    assert [says in fault.message for fault in parsed.faults] == [True]


def test_an_ordinary_question_cannot_be_about_a_probe() -> None:
    """What the learner's app answers is the exercise's alone: nobody could key a question by it."""
    question = (
        '```question {#ask}\nkind = "number"\nafter = "plain"\nprompt = "?"\nanswer = 1\nhints = ["h"]\n'
        'unproven = "x"\n[wrong]\ntwo = 2\n[feedback]\ntwo = "No."\n```\n\n> What stands'
    )
    (fault,) = parse_lesson(spoiled("> What stands", question), "x.md").faults
    assert "`plain` is a probe" in fault.message


def test_a_pack_from_elsewhere_brings_no_exercise(tmp_path: Path) -> None:
    """A pack that is not the bundled course never runs Python, and is told so."""
    write_exercises(tmp_path)
    (parsed,) = open_pack(tmp_path).load_all()
    assert parsed.lesson is None
    (fault,) = parsed.faults
    assert (fault.line, "a pack from elsewhere runs no Python" in fault.message) == (16, True)


@pytest.mark.parametrize(
    ("change", "file", "says"),
    [
        (("starter", None), "2.1-exercises.md", "starter.py`; write it"),
        (("wrong-lost", None), "2.1-exercises.md", "wrong-lost.py`; write it"),
        (("wrong-other", "app = 1\n"), "wrong-other.py", "knows no mistake `other`"),
        (("notes", "x = 1\n"), "notes.py", "is no file of an exercise"),
        (("starter", "\n" * 30), "starter.py", "The starter has 30 lines; 25 at most"),
    ],
)
def test_files_and_mistakes_belong_together(
    tmp_path: Path, change: tuple[str, str | None], file: str, says: str
) -> None:
    """A file that is missing, and one that nobody knows, are faults where they are."""
    name, text = change
    files = {**FILES, name: text}
    pack = write_exercises(tmp_path, files={key: code for key, code in files.items() if code is not None})
    (fault,) = pack.load("2.1").faults
    assert fault.file.endswith(file)
    assert says in fault.message


def test_an_exercise_s_id_is_unique_in_the_course(tmp_path: Path) -> None:
    """A learner's files stand in one folder: two exercises of one name would share a file."""
    pack = write_exercises(tmp_path)
    other = tmp_path / "2.2.md"
    other.write_text(LESSON.replace('"2.1"', '"2.2"').replace('id = "exercises"', 'id = "more"'), "utf-8")
    both = type(pack)(tmp_path, (*pack.files, other), brings_code=True).load_all()
    (fault,) = both[1].faults
    assert "2.1-exercises.md:16 already" in fault.message


def test_a_forgotten_folder_of_code_is_told(tmp_path: Path) -> None:
    """Code that no step asks for is reported, so that a renamed exercise leaves nothing behind."""
    pack = write_exercises(tmp_path)
    (tmp_path / "exercises" / "gone").mkdir()
    (fault,) = pack.load_all()[-1].faults
    assert "No lesson has an exercise `gone`" in fault.message
