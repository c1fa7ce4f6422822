"""A lesson's head and headings, read without parsing its blocks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from tutor.course.attributes import ID, Attributes, split_attributes
from tutor.course.contents import FORMAT, Outline, OutlineStep, Part
from tutor.course.faults import Faults, Place
from tutor.course.scan import Fence, Heading, Scan, Section, scan
from tutor.course.toml_block import TomlBlock, read_toml
from tutor.errors import ExitCode, TutorError
from tutor.language import _

NUMBER = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}")
"""A lesson's number: `2.1`."""


class CourseError(TutorError):
    """A lesson file that cannot be loaded."""

    exit_code = ExitCode.USAGE


class StepHeading(Struct, frozen=True):
    """A step's heading, read."""

    title: str
    attributes: Attributes
    number: str
    """Empty in the recall pool."""
    part: str
    """The part named by this heading or by the last one that named any; empty in the recall pool."""

    @property
    def id(self) -> str:
        return self.attributes.value("#")

    @property
    def was(self) -> tuple[str, ...]:
        return tuple(self.attributes.value("was").split())

    @property
    def deeper(self) -> bool:
        return self.attributes.flag("deeper")

    @property
    def recall(self) -> bool:
        return self.attributes.flag("recall")


def read_step_headings(steps: Sequence[Section], number: str) -> tuple[StepHeading, ...]:
    """The headings of all steps, numbered in file order; `number` is the lesson's."""
    read: list[StepHeading] = []
    main = deeper = 0
    part = ""
    for step in steps:
        title, attributes = split_heading(step.heading)
        if attributes.flag("recall"):
            read.append(StepHeading(title, attributes, "", ""))
            continue
        part = attributes.value("part") or part
        if attributes.flag("deeper"):
            deeper += 1
        else:
            main, deeper = main + 1, 0
        read.append(StepHeading(title, attributes, f"{number}.{main}{_letters(deeper)}", part))
    return tuple(read)


def split_heading(heading: Heading | None) -> tuple[str, Attributes]:
    """A heading's title and its attributes."""
    return split_attributes(heading.text, heading.column) if heading else ("", Attributes())


def _letters(count: int) -> str:
    """a, b, … z, aa, ab, …; nothing for 0."""
    letters = ""
    while count:
        count, letter = divmod(count - 1, 26)
        letters = chr(ord("a") + letter) + letters
    return letters


def title_of(found: Scan) -> Heading | None:
    """The first `#` heading, where it stands in the head."""
    return next(
        (heading for heading in found.headings if heading.level == 1 and heading.line <= found.head.last),
        None,
    )


def lesson_block(found: Scan) -> Fence | None:
    """The first `lesson` block of the head."""
    return next((fence for fence in found.head.fences if fence.name == "lesson"), None)


def parse_outline(text: str, file: str) -> Outline:
    """Read a lesson's head and its steps' headings. Steps that a fault concerns are told as they stand.

    Raises:
        CourseError: The head cannot be read: no title, no `lesson` block, or one that lacks what is needed.
    """
    found = scan(text)
    faults = Faults(file)
    title = title_of(found)
    fence = lesson_block(found)
    if title is None:
        faults.add(Place(1, 1), no_title())
    if fence is None:
        faults.add(Place(title.line if title else 1, 1), no_lesson_block())
    head = read_toml(fence.body, Place(fence.line, fence.indent + 1), faults) if fence else None
    if title is None or head is None:
        raise CourseError(str(faults.sorted()[0]))
    id_, number, minutes = (head.table.get(key) for key in ("id", "number", "minutes"))
    if head.table.get("format") != FORMAT:
        faults.add(head.value("format"), unknown_format())
    if not isinstance(id_, str) or not ID.fullmatch(id_):
        faults.add(head.value("id"), no_head_value("id"))
    if not isinstance(number, str) or not NUMBER.fullmatch(number):
        faults.add(head.value("number"), no_head_value("number"))
    if not isinstance(minutes, int) or isinstance(minutes, bool) or minutes < 1:
        faults.add(head.value("minutes"), no_head_value("minutes"))
    if faults.found:
        raise CourseError(str(faults.sorted()[0]))
    headings = read_step_headings(found.steps, str(number))
    return Outline(
        id=str(id_),
        number=str(number),
        title=split_heading(title)[0],
        minutes=int(str(minutes)),
        file=file,
        steps=tuple(
            OutlineStep(
                id=heading.id,
                number=heading.number,
                title=heading.title,
                deeper=heading.deeper,
                hash=found.step_hash(step),
                was=heading.was,
                part=heading.part,
            )
            for step, heading in zip(found.steps, headings, strict=True)
            if not heading.recall
        ),
        parts=tuple(Part(id_, words) for id_, words in _part_titles(head).items()),
    )


def with_titles(outline: Outline, text: str) -> Outline:
    """The outline with the titles of a translated lesson file, as far as it has them."""
    found = scan(text)
    headings = read_step_headings(found.steps, outline.number)
    titles = {heading.id: heading.title for heading in headings if heading.title}
    fence = lesson_block(found)
    parts = _part_titles(read_toml(fence.body, Place(fence.line, 1), Faults(outline.file)) if fence else None)
    return outline._replace(
        title=split_heading(title_of(found))[0] or outline.title,
        steps=tuple(step._replace(title=titles.get(step.id, step.title)) for step in outline.steps),
        parts=tuple(part._replace(title=parts.get(part.id, part.title)) for part in outline.parts),
    )


def _part_titles(head: TomlBlock | None) -> dict[str, str]:
    """The titles of a lesson's parts by id, as far as they are texts."""
    parts = head.table.get("parts") if head else None
    return (
        {id_: words for id_, words in parts.items() if isinstance(words, str)}
        if isinstance(parts, dict)
        else {}
    )


def no_title() -> str:
    return _("The lesson has no title; begin the file with `# Title`.")


def no_lesson_block() -> str:
    return _("There is no `lesson` block before the first step; put one below the title.")


def unknown_format() -> str:
    return _("This program reads lesson format {format}; write `format = {format}`.").format(format=FORMAT)


def no_head_value(key: str) -> str:
    """What a key of the lesson block must be."""
    return {
        "id": _("`id` must be lower-case words joined by hyphens, such as `request-response-cycle`."),
        "number": _('`number` must be two numbers joined by a point, in quotes, such as `"2.1"`.'),
        "section": _('`section` must be a section of the sandbox, in quotes, such as `"2.1"`.'),
        "minutes": _("`minutes` must be a whole number of at least 1."),
    }[key]
