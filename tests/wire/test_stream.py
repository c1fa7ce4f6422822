"""What came bit by bit, with its times."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire import recorded
from tutor.wire.exchange import Direction, Exchange, Piece
from tutor.wire.frames import Opcode, close_payload, frame_bytes
from tutor.wire.message import body_spans, parse_responses
from tutor.wire.stream import PartKind, chunk_times, stream_parts


def exchange(*pieces: tuple[float, bytes], request: bytes = recorded.GET) -> Exchange:
    """A request at half a second, and a response in these pieces."""
    asked = Piece(Direction.REQUEST, 0.5, request)
    return Exchange((asked, *(Piece(Direction.RESPONSE, at_s, data) for at_s, data in pieces)))


HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_chunks_have_the_times_of_their_data() -> None:
    """Each chunk counts from the request to its last octet of data."""
    read = exchange((0.6, HEAD + b"2\r\n"), (0.75, b"ab"), (1.0, b"\r\n3\r\nc"), (1.5, b"de\r\n0\r\n\r\n"))
    assert [(part.kind, part.at_s, part.data, part.text) for part in stream_parts(read)] == [
        (PartKind.CHUNK, 0.25, b"ab", "ab"),
        (PartKind.CHUNK, 1.0, b"cde", "cde"),
    ]
    assert read.response is not None
    assert chunk_times(read, read.response) == (0.25, 1.0)
    assert read.request is not None
    assert chunk_times(read, read.request) == ()


def test_events_hold_every_octet_of_the_body() -> None:
    """The parts of an event stream are its events, each with the comments and fields before it."""
    stream = HEAD.replace(b"\r\n\r\n", b"\r\nContent-Type: text/event-stream\r\n\r\n")
    body = b"retry: 1\n\n: note\n\nevent: tick\ndata: 1\n\n"
    read = exchange((1.0, stream + b"%x\r\n%b\r\n" % (len(body), body)), (2.0, b"9\r\ndata: 2\n\n\r\n"))
    assert [(part.kind, part.at_s, part.data, part.name) for part in stream_parts(read)] == [
        (PartKind.EVENT, 0.5, body, "tick"),
        (PartKind.EVENT, 1.5, b"data: 2\n\n", "message"),
    ]


def test_frames_of_both_sides_are_parts() -> None:
    """The parts of a WebSocket are its frames, from both sides."""
    read = exchange(
        (1.0, recorded.SWITCHED),
        (2.0, recorded.FRAMES + frame_bytes(Opcode.CLOSE, close_payload(1000, "bye"))),
        request=recorded.UPGRADE,
    )
    read = Exchange(
        (*read.pieces, Piece(Direction.REQUEST, 3.0, frame_bytes(Opcode.PING, b"", masking_key=b"abcd")))
    )
    assert [(part.direction.value, part.at_s, part.name, part.text) for part in stream_parts(read)] == [
        ("response", 1.5, "text", "echo:Hello"),
        ("response", 1.5, "close", "1000 bye"),
        ("request", 2.5, "ping", ""),
    ]


@pytest.mark.parametrize("response", [b"", recorded.OK, recorded.NO_CONTENT, HEAD + b"2\r\nab\r\n0\r\n\r\n"])
def test_what_came_at_once_is_no_stream(response: bytes) -> None:
    """A response without chunks, or in one, has no parts."""
    assert stream_parts(exchange((1.0, response))) == ()


@given(st.lists(st.binary(min_size=1, max_size=20), max_size=5), st.integers(0, 60))
def test_body_spans_find_the_body(chunks: list[bytes], cut: int) -> None:
    """The octets at a message's spans are its body, wherever its bytes end."""
    data = HEAD + b"".join(b"%x;a=b\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    (message,) = parse_responses(data[: len(HEAD) + cut])
    found = b"".join(message.raw_body[start:stop] for start, stop in body_spans(message))
    assert found == message.body


def test_only_a_close_ends_some_bodies() -> None:
    """A message tells whether its body ends with the connection alone."""
    ends = {data: parse_responses(data)[-1].until_close for data in recorded.RESPONSES}
    assert [data for data, until_close in ends.items() if until_close] == [recorded.CLOSED]
    assert parse_responses(recorded.WITHOUT_HEAD)[0].until_close
