"""One Flask app at a time behind Werkzeug's threaded server, in the background, on loopback, silent.

What the server answers is left as the development server answers it, but for two things: a foreign Host is
refused, and what the WSGI layer writes after a WebSocket handshake is dropped.
"""

from __future__ import annotations

import errno
import io
import logging
import re
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

from flask.logging import default_handler
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from tutor.errors import SandboxError
from tutor.language import _
from tutor.sandbox.listening import LOOPBACK, listening_socket
from tutor.sandbox.recorder import DEFAULT_CAP, Connection, RecordingSocket
from tutor.sandbox.watch import Trace, run, watch
from tutor.wire.exchange import Exchange, Piece

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer
    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from flask import Flask

KEPT_FINISHED = 128
"""Finished connections that can still be asked for."""
MOST_OPEN = 100
"""Connections open at once. Some systems allow a process 256 files, and progress needs its own."""

_POLL_S = 0.1
"""How often the accepting thread looks whether its socket still listens, where nobody connects."""
_GRACE_S = 0.03
"""How long requests in flight may go on once the stop events are set."""
_CLOSE_S = 0.1
"""How long `close` waits in all for the requests' threads."""
_LAST_FRAME_S = 0.1
"""How long the client's closing frame of a WebSocket is waited for."""
_YIELDS_S = 1.0
"""How old another client's connection is at least that is cut off to make room for a new one."""
_NO_ROOM_S = 0.01
"""How long the accepting thread leaves a new connection in the queue where there is no room for it."""
_GONE = frozenset({errno.EBADF, errno.EINVAL, errno.ENOTSOCK, getattr(errno, "WSAEINVAL", errno.EINVAL)})
"""What a socket says that does not listen any more; other errors are one connection's, or pass."""
_OWN_HOST = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]*)?", re.IGNORECASE)


