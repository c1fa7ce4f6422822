"""Expectations: each operator, met and unmet, and what a mismatch says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.grading.exchanges import JSON_RESPONSE, MOVED, TIMELINE, claim, exchange
from tutor.course.model import Operator
from tutor.grading.expectations import unmet

FIRED = {
    "hello": (exchange(timeline=TIMELINE),),
    "json": (exchange(response=JSON_RESPONSE),),
    "moved": (exchange(response=MOVED), exchange()),
    "silent": (exchange(response=b"", error="timed out"),),
}
EVERY = tuple(Operator)


@pytest.mark.parametrize(
    ("path", "operator", "value"),
    [
        ("response.status", Operator.EQUALS, 200),
        ("response.status", Operator.EQUALS, "200"),
        ("response.headers.content-length", Operator.EQUALS, 13),
        ("response.headers.Content-Length", Operator.EQUALS, "13"),
        ("response.reason", Operator.EQUALS, "ok"),
        ("response.reason", Operator.CONTAINS, "o"),
        ("response.reason", Operator.STARTS, "o"),
        ("response.reason", Operator.MATCHES, "^ok$"),
        ("response.status", Operator.ONE_OF, [404, 200]),
        ("response.headers.Content-Length", Operator.ONE_OF, [12, 13]),
        ("response.headers.Allow", Operator.SET, ["GET", "HEAD"]),
        ("response.interim", Operator.SET, []),
        ("flask.order", Operator.SET, ["view", "after_request", "before_request", "teardown_request"]),
        (
            "flask.functions",
            Operator.ONE_OF,
            ["open_door", "hello", "stamp", "stamp_again", "close_door"],
        ),
        ("flask.order", Operator.CONTAINS, "view"),
        ("response.body", Operator.CONTAINS, "Flask"),
        ("response.body", Operator.CONTAINS, ["Hello", "Flask"]),
        ("response.body", Operator.STARTS, "Hello"),
        ("response.body", Operator.MATCHES, r"F\w+!$"),
        ("response.body", Operator.NOT, "Bye"),
        ("response.status", Operator.NOT, [404, 405]),
        ("response.length", Operator.MIN, 13),
        ("response.length", Operator.MAX, 13),
        ("response.headers.Content-Length", Operator.MIN, 1.5),
        ("response.headers.Location", Operator.PRESENT, False),
        ("response.headers.Allow", Operator.PRESENT, True),
        ("answered", Operator.PRESENT, True),
        ("answered", Operator.EQUALS, True),
        ("flask.arguments.n", Operator.EQUALS, 5),
        ("flask.exception", Operator.PRESENT, False),
    ],
)
def test_an_expectation_is_met(path: str, operator: Operator, value: object) -> None:
    """What the exchange has meets the expectation."""
    assert unmet([claim(path, value, operator)], FIRED, "hello") == ()


@pytest.mark.parametrize(
    ("path", "operator", "value", "expected", "actual"),
    [
        ("response.status", Operator.EQUALS, 404, "status 404", "status 200"),
        ("response.reason", Operator.EQUALS, "FOUND", "reason FOUND", "reason OK"),
        ("response.status", Operator.EQUALS, True, "status true", "status 200"),
        ("response.status", Operator.ONE_OF, [301, 308], "status 301 or 308", "status 200"),
        (
            "response.headers.Content-Type",
            Operator.EQUALS,
            "TEXT/HTML; charset=utf-8",
            "Content-Type: TEXT/HTML; charset=utf-8",
            "Content-Type: text/html; charset=utf-8",
        ),
        ("response.headers.Location", Operator.EQUALS, "/x", "Location: /x", "no Location"),
        ("response.headers.Location", Operator.PRESENT, True, "some Location", "no Location"),
        ("response.headers.Allow", Operator.PRESENT, False, "no Allow", "Allow: HEAD, GET"),
        ("response.headers.Allow", Operator.SET, ["GET"], "Allow: GET", "Allow: HEAD, GET"),
        ("response.headers.Allow", Operator.SET, ["GET", "HEAD", "PUT"], "Allow: GET, HEAD, PUT", None),
        ("response.body", Operator.CONTAINS, "Bye", 'body with "Bye" in it', 'body "Hello, Flask!"'),
        ("response.body", Operator.STARTS, "ello", 'body that starts with "ello"', None),
        ("response.body", Operator.MATCHES, "^F", 'body that matches "^F"', None),
        ("response.status", Operator.NOT, 200, "status other than 200", "status 200"),
        ("response.length", Operator.MIN, 14, "length of 14 or more", "length 13"),
        ("response.length", Operator.MAX, 12, "length of 12 or less", "length 13"),
        ("response.body", Operator.MIN, 1, None, 'body "Hello, Flask!"'),
        ("request.method", Operator.EQUALS, "POST", "method POST", "method GET"),
        ("request.headers.Cookie", Operator.EQUALS, "a=1", "Cookie: a=1", "no Cookie"),
        ("flask.exception", Operator.EQUALS, "KeyError", "flask.exception KeyError", "no flask.exception"),
        ("answered", Operator.PRESENT, False, "answered false", "answered true"),
        ("response.body", Operator.MATCHES, "(", None, "unreadable pattern"),
        ("response.heders.Allow", Operator.PRESENT, False, None, "no live path"),
    ],
)
def test_a_mismatch_says_both_sides(
    path: str, operator: Operator, value: object, expected: str | None, actual: str | None
) -> None:
    """An unmet expectation names what was expected and what is there, in short plain texts."""
    (mismatch,) = unmet([claim(path, value, operator)], FIRED, "hello")
    assert mismatch.path == f"hello.{path}"
    if expected is not None:
        assert mismatch.expected == expected
    if actual is not None:
        assert actual in mismatch.actual


@pytest.mark.parametrize("operator", EVERY)
def test_an_absent_value_meets_nothing_but_its_absence(operator: Operator) -> None:
    """Only PRESENT false is met by a value that is not there; NOT is not."""
    for value in ("x", "", 0, False, [], ["x"]):
        met = not unmet([claim("response.headers.Location", value, operator)], FIRED, "hello")
        assert met is (operator is Operator.PRESENT and not value)


@pytest.mark.parametrize("operator", EVERY)
def test_an_exchange_that_was_not_fired_meets_nothing(operator: Operator) -> None:
    """A claim about an exchange that was never fired is unmet, absence too."""
    (mismatch,) = unmet([claim("response.headers.Location", False, operator)], FIRED, "later")
    assert mismatch.actual == "not fired"


def test_without_a_response_a_mismatch_says_so() -> None:
    """Where nothing came back, the mismatch says that rather than that there is no status."""
    (mismatch,) = unmet([claim("response.status", 200)], FIRED, "silent")
    assert (mismatch.expected, mismatch.actual) == ("status 200", "no response")


@pytest.mark.parametrize(
    ("path", "value", "met"),
    [
        ("args.a", ["1", "2"], True),
        ("args.a", ["2", "1"], False),
        ("args.a", ["1"], False),
        ("args", {"a": ["1", "2"]}, True),
        ("args.a.0", "1", True),
        ("args.a.0", 1, False),
        ("n", 1, True),
        ("n", 1.0, True),
        ("n", "1", False),
        ("n", True, False),
        ("yes", True, True),
        ("yes", 1, False),
        ("nothing", "", False),
    ],
)
def test_json_values_are_compared_as_they_stand(path: str, value: object, met: bool) -> None:
    """Below `json`, a digit string is no number and a list has an order."""
    assert (unmet([claim(f"response.json.{path}", value)], FIRED, "json") == ()) is met


def test_a_hop_can_be_named() -> None:
    """`hop1` is the first exchange of a followed redirect, and the mismatch says which it was."""
    assert unmet([claim("hop1.response.status", 302), claim("response.status", 200)], FIRED, "moved") == ()
    (mismatch,) = unmet([claim("hop1.response.status", 303)], FIRED, "moved")
    assert mismatch.expected == "hop1 status 303"
    assert mismatch.actual == "hop1 status 302"


def test_an_expectation_may_name_another_exchange() -> None:
    """A claim that names an exchange is about that one, whatever the subject is."""
    assert unmet([claim("response.status", 302, exchange="moved")], FIRED, "hello")[0].path == (
        "moved.response.status"
    )


def test_unmet_expectations_keep_their_order() -> None:
    """Every unmet expectation is reported, in the order of the lesson."""
    found = unmet(
        [claim("response.status", 1), claim("hops", 1), claim("response.length", 2)], FIRED, "hello"
    )
    assert [mismatch.path for mismatch in found] == ["hello.response.status", "hello.response.length"]


def test_a_long_body_is_shortened() -> None:
    """A mismatch never holds a whole body."""
    fired = {"hello": (exchange(response=b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5000),)}
    (mismatch,) = unmet([claim("response.body", "y")], fired, "hello")
    assert len(mismatch.actual) < 100


def test_a_quoted_comma_parts_no_members() -> None:
    """A comma inside a quoted string belongs to the member."""
    response = b'HTTP/1.1 304 NOT MODIFIED\r\nVary: "a,b", c,, d\r\n\r\n'
    fired = {"hello": (exchange(response=response),)}
    wanted = claim("response.headers.Vary", ["c", "d", '"a,b"'], Operator.SET)
    assert unmet([wanted], fired, "hello") == ()


@pytest.mark.parametrize(
    ("path", "operator", "value"),
    [
        ("response.json.args", Operator.CONTAINS, [["a"]]),
        ("response.json.args", Operator.CONTAINS, 1),
        ("flask.order", Operator.ONE_OF, 5),
        ("response.interim", Operator.ONE_OF, "x"),
        ("response.body", Operator.MATCHES, "a{99999999999999999999}"),
        ("response.body", Operator.MATCHES, "(" * 5000 + ")" * 5000),
        ("response.headers.Content-Length", Operator.EQUALS, float("nan")),
        ("response.length", Operator.MIN, float("nan")),
        ("response.length", Operator.MAX, "x"),
    ],
)
def test_a_value_of_the_wrong_kind_is_a_mismatch(path: str, operator: Operator, value: object) -> None:
    """A lesson's value that cannot be compared with what is there is unmet, never a crash."""
    for subject in ("hello", "json"):
        (mismatch,) = unmet([claim(path, value, operator)], FIRED, subject)
        assert mismatch.expected


# Python warns of a set within a set, whoever wrote the pattern.
WORDS = st.text(st.characters(exclude_characters="["), max_size=5)
VALUES = st.one_of(
    WORDS,
    st.integers(),
    st.floats(),
    st.booleans(),
    st.lists(WORDS),
    st.lists(st.lists(st.integers(), max_size=2), max_size=2),
)
PATHS = st.sampled_from(["response.status", "response.body", "flask.order", "response.json.args", "answered"])


@settings(deadline=None, max_examples=400)  # a busy machine is no fault of the answer
@given(PATHS, st.sampled_from(EVERY), VALUES, st.sampled_from(sorted(FIRED)))
def test_no_expectation_raises(path: str, operator: Operator, value: object, subject: str) -> None:
    """Any value under any operator is met or is a mismatch with two texts."""
    for mismatch in unmet([claim(path, value, operator)], FIRED, subject):
        assert mismatch.expected
        assert mismatch.actual
