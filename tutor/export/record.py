"""An exchange as plain JSON values: both messages, every piece with its time, and Flask's timeline."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

from tutor.wire.exchange import Exchange, Piece
from tutor.wire.message import Message
from tutor.wire.timeline import Timeline


def record(hops: Sequence[Exchange]) -> str:
    """The last exchange as a JSON object, in ASCII; those before it, of redirects, under `redirects`."""
    *before, last = hops
    return (
        json.dumps({**_described(last), "redirects": [_described(each) for each in before]}, indent=2) + "\n"
    )


def _described(exchange: Exchange) -> dict[str, Any]:
    request, response = exchange.request, exchange.response
    return {
        "request": None
        if request is None
        else {
            "method": _clean(request.method),
            "target": _clean(request.target),
            **_message(request),
        },
        "response": None
        if response is None
        else {
            "status": response.status,
            "reason": _clean(response.reason),
            **_message(response),
        },
        "pieces": [_piece(piece) for piece in exchange.pieces],
        "timeline": _timeline(exchange.timeline),
        "duration_ms": _ms(exchange.duration_s),
        "error": exchange.error or None,
    }


def _message(message: Message) -> dict[str, Any]:
    return {
        "version": _clean(message.version),
        "headers": [[_wire_text(field.name), _wire_text(field.value)] for field in message.fields],
        "body": _data(message.body),
        "body_bytes": message.body_length,
        "chunked": message.chunked,
        "complete": message.complete,
        "notes": list(message.notes),
    }


def _piece(piece: Piece) -> dict[str, Any]:
    return {
        "direction": piece.direction.value,
        "at_ms": _ms(piece.at_s),
        **_data(piece.data),
        "dropped_bytes": piece.dropped,
    }


def _timeline(timeline: Timeline | None) -> dict[str, Any] | None:
    if timeline is None:
        return None
    return {
        "rule": timeline.rule,
        "endpoint": timeline.endpoint,
        "view": timeline.view,
        "view_ran": timeline.view_ran,
        "view_arguments": [
            {"name": each.name, "type": each.type, "value": each.value} for each in timeline.view_arguments
        ],
        "exception": timeline.exception,
        "teardown_argument": timeline.teardown_argument,
        "status": timeline.status,
        "duration_ms": _ms(timeline.duration_s),
        "events": [
            {
                "kind": event.kind.value,
                "name": event.name,
                "at_ms": _ms(event.at_s),
                "duration_ms": _ms(event.duration_s),
                "detail": event.detail,
                "raised": event.raised,
            }
            for event in timeline.events
        ],
    }


def _data(data: bytes) -> dict[str, str]:
    """`text` where the bytes are UTF-8, otherwise `base64`."""
    try:
        return {"text": data.decode("utf-8")}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode("ascii")}


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)


def _clean(text: str) -> str:
    return _wire_text(text.encode("utf-8", "surrogateescape"))


def _wire_text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