class SandboxServer:
    """Serves apps on one port and keeps what crossed the wire. A context manager; `close` ends it.

    `host` is `127.0.0.1:PORT`, `address` the same as a URL without a path.
    """

    def __init__(
        self,
        app: Flask | None = None,
        *,
        cap_bytes: int = DEFAULT_CAP,
        port: int = 0,
        any_host: bool = False,
        listening: socket.socket | None = None,
    ) -> None:
        """Start serving. Port 0 takes a free one; with `any_host` no Host is refused.

        With a socket that listens already, in place of the port, whoever waits in its queue is answered once
        there is an app: from the first `replace_app` on. The socket is closed together with the server.

        Raises SandboxError where the port cannot be had.
        """
        self.cap_bytes = cap_bytes
        self._any_host = any_host
        self._changed = threading.Condition()
        self.closed = False
        """Whether `close` has been called."""
        self._app: Flask | None = None
        self._apps: list[Flask] = []
        self._trusted: dict[int, Flask | None] = {}
        self._listeners: dict[int, Callable[[Piece], None]] = {}
        self._newest: dict[int, Connection] = {}
        self._finished: deque[Connection] = deque()
        self.on_arrival: Callable[[Exchange], None] | None = None
        """Called with each finished exchange that the tutor did not fire (see `trust`), by its own thread."""
        self.on_connection: Callable[[Connection], None] | None = None
        """Called with each connection that the tutor did not open, before anything is read from it."""
        self.on_stop: Callable[[], None] | None = None
        """Called by the accepting thread when accepting has ended though nobody closed the server."""
        self._restarted = False
        self._untold = False
        """It was started again, and nobody has asked since."""
        self._lost: SandboxError | None = None
        self._server = _Server(self, listening or listening_socket(port))
        self.port: int = self._server.port
        self.host = f"{LOOPBACK}:{self.port}"
        self.address = f"http://{self.host}"
        self._thread = threading.Thread(target=self._serve, name="sandbox", daemon=True)
        if app is not None:
            self.replace_app(app)
        elif listening is None:
            self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _serve(self) -> None:
        """Accept until the server is closed, and once more where that ends by itself; then for good.

        It goes on at the same port: that is the address on the learner's screen, and in other programs.
        """
        while True:
            why: BaseException | None = None
            try:
                self._server.serve_forever(_POLL_S)
            except BaseException as error:
                why = error
            if self.closed:
                return
            if self._restarted:
                message = _("The sandbox stopped for the second time: {reason}.")
                self._lost = SandboxError(message.format(reason=str(why) or type(why).__name__))
            else:
                self._restarted = True
                try:
                    self._server.listen(self.port)
                    self._untold = True
                except SandboxError as error:
                    self._lost = error
            told = self.on_stop
            if told is not None:
                told()
            if self._lost is not None:
                return

    def news(self) -> str:
        """That the server had to be started again, in words, said once; otherwise empty.

        Raises SandboxError where it has stopped for good though nobody closed it.
        """
        if self._lost is not None:
            raise self._lost
        if not self._untold:
            return ""
        self._untold = False
        words = _("The sandbox stopped by itself. It runs again, at the same address: {address}.")
        return words.format(address=self.address)

    def replace_app(self, app: Flask) -> None:
        """Serve this app from now on; everything that waits in the apps before it is told to stop."""
        _prepare(app)
        with self._changed:
            before, self._app, self._apps = self._apps, app, [app]
            if self._thread.ident is None:
                self._thread.start()
        for each in before:
            if each is not app:
                _stop(each)

    def trust(
        self,
        client_port: int,
        app: Flask | None = None,
        *,
        on_piece: Callable[[Piece], None] | None = None,
    ) -> None:
        """Let the connection from this port say any Host: it is the tutor's own.

        Call it once connected and before sending. With `app`, that app answers this connection. `on_piece` is
        called with each piece as it is recorded, by the sandbox's thread that reads or writes it: in order,
        one at a time, until `distrust`. It should be quick, as the connection waits for it.
        """
        if app is not None:
            _prepare(app)
        with self._changed:
            self._trusted[client_port] = app
            if app is not None and app not in self._apps:
                self._apps.append(app)
            # The port may have been used before; the new connection may not have been accepted yet.
            stale = self._newest.get(client_port)
            if stale is not None and stale.finished:
                del self._newest[client_port]
                stale = None
            if stale is not None:
                stale.own = True
            if on_piece is not None:
                self._listeners[client_port] = on_piece
                if stale is not None:
                    stale.on_piece = on_piece

    def distrust(self, client_port: int) -> None:
        """Take back what `trust` said."""
        with self._changed:
            self._trusted.pop(client_port, None)
            self._listeners.pop(client_port, None)
            connection = self._newest.get(client_port)
            if connection is not None:
                connection.on_piece = None

    def exchange_of(self, client_port: int, *, wait_s: float) -> Exchange:
        """What was recorded of the newest connection from this port.

        Waits until the server is done with it, so that nothing is missing, but at most `wait_s` seconds.
        An exchange without pieces where there was no such connection.
        """
        deadline_s = time.perf_counter() + wait_s
        with self._changed:
            while True:
                connection = self._newest.get(client_port)
                left_s = deadline_s - time.perf_counter()
                if (connection is not None and connection.finished) or self.closed or left_s <= 0:
                    break
                self._changed.wait(left_s)
        return connection.snapshot() if connection is not None else Exchange((), client_port=client_port)

    def close(self) -> None:
        """Stop serving, within a fifth of a second whatever the requests in flight do.

        A view that neither waits on the stop event nor writes keeps its thread, a daemon, until it returns.
        """
        with self._changed:
            if self.closed:
                return
            self.closed = True
            apps, self._apps, self._app = self._apps, [], None
            self._changed.notify_all()
        started_s = time.perf_counter()
        for app in apps:
            _stop(app)
        if self._thread.ident is None:
            self._server.server_close()
            return
        if self._thread.is_alive():
            self._server.wake()
            self._thread.join()
        self._server.join_requests(started_s + _GRACE_S)
        self._server.cut_off()
        self._server.join_requests(started_s + _CLOSE_S)

    def answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The WSGI application that Werkzeug calls: checks Host, then calls the app and watches it."""
        connection: Connection = environ["werkzeug.socket"].connection
        # Flask's log and Werkzeug's go to this stream; nothing may reach the terminal.
        environ["wsgi.errors"] = _SILENCE
        with self._changed:
            trusted = self._any_host or connection.client_port in self._trusted
            app = self._trusted.get(connection.client_port) or self._app
        host = environ.get("HTTP_HOST", "")
        if host and not trusted and not _OWN_HOST.fullmatch(host):
            text = _("This server answers only to the hosts 127.0.0.1, localhost and [::1].")
            return _plain(start_response, "400 BAD REQUEST", text)
        if app is None:
            return _plain(start_response, "503 SERVICE UNAVAILABLE", _("No app is being served."))
        connection.taken_body_bytes = 0
        environ["wsgi.input"] = _CountedInput(environ["wsgi.input"], connection)
        trace = Trace(app)
        connection.trace = trace
        return run(app, trace, environ, start_response)

    def accepted(self, client_port: int) -> Connection:
        """Begin the record of a connection; the newest one from a port is the one to ask for."""
        connection = Connection(client_port, cap_bytes=self.cap_bytes)
        with self._changed:
            connection.own = client_port in self._trusted
            connection.on_piece = self._listeners.get(client_port)
            self._newest[client_port] = connection
            self._changed.notify_all()
        watcher = self.on_connection
        if watcher is not None and not connection.own:
            watcher(connection)
        return connection

    def finished(self, connection: Connection) -> None:
        """End the record of a connection."""
        connection.finish()
        with self._changed:
            self._finished.append(connection)
            if len(self._finished) > KEPT_FINISHED:
                oldest = self._finished.popleft()
                if self._newest.get(oldest.client_port) is oldest:
                    del self._newest[oldest.client_port]
            self._changed.notify_all()
        listener = self.on_arrival
        if listener is not None and not connection.own:
            listener(connection.snapshot())


class _Closed(Exception):  # noqa: N818 - what was wished, not an error
    """Ends `serve_forever`."""


class _Server(ThreadedWSGIServer):
    """Werkzeug's threaded server with recorded sockets, and with threads that can be waited for."""

    def __init__(self, owner: SandboxServer, listening: socket.socket) -> None:
        self.owner = owner
        self._lock = threading.Lock()
        self._threads_by_socket: dict[RecordingSocket, threading.Thread] = {}
        """In the order of acceptance."""
        self._threads_ending: list[threading.Thread] = []
        self._gone: OSError | None = None
        """Why the last `accept` found no listening socket."""
        with listening:
            # Passing the socket keeps Werkzeug from printing and exiting where a port is taken.
            super().__init__(LOOPBACK, 0, owner.answer, handler=_Handler, fd=listening.fileno())

    def listen(self, port: int) -> None:
        """Listen anew, where that has ended; raises SandboxError."""
        self.socket = listening_socket(port)

    def wake(self) -> None:
        """Let `serve_forever` see, from any thread, that its owner is closed; `shutdown` would only wait."""
        with suppress(OSError):
            # Whoever connects wakes it.
            socket.create_connection((LOOPBACK, self.port), _GRACE_S).close()

    def get_request(self) -> tuple[socket.socket, Any]:
        if self.owner.closed:
            raise _Closed
        if not self._has_room():
            # Left in the queue. The base class takes an OSError for a connection that is gone again.
            time.sleep(_NO_ROOM_S)
            raise BlockingIOError
        try:
            accepted, address = self.socket.accept()
        except OSError as error:
            self._gone = error if error.errno in _GONE else None
            # Such as that there are no more descriptors, which would come again at once.
            time.sleep(_NO_ROOM_S)
            raise
        return RecordingSocket(accepted, self.owner.accepted(address[1])), address

    def service_actions(self) -> None:
        """Look, between two connections, whether the socket still listens; raises SandboxError."""
        super().service_actions()
        if self.owner.closed:
            raise _Closed
        gone, self._gone = self._gone, None
        reason = gone.strerror if gone is not None else ""
        try:
            if not self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                reason = _("its socket was shut down")
        except OSError as error:
            # macOS does not tell; there `accept` does.
            if error.errno in _GONE:
                reason = error.strerror
        if reason:
            if not self._is_ours():
                # The descriptor is somebody else's by now, and not ours to close.
                self.socket.detach()
            raise SandboxError(reason)

    def _is_ours(self) -> bool:
        """Whether the socket is still the one that was made to listen, and no connection under its number."""
        with suppress(OSError):
            if self.socket.getsockname() == self.server_address:
                try:
                    self.socket.getpeername()
                except OSError:
                    return True
        return False

    def _has_room(self) -> bool:
        """Whether one more connection may be accepted; where not, the oldest that is in nobody's way goes."""
        with self._lock:
            sockets = list(self._threads_by_socket)
        if len(sockets) < MOST_OPEN:
            return True
        for each in sockets:
            if not each.connection.own and not each.cut_off and each.connection.age_s >= _YIELDS_S:
                each.cut()
                break
        return False

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(
            target=self._answer, args=(request, client_address), name="sandbox request", daemon=True
        )
        with self._lock:
            self._threads_ending = [each for each in self._threads_ending if each.is_alive()]
            self._threads_by_socket[request] = thread
        try:
            thread.start()
        except RuntimeError:
            # The system gives no more threads: the connection ends without an answer.
            with self._lock:
                del self._threads_by_socket[request]
            self.shutdown_request(request)
            self.owner.finished(request.connection)

    def _answer(self, request: RecordingSocket, client_address: Any) -> None:
        # Whatever ends a view, SystemExit included, ends this request alone, and prints nothing.
        with suppress(BaseException):
            self.finish_request(request, client_address)
        with suppress(BaseException):
            self.shutdown_request(request)
        with self._lock:
            self._threads_ending.append(self._threads_by_socket.pop(request))
        self.owner.finished(request.connection)

    def join_requests(self, until_s: float) -> None:
        """Wait for the threads of requests, to a reading of `time.perf_counter` at most."""
        with self._lock:
            threads = [*self._threads_by_socket.values(), *self._threads_ending]
        for thread in threads:
            thread.join(max(0.0, until_s - time.perf_counter()))

    def cut_off(self) -> None:
        """Shut every open socket down, so that whoever reads or writes it next is done."""
        with self._lock:
            sockets = list(self._threads_by_socket)
        for each in sockets:
            each.cut()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing, where the base class prints a traceback."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - Werkzeug's own name
        """Print nothing, where the base class prints tracebacks."""


