"""Recorded bytes as messages: nothing is lost, nothing fails, and an independent parser agrees."""

from __future__ import annotations

import time

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wire import recorded
from tutor.wire.message import Message, parse_requests, parse_responses

FRAGMENTS = (
    *(
        b"GET / HTTP/1.1",
        b"POST /a b HTTP/1.1",
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 101 Switching Protocols",
        b"HTTP/1",
    ),
    *(
        b"HTTP/1.1 100 Continue",
        b"HTTP/1.1 204 No Content",
        b"Transfer-Encoding: chunked",
        b"Content-Length: 5",
    ),
    *(
        b"Content-Length: x",
        b"Upgrade: websocket",
        b"Content-Type: text/html; charset=idna",
        b"5",
        b"0",
        b"fffffff",
    ),
    *(b"\r\n", b"\n", b"\r", b"\r\n\r\n", b" ", b"\t", b":", b";", b"hello", b"\0", b"\x1b[31m", b"\xff\xfe"),
)
ANY_BYTES = st.one_of(
    st.binary(max_size=300), st.lists(st.sampled_from(FRAGMENTS), max_size=25).map(b"".join)
)


def joined(messages: tuple[Message, ...]) -> bytes:
    return b"".join(message.head + message.raw_body for message in messages)


def the_request(data: bytes, dropped: int = 0) -> Message:
    (message,) = parse_requests(data, dropped=dropped)
    return message


def the_response(data: bytes, method: str = "GET", dropped: int = 0) -> Message:
    (message,) = parse_responses(data, method=method, dropped=dropped)
    return message


def h11_response(data: bytes, method: str = "GET") -> tuple[h11.Response, bytes, h11.EndOfMessage]:
    """The final response as h11 reads it."""
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method=method, target="/", headers=[("Host", "x")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    connection.receive_data(b"")
    response: h11.Response | None = None
    body = b""
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Response):
            response = event
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            assert response is not None
            return response, body, event


@settings(deadline=None)  # time is held by test_hostile_bytes_take_no_time
@given(ANY_BYTES, st.sampled_from(["", "GET", "HEAD", "CONNECT"]), st.integers(0, 20))
def test_any_response_bytes_come_back_whole(data: bytes, method: str, dropped: int) -> None:
    """Whatever a server sends is read without failing, and not one byte of it is lost or moved."""
    messages = parse_responses(data, method=method, dropped=dropped)
    assert joined(messages) == data
    for message in messages:
        read_everything(message)
        assert not message.is_request


@settings(deadline=None)  # time is held by test_hostile_bytes_take_no_time
@given(ANY_BYTES, st.integers(0, 20))
def test_any_request_bytes_come_back_whole(data: bytes, dropped: int) -> None:
    """Whatever a client sends is read without failing, and not one byte of it is lost or moved."""
    messages = parse_requests(data, dropped=dropped)
    assert joined(messages) == data
    for message in messages:
        read_everything(message)
        assert message.is_request


def read_everything(message: Message) -> None:
    """Every property can be read, and none of them holds a line end of the head."""
    assert (
        message.body_length == len(message.body) + message.body_dropped <= len(message.body) + message.dropped
    )
    assert 0 <= message.status <= 999
    for text in (message.method, message.target, message.version, message.reason):
        assert "\n" not in text
    assert len(message.text) <= len(message.body)
    assert (message.value("Content-Length") is None) == (message.values("content-length") == ())


@pytest.mark.parametrize("data", recorded.RESPONSES)
def test_responses_read_as_h11_reads_them(data: bytes) -> None:
    """A recorded response's status, fields, body and trailers are what an independent parser finds."""
    message = parse_responses(data, method="GET")[-1]
    response, body, end = h11_response(data)
    assert message.status == response.status_code
    assert message.reason.encode() == response.reason
    assert message.version == f"HTTP/{response.http_version.decode()}"
    assert [(field.name, field.value) for field in message.fields] == [*response.headers.raw_items()]
    assert message.body == body
    assert message.body_length == len(body)
    assert [(field.name, field.value) for field in message.trailers] == [*end.headers.raw_items()]
    assert message.complete


