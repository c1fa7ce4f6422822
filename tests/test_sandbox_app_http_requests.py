"""The app of section 2.2, asked over real connections."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from sandbox_app import create_app
from sandbox_app.http_requests import CONFIGURATIONS
from tutor.sandbox.server import SandboxServer

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


class Visitor:
    """Sends requests to one app; redirects stay unfollowed and no cookie is kept."""

    def __init__(self, server: SandboxServer) -> None:
        self.address = server.address

    def __call__(self, method: str, path: str, **given: Any) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, self.address + path, timeout=10, allow_redirects=False, **given)


@contextmanager
def visiting(configuration: str = "") -> Iterator[Visitor]:
    """A visitor to a fresh app in that configuration."""
    app = create_app("2.2", configuration)
    app.logger.disabled = True  # some of these apps crash on purpose
    with SandboxServer(app) as server:
        yield Visitor(server)


@pytest.fixture(name="visit")
def visit_default() -> Iterator[Visitor]:
    """A visitor to the default app."""
    with visiting() as visit:
        yield visit


@pytest.mark.parametrize(
    ("fits", "does_not", "kind", "value"),
    [
        ("/conv/string/123", "/conv/string/a/b", "str", "123"),
        ("/conv/int/007", "/conv/int/-1", "int", "7"),
        ("/conv/float/1.50", "/conv/float/1", "float", "1.5"),
        ("/conv/path/a/b.txt", "/conv/path/", "str", "a/b.txt"),
        (
            "/conv/uuid/123E4567-E89B-12D3-A456-426614174000",
            "/conv/uuid/123e4567e89b12d3a456426614174000",
            "UUID",
            "123e4567-e89b-12d3-a456-426614174000",
        ),
    ],
)
def test_converter_takes_and_refuses(visit: Visitor, fits: str, does_not: str, kind: str, value: str) -> None:
    """A converter gives the view a value of its type, and what it refuses is a 404."""
    assert visit("GET", fits).json() == {"type": kind, "value": value}
    assert visit("GET", does_not).status_code == 404


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/colors/blue", 200, "You chose blue."),
        ("/colors/Blue", 404, ""),
        ("/goback/34", 200, "Welcome to 1992!"),
        ("/goback/thirty", 404, ""),
        ("/degrees/-5", 200, "-5 °C"),
    ],
)
def test_rules_with_options(visit: Visitor, path: str, status: int, text: str) -> None:
    """A converter's options draw the line where the rule says."""
    response = visit("GET", path)
    assert response.status_code == status
    assert text in response.text


@pytest.mark.parametrize(
    ("path", "winner"),
    [("/room/7", "static"), ("/room/5", "int"), ("/room/lake", "string"), ("/room/lake/west", "path")],
)
def test_most_specific_rule_wins(visit: Visitor, path: str, winner: str) -> None:
    """Of several rules that fit, the most specific answers, although it was registered last."""
    assert visit("GET", path).text == winner


def test_default_in_a_rule(visit: Visitor) -> None:
    """The address that spells the default out redirects to the one that leaves it out."""
    assert visit("GET", "/list/").text == "Page 1"
    response = visit("GET", "/list/1")
    assert response.status_code == 308
    assert response.headers["Location"].endswith("/list/")


def test_slash_at_the_end(visit: Visitor) -> None:
    """A missing slash is added for methods that the rule takes; a slash too many is a 404."""
    assert visit("POST", "/dir", data={"name": "李辉"}).status_code == 308
    assert visit("POST", "/getdir").status_code == 404
    assert visit("GET", "/leaf/").status_code == 404


def test_address_as_flask_names_it(visit: Visitor) -> None:
    """The attributes of the address say what the target said, with the query in two of them."""
    said = visit("GET", "/echo/5?a=1&a=2").json()
    assert said["path"] == "/echo/5"
    assert said["full_path"] == "/echo/5?a=1&a=2"
    assert said["base_url"] == f"{visit.address}/echo/5"
    assert said["url"] == f"{visit.address}/echo/5?a=1&a=2"
    assert said["host"] == visit.address.removeprefix("http://")
    assert (said["a"], said["view_args"]) == ("1", {"n": 5})
    assert visit("GET", "/all?a=1&a=2").json() == {"first": "1", "all": ["1", "2"]}


