"""Networks as offices, planes and containers have them: all that the tutor needs is 127.0.0.1."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

import sandbox_app
from tests.command import ROOT, Outcome
from tests.faults.office import office
from tests.play.sample_pack import write_pack
from tests.terminal import Terminal
from tutor.sandbox.server import SandboxServer

STEPS = ("2.1.1", "2.1.12", "2.5.2", "2.5.11")
"""An exchange, a learner's app in a process of its own, a redirect, a WebSocket."""


def in_namespace(script: str, folder: Path) -> tuple[str, ...]:
    """A command that runs what stands behind it with a network, and files of the system, of its own.

    Skips the test where the system allows no such thing.
    """
    (folder / "hosts").write_text("")
    setup = script.replace("HOSTS", str(folder / "hosts"))
    through = ("unshare", "--net", "--mount", "sh", "-ec", f'{setup}\nexec "$@"', "sh")
    try:
        tried = subprocess.run([*through, "true"], capture_output=True, timeout=20, check=False)
    except OSError as error:
        pytest.skip(f"no namespaces: {error}")
    if tried.returncode:
        pytest.skip(f"no namespaces: {tried.stderr.decode('utf-8', 'replace').strip()}")
    return through


ALONE = "ip link set lo up"
"""No way out, no name server, and no IPv6 where the next line can turn it off."""
NO_IPV6 = "test ! -e /proc/sys/net/ipv6 || echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6"
NO_HOSTS = "mount --bind HOSTS /etc/hosts; if getent hosts localhost; then exit 1; fi"
NETWORKS = {
    "no outside": ALONE,
    "no IPv6": f"{ALONE}\n{NO_IPV6}",
    "no localhost": f"{ALONE}\n{NO_HOSTS}",
}


def run(
    *arguments: str, home: Path, through: Sequence[str] = (), variables: Mapping[str, str] | None = None
) -> Outcome:
    """Run the program, through another one where one is named."""
    done = subprocess.run(
        [*through, sys.executable, "-m", "tutor", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=100,
        cwd=ROOT,
        env={**os.environ, "LC_ALL": "C.UTF-8", "FLASK_HTTP_TUTOR_HOME": str(home), **(variables or {})},
        check=False,
    )
    return Outcome(done.stdout, done.stderr, done.returncode)


@pytest.mark.parametrize("network", NETWORKS)
def test_loopback_is_all_that_is_needed(network: str, tmp_path: Path) -> None:
    """`check` and `send` do their work without a way out, without IPv6, and where nobody is `localhost`."""
    through = in_namespace(NETWORKS[network], tmp_path)
    checked = run("check", *STEPS, "--format", "json", through=through, home=tmp_path)
    assert checked.code == 0, checked
    summary = json.loads(checked.out)["summary"]
    assert summary["passed"] > len(STEPS)
    assert summary["failed"] == summary["errors"] == 0
    sent = run("send", "GET", "/hello", through=through, home=tmp_path)
    assert sent.code == 0, sent
    assert "Hello, Flask!" in sent.out


@pytest.mark.parametrize("network", NETWORKS)
def test_a_lesson_needs_no_more(network: str, tmp_path: Path) -> None:
    """A session on such a network starts, fires, grades and keeps as ever."""
    through = in_namespace(NETWORKS[network], tmp_path)
    pack = str(write_pack(tmp_path / "pack"))
    with Terminal("--pack", pack, home=tmp_path / "home", through=through) as terminal:
        terminal.wait_for("Enter: send")
        terminal.type("")
        assert "HTTP/1.1 200 OK" in terminal.wait_for("a–c ▸")
        terminal.type("200 OK")
        terminal.wait_for("Yes: 200 OK.")
        terminal.press("\x04")
        assert terminal.ended() == 0
        assert terminal.unlike_before == []


def test_without_loopback_one_line_says_so(tmp_path: Path) -> None:
    """Where not even 127.0.0.1 can be reached, `send` ends with 3 and why, in one line beside its own."""
    through = in_namespace("ip link set lo down", tmp_path)
    sent = run("send", "GET", "/hello", through=through, home=tmp_path)
    assert sent.code == 3
    assert sent.out == ""
    assert [line for line in sent.err.splitlines() if line.startswith("flask-http-tutor: ")] == [
        "flask-http-tutor: The connection failed: Network is unreachable."
    ]
    assert sent.err.count("\n") == 2


def test_an_office_has_no_say(tmp_path: Path) -> None:
    """Proxies, .netrc and certificates that are not there change nothing, in a learner's app neither."""
    checked = run("check", *STEPS, "--format", "json", home=tmp_path, variables=office(tmp_path))
    assert checked.code == 0, checked
    assert json.loads(checked.out)["summary"]["passed"] > len(STEPS)


def test_an_office_adds_nothing_to_what_is_sent(tmp_path: Path) -> None:
    """`send`, to its own sandbox and to a running one, sends no credentials and asks no proxy."""
    variables = office(tmp_path)
    with SandboxServer(sandbox_app.create_app("2.1")) as server:
        for where in ((), ("--at", server.address), ("--at", f"localhost:{server.port}")):
            sent = run("send", *where, "GET", "/hello", home=tmp_path, variables=variables)
            assert sent.code == 0, sent
            assert "Hello, Flask!" in sent.out
            assert "Authorization" not in sent.out
            assert "Proxy" not in sent.out


def test_a_lesson_in_an_office(tmp_path: Path) -> None:
    """A session fires at its own sandbox whatever the environment names."""
    pack = str(write_pack(tmp_path / "pack"))
    with Terminal("--pack", pack, home=tmp_path / "home", variables=office(tmp_path)) as terminal:
        terminal.wait_for("Enter: send")
        terminal.type("")
        terminal.wait_for("a–c ▸")
        terminal.type(":try GET /hello name==Li")
        told = terminal.wait_for("a–c ▸")
        assert "Hello, Li!" in told
        terminal.type(":r")
        assert "Authorization" not in terminal.wait_for("a–c ▸")