@pytest.mark.parametrize("data", recorded.REQUESTS)
def test_requests_read_as_h11_reads_them(data: bytes) -> None:
    """Method, target, fields and body of a recorded request are what an independent parser finds."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(data)
    request = connection.next_event()
    assert isinstance(request, h11.Request)
    body = b""
    while isinstance(event := connection.next_event(), h11.Data):
        body += bytes(event.data)
    message = the_request(data)
    assert (message.method.encode(), message.target.encode()) == (request.method, request.target)
    assert [(field.name, field.value) for field in message.fields] == [*request.headers.raw_items()]
    assert message.body == body
    assert message.complete
    assert message.notes == ()


@settings(deadline=None)  # time is held by test_hostile_bytes_take_no_time
@given(
    st.integers(200, 599).filter(lambda code: code not in (204, 304)),
    st.lists(st.binary(min_size=1, max_size=40), max_size=5),
    st.booleans(),
)
def test_what_h11_writes_is_read_back(code: int, pieces: list[bytes], chunked: bool) -> None:
    """A response written by an independent implementation, chunked or with a length, gives back its body."""
    framing = ("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(len(b"".join(pieces))))
    server = h11.Connection(h11.SERVER)
    server.receive_data(recorded.GET)
    server.next_event()
    server.next_event()
    data = server.send(h11.Response(status_code=code, headers=[framing], reason=b"SO SO")) or b""
    for piece in pieces:
        data += server.send(h11.Data(data=piece)) or b""
    data += server.send(h11.EndOfMessage()) or b""
    message = the_response(data)
    assert (message.status, message.reason, message.body) == (code, "SO SO", b"".join(pieces))
    assert message.complete
    assert message.notes == ()
    assert [chunk.data for chunk in message.chunks] == (pieces if chunked else [])


@pytest.mark.parametrize("data", [*recorded.RESPONSES, *recorded.REQUESTS])
def test_every_beginning_of_a_message_is_read(data: bytes) -> None:
    """A message cut anywhere still shows all of its bytes, and is complete only when all are there."""
    parse = parse_responses if data.startswith(b"HTTP/") else parse_requests
    ends_by_close = data == recorded.CLOSED
    for length in range(1, len(data)):
        messages = parse(data[:length])
        assert joined(messages) == data[:length]
        whole_interim = data.startswith(recorded.CONTINUE) and length == len(recorded.CONTINUE)
        if not ends_by_close and not whole_interim:
            assert not messages[-1].complete
    assert parse(data)[-1].complete


def test_a_head_without_its_empty_line_is_still_read() -> None:
    """A request that waits for its empty line shows its method and fields, and says what is missing."""
    message = the_request(b"GET /hello HTTP/1.1\r\nHost: x\r\n")
    assert (message.method, message.target, message.value("host")) == ("GET", "/hello", "x")
    assert not message.complete
    assert message.notes == ("The empty line that ends the head is missing.",)


def test_interim_responses_stand_before_the_final_one() -> None:
    """Two 100 Continue and the final response are three messages."""
    messages = parse_responses(recorded.CONTINUE * 2 + recorded.OK, method="POST")
    assert [message.status for message in messages] == [100, 100, 200]
    assert messages[-1].body == b"Hello, Flask!"


def test_after_101_everything_belongs_to_the_other_protocol() -> None:
    """Frames behind a 101 are kept as they are, even where they hold what looks like a response."""
    message = the_response(recorded.SWITCHED + recorded.FRAMES + recorded.OK)
    assert message.raw_body == recorded.FRAMES + recorded.OK
    assert (message.body, message.body_length, message.complete) == (b"", 0, True)


def test_frames_behind_an_upgrade_are_no_second_request() -> None:
    """What a client sends after its upgrade request belongs to that request, without a complaint."""
    message = the_request(recorded.UPGRADE + recorded.FRAMES)
    assert message.raw_body == recorded.FRAMES
    assert message.notes == ()


def test_a_response_to_head_has_no_body() -> None:
    """Content-Length in a response to HEAD tells of GET's body and asks for no bytes."""
    message = the_response(recorded.HEAD_OK, method="HEAD")
    assert (message.content_length, message.body_length, message.complete) == (13, 0, True)


