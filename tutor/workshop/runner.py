"""One run of a learner's file: a fresh process, an exercise's probes fired at it, and the verdict."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from tutor.client import BlocksRun, Client
from tutor.course.model import ExchangeBlock, Question
from tutor.grading.exercises import ExerciseVerdict, grade_exercise
from tutor.grading.live import LiveValueError
from tutor.sandbox.running import RunningServer
from tutor.wire.exchange import Exchange
from tutor.wire.request import RequestSyntaxError
from tutor.workshop.messages import Failure, FlaskSide
from tutor.workshop.process import AppProcess

VIEW_S = 5.0
"""How long an answer may take."""
RUN_S = 20.0
"""How long all probes of a run may take together; what is left then is not fired."""


@dataclass(frozen=True, slots=True)
class Run:
    """What came of a run."""

    verdict: ExerciseVerdict
    fired: dict[str, tuple[Exchange, ...]] = field(default_factory=dict)
    """The hops of each probe by id, with Flask's side where the process told it."""
    failure: Failure | None = None
    """Why the file could not be loaded, or why its process ended."""
    crashes: dict[str, Failure] = field(default_factory=dict)
    """For the ids of probes, the exception in the learner's code that no error handler took."""
    notes: tuple[Failure, ...] = ()
    output: str = ""
    """What the file printed."""
    output_dropped: int = 0
    duration_s: float = 0.0
    """From the process's being there to the last answer."""
    interrupted: bool = False
    """Whether Ctrl-C ended it; then nothing is graded by it."""


class Workshop:
    """Runs files, each in a process of its own. A context manager: nothing is left when it ends.

    The next process is started when the one before is taken, so that Flask is imported by the time a file
    is saved.
    """

    def __init__(self, *, keeps_one_ready: bool = True) -> None:
        self._keeps_one_ready = keeps_one_ready
        self._ready: AppProcess | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def warm_up(self) -> None:
        """Start the process for the next run."""
        if self._ready is None or not self._ready.is_alive:
            self._ready = AppProcess()

    def close(self) -> None:
        """End the process that waits."""
        ready, self._ready = self._ready, None
        if ready is not None:
            ready.end()

    def run(
        self,
        file: Path,
        exercise: Question,
        probes: Sequence[ExchangeBlock],
        *,
        on_fired: Callable[[ExchangeBlock], None] = lambda _probe: None,
    ) -> Run:
        """Load the file, fire the probes in order, and grade what came.

        Args:
            file: the learner's file.
            exercise: the exercise that it is for.
            probes: its probes.
            on_fired: called behind each probe.

        Raises:
            WorkshopError: the system starts no process.
        """
        self.warm_up()
        process, self._ready = self._ready, None
        started_s = time.monotonic()
        assert process is not None
        try:
            found = _carry_out(process, file, exercise, probes, on_fired)
        except KeyboardInterrupt:
            found = Run(grade_exercise(exercise, probes, {}), interrupted=True)
        finally:
            duration_s = time.monotonic() - started_s
            process.end()
        if self._keeps_one_ready:
            self.warm_up()
        return replace(
            found,
            output=process.output,
            output_dropped=process.output_dropped,
            duration_s=duration_s,
        )


def _carry_out(
    process: AppProcess,
    file: Path,
    exercise: Question,
    probes: Sequence[ExchangeBlock],
    on_fired: Callable[[ExchangeBlock], None],
) -> Run:
    served = process.load(file.absolute())
    if isinstance(served, Failure):
        return Run(grade_exercise(exercise, probes, {}, error=served.error), failure=served)
    found = _fire(process, served.port, probes, on_fired)
    return replace(found, verdict=grade_exercise(exercise, probes, found.fired), notes=served.notes)


def _fire(
    process: AppProcess,
    port: int,
    probes: Sequence[ExchangeBlock],
    on_fired: Callable[[ExchangeBlock], None],
) -> Run:
    """Fire the probes; the run has no verdict yet."""
    server = RunningServer(port)
    client = Client(server, timeout_s=VIEW_S)
    run = BlocksRun(server, client, probes)
    deadline_s = time.monotonic() + RUN_S
    for probe in probes:
        if time.monotonic() > deadline_s or client.interrupted:
            break
        try:
            run.fire(probe)
        except (LiveValueError, RequestSyntaxError):
            # It is made of what another probe did not bring.
            continue
        on_fired(probe)
    client.close()
    ports = tuple(hop.client_port for hops in run.fired.values() for hop in hops if hop.client_port)
    sides = {} if client.interrupted else process.tell(ports)
    fired = {
        name: tuple(_with_flask(hop, sides.get(hop.client_port)) for hop in hops)
        for name, hops in run.fired.items()
    }
    crashes = {
        name: side.crash
        for name, hops in fired.items()
        for hop in hops
        if (side := sides.get(hop.client_port)) is not None and side.crash is not None
    }
    return Run(ExerciseVerdict(()), fired, process.ended, crashes, interrupted=client.interrupted)


def _with_flask(exchange: Exchange, side: FlaskSide | None) -> Exchange:
    if side is None:
        return exchange
    return replace(exchange, timeline=side.timeline, taken_body_bytes=side.taken_body_bytes)
