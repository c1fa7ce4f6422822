"""What is printed between two prompts, made to fit the screen.

A beat is a list of items: fixed lines, and exhibits that can fold. Folding hides whole lines and never edits
one, and happens only as far as the beat would not fit; what still does not fit becomes another beat.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from rich.text import Text

RESERVED_ROWS = 5
"""Rows of the terminal that a beat leaves: the prompt, its bar, and a look back at what was typed."""


class Fixed(Struct, frozen=True):
    """Lines that never fold. `keep_with_next`: a heading never ends a beat."""

    lines: Sequence[Text]
    keep_with_next: bool = False

    def at(self, fold: int) -> Sequence[Text]:  # noqa: ARG002 - the same at every fold
        return self.lines

    @property
    def folds(self) -> int:
        return 0


class Exhibit(Struct, frozen=True):
    """Lines that fold: `render(0)` is the whole, `render(folds)` the least."""

    render: Callable[[int], Sequence[Text]]
    folds: int
    keep_with_next: bool = False

    def at(self, fold: int) -> Sequence[Text]:
        return self.render(min(fold, self.folds))


Item = Fixed | Exhibit


def rows(lines: Sequence[Text], width: int) -> int:
    """How many rows of a terminal the lines take as they are shown."""
    from tutor.screen.wide import fitted

    return sum(max(1, -(-row.cell_len // width)) for line in lines for row in fitted(line, width))


def lay_out(items: Sequence[Item], *, width: int, height: int, full: bool = False) -> list[list[Text]]:
    """The items as one beat, or as several where they cannot fit one.

    Args:
        width, height: of the terminal, in columns and rows.
        full: nothing folds.
    """
    limit = max(6, height - RESERVED_ROWS)
    deepest = 0 if full else max((item.folds for item in items), default=0)
    drawn: list[list[Sequence[Text]]] = []
    """For each fold what each item is then: to draw an exchange takes longer than to lay it out."""
    for fold in range(deepest + 1):
        drawn.append(
            [
                item.at(fold) if fold <= item.folds else before
                for item, before in zip(items, drawn[-1] if drawn else [()] * len(items), strict=True)
            ]
        )
        lines = [line for each in drawn[-1] for line in each]
        if rows(lines, width) <= limit:
            return [lines]
    # What takes several beats anyway folds no further than brings their number down, or keeps messages whole.
    splits = [_split(items, at_fold, width, limit) for at_fold in drawn]
    return min(splits, key=lambda split: (len(split.beats), split.cuts)).beats


class _Split(Struct, frozen=True):
    beats: list[list[Text]]
    cuts: int
    """How many beats begin in the middle of something."""


HEADINGS = frozenset({"request.heading", "response.heading", "flask.heading"})
"""Styles of lines that begin something: a beat had better end before one."""


def _split(items: Sequence[Item], drawn: Sequence[Sequence[Text]], width: int, limit: int) -> _Split:
    beats: list[list[Text]] = [[]]
    held: list[Text] = []
    cuts = 0
    for item, its_lines in zip(items, drawn, strict=True):
        lines = [*held, *its_lines]
        held = []
        if item.keep_with_next:
            held = lines
            continue
        if beats[-1] and rows([*beats[-1], *lines], width) > limit:
            beats.append([])
        for place, chunk in enumerate(_chunks(lines, width, limit)):
            if beats[-1] and rows([*beats[-1], *chunk], width) > limit:
                beats.append([])
            cuts += place > 0 and not _begins(chunk[0])
            beats[-1].extend(chunk)
    beats[-1].extend(held)
    return _Split([_without_leading_blanks(beat) for beat in beats if beat], cuts)


def _chunks(lines: Sequence[Text], width: int, limit: int) -> list[list[Text]]:
    """Lines cut into runs that fit, before headings and blank lines as far as that makes no more of them."""
    if rows(lines, width) <= limit:
        return [list(lines)]
    filled = _filled([[line] for line in lines], width, limit)
    parts: list[list[Text]] = []
    for line in lines:
        if parts and not _begins(line):
            parts[-1].append(line)
        else:
            parts.append([line])
    apart = _filled(parts, width, limit)
    return apart if len(apart) <= len(filled) else filled


def _filled(parts: Sequence[Sequence[Text]], width: int, limit: int) -> list[list[Text]]:
    """Parts put together as far as they fit; what fits nowhere is cut."""
    chunks: list[list[Text]] = [[]]
    for part in parts:
        if rows([*chunks[-1], *part], width) <= limit:
            chunks[-1].extend(part)
            continue
        if chunks[-1]:
            chunks.append([])
        for line in part:
            if chunks[-1] and rows([*chunks[-1], line], width) > limit:
                chunks.append([])
            chunks[-1].append(line)
    return chunks


def _begins(line: Text) -> bool:
    return line.style in HEADINGS or not (line.no_wrap or line.plain.strip())


def _without_leading_blanks(lines: Sequence[Text]) -> list[Text]:
    start = next(
        (place for place, line in enumerate(lines) if line.no_wrap or line.plain.strip()), len(lines)
    )
    return list(lines[start:])
