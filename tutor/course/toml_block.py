"""A block's TOML body with the place in the file of every key and value.

tomllib gives values without places and one error with a place inside the block. The scanner here reads
only as much of TOML as is needed to know where keys and values begin, and never fails: what it
cannot follow, tomllib reports.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from tutor.course.faults import Faults, Place, quoted
from tutor.language import _

DEEPEST = 40
"""How deep keys, tables and lists may nest; deeper TOML costs time squared and overflows stacks."""

Path = tuple[str | int, ...]


class TomlBlock(Struct, frozen=True):
    """A table read from a block, and where its parts stand in the file."""

    table: dict[str, Any]
    start: Place
    """The block's first line."""
    keys: dict[Path, Place]
    values: dict[Path, Place]

    def key(self, *path: str | int) -> Place:
        """Where the key of a path stands, or the nearest place above it."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.keys:
                return self.keys[path[:length]]
        return self.start

    def value(self, *path: str | int) -> Place:
        """Where the value of a path stands, or its key."""
        for length in range(len(path), 0, -1):
            place = self.values.get(path[:length]) or self.keys.get(path[:length])
            if place is not None:
                return place
        return self.start

    @property
    def key_lines(self) -> tuple[tuple[str, int], ...]:
        """The line of each key, dotted."""
        return tuple((".".join(map(str, path)), place.line) for path, place in self.keys.items())


def read_toml(lines: Sequence[str], start: Place, faults: Faults) -> TomlBlock | None:
    """Read a block's body; None where it cannot be read, which is then a fault.

    Args:
        lines: The body's lines, without the fences.
        start: Where the opening fence stands; the body begins on the next line.
        faults: Where to report.
    """
    text = "\n".join(lines) + "\n"
    scanner = _Scanner(text)
    scanner.scan()

    def place(offset: int) -> Place:
        inside = scanner.place(offset)
        return Place(start.line + inside.line, inside.column)

    if scanner.too_deep is not None:
        message = _("This nests deeper than {deepest} levels; write it flatter.").format(deepest=DEEPEST)
        faults.add(place(scanner.too_deep), message)
        return None
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where, message = _told(error, scanner)
        faults.add(Place(start.line + where.line, where.column), message)
        return None
    except (ValueError, RecursionError):
        # int() refuses numbers of more than 4300 digits, and dates such as 2024-02-30 raise ValueError too.
        faults.add(
            place(scanner.statements[-1] if scanner.statements else 0), _("A value here is out of bounds.")
        )
        return None
    keys = {path: place(offset) for path, offset in scanner.keys.items()}
    values = {path: place(offset) for path, offset in scanner.values.items()}
    return TomlBlock(table, start, keys, values)


_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def _told(error: tomllib.TOMLDecodeError, scanner: _Scanner) -> tuple[Place, str]:
    """Where a syntax error stands inside the block, and what it means."""
    text = str(error)
    position = _POSITION.search(text)
    what = _POSITION.sub("", text)
    line, column = (int(position[1]), int(position[2])) if position and position[1] else (0, 0)
    end = scanner.offset(line, column) if line else len(scanner.text)
    statement = max((at for at in scanner.statements if at <= end), default=0)
    if what.startswith(("Cannot", "Duplicate")):
        at = scanner.repeated.get(statement, statement)
        name = quoted(scanner.key_at(at))
        return scanner.place(at), _("{name} is given twice, or clashes with an earlier key.").format(
            name=name
        )
    place = Place(line, column) if line else scanner.place(statement)
    return place, _("This is no TOML: {what}. {remedy}").format(what=what, remedy=_remedy(what)).rstrip()


def _remedy(what: str) -> str:
    if what.startswith("Illegal character '\\n'"):
        return _("Close the string on its line, or use three quotes.")
    if what == "Invalid value":
        return _("Text stands in double quotes; true and false are lower case.")
    if what.startswith(("Unterminated string", "Expected \"'", "Expected \"'")):
        return _("Close the string.")
    if what.startswith("Unclosed array"):
        return _("Write a comma between items, and `]` behind the last one.")
    if what.startswith("Unclosed inline table"):
        return _("Keep the table on one line, with commas between its items and `}` behind the last one.")
    if what.startswith("Unescaped '\\'"):
        return _("Write `\\\\`, or put the text in single quotes.")
    if what.startswith("Expected newline"):
        return _("One key stands on a line.")
    return _("A line reads `key = value`.")


_BLANK = re.compile(r"[ \t]*")
_BLANK_LINES = re.compile(r"(?:[ \t\n]+|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\n]*")
_TO_LINE_END = re.compile(r"[^\n]*\n?")
_STRINGS = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r'"""(?:[^\\"]|\\.|"{1,2}(?!"))*"{3,5}',
        r"'''(?:[^']|'{1,2}(?!'))*'{3,5}",
        r'"(?:[^"\\\n]|\\[^\n])*"',
        r"'[^'\n]*'",
    )
)


class _Scanner(Struct):
    """Walks through TOML and notes the offset of each key and value."""

    text: str
    at: int = 0
    keys: dict[Path, int] = {}
    values: dict[Path, int] = {}
    statements: list[int] = []
    repeated: dict[int, int] = {}
    """For a statement that gives a key of an inline table twice: where the second one stands."""
    too_deep: int | None = None
    _arrays: dict[Path, int] = {}
    _line_starts: list[int] = []

    def place(self, offset: int) -> Place:
        if not self._line_starts:
            self._line_starts = [0, *(match.end() for match in re.finditer("\n", self.text))]
        line = bisect_right(self._line_starts, offset)
        return Place(line, offset - self._line_starts[line - 1] + 1)

    def offset(self, line: int, column: int) -> int:
        self.place(0)
        return self._line_starts[min(line, len(self._line_starts)) - 1] + column - 1

    def key_at(self, offset: int) -> str:
        """The key that begins at an offset, as written."""
        match = re.compile(r"[^=\]\n]*").match(self.text, offset)
        return match[0].strip() if match else ""

    def scan(self) -> None:
        table: Path = ()
        while self.too_deep is None:
            self._skip(_BLANK_LINES)
            if self.at >= len(self.text):
                return
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self.statements.append(self.at)
                self._pair(table, 1)
            self._skip(_TO_LINE_END)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        if match is not None:
            self.at = match.end()

    def _header(self) -> Path:
        many = self.text.startswith("[[", self.at)
        self.at += 2 if many else 1
        self._skip(_BLANK)
        self.statements.append(self.at)
        path: Path = ()
        segments = self._key()
        for place, (segment, offset) in enumerate(segments):
            path = (*path, segment)
            self.keys.setdefault(path, offset)
            last = place == len(segments) - 1
            if last and many:
                self._arrays[path] = self._arrays.get(path, -1) + 1
                path = (*path, self._arrays[path])
                self.keys.setdefault(path, offset)
            elif path in self._arrays and not last:
                path = (*path, self._arrays[path])
        return path

    def _pair(self, table: Path, depth: int) -> bool:
        """Read `key = value`; False where there is none."""
        segments = self._key()
        path = table
        for segment, offset in segments:
            path = (*path, segment)
            if len(path) == len(table) + len(segments) and path in self.keys:
                self.repeated.setdefault(self.statements[-1], segments[0][1])
            self.keys.setdefault(path, offset)
        self._skip(_BLANK)
        if not segments or not self.text.startswith("=", self.at):
            return False
        self.at += 1
        self._skip(_BLANK)
        self._value(path, depth)
        return True

    def _key(self) -> list[tuple[str, int]]:
        segments: list[tuple[str, int]] = []
        while True:
            match = _BARE_KEY.match(self.text, self.at) or self._string()
            if match is None:
                return segments
            if len(segments) >= DEEPEST:
                self.too_deep = self.at
                return []
            segments.append((_key_text(match[0]), match.start()))
            self.at = match.end()
            self._skip(_BLANK)
            if not self.text.startswith(".", self.at):
                return segments
            self.at += 1
            self._skip(_BLANK)

    def _string(self) -> re.Match[str] | None:
        return next((match for pattern in _STRINGS if (match := pattern.match(self.text, self.at))), None)

    def _value(self, path: Path, depth: int) -> None:
        if depth > DEEPEST or len(path) > 2 * DEEPEST:
            self.too_deep = self.at
            return
        self.values.setdefault(path, self.at)
        match = self._string()
        if match is not None:
            self.at = match.end()
        elif self.text.startswith("[", self.at):
            self._array(path, depth)
        elif self.text.startswith("{", self.at):
            self._inline_table(path, depth)
        else:
            self._skip(_SCALAR)

    def _array(self, path: Path, depth: int) -> None:
        self.at += 1
        index = 0
        while self.too_deep is None:
            self._skip(_BLANK_LINES)
            if self.at >= len(self.text) or self.text[self.at] == "]":
                self.at += 1
                return
            before = self.at
            self._value((*path, index), depth + 1)
            self._skip(_BLANK_LINES)
            if self.text.startswith(",", self.at):
                self.at += 1
            elif not self.text.startswith("]", self.at) or self.at == before:
                return
            index += 1

    def _inline_table(self, path: Path, depth: int) -> None:
        self.at += 1
        while self.too_deep is None:
            self._skip(_BLANK)
            if not self._pair(path, depth + 1):
                break
            self._skip(_BLANK)
            if not self.text.startswith(",", self.at):
                break
            self.at += 1
        self._skip(_BLANK)
        if self.text.startswith("}", self.at):
            self.at += 1


def _key_text(written: str) -> str:
    """A key without its quotes and escapes."""
    if not written.startswith(("'", '"')):
        return written
    if "\\" not in written:
        return written[1:-1]
    try:
        return str(tomllib.loads(f"key = {written}")["key"])
    except ValueError:
        return written[1:-1]
