"""Firing requests: what goes out, what comes back, and how an exchange ends."""

from __future__ import annotations

import gzip
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from flask import Flask, Response, make_response, redirect, request
from flask.typing import ResponseReturnValue

from tests.sandbox.plain import WAIT_S, sink
from tutor.client.call import SILENCE_S
from tutor.client.client import Client
from tutor.client.run import StepRun
from tutor.course.model import Block, HttpBlock, Step, Until
from tutor.sandbox.server import SandboxServer
from tutor.wire.exchange import Direction, Exchange
from tutor.wire.request import RawRequest, Request

MULTIPART = (
    b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n'
    b"Content-Type: text/plain\r\n\r\nabc\r\n--b--\r\n"
)


def add_plain_views(app: Flask) -> None:
    @app.route("/echo", methods=["GET", "POST", "PUT", "BREW"])
    @app.route("/echo/<path:rest>", methods=["GET", "POST"])
    def echo(rest: str = "") -> ResponseReturnValue:
        return {
            "method": request.method,
            "rest": rest,
            "args": request.args.to_dict(flat=False),
            "fields": [list(pair) for pair in request.headers],
            "body": request.get_data(as_text=True),
        }

    @app.route("/hop/<int:left>", methods=["GET", "POST"])
    def hop(left: int) -> ResponseReturnValue:
        return redirect(f"/hop/{left - 1}", 302) if left else "arrived"

    @app.get("/for-ever")
    def for_ever() -> ResponseReturnValue:
        return redirect("/for-ever", 302)

    @app.get("/away/<kind>")
    def away(kind: str) -> ResponseReturnValue:
        where = {"host": "http://evil.example/", "port": "http://127.0.0.1:9/", "tls": "https://127.0.0.1/"}
        return redirect(where[kind], 302)

    @app.get("/count")
    def count() -> ResponseReturnValue:
        times = int(request.cookies.get("times", "0")) + 1
        response = make_response(str(times))
        response.set_cookie("times", str(times))
        return response


def add_slow_views(app: Flask) -> None:
    stop: threading.Event = app.extensions["stop"]

    @app.get("/silent")
    def silent() -> str:
        stop.wait(30)
        return "late"

    @app.get("/events")
    def events() -> ResponseReturnValue:
        def parts() -> Iterator[str]:
            yield ": a comment\n\n"
            number = 0
            while not stop.wait(0.02):
                number += 1
                yield f"id: {number}\ndata: event {number}\n\n"

        return Response(parts(), mimetype="text/event-stream")

    @app.get("/sized-events")
    def sized_events() -> ResponseReturnValue:
        def parts() -> Iterator[str]:
            number = 0
            while not stop.wait(0.02):
                number += 1
                yield f"data: {number}\n\n"

        return Response(parts(), headers={"Content-Length": "100000"})

    @app.get("/drip")
    def drip() -> ResponseReturnValue:
        def parts() -> Iterator[str]:
            while not stop.wait(0.01):
                yield "x" * 10

        return parts()

    @app.get("/sized")
    def sized() -> ResponseReturnValue:
        return "y" * 5000

    @app.get("/at")
    def at() -> str:
        stop.wait(0.15)
        return "done"


def add_broken_views(app: Flask) -> None:
    @app.get("/cut")
    def cut() -> ResponseReturnValue:
        def parts() -> Iterator[str]:
            yield "first"
            raise ZeroDivisionError

        return parts()

    @app.get("/short")
    def short() -> ResponseReturnValue:
        return Response(iter(["abc"]), headers={"Content-Length": "10"})

    @app.get("/no-gzip")
    def no_gzip() -> ResponseReturnValue:
        return Response("this is no gzip", headers={"Content-Encoding": "gzip"})

    @app.get("/gzip")
    def really_gzip() -> ResponseReturnValue:
        return Response(gzip.compress(b"squeezed"), headers={"Content-Encoding": "gzip"})

    @app.get("/hang-up")
    def hang_up() -> str:
        request.environ["werkzeug.socket"].shutdown(2)
        return "never seen"

    @app.get("/nonsense")
    def nonsense() -> str:
        request.environ["werkzeug.socket"].sendall(b"nonsense\r\n\r\n")
        return ""


