"""Whole processes, with their output in a pipe or on a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import resource
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
PYTHON = sys.executable
TUTOR = str(BIN / "flask-http-tutor")

_WAIT_S = 120.0
_CURSOR_QUERY = b"\x1b[6n"
_CURSOR_ANSWER = b"\x1b[1;1R"


@dataclass
class Ended:
    """What became of a process that has ended."""

    seconds: float
    code: int
    largest_kb: int
    """The memory, in KiB, of the largest of it and of the processes that it has waited for."""


def variables(home: Path | None = None) -> dict[str, str]:
    """The environment that everything here runs in."""
    unlike_a_user = ("COLUMNS", "LINES", "NO_COLOR", "PYTHON")
    # Without PYTHON…: bytecode is kept, and output goes in blocks.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unlike_a_user)}
    kept |= {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "TERM": "xterm-256color"}
    return kept | ({"FLASK_HTTP_TUTOR_HOME": str(home)} if home is not None else {})


def run(command: Sequence[str], home: Path | None = None, *, expect: int = 0) -> Ended:
    """Run a command with its output thrown away, and wait for its end.

    Raises RuntimeError where it ends with another exit code than is expected.
    """
    started_s = time.perf_counter()
    with subprocess.Popen(
        command, cwd=ROOT, env=variables(home), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    ) as process:
        _pid, status, usage = os.wait4(process.pid, 0)
        took_s = time.perf_counter() - started_s
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != expect:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return Ended(took_s, process.returncode, _kb(usage))


def _kb(usage: resource.struct_rusage) -> int:
    return usage.ru_maxrss // 1024 if sys.platform == "darwin" else usage.ru_maxrss


@dataclass
class OnTerminal:
    """A command on a pseudo-terminal of 80 by 24; a context manager that ends it."""

    command: Sequence[str]
    home: Path | None = None
    printed: bytearray = field(default_factory=bytearray)

    def __enter__(self) -> OnTerminal:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.started_s = time.perf_counter()
        self._process = subprocess.Popen(
            self.command,
            cwd=ROOT,
            env=variables(self.home),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)

    def read_until(self, words: str) -> float:
        """Read on until the words were printed after what was waited for before; gives that moment.

        Raises RuntimeError where they do not come.
        """
        wanted = words.encode()
        while wanted not in self.printed:
            if not self._read():
                raise RuntimeError(f"{words!r} did not come: {bytes(self.printed[-2000:])!r}")
        now_s = time.perf_counter()
        del self.printed[: self.printed.index(wanted) + len(wanted)]
        return now_s

    def read_to_end(self) -> float:
        """Read until the process has ended; gives the seconds since its start."""
        while self._read():
            pass
        self._process.wait(_WAIT_S)
        return time.perf_counter() - self.started_s

    def discard(self) -> None:
        """Read what is there already, and forget it."""
        while select.select([self._ours], [], [], 0)[0] and self._read():
            pass
        self.printed.clear()

    def _read(self) -> bool:
        ready, _writable, _failed = select.select([self._ours], [], [], _WAIT_S)
        if not ready:
            return False
        with suppress(OSError):  # Linux tells the end so
            data = os.read(self._ours, 65536)
            self.printed += data
            for _query in range(data.count(_CURSOR_QUERY)):
                os.write(self._ours, _CURSOR_ANSWER)
            return bool(data)
        return False
