"""The one place that prints."""

from __future__ import annotations

import io
import os
import re
from typing import Any

import pytest
from rich.style import Style
from rich.text import Span, Text

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


STYLED = [
    Text("plain"),
    Text("all of it", "wire.note"),
    Text.assemble(("X-Name", "wire.name"), (":", "wire.name"), (" 李 value", "wire.value")),
    Text.assemble("before ", ("code", "code.string"), " behind"),
    Text("one inside another", spans=[Span(0, 18, "bold"), Span(4, 10, "wire.end")]),
    Text("both", "wire.note", spans=[Span(0, 2, "wire.name")]),
    Text("a span that is longer", spans=[Span(2, 90, "flask")]),
    Text("linked", spans=[Span(0, 6, Style(link="file:///x", bold=True))]),
    Text(),
]


@pytest.mark.parametrize("variables", [{}, {"NO_COLOR": "1"}, {"COLORTERM": "truecolor"}], ids=str)
@pytest.mark.parametrize("line", STYLED, ids=lambda line: line.plain)
def test_styled_lines_are_what_rich_prints(line: Text, variables: dict[str, Any]) -> None:
    """Whichever way a line is styled, the terminal gets the sequences that rich would write."""
    out, stream = output(COLUMNS="80", LINES="24", **variables)
    out.show([line])
    with out.console.capture() as capture:
        out.console.print(line, end="", soft_wrap=True)
    shown = printed(stream).decode()
    assert without_link_ids(shown) == without_link_ids(capture.get()) + "\n"


def without_link_ids(text: str) -> str:
    """Links carry a random number each."""
    return re.sub(r"id=[0-9]+-?[0-9]*", "id=", text)


def test_a_body_of_many_words_asks_rich_for_each_style_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """How a style looks is found out once, not for each of the words that have it."""
    out, _stream = output(COLUMNS="80", LINES="24")
    asked: list[Text] = []
    print_by_rich = out.console.print

    def print_counted(line: Text, **how: Any) -> None:
        asked.append(line)
        print_by_rich(line, **how)

    monkeypatch.setattr(out.console, "print", print_counted)
    out.show(Text.assemble((str(n), "code.number"), (": ", "code.name"), "x") for n in range(500))
    assert len(asked) == 2


def test_many_lines_are_written_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many lines there are, the terminal is written to once, and asked for its size once."""
    out, stream = output()
    calls: list[str] = []
    write = stream.write

    def count_write(text: str) -> int:
        calls.append("write")
        return write(text)

    def count_size(_number: int) -> os.terminal_size:
        calls.append("size")
        return os.terminal_size((80, 24))

    monkeypatch.setattr(stream, "write", count_write)
    monkeypatch.setattr(stream, "fileno", lambda: 1)
    monkeypatch.setattr(os, "get_terminal_size", count_size)
    out.show([*(Text(f"a line, {n}", no_wrap=bool(n % 2)) for n in range(500)), "words " * 100])
    assert sorted(calls) == ["size", "write"]
    assert printed(stream).count(b"a line") == 500
