"""The process with the learner's app: it loads one file and serves what the file makes, until it is killed.

It is started before there is anything to load, because importing Flask takes most of its time.
"""

from __future__ import annotations

import linecache
import os
import queue
import signal
import sys
import threading
import types
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import flask
import msgspec
import werkzeug.serving

from tutor.sandbox.server import SandboxServer
from tutor.workshop.messages import (
    Begun,
    Failed,
    Failure,
    FailureKind,
    FlaskSide,
    FromProcess,
    Load,
    Serving,
    Tell,
    Told,
    ToProcess,
    line_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import FrameType, TracebackType

LOAD_S = 5.0
"""How long a file may take to load."""
LARGEST_FILE_BYTES = 1_000_000

_TEXT_CHARS = 500
_LINE_CHARS = 200
_DONE_WAIT_S = 0.2
"""How long the server may take to be done with a connection that the client has closed."""


def main() -> None:
    """Carry out what the control stream says; ends with it."""
    control, report = _take_streams()
    commands: queue.SimpleQueue[ToProcess] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(control, commands), name="control", daemon=True).start()
    load = commands.get()
    assert isinstance(load, Load)
    _Served(load.path, report).run(commands)


def _take_streams() -> tuple[BinaryIO, BinaryIO]:
    """Take standard input and output for ourselves; the learner's code gets an empty and the error stream."""
    control = os.fdopen(os.dup(0), "rb")
    report = os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return control, report


def _listen(control: BinaryIO, commands: queue.SimpleQueue[ToProcess]) -> None:
    decoder = msgspec.json.Decoder(ToProcess)
    for line in control:
        commands.put(decoder.decode(line))
    # The tutor is gone, however it ended: nothing of ours stays behind.
    end_group()


def end_group() -> None:
    """Kill this process and every other of its group."""
    if hasattr(os, "killpg"):
        with suppress(OSError):
            os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)


