"""Two messages aligned line by line: the start line, fields by name, the body. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import zip_longest

from tutor.wire.escape import DISPLAY_CAP, WireLine, hexdump, needs_hexdump, wire_lines
from tutor.wire.message import Message

_PASSING = frozenset({"date", "sec-websocket-key", "sec-websocket-accept"})
"""Fields that are another one each time and say nothing about a difference."""
_PORT = re.compile(rb":[0-9]*(?=\s*\Z)")
_MOST_MATCHED = 400
"""Body lines that are matched by what they say; where more differ, they are paired by their places."""


class LinePart(StrEnum):
    """What a line of a message is."""

    START = "start"
    FIELD = "field"
    EMPTY = "empty"
    BODY = "body"


class Likeness(StrEnum):
    """How a line of one message and that of another stand to each other."""

    SAME = "same"
    DIFFERS = "differs"
    PASSING = "passing"
    """They differ, as they do each time: a date, a port in Host."""
    FIRST_ONLY = "first_only"
    SECOND_ONLY = "second_only"


@dataclass(frozen=True, slots=True)
class Pair:
    """A line of each message, or of one of them."""

    part: LinePart
    first: WireLine | None
    second: WireLine | None
    likeness: Likeness


def compare(first: Message | None, second: Message | None) -> tuple[Pair, ...]:
    """Every line of both messages, in order; that of one that is not there is None.

    Fields stand in the first message's order, whatever their order in the second: the order of different
    names means nothing (RFC 9110, 5.3). Bodies are compared without chunked coding, as a hexdump where either
    needs one, and their first 64 KiB alone.
    """
    start, fields, empty = _head(first)
    other_start, other_fields, other_empty = _head(second)
    hexadecimal = any(_is_octets(message) for message in (first, second))
    return (
        *_pairs(LinePart.START, [(start, other_start)]),
        *_field_pairs(fields, other_fields),
        *_pairs(LinePart.EMPTY, [(empty, other_empty)]),
        *_pairs(LinePart.BODY, _matched(_body(first, hexadecimal), _body(second, hexadecimal))),
    )


def _head(message: Message | None) -> tuple[WireLine | None, list[WireLine], WireLine | None]:
    """The start line, the field lines, the empty line."""
    lines = list(wire_lines(message.head)) if message is not None else []
    start = lines.pop(0) if lines and message is not None and message.start_line else None
    empty = lines.pop() if lines and not lines[-1].data else None
    return start, lines, empty


def _is_octets(message: Message | None) -> bool:
    return message is not None and needs_hexdump(
        message.body[:DISPLAY_CAP], message.value("Content-Encoding") or ""
    )


def _body(message: Message | None, hexadecimal: bool) -> list[WireLine]:
    body = message.body[:DISPLAY_CAP] if message is not None else b""
    if hexadecimal:
        return [WireLine(line.encode(), b"") for line in hexdump(body)]
    return list(wire_lines(body))


def _field_pairs(first: Sequence[WireLine], second: Sequence[WireLine]) -> Iterator[Pair]:
    """Lines of one name are paired in their order; what only the second has keeps its neighbour there."""
    places = _named(first)
    behind: dict[tuple[str, int] | None, list[WireLine]] = {}
    others: dict[tuple[str, int], WireLine] = {}
    neighbour: tuple[str, int] | None = None
    for name, line in _named(second).items():
        if name in places:
            others[name] = line
            neighbour = name
        else:
            behind.setdefault(neighbour, []).append(line)
    yield from (_pair(LinePart.FIELD, None, line) for line in behind.get(None, ()))
    for name, line in places.items():
        yield _pair(LinePart.FIELD, line, others.get(name), name[0])
        yield from (_pair(LinePart.FIELD, None, other) for other in behind.get(name, ()))


def _named(lines: Sequence[WireLine]) -> dict[tuple[str, int], WireLine]:
    """Lines by the field's name, any case, and their place among those of that name."""
    found: dict[tuple[str, int], WireLine] = {}
    seen: Counter[str] = Counter()
    for line in lines:
        name = line.data.partition(b":")[0].strip(b" \t").lower().decode("latin-1")
        found[name, seen[name]] = line
        seen[name] += 1
    return found


def _matched(
    first: Sequence[WireLine], second: Sequence[WireLine]
) -> Iterator[tuple[WireLine | None, WireLine | None]]:
    """Lines side by side, so that those which say the same stand beside each other."""
    start = 0
    while start < min(len(first), len(second)) and first[start] == second[start]:
        yield first[start], second[start]
        start += 1
    first, second = first[start:], second[start:]
    if max(len(first), len(second)) > _MOST_MATCHED:
        yield from zip_longest(first, second)
        return
    for _kind, at, to, other_at, other_to in SequenceMatcher(None, first, second, False).get_opcodes():
        yield from zip_longest(first[at:to], second[other_at:other_to])


def _pairs(part: LinePart, lines: Iterable[tuple[WireLine | None, WireLine | None]]) -> Iterator[Pair]:
    for first, second in lines:
        if first is not None or second is not None:
            yield _pair(part, first, second)


def _pair(part: LinePart, first: WireLine | None, second: WireLine | None, name: str = "") -> Pair:
    if second is None:
        likeness = Likeness.FIRST_ONLY
    elif first is None:
        likeness = Likeness.SECOND_ONLY
    elif first == second:
        likeness = Likeness.SAME
    elif first.end == second.end and (
        name in _PASSING or (name == "host" and _PORT.sub(b"", first.data) == _PORT.sub(b"", second.data))
    ):
        likeness = Likeness.PASSING
    else:
        likeness = Likeness.DIFFERS
    return Pair(part, first, second, likeness)
