"""`{#id flag key=value}` at the end of a heading or of a block's first line."""

from __future__ import annotations

import re

from msgspec import Struct

from tutor.course.faults import Faults, Place, quoted
from tutor.language import _

LONGEST_LINE = 2000
"""Attributes are read from lines of up to this many characters."""

ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
"""Lower-case words joined by hyphens."""

_AT_END = re.compile(r'(?:^|(?<=\s))\{((?:[^{}"]|"[^"]*")*)\}$')
_BEGUN = re.compile(r"(?:^|(?<=\s))\{(?=#|[^{}`]*$)")
_ITEM = re.compile(
    r'\s*(?:#(?P<id>[^\s"={}#]+)|(?P<name>[^\s"={}#]+)(?P<equals>=(?:"(?P<quoted>[^"]*)"|(?P<bare>[^\s"{}]*)))?)'
    r"(?=\s|$)"
)


class Attribute(Struct, frozen=True):
    """One item; `name` is `#` for an id, `value` is None for a bare word."""

    name: str
    value: str | None
    column: int


class Attributes(Struct, frozen=True):
    """What stands between the braces, in order."""

    items: tuple[Attribute, ...] = ()
    problem_column: int = 0
    """Where the text stops being readable, counted from 1; 0 where all of it is."""

    @property
    def given(self) -> bool:
        return bool(self.items or self.problem_column)

    def value(self, name: str) -> str:
        """The value of the first attribute of that name; empty where there is none."""
        return next((item.value or "" for item in self.items if item.name == name), "")

    def flag(self, name: str) -> bool:
        """Whether the flag is set: alone, or as `name=true`."""
        return any(item.name == name and item.value in (None, "true") for item in self.items)


class Allowed(Struct, frozen=True):
    """The attributes that a heading or a block may carry."""

    id: bool = False
    flags: tuple[str, ...] = ()
    values: tuple[str, ...] = ()


def split_attributes(text: str, column: int) -> tuple[str, Attributes]:
    """The text without the braces at its end, and what they hold. `column` is where the text begins."""
    text = text.rstrip()
    if len(text) > LONGEST_LINE:
        return text, Attributes(problem_column=column)
    match = _AT_END.search(text)
    if match:
        return text[: match.start()].rstrip(), _read_items(match[1], column + match.start(1))
    begun = _BEGUN.search(text)
    if begun:
        return text[: begun.start()].rstrip(), Attributes(problem_column=column + begun.start())
    return text, Attributes()


def _read_items(text: str, column: int) -> Attributes:
    items: list[Attribute] = []
    at = 0
    if not text.strip():
        return Attributes(problem_column=column)
    while text[at:].strip():
        match = _ITEM.match(text, at)
        start = at + len(text[at:]) - len(text[at:].lstrip())
        if match is None:
            return Attributes(tuple(items), problem_column=column + start)
        if match["id"] is not None:
            items.append(Attribute("#", match["id"], column + start))
        else:
            value = (
                (match["quoted"] if match["quoted"] is not None else match["bare"])
                if match["equals"]
                else None
            )
            items.append(Attribute(match["name"], value, column + start))
        at = match.end()
    return Attributes(tuple(items))


def check_attributes(attributes: Attributes, allowed: Allowed, line: int, faults: Faults) -> None:
    """Report attributes that cannot be read, are unknown, stand twice or lack what they need."""
    if attributes.problem_column:
        faults.add(
            Place(line, attributes.problem_column),
            _("These attributes cannot be read; write {form} at the end of the line.").format(
                form='`{#id flag key=value key="two words"}`'
            ),
        )
    seen: set[str] = set()
    for item in attributes.items:
        place = Place(line, item.column)
        if item.name in seen:
            faults.add(place, _("{name} stands twice; keep one.").format(name=quoted(item.name)))
        elif item.name == "#":
            _check_id(item.value or "", allowed, place, faults)
        else:
            _check_item(item, allowed, place, faults)
        seen.add(item.name)


def _check_id(value: str, allowed: Allowed, place: Place, faults: Faults) -> None:
    if not allowed.id:
        faults.add(place, _("No id belongs here; take {name} away.").format(name=quoted("#" + value)))
    elif not ID.fullmatch(value):
        faults.add(
            place,
            _("{id} is no id; write lower-case words joined by hyphens, such as {example}.").format(
                id=quoted(value), example=quoted(as_id(value))
            ),
        )


def _check_item(item: Attribute, allowed: Allowed, place: Place, faults: Faults) -> None:
    name = item.name
    if name in allowed.flags:
        if item.value not in (None, "true", "false"):
            faults.add(place, _("{name} is a flag; write the word alone.").format(name=quoted(name)))
    elif name in allowed.values:
        if not (item.value or "").strip():
            faults.add(
                place,
                _("{name} needs a value; write {form}.").format(name=quoted(name), form=quoted(f"{name}=…")),
            )
    else:
        faults.unknown(
            place,
            _("Unknown attribute {name}.").format(name=quoted(name)),
            name,
            (*allowed.flags, *allowed.values, *(("#id",) if allowed.id else ())),
        )


def as_id(text: str) -> str:
    """The nearest id to a text."""
    return "-".join(re.findall(r"[a-z0-9]+", text.casefold())) or "one-word"
