"""WebSocket frames from recorded bytes: nothing is lost, nothing fails, and wsproto agrees."""

from __future__ import annotations

import pickle
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wsproto.extensions import PerMessageDeflate
from wsproto.frame_protocol import FrameDecoder, FrameProtocol
from wsproto.utilities import generate_accept_token

from tests.wire import recorded
from tutor.wire import deflate
from tutor.wire.exchange import Direction, Exchange, Piece
from tutor.wire.frames import (
    Opcode,
    close_payload,
    frame_bytes,
    frames,
    parse_frames,
    sec_websocket_accept,
)

HELLO = bytes.fromhex("818511223344 59475f287e")
OPCODES = st.sampled_from(list(Opcode))
PAYLOADS = st.one_of(
    st.binary(max_size=140),
    st.sampled_from([125, 126, 127, 65535, 65536]).map(lambda size: b"ab" * (size // 2)),
)
KEYS = st.one_of(st.just(b""), st.binary(min_size=4, max_size=4))


@given(st.lists(st.tuples(OPCODES, PAYLOADS, KEYS, st.booleans()), max_size=5), st.binary(max_size=9))
def test_frames_come_back_whole(sent: list[tuple[Opcode, bytes, bytes, bool]], tail: bytes) -> None:
    """Frames that were written one after the other are read back, whatever follows them."""
    sent = [each for each in sent if each[0] is not Opcode.CLOSE]
    data = b"".join(frame_bytes(opcode, load, masking_key=key, fin=fin) for opcode, load, key, fin in sent)
    read = parse_frames(data + tail)
    found = [(each.opcode, each.payload, each.masking_key, each.fin) for each in read.frames[: len(sent)]]
    assert found == sent
    assert [each.masked for each in read.frames[: len(sent)]] == [bool(key) for _o, _p, key, _f in sent]
    assert b"".join(each.data for each in read.frames) + read.rest == data + tail


@settings(deadline=None)  # a busy machine is no fault of the parser
@given(st.binary(max_size=400))
def test_any_bytes_come_back_whole(data: bytes) -> None:
    """Bytes that are no frames are read without failing, and not one of them is lost or moved."""
    read = parse_frames(data)
    assert b"".join(each.data for each in read.frames) + read.rest == data
    assert bool(read.rest) == bool(read.notes)
    for each in read.frames:
        assert each.name
        assert isinstance(each.text, str)
        assert isinstance(each.close_reason, str)


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("text"), st.text(max_size=200).map(str.encode)),
            st.tuples(st.just("binary"), st.binary(max_size=70_000)),
            st.tuples(st.sampled_from(["ping", "pong"]), st.binary(max_size=125)),
        ),
        max_size=6,
    )
)
def test_what_wsproto_writes_is_read(sent: list[tuple[str, bytes]]) -> None:
    """Frames of a client and of a server, as wsproto writes them, have the opcodes and payloads it got."""
    for client in (True, False):
        protocol = FrameProtocol(client=client, extensions=[])
        data = b""
        for name, payload in sent:
            if name == "text":
                data += protocol.send_data(payload.decode(), True)
            elif name == "binary":
                data += protocol.send_data(payload, True)
            else:
                data += protocol.ping(payload) if name == "ping" else protocol.pong(payload)
        data += protocol.close(1000, "bye")
        read = parse_frames(data)
        assert read.rest == b""
        assert [(each.name, each.payload) for each in read.frames[:-1]] == sent
        assert {each.masked for each in read.frames} == {client}
        assert read.frames[-1].text == "1000 bye"
        assert not any(each.notes for each in read.frames)


@given(OPCODES, st.binary(max_size=125), st.binary(min_size=4, max_size=4))
def test_wsproto_reads_what_is_written(opcode: Opcode, payload: bytes, key: bytes) -> None:
    """wsproto reads a masked frame as the one that was meant."""
    decoder = FrameDecoder(client=False)
    decoder.receive_bytes(frame_bytes(opcode, payload, masking_key=key))
    frame = decoder.process_buffer()
    assert frame is not None
    assert (int(frame.opcode), frame.payload, frame.message_finished) == (int(opcode), payload, True)


def test_the_example_of_the_standard() -> None:
    """A masked Hello is read bit by bit."""
    (frame,) = parse_frames(HELLO).frames
    assert (frame.fin, frame.reserved, frame.opcode, frame.name) == (True, 0, 1, "text")
    assert (frame.masked, frame.masking_key) == (True, bytes.fromhex("11223344"))
    assert (frame.payload, frame.text, frame.data, frame.length_bits) == (b"Hello", "Hello", HELLO, 7)


@pytest.mark.parametrize(("size", "bits"), [(125, 7), (126, 16), (65535, 16), (65536, 64)])
def test_the_length_has_three_forms(size: int, bits: int) -> None:
    """A length is written in 7, 16 or 64 bits, the shortest that holds it."""
    (frame,) = parse_frames(frame_bytes(Opcode.BINARY, b"x" * size)).frames
    assert (frame.length_bits, len(frame.payload), frame.notes) == (bits, size, ())


