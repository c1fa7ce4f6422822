"""`check` on scratch packs: what is well passes, and each kind of seeded fault is found and named."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from tests.check.lesson import LESSON, check, line_of, make_app, not_passed, spoiled
from tutor.check import workers as workers_module
from tutor.check.report import CheckKind, CheckStatus
from tutor.check.run import run
from tutor.course.pack import open_pack
from tutor.errors import ExitCode, SandboxError, UsageError

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Seeded:
    """One fault put into the lesson, and the check that must find it."""

    name: str
    old: str
    new: str
    kind: CheckKind
    check_id: str
    line_of: str
    """The line that must be named begins with this."""
    words: tuple[str, ...] = ()
    """What message, expected and actual must say."""
    exit_code: ExitCode | None = ExitCode.FAILED
    """None: any but 0."""


CRAFTED = LESSON[LESSON.index('answer = "GET /hello?name=Li"') : LESSON.index("[feedback]\nunnamed")]

SEEDED = (
    Seeded(
        "a wrong status in expect",
        "status = 200\nheaders.Content-Type",
        "status = 404\nheaders.Content-Type",
        CheckKind.EXCHANGE,
        "2.1/first/hello",
        "status = 404",
        ("404", "200"),
    ),
    Seeded(
        "a wrong field in expect",
        'headers.Content-Type = "text/html; charset=utf-8"',
        'headers.Content-Type = "text/plain"',
        CheckKind.EXCHANGE,
        "2.1/first/hello",
        "headers.Content-Type",
        ("text/plain", "text/html; charset=utf-8"),
    ),
    Seeded(
        "a view that fails",
        "```http {#hello}",
        "```http {#hello app=broken}",
        CheckKind.EXCHANGE,
        "2.1/first/hello",
        "status = 200\nheaders.Content-Type",
        ("500",),
    ),
    Seeded(
        "a key moved to another existing choice, its feedback too",
        'answer = "ok"\nhints = ["Read the first line."]\nrepeat = ["hello.response.status"]\n[choices]\n'
        'ok = "200 OK"\nfound = "302 FOUND"\n[feedback]\nfound =',
        'answer = "found"\nhints = ["Read the first line."]\nrepeat = ["hello.response.status"]\n[choices]\n'
        'ok = "200 OK"\nfound = "302 FOUND"\n[feedback]\nok =',
        CheckKind.PROOF,
        "2.1/first/status/proof",
        'answer = "found"',
        ("302", "200"),
    ),
    Seeded(
        "a key moved to another existing choice",
        'answer = "ok"',
        'answer = "found"',
        CheckKind.LINT,
        "",
        'found = "302 needs a Location field."',
        ("found", "right answer"),
        None,
    ),
    Seeded(
        "another choice's claim that holds too",
        "[proof.found]\nstatus = 302",
        "[proof.found]\nstatus = { min = 200 }",
        CheckKind.PROOF,
        "2.1/first/status/proof",
        "status = { min = 200 }",
        ("found",),
    ),
    Seeded(
        "a number that the exchange does not have",
        "answer = 12",
        "answer = 13",
        CheckKind.PROOF,
        "2.1/first/length/proof",
        'proof = "hello.response.headers.Content-Length"',
        ("13", "12"),
    ),
    Seeded(
        "an order that the exchange does not have",
        'answer = ["before_request", "view", "after_request"]',
        'answer = ["view", "before_request", "after_request"]',
        CheckKind.PROOF,
        "2.1/second/places/proof",
        'proof = "tagged.flask.order"',
        ("before_request, then view, then after_request",),
    ),
    Seeded(
        "a proof path without a value",
        'proof = "hello.response.body"',
        'proof = "hello.response.headers.ETag"',
        CheckKind.PROOF,
        "2.1/first/greeting/proof",
        'proof = "hello.response.headers.ETag"',
        ("ETag",),
    ),
    Seeded(
        "an accepted spelling that is not accepted",
        'accept = ["Hello Grey"]',
        f'accept = ["Hello Grey", "{"x" * 201}"]',
        CheckKind.ANSWER,
        "2.1/first/greeting/answer",
        "accept",
        ("At most 200 characters",),
    ),
    Seeded(
        "a declared wrong answer that is accepted",
        'stranger = ["Hello, Flask!", "Hello!"]',
        'stranger = ["Hello, Flask!", "Hello Grey"]',
        CheckKind.WRONG_ANSWER,
        "2.1/first/greeting/wrong-answer-stranger",
        "stranger = [",
        ("Hello Grey", "accepted"),
    ),
    Seeded(
        "a wrong choice that reads like the right one",
        'found = "302 FOUND"',
        'found = "`200 OK`"',
        CheckKind.ANSWER,
        "2.1/first/status/answer",
        'answer = "ok"',
        ("200 OK",),
    ),
    Seeded(
        "an unknown view in source",
        'view = "hello"',
        'view = "helo"',
        CheckKind.LINT,
        "2.1/first/source/helo",
        "```source",
        ("helo", "hello"),
    ),
    Seeded(
        "a configuration that the sandbox has not",
        "```http {#hello}",
        "```http {#hello app=nope}",
        CheckKind.LINT,
        "2.1/first/app/nope",
        "```http {#hello app=nope}",
        ("nope", "known is broken"),
    ),
    Seeded(
        "a model request that misses its goal",
        'answer = "GET /hello?name=Li"',
        'answer = "GET /hello?name=Bo"',
        CheckKind.REQUEST,
        "2.1/first/crafted/request",
        'answer = "GET /hello?name=Bo"',
        ("Li", "Bo"),
    ),
    Seeded(
        "a message to begin with that meets the goal",
        CRAFTED,
        'start = "GET /hello?name=Li HTTP/1.1\\n\\n"\n'
        + CRAFTED.replace('?name=Li"', '?name=Li HTTP/1.1\\n\\n"').replace('hello"', 'hello HTTP/1.1\\n\\n"'),
        CheckKind.WRONG_ANSWER,
        "2.1/first/crafted/start",
        "start = ",
        ("meets the goal as it stands",),
    ),
    Seeded(
        "a near miss that meets the goal",
        'unnamed = "GET /hello"',
        'unnamed = "GET /hello?x=1&name=Li"',
        CheckKind.WRONG_ANSWER,
        "2.1/first/crafted/wrong-answer-unnamed",
        "unnamed = ",
        ("GET /hello?x=1&name=Li",),
    ),
    Seeded(
        "an inserted value that is not there",
        "{{tagged.response.headers.ETag}}",
        "{{tagged.response.headers.Etga}}",
        CheckKind.EXCHANGE,
        "2.1/second/again",
        "X-Tag: {{",
        ("Etga",),
    ),
    Seeded(
        "a line to print again that is not there",
        'repeat = ["hello.response.status"]',
        'repeat = ["hello.response.headers.ETag"]',
        CheckKind.LINT,
        "2.1/first/status/repeat",
        "repeat",
        ("hello.response.headers.ETag",),
    ),
    Seeded(
        "a wrong key in the recall pool",
        "answer = 404",
        "answer = 403",
        CheckKind.PROOF,
        "2.1/variant/missing/proof",
        'proof = "nowhere.response.status"',
        ("403", "404"),
    ),
    Seeded(
        "a wrong choice without feedback",
        '[feedback]\nfound = "302 needs a Location field."\n',
        "",
        CheckKind.LINT,
        "2.1/first/status/lint",
        "found = ",
        ("found", "feedback"),
    ),
    Seeded(
        "a block that is no TOML",
        'view = "hello"',
        'view = "hello',
        CheckKind.LINT,
        "",
        'view = "hello',
        (),
        ExitCode.USAGE,
    ),
    Seeded(
        "an id used twice",
        "{#greeting}",
        "{#status}",
        CheckKind.LINT,
        "",
        "",
        ("status",),
        ExitCode.USAGE,
    ),
    Seeded(
        "a key that there is not",
        "[proof.ok]",
        "[prof.ok]",
        CheckKind.LINT,
        "",
        "[prof.ok]",
        ("prof",),
        ExitCode.USAGE,
    ),
)


def test_a_sound_lesson_passes(tmp_path: Path) -> None:
    """Every check of a sound lesson passes, with each promised kind among them, and the exit code is 0."""
    report = check(tmp_path, LESSON)
    assert not_passed(report) == []
    assert report.exit_code is ExitCode.OK
    kinds = {each.kind for each in report.checks}
    assert kinds == set(CheckKind) - {CheckKind.EXERCISE, CheckKind.TRANSLATION}
    assert [(lesson.number, lesson.id, lesson.title) for lesson in report.lessons] == [
        ("2.1", "scratch", "A scratch lesson")
    ]


def test_every_question_gives_its_checks(tmp_path: Path) -> None:
    """A question gives one answer check, one for each wrong answer and the empty one, and one proof."""
    checks = check(tmp_path, LESSON).checks
    of_status = {each.id: each.kind for each in checks if each.id.startswith("2.1/first/status/")}
    assert of_status == {
        "2.1/first/status/answer": CheckKind.ANSWER,
        "2.1/first/status/wrong-answer-found": CheckKind.WRONG_ANSWER,
        "2.1/first/status/empty-answer": CheckKind.WRONG_ANSWER,
        "2.1/first/status/proof": CheckKind.PROOF,
        "2.1/first/status/repeat": CheckKind.LINT,
    }
    of_crafted = [each.id.rpartition("/")[2] for each in checks if each.id.startswith("2.1/first/crafted/")]
    assert of_crafted == ["request", "answer", "wrong-answer-unnamed", "empty-answer"]


def test_ids_are_unique_and_the_same_in_every_run(tmp_path: Path) -> None:
    """Check ids name one check each, run after run, also where two blocks show the same code."""
    twice = spoiled(
        '```source\nview = "hello"\n```\n',
        '```source\nview = "hello"\n```\n\n```source\nview = "hello"\n```\n',
    )
    first = [each.id for each in check(tmp_path, twice).checks]
    second = [each.id for each in check(tmp_path, twice).checks]
    assert first == second
    assert len(set(first)) == len(first)
    assert "2.1/first/source/hello-2" in first


@pytest.mark.parametrize("seeded", SEEDED, ids=lambda seeded: seeded.name)
def test_a_seeded_fault_is_found_and_named(tmp_path: Path, seeded: Seeded) -> None:
    """Each kind of fault is found, with file, line and what was expected, and the exit code says so."""
    text = spoiled(seeded.old, seeded.new)
    report = check(tmp_path, text)
    failed = [each for each in report.checks if each.status is CheckStatus.FAILED]
    found = [each for each in failed if each.kind is seeded.kind and each.id.startswith(seeded.check_id)]
    assert all(Path(each.file).name == "lesson-1.md" and each.line > 0 for each in found)
    if seeded.line_of:
        found = [each for each in found if each.line == line_of(text, seeded.line_of)]
    said = ["\n".join((each.message, each.expected, each.actual)) for each in found]
    assert any(all(word in each for word in seeded.words) for each in said), failed
    assert report.exit_code is seeded.exit_code or (seeded.exit_code is None and report.exit_code)


def test_a_failed_expectation_shows_the_bytes(tmp_path: Path) -> None:
    """An exchange that is not as expected shows the field lines that it is about."""
    report = check(
        tmp_path, spoiled('headers.Content-Type = "text/html; charset=utf-8"', "headers.Content-Length = 5")
    )
    (told,) = not_passed(report)
    assert told.evidence[0].startswith("HTTP/1.1 200 OK")
    assert any(line.startswith("Content-Length: 12") for line in told.evidence)


def test_every_fault_is_reported_at_once(tmp_path: Path) -> None:
    """Faults in several steps, and several in one exchange, are all in one report."""
    text = spoiled("answer = 404", "answer = 403").replace("answer = 12", "answer = 13")
    text = text.replace(
        "status = 200\nheaders.Content-Type", "status = 404\nheaders.ETag = true\nheaders.Content-Type"
    )
    report = check(tmp_path, text)
    failed = {each.id: each for each in not_passed(report)}
    assert {"2.1/first/hello", "2.1/first/length/proof", "2.1/variant/missing/proof"} <= set(failed)
    message = failed["2.1/first/hello"].message
    assert f"line {line_of(text, 'status = 404')}" in message
    assert f"line {line_of(text, 'headers.ETag')}" in message


def test_a_lesson_that_cannot_be_read_does_not_hide_another(tmp_path: Path) -> None:
    """Beside a lesson that does not load, which has no number, id and title, the other is checked in full."""
    other = LESSON.replace('id = "scratch"', 'id = "other"').replace('number = "2.1"', 'number = "2.2"')
    report = check(tmp_path, spoiled('view = "hello"', 'view = "hello'), other)
    assert report.exit_code is ExitCode.USAGE
    broken, sound = report.lessons
    assert (broken.number, broken.id, broken.title) == (None, None, None)
    assert Path(broken.file).name == "lesson-1.md"
    assert sound.number == "2.2"
    assert all(each.status is CheckStatus.PASSED for each in sound.checks)
    assert len(sound.checks) > 20


def test_lessons_with_one_id_are_told(tmp_path: Path) -> None:
    """Two lesson files with one id are a fault of the pack."""
    report = check(tmp_path, LESSON, LESSON)
    assert any(each.kind is CheckKind.LINT and "scratch" in each.message for each in not_passed(report))
    assert len({each.id for each in report.checks}) == len(report.checks)


def test_what_depends_on_a_failure_is_skipped(tmp_path: Path) -> None:
    """A request, and a proof, that need an exchange which was not fired are skipped, with the reason."""
    report = check(tmp_path, spoiled("```http {#tagged}", "```http {#tagged app=nope}"))
    status = {each.id: each for each in report.checks}
    assert status["2.1/second/app/nope"].status is CheckStatus.FAILED
    for name in ("tagged", "again", "places/proof"):
        skipped = status[f"2.1/second/{name}"]
        assert skipped.status is CheckStatus.SKIPPED
        assert skipped.message
    assert status["2.1/second/places/answer"].status is CheckStatus.PASSED
    assert report.exit_code is ExitCode.FAILED


SOCKET = """```websocket {#socket}
target = "/ws?status={{hello.response.status}}"
frames = [
  { send = "text", data = "hi" },
  { expect = "text", data = "echo:hi" },
  { send = "close" },
  { expect = "close", data = "1000" },
]
```

