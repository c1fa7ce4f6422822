"""A lesson and its translation, both without a fault, to drift apart in tests."""

from __future__ import annotations

from tutor.course.model import Lesson
from tutor.course.parse import parse_lesson
from tutor.course.translation import Translation, read_translation
from tutor.course.translation_file import with_sources

ENGLISH = """\
# Two greetings

```lesson
format = 1
id = "two-greetings"
number = "2.1"
minutes = 5
try_next = ["`curl -i`: the raw response", "`:try`: any request", "`:w`: another client"]
[parts]
look = "Look first"
```

What a greeting is on the wire.

## The first greeting {#first part=look}

A request goes out.

```source
view = "hello"
```

```http {#hello}
GET /hello?name=Grey HTTP/1.1
```

```expect {of=hello}
status = 200
```

```question {#status}
kind = "choice"
after = "hello"
prompt = "Which status came back?"
answer = "ok"
hints = ["Look at the first line of the response."]
explain = "The view ran to its end."
[choices]
ok = "200 OK"
found = "`302 FOUND`"
none = "None at all"
[feedback]
found = "A redirect needs a Location field."
none = "Every response begins with a status."
[proof.ok]
status = 200
[proof.found]
status = 302
[proof.none]
status = 204
```

Between two questions:

```python
name = "Grey"
```

```question {#length}
kind = "number"
after = "hello"
prompt = "How many bytes has the body?"
answer = 12
hints = ["Count the letters.", "`Content-Length` says it."]
proof = "hello.response.headers.Content-Length"
[wrong]
one-more = 13
[feedback]
one-more = "There is no line end."
```

> A request gets one response.

## From memory {#again recall of=first}

```http {#other}
GET /hello HTTP/1.1
```

```question {#other-status}
kind = "choice"
after = "other"
prompt = "Which status now?"
answer = "ok"
hints = ["The same view ran."]
[choices]
ok = "200"
found = "302"
[feedback]
found = "Nothing redirects here."
[proof.ok]
status = 200
[proof.found]
status = 302
```
"""

CHINESE = """\
# 两次问候 {from=00000000}

```lesson
try_next = ["`curl -i`：原始响应", "`:try`：任意请求", "`:w`：换一个客户端"]
[parts]
look = "先看一看"
```

一句问候在线路上是什么样子。

## 第一次问候 {#first from=00000000}

一个请求发了出去。

```source
```

```http {#hello}
```

```question {#status}
prompt = "返回的状态码是哪一个？"
hints = ["看响应的第一行。"]
explain = "视图函数执行到了最后。"
[choices]
none = "没有状态码"
[feedback]
found = "重定向需要 Location 字段。"
none = "每个响应都以状态行开头。"
```

两个问题之间：

```python
name = "Grey"
```

```question {#length}
prompt = "主体有多少字节？"
hints = ["数一数字母。", "`Content-Length` 里写着。"]
[feedback]
one-more = "末尾没有换行。"
```

> 一个请求得到一个响应。

## 凭记忆 {#again from=00000000}

```http {#other}
```

```question {#other-status}
prompt = "这次的状态码是？"
hints = ["执行的是同一个视图函数。"]
[feedback]
found = "这里没有重定向。"
```
"""


def english(text: str = ENGLISH) -> Lesson:
    """The lesson of a text without a fault."""
    parsed = parse_lesson(text, "2.1.md")
    assert parsed.lesson is not None, parsed.faults
    return parsed.lesson


def accepted(chinese: str = CHINESE, text: str = ENGLISH) -> str:
    """The translation with the hashes of the English words at its headings."""
    return with_sources(chinese, english(text), None)[0]


def translated(chinese: str | None = None, text: str = ENGLISH) -> Translation:
    """What comes of the translation; by default of the one that is up to date."""
    return read_translation(
        accepted() if chinese is None else chinese, "zh-CN/2.1.md", english(text), "zh-CN"
    )