@pytest.mark.parametrize("kept", range(len(HELLO)))
def test_a_cut_frame_is_kept(kept: int) -> None:
    """A frame that is cut anywhere is no frame; its bytes are kept, and a note says so."""
    read = parse_frames(frame_bytes(Opcode.PING, b"") + HELLO[:kept])
    assert [each.name for each in read.frames] == ["ping"]
    assert read.rest == HELLO[:kept]
    assert len(read.notes) == (1 if kept else 0)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("8300", "The opcode 0x3 is reserved."),
        ("c100", "reserved bit"),
        ("0900", "control frame cannot be one of several"),
        ("89fe007e00000000" + "00" * 126, "125 bytes at most"),
        ("880103", "takes two bytes"),
        ("817e000141", "shortest form"),
        ("817f000000000000000141", "shortest form"),
    ],
)
def test_what_breaks_the_rules_is_noted(data: str, said: str) -> None:
    """A frame that breaks a rule is read all the same, and says which."""
    (frame,) = parse_frames(bytes.fromhex(data)).frames
    assert any(said in note for note in frame.notes)


def test_nothing_follows_a_close_frame() -> None:
    """What stands behind a close frame is kept as it is and not read as frames."""
    data = frame_bytes(Opcode.CLOSE, close_payload(1000))
    read = parse_frames(data + recorded.OK)
    assert [each.data for each in read.frames] == [data]
    assert read.rest == recorded.OK
    assert "follow the closing frame" in read.notes[0]


@pytest.mark.parametrize(
    ("payload", "code", "reason", "text"),
    [
        (b"", None, "", ""),
        (b"\x03", None, "", "\x03"),
        (close_payload(1000), 1000, "", "1000"),
        (close_payload(1001, "zu Ende"), 1001, "zu Ende", "1001 zu Ende"),
        (b"\x03\xe8\xff", 1000, "\udcff", "1000 \udcff"),
    ],
)
def test_a_close_frame_has_a_code_and_a_reason(
    payload: bytes, code: int | None, reason: str, text: str
) -> None:
    """Code and reason are read where they are there, any bytes included."""
    (frame,) = parse_frames(frame_bytes(Opcode.CLOSE, payload)).frames
    assert (frame.close_code, frame.close_reason, frame.text) == (code, reason, text)


def test_only_a_close_frame_has_a_code() -> None:
    """The first bytes of other frames are no code."""
    (frame,) = parse_frames(frame_bytes(Opcode.TEXT, b"\x03\xe8bye")).frames
    assert (frame.close_code, frame.close_reason) == (None, "")


@given(st.text())
def test_the_accept_of_a_key(key: str) -> None:
    """The answer to a key is the one of the standard's example, and any key has one."""
    assert sec_websocket_accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    if key.isascii():
        assert sec_websocket_accept(key).encode() == generate_accept_token(key.encode())


def exchange(*pieces: tuple[Direction, float, bytes]) -> Exchange:
    """A handshake and what follows it."""
    return Exchange(
        (
            Piece(Direction.REQUEST, 0.001, recorded.UPGRADE),
            Piece(Direction.RESPONSE, 0.002, recorded.SWITCHED),
            *(Piece(direction, at_s, data) for direction, at_s, data in pieces),
        )
    )


PING, PONG = frame_bytes(Opcode.PING, b"p", masking_key=b"abcd"), frame_bytes(Opcode.PONG, b"p")


def test_frames_of_both_sides_stand_in_the_order_of_their_times() -> None:
    """Frames are joined from their pieces, and stand where their last byte crossed."""
    read = frames(
        exchange(
            (Direction.RESPONSE, 0.003, recorded.FRAMES[:1]),
            (Direction.REQUEST, 0.004, HELLO[:5]),
            (Direction.REQUEST, 0.005, HELLO[5:] + PING),
            (Direction.RESPONSE, 0.006, recorded.FRAMES[1:]),
            (Direction.RESPONSE, 0.007, PONG),
        )
    )
    assert [(each.from_client, each.at_s, each.frame.text) for each in read] == [
        (True, 0.005, "Hello"),
        (True, 0.005, "p"),
        (False, 0.006, "echo:Hello"),
        (False, 0.007, "p"),
    ]
    assert not any(each.frame.notes for each in read)
    assert pickle.loads(pickle.dumps(read)) == read


def test_frames_in_the_piece_of_the_handshake() -> None:
    """A frame that came together with the handshake, or behind an interim response, is read too."""
    pieces = (
        Piece(Direction.REQUEST, 0.001, recorded.UPGRADE + HELLO),
        Piece(Direction.RESPONSE, 0.002, recorded.CONTINUE + recorded.SWITCHED + recorded.FRAMES),
    )
    assert [(each.from_client, each.at_s) for each in frames(Exchange(pieces))] == [
        (True, 0.001),
        (False, 0.002),
    ]


