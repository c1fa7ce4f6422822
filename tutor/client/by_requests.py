"""Sending with `requests`, and what its exceptions say. `client.load` imports it: that takes its time."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError, InvalidChunkLength

from tutor.client.call import READ_BYTES, Call, Count
from tutor.language import _
from tutor.sandbox.listening import LOOPBACK
from tutor.wire.request import Request

if TYPE_CHECKING:
    from urllib3.connectionpool import HTTPConnectionPool

_OWN_HOSTS = frozenset({LOOPBACK, "localhost"})


class _Connection(HTTPConnection):
    """urllib3's connection, made known to the server, and free of the fields that shall not be sent."""

    def __init__(
        self,
        *args: Any,
        call: Call,
        without: frozenset[str],
        repeated: dict[str, list[tuple[str, bytes]]],
        **kwargs: Any,
    ) -> None:
        """Make a connection of a call.

        Args:
            args, kwargs: urllib3's.
            call: what it belongs to.
            without: lower-case names of fields that nobody may add.
            repeated: by lower-case name, the lines of a field that has several; `requests` knows only one of
                a name.
        """
        super().__init__(*args, **kwargs)
        self._call = call
        self._without = without
        self._repeated = repeated

    def _new_conn(self) -> socket.socket:
        return self._call.opened(super()._new_conn())

    def putheader(self, header: str | bytes, *values: Any) -> None:
        name = header.decode("latin-1") if isinstance(header, bytes) else header
        if name.lower() in self._without:
            return
        if name.lower() in self._repeated:
            for each, value in self._repeated[name.lower()]:
                super().putheader(each, cast(str, value))
            return
        super().putheader(name, *values)


class _ForeignAddress(requests.RequestException):
    """A redirect leads away from the sandbox."""


class _Adapter(HTTPAdapter):
    def __init__(self, call: Call, request: Request) -> None:
        super().__init__()
        self._call = call
        given = {name.lower() for name, _value in request.fields}
        lines: dict[str, list[tuple[str, bytes]]] = {}
        for name, value in request.fields:
            lines.setdefault(name.lower(), []).append((name, value.encode()))
        self._for_connections = {
            "call": call,
            "without": frozenset(name.lower() for name in request.without) - given,
            "repeated": {name: each for name, each in lines.items() if len(each) > 1},
        }

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        pool = cast("HTTPConnectionPool", super().get_connection_with_tls_context(*args, **kwargs))
        pool.ConnectionCls = _Connection
        pool.conn_kw |= self._for_connections
        return pool

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        url = urlsplit(request.url or "")
        if url.scheme != "http" or url.hostname not in _OWN_HOSTS or url.port != self._call.server.port:
            raise _ForeignAddress(url.netloc or request.url, request=request)
        return super().send(request, *args, **kwargs)


def send(call: Call, request: Request, follow: bool, jar: RequestsCookieJar) -> str:
    """Send with `requests`; gives why it broke off, or nothing."""
    try:
        with requests.Session() as session:
            # Proxies and credentials of the environment have no business on loopback.
            session.trust_env = False
            session.cookies = jar
            adapter = _Adapter(call, request)
            session.mount("http://", adapter)
            session.mount("https://", adapter)
            prepared = _prepare(session, request, call.server.address)
            response = session.send(prepared, stream=True, allow_redirects=follow, timeout=call.timeout_s)
            try:
                _read_body(call, response)
            finally:
                if call.limit_reached:
                    call.leave()
                response.close()
    except (requests.RequestException, HTTPError, http.client.HTTPException, OSError, ValueError) as error:
        if call.limit_reached:
            call.leave()
            return ""
        return why(call, error)
    return ""


