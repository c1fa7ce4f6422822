"""`python -m benchmarks`: measure, print the table, and end with 1 where a bound is not kept."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator

from benchmarks import closing, course, exchanges, exercise, growth, packs, rendering, starting
from benchmarks.rows import Row, markdown, table
from benchmarks.timing import Effort

Benchmark = Callable[[Effort], Iterator[Row]]

BENCHMARKS: dict[str, Benchmark] = {
    "starting": starting.measure,
    "exchanges": exchanges.measure,
    "rendering": rendering.measure,
    "closing": closing.measure,
    "exercise": exercise.measure,
    "packs": packs.measure,
    "course": course.measure,
    "growth": growth.measure,
}


def main() -> int:
    """Measure what the arguments name."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few rounds: a first look")
    parser.add_argument("--only", action="append", choices=BENCHMARKS, help="may be given several times")
    parser.add_argument("--markdown", action="store_true", help="the table as the README quotes it")
    wishes = parser.parse_args()
    rows: list[Row] = []
    for name in wishes.only or BENCHMARKS:
        started_s = time.monotonic()
        rows += BENCHMARKS[name](Effort(quick=wishes.quick))
        sys.stderr.write(f"{name}: {time.monotonic() - started_s:.0f} s\n")
    sys.stdout.write(markdown(rows) if wishes.markdown else table(rows))
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
