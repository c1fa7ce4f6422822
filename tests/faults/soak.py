"""One long session, played by a script in a process of its own, which measures itself; JSON on stdout.

Arguments: a folder to work in; the number of rounds. A round is 40 exchanges, 4 streams and a WebSocket.
"""

from __future__ import annotations

import gc
import io
import json
import os
import resource
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tutor.course.pack import open_pack
from tutor.environment import Environment
from tutor.learner.steady import SteadyProgress
from tutor.play.prompt import Leave
from tutor.play.session import Session
from tutor.play.table import Table
from tutor.screen.output import Output

EXCHANGES, STREAMS, SOCKETS = 40, 4, 1
"""In a round."""
MEASURED_EVERY = 5
"""Rounds."""

QUESTION = """
```question {{#{id}-status}}
kind = "choice"
after = "{id}"
prompt = "Which status came back?"
answer = "ok"
hints = ["Read the first line."]
[choices]
ok = "2xx or 101"
found = "302 FOUND"
[feedback]
found = "302 sends you elsewhere."
[proof.ok]
headers.Location = false
[proof.found]
status = 302
```
"""

LESSON = f"""\
# A long day

```lesson
format = 1
id = "long-day"
number = "2.5"
minutes = 5
```

## An exchange {{#exchange}}

```http {{#poll}}
GET /poll HTTP/1.1
```
{QUESTION.format(id="poll")}
> One.

## A stream {{#stream}}

```http {{#sse until=3events}}
GET /sse HTTP/1.1
```
{QUESTION.format(id="sse")}
> Two.

## A socket {{#socket}}

```websocket {{#talk}}
target = "/ws"
[[frames]]
send = "text"
data = "hi"
[[frames]]
expect = "text"
data = "echo:hi"
[[frames]]
send = "close"
[[frames]]
expect = "close"
```
{QUESTION.format(id="talk")}
> Three.
"""


class _Terminal(io.TextIOBase):
    """A terminal that nobody looks at."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        return len(text)


class _Script:
    """A prompter that types line after line, whatever it is asked."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines

    def read(
        self,
        label: str | Callable[[], str],
        bar: Sequence[str],
        inbox: object = None,
        around: object = None,
    ) -> str:
        del label, bar, inbox, around
        line = next(self._lines, None)
        if line is None:
            raise Leave
        return line

    def edit(self, text: str, inbox: object, around: object) -> str:
        raise AssertionError(text, inbox, around)


def _measured() -> dict[str, int]:
    gc.collect()
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        kilobytes = pages * os.sysconf("SC_PAGE_SIZE") // 1024
        descriptors = len(list(Path("/proc/self/fd").iterdir()))
    except OSError:
        kilobytes, descriptors = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, 0
    return {"kilobytes": kilobytes, "descriptors": descriptors, "threads": threading.active_count()}


def main(folder: Path, rounds: int) -> None:
    """Play so many rounds and print what was measured behind every few of them, and what crossed."""
    pack = folder / "pack"
    pack.mkdir()
    (pack / "long-day.md").write_text(LESSON, "utf-8")
    measured: list[dict[str, int]] = []

    def lines() -> Iterator[str]:
        for number in range(rounds):
            for step, times in (("1", EXCHANGES), ("2", STREAMS), ("3", SOCKETS)):
                yield f":g {step}"
                yield ""
                # What has been drawn as it arrived stands before a beat of its own.
                yield ":r"
                for _again in range(times - 1):
                    yield ":f"
            if number % MEASURED_EVERY == MEASURED_EVERY - 1:
                measured.append(_measured())

    variables = {"COLUMNS": "80", "LINES": "24", "TERM": "xterm"}
    screen = _Terminal()
    out = Output(screen, variables)  # type: ignore[arg-type]  # all of TextIO that it uses
    env = Environment(out=out, err=out, stdin=sys.stdin, variables=variables, pack=pack)
    with SteadyProgress(folder / "home") as progress:
        table = Table()
        Session(env, open_pack(pack), progress, _Script(lines()), table).run(None)
        traffic = table.traffic
    sys.stdout.write(
        json.dumps({"measured": measured, "exchanges": traffic.exchanges, "at_end": _measured()})
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
