"""Progress for a session, which goes on whatever becomes of the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

from tutor.errors import TutorError, UsageError
from tutor.language import _, sentences
from tutor.learner.progress import DamagedError, Progress, ProgressError, Row, Statement, make_tables

_ENDS = ("", "-journal", "-wal", "-shm")
"""What the name of a database ends with, and the names of the files that SQLite puts beside it."""

_FIRST_WAIT_S = 2.0
"""How long another process may hold the file until the learner is told; a write takes milliseconds."""
_LATER_WAIT_S = 0.1
"""The same once they have been told: each later write tries again."""


class SteadyProgress(Progress):
    """Progress that raises nothing.

    What cannot be written is held in memory, with a copy of what could be read, and is written as soon as
    that works again. A damaged file is kept under another name, and a new one begun. Each kind of trouble is
    told once, to whoever listens.
    """

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, busy_timeout_s=_FIRST_WAIT_S)
        self._listener: Callable[[str], None] | None = None
        self._untold: list[str] = []
        self._held: sqlite3.Connection | None = None
        """Stands for the file while that cannot be used."""
        self._waiting: list[Statement] = []
        """What the file lacks."""
        self._identity: tuple[int, int] | None = None
        """Which file was opened last."""
        self._has_told = False

    def listen(self, tell: Callable[[str], None]) -> None:
        """Have warnings for a person told from now on, and those that came before at once."""
        self._listener = tell
        untold, self._untold = self._untold, []
        for words in untold:
            tell(words)

    def _tell(self, words: str) -> None:
        if self._listener is None:
            self._untold.append(words)
        else:
            self._listener(words)

    @property
    def is_kept(self) -> bool:
        """Whether the file has everything; tries once more where it has not."""
        if self._waiting:
            self._catch_up()
        return not self._waiting

    def close(self) -> None:
        """Close the file, with a last attempt to write what waits."""
        if self.is_kept:
            self._let_go_of_memory()
        super().close()

    def _open(self) -> sqlite3.Connection | None:
        if self._held is not None:
            return self._held
        try:
            if self._connection is None:
                self._identity = self._identity_now()
            return super()._open()
        except (ProgressError, UsageError) as error:
            self._meet(error)
        return self._open()

    def _read(self, statement: str, make: Callable[..., Row], **values: str | None) -> list[Row]:
        try:
            return super()._read(statement, make, **values)
        except (ProgressError, UsageError) as error:
            self._meet(error)
        return self._read(statement, make, **values)

    def _write(self, *statements: Statement) -> None:
        try:
            # Into the file, or into what stands for it.
            super()._write(*statements)
        except (ProgressError, UsageError) as error:
            self._meet(error)
            self._write(*statements)
            return
        if self._held is not None:
            self._waiting += statements
            self._catch_up()

    def _catch_up(self) -> None:
        """Write into the file what waits; use the file from now on, if that works."""
        try:
            with Progress(self.file.parent, busy_timeout_s=_LATER_WAIT_S) as file:
                file._write(*self._waiting)
        except (ProgressError, UsageError):
            return
        self._waiting.clear()
        self._let_go_of_memory()

    def _meet(self, error: TutorError) -> None:
        """Do what lets the session go on: after it there is a file that works, or what stands for it."""
        super().close()
        if self._held is not None:
            # The copy in memory is as damaged as the file.
            self._let_go_of_memory()
            self._held = _empty()
        elif not (isinstance(error, DamagedError) and self._keep_aside()):
            self._held = self._copy()
            if not self._has_told:
                self._has_told = True
                goes_on = _("The lesson goes on; what you do is held in memory until it can be kept.")
                self._tell(sentences(str(error), goes_on))

    def _keep_aside(self) -> bool:
        """Rename a damaged file, with what belongs to it; False where that cannot be done."""
        if self._identity_now() != self._identity:
            # Another tutor has done so, and begun a new one.
            return True
        name = next(
            name for number in count(1) if self._is_free(name := f"{self.file.name}.damaged-{number}")
        )
        try:
            # The file last: until then another tutor makes no new one, to which the rest does not belong.
            for end in reversed(_ENDS):
                with suppress(FileNotFoundError):
                    self._beside(self.file.name, end).rename(self._beside(name, end))
        except OSError:
            return False
        words = _("{file} is damaged, or is no progress file. It is kept as {name}, and a new one is begun.")
        self._tell(words.format(file=self.file, name=name))
        return True

    def _is_free(self, name: str) -> bool:
        return not any(self._beside(name, end).exists() for end in _ENDS)

    def _beside(self, name: str, end: str) -> Path:
        return self.file.with_name(name + end)

    def _identity_now(self) -> tuple[int, int] | None:
        """Which file has the name now; None where there is none."""
        try:
            found = self.file.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _copy(self) -> sqlite3.Connection:
        """What can be read of the file, in memory."""
        copy = sqlite3.connect(":memory:", isolation_level=None)
        try:
            with Progress(self.file.parent, busy_timeout_s=_LATER_WAIT_S) as file:
                connection = file._open()
                if connection is not None:
                    connection.backup(copy, progress=_only_unlocked)
                    return copy
        except (sqlite3.Error, ProgressError, UsageError):
            copy.close()
            return _empty()
        make_tables(copy)
        return copy

    def _let_go_of_memory(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.close()


def _only_unlocked(status: int, _left: int, _pages: int) -> None:
    """End a backup that would wait for a lock for ever."""
    if status & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        raise sqlite3.OperationalError


def _empty() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    make_tables(connection)
    return connection
