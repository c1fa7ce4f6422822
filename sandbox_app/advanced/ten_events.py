"""The same ten events, delivered by polling, by long polling, as server-sent events and over a WebSocket.

Each way has a ticker of its own, which begins with its first request.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

from flask import Flask, Response, request

from sandbox_app.advanced.sockets import Sockets
from sandbox_app.waits import TICK_S, Socket, wait

EVENTS = 10


class Ticker:
    """Ten events, one every `TICK_S` seconds from now on, numbered from 1."""

    def __init__(self) -> None:
        self._start_s = time.perf_counter()

    def age_s(self, number: int) -> float:
        """Seconds since that event happened; negative where it is still to come."""
        return time.perf_counter() - self._start_s - number * TICK_S

    def event(self, number: int) -> dict[str, int]:
        """An event as it is sent: its number, and its age in milliseconds when it is sent."""
        return {"age_ms": round(self.age_s(number) * 1000), "n": number}


class Mailbox:
    """The events of a ticker that a polling client has not yet fetched."""

    def __init__(self) -> None:
        self._ticker = Ticker()
        self._fetched = 0
        self._lock = threading.Lock()

    def fetch(self) -> list[dict[str, int]]:
        """What has happened since the last call."""
        with self._lock:
            new = [n for n in range(self._fetched + 1, EVENTS + 1) if self._ticker.age_s(n) >= 0]
            self._fetched += len(new)
            return [self._ticker.event(n) for n in new]


def add_to(app: Flask, sock: Sockets) -> None:
    """Register the views."""
    mailboxes: list[Mailbox] = []
    tickers: list[Ticker] = []

    def events_in_time(ticker: Ticker) -> Iterator[dict[str, int]]:
        for number in range(1, EVENTS + 1):
            if wait(app, max(0, -ticker.age_s(number))):
                return
            yield ticker.event(number)

    @app.route("/ten/polled")
    def polled() -> dict[str, list[dict[str, int]]]:
        if not mailboxes:
            mailboxes.append(Mailbox())
        return {"events": mailboxes[0].fetch()}

    @app.route("/ten/awaited")
    def awaited() -> dict[str, int] | tuple[str, int]:
        since = request.args.get("since", 0, type=int)
        if since == 0 or not tickers:
            tickers[:] = [Ticker()]
        ticker = tickers[0]
        if since >= EVENTS or wait(app, max(0, -ticker.age_s(since + 1))):
            return "", 204
        return ticker.event(since + 1)

    @app.route("/ten/streamed")
    def streamed() -> Response:
        lines = (f"id: {event['n']}\ndata: {_json(event)}\n\n" for event in events_in_time(Ticker()))
        return Response(lines, mimetype="text/event-stream")

    @sock.route("/ten/socket")
    def over_socket(ws: Socket) -> None:
        for event in events_in_time(Ticker()):
            ws.send(_json(event))
        ws.close(1000, "done")


def _json(event: dict[str, int]) -> str:
    return json.dumps(event, separators=(",", ":"))
