"""A lesson with one exercise and its files, and ways to spoil them."""

from __future__ import annotations

from pathlib import Path

from tutor.course.model import ExchangeBlock, Lesson, Question
from tutor.course.pack import Pack
from tutor.course.parse import Parsed

LESSON = """\
# Exercises

```lesson
format = 1
id = "exercises"
number = "2.1"
minutes = 5
```

Opening prose.

## Greet {#greet-step}

Now it is your turn.

```question {#greet}
kind = "exercise"
prompt = "Let `/hello` answer `Hello, NAME!`"
hints = ["The name stands in the query.", "`request.args` holds it."]
explain = "The query reached the view."
[wrong.same-name]
error = "AssertionError"
[wrong.shouted]
named.body = "HELLO, GREY!"
plain.status = 200
[wrong.lost]
named.status = 404
[feedback]
same-name = "Two views have one name."
shouted = "Capitals are other bytes."
lost = "No rule fits `/hello`."
```

```http {#plain of=greet}
GET /hello HTTP/1.1
```

```expect {of=plain}
status = 200
body = "Hello, Flask!"
```

```http {#named of=greet points=3}
GET /hello?name=Grey HTTP/1.1
```

```expect {of=named}
status = 200
headers.Content-Type = { starts = "text/html" }
body = "Hello, Grey!"
```

> What stands in the query reaches the view.
"""

APP = """\
from flask import Flask, request

app = Flask(__name__)


@app.get("/hello")
def hello():
    name = request.args.get("name", "Flask")
    return f"Hello, {name}!"
"""

FILES = {
    "solution": APP,
    "starter": APP.replace('    return f"Hello, {name}!"', '    return "Hello"'),
    "wrong-same-name": APP + '\n\n@app.get("/bye")\ndef hello():\n    return ""\n',
    "wrong-shouted": APP.replace('"Hello, {name}!"', '"Hello, {name}!".upper()'),
    "wrong-lost": APP.replace("/hello", "/helo"),
}


def write_exercises(folder: Path, *, lesson: str = LESSON, files: dict[str, str] = FILES) -> Pack:
    """A pack whose exercises may run, as the bundled course's do."""
    code = folder / "exercises" / "greet"
    code.mkdir(parents=True, exist_ok=True)
    path = folder / "2.1-exercises.md"
    path.write_text(lesson, "utf-8")
    for name, text in files.items():
        (code / f"{name}.py").write_text(text, "utf-8")
    return Pack(folder, (path,), brings_code=True)


def greet(pack: Pack) -> tuple[Lesson, Question, tuple[ExchangeBlock, ...]]:
    """The lesson with its exercise and the probes of that."""
    parsed: Parsed = pack.load("2.1")
    assert parsed.lesson is not None, parsed.faults
    (step,) = parsed.lesson.steps
    (exercise,) = step.exercises
    return parsed.lesson, exercise, step.probes(exercise.id)
