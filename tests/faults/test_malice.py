"""Bytes that command a terminal or a workflow, in every place of an exchange where a byte can be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.command import flask_http_tutor
from tests.faults.hostile import MALICE, says
from tests.terminal import Terminal

COMMANDS = (b"\x1b]0;owned", b"\x07", b"\x1b[35;5m", b"\xc2\x9b31m", "\u202e".encode(), "\u2066".encode())
"""What none of our own output holds."""

_IN_LINE = MALICE.replace("\r", "").encode()

RESPONSE = b"".join(
    (
        b"HTTP/1.1 103 Early " + _IN_LINE + b"\r\nLink" + _IN_LINE + b": 1\r\n\r\n",
        b"HTTP/1.1 302 FO" + _IN_LINE + b"UND\r\n",
        b"X-" + _IN_LINE + b": 1\r\n",
        b"X-Value: " + MALICE.encode() + b"end\r\n",
        b"Set-Cookie: a" + _IN_LINE + b"=b; Path=/" + _IN_LINE + b"\r\n",
        b"Location: /" + _IN_LINE + b"\r\n",
        b"Content-Type: text/event-stream; charset=" + _IN_LINE + b"\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n",
        b"4;ext=" + _IN_LINE + b"\r\nabcd\r\n",
        b"%x\r\n%s\r\n" % (len(MALICE.encode()), MALICE.encode()),
        b"1c\r\nid: 1\ndata: ::error::owned\n\n\r\n0\r\n",
        b"X-Trailer: " + _IN_LINE + b"\r\n\r\n",
    )
)

LESSON = """\
# Malice

```lesson
format = 1
id = "malice"
number = "2.1"
minutes = 5
```

## Thing {#thing}

```http {#one raw}
GET /thing?\\x1b]0;owned\\x07 HTTP/1.1\\r\\n
Host: 127.0.0.1\\r\\n
X-Thing: MALICE\\r\\n
X-\\x1b[35;5m: 1\\r\\n
\\r\\n
```

```http {#two raw}
GET /thing?\\xe2\\x80\\xae HTTP/1.1\\r\\n
Host: 127.0.0.1\\r\\n
X-Thing: MALICE::error::owned\\r\\n
\\r\\n
```

```question {#status}
kind = "choice"
after = "two"
prompt = "Which status came back?"
answer = "ok"
hints = ["Read the first line."]
[choices]
ok = "200 OK"
found = "302 FOUND"
[feedback]
found = "302 sends you elsewhere."
[proof.ok]
status = 200
[proof.found]
status = 302
```

> Bytes are no commands.
"""
SPELT = r"\x1b]0;owned\x07\x1b[35;5m\xc2\x9b31m\xe2\x80\xaeabc\xe2\x81\xa6"


def commands_in(printed: bytes) -> list[bytes]:
    """What stands there that no output of ours holds."""
    return [each for each in COMMANDS if each in printed]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack whose requests are full of commands, and get them back."""
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "malice.md").write_text(LESSON.replace("MALICE", SPELT), "utf-8")
    return folder


@pytest.mark.parametrize("plain", [(), ("--plain",)])
@pytest.mark.parametrize("locale", ["C.UTF-8", "C"])
def test_a_session_shows_and_never_obeys(
    pack: Path, tmp_path: Path, plain: tuple[str, ...], locale: str
) -> None:
    """Every view of two exchanges full of commands shows them spelt, whatever the terminal understands."""
    variables = {"LANG": locale, "LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    with Terminal(
        *plain, "--full", "--pack", str(pack), home=tmp_path / "home", rows=60, variables=variables
    ) as terminal:
        terminal.wait_for("Enter: send ▸" if locale != "C" else ":q quit")
        terminal.type("")
        prompt = "a–b ▸" if locale != "C" else "a-b >"
        terminal.wait_for(prompt)
        for command in (
            ":r",
            ":x",
            ":x 1",
            ":x 3",
            ":x 5",
            ":c",
            ":v",
            ":t",
            ":w curl",
            ":w python",
            ":w har",
        ):
            terminal.type(command)
            told = terminal.wait_for(prompt)
            assert "Traceback" not in told
        terminal.type(":try GET /thing X-Thing:\u202e\u2066")
        terminal.wait_for("HTTP/1.1 200 OK")
        terminal.wait_for(prompt)
        printed = terminal.raw
        terminal.press("\x04")
        assert terminal.ended() == 0
        assert terminal.unlike_before == []
    # What was typed is echoed by the terminal, not by us.
    typed = "X-Thing:\u202e\u2066".encode()
    assert commands_in(printed.replace(typed, b"")) == []
    assert b"owned" in printed


def test_notes_hold_no_commands(pack: Path, tmp_path: Path) -> None:
    """The notebook of such a lesson, as text and as a page."""
    notes = flask_http_tutor("notes", "--pack", str(pack), home=tmp_path / "home")
    assert commands_in(notes.out.encode()) == []
    page = tmp_path / "notes.html"
    assert (
        flask_http_tutor("notes", "--html", str(page), "--pack", str(pack), home=tmp_path / "home").code == 0
    )
    assert commands_in(page.read_bytes()) == []


@pytest.mark.parametrize("form", ["text", "json", "curl"])
def test_send_shows_and_never_obeys(tmp_path: Path, form: str) -> None:
    """A response with commands in its status line, fields, chunks, trailers and interim response is spelt."""
    with (
        says(RESPONSE) as port,
        Terminal(
            *("send", "--at", f"http://127.0.0.1:{port}", "GET", "/x", "--format", form),
            home=tmp_path,
            rows=60,
            columns=200,
        ) as terminal,
    ):
        assert terminal.ended() == 0
    assert commands_in(terminal.raw) == []
    assert form == "curl" or b"owned" in terminal.raw


def test_a_workflow_is_not_commanded(pack: Path, tmp_path: Path) -> None:
    """In a workflow's log no line of a checked body is a command."""
    spoilt = (pack / "malice.md").read_text("utf-8").replace('answer = "ok"', 'answer = "found"')
    (pack / "malice.md").write_text(spoilt, "utf-8")
    outcome = flask_http_tutor("check", str(pack), home=tmp_path / "home", GITHUB_ACTIONS="true")
    assert outcome.code == 1
    assert commands_in(outcome.out.encode()) == []
    stopped = ""
    for line in outcome.out.splitlines():
        if stop := re.fullmatch(r"::stop-commands::(\S+)", line):
            stopped = f"::{stop[1]}::"
        elif line == stopped:
            stopped = ""
        elif not stopped:
            assert not line.lstrip().startswith("::error::owned")
