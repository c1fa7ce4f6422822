"""`notes --html`: one page that is whole by itself, read by parsers that are not ours."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import h11
import pytest

from tests.browser import browser, needs_browser
from tests.command import flask_http_tutor
from tests.notes.learner import answer, finish, lesson_of, typed
from tests.play.sample_pack import LESSON, write_pack
from tutor.course.model import Lesson
from tutor.course.pack import open_pack

VOID = {"meta", "br", "hr", "img", "link", "input"}
SCRIPT = "<script>alert(1)</script><img src=http://a.example/x.png onerror=alert(2)>"


class Tree(HTMLParser):
    """What a page holds; complains about a tag that is not closed in its place."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.requests: list[str] = []
        self._open: list[tuple[str, dict[str, str]]] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        if tag not in VOID:
            self._open.append((tag, given))
        if (tag, given.get("class")) == ("pre", "request"):
            self.requests.append("")

    def handle_endtag(self, tag: str) -> None:
        opened, _given = self._open.pop()
        assert opened == tag, (opened, tag)

    def handle_data(self, data: str) -> None:
        names = [tag for tag, _given in self._open]
        if "style" in names:
            return
        self.text += data
        if any((tag, given.get("class")) == ("pre", "request") for tag, given in self._open):
            is_end = "wire-end" in self._open[-1][1].get("class", "").split()
            self.requests[-1] += {"CRLF": "\r", "LF": ""}[data] if is_end else data

    def values(self, attribute: str) -> list[str]:
        return [given[attribute] for _tag, given in self.tags if attribute in given]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def lesson(tmp_path: Path) -> Lesson:
    """A pack whose words try to be HTML."""
    pack = write_pack(tmp_path / "pack")
    hostile = LESSON.replace("All went well.", f"All {SCRIPT} ![well](http://a.example/y.png).")
    (pack / "every-kind.md").write_text(hostile, "utf-8")
    return lesson_of(open_pack(pack), "2.1")


def written(home: Path, tmp_path: Path, *arguments: str) -> str:
    page = tmp_path / "notes.html"
    outcome = flask_http_tutor("notes", "--html", str(page), *arguments, home=home)
    assert (outcome.code, outcome.err) == (0, "")
    return page.read_text("utf-8")


def test_the_page_is_well_formed_and_needs_nothing_from_outside(
    home: Path, tmp_path: Path, lesson: Lesson
) -> None:
    """Every tag is closed, the contents lead to ids of the page, and nothing is fetched or run."""
    finish(home, lesson)
    text = written(home, tmp_path, "--pack", str(tmp_path / "pack"))
    tree = Tree(text)
    tags = {tag for tag, _given in tree.tags}
    assert not tags & {"script", "img", "link", "iframe", "object", "base", "form"}
    ids = tree.values("id")
    assert len(ids) == len(set(ids))
    # An image of a lesson's is a link: it is fetched by nobody but who follows it.
    links = set(tree.values("href")) - {"http://a.example/y.png"}
    assert links
    assert {link.removeprefix("#") for link in links} <= set(ids)
    assert tree.values("src") == []
    assert ("html", {"lang": "en"}) in tree.tags
    assert "url(" not in text
    assert "@import" not in text
    assert any("default-src 'none'" in content for content in tree.values("content"))


def test_whatever_was_written_is_text(home: Path, tmp_path: Path, lesson: Lesson) -> None:
    """Markup in a lesson, in an answer and on the wire is read as it was written."""
    finish(home, lesson)
    step = next(step for step in lesson.steps if step.id == "sort")
    craft = next(question for question in step.questions if question.id == "craft")
    typed(home, lesson, step, craft, f"GET /{SCRIPT}\x1b\u202e", "wrong")
    typed(home, lesson, step, craft, "GET /hello?name=Ann X-Mine:<script>alert(3)</script>", "right")
    text = written(home, tmp_path, "--pack", str(tmp_path / "pack"))
    tree = Tree(text)
    assert not [tag for tag, _given in tree.tags if tag in {"script", "img"}]
    assert f"GET /{SCRIPT}␛\\u{{202e}}" in tree.text
    assert "<script>alert(3)</script>" in tree.text
    assert f"All {SCRIPT}" in tree.text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_the_bytes_on_the_page_are_a_request(home: Path, tmp_path: Path, lesson: Lesson) -> None:
    """Another reader of HTTP reads the request off the page, line ends and all."""
    finish(home, lesson, "guess")
    [request] = Tree(written(home, tmp_path, "--pack", str(tmp_path / "pack"))).requests
    heading, _end, message = request.partition("\n")
    assert heading == "→ Request"
    server = h11.Connection(h11.SERVER)
    server.receive_data(message.encode() + b"\n")
    event = server.next_event()
    assert isinstance(event, h11.Request)
    assert (event.method, event.target) == (b"GET", b"/nope")
    assert isinstance(server.next_event(), h11.EndOfMessage)


