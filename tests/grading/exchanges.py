"""Exchanges from literal bytes, for the tests of this folder."""

from __future__ import annotations

from tutor.course.model import Expectation, Operator, Question, QuestionKind, WrongAnswer
from tutor.wire.exchange import Direction, Exchange, Piece
from tutor.wire.timeline import Event, EventKind, Timeline, ViewArgument

HELLO_REQUEST = b"GET /hello?name=Grey HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n"
HELLO_RESPONSE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 13\r\n"
    b"Allow: HEAD, GET\r\nConnection: close\r\n\r\nHello, Flask!"
)
NOT_FOUND = b"HTTP/1.1 404 NOT FOUND\r\nContent-Length: 0\r\n\r\n"
MOVED = b"HTTP/1.1 302 FOUND\r\nLocation: /hello\r\nContent-Length: 0\r\n\r\n"
JSON_RESPONSE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 84\r\n\r\n"
    b'{"args": {"a": ["1", "2"]}, "n": 1, "yes": true, "nothing": null, "a.b": {"c": "x"}}'
)
CHUNKED = (
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
)
EVENT_STREAM = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"20\r\nretry: 2000\n\nevent: tick\ndata: a\r\n18\r\n\ndata: b\n\nid: 7\ndata: c\n\r\n"
    b"1\r\n\n\r\n0\r\n\r\n"
)
WEBSOCKET = Exchange(
    (
        Piece(Direction.REQUEST, 0.1, b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n"),
        Piece(Direction.RESPONSE, 0.2, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n\r\n"),
        Piece(Direction.REQUEST, 0.3, bytes.fromhex("81851122334459475f287e")),
        Piece(Direction.RESPONSE, 0.4, b"\x81\x02hi"),
        Piece(Direction.RESPONSE, 0.5, b"\x88\x05\x03\xe8bye"),
    ),
    duration_s=1.2346,
)

TIMELINE = Timeline(
    events=(
        Event(EventKind.URL_MATCHED, "hello", 0.0, detail="/hello"),
        Event(EventKind.BEFORE_REQUEST, "open_door", 0.0),
        Event(EventKind.VIEW, "hello", 0.0),
        Event(EventKind.AFTER_REQUEST, "stamp", 0.0),
        Event(EventKind.AFTER_REQUEST, "stamp_again", 0.0),
        Event(EventKind.TEARDOWN_REQUEST, "close_door", 0.0),
    ),
    rule="/hello/<name>/<int:n>/<uuid:u>",
    endpoint="hello",
    view="hello",
    view_arguments=(
        ViewArgument("name", "str", "'Grey'"),
        ViewArgument("n", "int", "5"),
        ViewArgument("u", "UUID", "UUID('12345678-1234-5678-1234-567812345678')"),
        ViewArgument("long", "str", "'aaaa…"),
    ),
    teardown_argument="None",
)


def exchange(
    request: bytes = HELLO_REQUEST,
    response: bytes = HELLO_RESPONSE,
    *,
    timeline: Timeline | None = None,
    error: str = "",
) -> Exchange:
    """An exchange of these bytes; empty bytes were never sent."""
    pieces = [
        Piece(direction, at_s, data)
        for direction, at_s, data in (
            (Direction.REQUEST, 0.0, request),
            (Direction.RESPONSE, 0.1, response),
        )
        if data
    ]
    return Exchange(tuple(pieces), timeline=timeline, error=error)


def question(
    kind: QuestionKind,
    *answer: str,
    choices: tuple[tuple[str, str], ...] = (),
    wrong: dict[str, tuple[str, ...]] | None = None,
    ignore_case: bool = False,
    units: tuple[str, ...] = (),
    field_name: str = "",
    expectations: tuple[Expectation, ...] = (),
    proof: dict[str, tuple[Expectation, ...]] | None = None,
    proof_paths: tuple[str, ...] = (),
) -> Question:
    """A prediction about the exchange `hello`; the feedback of a wrong answer is `About KEY.`"""
    return Question(
        "asked",
        kind,
        "What comes back?",
        "hello",
        True,
        answer,
        choices=choices,
        wrong=tuple(WrongAnswer(key, each, f"About {key}.", 1) for key, each in (wrong or {}).items()),
        ignore_case=ignore_case,
        units=units,
        field_name=field_name,
        expectations=expectations,
        proof=tuple((proof or {}).items()),
        proof_paths=proof_paths,
    )


def claim(
    path: str, value: object, operator: Operator = Operator.EQUALS, *, exchange: str = ""
) -> Expectation:
    """An expectation at a dotted path without quotes."""
    return Expectation(tuple(path.split(".")), operator, value, exchange)