class _Handler(WSGIRequestHandler):
    # Set here, because Werkzeug would set it on a class that other servers share.
    protocol_version = "HTTP/1.1"
    # With Nagle's algorithm a small second write waits for an acknowledgement, up to 40 ms.
    disable_nagle_algorithm = True
    connection: RecordingSocket

    def setup(self) -> None:
        super().setup()
        self._read_file = self.rfile
        self.wfile = _UntilUpgraded(self)

    def finish(self) -> None:
        record = self.connection.connection
        if record.upgraded:
            # The WebSocket's own thread reads the client's closing frame; it closes when it has it.
            self.connection.wait_for_close(_LAST_FRAME_S)
        super().finish()
        self._read_file.close()

    def stop_reading(self) -> None:
        """Leave what still arrives to the WebSocket; Werkzeug would wait for all of it."""
        self.rfile = io.BufferedReader(cast(io.RawIOBase, io.BytesIO()))

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Print nothing, where the base class prints the access log."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - Werkzeug's own name
        """Print nothing, where the base class prints malformed requests."""


class _UntilUpgraded(io.BufferedIOBase):
    """What the WSGI layer writes to: the socket, unless a 101 has made the bytes something else than HTTP.

    flask-sock gives Werkzeug an empty response after its last frame (flask-sock issue 77).
    """

    def __init__(self, handler: _Handler) -> None:
        self._handler = handler

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        accepted = self._handler.connection
        if accepted.connection.upgraded:
            self._handler.stop_reading()
        else:
            accepted.sendall(data)
        return len(data) if type(data) is bytes else memoryview(data).nbytes


