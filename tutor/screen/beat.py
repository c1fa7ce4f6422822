"""What is printed between two prompts, made to fit the screen.

A beat is a list of items: fixed lines, and exhibits that can fold. Folding hides whole lines and never edits
one, and happens only as far as the beat would not fit; what still does not fit becomes another beat.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

RESERVED_ROWS = 5
"""Rows of the terminal that a beat leaves: the prompt, its bar, and a look back at what was typed."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """Lines that never fold. `keep_with_next`: a heading never ends a beat."""

    lines: Sequence[Text]
    keep_with_next: bool = False

    def at(self, fold: int) -> Sequence[Text]:  # noqa: ARG002 - the same at every fold
        return self.lines

    @property
    def folds(self) -> int:
        return 0


@dataclass(frozen=True, slots=True)
class Exhibit:
    """Lines that fold: `render(0)` is the whole, `render(folds)` the least."""

    render: Callable[[int], Sequence[Text]]
    folds: int
    keep_with_next: bool = False

    def at(self, fold: int) -> Sequence[Text]:
        return self.render(min(fold, self.folds))


Item = Fixed | Exhibit


def rows(lines: Sequence[Text], width: int) -> int:
    """How many rows of a terminal the lines take; long lines wrap."""
    return sum(max(1, -(-line.cell_len // width)) for line in lines)


def lay_out(items: Sequence[Item], *, width: int, height: int, full: bool = False) -> list[list[Text]]:
    """The items as one beat, or as several where they cannot fit one.

    Args:
        width, height: of the terminal, in columns and rows.
        full: nothing folds.
    """
    limit = max(6, height - RESERVED_ROWS)
    deepest = 0 if full else max((item.folds for item in items), default=0)
    for fold in range(deepest + 1):
        lines = [line for item in items for line in item.at(fold)]
        if rows(lines, width) <= limit:
            return [lines]
    # What takes several beats anyway folds no further than brings their number down.
    splits = [_split(items, width, limit, fold) for fold in range(deepest + 1)]
    return min(splits, key=len)


def _split(items: Sequence[Item], width: int, limit: int, fold: int) -> list[list[Text]]:
    beats: list[list[Text]] = [[]]
    held: list[Text] = []
    for item in items:
        lines = held + list(item.at(fold))
        held = []
        if item.keep_with_next:
            held = lines
            continue
        if beats[-1] and rows([*beats[-1], *lines], width) > limit:
            beats.append([])
        for chunk in _chunks(lines, width, limit):
            if beats[-1] and rows([*beats[-1], *chunk], width) > limit:
                beats.append([])
            beats[-1].extend(chunk)
    beats[-1].extend(held)
    return [_without_leading_blanks(beat) for beat in beats if beat]


def _chunks(lines: Sequence[Text], width: int, limit: int) -> list[list[Text]]:
    """Lines cut into runs that fit, at blank lines where there are any."""
    if rows(lines, width) <= limit:
        return [list(lines)]
    chunks: list[list[Text]] = [[]]
    for line in lines:
        if rows([*chunks[-1], line], width) > limit:
            chunks.append([])
        chunks[-1].append(line)
    return chunks


def _without_leading_blanks(lines: Sequence[Text]) -> list[Text]:
    start = next((place for place, line in enumerate(lines) if line.plain.strip()), len(lines))
    return list(lines[start:])