```expect {of=socket}
status = 101
frames = 4
frame2.text = "echo:hi"
frame2.masked = false
```

```question {#first-byte}
kind = "text"
after = "socket"
prompt = "With which bytes does the answer begin?"
answer = "81 07 65 63 68 6f 3a 68 69"
hints = ["Look."]
repeat = ["socket.frame2.bytes"]
proof = "socket.frame2.bytes"
[wrong]
zero = "82"
[feedback]
zero = "82 is binary."
```

"""


def with_socket(old: str = "", new: str = "") -> str:
    """The lesson with a WebSocket behind its first request, and one thing changed in it."""
    assert not old or SOCKET.count(old) == 1, old
    return spoiled("```question {#status}", SOCKET.replace(old, new) + "```question {#status}")


def test_a_websocket_block_is_carried_out(tmp_path: Path) -> None:
    """A WebSocket is an exchange: its frames, expectations, questions and proofs are checked live."""
    report = check(tmp_path, with_socket())
    assert not_passed(report) == []
    ids = {each.id: each.kind for each in report.checks}
    assert ids["2.1/first/socket"] is CheckKind.EXCHANGE
    assert ids["2.1/first/first-byte/proof"] is CheckKind.PROOF


@pytest.mark.parametrize(
    ("old", "new", "check_id", "at", "words"),
    [
        (
            '{ expect = "text", data = "echo:hi" }',
            '{ expect = "text", data = "echo:ho" }',
            "socket",
            "```websocket",
            ('Frame 2 should be text "echo:ho"; text "echo:hi" came.', "server: 81 07 65"),
        ),
        ("/ws?", "/nowhere?", "socket", "status = 101", ("101", "404")),
        ("frames = 4", "frames = 5", "socket", "frames = 5", ("5", "4", "client: 81 82")),
        ('"hi" },', '"{{hello.response.headers.X}}" },', "socket", '  { send = "text"', ("no field X",)),
        (
            'answer = "81 07 65 63 68 6f 3a 68 69"',
            'answer = "82 07"',
            "first-byte/proof",
            "proof =",
            ("82 07", "81 07"),
        ),
    ],
)
def test_a_websocket_that_is_otherwise_fails(
    tmp_path: Path, old: str, new: str, check_id: str, at: str, words: tuple[str, ...]
) -> None:
    """A frame, an expectation or a key that the live WebSocket does not bear out is named with its line."""
    text = with_socket(old, new)
    (failed, *others) = not_passed(check(tmp_path, text))
    assert failed.id == f"2.1/first/{check_id}"
    assert failed.status is CheckStatus.FAILED
    start = text.index("```websocket")
    assert failed.line == line_of(text, "```websocket") + text[start : text.index(at, start)].count("\n")
    said = "\n".join((failed.message, failed.expected, failed.actual, *failed.evidence))
    for word in words:
        assert word in said
    assert all(other.id.startswith("2.1/first/") for other in others)


def test_a_refused_handshake_may_be_expected(tmp_path: Path) -> None:
    """Where the server opens no WebSocket, the expectations decide; without any, that is a failure."""
    refused = '```websocket {#refused}\ntarget = "/nowhere"\nframes = [{ expect = "text" }]\n```\n\n'
    expected = "```expect {of=refused}\nstatus = 404\nframes = 0\n```\n\n"
    report = check(tmp_path, spoiled("```question {#status}", refused + expected + "```question {#status}"))
    assert not_passed(report) == []
    (failed,) = not_passed(
        check(tmp_path, spoiled("```question {#status}", refused + "```question {#status}"))
    )
    assert "it answered 404 NOT FOUND" in failed.message


def test_a_websocket_without_its_app_is_skipped(tmp_path: Path) -> None:
    """A WebSocket in a configuration that the sandbox does not have is skipped, and so is what needs it."""
    report = check(tmp_path, with_socket("{#socket}", "{#socket app=other}"))
    found = {each.id: each.status for each in not_passed(report)}
    assert found["2.1/first/socket"] is CheckStatus.SKIPPED
    assert found["2.1/first/first-byte/proof"] is CheckStatus.SKIPPED
    assert found["2.1/first/app/other"] is CheckStatus.FAILED


def test_each_step_starts_afresh(tmp_path: Path) -> None:
    """The app of a step knows nothing of requests that another step, or another question, fired."""
    visits = "```http {#visits}\nGET /visits HTTP/1.1\n```\n\n```expect {of=visits}\njson.visits = 1\n```\n\n"
    text = spoiled("```http {#tagged}", visits + "```http {#tagged}")
    goal = 'answer = "GET /visits"\nhints = ["It counts."]\n[expect]\njson.visits = 2\n[wrong]'
    start, end = text.index('answer = "GET /hello?name=Li"'), text.index("[wrong]\nunnamed")
    text = text[:start] + goal + text[end + len("[wrong]") :]
    assert not_passed(check(tmp_path, text)) == []


def test_only_what_is_selected_is_checked(tmp_path: Path) -> None:
    """A step's number checks that step alone; a lesson's checks all of it, its recall pool too."""
    other = LESSON.replace('id = "scratch"', 'id = "other"').replace('number = "2.1"', 'number = "2.2"')
    steps = {each.id.split("/")[1] for each in check(tmp_path, LESSON, other, only=("2.1.2",)).checks}
    assert steps == {"lint", "second"}
    whole = check(tmp_path, LESSON, other, only=("2.2",))
    assert [lesson.number for lesson in whole.lessons] == ["2.2"]
    assert {each.id.split("/")[1] for each in whole.checks} == {"lint", "first", "second", "variant"}
    several = check(tmp_path, LESSON, other, only=("2.1.1", "2.1.2", "other"))
    assert [lesson.number for lesson in several.lessons] == ["2.1", "2.2"]
    assert {each.id.split("/")[1] for each in several.lessons[0].checks} == {"lint", "first", "second"}


def test_a_selection_that_matches_nothing_is_a_usage_error(tmp_path: Path) -> None:
    """A number that no lesson has ends as a usage error."""
    with pytest.raises(UsageError):
        check(tmp_path, LESSON, only=("9.9",))


def test_an_exception_inside_one_step_leaves_the_others(tmp_path: Path) -> None:
    """Where the tool breaks in one step, its text is in an error check, the run goes on, and 3 comes out."""
    made: list[Flask] = []

    def fragile(section: str, configuration: str) -> Flask:
        if configuration == "broken":
            made.append(make_app(section, configuration))
            if len(made) > 1:
                raise RuntimeError("the app fell over")
        return make_app(section, configuration)

    text = spoiled("## One request {#first}", "## One request {#first app=broken}").replace(
        "answer = 404", "answer = 403"
    )
    (tmp_path / "lesson.md").write_text(text, encoding="utf-8")
    report = run(open_pack(tmp_path).load_all(), make_app=fragile)
    told = {each.id: each for each in not_passed(report)}
    errors = [each for each in told.values() if each.status is CheckStatus.ERROR]
    assert errors
    assert all("the app fell over" in each.message for each in errors)
    assert all(each.line > 0 and each.id.startswith("2.1/first/") for each in errors)
    assert told["2.1/variant/missing/proof"].status is CheckStatus.FAILED
    assert report.exit_code is ExitCode.BROKEN


def test_a_sandbox_that_cannot_start_is_in_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a sandbox the report still stands: the lint results, and an error in an entry of no lesson."""

    def refuse() -> None:
        raise SandboxError("no port is free")

    monkeypatch.setattr(workers_module, "SandboxServer", refuse)
    report = check(tmp_path, LESSON)
    lesson, tool = report.lessons
    assert [each.kind for each in lesson.checks] == [CheckKind.LINT]
    assert (tool.number, tool.id, tool.title) == (None, None, None)
    (error,) = tool.checks
    assert (error.status, error.message) == (CheckStatus.ERROR, "no port is free")
    assert report.exit_code is ExitCode.BROKEN


