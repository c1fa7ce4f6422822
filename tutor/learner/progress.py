"""What the learner has answered and done, kept in one SQLite file.

Everything is keyed by the ids of lessons and steps, so that a renumbered or renamed lesson loses nothing.
Each call is one transaction, committed when it returns; several processes may use the file at once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar

from tutor.course.contents import Outline, OutlineStep, Part
from tutor.errors import TutorError, UsageError
from tutor.language import _
from tutor.learner.settings import FILE_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from tutor.course.model import Step
    from tutor.wire.traffic import Traffic

SCHEMA_VERSION = 3

_SCHEMA = (
    """CREATE TABLE attempt (
        id INTEGER PRIMARY KEY,
        lesson_id TEXT NOT NULL,
        step_id TEXT NOT NULL,
        question_id TEXT NOT NULL,
        text TEXT NOT NULL,
        grade TEXT NOT NULL,
        step_hash TEXT NOT NULL,
        language TEXT NOT NULL,
        at TEXT NOT NULL,
        prediction INTEGER NOT NULL
    )""",
    "CREATE INDEX attempt_of_step ON attempt (lesson_id, step_id, question_id)",
    """CREATE TABLE step (
        lesson_id TEXT NOT NULL,
        step_id TEXT NOT NULL,
        state TEXT NOT NULL,
        helped INTEGER NOT NULL,
        hash TEXT NOT NULL,
        at TEXT NOT NULL,
        PRIMARY KEY (lesson_id, step_id)
    ) WITHOUT ROWID""",
    # `turn` grows with every change of place: the lesson with the highest one was used last.
    """CREATE TABLE position (
        lesson_id TEXT PRIMARY KEY,
        step_id TEXT NOT NULL,
        turn INTEGER NOT NULL
    ) WITHOUT ROWID""",
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
)
"""Version 1. Later versions only add to it, so that an older file reads as it is."""

_TABLES = frozenset({"attempt", "step", "position", "setting"})
"""Those of every version."""

_ADDED = {
    2: (
        """CREATE TABLE traffic (
            lesson_id TEXT PRIMARY KEY,
            exchanges INTEGER NOT NULL,
            sent_bytes INTEGER NOT NULL,
            received_bytes INTEGER NOT NULL
        ) WITHOUT ROWID""",
    ),
    # What was read of lesson files the last time; `stamp` tells whether they have changed since.
    3: (
        """CREATE TABLE outline (
            pack TEXT NOT NULL,
            stamp TEXT NOT NULL,
            place INTEGER NOT NULL,
            file TEXT NOT NULL,
            id TEXT NOT NULL,
            number TEXT NOT NULL,
            title TEXT NOT NULL,
            minutes INTEGER NOT NULL,
            PRIMARY KEY (pack, place)
        ) WITHOUT ROWID""",
        """CREATE TABLE outline_step (
            pack TEXT NOT NULL,
            lesson INTEGER NOT NULL,
            place INTEGER NOT NULL,
            id TEXT NOT NULL,
            number TEXT NOT NULL,
            title TEXT NOT NULL,
            deeper INTEGER NOT NULL,
            hash TEXT NOT NULL,
            was TEXT NOT NULL,
            part TEXT NOT NULL,
            PRIMARY KEY (pack, lesson, place)
        ) WITHOUT ROWID""",
        """CREATE TABLE outline_part (
            pack TEXT NOT NULL,
            lesson INTEGER NOT NULL,
            place INTEGER NOT NULL,
            id TEXT NOT NULL,
            title TEXT NOT NULL,
            PRIMARY KEY (pack, lesson, place)
        ) WITHOUT ROWID""",
    ),
}
"""What each version adds."""

_ATTEMPT = "lesson_id, step_id, question_id, text, grade, step_hash, language, at, prediction"

_OF_LESSON = "(:lesson_id IS NULL OR lesson_id = :lesson_id)"
"""Rows of one lesson; of all where it is NULL."""

_MARK = """
    INSERT INTO step (lesson_id, step_id, state, helped, hash, at) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (lesson_id, step_id) DO UPDATE SET
        helped = CASE WHEN step.state = 'done' THEN step.helped ELSE excluded.helped END,
        state = excluded.state, hash = excluded.hash, at = excluded.at
    WHERE excluded.state = 'done' OR step.state = 'skipped'
