"""The same work once, ten times and a hundred times: where there is more of it, none of it takes longer."""

from __future__ import annotations

import functools
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.rendering import TERMINAL, Terminal
from benchmarks.rows import Row
from benchmarks.timing import Effort, in_turns, ratios
from tutor.check.json_report import json_report
from tutor.check.junit import junit_report
from tutor.check.report import Check, CheckKind, CheckStatus, LessonReport, Report, with_unique_ids
from tutor.course.model import Lesson
from tutor.course.parse import parse_lesson, parse_outline
from tutor.course.translation import read_translation
from tutor.course.translation_file import skeleton
from tutor.grading.verdict import Grade
from tutor.learner.figures import figures_of
from tutor.learner.progress import Progress, StepStatus
from tutor.notes.notebook import Chapter, Shot, met_steps
from tutor.notes.page import page
from tutor.screen.output import Output
from tutor.screen.wire import View, response_lines
from tutor.wire.event_stream import EventStreamReader
from tutor.wire.exchange import Direction, Exchange, Piece
from tutor.wire.frames import Opcode, frame_bytes, parse_frames
from tutor.wire.message import parse_requests, parse_responses

_BOUND = 1.5
"""Linear work stays at about 1; quadratic work comes to 10 and 100."""

_STEP = """
## Step {n} {{#step-{n}}}

Prose before the exchange.

```http {{#hello-{n}}}
GET /hello?name=Grey HTTP/1.1
```

```question {{#status-{n}}}
kind = "text"
after = "hello-{n}"
prompt = "Which status code came back?"
answer = "200"
hints = ["Look at the first line.", "It stands behind the version."]
proof = "hello-{n}.response.status"
[wrong]
missing = "404"
[feedback]
missing = "There is such a page."
```

> A response begins with its status.
"""
_HEAD = """\
# Growth

```lesson
format = 1
id = "growth"
number = "2.1"
minutes = 1
```
"""

Work = Callable[[int], Callable[[], object]]
"""For a size, what to take the time of; what goes before it is not counted."""


def measure(effort: Effort) -> Iterator[Row]:
    """For each kind of work the CPU time of one unit, ten and a hundred times as many against few."""
    rounds = effort.of(9, 3)
    for name, (few, work) in _WORKS.items():
        # Few are over so soon that they are taken ten times in a round.
        sizes = {"once": (few, 10), "ten times": (few * 10, 1), "a hundred times": (few * 100, 1)}
        runs = in_turns(
            {size: functools.partial(_seconds_for_each, work, *counts) for size, counts in sizes.items()},
            rounds,
        )
        yield Row(
            f"{name}: each of {few * 10:,} and {few * 100:,}, against each of {few:,}",
            tuple(statistics.median(ratios(runs, size, "once")) for size in ("ten times", "a hundred times")),
            _BOUND,
        )


def _seconds_for_each(work: Work, count: int, repeats: int) -> float:
    """Of CPU time, as what it grows by is asked, and not what else the machine does."""
    taken_s = 0.0
    for _time in range(repeats):
        run = work(count)
        started_s = time.process_time()
        run()
        taken_s += time.process_time() - started_s
    return taken_s / (count * repeats)


def _chunks(count: int) -> Callable[[], object]:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    data = head + b"5\r\nHello\r\n" * count + b"0\r\n\r\n"
    return lambda: parse_responses(data)


def _fields(count: int) -> Callable[[], object]:
    data = b"GET / HTTP/1.1\r\n" + b"X-Name: a value of it\r\n" * count + b"\r\n"
    return lambda: parse_requests(data)


def _frames(count: int) -> Callable[[], object]:
    data = frame_bytes(Opcode.TEXT, b"Hello", masking_key=b"\1\2\3\4") * count
    return lambda: parse_frames(data)


def _events(count: int) -> Callable[[], object]:
    def read() -> None:
        reader = EventStreamReader()
        for number in range(count):
            reader.feed(b"id: %d\ndata: a line of text\n\n" % number)

    return read


def _pieces(count: int) -> Callable[[], object]:
    exchange = Exchange(tuple(Piece(Direction.RESPONSE, at / 1000, b"x" * 10) for at in range(count)))
    return lambda: [exchange.time_at(Direction.RESPONSE, at * 10) for at in range(count)]


def _drawn_json(count: int) -> Callable[[], object]:
    return _drawn(b"application/json", b'  {"id": 1, "title": "Buy milk"},\n' * count)


def _drawn_html(count: int) -> Callable[[], object]:
    return _drawn(b"text/html", b'<li class="note"><a href="/notes/1">Milk</a></li>\n' * count)


