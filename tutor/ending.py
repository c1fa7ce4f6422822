"""How the program ends from outside: by a signal, without a stream, with a terminal that is gone."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from tutor.errors import ExitCode

SIGNALS = {"SIGTERM": ExitCode.TERMINATED, "SIGHUP": ExitCode.HUNG_UP, "SIGBREAK": ExitCode.HUNG_UP}
"""Signals that end the program in order. Windows sends SIGBREAK where a console's window closes."""


class Ended(SystemExit):
    """A signal ends the program; `exit_code` says which.

    A SystemExit, because asyncio, in which a prompt waits, lets no other stranger pass.
    """

    def __init__(self, exit_code: ExitCode) -> None:
        super().__init__(int(exit_code))
        self.exit_code = exit_code


def end_on_signals() -> None:
    """Let signals raise Ended in the main thread, so that what is open is closed and a terminal restored."""
    # Imported here, because it makes enums of all its constants, and help needs none of them.
    import signal

    def end(number: int, _frame: object) -> None:
        # The first one ends the program; a second one would only break off what is being closed.
        for name in SIGNALS:
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), signal.SIG_IGN)
        raise Ended(SIGNALS[signal.Signals(number).name])

    for name in SIGNALS:
        # `nohup` has the hang-up ignored.
        if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) is not signal.SIG_IGN:
            # Elsewhere than in the main thread, signals are somebody else's.
            with suppress(ValueError):
                signal.signal(getattr(signal, name), end)


def end_undisturbed() -> None:
    """Let Ctrl-C do nothing more: nothing is left to interrupt, and Python would tell it by a traceback."""
    if "signal" in sys.modules:
        import signal

        signal.signal(signal.SIGINT, signal.SIG_IGN)


def open_missing_streams() -> None:
    """Put something where a standard stream was closed before the start, as by `<&-` or `>&-`.

    Python leaves None there, and the next file or socket would become the stream. Input is empty; writing to
    the output fails, as it would have.
    """
    with suppress(OSError):
        for number, flags in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
            try:
                os.fstat(number)
            except OSError:
                # The lowest free number: those below it are open by now.
                os.open(os.devnull, flags)
                os.set_inheritable(number, True)
    if sys.stdin is None:
        sys.stdin = open(0, closefd=False)  # noqa: SIM115 - a descriptor, for the whole run
    if sys.stdout is None:
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115


def mute(stream: object) -> None:
    """Let what still waits in a stream that cannot be written go nowhere: Python would fail on it at exit."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())  # type: ignore[attr-defined]
        os.close(nowhere)
