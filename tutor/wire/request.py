"""Requests as they are written: in a lesson's `http` block, and as one line at the prompt.

`docs/lesson-format.md` says how each is written.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from urllib.parse import urlencode

from msgspec import Struct

from tutor.language import _
from tutor.wire.escape import visible

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
MULTIPART = "multipart/form-data"
DEFAULT_FIELDS = (
    "Host",
    "User-Agent",
    "Accept-Encoding",
    "Accept",
    "Connection",
    "Content-Length",
    "Content-Type",
)
"""The fields that `requests` may add by itself."""

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110, 5.6.2
_VERSION = re.compile(r"HTTP/\S*", re.IGNORECASE)
_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
_OTHER_CLIENTS = ("curl", "http", "https", "httpie", "wget")
_LIVE_VALUE = re.compile(r"\{\{.*?\}\}")
_LOOPBACK = re.compile(r"(?:http://)?(?:127\.0\.0\.1|localhost)(?::[0-9]*)?(?=[/?#]|$)", re.IGNORECASE)
_ITEM = re.compile(r"[A-Za-z0-9_.\-]+(?::=|==|=|:)")
"""What begins an item, rather than a field's value."""
_BRACKET = re.compile(r"[ \t]+([{\[])")
_SEPARATOR = re.compile(r":=|==|=|:")
_SEPARATOR_OR_FILE = re.compile(r":=|==|=|:|@")
_SINGLE_QUOTED = re.compile(r"'([^']*)'")
_DOUBLE_QUOTED = re.compile(r"\"((?:[^\"\\]|\\.)*)\"", re.DOTALL)
_PLAIN_RUN = re.compile(r"[^ \t\r\n'\"\\]+")
_UNQUOTED = re.compile(r"[^ \t]+")
_HALF_CHARACTER = re.compile("[\ud800-\udc7f\udd00-\udfff]")
_SPACE = " \t\r\n"
_SHOWN = 40


class Request(Struct, frozen=True):
    """A request that `requests` is to send."""

    method: str
    target: str
    """Path and query as written; characters that no target may hold are for the client to encode."""
    fields: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    without: frozenset[str] = frozenset()
    """Default fields of `requests` to leave out, spelled as in `DEFAULT_FIELDS`."""


class RawRequest(Struct, frozen=True):
    """Bytes for a plain socket."""

    data: bytes
    pauses: tuple[int, ...] = ()
    """Offsets into `data` at which the client stops until it is told to go on, in order."""


class Upload(Struct, frozen=True):
    """A file to send in a form."""

    file_name: str
    content_type: str
    """Empty where nobody can say."""
    data: bytes


ReadFile = Callable[[str], Upload]
"""What reads a file by the name that was typed."""


class RequestSyntaxError(Exception):
    """A request that cannot be read: what is wrong, and what would be right.

    `line` and `column` count from 1, in characters of the text that was given.
    """

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


def parse_http_block(text: str) -> Request:
    """Read the text of an `http` block; live values that are not yet filled in may stand in it.

    Raises:
        RequestSyntaxError: a line is not what its place asks for.
    """
    refuse_half_characters(text)
    lines = text.replace("\r\n", "\n").split("\n")
    method, target = _block_request_line(lines[0])
    fields: list[tuple[str, str]] = []
    number = 1
    while number < len(lines) and lines[number]:
        fields.append(_block_field(lines[number], number + 1))
        number += 1
    body_lines = lines[number + 1 :]
    if body_lines and not body_lines[-1]:  # the line end behind the last line belongs to the fence
        body_lines.pop()
    multipart = any(
        name.lower() == "content-type" and value.lower().startswith("multipart/") for name, value in fields
    )
    if multipart and body_lines:  # RFC 2046, 5.1.1: a delimiter line begins and ends with CRLF
        return Request(method, target, tuple(fields), _encode("\r\n".join(body_lines) + "\r\n"))
    return Request(method, target, tuple(fields), _encode("\n".join(body_lines)))