"""

_TRAFFIC = """
    INSERT INTO traffic (lesson_id, exchanges, sent_bytes, received_bytes) VALUES (?, ?, ?, ?)
    ON CONFLICT (lesson_id) DO UPDATE SET
        exchanges = exchanges + excluded.exchanges,
        sent_bytes = sent_bytes + excluded.sent_bytes,
        received_bytes = received_bytes + excluded.received_bytes
"""

_POSITION = """
    INSERT INTO position (lesson_id, step_id, turn)
    VALUES (?, ?, (SELECT coalesce(max(turn), 0) + 1 FROM position))
    ON CONFLICT (lesson_id) DO UPDATE SET step_id = excluded.step_id, turn = excluded.turn
"""


Row = TypeVar("Row")
Statement = tuple[str, Sequence[object] | Mapping[str, object]]
"""A line of SQL with its values."""


class ProgressError(TutorError):
    """The progress file cannot be read or written."""


class DamagedError(ProgressError):
    """The progress file is damaged, or is none."""


class StepStatus(StrEnum):
    """What became of a step; one that was never finished or passed over has no status."""

    DONE = "done"
    SKIPPED = "skipped"


class StepState(NamedTuple):
    """What is kept about one step."""

    lesson_id: str
    step_id: str
    """The id under which it was marked: the step's own, or one it had before."""
    state: StepStatus
    helped: bool
    """Done with the answer shown, the first time it was done."""
    hash: str
    """The step's hash when it was last marked."""
    at: datetime
    """When it was last marked, in UTC."""


class Attempt(NamedTuple):
    """One answer, as it was given."""

    lesson_id: str
    step_id: str
    question_id: str
    text: str
    grade: str
    """A value of `tutor.grading.verdict.Grade`."""
    step_hash: str
    language: str
    at: datetime
    """In UTC."""
    prediction: bool


class Position(NamedTuple):
    """The step that was last on the screen."""

    lesson_id: str
    step_id: str


class Standing(NamedTuple):
    """How far a lesson is. Deeper steps are not counted."""

    steps: int
    done: int
    helped: int
    """Done with help; part of `done`."""
    skipped: int
    updated: int
    """Done, and changed since; part of `done`."""

    @property
    def finished(self) -> bool:
        return self.done == self.steps


