"""A lesson, or the course, in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from tutor.language import _, ngettext
from tutor.screen.columns import padded, padded_left
from tutor.screen.lesson_map import Mark, legend, strip
from tutor.wire.escape import visible
from tutor.wire.traffic import Traffic

if TYPE_CHECKING:
    from rich.text import Text

_INDENT = "  "
_GAP = "  "
_BETWEEN_PAIRS = "      "


@dataclass(frozen=True, slots=True)
class Figures:
    """What a learner has done in a lesson, or in all."""

    number: str
    """Of the lesson; empty for all."""
    title: str
    marks: tuple[Mark, ...]
    """What became of each main step."""
    helped: int
    """Main steps done with help."""
    deeper: int
    """Deeper steps done."""
    questions: int
    """Answered at least once; predictions and exercises are not among them."""
    first_try: int
    """Of these, right with the first answer."""
    guesses: int
    """Predictions made."""
    right: int
    """Of these, right."""
    exercises: int
    """Solved."""
    days: frozenset[date]
    """On which the learner answered anything, in local time."""
    traffic: Traffic

    @property
    def steps(self) -> int:
        return len(self.marks)


def total_of(lessons: Sequence[Figures]) -> Figures:
    """All lessons together."""
    return Figures(
        number="",
        title=ngettext("{count} lesson", "{count} lessons", len(lessons)).format(count=len(lessons)),
        marks=tuple(mark for each in lessons for mark in each.marks),
        helped=sum(each.helped for each in lessons),
        deeper=sum(each.deeper for each in lessons),
        questions=sum(each.questions for each in lessons),
        first_try=sum(each.first_try for each in lessons),
        guesses=sum(each.guesses for each in lessons),
        right=sum(each.right for each in lessons),
        exercises=sum(each.exercises for each in lessons),
        days=frozenset(day for each in lessons for day in each.days),
        traffic=sum((each.traffic for each in lessons), Traffic()),
    )


def figure_pairs(figures: Figures) -> list[tuple[str, str]]:
    """What was counted with how many there are, without what is not there."""
    traffic = figures.traffic
    share = _("{right} of {made}")
    pairs = (
        (traffic.exchanges, _("exchanges fired"), f"{traffic.exchanges:,}"),
        (traffic.exchanges, _("bytes read"), f"{traffic.total_bytes:,}"),
        (
            figures.questions,
            _("right at the first try"),
            share.format(right=figures.first_try, made=figures.questions),
        ),
        (figures.guesses, _("guessed right"), share.format(right=figures.right, made=figures.guesses)),
        (figures.exercises, _("exercises solved"), str(figures.exercises)),
        (figures.helped, _("steps done with help"), str(figures.helped)),
        (figures.deeper, _("deeper steps done"), str(figures.deeper)),
        (figures.days, _("days you were here"), str(len(figures.days))),
    )
    return [(words, value) for there, words, value in pairs if there]


def figures_words(figures: Figures) -> list[str]:
    """The numbers in words, one after the other."""
    return [_("{words}: {value}").format(words=words, value=value) for words, value in figure_pairs(figures)]


def lesson_figures(figures: Figures, *, width: int) -> list[Text]:
    """A lesson's steps as their marks, then its numbers."""
    from rich.text import Text

    return [
        Text.assemble(_INDENT, strip(figures.marks)),
        *_explained(figures, width),
        *_pairs(figures, width),
    ]


def course_figures(lessons: Sequence[Figures], *, width: int) -> list[Text]:
    """A row a lesson with its steps as their marks and what crossed the wire; then all of it in numbers.

    Where columns are few, titles are left out, and then the bytes.
    """
    from rich.text import Text

    total = total_of(lessons)
    table: list[Text] = []
    told = 0
    for titled, heads in _SHAPES:
        rows = _table(lessons, total, titled=titled, heads=heads)
        if max(row.cell_len for row in rows) <= width:
            table, told = rows, heads
            break
    return [*table, *_explained(total, width), Text(""), *_pairs(total, width, told=told)]


_SHAPES = ((True, 2), (False, 2), (False, 1), (False, 0))
"""Whether lessons are named, and how many columns of numbers there are; the widest first."""


