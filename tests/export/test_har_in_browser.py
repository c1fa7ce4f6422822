"""What `send --format har` writes, opened in a real browser's network panel by its own import button."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.browser import Page, browser, needs_browser
from tests.command import ROOT
from tests.export.recorded import any_server
from tutor.course.model import Frame, WebSocketBlock
from tutor.export.har import har

pytestmark = [pytest.mark.browser, needs_browser]

# DevTools is made of shadow trees.
_FIND = """
function find(root, test) {
  for (const node of root.querySelectorAll('*')) {
    if (test(node)) return node;
    const inside = node.shadowRoot && find(node.shadowRoot, test);
    if (inside) return inside;
  }
  return null;
}
function named(name) { return find(document, n => (n.getAttribute('aria-label') || '').startsWith(name)); }
function says(node, text) {
  return [...node.childNodes].some(n => n.nodeType === 3 && n.data.trim() === text);
}
function saying(text) { return find(document, n => says(n, text) && n.getBoundingClientRect().width > 0); }
function reads(root) {
  let text = root.textContent || '';
  for (const node of root.querySelectorAll('*')) if (node.shadowRoot) text += reads(node.shadowRoot);
  return text;
}
"""


class NetworkPanel:
    """The front-end that the browser bundles, with its network panel open."""

    def __init__(self, page: Page) -> None:
        self._page = page
        page.call("Page.setInterceptFileChooserDialog", enabled=True)
        self._do("named('Import HAR')", wait=True)

    def open(self, archive: Path) -> list[list[str]]:
        """Import a file; gives the cells of the rows: name, status, type, initiator, size, time."""
        self._click("named('Import HAR')")
        chosen = self._page.event("Page.fileChooserOpened")
        self._page.call("DOM.setFileInputFiles", files=[str(archive)], backendNodeId=chosen["backendNodeId"])
        self._page.wait_until("/[0-9]+ requests/.test(document.body.innerText)")
        table = self._page.text.rpartition("Initiator\tSize\tTime\n")[2]
        return [line.split("\t") for line in table.splitlines() if line.count("\t") == 5 and line.strip()]

    def show(self, name: str, tab: str) -> None:
        """Select a row and one of its tabs."""
        self._click(f"saying({name!r})")
        self._do(f"saying({tab!r})", wait=True)
        self._click(f"saying({tab!r})")

    def wait_for(self, words: str) -> None:
        """Wait until the words can be read somewhere in the panel."""
        self._page.wait_until(
            f"(() => {{{_FIND} return reads(document.body).replace(/\\s+/g, ' ').includes({words!r}); }})()"
        )

    def _click(self, node: str) -> None:
        """Press on the middle of a node, as a hand does."""
        x, y = self._do(
            f"(() => {{ const box = {node}.getBoundingClientRect();"
            " return [box.x + Math.min(box.width / 2, 20), box.y + box.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self._page.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def _do(self, expression: str, *, wait: bool = False) -> list[float]:
        if wait:
            self._page.wait_until(f"(() => {{{_FIND} return Boolean({expression}); }})()")
            return []
        found: list[float] = self._page.run(f"(() => {{{_FIND} return {expression}; }})()")
        return found


@pytest.fixture
def panel(tmp_path: Path) -> Iterator[NetworkPanel]:
    """The panel of a tab that shows nothing."""
    with browser(tmp_path / "profile") as chromium, chromium.page() as shown, chromium.page() as page:
        target = shown.call("Target.getTargetInfo")["targetInfo"]["targetId"]
        host = f"127.0.0.1:{chromium.port}"
        page.go(f"http://{host}/devtools/devtools_app.html?ws={host}/devtools/page/{target}&panel=network")
        yield NetworkPanel(page)


def written(archive: Path, *arguments: str, stdin: bytes = b"") -> Path:
    """What `send` writes, in a file."""
    command = [sys.executable, "-m", "tutor", "send", *arguments, "--format", "har"]
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=100, cwd=ROOT, check=False)
    archive.write_bytes(done.stdout)
    return archive


def test_a_redirect_that_was_followed_is_two_rows(panel: NetworkPanel, tmp_path: Path) -> None:
    """Both hops stand in the panel with their status, and the page's text can be read in it."""
    rows = panel.open(written(tmp_path / "go.har", "GET", "/go", "--lesson", "2.3", "--follow"))
    assert [row[:3] for row in rows] == [["go", "302", "document"], ["hello", "200", "document"]]
    panel.show("hello", "Response")
    panel.wait_for("Hello, stranger!")
    panel.show("go", "Headers")
    panel.wait_for("302 FOUND")
    panel.wait_for("Werkzeug/")


def test_a_form_has_its_fields_in_the_payload(panel: NetworkPanel, tmp_path: Path) -> None:
    """What was posted is read as a form."""
    rows = panel.open(written(tmp_path / "form.har", "POST", "/form", "name=Grey 李", "--form"))
    assert [row[:2] for row in rows] == [["form", "200"]]
    panel.show("form", "Payload")
    panel.wait_for("Grey 李")
    panel.show("form", "Headers")
    panel.wait_for("application/x-www-form-urlencoded")


def test_a_malformed_exchange_opens_without_a_status(panel: NetworkPanel, tmp_path: Path) -> None:
    """A request that is no HTTP has its row, its bytes' count and no status, and breaks nothing."""
    rows = panel.open(written(tmp_path / "bad.har", "--raw", "-", stdin=b"GARBAGE \xff\r\n\r\n"))
    [[name, status, kind, *_rest]] = rows
    assert name == "ÿ"
    assert not status.isdigit()
    assert kind == "octet-stream"


def test_a_websocket_has_its_messages_in_the_panel(panel: NetworkPanel, tmp_path: Path) -> None:
    """What both sides said stands under Messages."""
    frames = (
        Frame(send=True, opcode="text", data="hi"),
        Frame(send=False, opcode="text", data="echo: hi"),
        Frame(send=True, opcode="close", data="1000 bye"),
    )
    with any_server() as (server, client, _arrived):
        hops = client.fire_websocket(WebSocketBlock(id="ws", target="/talk", frames=frames, line=1))
        start = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        text = har(hops, address=server.address, start=start, program="tests", version="1")
    archive = tmp_path / "talk.har"
    archive.write_text(text, "utf-8")
    assert [row[:3] for row in panel.open(archive)] == [["talk", "101", "websocket"]]
    panel.show("talk", "Messages")
    panel.wait_for("echo: hi")
