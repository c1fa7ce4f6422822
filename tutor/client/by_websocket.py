"""Talking through a WebSocket, frame by frame."""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Sequence
from contextlib import suppress

from tutor.client.call import READ_BYTES, Call, DeadlineSocket
from tutor.course.model import Frame, WebSocketBlock
from tutor.language import _
from tutor.wire import frames as wire_frames
from tutor.wire.escape import visible
from tutor.wire.frames import (
    KEY_BYTES,
    Opcode,
    close_payload,
    frame_bytes,
    parse_frames,
    sec_websocket_accept,
)
from tutor.wire.message import parse_responses
from tutor.wire.raw_text import parse_raw_block

FRAME_WAIT_S = 2.0
"""How long a WebSocket frame that is expected may take, and the answer to a handshake."""

_FAREWELL_S = 0.5
"""How long a WebSocket's client waits for the server to end the connection once it has sent a close frame."""
_NONCE_BYTES = 16
_NORMAL_CLOSURE = 1000
_SHOWN_CHARS = 60


def outgoing(frame: Frame) -> bytes:
    """The bytes of a frame to send; none for one to expect."""
    if not frame.send:
        return b""
    if frame.raw:
        return parse_raw_block(frame.data).data
    payload = frame.data.encode("utf-8", "surrogateescape")
    if frame.opcode == "close":
        code, _space, reason = (frame.data or str(_NORMAL_CLOSURE)).partition(" ")
        if code.isdecimal() and int(code) < 1 << 16:
            payload = close_payload(int(code), reason)
    return frame_bytes(Opcode[frame.opcode.upper()], payload, masking_key=os.urandom(KEY_BYTES))


def converse(call: Call, block: WebSocketBlock, outgoing: Sequence[bytes]) -> str:
    """Carry a WebSocket block out; gives what went otherwise than it says, or nothing."""
    try:
        connection = call.connect()
        fields = _handshake_fields(call, block)
        lines = (f"GET {block.target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields), "", "")
        connection.sendall("\r\n".join(lines).encode("utf-8", "surrogateescape"))
        reader = _FrameReader(call, connection)
        key = next((value for name, value in fields if name.lower() == "sec-websocket-key"), "")
        refusal = reader.refusal(key)
        if refusal:
            return refusal
        for place, (frame, data) in enumerate(zip(block.frames, outgoing, strict=True), start=1):
            if frame.send:
                connection.sendall(data)
            elif missed := reader.missed(frame, place):
                return missed
        if any(frame.send and frame.opcode == "close" for frame in block.frames):
            reader.drain()
    except OSError as error:
        from tutor.client.by_requests import why

        return why(call, error)
    return ""


def _handshake_fields(call: Call, block: WebSocketBlock) -> list[tuple[str, str]]:
    """The fields of the opening request; one that the block names stands in place of the client's own."""
    given = {name.lower() for name, _value in block.fields}
    own = (
        ("Host", call.server.host),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", base64.b64encode(os.urandom(_NONCE_BYTES)).decode("ascii")),
        ("Sec-WebSocket-Version", "13"),
    )
    return [*(field for field in own if field[0].lower() not in given), *block.fields]


class _FrameReader:
    """Reads what the server sends on a WebSocket: the answer to the handshake, then frame by frame."""

    def __init__(self, call: Call, connection: DeadlineSocket) -> None:
        self._call = call
        self._connection = connection
        self._received = b""
        self._until_s = 0.0

    def refusal(self, key: str) -> str:
        """Why the server has not opened a WebSocket; empty where it has."""
        self._wait_from_now(FRAME_WAIT_S)
        while b"\r\n\r\n" not in self._received:
            try:
                if not self._receive():
                    return _("The server closed the connection without an answer to the handshake.")
            except TimeoutError:
                return _("No answer to the handshake came within {seconds:g} s.").format(seconds=FRAME_WAIT_S)
        answer = parse_responses(self._received)[0]
        if answer.status != 101:
            self.drain()
            return _("The server opened no WebSocket; it answered {status} {reason}.").format(
                status=answer.status, reason=answer.reason
            )
        self._received = answer.raw_body
        if answer.value("Sec-WebSocket-Accept") != sec_websocket_accept(key):
            return _("The server's Sec-WebSocket-Accept does not fit the client's Sec-WebSocket-Key.")
        return ""

    def missed(self, wanted: Frame, place: int) -> str:
        """What came in place of a frame that is expected next; empty where that frame came."""
        expected = _shown_frame(wanted.opcode, wanted.data)
        try:
            frame = self._next()
        except TimeoutError:
            words = (
                _("Frame {place} should be {expected}; what came was no whole frame after {seconds:g} s.")
                if self._received
                else _("Frame {place} should be {expected}; nothing came within {seconds:g} s.")
            )
            return words.format(place=place, expected=expected, seconds=FRAME_WAIT_S)
        if frame is None:
            return _("Frame {place} should be {expected}; the server ended the connection.").format(
                place=place, expected=expected
            )
        if frame.name == wanted.opcode and wanted.data in ("", frame.text):
            return ""
        return _("Frame {place} should be {expected}; {actual} came.").format(
            place=place, expected=expected, actual=_shown_frame(frame.name, frame.text)
        )

    def drain(self) -> None:
        """Read until the server ends the connection, but not for long."""
        self._wait_from_now(_FAREWELL_S)
        with suppress(TimeoutError):
            while self._receive():
                pass

    def _next(self) -> wire_frames.Frame | None:
        self._wait_from_now(FRAME_WAIT_S)
        while True:
            found = parse_frames(self._received).frames
            if found:
                self._received = self._received[len(found[0].data) :]
                return found[0]
            if not self._receive():
                return None

    def _wait_from_now(self, seconds: float) -> None:
        self._until_s = time.perf_counter() + seconds

    def _receive(self) -> bool:
        """Take what comes next; False at the end of the connection. Raises TimeoutError."""
        left_s = self._until_s - time.perf_counter()
        try:
            part = self._connection.recv_within(left_s, READ_BYTES)
        except TimeoutError:
            # Notes whether it is the whole exchange that took too long.
            self._call.left_s()
            raise
        self._received += part
        return bool(part)


def _shown_frame(opcode: str, text: str) -> str:
    """A frame as a message names it: `text "hi"`."""
    shown = text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1] + "…"
    return f'{opcode} "{visible(shown)}"' if text else opcode
