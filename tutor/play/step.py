"""One step, played: prose, commit, fire, verdict."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tutor.client import StepRun
from tutor.course.model import HttpBlock, Lesson, Prose, Question, QuestionKind, Source, Step
from tutor.course.shuffle import shown_order
from tutor.errors import SandboxError
from tutor.grading.answers import answer_text, grade, grade_request
from tutor.grading.live import LiveValueError, insert, split_path
from tutor.grading.verdict import Grade, Verdict
from tutor.language import _, ngettext
from tutor.play.commands import Typed, Verb
from tutor.play.conversation import Conversation, Passed
from tutor.play.screens import ended, label_for, literal
from tutor.screen.beat import Exhibit, Fixed, Item
from tutor.screen.flask_side import flask_line, timeline_lines
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
from tutor.wire.parts import explain
from tutor.wire.request import (
    RawRequest,
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

MISSES_BEFORE_OFFER = 2

_ROW_BODY = 48
"""Longest body, in characters, that stands in a row."""

RecordAttempt = Callable[[Question, str, Grade], None]


@dataclass(slots=True)
class Shown:
    """The exchanges that were fired last, each with the name it has on the screen."""

    exchanges: list[tuple[str, Exchange]] = field(default_factory=list)
    block: HttpBlock | None = None


class StepPlayer:
    """Plays one step to its end.

    Args:
        talk: where the learner sits.
        run: the step's sandbox: a fresh app and empty jars.
        seed: decides the order of options.
        record: keeps an answer; called for each one before anything else happens.
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
        from_memory: str = "",
    ) -> None:
        self._talk = talk
        self._lesson = lesson
        self._step = step
        self._run = run
        self._address = address
        self._seed = f"{seed}/{lesson.id}/{step.id}"
        self._record = record
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
            if isinstance(block, Prose) and not self._from_memory:
                self._pending += self._talk.screens.prose_items(block)
            elif isinstance(block, Source):
                self._pending += self._source_items(block)
            elif isinstance(block, HttpBlock):
                group = [block]
                while place < len(blocks) and self._joins(blocks[place]):
                    joined = blocks[place]
                    assert isinstance(joined, HttpBlock)
                    group.append(joined)
                    place += 1
                self._fire(group, unbroken=unbroken)
                unbroken = False
            elif isinstance(block, Question) and not block.prediction:
                self._ask(block)
        if self._step.takeaway and not self._from_memory:
            self._pending.append(self._talk.screens.takeaway(self._step))
        return self._pending

    # Firing

    def _joins(self, block: object) -> bool:
        """Whether a request is fired with the ones before it, on one Enter."""
        return isinstance(block, HttpBlock) and not self._predictions(block)

    def _predictions(self, block: HttpBlock) -> list[Question]:
        return [
            question
            for question in self._step.questions
            if question.prediction and question.exchange == block.id
        ]

    def _fire(self, group: list[HttpBlock], *, unbroken: bool) -> None:
        requests = [request for block in group if (request := self._prepared(block)) is not None]
        guesses: list[tuple[Question, Verdict]] = []
        predictions = self._predictions(group[0])
        if requests:
            self._pending.append(self._talk.screens.to_send(requests, self._address))
        if requests and predictions:
            self._pending.append(self._talk.screens.blank())
        for question in predictions:
            guess = self._predict(question)
            if guess is None:
                break
            guesses.append((question, guess))
        if not predictions:
            self._flush(unbroken=unbroken)
            self._wait_to_send()
        exchanges = self._fire_all(group)
        if not exchanges:
            return
        self._pending = self._exchange_items(group)
        self._on_screen = {block.id for block in group}
        for question, verdict in guesses:
            self._pending.append(Fixed(self._after_prediction(question, verdict)))
        if guesses:
            self._pending.append(self._talk.screens.blank())

    def _prepared(self, block: HttpBlock) -> Request | RawRequest | None:
        """The request as it will be sent; None where it hangs on one that is not fired yet."""
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

    def _fire_all(self, group: Sequence[HttpBlock]) -> list[Exchange]:
        fired: list[Exchange] = []
        self._shown = Shown(block=group[-1])
        for block in group:
            try:
                hops = self._run.fire(block)
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
        for block in self._step.requests:
            exchanges = self._fire_all([block])
            if block.id == last.id or not exchanges:
                break
        self._talk.reply(self._lines(self._exchange_items([last])))

    # Showing exchanges

    def _exchange_items(self, group: Sequence[HttpBlock]) -> list[Item]:
        hops = [(block, self._run.fired[block.id]) for block in group if block.id in self._run.fired]
        if len(hops) >= ROWS_FROM and not self._step.whole:
            return self._rows(hops)
        items: list[Item] = []
        for block, exchanges in hops:
            whole = self._step.whole or block.raw
            for exchange in exchanges:
                if items:
                    items.append(self._talk.screens.blank())
                items += self._both_ends(exchange, self._view(block), folds=not whole)
        return [*items, self._talk.screens.blank()]

    def _both_ends(self, exchange: Exchange, view: View, *, folds: bool = True) -> list[Item]:
        """An exchange with Flask's side: one line of it, or the timeline where the step is about that."""
        with_timeline = self._step.timeline
        start = RESPONSE_STAGES.index(2) if with_timeline and not self._talk.env.full else 0
        last = len(RESPONSE_STAGES) - 1 if folds else 0

        def request(stage: int) -> Sequence[Text]:
            return request_lines(exchange, view, REQUEST_STAGES[max(stage, start)])

        def response(stage: int) -> Sequence[Text]:
            return response_lines(exchange, view, RESPONSE_STAGES[max(stage, start)])

        flask = timeline_lines(exchange) if with_timeline else [flask_line(exchange)]
        return [Exhibit(request, last), Exhibit(response, last), Fixed(flask)]

    def _view(self, block: HttpBlock | None) -> View:
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
            line_ends=self._step.whole or (block is not None and block.raw),
            focus=focus_of(names),
            small=env.out.size[1] < 24,
            ascii_only=env.out.ascii_only,
            plain=env.plain,
        )

    def _rows(self, hops: Sequence[tuple[HttpBlock, Sequence[Exchange]]]) -> list[Item]:
        """Several requests of one kind: a row each."""
        from rich.text import Text

        lines: list[Text] = []
        place = 0
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
                lines.append(line)
                for name in sorted(view.focus - {"content-type", "content-length"}):
                    found = line_at(exchange, ("response", "headers", name), view) if response else None
                    if found is not None:
                        lines.append(Text("     ").append_text(found))
        lines += [Text(_("… :r 2 shows the second one raw"), "wire.fold"), Text()]
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

    # Asking

    def _predict(self, question: Question) -> Verdict | None:
        """One guess; None where the learner fires without one."""
        shown = shown_order(question, self._seed)
        self._open(question)
        self._pending.append(self._talk.screens.question(question, shown, self._evidence(question)))
        self._flush()
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
                self._talk.reply(self._told(verdict))
                continue
            self._close()
            return verdict

    def _ask(self, question: Question) -> None:
        """Asked until it is right, or the answer is shown."""
        shown = shown_order(question, self._seed)
        self._open(question)
        self._show_question(question, shown)
        misses = 0
        while True:
            bar = (_(":h hint"), _(":r raw"), _(":n next"), _(":m map"), _(":? help"))
            if misses >= MISSES_BEFORE_OFFER:
                bar = (_(":a answer"), *bar[:3], bar[-1])
            typed = self._talk.ask(
                label_for(question, shown), bar, options=self._words(question), returns={Verb.ANSWER}
            )
            if typed.verb is Verb.ANSWER:
                self.helped = True
                self._pending = [Fixed(self._answer_shown(question, shown))]
                break
            self._pass_on(typed)
            verdict = self._graded(question, typed.answer, shown)
            if verdict.is_right:
                self._pending += [Fixed(self._right(question, verdict))]
                break
            if verdict.grade is Grade.UNREADABLE:
                self._talk.reply(self._told(verdict))
                continue
            misses += 1
            self._pending = []
            self._talk.reply(self._missed(question, verdict, misses))
        self._pending.append(self._talk.screens.blank())
        self._close()

    def _show_question(self, question: Question, shown: Sequence[str]) -> None:
        """In the same beat as its evidence, or with the lines that matter printed again."""
        screens = self._talk.screens
        asked = screens.question(question, shown, self._evidence(question, besides=self._on_screen))
        if len(self._talk.beats([*self._pending, asked])) > 1:
            asked = screens.question(question, shown, self._evidence(question))
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
            block = next((block for block in self._step.requests if block.id == name), None)
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
        block = next((block for block in self._step.requests if block.id == question.exchange), None)
        hops = self._run.fire_request(request, app=block.app if block else "", jar=block.jar if block else "")
        self._shown.exchanges = [(_("yours"), exchange) for exchange in hops]
        verdict = grade_request(question, hops, self._run.fired, sent=request)
        items = [item for exchange in hops for item in self._both_ends(exchange, self._view(block))]
        if verdict.is_right:
            self._pending = [*items, self._talk.screens.blank()]
        else:
            self._talk.reply(self._lines(items))
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

    def _after_prediction(self, question: Question, verdict: Verdict) -> list[Text]:
        if verdict.is_right:
            return self._right(question, verdict)
        shown = shown_order(question, self._seed)
        if question.kind in {QuestionKind.ORDER, QuestionKind.CHOICES}:
            # What such an answer got right is of use for another try, and there is none.
            why = question.explain
            start = _("Your guess was off; the answer is {answer}").format(
                answer=ended(answer_text(question, shown=shown))
            )
        else:
            start = _("You guessed {guess}; it is {answer}").format(
                guess=self._given(question, verdict).rstrip("."), answer=ended(self._answer(question))
            )
            why = " ".join(part for part in (verdict.feedback, question.explain) if part)
        return self._talk.screens.said(start, why, "off")

    def _right(self, question: Question, verdict: Verdict) -> list[Text]:
        if question.kind is QuestionKind.CHOICE:
            start = _("Yes: {answer}").format(answer=ended(self._given(question, verdict)))
        elif question.kind in {QuestionKind.TEXT, QuestionKind.NUMBER}:
            start = _("Yes: {answer}").format(answer=ended(self._answer(question)))
        else:
            start = _("Yes.")
        return self._talk.screens.said(start, question.explain, "right")

    def _missed(self, question: Question, verdict: Verdict, misses: int) -> list[Text]:
        said = verdict.feedback or _("Not that one.")
        if misses >= MISSES_BEFORE_OFFER:
            return self._talk.screens.said(said, _("Try again, or `:a` shows the answer."))
        if self._hints_given < len(question.hints):
            return self._talk.screens.said(said, _("Try again, or `:h` for a hint."))
        return self._talk.screens.said(said, _("Try again."))

    def _told(self, verdict: Verdict) -> list[Text]:
        return self._talk.screens.said(verdict.feedback)

    def _answer_shown(self, question: Question, shown: Sequence[str]) -> list[Text]:
        words = answer_text(question, shown=shown)
        if question.kind in {QuestionKind.TEXT, QuestionKind.NUMBER, QuestionKind.REQUEST}:
            words = f"`{words}`"
        return self._talk.screens.said(
            _("The answer is {answer}").format(answer=ended(words)), question.explain, "off"
        )

    def _given(self, question: Question, verdict: Verdict) -> str:
        return verdict.given if question.kind is QuestionKind.CHOICE else literal(verdict.given)

    @staticmethod
    def _answer(question: Question) -> str:
        if question.kind is QuestionKind.CHOICE:
            return dict(question.choices)[question.answer[0]]
        return f"`{question.answer[0]}`"

    # Commands

    def handle(self, typed: Typed) -> bool:
        """Carry out a command that is about this step; False where it is not."""
        actions: dict[Verb, Callable[[str], None]] = {
            Verb.HINT: self._hint,
            Verb.ANSWER: lambda _argument: self._talk.reply([_("No question is open.")]),
            Verb.FIRE: lambda _argument: self._refire(),
            Verb.RAW: self._raw,
            Verb.EXPLAIN: self._explain,
            Verb.TIMELINE: self._timeline,
            Verb.SOURCE: lambda _argument: self._view_source(),
            Verb.TRY: self._try,
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

    def _explain(self, argument: str) -> None:
        exchange = self._picked("")
        if exchange is None:
            return
        self._talk.reply(
            explained(
                exchange, argument, width=self._talk.env.out.size[0], ascii_only=self._talk.env.out.ascii_only
            )
        )

    def _view_source(self) -> None:
        from tutor.sandbox.source import SourceError, view_excerpt

        exchange = self._picked("")
        if exchange is None:
            return
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
        hops = self._run.fire_request(request, app=block.app if block else "")
        self._shown.exchanges = [(_("tried"), exchange) for exchange in hops]
        items = [item for exchange in hops for item in self._both_ends(exchange, self._view(None))]
        self._talk.reply(self._lines(items))


def explained(exchange: Exchange, argument: str, *, width: int, ascii_only: bool) -> list[Text]:
    """The numbered parts of an exchange, or one of them with what there is to say about it."""
    from rich.text import Text

    from tutor.screen.prose import prose_lines

    messages = [message for message in (exchange.request, exchange.response) if message is not None]
    parts = [part for message in messages for part in explain(message)]
    if argument:
        if not (argument.isdigit() and 1 <= int(argument) <= len(parts)):
            return [Text(_("The parts are numbered from 1 to {count}.").format(count=len(parts)))]
        part = parts[int(argument) - 1]
        lines = [
            Text.assemble((f"{argument}  ", "choice"), (part.label, "title")),
            _part_text(part.data, ascii_only),
        ]
        lines += prose_lines(part.note, width=width)
        if part.flask:
            lines.append(Text(_("In Flask: {name}").format(name=part.flask), "flask"))
        if part.section:
            lines.append(Text(part.section, "muted"))
        return lines
    lines = []
    number = 0
    for message in messages:
        heading = _("Request") if message.is_request else _("Response")
        lines.append(Text(heading, "request.heading" if message.is_request else "response.heading"))
        for part in explain(message):
            number += 1
            line = Text.assemble((f"{number:>3}  ", "choice"), (part.label, "muted"), "  ")
            lines.append(line.append_text(_part_text(part.data, ascii_only)))
    lines.append(Text(_(":x and a number says what a part is for."), "offer"))
    return lines


def _part_text(data: bytes, ascii_only: bool) -> Text:
    from rich.text import Text

    from tutor.wire.escape import visible_bytes

    shown = data.rstrip(b"\r\n")
    cut = visible_bytes(shown[:160], ascii_only=ascii_only)
    return Text(cut + (" …" if len(shown) > 160 else ""), "wire.value")
