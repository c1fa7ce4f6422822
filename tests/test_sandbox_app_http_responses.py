"""The app of section 2.3, asked over real connections."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from sandbox_app import create_app
from sandbox_app.http_responses import CONFIGURATIONS
from tutor.sandbox.server import SandboxServer


class Visitor:
    """Sends requests to one app, and keeps its cookies; redirects stay unfollowed unless asked."""

    def __init__(self, server: SandboxServer, session: requests.Session) -> None:
        self.address = server.address
        self.session = session

    def __call__(self, method: str, path: str, *, follow: bool = False, **given: Any) -> requests.Response:
        return self.session.request(
            method, self.address + path, timeout=10, allow_redirects=follow, stream=True, **given
        )

    def cookie_for(self, path: str) -> str | None:
        """The field `Cookie` that goes to this path."""
        return self("GET", path).request.headers.get("Cookie")


@contextmanager
def visiting(configuration: str = "") -> Iterator[Visitor]:
    """A visitor to a fresh app in that configuration."""
    app = create_app("2.3", configuration)
    app.logger.disabled = True  # some views crash on purpose
    with SandboxServer(app) as server, requests.Session() as session:
        session.trust_env = False
        yield Visitor(server, session)


@pytest.fixture(name="visit")
def visit_default() -> Iterator[Visitor]:
    """A visitor to the default app."""
    with visiting() as visit:
        yield visit


@contextmanager
def same_jar(visit: Visitor, configuration: str) -> Iterator[Visitor]:
    """The visitor with the same cookies at another app."""
    with visiting(configuration) as other:
        other.session.cookies = visit.session.cookies
        yield other


def set_cookie_lines(response: requests.Response) -> list[str]:
    """Each line of Set-Cookie; `requests` joins them with commas."""
    return list(response.raw.headers.getlist("Set-Cookie"))


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/return/none", 500, ""),
        ("/return/number", 500, ""),
        ("/return/list", 200, "[]\n"),
        ("/return/pair", 201, "a"),
        ("/return/dict", 200, '{"a":1}\n'),
        ("/created/one", 500, ""),
        ("/created/two", 500, ""),
        ("/created/three", 201, '{"id":1}\n'),
        ("/created/four", 500, ""),
    ],
)
def test_return_values(visit: Visitor, path: str, status: int, text: str) -> None:
    """Text, containers and tuples become responses; None, numbers and misordered tuples become a 500."""
    response = visit("GET", path)
    assert response.status_code == status
    assert text in response.text


def test_fields_of_a_triple(visit: Visitor) -> None:
    """The third member of a tuple is the response's fields."""
    assert visit("GET", "/created/three").headers["Location"] == "/notes/1"


def test_response_changed_in_the_view(visit: Visitor) -> None:
    """status follows status_code, and assigning a field twice leaves one line, spelled as the last."""
    response = visit("GET", "/lost")
    assert response.status_code == 404
    assert response.headers["X-Status"].casefold() == "404 not found"
    assert [line for line in response.raw.headers.items() if line[0].lower() == "x-mood"] == [
        ("x-mood", "cheerful")
    ]


@pytest.mark.parametrize(
    ("mimetype", "content_type"),
    [
        ("text/plain", "text/plain; charset=utf-8"),
        ("application/xml", "application/xml; charset=utf-8"),
        ("application/json", "application/json"),
        ("image/png", "image/png"),
    ],
)
def test_charset_of_a_mimetype(visit: Visitor, mimetype: str, content_type: str) -> None:
    """Text and XML get a charset; JSON and images do not."""
    response = visit("GET", f"/mimetype/{mimetype}")
    assert response.headers["Content-Type"] == response.text == content_type


def test_line_end_in_a_field(visit: Visitor) -> None:
    """A line end in a value is refused, and writes no field of its own."""
    assert visit("GET", "/mood?is=calm").headers["X-Mood"] == "calm"
    response = visit("GET", "/mood?is=calm%0d%0aSet-Cookie:%20x=1")
    assert response.status_code == 500
    assert not set_cookie_lines(response)


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/note/text", "text/plain; charset=utf-8"),
        ("/note/html", "text/html; charset=utf-8"),
        ("/note/xml", "application/xml; charset=utf-8"),
        ("/note/json", "application/json"),
        ("/dumps", "text/html; charset=utf-8"),
        ("/jsonify", "application/json"),
    ],
)
def test_types_of_the_note(visit: Visitor, path: str, content_type: str) -> None:
    """Each format goes out with its own type, and dumped JSON with that of a text."""
    assert visit("GET", path).headers["Content-Type"] == content_type


