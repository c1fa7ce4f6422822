"""`flask-http-tutor notes`: what stands in a notebook, and what does not yet."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import ROOT, flask_http_tutor
from tests.notes.learner import NOON, answer, finish, lesson_of, typed
from tests.play.sample_pack import write_pack
from tests.test_cli import wait_until_it_serves
from tutor.course.model import Lesson, Question, Step
from tutor.course.pack import open_pack
from tutor.learner.progress import Progress, StepStatus


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack with one question of each kind."""
    return write_pack(tmp_path / "pack")


@pytest.fixture
def lesson(pack: Path) -> Lesson:
    return lesson_of(open_pack(pack), "2.1")


def asked(lesson: Lesson, step_id: str, question_id: str) -> tuple[Step, Question]:
    step = next(step for step in lesson.steps if step.id == step_id)
    return step, next(question for question in step.questions if question.id == question_id)


def test_an_empty_notebook_says_how_to_start(home: Path) -> None:
    """Without progress there is one line, exit code 0, and no file comes to be."""
    outcome = flask_http_tutor("notes", home=home)
    assert outcome.code == 0
    assert outcome.out == "Your notebook is empty; it fills as you learn. Start with: flask-http-tutor\n"
    assert outcome.err == ""
    assert not home.exists()


def test_a_lesson_that_was_not_begun_says_so(home: Path, pack: Path, lesson: Lesson) -> None:
    """A step or lesson can be asked for by its number; one without progress says how to start it."""
    finish(home, lesson, "choose")
    outcome = flask_http_tutor("notes", "2.1.3", "--pack", str(pack), home=home)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == "Nothing of 2.1.3 is in your notebook yet. Start it with: flask-http-tutor 2.1.3\n"
    assert flask_http_tutor("notes", "2.9", "--pack", str(pack), home=home).code == 2


def test_a_done_step_stands_there_whole(home: Path, pack: Path, lesson: Lesson) -> None:
    """Bytes with their line ends, Flask's side, each answer and what was said to it, the takeaway."""
    step, question = asked(lesson, "choose", "status")
    answer(home, lesson, step, question, "found")
    finish(home, lesson, "choose")
    outcome = flask_http_tutor("notes", "--pack", str(pack), home=home)
    assert (outcome.code, outcome.err) == (0, "")
    text = outcome.out
    assert "2.1.1  Choose   (done)\n" in text
    assert "GET /hello HTTP/1.1 [CRLF]\n" in text
    assert "HTTP/1.1 200 OK [CRLF]\n" in text
    assert "\nHello, Flask!\nFlask: rule /hello, view hello(), status 200" in text
    assert "Which status came back?\n  a) " in text
    assert "Answer 1 (off): 302 FOUND. 302 sends you elsewhere.\n" in text
    assert "Answer 2 (right): 200 OK.\nWhy: All went well.\n" in text
    assert "In short: The status line tells what became of the request.\n" in text
    assert "Sort" not in text


def test_a_guess_stands_before_its_exchange(home: Path, pack: Path, lesson: Lesson) -> None:
    """A prediction that was off is told with what came, and the exchange follows it."""
    step, question = asked(lesson, "guess", "predicted")
    answer(home, lesson, step, question, "fine")
    text = flask_http_tutor("notes", "--pack", str(pack), home=home).out
    guess = text.index("You guessed (off): `200`. 200 needs a view that answers.")
    assert guess < text.index("Right: `404`. No rule fits the address.") < text.index("GET /nope HTTP/1.1")


def test_what_is_still_open_is_not_given_away(home: Path, pack: Path, lesson: Lesson) -> None:
    """Of a step that is not done there is what comes before its first open question, without the answer."""
    step, question = asked(lesson, "guess", "predicted")
    answer(home, lesson, step, question)
    step, question = asked(lesson, "guess", "several")
    answer(home, lesson, step, question, "allow")
    text = flask_http_tutor("notes", "--pack", str(pack), home=home).out
    assert "2.1.2  Guess   (begun)\n" in text
    assert "Which fields does the response have?" in text
    assert "Still open: The right answer stands here once you have found it." in text
    assert "Which method was sent?" not in text
    assert "In short" not in text


def test_a_skipped_prediction_does_not_fire(home: Path, pack: Path, lesson: Lesson) -> None:
    """A step that was skipped before its guess is named, and its exchange is not shown."""
    step, _question = asked(lesson, "guess", "predicted")
    with Progress(home) as progress:
        progress.mark_step(lesson.id, step, StepStatus.SKIPPED, at=NOON)
    text = flask_http_tutor("notes", "--pack", str(pack), home=home).out
    assert "2.1.2  Guess   (skipped)\n" in text
    assert "/nope" not in text


