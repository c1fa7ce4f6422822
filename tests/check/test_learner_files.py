"""`check --exercises`: a learner's files graded as in the terminal, and none of them harms another."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from tests.command import ROOT, flask_http_tutor
from tests.exercise_pack import APP, FILES, LESSON, write_exercises
from tests.workshop.zoo import ZOO, Animal
from tutor.check.json_report import json_report
from tutor.check.learner_files import MOST_FILES, grade_learner_files
from tutor.check.report import Check, CheckStatus, Report
from tutor.check.text import text_report
from tutor.course.model import ExchangeBlock, ExerciseFiles, Question
from tutor.course.pack import open_pack
from tutor.environment import Environment
from tutor.errors import ExitCode, UsageError
from tutor.grading.verdict import Grade
from tutor.learner.progress import Progress
from tutor.play.bench import Bench
from tutor.play.conversation import Conversation, Moved
from tutor.play.exercise import ExercisePlayer
from tutor.screen.output import Output

SECOND = "## Greet" + LESSON.partition("## Greet")[2].replace("{#greet-step}", "{#second-step}").replace(
    "{#greet}", "{#second}"
).replace("of=greet", "of=second")


def grade(folder: Path, files: dict[str, str | bytes], *, second: str = SECOND) -> Report:
    """Grade files against a lesson of two exercises, `greet` and `second`."""
    lesson = folder / "lesson"
    pack = write_exercises(lesson, lesson=LESSON + "\n" + second)
    code = lesson / "exercises" / "second"
    code.mkdir()
    for name, text in FILES.items():
        (code / f"{name}.py").write_text(text, "utf-8")
    mine = folder / "mine"
    mine.mkdir()
    for name, content in files.items():
        (mine / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return grade_learner_files(pack.load_all(), mine)


def of(report: Report, exercise: str) -> list[Check]:
    return [check for check in report.checks if check.id.split("/")[2] == exercise]


def statuses(report: Report, exercise: str) -> list[CheckStatus]:
    return [check.status for check in of(report, exercise)]


PASSED, FAILED = CheckStatus.PASSED, CheckStatus.FAILED


def test_a_known_mistake_is_told_in_the_readers_language(tmp_path: Path) -> None:
    """With --lang zh-CN a mistake's feedback and the lesson's title are the Chinese lesson's."""
    files = ROOT / "lessons" / "exercises" / "thirteen-bytes"
    (tmp_path / "thirteen-bytes.py").write_bytes((files / "wrong-no-comma.py").read_bytes())
    command = ("--lang", "zh-CN", "check", "--exercises", str(tmp_path), "2.1.7")
    told = flask_http_tutor(*command, home=tmp_path / "home").out
    lesson = open_pack().in_language("zh-CN").load("2.1").lesson
    assert lesson is not None
    [exercise] = next(step for step in lesson.steps if step.number == "2.1.7").exercises
    [feedback] = [wrong.feedback for wrong in exercise.wrong if wrong.key == "no-comma"]
    assert f"thirteen-bytes.py:1: {feedback}" in told
    assert f"2.1  {lesson.title}" in told
    assert "； " not in told


def test_each_probe_is_a_check_worth_its_points(tmp_path: Path) -> None:
    """A check for each probe, on the learner's file, with what it is worth."""
    report = grade(tmp_path, {"greet.py": APP, "second.py": FILES["starter"]})
    assert [(check.id, check.status, check.points) for check in report.checks] == [
        ("2.1/greet-step/greet/plain", PASSED, 1),
        ("2.1/greet-step/greet/named", PASSED, 3),
        ("2.1/second-step/second/plain", FAILED, 1),
        ("2.1/second-step/second/named", FAILED, 3),
    ]
    assert {check.file for check in of(report, "greet")} == {str(tmp_path / "mine" / "greet.py")}
    assert report.exit_code is ExitCode.FAILED
    assert b'"points": 3' in json_report(report)


def test_a_known_mistake_is_told_with_the_bytes(tmp_path: Path) -> None:
    """The report says what the terminal says: the feedback, expected, actual and the evidence."""
    report = grade(tmp_path, {"greet.py": FILES["wrong-shouted"], "second.py": APP})
    (plain, named) = of(report, "greet")
    assert plain.message.startswith("Capitals are other bytes.")
    assert (named.expected, named.actual) == ('body "Hello, Grey!"', 'body "HELLO, GREY!"')
    assert "HELLO, GREY!" in named.evidence