def _prepare(session: requests.Session, request: Request, address: str) -> requests.PreparedRequest:
    fields: dict[str, str | bytes] = {}
    for name, value in request.fields:
        # http.client would encode as Latin-1, and fail on the rest.
        fields[name] = value if value.isascii() else value.encode()
    named = {name.lower(): name for name in fields}
    body: Any = request.body or None
    if "transfer-encoding" in named and "content-length" not in named:
        # Of a body without a length `requests` makes chunks; bytes would get a Content-Length too.
        body = iter([request.body] if request.body else [])
    prepared = session.prepare_request(
        requests.Request(request.method, address + request.target, headers=fields, data=body)
    )
    for key in ("content-length", "cookie"):
        # The two fields that `requests` writes over.
        if key in named:
            prepared.headers[named[key]] = cast(str, fields[named[key]])
    return prepared


def _read_body(call: Call, response: requests.Response) -> None:
    limit_bytes, limit_events = call.until.body_bytes, call.until.events
    chunked = "chunked" in response.headers.get("Transfer-Encoding", "").lower()
    limited = limit_bytes is not None or limit_events is not None
    # Chunks come as they are, but for the long ones; without chunks a limit must be found octet by octet.
    size = 1 if limited and not chunked else READ_BYTES
    count = Count(call.until)
    pieces: Iterator[bytes] = response.iter_content(size)
    for piece in pieces:
        if count.reached_with(piece):
            call.limit_reached = True
            return


def why(call: Call, error: BaseException) -> str:
    """Why the client gave up, in words for a person."""
    causes = tuple(_causes(error))
    for kinds, text in _reasons(call):
        for cause in causes:
            if isinstance(cause, kinds):
                return text.format(reason=cause)
    for cause in causes:
        # Requests' own exceptions are OSErrors without a number.
        if isinstance(cause, OSError) and cause.strerror:
            return _("The connection failed: {reason}.").format(reason=cause.strerror)
    return _("{kind}: {reason}").format(kind=type(error).__name__, reason=error)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and those behind it; urllib3 and `requests` keep them in `args` and `reason` too."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        each = waiting.pop(0)
        if not isinstance(each, BaseException) or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += [*each.args, getattr(each, "reason", None), each.__cause__, each.__context__]


def _reasons(call: Call) -> tuple[tuple[tuple[type[BaseException], ...], str], ...]:
    """Kinds of exception, the telling ones first, each with what to say of it."""
    refused = (
        _("requests cannot follow this redirect: {reason}")
        if call.has_connected
        else _("requests refuses to send this: {reason}")
    )
    return (
        (
            (requests.TooManyRedirects,),
            _("requests stopped following redirects: {reason}"),
        ),
        (
            (_ForeignAddress,),
            _("The redirect leads to {reason}. Only the address of the sandbox is opened."),
        ),
        (
            (requests.exceptions.ContentDecodingError,),
            _("The body is not coded as Content-Encoding says. requests raises ContentDecodingError."),
        ),
        (
            (InvalidChunkLength,),
            _("A chunk does not begin with its size. requests raises ChunkedEncodingError."),
        ),
        (
            (requests.exceptions.ChunkedEncodingError,),
            _("The connection ended before the body did. requests raises ChunkedEncodingError."),
        ),
        (
            (http.client.RemoteDisconnected,),
            _("The server closed the connection without an answer. requests raises ConnectionError."),
        ),
        (
            (http.client.BadStatusLine,),
            _("What came back does not begin with a status line. requests raises ConnectionError."),
        ),
        (
            (requests.exceptions.InvalidHeader,),
            _("The head of the response contradicts itself: {reason}. requests raises InvalidHeader.")
            if call.has_connected
            else refused,
        ),
        (
            (http.client.HTTPException,),
            _("The head of the response cannot be read: {reason}. requests raises ConnectionError."),
        ),
        ((ConnectionRefusedError,), _("Nothing listens at this address.")),
        ((ConnectionResetError, BrokenPipeError), _("The server broke the connection off.")),
        ((requests.exceptions.InvalidURL, ValueError), refused),
    )
