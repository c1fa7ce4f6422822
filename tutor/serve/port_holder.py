"""Which process listens on a port, where the system tells cheaply: Linux, and of one's own processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_LISTENING = "0A"
_LONGEST = 60
"""Characters of a command line that are told."""


@dataclass(frozen=True, slots=True)
class PortHolder:
    """A process that listens."""

    process_id: int
    command: str
    """Its command line, cut where it is long; any characters."""


def port_holder(port: int, proc: Path = Path("/proc")) -> PortHolder | None:
    """The process that listens on the port of any address; None where that cannot be found out."""
    sockets = {f"socket:[{inode}]" for inode in _listening(port, proc)}
    if not sockets:
        return None
    with suppress(OSError):
        for process in proc.iterdir():
            if process.name.isdecimal() and _holds(process, sockets):
                return PortHolder(int(process.name), _command(process))
    return None


def _listening(port: int, proc: Path) -> Iterator[str]:
    """The inodes of the sockets that listen on the port."""
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (proc / "net" / table).read_text("ascii", "replace").splitlines()[1:]:
                columns = line.split()
                if columns[3] == _LISTENING and int(columns[1].rpartition(":")[2], 16) == port:
                    yield columns[9]


def _holds(process: Path, sockets: set[str]) -> bool:
    # Other people's processes may not be looked into, and any may end meanwhile.
    with suppress(OSError):
        for descriptor in (process / "fd").iterdir():
            with suppress(OSError):
                if str(descriptor.readlink()) in sockets:
                    return True
    return False


def _command(process: Path) -> str:
    try:
        words = (process / "cmdline").read_text("utf-8", "surrogateescape").split("\0")
    except OSError:
        return ""
    command = " ".join(word for word in words if word)
    return command if len(command) <= _LONGEST else command[: _LONGEST - 1] + "…"
