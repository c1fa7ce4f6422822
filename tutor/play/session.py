"""The interactive session: from step to step, with everything kept as it happens."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from tutor import language
from tutor.course.contents import Outline, OutlineStep
from tutor.course.model import Lesson, Step
from tutor.course.pack import Address, Pack
from tutor.environment import Environment
from tutor.errors import ExitCode, SandboxError, UsageError
from tutor.grading.verdict import Grade
from tutor.language import _
from tutor.learner.progress import (
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
    is_rested,
    misses,
    sources,
)
from tutor.learner.settings import LANGUAGE
from tutor.learner.steady import SteadyProgress
from tutor.lesson_app import app_of, code_of
from tutor.play.bench import Bench
from tutor.play.commands import Typed, Verb
from tutor.play.conversation import Conversation, Moved, Passed
from tutor.play.prompt import Prompter
from tutor.play.step import StepPlayer
from tutor.play.table import Table
from tutor.play.way import (
    deeper_near,
    deeper_offered,
    lesson_after,
    lesson_before,
    next_main,
    previous_main,
    undone,
)
from tutor.screen.beat import Fixed, Item
from tutor.wire.traffic import Traffic, traffic_of

_ON_LAST_PAGE = 2
"""Questions from memory on the last page of a lesson."""


class Session:
    """One sitting: a table for all steps, which is left at its end, and the learner's way through them."""

    def __init__(
        self, env: Environment, pack: Pack, progress: SteadyProgress, prompter: Prompter, table: Table
    ) -> None:
        self._env = env
        self._pack = pack
        self._progress = progress
        self._talk = Conversation(env, prompter)
        progress.listen(lambda words: self._talk.reply(["", words, ""]))
        self._outlines = pack.outlines()
        self._lessons: dict[str, Lesson] = {}
        self._untold: set[str] = set()
        """Ids of lessons of which it has been said that they are not in the learner's language."""
        self._seed = progress.shuffle_seed()
        self._player: StepPlayer | None = None
        self._here: tuple[Outline, OutlineStep] | None = None
        self._bench = Bench(progress, env.work)
        self._table = table
        self._traffic_kept = Traffic()
        """What of the client's traffic, and of what arrived in this step, is kept already."""
        self._talk.handler = self._handle

    def run(self, start: Address | None) -> ExitCode:
        """Play from the address on, or from where the learner stopped, until the learner leaves.

        Args:
            start: a lesson (its first undone step) or a step; None goes on.
        """
        first_time = self._progress.position() is None
        was_away = is_rested(self._progress.attempts(), self._env.now())
        with self._table as table:
            table.on_news = self._talk.ring
            self._talk.heed = self._tell_news
            try:
                here = self._first_place(start)
                opening = self._opening(here, first_time=first_time)
                if here is not None and was_away:
                    self._warm_up(here[0], after_break=True)
                while here is not None:
                    here = self._visit(here, opening)
                    opening = []
            except (Moved, KeyboardInterrupt):
                # Ctrl-C between two prompts, where nothing goes on that it could end.
                pass
            finally:
                self._bench.close()
        self._farewell()
        return ExitCode.OK

    def _tell_news(self) -> None:
        """Say what has become of the sandbox; raises SandboxError where it has stopped for good."""
        try:
            news = self._table.news()
        except SandboxError as error:
            kept = _("Your progress is kept.")
            raise SandboxError(language.sentences(str(error), kept)) from None
        if news:
            self._talk.reply([news])

    # Where to go

    def _first_place(self, start: Address | None) -> tuple[Outline, OutlineStep] | None:
        if start is not None and (start.step is not None or not self._is_finished(start.lesson)):
            return self._place(start)
        found = first_undone(self._outlines, self._progress, skipped_last=True)
        if start is None and found is not None:
            return found
        reviewed = start.lesson if start is not None else self._outlines[-1]
        try:
            if start is None:
                self._course_again()
            else:
                self._review(reviewed)
        except Moved as move:
            if move.verb is Verb.QUIT:
                raise
            return self._moved(move, reviewed, self._lesson(reviewed).steps[0])
        return found

    def _course_again(self) -> None:
        """The finished course in numbers, then its questions from memory for who likes."""
        self._course_in_numbers()
        try:
            self._talk.go_on(_("Enter: one question a lesson, from memory ▸"))
        except Moved as move:
            if move.verb is not Verb.NEXT:
                raise
            return
        self._one_question_a_lesson()

    def _place(self, address: Address) -> tuple[Outline, OutlineStep]:
        outline = address.lesson
        if address.step is not None:
            return outline, address.step
        return self._start_of(outline)

    def _is_finished(self, outline: Outline) -> bool:
        return standing(outline, self._progress.states(outline.id)).finished

    def _opening(self, here: tuple[Outline, OutlineStep] | None, *, first_time: bool) -> list[Item]:
        """What stands before the first beat: the welcome, or where the learner is again."""
        if here is None:
            return []
        outline, step = here
        if first_time:
            first = next(item for item in self._lesson(outline).steps if item.id == step.id)
            return [self._talk.screens.welcome(self._table.address, self._env.language, first)]
        previous = previous_main(outline, step.id)
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
        outline = self._spoken(outline)
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
            if not lesson.is_spoken(self._env.language) and lesson.id not in self._untold:
                self._untold.add(lesson.id)
                before.append(self._talk.screens.lesson_not_translated())
            if first:
                before += self._talk.screens.lesson_head(lesson, self._env.language)
                if lesson.opening and not opening:
                    before += self._opening_prose(lesson)
            rest = player.play(before, unbroken=bool(opening))
            self._progress.mark_step(
                lesson.id, step, StepStatus.DONE, at=self._env.now(), helped=player.helped
            )
            outline = self._spoken(outline)
            return self._after(outline, self._lesson(outline), step, rest)
        except Moved as move:
            return self._moved(move, self._spoken(outline), step)
        finally:
            self._leave(lesson)

    def _player_of(self, lesson: Lesson, step: Step, from_memory: str = "") -> StepPlayer:
        """A player for a step on its lesson's sandbox; commands are about it from now on."""
        run = self._table.run(step, partial(app_of, lesson), partial(code_of, lesson))
        self._traffic_kept = self._table.traffic
        self._player = StepPlayer(
            self._talk,
            lesson,
            step,
            run,
            address=self._table.address,
            seed=self._seed,
            record=lambda question, text, grade: self._record(
                lesson, step, question.id, text, grade, question.prediction
            ),
            bench=self._bench,
            from_memory=from_memory,
        )
        return self._player

    def _leave(self, lesson: Lesson) -> None:
        """The step is over."""
        self._keep_traffic(lesson)
        self._player = None

    def _keep_traffic(self, lesson: Lesson) -> None:
        """Keep what has crossed the wire since this was done last."""
        if self._player is None:
            return
        total = self._table.traffic + traffic_of(self._player.arrived)
        self._progress.record_traffic(lesson.id, total - self._traffic_kept)
        self._traffic_kept = total

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
        variants = [variant for variant in draw(lessons, back, self._progress) if self._is_done(variant)]
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
        # A file is not asked from memory.
        steps = [step for step in steps if not step.exercises]
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
                self._leave(variant.lesson)

    def _opening_prose(self, lesson: Lesson) -> list[Item]:
        from tutor.course.model import Prose

        return self._talk.screens.prose_items(Prose(lesson.opening, lesson.line), self._table.address)

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
        states = self._progress.states(outline.id)
        following = next_main(outline, step.id, states)
        deeper = deeper_offered(outline, step.id, states)
        if step.stop:
            rest_here = _("A good place to rest: Ctrl-D leaves, and the next start goes on here.")
            rest.append(Fixed(self._talk.screens.said(rest_here)))
        if deeper:
            rest.append(self._talk.screens.deeper_offer(deeper))
        self._talk.show(rest)
        self._talk.go_on()
        return (outline, following) if following is not None else self._end_of_lesson(outline, lesson)

    def _end_of_lesson(self, outline: Outline, lesson: Lesson) -> tuple[Outline, OutlineStep] | None:
        following = lesson_after(self._outlines, outline)
        left = undone(outline, self._progress.states(outline.id))
        if left:
            words = _("Steps of {number} that you have not done: {steps}. :g goes to one.")
            steps = language.listed(step.number for step in left)
            self._talk.reply([words.format(number=outline.number, steps=steps)])
        else:
            self._keep_traffic(lesson)
            self._last_page(lesson, following)
        if following is not None:
            self._talk.go_on()
            return self._start_of(following)
        unfinished = [item for item in self._outlines if not self._is_finished(item)]
        if unfinished:
            self._talk.go_on()
            return self._start_of(unfinished[0])
        self._end_of_course()
        self._talk.go_on(_("Enter: leave ▸"))
        return None

    def _last_page(self, lesson: Lesson, following: Outline | None) -> None:
        """What a learner keeps of a lesson, and two questions from memory in between."""
        missed = misses(lesson, self._progress.attempts(lesson.id))
        self._talk.show(self._talk.screens.lesson_end(lesson, missed))
        variants = [Variant(lesson, step) for step in by_need(lesson, self._progress)[:_ON_LAST_PAGE]]
        # The end of the course asks about all lessons.
        if variants and not all(map(self._is_finished, self._outlines)):
            self._talk.go_on()
            self._talk.reply([_("Two questions from memory. Enter passes them.")])
            self._ask_from_memory(variants, _("From memory {place} of {count}"))
        from tutor.learner.figures import figures_of
        from tutor.learner.listing import map_lessons

        figures = figures_of(lesson, self._progress)
        course = map_lessons(self._outlines, self._progress, lesson.id)
        self._talk.show(self._talk.screens.lesson_rest(lesson, figures, course, following))

    def _end_of_course(self) -> None:
        """One question a lesson from memory, the misses first; then the course in numbers."""
        self._talk.go_on()
        self._one_question_a_lesson()
        self._course_in_numbers()

    def _one_question_a_lesson(self) -> None:
        needed = [(lesson, by_need(lesson, self._progress)) for lesson in map(self._lesson, self._outlines)]
        variants = [Variant(lesson, steps[0]) for lesson, steps in needed if steps]
        if variants:
            self._talk.reply([_("One question a lesson, from memory. Enter passes.")])
            self._ask_from_memory(variants, _("From memory {place} of {count}"))

    def _course_in_numbers(self) -> None:
        from tutor.learner.figures import figures_of

        figures = [figures_of(self._lesson(outline), self._progress) for outline in self._outlines]
        self._talk.show(self._talk.screens.course_end(figures))

    def _start_of(self, outline: Outline) -> tuple[Outline, OutlineStep]:
        """Where a lesson goes on: its first undone step, or its first one."""
        undone_step = first_undone([outline], self._progress, skipped_last=True)
        return undone_step or (outline, outline.main_steps[0])

    # Going elsewhere

    def _moved(self, move: Moved, outline: Outline, step: Step) -> tuple[Outline, OutlineStep]:
        """Where a command leads; where it leads nowhere, the step again."""
        here = next(item for item in outline.steps if item.id == step.id)
        if move.verb is Verb.QUIT:
            raise move
        if move.verb is Verb.NEXT:
            return self._next(outline, step) or (outline, here)
        if move.verb is Verb.BACK:
            return self._back(outline, step) or (outline, here)
        if move.verb is Verb.DEEPER and not move.argument:
            deeper = deeper_near(outline, step.id)
            if len(deeper) == 1:
                return outline, deeper[0]
            if deeper:
                self._talk.reply(self._talk.screens.deeper_offer(deeper).at(0))
            else:
                self._talk.reply([_("There are no deeper steps here.")])
            return outline, here
        return self._go(move.argument, outline) or (outline, here)

    def _next(self, outline: Outline, step: Step) -> tuple[Outline, OutlineStep] | None:
        self._progress.mark_step(outline.id, step, StepStatus.SKIPPED, at=self._env.now())
        following = next_main(outline, step.id, self._progress.states(outline.id))
        if following is not None:
            return outline, following
        later = lesson_after(self._outlines, outline)
        if later is None:
            self._talk.reply([_("This is the last step.")])
        return self._start_of(later) if later is not None else None

    def _back(self, outline: Outline, step: Step) -> tuple[Outline, OutlineStep] | None:
        before = previous_main(outline, step.id)
        if before is not None:
            return outline, before
        earlier = lesson_before(self._outlines, outline)
        if earlier is None:
            self._talk.reply([_("This is the first step.")])
        return (earlier, earlier.main_steps[-1]) if earlier is not None else None

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
        from tutor.learner.listing import last_place, map_rows

        place = (self._here[0].id, self._here[1].id) if self._here else last_place(self._progress)
        outline = next((item for item in self._outlines if item.id == place[0]), self._outlines[0])
        self._talk.reply(map_rows(self._env, outline, self._outlines, self._progress, place))

    def _language(self, tag: str) -> None:
        known = language.available()
        if not tag:
            self._talk.reply(
                [_("Languages: {names}.").format(names=language.listed(f":lang {item}" for item in known))]
            )
            return
        chosen = next((item for item in known if item.casefold() == tag.casefold()), None)
        if chosen is None:
            self._talk.reply(
                [
                    _("There is no text in {tag}. There is: {names}.").format(
                        tag=tag, names=language.listed(known)
                    )
                ]
            )
            return
        if not self._env.out.can_show(language.NAMES[chosen]):
            self._talk.reply([_("This terminal cannot show {name}.").format(name=chosen)])
            return
        language.use(chosen)
        self._env = self._env._replace(language=chosen)
        self._talk.env = self._env
        self._progress.set_setting(LANGUAGE, chosen)
        self._pack = self._pack.in_language(chosen)
        self._outlines = self._pack.outlines()
        self._lessons.clear()
        if self._player is not None:
            self._player.reword(*self._same(self._player))
        self._talk.reply([_("From here on: {name}.").format(name=language.NAMES[chosen])])

    def _same(self, player: StepPlayer) -> tuple[Lesson, Step]:
        """The lesson and the step of a player, in the language in use."""
        lesson = self._lesson(next(item for item in self._outlines if item.id == player.lesson.id))
        steps = (*lesson.steps, *lesson.pool)
        return lesson, next(step for step in steps if step.id == player.step.id)

    def _spoken(self, outline: Outline) -> Outline:
        """An outline in the language in use."""
        return next(item for item in self._outlines if item.id == outline.id)

    def _farewell(self) -> None:
        if not self._progress.is_kept:
            self._talk.reply([_("What you did could not be kept. Go on with: flask-http-tutor")])
            return
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
