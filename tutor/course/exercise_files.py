"""The Python files of a pack's exercises: `exercises/<id>/starter.py`, `solution.py` and `wrong-<key>.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from tutor.course.contents import shown_path
from tutor.course.faults import Faults, Place, quoted
from tutor.course.files import UnreadableError, read_text
from tutor.course.model import CodeFile, ExerciseFiles, Fault, Lesson, Question
from tutor.course.parse import Parsed
from tutor.language import _

FOLDER = "exercises"
STARTER = "starter.py"
SOLUTION = "solution.py"
STARTER_LINES = 25
"""A longer starter would not be read before it is edited."""


def wrong_file(key: str) -> str:
    """The name of the file that makes a known mistake."""
    return f"wrong-{key}.py"


def with_exercise_files(parsed: Parsed, root: Path, *, may_run: bool) -> Parsed:
    """The same with the files of its exercises, and with the faults of these.

    Args:
        parsed: What came of a lesson file.
        root: The pack's folder.
        may_run: Whether the pack may bring code.
    """
    lesson = parsed.lesson
    if lesson is None or not any(step.exercises for step in (*lesson.steps, *lesson.pool)):
        return parsed
    reader = _Reader(lesson, root / FOLDER, may_run)
    found = tuple(reader.read())
    faults = tuple(sorted((*parsed.faults, *reader.faults)))
    if any(fault.blocks_loading for fault in faults):
        return Parsed(None, faults)
    return Parsed(replace(lesson, exercise_files=found), faults)


class _Reader:
    def __init__(self, lesson: Lesson, folder: Path, may_run: bool) -> None:
        self.lesson = lesson
        self.folder = folder
        self.may_run = may_run
        self.faults: list[Fault] = []

    def read(self) -> Iterator[ExerciseFiles]:
        for step in (*self.lesson.steps, *self.lesson.pool):
            for exercise in step.exercises:
                faults = Faults(self.lesson.file, f"{self.lesson.number}/{step.id}/{exercise.id}")
                if step.recall:
                    message = _("An exercise is not asked from memory; move it out of the recall pool.")
                    faults.add(Place(exercise.line, 1), message)
                if self.may_run:
                    files = self._files(exercise, faults)
                    if files is not None:
                        yield files
                else:
                    message = _(
                        "Only the bundled course has exercises: a pack from elsewhere runs no Python."
                    )
                    faults.add(Place(exercise.line, 1), message)
                self.faults += faults.found

    def _files(self, exercise: Question, faults: Faults) -> ExerciseFiles | None:
        folder = self.folder / exercise.id
        starter = self._code(folder / STARTER, exercise.line, faults)
        solution = self._code(folder / SOLUTION, exercise.line, faults)
        wrong = [
            (mistake.key, self._code(folder / wrong_file(mistake.key), mistake.line, faults))
            for mistake in exercise.wrong
        ]
        self._check_others(folder, exercise, faults)
        if starter is not None and starter.text.count("\n") > STARTER_LINES:
            message = _("The starter has {count} lines; {limit} at most.")
            count = starter.text.count("\n")
            self._add(starter.file, message.format(count=count, limit=STARTER_LINES), faults, blocks=False)
        if starter is None or solution is None or any(code is None for _key, code in wrong):
            return None
        return ExerciseFiles(
            exercise.id, starter, solution, tuple((key, code) for key, code in wrong if code is not None)
        )

    def _code(self, path: Path, line: int, faults: Faults) -> CodeFile | None:
        if not path.is_file():
            message = _("The exercise has no file {file}; write it.")
            faults.add(Place(line, 1), message.format(file=f"`{shown_path(path)}`"))
            return None
        try:
            return CodeFile(shown_path(path), read_text(path, self.folder.parent))
        except UnreadableError as error:
            self.faults.append(error.fault)
            return None

    def _check_others(self, folder: Path, exercise: Question, faults: Faults) -> None:
        """Report files that the exercise does not know."""
        known = {STARTER, SOLUTION, *(wrong_file(mistake.key) for mistake in exercise.wrong)}
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.name in known or path.name.startswith((".", "__pycache__")):
                continue
            if path.name.startswith("wrong-") and path.suffix == ".py":
                key = path.stem.removeprefix("wrong-")
                message = _("The exercise knows no mistake {key}; say in {table} what it leads to.")
                told = message.format(key=quoted(key), table=quoted(f"[wrong.{key}]"))
            else:
                message = _(
                    "This is no file of an exercise: it has {names} and one {wrong} for each mistake."
                )
                told = message.format(names=f"`{STARTER}`, `{SOLUTION}`", wrong=quoted(wrong_file("KEY")))
            self._add(shown_path(path), told, faults)

    def _add(self, file: str, message: str, faults: Faults, *, blocks: bool = True) -> None:
        self.faults.append(Fault(file, 1, 1, message, blocks, faults.where))
