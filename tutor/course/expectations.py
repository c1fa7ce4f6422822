"""Tables of dotted paths and what must stand there, read into expectations."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Collection
from typing import Any

from msgspec import Struct

from tutor.course.faults import Faults, Place, quoted
from tutor.course.live_paths import (
    EXCHANGE,
    SHORT_FORMS,
    Leaf,
    LivePathError,
    Node,
    is_reserved,
    step_into,
    words_of,
)
from tutor.course.model import Expectation, Operator
from tutor.course.toml_block import Path, TomlBlock
from tutor.language import _

_OPERATORS = {
    operator.value: operator
    for operator in (
        Operator.SET,
        Operator.CONTAINS,
        Operator.STARTS,
        Operator.MATCHES,
        Operator.NOT,
        Operator.MIN,
        Operator.MAX,
    )
}

LONGEST_PATTERN = 500
"""Characters of a regular expression; the longest of the bundled lessons has some seventy."""

_PATTERN_PART = re.compile(
    r"\\N\{[^}]*\}|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{(?:[0-9]+,?[0-9]*|,[0-9]*)\}|(\{)|.", re.DOTALL
)
"""What a pattern consists of, as far as tells a brace that means itself: the group is one. To `regex`, which
matches it (see `tutor.grading.pattern`), `{i}` and the like behind something would be more than text."""


def read_expectations(
    block: TomlBlock, at: Path, faults: Faults, exchanges: Collection[str] = (), but: Collection[str] = ()
) -> tuple[Expectation, ...]:
    """Read the table at a path of a block.

    Args:
        block: The block that holds the table.
        at: The table's path in the block; empty for the whole block.
        faults: Where to report.
        exchanges: Ids that a path may begin with; empty where only one exchange can be meant.
        but: Keys of the table that are none.
    """
    table: Any = block.table
    for key in at:
        table = table[key]
    reader = _Reader(block, faults, exchanges, [])
    for key, value in table.items():
        if key not in but:
            reader.begin(key, value, (*at, key))
    return tuple(reader.read)


class _Reader(Struct, frozen=True):
    block: TomlBlock
    faults: Faults
    exchanges: Collection[str]
    read: list[Expectation]

    def begin(self, key: str, value: Any, at: Path) -> None:
        is_table = isinstance(value, dict) and not value.keys() & _OPERATORS.keys()
        is_word = key in EXCHANGE or key in SHORT_FORMS
        # An exchange may be called `version`: then only a table without a matcher can mean it.
        if key in self.exchanges and not is_reserved(key) and (is_table or not is_word):
            if is_table and value:
                for inner, below in value.items():
                    self._root(inner, below, (*at, inner), key)
            else:
                message = _("{name} is an exchange; name a value of it, such as {example}.")
                self._fault(at, message.format(name=quoted(key), example=quoted(f"{key}.status")))
        else:
            self._root(key, value, at, "")

    def _root(self, key: str, value: Any, at: Path, exchange: str) -> None:
        if key in SHORT_FORMS:
            self._descend(EXCHANGE["response"], ("response",), key, value, at, exchange)
        else:
            known = (*SHORT_FORMS, *self.exchanges) if not exchange else SHORT_FORMS
            self._descend(EXCHANGE, (), key, value, at, exchange, known)

    def _descend(
        self,
        node: Node,
        path: tuple[str, ...],
        key: str,
        value: Any,
        at: Path,
        exchange: str,
        also: Collection[str] = (),
    ) -> None:
        """Go one key down; where the value is a table and no matcher, go on with its keys."""
        if path and path[-1].startswith("hop") and key in SHORT_FORMS:
            node, path = EXCHANGE["response"], (*path, "response")
        try:
            below = step_into(node, key)
        except LivePathError as error:
            self._unknown(key, at, str(error), also)
            return
        path = (*path, key)
        if below is Leaf.JSON:
            self._json(path, value, at, exchange)
        elif isinstance(below, Leaf):
            for operator, operand in self._matchers(below, value, at):
                self._add(path, operator, operand, at, exchange)
        elif isinstance(value, dict) and value:
            for inner, deeper in value.items():
                self._descend(below, path, inner, deeper, (*at, inner), exchange)
        else:
            message = _("{name} is no value yet; go on, such as {example}.")
            example = quoted(f"{key}.{next(iter(below))}")
            self._fault(at, message.format(name=quoted(key), example=example))

    def _unknown(self, key: str, at: Path, message: str, also: Collection[str]) -> None:
        if also:
            message = _("{name} is no live value.").format(name=quoted(key))
            self.faults.unknown(self.block.key(*at), message, key, (*words_of(EXCHANGE), *also))
        else:
            self._fault(at, message)

    def _fault(self, at: Path, message: str) -> None:
        self.faults.add(self.block.key(*at), message)

    def _add(self, path: tuple[str, ...], operator: Operator, value: Any, at: Path, exchange: str) -> None:
        self.read.append(Expectation(path, operator, value, exchange, self.block.key(*at).line))

    def _json(self, path: tuple[str, ...], value: Any, at: Path, exchange: str) -> None:
        """Below `json` every value is compared as it stands; tables descend, lists do not."""
        if isinstance(value, dict) and value:
            for key, below in value.items():
                self._json((*path, key), below, (*at, key), exchange)
        elif _is_json(value):
            self._add(path, Operator.EQUALS, value, at, exchange)
        else:
            self.faults.add(
                self.block.value(*at),
                _("JSON has no such value; write text, a number, true, false, a list or a table."),
            )

    def _matchers(self, leaf: Leaf, value: Any, at: Path) -> list[tuple[Operator, Any]]:
        place = self.block.value(*at)
        if isinstance(value, dict):
            return self._operator_table(leaf, value, at)
        if isinstance(value, bool):
            return [(Operator.EQUALS if leaf is Leaf.FLAG else Operator.PRESENT, value)]
        if leaf is Leaf.FLAG:
            self.faults.add(place, _("Write true or false here."))
            return []
        if isinstance(value, list):
            if leaf is Leaf.LIST:
                return [(Operator.EQUALS, tuple(value))] if self._scalars(value, place) else []
            if not value or not all(
                self._scalar(item, leaf, self.block.value(*at, i)) for i, item in enumerate(value)
            ):
                if not value:
                    self.faults.add(place, _("The list is empty; write the values that may stand there."))
                return []
            return [(Operator.ONE_OF, tuple(value))]
        if leaf is Leaf.LIST:
            message = _("This value is a list; write a list, or {example}.")
            self.faults.add(place, message.format(example='`{ contains = "…" }`'))
            return []
        return [(Operator.EQUALS, value)] if self._scalar(value, leaf, place) else []

    def _operator_table(self, leaf: Leaf, table: dict[str, Any], at: Path) -> list[tuple[Operator, Any]]:
        """Matchers by name. Several must all hold."""
        matchers: list[tuple[Operator, Any]] = []
        if not table:
            self.faults.add(
                self.block.value(*at), _("The table is empty; write a matcher such as `contains`.")
            )
        for name, operand in table.items():
            operator = _OPERATORS.get(name)
            if operator is None:
                message = _("Unknown matcher {name}.").format(name=quoted(name))
                self.faults.unknown(self.block.key(*at, name), message, name, _OPERATORS)
            else:
                value = self._operand(operator, operand, leaf, self.block.value(*at, name))
                matchers += [] if value is None else [(operator, value)]
        return matchers

    def _operand(self, operator: Operator, operand: Any, leaf: Leaf, place: Place) -> Any:
        """What a matcher compares with, None after a fault."""
        match operator:
            case Operator.SET:
                if not isinstance(operand, list):
                    self.faults.add(place, _("`set` takes a list."))
                    return None
                return tuple(operand) if self._scalars(operand, place) else None
            case Operator.MIN | Operator.MAX:
                if (
                    isinstance(operand, bool)
                    or not isinstance(operand, int | float)
                    or not math.isfinite(operand)
                ):
                    self.faults.add(place, _("{name} takes a number.").format(name=quoted(operator.value)))
                    return None
                return operand
            case Operator.NOT:
                return operand if self._scalar(operand, leaf, place) else None
            case Operator.CONTAINS if leaf is Leaf.LIST:
                return operand if self._scalars([operand], place) else None
            case _ if not isinstance(operand, str) or not operand:
                self.faults.add(place, _("{name} takes text in quotes.").format(name=quoted(operator.value)))
                return None
            case Operator.MATCHES:
                return operand if self._pattern(operand, place) else None
        return operand

    def _pattern(self, pattern: str, place: Place) -> bool:
        if len(pattern) > LONGEST_PATTERN:
            message = _("The regular expression has {count} characters; {limit} at most.")
            self.faults.add(place, message.format(count=len(pattern), limit=LONGEST_PATTERN))
            return False
        if any(match[1] for match in _PATTERN_PART.finditer(pattern)):
            message = _("A brace that is no count is written {form} in a regular expression.")
            self.faults.add(place, message.format(form=r"`\{`"))
            return False
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                re.compile(pattern)
        except (re.error, OverflowError, RecursionError, Warning) as error:
            message = _("This is no regular expression: {why}.")
            self.faults.add(place, message.format(why=error))
            return False
        return True

    def _scalars(self, values: list[Any], place: Place) -> bool:
        if all(isinstance(value, str | int | float) and _is_json(value) for value in values):
            return True
        self.faults.add(place, _("Only texts and numbers may stand here."))
        return False

    def _scalar(self, value: Any, leaf: Leaf, place: Place) -> bool:
        number = isinstance(value, int | float) and not isinstance(value, bool) and _is_json(value)
        if number and leaf is not Leaf.TEXT:
            return True
        if isinstance(value, str) and leaf is not Leaf.NUMBER:
            return True
        if leaf is Leaf.NUMBER:
            self.faults.add(place, _("This value is a number; write digits without quotes."))
        else:
            self.faults.add(place, _("This value is text; write it in quotes."))
        return False


def _is_json(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_json, value))
    if isinstance(value, dict):
        return all(map(_is_json, value.values()))
    return isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))
