"""A real pseudo-terminal with the real program in it, and a screen to read it by."""

from __future__ import annotations

import os
import re
import signal
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pexpect
import pyte

WAIT_S = 20.0
"""How long anything may take on a busy machine."""


def _heed_hangup() -> None:
    """Let a process end with its terminal, though the tests run under `nohup`."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@dataclass(frozen=True, slots=True)
class Cell:
    """One character on a screen and how it looks."""

    text: str
    colour: str = "default"
    bold: bool = False
    italic: bool = False
    underlined: bool = False
    dim: bool = False
    reversed: bool = False


Row = tuple[Cell, ...]
"""From left to right; a wide character is one cell."""


class _Screen(pyte.HistoryScreen):
    """A screen that answers, as a terminal does, where its cursor is."""

    reply: Callable[[str], object]

    def select_graphic_rendition(self, *attrs: int) -> None:
        # pyte knows no dim text; blinking, which the program never does, stands for it.
        if 38 not in attrs and 48 not in attrs:
            attrs = tuple(5 if attr == 2 else attr for attr in attrs)
        super().select_graphic_rendition(*attrs)
        if 22 in attrs:
            super().select_graphic_rendition(25)

    def write_process_input(self, data: str) -> None:
        self.reply(data)


class Terminal:
    """The program in a terminal of a given size.

    `transcript` is everything that was printed, without escape sequences; `screen` is what a person sees now.
    """

    def __init__(
        self,
        *arguments: str,
        home: Path,
        columns: int = 80,
        rows: int = 24,
        variables: Mapping[str, str | None] | None = None,
        through: Sequence[str] = (),
        cwd: Path | None = None,
    ) -> None:
        """`through` is a command that runs the program, and gets its command line as further arguments."""
        env = {key: value for key, value in os.environ.items() if key not in {"COLUMNS", "LINES", "NO_COLOR"}}
        env |= {
            "FLASK_HTTP_TUTOR_HOME": str(home),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
        }
        for name, value in (variables or {}).items():
            if value is None:
                env.pop(name, None)
            else:
                env[name] = value
        command = [*through, sys.executable, "-m", "tutor", *arguments]
        self._process = pexpect.spawn(
            command[0],
            command[1:],
            dimensions=(rows, columns),
            env=env,
            timeout=WAIT_S,
            cwd=cwd,
            preexec_fn=_heed_hangup,
        )
        self._modes = termios.tcgetattr(self._process.child_fd)
        self._process.delaybeforesend = None
        self._screen = _Screen(columns, rows, history=5000)
        self._screen.reply = self._process.send
        self._stream = pyte.ByteStream(self._screen)
        self._bytes = b""
        self._seen = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.close(force=True)

    @property
    def transcript(self) -> str:
        text = self._bytes.decode("utf-8", "replace")
        text = re.sub(
            r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[()][A-Z0-9]|\x1b[=>]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)", "", text
        )
        return text.replace("\r\n", "\n").replace("\r", "\n")

    @property
    def process_id(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def raw(self) -> bytes:
        """Everything that was printed, escape sequences and all."""
        return self._bytes

    @property
    def screen(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display)

    @property
    def cells(self) -> list[Row]:
        """The screen by its characters, each with its look."""
        return [
            tuple(
                Cell(
                    char.data,
                    colour=char.fg,
                    bold=char.bold,
                    italic=char.italics,
                    underlined=char.underscore,
                    dim=char.blink,
                    reversed=char.reverse,
                )
                # The second half of a wide character is empty.
                for char in (self._screen.buffer[line][column] for column in range(self._screen.columns))
                if char.data
            )
            for line in range(self._screen.lines)
        ]

    def wait_for(self, words: str, *, timeout_s: float = WAIT_S) -> str:
        """Read until the words are printed after those waited for before; gives the text since then.

        A prompt, `Enter: …` or what ends in `▸`, must also stand under the cursor with nothing typed.
        """
        return self._wait((words,), timeout_s)[1]

    def wait_for_either(self, *words: str) -> str:
        """Read until one of them is there, as `wait_for` does; gives which."""
        return self._wait(words, WAIT_S)[0]

    def wait_for_screen(self, words: str) -> None:
        """Read until the words stand on the screen, however they came there."""
        end = time.monotonic() + WAIT_S
        while words not in self.screen:
            assert time.monotonic() < end, f"{words!r} did not come; the screen:\n{self.screen}"
            self._read(end)

    def rewind(self) -> None:
        """Wait for what was printed so far once more."""
        self._seen = 0

    def _wait(self, wanted: tuple[str, ...], timeout_s: float) -> tuple[str, str]:
        end = time.monotonic() + timeout_s
        while True:
            if len(wanted) > 1:
                # What is wanted first must not be overlooked because it comes a moment later.
                self._drain()
            for words in wanted:
                text = self._found(words)
                if text is not None:
                    return words, text
            if time.monotonic() > end:
                fresh = self.transcript[self._seen :]
                raise AssertionError(
                    f"{wanted} did not come; since then:\n{fresh}\nthe screen:\n{self.screen}"
                )
            self._read(end)

    def _found(self, words: str) -> str | None:
        """The text up to the words, which counts as seen then; None where they are not there."""
        fresh = self.transcript[self._seen :]
        # Plain output ends its prompts in a character of ASCII.
        found = re.search(r"\s+".join(re.escape(word) for word in words.split()).replace("▸", "[▸>]"), fresh)
        if found is None:
            return None
        if words.endswith(("▸", " >")) or words.startswith("Enter: "):
            # A prompt draws itself anew when Enter is pressed: only the one that stays is meant.
            self._drain()
            fresh = self.transcript[self._seen :]
            if not self._cursor_line.rstrip("▸> ").endswith(words.rstrip("▸> ")):
                return None
            self._seen += len(fresh)
            return fresh
        self._seen += found.end()
        return fresh[: found.end()]

    @property
    def _cursor_line(self) -> str:
        return str(self._screen.display[self._screen.cursor.y])

    def type(self, line: str) -> None:
        """Type a line and press Enter."""
        self.press(line + "\r")

    def press(self, keys: str, *, at_once: bool = False) -> None:
        """Send keys as they are, `\\x03` is Ctrl-C, `\\x04` Ctrl-D; `at_once`, whatever is being drawn."""
        if not at_once:
            self._drain()
        self._seen = len(self.transcript)
        self._process.send(keys)

    def ended(self) -> int:
        """Wait for the end; gives the exit code, or a signal's number, negative."""
        end = time.monotonic() + WAIT_S
        while self._read(end):
            pass
        self._process.wait()
        if self._process.exitstatus is None:
            return -int(self._process.signalstatus or 0)
        return int(self._process.exitstatus)

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def signal(self, number: signal.Signals, *, at_once: bool = False) -> None:
        """Send a signal to the program; `at_once`, whatever is being drawn."""
        if not at_once:
            self._drain()
            self._seen = len(self.transcript)
        self._process.kill(number)

    def resize(self, columns: int, rows: int) -> None:
        """Give the window another size, as a person who drags its corner."""
        self._drain()
        self._screen.resize(rows, columns)
        self._process.setwinsize(rows, columns)

    def close_window(self) -> int:
        """Close the window; gives the exit code, or a signal's number, negative."""
        inner: Any = vars(self._process)["ptyproc"]
        inner.fileobj.close()
        end = time.monotonic() + WAIT_S
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                # pexpect would wait for the process and close the file once more.
                inner.terminated = inner.closed = True
                return os.waitstatus_to_exitcode(status)
            assert time.monotonic() < end, "the program goes on without a window"
            time.sleep(0.02)

    @property
    def unlike_before(self) -> list[str]:
        """In what the terminal is not as it was before the program began."""
        found = []
        if termios.tcgetattr(self._process.child_fd) != self._modes:
            found.append("its modes")
        for name, on, off in (
            ("the cursor", b"\x1b[?25h", b"\x1b[?25l"),
            ("pasting", b"\x1b[?2004l", b"\x1b[?2004h"),
            ("the screen", b"\x1b[?1049l", b"\x1b[?1049h"),
            ("the mouse", b"\x1b[?1000l", b"\x1b[?1000h"),
            ("the cursor's keys", b"\x1b[?1l", b"\x1b[?1h"),
        ):
            if self._bytes.rfind(on) < self._bytes.rfind(off):
                found.append(name)
        # What is printed next must not be in the colour of what was printed last.
        styles = re.findall(rb"\x1b\[([0-9;]*)m", self._bytes)
        if styles and styles[-1] not in (b"", b"0"):
            found.append("the colour")
        return found

    def _drain(self) -> None:
        """Read what is still being drawn: a prompt draws itself anew once it knows where the cursor is."""
        # On a busy machine the second drawing may come late, and would pass for the next prompt.
        quiet_s = 0.2
        while True:
            try:
                self._feed(self._process.read_nonblocking(65536, timeout=quiet_s))
            except (pexpect.TIMEOUT, pexpect.EOF):
                break

    def _feed(self, data: str | bytes) -> None:
        # Without an encoding pexpect gives bytes, whatever its types say.
        assert isinstance(data, bytes)
        self._bytes += data
        self._stream.feed(data)

    def _read(self, end: float) -> bool:
        try:
            data = self._process.read_nonblocking(65536, timeout=max(0.05, min(0.5, end - time.monotonic())))
        except pexpect.TIMEOUT:
            assert time.monotonic() < end + 1, f"nothing more came; the screen:\n{self.screen}"
            return True
        except pexpect.EOF:
            return False
        self._feed(data)
        return True
