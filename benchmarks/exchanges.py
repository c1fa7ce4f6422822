"""What recording costs: one exchange, and a large one, against `requests` at the development server."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Iterator

import requests
from flask import Flask

import sandbox_app
from benchmarks.plain_server import RecordingServer, serving
from benchmarks.rows import Row
from benchmarks.timing import Effort, in_turns, ratios
from tutor.client.client import Client
from tutor.sandbox.server import SandboxServer
from tutor.wire.request import Request

_TARGET = "/hello?name=Grey"
_LARGE_BYTES = 10_000_000
_LARGE_PART = b"x" * 65536
_IN_A_ROW = 10
"""`requests` has its response while the server's thread still ends, and an exchange is over only then: in a
row each pays for its own, and not for what was measured before it."""
_BATCH = 10
"""One ratio is that of the medians of so many rows."""


def measure(effort: Effort) -> Iterator[Row]:
    """The rows of one small exchange, then those of a large one."""
    yield from _small(effort.of(3000, 300))
    yield from _large(effort.of(100, 5))


def _small(pairs: int) -> Iterator[Row]:
    plain_app, recorded_app, watched_app = (sandbox_app.create_app("2.1") for _app in range(3))
    with (
        serving(plain_app) as (plain, _plain_server),
        serving(recorded_app, RecordingServer) as (recorded, _recording_server),
        SandboxServer(watched_app) as sandbox,
    ):
        client = Client(sandbox)
        request = Request("GET", _TARGET)
        runs = in_turns(
            {
                "plain": lambda: _in_a_row(lambda: _get(plain)),
                "bytes": lambda: _in_a_row(lambda: _get(recorded)),
                "exchange": lambda: _in_a_row(lambda: _fire(client, request)),
            },
            pairs // _IN_A_ROW,
        )
    words = f"{pairs:,} times, in tens, against plain `requests`"
    yield Row(
        f"one exchange with its timeline, {words}", ratios(runs, "exchange", "plain", batch=_BATCH), 1.15
    )
    yield Row(f"its bytes alone, {words}", ratios(runs, "bytes", "plain", batch=_BATCH), 1.05)


def _in_a_row(send: Callable[[], None]) -> None:
    for _time in range(_IN_A_ROW):
        send()


def _get(address: str) -> None:
    requests.get(address + _TARGET, timeout=10).raise_for_status()


def _fire(client: Client, request: Request) -> None:
    (exchange,) = client.fire(request)
    if exchange.error or exchange.timeline is None:
        raise RuntimeError(exchange.error or "no timeline")


def _large(rounds: int) -> Iterator[Row]:
    plain_app, watched_app = _large_app(), _large_app()
    with serving(plain_app) as (plain, _server), SandboxServer(watched_app) as sandbox:
        client = Client(sandbox, timeout_s=60)
        request = Request("GET", "/large")
        runs = in_turns(
            {"plain": lambda: _read_large(plain), "recorded": lambda: _fire(client, request)}, rounds
        )
        held = tuple(_held_mb(client, request) for _round in range(3))
    yield Row("10 MB response: time, against plain `requests`", ratios(runs, "recorded", "plain"), 1.3)
    yield Row("10 MB response: memory held", held, 1.0, "MB")


def _large_app() -> Flask:
    app = Flask(__name__)

    @app.get("/large")
    def large() -> Iterator[bytes]:
        for start in range(0, _LARGE_BYTES, len(_LARGE_PART)):
            yield _LARGE_PART[: _LARGE_BYTES - start]

    return app


def _read_large(address: str) -> None:
    with requests.get(f"{address}/large", stream=True, timeout=60) as response:
        count = sum(map(len, response.iter_content(65536)))
    if count != _LARGE_BYTES:
        raise RuntimeError(f"{count} bytes came")


def _held_mb(client: Client, request: Request) -> float:
    """What is still in memory while the exchange is, beyond what was before it."""
    gc.collect()
    tracemalloc.start()
    try:
        before, _peak = tracemalloc.get_traced_memory()
        kept = client.fire(request)
        gc.collect()
        after, _peak = tracemalloc.get_traced_memory()
        del kept
    finally:
        tracemalloc.stop()
    return (after - before) / 1_000_000
