"""Noticing that time did not pass as it does: the process was stopped, the machine slept, the clock was set.

Limits run out then though nobody was slow, and what was signed seems to come from the future. What such an
exchange shows is true, and not what a lesson is about: whoever fires it notices, and fires once more.
"""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

STILL_S = 0.5
"""So long nothing at all may have happened; the shortest limit of an exchange is about as long."""
CLOCK_S = 0.5
"""So far the time of day may part from the monotonic clock; a clock that is kept in time is slewed."""
LATE_S = 0.02
"""A thread that runs so late has waited for the processor; a lesson's events are no further apart."""
TIMES = 2
"""How often something is done once more at most."""

_TICK_S = 0.05


def clock_offset_s() -> float:
    """How far the time of day is ahead of the monotonic clock: the same until the clock is set.

    On Linux and macOS the monotonic clock rests while the machine sleeps; on Windows it goes on, and sleep
    shows as a standstill.
    """
    return time.time() - time.perf_counter()


class StandstillWatch:
    """Watches from a thread of its own. A context manager; `noticed` is final when it ends."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self._longest_s = 0.0
        self._last_s = time.perf_counter()
        self._offset_s = clock_offset_s()
        self._thread = threading.Thread(target=self._look, name="standstill", daemon=True)

    @property
    def noticed(self) -> bool:
        """Whether time stood still, or the clock was set."""
        return self._longest_s > STILL_S or abs(clock_offset_s() - self._offset_s) > CLOCK_S

    @property
    def was_slow(self) -> bool:
        """Whether the machine had other things to do, which what is about time may have suffered from."""
        return self._longest_s > _TICK_S + LATE_S

    def begin_anew(self) -> None:
        """Let what was noticed up to now be of no account."""
        self._last_s = time.perf_counter()
        self._longest_s = 0.0
        self._offset_s = clock_offset_s()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._note()

    def _look(self) -> None:
        while not self._ended.wait(_TICK_S):
            self._note()

    def _note(self) -> None:
        now_s = time.perf_counter()
        self._longest_s = max(self._longest_s, now_s - self._last_s)
        self._last_s = now_s
