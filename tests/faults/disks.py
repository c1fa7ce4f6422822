"""Folders that cannot be written: full, read-only, or with a limit on files."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

WITHOUT_PRIVILEGE = (
    ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
    if hasattr(os, "geteuid") and os.geteuid() == 0
    else ()
)
"""Runs a command that has to obey the modes of files: root need not."""

needs_modes = pytest.mark.skipif(
    os.name == "nt" or bool(WITHOUT_PRIVILEGE and shutil.which("setpriv") is None),
    reason="folders have no mode here, or root may write everywhere and setpriv is missing",
)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of a hundred kilobytes of its own; skips the test where none can be mounted."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=100k", "none", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Leave not one byte free; gives the file that takes the room."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(512))
        except OSError:
            return filler
