"""Several ways to deliver the same events, side by side: what each costs, and when things arrived."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tutor.language import _, clauses
from tutor.wire.exchange import Direction, Exchange

if TYPE_CHECKING:
    from rich.text import Text

_AGE = re.compile(rb'"age_ms"\s*:\s*(\d+(?:\.\d+)?)')
_NAME_WIDTH = 14
_LEAST_WIDTH = 20
_LEGEND_GAP = "   "


@dataclass(frozen=True, slots=True)
class Way:
    """One way of delivery: its exchanges, one after the other."""

    name: str
    exchanges: tuple[Exchange, ...]

    @property
    def start_s(self) -> float:
        return min(exchange.accepted_s for exchange in self.exchanges)

    @property
    def spans(self) -> tuple[tuple[float, float], ...]:
        """From when to when each connection was open, in seconds since the first one."""
        return tuple(
            (exchange.accepted_s - self.start_s, exchange.accepted_s - self.start_s + exchange.duration_s)
            for exchange in self.exchanges
        )

    @property
    def arrivals(self) -> tuple[tuple[float, float], ...]:
        """When each event arrived, in seconds since the first connection, and how old it was then, in ms."""
        found = []
        for exchange in self.exchanges:
            for piece in exchange.pieces:
                if piece.direction is Direction.RESPONSE:
                    at_s = exchange.accepted_s - self.start_s + piece.at_s
                    found += [(at_s, float(age)) for age in _AGE.findall(piece.data)]
        return tuple(found)

    def bytes_of(self, direction: Direction) -> int:
        """Octets on the wire in one direction, heads and framing included."""
        return sum(len(exchange.data(direction)) + exchange.dropped(direction) for exchange in self.exchanges)


def ways(fired: Mapping[str, Sequence[Exchange]]) -> tuple[Way, ...]:
    """Exchanges grouped by their ids: `polling`, `polling-2` and `polling-3` are one way."""
    groups: dict[str, list[Exchange]] = {}
    for name, hops in fired.items():
        groups.setdefault(re.sub(r"-\d+$", "", name), []).extend(hops)
    return tuple(Way(name, tuple(exchanges)) for name, exchanges in groups.items() if exchanges)


def waterfall_lines(fired: Mapping[str, Sequence[Exchange]], *, width: int, plain: bool) -> list[Text]:
    """A table of costs, and under it a row a way: when connections were open, and when events arrived."""
    from rich.cells import cell_len
    from rich.text import Text

    from tutor.screen.columns import padded, padded_left

    found = ways(fired)
    heads = (_("requests"), _("sent"), _("received"), _("events"), _("mean delay"))
    rows = [
        (
            str(len(way.exchanges)),
            _("{count} B").format(count=f"{way.bytes_of(Direction.REQUEST):,}"),
            _("{count} B").format(count=f"{way.bytes_of(Direction.RESPONSE):,}"),
            str(len(way.arrivals)),
            _("{ms} ms").format(ms=round(_mean([age for _at, age in way.arrivals]))) if way.arrivals else "",
        )
        for way in found
    ]
    costs = [
        _("{start}: {words}").format(
            start=way.name,
            words=clauses(f"{head} {cell}" for head, cell in zip(heads, row, strict=True) if cell),
        )
        for way, row in zip(found, rows, strict=True)
    ]
    if plain:
        return [Text(words) for words in costs] + [
            Text(
                _("{name}: events after {times} ms").format(
                    name=way.name, times=", ".join(str(round(at * 1000)) for at, _age in way.arrivals)
                )
            )
            for way in found
            if way.arrivals
        ]
    widths = [max(cell_len(row[place]) for row in (heads, *rows)) for place in range(len(heads))]
    if _NAME_WIDTH + sum(widths) + 2 * len(widths) > width:
        lines = [Text(words) for words in costs]
        for way, line in zip(found, lines, strict=True):
            line.stylize("title", 0, len(way.name))
    else:
        lines = [Text(" " * _NAME_WIDTH + _row(heads, widths), "muted")]
        lines += [
            Text.assemble((way.name.ljust(_NAME_WIDTH), "title"), _row(row, widths))
            for way, row in zip(found, rows, strict=True)
        ]
    total_s = max((end for way in found for _start, end in way.spans), default=0.0) or 1.0
    columns = max(_LEAST_WIDTH, width - _NAME_WIDTH - 1)
    lines.append(Text())
    for way in found:
        lines.append(Text.assemble((way.name.ljust(_NAME_WIDTH), "title"), *_bar(way, total_s, columns)))
    end = _("{ms} ms").format(ms=round(total_s * 1000))
    scale = padded(_("0 ms"), columns - 8) + padded_left(end, 8)
    lines.append(Text(" " * _NAME_WIDTH + scale, "muted"))
    legend = (_("─ a connection is open"), _("● an event arrives"))
    rowed = [_LEGEND_GAP.join(legend)]
    if _NAME_WIDTH + cell_len(rowed[0]) > width:
        rowed = list(legend)
    lines += [Text(" " * _NAME_WIDTH + words, "muted") for words in rowed]
    return lines


def _bar(way: Way, total_s: float, columns: int) -> list[tuple[str, str]]:
    """A row of time: `─` where a connection is open, `●` where an event arrives, else blank."""

    def column(at_s: float) -> int:
        return min(columns - 1, int(at_s / total_s * (columns - 1)))

    cells = [" "] * columns
    for start, end in way.spans:
        for place in range(column(start), column(end) + 1):
            cells[place] = "─"
    for at_s, _age in way.arrivals:
        cells[column(at_s)] = "●"
    return [(cell, "response.heading" if cell == "●" else "wire.end") for cell in cells]


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    from tutor.screen.columns import padded_left

    return "  ".join(padded_left(cell, size) for cell, size in zip(cells, widths, strict=True))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
