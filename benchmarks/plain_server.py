"""The development server as it is, silent: what the sandbox is measured against."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from tutor.sandbox.recorder import Connection, RecordingSocket

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

LOOPBACK = "127.0.0.1"


class Handler(WSGIRequestHandler):
    """As the sandbox's: HTTP/1.1, and no log."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Print nothing."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - Werkzeug's own name
        """Print nothing."""


class PlainServer(ThreadedWSGIServer):
    """Nothing but Werkzeug's threaded server."""

    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - Werkzeug's own name
        """Print nothing."""


class RecordingServer(PlainServer):
    """The same with the bytes recorded, and nothing else of the sandbox."""

    def get_request(self) -> tuple[socket.socket, Any]:
        accepted, address = self.socket.accept()
        return RecordingSocket(accepted, Connection(address[1])), address


@contextmanager
def serving(
    app: WSGIApplication, kind: Callable[..., PlainServer] = PlainServer
) -> Iterator[tuple[str, PlainServer]]:
    """Serve an app in a thread; gives the address and the server."""
    server = kind(LOOPBACK, 0, app, handler=Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.port}", server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
