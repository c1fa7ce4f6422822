"""A folder of lesson files: the only part of `tutor.course` that reads files."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tutor.course.exercise_files import FOLDER, with_exercise_files
from tutor.course.faults import Faults, Place
from tutor.course.files import UnreadableError, read_bytes, read_text, shown_path
from tutor.course.model import Fault, Lesson, Outline, OutlineStep
from tutor.course.outline import lesson_block, with_titles
from tutor.course.parse import Parsed, parse_lesson, parse_outline
from tutor.course.scan import scan
from tutor.course.toml_block import read_toml
from tutor.errors import UsageError
from tutor.language import NAMES, SOURCE_LANGUAGE, _, sentences

if TYPE_CHECKING:
    from tutor.course.translation import Translation

MOST_FILES = 100
"""Markdown files in a folder; nobody writes that many lessons, and a wrong folder may hold far more."""

_NUMBERED = re.compile(r"([0-9]{1,3})\.([0-9]{1,3})(?:\.([0-9]{1,4})([a-z]*))?")
_NUMBERED_FILE = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}(?![0-9])")
_POINTS = str.maketrans("。", ".")


@dataclass(frozen=True, slots=True)
class Address:
    """A lesson, or one step of it."""

    lesson: Outline
    step: OutlineStep | None


@dataclass(frozen=True)
class Pack:
    """The lessons of one folder."""

    root: Path
    files: tuple[Path, ...]
    """The lesson files, by name."""
    brings_code: bool = False
    """Whether its exercises may run: those of the bundled course alone."""
    language: str = SOURCE_LANGUAGE
    """The language of what `outlines` and `load` give, as far as there are translations."""

    def in_language(self, language: str) -> Pack:
        """The same pack in a language."""
        return self if language == self.language else replace(self, language=language)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that the pack is translated into, in whole or in part: those that have a folder."""
        return tuple(tag for tag in NAMES if tag != SOURCE_LANGUAGE and (self.root / tag).is_dir())

    def translated(self, path: Path, language: str) -> Path:
        """Where the translation of a lesson file stands, or would stand."""
        return self.root / language / path.name

    def outlines(self) -> tuple[Outline, ...]:
        """The lessons' outlines, by number; read once.

        Raises:
            CourseError: A file cannot be read, or its head cannot.
        """
        return tuple(outline for outline, _path in self._outlines)

    @cached_property
    def _outlines(self) -> tuple[tuple[Outline, Path], ...]:
        read = [(self._outline(path), path) for path in self.files]
        return tuple(sorted(read, key=lambda entry: (_sortable(entry[0].number), entry[1].name)))

    def _outline(self, path: Path) -> Outline:
        outline = parse_outline(read_text(path, self.root), shown_path(path))
        translated = self.translated(path, self.language)
        if self.language == SOURCE_LANGUAGE or not translated.exists():
            return outline
        try:
            return with_titles(outline, read_text(translated, self.root))
        except UnreadableError:
            return outline

    def path_of(self, number_or_id: str) -> Path:
        """The file of a lesson.

        Raises:
            UsageError: There is no such lesson.
            CourseError: The head of a lesson file cannot be read.
        """
        outline = self._lesson(_plain(number_or_id))
        return next(path for other, path in self._outlines if other is outline)

    def load(self, number_or_id: str) -> Parsed:
        """Read one lesson, in the pack's language as far as it is translated.

        Raises:
            UsageError: There is no such lesson.
            CourseError: The head of a lesson file cannot be read.
        """
        parsed = self._parse(self.path_of(number_or_id))
        return replace(parsed, lesson=parsed.spoken(self.language))

    def load_all(self) -> tuple[Parsed, ...]:
        """Read every lesson as its file has it, with its translations, in the order of the files' names; an
        id or number given twice is a fault."""
        taken: dict[tuple[str, str], str] = {}
        read: list[Parsed] = []
        for path in self.files:
            parsed = self._parse(path)
            clashes = (*self._clashes(path, taken), *_exercise_clashes(parsed, taken))
            read.append(Parsed(None, tuple(sorted((*parsed.faults, *clashes)))) if clashes else parsed)
        if self.brings_code and all(parsed.lesson for parsed in read):
            read += [Parsed(None, (fault,)) for fault in self._forgotten_exercises(taken)]
        read += [Parsed(None, (fault,)) for fault in self._forgotten_translations()]
        return tuple(read)

    def _forgotten_translations(self) -> Iterator[Fault]:
        known = {path.name for path in self.files}
        for language in self.languages:
            for path in sorted((self.root / language).iterdir()):
                if _may_be_lesson(path) and path.name not in known:
                    message = _("There is no lesson file {name} that this translates; rename or delete it.")
                    yield Fault(shown_path(path), 1, 1, message.format(name=f"`{path.name}`"), False)

    def _forgotten_exercises(self, taken: dict[tuple[str, str], str]) -> Iterator[Fault]:
        folder = self.root / FOLDER
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if (
                path.is_dir()
                and not path.name.startswith((".", "__"))
                and ("exercise", path.name) not in taken
            ):
                message = _("No lesson has an exercise {name}; write its step, or delete the folder.")
                yield Fault(shown_path(path), 1, 1, message.format(name=f"`{path.name}`"), False)

    def _clashes(self, path: Path, taken: dict[tuple[str, str], str]) -> tuple[Fault, ...]:
        """Faults for what the head of this file shares with a file before it; `taken` is added to."""
        try:
            fence = lesson_block(scan(read_text(path, self.root)))
        except UnreadableError:
            return ()
        block = read_toml(fence.body, Place(fence.line, 1), Faults("")) if fence else None
        faults = Faults(shown_path(path))
        for key in ("id", "number") if block else ():
            value = block.table.get(key) if block else None
            if block is None or not isinstance(value, str):
                continue
            other = taken.setdefault((key, value), shown_path(path))
            if other != shown_path(path):
                message = (
                    _("The id {value} is taken by {file}; choose another.")
                    if key == "id"
                    else _("The number {value} is taken by {file}; choose another.")
                )
                faults.add(block.value(key), message.format(value=f"`{value}`", file=other))
        return faults.sorted()

    def find(self, name: str) -> Address:
        """The lesson or step that a number (`2.1`, `2.1.3`, `2.1.3a`) or a lesson's id names.

        Raises:
            UsageError: There is none; the message names the nearest ones.
            CourseError: The head of a lesson file cannot be read.
        """
        name = _plain(name)
        match = _NUMBERED.fullmatch(name)
        lesson = self._lesson(name)
        if match is None or match[3] is None:
            return Address(lesson, None)
        number = f"{lesson.number}.{int(match[3])}{match[4]}"
        for step in lesson.steps:
            if step.number == number:
                return Address(lesson, step)
        near = _nearest(number, [step.number for step in lesson.steps])
        raise UsageError(_told(_("There is no step {name}.").format(name=number), near))

    def _lesson(self, name: str) -> Outline:
        match = _NUMBERED.fullmatch(name)
        number = f"{int(match[1])}.{int(match[2])}" if match else name[:60]
        for outline in self.outlines():
            if number == outline.number or name == outline.id:
                return outline
        numbers = [outline.number for outline in self.outlines()]
        if match:
            near = _nearest(number, numbers)
        else:
            ids = [outline.id for outline in self.outlines()]
            near = get_close_matches(number, ids, n=2, cutoff=0.5) or _nearest(number, numbers)
        raise UsageError(_told(_("There is no lesson {name}.").format(name=number), near))

    def _parse(self, path: Path) -> Parsed:
        try:
            parsed = parse_lesson(read_text(path, self.root), shown_path(path))
            parsed = with_exercise_files(parsed, self.root, may_run=self.brings_code)
        except UnreadableError as error:
            return Parsed(None, (error.fault,))
        if parsed.lesson is None:
            return parsed
        translations = [self._translation(path, parsed.lesson, language) for language in self.languages]
        return replace(parsed, translations=tuple(translations))

    def _translation(self, path: Path, lesson: Lesson, language: str) -> Translation:
        from tutor.course.translation import Translation, read_translation

        translated = self.translated(path, language)
        file = shown_path(translated)
        if not translated.exists():
            message = _("The lesson is not translated; {command} writes a file to begin with.")
            command = f"`flask-http-tutor translate begin {lesson.number}`"
            fault = Fault(file, 1, 1, message.format(command=command), True, lesson.number)
            return Translation(language, file, lesson, faults=(fault,))
        try:
            return read_translation(read_text(translated, self.root), file, lesson, language)
        except UnreadableError as error:
            return Translation(language, file, lesson, faults=(error.fault,), readable=False)