def make_app(name: str = "") -> Flask:
    app = Flask("fired")
    app.extensions["stop"] = threading.Event()
    add_plain_views(app)
    add_slow_views(app)
    add_broken_views(app)
    app.add_url_rule("/name", view_func=lambda: name or "default", endpoint="name")
    return app


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(make_app()) as server:
        yield server


@pytest.fixture
def client(server: SandboxServer) -> Iterator[Client]:
    client = Client(server, timeout_s=WAIT_S)
    yield client
    client.close()


def body(exchange: Exchange) -> str:
    assert exchange.response is not None, exchange.error
    return exchange.response.text


def fields(exchange: Exchange) -> list[tuple[str, str]]:
    """The request's field lines as they were sent."""
    assert exchange.request is not None
    return [(each.name.decode(), each.value.decode()) for each in exchange.request.fields]


SENT: dict[str, Request] = {
    "GET": Request("GET", "/echo?name=Grey"),
    "GET with fields": Request("GET", "/echo", (("Accept", "text/html"), ("X-Test", "1"))),
    "POST with a form": Request(
        "POST", "/echo", (("Content-Type", "application/x-www-form-urlencoded"),), b"name=grey"
    ),
    "POST with JSON": Request("POST", "/echo", (("Content-Type", "application/json"),), b'{"a": 1}'),
    "POST without a body": Request("POST", "/echo"),
    "file upload": Request(
        "POST", "/echo", (("Content-Type", "multipart/form-data; boundary=b"),), MULTIPART
    ),
    "HEAD": Request("HEAD", "/echo"),
    "unknown method": Request("BREW", "/echo"),
    "not ASCII": Request("GET", "/echo/李辉?x=a b&y=%41"),
}


@pytest.mark.parametrize("sent", SENT.values(), ids=SENT)
def test_sends_what_requests_sends(server: SandboxServer, client: Client, sent: Request) -> None:
    """The recorded request is, byte for byte, what `requests` sends to a plain socket for the same call."""
    [exchange] = client.fire(sent)
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with sink(answer) as (port, arrived), requests.Session() as session:
        session.trust_env = False
        address = f"http://127.0.0.1:{port}{sent.target}"
        session.request(sent.method, address, headers=dict(sent.fields), data=sent.body)
    expected = arrived[0].replace(f":{port}".encode(), f":{server.port}".encode(), 1)
    assert exchange.data(Direction.REQUEST) == expected
    assert exchange.error == ""


@pytest.mark.parametrize(
    ("written", "on_the_wire"),
    [
        ("/echo/a?x=1&x=2", "/echo/a?x=1&x=2"),
        ("/echo/a#top", "/echo/a"),
        ("/echo/a?x=1#top", "/echo/a?x=1"),
        ("/echo/%7Eb/%2F", "/echo/~b/%2F"),
        ("/echo/a b", "/echo/a%20b"),
        ("/echo/é", "/echo/%C3%A9"),
        ("//echo//a", "//echo//a"),
    ],
)
def test_targets_reach_the_wire(client: Client, written: str, on_the_wire: str) -> None:
    """A target goes out as written but for what every browser does: no fragment, other characters encoded."""
    [exchange] = client.fire(Request("GET", written))
    assert exchange.request is not None
    assert exchange.request.target == on_the_wire


def test_given_fields_replace_the_defaults(client: Client) -> None:
    """A field that is given replaces the one of requests, Host, Content-Length and Cookie among them."""
    given = (
        ("Host", "shop.example"),
        ("user-agent", "mine"),
        ("Content-Length", "2"),
        ("Cookie", "a=b"),
        ("X-Name", "李辉"),
    )
    client.fire(Request("GET", "/count"), jar="one")
    [exchange] = client.fire(Request("POST", "/echo", given, b"abc"), jar="one")
    sent = fields(exchange)
    assert [name.lower() for name, _value in sent].count("host") == 1
    assert set(given) <= set(sent)
    assert ("Cookie", "a=b") in sent
    assert json.loads(body(exchange))["body"] == "ab"


