"""Bytes as a person spells them: raw blocks of a lesson, and whole messages in an editor."""

from __future__ import annotations

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.wire.raw_text import has_line_end, is_typeable, message_text, parse_message, parse_raw_block
from tutor.wire.request import RequestSyntaxError

SCRAPS = st.lists(
    st.sampled_from(
        [
            b"GET / HTTP/1.1",
            b"Host: x",
            b"\r\n",
            b"\n",
            b"\r",
            b"\\",
            b"\\n",
            b"\x00",
            b"\xff",
            b"\t",
            "李".encode(),
        ]
    ),
    max_size=12,
).map(b"".join)


def test_a_raw_block_spells_bytes() -> None:
    """Line ends in the file are nothing; escapes and characters are the bytes that go out."""
    block = "GET /hello HTTP/1.1\\r\\n\nHost: x\\r\\n\n\\r\\n\\x00\\xFF\\t\\\\ 李\n"
    assert (
        parse_raw_block(block).data == b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n\x00\xff\t\\ " + "李".encode()
    )


@pytest.mark.parametrize(("block", "place"), [("ab\\q", (1, 3)), ("a\n\\x4", (2, 1)), ("a\\", (1, 2))])
def test_an_unknown_escape_has_a_place(block: str, place: tuple[int, int]) -> None:
    """An escape that means nothing is told with its place and the escapes there are."""
    with pytest.raises(RequestSyntaxError) as caught:
        parse_raw_block(block)
    assert (caught.value.line, caught.value.column) == place
    assert "Write \\r, \\n, \\t, \\\\ or \\xNN" in caught.value.message


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_every_octet_can_be_spelled(data: bytes) -> None:
    """Any bytes can be written as a raw block."""
    assert parse_raw_block("".join(f"\\x{octet:02x}" for octet in data)).data == data


def test_a_raw_block_is_readable() -> None:
    """An independent parser finds the head that a raw block spells."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(parse_raw_block("GET /a HTTP/1.1\\r\\n\nHost: x\\r\\n\n\\r\\n").data)
    event = connection.next_event()
    assert isinstance(event, h11.Request)
    assert event.target == b"/a"


def test_a_block_repeats_an_octet_and_marks_pauses() -> None:
    """A count behind an octet repeats it; a pause is a place in the bytes and none of them."""
    raw = parse_raw_block("X: \\x61{3}\\r\\n\\p\\r\\n")
    assert (raw.data, raw.pauses) == (b"X: aaa\r\n\r\n", (8,))


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("GET / HTTP/1.1\nHost: x\n\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("GET / HTTP/1.1\nHost: x\n", b"GET / HTTP/1.1\r\nHost: x\r\n"),
        ("GET / HTTP/1.1\\n\nHost: x\\n\n\\n", b"GET / HTTP/1.1\nHost: x\n\n"),
        ("GET / HTTP/1.1\nX: a\\\nb\n\n", b"GET / HTTP/1.1\r\nX: ab\r\n\r\n"),
        ("A: \\\\\n\n", b"A: \\\r\n\r\n"),
        ("A: \\x00\\x61{4}\n", b"A: \x00aaaa\r\n"),
        ('P / HTTP/1.1\n\n{"a": "b\\nc"}', b'P / HTTP/1.1\r\n\r\n{"a": "b\\nc"}'),
        ("P / HTTP/1.1\n\n5\nhello\n0\n\n", b"P / HTTP/1.1\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
        ("\nGET", b"\r\nGET"),
    ],
)
def test_a_typed_message_goes_out_with_crlf(text: str, data: bytes) -> None:
    """Each line end is CRLF, unless the head writes another out; a body stands as it was typed."""
    assert parse_message(text).data == data


def test_a_pasted_head_is_what_a_parser_expects() -> None:
    """A head pasted with bare LF line ends arrives as a request that h11 reads."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(parse_message("GET /a HTTP/1.1\nHost: x\nAccept: */*\n\n").data)
    event = connection.next_event()
    assert isinstance(event, h11.Request)
    assert event.headers == [(b"host", b"x"), (b"accept", b"*/*")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "The message is empty."),
        ("GET / HTTP/1.1\nX: \\q\n", "\\q means nothing here."),
        ("X: \\p", "\\p means nothing here."),
        ("X: \\x61{999999999}", "A message has 1,048,576 bytes at most here."),
    ],
)
def test_a_message_that_cannot_be_sent_is_told(text: str, words: str) -> None:
    """What cannot be read as bytes is one clear error."""
    with pytest.raises(RequestSyntaxError) as caught:
        parse_message(text)
    assert words in caught.value.message


@settings(deadline=None)
@given(st.one_of(SCRAPS, st.binary(max_size=40)))
def test_what_was_sent_can_be_edited_again(data: bytes) -> None:
    """Any bytes have a text of printable characters that stands for just them."""
    if not data:
        return
    text = message_text(data)
    assert is_typeable(text)
    assert parse_message(text).data == data


def test_an_ordinary_message_reads_as_itself() -> None:
    """A message that a person could have typed is not written out in escapes."""
    data = b"POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\nname=\xe6\x9d\x8e"
    assert message_text(data) == "POST /form HTTP/1.1\nHost: x\nContent-Length: 7\n\nname=李"


def test_the_editor_knows_which_lines_end_in_crlf() -> None:
    """A line end that is written out, or joined, is not drawn as CRLF."""
    assert has_line_end("Host: x")
    assert has_line_end("X: \\\\")
    assert not has_line_end("Host: x\\n")
    assert not has_line_end("Host: x\\")
