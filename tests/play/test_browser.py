"""A browser as the client: what it asks for, and what it asks for besides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import Browser, browser, needs_browser
from tests.play.sample_pack import write_pack
from tests.terminal import Terminal

pytestmark = [pytest.mark.browser, needs_browser]


@pytest.fixture
def chromium(tmp_path: Path) -> Iterator[Browser]:
    """A browser with a fresh profile."""
    with browser(tmp_path / "profile") as found:
        yield found


def test_a_page_that_is_opened_answers_a_request_question(chromium: Browser, tmp_path: Path) -> None:
    """A navigation to the step's address is shown raw and graded; a wrong one first is told why.

    The fields that a browser adds do no harm, and neither do the icon it asks for nor the connections that it
    opens in advance: nothing but the two navigations is shown or counted.
    """
    home = tmp_path / "home"
    pack = str(write_pack(tmp_path / "pack"))
    with (
        Terminal("2.1.3", "--pack", pack, home=home, columns=120, rows=40) as terminal,
        chromium.page() as page,
    ):
        terminal.wait_for("Enter: send")
        terminal.type("")
        terminal.wait_for("all letters a–d")
        terminal.type(":a")
        terminal.wait_for("request ▸")
        [address] = set(re.findall(r"http://127\.0\.0\.1:[0-9]+", terminal.transcript))
        page.go(f"{address}/hello")
        assert page.text == "Hello, Flask!"
        terminal.wait_for("GET /hello HTTP/1.1")
        terminal.wait_for("Without a name the view greets Flask.")
        terminal.wait_for("request ▸")
        page.go(f"{address}/hello?name=Ann")
        assert page.text == "Hello, Ann!"
        terminal.wait_for("GET /hello?name=Ann HTTP/1.1")
        terminal.wait_for("Enter: go on ▸")
        printed = terminal.transcript
    assert "Sec-Fetch-Mode: navigate" in printed
    assert "Yes." in printed
    assert "favicon" not in printed
    assert printed.count("Without a name") == 1
    assert len(re.findall(r"^GET /hello(?:\?name=Ann)? HTTP/1\.1", printed, re.MULTILINE)) == 2


def test_pages_are_looked_at_aside_and_their_buttons_count(chromium: Browser, tmp_path: Path) -> None:
    """A page of the sandbox opens at a question without a word; what a script of it then sends is graded."""
    with Terminal("2.5.1", home=tmp_path / "home", columns=120, rows=40) as terminal, chromium.page() as page:
        terminal.wait_for("Enter: send")
        terminal.type("")
        terminal.wait_for("request ▸")
        address = re.findall(r"http://127\.0\.0\.1:[0-9]+", terminal.transcript)[-1]
        page.go(f"{address}/pages/?lang=en")
        page.click('a[href^="/pages/ajax"]')
        page.wait_until("document.getElementById('source')?.textContent")
        page.call("Page.navigate", url=f"{address}/ref", referrer="http://a.example/")
        terminal.wait_for("Yes.")
        printed = terminal.transcript
    assert "GET /ref HTTP/1.1" in printed
    assert "GET /pages/" not in printed
