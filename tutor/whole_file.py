"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path


def resolved(path: Path) -> Path:
    """Where a path leads, links followed, whether there is something or not.

    Raises:
        OSError: its links lead in a circle.
    """
    try:
        found = path.resolve()
    except RuntimeError:
        # What it raised before Python 3.13; since then it stops on the circle.
        found = path
    if found.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return found


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; a pipe or a device is written to as it is.

    Raises:
        OSError: it cannot be written.
    """
    target = resolved(path)
    if target.exists() and not target.is_file():
        target.write_bytes(data)
        return
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        beside.write_bytes(data)
        if target.exists():
            beside.chmod(target.stat().st_mode)
        beside.replace(target)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
