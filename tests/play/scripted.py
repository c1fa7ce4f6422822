"""Playing steps in process: a learner whose answers are known, and a screen that is measured."""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sandbox_app
from tutor.client.client import Client
from tutor.client.run import StepRun
from tutor.course.model import Lesson, Question, QuestionKind, Step
from tutor.course.shuffle import shown_order
from tutor.environment import Environment
from tutor.language import _, in_use
from tutor.learner.progress import Progress
from tutor.play.bench import Bench
from tutor.play.commands import Typed, read
from tutor.play.conversation import Conversation
from tutor.play.step import StepPlayer
from tutor.play.table import LaterRun
from tutor.sandbox.server import SandboxServer
from tutor.screen.beat import rows
from tutor.screen.output import Output
from tutor.wire.exchange import Exchange

LETTERS = "abcdef"
SEED = "a learner"


class Screen(io.StringIO):
    """A terminal of a fixed size that remembers what was printed since it was last asked."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True

    def taken(self) -> str:
        """What was printed since the last call."""
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        return text


@dataclass
class Learner:
    """Answers every prompt right, and keeps what stood between two prompts.

    A prompter: `read` is called with the prompt's label.
    """

    screen: Screen
    lesson: Lesson
    step: Step
    work: Path
    """Where exercise files are."""
    questions: list[Question] = field(default_factory=list)
    beats: list[tuple[str, str]] = field(default_factory=list)
    """Each prompt's label with what was printed before it."""
    wire: list[Exchange] = field(default_factory=list)
    """What the step and the learner fired."""

    def read(
        self,
        label: str | Callable[[], str],
        bar: Sequence[str],
        inbox: object = None,
        around: object = None,
    ) -> str:
        del inbox, around
        assert len(bar) <= 5
        label = label if isinstance(label, str) else label()
        self.beats.append((label, self.screen.taken()))
        if label == _("Enter: edit ▸") and "{{" in self.questions[0].answer[0].replace("{{host}}", ""):
            self.questions.pop(0)
            return ":a"
        if label == _("Enter: run ▸"):
            (exercise,) = self.step.exercises
            solution = self.lesson.files_of(exercise.id).solution.text
            (self.work / f"{exercise.id}.py").write_text(solution, "utf-8")
        if "Enter: " in label or "回车：" in label:
            return ""
        question = self.questions.pop(0)
        if any("{{" in answer for answer in question.answer):
            return ":a"
        if question.choices:
            shown = shown_order(question, f"{SEED}/{self.lesson.id}/{self.step.id}")
            return "".join(LETTERS[shown.index(key)] for key in question.answer)
        return question.answer[0]

    def edit(self, text: str, inbox: object, around: object) -> str:
        """The model message."""
        del inbox, around
        question = self.questions.pop(0)
        host = re.search(r"127\.0\.0\.1:[0-9]+", text)
        return question.answer[0].replace("{{host}}", host[0] if host else "")


def asked(step: Step) -> list[Question]:
    """A step's questions in the order in which they are asked: a prediction before its exchange."""
    found: list[Question] = []
    for block in step.blocks:
        if isinstance(block, Question):
            if not block.prediction and block.kind is not QuestionKind.EXERCISE:
                found.append(block)
        else:
            exchange = getattr(block, "id", None)
            found += [
                question
                for question in step.questions
                if question.prediction and question.exchange == exchange
            ]
    return found


@contextmanager
def table() -> Iterator[tuple[SandboxServer, Client]]:
    """A server and a client for any number of steps."""
    with SandboxServer() as server:
        client = Client(server)
        try:
            yield server, client
        finally:
            client.close()


def play(
    lesson: Lesson,
    step: Step,
    server: SandboxServer,
    client: Client,
    *,
    columns: int = 80,
    lines: int = 24,
    plain: bool = False,
    commands: Sequence[str] = (),
) -> Learner:
    """Play a step with right answers on a terminal of that size.

    Args:
        commands: carried out behind the last beat; what each prints is kept as a beat of its name.
    """
    variables = {"COLUMNS": str(columns), "LINES": str(lines), "TERM": "xterm", "NO_COLOR": "1"}
    with tempfile.TemporaryDirectory() as folder:
        return _play(lesson, step, server, client, variables, Path(folder), plain, commands)


def _play(
    lesson: Lesson,
    step: Step,
    server: SandboxServer,
    client: Client,
    variables: dict[str, str],
    work: Path,
    plain: bool,
    commands: Sequence[str],
) -> Learner:
    screen = Screen()
    out = Output(screen, variables, plain=plain)
    env = Environment(
        out=out,
        err=out,
        stdin=screen,
        variables=variables,
        language=in_use(),
        plain=out.plain,
        pack=Path(),
    )
    learner = Learner(screen, lesson, step, work, asked(step))
    talk = Conversation(env, learner)
    run = LaterRun(
        step,
        lambda: StepRun(server, client, step, lambda name: sandbox_app.create_app(lesson.number, name)),
    )
    player = StepPlayer(
        talk,
        lesson,
        step,
        run,
        address=server.address,
        seed=SEED,
        record=lambda *_given: None,
        bench=Bench(Progress(work), work),
    )

    def handle(typed: Typed) -> None:
        assert player.handle(typed)

    talk.handler = handle
    rest = player.play()
    talk.show(rest)
    learner.read("Enter: go on ▸", ())
    assert learner.questions == []
    fired = [exchange for hops in run.fired.values() for exchange in hops]
    learner.wire = [*fired, *(exchange for _name, exchange in player._exhibits.exchanges)]
    for command in commands:
        handle(read(command))
        learner.beats.append((command, screen.taken()))
    return learner


def rows_of(printed: str, columns: int) -> int:
    """How many rows of a terminal a printed text takes, where the terminal breaks what is too long."""
    from rich.text import Text

    return rows(
        [Text(Text.from_ansi(line).plain, no_wrap=True) for line in printed.split("\n")[:-1]], columns
    )
