"""What SECURITY.md promises: loopback alone, keys of the process, no debugger, files of the user alone."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

import sandbox_app
from tests.command import ROOT
from tests.terminal import Terminal
from tutor.learner.exercise_files import WorkFolder
from tutor.learner.progress import Progress
from tutor.play.editor import kept_history
from tutor.sandbox.server import SandboxServer

WAIT_S = 30.0
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of sockets in /proc")
POSIX = pytest.mark.skipif(os.name != "posix", reason="only POSIX has modes; SECURITY.md tells of the others")

LISTENING = "0A"
"""The state in /proc/net/tcp."""


def family(process_id: int) -> Iterator[int]:
    """A process and those that it started, and so on."""
    yield process_id
    for task in Path(f"/proc/{process_id}/task").glob("*/children"):
        for child in task.read_text().split():
            yield from family(int(child))


def listening(process_id: int) -> set[str]:
    """The addresses, in hexadecimal, at which a process or one of its family listens; unix sockets apart."""
    mine: set[str] = set()
    for each in family(process_id):
        for link in Path(f"/proc/{each}/fd").glob("*"):
            try:
                mine.add(str(link.readlink()))
            except OSError:
                continue
    found: set[str] = set()
    for table in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            parts = line.split()
            if f"socket:[{parts[9]}]" in mine and (parts[3] == LISTENING or not table.startswith("tcp")):
                found.add(f"{table} {parts[1].partition(':')[0]}")
    return found


LOOPBACK_ALONE = {f"tcp {int.from_bytes(socket.inet_aton('127.0.0.1'), sys.byteorder):08X}"}


def started(*words: str, home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tutor", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "FLASK_HTTP_TUTOR_HOME": str(home), "PYTHONUNBUFFERED": "1"},
    )


@LINUX
@pytest.mark.parametrize(
    "words", [("serve",), ("check", "2.5"), ("check", "2.1", "--jobs", "2"), ("check", "2.1.7")]
)
def test_only_loopback_is_listened_on(words: tuple[str, ...], tmp_path: Path) -> None:
    """`serve` and `check`, their jobs, and the processes of exercises listen at 127.0.0.1 alone."""
    seen: set[str] = set()
    process = started(*words, home=tmp_path)
    try:
        end_s = time.monotonic() + WAIT_S
        while process.poll() is None and time.monotonic() < end_s and not (seen and words == ("serve",)):
            try:
                seen |= listening(process.pid)
            except OSError:
                # A process of the family has ended meanwhile.
                continue
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=WAIT_S)
    assert seen == LOOPBACK_ALONE


@LINUX
def test_a_session_listens_on_loopback_alone(tmp_path: Path) -> None:
    """A lesson's sandbox listens at 127.0.0.1 and nowhere else."""
    with Terminal("2.1", home=tmp_path) as terminal:
        terminal.wait_for("▸")
        assert listening(terminal.process_id) == LOOPBACK_ALONE
        terminal.press("\x04")
        assert terminal.ended() == 0


SHOWN = {"2.5": "secret_string"}
"""The keys that a lesson shows on purpose, by section."""

KEYS = """
import json, sandbox_app
print(json.dumps({name: sandbox_app.create_app(name).secret_key for name in sandbox_app.SECTIONS}))
"""


def test_keys_are_made_at_start() -> None:
    """Two processes sign sessions with different keys, but for the key that a lesson shows."""
    first, second = (
        json.loads(
            subprocess.run(
                [sys.executable, "-c", KEYS],
                capture_output=True,
                text=True,
                check=True,
                timeout=WAIT_S,
                cwd=ROOT,
            ).stdout
        )
        for _time in range(2)
    )
    same = {section: key for section, key in first.items() if key is not None and second[section] == key}
    assert same == SHOWN
    assert all(len(key) >= 64 for section, key in first.items() if key is not None and section not in SHOWN)


@pytest.mark.parametrize("section", sandbox_app.SECTIONS)
def test_there_is_no_debugger(section: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even with FLASK_DEBUG set no app is in debug mode, no console answers, no error page shows code."""
    monkeypatch.setenv("FLASK_DEBUG", "1")
    app = sandbox_app.create_app(section)

    @app.get("/broken-on-purpose")
    def broken() -> str:
        raise ZeroDivisionError("a secret of the view")

    assert not app.debug
    with SandboxServer(app) as server:
        console = requests.get(f"{server.address}/console", timeout=WAIT_S)
        style = requests.get(
            f"{server.address}/broken-on-purpose?__debugger__=yes&cmd=resource&f=style.css", timeout=WAIT_S
        )
        page = requests.get(f"{server.address}/broken-on-purpose", timeout=WAIT_S)
    assert console.status_code == 404
    assert (style.status_code, style.headers["Content-Type"]) == (500, "text/html; charset=utf-8")
    assert page.status_code == 500
    assert "secret of the view" not in page.text
    assert "Traceback" not in page.text


@pytest.fixture
def no_umask() -> Iterator[None]:
    """As on a machine where somebody has set it so."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes(root: Path) -> dict[str, int]:
    return {
        str(path.relative_to(root.parent)): stat.S_IMODE(path.stat().st_mode)
        for path in (root, *root.rglob("*"))
    }


@POSIX
@pytest.mark.usefixtures("no_umask")
def test_what_a_session_keeps_is_the_users_alone(tmp_path: Path) -> None:
    """With a umask of 0 too, progress and history are 0600 in folders of 0700, those above included."""
    home = tmp_path / "state" / "tutor"
    with Terminal("2.1", home=home) as terminal:
        terminal.wait_for("▸")
        terminal.type("")
        terminal.wait_for("▸")
        terminal.press("\x04")
        assert terminal.ended() == 0
    kept_history(home / "lines.history").append_string("GET /hello")
    found = modes(tmp_path / "state")
    assert found.pop("state") == 0o700
    assert found.pop("state/tutor") == 0o700
    assert found
    assert set(found.values()) == {0o600}, found


@POSIX
@pytest.mark.usefixtures("no_umask")
def test_exercise_files_are_the_users_alone(tmp_path: Path) -> None:
    """With a umask of 0 too, nobody else may write what the tutor will run."""
    folder = WorkFolder(tmp_path / "above" / "mine")
    folder.begin("greet", "code")
    assert modes(tmp_path / "above") == {"above": 0o700, "above/mine": 0o700, "above/mine/greet.py": 0o600}


@POSIX
def test_a_folder_that_is_there_keeps_its_modes(tmp_path: Path) -> None:
    """A folder that the user has made, and shares, stays shared; only the files in it are private."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o755)
    with Progress(shared) as progress:
        progress.remember_position("lesson", "step")
    assert stat.S_IMODE(shared.stat().st_mode) == 0o755
    assert stat.S_IMODE(progress.file.stat().st_mode) == 0o600