def parse_request_line(text: str) -> Request:
    """Read a request typed as one line: `POST /form name=grey --form X-Test:1`; quotes work as in a shell.

    Raises:
        RequestSyntaxError: the line is no request.
    """
    refuse_half_characters(text)
    return _request(_words(text), _Items())


def parse_request_words(
    words: Sequence[str], *, form: bool = False, read_file: ReadFile | None = None
) -> Request:
    """Read a request that a shell has split into words.

    Args:
        words: method, target and items.
        form: the items of the body are a form, as with `--form`.
        read_file: reads the file of an item `name@file`; None where there are no such items.

    Raises:
        RequestSyntaxError: the words are no request. Its column counts in the word, its line is 1.
    """
    for word in words:
        refuse_half_characters(word)
    return _request([_Word(word, 1, 1) for word in words], _Items(form=form, read_file=read_file))


def _request(words: list[_Word], items: _Items) -> Request:
    if not words:
        raise RequestSyntaxError(_("There is no request here. Write one such as GET /hello."))
    method, target = _method_and_target(words)
    while words:
        items.add(words.pop(0), words)
    return items.request(method, target)


class _Word(Struct, frozen=True):
    """One word of a line, its quotes taken off, and where it stands."""

    text: str
    line: int
    column: int

    def error(self, message: str, **shown: str) -> RequestSyntaxError:
        """The error at this word; `{word}` in the message stands for it."""
        values = {"word": self.text, **shown}
        said = message.format(**{name: _shown(value) for name, value in values.items()})
        return RequestSyntaxError(said, self.line, self.column)


class _Datum(Struct, frozen=True):
    """An item of the body."""

    word: _Word
    name: str
    value: object
    is_json: bool