@pytest.mark.parametrize("status", [b"204 NO CONTENT", b"304 NOT MODIFIED"])
def test_204_and_304_have_no_body(status: bytes) -> None:
    """A 204 or 304 is complete after its head, and bytes behind it are kept and named."""
    message = the_response(b"HTTP/1.1 " + status + b"\r\nContent-Length: 3\r\n\r\nabc")
    assert (message.body, message.raw_body, message.complete) == (b"", b"abc", True)
    assert message.notes == ("3 bytes follow the end of this message.",)


def test_chunks_keep_sizes_and_extensions() -> None:
    """Chunks are kept one by one, with size and extension, and the trailer fields behind them."""
    message = the_response(recorded.TRAILERS)
    (chunk,) = message.chunks
    assert (chunk.size, chunk.extension, chunk.data) == (5, b"note=first", b"hello")
    assert [field.line for field in message.trailers] == [b"X-Sum: 5d41"]
    assert [len(each.data) for each in the_response(recorded.CHUNKED).chunks] == [1, 2, 3]
    assert the_response(recorded.CHUNKED).text == "abc李"


@pytest.mark.parametrize(
    ("chunks", "body", "note"),
    [
        (b"3\r\nabc\r\nxyz\r\n", b"abc", "Chunk 2 does not begin with a size in hexadecimal."),
        (b"0x3\r\nabc\r\n", b"", "Chunk 1 does not begin with a size in hexadecimal."),
        (b"-3\r\nabc\r\n", b"", "Chunk 1 does not begin with a size in hexadecimal."),
        (b"f" * 40 + b"\r\nabc", b"", "Chunk 1 does not begin with a size in hexadecimal."),
        (b"2\r\nabc\r\n0\r\n\r\n", b"ab", "Chunk 1 is longer than its size line says."),
        (b"5\r\nabc", b"abc", "The last chunk, whose size is 0, is missing."),
        (b"3\r\nabc\r\n", b"abc", "The last chunk, whose size is 0, is missing."),
        (b"3\r\nabc\r\n0\r\n", b"abc", "The empty line after the last chunk is missing."),
    ],
)
def test_malformed_chunks_are_named(chunks: bytes, body: bytes, note: str) -> None:
    """Chunks that break the rules leave what can be read, and a note that names the fault."""
    data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
    message = the_response(data)
    assert (message.body, message.raw_body, message.complete) == (body, chunks, False)
    assert note in message.notes


def test_a_body_may_end_with_the_connection() -> None:
    """Without a length or chunks, everything that comes is the body, and a note says so."""
    message = the_response(recorded.CLOSED)
    assert (message.body, message.complete) == (b"until the end", True)
    assert message.notes == ("No length is announced: the body ends where the connection closes.",)


def test_a_reply_without_a_status_line_is_all_body() -> None:
    """The page that the HTTP server sends for garbage has no head, and is shown as a body."""
    message = the_response(recorded.WITHOUT_HEAD)
    assert (message.start_line, message.head, message.body) == (b"", b"", recorded.WITHOUT_HEAD)
    assert (message.status, message.version) == (0, "")
    assert message.notes == ("There is no status line: everything is the body, as in HTTP/0.9.",)


def test_a_short_body_says_what_is_missing() -> None:
    """A body shorter than Content-Length is incomplete, with both numbers in the note."""
    message = the_response(recorded.OK[:-3])
    assert not message.complete
    assert message.notes == ("Content-Length is 13, but the body stops after 10.",)


def test_a_body_that_nobody_announced_stays_visible() -> None:
    """A form posted without Content-Length is kept behind the request it followed."""
    message = the_request(b"POST /form HTTP/1.1\r\nHost: x\r\n\r\nname=grey")
    assert (message.body, message.raw_body) == (b"", b"name=grey")
    assert message.notes == ("9 bytes follow that no Content-Length announces.",)


def test_two_requests_on_one_connection_are_two_messages() -> None:
    """A second request behind the first is a message of its own, finished or not."""
    messages = parse_requests(recorded.FORM + recorded.GET + b"HEAD /hel")
    assert [message.method for message in messages] == ["POST", "GET", "HEAD"]
    assert [message.complete for message in messages] == [True, True, False]


