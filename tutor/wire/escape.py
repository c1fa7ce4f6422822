"""The one way that text and bytes from a wire, a file or a person reach a terminal: escaped, then styled.

Control characters become control pictures, octets that are no UTF-8 become `\\xff`, and every other invisible
or direction-changing character becomes its code point, `\\u{202e}`. The result is always one line.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple
from unicodedata import category

DISPLAY_CAP = 64 * 1024
"""How much of a body is displayed, in bytes: escaping takes up to 0.3 s a megabyte."""
HEXDUMP_OCTETS = 16
"""How many octets a line of a hexdump has."""

_ESCAPED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_ASCII_NAMES = {0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r"}
_LINE_CHARACTERS = "\t\n\r"
_WITHOUT_LINES = dict.fromkeys(map(ord, _LINE_CHARACTERS))
_HEXDUMP_SHARE = 0.3


class _Table(dict[int, str]):
    """A table for `str.translate` that is filled as characters turn up."""

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__()
        self._ascii_only = ascii_only

    def __missing__(self, code: int) -> str:
        shown = _escape(code, ascii_only=self._ascii_only)
        if code < 0x10000:  # beyond, hostile text could fill a million entries
            self[code] = shown
        return shown


_TABLE = _Table(ascii_only=False)
_ASCII_TABLE = _Table(ascii_only=True)


class WireLine(NamedTuple):
    """One line of a head or body, and the line end behind it."""

    data: bytes
    end: bytes
    """CRLF, LF, or nothing after a last line without one."""


def visible(text: str, *, ascii_only: bool = False) -> str:
    """The text with everything escaped that a terminal would obey or hide.

    Args:
        text: any text; octets that were no UTF-8 stand in it as surrogates (surrogateescape).
        ascii_only: for an output that cannot encode more than ASCII: `\\r` for a control picture,
            `\\u{674e}` for every character beyond ASCII.
    """
    if text.isprintable() and (text.isascii() or not ascii_only):
        return text
    return text.translate(_ASCII_TABLE if ascii_only else _TABLE)


def visible_bytes(data: bytes, *, ascii_only: bool = False) -> str:
    """The same for bytes, read as UTF-8."""
    return visible(data.decode("utf-8", "surrogateescape"), ascii_only=ascii_only)


def wire_lines(data: bytes) -> tuple[WireLine, ...]:
    """Split at CRLF and LF; a bare CR stays inside its line. `data + end` of all, joined, are the bytes."""
    *lines, last = data.split(b"\n")
    found = [
        WireLine(line[:-1], b"\r\n") if line.endswith(b"\r") else WireLine(line, b"\n") for line in lines
    ]
    return (*found, WireLine(last, b"")) if last else tuple(found)


def needs_hexdump(body: bytes, content_encoding: str = "") -> bool:
    """Whether a body is better shown as octets: it is coded, holds a NUL, or is over 30 % escapes."""
    if b"\0" in body or content_encoding.strip().lower() not in ("", "identity"):
        return True
    text = body.decode("utf-8", "surrogateescape")
    # Most texts; to count characters takes twenty times as long.
    if not text or text.translate(_WITHOUT_LINES).isprintable():
        return False
    escapes = sum(
        count
        for character, count in Counter(text).items()
        if category(character) in _ESCAPED_CATEGORIES and character not in _LINE_CHARACTERS
    )
    return escapes > _HEXDUMP_SHARE * len(text)


def hexdump(data: bytes) -> tuple[str, ...]:
    """Lines of offset, 16 octets and their ASCII characters; 78 columns each."""
    return tuple(
        _hexdump_line(at, data[at : at + HEXDUMP_OCTETS]) for at in range(0, len(data), HEXDUMP_OCTETS)
    )


def _hexdump_line(at: int, octets: bytes) -> str:
    half = HEXDUMP_OCTETS // 2
    digits = f"{octets[:half].hex(' '):<23}  {octets[half:].hex(' '):<23}"
    shown = "".join(chr(octet) if 0x20 <= octet < 0x7F else "." for octet in octets)
    return f"{at:08x}  {digits}  |{shown}|"


def _escape(code: int, *, ascii_only: bool) -> str:
    character = chr(code)
    if code < 0x20 or code == 0x7F:
        if ascii_only:
            return _ASCII_NAMES.get(code, f"\\x{code:02x}")
        return chr(0x2421 if code == 0x7F else 0x2400 + code)
    if 0xDC80 <= code <= 0xDCFF:  # surrogateescape's stand-in for an octet
        return f"\\x{code - 0xDC00:02x}"
    if category(character) in _ESCAPED_CATEGORIES or (ascii_only and code > 0x7F):
        return f"\\u{{{code:x}}}"
    return character
