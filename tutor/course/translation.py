"""A translated lesson file: words alone, laid over the English lesson, which owns the mechanics.

A step is translated as a whole or not at all: one that is missing, stale or faulty keeps its English words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import pairwise

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tutor.course.attributes import Allowed, Attributes, check_attributes
from tutor.course.blocks import LessonHead, QuestionBody, read_body
from tutor.course.contents import Part
from tutor.course.faults import Faults, Place, listed, quoted
from tutor.course.lesson import STEP_ATTRIBUTES, check_stray_text, compare_views
from tutor.course.lint import IN_CHARACTERS, check_feedback, check_length, read_takeaway
from tutor.course.model import Block, Fault, Lesson, Prose, Question, Step
from tutor.course.outline import lesson_block, no_title, split_heading, title_of
from tutor.course.prose import read_markdown, without_code
from tutor.course.scan import Section, scan
from tutor.course.step import ALLOWED, NamedFence, named_fences, read_toml_body
from tutor.course.toml_block import TomlBlock
from tutor.course.words import (
    QUESTION_KEYS,
    Anchor,
    anchors,
    feedback_of,
    gaps,
    head_hash,
    is_english,
    is_language_free,
    step_hash,
    texts_of,
)
from tutor.language import _

FROM = "from"
"""The attribute of a heading that holds the hash of the English words that were translated."""

_HEAD_KEYS = ("try_next", "parts")


class Standing(StrEnum):
    """How the translation of a step, or of a lesson's head, stands to the English."""

    CURRENT = "current"
    STALE = "stale"
    """The English words have changed since, or it is not said what they were."""
    MISSING = "missing"
    FAULTY = "faulty"


class TranslatedPart(Struct, frozen=True):
    """What came of a step, or of a lesson's head."""

    id: str
    """The step's; empty for the head."""
    standing: Standing
    line: int
    """The line of its heading; where it is missing, of the heading that it would follow."""


class Translation(Struct, frozen=True):
    """What came of a translated lesson file."""

    language: str
    file: str
    """The file's path as a report names it."""
    lesson: Lesson
    """The lesson; what has no current translation keeps its English words."""
    parts: tuple[TranslatedPart, ...] = ()
    """The head, then every step and variant of the lesson, in its order."""
    faults: tuple[Fault, ...] = ()
    """In file order. One that blocks loading makes its step faulty."""
    readable: bool = True
    """False for a file that gives no text."""


def read_translation(text: str, file: str, lesson: Lesson, language: str) -> Translation:
    """Lay a translated file over its lesson, and report all of its faults; never raises.

    Args:
        text: The file's text.
        file: The file's path as reports name it.
        lesson: The lesson as the English file has it.
        language: The tag of the file's language.
    """
    return _Reader(text, file, lesson, language).read()


class _TranslatedHead(msgspec.Struct):
    try_next: list[str] = []
    parts: dict[str, str] = {}


class _TranslatedQuestion(msgspec.Struct):
    prompt: str | None = None
    choices: dict[str, str] = {}
    hints: list[str] = []
    feedback: dict[str, str] = {}
    explain: str | None = None


