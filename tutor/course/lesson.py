"""A whole lesson file, read: head, steps, and what only shows when all of them are seen together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from msgspec.structs import replace

from tutor.course.attributes import ID, Allowed, check_attributes
from tutor.course.blocks import LessonHead, read_body
from tutor.course.contents import FORMAT, Part
from tutor.course.faults import Faults, Place, quoted
from tutor.course.lint import check_length, read_takeaway
from tutor.course.model import Fault, Lesson, Step
from tutor.course.outline import (
    NUMBER,
    StepHeading,
    lesson_block,
    no_head_value,
    no_lesson_block,
    no_title,
    read_step_headings,
    split_heading,
    title_of,
    unknown_format,
)
from tutor.course.prose import Markdown, read_markdown
from tutor.course.scan import Scan, Section, scan
from tutor.course.step import ALLOWED, NamedFence, named_fences, read_blocks, read_toml_body
from tutor.course.toml_block import TomlBlock
from tutor.language import _

MOST_STEPS = 200
"""Steps and variants in a lesson: a bundled lesson has some forty, and a file that somebody else made may
hold a million.
"""

TRY_NEXT = 3
"""So many commands does a lesson's last page name."""

STEP_ATTRIBUTES = Allowed(
    id=True,
    flags=("deeper", "recall", "whole", "timeline", "waterfall", "stop"),
    values=("part", "was", "app", "of"),
)


def read_lesson(text: str, file: str) -> tuple[Lesson | None, tuple[Fault, ...]]:
    """Read a lesson file to its end: the lesson, if it can be run, and everything that is wrong with it."""
    return _Reader(text, file).read()


def compare_views(found: Scan, markdown: Markdown, faults: Faults) -> None:
    """Report headings and blocks that the scanner of lines and CommonMark see differently."""
    scanned = {heading.line for heading in found.headings}
    parsed = set(markdown.headings)
    for line in parsed - scanned:
        message = _("A heading begins with `#` or `##` at the start of the line; write this one so.")
        faults.add(Place(line, 1), message)
    for line in scanned - parsed:
        message = _("This heading stands inside HTML or another block; end that before it.")
        faults.add(Place(line, 1), message)
    top = {line for line, _name, is_top in markdown.fences if is_top}
    misplaced = {line for line, name, _is_top in markdown.fences if name in ALLOWED}
    misplaced -= {fence.line for fence in found.fences if fence.indent or fence.line in top}
    misplaced |= {
        fence.line
        for fence in found.fences
        if fence.name in ALLOWED and not fence.indent and fence.line not in top
    }
    for line in misplaced:
        message = _("This block stands inside a list, a quotation or HTML; end that before it.")
        text = found.lines[line - 1]
        faults.add(Place(line, max(text.find("```"), text.find("~~~"), 0) + 1), message)


def check_stray_text(found: Scan, title_line: int, named: NamedFence, faults: Faults) -> None:
    """Report text between the title and the `lesson` block."""
    for number, line in enumerate(found.lines[: named.fence.line - 1], start=1):
        if line.strip() and number != title_line:
            message = _("This text is shown nowhere; move it below the `lesson` block.")
            faults.style(Place(number, 1), message)
            return


