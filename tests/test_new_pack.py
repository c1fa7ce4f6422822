"""`flask-http-tutor new`: a pack that holds, and teaches how the next one is written."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.command import Outcome, flask_http_tutor
from tests.terminal import Terminal
from tutor.course.model import QuestionKind
from tutor.course.pack import open_pack


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A new pack, in a folder whose name needs quotes."""
    folder = tmp_path / "my pack"
    assert flask_http_tutor("new", str(folder), home=tmp_path).code == 0
    return folder


def test_a_new_pack_passes_every_check(written: Path, tmp_path: Path) -> None:
    """What `new` writes, `check` proves, with nothing skipped."""
    outcome = flask_http_tutor("check", str(written), "--strict", "--format", "json", home=tmp_path)
    assert outcome.code == 0, outcome
    summary = json.loads(outcome.out)["summary"]
    assert summary["passed"] > 20
    assert summary["skipped"] == 0


def test_the_commands_that_it_names_work_as_they_stand(tmp_path: Path) -> None:
    """The first of the commands under the answer can be pasted into a shell."""
    import shlex

    outcome = flask_http_tutor("new", str(tmp_path / "my pack"), home=tmp_path)
    [command] = re.findall(r"^  flask-http-tutor (check .*?)   ", outcome.out, re.MULTILINE)
    assert flask_http_tutor(*shlex.split(command), home=tmp_path).code == 0


def test_the_lesson_shows_the_kinds_of_question(written: Path) -> None:
    """One lesson, with at least five kinds of question, and a prediction among them."""
    [parsed] = open_pack(written).load_all()
    assert parsed.lesson is not None
    questions = [question for step in parsed.lesson.steps for question in step.questions]
    assert len({question.kind for question in questions} - {QuestionKind.EXERCISE}) >= 5
    assert any(question.prediction for question in questions)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def one_line_with_2(outcome: Outcome, words: str) -> None:
    assert outcome.code == 2
    assert outcome.out == ""
    assert words in outcome.err
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize("name", ["README.md", "1.1-first-lesson.md"])
def test_no_file_is_written_over(name: str, tmp_path: Path) -> None:
    """Where one of the files is there already, nothing is written, and the message names it."""
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / name).write_text("mine", "utf-8")
    outcome = flask_http_tutor("new", str(tmp_path / "pack"), home=tmp_path)
    one_line_with_2(outcome, f"{name} is there already")
    assert contents(tmp_path / "pack") == {name: b"mine"}


def test_a_folder_with_other_files_is_taken(tmp_path: Path) -> None:
    """A folder of one's own, such as a fresh repository, keeps what it holds."""
    (tmp_path / "LICENSE").write_text("mine", "utf-8")
    assert flask_http_tutor("new", ".", home=tmp_path / "home", cwd=tmp_path).code == 0
    assert contents(tmp_path)["LICENSE"] == b"mine"
    assert len(contents(tmp_path)) == 3


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    """A name that a file has is refused in one line."""
    (tmp_path / "taken").write_text("mine", "utf-8")
    one_line_with_2(flask_http_tutor("new", str(tmp_path / "taken"), home=tmp_path), "cannot be written")


def test_a_learner_takes_the_new_lesson(written: Path, tmp_path: Path) -> None:
    """`--pack` plays it: its first step asks before it shows."""
    with Terminal("--pack", str(written), "1.1.1", home=tmp_path) as terminal:
        terminal.wait_for("Enter: go on ▸")
        terminal.press("\r")
        terminal.wait_for("a–c ▸")
        assert "Which Content-Type comes" in terminal.transcript


@pytest.mark.parametrize("wishes", [(), ("--plain",)])
def test_a_lesson_of_no_section_is_told_and_no_traceback(
    wishes: tuple[str, ...], written: Path, tmp_path: Path
) -> None:
    """A lesson whose section the sandbox does not have ends in one line that names the file."""
    file = written / "1.1-first-lesson.md"
    file.write_text(file.read_text("utf-8").replace('section = "2.1"', 'section = "9.9"'), "utf-8")
    with Terminal("--pack", str(written), "1.1.1", *wishes, home=tmp_path) as terminal:
        assert terminal.ended() == 2
        assert "1.1-first-lesson.md: the sandbox cannot answer" in terminal.transcript.replace("\n", "")
        assert "Traceback" not in terminal.transcript
