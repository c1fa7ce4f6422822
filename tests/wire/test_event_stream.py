"""Server-sent events by the rules of the HTML standard, however the body is cut."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tutor.wire.event_stream import (
    EventStreamReader,
    ServerEvent,
    events,
    is_event_stream,
    parse_event_stream,
)
from tutor.wire.exchange import Direction, Exchange, Piece
from tutor.wire.message import parse_responses

FRAGMENTS = (
    b"data",
    b"data:",
    b"data: x",
    b"event: tick",
    b"id: 7",
    b"id",
    b"retry: 200",
    b": note",
    b"\xef\xbb\xbf",
)
STREAMS = st.lists(
    st.sampled_from((*FRAGMENTS, b"\n", b"\r\n", b"\r", b"\n\n", b"\xff", b"\0")), max_size=30
).map(b"".join)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", [("YHOO\n+2\n10", "message")]),
        (
            b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event",
            [("first event",), ("second event",)],
        ),
        (b"data\n\ndata\ndata\n\ndata:", [("",), ("\n",)]),
        (b"data:test\n\ndata: test\n\n", [("test",), ("test",)]),
        (b"event: add\ndata: 73857293\n\nevent: add\n\ndata: 1\n\n", [("73857293", "add"), ("1", "message")]),
        (b"event:\ndata: 1\n\n", [("1", "message")]),
        (b"\xef\xbb\xbfdata: 1\n\n\xef\xbb\xbfdata: 2\n\n", [("1",)]),
        (b"datas: 1\nDATA: 2\n data: 3\n\n", []),
        (b"data: a:b: c\n\n", [("a:b: c",)]),
        (b"data: \xe6\x9d\x8e\xff\n\n", [("李\udcff",)]),
        (b"data: 1\n", []),
        (b"data: 1", []),
        (b"", []),
        (b"\n\n\n", []),
        (b"retry: 2000\n\n", []),
    ],
)
def test_events_of_a_body(body: bytes, expected: list[tuple[str, ...]]) -> None:
    """Data lines are joined by LF; without data, or without its empty line, nothing is dispatched."""
    found = parse_event_stream(body)
    assert [
        (each.data, each.type)[: len(want)] for each, want in zip(found, expected, strict=True)
    ] == expected


def test_every_line_end_counts() -> None:
    """CR, LF and CRLF end a line, mixed at will."""
    body = b"data: 1\r\ndata: 2\rdata: 3\n\r\ndata: 4\r\rdata: 5\n\ndata: 6\r\n\rdata: 7\n\r"
    assert [each.data for each in parse_event_stream(body)] == ["1\n2\n3", "4", "5", "6", "7"]


def test_the_last_id_and_the_retry_are_kept() -> None:
    """An id and a reconnection time hold until another comes; what is none is passed over."""
    body = (
        b"retry: 2000\n\ndata: 1\n\nid: 7\ndata: 2\n\ndata: 3\n\nid: 8\0\nretry: 2s\ndata: 4\n\n"
        b"id\nretry: 010\ndata: 5\n\nretry:" + b"9" * 5000 + b"\ndata: 6\n\n"
    )
    assert [(each.id, each.retry) for each in parse_event_stream(body)] == [
        ("", 2000),
        ("7", 2000),
        ("7", 2000),
        ("7", 2000),
        ("", 10),
        ("", 10),
    ]


@given(STREAMS, st.lists(st.integers(0, 60), max_size=8))
@example(b"data: xid\ndata\n\r\n", [16])
def test_it_does_not_matter_how_a_body_is_cut(body: bytes, cuts: list[int]) -> None:
    """Fed in any parts, a body gives the same events, and each ends with its empty line."""
    whole = parse_event_stream(body)
    places = sorted({0, *(cut for cut in cuts if cut <= len(body)), len(body)})
    reader = EventStreamReader()
    found: list[ServerEvent] = []
    for start, stop in pairwise(places):
        found += reader.feed(body[start:stop])
    # Cut inside a CRLF, an event is dispatched at the CR, before its LF can be known.
    ends = [
        each.end + body.startswith(b"\n", each.end) * (body[each.end - 1 : each.end] == b"\r")
        for each in found
    ]
    assert tuple(replace(each, end=end) for each, end in zip(found, ends, strict=True)) == whole
    assert [each.end for each in whole] == sorted({each.end for each in whole})
    for each in whole:
        assert body[: each.end].endswith((b"\n", b"\r"))
        assert parse_event_stream(body[: each.end])[-1] == each


def test_a_long_line_octet_by_octet_takes_no_time() -> None:
    """A line as long as the record, fed octet by octet, is no quadratic matter."""
    reader = EventStreamReader()
    start_s = time.perf_counter()
    for _place in range(262_144):
        assert reader.feed(b"x") == ()
    assert time.perf_counter() - start_s < 20


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def exchange(*parts: tuple[float, bytes]) -> Exchange:
    """A GET, and a response in these pieces."""
    asked = Piece(Direction.REQUEST, 0.5, b"GET /sse HTTP/1.1\r\n\r\n")
    return Exchange((asked, *(Piece(Direction.RESPONSE, at_s, data) for at_s, data in parts)))


def test_an_event_arrives_with_its_empty_line() -> None:
    """An event in two chunks, and two events in one chunk, have the time of the piece that ends them."""
    found = events(
        exchange(
            (1.0, b"HTTP/1.1 100 Continue\r\n\r\n"),
            (1.1, CHUNKED),
            (2.0, b"8\r\ndata: 1\n\r\n"),
            (3.0, b"9\r\n\ndata: 2\n\r\n"),
            (4.0, b"a\r\n\ndata: "),
            (5.0, b"3\n\n\r\n"),
            (6.0, b"9\r\ndata: 4\n\n\r\n0\r\n\r\n"),
        )
    )
    assert [(each.data, each.at_s) for each in found] == [("1", 3.0), ("2", 4.0), ("3", 5.0), ("4", 6.0)]


def test_times_without_chunks() -> None:
    """A stream that the close ends has times too."""
    found = events(exchange((1.0, HEAD + b"\r\ndata: 1\n"), (2.0, b"\n"), (3.0, b"data: 2\n\n")))
    assert [(each.data, each.at_s) for each in found] == [("1", 2.0), ("2", 3.0)]


def test_only_an_event_stream_has_events() -> None:
    """Another media type, or no response, has none, as a browser would have it."""
    html = HEAD.replace(b"text/event-stream", b"text/html")
    assert events(exchange((1.0, html + b"\r\ndata: 1\n\n"))) == ()
    assert events(exchange()) == ()
    (response,) = parse_responses(HEAD.replace(b"text/event-stream", b"Text/Event-Stream ") + b"\r\n")
    assert is_event_stream(response)
    assert not is_event_stream(None)


@given(STREAMS, st.lists(st.integers(1, 9), max_size=20))
def test_every_event_has_a_time(body: bytes, sizes: list[int]) -> None:
    """However a body falls into chunks, each event has the time at which its last octet came."""
    chunks: list[bytes] = []
    at = 0
    for size in (*sizes, len(body) + 1):
        chunks += [body[at : at + size]] if body[at : at + size] else []
        at += size
    parts = [(0.0, CHUNKED)]
    arrived: list[int] = []
    for number, chunk in enumerate(chunks, start=1):
        parts.append((float(number), b"%x\r\n%b\r\n" % (len(chunk), chunk)))
        arrived += [number] * len(chunk)
    assert [each.at_s for each in events(exchange(*parts))] == [
        float(arrived[each.end - 1]) for each in parse_event_stream(body)
    ]