def test_the_tool_s_failure_outweighs_a_lesson_that_cannot_be_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the tool broke and a lesson cannot be loaded, the exit code is 3."""

    def refuse() -> None:
        raise SandboxError("no port is free")

    monkeypatch.setattr(workers_module, "SandboxServer", refuse)
    other = LESSON.replace('id = "scratch"', 'id = "other"').replace('number = "2.1"', 'number = "2.2"')
    report = check(tmp_path, spoiled('view = "hello"', 'view = "hello'), other)
    assert report.exit_code is ExitCode.BROKEN


def test_a_run_knows_no_learner_and_prints_nothing(tmp_path: Path) -> None:
    """A check run writes no word to stdout and stderr, and opens no progress."""
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "lesson.md").write_text(LESSON, encoding="utf-8")
    code = (
        "import sys; from pathlib import Path; from tests.check.lesson import make_app;"
        "from tutor.check.run import run; from tutor.course.pack import open_pack;"
        "report = run(open_pack(Path(sys.argv[1])).load_all(), make_app=make_app);"
        "sys.exit(report.exit_code + 10 * any('learner' in name for name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "pack")],
        cwd=ROOT,
        env={"PATH": "", "FLASK_HTTP_TUTOR_HOME": str(tmp_path / "home")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert not (tmp_path / "home").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT for one process there")
def test_ctrl_c_ends_the_run(tmp_path: Path) -> None:
    """Ctrl-C while a request is in flight ends the whole run at once, and not that request alone."""
    (tmp_path / "lesson.md").write_text(
        LESSON.replace("GET /hello?name=Grey HTTP", "GET /wait HTTP"), encoding="utf-8"
    )
    code = """
