"""The explained view: every byte belongs to a part, and what a part is called can be relied on."""

from __future__ import annotations

import gettext
import re

import flask
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wire import recorded
from tests.wire.test_message import ANY_BYTES
from tutor.wire import parts
from tutor.wire.message import Message, parse_requests, parse_responses
from tutor.wire.parts import Part, explain


def request_parts(data: bytes) -> dict[str, Part]:
    return {part.label: part for part in explain(parse_requests(data)[0])}


def response_parts(data: bytes) -> dict[str, Part]:
    return {part.label: part for part in explain(parse_responses(data, method="GET")[-1])}


def assert_whole(message: Message) -> None:
    found = explain(message)
    assert b"".join(part.data for part in found) == message.head + message.raw_body
    assert [part.number for part in found] == list(range(1, len(found) + 1))
    assert all(part.data and part.label and part.note and part.section for part in found)


@settings(deadline=None)
@given(ANY_BYTES, st.sampled_from(["GET", "HEAD"]))
def test_the_parts_are_the_message(data: bytes, method: str) -> None:
    """The parts of any message, joined, are its bytes, each with a number, a label and a note."""
    for message in (*parse_requests(data), *parse_responses(data, method=method)):
        assert_whole(message)


@pytest.mark.parametrize("data", [*recorded.RESPONSES, *recorded.REQUESTS])
def test_the_parts_of_a_cut_message_are_its_bytes(data: bytes) -> None:
    """A message cut at any place is explained as far as it goes, with no byte left out."""
    parse = parse_responses if data.startswith(b"HTTP/") else parse_requests
    for length in range(1, len(data) + 1):
        for message in parse(data[:length]):
            assert_whole(message)


def test_a_request_is_taken_apart() -> None:
    """Method, path, query, version, each field, the empty line and the body are parts of their own."""
    found = explain(parse_requests(recorded.GET)[0])
    assert [(part.label, part.data) for part in found] == [
        ("Method", b"GET "),
        ("Path", b"/hello"),
        ("Query", b"?name=Grey "),
        ("Version", b"HTTP/1.1\r\n"),
        ("Host", b"Host: 127.0.0.1:5000\r\n"),
        ("User-Agent", b"User-Agent: python-requests/2.34.2\r\n"),
        ("Accept-Encoding", b"Accept-Encoding: gzip, deflate\r\n"),
        ("Accept", b"Accept: */*\r\n"),
        ("Connection", b"Connection: keep-alive\r\n"),
        ("Empty line", b"\r\n"),
    ]
    assert [part.flask for part in found[:3]] == ["request.method", "request.path", "request.args"]
    assert found[5].section == "RFC 9110, 10.1.5"


def test_a_response_is_taken_apart() -> None:
    """Version, status code, reason phrase, fields and body are parts of their own."""
    found = response_parts(recorded.NOT_ALLOWED)
    assert found["Status code"].data == b"405 "
    assert found["Status code"].section == "RFC 9110, 15.5.6"
    assert found["Reason phrase"].data == b"METHOD NOT ALLOWED\r\n"
    assert found["Allow"].flask == "response.allow"
    assert found["Body"].data.startswith(b"<!doctype html>")
    assert found["Server"].flask == ""  # the HTTP server adds it: no response object holds it


def test_chunks_are_parts() -> None:
    """Each chunk stands with its size line; the last chunk, trailers and the empty line follow."""
    found = response_parts(recorded.TRAILERS)
    assert found["Chunk 1"].data == b"5;note=first\r\nhello\r\n"
    assert found["Chunk 1"].note == "Its size line says 5 in hexadecimal: 5 bytes of data follow."
    assert found["Last chunk"].data == b"0\r\n"
    assert found["X-Sum"].data == b"X-Sum: 5d41\r\n"


@pytest.mark.parametrize(
    ("content_type", "flask_name"),
    [
        (b"application/x-www-form-urlencoded", "request.form"),
        (b"multipart/form-data; boundary=x", "request.form, request.files"),
        (b"Application/JSON; charset=utf-8", "request.json"),
        (b"text/plain", "request.data"),
    ],
)
def test_flask_names_the_body_by_its_type(content_type: bytes, flask_name: str) -> None:
    """Where Flask keeps a request's body is told by its Content-Type."""
    data = b"POST / HTTP/1.1\r\nContent-Length: 2\r\nContent-Type: " + content_type + b"\r\n\r\n{}"
    assert request_parts(data)["Body"].flask == flask_name


