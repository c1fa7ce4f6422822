"""How long a learner waits for the verdict once a file is saved."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.processes import TUTOR, OnTerminal
from benchmarks.rows import Row
from benchmarks.timing import Effort
from tutor.course.pack import open_pack

_STEP = "2.1.7"
_EXERCISE = "thirteen-bytes"
_PROMPT = "Enter: run"
_VERDICT = "Twelve bytes came"
"""The feedback on the mistake that is saved."""


def measure(effort: Effort) -> Iterator[Row]:
    """From the save to the verdict: at once, and once the process that waits has imported Flask.

    The first contains what is left of that import, the second nothing; nothing is subtracted from either.
    """
    exercises = open_pack().root / "exercises" / _EXERCISE
    wrong = (exercises / "wrong-no-comma.py").read_bytes()
    waits: dict[bool, list[float]] = {False: [], True: []}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "work", f"{_EXERCISE}.py")
        command = (TUTOR, _STEP, "--work", str(file.parent))
        with OnTerminal(command, Path(folder)) as terminal:
            terminal.read_until(_PROMPT)
            for number in range(effort.of(20, 4)):
                for has_flask in (False, True):
                    if has_flask:
                        terminal.wait_until_at_rest()
                    terminal.discard()
                    saved_s = time.perf_counter()
                    # A file that did not change is not run.
                    file.write_bytes(wrong + b"#" * (2 * number + has_flask) + b"\n")
                    waits[has_flask].append(terminal.read_until(_VERDICT) - saved_s)
                    terminal.read_until(_PROMPT)
    yield Row("exercise: from the save to the verdict, at once", tuple(waits[False]), 1.0, "s", strict=True)
    yield Row("the same once the process has imported Flask", tuple(waits[True]), 0.3, "s")
