"""How much crossed the wire: exchanges and bytes, counted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from tutor.wire.exchange import Exchange


class Traffic(Struct, frozen=True):
    """A count of exchanges and of their bytes, heads and framing included."""

    exchanges: int = 0
    sent_bytes: int = 0
    """From the client."""
    received_bytes: int = 0
    """From the server."""

    def __add__(self, other: Traffic) -> Traffic:
        return Traffic(
            self.exchanges + other.exchanges,
            self.sent_bytes + other.sent_bytes,
            self.received_bytes + other.received_bytes,
        )

    def __sub__(self, other: Traffic) -> Traffic:
        return Traffic(
            self.exchanges - other.exchanges,
            self.sent_bytes - other.sent_bytes,
            self.received_bytes - other.received_bytes,
        )

    @property
    def total_bytes(self) -> int:
        return self.sent_bytes + self.received_bytes


def traffic_of(exchanges: Iterable[Exchange]) -> Traffic:
    """What crossed in these exchanges; one in which nothing did is none."""
    # Here, because a session counts nothing before something was fired.
    from tutor.wire.exchange import Direction

    total = Traffic()
    for exchange in exchanges:
        sent, received = (
            len(exchange.data(direction)) + exchange.dropped(direction)
            for direction in (Direction.REQUEST, Direction.RESPONSE)
        )
        if sent or received:
            total += Traffic(1, sent, received)
    return total
