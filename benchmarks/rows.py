"""One row of the table, and how it is printed."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

_HEADINGS = ("what", "must be", "median", "min", "max", "")


@dataclass(frozen=True, slots=True)
class Row:
    """Something measured several times, with the bound that its median must keep."""

    what: str
    values: tuple[float, ...]
    bound: float
    unit: str = "×"
    """`×` is a ratio; else `ms`, `s` or `MB`."""
    strict: bool = False
    """The median must stay below the bound and may not reach it."""

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def holds(self) -> bool:
        return self.median < self.bound if self.strict else self.median <= self.bound

    def cells(self) -> tuple[str, ...]:
        """The row as texts, in the order of the headings."""
        sign = "<" if self.strict else "≤"
        figures = (self.median, min(self.values), max(self.values))
        verdict = "held" if self.holds else "NOT HELD"
        return (
            self.what,
            f"{sign} {self._shown(self.bound)}",
            *(self._shown(figure) for figure in figures),
            verdict,
        )

    def _shown(self, figure: float) -> str:
        if self.unit == "×":
            return f"{figure:.2f}"
        return f"{figure:.3g} {self.unit}"


def table(rows: Sequence[Row]) -> str:
    """The rows in columns, for a terminal."""
    cells = [_HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_HEADINGS))]
    lines = (
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    )
    return "\n".join(lines) + "\n"


def markdown(rows: Sequence[Row]) -> str:
    """The rows as a table of Markdown, as the README quotes it."""
    lines = [_HEADINGS[:-1], ("---",) * (len(_HEADINGS) - 1), *(row.cells()[:-1] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
