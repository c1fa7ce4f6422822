"""Reading the lesson files of a pack, with their translations and their exercises' files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tutor.course.contents import Outline, shown_path
from tutor.course.exercise_files import FOLDER, with_exercise_files
from tutor.course.faults import Faults, Place
from tutor.course.files import UnreadableError, read_bytes, read_text
from tutor.course.model import Fault, Lesson
from tutor.course.outline import lesson_block, with_titles
from tutor.course.pack import Pack, may_be_lesson
from tutor.course.parse import Parsed, parse_lesson, parse_outline
from tutor.course.scan import scan
from tutor.course.toml_block import read_toml
from tutor.language import SOURCE_LANGUAGE, _

if TYPE_CHECKING:
    from tutor.course.translation import Translation


def has_lesson(path: Path, root: Path) -> bool:
    """Whether a Markdown file has a `lesson` block; one that cannot be read has, so that it is reported."""
    try:
        text = read_bytes(path, root).decode("utf-8", "replace")
    except UnreadableError:
        return True
    return any(fence.name == "lesson" for fence in scan(text).fences)


def read_outline(pack: Pack, path: Path) -> Outline:
    """A lesson's outline, with the titles of the pack's language as far as there are any.

    Raises:
        CourseError: The file cannot be read, or its head cannot.
    """
    outline = parse_outline(read_text(path, pack.root), shown_path(path))
    translated = pack.translated(path, pack.language)
    if pack.language == SOURCE_LANGUAGE or not translated.exists():
        return outline
    try:
        return with_titles(outline, read_text(translated, pack.root))
    except UnreadableError:
        return outline


def load(pack: Pack, path: Path) -> Parsed:
    """Read one lesson, in the pack's language as far as it is translated."""
    # Translations into other languages are `check`'s business, and take as long to read as the lesson does.
    parsed = _parse(pack, path, [pack.language] if pack.language in pack.languages else [])
    return replace(parsed, lesson=parsed.spoken(pack.language))


def load_each(pack: Pack) -> Iterator[Parsed]:
    """See `Pack.load_all`."""
    taken: dict[tuple[str, str], str] = {}
    all_load = True
    for path in pack.files:
        parsed = _parse(pack, path, pack.languages)
        clashes = (*_clashes(pack, path, taken), *_exercise_clashes(parsed, taken))
        all_load = all_load and parsed.lesson is not None and not clashes
        yield Parsed(None, tuple(sorted((*parsed.faults, *clashes)))) if clashes else parsed
    if pack.brings_code and all_load:
        yield from (Parsed(None, (fault,)) for fault in _forgotten_exercises(pack, taken))
    yield from (Parsed(None, (fault,)) for fault in _forgotten_translations(pack))


def _forgotten_translations(pack: Pack) -> Iterator[Fault]:
    known = {path.name for path in pack.files}
    for language in pack.languages:
        for path in sorted((pack.root / language).iterdir()):
            if may_be_lesson(path) and path.name not in known:
                message = _("There is no lesson file {name} that this translates; rename or delete it.")
                yield Fault(shown_path(path), 1, 1, message.format(name=f"`{path.name}`"), False)


def _forgotten_exercises(pack: Pack, taken: dict[tuple[str, str], str]) -> Iterator[Fault]:
    folder = pack.root / FOLDER
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_dir() and not path.name.startswith((".", "__")) and ("exercise", path.name) not in taken:
            message = _("No lesson has an exercise {name}; write its step, or delete the folder.")
            yield Fault(shown_path(path), 1, 1, message.format(name=f"`{path.name}`"), False)


def _clashes(pack: Pack, path: Path, taken: dict[tuple[str, str], str]) -> tuple[Fault, ...]:
    """Faults for what the head of this file shares with a file before it; `taken` is added to."""
    try:
        fence = lesson_block(scan(read_text(path, pack.root)))
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


def _parse(pack: Pack, path: Path, languages: Sequence[str]) -> Parsed:
    try:
        parsed = parse_lesson(read_text(path, pack.root), shown_path(path))
        parsed = with_exercise_files(parsed, pack.root, may_run=pack.brings_code)
    except UnreadableError as error:
        return Parsed(None, (error.fault,))
    if parsed.lesson is None:
        return parsed
    translations = [_translation(pack, path, parsed.lesson, language) for language in languages]
    return replace(parsed, translations=tuple(translations))


def _translation(pack: Pack, path: Path, lesson: Lesson, language: str) -> Translation:
    from tutor.course.translation import Translation, read_translation

    translated = pack.translated(path, language)
    file = shown_path(translated)
    if not translated.exists():
        message = _("The lesson is not translated; {command} writes a file to begin with.")
        command = f"`flask-http-tutor translate begin {lesson.number}`"
        fault = Fault(file, 1, 1, message.format(command=command), True, lesson.number)
        return Translation(language, file, lesson, faults=(fault,))
    try:
        return read_translation(read_text(translated, pack.root), file, lesson, language)
    except UnreadableError as error:
        return Translation(language, file, lesson, faults=(error.fault,), readable=False)


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
