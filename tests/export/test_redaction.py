"""Credentials of other clients."""

from __future__ import annotations

from tutor.export.redaction import redacted
from tutor.wire.exchange import Direction, Exchange, Piece


def test_credentials_are_taken_out_of_the_head_alone() -> None:
    """Authorization and Cookie keep their names and lose their values; every other byte stays."""
    data = (
        b"POST / HTTP/1.1\r\nCookie: a=1\r\nX: 1\r\nauthorization:Basic\r\n Zm9v\r\n"
        b"Content-Length: 9\r\n\r\nCookie: b"
    )
    exchange = Exchange((Piece(Direction.REQUEST, 0.5, data[:10]), Piece(Direction.REQUEST, 0.6, data[10:])))
    clean = redacted(exchange)
    assert clean.data(Direction.REQUEST) == (
        b"POST / HTTP/1.1\r\nCookie: [redacted]\r\nX: 1\r\nauthorization:[redacted]\r\n"
        b"Content-Length: 9\r\n\r\nCookie: b"
    )
    assert clean.asked_s == 0.5


def test_without_credentials_nothing_changes() -> None:
    """An exchange that holds no secret is given back as it is."""
    exchange = Exchange((Piece(Direction.REQUEST, 0.5, b"GET / HTTP/1.1\r\nX: 1\r\n\r\n"),))
    assert redacted(exchange) is exchange
