"""Writing translated lesson files: the skeleton to begin with, missing steps, and what was translated from.

Texts in, texts out; `tutor.translate` reads and writes the files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from tutor.course.model import Lesson, Prose, Question, Step
from tutor.course.outline import split_heading, title_of
from tutor.course.scan import Heading, scan
from tutor.course.translation import FROM
from tutor.course.words import anchor_of, feedback_of, head_hash, is_language_free, step_hash

_LONGEST_LINE = 100
_FROM_ITEM = re.compile(rf'{FROM}(?:="[^"]*"|=[^\s}}]*)?')
_LINE_START = re.compile(r"(?<=\n)|(?<=\r)(?!\n)")
"""Lines as `scan` counts them, each with its end."""
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def skeleton(lesson: Lesson) -> str:
    """A translated file whose words are English still: to be written over, text by text."""
    head = [f"# {lesson.title} {{{FROM}={head_hash(lesson)}}}", ""]
    if lesson.parts or lesson.try_next:
        head += ["```lesson", *_lesson_words(lesson), "```", ""]
    if lesson.opening.strip():
        head += [lesson.opening.strip("\n"), ""]
    steps = [step_skeleton(step) for step in (*lesson.steps, *lesson.pool)]
    return "\n".join(["\n".join(head), *steps])


def step_skeleton(step: Step) -> str:
    """A step of it, ending in a line end."""
    lines = [f"## {step.title} {{#{step.id} {FROM}={step_hash(step)}}}", ""]
    for block in step.blocks:
        if isinstance(block, Prose):
            lines += [block.markdown, ""]
        else:
            lines += [f"```{anchor_of(block)}"]
            lines += _question_words(block) if isinstance(block, Question) else ()
            lines += ["```", ""]
    return "\n".join(lines)


def with_missing_steps(text: str, lesson: Lesson) -> tuple[str, tuple[str, ...]]:
    """The file with a skeleton of each step that it has not, and the ids of these.

    Each is put behind the step that it follows in the English file.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    found = scan(text)
    lines = list(found.lines)
    last = {split_heading(section.heading)[1].value("#"): section.last for section in found.steps}
    added: list[str] = []
    inserts: dict[int, list[str]] = {}
    at = found.head.last
    for step in (*lesson.steps, *lesson.pool):
        if step.id in last:
            at = last[step.id]
        else:
            added.append(step.id)
            inserts.setdefault(at, []).append(step_skeleton(step))
    for at in sorted(inserts, reverse=True):
        before = lines[:at]
        while before and not before[-1].strip():
            before.pop()
        lines = [*before, "", *"\n".join(inserts[at]).split("\n"), *lines[at:]]
    return newline.join(lines), tuple(added)


def with_sources(text: str, lesson: Lesson, ids: frozenset[str] | None) -> tuple[str, tuple[str, ...]]:
    """The file with the hash of today's English words at headings, and the ids of the steps that had another.

    Args:
        text: The translated file.
        lesson: The English lesson.
        ids: The steps that are accepted, the empty id for the head; None for all of them.
    """
    found = scan(text)
    hashes: Mapping[str, str] = {step.id: step_hash(step) for step in (*lesson.steps, *lesson.pool)}
    title = title_of(found)
    headings: list[tuple[str, Heading, str]] = []
    if title is not None:
        headings.append(("", title, head_hash(lesson)))
    for section in found.steps:
        id_ = split_heading(section.heading)[1].value("#")
        if section.heading is not None and id_ in hashes:
            headings.append((id_, section.heading, hashes[id_]))
    lines = _LINE_START.split(text)
    changed: list[str] = []
    for id_, heading, hash_ in headings:
        if ids is not None and id_ not in ids:
            continue
        line = lines[heading.line - 1]
        written = _with_source(line, heading, hash_)
        if written != line:
            lines[heading.line - 1] = written
            changed.append(id_)
    return "".join(lines), tuple(changed)


def _with_source(line: str, heading: Heading, hash_: str) -> str:
    _title, attributes = split_heading(heading)
    bare = line.rstrip("\r\n")
    ending = line[len(bare) :]
    bare = bare.rstrip()
    for item in attributes.items:
        if item.name == FROM:
            start = item.column - 1
            return f"{bare[:start]}{_FROM_ITEM.sub(f'{FROM}={hash_}', bare[start:], count=1)}{ending}"
    if attributes.items:
        return f"{bare[:-1].rstrip()} {FROM}={hash_}}}{ending}"
    return f"{bare} {{{FROM}={hash_}}}{ending}"


def _lesson_words(lesson: Lesson) -> Iterator[str]:
    if lesson.try_next:
        yield from _list("try_next", lesson.try_next)
    if lesson.parts:
        yield "[parts]"
        yield from (f"{part.id} = {_text(part.title)}" for part in lesson.parts)


def _question_words(question: Question) -> Iterator[str]:
    yield f"prompt = {_text(question.prompt)}"
    if question.hints:
        yield from _list("hints", question.hints)
    if question.explain:
        yield f"explain = {_text(question.explain)}"
    choices = [(key, words) for key, words in question.choices if not is_language_free(words)]
    for table, texts in (("choices", choices), ("feedback", list(feedback_of(question).items()))):
        if texts:
            yield f"[{table}]"
            yield from (f"{_key(key)} = {_text(words)}" for key, words in texts)


def _list(key: str, texts: tuple[str, ...]) -> Iterator[str]:
    line = f"{key} = [{', '.join(map(_text, texts))}]"
    if len(line) <= _LONGEST_LINE:
        yield line
        return
    yield f"{key} = ["
    yield from (f"  {_text(text)}," for text in texts)
    yield "]"


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _text(key)


def _text(words: str) -> str:
    """A text as a basic string of TOML, which is a string of JSON but for one character."""
    return json.dumps(words, ensure_ascii=False).replace("\x7f", "\\u007f")
