"""Exchanges as an HTTP Archive, version 1.2, as a browser's network panel imports it.

http://www.softwareishard.com/blog/har-12-spec/ lists the fields; names with an underscore are our own.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from tutor.export.plain_request import address_of
from tutor.language import _
from tutor.wire.exchange import Direction, Exchange
from tutor.wire.frames import frames
from tutor.wire.message import Field, Message

_FORM = "application/x-www-form-urlencoded"
_UNKNOWN = -1
"""What the format calls a time or size that does not apply."""


def har(exchanges: Sequence[Exchange], *, address: str, start: datetime, program: str, version: str) -> str:
    """The archive, as JSON in ASCII.

    Args:
        exchanges: in any number, of one server; the first one's times are the base of the others'.
        address: `http://127.0.0.1:PORT` of the server that they reached.
        start: when the first one's connection was accepted.
        program, version: who wrote the archive.
    """
    base_s = exchanges[0].accepted_s if exchanges else 0.0
    entries = [
        _entry(exchange, address, start + timedelta(seconds=exchange.accepted_s - base_s))
        for exchange in exchanges
    ]
    log = {"version": "1.2", "creator": {"name": program, "version": version}, "entries": entries}
    return json.dumps({"log": log}, indent=2) + "\n"


def _entry(exchange: Exchange, address: str, accepted: datetime) -> dict[str, Any]:
    timings = _timings(exchange)
    why = _why_malformed(exchange)
    started = (accepted + timedelta(seconds=exchange.asked_s)).astimezone(UTC)
    entry: dict[str, Any] = {
        "startedDateTime": started.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "time": round(sum(each for each in timings.values() if each >= 0), 3),
        "request": _request(exchange, address_of(exchange, address), malformed=bool(why)),
        "response": _unreadable_response(exchange, why) if why else _response(exchange),
        "cache": {},
        "timings": timings,
        "serverIPAddress": "127.0.0.1",
        "connection": str(exchange.client_port),
    }
    if exchange.response is not None and exchange.response.status == 101:
        entry["_resourceType"] = "websocket"
        entry["_webSocketMessages"] = [
            {
                "type": "send" if timed.from_client else "receive",
                "time": (accepted + timedelta(seconds=timed.at_s)).timestamp(),
                "opcode": timed.frame.data[0] & 0x0F,
                "data": timed.frame.text,
            }
            for timed in frames(exchange)
        ]
    return entry


def _why_malformed(exchange: Exchange) -> str:
    """Why the fields of an archive cannot say this exchange; empty where they can."""
    request, response = exchange.request, exchange.response
    if request is None or not request.method or not request.target:
        return exchange.error or _("The request has no readable request line.")
    if response is None:
        return exchange.error or _("No response came.")
    if not response.status:
        return exchange.error or _("The response has no readable status line.")
    return ""


def _request(exchange: Exchange, address: str, *, malformed: bool) -> dict[str, Any]:
    message = exchange.request
    target = message.target if message else ""
    query = target.partition("#")[0].partition("?")[2]
    described: dict[str, Any] = {
        "method": _clean(message.method) if message else "",
        "url": _clean(_url(target, address)),
        "httpVersion": _clean(message.version) if message else "",
        "cookies": _request_cookies(message) if message else [],
        "headers": _headers(message.fields) if message else [],
        "queryString": _pairs(query),
        "headersSize": len(message.head) if message else _UNKNOWN,
        "bodySize": _body_size(message) if message else 0,
    }
    if message is not None and message.raw_body and not _switches(exchange):
        described["postData"] = _post_data(message)
    if malformed:
        described["_bytes"] = _base64(exchange.data(Direction.REQUEST))
    return described


def _url(target: str, address: str) -> str:
    if target.startswith("/"):
        return address + target
    # RFC 9112, 3.2.2: the absolute form is an URL; there are no others for `*` and for nonsense.
    return target if target.startswith("http://") else f"{address}/{target}"


def _post_data(message: Message) -> dict[str, Any]:
    media_type = message.value("Content-Type") or ""
    data: dict[str, Any] = {"mimeType": media_type, "params": [], "text": ""}
    if media_type.partition(";")[0].strip().lower() == _FORM:
        data["params"] = _pairs(message.text)
    content = _text_or_base64(message.body, message)
    data["text"] = content["text"]
    if "encoding" in content:
        # The format has no place for it here.
        data["_encoding"] = content["encoding"]
    return data


def _response(exchange: Exchange) -> dict[str, Any]:
    message = exchange.response
    assert message is not None
    body = b"" if message.status == 101 else _decoded(message)
    content = {
        "size": len(body) + (message.body_dropped if message.status != 101 else 0),
        "mimeType": message.value("Content-Type") or "x-unknown",
        **_text_or_base64(body, message),
    }
    if message.value("Content-Encoding"):
        content["compression"] = len(body) - len(message.body)
    described: dict[str, Any] = {
        "status": message.status,
        "statusText": _clean(message.reason),
        "httpVersion": _clean(message.version),
        "cookies": [
            cookie for value in message.values("Set-Cookie") if (cookie := _set_cookie(value)) is not None
        ],
        "headers": _headers(message.fields),
        "content": content,
        "redirectURL": message.value("Location") or "",
        "headersSize": len(message.head),
        "bodySize": _body_size(message),
    }
    if exchange.error:
        described["_error"] = exchange.error
    return described


def _unreadable_response(exchange: Exchange, why: str) -> dict[str, Any]:
    data = exchange.data(Direction.RESPONSE)
    return {
        "status": 0,
        "statusText": "",
        "httpVersion": "",
        "cookies": [],
        "headers": [],
        "content": {
            "size": len(data) + exchange.dropped(Direction.RESPONSE),
            "mimeType": "application/octet-stream",
            "text": _base64(data),
            "encoding": "base64",
        },
        "redirectURL": "",
        "headersSize": _UNKNOWN,
        "bodySize": _UNKNOWN,
        "_error": why,
    }


def _timings(exchange: Exchange) -> dict[str, float]:
    """Milliseconds of the phases. On loopback there is nothing to block, resolve or encrypt."""
    asked_s = exchange.asked_s
    sent_s = exchange.time_at(Direction.REQUEST, _stored(exchange, Direction.REQUEST))
    if exchange.data(Direction.RESPONSE):
        answered_s = exchange.time_at(Direction.RESPONSE, 0)
        ended_s = exchange.time_at(Direction.RESPONSE, _stored(exchange, Direction.RESPONSE))
    else:
        answered_s = ended_s = max(exchange.duration_s, sent_s)
    # A server may answer before it has everything.
    sent_s = min(sent_s, answered_s)
    return {
        "blocked": _UNKNOWN,
        "dns": _UNKNOWN,
        "connect": _UNKNOWN,
        "ssl": _UNKNOWN,
        "send": _ms(sent_s - asked_s),
        "wait": _ms(answered_s - sent_s),
        "receive": _ms(ended_s - answered_s),
    }


def _stored(exchange: Exchange, direction: Direction) -> int:
    return len(exchange.data(direction))


def _ms(seconds: float) -> float:
    return round(max(0.0, seconds) * 1000, 3)


def _body_size(message: Message) -> int:
    """Bytes behind the head as they crossed, chunk framing included."""
    return len(message.raw_body) + message.dropped


def _switches(exchange: Exchange) -> bool:
    return exchange.response is not None and exchange.response.status == 101


def _headers(fields: Sequence[Field]) -> list[dict[str, str]]:
    return [{"name": _wire_text(field.name), "value": _wire_text(field.value)} for field in fields]


def _pairs(query: str) -> list[dict[str, str]]:
    pairs = parse_qsl(_clean(query), keep_blank_values=True, max_num_fields=None)
    return [{"name": _clean(name), "value": _clean(value)} for name, value in pairs]


def _request_cookies(message: Message) -> list[dict[str, str]]:
    cookies: list[dict[str, str]] = []
    for line in message.values("Cookie"):
        for pair in line.split(";"):
            name, _equals, value = pair.strip().partition("=")
            if name:
                cookies.append({"name": name, "value": value})
    return cookies


def _set_cookie(line: str) -> dict[str, Any] | None:
    name, equals, value = line.partition(";")[0].partition("=")
    if not equals:
        return None
    cookie: dict[str, Any] = {"name": name.strip(), "value": value.strip()}
    for attribute in line.split(";")[1:]:
        key, _equals, given = attribute.strip().partition("=")
        match key.lower():
            case "path":
                cookie["path"] = given
            case "domain":
                cookie["domain"] = given
            case "expires":
                if (expires := _expiry(given)) is not None:
                    cookie["expires"] = expires
            case "httponly":
                cookie["httpOnly"] = True
            case "secure":
                cookie["secure"] = True
            case "samesite":
                cookie["sameSite"] = given
    return {"httpOnly": False, "secure": False, **cookie}


def _expiry(date: str) -> str | None:
    from email.utils import parsedate_to_datetime

    try:
        return (
            parsedate_to_datetime(date).astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        )
    except (ValueError, OverflowError):
        return None


def _decoded(message: Message) -> bytes:
    """The body without its content coding, where that is one we know; otherwise as it is."""
    coding = (message.value("Content-Encoding") or "").strip().lower()
    try:
        if coding in {"gzip", "x-gzip"}:
            return zlib.decompress(message.body, wbits=31)
        if coding == "deflate":
            return zlib.decompress(message.body)
    except zlib.error:
        pass
    return message.body


def _text_or_base64(body: bytes, message: Message) -> dict[str, str]:
    """The body as text where its octets are text, otherwise in Base64."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = message.text if body == message.body else ""
        if not text or not _is_text(text):
            return {"text": _base64(body), "encoding": "base64"}
    if "\0" in text:
        return {"text": _base64(body), "encoding": "base64"}
    return {"text": text}


def _is_text(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _wire_text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _clean(text: str) -> str:
    """Without surrogates, which JSON readers refuse: octets that are no UTF-8 are read as Latin-1."""
    return _wire_text(text.encode("utf-8", "surrogateescape"))
