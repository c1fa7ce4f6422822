"""The sandbox's section 2.1, asked over real connections."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest
import requests
from werkzeug.serving import WSGIRequestHandler, make_server

from sandbox_app import SECTIONS, create_app

PATIENCE_S = 5.0


class SilentHandler(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 -- Werkzeug's own name
        """No access log."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = make_server("127.0.0.1", 0, create_app("2.1"), threaded=True, request_handler=SilentHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server.port
    server.shutdown()
    thread.join(PATIENCE_S)
    server.server_close()


def ask(port: int, method: str, target: str, **options: object) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.request(
            method,
            f"http://127.0.0.1:{port}{target}",
            timeout=PATIENCE_S,
            allow_redirects=False,
            **options,  # type: ignore[arg-type]  # passed on as requests takes them
        )


def say(port: int, data: bytes) -> bytes:
    """Everything that comes back on a plain socket until the server closes."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
        connection.sendall(data)
        # A server that closes with bytes unread resets the connection, behind its answer.
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(65536):
                received += part
    return received


def test_the_greeting_without_a_name_has_thirteen_bytes(port: int) -> None:
    """`/hello` answers `Hello, Flask!`, and its Content-Length is 13."""
    response = ask(port, "GET", "/hello")
    assert response.content == b"Hello, Flask!"
    assert response.headers["Content-Length"] == "13"


def test_the_greeting_counts_bytes(port: int) -> None:
    """A Chinese name is greeted as it is, and its length is counted in UTF-8 bytes."""
    response = ask(port, "GET", "/hello?name=李辉")
    assert response.text == "Hello, 李辉!"
    assert response.headers["Content-Length"] == "14"


@pytest.mark.parametrize("target", ["/hello", "/visitor"])
def test_a_name_never_becomes_html(port: int, target: str) -> None:
    """A name that holds a tag comes back escaped."""
    response = ask(port, "GET", f"{target}?name=<script>")
    assert "&lt;script&gt;" in response.text
    assert "<script>" not in response.text


def test_a_posted_form_is_greeted(port: int) -> None:
    """`POST /form` greets the name in the body; without one it answers 400."""
    assert ask(port, "POST", "/form", data={"name": "grey"}).text == "Hello, grey!"
    assert ask(port, "POST", "/form").status_code == 400


def test_the_form_can_be_fetched(port: int) -> None:
    """`GET /form` brings the form that posts to it."""
    assert '<form method="post">' in ask(port, "GET", "/form").text


def test_flask_sets_two_fields_and_the_server_the_rest(port: int) -> None:
    """`/fields` lists the two fields of Flask's response; the wire has `Server` and `Date` too."""
    response = ask(port, "GET", "/fields")
    assert response.text.split("\n") == ["Content-Type", "Content-Length"]
    assert {"Server", "Date", "Connection"} <= set(response.headers)


@pytest.mark.parametrize(
    ("name", "heard"), [("X-Thing", "one"), ("x-THING", "one"), ("X_Thing", "nothing")], ids=str
)
def test_a_field_is_heard_in_any_case_but_not_with_an_underscore(port: int, name: str, heard: str) -> None:
    """`/thing` reads `X-Thing` in any case; the server drops a name with an underscore."""
    assert ask(port, "GET", "/thing", headers={name: "one"}).text == heard


def test_a_chunked_request_body_is_joined(port: int) -> None:
    """The view reads the joined chunks of a request body, and no length."""
    response = ask(port, "POST", "/body", data=iter([b"he", b"llo"]))
    assert response.json() == {"body": "hello", "content_length": None}


def test_a_status_of_ones_own_is_sent_as_it_stands(port: int) -> None:
    """`/fine` answers with a code and a phrase that no standard knows."""
    assert say(port, b"GET /fine HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").startswith(
        b"HTTP/1.1 299 Very Fine\r\n"
    )


def test_nothing_is_kept_between_two_requests(port: int) -> None:
    """A client's second request comes from another port and is greeted as a stranger's."""
    with requests.Session() as session:
        session.trust_env = False
        first, second = (
            session.get(f"http://127.0.0.1:{port}/visitor", params=query, timeout=PATIENCE_S).text
            for query in ({"name": "Grey"}, {})
        )
    assert first.startswith("Hello, Grey, from port ")
    assert second.startswith("Hello, stranger, from port ")
    assert first.rpartition(" ")[2] != second.rpartition(" ")[2]


@pytest.mark.parametrize("target", ["/hello", "/note", "/a"])
def test_a_rule_without_methods_answers_get_head_and_options(port: int, target: str) -> None:
    """A method that the rule does not have gets 405 with the three that it has."""
    for method in ("POST", "PUT", "BREW"):
        response = ask(port, method, target)
        assert response.status_code == 405
        assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_head_has_the_length_and_no_body(port: int) -> None:
    """`HEAD /note` announces the 18 bytes that GET would bring, and brings none."""
    answer = say(port, b"HEAD /note HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert b"Content-Length: 18\r\n" in answer
    assert answer.endswith(b"\r\n\r\n")
    assert len(ask(port, "GET", "/note").content) == 18


def test_a_missing_host_is_accepted(port: int) -> None:
    """The development server answers a request without `Host`."""
    assert say(port, b"GET /hello HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"GARBAGE\r\n\r\n", b"400"),
        (b"GET /hello HTTP/3.0\r\nHost: 127.0.0.1\r\n\r\n", b"505"),
        (b"GET /" + b"a" * 65_536 + b" HTTP/1.1\r\n\r\n", b"414"),
        (b"GET /hello HTTP/1.1\r\na:" + b"a" * 65_536 + b"\r\n\r\n", b"431"),
        (b"GET /hello HTTP/1.1\r\n" + b"a: 1\r\n" * 101 + b"\r\n", b"431"),
    ],
    ids=["garbage", "version", "long line", "long field", "many fields"],
)
def test_the_server_answers_what_it_cannot_read(port: int, data: bytes, code: bytes) -> None:
    """What never reaches Flask is answered with a page of the server's own, which names the code."""
    assert b"<p>Error code: " + code + b"</p>" in say(port, data)


def test_every_section_is_served_by_a_fresh_app() -> None:
    """Each call makes an app of its own, with a stop event that is not set."""
    for section in SECTIONS:
        first, second = create_app(section), create_app(section)
        assert first is not second
        assert isinstance(first.extensions["stop"], threading.Event)
        assert not first.extensions["stop"].is_set()
        assert first.extensions["stop"] is not second.extensions["stop"]


def test_endpoints_are_the_views_own_names() -> None:
    """Section 2.1 has no other rules than its views', each under its function's name."""
    app = create_app("2.1")
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(app.view_functions)
    assert all(view.__name__ == endpoint for endpoint, view in app.view_functions.items())
    assert "static" not in app.view_functions


def test_an_unknown_section_names_the_known_ones() -> None:
    """A section that does not exist is refused with the names of those that do."""
    with pytest.raises(ValueError, match=r"9\.9.*2\.1, 2\.2"):
        create_app("9.9")


def test_an_unknown_configuration_names_the_known_ones() -> None:
    """A configuration that does not exist is refused with the names of those that do."""
    with pytest.raises(ValueError, match=r"nowhere.*only ''"):
        create_app("2.1", "nowhere")
