"""Recorded bytes read as HTTP/1.1 messages (RFC 9112), byte for byte and without ever failing.

What a message holds is what was on the wire: `head + raw_body` of all messages, joined, are the bytes that
were given. What breaks the rules is kept, read as far as it goes, and said in a note.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum, auto

from tutor.language import _, ngettext

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"  # RFC 9110, 5.6.2
_STATUS_LINE = re.compile(rb"(HTTP/\S*)(?:[ \t]+([0-9]{3})(?:[ \t](.*))?)?", re.DOTALL)
# Another request on the connection; a line that the bytes cut counts if it can hardly be anything else.
_NEXT_REQUEST = re.compile(rb"(?:\r?\n)*" + _TOKEN + rb"[ \t]+\S[^\n]*?[ \t]HTTP/[0-9]")
_NEXT_REQUEST_CUT = re.compile(rb"(?:\r?\n)*[A-Z]{3,} +[/*h][^\n]*\Z")
# 18 digits are an exabyte: longer numbers are no lengths, and int() refuses those of thousands of digits.
_LENGTH = re.compile(rb"[0-9]{1,18}")
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}")
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s\";]+)", re.IGNORECASE)
# Only codecs that are quick and that read text: Python also knows `hex`, `unicode_escape` and `idna`.
_CHARSETS = frozenset(
    {
        *("ascii", "us-ascii", "latin-1", "latin1", "iso-8859-1", "iso-8859-15", "windows-1252", "cp1252"),
        *("utf-16", "utf-16le", "utf-16be"),
        *("gb2312", "gbk", "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr"),
    }
)


@dataclass(frozen=True, slots=True)
class Field:
    """One field line, as it stood on the wire."""

    name: bytes
    """What stands before the colon; empty where the line has none."""
    value: bytes
    """Without the white space around it; the lines of a folded value are joined with a space."""
    line: bytes
    """The line without its line end; of a folded field all its lines, with the line ends between them."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk with data (RFC 9112, 7.1)."""

    size: int
    """Octets that its size line announces; `data` is shorter where the message was cut."""
    extension: bytes
    """What stands behind the semicolon of the size line."""
    data: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """One request or response message."""

    start_line: bytes
    """Without its line end; empty in a reply that has no status line."""
    fields: tuple[Field, ...]
    head: bytes
    """Every byte up to and including the empty line."""
    raw_body: bytes
    """Every byte after the head, framing included; bytes that follow the last message's end too."""
    body: bytes
    """The body with chunked coding taken off."""
    chunks: tuple[Chunk, ...]
    """The chunks with data; the last chunk, whose size is 0, is not among them."""
    chunked: bool
    complete: bool
    """Every byte that the framing calls for was seen, or counted."""
    dropped: int
    """Bytes that followed `raw_body` on the wire and were counted but not stored."""
    notes: tuple[str, ...]
    """What is unusual about it, for a person."""
    is_request: bool = False
    body_dropped: int = 0
    """How many of `dropped` belong to the body; with chunked coding, framing is counted in."""
    trailers: tuple[Field, ...] = ()
    """The fields behind the last chunk."""
    until_close: bool = False
    """The body ends where the connection closes: only then is it known to be whole."""

    @property
    def method(self) -> str:
        """As on the wire; empty for a response. Start lines are read as UTF-8 with surrogateescape."""
        return _text(split_request_line(self.start_line)[0]) if self.is_request else ""

    @property
    def target(self) -> str:
        return _text(split_request_line(self.start_line)[1]) if self.is_request else ""

    @property
    def version(self) -> str:
        """`HTTP/1.1`; empty where the start line names none."""
        if self.is_request:
            return _text(split_request_line(self.start_line)[2])
        return _text(split_status_line(self.start_line)[0])

    @property
    def status(self) -> int:
        """0 for a request and for a status line without a code of three digits."""
        return 0 if self.is_request else int(split_status_line(self.start_line)[1] or 0)

    @property
    def reason(self) -> str:
        return "" if self.is_request else _text(split_status_line(self.start_line)[2])

    @property
    def content_length(self) -> int | None:
        """What Content-Length announces; None without it, or where it is no single number."""
        return _announced_length(self.fields)

    @property
    def body_length(self) -> int:
        """Octets of body, those not stored included."""
        return len(self.body) + self.body_dropped

    @property
    def text(self) -> str:
        """The body by the charset of Content-Type, else as UTF-8 with surrogateescape."""
        found = _CHARSET.search(self.value("Content-Type") or "")
        if found and (charset := found[1].lower()) in _CHARSETS:
            try:
                return self.body.decode(charset)
            except UnicodeDecodeError:
                pass
        return _text(self.body)

    def values(self, name: str) -> tuple[str, ...]:
        """The values of all field lines of that name in order, any case, decoded as Latin-1 as WSGI does."""
        wanted = name.lower()
        return tuple(
            field.value.decode("latin-1")
            for field in self.fields
            if field.name and field.name.decode("latin-1").lower() == wanted
        )

    def value(self, name: str) -> str | None:
        """The values of all field lines of that name, joined with a comma and a space; None without any."""
        found = self.values(name)
        return ", ".join(found) if found else None


