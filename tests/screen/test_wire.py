"""Exchanges as lines: byte for byte, with times beside what came bit by bit."""

from __future__ import annotations

import pytest

from tests.wire import recorded
from tutor.screen.wire import FOLDS, View, body_lines, line_at, request_lines, response_lines
from tutor.wire.exchange import Direction, Exchange, Piece
from tutor.wire.frames import Opcode, close_payload, frame_bytes

HELLO = bytes.fromhex("818511223344 59475f287e")
RAW = View(line_ends=True)
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def exchange(*pieces: tuple[Direction, float, bytes], request: bytes = recorded.GET) -> Exchange:
    return Exchange(
        (
            Piece(Direction.REQUEST, 0.5, request),
            *(Piece(direction, at_s, data) for direction, at_s, data in pieces),
        )
    )


def websocket(*pieces: tuple[Direction, float, bytes]) -> Exchange:
    switched = (Direction.RESPONSE, 0.51, recorded.SWITCHED)
    return exchange(switched, *pieces, request=recorded.UPGRADE)


STREAM = exchange(
    (Direction.RESPONSE, 0.6, CHUNKED + b"9\r\ndata: 1\n\n\r\n"),
    (Direction.RESPONSE, 0.6234, b"7\r\ndata: 2\r\n"),
    (Direction.RESPONSE, 0.7, b"2\r\n\n\n\r\n0\r\n\r\n"),
)
TALK = websocket(
    (Direction.REQUEST, 0.523, HELLO),
    (Direction.RESPONSE, 0.524, recorded.FRAMES),
    (Direction.RESPONSE, 0.75, frame_bytes(Opcode.CLOSE, close_payload(1000, "bye"))),
)


def response(read: Exchange, view: View, fold: int = 0) -> list[str]:
    return [line.plain for line in response_lines(read, view, fold)]


def request(read: Exchange, view: View, fold: int = 0) -> list[str]:
    return [line.plain for line in request_lines(read, view, fold)]


def test_a_request_is_drawn_line_for_line() -> None:
    """Every line of the head is drawn as it was sent; in the raw view with its line end."""
    lines = recorded.GET.decode().removesuffix("\r\n\r\n").split("\r\n")
    assert request(exchange(), View()) == ["→ Request", *lines, "(empty line)"]
    assert request(exchange(), RAW) == ["→ Request", *(f"{line}␍␊" for line in lines), "␍␊"]


def test_frames_of_both_sides_are_a_line_each() -> None:
    """A WebSocket's frames follow its response's head: direction, first bytes, opcode, payload."""
    lines = response(TALK, View())
    assert lines[:2] == ["← Response", "HTTP/1.1 101 Switching Protocols"]
    start = lines.index("(empty line)") + 1
    assert lines[start : start + 3] == [
        '→ 81 85 11 22 33 44 59 47 5f 28 7e  text "Hello"',
        '← 81 0a 65 63 68 6f 3a 48 65 6c 6c 6f  text "echo:Hello"',
        '← 88 05 03 e8 62 79 65  close "1000 bye"',
    ]
    assert not any("81 85" in line or "�" in line for line in request(TALK, View()))
    assert request(TALK, View())[-1] == "(empty line)"


def test_the_raw_view_says_when_each_frame_crossed() -> None:
    """Beside each frame stands its time since the request."""
    lines = response(TALK, RAW)
    assert [line.rpartition("  ")[2] for line in lines if line.startswith(("→ 81", "← 81", "← 88"))] == [
        *("+23 ms", "+24 ms", "+250 ms")
    ]


def test_frames_without_colours_and_symbols() -> None:
    """In plain view words say who sent a frame; payloads are escaped in any view."""
    read = websocket((Direction.RESPONSE, 0.6, frame_bytes(Opcode.TEXT, "\x1b[31m李".encode())))
    assert 'server: 81 08 1b 5b 33 31 6d e6 9d 8e  text "␛[31m李"' in response(read, View(plain=True))
    assert any(r'text "\x1b[31m\u{674e}"' in line for line in response(read, View(ascii_only=True)))
    assert "client: 81 85 11 22 33 44 59 47 5f 28 7e" in "\n".join(response(TALK, View(plain=True)))


def test_a_long_frame_is_shortened_outside_the_raw_view() -> None:
    """Of a long frame the first bytes and characters are drawn, and its length; the raw view has it whole."""
    read = websocket((Direction.REQUEST, 0.6, frame_bytes(Opcode.TEXT, b"x" * 200, masking_key=b"abcd")))
    (line,) = [line for line in response(read, View()) if line.startswith("→ 81")]
    assert line.startswith("→ 81 fe 00 c8 61 62 63 64 19 1a 1b 1c …  text ")
    assert line.endswith('x…" (200 bytes)')
    assert any("x" * 200 in line for line in response(read, RAW))


def test_what_is_odd_about_a_frame_is_said_below_it() -> None:
    """A frame without a mask, a fragment and a frame that was cut say so."""
    read = websocket((Direction.REQUEST, 0.6, b"\x81\x02hi\x01\x80abcd\x81"))
    lines = response(read, View())
    assert lines[lines.index('→ 81 02 68 69  text "hi"') + 1] == "(A client must mask its frames.)"
    assert "→ 01 80 61 62 63 64  text, not the last" in lines
    assert "→ 81" in lines
    assert "(The last frame is cut after 1 byte.)" in lines


