"""Exchanges as a sequence diagram, in lines and in words."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len

from tests.grading.exchanges import WEBSOCKET
from tutor.screen.output import Output
from tutor.screen.sequence import FOLDS, sequence_lines
from tutor.wire.exchange import Direction, Exchange, Piece

SESSION = b"session=eyJuYW1lIjoiR3JleSJ9.awc1gQ.F90S65jIs0tUwHaKqnF8Bh7hwYw"


def exchange(
    request: bytes, response: bytes, *, at_s: float = 0.0, answered_s: float = 0.2, error: str = ""
) -> Exchange:
    """An exchange that was accepted at `at_s`, and answered so long after."""
    pieces = [(Direction.REQUEST, 0.1, request), (Direction.RESPONSE, answered_s, response)]
    return Exchange(
        tuple(Piece(direction, when, data) for direction, when, data in pieces if data),
        accepted_s=at_s,
        duration_s=answered_s + 0.1,
        error=error,
    )


LOGIN = exchange(
    b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nname=grey",
    b"HTTP/1.1 302 FOUND\r\nServer: x\r\nLocation: /me\r\nSet-Cookie: "
    + SESSION
    + b"; HttpOnly\r\nContent-Length: 0\r\n\r\n",
)
ME = exchange(
    b"GET /me HTTP/1.1\r\nHost: a\r\nCookie: " + SESSION + b"\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nGrey",
    at_s=1.0,
)
SILENT = exchange(b"GET /slow HTTP/1.1\r\n", b"", at_s=2.0)
FAILED = exchange(b"GET /cut HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", at_s=3.0, error="It broke off.")


def lines(*exchanges: Exchange, width: int = 50, plain: bool = False, fold: int = 0) -> list[str]:
    drawn = sequence_lines(exchanges, width=width, plain=plain, ascii_only=False, fold=fold)
    return [line.plain for line in drawn]


def test_a_log_in_is_drawn_from_its_own_values() -> None:
    """Each request and response is an arrow with its first line; what one tells the next stands under it."""
    assert lines(LOGIN, ME) == [
        "  client                                    server",
        "1 ├─ POST /login ───────────────────────────────▶│",
        "  │   name=grey                                  │",
        "  │◀───────────────────────────────── 302 FOUND ─┤",
        "  │                              Location: /me   │",
        "  │   Set-Cookie: session=eyJuYW1lIjoiR3JleSJ…   │",
        "  │                                              │",
        "2 ├─ GET /me ───────────────────────────────────▶│",
        "  │   Cookie: session=eyJuYW1lIjoiR3JleSJ9.aw…   │",
        "  │◀──────────────────────────────────── 200 OK ─┤",
        "  │                                       Grey   │",
    ]


def test_in_words_a_line_is_a_fact() -> None:
    """Plain output has no arrow and no lifeline: each line says who sent what, whole."""
    assert lines(LOGIN, ME, plain=True) == [
        "Exchange 1, client to server: POST /login",
        "  body: name=grey",
        "Exchange 1, server to client: 302 FOUND",
        "  field: Location: /me",
        f"  field: Set-Cookie: {SESSION.decode()}; HttpOnly",
        "Exchange 2, client to server: GET /me",
        f"  field: Cookie: {SESSION.decode()}",
        "Exchange 2, server to client: 200 OK",
        "  body: Grey",
    ]


def test_requests_at_the_same_time_are_drawn_in_the_order_of_time() -> None:
    """A request that starts before an answer stands before it, and answers say whose they are."""
    first = exchange(b"GET /1 HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", answered_s=0.9)
    second = exchange(b"GET /2 HTTP/1.1\r\n\r\n", b"HTTP/1.1 404 NOT FOUND\r\n\r\n", at_s=0.2)
    drawn = lines(first, second, fold=1)[1:]
    assert [line[:4].rstrip("─ ") for line in drawn] == ["1 ├", "2 ├", "  │◀", "1 │◀"]
    assert "404 NOT FOUND" in drawn[2]
    assert "200 OK" in drawn[3]


def test_what_did_not_come_is_said() -> None:
    """A request without an answer, and an answer that broke off, say so between the lifelines."""
    assert "no byte came back" in lines(SILENT)[-1]
    assert "It broke off." in lines(FAILED)[-1]
    assert lines(SILENT, plain=True)[-1] == "Exchange 1: no byte came back"


def test_frames_are_arrows_too() -> None:
    """Behind the handshake the frames of both sides are drawn, in their order."""
    drawn = lines(WEBSOCKET, plain=True)
    assert drawn[0] == "Exchange 1, client to server: GET /ws"
    assert drawn[-3:] == [
        "Exchange 1, client to server: frame text Hello",
        "Exchange 1, server to client: frame text hi",
        "Exchange 1, server to client: frame close 1000 bye",
    ]


def test_more_frames_than_a_screen_holds_are_counted() -> None:
    """Of many frames the first are drawn, and a mark says how many more there are and where."""
    frames = tuple(Piece(Direction.RESPONSE, 0.5 + place / 10, b"\x81\x01%d" % place) for place in range(10))
    long = Exchange((*WEBSOCKET.pieces[:2], *frames), duration_s=2.0)
    assert "… 4 more parts (:r 1)" in lines(long)[-1]


HOSTILE = exchange(
    b"GET /" + "李辉".encode() * 13 + b" HTTP/1.1\r\nCookie: \x1b[31m\x07\xff\r\n\r\n",
    b"HTTP/1.1 200 " + b"x" * 300 + b"\r\nLocation: " + b"/y" * 300 + b"\r\n\r\n" + "李".encode() * 20,
)


@pytest.mark.parametrize("width", [20, 40, 50, 80, 200])
@pytest.mark.parametrize("fold", range(FOLDS + 1))
def test_it_never_is_wider_than_the_screen_and_cuts_with_a_mark(width: int, fold: int) -> None:
    """Rows end at the server's lifeline, in Chinese too; what does not fit ends in a mark."""
    drawn = lines(LOGIN, ME, SILENT, FAILED, HOSTILE, WEBSOCKET, width=width, fold=fold)
    rows = [row for row in drawn if not row.startswith("…")]
    assert {cell_len(row) for row in rows} == {min(width, 76)}
    assert all("…" in row for row in rows if "xxx" in row or "/y/y" in row)
    assert "\x1b" not in "".join(drawn)


def test_folding_takes_the_space_first_then_the_bodies_with_a_mark() -> None:
    """The rows between exchanges go first; bodies go last, and a mark says how many and how to see them."""
    whole, spaceless, least = (lines(LOGIN, ME, fold=fold) for fold in range(3))
    assert len(spaceless) == len(whole) - 1
    assert "Grey" in "".join(spaceless)
    assert least[-1] == "… 2 bodies (:v)"
    assert len(least) == len(spaceless) - 1
    assert lines(LOGIN, ME, plain=True, fold=2)[-1] == "Folded: 2 bodies. :v shows all."


def test_an_ascii_terminal_gets_arrows_too() -> None:
    """Where lines cannot be encoded, dashes and bars stand for them."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    Output(stream, {"COLUMNS": "50", "LINES": "20"}).show(
        sequence_lines([LOGIN], width=50, plain=False, ascii_only=True)
    )
    stream.flush()
    stream.seek(0)
    text = stream.read()
    assert "|- POST /login -----" in text
    assert "\\u" not in text