def parse_requests(data: bytes, *, dropped: int = 0) -> tuple[Message, ...]:
    """Read what a client sent on one connection.

    Args:
        data: the stored bytes; any bytes will do.
        dropped: how many more bytes followed them and were not stored.

    Returns:
        The messages in order; none for no bytes.
    """
    return _parse(data, is_request=True, method="", dropped=dropped)


def parse_responses(data: bytes, *, method: str = "", dropped: int = 0) -> tuple[Message, ...]:
    """Read what a server sent on one connection: interim responses, then the final one.

    Args:
        data: the stored bytes; any bytes will do.
        method: the request's; a response to HEAD has no body.
        dropped: how many more bytes followed them and were not stored.

    Returns:
        The messages in order; none for no bytes.
    """
    return _parse(data, is_request=False, method=method, dropped=dropped)


def body_spans(message: Message) -> tuple[tuple[int, int], ...]:
    """Where the octets of `body` stand in `raw_body`, as pairs of start and end; one for each chunk."""
    if not message.chunked:
        return ((0, len(message.body)),) if message.body else ()
    spans: list[tuple[int, int]] = []
    size_at = 0
    read = read_chunked(message.raw_body)
    for chunk, chunk_end in zip(read.chunks, read.chunk_ends, strict=True):
        start = message.raw_body.find(b"\n", size_at) + 1
        spans.append((start, start + len(chunk.data)))
        size_at = chunk_end
    return tuple(spans)


def split_request_line(line: bytes) -> tuple[bytes, bytes, bytes]:
    """Method, target and version; empty where the line has no such part."""
    method, rest = line, b""
    if gap := re.search(rb"[ \t]", line):
        method, rest = line[: gap.start()], line[gap.end() :].strip(b" \t")
    last_at = max(rest.rfind(b" "), rest.rfind(b"\t")) + 1
    if rest.startswith(b"HTTP/", last_at):
        return method, rest[:last_at].rstrip(b" \t"), rest[last_at:]
    return method, rest, b""


def split_status_line(line: bytes) -> tuple[bytes, bytes, bytes]:
    """Version, status code (three digits) and reason phrase; empty where the line has no such part."""
    if found := _STATUS_LINE.fullmatch(line):
        return found[1], found[2] or b"", found[3] or b""
    return (line.split(None, 1)[0] if line.startswith(b"HTTP/") else b""), b"", b""


@dataclass(frozen=True, slots=True)
class ChunkedBody:
    """What chunked coding holds, and where, as offsets into the bytes it was read from."""

    chunks: tuple[Chunk, ...]
    chunk_ends: tuple[int, ...]
    """Where each of them ends, its line end included."""
    last_end: int
    """Where the size line of the last chunk ends; -1 without one."""
    trailers: tuple[Field, ...]
    end: int
    """Where the body ends; where something is malformed, the end of all bytes."""
    complete: bool
    """False, and no notes: the bytes ran out."""
    notes: tuple[str, ...]


