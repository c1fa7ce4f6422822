"""Live paths, value by value."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.grading.exchanges import (
    CHUNKED,
    EVENT_STREAM,
    HELLO_RESPONSE,
    JSON_RESPONSE,
    MOVED,
    TIMELINE,
    WEBSOCKET,
    exchange,
)
from tutor.grading.live import (
    ABSENT,
    LiveValueError,
    insert,
    lookup,
    path_fault,
    resolve,
    split_path,
)

FIRED = {
    "hello": (exchange(timeline=TIMELINE),),
    "json": (exchange(response=JSON_RESPONSE),),
    "chunked": (exchange(response=CHUNKED),),
    "moved": (exchange(response=MOVED), exchange()),
    "silent": (exchange(response=b"", error="timed out"),),
    "nothing": (),
    "events": (exchange(response=EVENT_STREAM),),
    "frames": (WEBSOCKET,),
}
ADDRESS = "http://127.0.0.1:5000"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("hello.answered", True),
        ("silent.answered", False),
        ("hello.hops", 1),
        ("moved.hops", 2),
        ("nothing.hops", 0),
        ("moved.response.status", 200),
        ("moved.hop1.response.status", 302),
        ("moved.hop2.response.status", 200),
        ("moved.hop1.answered", True),
        ("hello.request.method", "GET"),
        ("hello.request.target", "/hello?name=Grey"),
        ("hello.request.version", "HTTP/1.1"),
        ("hello.request.headers.accept", "*/*"),
        ("hello.request.body", ""),
        ("hello.request.length", 0),
        ("hello.request.lines", ("GET /hello?name=Grey HTTP/1.1", "Host: 127.0.0.1", "Accept: */*")),
        ("hello.response.status", 200),
        ("hello.response.reason", "OK"),
        ("hello.response.version", "HTTP/1.1"),
        ("hello.response.headers.CONTENT-LENGTH", "13"),
        ("hello.response.body", "Hello, Flask!"),
        ("hello.response.length", 13),
        ("hello.response.chunks", 0),
        ("hello.response.interim", ()),
        ("chunked.response.chunks", 2),
        ("chunked.response.body", "abcde"),
        ("chunked.response.length", 5),
        ("chunked.response.interim", (100,)),
        ("chunked.response.status", 200),
        ("json.response.json.args.a", ["1", "2"]),
        ("json.response.json.args.a.1", "2"),
        ("json.response.json.n", 1),
        ("json.response.json.yes", True),
        ("json.response.json.nothing", None),
        ('json.response.json."a.b".c', "x"),
        ("hello.flask.rule", "/hello/<name>/<int:n>/<uuid:u>"),
        ("hello.flask.endpoint", "hello"),
        ("hello.flask.view", "hello"),
        ("hello.flask.arguments.name", "Grey"),
        ("hello.flask.arguments.n", "5"),
        ("hello.flask.arguments.u", "12345678-1234-5678-1234-567812345678"),
        ("hello.flask.arguments.long", "'aaaa…"),
        ("hello.flask.types.n", "int"),
        (
            "hello.flask.order",
            ("before_request", "view", "after_request", "after_request", "teardown_request"),
        ),
        ("hello.flask.functions", ("open_door", "hello", "stamp", "stamp_again", "close_door")),
        ("hello.flask.teardown", "None"),
        (
            "hello.flask.events",
            (
                *("url_matched", "before_request", "view", "after_request", "after_request"),
                "teardown_request",
            ),
        ),
        ("hello.events", 0),
        ("hello.frames", 0),
        ("hello.duration_ms", 0),
        ("events.events", 2),
        ("events.hop1.events", 2),
        ("events.event1.data", "a\nb"),
        ("events.event1.type", "tick"),
        ("events.event1.retry", 2000),
        ("events.event2.data", "c"),
        ("events.event2.type", "message"),
        ("events.event2.id", "7"),
        ("events.hop1.event2.id", "7"),
        ("frames.frames", 3),
        ("frames.frame1.from", "client"),
        ("frames.frame1.opcode", "text"),
        ("frames.frame1.text", "Hello"),
        ("frames.frame1.bytes", "81 85 11 22 33 44 59 47 5f 28 7e"),
        ("frames.frame1.masked", True),
        ("frames.frame2.from", "server"),
        ("frames.frame2.masked", False),
        ("frames.frame3.text", "1000 bye"),
        ("frames.hop1.frame3.opcode", "close"),
        ("frames.duration_ms", 1235),
    ],
)
def test_every_path_of_the_table_has_its_value(path: str, value: object) -> None:
    """A path of the format's table gives the value that stands in the recorded exchange."""
    found = resolve(path, FIRED)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "path",
    [
        "hello.response.headers.Location",
        "silent.response.status",
        "silent.response.headers.Allow",
        "silent.flask.rule",
        "hello.flask.exception",
        "hello.flask.arguments.other",
        "hello.response.json",
        "hello.response.json.a",
        "json.response.json.other",
        "json.response.json.args.a.2",
        "json.response.json.args.a.-1",
        "json.response.json.n.x",
        "moved.hop3.response.status",
        "nothing.response.status",
        "unknown.response.status",
        "hello.event1.data",
        "hello.frame1.text",
        "silent.events",
        "silent.frames",
        "silent.event1.data",
        "nothing.duration_ms",
        "events.event1.id",
        "events.event3.data",
        "events.event0.data",
        "events.event1.other",
        "events.event1",
        "events.events1.data",
        "frames.frame4.opcode",
        "hello.response.heders.Allow",
        "hello.response",
        "hello",
        "",
        "..",
    ],
)
def test_what_is_not_there_is_absent(path: str) -> None:
    """A value that no exchange has, or a path that is none, is absent and no error."""
    assert resolve(path, FIRED) is ABSENT


