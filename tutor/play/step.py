"""One step, played: prose, commit, fire, verdict."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tutor.client import StepRun
from tutor.course.model import (
    Block,
    ExchangeBlock,
    HttpBlock,
    Lesson,
    Prose,
    Question,
    QuestionKind,
    Source,
    Step,
    WebSocketBlock,
    is_fired,
)
from tutor.course.shuffle import shown_order
from tutor.errors import SandboxError
from tutor.grading.answers import answer_text, as_sent, grade, grade_request
from tutor.grading.live import LiveValueError, insert, split_path
from tutor.grading.verdict import Grade, Verdict
from tutor.language import _, ngettext
from tutor.play import feedback
from tutor.play.bench import Bench
from tutor.play.commands import Typed, Verb
from tutor.play.conversation import Conversation, Passed
from tutor.play.exercise import ExercisePlayer
from tutor.play.live import LiveDrawing
from tutor.play.prompt import Inbox
from tutor.play.screens import Sendable, label_for
from tutor.play.write_out import write_out
from tutor.screen.beat import Exhibit, Fixed, Item
from tutor.screen.explained import explained_lines
from tutor.screen.flask_side import flask_line, timeline_lines
from tutor.screen.waterfall import waterfall_lines
from tutor.screen.wire import (
    REQUEST_STAGES,
    RESPONSE_STAGES,
    View,
    focus_of,
    line_at,
    request_lines,
    response_lines,
)
from tutor.wire.escape import visible
from tutor.wire.exchange import Exchange
from tutor.wire.request import (
    Request,
    RequestSyntaxError,
    parse_http_block,
    parse_raw_block,
    parse_request_line,
)

if TYPE_CHECKING:
    from rich.text import Text

ROWS_FROM = 3
"""So many exchanges in a run are shown as rows."""

WAITED_S = 0.05
"""An exchange that took so long was kept waiting, which its row then says."""

_ROW_BODY = 48
"""Longest body, in characters, that stands in a row."""

RecordAttempt = Callable[[Question, str, Grade], None]


@dataclass(slots=True)
class Shown:
    """The exchanges of the step so far, numbered from 1 in this order, each with a name."""

    exchanges: list[tuple[str, Exchange]] = field(default_factory=list)
    block: ExchangeBlock | None = None
    before: int = 0
    """How many there were before the last ones: the number of the first of these less one."""
    live: set[str] = field(default_factory=set)
    """Ids of exchanges whose parts were drawn as they arrived."""
    arrived: list[Exchange] = field(default_factory=list)
    """Those that another client sent."""


class StepPlayer:
    """Plays one step to its end.

    Args:
        talk: where the learner sits.
        run: the step's sandbox: a fresh app and empty jars.
        seed: decides the order of options.
        record: keeps an answer; called for each one before anything else happens.
        bench: what exercises need.
        from_memory: a heading; the step is asked under it without its prose and takeaway, and Enter passes.
    """

    def __init__(
        self,
        talk: Conversation,
        lesson: Lesson,
        step: Step,
        run: StepRun,
        *,
        address: str,
        seed: str,
        record: RecordAttempt,
        bench: Bench,
        from_memory: str = "",
    ) -> None:
        self._talk = talk
        self._lesson = lesson
        self._step = step
        self._run = run
        self._address = address
        self._seed = f"{seed}/{lesson.id}/{step.id}"
        self._record = record
        self._bench = bench
        self._exercise: ExercisePlayer | None = None
        """The one that is played, or was last."""
        self._from_memory = from_memory
        self._pending: list[Item] = []
        self._shown = Shown()
        self._on_screen: set[str] = set()
        """Ids of exchanges whose lines are still in the beat being prepared."""
        self._question: Question | None = None
        self._hints_given = 0
        self.helped = False
        """Whether a hint was taken or an answer shown."""

    def play(self, opening: Sequence[Item] = (), *, unbroken: bool = False) -> list[Item]:
        """Play all blocks; gives what is still to be shown: the last feedback and the takeaway.

        Args:
            opening: what stands before the step's first beat.
            unbroken: the first beat is printed without a prompt in between.

        Raises:
            Moved: the learner went elsewhere.
            Passed: asked from memory, the learner passed the question.
        """
        screens = self._talk.screens
        if self._from_memory:
            self._pending = [*opening, screens.heading(self._from_memory)]
        else:
            self._pending = [*opening, screens.step_head(self._step, self._lesson)]
        blocks = self._step.blocks
        place = 0
        while place < len(blocks):
            block = blocks[place]
            place += 1
            if isinstance(block, Prose) and (self._step.recall or not self._from_memory):
                self._pending += self._talk.screens.prose_items(block)
            elif isinstance(block, Source):
                self._pending += self._source_items(block)
            elif is_fired(block):
                group: list[ExchangeBlock] = [block]
                while place < len(blocks) and self._joins(blocks[place]):
                    joined = blocks[place]
                    assert is_fired(joined)
                    group.append(joined)
                    place += 1
                self._fire(group, unbroken=unbroken)
                unbroken = False
            elif isinstance(block, Question) and block.kind is QuestionKind.EXERCISE:
                if not self._from_memory:
                    self._do_exercise(block)
            elif isinstance(block, Question) and not block.prediction:
                self._ask(block)
        if self._step.takeaway and not self._from_memory:
            self._pending.append(self._talk.screens.takeaway(self._step))
        return self._pending

    # Firing

    def _joins(self, block: Block) -> bool:
        """Whether a request is fired with the ones before it, on one Enter."""
        return is_fired(block) and not self._predictions(block)

    def _predictions(self, block: ExchangeBlock) -> list[Question]:
        return [
            question
            for question in self._step.questions
            if question.prediction and question.exchange == block.id
        ]

    def _fire(self, group: list[ExchangeBlock], *, unbroken: bool) -> None:
        ready = [(block, request) for block in group if (request := self._prepared(block)) is not None]
        guesses: list[tuple[Question, Verdict | None]] = []
        predictions = self._predictions(group[0])
        if ready:
            delays = _delays_ms(group)
            requests = [(request, delays.get(block.id)) for block, request in ready]
            later = len(group) - len(ready)
            apps = {block.app for block in group} - {self._step.app, ""}
            self._pending.append(
                self._talk.screens.to_send(requests, self._address, later=later, app=", ".join(sorted(apps)))
            )
        if ready and predictions:
            self._pending.append(self._talk.screens.blank())
        for question in predictions:
            guess = self._predict(question)
            guesses.append((question, guess))
            if guess is None:
                break
        if not predictions:
            self._flush(unbroken=unbroken)
            self._wait_to_send()
        exchanges = self._fire_all(group)
        if not exchanges:
            return
        if self._shown.live:
            # The stream stood where a beat stands; what follows is the next one.
            self._talk.go_on()
        self._pending = self._exchange_items(group)
        # Rows do not show the lines that a question may be about.
        self._on_screen = set() if self._as_rows(group) else {block.id for block in group}
        for question, verdict in guesses:
            if len(guesses) > 1:
                asked = self._talk.screens.prose(question.prompt, "muted")
                self._pending.append(Fixed(asked, keep_with_next=True))
            self._pending.append(Fixed(self._after_prediction(question, verdict)))
        if guesses:
            self._pending.append(self._talk.screens.blank())

    def _prepared(self, block: ExchangeBlock) -> Sendable | None:
        """The request as it will be sent; None where it hangs on one that is not fired yet."""
        if isinstance(block, WebSocketBlock):
            return block
        try:
            text = insert(block.text, self._run.fired, address=self._address)
            return parse_raw_block(text) if block.raw else parse_http_block(text)
        except (LiveValueError, RequestSyntaxError):
            return None

    def _wait_to_send(self) -> None:
        while True:
            typed = self._talk.ask(
                _("Enter: send ▸"),
                (_(":n next"), _(":b back"), _(":m map"), _(":? help"), _(":q quit")),
                returns={Verb.FIRE},
            )
            if typed.verb is Verb.FIRE or not typed.answer.strip():
                return
            self._talk.reply(
                [_("Enter sends the request; no answer is expected here. :? lists what you can type.")]
            )

    def _fire_all(self, group: Sequence[ExchangeBlock]) -> list[Exchange]:
        fired: list[Exchange] = []
        self._shown.block = group[-1]
        self._shown.live.clear()
        self._shown.before = len(self._shown.exchanges)
        for block in group:
            try:
                with LiveDrawing(self._talk.env.out) as live:
                    hops = self._run.fire(block, on_piece=live.on_piece)
                if live.drawn:
                    self._shown.live.add(block.id)
            except LiveValueError as error:
                self._talk.reply(
                    [
                        _("This request cannot be made: {why} :f fires the step's requests anew.").format(
                            why=error
                        )
                    ]
                )
                break
            for place, exchange in enumerate(hops):
                name = (
                    block.id
                    if len(hops) == 1
                    else _("{name}, hop {place}").format(name=block.id, place=place + 1)
                )
                self._shown.exchanges.append((name, exchange))
                fired.append(exchange)
        return fired

    def _refire(self) -> None:
        """Fire again: a fresh app, and all requests up to the last one fired."""
        last = self._shown.block
        if last is None:
            self._talk.reply([_("Nothing has been fired yet in this step.")])
            return
        self._run.restart()
        self._shown.exchanges.clear()
        for block in self._step.exchanges:
            exchanges = self._fire_all([block])
            if block.id == last.id or not exchanges:
                break
        self._talk.reply(self._lines(self._exchange_items([last])))

    # Showing exchanges

    def _exchange_items(self, group: Sequence[ExchangeBlock]) -> list[Item]:
        from rich.text import Text

        hops = [(block, self._run.fired[block.id]) for block in group if block.id in self._run.fired]
        if self._as_rows(group):
            return self._rows(hops)
        items: list[Item] = []
        for block, exchanges in hops:
            whole = self._step.whole or _is_raw(block)
            for exchange in exchanges:
                if items:
                    items.append(self._talk.screens.blank())
                live = block.id in self._shown.live
                items += self._both_ends(exchange, self._view(block), folds=not whole, seen=live)
        items.append(self._talk.screens.blank())
        if self._step.waterfall and self._step.exchanges[-1].id == group[-1].id:
            lines = waterfall_lines(
                self._run.fired, width=self._talk.env.out.size[0], plain=self._talk.env.plain
            )
            items.append(Fixed([*lines, Text()]))
        return items

    def _both_ends(
        self, exchange: Exchange, view: View, *, folds: bool = True, seen: bool = False
    ) -> list[Item]:
        """An exchange with Flask's side: one line of it, or the timeline where the step is about that."""
        with_timeline = self._step.timeline
        start = RESPONSE_STAGES.index(2) if with_timeline else 0
        if seen:
            # What was drawn as it arrived need not stand there twice.
            start = len(RESPONSE_STAGES) - 1
        if self._talk.env.full:
            start = 0
        last = len(RESPONSE_STAGES) - 1 if folds else 0

        def request(stage: int) -> Sequence[Text]:
            return request_lines(exchange, view, REQUEST_STAGES[max(stage, start)])

        def response(stage: int) -> Sequence[Text]:
            return response_lines(exchange, view, RESPONSE_STAGES[max(stage, start)])

        width = None if self._talk.env.full else self._talk.env.out.size[0]
        flask = timeline_lines(exchange, width) if with_timeline else [flask_line(exchange)]
        if folds and not with_timeline:
            # One item: where a beat breaks, it breaks before an exchange and not inside it.
            return [Exhibit(lambda stage: [*request(stage), *response(stage), *flask], last)]
        return [Exhibit(request, last), Exhibit(response, last), Fixed(flask)]

    def _view(self, block: ExchangeBlock | None) -> View:
        env = self._talk.env
        names: set[str] = set()
        if block is not None:
            claims = list(block.expectations)
            for question in self._step.questions:
                if question.exchange == block.id:
                    claims += [claim for _key, proof in question.proof for claim in proof]
                    claims += question.expectations
                    names |= {
                        split_path(path)[-1]
                        for path in (*question.proof_paths, *question.repeat)
                        if ".headers." in path
                    }
            names |= {claim.path[-1] for claim in claims if claim.path[-2:-1] == ("headers",)}
        return View(
            line_ends=self._step.whole or (block is not None and _is_raw(block)),
            focus=focus_of(names),
            small=env.out.size[1] < 24,
            ascii_only=env.out.ascii_only,
            plain=env.plain,
        )

    def _as_rows(self, group: Sequence[ExchangeBlock]) -> bool:
        return len(group) >= ROWS_FROM and not self._step.whole

    def _rows(self, hops: Sequence[tuple[ExchangeBlock, Sequence[Exchange]]]) -> list[Item]:
        """Several requests of one kind: a row each."""
        from rich.text import Text

        lines: list[Text] = []
        same = _same_everywhere([exchange for _block, exchanges in hops for exchange in exchanges])
        place = self._shown.before
        for block, exchanges in hops:
            view = self._view(block)
            for exchange in exchanges:
                place += 1
                request, response = exchange.request, exchange.response
                asked = f"{request.method} {request.target}" if request else _("(nothing arrived)")
                line = Text.assemble((f"{place}  ", "muted"), (visible(asked), "request.heading"), " → ")
                if response is None:
                    line.append(_("no response"), "response.heading")
                else:
                    line.append(visible(f"{response.status} {response.reason}".strip()), "response.heading")
                    body = response.text.strip("\r\n")
                    if body and len(body) <= _ROW_BODY and "\n" not in body:
                        line.append("  " + visible(body, ascii_only=view.ascii_only), "wire.body")
                    elif body:
                        size = _("{count} bytes").format(count=f"{response.body_length:,}")
                        line.append(f"  … {size}", "wire.fold")
                if exchange.duration_s >= WAITED_S:
                    waited = _("{ms} ms").format(ms=round(exchange.duration_s * 1000))
                    line.append(f"  {waited}", "muted")
                lines.append(line)
                for name in sorted(view.focus - same):
                    found = line_at(exchange, ("response", "headers", name), view) if response else None
                    if found is not None:
                        lines.append(Text("     ").append_text(found))
        lines += [Text(_("… :r {number} shows one of them raw").format(number=place), "wire.fold"), Text()]
        return [Fixed(lines)]

    def _lines(self, items: Sequence[Item]) -> list[Text]:
        return [line for beat in self._talk.beats(items) for line in beat]

    def _source_items(self, block: Source) -> list[Item]:
        from tutor.sandbox.source import SourceError, excerpts

        try:
            found = excerpts(self._run.app(block.app), block)
        except SourceError as error:
            raise SandboxError(f"{self._lesson.file}:{block.line}: {error}") from None
        return [self._talk.screens.source(excerpt) for excerpt in found]

    # Exercises

    def _do_exercise(self, exercise: Question) -> None:
        """Played by itself; the commands about exchanges are about its probes from now on."""

        def number(exchanges: Sequence[tuple[str, Exchange]]) -> None:
            self._shown.exchanges[:] = exchanges

        self._exercise = ExercisePlayer(
            self._talk,
            exercise,
            self._step.probes(exercise.id),
            self._lesson.files_of(exercise.id),
            self._bench,
            record=lambda word, given: self._record(exercise, word, given),
            number=number,
        )
        self._open(exercise)
        try:
            self._pending = self._exercise.play(self._pending)
        finally:
            self._close()
            self.helped |= self._exercise.helped

    # Asking

    def _predict(self, question: Question) -> Verdict | None:
        """One guess; None where the learner fires without one."""
        shown = shown_order(question, self._seed)
        self._pending.append(self._talk.screens.question(question, shown, self._evidence(question)))
        self._flush()
        self._open(question)
        bar = (_(":f fire without a guess"), _(":h hint"), _(":n next"), _(":m map"), _(":? help"))
        while True:
            typed = self._talk.ask(
                label_for(question, shown),
                bar,
                options=self._words(question),
                returns={Verb.FIRE, Verb.ANSWER},
            )
            if typed.verb is Verb.ANSWER:
                self._talk.reply([_("The exchange answers. :f fires it without a guess.")])
                continue
            if typed.verb is Verb.FIRE:
                self._close()
                return None
            self._pass_on(typed)
            verdict = self._graded(question, typed.answer, shown)
            if verdict.grade is Grade.UNREADABLE:
                self._talk.reply(self._said(feedback.told(verdict)))
                continue
            self._close()
            return verdict

    def _ask(self, question: Question) -> None:
        """Asked until it is right, or the answer is shown."""
        inbox = self._listening(question)
        try:
            self._ask_until_right(question, inbox)
        finally:
            self._run.listen(None)
            self._close()
        self._pending.append(self._talk.screens.blank())

    def _ask_until_right(self, question: Question, inbox: Inbox[Exchange] | None) -> None:
        shown = shown_order(question, self._seed)
        self._show_question(question, shown)
        self._open(question)
        misses = 0
        while True:
            bar = (_(":h hint"), _(":r raw"), _(":n next"), _(":m map"), _(":? help"))
            if misses >= feedback.MISSES_BEFORE_OFFER:
                bar = (_(":a answer"), *bar[:3], bar[-1])
            typed = self._talk.ask(
                label_for(question, shown),
                bar,
                options=self._words(question),
                returns={Verb.ANSWER},
                inbox=inbox,
            )
            if typed.verb is Verb.ANSWER:
                self.helped = True
                self._pending = [Fixed(self._answer_shown(question, shown))]
                return
            if inbox is not None and typed.woken:
                verdict = self._arrived(question, inbox.take())
            else:
                self._pass_on(typed)
                verdict = self._graded(question, typed.answer, shown)
            if verdict.is_right:
                self._pending.append(Fixed(self._said(feedback.right(question, verdict, shown))))
                return
            if verdict.grade is Grade.UNREADABLE:
                self._talk.reply(self._said(feedback.told(verdict)))
                continue
            misses += 1
            self._pending = []
            said = feedback.missed(question, verdict, misses=misses, hints_given=self._hints_given)
            self._talk.reply(self._said(said))

    def _show_question(self, question: Question, shown: Sequence[str]) -> None:
        """In the same beat as its evidence, or with the lines that matter printed again."""
        screens = self._talk.screens
        address = self._address if question.kind is QuestionKind.REQUEST and not self._from_memory else ""
        seen = self._evidence(question, besides=self._on_screen)
        asked = screens.question(question, shown, seen, address)
        if len(self._talk.beats([*self._pending, asked])) > 1:
            asked = screens.question(question, shown, self._evidence(question), address)
        self._pending.append(asked)
        self._flush()

    def _evidence(self, question: Question, *, besides: Collection[str] = ()) -> list[Text]:
        """The lines that a question asks to repeat, but for those of exchanges that are on the screen."""
        lines: list[Text] = []
        for path in question.repeat:
            segments = split_path(path)
            name, rest = (
                (segments[0], segments[1:])
                if segments[0] in self._run.fired
                else (question.exchange, segments)
            )
            hops = self._run.fired.get(name)
            if not hops or name in besides:
                continue
            exchange = hops[-1]
            if rest[0].startswith("hop") and rest[0][3:].isdigit():
                exchange = hops[min(int(rest[0][3:]), len(hops)) - 1]
                rest = rest[1:]
            block = next((block for block in self._step.exchanges if block.id == name), None)
            if rest[0] == "flask":
                line: Text | None = flask_line(exchange)
            else:
                line = line_at(exchange, rest, self._view(block))
            if line is not None and line.plain not in [other.plain for other in lines]:
                lines.append(line)
        return lines

    def _graded(self, question: Question, text: str, shown: Sequence[str]) -> Verdict:
        """Grade an answer and keep it; an unreadable one is not kept."""
        if question.kind is QuestionKind.REQUEST:
            verdict = self._craft(question, text)
        else:
            verdict = grade(question, text, shown=shown)
        if verdict.grade is not Grade.UNREADABLE:
            self._record(question, text, verdict.grade)
        return verdict

    def _craft(self, question: Question, text: str) -> Verdict:
        """Send what was typed, show the exchange, and grade it."""
        if not text.strip():
            return Verdict(
                Grade.UNREADABLE, feedback=_("Type a request, such as GET /hello. Nothing was counted.")
            )
        try:
            request = parse_request_line(text)
        except RequestSyntaxError as error:
            return Verdict(Grade.UNREADABLE, feedback=_("{why} Nothing was sent.").format(why=error.message))
        block = self._block_of(question)
        jar = block.jar if isinstance(block, HttpBlock) else ""
        hops = self._run.fire_request(request, app=block.app if block else "", jar=jar)
        return self._graded_exchange(question, hops, request)

    def _graded_exchange(
        self, question: Question, hops: Sequence[Exchange], request: Request | None
    ) -> Verdict:
        """Show what a learner's request led to, and grade it."""
        self._shown.exchanges += [(_("yours"), exchange) for exchange in hops]
        verdict = grade_request(question, hops, self._run.fired, sent=request)
        view = self._view(self._block_of(question))
        items = [item for exchange in hops for item in self._both_ends(exchange, view)]
        if verdict.is_right:
            self._pending = [*items, self._talk.screens.blank()]
        else:
            self._talk.reply(self._lines(items))
        return verdict

    def _block_of(self, question: Question) -> ExchangeBlock | None:
        return next((block for block in self._step.exchanges if block.id == question.exchange), None)

    def _listening(self, question: Question) -> Inbox[Exchange] | None:
        """Where requests of other clients arrive while a request question is open."""
        if question.kind is not QuestionKind.REQUEST:
            return None
        inbox: Inbox[Exchange] = Inbox()
        block = self._block_of(question)
        self._run.listen(inbox.put, app=block.app if block else "")
        return inbox

    def _arrived(self, question: Question, arrivals: Sequence[Exchange]) -> Verdict:
        """Grade what other clients sent: the first that reaches the goal, or else the last."""
        verdict = Verdict(Grade.UNREADABLE)
        for exchange in arrivals:
            request = exchange.request
            # Browsers ask for it unasked.
            if request is None or request.target == "/favicon.ico":
                continue
            self._shown.arrived.append(exchange)
            verdict = self._graded_exchange(question, (exchange,), as_sent(request))
            if verdict.grade is not Grade.UNREADABLE:
                self._record(question, f"{request.method} {request.target}", verdict.grade)
            if verdict.is_right:
                break
        return verdict

    def _pass_on(self, typed: Typed) -> None:
        if self._from_memory and not typed.answer.strip():
            raise Passed

    @staticmethod
    def _words(question: Question) -> list[str]:
        return [words for _key, words in question.choices]

    def _open(self, question: Question) -> None:
        self._question = question
        self._hints_given = 0

    def _close(self) -> None:
        self._question = None

    def _flush(self, *, unbroken: bool = False) -> None:
        self._talk.show(self._pending, unbroken=unbroken)
        self._pending = []
        self._on_screen = set()

    # Feedback

    def _said(self, said: feedback.Said) -> list[Text]:
        return self._talk.screens.said(said.start, said.words, said.style) if said.start else []

    def _after_prediction(self, question: Question, verdict: Verdict | None) -> list[Text]:
        shown = shown_order(question, self._seed)
        if verdict is None:
            return self._answer_shown(question, shown)
        if verdict.is_right:
            return self._said(feedback.right(question, verdict, shown))
        return self._said(feedback.guess_off(question, verdict, shown))

    def _answer_shown(self, question: Question, shown: Sequence[str]) -> list[Text]:
        answer = answer_text(question, shown=shown)
        # Without a value that it needs, the answer shows where that would stand.
        with suppress(LiveValueError):
            answer = insert(answer, self._run.fired, address=self._address)
        return self._said(feedback.answer_shown(question, answer))

    # Commands

    def handle(self, typed: Typed) -> bool:
        """Carry out a command that is about this step; False where it is not."""
        if self._exercise is not None and self._exercise.handle(typed):
            return True
        actions: dict[Verb, Callable[[str], None]] = {
            Verb.HINT: self._hint,
            Verb.ANSWER: lambda _argument: self._talk.reply([_("No question is open.")]),
            Verb.FIRE: lambda _argument: self._refire(),
            Verb.RAW: self._raw,
            Verb.EXPLAIN: self._explain,
            Verb.TIMELINE: self._timeline,
            Verb.SOURCE: lambda _argument: self._view_source(),
            Verb.TRY: self._try,
            Verb.WRITE: self._write,
            Verb.EDIT: lambda _argument: self._talk.reply([_("There is no file to edit in this step.")]),
            Verb.FRESH: lambda _argument: self._talk.reply([_("There is no file to edit in this step.")]),
        }
        action = actions.get(typed.verb) if typed.verb else None
        if action is None:
            return False
        action(typed.argument)
        return True

    def _hint(self, _argument: str) -> None:
        question = self._question
        if question is None:
            self._talk.reply([_("No question is open.")])
        elif not question.hints:
            self._talk.reply([_("This guess has no hint: a wrong one costs nothing.")])
        else:
            # After the last hint they start over: a hint stays readable.
            place = self._hints_given % len(question.hints)
            self._hints_given += 1
            if not question.prediction:
                self.helped = True
            start = _("Hint {place} of {count}:").format(place=place + 1, count=len(question.hints))
            self._talk.reply(self._talk.screens.said(start, question.hints[place], "expected"))

    def _picked(self, argument: str) -> Exchange | None:
        """The exchange that a command is about: the last one, or the one of that number."""
        exchanges = [exchange for _name, exchange in self._shown.exchanges]
        if not exchanges:
            self._talk.reply([_("Nothing has been fired yet in this step.")])
            return None
        if not argument:
            return exchanges[-1]
        if argument.isdigit() and 1 <= int(argument) <= len(exchanges):
            return exchanges[int(argument) - 1]
        self._talk.reply(
            [
                ngettext(
                    "There is one exchange here: :r shows it.",
                    "There are {count} exchanges here, numbered from 1.",
                    len(exchanges),
                ).format(count=len(exchanges))
            ]
        )
        return None

    def _raw(self, argument: str) -> None:
        exchange = self._picked(argument)
        if exchange is not None:
            view = View(line_ends=True, ascii_only=self._talk.env.out.ascii_only, plain=self._talk.env.plain)
            self._talk.reply(
                [*request_lines(exchange, view), *response_lines(exchange, view), flask_line(exchange)]
            )

    def _timeline(self, argument: str) -> None:
        exchange = self._picked(argument)
        if exchange is not None:
            self._talk.reply(timeline_lines(exchange))

    def _write(self, argument: str) -> None:
        exchange = self._picked("")
        if exchange is not None:
            arrived = any(each is exchange for each in self._shown.arrived)
            now = self._talk.env.now()
            self._talk.reply(write_out(exchange, argument, address=self._address, now=now, arrived=arrived))

    def _explain(self, argument: str) -> None:
        exchange = self._picked("")
        if exchange is None:
            return
        out = self._talk.env.out
        self._talk.reply(explained_lines(exchange, argument, width=out.size[0], ascii_only=out.ascii_only))

    def _view_source(self) -> None:
        from tutor.sandbox.source import SourceError, view_excerpt

        if not self._shown.exchanges:
            sources = [block for block in self._step.blocks if isinstance(block, Source)]
            items = [item for block in sources for item in self._source_items(block)]
            self._talk.reply(self._lines(items) if items else [_("This step shows no source of its own.")])
            return
        exchange = self._shown.exchanges[-1][1]
        if exchange.timeline is None or not exchange.timeline.endpoint:
            self._talk.reply([_("No view answered this request.")])
            return
        block = self._shown.block
        try:
            excerpt = view_excerpt(self._run.app(block.app if block else ""), exchange.timeline.endpoint)
        except SourceError as error:
            self._talk.reply([str(error)])
            return
        self._talk.reply(self._lines([self._talk.screens.source(excerpt)]))

    def _try(self, argument: str) -> None:
        if not argument:
            self._talk.reply([_("Type the request behind it, such as :try GET /hello?name=Grey")])
            return
        try:
            request = parse_request_line(argument)
        except RequestSyntaxError as error:
            self._talk.reply([error.message])
            return
        block = self._shown.block
        # On an app of its own, so that trying things out never changes what the step will see.
        hops = self._run.fire_request(request, app=block.app if block else "", aside=True)
        self._shown.exchanges += [(_("tried"), exchange) for exchange in hops]
        items = [item for exchange in hops for item in self._both_ends(exchange, self._view(None))]
        self._talk.reply(self._lines(items))


def _delays_ms(group: Sequence[ExchangeBlock]) -> dict[str, int]:
    """How long after the first each block is fired, by id; without those that wait for the one before."""
    blocks = [block for block in group if isinstance(block, HttpBlock)]
    leaders = {block.with_id for block in blocks if block.with_id}
    delays: dict[str, int] = {}
    for block in blocks:
        if block.with_id or block.id in leaders:
            delays[block.id] = delays.get(block.with_id, 0) + block.after_ms
    return delays


def _same_everywhere(exchanges: Sequence[Exchange]) -> frozenset[str]:
    """Which of the two fields that nearly every response has tell these responses apart in nothing."""
    responses = [exchange.response for exchange in exchanges if exchange.response is not None]
    names = ("content-type", "content-length")
    return frozenset(name for name in names if len({response.value(name) for response in responses}) <= 1)


def _is_raw(block: ExchangeBlock) -> bool:
    return isinstance(block, HttpBlock) and block.raw
