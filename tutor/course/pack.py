"""A folder of lesson files: the only part of `tutor.course` that reads files."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from tutor.course.faults import Faults, Place
from tutor.course.model import Fault, Outline, OutlineStep
from tutor.course.outline import lesson_block
from tutor.course.parse import CourseError, Parsed, parse_lesson, parse_outline
from tutor.course.scan import scan
from tutor.course.toml_block import read_toml
from tutor.errors import UsageError
from tutor.language import _

LARGEST_FILE_BYTES = 1_000_000
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

    def outlines(self) -> tuple[Outline, ...]:
        """The lessons' outlines, by number; read once.

        Raises:
            CourseError: A file cannot be read, or its head cannot.
        """
        return tuple(outline for outline, _path in self._outlines)

    @cached_property
    def _outlines(self) -> tuple[tuple[Outline, Path], ...]:
        read = [(parse_outline(_read(path, self.root), shown_path(path)), path) for path in self.files]
        return tuple(sorted(read, key=lambda entry: (_sortable(entry[0].number), entry[1].name)))

    def load(self, number_or_id: str) -> Parsed:
        """Read one lesson.

        Raises:
            UsageError: There is no such lesson.
            CourseError: The head of a lesson file cannot be read.
        """
        outline = self._lesson(_plain(number_or_id))
        return self._parse(next(path for other, path in self._outlines if other is outline))

    def load_all(self) -> tuple[Parsed, ...]:
        """Read every lesson, in the order of the files' names; an id or number given twice is a fault."""
        taken: dict[tuple[str, str], str] = {}
        read: list[Parsed] = []
        for path in self.files:
            parsed = self._parse(path)
            clashes = self._clashes(path, taken)
            read.append(Parsed(None, tuple(sorted((*parsed.faults, *clashes)))) if clashes else parsed)
        return tuple(read)

    def _clashes(self, path: Path, taken: dict[tuple[str, str], str]) -> tuple[Fault, ...]:
        """Faults for what the head of this file shares with a file before it; `taken` is added to."""
        try:
            fence = lesson_block(scan(_read(path, self.root)))
        except _UnreadableError:
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
            return parse_lesson(_read(path, self.root), shown_path(path))
        except _UnreadableError as error:
            return Parsed(None, (error.fault,))


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
    return Pack(root, files)


def shown_path(path: Path) -> str:
    """A path as reports name it: from the working directory, where it lies in that."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError):
        return str(path)


def _bundled() -> Path:
    import lessons

    return Path(next(iter(lessons.__path__)))


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
        text = _read_bytes(path, root).decode("utf-8", "replace")
    except _UnreadableError:
        return True  # to be reported: it may well be one
    return any(fence.name == "lesson" for fence in scan(text).fences)


class _UnreadableError(CourseError):
    """A file that gives no text, with the fault to report."""

    def __init__(self, path: Path, message: str, line: int = 1, column: int = 1) -> None:
        self.fault = Fault(shown_path(path), line, column, message)
        super().__init__(str(self.fault))


def _read(path: Path, root: Path) -> str:
    data = _read_bytes(path, root)
    if len(data) > LARGEST_FILE_BYTES:
        message = _("The file is larger than {limit} bytes; a lesson must be smaller.")
        raise _UnreadableError(path, message.format(limit=LARGEST_FILE_BYTES))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line_start = before.rfind(b"\n") + 1
        raise _UnreadableError(
            path,
            _("This is not UTF-8; save the file as UTF-8."),
            before.count(b"\n") + 1,
            len(before[line_start:].decode("utf-8")) + 1,
        ) from None


def _read_bytes(path: Path, root: Path) -> bytes:
    """At most one byte more than a lesson may have."""
    try:
        if not path.resolve(strict=True).is_relative_to(root.resolve()):
            raise _UnreadableError(path, _("This link leads out of the folder; put the file itself here."))
        if not path.is_file():
            # Reading a pipe would wait for whoever writes to it.
            raise _UnreadableError(path, _("This is no plain file; put the file itself here."))
        with path.open("rb") as file:
            return file.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        message = _("The file cannot be read: {why}.")
        raise _UnreadableError(path, message.format(why=error.strerror or error)) from None


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
            return f"{message} {_('The nearest are {one} and {other}.').format(one=one, other=other)}"
        case [one]:
            return f"{message} {_('The nearest is {one}.').format(one=one)}"
    return message