def test_a_foreign_host_of_its_own_passes(client: Client) -> None:
    """What the lesson itself fires may name any Host."""
    [exchange] = client.fire(Request("GET", "/echo", (("Host", "shop.example"),)))
    assert ["Host", "shop.example"] in json.loads(body(exchange))["fields"]


def test_fields_can_be_left_out(client: Client) -> None:
    """Every default field can be left out, down to a request line alone."""
    everything = frozenset({"Host", "User-Agent", "Accept-Encoding", "Accept", "Connection"})
    [exchange] = client.fire(Request("GET", "/echo", without=everything))
    assert exchange.data(Direction.REQUEST) == b"GET /echo HTTP/1.1\r\n\r\n"
    [exchange] = client.fire(Request("POST", "/echo", body=b"abc", without=everything | {"Content-Length"}))
    assert exchange.data(Direction.REQUEST) == b"POST /echo HTTP/1.1\r\n\r\nabc"


def test_a_field_can_stand_twice(client: Client) -> None:
    """Two lines of one field go out as two lines, in the order written."""
    [exchange] = client.fire(Request("GET", "/echo", (("X-Twice", "1"), ("x-twice", "2"))))
    assert [pair for pair in fields(exchange) if pair[0].lower() == "x-twice"] == [
        ("X-Twice", "1"),
        ("x-twice", "2"),
    ]


