"""What happens on many connections at once, in an order that a person can follow.

A short exchange is one block under its number. One that goes on is not waited for: its request is printed,
and what follows as it comes, each line under its number, so that others may stand in between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from tutor.language import _
from tutor.sandbox.recorder import Connection
from tutor.screen.arriving import ArrivingExchange, is_asked
from tutor.screen.whole import whole_lines
from tutor.screen.wire import View
from tutor.wire.exchange import Exchange

if TYPE_CHECKING:
    from rich.text import Text

SHORT_S = 0.1
"""How long an exchange may take from its whole request on to be printed as one block; too short to notice."""

PATIENCE_S = 1.0
"""After so long, a request that is not whole yet is told of."""


@dataclass(slots=True)
class _Arrival:
    """One connection on which something has come."""

    due_s: float
    """When it is printed at the latest, by the clock."""
    asked: bool = False
    """The request is whole."""
    number: int = 0
    """0 until something of it is printed."""
    drawing: ArrivingExchange | None = None
    """Draws it, where it goes on."""


class Arrivals:
    """Turns changes of connections into lines.

    Args:
        full: nothing is cut; otherwise a body of more than 40 lines is.
        clock: gives seconds.
        now: gives the time of day.
    """

    def __init__(
        self,
        *,
        ascii_only: bool,
        plain: bool,
        full: bool,
        clock: Callable[[], float],
        now: Callable[[], datetime],
    ) -> None:
        self._view = View(line_ends=True, ascii_only=ascii_only, plain=plain, long_bodies=full)
        self._clock = clock
        self._now = now
        self._open: dict[Connection, _Arrival] = {}
        self._count = 0
        self._last = 0
        """Whose lines were printed last."""

    @property
    def wait_s(self) -> float | None:
        """How long nothing needs to be looked at if nothing changes; None for ever."""
        due = [arrival.due_s for arrival in self._open.values() if arrival.drawing is None]
        return max(0.0, min(due) - self._clock()) if due else None

    def lines(self, changed: Mapping[Connection, bool]) -> list[Text | str]:
        """What to print now that time has passed, and these connections have changed; True: have ended."""
        now_s = self._clock()
        due = [
            each for each, arrival in self._open.items() if arrival.drawing is None and arrival.due_s <= now_s
        ]
        lines: list[Text | str] = []
        for connection in dict.fromkeys((*changed, *due)):
            lines += self._of(connection, now_s, ended=changed.get(connection, False))
        return lines

    def _of(self, connection: Connection, now_s: float, *, ended: bool) -> list[Text | str]:
        exchange = connection.snapshot()
        # Browsers open connections in advance and never say a word on them.
        if not exchange.pieces:
            return []
        arrival = self._open.setdefault(connection, _Arrival(now_s + PATIENCE_S))
        if not arrival.asked and is_asked(exchange):
            arrival.asked = True
            arrival.due_s = now_s + SHORT_S
        if ended:
            del self._open[connection]
        if arrival.drawing is not None:
            return self._going_on(arrival, arrival.drawing, exchange, ended=ended)
        if ended:
            return [*self._headed(arrival, ""), *self._whole(exchange)]
        if arrival.due_s > now_s:
            return []
        arrival.drawing = ArrivingExchange(self._view)
        number = self._count + 1
        words = (
            _(", it goes on; its lines begin with [{number}]")
            if arrival.asked
            else _(", its request is not whole yet; its lines begin with [{number}]")
        )
        return [
            *self._headed(arrival, words.format(number=number)),
            *self._going_on(arrival, arrival.drawing, exchange, ended=False),
        ]

    def _headed(self, arrival: _Arrival, words: str) -> list[Text | str]:
        from rich.text import Text

        self._count += 1
        self._last = arrival.number = self._count
        time = f"{self._now().astimezone():%H:%M:%S}"
        title = _("Arrival {number}, {time}").format(number=arrival.number, time=time)
        return ["", Text.assemble((title, "title"), words)]

    def _whole(self, exchange: Exchange) -> list[Text]:
        # Its lines have no number: those of another one do not follow without a blank line.
        self._last = 0
        view = self._view
        return whole_lines(
            exchange, ascii_only=view.ascii_only, plain=view.plain, long_bodies=view.long_bodies
        )

    def _going_on(
        self, arrival: _Arrival, drawing: ArrivingExchange, exchange: Exchange, *, ended: bool
    ) -> list[Text | str]:
        from rich.text import Text

        lines = drawing.fresh(exchange, ended=ended)
        if ended:
            words = _("ended {ms} ms after it was accepted").format(ms=round(exchange.duration_s * 1000))
            lines.append(Text(words, "muted"))
        if not lines:
            return []
        apart = [""] if not self._last else []
        self._last = arrival.number
        return [
            *apart,
            *(Text.assemble((f"[{arrival.number}] ", "muted"), line, no_wrap=line.no_wrap) for line in lines),
        ]