class _Items(Struct):
    """The items behind the target, as they add up to a request."""

    fields: list[tuple[str, str]] = []
    without: dict[str, str] = {}
    query: list[tuple[str, str]] = []
    data: list[_Datum] = []
    form: bool = False
    read_file: ReadFile | None = None
    raw: str | None = None
    taken_away: str = ""
    """The field that the word before took away, as it was written."""

    def add(self, word: _Word, rest: list[_Word]) -> None:
        before, self.taken_away = self.taken_away, ""
        if word.text.startswith("--"):
            self._add_option(word, rest)
            return
        if _VERSION.fullmatch(word.text):
            _check_version(word)
            return
        found = (_SEPARATOR_OR_FILE if self.read_file else _SEPARATOR).search(word.text)
        name = word.text[: found.start()] if found else ""
        if before and not _TOKEN.fullmatch(name):
            raise word.error(
                _("A space stands between {name}: and {word}. Write one word, in quotes if it holds spaces."),
                name=before,
            )
        if found is None or not name:
            raise word.error(
                _(
                    "{word} is no item. Items are Name:value, name==value, name=value and name:=JSON; "
                    "put one with spaces in quotes."
                )
            )
        value = word.text[found.end() :]
        match found[0]:
            case ":":
                value = value or _value_behind_space(name, rest)
                self._add_field(word, name, value)
            case "==":
                self.query.append((name, value))
            case "=":
                self.data.append(_Datum(word, name, value, is_json=False))
            case "@":
                assert self.read_file is not None
                self.data.append(_Datum(word, name, self.read_file(value), is_json=False))
            case _:
                self.data.append(_Datum(word, name, _json_value(word, name, value), is_json=True))

    def request(self, method: str, target: str) -> Request:
        body, content_type = self._body()
        given = {name.lower() for name, _value in self.fields}
        if content_type and "content-type" not in given and "content-type" not in self.without:
            self.fields.append(("Content-Type", content_type))
        return Request(
            method or ("POST" if body else "GET"),
            _with_query(target, self.query),
            tuple(self.fields),
            body,
            frozenset(name for key, name in self.without.items() if key not in given),
        )

    def _body(self) -> tuple[bytes, str]:
        if self.raw is not None:
            for datum in self.data:
                raise datum.word.error(
                    _("--raw is the whole body. Leave out {word}, or write it into the text.")
                )
            return _encode(self.raw), FORM if self.form else ""
        has_files = any(isinstance(datum.value, Upload) for datum in self.data)
        if self.form or has_files:
            for datum in self.data:
                if datum.is_json:
                    raise datum.word.error(_("A form holds text only. Write {name}=value."), name=datum.name)
            if has_files:
                return _multipart(self.data)
            return _urlencode([(datum.name, str(datum.value)) for datum in self.data]).encode("ascii"), FORM
        values: dict[str, object] = {}
        for datum in self.data:
            if datum.name in values:
                raise datum.word.error(
                    _("{name} stands here twice; a JSON object holds it once. A list is '{name}:=[1, 2]'."),
                    name=datum.name,
                )
            values[datum.name] = datum.value
        return (json.dumps(values).encode("ascii"), JSON) if values else (b"", "")

    def _add_option(self, word: _Word, rest: list[_Word]) -> None:
        option, equals, value = word.text.partition("=")
        if option == "--form" and not equals:
            self.form = True
        elif option == "--raw":
            if not equals and not rest:
                raise word.error(_("Nothing follows --raw. Write the body behind it: --raw 'name=grey'."))
            if self.raw is not None:
                raise word.error(_("--raw stands here twice. A request has one body."))
            self.raw = value if equals else rest.pop(0).text
        else:
            raise word.error(_("There is no option {word}. The options are --form and --raw TEXT."))

    def _add_field(self, word: _Word, name: str, value: str) -> None:
        if not _TOKEN.fullmatch(name):
            raise word.error(_("{name} is no field name. A field is written Name:value."), name=name)
        value = value.strip(" \t")
        if "\r" in value or "\n" in value:
            raise word.error(_("The value of {name} holds a line end. Write it as one line."), name=name)
        if value:
            self.fields.append((name, value))
            return
        default = {default.lower(): default for default in DEFAULT_FIELDS}.get(name.lower())
        if default is None:
            raise word.error(
                _("No {name} is sent by default. For a value write {name}:value, without a space."),
                name=name,
            )
        self.without[name.lower()] = default
        self.taken_away = name


def _value_behind_space(name: str, rest: list[_Word]) -> str:
    """The value of `Name: value`, written as on the wire; empty where the next word is an item of its own."""
    if not rest or rest[0].text.startswith("--") or not _TOKEN.fullmatch(name):
        return ""
    is_default = name.lower() in {default.lower() for default in DEFAULT_FIELDS}
    if is_default and _ITEM.match(rest[0].text):
        return ""
    value = rest.pop(0).text
    while value.endswith((",", ";")) and rest:
        value += " " + rest.pop(0).text
    return value


def _words(text: str) -> list[_Word]:
    """Split as shlex does, and keep the places, which shlex does not tell."""
    words: list[_Word] = []
    at = 0
    while at < len(text):
        if text[at] in _SPACE:
            at += 1
            continue
        start = at
        parts: list[str] = []
        while at < len(text) and text[at] not in _SPACE:
            part, at = _word_part(text, at)
            parts.append(part)
        words.append(_Word("".join(parts), *_place(text, start)))
        if words[-1].text == "--raw" and (found := _BRACKET.match(text, at)):
            # JSON is typed as it stands: nobody quotes it for a shell that there is not.
            start, at = found.start(1), _bracket_end(text, found.start(1))
            words.append(_Word(text[start:at], *_place(text, start)))
    return words


def _bracket_end(text: str, start: int) -> int:
    """The offset behind a JSON object or list; of one that is broken, behind its last bracket."""
    try:
        return json.JSONDecoder().raw_decode(text, start)[1]
    except (ValueError, RecursionError):
        closed = max(text.rfind("}"), text.rfind("]"))
        return closed + 1 if closed > start else len(text)


