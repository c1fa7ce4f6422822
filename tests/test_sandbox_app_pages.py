"""The sandbox's pages in a real browser: every button clicked, and what arrived for it."""

from __future__ import annotations

import re
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from flask import Flask
from jinja2 import StrictUndefined

import sandbox_app.pages
from sandbox_app import SECTIONS, create_app
from sandbox_app.pages import PAGES
from sandbox_app.pages.words import LANGUAGES
from tests.browser import Browser, Page, browser, needs_browser
from tests.play.scripted import play, table
from tutor.course.model import Lesson, Prose
from tutor.course.pack import open_pack
from tutor.sandbox.server import SandboxServer
from tutor.wire.event_stream import events
from tutor.wire.exchange import Direction, Exchange
from tutor.wire.frames import frames

FOLDER = Path(sandbox_app.pages.__file__).parent
ADDRESSES = {section: ["/pages/", *(f"/pages/{name}" for name in names)] for section, names in PAGES.items()}
ADDRESSES["2.5"].append("/pages/csrf/elsewhere")
EVERY_PAGE = [(section, address) for section, addresses in ADDRESSES.items() for address in addresses]


class Visit:
    """One tab at a sandbox, and everything that has arrived there."""

    def __init__(self, server: SandboxServer, page: Page) -> None:
        self.page = page
        self.port = server.port
        self.address = server.address
        self.elsewhere = f"http://localhost:{server.port}"
        self.arrived: list[Exchange] = []
        server.on_arrival = self.arrived.append

    def open(self, path: str) -> None:
        self.page.go(self.address + path)
        assert not self.log

    def press(self, button: str, *until: str) -> str:
        """Click a button, and wait until all of this stands in the log, which is cleared before it."""
        self.page.run("document.getElementById('log').replaceChildren()")
        self.page.click(f"#{button}")
        return self.wait_for(*until)

    def wait_for(self, *words: str) -> str:
        """The log, once all of these stand in it."""
        for word in words:
            self.page.wait_until(f"document.getElementById('log').innerText.includes({word!r})")
        return self.log

    @property
    def log(self) -> str:
        return str(self.page.run("document.getElementById('log')?.innerText ?? ''"))

    def requests(self, target: str, method: str = "") -> list[Exchange]:
        """What arrived for a target, in order."""
        return [
            exchange
            for exchange in self.arrived
            if exchange.request is not None
            and exchange.request.target.partition("?")[0] == target
            and exchange.request.method in (method or exchange.request.method)
        ]

    def last(self, target: str, method: str = "") -> Exchange:
        """The last of them, which must be there already, or be coming."""
        # A page may have its answer before the server is done with the connection.
        end = time.monotonic() + 20
        while not (found := self.requests(target, method)):
            assert time.monotonic() < end, f"{target} has not arrived"
            time.sleep(0.02)
        return found[-1]


def field(exchange: Exchange, name: str) -> str | None:
    """A field of the request."""
    assert exchange.request is not None
    return exchange.request.value(name)


