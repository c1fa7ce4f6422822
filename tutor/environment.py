"""What the outside is to a command: one value, passed in, so that a screen can be tested by itself."""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, TextIO

from tutor.learner.settings import state_folder
from tutor.screen.output import Output


class Environment(NamedTuple):
    """Streams, clock, paths and the person's wishes."""

    out: Output
    err: Output
    stdin: TextIO
    variables: Mapping[str, str]
    language: str = "en"
    plain: bool = False
    full: bool = False
    """Nothing folds."""
    pack: Path | None = None
    """Another lesson pack's folder; None is the bundled course."""
    work: Path | None = None
    """Where exercise files are; None is the folder that the learner chose."""
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    @property
    def interactive(self) -> bool:
        """Whether a person can be asked."""
        return self.stdin.isatty() and self.out.stream.isatty()

    @property
    def state_directory(self) -> Path:
        """Where progress is kept; not created here."""
        return Path(state_folder(self.variables))


def environment(
    *,
    language: str = "en",
    plain: bool = False,
    full: bool = False,
    pack: Path | None = None,
    work: Path | None = None,
) -> Environment:
    """The environment of this process."""
    variables = dict(os.environ)
    if isinstance(sys.stdin, io.TextIOWrapper):
        # A terminal may send what its locale's encoding does not know.
        sys.stdin.reconfigure(errors="surrogateescape")
    out = Output(sys.stdout, variables, plain=plain)
    return Environment(
        out=out,
        err=Output(sys.stderr, variables, plain=plain),
        stdin=sys.stdin,
        variables=variables,
        language=language,
        plain=out.plain,
        full=full,
        pack=pack,
        work=work,
    )
