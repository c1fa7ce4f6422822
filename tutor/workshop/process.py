"""The tutor's side of a process with a learner's app: started, spoken to, listened to, and killed whole."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from tutor.errors import TutorError
from tutor.language import _
from tutor.workshop.messages import (
    LONGEST_LINE,
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

OUTPUT_BYTES = 16 * 1024
"""How much of what a file prints is kept; the rest is counted."""

_START_S = 60.0
"""How long a process may take to have imported Flask, on the slowest machine."""
_LOAD_S = 7.0
"""How long a file may take to load; the process itself says so earlier, unless it cannot."""
_TELL_S = 3.0
"""How long Flask's side is waited for: it is shown, and nothing is graded by it."""
_LOOK_S = 0.05
"""How often it is looked whether the process still runs: what it started may hold its streams open."""
_FAREWELL_S = 0.5

# What the tutor imports is found there where this process found it.
_CODE = "import sys; sys.path[:] = sys.argv[1:]; from tutor.workshop.child import main; main()"


class WorkshopError(TutorError):
    """No process for a learner's app can be started."""


class AppProcess:
    """One process. It imports Flask and waits; `load` gives it a file, `end` kills it and what it started."""

    def __init__(self) -> None:
        """Start it.

        Raises:
            WorkshopError: the system starts no process.
        """
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _CODE, *filter(None, sys.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=_variables(),
                **_own_group(),
            )
        except OSError as error:
            message = _("No process for your app can be started: {why}.")
            raise WorkshopError(message.format(why=error.strerror or error)) from error
        self._messages: queue.SimpleQueue[FromProcess | None] = queue.SimpleQueue()
        self._output = bytearray()
        self.output_dropped = 0
        """Octets that were printed beyond what is kept."""
        self._readers = [
            threading.Thread(target=self._read_messages, name="workshop messages", daemon=True),
            threading.Thread(target=self._read_output, name="workshop output", daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @property
    def output(self) -> str:
        """What was printed so far, on both streams; lone surrogates stand for bytes that are no UTF-8."""
        return bytes(self._output).decode("utf-8", "surrogateescape")

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def load(self, path: Path) -> Serving | Failure:
        """Let it load a file and serve the app; gives the port, or why there is none.

        Raises:
            WorkshopError: the process did not get as far as that.
        """
        self._send(Load(str(path)))
        if not isinstance(self._next(_START_S), Begun):
            message = _("The process for your app did not start: {output}")
            raise WorkshopError(message.format(output=self.output.strip()[-300:] or self._ending()))
        answer = self._next(_LOAD_S)
        if isinstance(answer, Serving):
            return answer
        if isinstance(answer, Failed):
            return answer.failure
        self._wait_for_end()
        return self.ended or Failure(FailureKind.SLOW)

    def tell(self, ports: tuple[int, ...]) -> dict[int, FlaskSide]:
        """What Flask did with the requests from these client ports; nothing where it cannot say."""
        self._send(Tell(ports))
        answer = self._next(_TELL_S)
        if isinstance(answer, Told):
            return {side.port: side for side in answer.sides}
        self._wait_for_end()
        return {}

    @property
    def ended(self) -> Failure | None:
        """That the process has ended by itself, and how; None while it runs."""
        return None if self.is_alive else Failure(FailureKind.DIED, text=self._ending())

    def kill(self) -> None:
        """Kill it and every process of its group."""
        _kill_group(self._process)

    def end(self) -> None:
        """Kill it and every process of its group, and wait until it is gone."""
        self.kill()
        self._process.wait()
        for reader in self._readers:
            reader.join(_FAREWELL_S)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            # A reader that what left the group keeps waiting is a daemon, and has the stream to itself.
            if stream is not None and not any(reader.is_alive() for reader in self._readers):
                with suppress(OSError):
                    stream.close()

    def _wait_for_end(self) -> None:
        """Let it end where it is about to: its streams end a moment before it does."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_FAREWELL_S)

    def _ending(self) -> str:
        code = self._process.poll()
        if code is None:
            return ""
        if code < 0:
            with suppress(ValueError):
                return signal.Signals(-code).name
        return str(code)

    def _send(self, message: ToProcess) -> None:
        assert self._process.stdin is not None
        # A process that has ended says so when it is listened to.
        with suppress(OSError, ValueError):
            self._process.stdin.write(line_of(message))
            self._process.stdin.flush()

    def _next(self, seconds: float) -> FromProcess | None:
        """The next message; None where none comes in time, or none will."""
        deadline_s = time.monotonic() + seconds
        while True:
            alive = self.is_alive
            try:
                return self._messages.get(timeout=_LOOK_S)
            except queue.Empty:
                if not alive or time.monotonic() > deadline_s:
                    return None

    def _read_messages(self) -> None:
        decoder = msgspec.json.Decoder(FromProcess)
        assert self._process.stdout is not None
        # Whatever else stands there was written by the file, which may find the stream.
        with suppress(OSError, ValueError, msgspec.MsgspecError):
            while line := self._process.stdout.readline(LONGEST_LINE):
                self._messages.put(decoder.decode(line))
        self._messages.put(None)

    def _read_output(self) -> None:
        """Read to the end whatever comes: a full pipe would block the learner's code."""
        assert self._process.stderr is not None
        with suppress(OSError, ValueError):
            while data := os.read(self._process.stderr.fileno(), 65536):
                kept = data[: OUTPUT_BYTES - len(self._output)]
                self._output += kept
                self.output_dropped += len(data) - len(kept)


def _variables() -> dict[str, str]:
    """The environment without what would make a verdict hang on the machine."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("FLASK_")}
    return variables | {"PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"}


def _own_group() -> dict[str, Any]:
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.kill()
        return
    # The group outlives its leader where that has ended and what it started has not.
    with suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
