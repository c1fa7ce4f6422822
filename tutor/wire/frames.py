"""WebSocket frames read from recorded bytes (RFC 6455, 5.2), byte for byte and without ever failing.

The frames' bytes and what is left over, joined, are the bytes that were given. What breaks the rules is kept,
read as far as it goes, and said in a note.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from enum import IntEnum

from tutor.language import _, ngettext
from tutor.wire.deflate import COMPRESSED, Inflater, agreed
from tutor.wire.exchange import Direction, Exchange

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""What a server joins to the key of a handshake (RFC 6455, 1.3)."""

KEY_BYTES = 4
"""Octets of a masking key."""

_LONGEST_CONTROL = 125
_CODE_BYTES = 2


class Opcode(IntEnum):
    """What a frame is; the rest of the sixteen numbers are reserved."""

    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


_NAMES = {opcode.value: opcode.name.lower() for opcode in Opcode}


@dataclass(frozen=True, slots=True)
class Frame:
    """One whole frame."""

    fin: bool
    """The last frame of its message."""
    reserved: int
    """The three reserved bits as a number, 0 to 7; 0 without an extension."""
    opcode: int
    masked: bool
    masking_key: bytes
    """Four octets; empty where the frame is not masked."""
    payload: bytes
    """With the mask taken off."""
    data: bytes
    """Every byte of it, as on the wire."""
    length_bits: int
    """How its length is written: in the 7 bits of the second byte, or in 16 or 64 bits that follow."""
    inflated: bytes | None = None
    """What a compressed payload stands for; None where it is not compressed, or cannot be read."""
    notes: tuple[str, ...] = ()
    """What is unusual about it, for a person."""

    @property
    def name(self) -> str:
        """The opcode's name: `text`, `close`, `continuation`; `reserved-3` for a number without one."""
        return _NAMES.get(self.opcode, f"reserved-{self.opcode:x}")

    @property
    def close_code(self) -> int | None:
        """The status code of a close frame; None without one."""
        if self.opcode != Opcode.CLOSE or len(self.payload) < _CODE_BYTES:
            return None
        return int.from_bytes(self.payload[:_CODE_BYTES], "big")

    @property
    def close_reason(self) -> str:
        """The reason behind the code of a close frame; empty without one."""
        return _text(self.payload[_CODE_BYTES:]) if self.close_code is not None else ""

    @property
    def text(self) -> str:
        """The payload, inflated, as UTF-8 with surrogateescape; of a close frame, `1000 bye`."""
        if self.close_code is not None:
            return f"{self.close_code} {self.close_reason}".rstrip(" ")
        return _text(self.payload if self.inflated is None else self.inflated)


@dataclass(frozen=True, slots=True)
class Frames:
    """What one side sent once the connection had left HTTP."""

    frames: tuple[Frame, ...]
    rest: bytes
    """A last frame that is cut, or what follows the closing frame."""
    notes: tuple[str, ...]
    """What is unusual about the rest, for a person."""


@dataclass(frozen=True, slots=True)
class TimedFrame:
    """A frame, who sent it, and when its last byte crossed."""

    direction: Direction
    at_s: float
    """Seconds since the connection was accepted."""
    frame: Frame

    @property
    def from_client(self) -> bool:
        return self.direction is Direction.REQUEST


def parse_frames(data: bytes, inflater: Inflater | None = None) -> Frames:
    """Read what one side sent behind the handshake; any bytes will do.

    Args:
        data: its bytes.
        inflater: a fresh one, where the handshake agreed on compression.
    """
    found: list[Frame] = []
    at = 0
    closed = False
    while not closed:
        frame = _read_frame(data, at)
        if frame is None:
            break
        at += len(frame.data)
        if inflater is not None and not frame.opcode & 0x8:
            frame = _inflated(frame, inflater)
        found.append(replace(frame, notes=tuple(_frame_notes(frame, may_compress=inflater is not None))))
        closed = frame.opcode == Opcode.CLOSE
    rest = data[at:]
    return Frames(tuple(found), rest, _rest_notes(rest, closed=closed))


def frames(exchange: Exchange) -> tuple[TimedFrame, ...]:
    """The frames of both directions in the order of their times; none where no 101 came back."""
    request, response = exchange.request, exchange.response
    if request is None or response is None or response.status != 101:
        return ()
    timed: list[TimedFrame] = []
    for direction in Direction:
        at = frames_start(exchange, direction)
        for frame in parse_frames(exchange.data(direction)[at:], _inflater(exchange, direction)).frames:
            at += len(frame.data)
            whole_s = exchange.time_at(direction, at - 1)
            timed.append(TimedFrame(direction, whole_s, _with_sender_notes(frame, direction)))
    # The sort is stable: of frames with one time, the client's stand first.
    return tuple(sorted(timed, key=lambda each: each.at_s))


def _inflater(exchange: Exchange, direction: Direction) -> Inflater | None:
    """What takes the compression off a direction; None where none was agreed on."""
    response = exchange.response
    parameters = agreed((response.value("Sec-WebSocket-Extensions") if response else None) or "")
    if parameters is None:
        return None
    side = "client" if direction is Direction.REQUEST else "server"
    return Inflater(keeps_context=f"{side}_no_context_takeover" not in parameters)


