"""Taking the time of several things in turns, so that whatever else the machine does meets them alike."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Runs = Mapping[str, list[float]]
"""For each name the seconds of its runs, in the order of the rounds."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much to measure. `quick` shows the order of magnitude; its figures are for nobody else."""

    quick: bool = False

    def of(self, full: int, quick: int) -> int:
        """A number of rounds, or of things."""
        return quick if self.quick else full


def in_turns(candidates: Mapping[str, Callable[[], float | None]], rounds: int) -> Runs:
    """Run each candidate once a round, in an order drawn anew for each round.

    Args:
        candidates: each by name; what gives a number has taken its own seconds.
        rounds: how many count; one more before them does not.
    """
    runs: dict[str, list[float]] = {name: [] for name in candidates}
    names = list(candidates)
    for counts in (False, *[True] * rounds):
        random.shuffle(names)
        for name in names:
            started_s = time.perf_counter()
            own_s = candidates[name]()
            took_s = time.perf_counter() - started_s if own_s is None else own_s
            if counts:
                runs[name].append(took_s)
    return runs


def ratios(runs: Runs, of: str, to: str, *, batch: int = 1) -> tuple[float, ...]:
    """How many times as long one took as the other, round by round.

    Args:
        batch: for what is over in a millisecond: as many rounds, by their medians, make one ratio.
    """
    found = []
    for at in range(0, len(runs[of]) - batch + 1, batch):
        part = slice(at, at + batch)
        found.append(statistics.median(runs[of][part]) / statistics.median(runs[to][part]))
    return tuple(found)
