"""Whole messages, typed in the editor, in a real pseudo-terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.play.sample_pack import LESSON
from tests.terminal import Terminal

BROKEN = """

```question {#broken}
kind = "request"
after = "hello"
prompt = "Send it without its Host."
start = '''
GET /hello HTTP/1.1
Host: {{host}}

'''
answer = '''
GET /hello HTTP/1.1

'''
hints = ["Take a line away."]
explain = "The development server does not mind."
[expect]
status = 200
request.headers.Host = false
[wrong]
no-end = '''
GET /hello HTTP/1.1
'''
[feedback]
no-end = "The empty line is part of the head."
```
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack whose first step asks for a whole message, and then for the request of one line."""
    folder = tmp_path / "pack"
    folder.mkdir()
    head, _heading, rest = LESSON.partition("## Guess {#guess}")
    first = head[: head.index("```question {#status}")] + BROKEN.strip() + "\n\n> The head has an end.\n\n"
    craft = rest[rest.index("```question {#craft}") : rest.index("> A response has three parts")]
    second = "## Craft {#crafting}\n\n```http {#again}\nGET /hello?name=Grey HTTP/1.1\n```\n\n" + craft
    (folder / "messages.md").write_text(first + second + "> A line is enough.\n", "utf-8")
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def open_editor(terminal: Terminal) -> None:
    terminal.wait_for("Enter: send")
    terminal.type("")
    terminal.wait_for("Enter: edit ▸")
    terminal.type("")
    terminal.wait_for("body: 0 bytes")


def test_a_message_goes_out_as_it_stands_in_the_editor(home: Path, pack: Path) -> None:
    """The editor begins with the lesson's message and draws its line ends; Ctrl-D sends what stands there."""
    with Terminal("--pack", str(pack), home=home) as terminal:
        open_editor(terminal)
        assert "GET /hello HTTP/1.1␍␊\nHost: 127.0.0.1:" in terminal.screen
        terminal.press("\x7f\x7f" + "\x04")  # two Backspaces: the empty line, and the line end before it
        missed = terminal.wait_for("Enter: edit ▸")
        assert "The empty line that ends the head is missing." in missed
        assert "No answer came within 1 s" in missed
        terminal.type("")
        terminal.wait_for("no empty line yet")
        terminal.press("\x15\r\x04")  # Ctrl-U empties the line of Host; Enter ends the empty one
        right = terminal.wait_for("Enter: go on ▸")
        assert "HTTP/1.1 200 OK␍␊" in right
        assert "The development server does not mind." in right


def test_a_known_miss_is_told(home: Path, pack: Path) -> None:
    """A message that is known to be wrong gets the lesson's own words."""
    with Terminal("--pack", str(pack), home=home) as terminal:
        open_editor(terminal)
        terminal.press("\x7f\x7f\x15\x04")
        terminal.wait_for("The empty line is part of the head.")


def test_escape_leaves_the_editor_and_nothing_is_a_command_in_it(home: Path, pack: Path) -> None:
    """`:q` is a line of the message; Escape leads back to the prompt, where commands work again."""
    with Terminal("--pack", str(pack), home=home) as terminal:
        open_editor(terminal)
        terminal.press(":q\r")
        terminal.wait_for("body: 4 bytes")
        terminal.press("\x1b")
        terminal.wait_for("The editor is left; nothing was sent.")
        terminal.wait_for("Enter: edit ▸")
        terminal.type(":h")
        terminal.wait_for("Take a line away.")
        terminal.type(":q")
        assert terminal.ended() == 0


def test_several_lines_at_the_prompt_stand_in_the_editor(home: Path, pack: Path) -> None:
    """A message pasted with bare LF where a line was asked for is edited before it goes out, with CRLF."""
    with Terminal("2.1.2", "--pack", str(pack), home=home) as terminal:
        terminal.wait_for("Enter: send")
        terminal.type("")
        terminal.wait_for("request ▸")
        pasted = "GET /hello?name=Ann HTTP/1.1\nHost: localhost\n\n"
        terminal.press(f"\x1b[200~{pasted}\x1b[201~")
        terminal.wait_for("Host: localhost")
        terminal.press("\r")
        terminal.wait_for("body: 0 bytes")
        terminal.press("\x04")
        sent = terminal.wait_for("Yes.")
        assert "GET /hello?name=Ann HTTP/1.1␍␊" in sent
        assert "Host: localhost␍␊" in sent


