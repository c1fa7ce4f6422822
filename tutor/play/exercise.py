"""One exercise, played: the learner's file is run at each save, until every probe passes."""

from __future__ import annotations

import shlex
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tutor.course.model import ExchangeBlock, ExerciseFiles, Question
from tutor.errors import TutorError, UsageError
from tutor.grading.verdict import Grade
from tutor.language import _
from tutor.learner.exercise_files import WorkFolder
from tutor.play.bench import Bench
from tutor.play.commands import Typed, Verb
from tutor.play.conversation import Conversation
from tutor.play.open_file import edit, editor_of, linked_path, shown_path
from tutor.play.prompt import Inbox
from tutor.play.verdicts import VerdictScreens, numbered_exchanges
from tutor.play.write_out import write_out
from tutor.screen.beat import Exhibit, Fixed, Item
from tutor.screen.code import highlighted
from tutor.wire.escape import visible
from tutor.wire.exchange import Exchange
from tutor.wire.request import RequestSyntaxError, parse_request_line
from tutor.workshop.runner import Run
from tutor.workshop.watch import FileWatch

if TYPE_CHECKING:
    from rich.text import Text

TRIES_BEFORE_SOLUTION = 2

SLOW_S = 1.5
"""A run that takes longer is told to be under way."""

LONGEST_READ_CHARS = 1_000_000


@dataclass(frozen=True, slots=True)
class Saved:
    """The file was saved."""