def test_missing_and_unreadable_values(visit: Visitor) -> None:
    """A missing key is a 400, and get falls back to its default for a missing or unreadable value."""
    assert visit("GET", "/need").status_code == 400
    assert visit("POST", "/signup", data={"age": "30"}).status_code == 400
    assert [visit("GET", path).json()["page"] for path in ("/page", "/page?page=3", "/page?page=abc")] == [
        1,
        3,
        1,
    ]


@pytest.mark.parametrize(
    ("accept_language", "lang"),
    [("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("en", "en"), ("en-GB", "en"), ("en, zh", "en"), ("fr", None)],
)
def test_language_from_a_field(visit: Visitor, accept_language: str, lang: str | None) -> None:
    """The language that the visitor ranks highest, of the two on offer, is the one."""
    assert visit("GET", "/echo", headers={"Accept-Language": accept_language}).json()["lang"] == lang


def test_client_seen_by_the_view(visit: Visitor) -> None:
    """Cookies, user agent, address and fields of any case reach the view."""
    said = visit(
        "GET", "/echo", headers={"Cookie": "visitor=Grey", "X-THING": "lake", "User-Agent": "demo/1"}
    ).json()
    assert said == {
        "lang": None,
        "cookies": {"visitor": "Grey"},
        "user_agent": "demo/1",
        "remote_addr": "127.0.0.1",
        "x_thing": "lake",
    }


def test_body_lands_where_its_type_says(visit: Visitor) -> None:
    """Query, form and files arrive in their own attributes."""
    form = visit("POST", "/form?a=query", data={"a": "body"}).json()
    assert form == {"args": {"a": "query"}, "form": {"a": "body"}, "values": {"a": ["query", "body"]}}
    upload = visit("POST", "/upload", data={"title": "Lake"}, files={"photo": ("lake.jpg", b"x")}).json()
    assert upload == {"form": {"title": "Lake"}, "files": {"photo": "lake.jpg"}}
    assert visit("POST", "/raw", data="a=1").json() == {"form": {}, "data": "a=1"}


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [(JSON, '{"a": 1}', 200), ({}, '{"a": 1}', 415), (JSON, "{a: 1}", 400), (FORM, "a=1", 415)],
)
def test_json_needs_type_and_text(visit: Visitor, headers: dict[str, str], body: str, status: int) -> None:
    """JSON is taken when both its type and its text say so."""
    assert visit("POST", "/json", headers=headers, data=body).status_code == status


@pytest.mark.parametrize(
    ("first", "form", "data"),
    [("form", {"a": "1"}, ""), ("data", {"a": "1"}, "a=1"), ("uncached", {}, "a=1")],
)
def test_first_reader_of_the_body(visit: Visitor, first: str, form: dict[str, str], data: str) -> None:
    """Who reads the body first decides what is left for the other."""
    assert visit("POST", f"/order/{first}", headers=FORM, data="a=1").json() == {"form": form, "data": data}


def test_idempotent_or_not(visit: Visitor) -> None:
    """The same PUT twice leaves one note, the same POST twice adds two."""
    counts = [
        visit(*each, data="milk").json()["notes"]
        for each in [("PUT", "/notes/9")] * 2 + [("POST", "/notes")] * 2
    ]
    assert counts == [1, 1, 2, 3]
    assert visit("DELETE", "/notes/9").json() == visit("DELETE", "/notes/9").json() == {"notes": 2}


def test_state_ends_with_the_app() -> None:
    """A fresh app has no notes of the one before."""
    with visiting() as visit:
        assert visit("POST", "/notes", data="milk").json() == {"notes": 1}
    with visiting() as visit:
        assert visit("GET", "/notes").json() == {"notes": 0}


def test_automatic_methods(visit: Visitor) -> None:
    """OPTIONS lists the rule's methods with the automatic ones."""
    response = visit("OPTIONS", "/notes")
    assert response.status_code == 200
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
    assert response.content == b""


def test_static_file_in_a_folder(visit: Visitor) -> None:
    """The static rule reaches a file in a folder, because its converter is path."""
    assert visit("GET", "/static/css/site.css").headers["Content-Type"].startswith("text/css")


def test_default_app_has_no_hooks() -> None:
    """Nothing but the view runs in the default app."""
    app = create_app("2.2")
    assert not any(
        (
            app.before_request_funcs,
            app.after_request_funcs,
            app.teardown_request_funcs,
            app.teardown_appcontext_funcs,
            app.url_value_preprocessors,
        )
    )


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_every_configuration_answers(configuration: str) -> None:
    """An app in any configuration answers a request, be it with an error."""
    with visiting(configuration) as visit:
        assert visit("GET", "/hello").status_code in {200, 500, 503}


def test_unknown_configuration() -> None:
    """A name that is no configuration is refused with the names that are."""
    with pytest.raises(ValueError, match=r"'hoks'.*'hooks'"):
        create_app("2.2", "hoks")


def test_names_of_hooks_that_are_gone(visit: Visitor) -> None:
    """The app is asked for a hook by name, and says in Python's words that it has none."""
    for name in ("before_first_request", "after_before"):
        assert visit("GET", f"/hook/{name}").json() == {
            "AttributeError": f"'Flask' object has no attribute '{name}'"
        }
    assert visit("GET", "/hook/after_request").json() == {"found": "after_request"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/visit", 200),
        ("GET", "/nope", 404),
        ("POST", "/hello", 405),
        ("GET", "/gone", 410),
        ("GET", "/boom", 500),
    ],
)
def test_after_request_in_reverse(method: str, path: str, status: int) -> None:
    """after_request functions see every response, the one registered last first."""
    with visiting("hooks") as visit:
        response = visit(method, path)
        assert response.status_code == status
        assert response.headers["X-After"] == "second_after, first_after"


