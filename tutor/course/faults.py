"""Collecting what is wrong in one lesson file, so that one bad block never hides another's faults."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice
from typing import NamedTuple

from msgspec import Struct

from tutor import language
from tutor.course.model import Fault
from tutor.language import _

MOST_NAMES = 200
"""So many known names are compared with one that is not known."""

MOST_FAULTS = 1000
"""Told of one file: nobody reads more, and a file that is no lesson at all has a fault in each line."""

MOST_LISTED = 12
LONGEST_NAME = 60
"""A name from a file is quoted in a message up to this many characters."""


class Place(NamedTuple):
    """A line and a column of the lesson file, both counted from 1."""

    line: int
    column: int


class Faults(Struct, frozen=True):
    """The faults of one file, in the order of finding, with the ids of what is being read."""

    file: str
    where: str = ""
    found: list[Fault] = []

    def within(self, name: str) -> Faults:
        """The same collection, one level further in: lesson, step, block."""
        return Faults(self.file, "/".join(part for part in (self.where, name) if part), self.found)

    def add(self, place: Place, message: str, *, blocks_loading: bool = True) -> None:
        """Report a fault that stops the lesson from loading, unless it says otherwise.

        Behind `MOST_FAULTS` of them one more says that there are others, and the rest is dropped.
        """
        if len(self.found) == MOST_FAULTS:
            message, blocks_loading = _("There are more faults than are told; mend the others first."), True
        if len(self.found) <= MOST_FAULTS:
            self.found.append(Fault(self.file, place.line, place.column, message, blocks_loading, self.where))

    def style(self, place: Place, message: str) -> None:
        """Report a fault that the lesson can be run with."""
        self.add(place, message, blocks_loading=False)

    def unknown(self, place: Place, message: str, name: str, known: Iterable[str]) -> None:
        """Report a name that is not known, with the nearest ones that are."""
        self.add(place, language.sentences(message, suggestion(name, known)))

    def sorted(self) -> tuple[Fault, ...]:
        """The faults in file order, each once."""
        return tuple(sorted({(fault, fault.where): fault for fault in self.found}.values()))


def quoted(name: object) -> str:
    """A name from a file as a message shows it."""
    text = str(name)
    return f"`{text[:LONGEST_NAME]}…`" if len(text) > LONGEST_NAME else f"`{text}`"


def listed(names: Iterable[object]) -> str:
    """Names as a message lists them."""
    return language.listed(quoted(name) for name in names)


def suggestion(name: str, known: Iterable[str]) -> str:
    """A sentence that names what was probably meant, or everything that is known."""
    candidates = list(islice(dict.fromkeys(known), MOST_NAMES))
    near = get_close_matches(name[:LONGEST_NAME].casefold(), candidates, n=1, cutoff=0.6)
    if near:
        return _("Did you mean {name}?").format(name=quoted(near[0]))
    if not candidates:
        return ""
    names = [quoted(candidate) for candidate in candidates]
    shown = names if len(names) <= MOST_LISTED else [*names[:MOST_LISTED], "…"]
    return _("Known here: {names}.").format(names=language.listed(shown))
