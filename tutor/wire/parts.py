"""The explained view: a message taken apart into numbered parts, each with what it is for.

The parts' data, joined, are the message's bytes: a line end belongs to the part before it, and so does the
space behind a part of the start line.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tutor.language import _, ngettext
from tutor.wire.escape import visible, visible_bytes, wire_lines
from tutor.wire.message import Field, Message, read_chunked, split_request_line, split_status_line

_BLANK = b" \t"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a message."""

    number: int
    """Counted from 1."""
    label: str
    """What it is called; for a field, its name, escaped."""
    data: bytes
    note: str
    """One sentence on what it is for."""
    section: str
    """Where it is specified, `RFC 9110, 10.1.5`."""
    flask: str
    """What Flask calls it, `request.method`; empty for what the app does not see or set."""


def explain(message: Message) -> tuple[Part, ...]:
    """The message's parts in the order they stand on the wire; texts in the language in use."""
    found = (*_head_parts(message), *_body_parts(message))
    return tuple(
        Part(number, label, data, known.note, known.section, known.flask)
        for number, (label, data, known) in enumerate((entry for entry in found if entry[1]), start=1)
    )


class _Known(NamedTuple):
    """What is known of a part."""

    note: str
    section: str
    flask: str = ""


_Entry = tuple[str, bytes, _Known]


def _head_parts(message: Message) -> Iterator[_Entry]:
    lines = deque(wire_lines(message.head))
    while message.is_request and lines and not lines[0].data:
        blank = lines.popleft()
        yield _("Empty line"), blank.data + blank.end, _Known(_("A server may skip it."), "RFC 9112, 2.2")
    if lines:
        first = lines.popleft()
        split = _request_line_parts if message.is_request else _status_line_parts
        yield from split(first.data, first.end)
    known = _request_fields() if message.is_request else _response_fields()
    while lines:
        line = lines.popleft()
        if line.data.strip(b"\r") == b"":
            yield (
                _("Empty line"),
                line.data + line.end,
                _Known(_("It ends the head; what follows is the body."), "RFC 9112, 2.1"),
            )
            continue
        pieces = [line.data, line.end]
        while lines and lines[0].data[:1] in (b" ", b"\t"):  # a folded value goes on
            folded = lines.popleft()
            pieces += folded.data, folded.end
        data = b"".join(pieces)
        name, colon, _value = line.data.partition(b":")
        if colon:
            label = visible_bytes(name) or _("Field without a name")
            yield label, data, _field(name, known, is_request=message.is_request)
        else:
            yield _("Unreadable line"), data, _Known(_("It has no colon, so it is no field."), "RFC 9112, 5")


def _field(name: bytes, known: dict[str, _Known], *, is_request: bool) -> _Known:
    shown = visible_bytes(name)
    found = known.get(name.decode("latin-1").lower())
    if found is None:
        side = "request" if is_request else "response"
        note = (
            _("A field of someone's own making: client and app agree on what it means.")
            if name[:2].lower() == b"x-"
            else _("A field: a name and a value.")
        )
        return _Known(note, "RFC 9110, 5", f'{side}.headers["{shown}"]')
    return found


def _request_line_parts(line: bytes, end: bytes) -> Iterator[_Entry]:
    method, target, version = split_request_line(line)
    if not target:
        said = _("Method, target and version cannot be told apart here.")
        yield _("Request line"), line + end, _Known(said, "RFC 9112, 3")
        return
    target_at = len(line) - len(line[len(method) :].lstrip(_BLANK))
    version_at = len(line.rstrip(_BLANK)) - len(version) if version else len(line)
    path = target.partition(b"?")[0]
    query_at = target_at + len(path) if path != target else version_at
    pieces = [line[:target_at], line[target_at:query_at], line[query_at:version_at], line[version_at:]]
    last = max(at for at, piece in enumerate(pieces) if piece)
    pieces[last] += end
    yield _("Method"), pieces[0], _method(method)
    if target.startswith(b"/"):
        note = _("Which resource is meant; Flask looks for a URL rule that fits it.")
        yield _("Path"), pieces[1], _Known(note, "RFC 3986, 3.3", "request.path")
    else:
        yield (
            _("Target"),
            pieces[1],
            _Known(_("What the request is about; mostly it is a path."), "RFC 9112, 3.2"),
        )
    note = _("Parameters for the resource, behind the question mark.")
    yield _("Query"), pieces[2], _Known(note, "RFC 3986, 3.4", "request.args")
    note = _("The version of HTTP that the client speaks.")
    yield _("Version"), pieces[3], _Known(note, "RFC 9112, 2.3", 'request.environ["SERVER_PROTOCOL"]')