def test_a_body_can_go_out_in_chunks(client: Client) -> None:
    """With Transfer-Encoding: chunked the body goes out as a chunk, without a Content-Length."""
    [exchange] = client.fire(Request("POST", "/echo", (("Transfer-Encoding", "chunked"),), b"abc"))
    assert exchange.data(Direction.REQUEST).endswith(b"\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
    assert b"Content-Length" not in exchange.data(Direction.REQUEST)
    assert json.loads(body(exchange))["body"] == "abc"


def test_the_environment_has_no_say(client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Proxies and credentials of the environment leave the request alone."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    [exchange] = client.fire(Request("GET", "/echo"))
    assert exchange.error == ""
    assert "Authorization" not in dict(fields(exchange))


def test_redirects_are_followed_only_on_request(client: Client) -> None:
    """A redirect is one exchange; with `follow` each hop is one, over a connection of its own, in order."""
    [alone] = client.fire(Request("GET", "/hop/2"))
    assert alone.response is not None
    assert alone.response.status == 302
    hops = client.fire(Request("POST", "/hop/2"), follow=True)
    assert [hop.request.target for hop in hops if hop.request] == ["/hop/2", "/hop/1", "/hop/0"]
    assert [hop.response.status for hop in hops if hop.response] == [302, 302, 200]
    assert [hop.request.method for hop in hops if hop.request] == ["POST", "GET", "GET"]
    assert len({hop.client_port for hop in hops}) == 3
    assert [hop.error for hop in hops] == ["", "", ""]


def test_redirects_without_end(client: Client) -> None:
    """A redirect to itself stops where requests stops, and the last hop says so."""
    hops = client.fire(Request("GET", "/for-ever"), follow=True)
    assert len(hops) == 31
    assert "30 redirects" in hops[-1].error
    assert {hop.error for hop in hops[:-1]} == {""}


@pytest.mark.parametrize("kind", ["host", "port", "tls"])
def test_a_redirect_never_leaves_the_sandbox(client: Client, kind: str) -> None:
    """A redirect to any other address is not followed; the exchange says where it led."""
    hops = client.fire(Request("GET", f"/away/{kind}"), follow=True)
    assert len(hops) == 1
    assert "Only the address of the sandbox" in hops[0].error


def test_jars_keep_cookies_by_name(client: Client) -> None:
    """Exchanges with one jar share cookies; other jars and none do not; forget empties them all."""

    def count(jar: str) -> str:
        return body(client.fire(Request("GET", "/count"), jar=jar)[0])

    assert [count("a"), count("a"), count("b"), count(""), count(""), count("a")] == list("121113")
    client.forget()
    assert [count("a"), count("b")] == ["1", "1"]


def test_events_end_a_stream(client: Client) -> None:
    """A stream ends with the event that its limit names, comments not counted, and that is no error."""
    [exchange] = client.fire(Request("GET", "/events"), until=Until(events=3))
    assert exchange.error == ""
    assert exchange.data(Direction.RESPONSE).count(b"data: event ") == 3
    assert exchange.timeline is not None


def test_bytes_end_a_stream(client: Client) -> None:
    """A stream ends once it has brought the bytes that its limit names, chunked or not."""
    [drip] = client.fire(Request("GET", "/drip"), until=Until(body_bytes=25))
    assert drip.error == ""
    assert 25 <= drip.data(Direction.RESPONSE).count(b"x") < 100
    [sized] = client.fire(Request("GET", "/sized"), until=Until(body_bytes=25))
    assert sized.error == ""


def test_nothing_follows_a_limit(client: Client) -> None:
    """Once the client has left a stream without chunks, not one more event is recorded."""
    [exchange] = client.fire(Request("GET", "/sized-events"), until=Until(events=2))
    assert exchange.error == ""
    assert exchange.data(Direction.RESPONSE).endswith(b"data: 1\n\ndata: 2\n\n")


@pytest.mark.parametrize("target", ["/drip", "/silent"])
def test_time_ends_a_stream(client: Client, target: str) -> None:
    """A stream, or a wait for one, ends after the milliseconds that its limit names, without an error."""
    start_s = time.perf_counter()
    [exchange] = client.fire(Request("GET", target), until=Until(ms=150))
    assert 0.15 <= time.perf_counter() - start_s < 1
    assert exchange.error == ""
    assert exchange.request is not None


def test_a_limit_that_is_not_reached_changes_nothing(client: Client) -> None:
    """A response that ends before its limits is read to its end."""
    [exchange] = client.fire(Request("GET", "/sized"), until=Until(events=5, body_bytes=10_000, ms=4000))
    assert body(exchange) == "y" * 5000
    assert exchange.error == ""


def test_a_time_out_is_told(server: SandboxServer) -> None:
    """A server that does not answer in time gives an exchange with the request and a plain reason."""
    [exchange] = Client(server, timeout_s=0.2).fire(Request("GET", "/silent"))
    assert exchange.request is not None
    assert exchange.response is None
    assert exchange.error == "No answer came within 0.2 s, so the client gave up."


def test_a_time_out_keeps_the_record_as_it_was(server: SandboxServer) -> None:
    """What a server still answers once the client has given up is no part of the exchange."""
    unfinished = Request("POST", "/echo", (("Content-Length", "10"),), b"abc")
    [exchange] = Client(server, timeout_s=0.2).fire(unfinished)
    assert exchange.request is not None
    assert exchange.request.body == b"abc"
    assert exchange.response is None
    assert exchange.error == "No answer came within 0.2 s, so the client gave up."


def test_an_endless_stream_is_told(server: SandboxServer) -> None:
    """A stream without a limit ends at the time-out, with what came and a plain reason."""
    [exchange] = Client(server, timeout_s=0.2).fire(Request("GET", "/drip"))
    assert b"xxxxxxxxxx" in exchange.data(Direction.RESPONSE)
    assert exchange.error == "The response had not ended after 0.2 s, so the client stopped reading."


@pytest.mark.parametrize(
    ("target", "told", "recorded"),
    [
        ("/cut", "The connection ended before the body did.", b"first"),
        ("/short", "The connection ended before the body did.", b"abc"),
        ("/no-gzip", "The body is not coded as Content-Encoding says.", b"this is no gzip"),
        ("/hang-up", "The server closed the connection without an answer.", b""),
        ("/nonsense", "What came back does not begin with a status line.", b"nonsense\r\n\r\n"),
    ],
)
def test_broken_responses_are_told(client: Client, target: str, told: str, recorded: bytes) -> None:
    """A response that requests cannot read is recorded all the same, with the reason in plain words."""
    [exchange] = client.fire(Request("GET", target))
    assert exchange.error.startswith(told)
    assert recorded in exchange.data(Direction.RESPONSE)


def test_a_coded_body_is_no_error(client: Client) -> None:
    """A body that is compressed as it says is recorded compressed, without an error."""
    [exchange] = client.fire(Request("GET", "/gzip"))
    assert exchange.error == ""
    assert exchange.response is not None
    assert gzip.decompress(exchange.response.body) == b"squeezed"


@pytest.mark.parametrize(
    "bad",
    [Request("GET", "/echo", (("X-Bad", "a\r\nb"),)), Request("GE\nT", "/echo"), Request("GET", "*")],
)
def test_what_requests_refuses_is_told(client: Client, bad: Request) -> None:
    """A request that requests will not send gives an exchange without bytes, and the reason."""
    [exchange] = client.fire(bad)
    assert exchange.data(Direction.REQUEST) == b""
    assert exchange.error


def test_a_closed_sandbox_is_told() -> None:
    """A sandbox that is gone gives an exchange without bytes, and the reason."""
    server = SandboxServer(make_app())
    server.close()
    for sent in (Request("GET", "/echo"), RawRequest(b"GET / HTTP/1.1\r\n\r\n")):
        [exchange] = Client(server, timeout_s=1).fire(sent)
        assert exchange.error == "Nothing listens at this address."


def test_raw_bytes_go_out_as_they_are(client: Client) -> None:
    """Raw bytes reach the wire unchanged, and the answer is read to the close."""
    data = b"GET /echo?a=1 HTTP/1.1\nHost : x\n\n"
    [exchange] = client.fire(RawRequest(data))
    assert exchange.data(Direction.REQUEST) == data
    assert exchange.response is not None
    assert exchange.response.status == 200
    assert exchange.error == ""


def test_a_raw_request_that_is_not_finished(client: Client) -> None:
    """A head without its empty line waits one second for an answer that cannot come, and says so."""
    start_s = time.perf_counter()
    [exchange] = client.fire(RawRequest(b"GET /echo HTTP/1.1\r\nHost: localhost\r\n"))
    assert SILENCE_S <= time.perf_counter() - start_s < SILENCE_S + 1
    assert exchange.data(Direction.REQUEST) == b"GET /echo HTTP/1.1\r\nHost: localhost\r\n"
    assert exchange.response is None
    assert exchange.error == "No answer came within 1 s, so the client gave up."


def test_a_raw_request_with_a_limit(client: Client) -> None:
    """A limit in milliseconds replaces the second of patience, shorter or longer, and is no error."""
    start_s = time.perf_counter()
    [exchange] = client.fire(RawRequest(b"GET /echo HTTP/1.1\r\n"), until=Until(ms=150))
    assert 0.15 <= time.perf_counter() - start_s < SILENCE_S
    assert exchange.error == ""
    [exchange] = client.fire(RawRequest(b"GET /events HTTP/1.1\r\n\r\n"), until=Until(events=2))
    assert exchange.data(Direction.RESPONSE).count(b"data: event ") == 2
    assert exchange.error == ""


def test_raw_bytes_pause_until_told(client: Client) -> None:
    """What stands behind a pause goes out only when the pause ends, and waiting is no time-out."""
    data = b"GET /echo HTTP/1.1\r\nHost: localhost\r\n\r\n"
    held = RawRequest(data, pauses=(len(data) - 2,))
    with_patience = Client(client._server, timeout_s=0.3)
    [exchange] = with_patience.fire(held, on_pause=lambda: time.sleep(0.5))
    assert exchange.data(Direction.REQUEST) == data
    last = [piece for piece in exchange.pieces if piece.direction is Direction.REQUEST][-1]
    # The clock starts when the connection is accepted, which may be late.
    assert (last.data, last.at_s > 0.3) == (b"\r\n", True)
    assert exchange.response is not None
    assert exchange.response.status == 200


def test_a_second_raw_request_does_not_hold_up_the_first(client: Client) -> None:
    """Where the server waits for more after its answer, the client goes once the answer is whole."""
    start_s = time.perf_counter()
    data = b"GET /echo/1 HTTP/1.1\r\n\r\n" + b"GET /echo/2 HTTP/1.1\r\n\r\n" * 500
    [exchange] = client.fire(RawRequest(data))
    assert time.perf_counter() - start_s < SILENCE_S
    assert exchange.error == ""
    assert len(exchange.responses) == 1


@contextmanager
def interrupt_after(seconds: float) -> Iterator[None]:
    """Raise KeyboardInterrupt in this thread after a while, as Ctrl-C would."""
    before = signal.signal(signal.SIGUSR1, signal.default_int_handler)
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGUSR1))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize(
    ("sent", "recorded"),
    [
        (Request("GET", "/silent"), b""),
        (Request("GET", "/drip"), b"xxxxxxxxxx"),
        (RawRequest(b"GET /drip HTTP/1.1\r\n\r\n"), b"xxxxxxxxxx"),
        (RawRequest(b"GET /silent HTTP/1.1\r\n\r\n"), b""),
    ],
)
def test_ctrl_c_ends_the_request(server: SandboxServer, sent: Request | RawRequest, recorded: bytes) -> None:
    """Ctrl-C ends the request and not the program: the exchange is given as far as it came."""
    start_s = time.perf_counter()
    with interrupt_after(0.15):
        [exchange] = Client(server, timeout_s=30).fire(sent)
    assert time.perf_counter() - start_s < 2
    assert exchange.error == "You ended the request."
    assert exchange.request is not None
    assert recorded in exchange.data(Direction.RESPONSE)


