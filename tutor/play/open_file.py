"""`:e` in an exercise: the learner's own editor on the terminal, or the path to click on."""

from __future__ import annotations

import shlex
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tutor.language import _

if TYPE_CHECKING:
    from rich.text import Text


def editor_of(variables: Mapping[str, str]) -> list[str]:
    """The command that `VISUAL`, else `EDITOR` names; empty where neither does."""
    for name in ("VISUAL", "EDITOR"):
        try:
            command = shlex.split(variables.get(name, ""))
        except ValueError:
            continue
        if command:
            return command
    return []


def edit(path: Path, command: list[str]) -> str:
    """Let the editor have the terminal until it ends; gives why it could not start, or nothing."""
    try:
        with _ctrl_c_left_to_it():
            subprocess.run([*command, str(path)], check=False)
    except OSError as error:
        return _("The editor {name} cannot be started: {why}.").format(
            name=command[0], why=error.strerror or error
        )
    return ""


def linked_path(path: Path, shown: str) -> Text:
    """The path, which a terminal that can lets one click on."""
    from rich.style import Style
    from rich.text import Text

    line = Text(shown, "file")
    line.stylize(Style(link=path.absolute().as_uri()))
    return line


def shown_path(path: Path) -> str:
    """The path from the working folder, where it lies in that."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


@contextmanager
def _ctrl_c_left_to_it() -> Iterator[None]:
    """Leave Ctrl-C to the program on the terminal; a handler, as an ignored signal would be inherited."""
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