def _status_line_parts(line: bytes, end: bytes) -> Iterator[_Entry]:
    version, code, _reason = split_status_line(line)
    if not code:
        said = _("It holds no status code of three digits.")
        yield _("Status line"), line + end, _Known(said, "RFC 9112, 4")
        return
    code_at = len(line) - len(line[len(version) :].lstrip(_BLANK))
    reason_at = code_at + 4  # three digits and the space behind them
    pieces = [line[:code_at], line[code_at:reason_at], line[reason_at:]]
    pieces[2 if pieces[2] else 1] += end
    yield _("Version"), pieces[0], _Known(_("The version of HTTP that the server speaks."), "RFC 9112, 2.3")
    yield _("Status code"), pieces[1], _status(int(code))
    note = _("Words for people; a client goes by the code alone.")
    yield _("Reason phrase"), pieces[2], _Known(note, "RFC 9112, 4", "response.status")


def _body_parts(message: Message) -> Iterator[_Entry]:
    if message.chunked:
        yield from _chunk_parts(
            message.raw_body, "request.data" if message.is_request else "response.response"
        )
        return
    yield _("Body"), message.raw_body[: len(message.body)], _body(message)
    surplus = message.raw_body[len(message.body) :]
    protocol = message.value("Upgrade")
    if protocol and (message.is_request or message.status == 101):
        note = _("From here on the connection speaks {protocol}.").format(protocol=visible(protocol))
        yield _("After HTTP"), surplus, _Known(note, "RFC 9110, 7.8")
    else:
        yield from _surplus(surplus)


def _surplus(data: bytes) -> Iterator[_Entry]:
    yield _("Surplus"), data, _Known(_("It stands behind the end of the message."), "RFC 9112, 6.3")


def _chunk_parts(raw_body: bytes, flask: str) -> Iterator[_Entry]:
    read = read_chunked(raw_body)
    at = 0
    for number, (chunk, end) in enumerate(zip(read.chunks, read.chunk_ends, strict=True), start=1):
        note = ngettext(
            "Its size line says {size} in hexadecimal: {count} byte of data follows.",
            "Its size line says {size} in hexadecimal: {count} bytes of data follow.",
            chunk.size,
        ).format(size=f"{chunk.size:x}", count=chunk.size)
        known = _Known(note, "RFC 9112, 7.1", flask)
        yield _("Chunk {number}").format(number=number), raw_body[at:end], known
        at = end
    if read.last_end < 0:
        note = _("No chunk can be read here: a size in hexadecimal and a line end are expected.")
        yield _("Unreadable chunk"), raw_body[at:], _Known(note, "RFC 9112, 7.1")
        return
    note = _("The size 0 says that no more data follows.")
    yield _("Last chunk"), raw_body[at : read.last_end], _Known(note, "RFC 9112, 7.1")
    for label, data in _trailer_lines(raw_body[read.last_end : read.end], read.trailers):
        note = _("A field that is known only after the body.") if label else _("It ends the chunked body.")
        section = "RFC 9112, 7.1.2" if label else "RFC 9112, 7.1"
        yield label or _("Empty line"), data, _Known(note, section)
    yield from _surplus(raw_body[read.end :])


