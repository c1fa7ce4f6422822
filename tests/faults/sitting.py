"""A learner in the middle of something, and what may be left when the program has ended."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.command import ROOT, flask_http_tutor
from tests.terminal import Terminal

LESSON = """\
# Faults

```lesson
format = 1
id = "faults"
number = "2.5"
minutes = 5
```

Opening words.

## One request {#one}

```http {#poll}
GET /poll HTTP/1.1
```

```expect {of=poll}
status = 200
```

```question {#status}
kind = "number"
after = "poll"
prompt = "Which status code came back?"
answer = 200
hints = ["Read the first line."]
proof = "poll.response.status"
explain = "All went well."
[wrong]
found = 302
[feedback]
found = "302 sends you elsewhere."
```

> The status line tells.

## A stream {#stream}

```http {#ticker until=90events}
GET /ticker HTTP/1.1
```

```expect {of=ticker}
status = 200
events = 90
```

```question {#events}
kind = "number"
after = "ticker"
prompt = "How many events came?"
answer = 90
hints = ["Count."]
proof = "ticker.events"
explain = "Then your client left."
[wrong]
none = 0
[feedback]
none = "Look again."
```

> A stream goes on.

## A wait {#wait}

```http {#held}
GET /longpoll?since=0 HTTP/1.1
```

```http {#news with=held after_ms=100}
POST /publish HTTP/1.1
Content-Type: text/plain

rain
```

```expect {of=held}
status = 200
```

```question {#held-status}
kind = "number"
after = "held"
prompt = "Which status code did the long poll bring?"
answer = 200
hints = ["Read its first line."]
proof = "held.response.status"
explain = "News came before the limit."
[wrong]
empty = 204
[feedback]
empty = "204 comes at the limit."
```

> A long poll waits for news.
"""


def write_pack(folder: Path) -> Path:
    """A pack with an exchange, a stream of two seconds and a long poll; gives its folder."""
    folder.mkdir()
    (folder / "faults.md").write_text(LESSON, "utf-8")
    return folder


class Sitting:
    """A learner's folders, and terminals in which the program starts with them."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.work = folder / "work"
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.pack = write_pack(folder / "pack")

    @contextmanager
    def terminal(
        self,
        *arguments: str,
        columns: int = 80,
        rows: int = 24,
        through: tuple[str, ...] = (),
        variables: Mapping[str, str | None] | None = None,
    ) -> Iterator[Terminal]:
        """The program with these arguments."""
        own: dict[str, str | None] = {
            "TMPDIR": str(self.temporary),
            "PYTHONPATH": str(ROOT),
            "VISUAL": None,
            "EDITOR": None,
        }
        with Terminal(
            *arguments,
            home=self.home,
            columns=columns,
            rows=rows,
            variables=own | dict(variables or {}),
            through=through,
        ) as terminal:
            yield terminal

    def listed(self) -> str:
        """What `list` says of the pack."""
        return flask_http_tutor("list", "--pack", str(self.pack), home=self.home).out

    def leftovers(self) -> list[str]:
        """Processes of this sitting that still run after a while, and temporary files."""
        end = time.monotonic() + 10
        while (found := self._processes()) and time.monotonic() < end:
            time.sleep(0.05)
        return [*found, *(str(file) for file in self.temporary.rglob("*"))]

    def _processes(self) -> list[str]:
        mark = f"FLASK_HTTP_TUTOR_HOME={self.home}\0".encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            if process.name == str(os.getpid()):
                continue
            try:
                if mark in (process / "environ").read_bytes():
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:200])
            except OSError:
                continue
        return found
