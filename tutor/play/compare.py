"""Two exchanges of a step beside each other: `:c`, and where a lesson says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tutor.language import _
from tutor.screen.beat import RESERVED_ROWS, Fixed, Item, rows
from tutor.screen.compare import FOLDS, Compared, compared_lines
from tutor.screen.output import Output
from tutor.wire.exchange import Exchange

if TYPE_CHECKING:
    from rich.text import Text


def compared(exchanges: Sequence[tuple[str, Exchange]], argument: str, out: Output) -> list[Text | str]:
    """What `:c` prints.

    Args:
        exchanges: those of the step so far, with their names, numbered from 1.
        argument: empty for the last two, one number for that one and the last, or two numbers.
    """
    count = len(exchanges)
    if not count:
        return [_("Nothing has been fired yet in this step.")]
    if count == 1:
        return [_("There is one exchange here, and it takes two to compare. :try GET /… sends another.")]
    words = argument.replace(",", " ").split()
    places = {str(number): number for number in range(1, count + 1)}
    if len(words) > 2 or not set(words) <= set(places):
        return [
            _("There are {count} exchanges here, numbered from 1; :c 1 2 compares the first two.").format(
                count=count
            )
        ]
    numbers = [places[word] for word in words]
    match numbers:
        case []:
            first, second = count - 1, count
        case [one]:
            first, second = one, count
        case _:
            first, second = numbers
    if first == second:
        return [_("This is one exchange; name two, such as :c 1 2.")]
    return [*_lines([Compared(number, *exchanges[number - 1]) for number in (first, second)], out, 0)]


def comparison(
    exchanges: Sequence[tuple[str, Exchange]], pair: Sequence[Exchange], out: Output, *, full: bool
) -> Item:
    """Two of a step's exchanges, as a lesson sets them beside each other.

    It folds until it fits a beat, unless `full`: cut in two, it compares nothing.
    """
    chosen = [
        Compared(number, name, exchange)
        for wanted in pair
        for number, (name, exchange) in enumerate(exchanges, start=1)
        if exchange is wanted
    ]
    width, height = out.size
    for fold in range(1 if full else FOLDS + 1):
        lines = _lines(chosen, out, fold)
        if rows(lines, width) < height - RESERVED_ROWS:
            break
    return Fixed(lines)


def _lines(pair: Sequence[Compared], out: Output, fold: int) -> list[Text]:
    first, second = pair
    return compared_lines(
        first, second, width=out.size[0], plain=out.plain, ascii_only=out.ascii_only, fold=fold
    )
