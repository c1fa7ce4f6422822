"""How far a run is, on a terminal's stderr; nothing elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tutor.environment import Environment

OnProgress = Callable[[int, int], None]
"""Called with how many steps are done, and how many there are."""


@contextmanager
def progress_bar(env: Environment, words: str) -> Iterator[OnProgress]:
    """A bar behind the words that is gone when the run is over; none where output is plain."""
    if env.err.plain:
        yield _show_nothing
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        console=env.err.console,
        transient=True,
        expand=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    task = progress.add_task(words, total=None)

    def show(done: int, total: int) -> None:
        progress.update(task, completed=done, total=total)

    with progress:
        yield show


def _show_nothing(_done: int, _total: int) -> None:
    """No terminal."""