def read_chunked(data: bytes, start: int = 0) -> ChunkedBody:
    """Read chunked coding from `data[start:]`, as far as it can be read."""
    chunks: list[Chunk] = []
    ends: list[int] = []
    at = start
    notes: tuple[str, ...] = ()
    while True:
        number = len(chunks) + 1
        line, data_at, line_end = _line(data, at)
        size_text, _semicolon, extension = line.partition(b";")
        if (line or line_end) and not _CHUNK_SIZE.fullmatch(size_text.strip(b" \t\r")):
            notes = (_("Chunk {number} does not begin with a size in hexadecimal.").format(number=number),)
            break
        if not line_end:  # cut
            break
        size = int(size_text, 16)
        if size == 0:
            trailer = _read_fields(data, data_at)
            return ChunkedBody(
                tuple(chunks),
                tuple(ends),
                data_at,
                trailer.fields,
                trailer.end,
                trailer.complete,
                trailer.notes,
            )
        stop = data_at + size
        chunks.append(Chunk(size, extension, data[data_at:stop]))
        line, at, line_end = _line(data, stop)
        if line_end and not line:
            ends.append(at)
            continue
        ends.append(len(data))
        if line and line != b"\r":
            notes = (_("Chunk {number} is longer than its size line says.").format(number=number),)
        break
    return ChunkedBody(tuple(chunks), tuple(ends), -1, (), len(data), False, notes)


class _End(Enum):
    """What ends a body (RFC 9112, 6.3)."""

    HEAD = auto()
    """There is no body."""
    LENGTH = auto()
    CHUNKED = auto()
    CLOSE = auto()
    SWITCHED = auto()
    """Another protocol follows."""


@dataclass(frozen=True, slots=True)
class _FieldSection:
    fields: tuple[Field, ...]
    end: int
    complete: bool
    """Its empty line is there."""
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Head:
    start_line: bytes
    fields: tuple[Field, ...]
    end: int
    complete: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Body:
    end: int
    data: bytes = b""
    chunks: tuple[Chunk, ...] = ()
    trailers: tuple[Field, ...] = ()
    complete: bool = True
    dropped: int = 0
    notes: tuple[str, ...] = ()


def _parse(data: bytes, *, is_request: bool, method: str, dropped: int) -> tuple[Message, ...]:
    messages: list[Message] = []
    at = 0
    while at < len(data):
        if messages and not _begins_message(data, at, is_request=is_request):
            messages[-1] = _with_surplus(messages[-1], data[at:])
            break
        if not is_request and not messages and not _begins_message(data, at, is_request=False):
            messages.append(_without_head(data, dropped))
            break
        message = _read_message(data, at, is_request=is_request, method=method, dropped=dropped)
        messages.append(message)
        at += len(message.head) + len(message.raw_body)
        if message.status >= 200:  # the method told of the first final response only
            method = ""
    if messages and dropped:
        said = ngettext(
            "{count} byte more was counted but not stored.",
            "{count} bytes more were counted but not stored.",
            dropped,
        ).format(count=dropped)
        messages[-1] = replace(messages[-1], dropped=dropped, notes=(*messages[-1].notes, said))
    return tuple(messages)


def _begins_message(data: bytes, at: int, *, is_request: bool) -> bool:
    if is_request:
        return bool(_NEXT_REQUEST.match(data, at) or _NEXT_REQUEST_CUT.match(data, at))
    return b"HTTP/".startswith(data[at : at + 5])