class _Reader:
    def __init__(self, text: str, file: str) -> None:
        self.found = scan(text)
        self.markdown: Markdown = read_markdown("\n".join(self.found.lines))
        self.file = file
        self.faults = Faults(file)

    def read(self) -> tuple[Lesson | None, tuple[Fault, ...]]:
        compare_views(self.found, self.markdown, self.faults)
        title = self._title()
        head, opening = self._head()
        number = head.number or ""
        self.faults = self.faults.within(number)
        self._check_count()
        headings = read_step_headings(self.found.steps, number)
        self.headings = headings
        self._check_headings(headings)
        self._check_parts(headings, head.parts)
        steps = [
            self._step(section, heading) for section, heading in zip(self.found.steps, headings, strict=True)
        ]
        faults = self.faults.sorted()
        if any(fault.blocks_loading for fault in faults):
            return None, faults
        lesson = Lesson(
            id=head.id or "",
            number=number,
            title=title,
            minutes=head.minutes or 0,
            file=self.file,
            opening=opening,
            section=head.section or number,
            steps=tuple(step for step in steps if not step.recall),
            pool=tuple(step for step in steps if step.recall),
            parts=tuple(Part(*part) for part in head.parts.items()),
            try_next=tuple(head.try_next),
            line=self.title_line,
        )
        return lesson, faults

    def _title(self) -> str:
        heading = title_of(self.found)
        self.title_line = heading.line if heading else 1
        if heading is None:
            self.faults.add(Place(1, 1), no_title())
        for other in self.found.headings:
            if other.level == 1 and other is not heading and other.line in self.markdown.headings:
                message = _("A lesson has one title, before its first step; write `##` for a step.")
                self.faults.add(Place(other.line, 1), message)
        title, attributes = split_heading(heading)
        if heading is not None:
            check_attributes(attributes, Allowed(), heading.line, self.faults)
            if not title:
                self.faults.add(Place(heading.line, 1), _("The title is empty; write `# Title`."))
        return title

    def _head(self) -> tuple[LessonHead, str]:
        """The lesson block, as far as it can be read, and the opening prose behind it."""
        heading = title_of(self.found)
        fences = tuple(named_fences(self.found.head, self.faults))
        first = lesson_block(self.found)
        named = next((named for named in fences if named.fence is first), None)
        for other in fences:
            if other is not named and other.name in ALLOWED:
                message = (
                    _("A second `lesson` block; it stands once, below the title.")
                    if other.name == "lesson"
                    else _("The {name} block stands before the first step; move it into one.")
                )
                self.faults.add(other.place, message.format(name=quoted(other.name)))
        if named is None:
            # A misspelt name or a nested block has been reported where it stands.
            if not fences:
                self.faults.add(Place(heading.line if heading else 1, 1), no_lesson_block())
            return LessonHead(), ""
        check_stray_text(self.found, heading.line if heading else 0, named, self.faults)
        check_attributes(named.attributes, ALLOWED["lesson"], named.fence.line, self.faults)
        opening = "\n".join(self.found.lines[named.fence.last : self.found.head.last]).strip("\n")
        block = read_toml_body(named, self.faults)
        if block is None:
            return LessonHead(), opening
        head = read_body(block, LessonHead, self.faults)
        self._check_head(head, block)
        return head, opening

    def _check_head(self, head: LessonHead, block: TomlBlock) -> None:
        if head.format != FORMAT and not (head.format is None and "format" in block.table):
            self.faults.add(block.value("format"), unknown_format())
        for key, value, right in (
            ("id", head.id, head.id is not None and ID.fullmatch(head.id)),
            ("number", head.number, head.number is not None and NUMBER.fullmatch(head.number)),
            ("section", head.section, head.section is None or NUMBER.fullmatch(head.section)),
            ("minutes", head.minutes, head.minutes is not None and head.minutes >= 1),
        ):
            if not right and (value is not None or key not in block.table):
                self.faults.add(block.value(key), no_head_value(key))
        if head.try_next and (len(head.try_next) != TRY_NEXT or not all(map(str.strip, head.try_next))):
            message = _("`try_next` names {count} commands to try; write {count} texts.")
            self.faults.style(block.value("try_next"), message.format(count=TRY_NEXT))
        for id_, words in head.parts.items():
            if not ID.fullmatch(id_):
                message = _("{id} is no id; write lower-case words joined by hyphens.").format(id=quoted(id_))
                self.faults.add(block.key("parts", id_), message)
            if not words.strip():
                message = _("{key} is empty; write a text.").format(key=quoted(f"parts.{id_}"))
                self.faults.style(block.value("parts", id_), message)
        self.parts_block = block

    def _check_count(self) -> None:
        """Report steps that are too many, and read only as many as may be."""
        count = len(self.found.steps)
        if count > MOST_STEPS:
            message = _("The lesson has {count} steps; {limit} at most. Make several lessons of it.")
            place = Place(self.found.steps[MOST_STEPS].first, 1)
            self.faults.add(place, message.format(count=count, limit=MOST_STEPS))
            self.found = replace(self.found, steps=self.found.steps[:MOST_STEPS])

    def _check_headings(self, headings: Sequence[StepHeading]) -> None:
        """What concerns several steps: ids, earlier ids, and the places of deeper steps and of the pool."""
        taken: dict[str, int] = {}
        if not any(heading.number for heading in headings):
            self.faults.add(
                Place(len(self.found.lines), 1), _("The lesson has no step; write `## Title {#id}`.")
            )
        for section, heading in zip(self.found.steps, headings, strict=True):
            faults = self.faults.within(heading.id)
            place = Place(section.first, 1)
            if not heading.title:
                faults.add(place, _("The step has no title; write `## Title {#id}`."))
            if not heading.id:
                if not heading.attributes.problem_column:
                    faults.add(place, _("The step has no id; write `## Title {#id}`."))
            elif heading.id in taken:
                message = _("The id {id} is taken by the step in line {line}; choose another.")
                faults.add(
                    self._place(section, heading, "#"),
                    message.format(id=quoted(heading.id), line=taken[heading.id]),
                )
            taken.setdefault(heading.id, section.first)
            if heading.deeper and not heading.recall and ".0" in heading.number[len(self.faults.where) :]:
                message = _("A deeper step stands behind a main step, whose number it takes.")
                faults.add(self._place(section, heading, "deeper"), message)
        self._check_earlier_ids(headings, taken)
        for (_before, previous), (section, heading) in pairwise(zip(self.found.steps, headings, strict=True)):
            if previous.recall and not heading.recall:
                message = _("This step stands behind the recall pool; move it before the first `recall`.")
                self.faults.within(heading.id).style(Place(section.first, 1), message)

    def _check_earlier_ids(self, headings: Sequence[StepHeading], taken: dict[str, int]) -> None:
        earlier: set[str] = set()
        for section, heading in zip(self.found.steps, headings, strict=True):
            faults = self.faults.within(heading.id)
            place = self._place(section, heading, "was")
            for id_ in heading.was:
                if not ID.fullmatch(id_):
                    message = _("{id} is no id; write lower-case words joined by hyphens.").format(
                        id=quoted(id_)
                    )
                    faults.add(place, message)
                elif id_ in taken or id_ in earlier:
                    message = _("The id {id} is taken by another step; an earlier id belongs to one.")
                    faults.add(place, message.format(id=quoted(id_)))
                earlier.add(id_)

    @staticmethod
    def _place(section: Section, heading: StepHeading, attribute: str) -> Place:
        columns = (item.column for item in heading.attributes.items if item.name == attribute)
        return Place(section.first, next(columns, 1))

    def _check_parts(self, headings: Sequence[StepHeading], parts: dict[str, str]) -> None:
        """Each part begins at one step, in the order of the lesson block."""
        names = list(parts)
        begun: list[str] = []
        unknown = False
        for section, heading in zip(self.found.steps, headings, strict=True):
            faults = self.faults.within(heading.id)
            part = heading.attributes.value("part")
            place = self._place(section, heading, "part")
            if not part:
                if names and not begun and not heading.recall and heading is headings[0]:
                    faults.style(
                        Place(section.first, 1), _("The first step begins no part; write `part=ID`.")
                    )
                continue
            if part not in parts:
                message = _("There is no part {id} in the lesson block.").format(id=quoted(part))
                faults.unknown(place, message, part, names)
                unknown = True
                continue
            if part in begun:
                message = _("The part {id} has begun already; only its first step names it.")
                faults.style(place, message.format(id=quoted(part)))
            elif begun and names.index(part) < names.index(begun[-1]):
                message = _("The part {id} stands before {other} in the lesson block; keep one order.")
                faults.style(place, message.format(id=quoted(part), other=quoted(begun[-1])))
            begun.append(part)
        for part in names:
            if part not in begun and not unknown:
                message = _("No step begins the part {id}; write {form} at one, or take the part away.")
                self.faults.style(
                    self.parts_block.key("parts", part),
                    message.format(id=quoted(part), form=quoted(f"part={part}")),
                )

    def _check_of(self, section: Section, heading: StepHeading, faults: Faults) -> None:
        """A variant says which step it is one of; nothing else does."""
        if not any(item.name == "of" for item in heading.attributes.items):
            return
        place = self._place(section, heading, "of")
        id_ = heading.attributes.value("of")
        steps = [other.id for other in self.headings if not other.recall]
        if not heading.recall:
            faults.add(place, _("`of` goes with `recall`: a variant names the step that it is one of."))
        elif id_ not in steps:
            message = _("There is no step {id} in this lesson.").format(id=quoted(id_))
            faults.unknown(place, message, id_, steps)

    def _step(self, section: Section, heading: StepHeading) -> Step:
        faults = self.faults.within(heading.id)
        attributes = heading.attributes
        check_attributes(attributes, STEP_ATTRIBUTES, section.first, faults)
        for other in ("deeper", "part", "stop", "was"):
            if heading.recall and any(item.name == other for item in attributes.items):
                message = _("{name} does not go with `recall`: the pool is no step.").format(
                    name=quoted(other)
                )
                faults.add(self._place(section, heading, other), message)
        self._check_of(section, heading, faults)
        app = attributes.value("app")
        if app and not ID.fullmatch(app):
            message = _("{name} is no name; write lower-case words joined by hyphens.").format(
                name=quoted(app)
            )
            faults.add(self._place(section, heading, "app"), message)
        read = read_blocks(section, self.found.lines, app, faults)
        if not read.has_question:
            message = _("The step asks nothing; give it a `question` block.")
            faults.style(Place(section.first, 1), message)
        takeaway = ""
        if not heading.recall:
            takeaway = read_takeaway(section, self.markdown, self.found.lines, faults)
            check_length(section, self.markdown, read.action_line, faults)
        return Step(
            id=heading.id,
            number=heading.number,
            title=heading.title,
            blocks=read.blocks,
            line=section.first,
            hash=self.found.step_hash(section),
            deeper=heading.deeper,
            recall=heading.recall,
            of=attributes.value("of"),
            part=heading.part,
            was=heading.was,
            whole=attributes.flag("whole"),
            timeline=attributes.flag("timeline"),
            waterfall=attributes.flag("waterfall"),
            stop=attributes.flag("stop"),
            app=app,
            takeaway=takeaway,
        )
