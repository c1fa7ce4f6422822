"""Noticing that a file was saved, by looking at it again and again: this works on every disk and mount."""

from __future__ import annotations

import ast
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

TICK_S = 0.1
"""How often it is looked. A file is taken as saved when it has stood still for one tick."""
HALF_WRITTEN_S = 0.6
"""How much longer a file is waited for that is gone, empty, or cannot be read as Python."""
LARGEST_READ_BYTES = 1_000_000

_Signature = tuple[int, int, int] | None


class FileWatch:
    """Looks at one file from a thread of its own. A context manager: it looks until that ends.

    Editors that write another file and rename it, and those that empty the file first, are seen too.
    """

    def __init__(self, path: Path, on_saved: Callable[[], None], *, tick_s: float = TICK_S) -> None:
        """`on_saved` is called from the thread, once for each change."""
        self._path = path
        self._on_saved = on_saved
        self._tick_s = tick_s
        self._stopped = threading.Event()
        self._told = self._signature()
        self._thread = threading.Thread(target=self._look, name="watch", daemon=True)

    def pass_over(self) -> None:
        """Take what stands there now as told: the tutor wrote it."""
        self._told = self._signature()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()

    def _look(self) -> None:
        seen, since_s = self._told, time.monotonic()
        while not self._stopped.wait(self._tick_s):
            now = self._signature()
            if now != seen:
                seen, since_s = now, time.monotonic()
            elif now != self._told and self._is_whole(now, time.monotonic() - since_s):
                self._told = now
                self._on_saved()

    def _is_whole(self, signature: _Signature, still_s: float) -> bool:
        """Whether what stands there is what was to be written, as far as that shows."""
        if still_s >= HALF_WRITTEN_S:
            return True
        return signature is not None and signature[1] > 0 and _is_python(self._path)

    def _signature(self) -> _Signature:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def _is_python(path: Path) -> bool:
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(file.read(LARGEST_READ_BYTES))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