@pytest.mark.parametrize("fold", range(FOLDS + 1))
def test_frames_fold_like_a_body(fold: int) -> None:
    """The deeper the fold, the fewer lines; what is hidden is counted in frames, never in bytes of a body."""
    many = websocket(*((Direction.RESPONSE, 0.6, recorded.FRAMES) for _each in range(20)))
    lines = response(many, View(), fold)
    shown = sum(line.startswith("← 81") for line in lines)
    assert shown == (20, 6, 6, 2, 0)[fold]
    if fold:
        assert any(f"{20 - shown} lines of frames" in line for line in lines)
        assert not any("bytes of body" in line for line in lines)


BODIES = [
    (
        b"application/json",
        b'[{"name"\r\n  : "\xe6\x9d\x8e\xff",\n "done"\n:\ntrue, "no": "a\x1b"},\n' + b'"more",\n' * 50,
    ),
    (
        b"text/html",
        b"<p\nclass=note>\n<!-- a comment\r\nof lines\n" + b"and more\n" * 50 + b"-->\n<script>\nlet a;",
    ),
    (b"text/plain", b"a line\n\r\n" * 30),
    (b"application/octet-stream", bytes(range(256)) * 4),
]


@pytest.mark.parametrize("view", [View(), RAW, View(ascii_only=True), View(plain=True)], ids=str)
@pytest.mark.parametrize("announced", [0, 9], ids=["whole", "cut"])
@pytest.mark.parametrize("body", BODIES, ids=[kind.decode() for kind, _body in BODIES])
def test_what_stands_of_a_folded_body_is_as_it_was(
    body: tuple[bytes, bytes], announced: int, view: View
) -> None:
    """The lines that a fold leaves are the first of the whole body, in the same colours."""
    kind, octets = body
    head = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
    read = exchange((Direction.RESPONSE, 0.6, head % (kind, len(octets) + announced) + octets))
    whole = response_lines(read, view)
    folded = response_lines(read, view, 1)
    assert [(line.plain, line.spans) for line in folded[:11]] == [
        (line.plain, line.spans) for line in whole[:11]
    ]
    assert len(folded) < len(whole) == 5 + len(body_lines(read.responses[0], view)) + bool(announced)


def test_each_chunk_has_its_time_in_the_raw_view() -> None:
    """A line before a chunk says when its data was there; the lines of the stream stay as they crossed."""
    lines = response(STREAM, RAW)
    start = lines.index("␍␊") + 1
    assert lines[start:] == [
        *("(+100 ms)", "9␍␊", "data: 1␊", "␊", "␍␊"),
        *("(+123 ms)", "7␍␊", "data: 2␍␊", "(+200 ms)", "2␍␊", "␊", "␊", "␍␊", "0␍␊", "␍␊"),
    ]
    drawn = response(STREAM, View())
    assert not any(" ms" in line for line in drawn)
    assert drawn[drawn.index("(empty line)") + 1 :][:4] == ["9", "data: 1", "", ""]


def test_a_time_is_said_in_words_where_brackets_do_not_speak() -> None:
    """In plain output a chunk's time is a sentence."""
    assert "Note: 100 ms after the request" in response(STREAM, View(line_ends=True, plain=True))


def test_a_time_is_a_note_and_no_byte_changes() -> None:
    """Without the notes of times, what is drawn of a stream is what crossed the wire."""
    lines = response_lines(STREAM, RAW)
    drawn = ""
    for line in lines[1:]:
        if line.style == "wire.note":
            continue
        drawn += line.plain.replace("␍␊", "\r\n").replace("␊", "\n")
    assert drawn.encode() == STREAM.data(Direction.RESPONSE)


def test_one_chunk_has_no_time() -> None:
    """A response that came in one chunk is no stream."""
    read = exchange((Direction.RESPONSE, 0.6, CHUNKED + b"2\r\nab\r\n0\r\n\r\n"))
    assert not any(" ms" in line for line in response(read, RAW))


@pytest.mark.parametrize(
    ("read", "path", "line"),
    [
        (TALK, "frame1.text", '→ 81 85 11 22 33 44 59 47 5f 28 7e  text "Hello"'),
        (TALK, "frame3.opcode", '← 88 05 03 e8 62 79 65  close "1000 bye"'),
        (TALK, "frame4.opcode", None),
        (TALK, "response.headers.Upgrade", "Upgrade: WebSocket"),
        (TALK, "frames", "HTTP/1.1 101 Switching Protocols"),
        (STREAM, "event2.data", "data: 2"),
        (STREAM, "event2.id", "data: 2"),
        (STREAM, "event3.data", None),
        (STREAM, "response.chunks", "data: 1"),
        (STREAM, "request.method", "GET /hello?name=Grey HTTP/1.1"),
    ],
)
def test_the_line_of_a_live_value(read: Exchange, path: str, line: str | None) -> None:
    """The line in which a live value stands can be printed again; an absent event or frame has none."""
    found = line_at(read, tuple(path.split(".")), View())
    assert (found.plain if found is not None else None) == line


def test_a_response_that_never_came() -> None:
    """Silence is said with how long it lasted, and why the client gave up."""
    silent = Exchange(
        (Piece(Direction.REQUEST, 0.0, recorded.GET),), error="You ended the request.", duration_s=0.3
    )
    assert response(silent, View()) == [
        "← Response",
        "(No byte came back in 300 ms.)",
        "(You ended the request.)",
    ]
    assert request(Exchange(()), View()) == ["→ Request", "(Nothing arrived at the server.)"]