@pytest.mark.parametrize(
    ("accept", "status", "content_type"),
    [
        ("*/*", 200, "application/json"),
        ("application/json;q=0.9, text/html;q=0.4", 200, "application/json"),
        ("text/html,application/json;q=0.5", 200, "text/html; charset=utf-8"),
        ("image/png", 406, "text/html; charset=utf-8"),
    ],
)
def test_negotiated_format(visit: Visitor, accept: str, status: int, content_type: str) -> None:
    """The format that the client ranks highest is sent, or 406 where there is none."""
    response = visit("GET", "/note", headers={"Accept": accept})
    assert (response.status_code, response.headers["Content-Type"]) == (status, content_type)


@pytest.mark.parametrize(
    ("code", "method", "arrives"),
    [
        (301, "POST", {"method": "GET", "body": ""}),
        (302, "POST", {"method": "GET", "body": ""}),
        (303, "POST", {"method": "GET", "body": ""}),
        (303, "PUT", {"method": "GET", "body": ""}),
        (307, "POST", {"method": "POST", "body": "tea=1"}),
        (308, "POST", {"method": "POST", "body": "tea=1"}),
    ],
)
def test_method_after_a_redirect(visit: Visitor, code: int, method: str, arrives: dict[str, str]) -> None:
    """301 to 303 lead to a GET, 307 and 308 repeat method and body."""
    response = visit(method, f"/go/{code}", data="tea=1", follow=True)
    assert [hop.status_code for hop in response.history] == [code]
    assert response.json() == arrives


def test_redirect_to_a_view(visit: Visitor) -> None:
    """A redirect names the address as url_for made it; a missing value makes none."""
    response = visit("GET", "/go")
    assert response.is_redirect
    assert response.headers["Location"] == "/hello"
    assert visit("GET", "/go-to-user").status_code == 500
    assert visit("GET", "/user/Grey").text == "The page of Grey"


def test_hops(visit: Visitor) -> None:
    """Each hop is a redirect until none is left, and the visitor's own field arrives at the last."""
    response = visit("GET", "/hop/2", headers={"X-Trip": "lake"}, follow=True)
    assert len(response.history) == 2
    assert response.json() == {"trip": "lake", "referrer": None}


@pytest.mark.parametrize(
    ("path", "status"),
    [("/brew/coffee", 418), ("/brew/tea", 200), ("/abort/403", 403), ("/abort/302", 500), ("/boom", 500)],
)
def test_abort(visit: Visitor, path: str, status: int) -> None:
    """abort makes an error page, and a 500 where its number is no error."""
    assert visit("GET", path).status_code == status


@pytest.mark.parametrize(
    ("configuration", "path", "status"),
    [
        ("careless-handlers", "/nope", 200),
        ("careless-handlers", "/boom", 200),
        ("careful-handlers", "/nope", 404),
    ],
)
def test_status_of_a_handler(configuration: str, path: str, status: int) -> None:
    """An error handler that returns text alone answers 200."""
    with visiting(configuration) as visit:
        assert visit("GET", path).status_code == status


def test_no_body(visit: Visitor) -> None:
    """An empty text has length 0, a 204 no length, and HEAD the length that GET has."""
    assert visit("GET", "/empty").headers["Content-Length"] == "0"
    response = visit("GET", "/no-content")
    assert (response.status_code, response.content) == (204, b"")
    assert "Content-Length" not in response.headers
    assert visit("HEAD", "/hello").headers["Content-Length"] == str(len(visit("GET", "/hello").content))


def test_generated_bodies(visit: Visitor) -> None:
    """A generator is sent in chunks unless its length is given, and breaks off where it fails."""
    chunked = visit("GET", "/count")
    assert chunked.headers["Transfer-Encoding"] == "chunked"
    measured = visit("GET", "/count/measured")
    assert measured.headers["Content-Length"] == "13"
    assert "Transfer-Encoding" not in measured.headers
    assert chunked.text == measured.text == "one two three"
    broken = visit("GET", "/count/broken")
    assert broken.status_code == 200
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        _ = broken.content


def test_page_only_if_it_changed(visit: Visitor) -> None:
    """The label of an unchanged page gets a 304, and a rewritten page comes whole with another label."""
    label = visit("GET", "/page").headers["ETag"]
    unchanged = visit("GET", "/page", headers={"If-None-Match": label})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert visit("GET", "/page", headers={"If-Match": '"other"'}).status_code == 412
    assert visit("PUT", "/page", data="Tea at five.").status_code == 204
    changed = visit("GET", "/page", headers={"If-None-Match": label})
    assert (changed.status_code, changed.text) == (200, "Tea at five.")
    assert changed.headers["ETag"] != label