class _Reader:
    def __init__(self, text: str, file: str, lesson: Lesson, language: str) -> None:
        self.found = scan(text)
        self.markdown = read_markdown("\n".join(self.found.lines), IN_CHARACTERS.measure)
        self.file = file
        self.lesson = lesson
        self.language = language
        self.faults = Faults(file).within(lesson.number)

    def read(self) -> Translation:
        compare_views(self.found, self.markdown, self.faults)
        general = len(self.faults.found)
        head, head_part = self._head()
        english = (*self.lesson.steps, *self.lesson.pool)
        sections = self._sections([step.id for step in english])
        self._check_order(sections, english)
        translated: dict[str, Step] = {}
        parts = [head_part]
        last_line = head_part.line
        for step in english:
            section = sections.get(step.id)
            if section is None:
                message = _("The step {id} is missing; {command} writes its place.").format(
                    id=quoted(step.id), command=f"`flask-http-tutor translate begin {self.lesson.number}`"
                )
                self.faults.within(step.id).add(Place(last_line, 1), message)
                parts.append(TranslatedPart(step.id, Standing.MISSING, last_line))
                continue
            last_line = section.first
            read = _StepReader(self, section, step).read()
            standing = self._standing(section, step_hash(step), broken=read is None or general > 0)
            parts.append(TranslatedPart(step.id, standing, section.first))
            if read is not None and standing is Standing.CURRENT:
                translated[step.id] = read
        lesson = head if head is not None and head_part.standing is Standing.CURRENT else self.lesson
        lesson = replace(
            lesson,
            steps=tuple(translated.get(step.id, step) for step in self.lesson.steps),
            pool=tuple(translated.get(step.id, step) for step in self.lesson.pool),
        )
        return Translation(self.language, self.file, lesson, tuple(parts), self.faults.sorted())

    def _standing(self, section: Section, hash_: str, *, broken: bool) -> Standing:
        if broken:
            return Standing.FAULTY
        _title, attributes = split_heading(section.heading)
        return Standing.CURRENT if attributes.value(FROM) == hash_ else Standing.STALE

    # The head

    def _head(self) -> tuple[Lesson | None, TranslatedPart]:
        before = _blocking(self.faults)
        heading = title_of(self.found)
        if heading is None:
            self.faults.add(Place(1, 1), no_title())
        title, attributes = split_heading(heading)
        line = heading.line if heading else 1
        check_attributes(attributes, Allowed(values=(FROM,)), line, self.faults)
        _check_text(title, self.lesson.title, Place(line, 1), "title", self.faults)
        block_fence = lesson_block(self.found)
        named: NamedFence | None = None
        for other in named_fences(self.found.head, self.faults):
            if other.fence is block_fence:
                named = other
            elif other.name in ALLOWED:
                message = _("The {name} block stands before the first step; move it into one.")
                self.faults.add(other.place, message.format(name=quoted(other.name)))
        body = self._head_words(named, line)
        if named is not None:
            check_stray_text(self.found, line, named, self.faults)
        first = named.fence.last if named else line
        opening = "\n".join(self.found.lines[first : self.found.head.last]).strip("\n")
        if bool(opening.strip()) != bool(self.lesson.opening.strip()):
            message = (
                _("The opening prose is missing; it stands before the first step.")
                if self.lesson.opening.strip()
                else _("The English lesson has no opening prose; take this away.")
            )
            self.faults.add(Place(first, 1), message)
        _check_text(opening, self.lesson.opening, Place(first + 1, 1), "opening", self.faults)
        broken = _blocking(self.faults) > before
        hash_ = head_hash(self.lesson)
        current = attributes.value(FROM) == hash_
        standing = Standing.FAULTY if broken else Standing.CURRENT if current else Standing.STALE
        part = TranslatedPart("", standing, line)
        if broken:
            return None, part
        lesson = replace(
            self.lesson,
            title=title,
            opening=opening,
            parts=tuple(Part(part.id, body.parts[part.id]) for part in self.lesson.parts),
            try_next=tuple(body.try_next),
            language=self.language,
        )
        return lesson, part

    def _head_words(self, named: NamedFence | None, line: int) -> _TranslatedHead:
        has_words = bool(self.lesson.parts or self.lesson.try_next)
        block: TomlBlock | None = None
        body = _TranslatedHead()
        if named is not None:
            _check_attributes_of(named, self.faults)
            block = read_toml_body(named, self.faults)
            if block is None:
                return body
            block = _without_mechanics(block, LessonHead, _HEAD_KEYS, self.faults)
            body = read_body(block, _TranslatedHead, self.faults)
        elif has_words:
            message = _("The `lesson` block is missing; it holds the words of {keys}.")
            keys = [key for key in _HEAD_KEYS if getattr(self.lesson, key)]
            self.faults.add(Place(line, 1), message.format(keys=listed(keys)))
            return body
        if block is not None:
            written = block.table
            _compare_count(block, "try_next", written.get("try_next"), self.lesson.try_next, self.faults)
            titles = {part.id: part.title for part in self.lesson.parts}
            _compare_keys(block, "parts", written.get("parts"), titles, self.faults)
            for index, (text, english) in enumerate(zip(body.try_next, self.lesson.try_next, strict=False)):
                place = block.value("try_next", index)
                _check_text(text, english, place, f"try_next.{index}", self.faults)
            for key, text in body.parts.items():
                place = block.value("parts", key)
                _check_text(text, titles.get(key, ""), place, f"parts.{key}", self.faults)
        return body

    # The steps

    def _sections(self, known: Sequence[str]) -> dict[str, Section]:
        """The file's steps by id; what is none of the lesson's is a fault."""
        sections: dict[str, Section] = {}
        for section in self.found.steps:
            title, attributes = split_heading(section.heading)
            id_ = attributes.value("#")
            faults = self.faults.within(id_)
            _check_heading(section.first, attributes, faults)
            if not title:
                faults.add(Place(section.first, 1), _("The step has no title; write `## Title {#id}`."))
            if not id_:
                if not attributes.problem_column:
                    message = _("The step has no id; write `## Title {#id}`.")
                    faults.add(Place(section.first, 1), message)
            elif id_ not in known:
                message = _("The English lesson has no step {id}.").format(id=quoted(id_))
                faults.unknown(Place(section.first, 1), message, id_, known)
            elif id_ in sections:
                message = _("The id {id} is taken by the step in line {line}; choose another.")
                first = sections[id_].first
                faults.add(Place(section.first, 1), message.format(id=quoted(id_), line=first))
            else:
                sections[id_] = section
        return sections

    def _check_order(self, sections: dict[str, Section], english: Sequence[Step]) -> None:
        """Report the first step that stands elsewhere than in the English file."""
        # The pool stands behind the last step there too.
        right = [step.id for step in english if step.id in sections]
        for id_, expected in zip(sections, right, strict=True):
            if id_ != expected:
                message = _("{id} stands where the English lesson has {other}; keep its order.")
                told = message.format(id=quoted(id_), other=quoted(expected))
                self.faults.within(id_).add(Place(sections[id_].first, 1), told)
                return


