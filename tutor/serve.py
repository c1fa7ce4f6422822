"""`flask-http-tutor serve`: a sandbox in the foreground that prints what arrives."""

from __future__ import annotations

import errno
from queue import SimpleQueue
from typing import NoReturn

from tutor.environment import Environment
from tutor.errors import SandboxError
from tutor.language import _
from tutor.wire.exchange import Exchange


def serve(env: Environment, section: str, *, port: int, configuration: str = "") -> NoReturn:
    """Serve a section's app until a signal ends it; each exchange is printed when its connection has ended.

    Raises:
        UsageError: there is no such section or configuration.
        SandboxError: the port cannot be had.
    """
    from tutor.sandbox.server import SandboxServer
    from tutor.send.sections import app_of

    app = app_of(section, configuration)
    # Printed by one thread, so that what came at the same time is not mixed.
    arrived: SimpleQueue[Exchange] = SimpleQueue()
    try:
        server = SandboxServer(app, port=port)
    except SandboxError as error:
        raise _port_refused(port, error) from None
    with server:
        server.on_arrival = arrived.put
        env.out.show(
            [
                _("The sandbox of {section}: {address}   (Ctrl-C ends it)").format(
                    section=section, address=server.address
                )
            ]
        )
        number = 0
        while True:
            exchange = arrived.get()
            # Browsers open connections in advance and never say a word on them.
            if exchange.pieces:
                number += 1
                _print(env, exchange, number)


def _print(env: Environment, exchange: Exchange, number: int) -> None:
    from rich.text import Text

    from tutor.screen.whole import whole_lines

    time = f"{env.now().astimezone():%H:%M:%S}"
    env.out.show(
        [
            "",
            Text(_("Arrival {number}, {time}").format(number=number, time=time), "title"),
            *whole_lines(exchange, ascii_only=env.out.ascii_only, plain=env.out.plain),
        ]
    )


def _port_refused(port: int, error: SandboxError) -> SandboxError:
    cause = error.__cause__
    if isinstance(cause, OSError) and cause.errno == errno.EADDRINUSE:
        return SandboxError(
            _(
                "Port {port} is taken, perhaps by another serve or by a Flask app of yours. "
                "--port 0 takes a free one."
            ).format(port=port)
        )
    return SandboxError(_("{reason} --port 0 takes a free one.").format(reason=error))
