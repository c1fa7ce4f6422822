"""An exchange as Python code with `requests`."""

from __future__ import annotations

from tutor.export.plain_request import PlainRequest, plain_request, websocket_turns
from tutor.wire.exchange import Direction, Exchange

_SKIPPED = ("host", "user-agent", "accept-encoding")
"""Fields that urllib3 adds where `requests` does not; it has a mark of its own to leave them out."""
_LENGTH_OF_NOTHING = frozenset({"POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Methods for which `requests` sends `Content-Length: 0` with an empty body."""


def python_code(exchange: Exchange, *, address: str) -> str:
    """A program that makes the exchange happen again and prints the response; ASCII.

    A request that `requests` would set right is sent as bytes, through a plain socket, and so is a WebSocket.

    Args:
        exchange: with any bytes.
        address: `http://127.0.0.1:PORT` of the server that it reached.
    """
    if turns := websocket_turns(exchange):
        return _socket_code(turns, address, "requests speaks no WebSocket: the frames go out as they were.")
    request = plain_request(exchange, address)
    if request is None or not _requests_can(request):
        why = "requests would set this request right: only a plain socket sends it as it is."
        return _socket_code((exchange.data(Direction.REQUEST),), address, why)
    headers = _headers(request)
    uses_skip = any(value == "SKIP_HEADER" for _name, value in headers)
    lines = ["import requests", *(["from urllib3.util import SKIP_HEADER"] if uses_skip else []), ""]
    lines += [
        "session = requests.Session()",
        "session.trust_env = False  # no proxy, no .netrc",
        "response = session.request(",
        f"    {request.method!a},",
        f"    {request.address + request.target!a},",
    ]
    if headers:
        lines.append("    headers={")
        lines += [f"        {name!a}: {value}," for name, value in headers]
        lines.append("    },")
    if request.chunked:
        lines.append(f"    data=iter([{request.body!a}]),  # without a length: chunks")
    elif request.body:
        lines.append(f"    data={request.body!a},")
    lines += [
        "    allow_redirects=False,",
        ")",
        "print(response.status_code, response.reason)",
        "for name, value in response.headers.items():",
        '    print(f"{name}: {value}")',
        "print()",
        "print(response.text)",
    ]
    return "\n".join(lines) + "\n"


def _requests_can(request: PlainRequest) -> bool:
    names = [name.lower() for name, _value in request.fields]
    silent = not request.body and not request.chunked and request.method in _LENGTH_OF_NOTHING
    return (
        request.version == "HTTP/1.1"
        and request.usual_target
        and request.method == request.method.upper()
        # A dictionary holds a name once.
        and len(names) == len(set(names))
        and not (silent and "content-length" not in request.names)
        and not (request.chunked and not request.body)
        # It refuses such values.
        and all(value[:1] not in (b" ", b"\t") for _name, value in request.fields)
    )


def _headers(request: PlainRequest) -> list[tuple[str, str]]:
    """Names, and the expressions of their values."""
    own = {"transfer-encoding"} if request.chunked else set()
    if not request.body and request.method in _LENGTH_OF_NOTHING:
        own.add("content-length")
    headers = [
        (name, ascii(value.decode("ascii") if value.isascii() else value))
        for name, value in request.fields
        if name.lower() not in own
    ]
    absent = [
        (name, "SKIP_HEADER" if name.lower() in _SKIPPED else "None")
        for name in ("Host", "User-Agent", "Accept-Encoding", "Accept")
        if name.lower() not in request.names
    ]
    return headers + absent


def _socket_code(turns: tuple[bytes, ...], address: str, why: str) -> str:
    """Code that sends bytes as they are; some answer is awaited after each turn but the last."""
    host, _colon, port = address.removeprefix("http://").rpartition(":")
    lines = [
        "import socket",
        "",
        f"# {why}",
        f"with socket.create_connection(({host!a}, {port}), timeout=10) as connection:",
        '    received = b""',
    ]
    for turn in turns[:-1]:
        lines += [f"    connection.sendall({turn!a})", "    received += connection.recv(65536)"]
    lines += [
        f"    connection.sendall({turns[-1]!a})",
        "    connection.settimeout(1)",
        "    try:",
        "        while part := connection.recv(65536):",
        "            received += part",
        "    except TimeoutError:",
        "        pass",
        'print(received.decode("utf-8", "replace"))',
    ]
    return "\n".join(lines) + "\n"