def test_page_ends_with_the_app() -> None:
    """A fresh app has the page as it was at first."""
    for _time in range(2):
        with visiting() as visit:
            assert visit("GET", "/page").text == "Tea at four."
            visit("PUT", "/page", data="Tea at five.")


@pytest.mark.parametrize(
    ("wanted", "content_range", "part"),
    [
        ("bytes=0-3", "bytes 0-3/22", slice(4)),
        ("bytes=-5", "bytes 17-21/22", slice(17, None)),
    ],
)
def test_parts_of_a_file(visit: Visitor, wanted: str, content_range: str, part: slice) -> None:
    """A static file gives the part that is asked for, both ends included."""
    whole = visit("GET", "/static/css/site.css").content
    response = visit("GET", "/static/css/site.css", headers={"Range": wanted})
    assert (response.status_code, response.headers["Content-Range"]) == (206, content_range)
    assert response.content == whole[part]


def test_a_part_behind_the_end_of_a_file(visit: Visitor) -> None:
    """It is a 416 that says how long the file is."""
    response = visit("GET", "/static/css/site.css", headers={"Range": "bytes=100-"})
    assert (response.status_code, response.headers["Content-Range"]) == (416, "bytes */22")


def test_body_beyond_the_limit() -> None:
    """A body over the limit is a 413 where it is read, and nothing where it is not."""
    with visiting("small-bodies") as visit:
        assert visit("POST", "/body", data="12345").json() == {"length": 5}
        assert visit("POST", "/body", data="123456").status_code == 413
        assert visit("POST", "/unread", data="123456").status_code == 200


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("/keep/expires", "name=Grey; Expires=Wed, 02 Jan 2030 03:04:05 GMT; Path=/"),
        ("/keep/domain", "name=Grey; Domain=example.com; Path=/"),
        ("/keep/path", "name=Grey; Path=/blog"),
        ("/edge/no-path", "name=Grey"),
        ("/guard/secure", "name=Grey; Secure; Path=/"),
        ("/guard/httponly", "name=Grey; HttpOnly; Path=/"),
        ("/guard/samesite", "name=Grey; Path=/; SameSite=Lax"),
        ("/guard/partitioned", "name=Grey; Secure; Path=/; Partitioned"),
        ("/guard/most", "name=Grey; Secure; HttpOnly; Path=/; SameSite=Lax"),
        ("/value?is=a;b", r'k="a\073b"; Path=/'),
        ("/line?set=seen=1;%20Path=/blog", "seen=1; Path=/blog"),
    ],
)
def test_set_cookie_line(visit: Visitor, path: str, line: str) -> None:
    """Each parameter of set_cookie has its word in the line, at a fixed place."""
    assert set_cookie_lines(visit("GET", path)) == [line]


def test_max_age_writes_a_date_as_well(visit: Visitor) -> None:
    """max_age becomes Max-Age and the Expires that goes with it."""
    (line,) = set_cookie_lines(visit("GET", "/keep/max-age"))
    assert "; Max-Age=3600; " in line
    assert "; Expires=" in line


def test_cookie_on_a_redirect(visit: Visitor) -> None:
    """A cookie set with a redirect is there for the page it leads to; without one there is only text."""
    assert visit("GET", "/hello").text == "Hello, stranger!"
    assert visit("GET", "/book/Grey").text == "/hello"
    assert visit("GET", "/set/李辉", follow=True).text == "Hello, 李辉!"


def test_greeting_is_escaped(visit: Visitor) -> None:
    """What a cookie says is no HTML in the greeting."""
    greeting = visit("GET", "/hello", headers={"Cookie": 'name="<b>"'})
    assert greeting.text == "Hello, &lt;b&gt;!"


def test_reach_of_a_path(visit: Visitor) -> None:
    """A cookie goes to its path and below, and deleting it needs the same path."""
    visit("GET", "/keep/path")
    assert [visit.cookie_for(path) for path in ("/blog", "/blog/2026/tea", "/blogger", "/")] == [
        "name=Grey",
        "name=Grey",
        None,
        None,
    ]
    visit("GET", "/forget")
    assert visit.cookie_for("/blog") == "name=Grey"
    visit("GET", "/forget/blog")
    assert visit.cookie_for("/blog") is None


@pytest.mark.parametrize("path", ["/keep/domain", "/guard/secure", "/guard/partitioned", "/edge/both"])
def test_cookie_that_the_client_keeps_back(visit: Visitor, path: str) -> None:
    """A foreign domain, Secure on plain HTTP and a Max-Age of 0 are never sent back."""
    visit("GET", path)
    assert visit.cookie_for("/cookies") is None


