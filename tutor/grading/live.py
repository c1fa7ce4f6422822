"""Live values: what a dotted path names in the exchanges of a step. `docs/lesson-format.md` has the table.

A value is a `str`, an `int`, a `bool`, a tuple or list, a `dict`, `None` for JSON's null, or `ABSENT`.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Final

from tutor.errors import ExitCode, TutorError
from tutor.language import _, ngettext

# A first screen inserts an address alone: what reads exchanges is imported where one is read.
if TYPE_CHECKING:
    from tutor.wire.exchange import Exchange
    from tutor.wire.message import Message
    from tutor.wire.timeline import Timeline, ViewArgument


class Absent(Enum):
    """The type of `ABSENT`; an enum, so that the one value stays one through a pickle."""

    ABSENT = "absent"

    def __bool__(self) -> bool:
        return False


ABSENT: Final = Absent.ABSENT
"""There is no such value."""


class LiveValueError(TutorError):
    """A live value cannot be had. The message names the path and says why."""

    exit_code = ExitCode.FAILED


_HOP = re.compile(r"hop([1-9][0-9]{0,3})")
_NUMBERED = re.compile(r"(event|frame)([1-9][0-9]{0,3})")
_SEGMENT = re.compile(r'"([^"]*)"|([^."]+)')
# Only what looks like a live value is one: `{{7*7}}` and `{{ config }}` are payloads of a lesson, not ours.
_INSERTED = re.compile(r'\{\{([a-z][a-z0-9-]*(?:\.(?:"[^"{}]*"|[^{}\s"])+)?)\}\}')

_MESSAGE_PARTS = {
    "request": frozenset({"method", "target", "version", "headers", "body", "length", "head", "lines"}),
    "response": frozenset(
        {
            *("status", "reason", "version", "headers", "body", "length", "head", "lines"),
            *("chunks", "json", "interim", "cookies"),
        }
    ),
}
_FLASK_PARTS = frozenset(
    {
        *("rule", "endpoint", "view", "arguments", "types", "exception", "teardown"),
        *("order", "events", "functions"),
    }
)
_NUMBERED_PARTS = {
    "event": frozenset({"data", "type", "id", "retry"}),
    "frame": frozenset({"from", "opcode", "text", "bytes", "masked"}),
}
_WHOLE = frozenset({("answered",), ("events",), ("frames",), ("duration_ms",)})
"""Paths below an exchange or a hop that lead to a value at once."""


def split_path(path: str) -> tuple[str, ...]:
    """The segments of a dotted path; one that holds a dot stands in double quotes: `json."a.b"`.

    Raises LiveValueError where a segment is empty or a quote does not close.
    """
    segments: list[str] = []
    at = 0
    while True:
        match = _SEGMENT.match(path, at)
        if match is None:
            raise LiveValueError(_("{path}: a part of the path is empty.").format(path=path))
        segments.append(match[1] if match[2] is None else match[2])
        at = match.end()
        if at == len(path):
            return tuple(segments)
        if path[at] != ".":
            raise LiveValueError(_("{path}: a dot is missing between two parts.").format(path=path))
        at += 1


def path_fault(path: tuple[str, ...]) -> str:
    """Why a path, without its exchange's id, is no live path; empty where it is one.

    A path that is one may still name a value that is absent.
    """
    rest = path[1:] if path and _HOP.fullmatch(path[0]) else path
    if rest in _WHOLE or path == ("hops",):
        return ""
    known = _parts_below(rest[0]) if rest else None
    if known is None or len(rest) < 2:
        return _("{path} is no live path.").format(path=".".join(path))
    if rest[1] not in known:
        return _("{path} is no live path: {root} has no {part}.").format(
            path=".".join(path), root=rest[0], part=rest[1]
        )
    deeper = len(rest) - 2
    names = 1 if rest[1] in {"headers", "cookies", "arguments", "types"} else 0
    fits = deeper == names or rest[1] == "json"
    return "" if fits else _("{path} is no live path.").format(path=".".join(path))


def _parts_below(root: str) -> frozenset[str] | None:
    """What may follow the first part of a path; None where that is no part of an exchange."""
    if root == "flask":
        return _FLASK_PARTS
    numbered = _NUMBERED.fullmatch(root)
    return _NUMBERED_PARTS[numbered[1]] if numbered else _MESSAGE_PARTS.get(root)


def lookup(path: tuple[str, ...], hops: Sequence[Exchange]) -> object:
    """The value at `path`, without the exchange's id, in the hops of one exchange; or ABSENT.

    A path that is no live path is absent too: ask `path_fault` where that must be told apart.
    """
    if path_fault(path):
        return ABSENT
    if path == ("hops",):
        return len(hops)
    chosen, rest = _hop(path, hops)
    if chosen is None:
        return ABSENT
    if rest in _WHOLE:
        return _whole_value(rest[0], chosen)
    if rest[0] == "flask":
        return _flask_value(rest[1:], chosen.timeline)
    numbered = _NUMBERED.fullmatch(rest[0])
    if numbered is not None:
        place = int(numbered[2])
        of_kind = _event_value if numbered[1] == "event" else _frame_value
        return of_kind(rest[1], place, chosen)
    if rest[1] == "interim":
        return tuple(message.status for message in chosen.responses if _is_interim(message))
    message = chosen.request if rest[0] == "request" else chosen.response
    return ABSENT if message is None else _message_value(rest[1:], message)


def locate(
    path: str, fired: Mapping[str, Sequence[Exchange]], subject: str = ""
) -> tuple[str, tuple[str, ...]]:
    """The exchange's id that a path names, and what follows it.

    A path whose first part is no exchange's id, or reads as a live path only as a whole, is about `subject`.

    Raises LiveValueError where the path cannot be split.
    """
    parts = split_path(path)
    if subject and not path_fault(parts) and (parts[0] not in fired or path_fault(parts[1:])):
        return subject, parts
    return parts[0], parts[1:]


def resolve(path: str, fired: Mapping[str, Sequence[Exchange]], subject: str = "") -> object:
    """The value that a whole path names, such as `hello.response.status`; ABSENT where there is none.

    `fired` holds the hops of each exchange by id. A path without an exchange's id is about `subject`.
    """
    try:
        exchange, rest = locate(path, fired, subject)
    except LiveValueError:
        return ABSENT
    return lookup(rest, fired[exchange]) if exchange in fired else ABSENT


def insert(text: str, fired: Mapping[str, Sequence[Exchange]], *, address: str) -> str:
    """The text with `{{ID.path}}`, `{{address}}` and `{{host}}` filled in.

    `address` is the sandbox's, such as `http://127.0.0.1:5000`.

    Raises LiveValueError, with the path and the reason, where there is no such value.
    """

    def value(match: re.Match[str]) -> str:
        path = match[1]
        if path == "address":
            return address
        if path == "host":
            return address.partition("://")[2]
        exchange, rest = locate(path, fired)
        found = lookup(rest, fired[exchange]) if exchange in fired else ABSENT
        if found is ABSENT:
            raise LiveValueError(f"{{{{{path}}}}}: {why_absent(exchange, rest, fired)}")
        return value_text(found)

    return _INSERTED.sub(value, text)


def value_text(value: object) -> str:
    """A live value as text: strings as they are, everything else as JSON writes it."""
    if isinstance(value, str):
        return value
    if value is ABSENT:
        return ""
    return json.dumps(value, ensure_ascii=False)


def why_absent(exchange: str, path: tuple[str, ...], fired: Mapping[str, Sequence[Exchange]]) -> str:
    """One sentence on why there is no value at `path` of that exchange."""
    if exchange not in fired:
        return _("no exchange {id} has been fired.").format(id=exchange)
    fault = path_fault(path)
    if fault:
        return fault
    chosen, rest = _hop(path, fired[exchange])
    if chosen is None:
        return _missing_hop(exchange, len(fired[exchange]))
    if rest[0] == "flask":
        if chosen.timeline is None:
            return _("the request of {id} did not reach the app.").format(id=exchange)
        return _("Flask has no {part} for {id}.").format(part=".".join(rest[1:]), id=exchange)
    numbered = _NUMBERED.fullmatch(rest[0])
    if (chosen.request if rest[0] == "request" else chosen.response) is None:
        if rest[0] == "request":
            return _("no request was recorded for {id}.").format(id=exchange)
        return _("{id} got no response.").format(id=exchange)
    if numbered is not None:
        return _missing_numbered(exchange, numbered, rest[1], chosen)
    if rest[1] == "headers":
        if rest[0] == "request":
            return _("the request of {id} has no field {name}.").format(id=exchange, name=rest[2])
        return _("the response of {id} has no field {name}.").format(id=exchange, name=rest[2])
    if rest[1] == "cookies":
        return _("{id} sets no cookie {name}.").format(id=exchange, name=rest[2])
    if rest[1] == "json":
        whole = lookup((*path[: len(path) - len(rest)], "response", "json"), fired[exchange])
        if whole is ABSENT:
            return _("the body of {id} is not JSON.").format(id=exchange)
        return _("the JSON body of {id} has no {path}.").format(id=exchange, path=".".join(rest[2:]))
    return _("the start line of {id} cannot be read.").format(id=exchange)


def _missing_hop(exchange: str, count: int) -> str:
    """One sentence on how many hops an exchange had."""
    if count == 0:
        return _("nothing was recorded for {id}.").format(id=exchange)
    return _("{id} has no such hop; it had {count}.").format(id=exchange, count=count)


def _missing_numbered(exchange: str, numbered: re.Match[str], part: str, chosen: Exchange) -> str:
    """One sentence on an event or a frame that did not come, or a part that it does not have."""
    from tutor.wire.event_stream import events
    from tutor.wire.frames import frames

    is_event = numbered[1] == "event"
    count = len(events(chosen)) if is_event else len(frames(chosen))
    if int(numbered[2]) <= count:
        return _("{name} of {id} has no {part}.").format(name=numbered[0], id=exchange, part=part)
    if is_event:
        said = ngettext("{id} brought {count} event.", "{id} brought {count} events.", count)
    else:
        said = ngettext("{id} had {count} frame.", "{id} had {count} frames.", count)
    return said.format(id=exchange, count=count)


def _hop(path: tuple[str, ...], hops: Sequence[Exchange]) -> tuple[Exchange | None, tuple[str, ...]]:
    match = _HOP.fullmatch(path[0])
    if match is None:
        return (hops[-1] if hops else None), path
    place = int(match[1])
    return (hops[place - 1] if place <= len(hops) else None), path[1:]


def _is_interim(message: Message) -> bool:
    # 101 ends the HTTP part of a connection, so that it is a final response (RFC 9110, 15.2.2).
    return 100 <= message.status < 200 and message.status != 101


def _text_or_absent(text: str) -> object:
    return text or ABSENT


_MESSAGE_VALUES: dict[str, Callable[[Message], object]] = {
    "method": lambda message: _text_or_absent(message.method),
    "target": lambda message: _text_or_absent(message.target),
    "version": lambda message: _text_or_absent(message.version),
    "status": lambda message: message.status or ABSENT,
    # A reason phrase may be empty (RFC 9112, 4); without a status there is no phrase to speak of.
    "reason": lambda message: message.reason if message.status else ABSENT,
    "body": lambda message: message.text,
    "length": lambda message: message.body_length,
    "head": lambda message: message.head.decode("utf-8", "surrogateescape"),
    "lines": lambda message: tuple(
        line.decode("utf-8", "surrogateescape")
        for line in (message.start_line, *(each.line for each in message.fields))
    ),
    "chunks": lambda message: len(message.chunks),
}


def _message_value(path: tuple[str, ...], message: Message) -> object:
    part, *below = path
    if part == "headers":
        value = message.value(below[0])
        return ABSENT if value is None else value
    if part == "cookies":
        return _cookie_value(below[0], message)
    if part == "json":
        return _json_value(below, message)
    return _MESSAGE_VALUES[part](message)


def _cookie_value(name: str, message: Message) -> object:
    """What a client would send back for that cookie: of several, the last (RFC 6265bis, 5.6 and 5.7)."""
    for set_cookie in reversed(message.values("Set-Cookie")):
        pair = set_cookie.partition(";")[0]
        found, equals, value = pair.partition("=")
        if equals and found.strip(" \t") == name:
            return value.strip(" \t")
    return ABSENT


def _json_value(path: Sequence[str], message: Message) -> object:
    try:
        value: object = json.loads(message.text)
    except (ValueError, RecursionError):
        return ABSENT
    for key in path:
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and re.fullmatch("[0-9]{1,9}", key) and int(key) < len(value):
            value = value[int(key)]
        else:
            return ABSENT
    return value


def _whole_value(part: str, chosen: Exchange) -> object:
    if part == "answered":
        return chosen.response is not None
    if part == "duration_ms":
        return round(chosen.duration_s * 1000)
    if chosen.response is None:
        return ABSENT
    from tutor.wire.event_stream import events
    from tutor.wire.frames import frames

    return len(events(chosen)) if part == "events" else len(frames(chosen))


def _event_value(part: str, place: int, chosen: Exchange) -> object:
    from tutor.wire.event_stream import events

    found = events(chosen)[place - 1 : place]
    if not found:
        return ABSENT
    (event,) = found
    values: dict[str, object] = {
        "data": event.data,
        "type": event.type,
        "id": event.id or ABSENT,
        "retry": ABSENT if event.retry is None else event.retry,
    }
    return values[part]


def _frame_value(part: str, place: int, chosen: Exchange) -> object:
    from tutor.wire.frames import frames

    found = frames(chosen)[place - 1 : place]
    if not found:
        return ABSENT
    (timed,) = found
    values: dict[str, object] = {
        "from": "client" if timed.from_client else "server",
        "opcode": timed.frame.name,
        "text": timed.frame.text,
        "bytes": timed.frame.data.hex(" "),
        "masked": timed.frame.masked,
    }
    return values[part]


def _flask_value(path: tuple[str, ...], timeline: Timeline | None) -> object:
    if timeline is None:
        return ABSENT
    part = path[0]
    if part in {"arguments", "types"}:
        for argument in timeline.view_arguments:
            if argument.name == path[1]:
                return argument.type if part == "types" else _argument_text(argument)
        return ABSENT
    if part == "order":
        return timeline.function_kinds
    if part == "events":
        return timeline.kinds
    if part == "functions":
        return timeline.function_names
    texts = {
        "rule": timeline.rule,
        "endpoint": timeline.endpoint,
        "view": timeline.view,
        "exception": timeline.exception,
        "teardown": timeline.teardown_argument,
    }
    return _text_or_absent(texts[part])


def _argument_text(argument: ViewArgument) -> str:
    """A view argument as `str` would write it; the timeline keeps its `repr`, which may be shortened."""
    if argument.type == "str":
        try:
            value = ast.literal_eval(argument.value)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return argument.value
        return value if isinstance(value, str) else argument.value
    match = re.fullmatch(r"UUID\('([^']*)'\)", argument.value)
    return match[1] if match else argument.value
