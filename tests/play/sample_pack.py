"""A small lesson pack with one question of each kind, over the bundled sandbox's section 2.1."""

from __future__ import annotations

from pathlib import Path

LESSON = """\
# A lesson of every kind

```lesson
format = 1
id = "every-kind"
number = "2.1"
minutes = 5
```

Opening words.

## Choose {#choose}

Look at this one.

```http {#hello}
GET /hello HTTP/1.1
```

```expect {of=hello}
status = 200
```

```question {#status}
kind = "choice"
after = "hello"
prompt = "Which status came back?"
answer = "ok"
hints = ["Read the first line.", "It begins with 2."]
explain = "All went well."
[choices]
ok = "200 OK"
found = "302 FOUND"
gone = "410 GONE"
[feedback]
found = "302 sends you elsewhere."
gone = "410 says that nothing is left."
[proof.ok]
status = 200
[proof.found]
status = 302
[proof.gone]
status = 410
```

> The status line tells what became of the request.

## Guess {#guess}

```http {#nope}
GET /nope HTTP/1.1
```

```expect {of=nope}
status = 404
```

```question {#predicted}
kind = "number"
before = "nope"
prompt = "Which status code will come back?"
answer = 404
proof = "nope.response.status"
explain = "No rule fits the address."
[wrong]
fine = 200
[feedback]
fine = "200 needs a view that answers."
```

```question {#several}
kind = "choices"
after = "nope"
prompt = "Which fields does the response have?"
answer = ["type", "length"]
hints = ["Look at the response."]
[choices]
type = "Content-Type"
length = "Content-Length"
allow = "Allow"
[feedback]
allow = "Allow comes with a 405."
[proof.type]
headers.Content-Type = true
[proof.length]
headers.Content-Length = true
[proof.allow]
headers.Allow = true
```

```question {#method}
kind = "text"
after = "nope"
prompt = "Which method was sent?"
answer = "GET"
ignore_case = true
hints = ["It is the first word."]
proof = "nope.request.method"
[wrong]
post = "POST"
[feedback]
post = "POST would carry a body."
```

> 404 means that no rule fits.

## Sort {#sort}

```http {#again}
GET /hello?name=Grey HTTP/1.1
```

```expect {of=again}
status = 200
```

```question {#parts}
kind = "order"
after = "again"
prompt = "In which order do a response's parts come?"
answer = ["line", "fields", "empty", "body"]
hints = ["The status comes first."]
unproven = "The parts of a message are no values of it."
[choices]
line = "status line"
fields = "fields"
empty = "empty line"
body = "body"
```

```question {#craft}
kind = "request"
after = "again"
prompt = "Which request makes the view greet Ann?"
answer = "GET /hello?name=Ann"
hints = ["The name stands in the query."]
[expect]
status = 200
body = "Hello, Ann!"
[wrong]
bare = "GET /hello"
[feedback]
bare = "Without a name the view greets Flask."
```

> A response has three parts and an empty line.

## One more, deeper {#more deeper}

```http {#last}
GET /hello?name=%E6%9D%8E HTTP/1.1
```

```expect {of=last}
status = 200
```

```question {#bytes}
kind = "number"
after = "last"
prompt = "How many bytes has the body?"
answer = 11
hints = ["Read Content-Length."]
proof = "last.response.headers.Content-Length"
[wrong]
letters = 9
[feedback]
letters = "9 counts letters; one of them takes three bytes."
```

> Lengths count bytes.
"""


def write_pack(folder: Path) -> Path:
    """The pack as files; gives its folder."""
    folder.mkdir()
    (folder / "every-kind.md").write_text(LESSON, "utf-8")
    return folder