def _trailer_lines(data: bytes, trailers: tuple[Field, ...]) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each trailer field, then of the empty line, whose name is empty."""
    at = 0
    for field in trailers:
        end = at + len(field.line)
        end = data.find(b"\n", end) + 1 or len(data)
        yield visible_bytes(field.name) or _("Unreadable line"), data[at:end]
        at = end
    yield "", data[at:]


def _body(message: Message) -> _Known:
    section = "RFC 9112, 6"
    media_type = (message.value("Content-Type") or "").partition(";")[0].strip().lower()
    if not message.is_request:
        if media_type == "text/event-stream":
            note = _("Events as lines of text; an empty line ends each of them.")
            return _Known(note, "HTML Standard, Server-sent events", "response.response")
        return _Known(_("The content, of the type that Content-Type names."), section, "response.data")
    if media_type == "application/x-www-form-urlencoded":
        note = _("Form fields as name=value, joined by & and percent-encoded.")
        return _Known(note, section, "request.form")
    if media_type == "multipart/form-data":
        note = _("Form fields and files, each behind a boundary line and fields of its own.")
        return _Known(note, "RFC 7578, 4", "request.form, request.files")
    if media_type == "application/json":
        return _Known(_("A JSON text."), section, "request.json")
    return _Known(_("The content, of the type that Content-Type names."), section, "request.data")


def _method(method: bytes) -> _Known:
    notes = {
        b"GET": (_("Asks for the resource and changes nothing."), "RFC 9110, 9.3.1"),
        b"HEAD": (_("Asks for what GET would answer, without the body."), "RFC 9110, 9.3.2"),
        b"POST": (
            _("Hands the resource something to process; repeating it may do it twice."),
            "RFC 9110, 9.3.3",
        ),
        b"PUT": (
            _("Puts the body in the resource's place; repeating it changes nothing more."),
            "RFC 9110, 9.3.4",
        ),
        b"DELETE": (_("Asks to remove the resource."), "RFC 9110, 9.3.5"),
        b"CONNECT": (_("Asks a proxy for a tunnel to another host."), "RFC 9110, 9.3.6"),
        b"OPTIONS": (_("Asks which methods the resource answers to."), "RFC 9110, 9.3.7"),
        b"TRACE": (_("Asks for the request to be sent back as it arrived."), "RFC 9110, 9.3.8"),
        b"PATCH": (_("Changes a part of the resource."), "RFC 5789, 2"),
    }
    note, section = notes.get(
        method, (_("What is to be done; HTTP itself gives this word no meaning."), "RFC 9110, 9.1")
    )
    return _Known(note, section, "request.method")


def _status(code: int) -> _Known:
    note, section = _statuses().get(code, ("", ""))
    if not note:
        note, section = _classes().get(code // 100, (_("No class of status begins so."), "RFC 9110, 15"))
    return _Known(note, section, "response.status_code")


def _classes() -> dict[int, tuple[str, str]]:
    return {
        1: (_("An interim response: the final one is still to come."), "RFC 9110, 15.2"),
        2: (_("Success: the request was received, understood and accepted."), "RFC 9110, 15.3"),
        3: (_("Redirection: the client has more to do."), "RFC 9110, 15.4"),
        4: (_("The client's error: this request cannot be served as it is."), "RFC 9110, 15.5"),
        5: (_("The server's error: it failed on a request that looks right."), "RFC 9110, 15.6"),
    }


def _statuses() -> dict[int, tuple[str, str]]:
    return {
        100: (_("Go on and send the body; the final response comes later."), "RFC 9110, 15.2.1"),
        101: (_("The connection changes to the protocol that Upgrade names."), "RFC 9110, 15.2.2"),
        103: (_("Fields that the final response will probably hold, sent ahead."), "RFC 8297, 2"),
        200: (_("It worked."), "RFC 9110, 15.3.1"),
        201: (_("Something new was made; Location says where it is."), "RFC 9110, 15.3.2"),
        202: (_("Accepted; it is not done yet."), "RFC 9110, 15.3.3"),
        204: (_("It worked, and there is no body."), "RFC 9110, 15.3.5"),
        206: (_("Only the part that Range asked for."), "RFC 9110, 15.3.7"),
        300: (_("There are several addresses to choose from."), "RFC 9110, 15.4.1"),
        301: (_("Moved for good; a client may turn POST into GET on the way."), "RFC 9110, 15.4.2"),
        302: (_("Elsewhere for now; a client may turn POST into GET on the way."), "RFC 9110, 15.4.3"),
        303: (_("The answer stands elsewhere; fetch it with GET."), "RFC 9110, 15.4.4"),
        304: (_("What the client has is still right; there is no body."), "RFC 9110, 15.4.5"),
        307: (_("Elsewhere for now; method and body stay as they were."), "RFC 9110, 15.4.8"),
        308: (_("Moved for good; method and body stay as they were."), "RFC 9110, 15.4.9"),
        400: (_("The server cannot make sense of the request."), "RFC 9110, 15.5.1"),
        401: (_("Who you are must be proven first."), "RFC 9110, 15.5.2"),
        402: (_("Reserved for payments."), "RFC 9110, 15.5.3"),
        403: (_("Understood and refused."), "RFC 9110, 15.5.4"),
        404: (_("Nothing is found at this address."), "RFC 9110, 15.5.5"),
        405: (_("The address exists, but not for this method; Allow lists the others."), "RFC 9110, 15.5.6"),
        406: (_("There is no form of it that Accept allows."), "RFC 9110, 15.5.7"),
        408: (_("The request took too long to arrive."), "RFC 9110, 15.5.9"),
        409: (_("It conflicts with the state the resource is in."), "RFC 9110, 15.5.10"),
        410: (_("It was here once, and is gone for good."), "RFC 9110, 15.5.11"),
        411: (_("The body needs a Content-Length."), "RFC 9110, 15.5.12"),
        412: (_("A condition of the request does not hold."), "RFC 9110, 15.5.13"),
        413: (_("The body is larger than the server takes."), "RFC 9110, 15.5.14"),
        414: (_("The target is longer than the server reads."), "RFC 9110, 15.5.15"),
        415: (_("The body is of a type that is not accepted here."), "RFC 9110, 15.5.16"),
        416: (_("The range lies outside of the content."), "RFC 9110, 15.5.17"),
        417: (_("What Expect asks for cannot be done."), "RFC 9110, 15.5.18"),
        418: (_("A teapot that is asked for coffee; it began as a joke."), "RFC 2324, 2.3.2"),
        422: (_("The body can be read, and what it says cannot be carried out."), "RFC 9110, 15.5.21"),
        426: (_("The client must change to the protocol that Upgrade names."), "RFC 9110, 15.5.22"),
        428: (_("The request must carry a condition, such as If-Match."), "RFC 6585, 3"),
        429: (_("Too many requests in a short time."), "RFC 6585, 4"),
        431: (_("The fields are more, or longer, than the server reads."), "RFC 6585, 5"),
        500: (_("The server met an error that it did not expect."), "RFC 9110, 15.6.1"),
        501: (_("The server does not know how to do this."), "RFC 9110, 15.6.2"),
        502: (_("A server behind this one gave an answer that makes no sense."), "RFC 9110, 15.6.3"),
        503: (_("Not available just now; Retry-After may say when."), "RFC 9110, 15.6.4"),
        504: (_("A server behind this one did not answer in time."), "RFC 9110, 15.6.5"),
        505: (_("The server does not speak this version of HTTP."), "RFC 9110, 15.6.6"),
    }


def _shared_fields(side: str) -> dict[str, _Known]:
    """Fields that both kinds of message carry."""
    return {
        "connection": _Known(
            _("Whether the connection stays open after this exchange; fields for this hop alone."),
            "RFC 9110, 7.6.1",
            'request.headers["Connection"]' if side == "request" else "",
        ),
        "content-length": _Known(
            _("How many bytes of body follow."), "RFC 9110, 8.6", f"{side}.content_length"
        ),
        "content-type": _Known(
            _("What the body is: its media type, and for text its charset."),
            "RFC 9110, 8.3",
            f"{side}.content_type, {side}.mimetype",
        ),
        "content-encoding": _Known(
            _("How the content is compressed."), "RFC 9110, 8.4", f"{side}.content_encoding"
        ),
        "content-disposition": _Known(
            _("Whether to show the content or to save it, and under which name."),
            "RFC 6266, 4",
            f'{side}.headers["Content-Disposition"]',
        ),
        "cache-control": _Known(
            _("Whether, and for how long, a copy may be kept and used again."),
            "RFC 9111, 5.2",
            f"{side}.cache_control",
        ),
        "date": _Known(
            _("When the message was made."), "RFC 9110, 6.6.1", f"{side}.date" if side == "request" else ""
        ),
        "pragma": _Known(_("An old form of Cache-Control."), "RFC 9111, 5.4", f'{side}.headers["Pragma"]'),
        "trailer": _Known(
            _("Which fields follow the chunks."), "RFC 9110, 6.6.2", f'{side}.headers["Trailer"]'
        ),
        "transfer-encoding": _Known(
            _("How the body is framed: chunked means in pieces, each with its size."),
            "RFC 9112, 6.1",
            'request.headers["Transfer-Encoding"]' if side == "request" else "",
        ),
        "upgrade": _Known(
            _("Another protocol to change this connection to."), "RFC 9110, 7.8", f'{side}.headers["Upgrade"]'
        ),
        "via": _Known(_("The proxies that the message passed."), "RFC 9110, 7.6.3", f'{side}.headers["Via"]'),
        "sec-websocket-extensions": _Known(
            _("Extensions of WebSocket, such as compression, offered or chosen."),
            "RFC 6455, 11.3.2",
            f'{side}.headers["Sec-WebSocket-Extensions"]',
        ),
        "sec-websocket-protocol": _Known(
            _("The application's own protocols on top of WebSocket, offered or chosen."),
            "RFC 6455, 11.3.4",
            f'{side}.headers["Sec-WebSocket-Protocol"]',
        ),
        "sec-websocket-version": _Known(
            _("The version of WebSocket: 13."), "RFC 6455, 11.3.5", f'{side}.headers["Sec-WebSocket-Version"]'
        ),
    }


def _request_fields() -> dict[str, _Known]:
    cors = "Fetch Standard, CORS protocol"
    return _shared_fields("request") | {
        "host": _Known(
            _("Which host is meant: one server may serve several."), "RFC 9110, 7.2", "request.host"
        ),
        "user-agent": _Known(_("Which program sends the request."), "RFC 9110, 10.1.5", "request.user_agent"),
        "accept": _Known(
            _("Which media types the client takes, and which it likes better."),
            "RFC 9110, 12.5.1",
            "request.accept_mimetypes",
        ),
        "accept-charset": _Known(
            _("Which charsets the client takes; nobody sends it any more."),
            "RFC 9110, 12.5.2",
            "request.accept_charsets",
        ),
        "accept-encoding": _Known(
            _("Which compressions the client can undo."), "RFC 9110, 12.5.3", "request.accept_encodings"
        ),
        "accept-language": _Known(
            _("Which languages the person behind the client reads."),
            "RFC 9110, 12.5.4",
            "request.accept_languages",
        ),
        "authorization": _Known(
            _("Credentials that prove who is asking."), "RFC 9110, 11.6.2", "request.authorization"
        ),
        "cookie": _Known(
            _("What earlier Set-Cookie fields asked the client to send back."),
            "RFC 6265, 4.2",
            "request.cookies",
        ),
        "expect": _Known(
            _("The client waits for 100 Continue before it sends the body."),
            "RFC 9110, 10.1.1",
            'request.headers["Expect"]',
        ),
        "if-match": _Known(
            _("Do it only if the ETag is still this one."), "RFC 9110, 13.1.1", "request.if_match"
        ),
        "if-modified-since": _Known(
            _("Send it only if it changed after this time."), "RFC 9110, 13.1.3", "request.if_modified_since"
        ),
        "if-none-match": _Known(
            _("Send it only if the ETag is no longer this one; else 304."),
            "RFC 9110, 13.1.2",
            "request.if_none_match",
        ),
        "if-range": _Known(
            _("Send the range only if nothing changed, else the whole."),
            "RFC 9110, 13.1.5",
            "request.if_range",
        ),
        "if-unmodified-since": _Known(
            _("Do it only if nothing changed after this time."),
            "RFC 9110, 13.1.4",
            "request.if_unmodified_since",
        ),
        "last-event-id": _Known(
            _("The id of the last event that the client got: the stream goes on behind it."),
            "HTML Standard, Server-sent events",
            'request.headers["Last-Event-ID"]',
        ),
        "origin": _Known(
            _("The site whose page or script sends the request: scheme, host and port."),
            "RFC 6454, 7",
            "request.origin",
        ),
        "range": _Known(_("Which part of the content is wanted."), "RFC 9110, 14.2", "request.range"),
        "referer": _Known(
            _("The address of the page that led here; the misspelling is the standard's own."),
            "RFC 9110, 10.1.3",
            "request.referrer",
        ),
        "sec-websocket-key": _Known(
            _("16 random bytes, in base64; the server proves with them that it speaks WebSocket."),
            "RFC 6455, 11.3.1",
            'request.headers["Sec-WebSocket-Key"]',
        ),
        "te": _Known(
            _("Which transfer codings the client takes."), "RFC 9110, 10.1.4", 'request.headers["TE"]'
        ),
        "access-control-request-method": _Known(
            _("The method that the real request would use."), cors, "request.access_control_request_method"
        ),
        "access-control-request-headers": _Known(
            _("The fields that the real request would carry."), cors, "request.access_control_request_headers"
        ),
    }


def _response_fields() -> dict[str, _Known]:
    cors = "Fetch Standard, CORS protocol"
    return _shared_fields("response") | {
        "accept-ranges": _Known(
            _("Whether the client may ask for parts of the content."),
            "RFC 9110, 14.3",
            "response.accept_ranges",
        ),
        "age": _Known(_("How many seconds a cache has kept it."), "RFC 9111, 5.1", "response.age"),
        "allow": _Known(_("The methods that this address answers to."), "RFC 9110, 10.2.1", "response.allow"),
        "content-language": _Known(
            _("The language that the content is written in."), "RFC 9110, 8.5", "response.content_language"
        ),
        "content-location": _Known(
            _("The address of just this content."), "RFC 9110, 8.7", "response.content_location"
        ),
        "content-range": _Known(
            _("Which part of the content this is."), "RFC 9110, 14.4", "response.content_range"
        ),
        "etag": _Known(
            _("A tag for this state of the content; If-None-Match sends it back."),
            "RFC 9110, 8.8.3",
            "response.set_etag(), response.get_etag()",
        ),
        "expires": _Known(_("Until when a copy may be used."), "RFC 9111, 5.3", "response.expires"),
        "last-modified": _Known(
            _("When the content last changed."), "RFC 9110, 8.8.2", "response.last_modified"
        ),
        "location": _Known(
            _("Where to go next, or where the new resource is."), "RFC 9110, 10.2.2", "response.location"
        ),
        "retry-after": _Known(
            _("When to try again: seconds, or a date."), "RFC 9110, 10.2.3", "response.retry_after"
        ),
        "sec-websocket-accept": _Known(
            _("The proof that the server read Sec-WebSocket-Key."), "RFC 6455, 11.3.3"
        ),
        "server": _Known(
            _("Which program answered; the HTTP server adds it, not the app."), "RFC 9110, 10.2.4"
        ),
        "set-cookie": _Known(
            _("Asks the client to keep this and to send it back in Cookie."),
            "RFC 6265, 4.1",
            "response.set_cookie()",
        ),
        "vary": _Known(
            _("The request fields that the content depends on, for caches."),
            "RFC 9110, 12.5.5",
            "response.vary",
        ),
        "www-authenticate": _Known(
            _("How the client can prove who it is."), "RFC 9110, 11.6.1", "response.www_authenticate"
        ),
        "access-control-allow-origin": _Known(
            _("The site whose scripts may read the response; a browser enforces it."),
            cors,
            "response.access_control_allow_origin",
        ),
        "access-control-allow-methods": _Known(
            _("The methods that another site's scripts may use."),
            cors,
            "response.access_control_allow_methods",
        ),
        "access-control-allow-headers": _Known(
            _("The fields that another site's scripts may send."),
            cors,
            "response.access_control_allow_headers",
        ),
        "access-control-allow-credentials": _Known(
            _("Whether another site's scripts may send cookies along."),
            cors,
            "response.access_control_allow_credentials",
        ),
        "strict-transport-security": _Known(
            _("Tells browsers to come by https only."),
            "RFC 6797, 6.1",
            'response.headers["Strict-Transport-Security"]',
        ),
        "x-content-type-options": _Known(
            _("Whether a browser may guess at another media type than Content-Type names."),
            "Fetch Standard, X-Content-Type-Options header",
            'response.headers["X-Content-Type-Options"]',
        ),
        "x-frame-options": _Known(
            _("Whether another site may show this page in a frame."),
            "RFC 7034, 2",
            'response.headers["X-Frame-Options"]',
        ),
        "content-security-policy": _Known(
            _("Where scripts, styles and the like of this page may come from."),
            "Content Security Policy Level 3, 3.1",
            "response.content_security_policy",
        ),
    }
