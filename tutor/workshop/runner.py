"""One run of a learner's file: a fresh process, an exercise's probes fired at it, and the verdict."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from tutor.client.client import Client
from tutor.client.run import BlocksRun
from tutor.course.model import ExchangeBlock, Question
from tutor.grading.exercises import ExerciseVerdict, grade_exercise
from tutor.grading.live import LiveValueError
from tutor.sandbox.running import RunningServer
from tutor.standstill import TIMES, StandstillWatch
from tutor.wire.exchange import Exchange
from tutor.wire.request import RawRequest, Request, RequestSyntaxError
from tutor.workshop.messages import Failure, FlaskSide
from tutor.workshop.process import AppProcess

VIEW_S = 5.0
"""How long an answer may take."""
RUN_S = 20.0
"""How long all probes of a run may take together; what is left then is not fired."""


@dataclass(frozen=True, slots=True)
class Run:
    """What came of a run."""

    verdict: ExerciseVerdict = field(default_factory=lambda: ExerciseVerdict(()))
    """Of no probe, where a request was sent that is none."""
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
    address: str = ""
    """Where the app answered, `http://127.0.0.1:PORT`; empty where none did."""
    duration_s: float = 0.0
    """From the process's being there to the last answer."""
    interrupted: bool = False
    """Whether Ctrl-C ended it; then nothing is graded by it."""


_Fire = Callable[[RunningServer, Client], dict[str, tuple[Exchange, ...]]]
"""Fires at a server and gives the hops of each exchange by a name."""


class Workshop:
    """Runs files, each in a process of its own. A context manager: nothing is left when it ends.

    The next process is started when the one before is taken, so that Flask is imported by the time a file
    is saved.
    """

    def __init__(self, *, keeps_one_ready: bool = True) -> None:
        self._keeps_one_ready = keeps_one_ready
        self._ready: AppProcess | None = None
        self._running: AppProcess | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def warm_up(self) -> None:
        """Start the process for the next run."""
        if self._ready is not None and not self._ready.is_alive:
            self.close()
        if self._ready is None:
            self._ready = AppProcess()

    def close(self) -> None:
        """End the process that waits."""
        ready, self._ready = self._ready, None
        if ready is not None:
            ready.end()

    def end(self) -> None:
        """End the run under way, from any thread: it gives what it has."""
        running = self._running
        if running is not None:
            running.kill()

    def run(self, file: Path, exercise: Question, probes: Sequence[ExchangeBlock]) -> Run:
        """Load the file, fire the probes in order, and grade what came.

        Args:
            file: the learner's file.
            exercise: the exercise that it is for.
            probes: its probes.

        Raises:
            WorkshopError: the system starts no process.
        """
        found = self._carry_out(file, lambda server, client: _fire_probes(server, client, probes))
        error = found.failure.error if found.failure is not None else ""
        raised = {crash.error for crash in found.crashes.values()}
        verdict = grade_exercise(exercise, probes, found.fired, error=error, raised=raised)
        return replace(found, verdict=verdict)

    def send(self, file: Path, request: Request | RawRequest) -> Run:
        """Load the file and send one request, ungraded; the run's exchange has the id `tried`.

        Raises:
            WorkshopError: the system starts no process.
        """
        return self._carry_out(file, lambda _server, client: {"tried": client.fire(request)})

    def _carry_out(self, file: Path, fire: _Fire) -> Run:
        for _time in range(TIMES + 1):
            with StandstillWatch() as watch:
                found = self._carry_out_once(file, fire)
            if found.interrupted or not watch.noticed:
                break
        return found

    def _carry_out_once(self, file: Path, fire: _Fire) -> Run:
        self.warm_up()
        process, self._ready = self._ready, None
        self._running = process
        started_s = time.monotonic()
        assert process is not None
        try:
            found = _serve(process, file, fire)
        except KeyboardInterrupt:
            found = Run(interrupted=True)
        finally:
            duration_s = time.monotonic() - started_s
            self._running = None
            process.end()
        if self._keeps_one_ready:
            self.warm_up()
        return replace(
            found,
            output=process.output,
            output_dropped=process.output_dropped,
            duration_s=duration_s,
        )


def _serve(process: AppProcess, file: Path, fire: _Fire) -> Run:
    """Load the file, fire at its app, and put Flask's side to what came; the run has no verdict yet."""
    served = process.load(file.absolute())
    if isinstance(served, Failure):
        return Run(failure=served)
    server = RunningServer(served.port)
    client = Client(server, timeout_s=VIEW_S)
    recorded = fire(server, client)
    client.close()
    ports = tuple(hop.client_port for hops in recorded.values() for hop in hops if hop.client_port)
    sides = {} if client.interrupted else process.tell(ports)
    crashes = {
        name: side.crash
        for name, hops in recorded.items()
        for hop in hops
        if (side := sides.get(hop.client_port)) is not None and side.crash is not None
    }
    return Run(
        fired={
            name: tuple(_with_flask(hop, sides.get(hop.client_port)) for hop in hops)
            for name, hops in recorded.items()
        },
        failure=process.ended,
        crashes=crashes,
        notes=served.notes,
        address=server.address,
        interrupted=client.interrupted,
    )


def _fire_probes(
    server: RunningServer, client: Client, probes: Sequence[ExchangeBlock]
) -> dict[str, tuple[Exchange, ...]]:
    run = BlocksRun(server, client, probes)
    deadline_s = time.monotonic() + RUN_S
    for probe in probes:
        if time.monotonic() > deadline_s or client.interrupted:
            break
        # One that is made of what another probe did not bring is not fired.
        with suppress(LiveValueError, RequestSyntaxError):
            run.fire(probe)
    return run.fired


def _with_flask(exchange: Exchange, side: FlaskSide | None) -> Exchange:
    if side is None:
        return exchange
    return replace(exchange, timeline=side.timeline, taken_body_bytes=side.taken_body_bytes)
