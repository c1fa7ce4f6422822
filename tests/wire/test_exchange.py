"""An exchange reads its recorded pieces as one request and its responses."""

from __future__ import annotations

import pickle

from tests.wire import recorded
from tutor.wire.exchange import Direction, Exchange, Piece

ASKED = recorded.FORM.replace(b"Content-Length", b"Expect: 100-continue\r\nContent-Length")
HEAD_LENGTH = ASKED.index(b"name=grey")


def exchange() -> Exchange:
    """A form that waits for 100 Continue; the response comes in two pieces."""
    return Exchange(
        (
            Piece(Direction.REQUEST, 0.001, ASKED[:HEAD_LENGTH]),
            Piece(Direction.RESPONSE, 0.002, recorded.CONTINUE),
            Piece(Direction.REQUEST, 0.003, ASKED[HEAD_LENGTH:]),
            Piece(Direction.RESPONSE, 0.004, recorded.OK[:40]),
            Piece(Direction.RESPONSE, 0.005, recorded.OK[40:]),
        )
    )


def test_pieces_are_read_by_direction() -> None:
    """Bytes that were recorded in turns are read as one request, an interim and a final response."""
    read = exchange()
    assert read.data(Direction.REQUEST) == ASKED
    assert read.request is not None
    assert read.request.body == b"name=grey"
    assert [message.status for message in read.responses] == [100, 200]
    assert read.response is read.responses[1]


def test_a_head_request_gives_a_response_without_a_body() -> None:
    """The request's method decides whether the response has a body."""
    pieces = (
        Piece(Direction.REQUEST, 0.0, recorded.GET.replace(b"GET", b"HEAD", 1)),
        Piece(Direction.RESPONSE, 0.1, recorded.HEAD_OK),
    )
    response = Exchange(pieces).response
    assert response is not None
    assert (response.complete, response.content_length, response.body_length) == (True, 13, 0)


def test_a_handshake_is_answered_by_101() -> None:
    """101 is a final answer, although its class is that of interim responses."""
    read = Exchange(
        (
            Piece(Direction.REQUEST, 0.0, recorded.UPGRADE),
            Piece(Direction.RESPONSE, 0.1, recorded.SWITCHED + recorded.FRAMES),
        )
    )
    assert read.response is not None
    assert (read.response.status, read.response.raw_body) == (101, recorded.FRAMES)


def test_a_body_that_the_app_never_read_is_counted() -> None:
    """What Content-Length announced and nobody read off the socket is told in bytes."""
    unread = Exchange((Piece(Direction.REQUEST, 0.0, ASKED[:HEAD_LENGTH]),))
    assert unread.unread_body_bytes == 9
    assert exchange().unread_body_bytes == 0


def test_dropped_bytes_count_as_read() -> None:
    """A long upload of which only the beginning was stored is not called unread."""
    head = b"POST / HTTP/1.1\r\nContent-Length: 5000\r\n\r\n"
    read = Exchange((Piece(Direction.REQUEST, 0.0, head + b"x" * 1000, dropped=4000),))
    assert read.unread_body_bytes == 0
    assert read.request is not None
    assert read.request.body_length == 5000


def test_nothing_recorded_is_no_message() -> None:
    """Where no byte crossed the socket there is neither request nor response."""
    assert (Exchange(()).request, Exchange(()).response) == (None, None)


def test_an_exchange_goes_through_a_pipe() -> None:
    """An exchange that was read already survives pickling and stays equal."""
    read = exchange()
    assert read.response is not None
    again = pickle.loads(pickle.dumps(read))
    assert again == read
    assert again.response == read.response