def test_the_editor_begins_with_what_was_sent_last(home: Path, pack: Path) -> None:
    """`:e` at a request's prompt opens the exchange on the screen as a message to change."""
    with Terminal("2.1.2", "--pack", str(pack), home=home) as terminal:
        terminal.wait_for("Enter: send")
        terminal.type("")
        terminal.wait_for("request ▸")
        terminal.type(":e")
        terminal.wait_for("body: 0 bytes")
        assert "GET /hello?name=Grey HTTP/1.1␍␊" in terminal.screen
        assert "User-Agent: python-requests/" in terminal.screen


def test_a_plain_terminal_takes_a_message_line_by_line(home: Path, pack: Path) -> None:
    """Without cursor movement the message is typed line after line; a full stop alone sends it."""
    with Terminal("--plain", "--pack", str(pack), home=home) as terminal:
        terminal.wait_for("Enter: send")
        terminal.type("")
        terminal.wait_for("Enter: edit >")
        terminal.type("")
        assert "  GET /hello HTTP/1.1" in terminal.wait_for("A full stop alone sends it; Ctrl-C leaves.")
        terminal.type("GET /hello HTTP/1.1")
        terminal.type("")
        terminal.type(".")
        right = terminal.wait_for("Enter: go on >")
        assert "GET /hello HTTP/1.1 [CRLF]\n [CRLF]\nResponse:" in right
        assert "The development server does not mind." in right


def test_what_was_typed_is_there_the_next_time(home: Path, pack: Path) -> None:
    """Requests are kept from one run to the next: Up brings the last one back."""
    with Terminal("2.1.2", "--pack", str(pack), home=home) as terminal:
        terminal.wait_for("Enter: send")
        terminal.type("")
        terminal.wait_for("request ▸")
        terminal.type("GET /hello?name=Bo")
        terminal.wait_for("Hello, Bo!")
        terminal.press("\x04")
        assert terminal.ended() == 0
    with Terminal("2.1.2", "--pack", str(pack), home=home) as terminal:
        terminal.wait_for("Enter: send")
        terminal.type("")
        terminal.wait_for("request ▸")
        terminal.press("\x1b[A")
        terminal.wait_for_screen("request ▸ GET /hello?name=Bo")


def test_tab_completes_and_lists_in_the_bar(home: Path, pack: Path) -> None:
    """Tab goes on as far as there is no choice, and then the bar lists the routes of the sandbox."""
    with Terminal("2.1.2", "--pack", str(pack), home=home) as terminal:
        terminal.wait_for("Enter: send")
        terminal.type("")
        terminal.wait_for("request ▸")
        terminal.press("G\t")
        terminal.wait_for_screen("request ▸ GET")
        terminal.press("/he\t?name=Ann\r")
        terminal.wait_for("Yes.")
    with Terminal("2.1.2", "--pack", str(pack), home=home) as terminal:
        terminal.wait_for("Enter: send")
        terminal.type("")
        terminal.wait_for("request ▸")
        terminal.press("GET /h\t")
        terminal.wait_for_screen("\n /hello")
        assert terminal.screen.rstrip().splitlines()[-1].split() == ["/hello", "/hi"]


def test_a_held_request_is_completed_by_enter(home: Path) -> None:
    """The client holds the end of the head back until Enter; the seconds run meanwhile."""
    with Terminal("2.1.4", "--full", home=home) as terminal:
        for _prompt in range(6):
            label = terminal.wait_for_either("Enter: go on ▸", "a–c ▸", "Enter: send ▸")
            if label == "a–c ▸":
                terminal.type(":f")
            elif label == "Enter: send ▸":
                break
            else:
                terminal.type("")
        terminal.type("")
        terminal.wait_for_screen("Nothing came back for 1 s. Enter: send the rest ▸")
        assert "HTTP/1.1 200" not in terminal.transcript
        terminal.type("")
        terminal.wait_for("Hello, Flask!")
