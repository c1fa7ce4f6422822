"""What may befall a program's listening socket and accepting thread, made to happen by signals."""

from __future__ import annotations

import signal
import textwrap
from enum import Enum
from pathlib import Path

CODE = """\
import ctypes, os, signal, socket, stat, threading


def listening():
    for descriptor in range(3, 200):
        try:
            if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                continue
        except OSError:
            continue
        found = socket.socket(fileno=os.dup(descriptor))
        with found:
            if found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                yield descriptor, found


def shut_down(*_given):
    for _descriptor, found in listening():
        found.shutdown(socket.SHUT_RDWR)


def close(*_given):
    for descriptor, _found in listening():
        os.close(descriptor)


def end_thread(*_given):
    for thread in threading.enumerate():
        if thread.name == "sandbox":
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(thread.ident), ctypes.py_object(MemoryError)
            )


signal.signal(signal.SIGUSR1, shut_down)
signal.signal(signal.SIGUSR2, end_thread)
signal.signal(signal.SIGALRM, close)
"""


class Accident(Enum):
    """What ends the accepting; the value is the signal that makes it happen."""

    SHUT_DOWN = signal.SIGUSR1
    CLOSED = signal.SIGALRM
    THREAD = signal.SIGUSR2


def prone(folder: Path) -> dict[str, str]:
    """The variables with which a Python program is prone to accidents; a file for it goes into the folder."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(textwrap.dedent(CODE), "utf-8")
    return {"PYTHONPATH": str(folder)}