def test_frames_stand_behind_the_handshake() -> None:
    """What follows a 101 is named after the protocol that Upgrade names."""
    part = response_parts(recorded.SWITCHED + recorded.FRAMES)["After HTTP"]
    assert (part.data, part.note) == (recorded.FRAMES, "From here on the connection speaks WebSocket.")


def test_an_event_stream_is_named() -> None:
    """A body of server-sent events is explained as events."""
    found = response_parts(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
    assert found["Body"].note == "Events as lines of text; an empty line ends each of them."


def test_empty_lines_in_front_are_parts() -> None:
    """Empty lines before a request line are parts of their own, and the request is still taken apart."""
    labels = [part.label for part in explain(parse_requests(b"\r\n" + recorded.GET)[0])]
    assert labels[:3] == ["Empty line", "Method", "Path"]


def test_unknown_fields_and_codes_are_explained_too() -> None:
    """A field or code that the tutor does not know still says what kind of thing it is."""
    found = response_parts(b"HTTP/1.1 299 Very Fine\r\nX-Colour: red\r\n\r\n")
    assert found["Status code"].note == "Success: the request was received, understood and accepted."
    assert found["X-Colour"].flask == 'response.headers["X-Colour"]'


def test_labels_and_notes_are_safe_to_print() -> None:
    """A field name or protocol that holds an escape sequence is shown, never obeyed."""
    data = recorded.SWITCHED.replace(b"WebSocket\r\n", b"\x1b[31m\r\n\x1b[2J: x\r\n", 1) + recorded.FRAMES
    for part in explain(parse_responses(data)[0]):
        assert part.label.isprintable()
        assert part.note.isprintable()
        assert part.flask.isprintable()


def test_flask_knows_the_names() -> None:
    """Every attribute that a part names exists in Flask's request or response."""
    names = [known.flask for known in (*parts._request_fields().values(), *parts._response_fields().values())]
    for data in recorded.REQUESTS:
        names += [part.flask for part in explain(parse_requests(data)[0])]
    for data in recorded.RESPONSES:
        names += [part.flask for part in explain(parse_responses(data)[-1])]
    named = set(re.findall(r"\b(request|response)\.(\w+)", "\n".join(names)))
    assert ("request", "user_agent") in named
    for side, attribute in named:
        assert hasattr(flask.Request if side == "request" else flask.Response, attribute) or (
            (side, attribute) in INSTANCE_ATTRIBUTES
        ), f"{side}.{attribute}"


INSTANCE_ATTRIBUTES = {
    *(("request", name) for name in ("environ", "headers", "method", "path")),
    *(("response", name) for name in ("headers", "response")),
}
"""Set by the constructor, so that the class does not show them."""


def test_instances_have_what_the_class_does_not_show() -> None:
    """The names that Flask sets on each request and response are there."""
    app = flask.Flask(__name__)
    with app.test_request_context("/"):
        given_objects: dict[str, object] = {"request": flask.request, "response": flask.Response()}
        assert all(hasattr(given_objects[side], name) for side, name in INSTANCE_ATTRIBUTES)


def test_sections_are_written_alike() -> None:
    """A section is an RFC's number and a section's, or another standard and a place in it."""
    tables: list[tuple[str, str]] = [*parts._statuses().values(), *parts._classes().values()]
    sections = [section for _note, section in tables]
    sections += [known.section for known in (parts._request_fields() | parts._response_fields()).values()]
    for section in sections:
        assert re.fullmatch(SECTION, section), section


SECTION = r"RFC \d{4}, \d+(\.\d+)*|(HTML|Fetch) Standard, .+|Content Security Policy Level 3, 3\.1"


class Marked(gettext.NullTranslations):
    """A language in which every text begins with a mark."""

    def gettext(self, message: str) -> str:
        return f"» {message}"

    def ngettext(self, one: str, many: str, count: int) -> str:
        return f"» {one if count == 1 else many}"


def test_texts_follow_the_language_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notes and labels speak the language that is in use when they are made."""
    monkeypatch.setattr("tutor.language._translations", Marked())
    for data in (
        recorded.OK + b"surplus",
        recorded.TRAILERS + b"surplus",
        recorded.CLOSED,
        b"HTTP/1.1\r\n\r\n",
    ):
        message = parse_responses(data)[0]
        assert message.notes
        assert all(note.startswith("» ") for note in message.notes)
        assert all(part.note.startswith("» ") for part in explain(message))
    assert all(part.note.startswith("» ") for part in explain(parse_requests(recorded.UPGRADE)[0]))