def open_pack(directory: Path | None = None) -> Pack:
    """The pack in a folder; without one, the bundled lessons.

    Lesson files are the Markdown files at the folder's top that hold a `lesson` block, or whose name
    begins with a lesson's number, so that one without its block is reported and not overlooked.

    Raises:
        UsageError: There is no such folder, or it is no lesson pack.
    """
    root = _bundled() if directory is None else directory
    try:
        candidates = sorted(path for path in root.iterdir() if _may_be_lesson(path))
    except OSError as error:
        message = _("The folder {folder} cannot be read: {why}.")
        raise UsageError(message.format(folder=root, why=error.strerror or error)) from None
    if len(candidates) > MOST_FILES:
        message = _("{folder} holds {count} Markdown files; a lesson pack has {limit} at most.")
        raise UsageError(message.format(folder=root, count=len(candidates), limit=MOST_FILES))
    files = tuple(path for path in candidates if _is_lesson(path, root))
    if not files:
        message = _("{folder} holds no lesson; a lesson is a Markdown file with a `lesson` block.")
        raise UsageError(message.format(folder=root))
    return Pack(root, files, brings_code=root.resolve() == _bundled().resolve())


def _bundled() -> Path:
    import lessons

    return Path(next(iter(lessons.__path__)))


def _exercise_clashes(parsed: Parsed, taken: dict[tuple[str, str], str]) -> tuple[Fault, ...]:
    """Faults for exercises whose id an exercise before has: a learner has one file of that name."""
    faults: list[Fault] = []
    for step in parsed.lesson.steps if parsed.lesson else ():
        for exercise in step.exercises:
            place = f"{parsed.lesson.file}:{exercise.line}" if parsed.lesson else ""
            other = taken.setdefault(("exercise", exercise.id), place)
            if other != place:
                message = _("The exercise {name} stands in {other} already; choose another id.")
                told = message.format(name=f"`{exercise.id}`", other=other)
                faults.append(Fault(place.rpartition(":")[0], exercise.line, 1, told))
    return tuple(faults)


