"""The one place that prints."""

from __future__ import annotations

import io
import re

import pytest
from rich.text import Text

from tutor.screen.output import Output


class Tty(io.TextIOWrapper):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def output(encoding: str = "utf-8", *, plain: bool = False, **variables: str) -> tuple[Output, Tty]:
    stream = Tty(io.BytesIO(), encoding=encoding, newline="\n")
    return Output(stream, {"TERM": "xterm-256color", **variables}, plain=plain), stream


def printed(stream: Tty) -> bytes:
    stream.flush()
    data = stream.buffer.getvalue()  # type: ignore[attr-defined]  # a BytesIO, made above
    assert isinstance(data, bytes)
    return data


def test_bytes_are_reported_as_they_are_and_in_their_turn() -> None:
    """A report of bytes stands behind the text before it, octet for octet."""
    out, stream = output()
    out.report("李")
    out.report(bytes(range(256)))
    assert printed(stream) == "李".encode() + bytes(range(256))


HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202eevil\r\x00"


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_no_control_character_reaches_the_terminal(plain: bool, encoding: str) -> None:
    """What a wire, a file or a person wrote is escaped, even where the caller forgot."""
    out, stream = output(encoding, plain=plain, NO_COLOR="1")
    out.show([HOSTILE, Text(HOSTILE), Text(HOSTILE, "bold")])
    out.ask(HOSTILE)
    text = printed(stream).decode(encoding)
    # The styles themselves are escape sequences; take those away.
    rest = re.sub(r"\x1b\[[01]?m", "", text)
    assert not set("\x1b\x07\x9b\u202e\r\x00") & set(rest)
    assert "[2J" in text


def test_words_are_broken_between_words_and_bytes_by_the_terminal_alone() -> None:
    """A sentence is in rows that fit; a line of bytes stays one, so that it is copied whole."""
    out, stream = output(COLUMNS="20", LINES="24", NO_COLOR="1")
    out.show(["There is no lesson of that number.", Text("GET /" + "x" * 30, no_wrap=True)])
    assert printed(stream).decode().splitlines() == [
        *("There is no lesson", "of that number."),
        "GET /" + "x" * 30,
    ]


def test_a_stream_that_cannot_encode_gets_ascii() -> None:
    """A console without our symbols, or without Chinese, gets ASCII forms and no traceback."""
    out, stream = output("ascii")
    out.show(["Enter: send ▸ …", Text("李 → x", "bold")])
    text = printed(stream).decode("ascii")
    assert "Enter: send > ..." in text
    assert "\\u{674e} -> x" in text


def test_no_color_is_obeyed() -> None:
    """NO_COLOR leaves no colour on the wire to the terminal, even beside FORCE_COLOR."""
    out, stream = output(NO_COLOR="1", FORCE_COLOR="1")
    out.show([Text("words", "bold red")])
    assert b"31" not in printed(stream)


def test_plain_text_has_no_escape_sequence() -> None:
    """With --plain a styled line is its words alone."""
    out, stream = output(plain=True)
    out.show([Text("words", "bold red")])
    assert printed(stream) == b"words\n"


def test_a_pipe_gets_plain_text() -> None:
    """Where stdout is no terminal nothing is styled, not even with FORCE_COLOR=0."""
    stream = io.StringIO()
    Output(stream, {"TERM": "xterm", "FORCE_COLOR": "0"}).show([Text("words", "bold red")])
    assert stream.getvalue() == "words\n"


def test_the_size_is_asked_anew() -> None:
    """COLUMNS and LINES win over the terminal's own size."""
    out, _stream = output(COLUMNS="50", LINES="20")
    assert out.size == (50, 20)


def test_a_report_is_written_as_it_stands() -> None:
    """What a program reads is not escaped."""
    out, stream = output(plain=True)
    out.report('{"a": "\\u001b"}\n')
    assert printed(stream) == b'{"a": "\\u001b"}\n'
