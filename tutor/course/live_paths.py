"""The grammar of live paths: which values of an exchange a lesson may name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct

from tutor.course.faults import quoted, suggestion
from tutor.language import _


class Leaf(StrEnum):
    """What kind of value a path leads to."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    FIELD = "field"
    """A field's value: text that may be written as a number."""
    LIST = "list"
    JSON = "json"
    """A JSON value; any path goes on inside it."""


Node = Leaf | Mapping[str, "Node"]

ANY_NAME = "NAME"
"""Stands in a node for every name."""

_MESSAGE: dict[str, Node] = {
    "version": Leaf.TEXT,
    "headers": {ANY_NAME: Leaf.FIELD},
    "body": Leaf.TEXT,
    "length": Leaf.NUMBER,
    "head": Leaf.TEXT,
    "lines": Leaf.LIST,
}
_REQUEST: Node = MappingProxyType({"method": Leaf.TEXT, "target": Leaf.TEXT, **_MESSAGE})
_RESPONSE: Mapping[str, Node] = MappingProxyType(
    {
        "status": Leaf.NUMBER,
        "reason": Leaf.TEXT,
        **_MESSAGE,
        "chunks": Leaf.NUMBER,
        "json": Leaf.JSON,
        "cookies": {ANY_NAME: Leaf.TEXT},
        "interim": Leaf.LIST,
    }
)
_FLASK: Node = MappingProxyType(
    {
        "rule": Leaf.TEXT,
        "endpoint": Leaf.TEXT,
        "view": Leaf.TEXT,
        "arguments": {ANY_NAME: Leaf.TEXT},
        "types": {ANY_NAME: Leaf.TEXT},
        "order": Leaf.LIST,
        "events": Leaf.LIST,
        "functions": Leaf.LIST,
        "exception": Leaf.TEXT,
        "teardown": Leaf.TEXT,
    }
)
_EVENT: Mapping[str, Node] = MappingProxyType(
    {"data": Leaf.TEXT, "type": Leaf.TEXT, "id": Leaf.TEXT, "retry": Leaf.NUMBER}
)
_FRAME: Mapping[str, Node] = MappingProxyType(
    {"from": Leaf.TEXT, "opcode": Leaf.TEXT, "text": Leaf.TEXT, "bytes": Leaf.TEXT, "masked": Leaf.FLAG}
)
_HOP: Mapping[str, Node] = MappingProxyType(
    {
        "answered": Leaf.FLAG,
        "request": _REQUEST,
        "response": _RESPONSE,
        "flask": _FLASK,
        "events": Leaf.NUMBER,
        "frames": Leaf.NUMBER,
        "duration_ms": Leaf.NUMBER,
    }
)
EXCHANGE: Mapping[str, Node] = MappingProxyType({"hops": Leaf.NUMBER, **_HOP})
"""What may follow an exchange's id, the numbered `hopN`, `eventN` and `frameN` apart."""

SHORT_FORMS = ("status", "reason", "version", "headers", "body", "length", "json", "chunks")
"""In expectations these mean the response's."""

RESERVED = ("request", "response", "flask", "headers", "json")
"""No ids of exchanges, as a proof may begin with either; `hop1`, `event1`, `frame1`, … are none either."""

_NUMBERED = re.compile(r"(hop|event|frame)[1-9][0-9]{0,3}")
_FIRST_OF = ("hop1", "event1", "frame1")


class LivePathError(Exception):
    """A path that leads to no value; the message says what may stand there."""


class LivePath(Struct, frozen=True):
    """A path as written in a lesson, taken apart."""

    exchange: str
    path: tuple[str, ...]
    leaf: Leaf


def is_reserved(name: str) -> bool:
    """Whether a name begins a path and so cannot be an exchange's id."""
    return name in RESERVED or _NUMBERED.fullmatch(name) is not None


def words_of(node: Mapping[str, Node]) -> tuple[str, ...]:
    """What may stand below a node, one of each numbered word included."""
    numbered = _FIRST_OF if "hops" in node else _FIRST_OF[1:] if "frames" in node else ()
    return (*node, *numbered)


def step_into(node: Node, segment: str) -> Node:
    """The node below `segment`.

    Raises:
        LivePathError: Nothing of that name stands there.
    """
    if node is Leaf.JSON:
        return Leaf.JSON
    if isinstance(node, Leaf):
        raise LivePathError(
            _("Nothing stands below this value; take {name} away.").format(name=quoted(segment))
        )
    if ANY_NAME in node:
        return node[ANY_NAME]
    if segment in node:
        return node[segment]
    numbered = _NUMBERED.fullmatch(segment)
    if numbered and f"{numbered[1]}s" in node and "answered" in node:
        return _BELOW_NUMBERED[numbered[1]]
    message = _("{name} is no live value.").format(name=quoted(segment))
    raise LivePathError(f"{message} {suggestion(segment, words_of(node))}")


_BELOW_NUMBERED: Mapping[str, Node] = MappingProxyType({"hop": _HOP, "event": _EVENT, "frame": _FRAME})
_SEGMENT = re.compile(r'"([^"]*)"|([^."\s]+)')


def split_path(text: str) -> tuple[str, ...]:
    """The segments of a path; one that holds a point or a space stands in double quotes.

    Raises:
        LivePathError: The text is no path.
    """
    segments: list[str] = []
    at = 0
    while True:
        match = _SEGMENT.match(text, at)
        if match is None:
            break
        segments.append(match[1] if match[1] is not None else match[2])
        at = match.end()
        if at == len(text):
            return tuple(segments)
        if text[at] != ".":
            break
        at += 1
    raise LivePathError(
        _("{path} is no live path; write names joined by points, such as {example}.").format(
            path=quoted(text), example="`hello.response.status`"
        )
    )


def read_path(text: str) -> LivePath:
    """Take a path apart that begins with an exchange's id.

    Raises:
        LivePathError: The path leads to no value.
    """
    exchange, *path = split_path(text)
    if not path:
        raise LivePathError(
            _("{path} names an exchange and no value of it; go on, such as {example}.").format(
                path=quoted(text), example=quoted(f"{exchange}.response.status")
            )
        )
    return LivePath(exchange, tuple(path), leaf_at(path))


def leaf_at(path: Sequence[str]) -> Leaf:
    """What kind of value a path without its exchange's id leads to.

    Raises:
        LivePathError: It leads to none.
    """
    node: Node = EXCHANGE
    for segment in path:
        node = step_into(node, segment)
    if isinstance(node, Leaf):
        return node
    below = (f"{'.'.join(path)}.{name}" for name in node)
    message = _("{path} is no value yet; go on.").format(path=quoted(".".join(path)))
    raise LivePathError(f"{message} {suggestion('', below)}")
