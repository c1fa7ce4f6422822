"""A server that runs in another process: what crosses the wire is recorded at the client's end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tutor.sandbox.listening import LOOPBACK
from tutor.sandbox.recorder import DEFAULT_CAP, Connection
from tutor.wire.exchange import Exchange, Piece

if TYPE_CHECKING:
    from flask import Flask


class RunningServer:
    """What a Client needs to know of such a server. What its Flask does cannot be seen from here."""

    def __init__(self, port: int, *, cap_bytes: int = DEFAULT_CAP) -> None:
        self.port = port
        self.host = f"{LOOPBACK}:{port}"
        self.address = f"http://{self.host}"
        self._cap_bytes = cap_bytes
        self._connections: dict[int, Connection] = {}

    def trust(
        self,
        client_port: int,
        app: Flask | None = None,  # noqa: ARG002 - it has its own app
        *,
        on_piece: Callable[[Piece], None] | None = None,
    ) -> Connection:
        """Begin the record of a connection from this port."""
        connection = Connection(client_port, cap_bytes=self._cap_bytes)
        connection.on_piece = on_piece
        self._connections[client_port] = connection
        return connection

    def distrust(self, client_port: int) -> None:
        """Stop telling of pieces."""
        self._connections[client_port].on_piece = None

    def exchange_of(self, client_port: int, *, wait_s: float) -> Exchange:  # noqa: ARG002 - all is there
        """What was recorded on the connection from this port."""
        return self._connections[client_port].snapshot()
