"""What Flask did, beside the bytes."""

from __future__ import annotations

from flask import Flask, abort

from tutor.client.client import Client
from tutor.sandbox.server import SandboxServer
from tutor.screen.flask_side import flask_line, timeline_lines
from tutor.wire.exchange import Exchange
from tutor.wire.request import Request


def app() -> Flask:
    made = Flask(__name__, static_folder=None)

    @made.route("/hello/<int:n>")
    def hello(n: int) -> str:
        return f"Hello {n}"

    @made.route("/stop")
    def stop() -> str:
        abort(403)

    @made.route("/crash")
    def crash() -> str:
        raise ZeroDivisionError("\x1b[2J")

    @made.before_request
    def count() -> None:
        """Nothing."""

    @made.teardown_request
    def tidy(error: BaseException | None) -> None:
        """Nothing."""

    return made


def exchange(method: str, path: str) -> Exchange:
    with SandboxServer(app()) as server:
        return Client(server).fire(Request(method, path))[0]


def test_one_line_says_rule_view_arguments_status_and_time() -> None:
    """A request that was answered is one line, from the rule to the status."""
    line = flask_line(exchange("GET", "/hello/7")).plain
    assert line.startswith("Flask  /hello/<int:n> → hello(n=7) → 200, ")
    assert line.endswith(" ms")


def test_the_line_says_why_no_view_was_chosen() -> None:
    """404 and 405 are told apart: no rule, or a rule without the method."""
    assert "no rule matches → 404" in flask_line(exchange("GET", "/nope")).plain
    assert "a rule matches, but not with POST → 405" in flask_line(exchange("POST", "/hello/7")).plain


def test_an_exception_stands_in_the_line_and_cannot_reach_the_terminal_raw() -> None:
    """An unhandled exception is named; control characters in its text are escaped in the timeline."""
    crashed = exchange("GET", "/crash")
    assert "crash() → ZeroDivisionError → 500" in flask_line(crashed).plain
    text = "\n".join(line.plain for line in timeline_lines(crashed))
    assert "ZeroDivisionError: ␛[2J" in text
    assert "\x1b" not in text


def test_the_timeline_has_hooks_and_contexts_in_their_order() -> None:
    """Contexts pushed, hooks, view, teardown with what it got, contexts popped: a line each."""
    text = [line.plain.strip() for line in timeline_lines(exchange("GET", "/hello/7"))]
    order = [
        "application context pushed",
        "request context pushed",
        "URL matched",
        "before_request",
        "view",
        "teardown_request",
        "request context popped",
        "application context popped",
    ]
    places = [next(place for place, line in enumerate(text) if line.startswith(words)) for words in order]
    assert places == sorted(places)
    assert "n=7 (int)" in text[places[2]]


def test_an_aborted_request_has_no_exception_for_teardown() -> None:
    """abort is answered by Flask: the line names the view and the status, and teardown got None."""
    stopped = exchange("GET", "/stop")
    assert "stop() → 403" in flask_line(stopped).plain
    assert stopped.timeline is not None
    assert stopped.timeline.teardown_argument == "None"


def test_a_long_line_is_cut_with_a_mark_where_it_would_wrap() -> None:
    """Within a beat a timeline's line takes one row; without a width nothing is cut."""
    crashed = exchange("GET", "/crash")
    assert any(line.plain.endswith("…") and line.cell_len <= 40 for line in timeline_lines(crashed, 40))
    assert not any(line.plain.endswith("…") for line in timeline_lines(crashed))