def test_the_learner_s_own_request_is_fired_too(home: Path, pack: Path, lesson: Lesson) -> None:
    """A request of the learner's own that reached the goal is there with its exchange."""
    finish(home, lesson, "sort")
    step, question = asked(lesson, "sort", "craft")
    typed(home, lesson, step, question, "GET /hello?name=Ann X-Mine:1", "right")
    text = flask_http_tutor("notes", "--pack", str(pack), home=home).out
    assert "Answer 2 (right): `GET /hello?name=Ann X-Mine:1`." in text
    assert "X-Mine: 1 [CRLF]" in text
    assert "Hello, Ann!" in text


def test_letters_of_an_earlier_version_stay_letters(home: Path, pack: Path, lesson: Lesson) -> None:
    """Where the step has changed since, a letter is not read as an option that it may not have meant."""
    finish(home, lesson, "choose")
    file = pack / "every-kind.md"
    file.write_text(file.read_text("utf-8").replace("All went well.", "All is well."), "utf-8")
    text = flask_http_tutor("notes", "--pack", str(pack), home=home).out
    assert "(done, changed since)" in text
    [line] = [line for line in text.splitlines() if line.startswith("You answered (right): ")]
    assert len(line.removeprefix("You answered (right): ")) == len("`a`.")


def test_what_was_typed_is_shown_as_it_was(home: Path, pack: Path, lesson: Lesson) -> None:
    """Markup and control characters of an answer are text: nothing of them reaches the terminal."""
    step, question = asked(lesson, "guess", "predicted")
    answer(home, lesson, step, question)
    step, question = asked(lesson, "guess", "method")
    for text in ("**POST** <b>`x`</b>\x1b[31m", "``` `` `", "two\nlines ```\nof it"):
        typed(home, lesson, step, question, text, "wrong")
    several = asked(lesson, "guess", "several")
    answer(home, lesson, *several)
    shown = flask_http_tutor("notes", "--pack", str(pack), home=home).out
    assert "Answer 1 (off): **POST** <b>`x`</b>[ESC][31m." in shown
    assert "Answer 2 (off): ``` `` `." in shown
    assert "two\n" in shown
    assert "lines ```\n" in shown


def test_an_exercise_has_a_solution_and_no_probes(home: Path) -> None:
    """Of an exercise that is done the notebook has a solution; its probes are not fired."""
    course = lesson_of(open_pack(), "2.1")
    step = next(step for step in course.steps if step.exercises)
    finish(home, course, step.id)
    typed(home, course, step, step.exercises[0], "1/3", "wrong")
    text = flask_http_tutor("notes", step.number, home=home).out
    assert "(off): 1 of 3 probes passed." in text
    assert "One solution:\n" in text
    assert "app = Flask(__name__)" in text
    assert "Request:" not in text


def test_a_notebook_is_in_the_readers_language(home: Path) -> None:
    """With --lang zh-CN, titles, questions, feedback and takeaways are the Chinese lesson's."""
    course = lesson_of(open_pack(), "2.1")
    step = course.steps[0]
    finish(home, course, step.id)
    answer(home, course, step, step.questions[0], step.questions[0].wrong[0].key)
    chinese = lesson_of(open_pack().in_language("zh-CN"), "2.1").steps[0]
    text = flask_http_tutor("--lang", "zh-CN", "notes", "--full", home=home).out
    flat = text.replace("\n", "")
    assert f"2.1.1  {chinese.title}" in text
    assert chinese.questions[0].wrong[0].feedback.split("`")[0] in flat
    assert chinese.takeaway in flat
    assert step.title not in text
    assert "。 " not in text


def test_what_was_answered_from_memory_is_there(home: Path) -> None:
    """A variant of the recall pool that was answered stands behind its lesson's steps."""
    course = lesson_of(open_pack(), "2.1")
    variant = course.pool[0]
    answer(home, course, variant, variant.questions[0])
    text = flask_http_tutor("notes", home=home).out
    assert f"{variant.title}   (from memory)" in text
    assert "(right)" in text


def test_ctrl_c_ends_it_and_writes_nothing(home: Path, tmp_path: Path) -> None:
    """Ctrl-C while exchanges are fired ends with 130, and no page comes to be."""
    for number in ("2.4", "2.5"):
        finish(home, lesson_of(open_pack(), number))
    page = tmp_path / "notes.html"
    process = subprocess.Popen(
        [sys.executable, "-m", "tutor", "notes", "--html", str(page)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "FLASK_HTTP_TUTOR_HOME": str(home)},
    )
    wait_until_it_serves(process.pid)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, ""), err
    assert "Traceback" not in err
    assert list(tmp_path.glob("*.html*")) == []
    assert list(tmp_path.glob(".notes*")) == []
