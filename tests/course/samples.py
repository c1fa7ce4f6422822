"""A lesson text that is valid, and ways to break it."""

from __future__ import annotations

import textwrap

from tutor.course.model import Fault, Lesson
from tutor.course.parse import parse_lesson

FILE = "lessons/sample.md"

MINIMAL = """\
# One exchange

```lesson
format = 1
id = "one-exchange"
number = "2.1"
minutes = 5
```

Opening prose.

## Hello {#hello-step}

A request goes out.

```http {#hello}
GET /hello?name=Grey HTTP/1.1
```

```expect {of=hello}
status = 200
```

```question {#hello-status}
kind = "choice"
after = "hello"
prompt = "Which status came back?"
answer = "ok"
hints = ["Look at the first line of the response."]
[choices]
ok = "200 OK"
found = "302 FOUND"
[feedback]
found = "A redirect needs a Location field."
[proof.ok]
status = 200
[proof.found]
status = 302
```

> A request gets one response.
"""
"""The smallest lesson without a fault: one step, one exchange, one question."""

FULL = """\
# Everything at once

```lesson
format = 1
id = "everything"
number = "2.3"
minutes = 25
[parts]
look = "Look"
read = "Read"
```

Opening prose.

With a second paragraph.

## Look first {#look-first part=look was="old-look older-look" whole stop}

```source
view = ["hello", "form"]
```

```http {#hello app=no-key}
GET /hello?name=Grey HTTP/1.1
Accept: text/html
```

```expect {of=hello}
status = [200, 201]
reason = "OK"
version = "HTTP/1.1"
length = { min = 1, max = 100 }
headers.Location = false
headers.Content-Type = true
headers.Content-Length = 12
headers.Allow = { set = ["GET", "HEAD"] }
body = { contains = "Hello" }
response.body = { not = "Bye" }
response.interim = []
flask.order = ["before_request", "view"]
flask.view = { starts = "hel" }
flask.arguments.name = { matches = "^G" }
answered = true
request.headers."Accept" = "text/html"
json.args.a = ["1", "2"]
json.ok = true
json.deep.er = { contains = "no operator here" }
```

```question {#several}
kind = "choices"
after = "hello"
prompt = "Which fields did Flask set?"
answer = ["type", "length"]
hints = ["…", "… …"]
explain = "Werkzeug set the rest."
repeat = ["hello.response.headers.Content-Type"]
unproven = "No exchange tells who wrote a line."
[choices]
type = "Content-Type"
length = "Content-Length"
server = "Server"
[feedback]
server = "Werkzeug's server writes it."
```

> Look first.

## Read then {#read-then part=read timeline app=plain}

Prose with `code`.

```python
## this is no heading
```

| a | b |
| --- | --- |
| c | d |

```http {#login follow jar=one}
POST /login HTTP/1.1
Content-Type: application/x-www-form-urlencoded

name=grey
```

```expect {of=login}
hops = 2
hop1.status = 302
hop2.request.method = "GET"
```

```http {#again jar=one with=login after_ms=50 until=3events,500ms compare=login}
GET /hello HTTP/1.1
Host: {{host}}
Referer: {{address}}/x
If-None-Match: {{login.hop1.response.headers.ETag}}
X-Payload: {{7*7}}
```

```question {#length}
kind = "number"
before = "login"
prompt = "How many octets has the body?"
answer = 9
accept = [9.0]
units = ["characters"]
proof = "login.hop1.request.headers.Content-Length"
[wrong]
one = 1
many = [10, 11.5]
[feedback]
one = "A body of one octet is one character."
many = "The line end behind the body is not sent."
```

```question {#target}
kind = "text"
after = "login"
prompt = "What is the target?"
answer = "/login"
accept = ["/login/"]
ignore_case = true
hints = ["The second word of the request line."]
proof = "login.request.headers.Host"
[wrong]
page = ["/", "/index"]
[feedback]
page = "That is another page."
```

> Read then.

### A heading inside

## Deeper {#deeper-one deeper}

```http {#raw-one raw}
GET / HTTP/1.1\\r\\n
Host: x\\r\\n
\\r\\n
```

```question {#order}
kind = "order"
after = "raw-one"
prompt = "In which order?"
answer = ["before", "view", "after"]
hints = ["…"]
proof = "raw-one.flask.order"
[choices]
before = "before_request"
after = "after_request"
view = "view"
[feedback]
after = "It runs last."
```

> Deeper down.

## Deeper still {#deeper-two deeper}

```http {#first}
GET /hello HTTP/1.1
```

```question {#craft}
kind = "request"
after = "first"
prompt = "Ask for the fields alone."
answer = "HEAD /hello If-None-Match:{{first.response.headers.ETag}}"
hints = ["…"]
[expect]
request.method = "HEAD"
status = 200
[wrong]
get = "GET /hello"
[feedback]
get = "GET brings the body too."
```

```websocket {#socket}
target = "/ws"
headers = { Origin = "http://a.example" }
frames = [
  { send = "text", data = "hi" },
  { expect = "text", data = "echo:hi" },
  { send = "close" },
]
```

> One more.

## The last one {#last-one}

```http {#one}
GET /hello HTTP/1.1
```

```http {#two}
GET /hello HTTP/1.1
```

```question {#which}
kind = "choice"
after = "two"
prompt = "Which is it?"
answer = "a"
hints = ["…"]
[choices]
a = "A"
b = "B"
[feedback]
b = "No."
[proof.a]
one.status = 200
headers.Allow = false
[proof.b]
one.response.status = 404
```

> The last.

## The pool {#pool recall}

```http {#hello}
GET /hello HTTP/1.1
```

```question {#pool-status}
kind = "choice"
before = "hello"
prompt = "Which status comes back?"
answer = "ok"
[choices]
ok = "200 OK"
found = "302 FOUND"
[feedback]
found = "A redirect needs a Location field."
[proof.ok]
status = 200
[proof.found]
status = 302
```
"""
"""A lesson without a fault that uses all of the format."""


def replaced(*changes: tuple[str, str], text: str = MINIMAL) -> str:
    """The text with parts replaced: `(old, new)`. Each old part must stand there exactly once."""
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
        text = text.replace(old, new)
    return text


def with_question(body: str) -> str:
    """The minimal lesson with another question block body."""
    start = MINIMAL.index('kind = "choice"')
    end = MINIMAL.index("```\n\n> A request")
    return MINIMAL[:start] + textwrap.dedent(body).strip("\n") + "\n" + MINIMAL[end:]


def line_of(text: str, part: str) -> int:
    """The line on which a part of the text stands; it must stand there once."""
    assert text.count(part) == 1, f"{part!r} stands {text.count(part)} times"
    return text.count("\n", 0, text.index(part)) + 1


def faults_of(text: str) -> tuple[Fault, ...]:
    """All faults of a lesson text."""
    return parse_lesson(text, FILE).faults


def lesson_of(text: str) -> Lesson:
    """The lesson; the text must have no fault."""
    parsed = parse_lesson(text, FILE)
    assert parsed.faults == ()
    assert parsed.lesson is not None
    return parsed.lesson