def _may_be_lesson(path: Path) -> bool:
    name = path.name.casefold()
    return (
        name.endswith(".md")
        and not name.startswith((".", "readme"))
        and (path.is_file() or path.is_symlink())
    )


def _is_lesson(path: Path, root: Path) -> bool:
    if _NUMBERED_FILE.match(path.name):
        return True
    try:
        text = read_bytes(path, root).decode("utf-8", "replace")
    except UnreadableError:
        return True  # to be reported: it may well be one
    return any(fence.name == "lesson" for fence in scan(text).fences)


def _plain(name: str) -> str:
    """A name as typed, without the differences that a Chinese keyboard makes."""
    return unicodedata.normalize("NFKC", name).translate(_POINTS).strip().casefold()


def _sortable(number: str) -> tuple[int, int, int, str]:
    match = _NUMBERED.fullmatch(number)
    return (int(match[1]), int(match[2]), int(match[3] or 0), match[4] or "") if match else (0, 0, 0, "")


def _nearest(number: str, numbers: Sequence[str]) -> list[str]:
    """Up to two of the numbers, the nearest ones, in order."""
    wanted = _sortable(number)

    def distance(other: str) -> tuple[int, int, int, int]:
        found = _sortable(other)
        first, second, third = (abs(a - b) for a, b in zip(wanted[:3], found[:3], strict=True))
        return first, second, third, abs(ord((wanted[3] or "`")[0]) - ord((found[3] or "`")[0]))

    return sorted(sorted(numbers, key=distance)[:2], key=_sortable)


def _told(message: str, near: Sequence[str]) -> str:
    match near:
        case [one, other]:
            return sentences(message, _("The nearest are {one} and {other}.").format(one=one, other=other))
        case [one]:
            return sentences(message, _("The nearest is {one}.").format(one=one))
    return message
