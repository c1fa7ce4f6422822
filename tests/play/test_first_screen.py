"""The first prompt, behind which Flask is still being imported: nobody notices."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from tests.sandbox.plain import talk
from tests.terminal import Terminal
from tutor.learner.progress import Progress

STEP = "2.1.1"


def told_once(home: Path, words: str, *, plain: bool = False) -> Terminal:
    """A session at its first step, read up to the moment when the words stand on its screen."""
    terminal = Terminal(STEP, *(["--plain"] if plain else []), home=home)
    terminal.wait_for_screen(words)
    return terminal


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where somebody has been welcomed already."""
    with Progress(tmp_path) as progress:
        progress.remember_position("request-response-cycle", "one-exchange")
    return tmp_path


@pytest.mark.parametrize("plain", [False, True])
def test_the_address_answers_as_soon_as_it_is_on_the_screen(home: Path, plain: bool) -> None:
    """Who connects while the sandbox is still being made waits, and gets the answer of the step's app."""
    with told_once(home, "Enter: send", plain=plain) as terminal:
        found = re.search(r"http://127\.0\.0\.1:([0-9]+)/hello", terminal.screen)
        assert found
        answer = talk(int(found[1]), b"GET /hello?name=Ann HTTP/1.0\r\n\r\n").received
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.endswith(b"Hello, Ann!")


def test_an_enter_at_the_first_prompt_fires_at_once(home: Path) -> None:
    """Who sends before all is imported waits for the rest of it, and sees the exchange."""
    with told_once(home, "Enter: send ▸") as terminal:
        terminal.press("\r", at_once=True)
        terminal.wait_for_screen("Hello, Flask!")
        assert "HTTP/1.1 200 OK" in terminal.transcript


def test_no_key_is_lost_that_is_typed_at_once(home: Path) -> None:
    """Keys that come one by one while Flask is imported stand in the line, in their order."""
    line = ":try GET /hello?name=abcdefghijklmnopqrstuvwxyz0123456789"
    with told_once(home, "Enter: send ▸") as terminal:
        for key in line:
            terminal.press(key, at_once=True)
            time.sleep(0.004)
        terminal.wait_for_screen(f"▸ {line}")
        terminal.press("\r", at_once=True)
        terminal.wait_for_screen(f"Hello, {line.rpartition('=')[2]}!")


def test_who_leaves_at_once_is_not_kept_waiting(home: Path) -> None:
    """Ctrl-D at the first prompt ends the session in order, whatever is still being imported."""
    with told_once(home, "Enter: send ▸") as terminal:
        terminal.press("\x04", at_once=True)
        assert terminal.ended() == 0
        assert "Traceback" not in terminal.transcript
        assert terminal.unlike_before == []