class _Served:
    """One learner's file."""

    def __init__(self, path: str, report: BinaryIO) -> None:
        self._path = path
        self._folder = str(Path(path).parent)
        self._report = report
        self._pid = os.getpid()
        self._loaded = threading.Event()
        self._main = threading.get_ident()
        self._notes: list[Failure] = []
        self._crashes: dict[int, Failure] = {}
        self._threads: dict[int, int] = {}
        """For each client port that a view answers now, the thread."""

    def run(self, commands: queue.SimpleQueue[ToProcess]) -> None:
        self._say(Begun())
        threading.Thread(target=self._watch_the_clock, name="clock", daemon=True).start()
        found = self._app()
        self._loaded.set()
        if os.getpid() != self._pid:
            os._exit(0)  # a copy that the file forked
        if isinstance(found, Failure):
            self._say(Failed(found))
            threading.Event().wait()  # to be killed, with all that the file has started
            return
        flask.got_request_exception.connect(self._crashed, found)
        found.wsgi_app = self._watched(found.wsgi_app)  # type: ignore[method-assign]
        server = SandboxServer(found, any_host=True)
        self._say(Serving(server.port, tuple(self._notes)))
        while True:
            command = commands.get()
            if isinstance(command, Tell):
                self._say(Told(tuple(self._side(server, port) for port in command.ports)))

    def _say(self, message: FromProcess) -> None:
        if os.getpid() == self._pid:
            self._report.write(line_of(message))

    def _watch_the_clock(self) -> None:
        if not self._loaded.wait(LOAD_S):
            line, file = self._line_in(sys._current_frames().get(self._main))
            self._say(Failed(self._failure(FailureKind.SLOW, line=line, file=file)))

    # Loading

    def _app(self) -> flask.Flask | Failure:
        """The app that the file makes, or why there is none."""
        try:
            with open(self._path, "rb") as file:  # noqa: PTH123 - the file may replace pathlib
                source = file.read(LARGEST_FILE_BYTES + 1)
        except OSError as error:
            return self._failure(FailureKind.UNREADABLE, text=error.strerror or str(error))
        if len(source) > LARGEST_FILE_BYTES:
            text = f"more than {LARGEST_FILE_BYTES:,} bytes"
            return self._failure(FailureKind.UNREADABLE, text=text)
        self._stand_in_folder()
        try:
            module = self._load(source)
            return self._app_of(module)
        except SystemExit as error:
            return self._raised(FailureKind.EXIT, error)
        except SyntaxError as error:
            return self._unreadable(error)
        except BaseException as error:
            return self._raised(FailureKind.EXCEPTION, error)

    def _stand_in_folder(self) -> None:
        """Be where `python file.py` would be, and leave nothing there."""
        os.chdir(self._folder)
        sys.path.insert(0, self._folder)
        sys.argv = [self._path]
        sys.dont_write_bytecode = True
        flask.Flask.run = self._note_run  # type: ignore[method-assign]
        werkzeug.serving.run_simple = self._note_run

    def _load(self, source: bytes) -> types.ModuleType:
        module = types.ModuleType(Path(self._path).stem)
        module.__file__ = self._path
        # Where Flask looks for the folder of templates.
        sys.modules[module.__name__] = module
        exec(compile(source, self._path, "exec", dont_inherit=True), module.__dict__)
        return module

    def _app_of(self, module: types.ModuleType) -> flask.Flask | Failure:
        app = getattr(module, "app", None)
        if app is None and callable(getattr(module, "create_app", None)):
            app = module.create_app()
        if app is None:
            return self._failure(FailureKind.NO_APP)
        if not isinstance(app, flask.Flask):
            return self._failure(FailureKind.NOT_FLASK, error=type(app).__name__)
        return app

    def _note_run(self, *_args: Any, **_kwargs: Any) -> None:
        """Stands for `app.run()`: the tutor serves the app."""
        line, file = self._line_in(sys._getframe(1))
        self._notes.append(self._failure(FailureKind.SERVES_ITSELF, line=line, file=file))

    # Serving

    def _watched(self, wsgi_app: Callable[..., Any]) -> Callable[..., Any]:
        """The same, with what ends a view but is no error to Flask, such as `sys.exit`, kept in mind."""

        def answer(environ: dict[str, Any], start_response: Any) -> Any:
            port = environ["werkzeug.socket"].connection.client_port
            self._threads[port] = threading.get_ident()
            try:
                body = wsgi_app(environ, start_response)
            except BaseException as error:
                self._note_crash(port, error)
                raise
            finally:
                del self._threads[port]
            return _WatchedBody(body, partial(self._note_crash, port))

        return answer

    def _note_crash(self, port: int, error: BaseException) -> None:
        self._crashes.setdefault(port, self._raised(FailureKind.EXCEPTION, error))

    def _crashed(self, _app: flask.Flask, exception: BaseException, **_extra: object) -> None:
        port = flask.request.environ["werkzeug.socket"].connection.client_port
        self._crashes[port] = self._raised(FailureKind.EXCEPTION, exception)

    def _side(self, server: SandboxServer, port: int) -> FlaskSide:
        exchange = server.exchange_of(port, wait_s=_DONE_WAIT_S)
        crash = self._crashes.get(port) or self._hanging(port)
        return FlaskSide(port, exchange.timeline, exchange.taken_body_bytes, crash)

    def _hanging(self, port: int) -> Failure | None:
        """Where the view is that still answers this client."""
        frame = sys._current_frames().get(self._threads.get(port, 0))
        if frame is None:
            return None
        line, file = self._line_in(frame)
        return self._failure(FailureKind.HANGS, line=line, file=file) if line else None

    # Telling what went wrong

    def _raised(self, kind: FailureKind, error: BaseException) -> Failure:
        line, file = 0, ""
        trace: TracebackType | None = error.__traceback__
        while trace is not None:
            if self._is_learners(trace.tb_frame):
                line, file = trace.tb_lineno, trace.tb_frame.f_code.co_filename
            trace = trace.tb_next
        return self._failure(kind, error=type(error).__name__, text=_text(error), line=line, file=file)

    def _unreadable(self, error: SyntaxError) -> Failure:
        return self._failure(
            FailureKind.SYNTAX,
            error=type(error).__name__,
            text=error.msg or "",
            line=error.lineno or 0,
            file=error.filename or "",
            column=error.offset or 0,
        )

    def _line_in(self, frame: FrameType | None) -> tuple[int, str]:
        """The innermost line of the learner's code on the way to a frame, and its file."""
        while frame is not None and not self._is_learners(frame):
            frame = frame.f_back
        return (frame.f_lineno, frame.f_code.co_filename) if frame else (0, "")

    def _is_learners(self, frame: FrameType) -> bool:
        """Whether the code stands in the file, or in another one beside it."""
        name = frame.f_code.co_filename
        return name == self._path or (name.startswith(self._folder + os.sep) and "site-packages" not in name)

    def _failure(
        self,
        kind: FailureKind,
        *,
        error: str = "",
        text: str = "",
        line: int = 0,
        file: str = "",
        column: int = 0,
    ) -> Failure:
        source = linecache.getline(file or self._path, line).rstrip("\r\n") if line else ""
        other = "" if file in {"", self._path} else os.path.relpath(file, self._folder)
        return Failure(
            kind, error[:_LINE_CHARS], text[:_TEXT_CHARS], line, source[:_LINE_CHARS], column, other
        )


class _WatchedBody:
    """A response's body that tells of the exception which ends it: to Flask the view is over by then."""

    def __init__(self, body: Iterable[bytes], note: Callable[[BaseException], None]) -> None:
        self._body = body
        self._parts = iter(body)
        self._note = note

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._parts)
        except StopIteration:
            raise
        except BaseException as error:
            self._note(error)
            raise

    def close(self) -> None:
        close = getattr(self._body, "close", None)
        if close is not None:
            close()


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return ""
