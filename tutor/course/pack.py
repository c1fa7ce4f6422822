"""A folder of lesson files, and what is found in it; `tutor.course.loading` reads the files."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tutor.course.contents import Outline, OutlineStep
from tutor.errors import UsageError
from tutor.language import NAMES, SOURCE_LANGUAGE, _, sentences

if TYPE_CHECKING:
    from tutor.course.parse import Parsed

MOST_FILES = 1000
"""Markdown files in a folder; nobody writes that many lessons, and a wrong folder may hold far more."""

_NUMBERED = re.compile(r"([0-9]{1,3})\.([0-9]{1,3})(?:\.([0-9]{1,4})([a-z]*))?")
_NUMBERED_FILE = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}(?![0-9])")
_POINTS = str.maketrans("。", ".")


class Address(NamedTuple):
    """A lesson, or one step of it."""

    lesson: Outline
    step: OutlineStep | None


class Pack:
    """The lessons of one folder."""

    def __init__(
        self,
        root: Path,
        files: tuple[Path, ...],
        brings_code: bool = False,
        language: str = SOURCE_LANGUAGE,
        outlines: tuple[tuple[Outline, Path], ...] | None = None,
    ) -> None:
        """Know a folder; nothing is read yet.

        Args:
            files: the lesson files, by name.
            brings_code: whether its exercises may run: those of the bundled course alone.
            language: of what `outlines` and `load` give, as far as there are translations.
            outlines: what is known already, each lesson's outline with its file, by number.
        """
        self.root = root
        self.files = files
        self.brings_code = brings_code
        self.language = language
        if outlines is not None:
            self.outlined = outlines

    def in_language(self, language: str) -> Pack:
        """The same pack in a language."""
        if language == self.language:
            return self
        return Pack(self.root, self.files, self.brings_code, language)

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
        return tuple(outline for outline, _path in self.outlined)

    @cached_property
    def outlined(self) -> tuple[tuple[Outline, Path], ...]:
        """The lessons' outlines with their files; see `outlines`."""
        from tutor.course.loading import read_outline

        read = [(read_outline(self, path), path) for path in self.files]
        return tuple(sorted(read, key=lambda entry: (_sortable(entry[0].number), entry[1].name)))

    def path_of(self, number_or_id: str) -> Path:
        """The file of a lesson.

        Raises:
            UsageError: There is no such lesson.
            CourseError: The head of a lesson file cannot be read.
        """
        outline = self._lesson(_plain(number_or_id))
        return next(path for other, path in self.outlined if other is outline)

    def load(self, number_or_id: str) -> Parsed:
        """Read one lesson, in the pack's language as far as it is translated.

        Raises:
            UsageError: There is no such lesson.
            CourseError: The head of a lesson file cannot be read.
        """
        from tutor.course.loading import load

        return load(self, self.path_of(number_or_id))

    def load_all(self) -> tuple[Parsed, ...]:
        """Read every lesson as its file has it, with its translations, in the order of the files' names; an
        id or number given twice is a fault."""
        return tuple(self.load_each())

    def load_each(self) -> Iterator[Parsed]:
        """The same, one after the other, so that not all need be held at once."""
        from tutor.course.loading import load_each

        return load_each(self)

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
            from difflib import get_close_matches

            ids = [outline.id for outline in self.outlines()]
            near = get_close_matches(number, ids, n=2, cutoff=0.5) or _nearest(number, numbers)
        raise UsageError(_told(_("There is no lesson {name}.").format(name=number), near))


def open_pack(directory: Path | None = None) -> Pack:
    """The pack in a folder; without one, the bundled lessons.

    Lesson files are the Markdown files at the folder's top that hold a `lesson` block, or whose name
    begins with a lesson's number, so that one without its block is reported and not overlooked.

    Raises:
        UsageError: There is no such folder, or it is no lesson pack.
    """
    root = _bundled() if directory is None else directory
    try:
        candidates = sorted(path for path in root.iterdir() if may_be_lesson(path))
    except OSError as error:
        message = _("The folder {folder} cannot be read: {why}.")
        raise UsageError(message.format(folder=root, why=error.strerror or error)) from None
    if len(candidates) > MOST_FILES:
        message = _("{folder} holds {count} Markdown files; a lesson pack has {limit} at most.")
        raise UsageError(message.format(folder=root, count=len(candidates), limit=MOST_FILES))
    files = tuple(path for path in candidates if _NUMBERED_FILE.match(path.name) or _has_lesson(path, root))
    if not files:
        message = _("{folder} holds no lesson; a lesson is a Markdown file with a `lesson` block.")
        raise UsageError(message.format(folder=root))
    return Pack(root, files, brings_code=root.resolve() == _bundled().resolve())


def _bundled() -> Path:
    import lessons

    return Path(next(iter(lessons.__path__)))


def may_be_lesson(path: Path) -> bool:
    """Whether a file is one to look for a `lesson` block in."""
    name = path.name.casefold()
    return (
        name.endswith(".md")
        and not name.startswith((".", "readme"))
        and (path.is_file() or path.is_symlink())
    )


def _has_lesson(path: Path, root: Path) -> bool:
    from tutor.course.loading import has_lesson

    return has_lesson(path, root)


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
