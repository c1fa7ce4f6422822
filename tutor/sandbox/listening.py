"""The sandbox's socket: it can listen before what answers on it is imported."""

from __future__ import annotations

import socket

from tutor.errors import SandboxError
from tutor.language import _

LOOPBACK = "127.0.0.1"

_BACKLOG = 128


def listening_socket(port: int = 0) -> socket.socket:
    """A socket that listens on loopback; port 0 takes a free one.

    Raises SandboxError where the port cannot be had.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((LOOPBACK, port))
        listening.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        listening.close()
        reason = error.strerror if isinstance(error, OSError) else error
        raise SandboxError(
            _("The sandbox cannot listen on {host}:{port}: {reason}.").format(
                host=LOOPBACK, port=port, reason=reason
            )
        ) from error
    return listening
