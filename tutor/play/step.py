"""One step, played: prose, commit, fire, verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from tutor import language
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
from tutor.grading.answers import answer_text, grade
from tutor.grading.live import LiveValueError, insert
from tutor.grading.verdict import Grade, Verdict
from tutor.language import _
from tutor.play import feedback
from tutor.play.bench import Bench
from tutor.play.commands import Typed, Verb
from tutor.play.conversation import Conversation, Passed
from tutor.play.exhibits import Exhibits
from tutor.play.screens import Sendable, label_for
from tutor.play.step_commands import TAKE_NUMBERS, Asked, StepCommands
from tutor.play.table import LaterRun
from tutor.screen.beat import Fixed, Item
from tutor.wire.raw_text import parse_raw_block
from tutor.wire.request import (
    RequestSyntaxError,
    parse_http_block,
)

if TYPE_CHECKING:
    from rich.text import Text

    from tutor.play.exercise import ExercisePlayer
    from tutor.wire.exchange import Exchange

RecordAttempt = Callable[[Question, str, Grade], None]

Answered = Callable[[Question, Sequence[str], Sequence[str]], Verdict | None]
"""Asks once, given the question, its choices as shown and the bar; None where the answer is to be shown."""


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
        run: LaterRun,
        *,
        address: str,
        seed: str,
        record: RecordAttempt,
        bench: Bench,
        from_memory: str = "",
    ) -> None:
        self._talk = talk
        self.lesson = lesson
        self.step = step
        self._run = run
        self._address = address
        self._seed = f"{seed}/{lesson.id}/{step.id}"
        self._record = record
        self._bench = bench
        self._exercise: ExercisePlayer | None = None
        """The one that is played, or was last."""
        self._from_memory = from_memory
        self._pending: list[Item] = []
        self._asked = Asked()
        self._exhibits = Exhibits(talk, lesson, step, run)
        self._commands = StepCommands(
            talk, step, run, self._exhibits, self._asked, address=address, refire=self._refire
        )
        talk.explains = lambda: self._commands.explains
        self._place = 0
        """Which block is played."""
        self._told = 0
        """The first block of the beat that is on the screen."""
        self._sending: Callable[[], Item] | None = None
        """Makes the lines that say what Enter sends, while it is not sent."""
        self._on_screen: set[str] = set()
        """Ids of exchanges whose lines are still in the beat being prepared."""

    @property
    def helped(self) -> bool:
        """Whether a hint was taken or an answer shown."""
        return self._asked.helped

    @property
    def arrived(self) -> Sequence[Exchange]:
        """What other clients sent in this step."""
        return self._exhibits.arrived

    def handle(self, typed: Typed) -> bool:
        """Carry out a command that is about this step; False where it is not."""
        if self._exercise is not None and self._exercise.handle(typed):
            return True
        return self._commands.handle(typed)

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
            self._pending = [*opening, screens.step_head(self.step, self.lesson)]
        if self._is_foreign:
            self._pending.append(screens.not_translated())
        place = 0
        while place < len(self.step.blocks):
            # Looked up each time: `:lang` may have put the step's words in another language in its place.
            blocks = self.step.blocks
            block = blocks[place]
            self._place = place
            place += 1
            if isinstance(block, Prose) and (self.step.recall or not self._from_memory):
                self._pending += self._talk.screens.prose_items(block, self._address)
            elif isinstance(block, Source):
                self._pending += self._exhibits.source_items(block)
            elif is_fired(block):
                group: list[ExchangeBlock] = [block]
                while place < len(blocks) and self._joins(blocks[place]):
                    joined = blocks[place]
                    assert is_fired(joined)
                    group.append(joined)
                    place += 1
                self._fire(group, unbroken=unbroken)
                unbroken = False
                self._told = place
            elif isinstance(block, Question) and block.kind is QuestionKind.EXERCISE:
                if not self._from_memory:
                    self._do_exercise(block)
            elif isinstance(block, Question) and not block.prediction:
                self._ask(block)
                self._told = place
        if self.step.takeaway and not self._from_memory:
            self._pending.append(self._talk.screens.takeaway(self.step))
        return self._pending

    # Firing

    def _joins(self, block: Block) -> bool:
        """Whether a request is fired with the ones before it, on one Enter."""
        return is_fired(block) and not self._predictions(block)

    def _predictions(self, block: ExchangeBlock) -> list[Question]:
        return [
            question
            for question in self.step.questions
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
            apps = {block.app for block in group} - {self.step.app, ""}
            self._sending = lambda: self._talk.screens.to_send(
                requests, self._address, later=later, app=", ".join(sorted(apps))
            )
            self._pending.append(self._sending())
        if ready and predictions:
            self._pending.append(self._talk.screens.blank())
        for question in predictions:
            guess = self._predict(question)
            guesses.append((question, guess))
            if guess is None:
                break
        if not predictions and not self._flush(unbroken=unbroken, fires=bool(ready)):
            self._wait_to_send()
        self._sending = None
        exchanges = self._fire_all(group)
        if not exchanges:
            return
        if self._exhibits.live:
            # The stream stood where a beat stands; what follows is the next one.
            self._talk.go_on()
        self._pending = self._exhibits.items_of(group)
        # Rows do not show the lines that a question may be about.
        self._on_screen = set() if self._exhibits.as_rows(group) else {block.id for block in group}
        for asked_question, verdict in guesses:
            question = self._spoken(asked_question)
            if len(guesses) > 1:
                asked = self._talk.screens.prose(question.prompt, "muted")
                self._pending.append(Fixed(asked, keep_with_next=True))
            self._pending.append(Fixed(self._after_prediction(question, verdict)))
        if guesses:
            self._pending.append(self._talk.screens.blank())
        self._pending += [*self._exhibits.comparisons(group), *self._exhibits.diagrams(group)]

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
                returns={Verb.FIRE, Verb.LANGUAGE},
            )
            if typed.verb is Verb.LANGUAGE:
                if self._respeak(typed):
                    self._talk.say(self._exhibits.lines(self._retold()))
                continue
            if typed.verb is Verb.FIRE or not typed.answer.strip():
                return
            self._talk.reply(
                [_("Enter sends the request; no answer is expected here. :? lists what you can type.")]
            )

    def _wait_for_rest(self) -> None:
        """Wait with the rest of raw bytes until the learner presses Enter; the seconds run."""
        started_s = self._talk.env.clock()

        def label() -> str:
            seconds = int(self._talk.env.clock() - started_s)
            # Plain output draws a prompt once: a number would stand still.
            if not seconds or self._talk.env.plain:
                return _("Nothing comes back yet. Enter: send the rest ▸")
            return _("Nothing came back for {seconds} s. Enter: send the rest ▸").format(seconds=seconds)

        while self._talk.ask(label, (_(":? help"), _(":q quit"))).answer.strip():
            self._talk.reply([_("The server waits for the rest; Enter sends it.")])

    def _fire_all(self, group: Sequence[ExchangeBlock]) -> list[Exchange]:
        from tutor.play.live import LiveDrawing

        fired: list[Exchange] = []
        self._exhibits.block = group[-1]
        self._exhibits.live.clear()
        self._exhibits.before = len(self._exhibits.exchanges)
        # Before anything is drawn as it arrives.
        run = self._run.now
        for block in group:
            try:
                with LiveDrawing(self._talk.env.out) as live:
                    hops = run.fire(
                        block,
                        on_piece=live.on_piece,
                        on_pause=self._wait_for_rest,
                        on_again=live.begin_anew,
                    )
                if live.drawn:
                    self._exhibits.live.add(block.id)
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
                self._exhibits.exchanges.append((name, exchange))
                fired.append(exchange)
        return fired

    def _refire(self) -> None:
        """Fire again: a fresh app, and all requests up to the last one fired."""
        last = self._exhibits.block
        if last is None:
            self._talk.reply([_("Nothing has been fired yet in this step.")])
            return
        self._run.now.restart()
        self._exhibits.exchanges.clear()
        for block in self.step.exchanges:
            exchanges = self._fire_all([block])
            if block.id == last.id or not exchanges:
                break
        aside = [*self._exhibits.comparisons([last]), *self._exhibits.diagrams([last])]
        items = [*self._exhibits.items_of([last]), *aside]
        apart = [""] if self._exhibits.live else []
        self._talk.reply([*apart, *self._exhibits.lines(items)])

    # Exercises

    def _do_exercise(self, exercise: Question) -> None:
        """Played by itself; the commands about exchanges are about its probes from now on."""
        from tutor.play.exercise import ExercisePlayer

        def number(exchanges: Sequence[tuple[str, Exchange]]) -> None:
            self._exhibits.exchanges[:] = exchanges

        self._exercise = ExercisePlayer(
            self._talk,
            exercise,
            self.step.probes(exercise.id),
            self.lesson.files_of(exercise.id),
            self._bench,
            record=lambda word, given: self._record(exercise, word, given),
            number=number,
        )
        self._asked.open(exercise)
        try:
            self._pending = self._exercise.play(self._pending)
        finally:
            self._asked.close()
            self._asked.helped |= self._exercise.helped

    # Asking

    def _predict(self, question: Question) -> Verdict | None:
        """One guess; None where the learner fires without one."""
        shown = shown_order(question, self._seed)
        self._pending.append(self._talk.screens.question(question, shown, self._exhibits.evidence(question)))
        if self._flush(fires=True):
            return None
        self._asked.open(question)
        while True:
            bar = (_(":f fire without a guess"), _(":h hint"), _(":n next"), _(":m map"), _(":? help"))
            typed = self._talk.ask(
                label_for(question, shown),
                bar,
                options=self._words(question),
                returns={Verb.FIRE, Verb.ANSWER, Verb.LANGUAGE},
                takes_numbers=question.kind in TAKE_NUMBERS,
            )
            if typed.verb is Verb.LANGUAGE:
                if self._respeak(typed):
                    question = self._spoken(question)
                    self._asked.question = question
                    evidence = self._exhibits.evidence(question)
                    asked = self._talk.screens.question(question, shown, evidence)
                    self._pending = [*self._retold(), self._talk.screens.blank(), asked]
                    self._flush()
                continue
            if typed.verb is Verb.ANSWER:
                self._talk.reply([_("The exchange answers. :f fires it without a guess.")])
                continue
            if typed.verb is Verb.FIRE:
                self._asked.close()
                return None
            self._pass_on(typed)
            verdict = self._graded(question, typed.answer, shown)
            if verdict.grade is Grade.UNREADABLE:
                self._talk.reply(self._said(feedback.told(verdict)))
                continue
            self._asked.close()
            return verdict

    def _ask(self, question: Question) -> None:
        """Asked until it is right, or the answer is shown."""
        try:
            if question.kind is QuestionKind.REQUEST:
                self._ask_for_request(question)
            else:
                self._ask_until_right(question, self._answered)
        finally:
            self._asked.close()
        self._pending.append(self._talk.screens.blank())

    def _ask_for_request(self, question: Question) -> None:
        from tutor.play.crafting import Crafting

        crafting = Crafting(
            self._talk,
            self.step,
            self._run.now,
            self._exhibits,
            question,
            address=self._address,
            record=lambda text, given: self._record(question, text, given),
        )

        def requested(question: Question, shown: Sequence[str], bar: Sequence[str]) -> Verdict | None:
            # Asked from memory, Enter alone passes the question.
            opens = bool(question.start) and not self._from_memory
            label = _("Enter: edit ▸") if opens else label_for(question, shown)
            crafting.question = question
            typed = crafting.ask(label, (_(":e edit"), *bar[:-2], bar[-1]))
            if isinstance(typed, Verdict):
                self._pending = crafting.items
                return typed
            if typed.verb is Verb.ANSWER:
                return None
            if typed.verb is Verb.LANGUAGE:
                self._respeak(typed)
                return Verdict(Grade.UNREADABLE)
            self._pass_on(typed)
            if opens:
                crafting.edit()
                return requested(question, shown, bar)
            told = _("Type a request, such as GET /hello. Nothing was counted.")
            return Verdict(Grade.UNREADABLE, feedback=told)

        with crafting.listening():
            self._ask_until_right(question, requested)

    def _answered(self, question: Question, shown: Sequence[str], bar: Sequence[str]) -> Verdict | None:
        """The verdict on what is typed at the prompt; None where the answer is to be shown."""
        typed = self._talk.ask(
            label_for(question, shown),
            bar,
            options=self._words(question),
            returns={Verb.ANSWER, Verb.LANGUAGE},
            takes_numbers=question.kind in TAKE_NUMBERS,
        )
        if typed.verb is Verb.ANSWER:
            return None
        if typed.verb is Verb.LANGUAGE:
            self._respeak(typed)
            return Verdict(Grade.UNREADABLE)
        self._pass_on(typed)
        return self._graded(question, typed.answer, shown)

    def _ask_until_right(self, question: Question, answered: Answered) -> None:
        shown = shown_order(question, self._seed)
        self._show_question(question, shown)
        self._asked.open(question)
        misses = 0
        spoken = language.in_use()
        while True:
            if spoken != language.in_use():
                spoken, question = language.in_use(), self._spoken(question)
                self._asked.question = question
                self._pending = self._retold()
                self._show_question(question, shown)
            bar = (_(":h hint"), _(":r raw"), _(":n next"), _(":m map"), _(":? help"))
            if misses >= feedback.MISSES_BEFORE_OFFER:
                bar = (_(":a answer"), *bar[:3], bar[-1])
            verdict = answered(question, shown, bar)
            if verdict is None:
                self._asked.helped = True
                self._pending = [Fixed(self._answer_shown(question, shown))]
                return
            if verdict.is_right:
                self._pending.append(Fixed(self._said(feedback.right(question, verdict, shown))))
                return
            if verdict.grade is Grade.UNREADABLE:
                self._talk.reply(self._said(feedback.told(verdict)))
                continue
            misses += 1
            self._pending = []
            said = feedback.missed(question, verdict, misses=misses, hints_given=self._asked.hints_given)
            self._talk.reply(self._said(said))

    # Another language in the middle of it

    def reword(self, lesson: Lesson, step: Step) -> None:
        """Go on in the words of another language: of the same lesson, the same step."""
        self.lesson, self.step = lesson, step

    def _respeak(self, typed: Typed) -> bool:
        """Carry out `:lang`; whether the language is another one now."""
        before = language.in_use()
        self._talk.handler(typed)
        return language.in_use() != before

    def _spoken(self, question: Question) -> Question:
        """The question in the words of the language in use."""
        return next(other for other in self.step.questions if other.id == question.id)

    def _retold(self) -> list[Item]:
        """The words of the beat on the screen, in the language in use."""
        screens = self._talk.screens
        items: list[Item] = []
        if not self._from_memory:
            items = [screens.step_head(self.step, self.lesson)]
            if self._is_foreign:
                items.append(screens.not_translated())
        if self.step.recall or not self._from_memory:
            for block in self.step.blocks[self._told : self._place]:
                items += screens.prose_items(block, self._address) if isinstance(block, Prose) else []
        if self._sending is not None:
            items.append(self._sending())
        return items

    @property
    def _is_foreign(self) -> bool:
        """Whether this step alone is not in the learner's language."""
        spoken = self._talk.env.language
        return self.step.language != spoken and self.lesson.is_spoken(spoken)

    def _show_question(self, question: Question, shown: Sequence[str]) -> None:
        """In the same beat as its evidence, or with the lines that matter printed again."""
        screens = self._talk.screens
        address = self._address if question.kind is QuestionKind.REQUEST and not self._from_memory else ""
        seen = self._exhibits.evidence(question, besides=self._on_screen)
        asked = screens.question(question, shown, seen, address)
        if len(self._talk.beats([*self._pending, asked])) > 1:
            asked = screens.question(question, shown, self._exhibits.evidence(question), address)
        self._pending.append(asked)
        self._flush()

    def _graded(self, question: Question, text: str, shown: Sequence[str]) -> Verdict:
        """Grade an answer and keep it; an unreadable one is not kept."""
        verdict = grade(question, text, shown=shown)
        if verdict.grade is not Grade.UNREADABLE:
            self._record(question, text, verdict.grade)
        return verdict

    def _pass_on(self, typed: Typed) -> None:
        if self._from_memory and not typed.answer.strip():
            raise Passed

    @staticmethod
    def _words(question: Question) -> list[str]:
        return [words for _key, words in question.choices]

    def _flush(self, *, unbroken: bool = False, fires: bool = False) -> bool:
        """Show what is pending; True where `:f` was typed before all of it was shown, and `fires`."""
        pending, self._pending = self._pending, []
        self._on_screen = set()
        return self._talk.show(pending, unbroken=unbroken, fires=fires)

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


def _delays_ms(group: Sequence[ExchangeBlock]) -> dict[str, int]:
    """How long after the first each block is fired, by id; without those that wait for the one before."""
    blocks = [block for block in group if isinstance(block, HttpBlock)]
    leaders = {block.with_id for block in blocks if block.with_id}
    delays: dict[str, int] = {}
    for block in blocks:
        if block.with_id or block.id in leaders:
            delays[block.id] = delays.get(block.with_id, 0) + block.after_ms
    return delays