def test_null_in_json_is_not_absent() -> None:
    """JSON's null is a value, an absent key is none."""
    assert resolve("json.response.json.nothing", FIRED) is None
    assert resolve("json.response.json.nothin", FIRED) is ABSENT


def test_absent_survives_a_pickle() -> None:
    """ABSENT is still the one ABSENT after it crossed a pipe."""
    assert pickle.loads(pickle.dumps(ABSENT)) is ABSENT


def test_several_lines_of_one_field_are_joined() -> None:
    """The values of two lines with one name are joined with a comma and a space."""
    fired = {
        "hello": (
            exchange(
                response=b"HTTP/1.1 200 OK\r\nVary: a\r\nvary: b\r\nContent-Length: 0\r\n\r\n",
            ),
        )
    }
    assert resolve("hello.response.headers.Vary", fired) == "a, b"


def test_a_cookie_is_what_a_client_would_send_back() -> None:
    """A cookie's value is without attributes; of two with one name the later, and names keep their case."""
    fired = {
        "login": (
            exchange(
                response=b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\n"
                b"Set-Cookie: session = x=y ;HttpOnly\r\n"
                b"Set-Cookie: a=2\r\nSet-Cookie: bare\r\nContent-Length: 0\r\n\r\n",
            ),
        )
    }
    assert resolve("login.response.cookies.a", fired) == "2"
    assert resolve("login.response.cookies.session", fired) == "x=y"
    assert resolve("login.response.cookies.Session", fired) is ABSENT
    assert resolve("login.response.cookies.bare", fired) is ABSENT
    with pytest.raises(LiveValueError, match="login sets no cookie other"):
        insert("{{login.response.cookies.other}}", fired, address=ADDRESS)


def test_switching_protocols_is_a_final_response() -> None:
    """A 101 answers the request: it is the response, and no interim one."""
    fired = {"hello": (exchange(response=b"HTTP/1.1 101 SWITCHING PROTOCOLS\r\nUpgrade: websocket\r\n\r\n"),)}
    assert resolve("hello.response.status", fired) == 101
    assert resolve("hello.response.interim", fired) == ()


def test_a_path_without_an_exchange_is_about_the_subject() -> None:
    """`response.status` alone means the subject's, also where another exchange is called `response`."""
    fired = {**FIRED, "response": FIRED["moved"], "flask": FIRED["moved"]}
    assert resolve("response.status", fired, "hello") == 200
    assert resolve("flask.rule", fired, "hello") == "/hello/<name>/<int:n>/<uuid:u>"
    assert resolve("response.hop1.response.status", fired, "hello") == 302
    assert resolve("response.status", fired) is ABSENT


def test_a_path_is_split_at_its_dots() -> None:
    """Dots part the segments, but for dots in double quotes."""
    assert split_path('hello.response.json."a.b".c') == ("hello", "response", "json", "a.b", "c")