class _StepReader:
    def __init__(self, reader: _Reader, section: Section, step: Step) -> None:
        self.reader = reader
        self.section = section
        self.step = step
        self.faults = reader.faults.within(step.id)

    def read(self) -> Step | None:
        """The step with its words; None where a fault makes them unusable."""
        heading_faults = [
            fault
            for fault in self.faults.found
            if fault.blocks_loading and (fault.where + "/").startswith(self.faults.where + "/")
        ]
        before = _blocking(self.faults)
        fences = [named for named in named_fences(self.section, self.faults) if self._is_words(named)]
        in_order = self._compare_anchors([_anchor(named) for named in fences], fences)
        title, _attributes = split_heading(self.section.heading)
        place = Place(self.section.first, 1)
        _check_text(title, self.step.title, place, "title", self.faults)
        prose = self._prose(fences)
        if in_order:
            self._compare_prose(prose, fences)
        questions = self._questions(fences)
        action_line = next((named.fence.line for named in fences if named.name != "source"), 0)
        takeaway = ""
        markdown, lines = self.reader.markdown, self.reader.found.lines
        if not self.step.recall:
            takeaway = read_takeaway(self.section, markdown, lines, self.faults, IN_CHARACTERS)
            check_length(self.section, markdown, action_line, self.faults, IN_CHARACTERS)
        if heading_faults or _blocking(self.faults) > before:
            return None
        return replace(
            self.step,
            title=title,
            blocks=tuple(_with_words(self.step.blocks, [text for text, _line in prose], questions)),
            takeaway=takeaway,
            language=self.reader.language,
        )

    def _is_words(self, named: NamedFence) -> bool:
        """Whether a block has a place in a translation; one that has none, and a body too, is a fault."""
        if named.name not in ALLOWED:
            return False
        if named.name in ("lesson", "expect"):
            self.faults.add(named.place, _mechanic(named.name))
            return False
        _check_attributes_of(named, self.faults.within(named.id))
        if named.name != "question":
            for at, line in enumerate(named.fence.body, start=named.fence.line + 1):
                if line.strip():
                    message = _("The body of this block is mechanics: the English file has it. Empty it.")
                    self.faults.within(named.id).add(Place(at, 1), message)
                    break
        return True

    def _compare_anchors(self, found: Sequence[Anchor], fences: Sequence[NamedFence]) -> bool:
        """Report blocks that are missing, unknown or in another order than in the English step."""
        right = anchors(self.step)
        by_id = {anchor.id: anchor for anchor in right if anchor.id}
        sound = True
        seen: set[str] = set()
        for anchor, named in zip(found, fences, strict=True):
            faults = self.faults.within(anchor.id)
            if anchor.kind == "source":
                continue
            if not anchor.id:
                message = _("The {name} block has no id; write {form}.")
                form = quoted(f"```{named.name} {{#some-words}}")
                faults.add(named.place, message.format(name=quoted(named.name), form=form))
            elif anchor.id not in by_id:
                message = _("The English step has no block {id}.").format(id=quoted(anchor.id))
                faults.unknown(named.place_of("#"), message, anchor.id, by_id)
            elif by_id[anchor.id].kind != anchor.kind:
                message = _("{id} is a block {kind} in the English step.")
                kind = quoted(by_id[anchor.id].kind)
                faults.add(named.place, message.format(id=quoted(anchor.id), kind=kind))
            elif anchor.id in seen:
                message = _("The id {id} is taken in this step; choose another.").format(id=quoted(anchor.id))
                faults.add(named.place_of("#"), message)
            else:
                seen.add(anchor.id)
                continue
            sound = False
        for id_, anchor in by_id.items():
            if id_ not in {other.id for other in found}:
                message = _("The block {block} is missing; put it where the English step has it.")
                place = Place(self.section.first, 1)
                self.faults.within(id_).add(place, message.format(block=quoted(anchor)))
                sound = False
        sources = [sum(anchor.kind == "source" for anchor in each) for each in (found, right)]
        if sources[0] != sources[1]:
            message = _("The step has {count} `source` blocks, the English one has {right}.")
            self.faults.add(Place(self.section.first, 1), message.format(count=sources[0], right=sources[1]))
            sound = False
        for anchor, expected, named in zip(found, right, fences, strict=False) if sound else ():
            if anchor != expected:
                message = _("{block} stands where the English step has {other}; keep its order.")
                told = message.format(block=quoted(anchor), other=quoted(expected))
                self.faults.within(anchor.id).add(named.place, told)
                return False
        return sound

    def _prose(self, fences: Sequence[NamedFence]) -> list[tuple[str, int]]:
        """The prose before each block and behind the last one, with its first line."""
        bounds = [(self.section.first, self.section.first)]
        bounds += [(named.fence.line, named.fence.last) for named in fences]
        bounds.append((self.section.last + 1, self.section.last + 1))
        pieces: list[tuple[str, int]] = []
        for (_start, after), (until, _end) in pairwise(bounds):
            lines = list(enumerate(self.reader.found.lines[after : until - 1], start=after + 1))
            while lines and not lines[0][1].strip():
                lines.pop(0)
            while lines and not lines[-1][1].strip():
                lines.pop()
            pieces.append(("\n".join(line for _at, line in lines), lines[0][0] if lines else after))
        return pieces

    def _compare_prose(self, prose: Sequence[tuple[str, int]], fences: Sequence[NamedFence]) -> None:
        places = [*(quoted(_anchor(named)) for named in fences), _("the end of the step")]
        for (text, line), english, before in zip(prose, gaps(self.step), places, strict=True):
            place = Place(line, 1)
            _check_marks(text, place, self.faults)
            if english and not text:
                message = _("Before {block} the English step has prose; translate it here.")
                self.faults.add(place, message.format(block=before))
            elif text and not english:
                message = _("Before {block} the English step has no prose; move this to its place.")
                self.faults.add(place, message.format(block=before))
            elif text == english and is_english(english):
                self.faults.add(place, _("This is English still; translate it."))
            elif len(scan(text).fences) != len(scan(english).fences):
                message = _("The English prose here has {count} code blocks; keep all of them.")
                self.faults.add(place, message.format(count=len(scan(english).fences)))

    def _questions(self, fences: Sequence[NamedFence]) -> dict[str, Question]:
        asked = {question.id: question for question in self.step.questions}
        translated: dict[str, Question] = {}
        for named in fences:
            question = asked.get(named.id)
            if named.name != "question" or question is None or named.id in translated:
                continue
            faults = self.faults.within(named.id)
            block = read_toml_body(named, faults)
            if block is not None:
                translated[named.id] = self._question(question, block, faults)
        return translated

    def _question(self, question: Question, block: TomlBlock, faults: Faults) -> Question:
        block = _without_mechanics(block, QuestionBody, QUESTION_KEYS, faults)
        body = read_body(block, _TranslatedQuestion, faults)
        written = block.table
        feedback = feedback_of(question)
        choices = {**dict(question.choices), **body.choices}
        for key in ("prompt", "explain"):
            if getattr(question, key) and key not in written:
                faults.add(block.start, _("{key} is missing; translate it.").format(key=quoted(key)))
            elif key in written and not getattr(question, key):
                faults.add(block.key(key), _no_such_text(key))
        _compare_count(block, "hints", written.get("hints"), question.hints, faults)
        needed = {key: words for key, words in question.choices if not is_language_free(words)}
        _compare_keys(block, "choices", written.get("choices"), dict(question.choices), faults, needed)
        _compare_keys(block, "feedback", written.get("feedback"), feedback, faults)
        read = replace(
            question,
            prompt=body.prompt or "",
            choices=tuple((key, choices[key]) for key, _words in question.choices),
            wrong=tuple(
                replace(wrong, feedback=body.feedback.get(wrong.key, "")) for wrong in question.wrong
            ),
            hints=tuple(body.hints),
            explain=body.explain or "",
        )
        self._check_texts(question, read, block, faults)
        return read

    def _check_texts(self, question: Question, read: Question, block: TomlBlock, faults: Faults) -> None:
        english = dict(texts_of(question))
        given: dict[str, str] = {}
        for path, text in texts_of(read):
            if path[0] == "choices":
                same = given.setdefault(text.strip().casefold(), str(path[1]))
                if same != path[1]:
                    message = _("{key} reads like {other}; two choices must differ.")
                    told = message.format(key=quoted(path[1]), other=quoted(same))
                    faults.style(block.value(*path), told)
            if path in block.values:
                name = ".".join(map(str, path))
                _check_text(text, english.get(path, ""), block.value(*path), name, faults)
            if path[0] == "feedback":
                check_feedback(text, block.value(*path), faults, IN_CHARACTERS)


