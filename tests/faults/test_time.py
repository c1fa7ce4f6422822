"""Time that does not pass as it does: a stopped process, a clock that is set back, a machine that is slow."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.command import ROOT
from tests.faults.sitting import write_pack

STEP = """
import sys
from pathlib import Path
from sandbox_app import create_app
from tutor.client.client import Client
from tutor.client.run import StepRun
from tutor.course.pack import open_pack
from tutor.sandbox.server import SandboxServer

lesson = open_pack(Path(sys.argv[1])).load(sys.argv[2]).lesson
step = next(step for step in lesson.steps if step.id == sys.argv[3])
with SandboxServer() as server:
    run = StepRun(server, Client(server), step, lambda name: create_app(lesson.number, name))
    for block in step.exchanges:
        print("fire", flush=True)
        sys.stdin.readline()
        hops = run.fire(block, on_again=lambda: print("again", flush=True))
        print(block.id, hops[-1].response and hops[-1].response.status, hops[-1].error, flush=True)
"""
"""Fires a step's blocks, one for each line that it reads."""


@contextmanager
def firing(*arguments: str, variables: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """A process that fires a step's blocks."""
    process = subprocess.Popen(
        [sys.executable, "-c", STEP, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | (variables or {}),
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.communicate()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


@pytest.mark.parametrize("stop_after_s", [0.03, 0.06, 0.2])
def test_a_long_poll_in_which_the_machine_slept_brings_the_same_answer(
    tmp_path: Path, stop_after_s: float
) -> None:
    """Stopped while a long poll is held, its limit runs out; the step is fired once more: still 200."""
    with firing(str(write_pack(tmp_path / "pack")), "2.5", "wait") as process:
        assert line(process) == "fire"
        go(process)
        time.sleep(stop_after_s)
        process.send_signal(signal.SIGSTOP)
        time.sleep(1.5)
        process.send_signal(signal.SIGCONT)
        told = line(process)
        if told == "again":
            told = line(process)
        assert told == "held 200"


def test_a_request_in_which_the_machine_slept_longer_than_it_may_take_is_whole(tmp_path: Path) -> None:
    """A stream of two seconds, stopped for longer than any exchange may take, comes whole in the end."""
    with firing(str(write_pack(tmp_path / "pack")), "2.5", "stream") as process:
        assert line(process) == "fire"
        go(process)
        time.sleep(0.5)
        process.send_signal(signal.SIGSTOP)
        time.sleep(11)
        process.send_signal(signal.SIGCONT)
        assert [line(process), line(process)] == ["again", "ticker 200"]


CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

/* The clock of the process is an hour behind from the moment a file is there. */
int clock_gettime(clockid_t id, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    struct stat found;
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int outcome = real(id, now);
    if (id == CLOCK_REALTIME && !stat(getenv("SET_BACK"), &found)) now->tv_sec -= 3600;
    return outcome;
}
"""


@pytest.mark.skipif(
    shutil.which("cc") is None, reason="a clock of its own takes a C compiler, which is not here"
)
@pytest.mark.skipif(sys.platform != "linux", reason="LD_PRELOAD is Linux'")
def test_a_clock_that_is_set_back_within_a_step_changes_no_answer(tmp_path: Path) -> None:
    """With the clock an hour back since a session cookie was signed, the step is fired anew."""
    (tmp_path / "clock.c").write_text(CLOCK, "utf-8")
    library = tmp_path / "clock.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, tmp_path / "clock.c", "-ldl"], check=True)
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "session.md").write_text(SESSION, "utf-8")
    set_back = tmp_path / "set-back"
    preload = {"LD_PRELOAD": str(library), "SET_BACK": str(set_back)}
    with firing(str(pack), "2.3", "session", variables=preload) as process:
        assert line(process) == "fire"
        go(process)
        assert line(process).startswith("login 200")
        assert line(process) == "fire"
        set_back.touch()
        go(process)
        assert [line(process), line(process)] == ["again", "members 200"]


SESSION = """\
# A session

```lesson
format = 1
id = "session"
number = "2.3"
minutes = 5
```

Opening words.

## Remembered {#session}

```http {#login jar=learner}
GET /login HTTP/1.1
```

```expect {of=login}
status = 200
```

```http {#members jar=learner}
GET /members HTTP/1.1
```

```expect {of=members}
status = 200
```

> The cookie says who it is.
"""


@contextmanager
def load(processes: int) -> Iterator[None]:
    """A machine that is busy with something else."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _number in range(processes)]
    try:
        yield
    finally:
        for each in busy:
            each.kill()
        for each in busy:
            each.wait()


def verdicts(*arguments: str, home: Path) -> list[tuple[str, str, str]]:
    result = subprocess.run(
        [sys.executable, "-m", "tutor", "check", *arguments, "--format", "json"],
        capture_output=True,
        cwd=ROOT,
        env=os.environ | {"FLASK_HTTP_TUTOR_HOME": str(home), "LC_ALL": "C.UTF-8"},
        timeout=1700,
        check=False,
    )
    report = json.loads(result.stdout)
    return [
        (check["id"], check["status"], check["message"])
        for lesson in report["lessons"]
        for check in lesson["checks"]
    ]


@pytest.mark.timeout(400)
@pytest.mark.parametrize("step", ["2.5.6", "2.5.12"])
def test_a_slow_machine_changes_no_verdict(tmp_path: Path, step: str) -> None:
    """With two busy processes a processor, a step about time is found as it is on an idle machine."""
    idle = verdicts(step, home=tmp_path)
    with load(2 * (os.cpu_count() or 1)):
        assert verdicts(step, home=tmp_path) == idle
    assert {status for _id, status, _message in idle} == {"passed"}


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_whole_course_on_a_slow_machine_is_as_on_an_idle_one(tmp_path: Path) -> None:
    """With two busy processes a processor, every verdict of the course is the same."""
    idle = verdicts(home=tmp_path)
    with load(2 * (os.cpu_count() or 1)):
        assert verdicts(home=tmp_path) == idle
