"""Folders and files that only this user may read or write, whatever the umask."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER_MODE = 0o700
FILE_MODE = 0o600


def make_private_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing; one that is there stays as it is.

    Raises:
        OSError: it cannot be made, or something else is there.
    """
    for missing in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
        # Not `parents=True`, which would leave those above to the umask: who may rename a folder owns it.
        missing.mkdir(FOLDER_MODE, exist_ok=True)
    folder.mkdir(exist_ok=True)


def make_private_file(file: Path) -> None:
    """Make an empty file where there is none; one that is there stays as it is.

    Raises:
        OSError: it cannot be made.
    """
    os.close(os.open(file, os.O_CREAT | os.O_APPEND | os.O_WRONLY, FILE_MODE))


def opened_privately(path: str, flags: int) -> int:
    """An `opener` for `open`."""
    return os.open(path, flags, FILE_MODE)