def _word_part(text: str, at: int) -> tuple[str, int]:
    """A quoted run, an escaped character or a plain run, and the offset behind it."""
    mark = text[at]
    if mark == "\\":
        if at + 1 == len(text):
            raise RequestSyntaxError(
                _("Nothing follows the backslash. Write \\\\ for a backslash."), *_place(text, at)
            )
        return text[at + 1], at + 2
    if mark not in "'\"":
        found = _PLAIN_RUN.match(text, at)
        stop = found.end() if found else at + 1
        return text[at:stop], stop
    found = (_SINGLE_QUOTED if mark == "'" else _DOUBLE_QUOTED).match(text, at)
    if found is None:
        said = _("The quote {quote} is not closed. Close it, or write \\{quote} for the character itself.")
        raise RequestSyntaxError(said.format(quote=mark), *_place(text, at))
    inside = found[1]
    return (inside if mark == "'" else re.sub(r"\\([\\\"])", r"\1", inside)), found.end()


def _place(text: str, at: int) -> tuple[int, int]:
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def _method_and_target(words: list[_Word]) -> tuple[str, str]:
    """Take the method, which may be missing, and the target off the front."""
    first = words.pop(0)
    if _looks_like_target(first.text):
        return "", _target(first)
    if first.text.lower() in _OTHER_CLIENTS and words:
        raise first.error(_("{word} is another client. Begin with the method: GET /hello."))
    known = first.text.upper() in _METHODS
    if known and not words:
        raise first.error(_("No target follows {word}. Write one behind it: {word} /hello."))
    if (
        first.text.startswith("--")
        or not _TOKEN.fullmatch(first.text)
        or not (known or (words and _looks_like_target(words[0].text)))
    ):
        return "", _target(first)  # says what is missing
    return _method(first), _target(words.pop(0))


def _looks_like_target(text: str) -> bool:
    return text.startswith(("/", "{{")) or "://" in text or _LOOPBACK.match(text) is not None


def _method(word: _Word) -> str:
    if not _TOKEN.fullmatch(word.text):
        raise word.error(_("{word} is no method. A request begins with one such as GET."))
    return word.text.upper() if word.text.islower() and word.text.upper() in _METHODS else word.text


def _target(word: _Word) -> str:
    text = word.text
    if text.startswith(("/", "{{")):
        return text
    if found := _LOOPBACK.match(text):
        rest = text[found.end() :].partition("#")[0]
        return rest if rest.startswith("/") else f"/{rest}"
    if "://" in text:
        raise word.error(_("{word} is not the sandbox. Write a path such as /hello."))
    if text.startswith("--"):
        raise word.error(_("{word} stands before the target. Write the target first, such as /hello."))
    for method in _METHODS:
        if text.startswith(f"{method}/"):
            right = f"{method} {text[len(method) :]}"
            raise word.error(
                _("A space is missing behind {method}. Write {right}."), method=method, right=right
            )
    if _SEPARATOR.search(text):
        raise word.error(_("The target is missing before {word}. Write a path such as /hello."))
    raise word.error(_("A target begins with a slash. Write /{word}."))


def _check_version(word: _Word) -> None:
    if word.text.upper() != "HTTP/1.1":
        raise word.error(
            _("{word} cannot be sent here. Write HTTP/1.1 or nothing; raw bytes may say any version.")
        )


