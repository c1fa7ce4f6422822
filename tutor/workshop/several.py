"""Several files at once, each in a workshop of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tutor.workshop.runner import Workshop

MOST_AT_ONCE = 4

Result = TypeVar("Result")


def run_several(jobs: Sequence[Callable[[Workshop], Result]]) -> list[Result]:
    """Carry the jobs out, as many at a time as there are processors; the results in order.

    Ctrl-C ends every process and goes on to the caller.
    """
    workshops = [Workshop(keeps_one_ready=False) for _job in jobs]

    def carry_out(job: Callable[[Workshop], Result], workshop: Workshop) -> Result:
        with workshop:
            return job(workshop)

    with ThreadPoolExecutor(min(MOST_AT_ONCE, os.cpu_count() or 1)) as pool:
        try:
            return list(pool.map(carry_out, jobs, workshops))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for workshop in workshops:
                workshop.end()
            raise
