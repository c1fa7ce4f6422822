"""An exchange drawn while it runs, against the same one drawn whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire import recorded
from tutor.screen.arriving import ArrivingExchange
from tutor.screen.whole import whole_lines
from tutor.screen.wire import View
from tutor.wire.exchange import Direction, Exchange, Piece
from tutor.wire.frames import Opcode, close_payload, frame_bytes

RAW = View(line_ends=True)
BINARY = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\ndata: 2\n\ncut"
HELLO = frame_bytes(Opcode.TEXT, b"hi")
BYE = frame_bytes(Opcode.CLOSE, close_payload(1000, "bye"))

EXCHANGES = {
    "short": (recorded.GET, recorded.OK),
    "form": (recorded.FORM, recorded.NOT_ALLOWED),
    "a chunked request": (recorded.CHUNKED_REQUEST, recorded.NO_CONTENT),
    "interim": (recorded.FORM, b"HTTP/1.1 100 Continue\r\n\r\n" + recorded.OK),
    "chunks": (recorded.GET, recorded.CHUNKED),
    "chunks that break off": (recorded.GET, recorded.CHUNKED[:-12]),
    "trailers": (recorded.GET, recorded.TRAILERS),
    "coded chunks": (recorded.GET, BINARY + b"3\r\n\x1f\x8b\x00\r\n2\r\n\x00\x01\r\n0\r\n\r\n"),
    "until close": (recorded.GET, UNTIL_CLOSE),
    "no response": (recorded.GET, b""),
    "no request line": (b"GARBAGE\r\n\r\n", b"not http"),
    "a head that breaks off": (recorded.GET, recorded.OK[:60]),
    "a request that breaks off": (recorded.FORM[:-3], b""),
    "a websocket": (recorded.UPGRADE, recorded.SWITCHED + HELLO + BYE),
    "a frame that breaks off": (recorded.UPGRADE, recorded.SWITCHED + HELLO + BYE[:3]),
}


def pieces(request: bytes, response: bytes, cuts: Sequence[int] = ()) -> list[Piece]:
    """The bytes as pieces, cut at these places of both directions, a millisecond apart."""
    found = []
    for direction, data in ((Direction.REQUEST, request), (Direction.RESPONSE, response)):
        places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
        parts = (data[start:stop] for start, stop in pairwise(places))
        found += [(direction, part) for part in parts]
    return [Piece(direction, place / 1000, part) for place, (direction, part) in enumerate(found)]


def drawn(parts: Sequence[Piece]) -> list[str]:
    """All lines of an exchange that came piece by piece."""
    drawing = ArrivingExchange(RAW)
    lines = []
    for count in range(1, len(parts) + 1):
        lines += drawing.fresh(Exchange(tuple(parts[:count])), ended=False)
    lines += drawing.fresh(Exchange(tuple(parts)), ended=True)
    return untimed([line.plain for line in lines])


def untimed(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if not re.fullmatch(r"\(\+[0-9]+ ms\)", line)]


def whole(parts: Sequence[Piece]) -> list[str]:
    return untimed(
        [line.plain for line in whole_lines(Exchange(tuple(parts)), ascii_only=False, plain=False)]
    )


@pytest.mark.parametrize("name", [name for name in EXCHANGES if name not in {"interim", "coded chunks"}])
@given(cuts=st.lists(st.integers(1, 400), max_size=12))
def test_line_for_line_it_is_what_the_whole_exchange_is(name: str, cuts: list[int]) -> None:
    """However the bytes come, every line is drawn once, in its order; notes stand at the end."""
    parts = pieces(*EXCHANGES[name], cuts)
    assert sorted(drawn(parts)) == sorted(whole(parts))
    notes = {note for note in whole(parts) if note.endswith((".", "ms"))}
    assert [line for line in drawn(parts) if line not in notes] == [
        line for line in whole(parts) if line not in notes
    ]


def test_interim_responses_and_coded_chunks_are_drawn_too() -> None:
    """100 Continue stands before the final response; coded data is a hexdump."""
    assert "HTTP/1.1 100 Continue␍␊" in drawn(pieces(*EXCHANGES["interim"], [25]))
    assert any(line.startswith("00000000  1f 8b 00") for line in drawn(pieces(*EXCHANGES["coded chunks"])))


def test_nothing_is_drawn_of_half_a_request_and_chunks_come_one_by_one() -> None:
    """The request is drawn when it is whole, and each chunk as soon as its line end is there."""
    drawing = ArrivingExchange(RAW)
    request, response = EXCHANGES["chunks"]
    head, _empty, body = response.partition(b"\r\n\r\n")
    steps = [
        (request[:-2], b"", 0),
        (request, b"", request.count(b"\n") + 1),
        (request, head, 0),
        (request, head + b"\r\n\r\n", head.count(b"\n") + 3),
        (request, head + b"\r\n\r\n" + body[:4], 0),
        (request, head + b"\r\n\r\n" + body[:6], 3),
    ]
    for asked, answered, count in steps:
        found = drawing.fresh(Exchange(tuple(pieces(asked, answered))), ended=False)
        assert len(found) == count, (answered, [line.plain for line in found])


def test_a_part_says_when_it_came() -> None:
    """Before a chunk stands its time since the request, on a line of its own."""
    drawing = ArrivingExchange(RAW)
    request, response = EXCHANGES["chunks"]
    exchange = Exchange((Piece(Direction.REQUEST, 0.1, request), Piece(Direction.RESPONSE, 0.35, response)))
    lines = [line.plain for line in drawing.fresh(exchange, ended=False)]
    assert lines[lines.index("(+250 ms)") + 1] == "1␍␊"


def test_a_body_that_never_ends_is_cut_with_a_note() -> None:
    """Beyond 64 KiB nothing is drawn, and at the end the whole length is told."""
    chunk = b"1000\r\n" + b"x" * 4095 + b"\n\r\n"
    response = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 40
    lines = drawn(pieces(recorded.GET, response))
    assert 16 <= sum(line.startswith("xxxx") for line in lines) <= 17
    assert "(The body has 163,840 bytes; the first 65,536 are shown.)" in lines
