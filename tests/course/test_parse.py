"""What a lesson file gives: the lesson, its outline, and never an exception."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.course.samples import FILE, FULL, MINIMAL, lesson_of, line_of, replaced
from tutor.course.blocks import ExerciseBody, FrameBody, LessonHead, QuestionBody, SourceBody, WebSocketBody
from tutor.course.contents import Outline
from tutor.course.lesson import STEP_ATTRIBUTES
from tutor.course.live_paths import EXCHANGE, SHORT_FORMS, Leaf, LivePathError, read_path, step_into
from tutor.course.model import (
    Expectation,
    Operator,
    Prose,
    QuestionKind,
    Source,
    Until,
    WebSocketBlock,
)
from tutor.course.parse import CourseError, parse_lesson, parse_outline
from tutor.course.step import ALLOWED
from tutor.grading.live import path_fault


def test_minimal_lesson() -> None:
    """The smallest lesson gives its head, its step and the step's blocks in order."""
    lesson = lesson_of(MINIMAL)
    assert (lesson.id, lesson.number, lesson.title, lesson.minutes) == (
        "one-exchange",
        "2.1",
        "One exchange",
        5,
    )
    assert (lesson.file, lesson.opening, lesson.parts) == (FILE, "Opening prose.", ())
    (step,) = lesson.steps
    assert (step.id, step.number, step.title) == ("hello-step", "2.1.1", "Hello")
    assert step.takeaway == "A request gets one response."
    assert [type(block).__name__ for block in step.blocks] == ["Prose", "HttpBlock", "Question", "Prose"]
    (http,) = step.requests
    assert http.text == "GET /hello?name=Grey HTTP/1.1"
    assert http.expectations == (Expectation(("response", "status"), Operator.EQUALS, 200, "", 21),)
    assert (http.line, http.expect_line) == (line_of(MINIMAL, "```http"), line_of(MINIMAL, "```expect"))


def test_numbers_and_parts() -> None:
    """Main steps are counted, deeper ones take a letter, the pool has no number, and parts go on."""
    lesson = lesson_of(FULL)
    assert [(step.number, step.deeper, step.part) for step in lesson.steps] == [
        ("2.3.1", False, "look"),
        ("2.3.2", False, "read"),
        ("2.3.2a", True, "read"),
        ("2.3.2b", True, "read"),
        ("2.3.3", False, "read"),
    ]
    assert [(step.id, step.number, step.part, step.recall) for step in lesson.pool] == [
        ("pool", "", "", True)
    ]
    assert len(lesson.main_steps) == 3


def test_step_attributes() -> None:
    """Flags and values of a step's heading reach the step."""
    first, second, *_ = lesson_of(FULL).steps
    assert (first.was, first.whole, first.stop, first.timeline) == (
        ("old-look", "older-look"),
        True,
        True,
        False,
    )
    assert (second.timeline, second.app) == (True, "plain")
    flag = lesson_of(replaced(("-step}", "-step whole=true stop=false}"))).steps[0]
    assert (flag.whole, flag.stop) == (True, False)


def test_configuration_of_a_step_reaches_its_blocks() -> None:
    """A block without a configuration of its own takes the step's."""
    first, second, *_ = lesson_of(FULL).steps
    assert [block.app for block in first.requests] == ["no-key"]
    assert [block.app for block in second.requests] == ["plain", "plain"]


def test_http_attributes() -> None:
    """All attributes of a request reach its block."""
    login, again = lesson_of(FULL).steps[1].requests
    assert (login.follow, login.jar, login.raw) == (True, "one", False)
    assert (again.jar, again.with_id, again.after_ms) == ("one", "login", 50)
    assert again.compare == "login"
    assert again.until == Until(events=3, body_bytes=None, ms=500)
    raw = lesson_of(FULL).steps[2].requests[0]
    assert raw.raw
    assert raw.text == "GET / HTTP/1.1\\r\\n\nHost: x\\r\\n\n\\r\\n"


