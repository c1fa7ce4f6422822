"""Running the program as a shell does, without a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Outcome:
    """What a command printed, and how it ended."""

    out: str
    err: str
    code: int


def flask_http_tutor(*arguments: str, home: Path, cwd: Path = ROOT, **variables: str) -> Outcome:
    """Run the command; progress is kept in `home`."""
    kept = {key: value for key, value in os.environ.items() if key not in {"COLUMNS", "LINES"}}
    # A developer's own locale is no part of what is tested.
    kept |= {"LC_ALL": "C.UTF-8"}
    result = subprocess.run(
        [sys.executable, "-m", "tutor", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=100,
        cwd=cwd,
        env=kept | {"FLASK_HTTP_TUTOR_HOME": str(home), "PYTHONPATH": str(ROOT)} | variables,
    )
    return Outcome(result.stdout, result.stderr, result.returncode)