class _CountedInput:
    """A request's body stream that counts what the app takes from it."""

    def __init__(self, stream: Any, connection: Connection) -> None:
        self._stream = stream
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def read(self, size: int = -1, /) -> bytes:
        return self._count(self._stream.read(size))

    def read1(self, size: int = -1, /) -> bytes:
        return self._count(self._stream.read1(size))

    def readline(self, size: int = -1, /) -> bytes:
        return self._count(self._stream.readline(size))

    def readlines(self, hint: int = -1, /) -> list[bytes]:
        lines: list[bytes] = self._stream.readlines(hint)
        self._count(b"".join(lines))
        return lines

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        count: int | None = self._stream.readinto(buffer)
        self._connection.taken_body_bytes = (self._connection.taken_body_bytes or 0) + (count or 0)
        return count

    def _count(self, data: bytes) -> bytes:
        self._connection.taken_body_bytes = (self._connection.taken_body_bytes or 0) + len(data or b"")
        return data


class _Silence(io.TextIOBase):
    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        return len(text)


_SILENCE = _Silence()


def _prepare(app: Flask) -> None:
    watch(app)
    # Errors of the app stand in the timeline; on the terminal they would break into a lesson.
    app.logger.removeHandler(default_handler)
    if not app.logger.handlers:
        app.logger.addHandler(logging.NullHandler())
    app.logger.propagate = False


def _stop(app: Flask) -> None:
    stop = app.extensions.get("stop")
    if isinstance(stop, threading.Event):
        stop.set()


def _plain(start_response: StartResponse, status: str, text: str) -> Iterable[bytes]:
    body = f"{text}\n".encode()
    start_response(
        status, [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    )
    return [body]