def _with_words(
    blocks: Sequence[Block], prose: Sequence[str], questions: dict[str, Question]
) -> Iterator[Block]:
    """The same blocks with other words; of the pieces of prose in one gap, the first has all of them."""
    gap = 0
    said = False
    for block in blocks:
        if isinstance(block, Prose):
            yield replace(block, markdown="" if said else prose[gap])
            said = True
            continue
        gap, said = gap + 1, False
        yield questions[block.id] if isinstance(block, Question) else block


def _check_text(text: str, english: str, place: Place, name: str, faults: Faults) -> None:
    """Report a text that is empty, or English still."""
    if english.strip() and not text.strip():
        faults.add(place, _("{key} is empty; write a text.").format(key=quoted(name)))
    elif text.strip() == english.strip() and is_english(english):
        faults.add(place, _("{key} is English still; translate it.").format(key=quoted(name)))
    _check_marks(text, place, faults)


def _check_marks(text: str, place: Place, faults: Faults) -> None:
    """Report marks of Markdown that would be shown as they stand."""
    if "**" not in text and "`" not in text:
        # As most texts are: a parser takes a third of a millisecond to find nothing.
        return
    words = without_code(text)
    if "**" in words:
        message = _(
            "This {mark} is shown as it stands: inside of it is a punctuation mark, outside of it a letter. "
            "Put the punctuation mark outside."
        )
        faults.style(place, message.format(mark="`**`"))
    elif "`" in words:
        faults.style(place, _("A backtick has no partner; close the code."))


