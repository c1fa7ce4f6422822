"""What a file must not hold of an arrival that somebody else sent: its credentials."""

from __future__ import annotations

import re
from dataclasses import replace

from tutor.wire.exchange import Direction, Exchange, Piece
from tutor.wire.message import Message, parse_requests

_NAMES = (b"authorization", b"proxy-authorization", b"cookie")
# A blank before the name, or a bare CR, makes it no field to us; it may have been meant as one.
_SECRET = re.compile(
    rb"((?:\A|(?<=[\r\n]))[ \t]*(?:" + b"|".join(_NAMES) + rb")[ \t]*:[ \t]*)"
    rb"([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)",
    re.IGNORECASE,
)
REDACTED = b"[redacted]"


def redacted(exchange: Exchange) -> Exchange:
    """The exchange without the values of Authorization and Cookie, wherever they stand but in a body.

    The request becomes one piece where there was something to take out.
    """
    data = exchange.data(Direction.REQUEST)
    clean = b"".join(map(_clean_message, parse_requests(data)))
    if clean == data:
        return exchange
    asked = Piece(Direction.REQUEST, exchange.asked_s, clean, exchange.dropped(Direction.REQUEST))
    answered = tuple(piece for piece in exchange.pieces if piece.direction is Direction.RESPONSE)
    return replace(exchange, pieces=(asked, *answered))


def _clean_message(message: Message) -> bytes:
    body = message.raw_body
    if not message.chunked:
        # What follows a body is no part of it: the rest of a request that could not be read, perhaps.
        body = body[: len(message.body)] + _clean(body[len(message.body) :])
    elif any(field.name.lower() in _NAMES for field in message.trailers):
        body = _clean(body)
    return _clean(message.head) + body


def _clean(data: bytes) -> bytes:
    return _SECRET.sub(rb"\1" + REDACTED, data)
