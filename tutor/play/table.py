"""What a session plays at: a sandbox that listens at once, and what answers there and fires, later."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from tutor.sandbox.listening import LOOPBACK, listening_socket
from tutor.wire.traffic import Traffic

if TYPE_CHECKING:
    from types import CodeType

    from flask import Flask

    from tutor.client.client import Client
    from tutor.client.run import StepRun
    from tutor.course.model import Source, Step
    from tutor.sandbox.server import SandboxServer
    from tutor.sandbox.source import Excerpt
    from tutor.wire.exchange import Exchange


class LaterRun:
    """A `StepRun` that is made when it is needed first: what it imports takes longer than a screen.

    Args:
        code_of: the code of the module that makes an app, by the configuration's name, as far as it is known.
    """

    def __init__(
        self,
        step: Step,
        make: Callable[[], StepRun],
        code_of: Callable[[str], CodeType | None] = lambda _configuration: None,
    ) -> None:
        self._step = step
        self._make = make
        self._code_of = code_of
        self._lock = threading.Lock()
        self._run: StepRun | None = None

    @property
    def fired(self) -> Mapping[str, tuple[Exchange, ...]]:
        """What has been fired so far, by the blocks' ids."""
        return self._run.fired if self._run is not None else {}

    @property
    def now(self) -> StepRun:
        """The run itself, waited for."""
        with self._lock:
            if self._run is None:
                self._run = self._make()
            return self._run

    def excerpts(self, source: Source) -> tuple[Excerpt, ...]:
        """What a `source` block names; read ahead where the app is not made yet and need not be for that.

        Raises:
            SourceError: a name that the app does not have, or lines beyond the end.
        """
        from tutor.sandbox.source import excerpts, excerpts_ahead

        code = self._code_of(source.app or self._step.app) if self._run is None else None
        found = excerpts_ahead(code, source) if code is not None else None
        return found or excerpts(self.now.app(source.app), source)


class Table:
    """A session's sandbox, and the client that fires at it. A context manager; leaving it ends both.

    `address` is there from the start, and connections are let in; they wait until somebody answers. Flask,
    `requests` and what is made of them come with the first run that is needed, or with `begin_loading`.
    """

    def __init__(self) -> None:
        """Raises SandboxError where there is no port to listen at."""
        self._listening: socket.socket = listening_socket()
        self.address = f"http://{LOOPBACK}:{self._listening.getsockname()[1]}"
        self.on_news: Callable[[], None] = lambda: None
        """Called, by any thread, when `news` has something to say."""
        self._lock = threading.Lock()
        self._made: tuple[SandboxServer, Client] | None = None
        self._closed = False
        self._loading: threading.Thread | None = None
        self._failure: BaseException | None = None
        """Why loading failed."""
        self._run: LaterRun | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._closed = True
        if self._made is None:
            self._listening.close()
        else:
            server, client = self._made
            client.close()
            server.close()

    def run(
        self,
        step: Step,
        make_app: Callable[[str], Flask],
        code_of: Callable[[str], CodeType | None],
    ) -> LaterRun:
        """A step's run, whose app answers from now on; the first ones may do so a little later."""

        def make() -> StepRun:
            from tutor.client.run import StepRun

            return StepRun(*self._server_and_client(), step, make_app)

        if self._loading is not None:
            self._loading.join()
        self._run = LaterRun(step, make, code_of)
        if self._made is not None:
            _ = self._run.now
        return self._run

    def begin_loading(self) -> None:
        """Make what there is to make in a thread, while the learner reads."""
        self._loading = threading.Thread(target=self._load, name="load", daemon=True)
        self._loading.start()

    def _load(self) -> None:
        try:
            if self._run is not None:
                _ = self._run.now
            from tutor.client import client

            client.load()
        except BaseException as error:
            self._failure = error
            self.on_news()

    def _server_and_client(self) -> tuple[SandboxServer, Client]:
        from tutor.client.client import Client
        from tutor.sandbox.server import SandboxServer

        with self._lock:
            if self._made is None:
                if self._closed:
                    raise RuntimeError("closed")
                server = SandboxServer(listening=self._listening)
                server.on_stop = self.on_news
                self._made = server, Client(server)
            return self._made

    def news(self) -> str:
        """As `SandboxServer.news`; raises, too, what kept the table from being made."""
        if self._failure is not None:
            raise self._failure
        return self._made[0].news() if self._made is not None else ""

    @property
    def traffic(self) -> Traffic:
        """All that the client has sent and got."""
        return self._made[1].traffic if self._made is not None else Traffic()