def test_a_missing_file_fails_unless_its_step_is_deeper(tmp_path: Path) -> None:
    """What the lesson asks for must be there; what it offers may be passed over."""
    deeper = SECOND.replace("{#second-step}", "{#second-step deeper}")
    report = grade(tmp_path, {}, second=deeper)
    assert statuses(report, "greet") == [FAILED, FAILED]
    assert statuses(report, "second") == [CheckStatus.SKIPPED] * 2
    assert "There is no file" in report.checks[0].message


def test_a_file_may_use_modules_and_templates_of_its_folder(tmp_path: Path) -> None:
    """The whole folder is there when a file runs."""
    code = APP.replace("app = Flask", "from words import HELLO\n\napp = Flask").replace(
        '"Hello, {n', '"{HELLO}, {n'
    )
    report = grade(tmp_path, {"greet.py": code, "second.py": APP, "words.py": 'HELLO = "Hello"\n'})
    assert statuses(report, "greet") == [PASSED, PASSED]


@pytest.mark.parametrize("animal", ZOO, ids=lambda animal: animal.name)
def test_a_broken_file_harms_no_other(tmp_path: Path, animal: Animal) -> None:
    """Whatever one file does, it fails by itself, is told, and the next one is graded."""
    report = grade(tmp_path, {"greet.py": animal.code, "second.py": APP})
    assert set(statuses(report, "greet")) == {FAILED}
    assert statuses(report, "second") == [PASSED, PASSED]
    told = "\n".join(
        [*(check.message for check in of(report, "greet")), *(check.actual for check in report.checks)]
    )
    assert animal.says.replace("me.py", "greet.py") in told


def test_a_file_that_deletes_its_folder_harms_no_other(tmp_path: Path) -> None:
    """Each file runs in a copy: the learner's folder and the other results stay."""
    code = "import os, shutil\nshutil.rmtree(os.path.dirname(os.path.abspath(__file__)))\n" + APP
    report = grade(tmp_path, {"greet.py": code, "second.py": APP})
    assert statuses(report, "second") == [PASSED, PASSED]
    assert (tmp_path / "mine" / "greet.py").read_text("utf-8") == code


def test_what_a_file_prints_is_no_line_of_the_report(tmp_path: Path) -> None:
    """A file cannot forge a passed check, nor a command to the runner of a job."""
    forged = "2.1/greet-step/greet/plain passed\n::error::forged\n"
    body = APP.replace('return f"Hello, {name}!"', f"return {forged!r}")
    code = f"import sys\nprint({forged!r}, flush=True)\nprint({forged!r}, file=sys.stderr)\n{body}"
    report = grade(tmp_path, {"greet.py": code, "second.py": APP})
    assert statuses(report, "greet") == [FAILED, FAILED]
    lines = text_report(report).splitlines()
    assert not [line for line in lines if line.lstrip().startswith(("::", "2.1/greet-step"))]
    json.loads(json_report(report))


def test_pipes_and_environments_in_the_folder_are_passed_over(tmp_path: Path) -> None:
    """What is no file of the learner's is neither waited for nor copied."""
    mine = tmp_path / "mine"
    mine.mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(mine / "pipe.py")
    (mine / "venv" / "lib").mkdir(parents=True)
    (mine / "venv" / "pyvenv.cfg").write_text("", "utf-8")
    for number in range(MOST_FILES + 1):
        (mine / "venv" / "lib" / f"{number}.py").touch()
    (mine / "greet.py").write_text(APP, "utf-8")
    report = grade_learner_files(write_exercises(tmp_path / "lesson").load_all(), mine)
    assert statuses(report, "greet") == [PASSED, PASSED]


def test_a_folder_of_other_things_is_refused(tmp_path: Path) -> None:
    """A home folder given by mistake is not copied for each exercise."""
    mine = tmp_path / "mine"
    mine.mkdir()
    for number in range(MOST_FILES + 1):
        (mine / f"{number}.txt").touch()
    with pytest.raises(UsageError, match="more than exercise files"):
        grade_learner_files(write_exercises(tmp_path / "lesson").load_all(), mine)


def test_the_command_grades_what_is_chosen(tmp_path: Path) -> None:
    """TARGET chooses lessons and steps, and the exit code says whether all of it passes."""
    code = ROOT / "lessons" / "exercises"
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thirteen-bytes.py").write_bytes((code / "thirteen-bytes" / "solution.py").read_bytes())
    arguments = ("check", "--exercises", str(mine))
    assert flask_http_tutor(*arguments, "2.1.7", home=tmp_path).code == 0
    whole = flask_http_tutor(*arguments, "2.1", "--format", "json", home=tmp_path)
    assert whole.code == 1
    found = {check["id"]: check["status"] for check in json.loads(whole.out)["lessons"][0]["checks"]}
    assert found["2.1/thirteen-bytes-step/thirteen-bytes/hello"] == "passed"
    assert found["2.1/read-and-write-step/read-and-write/reading"] == "failed"
    none = flask_http_tutor(*arguments, "2.1.1", home=tmp_path)
    assert (none.code, "no exercise" in none.err) == (2, True)
    assert flask_http_tutor("check", "--exercises", str(tmp_path / "nowhere"), home=tmp_path).code == 2


