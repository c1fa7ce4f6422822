"""A session that goes on all day."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import ROOT
from tests.faults.soak import EXCHANGES, MEASURED_EVERY, SOCKETS, STREAMS

ROUNDS = 50
WARM_UP_ROUNDS = 10
"""By then everything is imported, and as many connections are kept as ever will be."""
MOST_GROWTH = 1.1


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_a_long_session_grows_no_further(tmp_path: Path) -> None:
    """2,000 exchanges, 200 streams and 50 WebSockets: memory within 10 %, no descriptor, no thread more."""
    assert (ROUNDS * EXCHANGES, ROUNDS * STREAMS, ROUNDS * SOCKETS) == (2000, 200, 50)
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.soak", str(tmp_path), str(ROUNDS)],
        capture_output=True,
        text=True,
        timeout=1700,
        cwd=ROOT,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert found["exchanges"] == ROUNDS * (EXCHANGES + STREAMS + SOCKETS)
    warm, *later = found["measured"][WARM_UP_ROUNDS // MEASURED_EVERY - 1 :]
    assert len(later) == (ROUNDS - WARM_UP_ROUNDS) // MEASURED_EVERY
    for each in later:
        assert each["kilobytes"] < warm["kilobytes"] * MOST_GROWTH, found
        assert each["descriptors"] <= warm["descriptors"], found
        assert each["threads"] <= warm["threads"], found
    # Without a session its server's thread is gone, and its socket.
    assert found["at_end"]["threads"] == 1
    assert found["at_end"]["descriptors"] < warm["descriptors"]
