"""What a file must not hold of an arrival that somebody else sent: its credentials."""

from __future__ import annotations

import re
from dataclasses import replace

from tutor.wire.exchange import Direction, Exchange, Piece

_SECRET = re.compile(
    rb"^((?:Authorization|Proxy-Authorization|Cookie)[ \t]*:[ \t]*)([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)",
    re.IGNORECASE | re.MULTILINE,
)
REDACTED = b"[redacted]"


def redacted(exchange: Exchange) -> Exchange:
    """The exchange with the values of Authorization and Cookie taken out of its request's head.

    The request becomes one piece where there was something to take out.
    """
    data = exchange.data(Direction.REQUEST)
    head = exchange.request.head if exchange.request else b""
    clean = _SECRET.sub(rb"\1" + REDACTED, head)
    if clean == head:
        return exchange
    asked = Piece(
        Direction.REQUEST,
        exchange.asked_s,
        clean + data[len(head) :],
        exchange.dropped(Direction.REQUEST),
    )
    answered = tuple(piece for piece in exchange.pieces if piece.direction is Direction.RESPONSE)
    return replace(exchange, pieces=(asked, *answered))