def test_an_empty_page_says_how_to_start(home: Path, tmp_path: Path) -> None:
    """Without progress the page is there, and says how it fills."""
    tree = Tree(written(home, tmp_path))
    assert "Your notebook is empty; it fills as you learn. Start with: flask-http-tutor" in tree.text


def test_a_notebook_is_written_anew_and_other_files_are_left_alone(home: Path, tmp_path: Path) -> None:
    """A page of an earlier day is replaced; a file that is something else stays, with exit code 2."""
    page = tmp_path / "notes.html"
    first = written(home, tmp_path)
    page.write_text(first + "<!-- old -->", "utf-8")
    assert "<!-- old -->" not in written(home, tmp_path)
    page.write_text("<!doctype html>my own", "utf-8")
    outcome = flask_http_tutor("notes", "--html", str(page), home=home)
    assert outcome.code == 2
    assert "exists and is no notebook; it stays as it is. Give another name." in outcome.err
    assert page.read_text("utf-8") == "<!doctype html>my own"


@pytest.mark.parametrize("name", ["no/such/folder/notes.html", ".", ""])
def test_a_place_that_is_none_is_told(name: str, home: Path, tmp_path: Path) -> None:
    """A folder, a missing folder and an empty name are usage errors in one line."""
    outcome = flask_http_tutor("notes", "--html", name, home=home, cwd=tmp_path)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("flask-http-tutor: The notebook cannot be written to")
    assert outcome.err.count("\n") == 1


@pytest.mark.browser
@needs_browser
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_columns_of_a_timeline_stand_in_a_browser(language: str, home: Path, tmp_path: Path) -> None:
    """What Flask did stands in two columns, however wide a reader's Chinese characters are."""
    finish(home, lesson_of(open_pack(), "2.4"), "born-and-gone")
    written(home, tmp_path, "--lang", language)
    with browser(tmp_path / "profile") as chromium, chromium.page() as page:
        page.go((tmp_path / "notes.html").as_uri())
        begins = page.run(
            "[...document.querySelectorAll('details[open] pre:first-of-type')].slice(0, 1).flatMap("
            "pre => [...pre.querySelectorAll('.flask-detail')].map(e => e.getBoundingClientRect().left))"
        )
    assert len(begins) > 5
    assert max(begins) - min(begins) < 1


@pytest.mark.browser
@needs_browser
def test_a_browser_shows_it_in_light_and_dark_and_prints_it(home: Path, tmp_path: Path) -> None:
    """Chromium draws it, follows the scheme, folds timelines on the screen and prints them."""
    course = lesson_of(open_pack(), "2.1")
    finish(home, course)
    step = next(step for step in course.steps if step.id == "request-line")
    answer(home, course, step, step.questions[0], step.questions[0].wrong[0].key)
    written(home, tmp_path)
    with browser(tmp_path / "profile") as chromium, chromium.page() as page:
        page.go((tmp_path / "notes.html").as_uri())
        assert page.run("document.scripts.length + document.images.length") == 0
        assert page.run("performance.getEntriesByType('resource').length") == 0
        assert "GET /hello HTTP/1.1" in page.text
        assert page.run("document.documentElement.scrollWidth <= innerWidth")
        paper = "getComputedStyle(document.documentElement).backgroundColor"
        for scheme, colour in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(20, 23, 27)")):
            page.call(
                "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}]
            )
            assert page.run(paper) == colour
        folded = "document.querySelector('details:not([open]) pre').checkVisibility()"
        assert page.run(folded) is False
        page.call("Emulation.setEmulatedMedia", media="print")
        assert page.run(folded) is True
        assert page.run(paper) == "rgb(255, 255, 255)"
        page.call("Emulation.setEmulatedMedia", media="screen")
        page.call(
            "Emulation.setDeviceMetricsOverride", width=360, height=800, deviceScaleFactor=1, mobile=True
        )
        assert page.run("document.documentElement.scrollWidth <= 360")
