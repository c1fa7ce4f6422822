"""What Tab offers while a request is typed."""

from __future__ import annotations

import pytest

from tutor.play.completion import Offer, Route, Surroundings, common_start, line_offers, message_offers

AROUND = Surroundings(
    routes=(
        Route("/hello", frozenset({"GET", "HEAD", "OPTIONS"})),
        Route("/form", frozenset({"POST", "OPTIONS"})),
        Route("/user/<name>/cart", frozenset({"GET"})),
    ),
    values={"If-None-Match": ('"abc"',), "Host": ("127.0.0.1:5000",), "Cookie": ("session=a.b.c",)},
)


def completed(before: str, offers: tuple[Offer, ...]) -> list[str]:
    """What would stand before the cursor, for each offer."""
    return [before[: len(before) - offer.replaces] + offer.text for offer in offers]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ["GET ", "HEAD ", "OPTIONS ", "POST ", "/form", "/hello", "/user/"]),
        ("he", ["HEAD "]),
        ("GET /", ["GET /hello", "GET /user/"]),
        ("POST /", ["POST /form"]),
        ("PUT /h", ["PUT /hello"]),
        ("GET /user/Grey", ["GET /user/Grey/cart"]),
        ("GET /nope", []),
        ("GET /hello accept-l", ["GET /hello Accept-Language:"]),
        ("GET /hello Accept:text/h", ["GET /hello Accept:text/html"]),
        ("GET /hello If-None-Match:", ['GET /hello If-None-Match:"abc"', "GET /hello If-None-Match:*"]),
        ("POST /form a=1 --f", ["POST /form a=1 --form "]),
        (":x", []),
    ],
)
def test_a_line_goes_on(before: str, after: list[str]) -> None:
    """A line offers methods, the routes that accept the method, then fields, values and options."""
    assert completed(before, line_offers(before, AROUND)) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("OP", ["OPTIONS "]),
        ("GET /hel", ["GET /hello"]),
        ("GET /hello ", ["GET /hello HTTP/1.1"]),
        ("GET / HTTP/1.1\nHos", ["GET / HTTP/1.1\nHost: "]),
        ("GET / HTTP/1.1\nHost: ", ["GET / HTTP/1.1\nHost: 127.0.0.1:5000"]),
        ("GET / HTTP/1.1\nCookie: s", ["GET / HTTP/1.1\nCookie: session=a.b.c"]),
        ("POST / HTTP/1.1\nHost: x\n\nCont", []),
    ],
)
def test_a_message_goes_on(before: str, after: list[str]) -> None:
    """A message offers what its place asks for; a body is the learner's own."""
    assert completed(before, message_offers(before, AROUND)) == after


def test_a_route_is_listed_with_its_variables() -> None:
    """What is inserted ends before a variable; what is listed names it."""
    [offer] = line_offers("GET /u", AROUND)
    assert (offer.text, offer.shown) == ("/user/", "/user/<name>/cart")


def test_what_all_offers_share_is_completed() -> None:
    """Tab goes as far as there is no choice."""
    assert common_start((Offer("Accept:", 1), Offer("Accept-Language:", 1))) == "Accept"
    assert common_start((Offer("GET ", 0), Offer("/hello", 0))) == ""
    assert common_start((Offer("GET ", 0),)) == "GET "
