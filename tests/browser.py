"""A real browser: headless Chromium, driven over its remote debugging protocol."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
import simple_websocket

WAIT_S = 40.0
"""How long anything may take on a busy machine."""

_PROGRAM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,800",
    "--remote-debugging-port=0",
    "--remote-allow-origins=*",
)

needs_browser = pytest.mark.skipif(not _PROGRAM, reason="Chromium is not installed")
"""For tests with the marker `browser`."""


class BrowserError(Exception):
    """The browser said no, or a script in a page failed."""


class Page:
    """One tab. Calls wait until they are answered."""

    def __init__(self, address: str) -> None:
        self._socket = simple_websocket.Client(address)
        self._numbers = itertools.count(1)
        self._events: list[dict[str, Any]] = []

    def close(self) -> None:
        self._socket.close()

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol; gives its result."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        end = time.monotonic() + WAIT_S
        while (message := self._received(end)) is not None:
            if message.get("id") == number:
                if "error" in message:
                    raise BrowserError(f"{method}: {message['error']['message']}")
                result: dict[str, Any] = message["result"]
                return result
            self._events.append(message)
        raise AssertionError(f"{method} was not answered")

    def event(self, method: str) -> dict[str, Any]:
        """The parameters of the first event of that name, which may have come already."""
        end = time.monotonic() + WAIT_S
        while True:
            for place, message in enumerate(self._events):
                if message.get("method") == method:
                    del self._events[place]
                    parameters: dict[str, Any] = message["params"]
                    return parameters
            received = self._received(end)
            assert received is not None, f"{method} did not come"
            self._events.append(received)

    def seen(self, method: str) -> list[dict[str, Any]]:
        """The parameters of the events of that name that have come since the last `go`, and stay."""
        self.run("0")
        return [message["params"] for message in self._events if message.get("method") == method]

    def go(self, url: str) -> None:
        """Open an address and wait until the page is loaded."""
        self.call("Page.enable")
        self._events.clear()
        answer = self.call("Page.navigate", url=url)
        assert "errorText" not in answer, f"{url}: {answer['errorText']}"
        self.event("Page.loadEventFired")

    def click(self, selector: str) -> None:
        """Press and release the mouse on the middle of an element, which must be the one that gets it."""
        place = self.run(
            f"""(() => {{
                const found = document.querySelector({json.dumps(selector)});
                found.scrollIntoView({{block: "center"}});
                const box = found.getBoundingClientRect();
                const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
                return found.contains(document.elementFromPoint(x, y)) ? {{x, y}} : null;
            }})()"""
        )
        assert place, f"{selector} cannot be clicked"
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)

    def run(self, script: str) -> Any:
        """The value of an expression, or of what it promises, in the page."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise BrowserError(json.dumps(answer["exceptionDetails"])[:2000])
        return answer["result"].get("value")

    def wait_until(self, script: str) -> Any:
        """The value of an expression as soon as it is true."""
        end = time.monotonic() + WAIT_S
        while not (value := self.run(script)):
            assert time.monotonic() < end, f"never true: {script}"
            time.sleep(0.05)
        return value

    @property
    def text(self) -> str:
        """What a visitor reads."""
        return str(self.run("document.body.innerText"))

    def _received(self, end: float) -> dict[str, Any] | None:
        data = self._socket.receive(timeout=max(0.0, end - time.monotonic()))
        if data is None:
            return None
        message: dict[str, Any] = json.loads(data)
        return message


class Browser:
    """A running Chromium; `port` is where it is driven from."""

    def __init__(self, port: int) -> None:
        self.port = port

    @contextmanager
    def page(self) -> Iterator[Page]:
        """A new tab."""
        asked = Request(f"http://127.0.0.1:{self.port}/json/new?about:blank", method="PUT")
        with urlopen(asked, timeout=WAIT_S) as answer:
            target = json.load(answer)
        page = Page(target["webSocketDebuggerUrl"])
        try:
            yield page
        finally:
            page.close()


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """A browser with a fresh profile in that folder, which need not be there; it is ended at the end."""
    process = subprocess.Popen(
        [_PROGRAM, *_OPTIONS, f"--user-data-dir={profile}", "about:blank"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield Browser(_port(process, profile / "DevToolsActivePort"))
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(WAIT_S)


def _port(process: subprocess.Popen[bytes], file: Path) -> int:
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        assert process.poll() is None, f"the browser ended with {process.returncode}"
        # The port, then a path, each on its line.
        if file.exists() and len(lines := file.read_text().splitlines()) == 2:
            return int(lines[0])
        time.sleep(0.05)
    raise AssertionError("the browser did not say its port")
