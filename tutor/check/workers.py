"""Steps shared out among jobs, each with a sandbox of its own.

One job is a thread of this process, or a process where it shall be apart. Several are processes: steps that
are about time come out the same only where no other step competes for the interpreter.
"""

from __future__ import annotations

import multiprocessing
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe, wait
from multiprocessing.process import BaseProcess
from typing import Any, cast

from msgspec.structs import replace

from tutor.check.report import Check, CheckStatus, describe
from tutor.check.steps import LessonChecker, MakeApp
from tutor.client.client import Client
from tutor.course.model import Lesson, QuestionKind, Step, WebSocketBlock
from tutor.errors import SandboxError
from tutor.language import _, in_use, use
from tutor.sandbox.server import SandboxServer

MOST_JOBS = 32
"""More sandboxes than this gain nothing, whatever the machine."""


@dataclass(frozen=True, slots=True)
class WaitingStep:
    """A step that is to be checked, with its lesson, in the form in which a job is given it.

    A tenth of the memory that the values take: a pack of a thousand lessons waits as a few megabytes.
    """

    lesson_number: str
    file: str
    step_id: str
    line: int
    weight: int
    """About how long it takes, as a number of plain exchanges."""
    pickled: bytes

    @classmethod
    def of(cls, lesson: Lesson, step: Step) -> WaitingStep:
        pickled = pickle.dumps((replace(lesson, steps=(), pool=()), step), pickle.HIGHEST_PROTOCOL)
        return cls(lesson.number, lesson.file, step.id, step.line, _weight(step), pickled)


Steps = Sequence[WaitingStep]

_LOOK_S = 0.2
"""How often the main thread looks up: Windows cannot interrupt a wait without end by Ctrl-C."""
_END_S = 5.0
"""How long a job may take to end once it has been told to."""
_KEPT_LESSONS = 8
"""Of how many lessons a job keeps apps to look code up in; those used last."""
_STREAM_WEIGHT = 20
"""A stream that the lesson cuts off takes so much longer than a plain exchange, roughly."""


def check_steps(
    steps: Steps,
    make_app: MakeApp,
    *,
    jobs: int,
    apart: bool,
    fail_fast: bool,
    timeout_s: float,
    results: list[tuple[Check, ...] | None],
    on_step: Callable[[], None],
) -> None:
    """Check steps and put what came of each in its place of `results`.

    Args:
        make_app: something that can be imported by its name, but for one job that is not `apart`.
        apart: let a single job be a process too. A lesson of somebody else's can hold a regular expression
            that takes for ever, and no thread beside it would hear Ctrl-C.
        fail_fast: leave None in the places behind the first step that has a failure.
        results: as long as `steps`; holds what has been checked whatever is raised.
        on_step: called in this thread, after each step.

    Raises:
        SandboxError: a sandbox could not start, or a job came to an end by itself.
    """
    if not steps:
        return
    count = max(1, min(jobs, MOST_JOBS, len(steps)))
    order = list(range(len(steps)))
    if count > 1 and not fail_fast:
        # The long ones first, so that none of them is left for the end.
        order.sort(key=lambda place: -steps[place].weight)
    started: list[_Job] = []
    try:
        for _number in range(count):
            started.append((_Process if apart or count > 1 else _Thread)(make_app, timeout_s))
            started[-1].start()
        failed_at = _share_out(started, steps, order, fail_fast, results, on_step)
    finally:
        for job in started:
            job.end()
    if failed_at is not None:
        results[failed_at + 1 :] = [None] * (len(steps) - failed_at - 1)


def _share_out(
    jobs: Sequence[_Job],
    steps: Steps,
    order: Sequence[int],
    fail_fast: bool,
    results: list[tuple[Check, ...] | None],
    on_step: Callable[[], None],
) -> int | None:
    """Give each job the next step when it is done with one; gives the place of the failure that ended it."""
    waiting = list(reversed(order))
    at_work: dict[Connection, int] = {}
    by_connection = {job.connection: job for job in jobs}
    failed_at: int | None = None
    for job in jobs:
        at_work[job.connection] = waiting.pop()
        job.give(steps[at_work[job.connection]])
    while at_work:
        for ready in wait(list(at_work), timeout=_LOOK_S):
            connection = cast(Connection, ready)
            job = by_connection[connection]
            checks = job.receive()
            place = at_work.pop(connection)
            results[place] = checks
            on_step()
            if fail_fast and any(check.status in {CheckStatus.FAILED, CheckStatus.ERROR} for check in checks):
                failed_at = place if failed_at is None else min(place, failed_at)
            # Steps are begun in order: all that stand before a failure are at work or done.
            if waiting and failed_at is None:
                at_work[connection] = waiting.pop()
                job.give(steps[at_work[connection]])
    return failed_at