def _inflated(frame: Frame, inflater: Inflater) -> Frame:
    inflated = inflater.inflate(
        frame.payload,
        begins=frame.opcode != Opcode.CONTINUATION,
        compressed=bool(frame.reserved & COMPRESSED),
        fin=frame.fin,
    )
    return replace(frame, inflated=inflated)


def frames_start(exchange: Exchange, direction: Direction) -> int:
    """Where the frames of a direction begin in its bytes, once a 101 has come back."""
    message = exchange.request if direction is Direction.REQUEST else exchange.response
    if message is None:
        return 0
    # A body may stand between the request's head and the first frame.
    return exchange.body_start(message) + (message.content_length or 0 if message.is_request else 0)


def frame_bytes(opcode: int, payload: bytes, *, masking_key: bytes = b"", fin: bool = True) -> bytes:
    """A frame as it goes on the wire, its length in the shortest form; masked where a key is given."""
    mask_bit = 0x80 if masking_key else 0
    first = bytes([(0x80 if fin else 0) | opcode])
    length = len(payload)
    if length < 126:
        head = first + bytes([mask_bit | length])
    elif length < 1 << 16:
        head = first + bytes([mask_bit | 126]) + length.to_bytes(2, "big")
    else:
        head = first + bytes([mask_bit | 127]) + length.to_bytes(8, "big")
    return head + masking_key + (_masked(payload, masking_key) if masking_key else payload)


def close_payload(code: int, reason: str = "") -> bytes:
    """What a close frame carries."""
    return code.to_bytes(_CODE_BYTES, "big") + reason.encode("utf-8", "surrogateescape")


def sec_websocket_accept(key: str) -> str:
    """What a server answers to a key: the SHA-1 of key and GUID, in Base64 (RFC 6455, 4.2.2)."""
    digest = hashlib.sha1(key.encode("utf-8", "surrogateescape") + GUID, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode("ascii")


def _read_frame(data: bytes, at: int) -> Frame | None:
    """The frame at an offset; None where the bytes end before it does."""
    if len(data) < at + 2:
        return None
    first, second = data[at], data[at + 1]
    masked, length = bool(second & 0x80), second & 0x7F
    length_bits = {126: 16, 127: 64}.get(length, 7)
    body_at = at + 2 + (length_bits // 8)
    if length_bits > 7:
        length = int.from_bytes(data[at + 2 : body_at], "big")
    key = data[body_at : body_at + KEY_BYTES] if masked else b""
    body_at += KEY_BYTES if masked else 0
    end = body_at + length
    if len(data) < end:
        return None
    payload = data[body_at:end]
    return Frame(
        fin=bool(first & 0x80),
        reserved=first >> 4 & 0x7,
        opcode=first & 0xF,
        masked=masked,
        masking_key=key,
        payload=_masked(payload, key) if masked else payload,
        data=data[at:end],
        length_bits=length_bits,
    )


def _masked(payload: bytes, key: bytes) -> bytes:
    """The payload with the mask put on, or taken off."""
    size = len(payload)
    repeated = (key * (size // len(key) + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(size, "big")


def _frame_notes(frame: Frame, *, may_compress: bool) -> list[str]:
    notes: list[str] = []
    begins_message = frame.opcode in (Opcode.TEXT, Opcode.BINARY)
    foreign_bits = frame.reserved & ~COMPRESSED if may_compress and begins_message else frame.reserved
    if frame.opcode not in _NAMES:
        notes.append(_("The opcode {opcode} is reserved.").format(opcode=f"0x{frame.opcode:x}"))
    if frame.reserved != foreign_bits and frame.inflated is None:
        notes.append(_("It is compressed and cannot be inflated."))
    if foreign_bits:
        notes.append(_("A reserved bit is set, and no extension was agreed on."))
    if frame.opcode & 0x8 and not frame.fin:
        notes.append(_("A control frame cannot be one of several fragments."))
    if frame.opcode & 0x8 and len(frame.payload) > _LONGEST_CONTROL:
        notes.append(_("A control frame carries 125 bytes at most."))
    if frame.opcode == Opcode.CLOSE and len(frame.payload) == 1:
        notes.append(_("The code of a close frame takes two bytes; there is one."))
    shortest = 7 if len(frame.payload) < 126 else 16 if len(frame.payload) < 1 << 16 else 64
    if frame.length_bits > shortest:
        notes.append(_("The length is not written in its shortest form."))
    return notes


def _with_sender_notes(frame: Frame, direction: Direction) -> Frame:
    from_client = direction is Direction.REQUEST
    if frame.masked == from_client:
        return frame
    said = _("A client must mask its frames.") if from_client else _("A server must not mask its frames.")
    return replace(frame, notes=(*frame.notes, said))


def _rest_notes(rest: bytes, *, closed: bool) -> tuple[str, ...]:
    if not rest:
        return ()
    if closed:
        said = ngettext(
            "{count} byte follows the closing frame.", "{count} bytes follow the closing frame.", len(rest)
        )
    else:
        said = ngettext(
            "The last frame is cut after {count} byte.",
            "The last frame is cut after {count} bytes.",
            len(rest),
        )
    return (said.format(count=len(rest)),)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
