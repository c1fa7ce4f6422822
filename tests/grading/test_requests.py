"""Requests graded by what arrived and what came back."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.grading.exchanges import MOVED, NOT_FOUND, claim, exchange, question
from tutor.course.model import Expectation, Operator, Question, QuestionKind, WrongAnswer
from tutor.grading.requests import as_sent, grade_request
from tutor.grading.verdict import Grade
from tutor.wire.exchange import Exchange
from tutor.wire.raw_text import parse_message
from tutor.wire.request import RawRequest, parse_request_line

UNSUPPORTED = b"HTTP/1.1 415 UNSUPPORTED MEDIA TYPE\r\nContent-Length: 0\r\n\r\n"


def craft(*expectations: Expectation, wrong: dict[str, tuple[str, ...]] | None = None) -> Question:
    return question(QuestionKind.REQUEST, "GET /hello", expectations=expectations, wrong=wrong)


def arrival(head: str, body: bytes = b"", response: bytes = UNSUPPORTED) -> Exchange:
    return exchange(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body, response)


def test_a_request_that_meets_the_goal_is_right() -> None:
    """An exchange that meets every expectation is right, and is given by its request line."""
    asked = craft(claim("response.status", 200), claim("request.method", "GET"))
    verdict = grade_request(asked, (exchange(),), {})
    assert (verdict.grade, verdict.given, verdict.feedback) == (Grade.RIGHT, "GET /hello?name=Grey", "")


def test_a_miss_names_what_arrived_and_the_goal() -> None:
    """Feedback has the request line, the missing field, the status that came and the one that was to come."""
    hops = (arrival("POST /json HTTP/1.1\nContent-Length: 2", b"{}"),)
    verdict = grade_request(craft(claim("response.status", 400)), hops, {})
    assert verdict.grade is Grade.WRONG
    assert verdict.came == (
        "Arrived: POST /json without Content-Type. Status 415 came back; the goal is 400."
    )


@pytest.mark.parametrize(
    ("head", "body", "said"),
    [
        ("GET /json HTTP/1.1", b"", "Arrived: GET /json."),
        ("POST /json HTTP/1.1", b"", "Arrived: POST /json without Content-Type."),
        (
            "POST /json HTTP/1.1\nContent-Type: text/plain\nContent-Length: 1",
            b"x",
            "Arrived: POST /json with Content-Type: text/plain.",
        ),
        (
            "POST /json HTTP/1.1\nContent-Type: text/plain",
            b"",
            "Arrived: POST /json with Content-Type: text/plain, without a body.",
        ),
    ],
)
def test_what_arrived_is_told_as_it_was(head: str, body: bytes, said: str) -> None:
    """The content type is told where there is, or should be, a body."""
    verdict = grade_request(craft(claim("response.status", 200)), (arrival(head, body),), {})
    assert verdict.came.startswith(f"{said} Status 415")


def test_the_fields_that_were_typed_are_told() -> None:
    """A field that the learner typed stands in the feedback with the value that arrived."""
    sent = parse_request_line("GET /echo X-Thing:one")
    hops = (arrival("GET /echo HTTP/1.1\nX-Thing: one"),)
    verdict = grade_request(craft(claim("response.status", 200)), hops, {}, sent=sent)
    assert verdict.came.startswith("Arrived: GET /echo with X-Thing: one. ")


@pytest.mark.parametrize(
    ("expectation", "said"),
    [
        (
            claim("response.status", [301, 308], Operator.ONE_OF),
            "Status 415 came back; the goal is 301 or 308.",
        ),
        (
            claim("response.headers.Location", True, Operator.PRESENT),
            "What came back has no Location; the goal is some Location.",
        ),
        (claim("request.method", "HEAD"), "What arrived has method GET; the goal is method HEAD."),
        (
            claim("flask.exception", "KeyError"),
            "What Flask did has no flask.exception; the goal is flask.exception KeyError.",
        ),
    ],
)
def test_the_first_expectation_that_fails_is_told(expectation: Expectation, said: str) -> None:
    """Feedback names the first expectation that is not met, and only that."""
    asked = craft(claim("answered", True), expectation, claim("response.status", 1))
    verdict = grade_request(asked, (arrival("GET /x HTTP/1.1"),), {})
    assert verdict.came == f"Arrived: GET /x. {said}"


def test_a_request_without_an_answer_says_why() -> None:
    """Where the client gave up, the feedback has its reason."""
    hops = (exchange(b"GET / HTTP/1.1\r\n\r\n", b"", error="No answer within 10 s."),)
    verdict = grade_request(craft(claim("response.status", 200)), hops, {})
    assert verdict.came == "Arrived: GET /. No answer within 10 s."


@pytest.mark.parametrize("hops", [(), (exchange(b"", b"", error="refused"),)])
def test_nothing_that_arrived_is_never_counted(hops: tuple[Exchange, ...]) -> None:
    """Where no request reached the sandbox there is nothing to grade."""
    verdict = grade_request(craft(claim("response.status", 200)), hops, {})
    assert verdict.grade is Grade.UNREADABLE
    assert verdict.feedback.startswith("No request arrived")


MESSAGE = "GET /hello HTTP/1.1\nHost: {{host}}\n\n"


def test_a_known_wrong_message_is_told_whatever_name_the_host_has() -> None:
    """A whole message that is known to be wrong gets its feedback; the sandbox has more than one name."""
    asked = replace(
        craft(claim("response.status", 405)),
        start="GET /\n",
        wrong=(WrongAnswer("plain", (MESSAGE,), "GET is what the rule accepts.", 1),),
    )
    for host in ("127.0.0.1:5000", "localhost:5000"):
        sent = parse_message(MESSAGE.replace("{{host}}", host))
        verdict = grade_request(asked, (exchange(),), {}, sent=sent, address="http://127.0.0.1:5000")
        assert (verdict.key, verdict.feedback) == ("plain", "GET is what the rule accepts.")
    other = parse_message("GET /hello HTTP/1.1\nHost: other.example\n\n")
    assert grade_request(asked, (exchange(),), {}, sent=other, address="http://127.0.0.1:5000").key == ""


def test_a_message_counts_as_the_line_that_it_stands_for() -> None:
    """Where a line is asked for, a whole message gets the feedback of the line that says the same."""
    asked = replace(
        craft(claim("response.status", 405)),
        wrong=(WrongAnswer("plain", ("GET /hello X-A:1",), "GET is what the rule accepts.", 1),),
    )
    data = b"GET /hello HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nAccept: */*\r\n\r\n"
    verdict = grade_request(asked, (exchange(data),), {}, sent=RawRequest(data))
    assert verdict.key == "plain"


def test_the_goal_is_about_the_learners_exchange() -> None:
    """An exchange of the lesson that meets the goal does not answer for the learner's; it can be named."""
    fired = {"hello": (exchange(),)}
    hops = (arrival("GET /nope HTTP/1.1", response=NOT_FOUND),)
    assert grade_request(craft(claim("response.status", 200)), hops, fired).grade is Grade.WRONG
    assert grade_request(craft(claim("response.status", 200, exchange="hello")), hops, fired).is_right


