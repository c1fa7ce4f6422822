"""Expectations against what was fired. What an expectation is: `tutor.course.model.Expectation`."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tutor.course.model import Expectation, Operator
from tutor.grading.live import ABSENT, lookup, path_fault, value_text
from tutor.grading.pattern import PatternError, matches
from tutor.language import _
from tutor.wire.exchange import Exchange

SHOWN_CHARACTERS = 80
"""Longest value in a mismatch's text; a body would fill the screen."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """An expectation that is not met. The texts are for people, and not escaped."""

    expectation: Expectation
    path: str
    """The whole live path, such as `hello.response.status`."""
    expected: str
    """Short: `status 404`, `Allow: GET, HEAD`, `no Location`."""
    actual: str
    """What stands there, in the same form."""
    decided: bool = True
    """False where a pattern could not be matched to the end, so that it is not known what holds."""


def unmet(
    expectations: Iterable[Expectation], fired: Mapping[str, Sequence[Exchange]], subject: str
) -> tuple[Mismatch, ...]:
    """The expectations that are not met, in order.

    `fired` holds the hops of each exchange by id; `subject` is the exchange of those that name none.
    An absent value meets only `PRESENT` false: `NOT` asks for another value, and none is no other value.
    Nothing is met by an exchange that was not fired, or by a path that is no live path.
    """
    found = []
    for expectation in expectations:
        exchange = expectation.exchange or subject
        path = ".".join((exchange, *expectation.path))
        try:
            actual, decided = _unmet_by(expectation, fired.get(exchange)), True
        except PatternError as error:
            actual, decided = str(error), False
        if actual is not None:
            found.append(Mismatch(expectation, path, expected_words(expectation), actual, decided))
    return tuple(found)


def _unmet_by(expectation: Expectation, hops: Sequence[Exchange] | None) -> str | None:
    """What stands there instead; None where the expectation is met."""
    fault = path_fault(expectation.path)
    if fault:
        return fault
    if hops is None:
        return _("not fired")
    value = lookup(expectation.path, hops)
    if _meets(value, expectation):
        return None
    if value is ABSENT and _is_response(expectation.path) and not _has_response(expectation.path, hops):
        return _("no response")
    return _named(expectation.path, value)


def _meets(value: object, expectation: Expectation) -> bool:
    wanted = expectation.value
    path = expectation.path
    if expectation.operator is Operator.PRESENT:
        # `answered = true` asks for the value itself: it is always there.
        return value is bool(wanted) if path[-1:] == ("answered",) else (value is not ABSENT) is bool(wanted)
    if value is ABSENT:
        return False
    match expectation.operator:
        case Operator.EQUALS:
            return _equal(value, wanted, path)
        case Operator.ONE_OF:
            if isinstance(value, (tuple, list)) and not _is_json(path):
                # A list has no equal among words and numbers: it is compared as a whole, in order.
                return _equal(list(value), _as_list(wanted), path)
            return any(_equal(value, each, path) for each in _as_list(wanted))
        case Operator.NOT:
            return not any(_equal(value, each, path) for each in _as_list(wanted))
        case Operator.SET:
            return _same_members(_members(value), _as_list(wanted), path)
        case Operator.CONTAINS:
            return all(_contains(value, each, path) for each in _as_list(wanted))
        case Operator.STARTS:
            return any(_cased(value, path).startswith(_cased(each, path)) for each in _as_list(wanted))
        case Operator.MATCHES:
            return isinstance(wanted, str) and matches(
                wanted, value_text(value), ignore_case=_is_reason(path)
            )
        case Operator.MIN | Operator.MAX:
            have, limit = _number(value), _number(wanted)
            if have is None or limit is None:
                return False
            return have >= limit if expectation.operator is Operator.MIN else have <= limit


def _equal(value: object, wanted: object, path: tuple[str, ...]) -> bool:
    if _is_json(path):
        return _same_json(value, wanted)
    if isinstance(value, (list, tuple)) and isinstance(wanted, (list, tuple)):
        return len(value) == len(wanted) and all(
            _equal(one, other, path) for one, other in zip(value, wanted, strict=True)
        )
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    if isinstance(value, str) and isinstance(wanted, (int, float)):
        return _digits(value) and _number(value) == wanted
    if isinstance(value, int) and isinstance(wanted, str):
        return _digits(wanted) and value == int(wanted)
    if isinstance(value, str) and isinstance(wanted, str):
        return _cased(value, path) == _cased(wanted, path)
    return value == wanted


def _same_json(value: object, wanted: object) -> bool:
    """Equal as JSON values: `true` is not 1, though Python says so; 1 and 1.0 are one number."""
    if isinstance(value, dict) and isinstance(wanted, dict):
        return value.keys() == wanted.keys() and all(_same_json(value[key], wanted[key]) for key in value)
    if isinstance(value, list) and isinstance(wanted, (list, tuple)):
        return len(value) == len(wanted) and all(map(_same_json, value, wanted))
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    return value == wanted