def _anchor(named: NamedFence) -> Anchor:
    return Anchor(named.name, "" if named.name == "source" else named.id)


def _blocking(faults: Faults) -> int:
    return sum(fault.blocks_loading for fault in faults.found)


def _mechanic(name: str) -> str:
    return _("{name} is mechanics: the English file alone has it. Take it away.").format(name=quoted(name))


def _no_such_text(key: str) -> str:
    return _("The English text has no {key}; take it away.").format(key=quoted(key))


def _check_heading(line: int, attributes: Attributes, faults: Faults) -> None:
    _check_words_only(attributes, Allowed(id=True, values=(FROM,)), STEP_ATTRIBUTES, line, faults)


def _check_attributes_of(named: NamedFence, faults: Faults) -> None:
    english = ALLOWED[named.name]
    _check_words_only(named.attributes, Allowed(id=english.id), english, named.fence.line, faults)


def _check_words_only(
    attributes: Attributes, allowed: Allowed, english: Allowed, line: int, faults: Faults
) -> None:
    """Report attributes that belong into the English file, and otherwise as everywhere."""
    mechanics = [item for item in attributes.items if item.name in (*english.flags, *english.values)]
    for item in mechanics:
        faults.add(Place(line, item.column), _mechanic(item.name))
    rest = tuple(item for item in attributes.items if item not in mechanics)
    check_attributes(replace(attributes, items=rest), allowed, line, faults)