def test_bare_line_feeds_end_lines_too() -> None:
    """Lines that end in LF alone are read as the server reads them, with a note."""
    message = the_request(b"POST /form HTTP/1.1\nContent-Length: 2\n\nhi")
    assert (message.value("Content-Length"), message.body, message.complete) == ("2", b"hi", True)
    assert message.notes == ("A line ends in a bare LF instead of CRLF.",)


@pytest.mark.parametrize(
    ("lines", "note"),
    [
        (b"Host x", "A line has no colon, so it is no field."),
        (b": x", "A field has no name."),
        (b"Host : x", "White space stands beside a field name, where none belongs."),
        (b"X-A: one\r\n two", "A field is folded over several lines, which HTTP no longer allows."),
        (b"X-A: one\rtwo", "A bare CR stands inside a line."),
    ],
)
def test_strange_field_lines_are_kept_and_named(lines: bytes, note: str) -> None:
    """A field line that breaks the grammar is kept as it stands, and a note says what is wrong with it."""
    message = the_request(b"GET / HTTP/1.1\r\n" + lines + b"\r\n\r\n")
    assert message.notes == (note,)
    assert message.fields[0].line == lines
    assert message.complete


def test_a_folded_value_is_one_value() -> None:
    """The lines of a folded field give one value, joined with a space."""
    assert the_request(b"GET / HTTP/1.1\r\nX-A: one\r\n\ttwo \r\n\r\n").value("x-a") == "one two"


@pytest.mark.parametrize(
    ("lengths", "length"),
    [
        (b"Content-Length: 2\r\nContent-Length: 2\r\n", 2),
        (b"Content-Length: 2, 2\r\n", 2),
        (b"Content-Length: 2\r\nContent-Length: 3\r\n", None),
        (b"Content-Length: two\r\n", None),
        (b"Content-Length: +2\r\n", None),
        (b"Content-Length: " + b"9" * 5000 + b"\r\n", None),
        (b"", None),
    ],
)
def test_content_length_is_one_number_or_none(lengths: bytes, length: int | None) -> None:
    """A length that is repeated counts; one that differs, or is no number, leaves the length unknown."""
    message = the_request(b"POST / HTTP/1.1\r\n" + lengths + b"\r\nhi")
    assert message.content_length == length
    assert joined((message,)).endswith(b"hi")


def test_chunked_coding_wins_over_a_length() -> None:
    """A message that says both is read as chunked, with a note."""
    message = the_request(
        b"POST / HTTP/1.1\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
    )
    assert (message.body, message.complete) == (b"hi", True)
    assert message.notes == ("Transfer-Encoding and Content-Length stand together; Transfer-Encoding wins.",)


