"""Probes of every kind reach a learner's app: jars, redirects, raw bytes, streams, WebSockets."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.exercise_pack import LESSON, greet, write_exercises
from tutor.workshop.runner import Run, Workshop

APP = """\
import time
from threading import Event

from flask import Flask, Response, abort, redirect, request, session
from flask_sock import Sock

app = Flask(__name__)
app.config["SECRET_KEY"] = "a key for a test"
published = Event()
sock = Sock(app)


@app.post("/login")
def login():
    session["name"] = request.form["name"]
    return redirect("/me")


@app.get("/me")
def me():
    return session.get("name") or abort(403)


@app.get("/ticks")
def ticks():
    def events():
        for number in range(1, 1000):
            yield f"id: {number}\\ndata: tick\\n\\n"
            time.sleep(0.01)

    return Response(events(), mimetype="text/event-stream")


@app.get("/wait")
def wait():
    return "published" if published.wait(3) else ("", 204)


@app.post("/publish")
def publish():
    published.set()
    return ""


@sock.route("/echo")
def echo(ws):
    while True:
        ws.send(ws.receive().upper())


@app.get("/endless")
def endless():
    return Response(iter(lambda: time.sleep(0.05) or "x", None))
"""

PROBES = """\
```http {#stranger of=greet}
GET /me HTTP/1.1
```

```expect {of=stranger}
status = 403
```

```http {#login of=greet jar=grey follow}
POST /login HTTP/1.1
Content-Type: application/x-www-form-urlencoded

name=grey
```

```expect {of=login}
hop1.status = 302
hop2.body = "grey"
hops = 2
```

```http {#again of=greet jar=grey}
GET /me HTTP/1.1
X-Seen: {{login.response.length}}
```

```expect {of=again}
body = "grey"
request.headers.X-Seen = 4
```

```http {#bare of=greet raw}
GET /me HTTP/1.1\\r\\nHost: other.example\\r\\n\\r\\n
```

```expect {of=bare}
status = 403
```

```http {#ticks of=greet until=3events}
GET /ticks HTTP/1.1
```

```expect {of=ticks}
headers.Content-Type = { starts = "text/event-stream" }
event3.id = "3"
```

```http {#waiting of=greet}
GET /wait HTTP/1.1
```

```http {#publishing of=greet with=waiting after_ms=200}
POST /publish HTTP/1.1
```

```expect {of=waiting}
body = "published"
duration_ms = { min = 150, max = 2900 }
```

```expect {of=publishing}
status = 200
```

```websocket {#talk of=greet}
target = "/echo"
frames = [{ send = "text", data = "hi" }, { expect = "text", data = "HI" }, { send = "close", data = "1000" }]
```

```expect {of=talk}
status = 101
```
"""

ENDLESS = """
```http {#endless of=greet}
GET /endless HTTP/1.1
```

```expect {of=endless}
status = 200
```
"""


def run(folder: Path, probes: str, code: str = APP) -> Run:
    start, end = LESSON.index("```http {#plain"), LESSON.index("> What stands")
    lesson = LESSON[:start] + probes + "\n" + LESSON[end:]
    wrong, after = lesson.index("[wrong.same-name]"), lesson.index("```\n", lesson.index("[feedback]"))
    lesson = lesson[:wrong] + lesson[after:]
    pack = write_exercises(folder, lesson=lesson, files={"solution": code, "starter": "app = 1\n"})
    _lesson, exercise, found = greet(pack)
    path = folder / "me.py"
    path.write_text(code, "utf-8")
    with Workshop(keeps_one_ready=False) as workshop:
        return workshop.run(path, exercise, found)


def test_probes_of_every_kind_reach_the_app(tmp_path: Path) -> None:
    """Cookies, redirects, plain sockets, streams, long polls and WebSockets work as with the sandbox."""
    outcome = run(tmp_path, PROBES)
    assert [
        (verdict.probe.id, claim)
        for verdict in outcome.verdict.probes
        for claim in verdict.claims
        if not claim.holds
    ] == []
    assert len(outcome.verdict.probes) == 8
    (talk,) = outcome.fired["talk"]
    assert talk.timeline is not None
    assert talk.timeline.view == "echo"


def test_a_websocket_that_answers_otherwise_does_not_pass(tmp_path: Path) -> None:
    """The frames of a probe are part of what is graded."""
    outcome = run(tmp_path, PROBES, APP.replace(".upper()", ""))
    missed = outcome.verdict.first_missed
    assert missed is not None
    assert missed.probe.id == "talk"
    assert [claim.actual for claim in missed.claims if not claim.holds] == [
        'Frame 2 should be text "HI"; text "hi" came.'
    ]


@pytest.mark.timeout(60)
def test_a_response_that_does_not_end_does_not_pass(tmp_path: Path) -> None:
    """A body that goes on for ever is no answer, even where its head is as expected."""
    outcome = run(tmp_path, ENDLESS)
    (verdict,) = outcome.verdict.probes
    assert [(claim.expected, claim.holds) for claim in verdict.claims] == [
        ("status 200", True),
        ("a response that ends", False),
    ]