def test_a_mask_is_the_client_s() -> None:
    """A client's frame without a mask, and a server's with one, say so."""
    read = frames(exchange((Direction.REQUEST, 0.003, PONG), (Direction.RESPONSE, 0.004, PING)))
    assert [each.frame.notes for each in read] == [
        ("A client must mask its frames.",),
        ("A server must not mask its frames.",),
    ]


def compressed(direction: Direction, frames_sent: bytes | bytearray, extension: str) -> Exchange:
    """An exchange whose handshake agreed on an extension, with what one side then sent."""
    head, empty_line, _body = recorded.SWITCHED.partition(b"\r\n\r\n")
    agreed = head + b"\r\nSec-WebSocket-Extensions: " + extension.encode() + empty_line
    return Exchange(
        (
            Piece(Direction.REQUEST, 0.001, recorded.UPGRADE),
            Piece(Direction.RESPONSE, 0.002, agreed),
            Piece(direction, 0.003, bytes(frames_sent)),
        )
    )


@settings(deadline=None)
@given(
    st.lists(st.lists(st.text(max_size=60), min_size=1, max_size=3), max_size=4),
    st.sampled_from(["", "; client_no_context_takeover; server_no_context_takeover"]),
    st.sampled_from(list(Direction)),
)
def test_what_wsproto_compresses_is_inflated(
    messages: list[list[str]], parameters: str, direction: Direction
) -> None:
    """Messages of several pieces, compressed with and without what went before, read as they were given."""
    extension = PerMessageDeflate()
    extension.finalize(f"permessage-deflate{parameters}")
    protocol = FrameProtocol(client=direction is Direction.REQUEST, extensions=[extension])
    data = b""
    for pieces in messages:
        for place, piece in enumerate(pieces, 1):
            data += protocol.send_data(piece, place == len(pieces))
    read = frames(compressed(direction, data, f"permessage-deflate{parameters}"))
    texts = [b""]
    for each in read:
        assert each.frame.notes == ()
        texts[-1] += each.frame.inflated or b""
        if each.frame.fin:
            assert each.frame.inflated is not None
            texts.append(b"")
    assert [text.decode() for text in texts[:-1]] == ["".join(pieces) for pieces in messages]


def test_a_compressed_frame_needs_an_agreement() -> None:
    """Without the extension in the response the bit is told of, and the payload stands as it crossed."""
    extension = PerMessageDeflate()
    extension.finalize("permessage-deflate")
    data = FrameProtocol(client=False, extensions=[extension]).send_data("Hello", True)
    [sent] = frames(compressed(Direction.RESPONSE, data, "x-another"))
    assert sent.frame.inflated is None
    assert sent.frame.notes == ("A reserved bit is set, and no extension was agreed on.",)


def test_what_cannot_be_inflated_is_told() -> None:
    """A payload that is no deflate stream has a note, and so have those that would go on from it."""
    data = bytes([0xC1, 2]) + b"\xff\xff" + bytes([0xC1, 1]) + b"x" + frame_bytes(Opcode.TEXT, b"plain")
    broken, after, plain = frames(compressed(Direction.RESPONSE, data, "permessage-deflate"))
    assert broken.frame.notes == after.frame.notes == ("It is compressed and cannot be inflated.",)
    assert (plain.frame.text, plain.frame.notes) == ("plain", ())


def test_a_message_is_inflated_up_to_a_limit() -> None:
    """A few octets that stand for very many are cut."""
    extension = PerMessageDeflate()
    extension.finalize("permessage-deflate")
    payload = b"a" * (2 * deflate.MOST_BYTES)
    data = FrameProtocol(client=False, extensions=[extension]).send_data(payload, True)
    [sent] = frames(compressed(Direction.RESPONSE, data, "permessage-deflate"))
    assert sent.frame.inflated == b"a" * deflate.MOST_BYTES


@pytest.mark.parametrize("response", [b"", recorded.OK, recorded.CONTINUE])
def test_no_frames_without_a_101(response: bytes) -> None:
    """Bytes of an exchange that stayed HTTP are no frames."""
    pieces = (Piece(Direction.REQUEST, 0, recorded.UPGRADE + HELLO), Piece(Direction.RESPONSE, 1, response))
    assert frames(Exchange(pieces)) == ()
    assert frames(Exchange(())) == ()


def test_a_hundred_thousand_frames_take_no_time() -> None:
    """As many small frames as fit the record are read in a moment."""
    start_s = time.perf_counter()
    assert len(parse_frames(b"\x81\x00" * 131_072).frames) == 131_072
    assert time.perf_counter() - start_s < 20