def test_prose_keeps_foreign_code_and_headings() -> None:
    """Code in other fences, tables and smaller headings stay in the prose as they stand."""
    step = lesson_of(FULL).steps[1]
    first, *_, last = (block for block in step.blocks if isinstance(block, Prose))
    assert first.markdown.startswith(
        "Prose with `code`.\n\n```python\n## this is no heading\n```\n\n| a | b |"
    )
    assert first.line == line_of(FULL, "Prose with `code`.")
    assert last.markdown.endswith("### A heading inside")


def test_expectations() -> None:
    """Each form of an expectation is read as the format says."""
    http = lesson_of(FULL).steps[0].requests[0]
    read = [(".".join(each.path), each.operator, each.value) for each in http.expectations]
    assert read == [
        ("response.status", Operator.ONE_OF, (200, 201)),
        ("response.reason", Operator.EQUALS, "OK"),
        ("response.version", Operator.EQUALS, "HTTP/1.1"),
        ("response.length", Operator.MIN, 1),
        ("response.length", Operator.MAX, 100),
        ("response.headers.Location", Operator.PRESENT, False),
        ("response.headers.Content-Type", Operator.PRESENT, True),
        ("response.headers.Content-Length", Operator.EQUALS, 12),
        ("response.headers.Allow", Operator.SET, ("GET", "HEAD")),
        ("response.body", Operator.CONTAINS, "Hello"),
        ("response.body", Operator.NOT, "Bye"),
        ("response.interim", Operator.EQUALS, ()),
        ("flask.order", Operator.EQUALS, ("before_request", "view")),
        ("flask.view", Operator.STARTS, "hel"),
        ("flask.arguments.name", Operator.MATCHES, "^G"),
        ("answered", Operator.EQUALS, True),
        ("request.headers.Accept", Operator.EQUALS, "text/html"),
        ("response.json.args.a", Operator.EQUALS, ["1", "2"]),
        ("response.json.ok", Operator.EQUALS, True),
        ("response.json.deep.er.contains", Operator.EQUALS, "no operator here"),
    ]
    assert http.expectations[0].line == line_of(FULL, "status = [200, 201]")


def test_hops() -> None:
    """A hop's value is named with or without `response.`."""
    login = lesson_of(FULL).steps[1].requests[0]
    assert [each.path for each in login.expectations] == [
        ("hops",),
        ("hop1", "response", "status"),
        ("hop2", "request", "method"),
    ]


def test_proof_about_another_exchange() -> None:
    """In a proof a path may begin with the id of another exchange of the step."""
    question = lesson_of(FULL).steps[-1].questions[0]
    proof = dict(question.proof)
    assert [(each.exchange, each.path) for each in proof["a"]] == [
        ("one", ("response", "status")),
        ("", ("response", "headers", "Allow")),
    ]
    assert [(each.exchange, each.path) for each in proof["b"]] == [("one", ("response", "status"))]


def test_exchange_named_like_a_value() -> None:
    """An exchange may be called `version`: a table of values means the exchange, anything else the value."""
    text = replaced(
        ("{#hello}", "{#version}"), ("{of=hello}", "{of=version}"), ('after = "hello"', 'after = "version"')
    )
    text = replaced(
        ("[proof.ok]\nstatus = 200", "[proof.ok]\nversion.status = 200"),
        ("[proof.found]\nstatus = 302", '[proof.found]\nversion = { starts = "HTTP" }'),
        text=text,
    )
    proof = dict(lesson_of(text).steps[0].questions[0].proof)
    assert (proof["ok"][0].exchange, proof["ok"][0].path) == ("version", ("response", "status"))
    assert (proof["found"][0].exchange, proof["found"][0].path) == ("", ("response", "version"))


def test_typed_questions() -> None:
    """Numbers become digits, other spellings follow, and a proof's path gives units and field name."""
    number, text = lesson_of(FULL).steps[1].questions
    assert (number.kind, number.prediction, number.exchange) == (QuestionKind.NUMBER, True, "login")
    assert number.answer == ("9", "9")
    assert number.units == ("characters", "byte", "bytes", "octet", "octets", "B")
    assert number.field_name == "Content-Length"
    assert [(wrong.key, wrong.answers) for wrong in number.wrong] == [
        ("one", ("1",)),
        ("many", ("10", "11.5")),
    ]
    assert number.wrong[1].line == line_of(FULL, "many = [10, 11.5]")
    assert (text.answer, text.units, text.field_name, text.ignore_case) == (
        ("/login", "/login/"),
        (),
        "Host",
        True,
    )
    assert text.proof_paths == ("login.request.headers.Host",)


