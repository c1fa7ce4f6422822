"""A lesson's table of contents, and nothing of its blocks: what `list` needs, and what finds a lesson.

Named tuples, and few imports: every start wants this, and to make a dataclass takes a millisecond.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

FORMAT = 1
"""The version of the lesson format that this program reads."""


class OutlineStep(NamedTuple):
    """A step's heading."""

    id: str
    number: str
    title: str
    deeper: bool
    hash: str
    was: tuple[str, ...] = ()
    part: str = ""


class Part(NamedTuple):
    """A run of steps with a name."""

    id: str
    title: str


class Outline(NamedTuple):
    """A lesson's head and headings."""

    id: str
    number: str
    title: str
    minutes: int
    file: str
    """The file's path as a report names it."""
    steps: tuple[OutlineStep, ...]
    parts: tuple[Part, ...] = ()

    @property
    def main_steps(self) -> tuple[OutlineStep, ...]:
        return tuple(step for step in self.steps if not step.deeper)


def shown_path(path: Path) -> str:
    """A path as reports name it: from the working directory, where it lies in that."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError, RuntimeError):
        # RuntimeError: before Python 3.13, links that lead in a circle.
        return str(path)
