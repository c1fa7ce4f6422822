"""A lesson, or the course, in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tutor.language import _, ngettext
from tutor.wire.escape import visible
from tutor.wire.traffic import Traffic

if TYPE_CHECKING:
    from rich.text import Text

_INDENT = "  "
_GAP = 2


@dataclass(frozen=True, slots=True)
class Figures:
    """What a learner has done in a lesson, or in all."""

    number: str
    """Of the lesson; empty for all."""
    title: str
    steps: int
    """Main steps, all done."""
    guesses: int
    """Predictions made."""
    right: int
    """Of these, right."""
    traffic: Traffic


def total_of(lessons: Sequence[Figures]) -> Figures:
    """All lessons together."""
    return Figures(
        "",
        ngettext("{count} lesson", "{count} lessons", len(lessons)).format(count=len(lessons)),
        sum(each.steps for each in lessons),
        sum(each.guesses for each in lessons),
        sum(each.right for each in lessons),
        sum((each.traffic for each in lessons), Traffic()),
    )


def figures_words(figures: Figures) -> list[str]:
    """The numbers of a lesson in words, without those that are not there."""
    words = []
    if figures.traffic.exchanges:
        count = figures.traffic.exchanges
        fired = ngettext("{count} exchange fired", "{count} exchanges fired", count)
        read = _("{count} bytes read").format(count=f"{figures.traffic.total_bytes:,}")
        words += [fired.format(count=f"{count:,}"), read]
    if figures.guesses:
        right = ngettext("{right} of {made} guess right", "{right} of {made} guesses right", figures.guesses)
        words.append(right.format(right=figures.right, made=figures.guesses))
    return words


def course_figures(lessons: Sequence[Figures], *, width: int, plain: bool) -> list[Text]:
    """A row a lesson and one for all, in columns.

    Where columns are few, titles are left out; where still more are needed, or in plain output, words say it.
    """
    for titled in () if plain else (True, False):
        lines = _table([*lessons, total_of(lessons)], titled=titled)
        if max(line.cell_len for line in lines) <= width:
            return lines
    return _in_words([*lessons, total_of(lessons)])


def _table(rows: Sequence[Figures], *, titled: bool) -> list[Text]:
    """The last row is that of all lessons."""
    from rich.cells import cell_len
    from rich.text import Text

    heads = (_("steps"), _("guessed right"), _("exchanges"), _("bytes"))
    cells = [_cells(each) for each in rows]
    kept = [place for place in range(len(heads)) if any(row[place] for row in cells)]
    sizes = {place: max(cell_len(heads[place]), *(cell_len(row[place]) for row in cells)) for place in kept}
    names = [_named(each, titled=titled) for each in rows]
    numbers = max(cell_len(number) for number, _title in names) + _GAP
    titles = max(cell_len(title) for _number, title in names)

    def row(name: tuple[str, str], values: Sequence[str], style: str) -> Text:
        number, title = name
        start = _INDENT + _left(number, numbers) + _left(title, titles)
        return Text(start + "".join(_right(values[place], sizes[place] + _GAP) for place in kept), style)

    lines = [row(("", ""), heads, "muted")]
    for name, values in zip(names, cells, strict=True):
        lines.append(row(name, values, "title" if values is cells[-1] else ""))
    return lines


def _named(each: Figures, *, titled: bool) -> tuple[str, str]:
    if titled:
        return each.number, visible(each.title)
    return each.number or _("all"), ""


def _in_words(rows: Sequence[Figures]) -> list[Text]:
    from rich.text import Text

    lines = []
    for each in rows:
        steps = ngettext("{count} step", "{count} steps", each.steps).format(count=each.steps)
        head = "  ".join(part for part in (each.number, visible(each.title)) if part)
        lines.append(Text(f"{head}: " + ", ".join([steps, *figures_words(each)])))
    return lines


def _cells(each: Figures) -> tuple[str, str, str, str]:
    guessed = _("{right} of {made}").format(right=each.right, made=each.guesses) if each.guesses else ""
    fired = each.traffic.exchanges
    return (
        str(each.steps),
        guessed,
        f"{fired:,}" if fired else "",
        f"{each.traffic.total_bytes:,}" if fired else "",
    )


def _left(text: str, width: int) -> str:
    from rich.cells import cell_len

    return text + " " * (width - cell_len(text))


def _right(text: str, width: int) -> str:
    from rich.cells import cell_len

    return " " * (width - cell_len(text)) + text