def test_choices_and_order() -> None:
    """Wrong choices carry their feedback; an order keeps the answer's order and feedback by item."""
    several = lesson_of(FULL).steps[0].questions[0]
    assert several.answer == ("type", "length")
    assert [(wrong.key, wrong.feedback) for wrong in several.wrong] == [
        ("server", "Werkzeug's server writes it.")
    ]
    assert several.line_of("choices.server") == line_of(FULL, 'server = "Server"')
    order = lesson_of(FULL).steps[2].questions[0]
    assert order.answer == ("before", "view", "after")
    assert [(wrong.key, wrong.feedback) for wrong in order.wrong] == [("after", "It runs last.")]


def test_request_question() -> None:
    """A request question has its goal as expectations and its model request as the answer."""
    craft = lesson_of(FULL).steps[3].questions[0]
    assert craft.answer == ("HEAD /hello If-None-Match:{{first.response.headers.ETag}}",)
    assert [each.path for each in craft.expectations] == [("request", "method"), ("response", "status")]


def test_websocket() -> None:
    """A websocket block has its target, its fields and its frames in order, each with its line."""
    (socket,) = (block for block in lesson_of(FULL).steps[3].blocks if isinstance(block, WebSocketBlock))
    assert (socket.target, socket.fields) == ("/ws", (("Origin", "http://a.example"),))
    assert [(frame.send, frame.opcode, frame.data) for frame in socket.frames] == [
        (True, "text", "hi"),
        (False, "text", "echo:hi"),
        (True, "close", ""),
    ]
    assert socket.frames[1].line == line_of(FULL, 'data = "echo:hi"')


def test_websocket_is_an_exchange() -> None:
    """A websocket block takes expectations, raw frames and questions, and stands among the exchanges."""
    expect = (
        '```expect {of=socket}\nframes = 2\nframe1.masked = true\nframe2.bytes = { starts = "81" }\n'
        'event1.data = "x"\nduration_ms = { max = 9 }\n'
        'flask.events = { contains = "session_opened" }\n```\n\n'
    )
    text = replaced(
        ('{ send = "close" }', "{ send = \"text\", data = '\\x81\\x00', raw = true }"),
        ("> One more.", expect + "> One more."),
        text=FULL,
    )
    step = lesson_of(text).steps[3]
    assert [block.id for block in step.exchanges] == ["first", "socket"]
    assert [block.id for block in step.requests] == ["first"]
    socket = step.exchanges[1]
    assert isinstance(socket, WebSocketBlock)
    assert [frame.raw for frame in socket.frames] == [False, False, True]
    assert socket.expect_line == line_of(text, "```expect {of=socket}")
    assert [".".join(each.path) for each in socket.expectations] == [
        *("frames", "frame1.masked", "frame2.bytes", "event1.data", "duration_ms", "flask.events")
    ]


@pytest.mark.parametrize(
    ("path", "leaf"),
    [
        ("a.events", Leaf.NUMBER),
        ("a.event12.data", Leaf.TEXT),
        ("a.event1.retry", Leaf.NUMBER),
        ("a.hop2.event1.id", Leaf.TEXT),
        ("a.frames", Leaf.NUMBER),
        ("a.frame1.from", Leaf.TEXT),
        ("a.frame1.masked", Leaf.FLAG),
        ("a.hop1.frame1.bytes", Leaf.TEXT),
        ("a.duration_ms", Leaf.NUMBER),
        ("a.hop1.duration_ms", Leaf.NUMBER),
        ("a.flask.events", Leaf.LIST),
    ],
)
def test_paths_of_streams(path: str, leaf: Leaf) -> None:
    """Events, frames and times are live values of an exchange and of each of its hops."""
    read = read_path(path)
    assert read.leaf is leaf
    assert path_fault(read.path) == ""