def test_cookie_without_a_path(visit: Visitor) -> None:
    """Without a path the client takes the folder of the address."""
    visit("GET", "/edge/no-path")
    assert visit.cookie_for("/edge/deeper") == "name=Grey"
    assert visit.cookie_for("/cookies") is None


def test_session_in_the_cookie(visit: Visitor) -> None:
    """A session is read without the key, and known to another server with the same key."""
    visit("GET", "/login")
    with same_jar(visit, "keyless") as keyless:
        assert keyless("GET", "/peek").json()["decoded"] == '{"name":"Grey"}'
    with same_jar(visit, "twin") as twin:
        assert twin("GET", "/me").json() == {"session": {"name": "Grey"}}


@pytest.mark.parametrize(
    ("configuration", "known"), [("replaced-key", {}), ("rotated-key", {"name": "Grey"})]
)
def test_session_after_a_change_of_key(visit: Visitor, configuration: str, known: dict[str, str]) -> None:
    """An old session counts as long as its key is a fallback."""
    visit("GET", "/login")
    with same_jar(visit, configuration) as other:
        assert other("GET", "/me").json() == {"session": known}


def test_forged_and_replayed_session(visit: Visitor) -> None:
    """A changed content with the old signature is an empty session; a true copy works after the log-out."""
    visit("GET", "/login")
    parts = visit("GET", "/peek").json()
    tail = f"{parts['timestamp']}.{parts['signature']}"
    contents = {
        name: urlsafe_b64encode(f'{{"name":"{name}"}}'.encode()).decode().rstrip("=")
        for name in ("admin", "Grey")
    }
    visit("GET", "/logout")
    assert visit.cookie_for("/me") is None
    forged = {"Cookie": f"session={contents['admin']}.{tail}"}
    assert visit("GET", "/me", headers=forged).json() == {"session": {}}
    assert visit("GET", "/admin", headers=forged).status_code == 403
    copy = {"Cookie": f"session={contents['Grey']}.{tail}"}
    assert visit("GET", "/me", headers=copy).json() == {"session": {"name": "Grey"}}
    assert visit("GET", "/members", headers=copy).status_code == 200
    assert visit("GET", "/members").status_code == 403


def test_session_without_a_key() -> None:
    """Without a key a session can be read, and writing is a 500."""
    with visiting("keyless") as visit:
        assert visit("GET", "/me").json() == {"session": {}}
        assert visit("GET", "/login").status_code == 500


def test_spellings_of_the_key(visit: Visitor) -> None:
    """The attribute and the configuration set the key; a variable does not."""
    assert visit("GET", "/spellings").json() == {"first": None, "second": "string", "third": "string"}


def test_permanent_session(visit: Visitor) -> None:
    """A permanent session has a date, and is sent again with each response."""
    first = visit("GET", "/remember")
    assert first.json() == {"days": 31}
    for response in (first, visit("GET", "/me")):
        assert "; Expires=" in set_cookie_lines(response)[0]


def test_change_inside_a_session(visit: Visitor) -> None:
    """A list that changes inside the session is lost unless the view says so."""
    visit("GET", "/basket/new")
    assert visit("GET", "/basket/add/rice").json() == {"basket": ["tea", "rice"]}
    assert visit("GET", "/basket").json() == {"basket": ["tea"]}
    visit("GET", "/basket/add-and-say/rice")
    assert visit("GET", "/basket").json() == {"basket": ["tea", "rice"]}


def test_types_in_a_session(visit: Visitor) -> None:
    """A set cannot be kept, a tuple comes back as one, and a key comes back as text."""
    assert visit("GET", "/types/set").status_code == 500
    visit("GET", "/types/tuple")
    assert visit("GET", "/types").json() == {"value": "(1, 2)", "years": "{'2026': 'now'}"}


def test_session_too_large() -> None:
    """A session beyond what browsers take is sent whole, without a warning on the console."""
    with visiting("large-cookies") as visit:
        visit("GET", "/diary")
        assert visit("GET", "/weight").json()["bytes"] > 5000


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_every_configuration_answers(configuration: str) -> None:
    """An app in any configuration greets."""
    with visiting(configuration) as visit:
        assert visit("GET", "/hello").status_code == 200


def test_unknown_configuration() -> None:
    """A name that is no configuration is refused with the names that are."""
    with pytest.raises(ValueError, match=r"'keyles'.*'keyless'"):
        create_app("2.3", "keyles")
