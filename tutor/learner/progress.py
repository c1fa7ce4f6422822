"""What the learner has answered and done, kept in one SQLite file.

Everything is keyed by the ids of lessons and steps, so that a renumbered or renamed lesson loses nothing.
Each call is one transaction, committed when it returns; several processes may use the file at once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from tutor.course.contents import Outline, OutlineStep
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


class ProgressError(TutorError):
    """The progress file cannot be read or written."""


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
        with self._writing() as connection:
            connection.execute(
                f"INSERT INTO attempt ({_ATTEMPT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*values, _stamp(at), int(prediction)),
            )

    def attempts(self, lesson_id: str | None = None) -> tuple[Attempt, ...]:
        """Every answer, or those of one lesson, the oldest first."""
        statement = f"SELECT {_ATTEMPT} FROM attempt WHERE {_OF_LESSON} ORDER BY id"
        rows = [
            (*kept, datetime.fromisoformat(at), bool(prediction))
            for *kept, at, prediction in self._read(statement, lesson_id=lesson_id)
        ]
        return tuple(Attempt(*row) for row in rows)

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
        with self._writing() as connection:
            for old_id in step.was:
                connection.execute(
                    "UPDATE OR IGNORE step SET step_id = ? WHERE lesson_id = ? AND step_id = ?",
                    (step.id, lesson_id, old_id),
                )
            connection.execute(_MARK, (lesson_id, step.id, state.value, int(helped), step.hash, _stamp(at)))

    def states(self, lesson_id: str) -> dict[str, StepState]:
        """What is kept about a lesson's steps, by the step id it was kept under; see `state_of`."""
        rows = self._read(
            f"SELECT lesson_id, step_id, state, helped, hash, at FROM step WHERE {_OF_LESSON}",
            lesson_id=lesson_id,
        )
        return {
            step_id: StepState(
                lesson, step_id, StepStatus(state), bool(helped), step_hash, datetime.fromisoformat(at)
            )
            for lesson, step_id, state, helped, step_hash, at in rows
        }

    def remember_position(self, lesson_id: str, step_id: str) -> None:
        """Keep which step is on the screen."""
        with self._writing() as connection:
            connection.execute(_POSITION, (lesson_id, step_id))

    def position(self, lesson_id: str | None = None) -> Position | None:
        """Where the learner was last, in one lesson or in any; None where nothing is kept.

        The step id may be one that the step had before: `step_called` finds the step.
        """
        rows = self._read(
            f"SELECT lesson_id, step_id FROM position WHERE {_OF_LESSON} ORDER BY turn DESC LIMIT 1",
            lesson_id=lesson_id,
        )
        return Position(*rows[0]) if rows else None

    def setting(self, name: str) -> str | None:
        """A kept setting; None where it was never set."""
        rows = self._read("SELECT value FROM setting WHERE name = :name", name=name)
        return str(rows[0][0]) if rows else None

    def set_setting(self, name: str, value: str) -> None:
        """Keep a setting."""
        with self._writing() as connection:
            connection.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", (name, value))

    def record_traffic(self, lesson_id: str, traffic: Traffic) -> None:
        """Add to what has crossed the wire in a lesson."""
        if traffic.exchanges:
            with self._writing() as connection:
                values = (traffic.exchanges, traffic.sent_bytes, traffic.received_bytes)
                connection.execute(_TRAFFIC, (lesson_id, *values))

    def traffic(self, lesson_id: str | None = None) -> Traffic:
        """What has crossed the wire in all lessons, or in one."""
        from tutor.wire.traffic import Traffic

        connection = self._open()
        if connection is None or self._version(connection) < 2:
            return Traffic()
        rows = self._read(
            f"SELECT exchanges, sent_bytes, received_bytes FROM traffic WHERE {_OF_LESSON}",
            lesson_id=lesson_id,
        )
        return sum((Traffic(*row) for row in rows), Traffic())

    def shuffle_seed(self) -> str:
        """The learner's seed for the order of choices: made by the first call, the same ever after."""
        kept = self.setting("shuffle_seed")
        if kept is not None:
            return kept
        import secrets

        with self._writing() as connection:
            # Another process may have made one since: the first one stays.
            connection.execute(
                "INSERT OR IGNORE INTO setting (name, value) VALUES ('shuffle_seed', ?)",
                (secrets.token_hex(8),),
            )
        return self.setting("shuffle_seed") or ""

    def outlines(self, pack: str, stamp: str) -> tuple[Outline, ...]:
        """The outlines kept of a pack; none where the stamp is not the one that they were kept with."""
        connection = self._open()
        if connection is None or self._version(connection) < 3:
            return ()
        lessons = self._read(
            "SELECT place, id, number, title, minutes, file FROM outline "
            "WHERE pack = :pack AND stamp = :stamp ORDER BY place",
            pack=pack,
            stamp=stamp,
        )
        steps: dict[int, list[OutlineStep]] = {place: [] for place, *_lesson in lessons}
        for lesson, *step, deeper, step_hash, was, part in self._read(
            "SELECT lesson, id, number, title, deeper, hash, was, part FROM outline_step "
            "WHERE pack = :pack ORDER BY lesson, place",
            pack=pack,
        ):
            if lesson in steps:
                known = (*step, bool(deeper), step_hash, tuple(was.split()), part)
                steps[lesson].append(OutlineStep._make(known))
        return tuple(Outline._make((*lesson, tuple(steps[place]))) for place, *lesson in lessons)

    def keep_outlines(self, pack: str, stamp: str, outlines: Sequence[Outline]) -> None:
        """Keep a pack's outlines in place of those before; nothing where there is no progress yet."""
        if self._open() is None:
            return
        lessons = [
            (pack, stamp, place, each.file, each.id, each.number, each.title, each.minutes)
            for place, each in enumerate(outlines)
        ]
        steps = [
            (pack, lesson, place, *step._replace(was=" ".join(step.was)))  # type: ignore[arg-type]
            for lesson, each in enumerate(outlines)
            for place, step in enumerate(each.steps)
        ]
        with self._writing() as connection:
            for table in ("outline", "outline_step"):
                connection.execute(f"DELETE FROM {table} WHERE pack = ?", (pack,))
            connection.executemany("INSERT INTO outline VALUES (?, ?, ?, ?, ?, ?, ?, ?)", lessons)
            connection.executemany("INSERT INTO outline_step VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", steps)

    def forget(self, lesson_id: str | None = None) -> None:
        """Forget the answers, steps, position and traffic of one lesson, or of all. Settings stay."""
        if self._open() is None:
            return
        with self._writing() as connection:
            for table in ("attempt", "step", "position", "traffic"):
                connection.execute(f"DELETE FROM {table} WHERE {_OF_LESSON}", {"lesson_id": lesson_id})

    def _read(self, statement: str, **values: str | None) -> list[Any]:
        connection = self._open()
        if connection is None:
            return []
        with self._told():
            return connection.execute(statement, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        connection = self._open() or self._create()
        with self._told():
            # IMMEDIATE: a lock taken only at the first write could not be waited for.
            connection.execute("BEGIN IMMEDIATE")
            try:
                self._bring_up_to_date(connection)
                yield connection
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
        with self._told():
            self.file.parent.mkdir(parents=True, exist_ok=True)
            connection = self._connect("rwc")
            try:
                connection.execute("BEGIN IMMEDIATE")
                if not self._has_schema(connection):
                    for statement in _SCHEMA:
                        connection.execute(statement)
                    connection.execute("PRAGMA user_version = 1")
                self._bring_up_to_date(connection)
                connection.execute("COMMIT")
            except BaseException:
                connection.close()
                raise
        self._connection = connection
        return connection

    def _bring_up_to_date(self, connection: sqlite3.Connection) -> None:
        """Add what this version keeps and the file has no place for; called inside a transaction."""
        for version in range(self._version(connection) + 1, SCHEMA_VERSION + 1):
            for statement in _ADDED[version]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {version}")

    def _version(self, connection: sqlite3.Connection) -> int:
        with self._told():
            version: int = connection.execute("PRAGMA user_version").fetchone()[0]
            return version

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
        version = self._version(connection)
        if version > SCHEMA_VERSION:
            raise UsageError(
                _(
                    "{file} was written by a newer version of flask-http-tutor. "
                    "Update the program, or move the file away to start anew."
                ).format(file=self.file)
            )
        if version == 0 and connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise ProgressError(self._no_progress_file())
        return version > 0

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell errors of the file in words for a person."""
        try:
            yield
        except sqlite3.Error as error:
            raise ProgressError(self._explain(error)) from error
        except OSError as error:
            raise ProgressError(self._unusable(error.strerror or str(error))) from error

    def _explain(self, error: sqlite3.Error) -> str:
        # The low byte is the primary result code; the rest refines it.
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        # ERROR: a statement that does not fit the tables, so that they are not ours.
        if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR}:
            return self._no_progress_file()
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return _("Another program is using {file}. Close it, then try again.").format(file=self.file)
        return self._unusable(str(error))

    def _no_progress_file(self) -> str:
        return _(
            "{file} is damaged, or is no progress file. Move it away; the next start makes a new one."
        ).format(file=self.file)

    def _unusable(self, reason: str) -> str:
        return _(
            "Progress cannot be kept in {file}: {reason}. "
            "Make the folder writable, or name another one in FLASK_HTTP_TUTOR_HOME."
        ).format(file=self.file, reason=reason)


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


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
