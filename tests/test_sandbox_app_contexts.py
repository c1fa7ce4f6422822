"""The app of section 2.4, asked over real connections."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from sandbox_app import create_app
from sandbox_app.contexts import CONFIGURATIONS
from sandbox_app.waits import VISIT_S, wait
from tutor.client.client import Client
from tutor.sandbox.server import SandboxServer
from tutor.wire.exchange import Exchange
from tutor.wire.request import Request

NAMES = ("current_app", "g", "request", "session", "url_for")


class Visitor:
    """Sends requests to one app; no cookie is kept."""

    def __init__(self, server: SandboxServer) -> None:
        self.server = server

    def __call__(self, path: str, **given: Any) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            return session.get(self.server.address + path, timeout=10, **given)

    def watched(self, path: str) -> Exchange:
        """What crossed the wire, and what Flask did."""
        (exchange,) = Client(self.server).fire(Request("GET", path))
        return exchange


@contextmanager
def visiting(configuration: str = "") -> Iterator[Visitor]:
    """A visitor to a fresh app in that configuration."""
    with SandboxServer(create_app("2.4", configuration)) as server:
        yield Visitor(server)


@pytest.fixture(name="visit")
def visit_default() -> Iterator[Visitor]:
    """A visitor to the default app."""
    with visiting() as visit:
        yield visit


def test_two_visitors_at_once_do_not_mix(visit: Visitor) -> None:
    """Two requests that are in the view at the same time each find their own name."""
    with ThreadPoolExecutor(2) as pool:
        grey = pool.submit(visit, "/hello?name=Grey")
        time.sleep(VISIT_S / 3)
        li = pool.submit(visit, "/hello?name=李辉")
    assert grey.result().json() == {"guests": ["Grey", "李辉"], "hello": "Grey"}
    assert li.result().json()["hello"] == "李辉"


def test_a_visit_ends_when_the_sandbox_closes() -> None:
    """A wait in a view is over as soon as the app is told to stop."""
    app = create_app("2.4")
    threading.Timer(0.05, app.extensions["stop"].set).start()
    started_s = time.monotonic()
    assert wait(app, 10) is True
    assert time.monotonic() - started_s < 5
    assert wait(create_app("2.4"), 0.01) is False


def test_a_global_gossips_and_g_does_not(visit: Visitor) -> None:
    """The next visitor finds the name in what requests share, and a stranger in `g`."""
    visit("/welcome?name=Grey")
    assert visit("/welcome").json() == {"g": "stranger", "global": "Grey"}


def test_a_new_app_has_forgotten_the_gossip() -> None:
    """What visitors leave behind lasts as long as their app."""
    with visiting() as visit:
        visit("/welcome?name=Grey")
    with visiting() as visit:
        assert visit("/welcome").json()["global"] == "stranger"


def test_three_counters(visit: Visitor) -> None:
    """Without a cookie only the global grows; with it the session does too, in every copy of the app."""
    first = visit("/count")
    assert first.json() == {"g": 1, "global": 1, "session": 1}
    assert visit("/count").json() == {"g": 1, "global": 2, "session": 1}
    cookies = {"session": first.cookies["session"]}
    assert visit("/count", cookies=cookies).json() == {"g": 1, "global": 3, "session": 2}
    with visiting("second-copy") as other:
        assert other("/count", cookies=cookies).json() == {"g": 1, "global": 1, "session": 2}


def test_a_forged_cookie_counts_for_none(visit: Visitor) -> None:
    """A session that the app did not sign is a new one."""
    assert visit("/count", cookies={"session": "2"}).json()["session"] == 1


def test_a_basket_in_g_holds_one_item(visit: Visitor) -> None:
    """What was put into `g` is gone with the next request."""
    assert visit("/basket?add=tea").json() == ["tea"]
    assert visit("/basket?add=milk").json() == ["milk"]


def test_a_script_without_a_context(visit: Visitor) -> None:
    """Outside any context `current_app` raises RuntimeError, and `request` is false."""
    assert visit("/script/bare").text.startswith("RuntimeError: ")
    assert visit("/script/proxy").text.endswith(" is False")


@pytest.mark.parametrize(
    ("path", "usable"),
    [("/script/app-context", {"current_app", "g"}), ("/script/request-context", set(NAMES))],
)
def test_names_inside_a_pushed_context(visit: Visitor, path: str, usable: set[str]) -> None:
    """An application context brings two names, a request context all of them."""
    assert visit(path).json() == {name: name in usable for name in NAMES}


def test_a_request_is_missing_in_an_application_context(visit: Visitor) -> None:
    """`request.path` raises RuntimeError where only the app's context is pushed."""
    assert visit("/script/path").text.startswith("RuntimeError: ")


def test_a_proxy_equals_its_app(visit: Visitor) -> None:
    """`current_app` equals the app, is another object, and can be unwrapped."""
    assert visit("/proxy").json() == {"equal": True, "the same": False, "unwrapped": True}


def test_names_of_a_template(visit: Visitor) -> None:
    """A template knows everything it is asked for but `current_app`."""
    said = dict(line.split() for line in visit("/names").text.splitlines())
    assert [name for name, known in said.items() if known == "False"] == ["current_app"]
    assert len(said) == 5


def test_an_inner_context_has_its_own_g(visit: Visitor) -> None:
    """`g` is empty inside an inner context, and what it was after it."""
    assert visit("/inner").json() == {"inside": "empty", "after": "outer"}


