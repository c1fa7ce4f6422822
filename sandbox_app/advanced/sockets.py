"""WebSockets: an echo, the arithmetic of the handshake, and what hooks see of a socket."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from hashlib import sha1
from typing import Protocol
from urllib.parse import urlsplit

from flask import Flask, Response, abort, request
from flask_sock import Sock

from sandbox_app.waits import Socket, messages

MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""What RFC 6455, section 1.3, has every server append to the key."""


class Sockets(Protocol):
    """flask-sock's extension, of which only routes are used here; it comes without types."""

    def route(self, path: str) -> Callable[[Callable[[Socket], None]], None]: ...


def add_to(app: Flask, sock: Sockets) -> None:
    """Register the views."""

    @sock.route("/ws")
    def echo(ws: Socket) -> None:
        for text in messages(app, ws):
            ws.send(f"echo:{text!s}")

    @app.route("/accept")
    def accept() -> str:
        key = request.args["key"]
        digest = sha1((key + MAGIC).encode()).digest()
        return f"{key + MAGIC}\n{digest.hex()}\n{b64encode(digest).decode()}\n"


def add_origin_check(app: Flask) -> None:
    """A hook that lets only pages of this site open a socket."""

    @app.before_request
    def own_pages_only() -> None:
        origin = urlsplit(request.headers.get("Origin", ""))
        if request.endpoint == "echo" and origin.netloc != request.host:
            abort(403)


def add_hooks(app: Flask) -> None:
    """Hooks that note when they run for a socket, and an echo that notes what it does."""
    log: list[str] = []
    sock: Sockets = Sock(app)

    @sock.route("/ws/noted")
    def noted_echo(ws: Socket) -> None:
        try:
            for text in messages(app, ws):
                log.append("message")
                ws.send(f"echo:{text!s}")
        finally:
            log.append("closed")

    @app.before_request
    def note_before() -> None:
        if request.endpoint == "noted_echo":
            log.append("before_request")

    @app.after_request
    def note_after(response: Response) -> Response:
        if request.endpoint == "noted_echo":
            log.append("after_request")
        return response

    @app.route("/log")
    def show_log() -> dict[str, list[str]]:
        return {"log": log}
