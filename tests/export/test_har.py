"""HTTP Archives: the fields that HAR 1.2 names, and the truth in them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue
from typing import Any

import pytest

from tests.export.recorded import RAW, REQUESTS, any_server, sent
from tutor.client.client import Client
from tutor.course.model import Frame, WebSocketBlock
from tutor.export.har import har
from tutor.sandbox.server import SandboxServer
from tutor.wire.exchange import Direction, Exchange
from tutor.wire.request import Request

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

# HAR 1.2: name -> (type, whether it may be missing).
Fields = dict[str, tuple[type | tuple[type, ...], bool]]
NUMBER = (int, float)
ENTRY: Fields = {
    "pageref": (str, True),
    "startedDateTime": (str, False),
    "time": (NUMBER, False),
    "request": (dict, False),
    "response": (dict, False),
    "cache": (dict, False),
    "timings": (dict, False),
    "serverIPAddress": (str, True),
    "connection": (str, True),
}
REQUEST: Fields = {
    "method": (str, False),
    "url": (str, False),
    "httpVersion": (str, False),
    "cookies": (list, False),
    "headers": (list, False),
    "queryString": (list, False),
    "postData": (dict, True),
    "headersSize": (int, False),
    "bodySize": (int, False),
}
RESPONSE: Fields = {
    "status": (int, False),
    "statusText": (str, False),
    "httpVersion": (str, False),
    "cookies": (list, False),
    "headers": (list, False),
    "content": (dict, False),
    "redirectURL": (str, False),
    "headersSize": (int, False),
    "bodySize": (int, False),
}
COOKIE: Fields = {
    "name": (str, False),
    "value": (str, False),
    "path": (str, True),
    "domain": (str, True),
    "expires": (str, True),
    "httpOnly": (bool, True),
    "secure": (bool, True),
    "sameSite": (str, True),
}
PAIR: Fields = {"name": (str, False), "value": (str, False)}
POST_DATA: Fields = {"mimeType": (str, False), "params": (list, False), "text": (str, False)}
CONTENT: Fields = {
    "size": (int, False),
    "compression": (int, True),
    "mimeType": (str, False),
    "text": (str, True),
    "encoding": (str, True),
}
TIMINGS: Fields = {
    "blocked": (NUMBER, True),
    "dns": (NUMBER, True),
    "connect": (NUMBER, True),
    "send": (NUMBER, False),
    "wait": (NUMBER, False),
    "receive": (NUMBER, False),
    "ssl": (NUMBER, True),
}

Table = tuple[SandboxServer, Client, "SimpleQueue[Exchange]"]


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    with any_server() as found:
        yield found


def hold(value: dict[str, Any], fields: Fields) -> None:
    """Nothing is missing, of another type, or unknown without an underscore."""
    for name, (kind, optional) in fields.items():
        assert optional or name in value, name
        assert name not in value or isinstance(value[name], kind), (name, value[name])
    assert not [name for name in value if name not in fields and not name.startswith("_")]


def archive(exchanges: list[Exchange], address: str) -> list[dict[str, Any]]:
    """The entries of an archive whose every field has been checked."""
    text = har(exchanges, address=address, start=START, program="a program", version="1")
    assert text.isascii()
    parsed = json.loads(text)
    assert set(parsed) == {"log"}
    log = parsed["log"]
    assert set(log) == {"version", "creator", "entries"}
    assert log["version"] == "1.2"
    assert log["creator"] == {"name": "a program", "version": "1"}
    for entry in log["entries"]:
        hold(entry, ENTRY)
        hold(entry["request"], REQUEST)
        hold(entry["response"], RESPONSE)
        hold(entry["response"]["content"], CONTENT)
        hold(entry["timings"], TIMINGS)
        if "postData" in entry["request"]:
            hold(entry["request"]["postData"], POST_DATA)
        for side in (entry["request"], entry["response"]):
            for cookie in side["cookies"]:
                hold(cookie, COOKIE)
            for field in side["headers"]:
                hold(field, PAIR)
        assert entry["startedDateTime"].endswith("Z")
        datetime.fromisoformat(entry["startedDateTime"])
        known = sum(each for each in entry["timings"].values() if each >= 0)
        assert entry["time"] == pytest.approx(known, abs=0.01)
    return list(log["entries"])


@pytest.mark.parametrize("name", [*REQUESTS, *RAW])
def test_every_exchange_gives_an_archive_with_the_fields_of_har(table: Table, name: str) -> None:
    """Whatever was sent, the archive has all fields of HAR 1.2 and sizes that are those of the wire."""
    server, client, _arrived = table
    exchanges = list(client.fire(sent(name)))
    [entry] = archive(exchanges, server.address)
    assert entry["request"]["url"].startswith((server.address, "http://127.0.0.1/"))
    sides = (("request", Direction.REQUEST), ("response", Direction.RESPONSE))
    for side, direction in sides:
        if entry["response"]["status"] and entry[side]["headersSize"] >= 0:
            total = entry[side]["headersSize"] + entry[side]["bodySize"]
            assert total == len(exchanges[0].data(direction))


def test_an_entry_says_what_crossed_the_wire(table: Table) -> None:
    """Method, query, form, fields with their case, cookies, body and redirect stand in their places."""
    server, client, _arrived = table
    form = "application/x-www-form-urlencoded"
    request = Request("POST", "/x?a=1&a=2&b=", (("Content-Type", form), ("Cookie", "c=1; d=2")), b"n=Grey")
    [posted] = archive([*client.fire(request)], server.address)
    asked = posted["request"]
    assert (asked["method"], asked["httpVersion"]) == ("POST", "HTTP/1.1")
    assert asked["queryString"] == [
        {"name": "a", "value": "1"},
        {"name": "a", "value": "2"},
        {"name": "b", "value": ""},
    ]
    assert asked["cookies"] == [{"name": "c", "value": "1"}, {"name": "d", "value": "2"}]
    assert asked["postData"] == {
        "mimeType": form,
        "params": [{"name": "n", "value": "Grey"}],
        "text": "n=Grey",
    }
    assert {"name": "Content-Length", "value": "6"} in asked["headers"]
    [redirected] = archive([*client.fire(REQUESTS["redirect"])], server.address)
    assert redirected["response"]["redirectURL"] == "/a"
    assert redirected["response"]["status"] == 302
    [cookie] = redirected["response"]["cookies"]
    assert cookie["name"] == "seen"
    assert cookie["httpOnly"] is True
    assert cookie["secure"] is False
    assert cookie["sameSite"] == "Lax"
    assert cookie["expires"] == "2027-01-15T08:00:00Z"


def test_a_body_is_text_or_base64_and_never_coded(table: Table) -> None:
    """Text stands as text, octets in Base64; chunked and gzip coding are taken off, their sizes kept."""
    server, client, _arrived = table
    targets = ("/octets", "/parts", "/gzip", "/bidi")
    octets, parts, coded, bidi = (
        archive([*client.fire(Request("GET", target))], server.address)[0]["response"] for target in targets
    )
    assert octets["content"]["encoding"] == "base64"
    assert base64.b64decode(octets["content"]["text"]) == bytes(range(256))
    assert parts["content"]["text"] == "onetwo"
    assert parts["content"]["size"] == 6 < parts["bodySize"]
    assert coded["content"]["text"] == "coded " * 10
    assert coded["content"]["size"] == 60
    assert coded["content"]["compression"] == 60 - coded["bodySize"]
    assert bidi["content"]["text"] == "\x1b[31m\u202e]}'"


def test_a_malformed_exchange_has_status_0_an_error_and_its_bytes(table: Table) -> None:
    """What cannot be said in an archive's fields stands there byte for byte."""
    server, client, _arrived = table
    [exchange] = client.fire(sent("no request"))
    [entry] = archive([exchange], server.address)
    assert entry["response"]["status"] == 0
    assert entry["response"]["_error"]
    content = entry["response"]["content"]
    assert content["encoding"] == "base64"
    assert base64.b64decode(content["text"]) == exchange.data(Direction.RESPONSE)
    assert base64.b64decode(entry["request"]["_bytes"]) == b"GARBAGE\r\n\r\n"