import sys
from pathlib import Path
from tests.check.lesson import make_app
from tutor.check.run import run
from tutor.course.pack import open_pack

def waiting_app(section, configuration):
    app = make_app(section, configuration)

    @app.get("/wait")
    def wait():
        print("waiting", flush=True)
        app.extensions["stop"].wait(60)
        return ""

    return app

try:
    run(open_pack(Path(sys.argv[1])).load_all(), make_app=waiting_app, timeout_s=60)
except KeyboardInterrupt:
    print("ended", flush=True)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGINT)
        output, _errors = process.communicate(timeout=20)
    assert output == "ended\n"
    assert process.returncode == 0


def test_another_section_may_answer(tmp_path: Path) -> None:
    """A lesson whose head names a section is answered by that one's app, whatever its own number is."""
    asked: list[str] = []

    def app_of(section: str, configuration: str) -> Flask:
        asked.append(section)
        return make_app(section, configuration)

    text = LESSON.replace('number = "2.1"', 'number = "7.1"\nsection = "2.1"')
    (tmp_path / "lesson.md").write_text(text, encoding="utf-8")
    report = run(open_pack(tmp_path).load_all(), make_app=app_of)
    assert not_passed(report) == []
    assert set(asked) == {"2.1"}
    assert report.lessons[0].number == "7.1"