def _drawn_words(count: int) -> Callable[[], object]:
    return _drawn(b"text/html", b'<a href="/notes/1">Milk</a>' * count)


def _drawn(content_type: bytes, body: bytes) -> Callable[[], object]:
    """From a response's octets to the terminal's."""
    data = b"HTTP/1.1 200 OK\r\nContent-Type: " + content_type + b"\r\n\r\n" + body
    pieces = (Piece(Direction.RESPONSE, 0.1, data),)
    output, view = Output(Terminal(), TERMINAL), View(line_ends=True)
    # How a style looks is found out once for an output, and would hide what grows.
    output.show(response_lines(Exchange(pieces), view))
    return lambda: output.show(response_lines(Exchange(pieces), view))


def _outline(count: int) -> Callable[[], object]:
    text = _lesson(count)
    return lambda: parse_outline(text, "2.1-growth.md")


def _parse(count: int) -> Callable[[], object]:
    _made(count)  # so that it is a lesson without a fault that is parsed
    text = _lesson(count)
    return lambda: parse_lesson(text, "2.1-growth.md")


def _lesson(count: int) -> str:
    return _HEAD + "".join(_STEP.format(n=number) for number in range(count))


def _translation(count: int) -> Callable[[], object]:
    lesson = _made(count)
    # As `translate begin` leaves it, but with words that are not English.
    text = re.sub(r"(?<=[a-z]) (?=[a-z])", " 字 ", skeleton(lesson))
    return lambda: read_translation(text, "zh-CN/2.1-growth.md", lesson, "zh-CN")


def _notebook(count: int) -> Callable[[], object]:
    """Every step done, with three answers in each; each is written with an exchange."""
    lesson, now = _made(count), datetime.now(UTC)
    folder = tempfile.TemporaryDirectory()
    progress = Progress(Path(folder.name))
    for step in lesson.steps:
        for answer in ("404", "302", "200"):
            grade = Grade.RIGHT if answer == "200" else Grade.WRONG
            progress.record_attempt(lesson.id, step.id, "status", answer, grade, step.hash, "en", now, False)
        progress.mark_step(lesson.id, step, StepStatus.DONE, at=now)
    shot = Shot("hello", Exchange((Piece(Direction.RESPONSE, 0.0, b"HTTP/1.1 200 OK\r\n\r\n"),)))

    def write() -> None:
        steps, recalled = met_steps(lesson, progress)
        chapter = Chapter(lesson, steps, recalled, figures_of(lesson, progress))
        page([(chapter, [(met, [shot]) for met in steps])], language="en", now=now)
        progress.close()
        folder.cleanup()

    return write


def _made(count: int) -> Lesson:
    parsed = parse_lesson(_lesson(count), "2.1-growth.md")
    if parsed.lesson is None or parsed.faults:
        raise RuntimeError(f"The lesson has faults: {parsed.faults}")
    return parsed.lesson


def _report(count: int) -> Callable[[], object]:
    checks = tuple(
        Check(f"2.1/step/block-{n}", CheckKind.ANSWER, CheckStatus.PASSED, "2.1.md", n, duration_ms=1.0)
        for n in range(count)
    )
    lesson = LessonReport("2.1", "growth", "Growth", "2.1.md", checks)

    def write() -> None:
        report = Report(with_unique_ids([lesson]), (), 1.0)
        json_report(report)
        junit_report(report)

    return write


def _attempts(count: int) -> Callable[[], object]:
    def answer() -> None:
        now = datetime.now(UTC)
        with tempfile.TemporaryDirectory() as folder, Progress(Path(folder)) as progress:
            for _attempt in range(count):
                progress.record_attempt("cycle", "hello", "status", "200", Grade.RIGHT, "0", "en", now, False)
            progress.attempts("cycle")

    return answer


_WORKS: dict[str, tuple[int, Work]] = {
    "chunks of a body": (100, _chunks),
    "fields of a head": (100, _fields),
    "WebSocket frames": (100, _frames),
    "server-sent events": (100, _events),
    "moments of an exchange's bytes": (100, _pieces),
    "lines of JSON to the screen": (13, _drawn_json),
    "lines of HTML to the screen": (13, _drawn_html),
    "HTML in one line to the screen": (24, _drawn_words),
    "outline, by steps": (2, _outline),
    "lesson, by steps": (2, _parse),
    "translation, by steps": (2, _translation),
    "notebook, by steps": (2, _notebook),
    "report, by checks": (100, _report),
    "answers kept and read": (5, _attempts),
}
