"""The app of section 2.5, asked over real connections."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox_app import create_app
from sandbox_app.advanced import CONFIGURATIONS
from sandbox_app.advanced.going_back import is_own_path
from tutor.sandbox.server import SandboxServer

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
}
MASK = b"\x11\x22\x33\x44"
INJECTION = "' or 1=1 --"
SCRIPT = "<script>alert(1)</script>"


class Visitor:
    """Sends requests to one app as one client that keeps its cookies; redirects stay unfollowed."""

    def __init__(self, server: SandboxServer) -> None:
        self.server = server
        self.address = server.address
        self.session = requests.Session()
        self.session.trust_env = False

    def __call__(self, method: str, path: str, **given: Any) -> requests.Response:
        return self.session.request(method, self.address + path, timeout=10, allow_redirects=False, **given)

    def once(self, method: str, path: str, **given: Any) -> requests.Response:
        """The same from a client of its own, which keeps neither cookies nor the connection."""
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, self.address + path, timeout=10, **given)

    def location(self, path: str, **given: Any) -> str:
        """Where a redirect leads."""
        response = self("GET", path, **given)
        assert response.status_code == 302
        return response.headers["Location"]


@contextmanager
def visiting(configuration: str = "") -> Iterator[Visitor]:
    """A visitor to a fresh app in that configuration."""
    with SandboxServer(create_app("2.5", configuration)) as server:
        visitor = Visitor(server)
        with visitor.session:
            yield visitor


@pytest.fixture(name="visit")
def visit_default() -> Iterator[Visitor]:
    """A visitor to the default app."""
    with visiting() as visit:
        yield visit


@contextmanager
def connected(server: SandboxServer, path: str, **more: str) -> Iterator[socket.socket]:
    """A plain socket behind a WebSocket handshake."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as plain:
        fields = {"Host": server.host, **HANDSHAKE, **more}
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
        plain.sendall("\r\n".join(lines).encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += receive(plain, 1)
        assert head.startswith(b"HTTP/1.1 101 ")
        yield plain


def receive(plain: socket.socket, size: int) -> bytes:
    """Exactly so many bytes."""
    data = b""
    while len(data) < size:
        more = plain.recv(size - len(data))
        assert more, "the server closed the connection"
        data += more
    return data


def rest(plain: socket.socket) -> bytes:
    """All bytes up to the end of the connection."""
    data = b""
    while more := plain.recv(4096):
        data += more
    return data


def masked(first: int, payload: bytes) -> bytes:
    """A client's frame with a short payload."""
    body = bytes(each ^ MASK[place % 4] for place, each in enumerate(payload))
    return bytes([first, 0x80 | len(payload)]) + MASK + body


def test_unknown_configuration() -> None:
    """A configuration that does not exist is refused, and the message names those that do."""
    with pytest.raises(ValueError, match="same-site"):
        create_app("2.5", "no-such")


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_every_configuration_answers(configuration: str) -> None:
    """Each configuration serves the section's views."""
    with visiting(configuration) as visit:
        assert visit("GET", "/hello").text == "Hello, Flask!"


# Going back.


def test_referrer(visit: Visitor) -> None:
    """The view reports the field that HTTP misspells, and nothing where only the right spelling is sent."""
    assert visit("GET", "/ref", headers={"Referer": "http://a.example/"}).json() == {
        "referrer": "http://a.example/"
    }
    assert visit("GET", "/ref", headers={"Referrer": "http://a.example/"}).json() == {"referrer": None}


def test_way_back(visit: Visitor) -> None:
    """A page's link leads to the action and back; without `next` the referrer does, or the start page."""
    link = visit("GET", "/foo?page=2").text.split('"')[1]
    assert visit.location(link) == "/foo?page=2"
    bare = visit("GET", "/bar").text.split('"')[1]
    assert visit.location(bare, headers={"Referer": visit.address + "/bar"}).endswith("/bar")
    assert visit.location(bare) == "/hello"


@pytest.mark.parametrize("path", ["/do-something", "/back"])
def test_open_redirect_works(visit: Visitor, path: str) -> None:
    """Without a check a link of this site leads to another one."""
    assert visit.location(path, params={"next": "https://evil.example/"}) == "https://evil.example/"
    assert visit.location(path, params={"next": "//evil.example/"}) == "//evil.example/"


def test_comparing_hosts_is_not_enough(visit: Visitor) -> None:
    """The check of hosts stops plain addresses, and lets pass what only a browser takes for another site."""
    assert visit.location("/back/netloc", params={"next": "/foo"}) == "/foo"
    for stopped in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        assert visit.location("/back/netloc", params={"next": stopped}) == "/hello"
    for passed in ("http:///evil.example", "////evil.example"):
        there = visit.location("/back/netloc", params={"next": passed})
        assert there.removeprefix("http:").startswith("//")
        assert there.endswith("/evil.example")


@pytest.mark.parametrize(
    "target",
    [
        *("//evil.example/", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example"),
        *("\\/evil.example", "http:evil.example", "http:/evil.example", "http:///evil.example"),
        *("https:///evil.example", "http:\\\\evil.example", "javascript:alert(1)", "/\t/evil.example"),
        *(
            " //evil.example",
            "/home\r\nX: y",
            "http://127.0.0.1@evil.example/",
            "",
            "home",
            "?x",
            "/a b",
            "/é",
        ),
    ],
)
def test_strict_check_holds(visit: Visitor, target: str) -> None:
    """Whatever is no plain path of the site's own leads to the start page."""
    assert not is_own_path(target)
    assert visit.location("/back/strict", params={"next": target}) == "/hello"


@pytest.mark.parametrize("target", ["/", "/foo?page=2", "/evil.example", "/%09/evil.example", "/a//b"])
def test_strict_check_lets_own_paths_through(visit: Visitor, target: str) -> None:
    """A path of the site's own is followed."""
    assert is_own_path(target)
    assert visit.location("/back/strict", params={"next": target}).startswith(target[:2])


# Scripts and push.


def test_one_address_for_page_and_script(visit: Visitor) -> None:
    """The same address answers with a page, a fragment or JSON, as the client's fields ask."""
    page = visit("GET", "/post")
    assert page.text.startswith("<!doctype html>")
    fragment = visit("GET", "/post", headers={"X-Requested-With": "XMLHttpRequest"})
    assert fragment.text == "<p>Rain by noon.</p>"
    assert visit("GET", "/post", headers={"Accept": "application/json"}).json() == {"text": "Rain by noon."}


def test_preflight_gets_no_leave(visit: Visitor) -> None:
    """Flask answers a preflight, and gives another site's script no leave."""
    response = visit(
        "OPTIONS", "/post", headers={"Origin": "https://a.example", "Access-Control-Request-Method": "PUT"}
    )
    assert response.status_code == 200
    assert "PUT" not in response.headers["Allow"]
    assert not [name for name in response.headers if name.startswith("Access-Control-")]


def test_long_poll_is_answered_by_an_event(visit: Visitor) -> None:
    """A held request is answered when somebody publishes, and at once where there is news already."""
    assert visit("GET", "/poll").json() == {"latest": 0}
    publish = threading.Timer(0.1, visit.once, ("POST", "/publish"))
    publish.start()
    started_s = time.perf_counter()
    assert visit("GET", "/longpoll?since=0").json() == {"latest": 1}
    assert time.perf_counter() - started_s > 0.09
    publish.join()
    assert visit("GET", "/longpoll?since=0").json() == {"latest": 1}
    assert visit("GET", "/poll").json() == {"latest": 1}


def test_long_poll_in_vain(visit: Visitor) -> None:
    """Where nothing happens, a long poll ends with 204 and no body."""
    response = visit("GET", "/longpoll?since=0")
    assert (response.status_code, response.content) == (204, b"")


@pytest.mark.parametrize("path", ["/longpoll?since=0", "/sse", "/ticker", "/silent", "/ws"])
def test_wait_ends_when_another_app_is_served(path: str) -> None:
    """Whatever waits in a view ends at once when its app is replaced."""
    fields = HANDSHAKE if path.endswith(("/ws", "/socket")) else {}
    with (
        SandboxServer(create_app("2.5")) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=5) as plain,
    ):
        lines = [f"GET {path} HTTP/1.1", f"Host: {server.host}"]
        lines += [f"{name}: {value}" for name, value in fields.items()]
        plain.sendall("\r\n".join([*lines, "", ""]).encode())
        # A long poll says nothing while it waits, so its start cannot be heard.
        time.sleep(0.05)
        started_s = time.perf_counter()
        server.replace_app(create_app("2.1"))
        rest(plain)
        assert time.perf_counter() - started_s < 0.3


def test_event_stream(visit: Visitor) -> None:
    """The stream names its type, sends a pause, numbered events, a comment and an event of two lines."""
    response = visit("GET", "/sse")
    assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    blocks = response.text.split("\n\n")
    assert blocks[:5] == [
        "retry: 2000",
        "id: 1\nevent: tick\ndata: 1",
        "id: 2\nevent: tick\ndata: 2",
        ": still here",
        "data: Rain\ndata: by noon",
    ]
    assert set(blocks[5:]) == {": still here", ""}


def test_event_stream_goes_on(visit: Visitor) -> None:
    """A client that says which event came last gets the next one."""
    assert "id: 8\n" in (text := visit("GET", "/sse", headers={"Last-Event-ID": "7"}).text)
    assert "id: 1\n" not in text
    assert visit("GET", "/sse/stop").status_code == 204


def test_listener_that_leaves(visit: Visitor) -> None:
    """A stream that writes notices that its listener left; one that is silent does not."""
    for path in ("/ticker", "/silent"):
        with visit("GET", path, stream=True) as response:
            assert next(response.iter_lines()) == b"data: 1"
    deadline_s = time.perf_counter() + 5
    while visit("GET", "/ended").json()["ticker"] == "no" and time.perf_counter() < deadline_s:
        time.sleep(0.02)
    assert visit("GET", "/ended").json() == {"ticker": "GeneratorExit", "silent": "no"}


def test_handshake(visit: Visitor) -> None:
    """The handshake is accepted with the value that the arithmetic page works out from the key."""
    response = visit.once("GET", "/ws", headers=HANDSHAKE)
    assert response.status_code == 101
    joined, digest, accepted = visit("GET", "/accept", params={"key": KEY}).text.splitlines()
    assert joined == KEY + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    assert len(bytes.fromhex(digest)) == 20
    assert response.headers["Sec-WebSocket-Accept"] == accepted == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize(
    ("missing", "status"),
    [("Connection", 400), ("Upgrade", 400), ("Sec-WebSocket-Key", 500), ("Sec-WebSocket-Version", 500)],
)
def test_handshake_with_a_field_left_out(visit: Visitor, missing: str, status: int) -> None:
    """Without the request to upgrade Werkzeug says 400; without key or version flask-sock fails with 500."""
    fields = {name: value for name, value in HANDSHAKE.items() if name != missing}
    assert visit.once("GET", "/ws", headers=fields).status_code == status


def test_frames_both_ways(visit: Visitor) -> None:
    """Text is echoed unmasked, a ping gets its pong, a close gets a close and ends the connection."""
    with connected(visit.server, "/ws") as plain:
        plain.sendall(masked(0x81, b"Hello"))
        assert receive(plain, 12) == b"\x81\x0aecho:Hello"
        plain.sendall(masked(0x89, b"hi"))
        assert receive(plain, 4) == b"\x8a\x02hi"
        plain.sendall(masked(0x88, b"\x03\xe8bye"))
        end = rest(plain)
        assert end[0] == 0x88
        assert b"HTTP/" not in end


def test_unmasked_frame(visit: Visitor) -> None:
    """A client's frame without a mask ends the connection with the code 1002."""
    with connected(visit.server, "/ws") as plain:
        plain.sendall(b"\x81\x02hi")
        end = rest(plain)
        assert end[0] == 0x88
        assert int.from_bytes(end[2:4], "big") == 1002


def test_hooks_around_a_socket() -> None:
    """before_request runs at the handshake, after_request when the socket has ended."""
    with visiting("socket-hooks") as visit:
        with connected(visit.server, "/ws/noted") as plain:
            plain.sendall(masked(0x81, b"one") + masked(0x88, b"\x03\xe8"))
            rest(plain)
        assert visit("GET", "/log").json() == {
            "log": ["before_request", "message", "closed", "after_request"]
        }


def test_origin_of_a_socket(visit: Visitor) -> None:
    """A page of another site may open a socket, unless a hook looks at Origin."""
    foreign = {**HANDSHAKE, "Origin": "http://evil.example"}
    assert visit.once("GET", "/ws", headers=foreign).status_code == 101
    with visiting("own-pages") as guarded:
        assert guarded.once("GET", "/ws", headers=foreign).status_code == 403
        assert guarded.once("GET", "/ws", headers=HANDSHAKE).status_code == 403
        own = {**HANDSHAKE, "Origin": guarded.address}
        assert guarded.once("GET", "/ws", headers=own).status_code == 101


def test_ten_events_four_ways(visit: Visitor) -> None:
    """Each way delivers the same ten events in order, all four within a second or so."""
    ten = list(range(1, 11))
    started_s = time.perf_counter()
    polled: list[dict[str, int]] = []
    while len(polled) < 10 and time.perf_counter() - started_s < 5:
        polled += visit("GET", "/ten/polled").json()["events"]
        time.sleep(0.05)
    awaited = [visit("GET", f"/ten/awaited?since={since}").json() for since in range(10)]
    text = visit("GET", "/ten/streamed").text
    streamed = [
        json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data")
    ]
    with connected(visit.server, "/ten/socket") as plain:
        over_socket = []
        while (head := receive(plain, 2))[0] == 0x81:
            over_socket.append(json.loads(receive(plain, head[1])))
        assert (head[0], receive(plain, head[1])) == (0x88, b"\x03\xe8done")
        plain.sendall(masked(0x88, b"\x03\xe8"))
    for events in (polled, awaited, streamed, over_socket):
        assert [event["n"] for event in events] == ten
        assert all(event["age_ms"] >= 0 for event in events)
    assert time.perf_counter() - started_s < 3
    assert visit("GET", "/ten/awaited?since=10").status_code == 204


# Attacks.


def test_sql_injection_and_parameter(visit: Visitor) -> None:
    """A quote lets a name become SQL; a parameter stays a name."""
    assert visit("GET", "/sql?name=grey").json() == {"emails": ["grey@a.example"]}
    assert visit("GET", "/sql", params={"name": INJECTION}).json() == {
        "emails": ["grey@a.example", "li@a.example"]
    }
    assert visit("GET", "/sql", params={"name": "O'Brien"}).status_code == 500
    assert visit("GET", "/sql/safe?name=grey").json() == {"emails": ["grey@a.example"]}
    for name in (INJECTION, "O'Brien"):
        assert visit("GET", "/sql/safe", params={"name": name}).json() == {"emails": []}


def test_script_in_html(visit: Visitor) -> None:
    """Joined into HTML a script stays a script; escaped it is text."""
    assert SCRIPT in visit("GET", "/xss", params={"n": SCRIPT}).text
    assert "&lt;script&gt;" in visit("GET", "/xss/safe", params={"n": SCRIPT}).text


def test_template_injection(visit: Visitor) -> None:
    """Joined into a template an expression runs, escaped or not; passed as a variable it is text."""
    product = {"n": "{{7*7}}"}
    assert visit("GET", "/ssti", params=product).text == "Hi 49"
    assert visit("GET", "/ssti", params={"n": "{{config.SECRET_KEY}}"}).text == "Hi secret_string"
    assert visit("GET", "/ssti/escaped", params=product).text == "Hi 49"
    assert visit("GET", "/ssti/safe", params=product).text == "Hi {{7*7}}"
    assert "<script" not in visit("GET", "/ssti/safe", params={"n": SCRIPT}).text


ESCAPES = (
    "{{ cycler.__init__.__globals__.os.system('touch FILE') }}",
    "{{ url_for.__globals__['os'].system('touch FILE') }}",
    "{{ config.from_pyfile('FILE.py') }}",
    "{{ config.from_object('antigravity') }}",
    "{{ config.update(SECRET_KEY='theirs') }}",
    "{{ request.environ['werkzeug.socket'].close() }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ [1]|map('attr', '__class__')|list }}{{ url_for('sql') }}",
    "{{ 'a' * 3 }}",
    "{{ 1000000000 * 1000000000 }}",
    "{{ 9 ** 9 }}",
    "{{ '%9d' % 1 }}",
    "{% for each in range(3) %}{% endfor %}",
)


@pytest.mark.parametrize("attack", ESCAPES)
def test_template_injection_stays_in_its_cage(attack: str, visit: Visitor, tmp_path: Path) -> None:
    """A visitor's template computes and reads; it runs no code on the machine and fills no memory."""
    file = tmp_path / "touched"
    (tmp_path / "touched.py").write_text(f"open({str(file)!r}, 'w').close()", "utf-8")
    for path in ("/ssti", "/ssti/escaped"):
        answer = visit("GET", path, params={"n": attack.replace("FILE", str(file))})
        assert answer.status_code == 500
    assert not file.exists()
    assert visit("GET", "/ssti", params={"n": "{{config.SECRET_KEY}}"}).text == "Hi secret_string"


def test_script_in_a_link(visit: Visitor) -> None:
    """Escaping leaves a script's address alone; a check of its scheme does not."""
    attack = {"to": "javascript:alert(1)"}
    for path in ("/link", "/link/twice"):
        assert 'href="javascript:alert(1)"' in visit("GET", path, params=attack).text
    assert visit("GET", "/link/checked", params=attack).status_code == 400
    assert 'href="https://a.example/"' in visit("GET", "/link/checked?to=https://a.example/").text


def test_forged_form_and_token(visit: Visitor) -> None:
    """A cookie is enough to change the address, until a token of the session is asked for."""
    form = {"email": "thief@evil.example"}
    assert visit("POST", "/email", data=form).status_code == 403
    visit("GET", "/login")
    assert visit("POST", "/email", data=form).json() == {"Grey": "thief@evil.example"}
    assert visit("POST", "/email/safe", data=form).status_code == 403
    token = visit("GET", "/email/form").json()["token"]
    assert visit("POST", "/email/safe", data={**form, "token": "guess"}).status_code == 403
    honest = {"email": "grey@a.example", "token": token}
    assert visit("POST", "/email/safe", data=honest).json() == {"Grey": "grey@a.example"}
    visit.session.cookies.clear()
    assert visit("POST", "/email/safe", data=honest).status_code == 403


def test_same_site_is_for_browsers() -> None:
    """The cookie says SameSite=Lax, and `requests` sends it along all the same."""
    with visiting("same-site") as visit:
        assert "SameSite=Lax" in visit("GET", "/login").headers["Set-Cookie"]
        response = visit(
            "POST", "/email", data={"email": "a@a.example"}, headers={"Origin": "https://evil.example"}
        )
        assert response.status_code == 200
