"""Whole processes, with their output in a pipe or on a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
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
_AT_REST_S = 0.5
"""So long a process that sleeps has used no processor; one that is kept from it does not sleep."""
_LOOK_S = 0.05
_LARGEST = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""
_CURSOR_QUERY = b"\x1b[6n"
_CURSOR_ANSWER = b"\x1b[1;1R"


def variables(home: Path | None = None) -> dict[str, str]:
    """The environment that everything here runs in."""
    unlike_a_user = ("COLUMNS", "LINES", "NO_COLOR", "PYTHON")
    # Without PYTHON…: bytecode is kept, and output goes in blocks.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unlike_a_user)}
    kept |= {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "TERM": "xterm-256color"}
    return kept | ({"FLASK_HTTP_TUTOR_HOME": str(home)} if home is not None else {})


def run(command: Sequence[str], home: Path | None = None) -> float:
    """Run a command with its output thrown away, and wait for its end; gives the seconds that it took.

    Raises RuntimeError where it does not end with 0.
    """
    started_s = time.perf_counter()
    ended = subprocess.run(
        command, cwd=ROOT, env=variables(home), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    took_s = time.perf_counter() - started_s
    if ended.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {ended.returncode}")
    return took_s


def largest_kb(command: Sequence[str], home: Path | None = None) -> int:
    """The memory, in KiB, of the largest of a command's process and of those that it has waited for.

    Raises RuntimeError where it does not end with 0.
    """
    # What a process is started by counts as its own peak on Linux: something small has to stand between.
    told = subprocess.run(
        (PYTHON, "-S", "-c", _LARGEST, *command),
        cwd=ROOT,
        env=variables(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    if told.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {told.returncode}")
    count = int(told.stdout)
    return count // 1024 if sys.platform == "darwin" else count


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

    def wait_until_at_rest(self) -> None:
        """Wait until neither the process nor what it has started needs the processor; Linux alone tells."""
        since_s, before = time.perf_counter(), None
        until_s = since_s + _WAIT_S
        while time.perf_counter() - since_s < _AT_REST_S:
            if time.perf_counter() > until_s:
                raise RuntimeError("it does not come to rest")
            time.sleep(_LOOK_S)
            now = _ticks(self._process.pid)
            if now is None or now != before:
                since_s, before = time.perf_counter(), now

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


def _ticks(process_id: int) -> dict[int, int] | None:
    """Clock ticks that each thread of a process and its children was given; None where one runs."""
    found: dict[int, int] = {}
    for stat in (
        *Path("/proc").glob(f"{process_id}/task/*/stat"),
        *(
            thread
            for each in Path("/proc").glob(f"{process_id}/task/*/children")
            for child in each.read_text("ascii").split()
            for thread in Path("/proc").glob(f"{child}/task/*/stat")
        ),
    ):
        try:
            state, *fields = stat.read_text("utf-8").rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            return None
        if state == "R":
            return None
        found[int(stat.parent.name)] = int(fields[10]) + int(fields[11])
    return found
