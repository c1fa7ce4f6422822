"""The learner's own files of exercises, in one folder: never overwritten, never deleted."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

from msgspec import Struct

from tutor.errors import UsageError
from tutor.language import _
from tutor.private import make_private_folder, opened_privately

FOLDER = "flask-http-tutor"
"""The name of the folder that is made where the learner chooses none."""


class WorkFolder(Struct, frozen=True):
    """Where a learner's files stand: `<exercise>.py` each."""

    path: Path

    def file_of(self, exercise: str) -> Path:
        return self.path / f"{exercise}.py"

    def make(self) -> None:
        """Make the folder where it is not there yet.

        Raises:
            UsageError: it cannot be made, or cannot be written to.
        """
        try:
            make_private_folder(self.path)
        except (OSError, ValueError) as error:
            # ValueError: NUL is in no path.
            why = getattr(error, "strerror", None) or error
            message = _("The folder {folder} cannot be made: {why}.")
            raise UsageError(message.format(folder=self.path, why=why)) from None
        if not os.access(self.path, os.W_OK):
            message = _("Nothing can be written in the folder {folder}.")
            raise UsageError(message.format(folder=self.path))

    def begin(self, exercise: str, starter: str) -> bool:
        """Write the starter, unless there is a file; gives whether it was written.

        Raises:
            UsageError: it cannot be written.
        """
        self.make()
        return _written_anew(self.file_of(exercise), starter)

    def begin_afresh(self, exercise: str, starter: str) -> Path | None:
        """Write the starter anew; gives where the file before is kept, None where there was none.

        Raises:
            UsageError: a file cannot be moved or written.
        """
        self.make()
        path = self.file_of(exercise)
        kept = None
        if path.exists():
            kept = next(place for number in count(1) if not (place := _numbered(path, number)).exists())
            try:
                path.rename(kept)
            except OSError as error:
                raise _unwritable(path, error) from None
        _written_anew(path, starter)
        return kept


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")


def _written_anew(path: Path, text: str) -> bool:
    try:
        # "x": whatever stands there stays, also where it came to be a moment ago.
        with open(path, "x", encoding="utf-8", newline="\n", opener=opened_privately) as file:
            file.write(text)
    except FileExistsError:
        return False
    except OSError as error:
        raise _unwritable(path, error) from None
    return True


def _unwritable(path: Path, error: OSError) -> UsageError:
    message = _("{file} cannot be written: {why}.")
    return UsageError(message.format(file=path, why=error.strerror or error))
