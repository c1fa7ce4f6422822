"""Credentials of other clients."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from tests.fuzzing import INPUTS, holds
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


HIDDEN = {
    "pipelined": b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nCookie: hidden\r\n\r\n",
    "behind-a-body": b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nokCookie: 1\r\nCookie: hidden\r\n\r\n",
    "open-head": b"GET / HTTP/1.1\r\nCookie: hidden",
    "trailer": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nCookie: hidden\r\n\r\n",
    "bare-lf": b"GET / HTTP/1.1\nAuthorization: hidden\n\n",
    "bare-cr": b"GET / HTTP/1.1\rCookie: hidden\r\n\r\n",
    "blank-before": b"GET / HTTP/1.1\r\n Cookie: hidden\r\n\r\n",
    "blank-between": b"GET / HTTP/1.1\r\nproxy-authorization : hidden\r\n\r\n",
    "folded": b"GET / HTTP/1.1\r\nCookie:\r\n\thidden;\r\n hidden\r\n\r\n",
    "no-request-line": b"Cookie: hidden\r\n\r\n",
}


@pytest.mark.parametrize("name", HIDDEN)
def test_no_credential_is_overlooked(name: str) -> None:
    """Where a client sends a credential in an odd place, or badly written, it is taken out as well."""
    exchange = Exchange((Piece(Direction.REQUEST, 0.5, HIDDEN[name]),))
    assert b"hidden" not in redacted(exchange).data(Direction.REQUEST)


PIECES = st.sampled_from(
    [
        *(b"GET / HTTP/1.1", b"POST / HTTP/1.1", b"Content-Length: 3", b"Transfer-Encoding: chunked"),
        *(b"\r\n", b"\r\n\r\n", b"\n", b"\r", b" ", b"abc", b"\xff", b"3\r\nabc\r\n0\r\n\r\n"),
        *(b"Set-Cookie: a=1", b"X-Cookie: 1"),
    ]
)


def is_left_alone(pieces: list[bytes]) -> None:
    """What must hold of what holds no credential."""
    exchange = Exchange(tuple(Piece(Direction.REQUEST, 0.1, piece) for piece in pieces))
    assert redacted(exchange) is exchange


@INPUTS
def test_whatever_holds_no_credential_stays(count: int) -> None:
    """Any bytes without a credential, in any pieces, stay as they are."""
    holds(is_left_alone, st.lists(PIECES, max_size=12), count)