class Progress:
    """The progress kept in a directory; a context manager that closes the file.

    The file, and the directory, come to be with the first write. Until then everything reads as empty.
    Every method raises ProgressError where the file cannot be used (no database, damaged, locked by another
    process for longer than `busy_timeout_s`, not writable), and UsageError where a newer version wrote it.
    """

    def __init__(self, directory: Path, *, busy_timeout_s: float = 5.0) -> None:
        self.file = directory / FILE_NAME
        self._busy_timeout_s = busy_timeout_s
        self._connection: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; a later call opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def record_attempt(
        self,
        lesson_id: str,
        step_id: str,
        question_id: str,
        text: str,
        grade: str,
        step_hash: str,
        language: str,
        at: datetime,
        prediction: bool,
    ) -> None:
        """Keep one answer. `at` without a time zone is local time."""
        # A pasted answer may hold lone surrogates, which SQLite cannot store.
        text = text.encode("utf-8", "backslashreplace").decode("utf-8")
        values = (lesson_id, step_id, question_id, text, str(grade), step_hash, language)
        self._write(
            (
                f"INSERT INTO attempt ({_ATTEMPT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*values, _stamp(at), int(prediction)),
            )
        )

    def attempts(self, lesson_id: str | None = None) -> tuple[Attempt, ...]:
        """Every answer, or those of one lesson, the oldest first."""
        statement = f"SELECT {_ATTEMPT} FROM attempt WHERE {_OF_LESSON} ORDER BY id"
        return tuple(self._read(statement, _attempt_of, lesson_id=lesson_id))

    def mark_step(
        self,
        lesson_id: str,
        step: Step | OutlineStep,
        state: StepStatus,
        *,
        at: datetime,
        helped: bool = False,
    ) -> None:
        """Keep that a step is done or was skipped.

        A skip never takes back a done step. `helped` stays what the first completion said; the hash and the
        time become the present ones. What is kept under an id that the step had before is taken over.
        """
        renamed = "UPDATE OR IGNORE step SET step_id = ? WHERE lesson_id = ? AND step_id = ?"
        self._write(
            *((renamed, (step.id, lesson_id, old_id)) for old_id in step.was),
            (_MARK, (lesson_id, step.id, state.value, int(helped), step.hash, _stamp(at))),
        )

    def states(self, lesson_id: str) -> dict[str, StepState]:
        """What is kept about a lesson's steps, by the step id it was kept under; see `state_of`."""
        found = self._read(
            f"SELECT lesson_id, step_id, state, helped, hash, at FROM step WHERE {_OF_LESSON}",
            _state_of_row,
            lesson_id=lesson_id,
        )
        return {state.step_id: state for state in found}

    def remember_position(self, lesson_id: str, step_id: str) -> None:
        """Keep which step is on the screen."""
        self._write((_POSITION, (lesson_id, step_id)))

    def position(self, lesson_id: str | None = None) -> Position | None:
        """Where the learner was last, in one lesson or in any; None where nothing is kept.

        The step id may be one that the step had before: `step_called` finds the step.
        """
        found = self._read(
            f"SELECT lesson_id, step_id FROM position WHERE {_OF_LESSON} ORDER BY turn DESC LIMIT 1",
            Position,
            lesson_id=lesson_id,
        )
        return found[0] if found else None

    def setting(self, name: str) -> str | None:
        """A kept setting; None where it was never set."""
        found = self._read("SELECT value FROM setting WHERE name = :name", str, name=name)
        return found[0] if found else None

    def set_setting(self, name: str, value: str) -> None:
        """Keep a setting."""
        self._write(("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", (name, value)))

    def record_traffic(self, lesson_id: str, traffic: Traffic) -> None:
        """Add to what has crossed the wire in a lesson."""
        if traffic.exchanges:
            values = (traffic.exchanges, traffic.sent_bytes, traffic.received_bytes)
            self._write((_TRAFFIC, (lesson_id, *values)))

    def traffic(self, lesson_id: str | None = None) -> Traffic:
        """What has crossed the wire in all lessons, or in one."""
        from tutor.wire.traffic import Traffic

        # A file of version 1 has no such table.
        if not self._has_table("traffic"):
            return Traffic()
        found = self._read(
            f"SELECT exchanges, sent_bytes, received_bytes FROM traffic WHERE {_OF_LESSON}",
            Traffic,
            lesson_id=lesson_id,
        )
        return sum(found, Traffic())

    def shuffle_seed(self) -> str:
        """The learner's seed for the order of choices: made by the first call, the same ever after."""
        kept = self.setting("shuffle_seed")
        if kept is not None:
            return kept
        import secrets

        # Another process may have made one since: the first one stays.
        made = "INSERT OR IGNORE INTO setting (name, value) VALUES ('shuffle_seed', ?)"
        self._write((made, (secrets.token_hex(8),)))
        return self.setting("shuffle_seed") or ""

    def outlines(self, pack: str, stamp: str) -> tuple[Outline, ...]:
        """The outlines kept of a pack; none where the stamp is not the one that they were kept with."""
        # A file before version 3 has no such table.
        if not self._has_table("outline"):
            return ()
        lessons = self._read(
            "SELECT place, id, number, title, minutes, file FROM outline "
            "WHERE pack = :pack AND stamp = :stamp ORDER BY place",
            _columns,
            pack=pack,
            stamp=stamp,
        )
        steps: dict[int, list[OutlineStep]] = {place: [] for place, *_lesson in lessons}
        parts: dict[int, list[Part]] = {place: [] for place in steps}
        for lesson, *step, deeper, step_hash, was, part in self._read(
            "SELECT lesson, id, number, title, deeper, hash, was, part FROM outline_step "
            "WHERE pack = :pack ORDER BY lesson, place",
            _columns,
            pack=pack,
        ):
            if lesson in steps:
                known = (*step, bool(deeper), step_hash, tuple(was.split()), part)
                steps[lesson].append(OutlineStep._make(known))
        for lesson, *part in self._read(
            "SELECT lesson, id, title FROM outline_part WHERE pack = :pack ORDER BY lesson, place",
            _columns,
            pack=pack,
        ):
            if lesson in parts:
                parts[lesson].append(Part._make(part))
        return tuple(
            Outline._make((*lesson, tuple(steps[place]), tuple(parts[place]))) for place, *lesson in lessons
        )

    def keep_outlines(self, pack: str, stamp: str, outlines: Sequence[Outline]) -> None:
        """Keep a pack's outlines in place of those before; nothing where there is no progress yet."""
        if self._open() is None:
            return
        statements: list[Statement] = [
            (f"DELETE FROM {table} WHERE pack = ?", (pack,))
            for table in ("outline", "outline_step", "outline_part")
        ]
        for lesson, each in enumerate(outlines):
            head = (pack, stamp, lesson, each.file, each.id, each.number, each.title, each.minutes)
            statements.append(("INSERT INTO outline VALUES (?, ?, ?, ?, ?, ?, ?, ?)", head))
            for place, step in enumerate(each.steps):
                values = (*step[:-2], " ".join(step.was), step.part)
                statements.append(
                    (
                        "INSERT INTO outline_step VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        (pack, lesson, place, *values),
                    )
                )
            statements += [
                ("INSERT INTO outline_part VALUES (?, ?, ?, ?, ?)", (pack, lesson, place, *part))
                for place, part in enumerate(each.parts)
            ]
        self._write(*statements)

    def forget(self, lesson_id: str | None = None) -> None:
        """Forget the answers, steps, position and traffic of one lesson, or of all. Settings stay."""
        if self._open() is None:
            return
        tables = ("attempt", "step", "position", "traffic")
        values = {"lesson_id": lesson_id}
        self._write(*((f"DELETE FROM {table} WHERE {_OF_LESSON}", values) for table in tables))

    def _has_table(self, name: str) -> bool:
        return bool(self._read("SELECT name FROM sqlite_master WHERE name = :name", str, name=name))

    def _read(self, statement: str, make: Callable[..., Row], **values: str | None) -> list[Row]:
        """What `make` makes of each row's columns."""
        connection = self._open()
        if connection is None:
            return []
        with self._told():
            rows = connection.execute(statement, values).fetchall()
        try:
            return [make(*row) for row in rows]
        except (TypeError, ValueError) as error:
            raise DamagedError(self._no_progress_file()) from error

    def _write(self, *statements: Statement) -> None:
        """Carry out all of the statements, or none."""
        connection = self._open() or self._create()
        with self._told():
            # IMMEDIATE: a lock taken only at the first write could not be waited for.
            connection.execute("BEGIN IMMEDIATE")
            try:
                _bring_up_to_date(connection)
                for statement, values in statements:
                    connection.execute(statement, values)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _open(self) -> sqlite3.Connection | None:
        """The connection; None where there is no file yet, or only an empty one."""
        if self._connection is None and self._is_there():
            with self._told():
                connection = self._connect("rw")
                try:
                    has_schema = self._has_schema(connection)
                except BaseException:
                    connection.close()
                    raise
                if has_schema:
                    self._connection = connection
                else:
                    connection.close()
        return self._connection

    def _create(self) -> sqlite3.Connection:
        from tutor.private import make_private_file, make_private_folder

        with self._told():
            make_private_folder(self.file.parent)
            # SQLite gives its journal the modes of the file.
            make_private_file(self.file)
            connection = self._connect("rw")
            try:
                connection.execute("BEGIN IMMEDIATE")
                if not self._has_schema(connection):
                    make_tables(connection)
                connection.execute("COMMIT")
            except BaseException:
                connection.close()
                raise
        self._connection = connection
        return connection

    def _is_there(self) -> bool:
        with self._told():
            try:
                self.file.stat()
            except (FileNotFoundError, NotADirectoryError):
                return False
            return True

    def _connect(self, mode: str) -> sqlite3.Connection:
        # Autocommit: every transaction is begun where it is needed. The default rollback journal stays, since
        # a write-ahead log does not work on network homes.
        return sqlite3.connect(
            f"{self.file.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=self._busy_timeout_s,
            isolation_level=None,
        )

    def _has_schema(self, connection: sqlite3.Connection) -> bool:
        version = _version(connection)
        if version > SCHEMA_VERSION:
            raise UsageError(
                _(
                    "{file} was written by a newer version of flask-http-tutor. "
                    "Update the program, or move the file away to start anew."
                ).format(file=self.file)
            )
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        # Nothing may be written into a file of another program.
        if not (tables >= _TABLES if version else not tables):
            raise DamagedError(self._no_progress_file())
        return version > 0

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell errors of the file in words for a person."""
        try:
            yield
        except sqlite3.Error as error:
            raise self._explained(error) from error
        except OSError as error:
            raise ProgressError(self._unusable(error.strerror or str(error))) from error

    def _explained(self, error: sqlite3.Error) -> ProgressError:
        # The low byte is the primary result code; the rest refines it.
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        # ERROR: a statement that does not fit the tables, so that they are not ours.
        if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR}:
            return DamagedError(self._no_progress_file())
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            words = _("Another program is using {file}. Close it, then try again.")
            return ProgressError(words.format(file=self.file))
        return ProgressError(self._unusable(str(error)))

    def _no_progress_file(self) -> str:
        return _(
            "{file} is damaged, or is no progress file. The next lesson keeps it under another name "
            "and begins a new one; or move it away."
        ).format(file=self.file)

    def _unusable(self, reason: str) -> str:
        return _(
            "Progress cannot be kept in {file}: {reason}. "
            "Make the folder writable, or name another one in FLASK_HTTP_TUTOR_HOME."
        ).format(file=self.file, reason=reason)


def make_tables(connection: sqlite3.Connection) -> None:
    """Make the tables of an empty file, as the present version has them."""
    for statement in _SCHEMA:
        connection.execute(statement)
    connection.execute("PRAGMA user_version = 1")
    _bring_up_to_date(connection)


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Add what this version keeps and the file has no place for; called inside a transaction."""
    for version in range(_version(connection) + 1, SCHEMA_VERSION + 1):
        for statement in _ADDED[version]:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {version}")


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def state_of(step: Step | OutlineStep, states: Mapping[str, StepState]) -> StepState | None:
    """What is kept about a step, under its id or else one that it had before; a done one wins."""
    kept = [states[step_id] for step_id in (step.id, *step.was) if step_id in states]
    done = [state for state in kept if state.state is StepStatus.DONE]
    return next(iter(done or kept), None)


