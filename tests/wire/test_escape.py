"""What reaches a terminal is escaped: nothing in it can move a cursor, turn text around or hide."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.wire.escape import (
    DISPLAY_CAP,
    WireLine,
    hexdump,
    needs_hexdump,
    visible,
    visible_bytes,
    wire_lines,
)

ANY_TEXT = st.text(
    st.one_of(st.integers(0, 0x10FFFF), st.integers(0, 0xFF), st.integers(0x2000, 0x206F)).map(chr),
    max_size=60,
)
DANGEROUS = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def dangerous(text: str) -> str:
    return "".join(character for character in text if unicodedata.category(character) in DANGEROUS)


@settings(deadline=None)
@given(ANY_TEXT, st.booleans())
def test_nothing_that_a_terminal_obeys_comes_through(text: str, ascii_only: bool) -> None:
    """Whatever the text, no control, format, bidi or unassigned character is left in what is shown."""
    shown = visible(text, ascii_only=ascii_only)
    assert dangerous(shown) == ""
    assert len(shown.splitlines()) <= 1
    assert shown.isascii() or not ascii_only


@settings(deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_no_octet_that_a_terminal_obeys_comes_through(data: bytes, ascii_only: bool) -> None:
    """Whatever the bytes, no control, format, bidi or unassigned character is left in what is shown."""
    shown = visible_bytes(data, ascii_only=ascii_only)
    assert dangerous(shown) == ""
    assert len(shown.splitlines()) <= 1
    assert shown.isascii() or not ascii_only


@settings(deadline=None)
@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=60))
def test_harmless_text_stays_as_it_is(text: str) -> None:
    """Letters, digits, punctuation and spaces of any script are shown as they are."""
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown", "ascii_shown"),
    [
        ("a\r\nb", "a␍␊b", "a\\r\\nb"),
        ("\t\0\x1b[31m\x7f", "␉␀␛[31m␡", "\\t\\x00\\x1b[31m\\x7f"),
        ("\x9b31m", "\\u{9b}31m", "\\u{9b}31m"),
        (
            "a\u202eb\u2066\u200b\ufeff",
            "a\\u{202e}b\\u{2066}\\u{200b}\\u{feff}",
            "a\\u{202e}b\\u{2066}\\u{200b}\\u{feff}",
        ),
        (
            "\u2028\u2029\ue000\U000e0041",
            "\\u{2028}\\u{2029}\\u{e000}\\u{e0041}",
            "\\u{2028}\\u{2029}\\u{e000}\\u{e0041}",
        ),
        ("\udcff\ud800", "\\xff\\u{d800}", "\\xff\\u{d800}"),
        ("李 café", "李 café", "\\u{674e} caf\\u{e9}"),
        ("[red]\\n", "[red]\\n", "[red]\\n"),
    ],
)
def test_each_kind_of_escape(text: str, shown: str, ascii_shown: str) -> None:
    """Control characters are pictures, bad octets and code points are spelled; ASCII needs no pictures."""
    assert visible(text) == shown
    assert visible(text, ascii_only=True) == ascii_shown


def test_bytes_that_are_no_utf8_are_spelled() -> None:
    """Octets that are no UTF-8 are shown one by one, and the text around them as text."""
    assert visible_bytes("李".encode() + b"\xff\xe6\x9d") == "李\\xff\\xe6\\x9d"


@settings(deadline=None)
@given(st.lists(st.sampled_from([b"a", b"\r", b"\n", b"\r\n", b"\0"]), max_size=30).map(b"".join))
def test_wire_lines_give_back_the_bytes(data: bytes) -> None:
    """Lines and line ends, joined, are the bytes; no line holds an LF, and only the last lacks its end."""
    lines = wire_lines(data)
    assert b"".join(line.data + line.end for line in lines) == data
    assert not any(b"\n" in line.data for line in lines)
    assert all(line.end in (b"\n", b"\r\n") for line in lines[:-1])


def test_a_bare_cr_stays_inside_its_line() -> None:
    """A CR without LF ends no line; CRLF and LF do."""
    assert wire_lines(b"a\rb\r\nc\nd") == (
        WireLine(b"a\rb", b"\r\n"),
        WireLine(b"c", b"\n"),
        WireLine(b"d", b""),
    )
    assert wire_lines(b"") == ()


@pytest.mark.parametrize(
    ("body", "coding", "needed"),
    [
        (b"", "", False),
        (b"Hello, Flask!", "", False),
        ("李辉".encode(), "", False),
        (b"a\n" * 50, "", False),
        (b"\r\n\t" * 50, "", False),
        (b"Hello", "gzip", True),
        (b"Hello", "Identity", False),
        (b"Hello\0", "", True),
        (b"\x1b" * 3 + b"a" * 7, "", False),
        (b"\x1b" * 4 + b"a" * 6, "", True),
        (b"\xff" * 4 + "李".encode() * 6, "", True),
    ],
)
def test_a_body_that_is_no_text_is_dumped(body: bytes, coding: str, needed: bool) -> None:
    """NUL, a content coding, or more than 30 % escapes call for a hexdump; line ends are no escapes."""
    assert needs_hexdump(body, coding) is needed


def test_a_hexdump_holds_every_octet() -> None:
    """A hexdump tells offset, all octets and the ASCII among them, in lines that fit 80 columns."""
    data = bytes(range(256)) + b"tail"
    lines = hexdump(data)
    assert bytes.fromhex("".join(line[10:58] for line in lines)) == data
    assert lines[4] == "00000040  40 41 42 43 44 45 46 47  48 49 4a 4b 4c 4d 4e 4f  |@ABCDEFGHIJKLMNO|"
    assert lines[-1] == "00000100  74 61 69 6c                                       |tail|"
    assert all(len(line) <= 78 and line.isprintable() and line.isascii() for line in lines)
    assert hexdump(b"") == ()


@pytest.mark.parametrize(
    "data",
    [b"\x1b[31m\r\n" * 140_000, bytes(range(256)) * 4096, "李\u202e".encode() * 170_000],
    ids=["controls", "octets", "bidi"],
)
def test_escaping_is_fast(data: bytes) -> None:
    """A megabyte takes a fraction of a second, so that the part that is displayed takes none that is felt."""
    begun = time.perf_counter()
    visible_bytes(data)
    needs_hexdump(data.replace(b"\0", b"\1"))
    assert time.perf_counter() - begun < 2
    assert DISPLAY_CAP == 65536