def test_another_transfer_coding_leaves_the_end_open() -> None:
    """Where Transfer-Encoding is not chunked at its end, everything that follows is the body, with a note."""
    message = the_response(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n")
    assert (message.chunked, message.body) == (False, b"0\r\n\r\n")
    assert message.notes == (
        "Transfer-Encoding does not end in chunked: everything that follows is the body.",
    )


def test_an_empty_line_before_the_request_line_is_kept() -> None:
    """Empty lines in front of a request belong to its head, and a note tells of them."""
    message = the_request(b"\r\n\r\n" + recorded.GET)
    assert (message.start_line, message.complete) == (b"GET /hello?name=Grey HTTP/1.1", True)
    assert message.notes == ("An empty line stands before the request line.",)


def test_repeated_fields_are_all_there() -> None:
    """Two Set-Cookie lines are two values, and one text when they are asked for as one."""
    message = the_response(recorded.TWO_COOKIES)
    assert message.values("set-cookie") == ("a=1; Path=/", "b=2; Path=/")
    assert message.value("SET-COOKIE") == "a=1; Path=/, b=2; Path=/"
    assert message.value("X-None") is None


def test_bytes_that_were_not_stored_count() -> None:
    """A long body of which only the beginning was stored has its true length, and is complete."""
    data = b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n" + b"x" * 1000
    message = the_response(data, dropped=9_999_000)
    assert (message.body_length, message.dropped, message.complete) == (10_000_000, 9_999_000, True)
    assert message.notes == ("9999000 bytes more were counted but not stored.",)
    assert not the_response(data, dropped=9_998_999).complete


def test_dropped_bytes_behind_the_body_are_no_body() -> None:
    """Bytes that were dropped after a body's end do not make it longer."""
    message = the_response(recorded.OK, dropped=7)
    assert (message.body_length, message.dropped) == (13, 7)


def test_dropped_chunks_count_with_their_framing() -> None:
    """For chunks that were not stored the length is stored plus dropped, and a note says so."""
    message = the_response(recorded.CHUNKED.removesuffix(b"0\r\n\r\n"), dropped=100)
    assert (message.body_length, message.complete) == (106, False)
    assert message.notes[0] == "The end of the chunks was not stored; the length counts their framing in."


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        (b"GET /hello HTTP/1.1", ("GET", "/hello", "HTTP/1.1")),
        (b"GET /a b HTTP/1.1", ("GET", "/a b", "HTTP/1.1")),
        (b"GET  /hello\tHTTP/1.0 ", ("GET", "/hello", "HTTP/1.0")),
        (b"GET /hello", ("GET", "/hello", "")),
        (b"GARBAGE", ("GARBAGE", "", "")),
        ("GET /李".encode(), ("GET", "/李", "")),
    ],
)
def test_request_lines_are_taken_apart(line: bytes, parts: tuple[str, str, str]) -> None:
    """Method, target and version are read off request lines that keep or break the rules."""
    message = the_request(line + b"\r\n\r\n")
    assert (message.method, message.target, message.version) == parts


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        (b"HTTP/1.1 404 NOT FOUND", ("HTTP/1.1", 404, "NOT FOUND")),
        (b"HTTP/1.1 299 Very Fine", ("HTTP/1.1", 299, "Very Fine")),
        (b"HTTP/1.1 200 ", ("HTTP/1.1", 200, "")),
        (b"HTTP/1.1 200", ("HTTP/1.1", 200, "")),
        (b"HTTP/1.1 20 OK", ("HTTP/1.1", 0, "")),
        (b"HTTP/1.1", ("HTTP/1.1", 0, "")),
    ],
)
def test_status_lines_are_taken_apart(line: bytes, parts: tuple[str, int, str]) -> None:
    """Version, code and reason are read off status lines; a code without three digits is 0."""
    message = the_response(line + b"\r\n\r\n")
    assert (message.version, message.status, message.reason) == parts


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        (b"text/html; charset=utf-8", "李".encode(), "李"),
        (b"text/html", "李".encode(), "李"),
        (b'text/plain; charset="ISO-8859-1"', b"caf\xe9", "café"),
        (b"text/plain; charset=gbk", "李".encode("gbk"), "李"),
        (b"text/plain; charset=us-ascii", "李".encode(), "李"),
        (b"text/plain; charset=unicode_escape", b"\\u674e", "\\u674e"),
        (b"text/plain; charset=nonsense", b"\xff", "\udcff"),
    ],
)
def test_text_follows_the_charset(content_type: bytes, body: bytes, text: str) -> None:
    """The body as text follows the charset where it is a known one, else UTF-8, and never fails."""
    data = b"HTTP/1.1 200 OK\r\nContent-Type: " + content_type + b"\r\n\r\n" + body
    assert the_response(data).text == text


def test_no_bytes_are_no_message() -> None:
    """Where nothing was recorded there is no message, rather than an empty one."""
    assert parse_requests(b"") == parse_responses(b"", dropped=5) == ()


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n" * 20_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 50_000,
        b"GET" + b" " * 400_000 + b"x",
        b"HTTP/1.1" + b" " * 400_000 + b"x\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\r\n" + b" x\r\n" * 100_000,
        b"GET / HTTP/1.1\r\n\r\n" + b"\n" * 400_000,
        b"\n" * 400_000,
    ],
    ids=["pipelined", "chunks", "spaces", "status", "folded", "surplus", "empty"],
)
def test_hostile_bytes_take_no_time(data: bytes) -> None:
    """400 KB that are made to be slow to read are read in seconds, where they could take minutes."""
    begun = time.perf_counter()
    parse = parse_responses if data.startswith(b"HTTP/") else parse_requests
    assert joined(parse(data)) == data
    assert time.perf_counter() - begun < 5
