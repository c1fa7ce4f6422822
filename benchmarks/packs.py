"""`check` of many lessons against that of few: time for each, and memory in all."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.processes import TUTOR, largest_kb, run
from benchmarks.rows import Row
from benchmarks.timing import Effort

_LESSON = """\
# Lesson {number}

```lesson
format = 1
id = "lesson-{place}"
number = "{number}"
section = "2.1"
minutes = 1
```

One exchange, as a lesson has it.

## Hello {{#hello-step}}

A request for a page that is there.

```http {{#hello}}
GET /hello?name=Grey HTTP/1.1
```

```expect {{of=hello}}
status = 200
```

```question {{#status}}
kind = "choice"
after = "hello"
prompt = "Which status code came back?"
answer = "ok"
hints = ["Look at the first line of the response.", "It stands behind the version."]
[choices]
ok = "200"
found = "302"
[feedback]
found = "A redirect has a Location, and there is none."
[proof.ok]
status = 200
[proof.found]
status = 302
```

> A response begins with its status.
"""


def measure(effort: Effort) -> Iterator[Row]:
    """For one job and for two."""
    few, many = 10, effort.of(1000, 100)
    rounds = effort.of(3, 1)
    with tempfile.TemporaryDirectory() as folder:
        small, large = _pack(Path(folder, "small"), few), _pack(Path(folder, "large"), many)
        for jobs in (1, 2):
            times, sizes = [], []
            for _round in range(rounds):
                home = Path(folder, "home")
                of_few, of_many = (
                    (TUTOR, "check", str(pack), "--jobs", str(jobs)) for pack in (small, large)
                )
                times.append((run(of_many, home) / many) / (run(of_few, home) / few))
                sizes.append(largest_kb(of_many, home) / largest_kb(of_few, home))
            words = f"{many:,} lessons against {few}, --jobs {jobs}"
            yield Row(f"`check` of {words}: time for each", tuple(times), 1.1)
            yield Row(f"`check` of {words}: peak memory", tuple(sizes), 1.5)


def _pack(folder: Path, count: int) -> Path:
    folder.mkdir()
    for place in range(count):
        number = f"{place // 100 + 1}.{place % 100 + 1}"
        (folder / f"{number}-lesson.md").write_text(_LESSON.format(number=number, place=place), "utf-8")
    return folder