def status(exchange: Exchange) -> int | None:
    assert exchange.response is not None
    return exchange.response.status


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser with a fresh profile."""
    with browser(tmp_path_factory.mktemp("browser") / "profile") as found:
        yield found


@contextmanager
def visiting(chromium: Browser, app: Flask) -> Iterator[Visit]:
    with SandboxServer(app) as server, chromium.page() as page:
        page.call("Network.enable")
        page.call("Network.clearBrowserCookies")
        yield Visit(server, page)


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visit]:
    """A tab at the sandbox of 2.5."""
    with visiting(chromium, create_app("2.5")) as found:
        yield found


# Without a browser: what pages are, and what they are not.


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("section", "address"), EVERY_PAGE)
def test_every_page_is_there_in_each_language(section: str, address: str, language: str) -> None:
    """No page asks for a text that the table does not have."""
    app = create_app(section)
    app.jinja_env.undefined = StrictUndefined
    app.testing = True
    asked = {"Accept-Language": language}
    response = app.test_client().get(address, headers=asked)
    assert response.status_code == 200
    assert response.text.startswith(f'<!doctype html>\n<html lang="{language}">')
    assert all(f"{name}</a>" in response.text for name in LANGUAGES.values())
    assert "Accept-Language" in response.headers["Vary"]


@pytest.mark.parametrize(
    ("address", "accepted", "language"),
    [
        ("/pages/", "zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("/pages/", "zh", "zh-CN"),
        ("/pages/", "de, en;q=0.5, zh;q=0.4", "en"),
        ("/pages/", "de", "en"),
        ("/pages/?lang=zh-CN", "en", "zh-CN"),
        ("/pages/?lang=tlh", "zh-CN", "zh-CN"),
    ],
)
def test_the_language_is_the_one_that_is_asked_for(address: str, accepted: str, language: str) -> None:
    """`?lang=` goes before Accept-Language, and English is what is left."""
    response = create_app("2.5").test_client().get(address, headers={"Accept-Language": accepted})
    assert f'<html lang="{language}">' in response.text


def test_a_chosen_language_is_kept_by_links() -> None:
    """Who chose Chinese on one page reads the next one in Chinese."""
    text = create_app("2.5").test_client().get("/pages/?lang=zh-CN").text
    assert len(re.findall(r'href="/pages/[a-z]+\?lang=zh-CN"', text)) == len(PAGES["2.5"])


def test_every_text_is_translated_and_used() -> None:
    """The table has each text in every language, and none that no page shows."""
    tables = tomllib.loads((FOLDER / "words.toml").read_text("utf-8"))
    for page, words in tables.items():
        assert {key: list(texts) for key, texts in words.items()} == {key: list(LANGUAGES) for key in words}
        names = ["base", "at_work"] if page == "common" else [page, "base", "at_work", "act", "index"]
        code = "".join((FOLDER / "templates" / "pages" / f"{name}.html").read_text("utf-8") for name in names)
        assert [key for key in words if not re.search(rf"\b{key.removesuffix('-note')}\b", code)] == []


@pytest.mark.parametrize("section", SECTIONS)
def test_pages_leave_a_section_as_it_is(section: str) -> None:
    """Their rules are their blueprint's, under `/pages/`; no hook, handler or setting comes with them."""
    app = create_app(section)
    own = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("pages.")]
    assert bool(own) == (section in PAGES)
    assert all(rule.rule.startswith("/pages/") for rule in own)
    for registry in (
        app.before_request_funcs,
        app.after_request_funcs,
        app.teardown_request_funcs,
        app.url_value_preprocessors,
        app.error_handler_spec,
    ):
        assert not registry.get("pages")


def test_nothing_on_a_page_is_from_elsewhere() -> None:
    """No file of the pages names another host, and the policy that is sent allows none but loopback."""
    for file in FOLDER.rglob("*.*"):
        if file.suffix in {".html", ".js", ".css"}:
            assert not re.search(r"(?:https?:)?//[a-z0-9-]+\.", file.read_text("utf-8")), file.name
    policy = create_app("2.5").test_client().get("/pages/csrf").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert set(re.findall(r"//([^/:; ]+)", policy)) == {"localhost", "127.0.0.1"}


# In lessons.

LESSONS = [parsed for parsed in open_pack().load_all() if parsed.lesson is not None]


def pages_in(lesson: Lesson | None) -> list[tuple[str, str]]:
    """The steps of a lesson that lead to a page, each with the page's name."""
    assert lesson is not None
    return [
        (step.id, name)
        for step in lesson.steps
        for block in step.blocks
        if isinstance(block, Prose)
        for name in re.findall(r"`\{\{address\}\}/pages/([a-z]+)`", block.markdown)
    ]


def test_a_lesson_leads_to_every_page_in_each_language() -> None:
    """The steps of sections with pages name each of them once, in their order, in every language."""
    for parsed in LESSONS:
        assert parsed.lesson is not None
        english = pages_in(parsed.lesson)
        assert [name for _step, name in english] == list(PAGES.get(parsed.lesson.section, ()))
        for language in LANGUAGES:
            assert pages_in(parsed.spoken(language)) == english


