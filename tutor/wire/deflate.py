"""permessage-deflate: WebSocket messages that cross compressed, as browsers send them (RFC 7692)."""

from __future__ import annotations

import zlib

COMPRESSED = 0b100
"""RSV1 among a frame's three reserved bits: the message that it begins is compressed (RFC 7692, 6)."""

MOST_BYTES = 1024 * 1024
"""Of one message, inflated: a few octets may stand for any number."""

_TAIL = b"\x00\x00\xff\xff"
"""What a sender takes off the end of each message (RFC 7692, 7.2.1)."""


def agreed(extensions: str) -> frozenset[str] | None:
    """The parameters of permessage-deflate in a response's Sec-WebSocket-Extensions; None without it."""
    for extension in extensions.lower().split(","):
        name, *parameters = (part.strip() for part in extension.split(";"))
        if name == "permessage-deflate":
            return frozenset(parameters)
    return None


class Inflater:
    """Inflates what one side sent, frame by frame, in order.

    Args:
        keeps_context: what a message repeats of the ones before it may be a reference to them.
    """

    def __init__(self, *, keeps_context: bool) -> None:
        self._keeps_context = keeps_context
        self._inflating: zlib._Decompress | None = None
        self._in_message = False
        """A compressed message has begun and not ended."""
        self._broken = False

    def inflate(self, payload: bytes, *, begins: bool, compressed: bool, fin: bool) -> bytes | None:
        """What the payload of the next data frame stands for; None where it is not compressed, or unreadable.

        Args:
            payload: without its mask.
            begins: it is the first frame of its message.
            compressed: of a first frame: RSV1 is set.
            fin: it is the last one.
        """
        if begins:
            self._in_message = compressed
        if not self._in_message or self._broken:
            return None
        if self._inflating is None or (begins and not self._keeps_context):
            self._inflating = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            inflated = self._inflating.decompress(payload + (_TAIL if fin else b""), MOST_BYTES)
        except zlib.error:
            inflated = None
        # What follows may refer to what is missing.
        self._broken = inflated is None or bool(self._inflating.unconsumed_tail)
        return inflated
