"""Exchanges of every kind with a server that takes anything, and what a client made of them again."""

from __future__ import annotations

import gzip
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue

import flask_sock
from flask import Flask, Response, redirect, request
from flask.typing import ResponseReturnValue

from tutor.client.client import Client
from tutor.sandbox.server import SandboxServer
from tutor.wire.exchange import Exchange
from tutor.wire.message import Message
from tutor.wire.request import RawRequest, Request, Upload, parse_request_line, parse_request_words

WAIT_S = 10.0
_CLIENTS = {
    "user-agent": r"(python-requests|curl)/.*",
    "accept": r"\*/\*",
    "accept-encoding": r"gzip, deflate.*",
    "connection": r"keep-alive",
}

REQUESTS = {
    "get": Request("GET", "/hello?name=Grey&x=%20"),
    "fields": Request("GET", "/a", (("X-Test", "1"), ("Accept", "text/html"), ("User-Agent", "me/1 (it's)"))),
    "one field twice": Request("GET", "/a", (("X-Two", "1"), ("X-Two", "2"))),
    "no defaults": Request("GET", "/a", without=frozenset({"User-Agent", "Accept", "Accept-Encoding"})),
    "head": Request("HEAD", "/a"),
    "json": Request("POST", "/a", (("Content-Type", "application/json"),), b'{"name": "it\'s $HOME `x` !"}'),
    "form": Request("POST", "/a", (("Content-Type", "application/x-www-form-urlencoded"),), b"a=1&b=%40"),
    "no type": Request("PUT", "/a", (), b"plain"),
    "chinese": Request(
        "POST", "/a", (("Content-Type", "text/plain"), ("X-Name", "李")), "李\n\t\u202e".encode()
    ),
    "binary": Request("POST", "/a", (("Content-Type", "image/png"),), bytes(range(256)) * 3),
    "at sign": Request("POST", "/a", (), b"@/etc/hostname"),
    "dash and percent": Request("POST", "/a", (), b"-\0%d%%\\n"),
    "long": Request("POST", "/a", (), b"0123456789abcdef" * 10_000),
    "nothing posted": Request("POST", "/a"),
    "deleted": Request("DELETE", "/a"),
    "a body in get": Request("GET", "/a", (), b"body"),
    "another method": Request("BREW", "/a"),
    "cookies": Request("GET", "/a", (("Cookie", "a=1; b=2"), ("Authorization", "Basic Zm9vOmJhcg=="))),
    "another host": Request("GET", "/a", (("Host", "example.com"),)),
    "chunked": Request("POST", "/a", (("Transfer-Encoding", "chunked"),), b"in chunks"),
    "coded": Request("GET", "/gzip"),
    "redirect": Request("GET", "/redirect"),
    "not modified": Request("GET", "/etag", (("If-None-Match", '"v1"'),)),
    "a quoted cookie": Request("GET", "/a", (("Cookie", 'name=Grey; x="a b"; y=it\'s'),)),
    "a path with Chinese": parse_request_line("GET /李/辉?q=李#top"),
    "an upload": parse_request_words(
        ["POST", "/a", "title=Lake 李", "photo@lake"],
        form=True,
        read_file=lambda _name: Upload('l"ke 李.jpg', "image/jpeg", b"\x89PNG\r\n\0\xff'"),
    ),
}

RAW = {
    "an odd target": b"GET //a/../b?{x}[1-3]? HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "an empty field": b"GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Empty:\r\n\r\n",
    "http 1.0": b"GET /a HTTP/1.0\r\n\r\n",
    "bare lf": b"GET /a HTTP/1.1\nHost: 127.0.0.1\n\n",
    "no request": b"GARBAGE\r\n\r\n",
    "a space before the colon": b"GET /a HTTP/1.1\r\nHost : 127.0.0.1\r\n\r\n",
    "octets": b"GET /a\xff HTTP/1.1\r\nHost: 127.0.0.1\r\nX-O: '\x01\xfe%\\\r\n\r\n",
    "octets alone": b"\xfe\x00\x01\r\n\r\n",
    "Chinese as it stands": "GET /李 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode(),
    "an absolute target": b"GET http://127.0.0.1/a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "a wrong length": b"POST /a HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\nlonger",
}


def any_app() -> Flask:
    """An app that answers everything and reads every body."""
    app = Flask("any")
    app.extensions["stop"] = threading.Event()
    methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "BREW"]

    @app.route("/", defaults={"path": ""}, methods=methods)
    @app.route("/<path:path>", methods=methods)
    def anything(path: str) -> ResponseReturnValue:
        return f"{request.method} {path} {len(request.get_data())}"

    @app.get("/gzip")
    def coded() -> ResponseReturnValue:
        return Response(gzip.compress(b"coded " * 10), headers={"Content-Encoding": "gzip"})

    @app.get("/etag")
    def etag() -> ResponseReturnValue:
        response = Response("tea")
        response.set_etag("v1")
        return response.make_conditional(request)

    @app.get("/octets")
    def octets() -> ResponseReturnValue:
        return Response(bytes(range(256)), content_type="application/octet-stream")

    @app.get("/parts")
    def parts() -> ResponseReturnValue:
        return Response(iter(["one", "two"]), content_type="text/plain")

    @app.get("/redirect")
    def elsewhere() -> ResponseReturnValue:
        response = redirect("/a")
        response.set_cookie("seen", "yes", httponly=True, samesite="Lax", expires=1_800_000_000)
        return response

    @app.get("/bidi")
    def bidi() -> ResponseReturnValue:
        return Response("\x1b[31m\u202e]}'", headers={"X-Escape": "\x1b[31m"})

    sock = flask_sock.Sock(app)

    def echo(ws: flask_sock.Server) -> None:
        ws.send("echo: " + ws.receive(timeout=WAIT_S))
        ws.close(1000, "bye")

    def talk(ws: flask_sock.Server) -> None:
        while (text := ws.receive(timeout=WAIT_S)) is not None:
            ws.send(f"echo: {text}")

    sock.route("/ws")(echo)
    sock.route("/talk")(talk)
    return app


@contextmanager
def any_server() -> Iterator[tuple[SandboxServer, Client, SimpleQueue[Exchange]]]:
    """The server, the tutor's client, and what other clients' exchanges were."""
    with SandboxServer(any_app()) as server:
        arrived: SimpleQueue[Exchange] = SimpleQueue()
        server.on_arrival = arrived.put
        client = Client(server)
        try:
            yield server, client, arrived
        finally:
            client.close()


def sent(name: str) -> Request | RawRequest:
    """The request of that name."""
    return REQUESTS[name] if name in REQUESTS else RawRequest(RAW[name])


def meaning(message: Message | None) -> object:
    """What a request says, apart from what clients say by themselves."""
    assert message is not None
    fields = [(field.name.lower().decode("latin-1"), field.value) for field in message.fields]
    return (
        message.method,
        message.target,
        message.version,
        sorted(
            (name, value)
            for name, value in fields
            if not re.fullmatch(_CLIENTS.get(name, r"\b\B"), value.decode("latin-1"))
        ),
        message.body,
        message.chunked,
    )


def absent(message: Message | None) -> set[str]:
    """Which of the fields that change an answer are not there."""
    assert message is not None
    there = {field.name.lower().decode("latin-1") for field in message.fields}
    return {"host", "user-agent", "accept", "content-type"} - there