class ExercisePlayer:
    """Plays one exercise.

    Args:
        talk: where the learner sits.
        exercise: the question, with its probes and its files.
        bench: the session's folder and workshop.
        record: keeps an attempt: a word on it, and its grade.
        number: takes the exchanges of the last run, each with a name, for the commands that show one.
    """

    def __init__(
        self,
        talk: Conversation,
        exercise: Question,
        probes: Sequence[ExchangeBlock],
        files: ExerciseFiles,
        bench: Bench,
        *,
        record: Callable[[str, Grade], None],
        number: Callable[[Sequence[tuple[str, Exchange]]], None],
    ) -> None:
        self._talk = talk
        self._exercise = exercise
        self._probes = probes
        self._files = files
        self._bench = bench
        self._record = record
        self._number = number
        self._chosen: WorkFolder | None = None
        self._watch: FileWatch | None = None
        self._fired: list[Exchange] = []
        """The exchanges of the last run."""
        self._address = ""
        """Where they went."""
        self._graded_text: str | None = None
        """What the file held when it was last graded."""
        self._tries = 0
        self._passed = False
        self.helped = False
        """Whether the solution was shown before the exercise passed."""

    @property
    def _folder(self) -> WorkFolder:
        assert self._chosen is not None
        return self._chosen

    @property
    def _file(self) -> Path:
        return self._folder.file_of(self._exercise.id)

    @property
    def _verdicts(self) -> VerdictScreens:
        return VerdictScreens(self._talk.env, self._file.name)

    def play(self, before: Sequence[Item]) -> list[Item]:
        """Play until every probe passes; gives what is still to be shown.

        Args:
            before: what stands before the goal.

        Raises:
            Moved: the learner went elsewhere.
        """
        workshop = self._bench.workshop
        # It imports Flask while the goal is read.
        workshop.warm_up()
        try:
            self._chosen, items = self._set_up(before)
            self._talk.show([*items, Fixed(self._where())])
            return self._run_until_passed()
        finally:
            workshop.close()

    def handle(self, typed: Typed) -> bool:
        """Carry out a command that is about the exercise; False where it is not."""
        actions: dict[Verb, Callable[[str], None]] = {
            Verb.ANSWER: lambda _argument: self._show_solution(),
            Verb.EDIT: lambda _argument: self._edit(),
            Verb.FRESH: lambda _argument: self._begin_afresh(),
            Verb.SOURCE: lambda _argument: self._show_file(),
            Verb.FIRE: lambda _argument: self._run_again(),
            Verb.TRY: self._try,
            Verb.WRITE: self._write,
        }
        action = actions.get(typed.verb) if typed.verb else None
        if action is None or self._chosen is None:
            return False
        try:
            action(typed.argument)
        except TutorError as error:
            self._talk.reply([str(error)])
        return True

    # Beginning

    def _set_up(self, before: Sequence[Item]) -> tuple[WorkFolder, list[Item]]:
        """The learner's folder with a file in it, and what is to be shown first."""
        prompt = self._exercise.prompt
        asked = _("Task: {words}").format(words=prompt) if self._talk.env.plain else prompt
        goal = Fixed([*self._talk.screens.prose(asked, "question"), _blank()])
        items: list[Item] = [*before, goal]
        folder = self._bench.known_folder
        while True:
            if folder is None:
                self._talk.show(items)
                items = []
                folder = self._bench.ask_folder(self._talk)
            try:
                is_new = folder.begin(self._exercise.id, self._files.starter.text)
            except UsageError as error:
                self._talk.reply([str(error)])
                folder = None
                continue
            if is_new or self._text_of(folder) == self._files.starter.text:
                items.append(self._starter())
            return folder, items

    def _starter(self) -> Item:
        """The starter as code, or in a line where the screen has no room for it."""
        from rich.text import Text

        code = self._code(self._files.starter.text)

        # Of its docstring the goal above says as much.
        start = next((place for place, line in enumerate(code) if "import " in line.plain), 0)
        short = [line for line in code[start:] if line.plain.strip()]

        def lines(fold: int) -> list[Text]:
            """The whole file; then without what says nothing new; then nothing: it stands on the disk."""
            shown = (code, short, [])[min(fold, 2)]
            if not shown:
                return []
            heading = [Text(_("The file begins as:"))] if self._talk.env.plain else []
            return [*heading, *(Text("    ").append_text(line) for line in shown), _blank()]

        return Exhibit(lines, 2)

    def _where(self) -> list[Text]:
        from rich.text import Text

        path = linked_path(self._file, visible(shown_path(self._file)))
        before, _path, after = _("Your file: {path}").partition("{path}")
        line = Text(before).append_text(path).append(after)
        says = _("Edit it and save: each save runs it. Enter runs it too; `:e` opens it in your editor.")
        return [line, *self._talk.screens.prose(says)]

    # Running

    def _run_until_passed(self) -> list[Item]:
        inbox: Inbox[Saved] = Inbox()
        with FileWatch(self._file, lambda: inbox.put(Saved())) as self._watch:
            while True:
                typed = self._talk.ask(_("Enter: run ▸"), self._bar(), returns={Verb.FIRE}, inbox=inbox)
                if typed.answer.strip():
                    words = _("No answer is typed here: edit the file and save it. :e opens it.")
                    self._talk.reply([words])
                    continue
                inbox.take()
                run = self._carry_out()
                if run is None:
                    continue
                items = self._verdicts.run_items(run)
                if run.verdict.passes:
                    return [*items, Fixed(self._said_to_pass())]
                self._talk.reply([_blank(), *self._lines([*items, Fixed(self._said_to_miss(run))])])

    def _bar(self) -> tuple[str, ...]:
        if self._tries >= TRIES_BEFORE_SOLUTION:
            return (_(":e edit"), _(":h hint"), _(":a solution"), _(":n next"), _(":? help"))
        return (_(":e edit"), _(":h hint"), _(":n next"), _(":m map"), _(":? help"))

    def _carry_out(self) -> Run | None:
        """Run the file and keep the attempt; None where nothing came of it."""
        text = self._text_of(self._folder)
        try:
            with self._told_where_slow():
                run = self._bench.workshop.run(self._file, self._exercise, self._probes)
        except TutorError as error:
            self._talk.reply([str(error)])
            return None
        self._keep(run)
        if run.interrupted:
            self._talk.reply([_("You ended the run. Nothing was counted.")])
            return None
        self._passed = run.verdict.passes
        if text not in {self._graded_text, None, self._files.starter.text}:
            self._graded_text = text
            self._tries += not self._passed
            self._record(_word_on(run), Grade.RIGHT if self._passed else Grade.WRONG)
        return run

    @contextmanager
    def _told_where_slow(self) -> Iterator[None]:
        """Say that something goes on where it takes longer than a learner expects."""
        told = threading.Timer(SLOW_S, lambda: self._talk.reply([_("Still running. Ctrl-C ends it.")]))
        told.daemon = True
        told.start()
        try:
            yield
        finally:
            told.cancel()
            told.join()

    def _said_to_pass(self) -> list[Text]:
        screens = self._talk.screens
        said = screens.said(_("Yes."), self._exercise.explain, "right")
        return [*said, *screens.prose(_("`:a` shows the model solution beside yours."), "muted"), _blank()]

    def _said_to_miss(self, run: Run) -> list[Text]:
        screens = self._talk.screens
        mistake = run.verdict.mistake
        if self._text_of(self._folder) == self._files.starter.text:
            said = _("This is still the starter.")
        else:
            said = mistake.feedback if mistake is not None else ""
        if self._tries >= TRIES_BEFORE_SOLUTION:
            again = _("Save again, or `:a` shows the model solution.")
        else:
            again = _("Save again, or `:h` for a hint.")
        return screens.said(said, again) if said else screens.prose(again)

    # Commands

    def _show_solution(self) -> None:
        if not self._passed and self._tries < TRIES_BEFORE_SOLUTION:
            self._talk.reply([_("The model solution is shown after two tries of yours. :h gives a hint.")])
            return
        self.helped |= not self._passed
        lines = self._verdicts.diff(self._text_of(self._folder) or "", self._files.solution.text)
        self._talk.reply(lines or [_("Your file is the model solution, letter by letter.")])

    def _edit(self) -> None:
        command = editor_of(self._talk.env.variables)
        if command:
            why = edit(self._file, command)
            if why:
                self._talk.reply([why])
            return
        self._talk.reply([_("VISUAL and EDITOR name no editor. Open this file in yours:")])
        self._talk.reply([linked_path(self._file, visible(str(self._file)))])

    def _begin_afresh(self) -> None:
        kept = self._folder.begin_afresh(self._exercise.id, self._files.starter.text)
        if self._watch is not None:
            self._watch.pass_over()
        if kept is None:
            self._talk.reply([_("The starter is there again.")])
        else:
            words = _("The starter is there again. Your file before is kept beside it as {file}.")
            self._talk.reply([words.format(file=kept.name)])

    def _show_file(self) -> None:
        text = self._text_of(self._folder)
        if text is None:
            self._talk.reply([_("{file} cannot be read.").format(file=shown_path(self._file))])
            return
        self._talk.reply(self._code(text))

    def _run_again(self) -> None:
        run = self._carry_out()
        if run is not None:
            self._talk.reply([_blank(), *self._lines(self._verdicts.run_items(run))])

    def _try(self, argument: str) -> None:
        """Any request, at the learner's app."""
        if not argument:
            self._talk.reply([_("Type the request behind it, such as :try GET /hello?name=Grey")])
            return
        try:
            with self._told_where_slow():
                run = self._bench.workshop.send(self._file, parse_request_line(argument))
        except RequestSyntaxError as error:
            self._talk.reply([error.message])
            return
        self._keep(run)
        if run.interrupted:
            self._talk.reply([_("You ended the request.")])
        else:
            self._talk.reply(self._lines(self._verdicts.tried_items(run)))

    def _write(self, argument: str) -> None:
        if not self._fired:
            self._talk.reply([_("Nothing has been fired yet in this step.")])
            return
        now = self._talk.env.now()
        written = write_out(self._fired[-1], argument, address=self._address, now=now, arrived=False)
        self._talk.reply(written)
        if argument.split(" ")[0].lower() in {"curl", "python"}:
            port = self._address.rpartition(":")[2]
            command = f"flask --app {shlex.quote(shown_path(self._file))} run --port {port}"
            self._talk.reply([_("Your app runs there after: {command}").format(command=command)])

    # Parts

    def _keep(self, run: Run) -> None:
        """Have the run's exchanges at hand for commands."""
        named = numbered_exchanges(run)
        self._fired = [hop for _name, hop in named]
        self._address = run.address
        self._number(named)

    def _text_of(self, folder: WorkFolder) -> str | None:
        """What stands in the file; None where it cannot be read."""
        try:
            with folder.file_of(self._exercise.id).open(encoding="utf-8", errors="replace") as file:
                return file.read(LONGEST_READ_CHARS)
        except OSError:
            return None

    def _code(self, text: str) -> list[Text]:
        ascii_only = self._talk.env.out.ascii_only
        lines = (visible(line, ascii_only=ascii_only) for line in text.rstrip("\n").split("\n"))
        return highlighted("\n".join(lines), "python")

    def _lines(self, items: Sequence[Item]) -> list[Text]:
        return [line for beat in self._talk.beats(items) for line in beat]


def _word_on(run: Run) -> str:
    """An attempt in a word, as it is kept."""
    if run.failure is not None:
        return run.failure.error or run.failure.kind.value
    if run.verdict.mistake is not None:
        return run.verdict.mistake.key
    passed = sum(probe.passes for probe in run.verdict.probes)
    return f"{passed}/{len(run.verdict.probes)}"


def _blank() -> Text:
    from rich.text import Text

    return Text()