def _read_message(data: bytes, at: int, *, is_request: bool, method: str, dropped: int) -> Message:
    head = _read_head(data, at, is_request=is_request)
    message = Message(
        start_line=head.start_line,
        fields=head.fields,
        head=data[at : head.end],
        raw_body=b"",
        body=b"",
        chunks=(),
        chunked=False,
        complete=False,
        dropped=0,
        notes=head.notes,
        is_request=is_request,
    )
    if not head.complete:
        return message
    end, end_notes = _request_end(message) if is_request else _response_end(message, method)
    body = _read_body(data, head.end, end, message.content_length or 0, dropped)
    return replace(
        message,
        raw_body=data[head.end : body.end],
        body=body.data,
        chunks=body.chunks,
        chunked=end is _End.CHUNKED,
        complete=body.complete,
        notes=(*head.notes, *end_notes, *body.notes),
        body_dropped=body.dropped,
        trailers=body.trailers,
        until_close=end is _End.CLOSE,
    )


def _without_head(data: bytes, dropped: int) -> Message:
    return Message(
        start_line=b"",
        fields=(),
        head=b"",
        raw_body=data,
        body=data,
        chunks=(),
        chunked=False,
        complete=True,
        dropped=0,
        notes=(_("There is no status line: everything is the body, as in HTTP/0.9."),),
        body_dropped=dropped,
        until_close=True,
    )


def _with_surplus(message: Message, surplus: bytes) -> Message:
    count = len(surplus)
    if message.is_request and message.content_length is None and not message.chunked:
        said = ngettext(
            "{count} byte follows that no Content-Length announces.",
            "{count} bytes follow that no Content-Length announces.",
            count,
        )
    else:
        said = ngettext(
            "{count} byte follows the end of this message.",
            "{count} bytes follow the end of this message.",
            count,
        )
    return replace(
        message,
        raw_body=message.raw_body + surplus,
        notes=(*message.notes, said.format(count=count)),
    )


def _line(data: bytes, at: int) -> tuple[bytes, int, bytes]:
    """The line at an offset, the offset behind its line end, and that line end (empty: the bytes ran out)."""
    feed = data.find(b"\n", at)
    if feed < 0:
        return data[at:], len(data), b""
    stop = feed - 1 if feed > at and data[feed - 1] == 0x0D else feed
    return data[at:stop], feed + 1, data[stop : feed + 1]


def _read_head(data: bytes, at: int, *, is_request: bool) -> _Head:
    notes: list[str] = []
    line, after, line_end = _line(data, at)
    while is_request and line_end and not line:  # RFC 9112, 2.2: empty lines may stand before a request line
        notes[:] = [_("An empty line stands before the request line.")]
        line, after, line_end = _line(data, after)
    if b"\r" in line.removesuffix(b"\r"):
        notes.append(_bare_cr())
    if line_end == b"\n":
        notes.append(_bare_lf())
    section = _read_fields(data, after)
    notes += section.notes
    if not section.complete:
        notes.append(_("The empty line that ends the head is missing."))
    return _Head(line, section.fields, section.end, section.complete, tuple(dict.fromkeys(notes)))


def _read_fields(data: bytes, at: int) -> _FieldSection:
    rows: list[tuple[int, int]] = []
    notes: dict[str, None] = {}
    complete = False
    while at < len(data):
        start = at
        line, at, line_end = _line(data, start)
        if line_end == b"\n":
            notes[_bare_lf()] = None
        if line_end and not line:
            complete = True
            break
        if line == b"\r" and not line_end:  # the empty line, cut in the middle
            break
        if b"\r" in (line if line_end else line.removesuffix(b"\r")):
            notes[_bare_cr()] = None
        if line[:1] in (b" ", b"\t") and rows:  # RFC 9112, 5.2: the value goes on
            notes[_("A field is folded over several lines, which HTTP no longer allows.")] = None
            rows[-1] = (rows[-1][0], start + len(line))
            continue
        rows.append((start, start + len(line)))
        if line_end and (said := _field_fault(line)):
            notes[said] = None
    return _FieldSection(tuple(_field(data[start:stop]) for start, stop in rows), at, complete, tuple(notes))


def _field(line: bytes) -> Field:
    name, colon, value = line.partition(b":")
    if not colon:
        name, value = b"", line
    return Field(name, b" ".join(part.strip(b" \t\r") for part in value.split(b"\n")).strip(b" "), line)


