"""Two messages aligned line by line."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from tests.wire import recorded
from tutor.wire.compare import Likeness, LinePart, Pair, compare
from tutor.wire.escape import wire_lines
from tutor.wire.message import Message, parse_requests, parse_responses


def response(data: bytes) -> Message:
    [message] = parse_responses(data)
    return message


def request(data: bytes) -> Message:
    [message] = parse_requests(data)
    return message


def told(pairs: tuple[Pair, ...], *likenesses: Likeness) -> list[tuple[bytes | None, bytes | None]]:
    """Both lines of the pairs of these kinds."""
    return [
        (pair.first.data if pair.first else None, pair.second.data if pair.second else None)
        for pair in pairs
        if pair.likeness in likenesses
    ]


CHANGED = (Likeness.DIFFERS, Likeness.FIRST_ONLY, Likeness.SECOND_ONLY)


def test_what_differs_between_200_and_304_is_told_and_nothing_else() -> None:
    """The status line, the fields of the body and the body; the date is apart from that."""
    whole = response(
        b"HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 08:29:39 GMT\r\nContent-Type: text/html\r\n"
        b'Content-Length: 3\r\nETag: "v1"\r\n\r\nTea'
    )
    same = response(b'HTTP/1.1 304 NOT MODIFIED\r\nDate: Sun, 22 Nov 2026 08:29:42 GMT\r\nETag: "v1"\r\n\r\n')
    pairs = compare(whole, same)
    assert told(pairs, *CHANGED) == [
        (b"HTTP/1.1 200 OK", b"HTTP/1.1 304 NOT MODIFIED"),
        (b"Content-Type: text/html", None),
        (b"Content-Length: 3", None),
        (b"Tea", None),
    ]
    assert told(pairs, Likeness.PASSING) == [
        (b"Date: Sun, 22 Nov 2026 08:29:39 GMT", b"Date: Sun, 22 Nov 2026 08:29:42 GMT")
    ]
    assert told(pairs, Likeness.SAME) == [(b'ETag: "v1"', b'ETag: "v1"'), (b"", b"")]


def test_fields_are_paired_by_name_whatever_their_order_and_case() -> None:
    """Another order of fields is no difference; another case of a name is one of that line."""
    first = request(b"GET / HTTP/1.1\r\nHost: a\r\nAccept: x\r\nCookie: c=1\r\n\r\n")
    second = request(b"GET / HTTP/1.1\r\ncookie: c=1\r\nAccept: x\r\nX-New: 1\r\nHost: a\r\n\r\n")
    assert told(compare(first, second), *CHANGED) == [
        (None, b"X-New: 1"),
        (b"Cookie: c=1", b"cookie: c=1"),
    ]


def test_lines_of_one_name_are_paired_in_their_order() -> None:
    """Of two cookies that are set, the one that is new stands alone."""
    one = response(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n")
    two = response(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n")
    assert told(compare(one, two), *CHANGED) == [(None, b"Set-Cookie: b=2")]


def test_another_port_in_host_is_no_difference_but_another_name_is() -> None:
    """The sandbox's port is another one each time."""

    def host(value: bytes) -> Message:
        return request(b"GET / HTTP/1.1\r\nHost: " + value + b"\r\n\r\n")

    ports = compare(host(b"127.0.0.1:5000"), host(b"127.0.0.1:40123"))
    assert [pair.likeness for pair in ports if pair.part is LinePart.FIELD] == [Likeness.PASSING]
    names = compare(host(b"127.0.0.1:5000"), host(b"localhost:5000"))
    assert [pair.likeness for pair in names if pair.part is LinePart.FIELD] == [Likeness.DIFFERS]


def test_body_lines_that_say_the_same_stand_beside_each_other() -> None:
    """A line that only one body has does not shift all that follow."""
    first = response(b"HTTP/1.1 200 OK\r\n\r\none\ntwo\nthree\n")
    second = response(b"HTTP/1.1 200 OK\r\n\r\none\nnew\ntwo\nthree\n")
    assert told(compare(first, second), *CHANGED) == [(None, b"new")]


def test_a_line_end_alone_is_a_difference() -> None:
    """A bare LF against CRLF makes a field differ."""
    first = request(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    second = request(b"GET / HTTP/1.1\r\nHost: a\n\r\n")
    assert told(compare(first, second), *CHANGED) == [(b"Host: a", b"Host: a")]


def test_bodies_are_compared_without_chunked_coding() -> None:
    """The same text in chunks and with a length differs in the fields alone."""
    chunked = response(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
    )
    plain = response(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
    assert told(compare(chunked, plain), *CHANGED) == [
        (None, b"Content-Length: 5"),
        (b"Transfer-Encoding: chunked", None),
    ]


def test_octets_are_compared_as_a_hexdump() -> None:
    """Of two images the row of the octet that differs is told."""
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    pairs = compare(response(head + bytes(range(40))), response(head + bytes([*range(39), 255])))
    [(first, second)] = told(pairs, *CHANGED)
    assert first is not None
    assert second is not None
    assert first.startswith(b"00000020  20 21 22 23 24 25 26 27")
    assert second.endswith(b".|")


def test_a_message_that_did_not_come_leaves_the_others_lines_alone() -> None:
    """Without a second response every line is the first one's."""
    pairs = compare(response(recorded.OK), None)
    assert {pair.likeness for pair in pairs} == {Likeness.FIRST_ONLY}
    assert len(pairs) == len(wire_lines(recorded.OK))
    assert compare(None, None) == ()


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_every_line_of_both_is_there_once(first: bytes, second: bytes) -> None:
    """Whatever arrived, no line is lost and none is made up; the first one's keep their order."""
    messages = [(parse_requests(data) or (None,))[0] for data in (first, second)]
    pairs = compare(*messages)
    for message, lines in zip(
        messages, ([pair.first for pair in pairs], [pair.second for pair in pairs]), strict=True
    ):
        heads = wire_lines(message.head) if message else ()
        compared = [pair for pair, line in zip(pairs, lines, strict=True) if line is not None]
        found = [line for line in lines if line is not None]
        head = [line for pair, line in zip(compared, found, strict=True) if pair.part is not LinePart.BODY]
        assert sorted((line.data, line.end) for line in head) == sorted(
            (line.data, line.end) for line in heads
        )
    assert [pair.likeness for pair in compare(messages[0], messages[0])].count(Likeness.SAME) == len(
        compare(messages[0], messages[0])
    )


def test_large_bodies_that_share_nothing_take_no_long_time() -> None:
    """Tens of thousands of lines without a common one are paired by their places."""
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    first, second = (
        response(head + b"".join(b"%s%d\n" % (mark, place % 97) for place in range(12_000)))
        for mark in (b"a", b"b")
    )
    started_s = time.process_time()
    pairs = compare(first, second)
    assert time.process_time() - started_s < 5
    assert sum(pair.likeness is Likeness.DIFFERS for pair in pairs) > 10_000