@pytest.mark.parametrize("path", ["", ".", "a.", "a..b", 'a."b', 'a."b"c', 'a"b'])
def test_an_unreadable_path_is_refused(path: str) -> None:
    """A path with an empty part or an open quote names itself in the error."""
    with pytest.raises(LiveValueError) as caught:
        split_path(path)
    assert path in str(caught.value)


@pytest.mark.parametrize(
    "path",
    [
        "status",
        "response.heders.Allow",
        "response",
        "response.headers",
        "flask",
        "hop0.answered",
        "hop1.hops",
        "event1",
        "event1.name",
        "event01.data",
        "frame1.data",
        "frame1.text.x",
        "events.data",
        "flask.frames",
    ],
)
def test_a_misspelt_path_is_told_from_an_absent_value(path: str) -> None:
    """A path that can never name a value is called no live path."""
    assert "no live path" in path_fault(tuple(path.split(".")))


def test_a_path_to_an_absent_value_has_no_fault() -> None:
    """A field that this response does not have is still a live path."""
    assert path_fault(("response", "headers", "Location")) == ""
    assert path_fault(("hop9", "response", "json", "a", "0")) == ""


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Host: {{host}}", "Host: 127.0.0.1:5000"),
        ("GET {{address}}/x", "GET http://127.0.0.1:5000/x"),
        ("A: {{hello.response.headers.content-length}}!", "A: 13!"),
        ("{{hello.response.status}}{{moved.hop1.response.headers.Location}}", "200/hello"),
        ("{{json.response.json.yes}} {{json.response.json.nothing}}", "true null"),
        ("{{json.response.json.args.a}}", '["1", "2"]'),
        ('{{json.response.json."a.b".c}}', "x"),
        ("{{7*7}} {{ config }} { {host}}", "{{7*7}} {{ config }} { {host}}"),
    ],
)
def test_live_values_are_inserted(text: str, filled: str) -> None:
    """Live values fill their places; what only looks like a template's expression stays."""
    assert insert(text, FIRED, address=ADDRESS) == filled


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("later.response.status", "no exchange later has been fired"),
        ("hello.response.headers.ETag", "the response of hello has no field ETag"),
        ("hello.request.headers.Cookie", "the request of hello has no field Cookie"),
        ("hello.response.heders.ETag", "response has no heders"),
        ("silent.response.status", "silent got no response"),
        ("silent.flask.rule", "the request of silent did not reach the app"),
        ("hello.flask.exception", "Flask has no exception"),
        ("hello.response.json.a", "the body of hello is not JSON"),
        ("json.response.json.args.b", "has no args.b"),
        ("moved.hop3.response.status", "moved has no such hop; it had 2"),
        ("events.event3.data", "events brought 2 events."),
        ("events.event1.id", "event1 of events has no id"),
        ("frames.frame4.text", "frames had 3 frames."),
        ("silent.event1.data", "silent got no response"),
        ("silent.frames", "silent got no response"),
        ("nothing.response.status", "nothing was recorded for nothing"),
        ("adress", "no exchange adress has been fired"),
        ("hello", "no live path"),
    ],
)
def test_an_insert_that_fails_says_why(path: str, why: str) -> None:
    """A live value that cannot be had names its path and the reason."""
    with pytest.raises(LiveValueError) as caught:
        insert(f"GET /{{{{{path}}}}}", FIRED, address=ADDRESS)
    assert f"{{{{{path}}}}}" in str(caught.value)
    assert why in str(caught.value)


def test_a_number_of_thousands_of_digits_is_no_json() -> None:
    """A JSON body that Python refuses to read is absent, not a crash."""
    for body in (b"1" * 5000, b"[" * 200_000):
        fired = {"hello": (exchange(response=b"HTTP/1.1 200 OK\r\n\r\n" + body),)}
        assert resolve("hello.response.json.0", fired) is ABSENT


@settings(deadline=None)  # a busy machine is no fault of the answer
@given(st.text(), st.binary(max_size=60))
def test_no_path_and_no_bytes_raise(path: str, noise: bytes) -> None:
    """Any path in any recorded bytes gives a value or absence."""
    fired = {"hello": (exchange(noise, HELLO_RESPONSE[:40] + noise),)}
    resolve(path, fired)
    resolve(f"hello.{path}", fired)
    for each in ("request.target", "response.status", "response.json.a", "response.lines", "answered"):
        lookup(tuple(each.split(".")), fired["hello"])
