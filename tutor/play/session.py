"""The interactive session: from step to step, with everything kept as it happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tutor import language
from tutor.client import Client, StepRun
from tutor.course.model import Lesson, Outline, OutlineStep, Step
from tutor.course.pack import Address, Pack
from tutor.environment import Environment
from tutor.errors import ExitCode, UsageError
from tutor.grading.verdict import Grade
from tutor.language import _
from tutor.learner.listing import standing_words, step_rows
from tutor.learner.progress import (
    Progress,
    StepStatus,
    first_undone,
    standing,
    state_of,
    step_called,
)
from tutor.learner.recall import (
    Variant,
    by_need,
    draw,
    guesses,
    is_rested,
    misses,
    sources,
)
from tutor.learner.settings import LANGUAGE
from tutor.play.commands import Typed, Verb
from tutor.play.conversation import Conversation, Moved, Passed
from tutor.play.prompt import Prompter
from tutor.play.step import StepPlayer
from tutor.sandbox.server import SandboxServer
from tutor.screen.beat import Item


class Session:
    """One sitting: a server for all steps, and the learner's way through them."""

    def __init__(self, env: Environment, pack: Pack, progress: Progress, prompter: Prompter) -> None:
        self._env = env
        self._pack = pack
        self._progress = progress
        self._talk = Conversation(env, prompter)
        self._outlines = pack.outlines()
        self._lessons: dict[str, Lesson] = {}
        self._seed = progress.shuffle_seed()
        self._player: StepPlayer | None = None
        self._here: tuple[Outline, OutlineStep] | None = None
        self._table: tuple[SandboxServer, Client]
        """Set while the session runs."""
        self._talk.handler = self._handle

    def run(self, start: Address | None) -> ExitCode:
        """Play from the address on, or from where the learner stopped, until the learner leaves.

        Args:
            start: a lesson (its first undone step) or a step; None goes on.
        """
        first_time = self._progress.position() is None
        was_away = is_rested(self._progress.attempts(), self._env.now())
        with SandboxServer() as server:
            client = Client(server)
            self._table = server, client
            try:
                here = self._first_place(start)
                opening = self._opening(server, here, first_time=first_time)
                if here is not None and was_away:
                    self._warm_up(here[0], after_break=True)
                while here is not None:
                    here = self._visit(here, opening)
                    opening = []
            except Moved:
                pass
            finally:
                client.close()
        self._farewell()
        return ExitCode.OK

    # Where to go

    def _first_place(self, start: Address | None) -> tuple[Outline, OutlineStep] | None:
        if start is not None and (start.step is not None or not self._is_finished(start.lesson)):
            return self._place(start)
        found = first_undone(self._outlines, self._progress, skipped_last=True)
        if start is None and found is not None:
            return found
        try:
            self._review(start.lesson if start is not None else self._outlines[-1])
        except Moved as move:
            if move.verb is Verb.QUIT:
                raise
            reviewed = start.lesson if start is not None else self._outlines[-1]
            return self._moved(move, reviewed, self._lesson(reviewed).steps[0])
        return found

    def _place(self, address: Address) -> tuple[Outline, OutlineStep]:
        outline = address.lesson
        if address.step is not None:
            return outline, address.step
        return first_undone([outline], self._progress, skipped_last=True) or (outline, outline.main_steps[0])

    def _is_finished(self, outline: Outline) -> bool:
        return standing(outline, self._progress.states(outline.id)).finished

    def _opening(
        self, server: SandboxServer, here: tuple[Outline, OutlineStep] | None, *, first_time: bool
    ) -> list[Item]:
        """What stands before the first beat: the welcome, or where the learner is again."""
        if here is None:
            return []
        outline, step = here
        if first_time:
            first = next(item for item in self._lesson(outline).steps if item.id == step.id)
            return [
                self._talk.screens.welcome(
                    server.address,
                    self._env.language,
                    guess_first=any(question.prediction for question in first.questions[:1]),
                )
            ]
        previous = self._previous(outline, step)
        if previous is not None:
            lesson = self._lesson(outline)
            before = next((item for item in lesson.steps if item.id == previous.id), None)
            if before is not None and before.takeaway:
                said = self._talk.screens.said(_("Last time: {takeaway}").format(takeaway=before.takeaway))
                said += self._talk.screens.said(
                    _("Next: {number} {title}.").format(number=step.number, title=step.title)
                )
                self._talk.reply([*said, ""])
        return []

    @staticmethod
    def _previous(outline: Outline, step: OutlineStep) -> OutlineStep | None:
        place = [item.id for item in outline.steps].index(step.id)
        main = [item for item in outline.steps[:place] if not item.deeper]
        return main[-1] if main else None

    def _lesson(self, outline: Outline) -> Lesson:
        if outline.id not in self._lessons:
            parsed = self._pack.load(outline.id)
            if parsed.lesson is None:
                raise UsageError(
                    "\n".join(
                        [
                            _("Lesson {number} cannot be loaded:").format(number=outline.number),
                            *(str(fault) for fault in parsed.faults),
                        ]
                    )
                )
            self._lessons[outline.id] = parsed.lesson
        return self._lessons[outline.id]

    # One step

    def _visit(
        self, here: tuple[Outline, OutlineStep], opening: list[Item]
    ) -> tuple[Outline, OutlineStep] | None:
        """Play a step; gives the next place, or None at the end of the course."""
        outline, outline_step = here
        lesson = self._lesson(outline)
        step = next(item for item in lesson.steps if item.id == outline_step.id)
        self._here = here
        self._progress.remember_position(lesson.id, step.id)
        first = step.id == lesson.steps[0].id
        try:
            if first and not opening and not self._progress.states(lesson.id):
                self._warm_up(outline)
            player = self._player_of(lesson, step)
            before = list(opening)
            if first:
                before += self._talk.screens.lesson_head(lesson)
                if lesson.opening and not opening:
                    before += self._opening_prose(lesson)
            rest = player.play(before, unbroken=bool(opening))
            self._progress.mark_step(
                lesson.id, step, StepStatus.DONE, at=self._env.now(), helped=player.helped
            )
            return self._after(outline, lesson, step, rest)
        except Moved as move:
            return self._moved(move, outline, step)
        finally:
            self._player = None

    def _player_of(self, lesson: Lesson, step: Step, from_memory: str = "") -> StepPlayer:
        """A player for a step on its lesson's sandbox; commands are about it from now on."""
        import sandbox_app

        server, client = self._table
        run = StepRun(server, client, step, lambda name: sandbox_app.create_app(lesson.number, name))
        self._player = StepPlayer(
            self._talk,
            lesson,
            step,
            run,
            address=server.address,
            seed=self._seed,
            record=lambda question, text, grade: self._record(
                lesson, step, question.id, text, grade, question.prediction
            ),
            from_memory=from_memory,
        )
        return self._player

    # From memory

    def _warm_up(self, outline: Outline, *, after_break: bool = False) -> None:
        """Three questions from earlier lessons; Enter on the first passes all."""
        place = [item.id for item in self._outlines].index(outline.id)
        earlier = list(self._outlines[:place])
        if after_break and not earlier:
            # Back in the first lesson after a day: what was done of it is all there is to ask about.
            earlier = [outline]
        back = sources(place) or (1, 1, 1)
        lessons = [self._lesson(item) for item in earlier]
        variants = [
            variant
            for variant in draw(lessons, back, self._progress)
            if variant.lesson.id != outline.id or self._is_done(variant)
        ]
        if variants:
            self._talk.reply([_("A warm-up from memory, two minutes at most. Enter passes it.")])
            self._ask_from_memory(variants, _("Warm-up {place} of {count}"))

    def _is_done(self, variant: Variant) -> bool:
        """Whether the step that a variant is of is done."""
        step = next((step for step in variant.lesson.steps if step.id == variant.step.of), None)
        state = state_of(step, self._progress.states(variant.lesson.id)) if step else None
        return state is not None and state.state is StepStatus.DONE

    def _review(self, outline: Outline) -> None:
        """A finished lesson from memory: its pool, and missed steps without a variant; no prose."""
        lesson = self._lesson(outline)
        pool = by_need(lesson, self._progress) or list(lesson.pool)
        varied = {step.of for step in lesson.pool}
        missed = dict.fromkeys(miss.step for miss in misses(lesson, self._progress.attempts(lesson.id)))
        # Without a pool and without misses there is still the lesson to go through again.
        steps = [*pool, *(step for step in missed if step.id not in varied)] or list(lesson.main_steps)
        self._talk.reply(
            [
                _(
                    "You have finished {number} {title}. "
                    "Its questions come from memory now; Enter passes one."
                ).format(number=outline.number, title=outline.title),
                _(":g goes to a step, such as :g {step}.").format(step=outline.steps[-1].number),
                "",
            ]
        )
        self._ask_from_memory([Variant(lesson, step) for step in steps], _("From memory {place} of {count}"))

    def _ask_from_memory(self, variants: Sequence[Variant], heading: str) -> None:
        for place, variant in enumerate(variants, start=1):
            player = self._player_of(
                variant.lesson, variant.step, heading.format(place=place, count=len(variants))
            )
            try:
                rest = player.play()
                self._talk.show(rest)
                self._talk.go_on()
            except Passed:
                if place == 1:
                    return
            except Moved as move:
                if move.verb is not Verb.NEXT:
                    raise
            finally:
                self._player = None

    def _opening_prose(self, lesson: Lesson) -> list[Item]:
        from tutor.course.model import Prose

        return self._talk.screens.prose_items(Prose(lesson.opening, lesson.line))

    def _record(
        self, lesson: Lesson, step: Step, question_id: str, text: str, grade: Grade, prediction: bool
    ) -> None:
        self._progress.record_attempt(
            lesson.id,
            step.id,
            question_id,
            text,
            grade,
            step.hash,
            self._env.language,
            self._env.now(),
            prediction,
        )

    def _after(
        self, outline: Outline, lesson: Lesson, step: Step, rest: list[Item]
    ) -> tuple[Outline, OutlineStep] | None:
        """What follows a finished step: its takeaway, deeper steps, a rest, the lesson's end."""
        following = self._next_main(outline, step.id)
        deeper = self._deeper_offered(lesson, step)
        if step.stop:
            from tutor.screen.beat import Fixed

            rest.append(
                Fixed(
                    self._talk.screens.said(
                        _("A good place to rest: Ctrl-D leaves, and the next start goes on here.")
                    )
                )
            )
        if deeper:
            rest.append(self._talk.screens.parts_offer(deeper))
        if following is None and not step.deeper:
            self._talk.show(rest)
            self._talk.go_on()
            return self._end_of_lesson(outline, lesson)
        self._talk.show(rest)
        self._talk.go_on()
        if following is None:
            return self._end_of_lesson(outline, lesson)
        return outline, following

    def _next_main(self, outline: Outline, step_id: str) -> OutlineStep | None:
        """The main step after this one; after a deeper step, the one after the part it was offered at."""
        steps = list(outline.steps)
        place = [item.id for item in steps].index(step_id)
        if steps[place].deeper:
            states = self._progress.states(outline.id)
            main = [item for item in steps[place + 1 :] if not item.deeper]
            undone = [item for item in main if state_of(item, states) is None]
            later = [item for item in main if item.part != steps[place].part]
            return next(iter(undone or later), None)
        return next((item for item in steps[place + 1 :] if not item.deeper), None)

    def _deeper_offered(self, lesson: Lesson, step: Step) -> list[Step]:
        """The deeper steps that wait at the end of a part; after one of them, those that are left."""
        same_part = [item for item in lesson.steps if item.part == step.part]
        deeper = [item for item in same_part if item.deeper]
        if step.deeper:
            states = self._progress.states(lesson.id)
            return [item for item in deeper if state_of(item, states) is None]
        last_main = [item for item in same_part if not item.deeper][-1]
        return deeper if step.id == last_main.id else []

    def _end_of_lesson(self, outline: Outline, lesson: Lesson) -> tuple[Outline, OutlineStep] | None:
        later = self._outlines[[item.id for item in self._outlines].index(outline.id) + 1 :]
        left = [
            step
            for step in outline.main_steps
            if (state := state_of(step, self._progress.states(outline.id))) is None
            or state.state is not StepStatus.DONE
        ]
        if left:
            self._talk.reply(
                [
                    _("Steps of {number} that you have not done: {steps}. :g goes to one.").format(
                        number=outline.number, steps=", ".join(step.number for step in left)
                    )
                ]
            )
        else:
            attempts = self._progress.attempts(lesson.id)
            following = later[0] if later else None
            self._talk.show(
                self._talk.screens.lesson_end(
                    lesson, misses(lesson, attempts), guesses(lesson, attempts), following
                )
            )
        self._talk.go_on(_("Enter: go on ▸") if later else _("Enter: leave ▸"))
        if not later:
            return None
        following = later[0]
        return first_undone([following], self._progress, skipped_last=True) or (following, following.steps[0])

    # Going elsewhere

    def _moved(self, move: Moved, outline: Outline, step: Step) -> tuple[Outline, OutlineStep]:
        steps = list(outline.steps)
        place = [item.id for item in steps].index(step.id)
        here = steps[place]
        if move.verb is Verb.QUIT:
            raise move
        if move.verb is Verb.NEXT:
            self._progress.mark_step(outline.id, step, StepStatus.SKIPPED, at=self._env.now())
            following = self._next_main(outline, step.id)
            if following is not None:
                return outline, following
            later = self._outlines[[item.id for item in self._outlines].index(outline.id) + 1 :]
            if later:
                return first_undone([later[0]], self._progress, skipped_last=True) or (
                    later[0],
                    later[0].steps[0],
                )
            self._talk.reply([_("This is the last step.")])
            return outline, here
        if move.verb is Verb.BACK:
            main = [item for item in steps[:place] if not item.deeper]
            if main:
                return outline, main[-1]
            earlier = self._outlines[: [item.id for item in self._outlines].index(outline.id)]
            if earlier:
                return earlier[-1], earlier[-1].main_steps[-1]
            self._talk.reply([_("This is the first step.")])
            return outline, here
        if move.verb is Verb.DEEPER and not move.argument:
            waiting = [
                item for item in steps if item.deeper and item.part == here.part and item.id != here.id
            ]
            if waiting:
                states = self._progress.states(outline.id)
                return outline, next((item for item in waiting if state_of(item, states) is None), waiting[0])
            self._talk.reply([_("There are no deeper steps here.")])
            return outline, here
        return self._go(move.argument, outline) or (outline, here)

    def _go(self, name: str, outline: Outline) -> tuple[Outline, OutlineStep] | None:
        if not name:
            self._talk.reply(
                [_("Name the step or lesson, such as :g {number}.").format(number=outline.steps[0].number)]
            )
            return None
        # `3a` and `3` are steps of this lesson.
        own = next((step for step in outline.steps if step.number == f"{outline.number}.{name}"), None)
        if own is not None and "." not in name:
            return outline, own
        try:
            return self._place(self._pack.find(name))
        except UsageError as error:
            self._talk.reply([str(error)])
            return None

    # Commands that are not about the step

    def _handle(self, typed: Typed) -> None:
        if self._player is not None and self._player.handle(typed):
            return
        if typed.verb is Verb.MAP:
            self._map()
        elif typed.verb is Verb.HELP:
            self._talk.reply(self._talk.screens.help())
        elif typed.verb is Verb.LANGUAGE:
            self._language(typed.argument)
        else:
            self._talk.reply([_("That works in a step.")])

    def _map(self) -> None:
        outline, here = self._here or (self._outlines[0], self._outlines[0].steps[0])
        self._talk.reply(step_rows(outline, self._progress, here.id))
        for other in self._outlines:
            if other.id != outline.id:
                stand = standing(other, self._progress.states(other.id))
                self._talk.reply(
                    [f"{other.number}  {other.title}   {standing_words(stand.done, stand.steps)}"]
                )

    def _language(self, tag: str) -> None:
        known = language.available()
        if not tag:
            self._talk.reply(
                [_("Languages: {names}.").format(names=", ".join(f":lang {item}" for item in known))]
            )
            return
        chosen = next((item for item in known if item.casefold() == tag.casefold()), None)
        if chosen is None:
            self._talk.reply(
                [_("There is no text in {tag}. There is {names}.").format(tag=tag, names=", ".join(known))]
            )
            return
        language.use(chosen)
        self._env = replace(self._env, language=chosen)
        self._talk.env = self._env
        self._progress.set_setting(LANGUAGE, chosen)
        self._talk.reply([_("From here on: {name}.").format(name=language.NAMES[chosen])])

    def _farewell(self) -> None:
        position = self._progress.position()
        words = _("Your progress is kept. Go on with: flask-http-tutor")
        if position is not None:
            outline = next((item for item in self._outlines if item.id == position.lesson_id), None)
            step = step_called(outline.steps, position.step_id) if outline else None
            undone = first_undone(self._outlines, self._progress, skipped_last=True)
            if step is not None and undone is not None and undone[1].id != step.id:
                words += " " + step.number
            elif undone is not None:
                words += "   " + _("(next: {number} {title})").format(
                    number=undone[1].number, title=undone[1].title
                )
        self._talk.reply([words])
