"""The lines of a lesson file: its headings, its fences, and the slices that are its head and its steps.

A scanner of lines and no Markdown parser, because `list` reads every lesson's headings at each start.
`tutor.course.lesson` compares its view with a CommonMark parser's and reports where the two differ.
"""

from __future__ import annotations

import hashlib
import re

from msgspec import Struct

_HEADING = re.compile(r"(#{1,2})(?:[ \t]+(.*))?$", re.DOTALL)
_CLOSING_HASHES = re.compile(r"(?:^|[ \t]+)#+[ \t]*$")
_FENCE = re.compile(r"( {0,3})(`{3,}|~{3,})(.*)$", re.DOTALL)


class Heading(Struct, frozen=True):
    """A `#` or `##` heading at the start of a line."""

    line: int
    level: int
    text: str
    """What stands behind the hashes, attributes included."""
    column: int
    """Where `text` begins, counted from 1."""


class Fence(Struct, frozen=True):
    """A fenced block."""

    line: int
    """The line of its opening fence, counted from 1."""
    last: int
    """The line of its closing fence, or the file's last line."""
    indent: int
    name: str
    """The first word behind the opening fence."""
    rest: str
    """What stands behind the name."""
    rest_column: int
    body: tuple[str, ...]
    closed: bool


class Section(Struct, frozen=True):
    """The head of a lesson file, or one step: the lines `first` to `last`."""

    heading: Heading | None
    first: int
    last: int
    fences: tuple[Fence, ...]


class Scan(Struct, frozen=True):
    """A lesson file as lines, headings and fences."""

    lines: tuple[str, ...]
    headings: tuple[Heading, ...]
    fences: tuple[Fence, ...]
    head: Section
    steps: tuple[Section, ...]

    def step_hash(self, step: Section) -> str:
        """12 hexadecimal digits that change when the step's source does, spaces at line ends apart."""
        text = "\n".join(line.rstrip() for line in self.lines[step.first - 1 : step.last]).strip("\n")
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def scan(text: str) -> Scan:
    """Find the headings and fences of a lesson file, and slice it at its `##` headings."""
    lines = tuple(text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    headings: list[Heading] = []
    fences: list[Fence] = []
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if line.startswith("#"):
            heading = _heading(line, number)
            if heading is not None:
                headings.append(heading)
        elif line.lstrip(" ")[:3] in ("```", "~~~"):
            fence = _fence(lines, number)
            if fence is not None:
                fences.append(fence)
                number = fence.last
    return Scan(lines, tuple(headings), tuple(fences), *_slices(lines, headings, fences))


def _heading(line: str, number: int) -> Heading | None:
    match = _HEADING.match(line)
    if match is None:
        return None
    text = _CLOSING_HASHES.sub("", (match[2] or "")[:5000].rstrip())
    return Heading(number, len(match[1]), text, 1 + (match.start(2) if match[2] else len(line)))


def _fence(lines: tuple[str, ...], number: int) -> Fence | None:
    """The fence that opens on this line. A backtick fence has no backtick behind it (CommonMark 4.5)."""
    match = _FENCE.match(lines[number - 1])
    if match is None or (match[2][0] == "`" and "`" in match[3]):
        return None
    indent, marker, info = len(match[1]), match[2], match[3]
    end = re.compile(rf" {{0,3}}{marker[0]}{{{len(marker)},}}[ \t]*$")
    last = next((at for at in range(number, len(lines)) if end.match(lines[at])), None)
    words = info.split(maxsplit=1)
    name = words[0].partition("{")[0] if words else ""
    at_name = match.start(3) + info.find(name) + len(name)
    rest = lines[number - 1][at_name:]
    return Fence(
        line=number,
        last=len(lines) if last is None else last + 1,
        indent=indent,
        name=name,
        rest=rest.strip(),
        rest_column=at_name + len(rest) - len(rest.lstrip()) + 1,
        body=lines[number : len(lines) if last is None else last],
        closed=last is not None,
    )


def _slices(
    lines: tuple[str, ...], headings: list[Heading], fences: list[Fence]
) -> tuple[Section, tuple[Section, ...]]:
    starts = [heading for heading in headings if heading.level == 2]
    bounds = [1, *(heading.line for heading in starts), len(lines) + 1]
    sections: list[Section] = []
    at = 0
    for heading, first, after in zip([None, *starts], bounds[:-1], bounds[1:], strict=True):
        begin = at
        while at < len(fences) and fences[at].line < after:
            at += 1
        sections.append(Section(heading, first, after - 1, tuple(fences[begin:at])))
    return sections[0], tuple(sections[1:])