def course_figures_in_words(lessons: Sequence[Figures]) -> list[str]:
    """A row a lesson, then the numbers of all."""
    rows = []
    for each in lessons:
        steps = ngettext("{count} step", "{count} steps", each.steps).format(count=each.steps)
        pairs = dict(figure_pairs(each))
        fired = [
            _("{words}: {value}").format(words=words, value=pairs[words])
            for words in (_("exchanges fired"), _("bytes read"))
            if words in pairs
        ]
        rows.append(f"{each.number}  {visible(each.title)}   " + ", ".join([steps, *fired]))
    total = total_of(lessons)
    steps = ngettext("{count} step", "{count} steps", total.steps).format(count=total.steps)
    return [*rows, "", f"{total.title}, {steps}", *(f"- {words}" for words in figures_words(total))]


def _table(lessons: Sequence[Figures], total: Figures, *, titled: bool, heads: int) -> list[Text]:
    """The last row is that of all lessons."""
    from rich.cells import cell_len
    from rich.text import Text

    steps = ngettext("{count} step", "{count} steps", total.steps).format(count=total.steps)
    names = [(each.number, visible(each.title) if titled else "") for each in lessons]
    names.append(("", total.title) if titled else ("", ""))
    numbers = max(cell_len(number) for number, _title in names) + len(_GAP)
    titles = max(cell_len(title) for _number, title in names) + (len(_GAP) if titled else 0)
    middles = max(cell_len(steps), *(len(each.marks) for each in lessons))
    columns = [(_("exchanges"), _exchanges), (_("bytes"), _bytes)][: heads if total.traffic.exchanges else 0]
    sizes = [max(cell_len(name), *(len(cell(each)) for each in (*lessons, total))) for name, cell in columns]

    def row(name: tuple[str, str], middle: Text, cells: Sequence[str], style: str) -> Text:
        number, title = name
        return Text.assemble(
            (_INDENT + padded(number, numbers) + padded(title, titles), style),
            middle,
            " " * (middles - middle.cell_len),
            *((_GAP + padded_left(cell, size), style) for cell, size in zip(cells, sizes, strict=True)),
        )

    rows = [row(("", ""), Text(""), [name for name, _cell in columns], "muted")] if columns else []
    for each, name in zip(lessons, names, strict=False):
        rows.append(row(name, strip(each.marks), [cell(each) for _name, cell in columns], ""))
    rows.append(
        row(names[-1], Text.assemble((steps, "title")), [cell(total) for _name, cell in columns], "title")
    )
    return rows


def _exchanges(each: Figures) -> str:
    return f"{each.traffic.exchanges:,}"


def _bytes(each: Figures) -> str:
    return f"{each.traffic.total_bytes:,}"


def _explained(figures: Figures, width: int) -> list[Text]:
    """The marks, where there are others than that of a step done."""
    used = set(figures.marks)
    return legend(used, width) if used - {Mark.DONE} else []


def _pairs(figures: Figures, width: int, *, told: int = 0) -> list[Text]:
    """The numbers in columns: two pairs a row where they fit, down and then across.

    Args:
        told: how many of the first, what crossed the wire, stand elsewhere already.
    """
    from rich.cells import cell_len
    from rich.text import Text

    pairs = figure_pairs(figures)[told if figures.traffic.exchanges else 0 :]
    if not pairs:
        return []
    half = -(-len(pairs) // 2)
    for columns in ([pairs[:half], pairs[half:]], [pairs]):
        blocks = []
        for column in columns:
            words_width = max((cell_len(words) for words, _value in column), default=0)
            value_width = max((cell_len(value) for _words, value in column), default=0)
            blocks.append(
                [
                    Text.assemble(
                        (padded(words, words_width) + _GAP, "muted"), padded_left(value, value_width)
                    )
                    for words, value in column
                ]
            )
        rows = []
        for place in range(len(blocks[0])):
            cells = [block[place] for block in blocks if place < len(block)]
            rows.append(Text.assemble(_INDENT, Text(_BETWEEN_PAIRS).join(cells)))
        if max(row.cell_len for row in rows) <= width:
            return rows
    return rows