def test_the_g_of_a_test_client_is_told_whatever_the_release(visit: Visitor) -> None:
    """A test client inside an application context shares its `g` or has its own, and either is said."""
    assert visit("/script/client").text in {"outer", "empty"}


def test_a_thread_starts_without_contexts(visit: Visitor) -> None:
    """Neither `request` nor `current_app` can be used in a new thread."""
    for path in ("/thread", "/thread/name"):
        assert visit(path).text.startswith("RuntimeError: ")


def test_what_a_thread_can_be_given(visit: Visitor) -> None:
    """A copied request comes without `g`; the app itself works in a thread, its proxy does not."""
    assert visit("/thread/copied").text == "/thread/copied empty"
    said = [visit(f"/mail/{what}").text for what in ("nothing", "proxy", "app")]
    assert said == ["RuntimeError", "RuntimeError", "from shop@a.example"]


def test_no_thread_of_a_view_is_left(visit: Visitor) -> None:
    """A thread that a view starts has ended when the response is there."""
    before = set(threading.enumerate())
    visit("/thread/copied")
    visit("/mail/app")
    left = [each for each in set(threading.enumerate()) - before if each.name != "sandbox request"]
    assert left == []


def test_a_stream_without_its_request_breaks_off(visit: Visitor) -> None:
    """After its first chunk a stream that fails is a 200 with a cut body."""
    for path, said in (("/stream/late", "You asked for "), ("/stream/name?name=Grey", "Hello, ")):
        exchange = visit.watched(path)
        assert exchange.response is not None
        assert exchange.response.status == 200
        assert exchange.response.text == said
        assert not exchange.response.complete
        assert exchange.error


def test_a_stream_that_fails_at_once_is_a_500(visit: Visitor) -> None:
    """Before its first chunk a failing stream can still be answered with 500, though Flask had a 200."""
    exchange = visit.watched("/stream/early")
    assert exchange.response is not None
    assert exchange.response.status == 500
    assert exchange.timeline is not None
    assert exchange.timeline.status == 200


def test_a_stream_with_its_context_comes_whole(visit: Visitor) -> None:
    """With its context a stream reads the request to the last chunk."""
    exchange = visit.watched("/stream/kept")
    assert exchange.response is not None
    assert exchange.response.complete
    assert exchange.response.text == "You asked for /stream/kept"


def test_a_task_left_behind_is_cancelled(visit: Visitor) -> None:
    """What an async view leaves running ends with the view."""
    assert visit("/later/state").text == "no mail yet"
    assert visit("/later").text == "Your mail from /later is on its way."
    assert visit("/later/state").text == "cancelled"


def test_the_request_follows_the_context_and_not_the_thread(visit: Visitor) -> None:
    """An empty context in the same thread has no request; a copied one in a new thread has it."""
    assert visit("/where").json() == {
        "new thread, copied context": "/where",
        "same thread, empty context": "RuntimeError",
    }


def test_the_session_is_saved_before_teardown() -> None:
    """What a teardown function writes to the session never reaches the visitor."""
    with visiting("hooks") as visit, requests.Session() as session:
        session.trust_env = False
        said = [session.get(f"{visit.server.address}/visits", timeout=10).json() for _visit in range(2)]
    assert said == [{"visits": 1}, {"visits": 2}]


@pytest.mark.parametrize(
    ("path", "status", "got"),
    [
        ("/divide/6?by=2", 200, "None"),
        ("/divide/6?by=0", 500, "ZeroDivisionError('division by zero')"),
        ("/divide/6", 400, "None"),
    ],
)
def test_both_teardowns_get_what_nobody_handled(path: str, status: int, got: str) -> None:
    """After a crash the teardown functions get the exception; after a success or a bad request `None`."""
    with visiting("teardown") as visit:
        timeline = visit.watched(path).timeline
    assert timeline is not None
    assert timeline.status == status
    teardowns = [event.detail for event in timeline.events if event.kind.value.startswith("teardown")]
    assert teardowns == [got, got]


def test_leaving_an_application_context_by_hand() -> None:
    """Only `teardown_appcontext` runs for a script, with the exception where there was one."""
    with visiting("leaving") as visit:
        assert visit("/leave/calm").json() == ["teardown_appcontext None"]
        assert visit("/leave/crash").json() == ["teardown_appcontext ValueError('no table')"]


def test_a_plain_stream_starts_after_teardown() -> None:
    """Teardown has run before a plain generator makes its first line, and runs after a kept one's last."""
    with visiting("stream-log") as visit:
        assert visit("/lines").text == "one\ntwo\n"
        assert visit("/log").json() == ["after_request", "teardown_request", "first line", "last line"]
        assert visit("/lines/kept").text == "one\ntwo\n"
        # Some releases of Flask run it before the stream as well (pallets/flask issue 5804).
        assert visit("/log").json()[-2:] == ["last line", "teardown_request"]


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_every_configuration_answers(configuration: str) -> None:
    """Each configuration of the section is an app that greets."""
    with visiting(configuration) as visit:
        assert visit("/welcome").status_code == 200


def test_an_unknown_configuration_names_the_known_ones() -> None:
    """Asking for a configuration that does not exist lists those that do."""
    with pytest.raises(ValueError, match="'stream-log'"):
        create_app("2.4", "nothing")
