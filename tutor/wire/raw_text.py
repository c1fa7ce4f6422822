r"""Bytes as a person spells them: in a raw `http` block, and as a whole message in an editor.

Both write octets out as `\r \n \t \\ \xNN`; `{N}` behind one repeats it. They differ in what a line end is:
nothing in a block, CRLF in a message.
"""

from __future__ import annotations

import re

from tutor.language import _
from tutor.wire.escape import visible
from tutor.wire.request import RawRequest, RequestSyntaxError, refuse_half_characters

LARGEST_BYTES = 1024 * 1024
"""More than any limit of a server that a lesson could be about."""

_PART = re.compile(r"([^\\]+)|\\(?:(?:x([0-9A-Fa-f]{2})|([rnt\\]))(?:\{([0-9]{1,9})\})?|(p))")
_CODES = {"r": b"\r", "n": b"\n", "t": b"\t", "\\": b"\\"}
_NAMES = {octet: rf"\{code}" for code, octet in _CODES.items()}
_OWN_LINE_END = re.compile(r"(?<!\\)(?:\\\\)*\\(?:n|x0[Aa])")
"""What ends a line that has its line end written out."""
_JOINED = re.compile(r"(?<!\\)(?:\\\\)*\\")
"""What ends a line that goes on in the next one."""


def parse_raw_block(text: str) -> RawRequest:
    r"""Read the text of a raw `http` block: line ends in it are nothing, `\p` is a pause.

    Raises:
        RequestSyntaxError: a backslash with something else behind it.
    """
    spelled = _Spelled()
    refuse_half_characters(text)
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        spelled.add(line, number, pauses=True)
    return RawRequest(bytes(spelled.data), tuple(spelled.pauses))


def parse_message(text: str) -> RawRequest:
    r"""Read a whole message as typed or pasted: each line end is CRLF, whatever it was in what was pasted.

    In the head a line that ends in a written-out `\n` has no other line end, and one that ends in a single
    backslash goes on in the next. Behind the first empty line everything stands as it is, backslashes too.

    Raises:
        RequestSyntaxError: nothing at all, or a backslash with something else behind it.
    """
    spelled = _Spelled()
    refuse_half_characters(text)
    lines = text.replace("\r\n", "\n").split("\n")
    in_head = True
    for number, line in enumerate(lines, start=1):
        last = number == len(lines)
        in_head = in_head and (line != "" or number == 1)
        if not in_head:
            spelled.data += line.encode("utf-8", "surrogateescape") + (b"" if last else b"\r\n")
        elif not last and _ends_with(line, _JOINED):
            spelled.add(line[:-1], number)
        else:
            spelled.add(line, number)
            spelled.data += b"" if last or _ends_with(line, _OWN_LINE_END) else b"\r\n"
    if not spelled.data:
        raise RequestSyntaxError(_("The message is empty. Begin with a line such as GET /hello HTTP/1.1."))
    return RawRequest(bytes(spelled.data))


def is_message(text: str) -> bool:
    """Whether a text is more than the one line that a prompt asks for."""
    return "\n" in text.strip("\r\n").replace("\r\n", "\n")


def has_line_end(line: str) -> bool:
    """Whether the end of this line of a head goes out as CRLF."""
    return not _ends_with(line, _OWN_LINE_END) and not _ends_with(line, _JOINED)


def message_text(data: bytes) -> str:
    """A message in the form that `parse_message` reads; nothing that cannot be typed stands in it."""
    head, empty_line, body = data.partition(b"\r\n\r\n")
    simple = "\n".join(map(_spelled_out, head.split(b"\r\n")))
    if empty_line:
        simple += "\n\n" + body.decode("utf-8", "replace").replace("\r\n", "\n")
    if is_typeable(simple) and parse_message(simple).data == data:
        return simple
    # With its line ends written out too, all of it is read as a head is.
    return "\n".join(map(_spelled_out, re.split(rb"(?<=\n)", data)))


def is_typeable(text: str) -> bool:
    """Whether a text holds nothing that an editor could not show as it is."""
    return all(visible(line) == line for line in text.replace("\t", "").split("\n"))


def _spelled_out(octets: bytes) -> str:
    spelled = []
    for character in octets.decode("utf-8", "surrogateescape"):
        raw = character.encode("utf-8", "surrogateescape")
        if raw in _NAMES:
            spelled.append(_NAMES[raw])
        elif visible(character) != character:
            spelled.append("".join(f"\\x{octet:02x}" for octet in raw))
        else:
            spelled.append(character)
    return "".join(spelled)


def _ends_with(line: str, pattern: re.Pattern[str]) -> bool:
    return any(found.end() == len(line) for found in pattern.finditer(line))


class _Spelled:
    """Bytes that grow line by line."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.pauses: list[int] = []

    def add(self, line: str, number: int, *, pauses: bool = False) -> None:
        at = 0
        while at < len(line):
            found = _PART.match(line, at)
            if found is None or (found[5] and not pauses):
                raise _unknown(line[at : at + 2], number, at + 1)
            plain, octet, code, count, pause = found.groups()
            if pause:
                self.pauses.append(len(self.data))
            elif plain:
                self.data += plain.encode("utf-8", "surrogateescape")
            else:
                times = int(count or 1)
                if len(self.data) + times > LARGEST_BYTES:
                    message = _("A message has {limit} bytes at most here.")
                    raise RequestSyntaxError(message.format(limit=f"{LARGEST_BYTES:,}"), number, at + 1)
                self.data += (bytes([int(octet, 16)]) if octet else _CODES[code]) * times
            at = found.end()


def _unknown(escape: str, line: int, column: int) -> RequestSyntaxError:
    message = _(
        "{escape} means nothing here. Write \\r, \\n, \\t, \\\\ or \\xNN with two hexadecimal digits."
    )
    return RequestSyntaxError(message.format(escape=visible(escape)), line, column)