def test_cookie_from_after_this_request(visit: Visitor) -> None:
    """A function registered inside the view still changes the response."""
    assert visit("GET", "/visit").headers["Set-Cookie"] == "visitor=Grey; Path=/"


@pytest.mark.parametrize(
    ("configuration", "status", "text"), [("empty-answer", 200, ""), ("closing-time", 503, "Closed")]
)
def test_before_request_answers(configuration: str, status: int, text: str) -> None:
    """What a before_request returns is the response, an empty text too, and after_request still sees it."""
    with visiting(configuration) as visit:
        response = visit("GET", "/hello")
        assert response.status_code == status
        assert response.text.startswith(text)
        assert "Hello" not in response.text
        assert response.headers["X-After"] == "sign"


@pytest.mark.parametrize(
    ("method", "path", "seen"),
    [
        ("GET", "/hello", "hello"),
        ("GET", "/nope", "None"),
        ("OPTIONS", "/hello", "hello"),
        ("GET", "/static/css/site.css", "static"),
    ],
)
def test_before_request_runs_for_everything(method: str, path: str, seen: str) -> None:
    """before_request runs for unknown addresses, OPTIONS and static files as for pages."""
    with visiting("last-seen") as visit:
        assert visit(method, path).headers["X-Seen"] == seen


def test_crash_that_leaves_the_app() -> None:
    """An exception that leaves the app skips after_request; the server answers 500."""
    with visiting("propagation") as visit:
        response = visit("GET", "/boom")
        assert response.status_code == 500
        assert "X-After" not in response.headers


@pytest.mark.parametrize("configuration", ["forgetful-hook", "failing-teardown", "failing-after"])
def test_failing_hook_spoils_the_response(configuration: str) -> None:
    """A hook that returns nothing, or raises, turns a good response into a 500."""
    with visiting(configuration) as visit:
        assert visit("GET", "/hello").status_code == 500


def test_after_chain_runs_again() -> None:
    """After functions run once more for the 500 that one of them caused."""
    with visiting("failing-after") as visit:
        assert visit("GET", "/hello").headers["X-Calls"] == "2"


def test_set_up_runs() -> None:
    """Start-up code runs once, while a before_request runs for every request."""
    with visiting("set-up") as visit:
        visit("GET", "/hello")
        visit("GET", "/hello")
        runs = visit("GET", "/runs").json()
    assert (runs["start_up"], runs["before_request"]) == (1, 3)
    assert runs["teardown_appcontext"] > 1


def test_blueprint_hooks() -> None:
    """A blueprint's hooks run inside the app's, and not for an address that no rule fits."""
    with visiting("blueprint") as visit:
        assert visit("GET", "/shop/visit").headers["X-After"] == "shop_after, app_after"
        assert visit("GET", "/shop/nope").headers["X-After"] == "app_after"
