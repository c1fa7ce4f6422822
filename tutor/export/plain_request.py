"""What a client is told to send so that a recorded request crosses the wire again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from tutor.wire.exchange import Direction, Exchange
from tutor.wire.message import Message

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110, 5.6.2
_LOOPBACK = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]*)?", re.IGNORECASE)
_TARGET = re.compile(rb"[!-~\x80-\xff]+")
# What every client sends on its way as it is written: no path segment to resolve, nothing to encode.
_USUAL_TARGET = re.compile(
    r"/(?!/)(?:(?!/\.)[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-F]{2})*(?:\?[A-Za-z0-9\-._~!$&'()*+,;=:@/?%]+)?"
)
_OWN_VALUES = {
    "user-agent": re.compile(r"(?:python-requests|curl)/\S*"),
    "accept": re.compile(r"\*/\*"),
    "accept-encoding": re.compile(r"gzip, deflate(?:, br)?(?:, zstd)?"),
    "connection": re.compile(r"keep-alive", re.IGNORECASE),
}
"""What requests and curl say by themselves: it is the client's word, not the request's."""


@dataclass(frozen=True, slots=True)
class PlainRequest:
    """A request that any client can send."""

    method: str
    address: str
    """`http://127.0.0.1:PORT`, where it is to be sent."""
    target: str
    fields: tuple[tuple[str, bytes], ...]
    """Those to name to a client: without what it says by itself."""
    names: frozenset[str]
    """Lower-case names of all fields that were on the wire."""
    body: bytes
    version: str
    usual_target: bool
    """Every client sends the target as it stands, whichever way it builds its URL."""

    @property
    def chunked(self) -> bool:
        """The body has chunked coding instead of a length."""
        return "transfer-encoding" in self.names


def address_of(exchange: Exchange, address: str) -> str:
    """Where to send a request again: its own Host where that is this server's, otherwise `address`."""
    host = exchange.request.value("Host") if exchange.request else None
    if host and _LOOPBACK.fullmatch(host) and host.rpartition(":")[2] == str(urlsplit(address).port):
        return f"http://{host}"
    return address


def plain_request(exchange: Exchange, address: str) -> PlainRequest | None:
    """The request as a client can be told it; None where only its bytes say what it was.

    Args:
        exchange: with any bytes.
        address: `http://127.0.0.1:PORT` of the server that it reached.
    """
    message = exchange.request
    if message is None or not _is_plain(exchange, message):
        return None
    address = address_of(exchange, address)
    keeps_coding = _is_coded(exchange)
    fields = tuple(
        (field.name.decode("ascii"), field.value)
        for field in message.fields
        if not _is_own(field.name.decode("ascii").lower(), field.value, message, address)
        or (keeps_coding and field.name.lower() == b"accept-encoding")
    )
    return PlainRequest(
        method=message.method,
        address=address,
        target=message.target,
        fields=fields,
        names=frozenset(field.name.decode("ascii").lower() for field in message.fields),
        body=message.body,
        version=message.version,
        usual_target=_USUAL_TARGET.fullmatch(message.target) is not None,
    )


def websocket_turns(exchange: Exchange) -> tuple[bytes, ...]:
    """What a client sent over a WebSocket: the handshake, then its frames, parted where the server spoke.

    Empty where there was no WebSocket, or no frame of the client's. A server that is sent everything at once
    reads frames as part of the handshake, and a close frame before it has answered.
    """
    request, response = exchange.request, exchange.response
    if request is None or response is None or response.status != 101:
        return ()
    turns = [b""]
    offset = 0
    for piece in exchange.pieces:
        if piece.direction is Direction.RESPONSE:
            turns += [b""] if turns[-1] else []
        else:
            turns[-1] += piece.data[max(0, len(request.head) - offset) :]
            offset += len(piece.data)
    frames = [turn for turn in turns if turn]
    return (request.head, *frames) if frames else ()


def _is_plain(exchange: Exchange, message: Message) -> bool:
    method, target, version = (
        text.encode("utf-8", "surrogateescape") for text in (message.method, message.target, message.version)
    )
    lines = [b" ".join((method, target, version)), *(field.line for field in message.fields), b"", b""]
    framed = message.chunked or len(message.body) == (message.content_length or 0)
    codings = message.values("Transfer-Encoding")
    return bool(
        message.complete
        and not message.notes
        and not message.dropped
        and not message.trailers
        and framed
        and (not codings or (codings == ("chunked",) and message.content_length is None))
        and message.head == b"\r\n".join(lines)
        and exchange.data(Direction.REQUEST) == message.head + message.raw_body
        and _TOKEN.fullmatch(method)
        and _TARGET.fullmatch(target)
        and version in {b"HTTP/1.1", b"HTTP/1.0"}
        and all(_TOKEN.fullmatch(field.name) and b"\r" not in field.value for field in message.fields)
    )


def _is_own(name: str, value: bytes, message: Message, address: str) -> bool:
    text = value.decode("latin-1")
    if len(message.values(name)) > 1:
        return False
    if name == "host":
        return f"http://{text}" == address
    if name == "content-length":
        return bool(message.body)
    own = _OWN_VALUES.get(name)
    return own is not None and own.fullmatch(text) is not None


def _is_coded(exchange: Exchange) -> bool:
    """Whether the response depends on which codings the request accepts."""
    response = exchange.response
    if response is None:
        return False
    return (
        bool(response.value("Content-Encoding"))
        or "accept-encoding" in (response.value("Vary") or "").lower()
    )
