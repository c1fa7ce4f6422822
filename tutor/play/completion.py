"""What Tab offers while a request is typed: routes and their methods, fields and their values. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tutor.wire.request import FORM, JSON

OPTIONS = ("--form", "--raw")

_FIELD_VALUES: Mapping[str, tuple[str, ...]] = {
    "Accept": ("*/*", "text/html", JSON, "text/plain", "application/xml", "text/event-stream"),
    "Accept-Language": ("en", "zh-CN", "zh-CN, en;q=0.5"),
    "Authorization": ("Basic ", "Bearer "),
    "Cache-Control": ("no-cache",),
    "Connection": ("close", "keep-alive", "Upgrade"),
    "Content-Length": (),
    "Content-Type": (JSON, FORM, "text/plain", "multipart/form-data; boundary="),
    "Cookie": (),
    "Expect": ("100-continue",),
    "Host": (),
    "If-Modified-Since": (),
    "If-None-Match": ("*",),
    "Last-Event-ID": (),
    "Origin": (),
    "Range": ("bytes=0-9",),
    "Referer": (),
    "Sec-WebSocket-Key": (),
    "Sec-WebSocket-Version": ("13",),
    "Transfer-Encoding": ("chunked",),
    "Upgrade": ("websocket",),
    "User-Agent": (),
    "X-Requested-With": ("XMLHttpRequest",),
}
"""Request fields that the lessons are about, with the values that are worth offering."""

_VERSION = "HTTP/1.1"


@dataclass(frozen=True, slots=True)
class Route:
    """A URL rule of the app, as `app.route` was given it, and the methods that it accepts."""

    rule: str
    methods: frozenset[str]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a request is typed for."""

    routes: tuple[Route, ...] = ()
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Values of fields that this step's exchanges brought: `If-None-Match` has the ETags seen."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A text that may stand in place of what is typed up to the cursor."""

    text: str
    replaces: int
    """How many characters before the cursor it stands in place of."""
    shown: str = ""
    """How it is listed, where that says more: `/user/<name>`."""


def line_offers(before: str, around: Surroundings) -> tuple[Offer, ...]:
    """What may follow in a request of one line, given what stands before the cursor."""
    if before.lstrip()[:1] in {":", "："}:
        return ()
    words = before.split(" ")
    word, earlier = words[-1], [each for each in words[:-1] if each]
    if not earlier:
        return (*_methods(word, around), *_paths(word, "", around))
    if len(earlier) == 1 and not earlier[0].startswith("/"):
        return _paths(word, earlier[0].upper(), around)
    name, colon, value = word.partition(":")
    if colon:
        # A value with a space in it is one word only in quotes.
        offers = _values(name, value, around)
        return tuple(offer for offer in offers if " " not in offer.text.rstrip())
    options = tuple(Offer(each + " ", len(word)) for each in OPTIONS if each.startswith(word))
    return (*_names(word, ":", around), *(options if word else ()))


def message_offers(before: str, around: Surroundings) -> tuple[Offer, ...]:
    """What may follow in a whole message, given what stands before the cursor."""
    lines = before.split("\n")
    line = lines[-1]
    if "" in lines[1:-1]:
        return ()
    if len(lines) == 1:
        method, space, rest = line.partition(" ")
        if not space:
            return _methods(line, around)
        target, space, version = rest.partition(" ")
        if not space:
            return _paths(target, method.upper(), around)
        return (Offer(_VERSION, len(version)),) if _VERSION.startswith(version) else ()
    name, colon, value = line.partition(":")
    return _values(name, value.lstrip(), around) if colon else _names(line, ": ", around)


def common_start(offers: Sequence[Offer]) -> str:
    """What all of them begin with."""
    first, last = min(offer.text for offer in offers), max(offer.text for offer in offers)
    differs = (place for place, letter in enumerate(first) if not last.startswith(letter, place))
    return first[: next(differs, len(first))]


def _methods(typed: str, around: Surroundings) -> tuple[Offer, ...]:
    methods = sorted({method for route in around.routes for method in route.methods} | {"GET"})
    return tuple(Offer(f"{method} ", len(typed)) for method in methods if method.startswith(typed.upper()))


def _paths(typed: str, method: str, around: Surroundings) -> tuple[Offer, ...]:
    """The routes that begin as typed: those that accept the method, or else all, since a 405 may be meant."""
    begun = [(route, text) for route in around.routes if (text := _continued(route.rule, typed)) is not None]
    accepting = [each for each in begun if method in each[0].methods]
    offers = {
        route.rule: Offer(text, len(typed), route.rule if route.rule != text else "")
        for route, text in accepting or begun
    }
    return tuple(offers[rule] for rule in sorted(offers))


def _continued(rule: str, typed: str) -> str | None:
    """The text that goes on from what is typed to the rule's next variable; None where they differ."""
    first, *others = re.split(r"<[^>]*>", rule)
    if first.startswith(typed):
        return first
    if not typed.startswith(first):
        return None
    rest = typed[len(first) :]
    for literal in others:
        # A variable is what stands up to the next slash.
        value = re.match("[^/]*", rest)
        rest = rest[value.end() if value else 0 :]
        if literal.startswith(rest):
            return typed + literal[len(rest) :]
        if not rest.startswith(literal):
            return None
        rest = rest[len(literal) :]
    return None


def _names(typed: str, mark: str, around: Surroundings) -> tuple[Offer, ...]:
    names = sorted({*_FIELD_VALUES, *around.values})
    return tuple(
        Offer(f"{name}{mark}", len(typed)) for name in names if name.casefold().startswith(typed.casefold())
    )


def _values(name: str, typed: str, around: Surroundings) -> tuple[Offer, ...]:
    def of(table: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        return next((values for each, values in table.items() if each.casefold() == name.casefold()), ())

    values = dict.fromkeys((*of(around.values), *of(_FIELD_VALUES)))
    return tuple(Offer(value, len(typed)) for value in values if value.startswith(typed) and value != typed)