@pytest.mark.parametrize(
    "path", ["a.event0.data", "a.event1.hop1", "a.flask.event1", "a.event1", "a.frame1.txt"]
)
def test_paths_that_are_none(path: str) -> None:
    """What only looks like an event or a frame is refused, in a lesson and in grading alike."""
    with pytest.raises(LivePathError):
        read_path(path)
    assert path_fault(tuple(path.split("."))[1:])


def test_source() -> None:
    """A source block names one or several pieces of code, and the lines to show."""
    (source,) = (block for block in lesson_of(FULL).steps[0].blocks if isinstance(block, Source))
    assert (source.kind, source.names, source.lines) == ("view", ("hello", "form"), None)
    text = replaced(('view = ["hello", "form"]', 'hook = "greet"\nlines = [3, 9]'), text=FULL)
    (source,) = (block for block in lesson_of(text).steps[0].blocks if isinstance(block, Source))
    assert (source.kind, source.names, source.lines) == ("hook", ("greet",), (3, 9))


def test_fault_that_does_not_stop_a_lesson() -> None:
    """A lesson with a fault of style alone is loaded and the fault is reported."""
    parsed = parse_lesson(replaced(('hints = ["Look at the first line of the response."]\n', "")), FILE)
    assert parsed.lesson is not None
    assert [fault.blocks_loading for fault in parsed.faults] == [False]


def _told(outline: Outline) -> list[tuple[object, ...]]:
    return [(s.id, s.number, s.title, s.deeper, s.hash, s.part, s.was) for s in outline.steps]


def _agree(text: str) -> bool:
    parsed = parse_lesson(text, FILE)
    if parsed.lesson is None:
        return False
    outline = parse_outline(text, FILE)
    lesson = parsed.lesson
    assert (outline.id, outline.number, outline.title, outline.minutes, outline.parts) == (
        lesson.id,
        lesson.number,
        lesson.title,
        lesson.minutes,
        lesson.parts,
    )
    assert _told(outline) == [
        (s.id, s.number, s.title, s.deeper, s.hash, s.part, s.was) for s in lesson.steps
    ]
    return True


@pytest.mark.parametrize("text", [MINIMAL, FULL, FULL.replace("\n", "\r\n")], ids=["minimal", "full", "crlf"])
def test_outline_agrees_with_lesson(text: str) -> None:
    """The outline tells of each step what the whole lesson tells of it."""
    assert _agree(text)


@pytest.mark.parametrize(
    "prose",
    [
        "````markdown\n```\n## no step {#no}\n```\n````",
        "~~~\n## no step {#no}\n```\n~~~",
        "- item\n\n  ```python\n  # comment\n  ```\n\n1. two\n   - three",
        "```c\n#include <x>\n```",
        "    ## code\n    ```",
        "> quoted\n> ## not a step",
        "#hashtag and ##two",
        "Text with ``` in it.",
        "``` one`tick\n",
        "### Small {#small}",
        "<details>\n\nHidden\n\n</details>",
    ],
)
def test_outline_agrees_around_markdown(prose: str) -> None:
    """Fences, lists, quotes and HTML in the prose do not mislead the outline."""
    assert _agree(replaced(("A request goes out.", prose)))


def test_hash_tells_a_changed_step() -> None:
    """A step's hash changes with its text, and not with its place or with spaces at line ends."""

    def hashes(text: str) -> list[str]:
        return [step.hash for step in parse_outline(text, FILE).steps]

    plain = hashes(FULL)
    assert hashes(FULL.replace("Read then.", "Read then!")) != plain
    moved = FULL.replace("Opening prose.", "A longer\n\nopening.").replace(
        "Prose with `code`.", "Prose with `code`.  "
    )
    assert hashes(moved) == plain
    assert len(set(plain)) == len(plain)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "1:1"),
        ("# Title\n\nText.\n", "1:1"),
        (replaced(("minutes = 5", "minutes = five")), "7:11"),
        (replaced(("format = 1", "format = 9")), "4:10"),
        (replaced(('id = "one-exchange"\n', "")), "3:1"),
    ],
)
def test_outline_without_a_head(text: str, place: str) -> None:
    """A file whose head cannot be read is refused with the place and what would be right."""
    with pytest.raises(CourseError, match=f"{FILE}:{place}: "):
        parse_outline(text, FILE)


