"""What a fault may not leave behind."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

_SETTLE_S = 20.0


def descriptors() -> set[str]:
    """What this process holds open, where the system tells."""
    if not sys.platform.startswith("linux"):
        return set()
    found = set()
    for each in Path("/proc/self/fd").iterdir():
        try:
            found.add(f"{each.name} {each.readlink()}")
        except OSError:
            continue
    return found


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Behind each test no thread goes on that began in it, and no socket is open that it opened."""
    threads, files = set(threading.enumerate()), descriptors()
    yield
    end_s = time.monotonic() + _SETTLE_S
    while True:
        left = [each.name for each in threading.enumerate() if each not in threads]
        sockets = [each for each in descriptors() - files if "socket:" in each]
        if not left and not sockets:
            return
        assert time.monotonic() < end_s, (left, sockets)
        time.sleep(0.05)
