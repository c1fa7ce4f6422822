"""A lesson that passes, the app it is about, and a way to spoil it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Flask, Response, after_this_request, jsonify, request
from flask_sock import Sock

from tutor.check.report import Check, CheckKind, CheckStatus, Report
from tutor.check.run import run
from tutor.check.selection import Selection
from tutor.course.pack import open_pack

LESSON = """# A scratch lesson

```lesson
format = 1
id = "scratch"
number = "2.1"
minutes = 5
```

Opening prose.

## One request {#first}

Words before the request.

```source
view = "hello"
```

```http {#hello}
GET /hello?name=Grey HTTP/1.1
```

```expect {of=hello}
status = 200
headers.Content-Type = "text/html; charset=utf-8"
```

```question {#status}
kind = "choice"
after = "hello"
prompt = "Which status code came back?"
answer = "ok"
hints = ["Read the first line."]
repeat = ["hello.response.status"]
[choices]
ok = "200 OK"
found = "302 FOUND"
[feedback]
found = "302 needs a Location field."
[proof.ok]
status = 200
[proof.found]
status = 302
```

```question {#greeting}
kind = "text"
after = "hello"
prompt = "What is the body?"
answer = "Hello, Grey!"
accept = ["Hello Grey"]
hints = ["Read the last line."]
proof = "hello.response.body"
[wrong]
stranger = ["Hello, Flask!", "Hello!"]
[feedback]
stranger = "That greets nobody in particular."
```

```question {#length}
kind = "number"
after = "hello"
prompt = "How many octets has the body?"
answer = 12
hints = ["Count them."]
proof = "hello.response.headers.Content-Length"
[wrong]
eleven = 11
[feedback]
eleven = "The exclamation mark counts too."
```

```question {#crafted}
kind = "request"
after = "hello"
prompt = "Make it greet Li."
answer = "GET /hello?name=Li"
hints = ["The name stands in the query."]
[expect]
status = 200
body = { contains = "Li" }
[wrong]
unnamed = "GET /hello"
[feedback]
unnamed = "No name was sent."
```

> A request gets a response.

## What runs when {#second}

Words before the request.

```http {#tagged}
GET /tag HTTP/1.1
```

```http {#again}
GET /hello HTTP/1.1
X-Tag: {{tagged.response.headers.ETag}}
```

```expect {of=again}
status = 200
request.headers.X-Tag = "v1"
```

```question {#places}
kind = "order"
after = "tagged"
prompt = "In which order do they run?"
answer = ["before_request", "view", "after_request"]
hints = ["The view stands in the middle."]
proof = "tagged.flask.order"
[choices]
before_request = "the function before the request"
view = "the view"
after_request = "the function after the request"
```

```question {#fields}
kind = "choices"
before = "again"
prompt = "Which fields does the second request carry?"
answer = ["host", "tag"]
[choices]
host = "`Host`"
tag = "`X-Tag`"
cookie = "`Cookie`"
[feedback]
cookie = "Nothing was set that could come back."
[proof.host]
request.headers.Host = true
[proof.tag]
request.headers.X-Tag = true
[proof.cookie]
request.headers.Cookie = true
```

> Functions run in an order.

## Another place {#variant recall}

```http {#nowhere}
GET /nowhere HTTP/1.1
```

```question {#missing}
kind = "number"
before = "nowhere"
prompt = "Which status code comes back?"
answer = 404
proof = "nowhere.response.status"
[wrong]
other = 405
[feedback]
other = "405 is about methods."
```
"""


def add_streams(app: Flask) -> None:
    """A WebSocket that echoes, and a stream of three parts."""

    @Sock(app).route("/ws")  # type: ignore[untyped-decorator]  # flask-sock has no types
    def echo(ws: Any) -> None:
        while True:
            ws.send(f"echo:{ws.receive()}")

    @app.get("/ticks")
    def ticks() -> Response:
        def parts() -> Iterator[str]:
            for number in range(3):
                app.extensions["stop"].wait(0.03)
                yield f"id: {number}\ndata: \x1b[31m\n\n"

        return Response(parts(), mimetype=request.args.get("type", "text/event-stream"))


def make_app(section: str, configuration: str = "") -> Flask:
    """The app that the lesson is about; `broken` fails on every request."""
    if configuration not in {"", "broken"}:
        raise ValueError(f"unknown configuration {configuration!r}; known is broken")
    app = Flask(__name__, static_folder=None)
    app.extensions["stop"] = threading.Event()
    visits: list[str] = []

    @app.before_request
    def count() -> None:
        visits.append(request.path)
        if configuration == "broken":
            raise ZeroDivisionError(section)

    @app.get("/hello")
    def hello() -> str:
        return f"Hello, {request.args.get('name', 'Flask')}!"

    @app.get("/visits")
    def count_visits() -> Response:
        return jsonify(visits=len(visits))

    @app.get("/tag")
    def tag() -> Response:
        response = Response("tagged")
        response.headers["ETag"] = "v1"
        return response

    @app.get("/bytes")
    def raw_bytes() -> Response:
        @after_this_request
        def spoil(response: Response) -> Response:
            response.headers["X-Odd"] = "\x9b31m"
            return response

        return Response(b"\x1b[31m\xff\n::error::stop", mimetype="text/plain")

    add_streams(app)

    @app.after_request
    def sign(response: Response) -> Response:
        return response

    return app


def spoiled(old: str, new: str) -> str:
    """The lesson with one thing changed."""
    assert LESSON.count(old) == 1, old
    return LESSON.replace(old, new)


def line_of(text: str, part: str) -> int:
    """The line, counted from 1, on which the part begins; the first one of them."""
    return text[: text.index(part)].count("\n") + 1


def check(
    directory: Path,
    *lessons: str,
    only: tuple[str, ...] = (),
    kinds: tuple[CheckKind, ...] = (),
    patterns: tuple[str, ...] = (),
    jobs: int = 1,
    fail_fast: bool = False,
) -> Report:
    """Check a pack of these lessons."""
    for place, text in enumerate(lessons, start=1):
        (directory / f"lesson-{place}.md").write_text(text, encoding="utf-8")
    pack = open_pack(directory)
    selection = Selection(tuple(pack.find(name) for name in only), frozenset(kinds), patterns)
    return run(pack.load_all(), make_app=make_app, selection=selection, jobs=jobs, fail_fast=fail_fast)


def not_passed(report: Report) -> list[Check]:
    return [check for check in report.checks if check.status is not CheckStatus.PASSED]
