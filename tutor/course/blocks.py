"""The keys of the TOML blocks, as types, and their reading: every fault of a block, not only the first."""

# No postponed annotations: msgspec would compile each of them when the first lesson is read.
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec

from tutor.course.faults import Faults, listed, quoted
from tutor.course.toml_block import Path, TomlBlock
from tutor.language import _

Answer = str | int | float
"""An answer as a lesson spells it; which of the types fits depends on the question's kind."""

KINDS = ("choice", "choices", "text", "number", "order", "request", "exercise")

# Every key is optional here: what is missing is reported by the reader, beside all other faults.


class LessonHead(msgspec.Struct):
    format: int | None = None
    id: str | None = None
    number: str | None = None
    section: str | None = None
    minutes: int | None = None
    parts: dict[str, str] = {}
    try_next: list[str] = []


class SourceBody(msgspec.Struct):
    view: str | list[str] | None = None
    hook: str | list[str] | None = None
    template: str | list[str] | None = None
    lines: list[int] | None = None


class QuestionBody(msgspec.Struct):
    kind: str | None = None
    before: str | None = None
    after: str | None = None
    prompt: str | None = None
    answer: Answer | list[Answer] | None = None
    accept: list[Answer] = []
    choices: dict[str, str] = {}
    wrong: dict[str, Answer | list[Answer]] = {}
    feedback: dict[str, str] = {}
    hints: list[str] = []
    explain: str | None = None
    ignore_case: bool = False
    units: list[str] = []
    expect: dict[str, Any] | None = None
    start: str | None = None
    proof: str | list[str] | dict[str, dict[str, Any]] | None = None
    unproven: str | None = None
    repeat: list[str] = []


class ExerciseBody(msgspec.Struct):
    kind: str | None = None
    prompt: str | None = None
    hints: list[str] = []
    explain: str | None = None
    wrong: dict[str, dict[str, Any]] = {}
    feedback: dict[str, str] = {}


class FrameBody(msgspec.Struct):
    send: Literal["text", "binary", "ping", "pong", "close"] | None = None
    expect: Literal["text", "binary", "ping", "pong", "close"] | None = None
    data: str = ""
    raw: bool = False


class WebSocketBody(msgspec.Struct):
    target: str | None = None
    headers: dict[str, str] = {}
    frames: list[FrameBody] = []


Body = TypeVar("Body", bound=msgspec.Struct)


def read_body(block: TomlBlock, type_: type[Body], faults: Faults) -> Body:
    """Read a block's table. What has the wrong type is a fault and is left at its default."""
    body: Body = _Reader(block, faults).convert(block.table, type_, ())
    return body


class _UnreadableError(Exception):
    """The value has the wrong type; the fault is reported."""


class _Reader:
    """Goes down tables, structs and lists by itself, because msgspec stops at the first error of a value."""

    def __init__(self, block: TomlBlock, faults: Faults) -> None:
        self.block = block
        self.faults = faults

    def convert(self, value: Any, type_: Any, at: Path) -> Any:
        """The value as that type, without the parts that are not.

        Raises:
            _UnreadableError: Nothing of it fits.
        """
        for option in get_args(type_) if get_origin(type_) in (Union, UnionType) else (type_,):
            if isinstance(value, dict) and get_origin(option) is dict:
                return self._items(value.items(), get_args(option)[1], at)
            if isinstance(value, list) and get_origin(option) is list:
                items = self._items(enumerate(value), get_args(option)[0], at)
                if len(items) < len(value):
                    raise _UnreadableError
                return list(items.values())
            if isinstance(value, dict) and isinstance(option, type) and issubclass(option, msgspec.Struct):
                return self._struct(value, option, at)
        try:
            return msgspec.convert(value, type_)
        except msgspec.ValidationError:
            self.faults.add(
                self.block.value(*at),
                _("{key} must be {expected}; it is {given}.").format(
                    key=quoted(_name(at)), expected=_words_for_type(type_), given=_words_for_value(value)
                ),
            )
            raise _UnreadableError from None

    def _items(self, items: Any, type_: Any, at: Path) -> dict[Any, Any]:
        read: dict[Any, Any] = {}
        for key, value in items:
            try:
                read[key] = self.convert(value, type_, (*at, key))
            except _UnreadableError:
                continue
        return read

    def _struct(self, table: dict[str, Any], type_: type[msgspec.Struct], at: Path) -> msgspec.Struct:
        fields = _fields(type_)
        for key in table:
            if key not in fields:
                message = _("Unknown key {key}.").format(key=quoted(key))
                self.faults.unknown(self.block.key(*at, key), message, key, fields)
        known = ((key, value) for key, value in table.items() if key in fields)
        read: dict[str, Any] = {}
        for key, value in known:
            try:
                read[key] = self.convert(value, fields[key], (*at, key))
            except _UnreadableError:
                continue
        return type_(**read)


@cache
def _fields(type_: type[msgspec.Struct]) -> dict[str, Any]:
    """The types of a table's keys. Kept, because msgspec reads the annotations anew each time."""
    return {field.name: field.type for field in msgspec.structs.fields(type_)}


def _name(at: Path) -> str:
    return ".".join(map(str, at))


def _words_for_type(type_: Any) -> str:
    origin = get_origin(type_)
    if origin in (Union, UnionType):
        options = [option for option in get_args(type_) if option is not NoneType]
        if float in options:
            options.remove(int)
        return _(" or ").join(map(_words_for_type, options))
    if origin is Literal:
        return _("one of {names}").format(names=listed(get_args(type_)))
    if origin is list:
        return _("a list")
    if origin is dict or (isinstance(type_, type) and issubclass(type_, msgspec.Struct)):
        return _("a table")
    return {str: _("text in quotes"), bool: _("true or false"), int: _("a whole number")}.get(
        type_, _("a number")
    )


def _words_for_value(value: Any) -> str:
    if isinstance(value, str):
        return _("the text {text}").format(text=quoted(value))
    if isinstance(value, bool):
        return _("true") if value else _("false")
    if isinstance(value, int | float):
        return _("a number")
    if isinstance(value, list):
        return _("a list")
    return _("a table") if isinstance(value, dict) else _("a date")