def _field_fault(line: bytes) -> str:
    name, colon, _value = line.partition(b":")
    if not colon:
        return _("A line has no colon, so it is no field.")
    if not name:
        return _("A field has no name.")
    if name != name.strip(b" \t"):
        return _("White space stands beside a field name, where none belongs.")
    return ""


def _request_end(message: Message) -> tuple[_End, tuple[str, ...]]:
    """What ends the body of a request, RFC 9112, 6.3."""
    end, notes = _announced_end(message)
    if end is not None:
        return end, notes
    if message.value("Upgrade"):
        return _End.SWITCHED, ()
    return _End.HEAD, ()


def _response_end(message: Message, method: str) -> tuple[_End, tuple[str, ...]]:
    status = message.status
    if status == 101:
        return _End.SWITCHED, (_("After this response the connection no longer speaks HTTP."),)
    if method == "CONNECT" and 200 <= status < 300:
        return _End.SWITCHED, ()
    if 100 <= status < 200 or status in (204, 304) or method == "HEAD":
        return _End.HEAD, ()
    end, notes = _announced_end(message)
    if end is None:
        return _End.CLOSE, (_("No length is announced: the body ends where the connection closes."),)
    return end, notes


def _announced_end(message: Message) -> tuple[_End | None, tuple[str, ...]]:
    coding = message.value("Transfer-Encoding")
    length = message.value("Content-Length")
    if coding is not None:
        if coding.rpartition(",")[2].strip().lower() != "chunked":
            return _End.CLOSE, (
                _("Transfer-Encoding does not end in chunked: everything that follows is the body."),
            )
        if length is not None:
            return _End.CHUNKED, (
                _("Transfer-Encoding and Content-Length stand together; Transfer-Encoding wins."),
            )
        return _End.CHUNKED, ()
    if length is None:
        return None, ()
    if message.content_length is None:
        return _End.CLOSE, (_("Content-Length is not one number: everything that follows is the body."),)
    return _End.LENGTH, ()


def _announced_length(fields: tuple[Field, ...]) -> int | None:
    lengths = {
        part.strip(b" \t")
        for field in fields
        if field.name.lower() == b"content-length"
        for part in field.value.split(b",")
    }
    if len(lengths) != 1:  # RFC 9110, 8.6: a repeat of one number is that number
        return None
    length = lengths.pop()
    return int(length) if _LENGTH.fullmatch(length) else None


def _read_body(data: bytes, at: int, end: _End, length: int, dropped: int) -> _Body:
    if end is _End.LENGTH:
        body = data[at : at + length]
        missing = length - len(body)
        said = _("Content-Length is {length}, but the body stops after {count}.")
        return _Body(
            at + len(body),
            body,
            complete=missing <= dropped,
            dropped=min(missing, dropped),
            notes=() if missing <= dropped else (said.format(length=length, count=len(body) + dropped),),
        )
    if end is _End.CHUNKED:
        return _read_chunked_body(data, at, dropped)
    if end is _End.CLOSE:
        return _Body(len(data), data[at:], dropped=dropped)
    return _Body(len(data) if end is _End.SWITCHED else at)


def _read_chunked_body(data: bytes, at: int, dropped: int) -> _Body:
    read = read_chunked(data, at)
    notes = read.notes
    if not read.complete and dropped:
        notes = (*notes, _("The end of the chunks was not stored; the length counts their framing in."))
    elif not read.complete and not notes:
        last_missing = _("The last chunk, whose size is 0, is missing.")
        notes = (last_missing if read.last_end < 0 else _("The empty line after the last chunk is missing."),)
    return _Body(
        read.end,
        b"".join(chunk.data for chunk in read.chunks),
        chunks=read.chunks,
        trailers=read.trailers,
        complete=read.complete,
        dropped=0 if read.complete else dropped,
        notes=notes,
    )


def _bare_lf() -> str:
    return _("A line ends in a bare LF instead of CRLF.")


def _bare_cr() -> str:
    return _("A bare CR stands inside a line.")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
