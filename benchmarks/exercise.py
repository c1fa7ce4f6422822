"""How long a learner waits for the verdict once a file is saved."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.processes import PYTHON, TUTOR, OnTerminal, run
from benchmarks.rows import Row
from benchmarks.timing import Effort
from tutor.course.pack import open_pack

_STEP = "2.1.7"
_EXERCISE = "thirteen-bytes"
_PROMPT = "Enter: run"
_VERDICT = "Twelve bytes came"
"""The feedback on the mistake that is saved."""
_READ_S = 1.0
"""How long a learner looks at the goal at least; the process that waits for the file starts meanwhile."""


def measure(effort: Effort) -> Iterator[Row]:
    """From the save to the verdict, and how much of it is not the import of Flask, which a run needs."""
    exercises = open_pack().root / "exercises" / _EXERCISE
    wrong = (exercises / "wrong-no-comma.py").read_bytes()
    waits, own = [], []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "work", f"{_EXERCISE}.py")
        command = (TUTOR, _STEP, "--work", str(file.parent))
        with OnTerminal(command, Path(folder)) as terminal:
            terminal.read_until(_PROMPT)
            for number in range(effort.of(20, 4)):
                time.sleep(_READ_S)
                terminal.discard()
                saved_s = time.perf_counter()
                file.write_bytes(wrong + b"#" * number + b"\n")
                waits.append(terminal.read_until(_VERDICT) - saved_s)
                terminal.read_until(_PROMPT)
                flask_s = run((PYTHON, "-c", "import flask")).seconds
                own.append(waits[-1] - flask_s)
    yield Row("exercise: from the save to the verdict", tuple(waits), 1.0, "s", strict=True)
    yield Row("the same without the time of `import flask`", tuple(own), 0.3, "s")
