"""An exchange as a curl command."""

from __future__ import annotations

import re
import shlex

from tutor.export.plain_request import PlainRequest, plain_request, websocket_turns
from tutor.wire.exchange import Direction, Exchange

_ARGUMENT_BYTES = 64 * 1024
"""Longest body that stands in the command itself; Linux takes 128 KiB an argument."""
_EXPECT_BYTES = 1024
"""From this length on, depending on its version, curl asks for 100 Continue before it sends a body."""
_NO_PROXY = "--noproxy '*'"
"""A proxy that the environment names could not reach this machine's loopback."""
_PLAIN_PRINTF = re.compile(rb"[A-Za-z0-9 ._/:;,=&?+@#~!*<>(){}\[\]|\"$^`-]")
_CODES = {0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r", 0x25: "%%", 0x5C: "\\\\"}


def curl_command(exchange: Exchange, *, address: str) -> str:
    """The command that makes the exchange happen again, for bash or zsh; printable.

    A request that curl would set right is sent as bytes, through `telnet://`, and so is a WebSocket.

    Args:
        exchange: with any bytes.
        address: `http://127.0.0.1:PORT` of the server that it reached.
    """
    if turns := websocket_turns(exchange):
        return _by_telnet(turns, address)
    request = plain_request(exchange, address)
    if request is None:
        return _by_telnet((exchange.data(Direction.REQUEST),), address)
    words = ["curl", "-i", _NO_PROXY, *_method(request)]
    if request.version == "HTTP/1.0":
        words.append("--http1.0")
    words += _fields(request)
    before, body = _body(request)
    words += body
    if request.usual_target:
        words.append(quoted((request.address + request.target).encode()))
    else:
        target = request.target.encode("utf-8", "surrogateescape")
        words += ["--request-target", quoted(target), f"{request.address}/"]
    return before + " ".join(words)


def _by_telnet(turns: tuple[bytes, ...], address: str) -> str:
    """Bytes as they are, with a pause after each turn for the answer."""
    host = address.removeprefix("http://")
    # 255 begins a command of Telnet (RFC 854): curl would double it.
    has_commands = b"\xff" in b"".join(turns)
    client = f"nc {host.replace(':', ' ')}" if has_commands else f"curl -sN {_NO_PROXY} telnet://{host}"
    # Both leave when their input ends.
    return f"({'; sleep .2; '.join(map(_printf, turns))}; sleep 1) | {client}"


def quoted(data: bytes) -> str:
    """A shell's word for bytes without NUL: as they are where a person can read them, else `$'…'`."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if (text or not data) and all(line.isprintable() for line in text.split("\n")):
        return shlex.quote(text)
    return "$'" + "".join(_ansi_c(octet) for octet in data) + "'"


def _method(request: PlainRequest) -> list[str]:
    if request.method == "HEAD" and not request.body:
        return ["--head"]
    usual = "POST" if request.body else "GET"
    return [] if request.method == usual else ["-X", quoted(request.method.encode())]


def _fields(request: PlainRequest) -> list[str]:
    words: list[str] = []
    for name, value in request.fields:
        # curl takes `Name:` as the wish to leave a field out, `Name;` as one with an empty value.
        line = name.encode() + (b": " + value if value else b";")
        words += ["-H", quoted(line)]
        if name.lower() == "accept-encoding":
            words.append("--compressed")
    defaults = ["Host", "User-Agent", "Accept"]
    if request.body:
        defaults.append("Content-Type")
        if len(request.body) >= _EXPECT_BYTES:
            defaults.append("Expect")
    for name in defaults:
        if name.lower() not in request.names:
            words += ["-H", f"{name}:"]
    return words


def _body(request: PlainRequest) -> tuple[str, list[str]]:
    """What stands before the command, and its words."""
    body = request.body
    if not body:
        return "", []
    word = quoted(body)
    if b"\0" in body or body.startswith(b"@") or len(word) > _ARGUMENT_BYTES:
        return f"{_printf(body)} | ", ["--data-binary", "@-"]
    return "", ["--data-binary", word]


def _ansi_c(octet: int) -> str:
    if octet in b"'\\":
        return f"\\{octet:c}"
    if octet in {0x09, 0x0A, 0x0D}:
        return _CODES[octet]
    return chr(octet) if 0x20 <= octet < 0x7F else f"\\{octet:03o}"


def _printf(data: bytes) -> str:
    octets = [_printf_part(octet) for octet in data]
    if data.startswith(b"-"):
        octets[0] = "\\055"  # no option
    return "printf '" + "".join(octets) + "'"


def _printf_part(octet: int) -> str:
    if octet in _CODES:
        return _CODES[octet]
    return chr(octet) if _PLAIN_PRINTF.fullmatch(bytes([octet])) else f"\\{octet:03o}"