def test_redirects_are_graded_hop_by_hop() -> None:
    """A followed redirect answers to `hop1`, and to its last response without it."""
    asked = craft(claim("hop1.response.status", 302), claim("response.status", 200), claim("hops", 2))
    assert grade_request(asked, (exchange(response=MOVED), exchange()), {}).is_right


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("GET /echo X_Thing:one", "underscore"),
        ("get /echo x_thing:one", "underscore"),
        ("GET '/echo' 'X_Thing:one'", "underscore"),
        ("GET /echo x-thing==one", "query"),
        ("GET /echo?x-thing=one", "query"),
        ("GET /echo X_Thing:two", ""),
        ("GET /echo", ""),
        ("POST /echo X_Thing:one", ""),
    ],
)
def test_a_known_wrong_request_adds_its_feedback(typed: str, key: str) -> None:
    """Requests are compared as they are read, not as they are typed."""
    asked = craft(
        claim("response.status", 200),
        wrong={"underscore": ("GET /echo X_Thing:one",), "query": ("GET /echo x-thing==one", "nonsense ((")},
    )
    hops = (arrival("GET /echo HTTP/1.1"),)
    verdict = grade_request(asked, hops, {}, sent=parse_request_line(typed))
    assert (verdict.grade, verdict.key) == (Grade.WRONG, key)
    assert verdict.feedback == (f"About {key}." if key else "")
    assert verdict.came.startswith("Arrived: ")


def test_a_long_target_does_not_fill_the_feedback() -> None:
    """Of a target of a thousand characters the beginning is told."""
    hops = (arrival(f"GET /{'x' * 1000} HTTP/1.1"),)
    assert len(grade_request(craft(claim("response.status", 200)), hops, {}).came) < 200


def test_a_known_wrong_request_may_leave_open_what_is_written_there() -> None:
    """`…` in a wrong request matches whatever the learner wrote: a path, a field's value, a JSON value."""
    asked = craft(
        claim("response.status", 200),
        wrong={"path": ("GET /hello/…",), "field": ("GET /hello name:…",), "body": ("POST /hello name=…",)},
    )
    for typed, key in {
        "GET /hello/Ann": "path",
        "GET /hello name:李辉": "field",
        "POST /hello name=Ann": "body",
        "GET /hello/": "",
        "GET /hello other:Ann": "",
    }.items():
        verdict = grade_request(asked, (arrival("GET /x HTTP/1.1"),), {}, sent=parse_request_line(typed))
        assert verdict.key == key, typed


def test_what_a_browser_adds_hides_no_known_wrong_request() -> None:
    """A navigation is compared without the dozen fields of its own; curl's are its user's."""
    asked = craft(claim("response.status", 200), wrong={"bare": ("GET /hello",)})
    browsers = (
        'GET /hello HTTP/1.1\nHost: 127.0.0.1\nsec-ch-ua: "Chromium"\nUpgrade-Insecure-Requests: 1\n'
        "Sec-Fetch-Mode: navigate\nAccept-Language: en-US"
    )
    for head, key in ((browsers, "bare"), ("GET /hello HTTP/1.1\nAccept-Language: en-US", "")):
        hops = (arrival(head),)
        assert hops[0].request is not None
        verdict = grade_request(asked, hops, {}, sent=as_sent(hops[0].request))
        assert verdict.key == key
        assert "sec-ch-ua" not in verdict.came


def test_a_charset_makes_no_other_request() -> None:
    """HTTPie says of a form that it is UTF-8; it is the known wrong request all the same."""
    asked = craft(claim("response.status", 200), wrong={"form": ("POST /json --form name=Li",)})
    form = "application/x-www-form-urlencoded"
    for charset, key in (
        ("", "form"),
        ("; charset=utf-8", "form"),
        (';Charset="UTF-8"', "form"),
        ("; x=1", ""),
    ):
        hops = (
            arrival(f"POST /json HTTP/1.1\nContent-Type: {form}{charset}\nContent-Length: 7", b"name=Li"),
        )
        assert hops[0].request is not None
        assert grade_request(asked, hops, {}, sent=as_sent(hops[0].request)).key == key