def test_many_may_be_graded_side_by_side(tmp_path: Path) -> None:
    """Several gradings at the same time share no port, file or folder."""
    code = ROOT / "lessons" / "exercises"
    started = []
    for number in range(6):
        mine = tmp_path / f"learner-{number}"
        mine.mkdir()
        which = "solution" if number % 2 else "starter"
        for name in ("thirteen-bytes", "read-and-write"):
            (mine / f"{name}.py").write_bytes((code / name / f"{which}.py").read_bytes())
        command = [sys.executable, "-m", "tutor", "check", "--exercises", str(mine), "2.1"]
        started.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL))
    assert [each.wait(100) for each in started] == [1, 0, 1, 0, 1, 0]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
def test_ctrl_c_ends_the_grading(tmp_path: Path) -> None:
    """A grading that hangs ends at once when it is told to."""
    mine = tmp_path / "mine"
    mine.mkdir()
    marker = tmp_path / "began"
    code = f"open({str(marker)!r}, 'w').close()\nwhile True: pass\n"
    (mine / "thirteen-bytes.py").write_text(code, "utf-8")
    command = [sys.executable, "-m", "tutor", "check", "--exercises", str(mine), "2.1.7"]
    grading = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while not marker.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    grading.send_signal(signal.SIGINT)
    _out, err = grading.communicate(timeout=30)
    assert (grading.returncode, err.strip()) == (130, b"")


# The same verdict in the terminal


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class OneRun:
    """A learner who saves once, runs once and leaves."""

    def __init__(self) -> None:
        self.asked = 0

    def read(self, _label: object, _bar: Sequence[str], *_more: object) -> str:
        self.asked += 1
        return "" if self.asked == 1 else ":q"

    def edit(self, *_given: object) -> str:
        return ""


def verdict_in_the_terminal(
    exercise: Question, probes: tuple[ExchangeBlock, ...], files: ExerciseFiles, code: str, folder: Path
) -> Grade | None:
    """What playing the exercise records for a file."""
    out = Output(Terminal(), {"COLUMNS": "80", "LINES": "24", "TERM": "xterm"})
    env = Environment(out=out, err=out, stdin=out.stream, variables={})
    folder.mkdir()
    (folder / f"{exercise.id}.py").write_text(code, "utf-8")
    recorded: list[Grade] = []
    player = ExercisePlayer(
        Conversation(env, OneRun()),
        exercise,
        probes,
        files,
        Bench(Progress(folder), folder),
        record=lambda _word, given: recorded.append(given),
        number=lambda _exchanges: None,
    )
    with suppress(Moved):
        player.play([])
    return recorded[0] if recorded else None


EXERCISES = [
    (lesson, step, exercise)
    for lesson in (parsed.lesson for parsed in open_pack().load_all())
    if lesson is not None
    for step in lesson.steps
    for exercise in step.exercises
]


@pytest.mark.parametrize("place", range(len(EXERCISES)), ids=[each[2].id for each in EXERCISES])
def test_a_file_gets_one_verdict_wherever_it_is_graded(tmp_path: Path, place: int) -> None:
    """Solution, starter and each mistake of the course are graded alike in the terminal and by `check`."""
    lesson, step, exercise = EXERCISES[place]
    files = lesson.files_of(exercise.id)
    # A remark makes the starter a file that was edited.
    code = {"solution": files.solution.text, "starter": files.starter.text + "# mine\n"}
    code |= {key: file.text for key, file in files.wrong}
    in_check, in_terminal = {}, {}
    parsed = [
        each for each in open_pack().load_all() if each.lesson is not None and each.lesson.id == lesson.id
    ]
    address = open_pack().find(step.number)
    for name, text in code.items():
        mine = tmp_path / name
        mine.mkdir()
        (mine / f"{exercise.id}.py").write_text(text, "utf-8")
        passes = grade_learner_files(parsed, mine, [address]).exit_code is ExitCode.OK
        in_check[name] = Grade.RIGHT if passes else Grade.WRONG
        in_terminal[name] = verdict_in_the_terminal(
            exercise, step.probes(exercise.id), files, text, tmp_path / f"{name}-terminal"
        )
    assert in_terminal == in_check
    assert in_check.pop("solution") is Grade.RIGHT
    assert set(in_check.values()) == {Grade.WRONG}