def test_requests_can_be_ended_from_another_thread(client: Client) -> None:
    """`end` lets every request in flight go, with what it has."""
    found: list[Exchange] = []
    threads = [
        threading.Thread(target=lambda sent=sent: found.extend(client.fire(sent)))
        for sent in (
            Request("GET", "/silent"),
            Request("GET", "/drip"),
            RawRequest(b"GET /silent HTTP/1.1\r\n\r\n"),
        )
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.15)
    client.end()
    for thread in threads:
        thread.join(WAIT_S)
    assert [each.error for each in found] == ["You ended the request."] * 3


def test_eight_threads_never_mix(client: Client) -> None:
    """Requests of eight threads at once each give their own exchange."""
    mixed: list[str] = []

    def fire(number: int) -> None:
        for turn in range(10):
            word = f"{number}-{turn}"
            [exchange] = client.fire(Request("GET", f"/echo/{word}"))
            timeline = exchange.timeline
            if (
                json.loads(body(exchange))["rest"] != word
                or timeline is None
                or timeline.view_arguments[0].value != repr(word)
            ):
                mixed.append(word)

    threads = [threading.Thread(target=fire, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert mixed == []


def step(*blocks: Block, app: str = "") -> Step:
    return Step("s", "2.1.1", "A step", blocks, 1, "hash", app=app)


@contextmanager
def running(*blocks: HttpBlock, app: str = "") -> Iterator[StepRun]:
    with SandboxServer() as server:
        client = Client(server, timeout_s=WAIT_S)
        yield StepRun(server, client, step(*blocks, app=app), make_app)
        client.close()


def test_a_block_is_fired_and_kept() -> None:
    """A block's exchanges are given, and kept under its id."""
    block = HttpBlock("hello", "GET /echo/hello HTTP/1.1\nAccept: text/html\n")
    with running(block) as run:
        [exchange] = run.fire(block)
        assert run.fired == {"hello": (exchange,)}
    assert json.loads(body(exchange))["rest"] == "hello"


def test_a_raw_block_is_fired() -> None:
    """A raw block's bytes are sent as it spells them."""
    block = HttpBlock("raw", "GET /echo/hello HTTP/1.1\\r\\n\n\\r\\n", raw=True)
    with running(block) as run:
        [exchange] = run.fire(block)
    assert exchange.data(Direction.REQUEST) == b"GET /echo/hello HTTP/1.1\r\n\r\n"


def test_live_values_are_inserted() -> None:
    """Values of earlier exchanges, and the sandbox's address, go into a later request."""
    first = HttpBlock("first", "GET /echo/word HTTP/1.1")
    second = HttpBlock("second", "GET /echo/{{first.response.json.rest}}?at={{host}} HTTP/1.1")
    with running(first, second) as run:
        run.fire(first)
        [exchange] = run.fire(second)
        host = run._server.host
    assert json.loads(body(exchange))["rest"] == "word"
    assert json.loads(body(exchange))["args"] == {"at": [host]}


def test_a_step_has_apps_by_configuration() -> None:
    """Blocks are answered by the app of their configuration, the step's where they name none."""
    plain, other = HttpBlock("plain", "GET /name HTTP/1.1"), HttpBlock("other", "GET /name HTTP/1.1", app="b")
    with running(plain, other, app="a") as run:
        assert [body(run.fire(each)[0]) for each in (plain, other, plain)] == ["a", "b", "a"]
        assert run.app() is run.app("a")
        assert body(run.fire_request(Request("GET", "/name"), app="b")[0]) == "b"
        assert "fire_request" not in run.fired


def test_a_restart_forgets_everything() -> None:
    """After a restart the app is new, the old one is stopped, jars are empty and nothing is fired."""
    block = HttpBlock("count", "GET /count HTTP/1.1", jar="a")
    with running(block) as run:
        assert [body(run.fire(block)[0]) for _turn in range(2)] == ["1", "2"]
        old = run.app()
        run.restart()
        assert run.fired == {}
        assert run.app() is not old
        assert old.extensions["stop"].is_set()
        assert not run.app().extensions["stop"].is_set()
        assert body(run.fire(block)[0]) == "1"


def test_blocks_fire_together() -> None:
    """Blocks that belong together are in flight at once, each of them kept, and none is fired twice."""
    first = HttpBlock("first", "GET /at HTTP/1.1")
    second = HttpBlock("second", "GET /at HTTP/1.1", with_id="first")
    third = HttpBlock("third", "GET /at HTTP/1.1", with_id="second", after_ms=50)
    alone = HttpBlock("alone", "GET /at HTTP/1.1")
    with running(first, second, third, alone) as run:
        start_s = time.perf_counter()
        run.fire(first)
        assert time.perf_counter() - start_s < 0.4
        assert set(run.fired) == {"first", "second", "third"}
        kept = run.fired["second"]
        assert run.fire(second) is kept
        assert {body(hops[0]) for hops in run.fired.values()} == {"done"}
        assert len({hops[0].client_port for hops in run.fired.values()}) == 3


def test_a_block_starts_so_long_after_its_leader() -> None:
    """With `after_ms` a block goes out that long after the one it goes with."""
    first = HttpBlock("first", "GET /silent HTTP/1.1", until=Until(ms=300))
    second = HttpBlock("second", "GET /echo HTTP/1.1", with_id="first", after_ms=200)
    with running(first, second) as run:
        start_s = time.perf_counter()
        threading.Thread(target=run.fire, args=(second,)).start()
        while "second" not in run.fired:
            assert time.perf_counter() - start_s < WAIT_S
            time.sleep(0.01)
        assert 0.2 <= time.perf_counter() - start_s < 0.3
        while "first" not in run.fired:
            assert time.perf_counter() - start_s < WAIT_S
            time.sleep(0.01)


def test_ctrl_c_ends_all_that_fire_together() -> None:
    """Ctrl-C ends every request of a group, and each is kept as far as it came."""
    first = HttpBlock("first", "GET /silent HTTP/1.1")
    second = HttpBlock("second", "GET /drip HTTP/1.1", with_id="first")
    third = HttpBlock("third", "GET /drip HTTP/1.1", with_id="first", after_ms=3000)
    with running(first, second, third) as run:
        start_s = time.perf_counter()
        with interrupt_after(0.15):
            [exchange] = run.fire(first)
        assert time.perf_counter() - start_s < 2
        assert exchange.error == "You ended the request."
        assert {hops[0].error for hops in run.fired.values()} == {"You ended the request."}
        assert run.fired["third"][0].pieces == ()