def _block_request_line(line: str) -> tuple[str, str]:
    # A live value counts as one word, whatever it holds.
    masked = _LIVE_VALUE.sub(lambda found: "{{" + "x" * (len(found[0]) - 4) + "}}", line)
    words = [
        _Word(line[part.start() : part.end()], 1, part.start() + 1) for part in _UNQUOTED.finditer(masked)
    ]
    if not words:
        raise RequestSyntaxError(
            _("The request line is missing. Begin with one such as GET /hello HTTP/1.1.")
        )
    if len(words) > 1 and _VERSION.fullmatch(words[-1].text):
        _check_version(words.pop())
    if _looks_like_target(words[0].text):
        raise words[0].error(_("The method is missing before {word}. Write GET {word} HTTP/1.1."))
    if len(words) == 1:
        raise words[0].error(_("The request line needs a method and a target, such as GET /hello HTTP/1.1."))
    if len(words) > 2:
        raise words[2].error(_("A space stands in the target before {word}. Write %20 for it."))
    return _method(words[0]), _target(words[1])


def _block_field(line: str, number: int) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    word = _Word(name, number, 1)
    if line[0] in " \t":
        raise word.error(_("A field line begins with a space. Begin it with the field's name."))
    if not colon:
        raise word.error(
            _("{word} is no field line. Write Name: value; an empty line stands before the body.")
        )
    if not _TOKEN.fullmatch(name):
        raise word.error(_("{word} is no field name. A field line is written Name: value."))
    if "\r" in value:
        raise word.error(_("The value of {word} holds a bare CR. Only a raw block can send one."))
    return name, value.strip(" \t")


def _json_value(word: _Word, name: str, value: str) -> object:
    try:
        parsed: object = json.loads(value)
        json.dumps({name: parsed}, allow_nan=False)  # Python reads NaN and Infinity, which JSON does not know
    except (ValueError, RecursionError):
        raise word.error(
            _("{value} is no JSON. Put it in single quotes: '{name}:=[\"a\", 1]'."),
            name=name,
            value=value,
        ) from None
    return parsed


def _with_query(target: str, pairs: list[tuple[str, str]]) -> str:
    if not pairs:
        return target
    address, mark, fragment = target.partition("#")
    joint = "" if address.endswith(("?", "&")) else "&" if "?" in address else "?"
    return f"{address}{joint}{_urlencode(pairs)}{mark}{fragment}"


def _multipart(data: list[_Datum]) -> tuple[bytes, str]:
    """The body of a form with files (RFC 7578), and its type; the same data gives the same boundary."""
    parts: list[tuple[bytes, bytes]] = []
    for datum in data:
        disposition = f'form-data; name="{_form_name(datum.name)}"'
        content = datum.value
        content_type = ""
        if isinstance(content, Upload):
            disposition += f'; filename="{_form_name(content.file_name)}"'
            content_type = content.content_type or "application/octet-stream"
        head = f"Content-Disposition: {disposition}\r\n"
        if content_type:
            head += f"Content-Type: {content_type}\r\n"
        parts.append((_encode(head), content.data if isinstance(content, Upload) else _encode(str(content))))
    # A digest of everything cannot stand in what it is a digest of.
    digest = hashlib.sha256(b"\0".join(part for both in parts for part in both)).hexdigest()[:24]
    delimiter = b"--" + digest.encode()
    body = b"".join(delimiter + b"\r\n" + head + b"\r\n" + content + b"\r\n" for head, content in parts)
    return body + delimiter + b"--\r\n", f"{MULTIPART}; boundary={digest}"


def _form_name(name: str) -> str:
    """A name between double quotes, as browsers write it (WHATWG HTML, 4.10.21.8)."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _urlencode(pairs: list[tuple[str, str]]) -> str:
    return urlencode(pairs, encoding="utf-8", errors="surrogateescape")


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def refuse_half_characters(text: str) -> None:
    """Refuse half characters, which no encoding of the web can carry; surrogateescape's stand-ins are octets.

    Raises:
        RequestSyntaxError: there is one.
    """
    if found := _HALF_CHARACTER.search(text):
        raise RequestSyntaxError(
            _("{character} is half a character and cannot be sent. Leave it out.").format(
                character=visible(found[0])
            ),
            *_place(text, found.start()),
        )


def _shown(text: str) -> str:
    return visible(text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…")
