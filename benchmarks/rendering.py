"""How long a large exchange takes to the screen, and that it is no worse than linear in size."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator

from benchmarks.rows import Row
from benchmarks.timing import Effort, in_turns, ratios
from tutor.screen.output import Output
from tutor.screen.wire import View, request_lines, response_lines
from tutor.wire.exchange import Direction, Exchange, Piece

_KIB = 1024
_REQUEST = b"GET /notes HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n"


TERMINAL = {"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}


class Terminal(io.StringIO):
    """A terminal that keeps what it is given."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def measure(effort: Effort) -> Iterator[Row]:
    """For each kind of body, the time of 64 KiB, and that of 64 KiB against that of 8 KiB eight times."""
    for name, bodies in _BODIES.items():
        runs = in_turns(
            {
                "large": lambda bodies=bodies: _seconds(bodies(64 * _KIB)),  # type: ignore[misc]
                "small": lambda bodies=bodies: sum(_seconds(bodies(8 * _KIB)) for _time in range(8)),  # type: ignore[misc]
            },
            effort.of(30, 5),
        )
        yield Row(f"64 KiB of {name} to the screen", tuple(each * 1000 for each in runs["large"]), 50, "ms")
        yield Row(f"64 KiB of {name}, against 8 KiB eight times", ratios(runs, "large", "small"), 1.2)


def _json(size: int) -> bytes:
    notes = [{"id": number, "title": "Buy milk", "done": number % 3 == 0} for number in range(size // 40)]
    return json.dumps(notes, indent=2).encode()[:size]


def _one_line_of_json(size: int) -> bytes:
    notes = [{"id": number, "title": "Buy milk", "done": number % 3 == 0} for number in range(size // 40)]
    return json.dumps(notes).encode()[:size]


def _html(size: int) -> bytes:
    line = '<li class="note"><a href="/notes/1">Buy milk &amp; bread</a></li>\n'
    return (line * (size // len(line) + 1)).encode()[:size]


def _text(size: int) -> bytes:
    return ("A line of plain words, as a log has them.\n" * (size // 40)).encode()[:size]


def _octets(size: int) -> bytes:
    return bytes(range(256)) * (size // 256)


def _response(content_type: str, body: bytes) -> Exchange:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    pieces = (Piece(Direction.REQUEST, 0.001, _REQUEST), Piece(Direction.RESPONSE, 0.002, head + body))
    return Exchange(pieces)


def _chunked(size: int) -> Exchange:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
    pieces = [Piece(Direction.REQUEST, 0.001, _REQUEST), Piece(Direction.RESPONSE, 0.002, head)]
    chunk = b"2a\r\nA line of plain words, as a log has it all.\n\r\n"[:48]
    pieces += [Piece(Direction.RESPONSE, 0.002 + at * 1e-6, chunk) for at in range(0, size, len(chunk))]
    return Exchange((*pieces, Piece(Direction.RESPONSE, 0.5, b"0\r\n\r\n")))


_BODIES: dict[str, Callable[[int], Exchange]] = {
    "JSON": lambda size: _response("application/json", _json(size)),
    "JSON in one line": lambda size: _response("application/json", _one_line_of_json(size)),
    "HTML": lambda size: _response("text/html; charset=utf-8", _html(size)),
    "text": lambda size: _response("text/plain", _text(size)),
    "chunks": _chunked,
    "octets": lambda size: _response("application/octet-stream", _octets(size)),
}


def _seconds(exchange: Exchange) -> float:
    """From the recorded bytes to the terminal's."""
    view = View()
    output = Output(Terminal(), TERMINAL)
    started_s = time.perf_counter()
    output.show([*request_lines(exchange, view), *response_lines(exchange, view)])
    return time.perf_counter() - started_s
