"""The sample pack in Chinese; its deeper step is not translated."""

from __future__ import annotations

from pathlib import Path

from tests.play.sample_pack import LESSON, write_pack
from tutor.course.parse import parse_lesson
from tutor.course.translation_file import with_sources

CHINESE = """\
# 各种问题的一课 {from=0}

开篇的话。

## 选择 {#choose from=0}

看看这一个。

```http {#hello}
```

```question {#status}
prompt = "返回的状态码是哪一个？"
hints = ["看第一行。", "它以 2 开头。"]
explain = "一切正常。"
[choices]
[feedback]
found = "302 让你去别处。"
gone = "410 说那里什么也不剩。"
```

> 状态行说明请求的结果。

## 猜一猜 {#guess from=0}

```http {#nope}
```

```question {#predicted}
prompt = "会返回哪个状态码？"
explain = "没有规则匹配这个地址。"
[feedback]
fine = "要有视图回答，才会是 200。"
```

```question {#several}
prompt = "响应里有哪些字段？"
hints = ["看看响应。"]
[choices]
type = "内容类型"
length = "内容长度"
allow = "允许的方法"
[feedback]
allow = "Allow 随 405 一起出现。"
```

```question {#method}
prompt = "发送的是哪个方法？"
hints = ["它是第一个词。"]
[feedback]
post = "POST 会带主体。"
```

> 404 表示没有规则匹配。

## 排序 {#sort from=0}

```http {#again}
```

```question {#parts}
prompt = "响应的各部分按什么顺序到来？"
hints = ["状态最先到。"]
[choices]
line = "状态行"
fields = "字段"
empty = "空行"
body = "主体"
```

```question {#craft}
prompt = "怎样请求，视图才会问候 Ann？"
hints = ["名字在查询字符串里。"]
[feedback]
bare = "没有名字，视图问候的是 Flask。"
```

> 响应有三个部分和一个空行。
"""


def write_chinese_pack(folder: Path) -> Path:
    """The pack as files, its Chinese up to date; gives its folder."""
    write_pack(folder)
    lesson = parse_lesson(LESSON, "every-kind.md").lesson
    assert lesson is not None
    (folder / "zh-CN").mkdir()
    text = CHINESE.replace("[choices]\n[feedback]", "[feedback]")
    (folder / "zh-CN" / "every-kind.md").write_text(with_sources(text, lesson, None)[0], "utf-8")
    return folder