@pytest.mark.parametrize(
    ("lesson", "step", "name"),
    [(parsed.lesson, *found) for parsed in LESSONS for found in pages_in(parsed.lesson)],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_step_shows_the_address_at_which_its_page_is(lesson: Lesson, step: str, name: str) -> None:
    """In place of the braces stands the address of the session's sandbox, and the page is there."""
    [played] = [each for each in lesson.steps if each.id == step]
    with table() as (server, client):
        learner = play(lesson, played, server, client)
        address = f"{server.address}/pages/{name}"
        with urlopen(address, timeout=20) as answer:
            assert answer.status == 200
    printed = "".join(text for _label, text in learner.beats)
    assert address in printed
    assert "{{address}}" not in printed


# In a browser.


@pytest.mark.browser
@needs_browser
@pytest.mark.parametrize("section", PAGES)
def test_pages_load_alone_and_fit_every_screen(section: str, chromium: Browser) -> None:
    """Nothing is asked of another host, nothing goes wrong, nothing sticks out at 390 or 1000 pixels."""
    with visiting(chromium, create_app(section)) as visit:
        page = visit.page
        page.call("Runtime.enable")
        page.call("Log.enable")
        for address in ADDRESSES[section]:
            for language in LANGUAGES:
                for width in (390, 1000):
                    page.call(
                        "Emulation.setDeviceMetricsOverride",
                        width=width,
                        height=800,
                        deviceScaleFactor=1,
                        mobile=width < 600,
                    )
                    page.go(f"{visit.address}{address}?lang={language}")
                    assert page.run("document.documentElement.scrollWidth") <= width, (address, language)
                urls = [each["request"]["url"] for each in page.seen("Network.requestWillBeSent")]
                assert urls
                assert {urlsplit(url).netloc for url in urls} <= {f"127.0.0.1:{visit.port}", ""}
                assert page.seen("Runtime.exceptionThrown") == []
                assert page.seen("Log.entryAdded") == []


@pytest.mark.browser
@needs_browser
def test_pages_are_dark_where_that_is_preferred(visit: Visit) -> None:
    """`prefers-color-scheme` turns ink and paper round."""
    lightness = {}
    for scheme in ("light", "dark"):
        visit.page.call(
            "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}]
        )
        visit.open("/pages/ajax")
        for part in ("backgroundColor", "color"):
            colour = str(visit.page.run(f"getComputedStyle(document.body).{part}"))
            lightness[scheme, part] = sum(map(int, re.findall("[0-9]+", colour)[:3]))
    assert lightness["light", "backgroundColor"] > 600 > 200 > lightness["light", "color"]
    assert lightness["dark", "color"] > 600 > 200 > lightness["dark", "backgroundColor"]


@pytest.mark.browser
@needs_browser
def test_a_page_shows_the_script_that_runs(visit: Visit) -> None:
    """The code under the buttons is the text of the page's own script."""
    visit.open("/pages/ajax")
    assert visit.page.run("document.getElementById('source').textContent").startswith("import { act")


@pytest.mark.browser
@needs_browser
def test_ajax_gets_what_its_fields_ask_for(visit: Visit) -> None:
    """A page, a fragment, JSON: the log, the box and the bytes agree."""
    visit.open("/pages/ajax")
    visit.press("whole", "GET /post", "200 OK", "<!doctype html>")
    assert field(visit.last("/post"), "Accept") == "*/*"
    assert visit.page.run("document.querySelector('#place h1').textContent") == "Post"
    visit.press("fragment", "X-Requested-With: XMLHttpRequest", "<p>Rain by noon.</p>")
    assert field(visit.last("/post"), "X-Requested-With") == "XMLHttpRequest"
    visit.press("data", "Accept: application/json", '{"text":"Rain by noon."}')
    assert field(visit.last("/post"), "Accept") == "application/json"
    assert visit.page.run("document.getElementById('place').textContent") == "Rain by noon."


@pytest.mark.browser
@needs_browser
def test_ajax_across_origins_is_stopped_by_the_browser(visit: Visit) -> None:
    """The GET is answered and not shown; of the PUT only its preflight arrives."""
    visit.open("/pages/ajax")
    visit.press("foreign", f"GET {visit.elsewhere}/post", "TypeError", "Access-Control-Allow-Origin")
    foreign = visit.last("/post")
    assert status(foreign) == 200
    assert field(foreign, "Origin") == visit.address
    visit.press("preflight", f"PUT {visit.elsewhere}/post", "TypeError")
    assert field(visit.last("/post", "OPTIONS"), "Access-Control-Request-Method") == "PUT"
    assert visit.requests("/post", "PUT") == []


@pytest.mark.browser
@needs_browser
def test_polls_bring_the_news(visit: Visit) -> None:
    """Polling asks and asks, a long poll is held; both hear of what is published, and both stop."""
    visit.open("/pages/polling")
    known = "document.getElementById('known').textContent"
    visit.press("publish", "POST /publish", '{"latest":1}')
    published = visit.last("/publish")
    assert published.request is not None
    assert published.request.body == b"rain"
    visit.press("once", "GET /poll", "Heard of event 1")
    assert visit.page.run(known) == "1"
    visit.press("poll", "GET /poll")
    visit.press("publish", "Heard of event 2")
    visit.press("longpoll", "GET /longpoll?since=2", "204 NO CONTENT")
    visit.press("publish", "Heard of event 3", "GET /longpoll?since=3")
    assert visit.page.run(known) == "3"
    visit.press("stop", "Stopped")
    held = visit.requests("/longpoll")
    assert {status(each) for each in held} == {200, 204}
    assert min(each.duration_s for each in held if status(each) == 204) > 0.35


@pytest.mark.browser
@needs_browser
def test_a_long_poll_that_nobody_stops_stops_itself(visit: Visit) -> None:
    """After twenty requests the page asks no more."""
    visit.open("/pages/polling")
    visit.press("longpoll", "Stopped after 20 requests")
    assert len(visit.requests("/longpoll")) == 20


@pytest.mark.browser
@needs_browser
def test_an_event_stream_is_taken_up_again(visit: Visit) -> None:
    """Three connections, each after the first with the last id; comments cross the wire and reach no page."""
    visit.open("/pages/sse")
    log = visit.press(
        "open", "tick, id 1", "Rain\nby noon", "Last-Event-ID: 2", "tick, id 6", "the page closed it"
    )
    assert "still here" not in log
    streams = visit.requests("/sse")
    assert [field(each, "Last-Event-ID") for each in streams] == [None, "2", "4"]
    assert all(b": still here" in each.data(Direction.RESPONSE) for each in streams)
    visit.press("open", "Open, connection 1")
    visit.press("close", "The page closed the stream")
    visit.press("never", "does not ask again")
    assert [status(each) for each in visit.requests("/sse/stop")] == [204]


@pytest.mark.browser
@needs_browser
def test_an_event_without_its_empty_line_is_dropped(visit: Visit) -> None:
    """The third part of the song crosses the wire, and the page hears of two events."""
    visit.open("/pages/sse")
    log = visit.press("cut", "Row, row\nrow\nyour boat", "gently", "the page closed it")
    assert "down" not in log
    song = visit.last("/sse/lyrics")
    assert song.data(Direction.RESPONSE).count(b"data: down") == 1
    assert len(events(song)) == 2


@pytest.mark.browser
@needs_browser
def test_a_socket_echoes_and_closes(visit: Visit) -> None:
    """The browser masks its frames, the server does not; a close frame carries what the page gave it."""
    visit.open("/pages/websocket")
    visit.press("close", "No connection is open")
    visit.page.run("document.getElementById('text').value = 'Hé'")
    visit.press("send", "101 Switching Protocols", "echo:Hé")
    visit.press("close", "close 1000 bye", "Closed: 1000 bye")
    first = visit.last("/ws")
    said = [(each.from_client, each.frame.name, each.frame.text) for each in frames(first)]
    assert said[:3] == [(True, "text", "Hé"), (False, "text", "echo:Hé"), (True, "close", "1000 bye")]
    assert all(each.frame.masked == each.from_client for each in frames(first))
    assert not any(each.frame.notes for each in frames(first))


@pytest.mark.browser
@needs_browser
def test_a_socket_is_kept_while_it_is_used(visit: Visit) -> None:
    """Five messages go over one connection, which the server closes when nothing follows."""
    visit.open("/pages/websocket")
    visit.press("several", "echo:Hello 1", "echo:Hello 5", "Closed: 1000")
    [exchange] = visit.requests("/ws")
    assert sum(each.frame.name == "text" for each in frames(exchange)) == 10


@pytest.mark.browser
@needs_browser
def test_a_socket_brings_ten_events_unasked(visit: Visit) -> None:
    """The server sends ten and closes."""
    visit.open("/pages/websocket")
    visit.press("ten", '"n":1}', '"n":10}', "Closed: 1000 done")
    assert [each.frame.name for each in frames(visit.last("/ten/socket")) if not each.from_client][:10] == (
        ["text"] * 10
    )


@pytest.mark.browser
@needs_browser
def test_a_joined_script_runs_and_an_escaped_one_is_shown(visit: Visit) -> None:
    """`/xss` runs what it is given, as this site; `/xss/safe` shows it."""
    visit.open("/pages/xss")
    ran = f"A script ran as {visit.address}"
    visit.press("attack", "GET /xss?n=", "not this page's", ran)
    assert b"<p>Hi <script>" in visit.last("/xss").data(Direction.RESPONSE)
    log = visit.press("cure", "GET /xss/safe?n=", "The frame shows", "Hi <script>")
    assert ran not in log
    assert b"<p>Hi &lt;script&gt;" in visit.last("/xss/safe").data(Direction.RESPONSE)


@pytest.mark.browser
@needs_browser
def test_a_script_acts_as_the_visitor_though_the_cookie_is_hidden(visit: Visit) -> None:
    """After a log-in the joined script changes the address, with a cookie that it cannot read."""
    visit.open("/pages/xss")
    visit.press("login", "Hello, Grey!")
    assert visit.page.run("document.cookie") == ""
    choose = "sample.value = {!r}; sample.dispatchEvent(new Event('change'))"
    visit.page.run("const sample = document.getElementById('sample');" + choose.format("acts"))
    visit.press("attack", '{"Grey":"thief@evil.example"}')
    assert field(visit.last("/email"), "Cookie")
    visit.page.run(choose.format("no-tag"))
    visit.press("attack", "No script tag, and it ran")
    visit.open("/pages/xss")
    visit.page.run("{ const sample = document.getElementById('sample'); " + choose.format("honest") + " }")
    log = visit.press("attack", "The frame shows", "Hi Grey")
    assert "not this page's" not in log


@pytest.mark.browser
@needs_browser
def test_a_link_runs_unless_its_scheme_is_checked(visit: Visit) -> None:
    """A click on the escaped link runs it; the checked view answers 400."""
    visit.open("/pages/xss")
    visit.press("link", "The frame shows", "site")
    visit.page.run("document.getElementById('frame').contentDocument.querySelector('a').click()")
    visit.wait_for("The link ran")
    visit.press("checked", "Bad Request")
    assert status(visit.last("/link/checked")) == 400


def log_in(visit: Visit) -> None:
    """Log in on the own site, and go to the other one by its link."""
    visit.open("/pages/csrf")
    visit.press("login", "Hello, Grey!")
    link = visit.page.run("document.getElementById('visit').href")
    assert link == f"{visit.elsewhere}/pages/csrf/elsewhere"
    visit.page.go(link)


@pytest.mark.browser
@needs_browser
def test_own_forms_are_obeyed(visit: Visit) -> None:
    """Before the log-in 403; then the form works without a token where none is asked, and with it."""
    visit.open("/pages/csrf")
    visit.press("plain", "403 FORBIDDEN")
    visit.press("login", "Hello, Grey!")
    visit.press("plain", '{"Grey":"grey@a.example"}')
    visit.press("token", "GET /email/form", "POST /email/safe", '{"Grey":"grey@a.example"}')
    assert field(visit.last("/email/safe"), "Sec-Fetch-Site") == "same-origin"


@pytest.mark.browser
@needs_browser
def test_a_forged_form_is_obeyed_and_a_token_stops_it(visit: Visit) -> None:
    """From the other site the cookie goes along: the address is changed, unless a token is asked for."""
    log_in(visit)
    visit.page.click("#forge")
    visit.page.wait_until("location.pathname == '/email' && document.readyState == 'complete'")
    assert '{"Grey":"thief@evil.example"}' in visit.page.text
    attack = visit.last("/email")
    assert field(attack, "Cookie")
    assert field(attack, "Origin") == visit.elsewhere
    assert field(attack, "Sec-Fetch-Site") == "cross-site"
    visit.page.go(f"{visit.elsewhere}/pages/csrf/elsewhere")
    visit.page.click("#guess")
    visit.page.wait_until("location.pathname == '/email/safe' && document.readyState == 'complete'")
    refused = visit.last("/email/safe")
    assert field(refused, "Cookie")
    assert status(refused) == 403


@pytest.mark.browser
@needs_browser
def test_the_other_site_gets_neither_a_framed_cookie_nor_the_token(visit: Visit) -> None:
    """In a frame the cookie is kept back; what the script asks for is answered, and not shown to it."""
    log_in(visit)
    visit.page.click("#framed")
    visit.page.wait_until("document.querySelector('iframe').contentDocument === null")
    log = visit.press("steal", f"GET {visit.address}/email/form", "TypeError", "cannot know the token")
    assert '"token"' not in log
    framed, asked = visit.last("/email"), visit.last("/email/form")
    assert (field(framed, "Cookie"), status(framed)) == (None, 403)
    assert (field(asked, "Origin"), status(asked)) == (visit.elsewhere, 200)


@pytest.mark.browser
@needs_browser
def test_same_site_keeps_the_cookie_back(chromium: Browser) -> None:
    """In the configuration with SameSite=Lax the same forged form comes without the cookie: 403."""
    with visiting(chromium, create_app("2.5", "same-site")) as visit:
        visit.open("/pages/csrf")
        assert "SameSite=Lax" in visit.page.text
        log_in(visit)
        visit.page.click("#forge")
        visit.page.wait_until("location.pathname == '/email' && document.readyState == 'complete'")
        attack = visit.last("/email")
        assert (field(attack, "Cookie"), status(attack)) == (None, 403)


@pytest.mark.browser
@needs_browser
def test_cookies_go_where_their_attributes_say(chromium: Browser) -> None:
    """Each cookie comes back where it should, and a script reads only what is meant for it."""
    with visiting(chromium, create_app("2.3")) as visit:
        visit.open("/pages/cookies")
        readable = "document.getElementById('readable').textContent"
        assert visit.page.run(readable) == "nothing"
        log = visit.press("set", "GET /set/Grey", "/hello", "Hello, Grey!")
        assert "Set-Cookie" not in log
        assert b"Set-Cookie: name=Grey; Path=/\r\n" in visit.last("/set/Grey").data(Direction.RESPONSE)
        visit.page.wait_until(f"{readable} == 'name=Grey'")
        visit.press("httponly", "/guard/httponly", "200 OK")
        visit.page.wait_until(f"{readable} == 'nothing'")
        visit.press("cookies", '{"name":"Grey"}')
        visit.press("forget", "GET /forget/blog", "200 OK")
        visit.press("cookies", "{}")
        visit.press("path", "/keep/path", "200 OK")
        visit.press("cookies", "{}")
        assert field(visit.last("/cookies"), "Cookie") is None
        visit.press("blog", '{"name":"Grey"}')
        visit.press("secure", "/guard/secure", "200 OK")
        visit.press("cookies", '{"name":"Grey"}')
        assert field(visit.last("/cookies"), "Cookie") == "name=Grey"


@pytest.mark.browser
@needs_browser
def test_the_log_can_be_cleared(visit: Visit) -> None:
    """Clear leaves the words that stood there first."""
    visit.open("/pages/polling")
    visit.press("once", "GET /poll")
    visit.page.click("#clear")
    assert visit.log == ""