def _contains(value: object, wanted: object, path: tuple[str, ...]) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_equal(each, wanted, path) for each in value)
    if isinstance(value, dict):
        return isinstance(wanted, str) and wanted in value
    return _cased(wanted, path) in _cased(value, path)


def _same_members(have: Sequence[object], wanted: Sequence[object], path: tuple[str, ...]) -> bool:
    return all(any(_equal(one, other, path) for one in have) for other in wanted) and all(
        any(_equal(one, other, path) for other in wanted) for one in have
    )


def _members(value: object) -> list[object]:
    """The members of a list, or of a comma-separated field value, but for empty ones (RFC 9110, 5.6.1)."""
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, str):
        parts = re.findall(r'(?:[^,"]|"(?:\\.|[^"\\])*"|")+', value)
        return [part.strip() for part in parts if part.strip()]
    return [value]


def _as_list(wanted: object) -> list[object]:
    return list(wanted) if isinstance(wanted, (list, tuple)) else [wanted]


def _digits(text: str) -> bool:
    # 18 digits are more than any length needs, and Python refuses to read a number of thousands.
    return re.fullmatch(r"[0-9]{1,18}", text.strip()) is not None


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return value if not math.isnan(value) else None
    return int(value) if isinstance(value, str) and _digits(value) else None


def _cased(value: object, path: tuple[str, ...]) -> str:
    text = value_text(value)
    return text.casefold() if _is_reason(path) else text


def _bare(path: tuple[str, ...]) -> tuple[str, ...]:
    """The path without its hop."""
    return path[1:] if re.fullmatch("hop[0-9]+", path[0]) else path


def _is_json(path: tuple[str, ...]) -> bool:
    return _bare(path)[:2] == ("response", "json")


def _is_reason(path: tuple[str, ...]) -> bool:
    return _bare(path) == ("response", "reason")


def _is_response(path: tuple[str, ...]) -> bool:
    return _bare(path)[:1] == ("response",)


def _has_response(path: tuple[str, ...], hops: Sequence[Exchange]) -> bool:
    return lookup((*path[: len(path) - len(_bare(path))], "answered"), hops) is True


def expected_words(expectation: Expectation) -> str:
    """What is expected, short and for people: `status 404`, `Allow: GET, HEAD`, `no Location`."""
    path, wanted = expectation.path, expectation.value
    match expectation.operator:
        case Operator.PRESENT if path[-1:] == ("answered",):
            return _named(path, bool(wanted))
        case Operator.PRESENT:
            return _("some {name}").format(name=_name(path)) if wanted else _named(path, ABSENT)
        case Operator.EQUALS:
            return _named(path, wanted)
        case Operator.ONE_OF:
            return _labelled(path, _(" or ").join(_shown(path, each) for each in _as_list(wanted)))
        case Operator.SET:
            return _labelled(path, ", ".join(_shown(path, each) for each in _as_list(wanted)))
        case Operator.NOT:
            form = _("{name} other than {value}")
        case Operator.CONTAINS:
            form = _("{name} with {value} in it")
        case Operator.STARTS:
            form = _("{name} that starts with {value}")
        case Operator.MATCHES:
            form = _("{name} that matches {value}")
        case Operator.MIN:
            form = _("{name} of {value} or more")
        case Operator.MAX:
            form = _("{name} of {value} or less")
    values = _(" or ") if expectation.operator in {Operator.NOT, Operator.STARTS} else _(" and ")
    return form.format(name=_name(path), value=values.join(_shown(path, each) for each in _as_list(wanted)))


def _named(path: tuple[str, ...], value: object) -> str:
    if value is ABSENT:
        return _("no {name}").format(name=_name(path))
    return _labelled(path, _shown(path, value))


def _labelled(path: tuple[str, ...], value: str) -> str:
    """`status 404`; a field with its colon."""
    if _bare(path)[1:2] == ("headers",):
        return _("{field}: {value}").format(field=_name(path), value=value)
    return _("{name} {value}").format(name=_name(path), value=value)


def _name(path: tuple[str, ...]) -> str:
    """What a person calls the value: a message's parts by their bare names, Flask's by their path."""
    bare = _bare(path)
    name = ".".join(bare[1:] if bare[0] in {"request", "response"} else bare)
    if bare[1:2] == ("headers",):
        name = bare[2]
    return name if bare == path else f"{path[0]} {name}"


def _shown(path: tuple[str, ...], value: object) -> str:
    if isinstance(value, (list, tuple)) and not _is_json(path):
        text = ", ".join(map(str, value))
    elif isinstance(value, str) and (_is_json(path) or _bare(path)[1:2] == ("body",)):
        text = json.dumps(value, ensure_ascii=False)
    elif isinstance(value, (bool, dict, list, tuple)) or value is None:
        text = json.dumps(value, ensure_ascii=False, default=str)
    else:
        text = str(value)
    return shortened(text)


def shortened(text: str) -> str:
    """The text, or its beginning where it would fill the screen."""
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