def test_outline_imports_nothing_heavy() -> None:
    """Reading outlines loads neither the Markdown parser nor msgspec."""
    code = "import sys, tutor.course.pack; sys.exit(bool({'msgspec', 'markdown_it'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_documentation_names_everything() -> None:
    """The description of the format names every key, attribute and live value that is read."""
    text = (Path(__file__).parents[2] / "docs" / "lesson-format.md").read_text("utf-8")
    structs = (LessonHead, SourceBody, QuestionBody, ExerciseBody, WebSocketBody, FrameBody)
    names = {name for struct in structs for name in struct.__struct_fields__}
    names |= {name for allowed in ALLOWED.values() for name in (*allowed.flags, *allowed.values)}
    names |= {*STEP_ATTRIBUTES.flags, *STEP_ATTRIBUTES.values, *EXCHANGE, *SHORT_FORMS}
    names |= {name for node in EXCHANGE.values() if not isinstance(node, str) for name in node}
    for numbered in ("event1", "frame1"):
        node = step_into(EXCHANGE, numbered)
        assert not isinstance(node, str)
        names |= {numbered.removesuffix("1"), *node}
    written = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`[^`\n]+`|```.*?```", text, re.DOTALL))))
    assert names - written == set()


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A valid lesson with a few lines or characters deleted, doubled, swapped or replaced."""
    text = draw(st.sampled_from([MINIMAL, FULL]))
    seed = random.Random(draw(st.integers(0, 2**32)))
    for _count in range(draw(st.integers(1, 4))):
        parts = text.splitlines(keepends=True) if draw(st.booleans()) else list(text)
        if not parts:
            break
        one, other = seed.randrange(len(parts)), seed.randrange(len(parts))
        match draw(st.sampled_from(["delete", "double", "swap", "insert"])):
            case "delete":
                del parts[one]
            case "double":
                parts.insert(other, parts[one])
            case "swap":
                parts[one], parts[other] = parts[other], parts[one]
            case "insert":
                parts.insert(one, draw(st.text(max_size=3) | st.sampled_from(list("[]{}\"'=.,#`\\|>-\t\0"))))
        text = "".join(parts)
    return text


@settings(max_examples=150, deadline=None)
@given(mutated())
def test_parse_never_raises(text: str) -> None:
    """Whatever is done to a lesson file, every fault has a place in it, and the lesson is there or is not."""
    parsed = parse_lesson(text, FILE)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for fault in parsed.faults:
        assert 1 <= fault.line <= len(lines)
        assert 1 <= fault.column <= len(lines[fault.line - 1]) + 2
        assert fault.message
    assert (parsed.lesson is None) is any(fault.blocks_loading for fault in parsed.faults)
    _agree(text)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_parse_any_text(text: str) -> None:
    """A text that is no lesson is refused with faults, never with an exception."""
    parsed = parse_lesson(text, FILE)
    assert parsed.lesson is None
    assert parsed.faults


@pytest.mark.parametrize(
    "body",
    [
        "a = " + "[" * 5000,
        "a = " + "{a=" * 5000,
        "a" + ".a" * 20000 + " = 1",
        "a = " + "9" * 6000,
        'a = """',
        "[a" * 3000,
    ],
)
def test_hostile_toml(body: str) -> None:
    """TOML made to overflow a stack or a number is a fault of its block."""
    faults = parse_lesson(replaced(("{of=hello}\nstatus = 200", "{of=hello}\n" + body)), FILE).faults
    assert {fault.line for fault in faults} & {20, 21}


@pytest.mark.timeout(100)
@pytest.mark.parametrize(
    "text", ["## A {#a}\n" * 10_000, replaced(("Grey HTTP/1.1", "Grey HTTP/1.1\nA: " + "{{" * 100_000))]
)
def test_large_file_is_read_in_time(text: str) -> None:
    """Thousands of steps, or of braces, are read in seconds."""
    parse_lesson(text, FILE)
