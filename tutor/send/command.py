"""`flask-http-tutor send`: from words to an exchange, and from an exchange to what was asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tutor import __version__
from tutor.environment import Environment
from tutor.errors import ExitCode, SandboxError, UsageError
from tutor.language import _
from tutor.wire.exchange import Direction, Exchange
from tutor.wire.request import RawRequest, Request, RequestSyntaxError, Upload, parse_request_words

if TYPE_CHECKING:
    from flask import Flask

    from tutor.client.call import Target

_PROGRAM = "flask-http-tutor"
_HOSTS = ("127.0.0.1", "localhost")
_CAP_BYTES = 256 * 1024 * 1024
"""Bytes kept of one direction: what is written must be whole, a large upload too."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """The options of the command."""

    form: bool = False
    raw: str = ""
    """A file with the bytes to send; `-` is stdin."""
    follow: bool = False
    trace: bool = False
    lesson: str = ""
    app: str = ""
    at: str = ""
    format_: str = "text"


def send(env: Environment, words: Sequence[str], wishes: Wishes) -> ExitCode:
    """Send one request and print the exchange.

    Raises:
        UsageError: the words are no request, or the options do not go together.
        SandboxError: the server could not be started or reached, or gave no response.
    """
    _check(words, wishes)
    request = _request(env, words, wishes)
    with _server(request, wishes) as server:
        from tutor.client.client import Client

        if not wishes.at:
            env.err.show(
                [
                    _(
                        "This sandbox is new and keeps no cookies; one that `{program} serve` runs stays, "
                        "and --at sends there."
                    ).format(program=_PROGRAM)
                ]
            )
        client = Client(server, most_bytes=_CAP_BYTES)
        start = env.now()
        hops = client.fire(request, follow=wishes.follow)
        address = server.address
    last = hops[-1]
    if any(exchange.pieces for exchange in hops):
        _print(env, hops, wishes, address, start)
    if client.interrupted:
        return ExitCode.INTERRUPTED
    if last.response is None:
        raise SandboxError(last.error or _("No response came."))
    return ExitCode.OK


def _check(words: Sequence[str], wishes: Wishes) -> None:
    """Refuse what does not go together, before anything is started."""
    if wishes.raw and (words or wishes.form or wishes.follow):
        raise UsageError(
            _(
                "--raw sends the bytes of {file} alone. Leave out METHOD, PATH, ITEMS, --form and --follow."
            ).format(file=wishes.raw)
        )
    if wishes.at and (wishes.lesson or wishes.app):
        raise UsageError(
            _("The server at {url} has its app. Leave out --lesson and --app.").format(url=wishes.at)
        )
    if wishes.trace and wishes.at:
        raise UsageError(
            _(
                "What Flask does in another process cannot be seen from here; serve prints it. "
                "Leave out --trace."
            )
        )
    if wishes.trace and wishes.format_ not in {"text", "json"}:
        raise UsageError(
            _("--trace is for --format text and json; {format} has no place for it.").format(
                format=wishes.format_
            )
        )
    for word in words[:2]:
        if word.partition("://")[0].lower() in {"http", "https"} or word.startswith(_HOSTS):
            raise UsageError(
                _(
                    "PATH begins with a slash, such as /hello. "
                    "--at http://127.0.0.1:5000 names a running server."
                )
            )


def _request(env: Environment, words: Sequence[str], wishes: Wishes) -> Request | RawRequest:
    if wishes.raw:
        data = env.stdin.buffer.read() if wishes.raw == "-" else _read(wishes.raw)
        if not data:
            raise UsageError(_("{file} holds no bytes to send.").format(file=wishes.raw))
        return RawRequest(data)
    try:
        return parse_request_words(words, form=wishes.form, read_file=_upload)
    except RequestSyntaxError as error:
        raise UsageError(error.message) from None


def _read(name: str) -> bytes:
    try:
        return Path(name).expanduser().read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(_("{file} cannot be read: {reason}.").format(file=name, reason=reason)) from None


def _upload(name: str) -> Upload:
    import mimetypes

    data = _read(name)
    return Upload(Path(name).name, mimetypes.guess_type(name)[0] or "", data)


@contextmanager
def _server(request: Request | RawRequest, wishes: Wishes) -> Iterator[Target]:
    if wishes.at:
        from tutor.sandbox.running import RunningServer
        from tutor.send.address import loopback_port

        yield RunningServer(loopback_port(wishes.at), cap_bytes=_CAP_BYTES)
        return
    from tutor.sandbox.server import SandboxServer

    with SandboxServer(_app(request, wishes), cap_bytes=_CAP_BYTES) as server:
        yield server


def _app(request: Request | RawRequest, wishes: Wishes) -> Flask:
    from tutor.send.sections import app_for, app_of
    from tutor.wire.message import parse_requests

    if wishes.lesson:
        return app_of(wishes.lesson, wishes.app)
    if isinstance(request, RawRequest):
        first = parse_requests(request.data)[0]
        return app_for(first.method, first.target, wishes.app)
    return app_for(request.method, request.target, wishes.app)


def _print(env: Environment, hops: Sequence[Exchange], wishes: Wishes, address: str, start: datetime) -> None:
    match wishes.format_:
        case "raw":
            for exchange in hops:
                if exchange.dropped(Direction.REQUEST) or exchange.dropped(Direction.RESPONSE):
                    raise SandboxError(_("The exchange is too large to be written whole."))
            env.out.report(b"".join(exchange.data(direction) for exchange in hops for direction in Direction))
        case "json":
            from tutor.export.record import record

            env.out.report(record(hops))
        case "har":
            from tutor.export.har import har

            env.out.report(har(hops, address=address, start=start, program=_PROGRAM, version=__version__))
        case "curl":
            from tutor.export.curl import curl_command

            env.out.report("".join(f"{curl_command(exchange, address=address)}\n" for exchange in hops))
        case _:
            from tutor.screen.whole import whole_lines

            for place, exchange in enumerate(hops):
                if place:
                    env.out.show([""])
                env.out.show(
                    whole_lines(
                        exchange,
                        ascii_only=env.out.ascii_only,
                        plain=env.out.plain,
                        flask=not wishes.at,
                        timeline=wishes.trace,
                    )
                )
