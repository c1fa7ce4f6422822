"""Every fault of a lesson file is found where it stands, and the message says what would be right."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.course.samples import FILE, FULL, MINIMAL, faults_of, replaced, with_question
from tutor.course.lesson import MOST_STEPS
from tutor.course.parse import parse_lesson
from tutor.course.step import LONGEST_WAIT_MS, MOST_BLOCKS


@dataclass(frozen=True)
class Seed:
    """A fault sown into a lesson, and what must be reported of it."""

    name: str
    text: str
    at: str
    """Text that stands once in the lesson; the fault's place is its first character."""
    says: tuple[str, ...]
    runs: bool = False
    """Whether the lesson can be run all the same."""
    where: str | None = None


def _place(seed: Seed) -> tuple[int, int]:
    assert seed.text.count(seed.at) == 1, f"{seed.at!r} stands {seed.text.count(seed.at)} times"
    before = seed.text[: seed.text.index(seed.at)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _check(seed: Seed) -> None:
    parsed = parse_lesson(seed.text, FILE)
    assert [str(fault) for fault in parsed.faults if (fault.line, fault.column) != _place(seed)] == []
    (fault,) = parsed.faults
    for part in seed.says:
        assert part in fault.message
    assert fault.blocks_loading is not seed.runs
    assert (parsed.lesson is not None) is seed.runs
    if seed.where is not None:
        assert fault.where == seed.where
    line, column = _place(seed)
    assert str(fault).startswith(f"{FILE}:{line}:{column}: ")


def _by_name(seed: Seed) -> str:
    return seed.name


HEAD = [
    Seed("no-title", replaced(("# One exchange\n", "\n")), "\n\n```lesson", ("# Title",)),
    Seed("two-titles", replaced(("Opening prose.", "# Another\n")), "# Another", ("one title",)),
    Seed("empty-title", replaced(("# One exchange", "#")), "#\n", ("title is empty",)),
    Seed(
        "section-no-number",
        replaced(('number = "2.1"', 'number = "2.1"\nsection = "cycle"')),
        '"cycle"',
        ("`section` must be", '`"2.1"`'),
    ),
    Seed(
        "title-attribute",
        replaced(("# One exchange", "# One exchange {#id}")),
        "#id}",
        ("No id belongs here",),
    ),
    Seed(
        "no-lesson-block",
        MINIMAL[: MINIMAL.index("```lesson")] + MINIMAL[MINIMAL.index("Opening") :],
        "# One",
        ("`lesson` block",),
    ),
    Seed(
        "second-lesson-block",
        replaced(("Opening prose.", "```lesson\nformat = 1\n```")),
        "```lesson\nformat = 1\n```",
        ("second `lesson`", "once"),
    ),
    Seed(
        "unknown-format", replaced(("format = 1", "format = 2")), "2\nid", ("lesson format 1", "`format = 1`")
    ),
    Seed("no-format", replaced(("format = 1\n", "")), "```lesson", ("`format = 1`",)),
    Seed("no-lesson-id", replaced(('id = "one-exchange"\n', "")), "```lesson", ("`id`", "hyphens")),
    Seed(
        "bad-lesson-id", replaced(('"one-exchange"', '"One exchange"')), '"One exchange"', ("`id`", "hyphens")
    ),
    Seed("bad-number", replaced(('"2.1"', '"two"')), '"two"', ("`number`", '"2.1"')),
    Seed("ill-typed-number", replaced(('"2.1"', "2.1")), "2.1\n", ("`number`", "text in quotes", "a number")),
    Seed("no-minutes", replaced(("minutes = 5\n", "")), "```lesson", ("`minutes`", "at least 1")),
    Seed(
        "ill-typed-minutes",
        replaced(("minutes = 5", 'minutes = "five"')),
        '"five"',
        ("`minutes`", "a whole number", "`five`"),
    ),
    Seed("fractional-minutes", replaced(("minutes = 5", "minutes = 5.5")), "5.5", ("a whole number",)),
    Seed(
        "unknown-lesson-key",
        replaced(("minutes =", "minuts = 5\nminutes =")),
        "minuts",
        ("Did you mean `minutes`",),
    ),
    Seed(
        "stray-text",
        replaced(("# One exchange\n", "# One exchange\n\nLost.\n")),
        "Lost.",
        ("below",),
        runs=True,
    ),
    Seed(
        "block-before-steps",
        replaced(("Opening prose.", "```http {#early}\nGET / HTTP/1.1\n```")),
        "```http {#early}",
        ("before the first step",),
    ),
    Seed("no-step", MINIMAL[: MINIMAL.index("\n## Hello")] + "The end.", "The end.", ("## Title {#id}",)),
]

STEPS = [
    Seed("no-step-id", replaced((" {#hello-step}", "")), "## Hello", ("no id", "{#id}")),
    Seed("bad-step-id", replaced(("{#hello-step}", "{#Hello_Step}")), "#Hello_Step", ("`hello-step`",)),
    Seed(
        "no-step-title", replaced(("## Hello {#hello-step}", "## {#hello-step}")), "## {#hello", ("no title",)
    ),
    Seed(
        "same-step-id",
        replaced(("## Read then {#read-then", "## Read then {#look-first"), text=FULL),
        "#look-first part=read",
        ("`look-first`", "line 17"),
        where="2.3/look-first",
    ),
    Seed("unknown-flag", replaced(("-step}", "-step deper}")), "deper", ("Unknown attribute", "`deeper`")),
    Seed("unknown-attribute", replaced(("-step}", "-step jar=a}")), "jar=a", ("Unknown attribute `jar`",)),
    Seed("attribute-twice", replaced(("-step}", "-step whole whole}")), "whole}", ("stands twice",)),
    Seed("flag-with-value", replaced(("-step}", "-step whole=yes}")), "whole=yes", ("is a flag",)),
    Seed("value-missing", replaced(("-step}", "-step app}")), "app}", ("`app=…`",)),
    Seed("bad-app", replaced(("-step}", "-step app=No_Key}")), "app=No_Key", ("lower-case",)),
    Seed(
        "malformed-attributes", replaced(("-step}", '-step was="a}')), "{#hello-step was", ("cannot be read",)
    ),
    Seed("malformed-item", replaced(("-step}", "-step =x}")), "=x}", ("cannot be read", "key=value")),
    Seed(
        "unclosed-attributes",
        replaced(("{#hello-step}", "{#hello-step")),
        "{#hello-step",
        ("cannot be read",),
    ),
    Seed(
        "was-is-a-step",
        replaced(('was="old-look older-look"', 'was="read-then"'), text=FULL),
        'was="read-then"',
        ("taken by another step",),
    ),
    Seed("bad-was", replaced(('was="old-look', 'was="Old!'), text=FULL), 'was="Old!', ("`Old!`", "no id")),
    Seed(
        "unknown-part",
        replaced(("part=read", "part=raed"), text=FULL),
        "part=raed",
        ("`raed`", "Did you mean `read`"),
    ),
    Seed("part-without-parts", replaced(("-step}", "-step part=look}")), "part=look", ("no part `look`",)),
    Seed(
        "part-never-used",
        replaced(('read = "Read"', 'read = "Read"\ndo = "Do"'), text=FULL),
        "do = ",
        ("No step begins", "part=do"),
        runs=True,
    ),
    Seed(
        "part-twice",
        replaced(("{#last-one}", "{#last-one part=read}"), text=FULL),
        "part=read}",
        ("begun already",),
        runs=True,
    ),
    Seed(
        "first-step-without-part",
        replaced(
            ("## Look first {#look-first part=look", "## Look first {#look-first"),
            ('look = "Look"\n', ""),
            text=FULL,
        ),
        "## Look first",
        ("part=ID",),
        runs=True,
    ),
    Seed("deeper-first", replaced(("-step}", "-step deeper}")), "deeper}", ("behind a main step",)),
    Seed(
        "step-behind-pool",
        replaced(("## The last one {#last-one}", "## The last one {#last-one recall}"), text=FULL)
        .replace("## The pool {#pool recall}", "## The pool {#pool}")
        .replace("found]\nstatus = 302\n```\n", "found]\nstatus = 302\n```\n> Pool.\n")
        .replace('before = "hello"', 'hints = ["…"]\nafter = "hello"'),
        "## The pool",
        ("behind the recall pool",),
        runs=True,
    ),
    Seed(
        "recall-and-deeper",
        replaced(("{#pool recall", "{#pool recall deeper"), text=FULL),
        "deeper}\n\n```http {#hello}\nGET /hello HTTP/1.1\n```\n\n```question {#pool",
        ("recall", "no step"),
    ),
    Seed(
        "recall-and-stop",
        replaced(("{#pool recall", "{#pool recall stop"), text=FULL),
        "stop}\n\n```http {#hello}\nGET /hello HTTP",
        ("recall",),
    ),
    Seed(
        "no-question",
        MINIMAL[: MINIMAL.index("```question")] + MINIMAL[MINIMAL.index("> A request gets") :],
        "## Hello",
        ("asks nothing",),
        runs=True,
    ),
    Seed(
        "underlined-heading", replaced(("A request goes out.", "A request\n---")), "A request\n---", ("`##`",)
    ),
    Seed(
        "indented-heading",
        replaced(("A request goes out.", " ## Two {#two}")),
        " ## Two",
        ("start of the line",),
    ),
    Seed(
        "heading-in-html",
        replaced(("A request goes out.", "<!--\n# Two\n-->")),
        "# Two",
        ("HTML",),
    ),
]

BLOCKS = [
    Seed(
        "unknown-block",
        replaced(("```question {", "```qestion {")),
        "qestion {",
        ("Unknown block `qestion`", "`question`"),
    ),
    Seed(
        "unknown-block-is-an-exchange", replaced(("```http {", "```htp {")), "htp {", ("Did you mean `http`",)
    ),
    Seed(
        "foreign-block-with-attributes",
        replaced(("A request goes out.", "```yaml {x=1}\n```")),
        "yaml {",
        ("Unknown block `yaml`",),
    ),
    Seed(
        "misspelt-block-without-attributes",
        replaced(("A request goes out.", "```sorce\nview = 1\n```")),
        "sorce",
        ("shown as code", "`source`"),
        runs=True,
    ),
    Seed("unclosed-block", MINIMAL + "\n```python\n", "```python", ("no end",)),
    Seed("text-behind-name", replaced(("```expect {", "```expect of {")), "of {of", ("only attributes",)),
    Seed("no-block-id", replaced(("```question {#hello-status}", "```question")), "```question", ("no id",)),
    Seed("bad-block-id", replaced(("{#hello-status}", "{#Hello}")), "#Hello}", ("`hello`",)),
    Seed(
        "same-block-id",
        replaced(("{#several}", "{#hello}"), text=FULL),
        '#hello}\nkind = "choices"',
        ("`hello` is taken in this step",),
        where="2.3/look-first/hello",
    ),
    Seed(
        "block-in-list",
        replaced(("A request goes out.", "- one\n\n  ```http {#x}\n  GET /\n  ```")),
        "```http {#x}",
        ("list",),
    ),
    Seed(
        "unknown-block-attribute",
        replaced(("{#hello}", "{#hello folow}")),
        "folow",
        ("Did you mean `follow`",),
    ),
    Seed("raw-and-follow", replaced(("{#hello}", "{#hello raw follow}")), "follow}", ("`raw`",)),
    Seed("raw-and-jar", replaced(("{#hello}", "{#hello jar=one raw}")), "jar=one", ("`raw`",)),
    Seed(
        "spaced-address-in-prose",
        replaced(("A request goes out.", "Open `{{ address }}/pages/`, and pass `{{ 7*7 }}`.")),
        "{{ address",
        ("`{{address}}`",),
    ),
    Seed("bad-jar", replaced(("{#hello}", "{#hello jar=One}")), "jar=One", ("lower-case",)),
    Seed(
        "with-unknown", replaced(("with=login", "with=logn"), text=FULL), "with=logn", ("`logn`", "`login`")
    ),
    Seed(
        "with-itself",
        replaced(("with=login", "with=again"), text=FULL),
        "with=again",
        ("No request `again`",),
    ),
    Seed(
        "with-a-later-one",
        replaced(("{#login follow jar=one}", "{#login follow jar=one with=again}"), text=FULL),
        "with=again}",
        ("No request `again` stands before",),
    ),
    Seed(
        "compare-unknown",
        replaced(("compare=login", "compare=logn"), text=FULL),
        "compare=logn",
        ("`logn`", "`login`"),
    ),
    Seed(
        "compare-itself-unfollowed",
        replaced(("compare=login", "compare=again"), text=FULL),
        "compare=again",
        ("`follow`",),
    ),
    Seed(
        "after-ms-alone",
        replaced(("with=login after_ms=50", "after_ms=50"), text=FULL),
        "after_ms=50",
        ("needs `with`",),
    ),
    Seed(
        "bad-after-ms",
        replaced(("after_ms=50", "after_ms=soon"), text=FULL),
        "after_ms=soon",
        ("`soon`", "digits"),
    ),
    Seed(
        "bad-until",
        replaced(("until=3events,500ms", "until=3event,fast"), text=FULL),
        "until=3",
        ("`fast`", "4096bytes"),
    ),
    Seed("until-twice", replaced(("500ms", "4events"), text=FULL), "until=3", ("`4events`",)),
    Seed(
        "bad-request-line",
        replaced(("GET /hello?name=Grey HTTP/1.1", "GET hello HTTP/1.1")),
        "hello HTTP",
        ("slash", "/hello"),
    ),
    Seed(
        "bad-field-line",
        replaced(("GET /hello?name=Grey HTTP/1.1", "GET /hello HTTP/1.1\nAccept text/html")),
        "Accept text",
        ("Name: value",),
    ),
    Seed("bad-raw-escape", replaced(("Host: x\\r\\n", "Host: x\\q\\n"), text=FULL), "\\q\\n", ("\\xNN",)),
    Seed("empty-request", replaced(("GET /hello?name=Grey HTTP/1.1\n", "")), "```http", ("request line",)),
    Seed(
        "live-value-later",
        replaced(("{{login.", "{{agan."), text=FULL),
        "{{agan.",
        ("No exchange `agan` stands before",),
    ),
    Seed(
        "live-value-of-itself",
        replaced(("{{login.", "{{again."), text=FULL),
        "{{again.",
        ("`again`", "before"),
    ),
    Seed(
        "live-value-unknown",
        replaced(("hop1.response.headers.ETag}}\nX", "hop1.respnse.status}}\nX"), text=FULL),
        "{{login",
        ("`respnse`", "`response`"),
    ),
    Seed("live-value-spaced", replaced(("{{host}}", "{{ host }}"), text=FULL), "{{ host }}", ("`{{host}}`",)),
    Seed(
        "live-value-unfinished",
        replaced(("login.hop1.response.headers.ETag}}\nX", "login}}\nX"), text=FULL),
        "{{login}}",
        ("go on",),
    ),
    Seed("expect-without-of", replaced((" {of=hello}", "")), "```expect", ("{of=ID}",)),
    Seed("expect-of-nothing", replaced(("{of=hello}", "{of}")), "of}", ("`of=…`",)),
    Seed(
        "expect-of-unknown",
        replaced(("{of=hello}", "{of=helo}")),
        "of=helo",
        ("`helo`", "`hello`"),
        where="2.1/hello-step/helo",
    ),
    Seed(
        "two-expects",
        replaced(("```question", "```expect {of=hello }\nstatus = 200\n```\n\n```question")),
        "of=hello }",
        ("already", "line 20"),
    ),
    Seed("empty-expect", replaced(("{of=hello}\nstatus = 200\n", "{of=hello}\n\n")), "```expect", ("empty",)),
    Seed(
        "comment-only",
        replaced(("{of=hello}\nstatus = 200\n", "{of=hello}\n# later\n")),
        "```expect",
        ("no keys",),
    ),
    Seed(
        "source-of-nothing",
        replaced(('view = ["hello", "form"]', "lines = [1, 2]"), text=FULL),
        "```source",
        ("`view`, ",),
    ),
    Seed(
        "source-of-two",
        replaced(('view = ["hello", "form"]', 'view = "a"\nhook = "b"'), text=FULL),
        "hook =",
        ("keep one",),
    ),
    Seed(
        "source-ill-typed",
        replaced(('view = ["hello", "form"]', "view = 1"), text=FULL),
        "1\n```\n\n```http {#hello app",
        ("text in quotes or a list",),
    ),
    Seed(
        "source-unknown-key",
        replaced(('view = ["hello", "form"]', 'view = "a"\nline = 3'), text=FULL),
        "line = 3",
        ("Did you mean `lines`",),
    ),
    Seed("source-empty-name", replaced(('["hello", "form"]', '[""]'), text=FULL), '[""]', ("names nothing",)),
    Seed(
        "source-lines",
        replaced(('view = ["hello", "form"]', 'view = "a"\nlines = [9, 3]'), text=FULL),
        "[9, 3]",
        ("first and the last",),
    ),
    Seed(
        "source-one-line",
        replaced(('view = ["hello", "form"]', 'view = "a"\nlines = [3]'), text=FULL),
        "[3]",
        ("first and the last",),
    ),
    Seed(
        "source-lines-of-many",
        replaced(('"form"]', '"form"]\nlines = [1, 2]'), text=FULL),
        "lines = [1",
        ("single name",),
    ),
    Seed("websocket-target", replaced(('target = "/ws"\n', ""), text=FULL), "```websocket", ("`target`",)),
    Seed("websocket-relative", replaced(('"/ws"', '"ws"'), text=FULL), '"ws"', ("begins with `/`",)),
    Seed(
        "websocket-opcode",
        replaced(('{ send = "close" }', '{ send = "quit" }'), text=FULL),
        '"quit"',
        ("`frames.2.send`", "`close`"),
    ),
    Seed(
        "websocket-frame",
        replaced(('{ send = "close" }', '{ data = "x" }'), text=FULL),
        '{ data = "x" }',
        ("either `send` or `expect`",),
    ),
    Seed(
        "websocket-raw-expected",
        replaced(('"echo:hi" }', '"echo:hi", raw = true }'), text=FULL),
        "raw = true",
        ("`raw` goes with `send` alone",),
    ),
    Seed(
        "websocket-raw-escape",
        replaced(('{ send = "close" }', "{ send = \"text\", data = '\\q', raw = true }"), text=FULL),
        "'\\q'",
        ("means nothing here", "two hexadecimal digits"),
    ),
    Seed(
        "websocket-close-data",
        replaced(('{ send = "close" }', '{ send = "close", data = "bye" }'), text=FULL),
        '"bye"',
        ("code of four digits", '`"1000 bye"`'),
    ),
    Seed(
        "websocket-expect-unknown",
        replaced(("> One more.", "```expect {of=sockt}\nframes = 2\n```\n\n> One more."), text=FULL),
        "of=sockt",
        ("no exchange `sockt`", "Did you mean `socket`"),
    ),
    Seed(
        "websocket-expect-frame",
        replaced(("> One more.", '```expect {of=socket}\nframe1.txt = "hi"\n```\n\n> One more.'), text=FULL),
        "txt",
        ("Did you mean `text`",),
    ),
    Seed(
        "websocket-expect-masked",
        replaced(
            ("> One more.", '```expect {of=socket}\nframe1.masked = "yes"\n```\n\n> One more.'), text=FULL
        ),
        '"yes"',
        ("true or false",),
    ),
    Seed(
        "frame0",
        replaced(("> One more.", '```expect {of=socket}\nframe0.text = "hi"\n```\n\n> One more.'), text=FULL),
        "frame0",
        ("no live value",),
    ),
    Seed(
        "event-id",
        replaced(("{#hello}", "{#event1}")).replace("of=hello", "of=event1").replace('"hello"', '"event1"'),
        "#event1",
        ("word of live paths",),
    ),
    Seed(
        "websocket-frame-key",
        replaced(('{ send = "close" }', '{ send = "close", dta = "x" }'), text=FULL),
        "dta",
        ("Did you mean `data`",),
    ),
    Seed(
        "websocket-frames",
        replaced(("frames = [", "framez = []\nframes = ["), text=FULL),
        "framez",
        ("Did you mean `frames`",),
    ),
]

EXPECTATIONS = [
    Seed(
        "unknown-root",
        replaced(("{of=hello}\nstatus", "{of=hello}\nstauts")),
        "stauts",
        ("Did you mean `status`",),
    ),
    Seed(
        "unknown-part-of-response",
        replaced(("{of=hello}\nstatus", "{of=hello}\nresponse.stauts")),
        "stauts",
        ("`status`",),
    ),
    Seed(
        "unknown-part-of-flask",
        replaced(("{of=hello}\nstatus = 200", '{of=hello}\nflask.veiw = "x"')),
        "veiw",
        ("`view`",),
    ),
    Seed(
        "below-a-value",
        replaced(("{of=hello}\nstatus = 200", "{of=hello}\nrequest.method.x = 1")),
        "x = 1",
        ("Unknown matcher `x`",),
    ),
    Seed(
        "no-value-yet",
        replaced(("{of=hello}\nstatus = 200", "{of=hello}\nheaders = true")),
        "headers = true",
        ("go on",),
    ),
    Seed("hop0", replaced(("hop1.status", "hop0.status"), text=FULL), "hop0", ("no live value",)),
    Seed(
        "hop-of-a-hop",
        replaced(("hop1.status", "hop1.hop2.status"), text=FULL),
        "hop2.status",
        ("no live value",),
    ),
    Seed(
        "status-as-text",
        replaced(("{of=hello}\nstatus = 200", '{of=hello}\nstatus = "200"')),
        '"200"',
        ("number",),
    ),
    Seed(
        "reason-as-number",
        replaced(("{of=hello}\nstatus = 200", "{of=hello}\nreason = 200")),
        "200\n```\n\n```question",
        ("text",),
    ),
    Seed("status-in-list", replaced(("[200, 201]", '[200, "201"]'), text=FULL), '"201"', ("number",)),
    Seed("empty-list", replaced(("[200, 201]", "[]"), text=FULL), "[]\nreason", ("empty",)),
    Seed(
        "list-as-text",
        replaced(('["before_request", "view"]', '"view"'), text=FULL),
        '"view"\nflask.view',
        ("contains",),
    ),
    Seed(
        "unknown-matcher",
        replaced(('{ contains = "Hello" }', '{ contain = "Hello" }'), text=FULL),
        "contain =",
        ("Did you mean `contains`",),
    ),
    Seed("set-of-text", replaced(('["GET", "HEAD"]', '"GET"'), text=FULL), '"GET" }', ("takes a list",)),
    Seed("min-of-text", replaced(("min = 1", 'min = "1"'), text=FULL), '"1", max', ("takes a number",)),
    Seed("bad-pattern", replaced(('"^G"', '"(G"'), text=FULL), '"(G"', ("regular expression",)),
    Seed("brace-in-pattern", replaced(('"^G"', '"^{i}"'), text=FULL), '"^{i}"', ("brace", r"`\{`")),
    Seed("long-pattern", replaced(('"^G"', f'"{"x" * 501}"'), text=FULL), '"xxx', ("501", "500 at most")),
    Seed("ambiguous-pattern", replaced(('"^G"', '"[[a]"'), text=FULL), '"[[a]"', ("regular expression",)),
    Seed(
        "date",
        replaced(("json.ok = true", "json.ok = 2026-01-01"), text=FULL),
        "2026-01-01",
        ("JSON has no such value",),
    ),
    Seed(
        "answered",
        replaced(("answered = true", "answered = 1"), text=FULL),
        "1\nrequest.headers",
        ("true or false",),
    ),
]

TOML = [
    Seed(
        "text-without-quotes",
        replaced(('answer = "ok"', "answer = ok")),
        "ok\nhints",
        ("no TOML", "double quotes"),
    ),
    Seed("no-equals", replaced(('answer = "ok"', 'answer "ok"')), '"ok"\nhints', ("key = value",)),
    Seed("unclosed-string", replaced(('answer = "ok"', 'answer = "ok')), "\nhints", ("Close the string",)),
    Seed("unclosed-list", replaced(('response."]', 'response."')), "[choices]", ("comma between items",)),
    Seed(
        "key-twice",
        replaced(('answer = "ok"', 'answer = "ok"\nanswer = "found"')),
        'answer = "found"',
        ("`answer` is given twice",),
    ),
    Seed(
        "table-twice",
        replaced(("[proof.found]", "[proof.ok]\n# again")),
        "proof.ok]\n# again",
        ("`proof.ok`", "twice"),
    ),
    Seed(
        "inline-key-twice",
        replaced(('{ Origin = "http://a.example" }', '{ Origin = "a", Origin = "b" }'), text=FULL),
        'Origin = "b"',
        ("`Origin` is given twice",),
    ),
    Seed(
        "too-deep",
        replaced(("{of=hello}\nstatus = 200", "{of=hello}\njson" + ".a" * 60 + " = 1")),
        "a." * 20 + "a = 1",
        ("nests deeper",),
    ),
]


CHOICE = """
kind = "choice"
after = "hello"
prompt = "Which status came back?"
answer = "ok"
hints = ["Look at the first line."]
[choices]
ok = "200 OK"
found = "302 FOUND"
[feedback]
found = "A redirect needs a Location field."
[proof.ok]
status = 200
[proof.found]
status = 302
"""

NUMBER = """
kind = "number"
after = "hello"
prompt = "How long is the body?"
answer = 12
hints = ["Content-Length tells."]
proof = "hello.response.headers.Content-Length"
[wrong]
more = [13, 14]
[feedback]
more = "The line end is not part of it."
"""

TEXT = """
kind = "text"
after = "hello"
prompt = "What is the target?"
answer = "/hello"
accept = ["/hello/"]
hints = ["The second word."]
proof = "hello.request.target"
[wrong]
page = "/"
[feedback]
page = "That is another page."
"""

ORDER = """
kind = "order"
after = "hello"
prompt = "In which order?"
answer = ["a", "b", "c"]
hints = ["First things first."]
proof = "hello.flask.order"
[choices]
a = "before_request"
c = "after_request"
b = "view"
"""

REQUEST = """
kind = "request"
after = "hello"
prompt = "Ask for the fields alone."
answer = "HEAD /hello"
hints = ["One word changes."]
[expect]
status = 200
[wrong]
get = "GET /hello"
[feedback]
get = "GET brings the body."
"""


def _question(body: str, *changes: tuple[str, str]) -> str:
    return with_question(replaced(*changes, text=body))


START = "```question {#hello-status}"

QUESTIONS = [
    Seed("no-kind", _question(CHOICE, ('kind = "choice"\n', "")), START, ("`kind`", "`order`")),
    Seed("unknown-kind", _question(CHOICE, ('"choice"', '"chioce"')), '"chioce"', ("Did you mean `choice`",)),
    Seed(
        "exercise", _question(CHOICE, ('"choice"', '"exercize"')), '"exercize"', ("Did you mean `exercise`?",)
    ),
    Seed(
        "no-prompt", _question(CHOICE, ('prompt = "Which status came back?"\n', "")), START, ("no `prompt`",)
    ),
    Seed("no-answer", _question(CHOICE, ('answer = "ok"\n', "")), START, ("no `answer`",)),
    Seed(
        "no-choices",
        _question(CHOICE, ('[choices]\nok = "200 OK"\nfound = "302 FOUND"\n', "")),
        START,
        ("no `choices`",),
    ),
    Seed(
        "unknown-key",
        _question(CHOICE, ("hints", 'explian = "x"\nhints')),
        "explian",
        ("Did you mean `explain`",),
    ),
    Seed(
        "quoted-key",
        _question(CHOICE, ("hints", '"ex plain" = "x"\nhints')),
        '"ex plain"',
        ("`ex plain`", "`explain`"),
    ),
    Seed(
        "key-of-another-kind",
        _question(CHOICE, ("hints", 'units = ["x"]\nhints')),
        "units",
        ("`number`", "take it away"),
    ),
    Seed(
        "ill-typed-hints",
        _question(CHOICE, ('["Look at the first line."]', '"Look."')),
        '"Look."',
        ("`hints` must be a list",),
    ),
    Seed(
        "ill-typed-hint",
        _question(CHOICE, ('["Look at the first line."]', '[\n  "a",\n  7,\n]')),
        "7,",
        ("`hints.1`", "a number"),
    ),
    Seed(
        "ill-typed-choice",
        _question(CHOICE, ('found = "302 FOUND"', "found = 302")),
        "302\n[feedback]",
        ("`choices.found` must be text",),
    ),
    Seed(
        "ill-typed-flag",
        _question(TEXT, ("hints", 'ignore_case = "yes"\nhints')),
        '"yes"',
        ("true or false",),
    ),
    Seed(
        "no-exchange", _question(CHOICE, ('after = "hello"\n', "")), START, ("names no exchange", "`before`")
    ),
    Seed(
        "two-exchanges",
        _question(CHOICE, ('after = "hello"', 'before = "hello"\nafter = "hello"')),
        'after = "hello"',
        ("both",),
    ),
    Seed(
        "unknown-exchange",
        _question(CHOICE, ('"hello"', '"helo"')),
        '"helo"',
        ("no exchange `helo`", "`hello`"),
        where="2.1/hello-step/hello-status",
    ),
    Seed(
        "answer-no-choice",
        _question(CHOICE, ('answer = "ok"', 'answer = "okay"')),
        '"okay"',
        ("`okay` is no choice", "`ok`"),
    ),
    Seed(
        "ill-typed-answer",
        _question(CHOICE, ('answer = "ok"', "answer = 200")),
        "200\nhints",
        ("a key of `choices`",),
    ),
    Seed(
        "no-feedback",
        _question(CHOICE, ('[feedback]\nfound = "A redirect needs a Location field."\n', "")),
        'found = "302',
        ("no feedback",),
        runs=True,
    ),
    Seed(
        "feedback-for-nothing",
        _question(CHOICE, ("[feedback]", '[feedback]\nfond = "x"')),
        "fond",
        ("no choice", "`found`"),
    ),
    Seed(
        "feedback-for-the-answer",
        _question(CHOICE, ("[feedback]", '[feedback]\nok = "x"')),
        'ok = "x"',
        ("`explain`",),
        runs=True,
    ),
    Seed(
        "one-choice",
        _question(
            CHOICE,
            ('found = "302 FOUND"\n', ""),
            ('found = "A redirect needs a Location field."\n', ""),
            ("[proof.found]\nstatus = 302\n", ""),
        ),
        "choices]",
        ("1 choice", "2 to 5"),
        runs=True,
    ),
    Seed(
        "empty-prompt",
        _question(CHOICE, ('"Which status came back?"', '" "')),
        '" "',
        ("`prompt` is empty",),
        runs=True,
    ),
    Seed(
        "empty-hint", _question(CHOICE, ('line."]', 'line.", ""]')), '""]', ("`hints.1` is empty",), runs=True
    ),
    Seed(
        "empty-feedback",
        _question(CHOICE, ('"A redirect needs a Location field."', '""')),
        '""',
        ("`feedback.found` is empty",),
        runs=True,
    ),
    Seed(
        "empty-choice",
        _question(CHOICE, ('"302 FOUND"', '""')),
        '""',
        ("`choices.found` is empty",),
        runs=True,
    ),
    Seed(
        "same-choice",
        _question(CHOICE, ('"302 FOUND"', '" 200 ok"')),
        '" 200 ok"',
        ("`found` reads like `ok`",),
        runs=True,
    ),
    Seed(
        "no-hints",
        _question(CHOICE, ('hints = ["Look at the first line."]\n', "")),
        START,
        ("no hints",),
        runs=True,
    ),
    Seed(
        "empty-hints",
        _question(CHOICE, ('["Look at the first line."]', "[]")),
        "hints = []",
        ("no hints",),
        runs=True,
    ),
    Seed(
        "long-feedback",
        _question(CHOICE, ("A redirect needs", "A redirect needs" + " word" * 27)),
        '"A redirect',
        ("33 words", "30"),
        runs=True,
    ),
    Seed(
        "no-proof",
        CHOICE_WITHOUT_PROOF := _question(
            CHOICE, ("[proof.ok]\nstatus = 200\n[proof.found]\nstatus = 302\n", "")
        ),
        START,
        ("`unproven`",),
        runs=True,
    ),
    Seed(
        "proof-and-unproven",
        _question(CHOICE, ("hints", 'unproven = "x"\nhints')),
        "unproven",
        ("keep one",),
        runs=True,
    ),
    Seed(
        "empty-reason",
        CHOICE_WITHOUT_PROOF.replace("hints", 'unproven = ""\nhints'),
        '""',
        ("`unproven` is empty",),
        runs=True,
    ),
    Seed(
        "proof-of-nothing",
        _question(CHOICE, ("[proof.ok]", "[proof.okay]\nstatus = 1\n[proof.ok]")),
        "okay]",
        ("no choice", "`ok`"),
    ),
    Seed(
        "choice-without-proof",
        _question(CHOICE, ("[proof.found]\nstatus = 302\n", "")),
        'found = "302',
        ("no proof", "[proof.found]"),
        runs=True,
    ),
    Seed(
        "empty-proof",
        _question(CHOICE, ("[proof.found]\nstatus = 302\n", "[proof.found]\n")),
        "found]\n```",
        ("claims nothing",),
    ),
    Seed(
        "proof-as-path",
        CHOICE_WITHOUT_PROOF.replace("hints", 'proof = "hello.response.status"\nhints'),
        '"hello.response.status"',
        ("[proof.KEY]",),
    ),
    Seed(
        "proof-of-unknown-root",
        _question(CHOICE, ("[proof.found]\nstatus", "[proof.found]\nstauts")),
        "stauts",
        ("`status`",),
    ),
    Seed(
        "proof-of-unknown-exchange",
        _question(CHOICE, ("[proof.found]\nstatus", "[proof.found]\nhelo.status")),
        "helo",
        ("Did you mean `hello`",),
    ),
    Seed(
        "proof-of-whole-exchange",
        _question(CHOICE, ("[proof.found]\nstatus", "[proof.found]\nhello")),
        "hello = 302",
        ("`hello.status`",),
    ),
    Seed(
        "repeat-unknown",
        _question(CHOICE, ("hints", 'repeat = ["hello.response.status", "helo.response.status"]\nhints')),
        '"helo.',
        ("`helo`", "`hello`"),
    ),
    Seed(
        "repeat-no-path",
        _question(CHOICE, ("hints", 'repeat = ["hello.status"]\nhints')),
        '"hello.status"',
        ("`status` is no live value",),
    ),
    Seed(
        "repeat-of-the-future",
        _question(CHOICE, ("after", 'repeat = ["hello.response.status"]\nbefore')),
        '"hello.response',
        ("not been fired",),
    ),
    Seed(
        "choices-ill-typed", _question(CHOICE, ('"choice"', '"choices"')), '"ok"\nhints', ("a list of keys",)
    ),
    Seed(
        "choices-none",
        _question(CHOICE, ('"choice"', '"choices"'), ('answer = "ok"', "answer = []")),
        "[]\nhints",
        ("at least one",),
    ),
    Seed(
        "choices-twice",
        _question(CHOICE, ('"choice"', '"choices"'), ('answer = "ok"', 'answer = ["ok", "ok"]')),
        '"ok"]',
        ("stands twice",),
    ),
    Seed(
        "number-as-text",
        _question(NUMBER, ("answer = 12", 'answer = "12"')),
        '"12"',
        ("digits without quotes",),
    ),
    Seed("number-not-finite", _question(NUMBER, ("answer = 12", "answer = inf")), "inf\n", ("is a number",)),
    Seed(
        "number-without-wrong",
        _question(
            NUMBER, ('[wrong]\nmore = [13, 14]\n[feedback]\nmore = "The line end is not part of it."\n', "")
        ),
        START,
        ("nothing to refuse", "[wrong]"),
        runs=True,
    ),
    Seed(
        "number-wrong-is-right",
        _question(NUMBER, ("[13, 14]", "[13, 12.0]")),
        "12.0",
        ("`12` is the right answer too",),
        runs=True,
    ),
    Seed(
        "number-wrong-twice",
        _question(NUMBER, ("[13, 14]", "[13, 13]")),
        "13]",
        ("already belongs to `more`",),
        runs=True,
    ),
    Seed("wrong-without-spelling", _question(NUMBER, ("[13, 14]", "[]")), "[]", ("write one",), runs=True),
    Seed(
        "number-proof-table",
        _question(NUMBER, ('"hello.response.headers.Content-Length"', "{ a = { status = 1 } }")),
        "{ a =",
        ("is a live path",),
    ),
    Seed(
        "proof-path-too-short",
        _question(NUMBER, ("headers.Content-Length", "headers")),
        '"hello.response.headers"',
        ("go on", "headers.NAME"),
    ),
    Seed(
        "proof-path-too-long",
        _question(NUMBER, ("headers.Content-Length", "status.code")),
        '"hello.response.status',
        ("Nothing stands below", "`code`"),
    ),
    Seed(
        "proof-no-path",
        _question(NUMBER, ("hello.response.headers", "hello..headers")),
        '"hello..',
        ("no live path",),
    ),
    Seed("text-as-number", _question(TEXT, ('"/hello"', "5")), "5\naccept", ("in quotes",)),
    Seed("text-empty-answer", _question(TEXT, ('"/hello"', '" "')), '" "', ("never an answer",)),
    Seed(
        "text-without-feedback",
        _question(TEXT, ('[feedback]\npage = "That is another page."\n', "")),
        "page = ",
        ("no feedback",),
        runs=True,
    ),
    Seed(
        "text-feedback-for-nothing",
        _question(TEXT, ("[feedback]", '[feedback]\npages = "x"')),
        "pages",
        ("no wrong answer", "`page`"),
    ),
    Seed(
        "text-wrong-is-right",
        _question(TEXT, ('page = "/"', 'page = ["/", " /hello/ "]')),
        '" /hello/ "',
        ("right answer too",),
        runs=True,
    ),
    Seed(
        "text-wrong-is-right-but-for-case",
        _question(TEXT, ("hints", "ignore_case = true\nhints"), ('page = "/"', 'page = "/HELLO"')),
        '"/HELLO"',
        ("right answer too",),
        runs=True,
    ),
    Seed(
        "order-too-short",
        _question(ORDER, ('["a", "b", "c"]', '["a", "b"]')),
        '["a", "b"]',
        ("leaves out `c`",),
    ),
    Seed(
        "order-unknown",
        _question(ORDER, ('["a", "b", "c"]', '["a", "b", "c", "d"]')),
        '"d"]',
        ("`d` is no choice",),
    ),
    Seed(
        "order-of-two",
        _question(ORDER, ('b = "view"\n', ""), ('["a", "b", "c"]', '["a", "c"]')),
        "choices]",
        ("2 choices", "3 to 6"),
        runs=True,
    ),
    Seed(
        "order-path-to-text",
        _question(ORDER, ("hello.flask.order", "hello.flask.view")),
        '"hello.flask',
        ("a list",),
    ),
    Seed(
        "order-paths",
        _question(ORDER, ('"hello.flask.order"', '["hello.flask.view", "hello.flask.rule"]')),
        '["hello.flask',
        ("one for each item",),
    ),
    Seed(
        "order-feedback",
        _question(ORDER, ('b = "view"', 'b = "view"\n[feedback]\nd = "x"')),
        'd = "x"',
        ("no choice",),
    ),
    Seed(
        "request-two-answers",
        _question(REQUEST, ('"HEAD /hello"', '["HEAD /hello"]')),
        '["HEAD',
        ("one answer",),
    ),
    Seed(
        "request-unreadable",
        _question(REQUEST, ('"HEAD /hello"', '"HEAD hello"')),
        '"HEAD hello"',
        ("no request",),
    ),
    Seed("request-wrong-unreadable", _question(REQUEST, ('"GET /hello"', '"GET"')), '"GET"', ("no request",)),
    Seed(
        "request-live-value",
        _question(REQUEST, ('"HEAD /hello"', '"HEAD /hello X:{{helo.response.status}}"')),
        '"HEAD',
        ("`helo`", "`hello`"),
    ),
    Seed("request-predicted", _question(REQUEST, ("after =", "before =")), "before =", ("no prediction",)),
    Seed(
        "start-elsewhere",
        _question(TEXT, ("hints =", "start = 'GET /'\nhints =")),
        "start =",
        ("belongs to questions of kind `request`",),
    ),
    Seed(
        "start-unreadable",
        _question(REQUEST, ("hints =", r"start = 'GET /\q'" + "\nhints =")),
        r"'GET /\q'",
        (r"\q means nothing here",),
    ),
    Seed(
        "start-live-value",
        _question(REQUEST, ("hints =", "start = 'GET {{helo.request.target}}'\nhints =")),
        "'GET {{",
        ("`helo`", "`hello`"),
    ),
    Seed(
        "message-unreadable",
        _question(REQUEST, ("hints =", "start = 'GET /'\nhints ="), ('"GET /hello"', r"'GET \x'")),
        r"'GET \x'",
        ("no request",),
    ),
    Seed(
        "request-wrong-is-right",
        _question(REQUEST, ('"GET /hello"', '"HEAD  /hello"')),
        '"HEAD  /',
        ("right answer too",),
        runs=True,
    ),
    Seed(
        "request-without-goal", _question(REQUEST, ("[expect]\nstatus = 200\n", "")), START, ("no `expect`",)
    ),
    Seed(
        "request-empty-goal",
        _question(REQUEST, ("[expect]\nstatus = 200\n", "[expect]\n")),
        "expect]\n[",
        ("says nothing",),
    ),
    Seed(
        "request-goal-elsewhere",
        _question(REQUEST, ("[expect]\nstatus", "[expect]\nhello.status")),
        "hello.status = ",
        ("`hello` is no live value",),
    ),
    Seed(
        "request-with-proof",
        _question(REQUEST, ("hints", 'unproven = "x"\nhints')),
        "unproven",
        ("take it away",),
    ),
    Seed("empty-question", with_question("# nothing"), START, ("no keys",)),
    Seed(
        "after-a-later-one",
        replaced(('after = "first"', 'after = "socket"'), text=FULL),
        '"socket"',
        ("stands below this question", "`before`"),
    ),
]

WORDS = [
    Seed(
        "no-takeaway",
        replaced(("\n> A request gets one response.\n", "")),
        "## Hello",
        ("no takeaway",),
        runs=True,
    ),
    Seed(
        "empty-takeaway",
        replaced(("> A request gets one response.", ">")),
        ">\n",
        ("takeaway is empty",),
        runs=True,
    ),
    Seed(
        "long-takeaway",
        replaced(("> A request", ">" + " word" * 17 + " request")),
        "> word",
        ("21 words", "20"),
        runs=True,
    ),
    Seed(
        "long-opening",
        replaced(("A request goes out.", "word " * 81)),
        "## Hello",
        ("81 words", "before", "80"),
        runs=True,
    ),
    Seed(
        "words-in-tables",
        replaced(("A request goes out.", "| a | b |\n| - | - |\n| " + "word " * 79 + "| c |")),
        "## Hello",
        ("82 words",),
        runs=True,
    ),
    Seed(
        "long-step",
        replaced(("\n> A request", "\n" + "word " * 142 + "\n\n> A request")),
        "## Hello",
        ("151 words", "150"),
        runs=True,
    ),
]


@pytest.mark.parametrize(
    "body", [CHOICE, NUMBER, TEXT, ORDER, REQUEST], ids=["choice", "number", "text", "order", "request"]
)
def test_question_without_fault(body: str) -> None:
    """A question that follows the format has no fault."""
    assert faults_of(with_question(body)) == ()


def test_words_up_to_the_limits() -> None:
    """Eighty words before the first action, code in fences apart, are no fault."""
    text = replaced(
        ("A request goes out.", "word " * 78 + "`in line code` word\n\n```python\n" + "x " * 90 + "\n```")
    )
    assert faults_of(text) == ()


def test_every_bad_block_is_reported() -> None:
    """A block with a syntax error does not hide the faults of the others."""
    text = replaced(
        ("minutes = 5", "minutes ="),
        ("status = 200\n```\n\n```question", "status 200\n```\n\n```question"),
        ("GET /hello", "GET hello"),
        ('answer = "ok"', 'answer = "okay"'),
    )
    assert [fault.line for fault in faults_of(text)] == [7, 17, 21, 28]


def test_several_faults_in_one_block() -> None:
    """All faults of one block are reported in one run."""
    text = _question(
        NUMBER,
        ("answer = 12", "answer = []"),
        ("prompt", "promt"),
        ("[13, 14]", '"many"'),
        ('["Content-Length tells."]', "[1, 2]"),
    )
    messages = " ".join(fault.message for fault in faults_of(text))
    for part in ("`promt`", "no `prompt`", "`hints.0`", "`hints.1`", "one answer", "digits without quotes"):
        assert part in messages


def test_faults_carry_their_ids() -> None:
    """A fault tells lesson, step and block, as reports name them."""
    (fault,) = faults_of(replaced(('after = "hello"', 'after = "nobody"')))
    assert fault.where == "2.1/hello-step/hello-status"


def test_crlf_and_byte_order_mark() -> None:
    """A file saved on Windows has the same faults at the same places."""
    text = replaced(('answer = "ok"', 'answer = "okay"'))
    assert faults_of("\ufeff" + text.replace("\n", "\r\n")) == faults_of(text)


def faults_with(text: str, words: str) -> list[tuple[int, str]]:
    found = parse_lesson(text, FILE).faults
    return [(fault.line, fault.message) for fault in found if words in fault.message]


def test_a_wait_has_a_limit() -> None:
    """A lesson that keeps a learner waiting for more than a minute is refused where it says so."""
    for attribute, name in ((f"until={LONGEST_WAIT_MS + 1}ms", "until"), ("after_ms=999999", "after_ms")):
        text = replaced(("after_ms=50", attribute if name == "after_ms" else "after_ms=50"), text=FULL)
        if name == "until":
            text = replaced(("```http {#hello}", f"```http {{#hello {attribute}}}"))
        assert len(faults_with(text, f"{LONGEST_WAIT_MS} at most")) == 1, name


def test_a_lesson_has_a_limit_of_steps_and_a_step_of_blocks() -> None:
    """A file made to be endless is refused at the first step, or block, that is one too many."""
    steps = "".join(f"\n## Step {number} {{#step-{number}}}\n" for number in range(MOST_STEPS))
    [(line, message)] = faults_with(MINIMAL + steps, f"{MOST_STEPS} at most")
    assert f"{MOST_STEPS + 1} steps" in message
    assert (MINIMAL + steps).splitlines()[line - 1].startswith(f"## Step {MOST_STEPS - 1} ")
    blocks = "```http {#h}\nGET / HTTP/1.1\n```\n\n" * MOST_BLOCKS
    text = replaced(("```http {#hello}", f"{blocks}```http {{#hello}}"))
    [(line, message)] = faults_with(text, f"{MOST_BLOCKS} at most")
    assert text.splitlines()[line - 1] == "```http {#hello}"


@pytest.mark.parametrize(
    "seed", [*HEAD, *STEPS, *BLOCKS, *EXPECTATIONS, *TOML, *QUESTIONS, *WORDS], ids=_by_name
)
def test_fault_is_found_where_it_stands(seed: Seed) -> None:
    """A fault in a lesson file is reported once, at its line and column, with what would be right."""
    _check(seed)
