"""The exchanges of the course without the tutor: `requests`, plain sockets, and the development server.

`main` carries out what `benchmarks.script` has written to a file. Nothing is recorded, watched, compared or
reported; what nobody can avoid waiting for, such as a server that says nothing, is waited for.
"""

from __future__ import annotations

import os
import pickle
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import requests

import sandbox_app
from benchmarks.plain_server import LOOPBACK, PlainServer, serving

if TYPE_CHECKING:
    from flask import Flask

_PAUSE_S = 0.25
_SILENCE_S = 1.0
_TIMEOUT_S = 10.0
_GAP_S = 0.2
"""Between two sends, more than this was a pause."""
_SERVE = """
import sys, werkzeug.serving
module = {"__name__": "learner"}
exec(compile(open(sys.argv[1]).read(), sys.argv[1], "exec"), module)
app = module.get("app") or module["create_app"]()
server = werkzeug.serving.make_server("127.0.0.1", 0, app, threaded=True)
server.log = lambda *_args: None
print(server.port, flush=True)
server.serve_forever()
"""


@dataclass(frozen=True, slots=True)
class Shot:
    """One request as it was fired, and as much of the answer as was waited for."""

    after_s: float
    """Since the first of those that were fired together."""
    method: str
    """Empty: `sent` and `got` say all."""
    target: str
    fields: tuple[tuple[str, str], ...]
    body: bytes
    follow: bool
    until_ms: int | None
    body_bytes: int
    talk: tuple[tuple[float, bytes, int], ...]
    """Through a plain socket: at a moment, bytes sent, or how many were received."""
    silent: bool
    """The client gave up waiting."""


@dataclass(frozen=True, slots=True)
class Exercise:
    """A learner's file in a process of its own, and what was fired at it."""

    text: str
    volleys: tuple[tuple[Shot, ...], ...]


@dataclass(frozen=True, slots=True)
class Volley:
    """An app of the sandbox, made anew where it is not the one before, and what was fired at it together."""

    section: str
    configuration: str
    app: int
    shots: tuple[Shot, ...]


Event = Volley | tuple[Exercise, ...]
"""Exercises of one group are carried out some at a time."""
Script = tuple[tuple[Event, ...], ...]
"""The events of each step."""


def play(step: Sequence[Event], server: PlainServer) -> None:
    """Carry out the events of a step."""
    apps: dict[int, Flask] = {}
    for event in step:
        if isinstance(event, Volley):
            if event.app not in apps:
                apps[event.app] = sandbox_app.create_app(event.section, event.configuration)
                apps[event.app].logger.disabled = True
            server.app = apps[event.app]
            _fire(event.shots, server.port)
        else:
            with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
                list(pool.map(_run, event))


def _fire(shots: Sequence[Shot], port: int) -> None:
    if len(shots) == 1:
        _shoot(shots[0], port)
        return
    threads = [threading.Thread(target=_shoot_later, args=(shot, port)) for shot in shots]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _shoot_later(shot: Shot, port: int) -> None:
    time.sleep(shot.after_s)
    _shoot(shot, port)


def _shoot(shot: Shot, port: int) -> None:
    with suppress(requests.RequestException, OSError, ValueError):
        if shot.talk:
            _talk(shot, port)
        else:
            _request(shot, port)


def _request(shot: Shot, port: int) -> None:
    ends_s = time.perf_counter() + (shot.until_ms / 1000 if shot.until_ms is not None else _TIMEOUT_S)
    with requests.request(
        shot.method,
        f"http://{LOOPBACK}:{port}{shot.target}",
        headers=dict(shot.fields),
        data=shot.body or None,
        allow_redirects=shot.follow,
        stream=True,
        timeout=max(0.01, ends_s - time.perf_counter()),
    ) as response:
        count = 0
        for part in response.iter_content(None):
            count += len(part)
            if count >= shot.body_bytes or time.perf_counter() > ends_s:
                break


def _talk(shot: Shot, port: int) -> None:
    began_s = time.perf_counter()
    with socket.create_connection((LOOPBACK, port), _TIMEOUT_S) as connection:
        connection.settimeout(_SILENCE_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sent_s = None
        for at_s, data, count in shot.talk:
            if data:
                if sent_s is not None and at_s - sent_s > _GAP_S:
                    time.sleep(_PAUSE_S)
                sent_s = at_s
                connection.sendall(data)
            while count > 0:
                part = connection.recv(min(count, 65536))
                if not part:
                    return
                count -= len(part)
        if shot.until_ms is not None:
            # A limit of the lesson: so long is looked whether anything more comes.
            connection.settimeout(max(0.001, began_s + shot.until_ms / 1000 - time.perf_counter()))
        if shot.silent or shot.until_ms is not None:
            while connection.recv(65536):
                pass


def _run(exercise: Exercise) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "learner.py")
        file.write_text(exercise.text, "utf-8")
        with subprocess.Popen(
            [sys.executable, "-c", _SERVE, str(file)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            for volley in exercise.volleys if port.isdecimal() else ():
                _fire(volley, int(port))
            process.kill()


def main() -> None:
    """Carry out the script in the file that the first argument names."""
    script: Script = pickle.loads(Path(sys.argv[1]).read_bytes())
    with serving(sandbox_app.create_app("2.1")) as (_address, server):
        for step in script:
            play(step, server)