def _without_mechanics(
    block: TomlBlock, english: type[msgspec.Struct], words: Sequence[str], faults: Faults
) -> TomlBlock:
    """The block without the keys that only the English file may have; each is a fault."""
    known = {field.name for field in msgspec.structs.fields(english)} - set(words)
    for key in block.table:
        if key in known:
            faults.add(block.key(key), _mechanic(key))
    return replace(block, table={key: value for key, value in block.table.items() if key not in known})


def _compare_count(
    block: TomlBlock, key: str, written: object, english: Sequence[str], faults: Faults
) -> None:
    """Report a list that has another number of texts than the English one."""
    count = len(written) if isinstance(written, list) else 0
    if written is not None and not isinstance(written, list):
        return
    if count != len(english):
        message = _("{key} has {count} texts, the English one has {right}.")
        told = message.format(key=quoted(key), count=count, right=len(english))
        faults.add(block.key(key) if written is not None else block.start, told)


def _compare_keys(
    block: TomlBlock,
    table: str,
    written: object,
    english: dict[str, str],
    faults: Faults,
    needed: dict[str, str] | None = None,
) -> None:
    """Report keys that the English table has not, or has and this one lacks."""
    if written is not None and not isinstance(written, dict):
        return
    keys = written or {}
    for key in keys:
        if key not in english:
            message = _no_such_text(f"{table}.{key}")
            faults.unknown(block.key(table, key), message, key, english)
    for key in english if needed is None else needed:
        if key not in keys:
            message = _("{key} is missing; translate it.").format(key=quoted(f"{table}.{key}"))
            faults.add(block.key(table) if written is not None else block.start, message)