def is_updated(step: Step | OutlineStep, state: StepState | None) -> bool:
    """Whether the step was done and has changed since."""
    return state is not None and state.state is StepStatus.DONE and state.hash != step.hash


def standing(outline: Outline, states: Mapping[str, StepState]) -> Standing:
    """How far a lesson is, its main steps counted."""
    kept = [(step, state_of(step, states)) for step in outline.main_steps]
    done = [(step, state) for step, state in kept if state and state.state is StepStatus.DONE]
    return Standing(
        steps=len(kept),
        done=len(done),
        helped=sum(state.helped for _step, state in done),
        skipped=sum(state is not None and state.state is StepStatus.SKIPPED for _step, state in kept),
        updated=sum(is_updated(step, state) for step, state in done),
    )


def first_undone(
    outlines: Sequence[Outline], progress: Progress, *, skipped_last: bool = False
) -> tuple[Outline, OutlineStep] | None:
    """The first main step that is not done; None where all are.

    With `skipped_last` a step that was skipped comes only after all that were never met.
    """
    undone: list[tuple[Outline, OutlineStep]] = []
    for outline in outlines:
        states = progress.states(outline.id)
        for step in outline.main_steps:
            state = state_of(step, states)
            if state is None or (state.state is StepStatus.SKIPPED and not skipped_last):
                return outline, step
            if state.state is StepStatus.SKIPPED:
                undone.append((outline, step))
    return undone[0] if undone else None


def step_called(steps: Iterable[OutlineStep], step_id: str) -> OutlineStep | None:
    """The step of this id, or else the one that had it before."""
    steps = tuple(steps)
    present = [step for step in steps if step.id == step_id]
    renamed = [step for step in steps if step_id in step.was]
    return next(iter(present or renamed), None)


def _columns(*columns: Any) -> tuple[Any, ...]:
    return columns


def _attempt_of(*columns: Any) -> Attempt:
    lesson_id, step_id, question_id, text, grade, step_hash, language, at, prediction = columns
    when = datetime.fromisoformat(at)
    return Attempt(lesson_id, step_id, question_id, text, grade, step_hash, language, when, bool(prediction))


def _state_of_row(
    lesson_id: str, step_id: str, state: str, helped: int, step_hash: str, at: str
) -> StepState:
    return StepState(
        lesson_id, step_id, StepStatus(state), bool(helped), step_hash, datetime.fromisoformat(at)
    )


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