def test_times_are_those_that_were_recorded(table: Table) -> None:
    """An entry starts when its request arrived, counted from the first one's connection."""
    server, client, _arrived = table
    first, second = (client.fire(REQUESTS["get"])[0] for _place in range(2))
    entries = archive([first, second], server.address)
    for exchange, entry in zip((first, second), entries, strict=True):
        asked_s = exchange.accepted_s - first.accepted_s + exchange.asked_s
        started = datetime.fromisoformat(entry["startedDateTime"])
        assert abs(started - (START + timedelta(seconds=asked_s))) < timedelta(milliseconds=1.1)
        answered_s = exchange.time_at(Direction.RESPONSE, 0)
        sent_s = exchange.time_at(Direction.REQUEST, len(exchange.data(Direction.REQUEST)))
        assert entry["timings"]["wait"] == pytest.approx((answered_s - sent_s) * 1000, abs=0.01)


def test_a_websocket_has_its_messages(table: Table) -> None:
    """The frames stand where a browser's panel looks for them."""
    server, client, _arrived = table
    frames = (
        Frame(send=True, opcode="text", data="hi"),
        Frame(send=False, opcode="text", data="echo: hi"),
    )
    block = WebSocketBlock(id="ws", target="/ws", frames=frames, line=1)
    [entry] = archive([*client.fire_websocket(block)], server.address)
    assert entry["response"]["status"] == 101
    messages = [(each["type"], each["opcode"], each["data"]) for each in entry["_webSocketMessages"]]
    assert messages[:2] == [("send", 1, "hi"), ("receive", 1, "echo: hi")]