def _weight(step: Step) -> int:
    once = sum(
        _STREAM_WEIGHT
        if isinstance(block, WebSocketBlock) or block.until.ms or block.until.events or block.until.body_bytes
        else 1
        for block in step.exchanges
    )
    answers = sum(
        1 + sum(len(wrong.answers) for wrong in question.wrong)
        for question in step.questions
        if question.kind is QuestionKind.REQUEST
    )
    return once * (1 + answers)


class _Job:
    """Someone who checks the steps that are sent, and sends their checks back."""

    connection: Connection

    def start(self) -> None:
        raise NotImplementedError

    def end(self) -> None:
        """Stop at once, whatever is in flight; without effect on one that has ended or was never started."""
        raise NotImplementedError

    def give(self, step: WaitingStep) -> None:
        """Let it check a step."""
        # Where nobody listens any more, `receive` tells why.
        with suppress(OSError):
            self.connection.send_bytes(step.pickled)

    def receive(self) -> tuple[Check, ...]:
        """The checks of a step.

        Raises:
            SandboxError: what broke instead.
        """
        try:
            told: tuple[Check, ...] | str = self.connection.recv()
        except (EOFError, OSError):
            told = self._fate()
        if isinstance(told, str):
            raise SandboxError(told)
        return told

    def _fate(self) -> str:
        return _("A job of the check ended by itself.")


class _Thread(_Job):
    def __init__(self, make_app: MakeApp, timeout_s: float) -> None:
        self._ended = threading.Event()
        self._clients: list[Client] = []
        self.connection, far_end = Pipe()
        self._thread = threading.Thread(
            target=_work,
            args=(far_end, make_app, timeout_s, self._raise_if_ended, self._clients.append),
            name="check",
            daemon=True,
        )

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self.connection.close()
        for client in self._clients:
            client.end()
        if self._thread.ident is not None:
            self._thread.join(_END_S)

    def _raise_if_ended(self) -> None:
        if self._ended.is_set():
            raise KeyboardInterrupt


class _Process(_Job):
    def __init__(self, make_app: MakeApp, timeout_s: float) -> None:
        # A forked child would hold locks that threads of this process had at that moment.
        context = multiprocessing.get_context("spawn")
        self.connection, self._far_end = context.Pipe()
        # Little is handed over here, so that starting one does not wait until it has read that.
        self._process: BaseProcess = context.Process(
            target=_work_in_process,
            args=(self._far_end, make_app, timeout_s, in_use()),
            name="check",
            daemon=True,
        )

    def start(self) -> None:
        with _signals_held():
            self._process.start()
        # The other end is the child's alone, so that its death is heard.
        self._far_end.close()

    def end(self) -> None:
        self.connection.close()
        if self._process.ident is not None:
            # It keeps nothing that should be put in order first.
            self._process.kill()
            self._process.join(_END_S)

    def _fate(self) -> str:
        self._process.join(_END_S)
        return _("A job of the check ended by itself, with exit code {code}.").format(
            code=self._process.exitcode
        )


@contextmanager
def _signals_held() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM wait, in a process started meanwhile too: half started, it would print."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work_in_process(connection: Connection, make_app: MakeApp, timeout_s: float, language: str) -> None:
    # Ctrl-C reaches every process of the terminal: the first one ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
    use(language)
    if not sys.warnoptions:
        import warnings

        warnings.simplefilter("ignore")
    _work(connection, make_app, timeout_s, _go_on, _nobody)


def _work(
    connection: Connection,
    make_app: MakeApp,
    timeout_s: float,
    raise_if_ended: Callable[[], None],
    made: Callable[[Client], Any],
) -> None:
    """Check steps until the other end closes; what breaks outside of a step is sent as a text."""
    checkers: dict[str, LessonChecker] = {}
    with suppress(KeyboardInterrupt, EOFError, OSError), closing(connection):
        try:
            with SandboxServer() as server, closing(Client(server, timeout_s=timeout_s)) as client:
                made(client)
                while True:
                    lesson, step = connection.recv()
                    checker = checkers.pop(lesson.file, None) or LessonChecker(
                        lesson, server, client, make_app, raise_if_ended
                    )
                    checkers[lesson.file] = checker
                    if len(checkers) > _KEPT_LESSONS:
                        del checkers[next(iter(checkers))]
                    checks = checker.check_step(step)
                    # Without a sandbox no check says anything of the lesson.
                    server.news()
                    connection.send(checks)
        except (EOFError, OSError):
            raise
        except Exception as error:
            connection.send(describe(error))
            while True:
                # An end that closes with something unread would take back what it has said.
                connection.recv()


def _go_on() -> None:
    """A process is ended from outside."""


def _nobody(_client: Client) -> None:
    """Nobody ends this client's requests alone."""
