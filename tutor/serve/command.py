"""`flask-http-tutor serve`: from a port to what arrives at it, printed."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, NoReturn

from tutor.environment import Environment
from tutor.errors import SandboxError
from tutor.language import _
from tutor.wire.escape import visible

if TYPE_CHECKING:
    from tutor.sandbox.recorder import Connection

_LOOK_S = 0.1


def serve(env: Environment, section: str, *, port: int, configuration: str = "") -> NoReturn:
    """Serve a section's app until a signal ends it, and print each exchange as it comes.

    Raises:
        UsageError: there is no such section or configuration.
        SandboxError: the port cannot be had, or the server stopped twice by itself.
    """
    from tutor.sandbox.server import SandboxServer
    from tutor.send.sections import app_of
    from tutor.serve.arrivals import Arrivals

    app = app_of(section, configuration)
    # Printed by one thread, so that what came at the same time is not mixed.
    changed: SimpleQueue[tuple[Connection, bool] | None] = SimpleQueue()
    """None where the server itself has stopped."""

    def watch(connection: Connection) -> None:
        connection.on_piece = lambda _piece: changed.put((connection, False))
        connection.on_end = lambda: changed.put((connection, True))

    try:
        server = SandboxServer(app, port=port)
    except SandboxError as error:
        raise _port_refused(port, error) from None
    with server:
        server.on_connection = watch
        server.on_stop = lambda: changed.put(None)
        lines = [
            _("The sandbox of {section}: {address}   (Ctrl-C ends it)").format(
                section=section, address=server.address
            )
        ]
        if "pages" in app.blueprints:
            lines.append(_("Its pages for a browser: {address}").format(address=f"{server.address}/pages/"))
        env.out.show(lines)
        arrivals = Arrivals(
            ascii_only=env.out.ascii_only,
            plain=env.out.plain,
            full=env.full,
            clock=env.clock,
            now=env.now,
        )
        while True:
            drawn = arrivals.lines(_waited_for(changed, arrivals.wait_s))
            if drawn:
                env.out.show(drawn)
            news = server.news()
            if news:
                env.out.show(["", news])


def _waited_for(
    changed: SimpleQueue[tuple[Connection, bool] | None], wait_s: float | None
) -> dict[Connection, bool]:
    """What has changed since the last call, and whether it has ended; waits so long for a first one."""
    if os.name != "posix":
        # There, Ctrl-C does not end a wait.
        wait_s = min(_LOOK_S, _LOOK_S if wait_s is None else wait_s)
    found: dict[Connection, bool] = {}
    with suppress(Empty):
        change = changed.get(timeout=wait_s)
        while True:
            if change is not None:
                connection, ended = change
                found[connection] = ended or found.get(connection, False)
            change = changed.get_nowait()
    return found


def _port_refused(port: int, error: SandboxError) -> SandboxError:
    cause = error.__cause__
    if isinstance(cause, OSError) and cause.errno == errno.EADDRINUSE:
        from tutor.serve.port_holder import port_holder

        holder = port_holder(port)
        if holder is not None:
            words = _("Port {port} is taken by process {id} ({command}). --port 0 takes a free one.")
            return SandboxError(
                words.format(port=port, id=holder.process_id, command=visible(holder.command) or "?")
            )
        words = _(
            "Port {port} is taken, perhaps by another serve or by a Flask app of yours. "
            "--port 0 takes a free one."
        )
        return SandboxError(words.format(port=port))
    return SandboxError(_("{reason} --port 0 takes a free one.").format(reason=error))
