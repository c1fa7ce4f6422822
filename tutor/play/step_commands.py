"""The commands that are about a step: a hint, its exchanges in other forms, its source, a request aside."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from tutor.course.model import Question, QuestionKind, Source, Step
from tutor.language import _, ngettext
from tutor.play.commands import Typed, Verb
from tutor.play.conversation import Conversation
from tutor.play.exhibits import Exhibits
from tutor.play.table import LaterRun
from tutor.wire.request import RequestSyntaxError, parse_request_line

if TYPE_CHECKING:
    from tutor.wire.exchange import Exchange

TAKE_NUMBERS = frozenset({QuestionKind.NUMBER, QuestionKind.TEXT})
"""Kinds of question to which a number is an answer."""


class Asked(Struct):
    """The question that is open, and the help that was taken in this step."""

    question: Question | None = None
    hints_given: int = 0
    helped: bool = False
    """Whether a hint was taken or an answer shown."""

    def open(self, question: Question) -> None:
        self.question, self.hints_given = question, 0

    def close(self) -> None:
        self.question = None


class StepCommands:
    """Carries out the commands that are about one step.

    Args:
        exhibits: what has been fired, in the order in which commands number it.
        refire: fires the step's requests anew.
    """

    def __init__(
        self,
        talk: Conversation,
        step: Step,
        run: LaterRun,
        exhibits: Exhibits,
        asked: Asked,
        *,
        address: str,
        refire: Callable[[], None],
    ) -> None:
        self._talk = talk
        self._step = step
        self._run = run
        self._exhibits = exhibits
        self._asked = asked
        self._address = address
        self._refire = refire
        self._explained: Exchange | None = None
        """The exchange whose parts were shown last."""

    def handle(self, typed: Typed) -> bool:
        """Carry out a command that is about this step; False where it is not."""
        actions: dict[Verb, Callable[[str], None]] = {
            Verb.HINT: self._hint,
            Verb.ANSWER: lambda _argument: self._talk.reply([_("No question is open.")]),
            Verb.FIRE: lambda _argument: self._refire(),
            Verb.RAW: self._raw,
            Verb.EXPLAIN: self._explain,
            Verb.COMPARE: self._compare,
            Verb.VIEW: lambda _argument: self._view(),
            Verb.TIMELINE: self._timeline,
            Verb.SOURCE: lambda _argument: self._view_source(),
            Verb.TRY: self._try,
            Verb.WRITE: self._write,
            Verb.EDIT: lambda _argument: self._talk.reply([_("There is nothing to edit here.")]),
            Verb.FRESH: lambda _argument: self._talk.reply([_("There is no exercise in this step.")]),
        }
        action = actions.get(typed.verb) if typed.verb else None
        if action is None:
            return False
        action(typed.argument)
        return True

    def _hint(self, _argument: str) -> None:
        question = self._asked.question
        if question is None:
            self._talk.reply([_("No question is open.")])
        elif not question.hints:
            self._talk.reply([_("This guess has no hint: a wrong one costs nothing.")])
        else:
            # After the last hint they start over: a hint stays readable.
            place = self._asked.hints_given % len(question.hints)
            self._asked.hints_given += 1
            if not question.prediction:
                self._asked.helped = True
            start = _("Hint {place} of {count}:").format(place=place + 1, count=len(question.hints))
            self._talk.reply(self._talk.screens.said(start, question.hints[place], "expected"))

    def _picked(self, argument: str) -> Exchange | None:
        """The exchange that a command is about: the last one, or the one of that number."""
        exchanges = [exchange for _name, exchange in self._exhibits.exchanges]
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
        from tutor.screen.flask_side import flask_line
        from tutor.screen.wire import View, request_lines, response_lines

        exchange = self._picked(argument)
        if exchange is not None:
            view = View(line_ends=True, ascii_only=self._talk.env.out.ascii_only, plain=self._talk.env.plain)
            self._talk.reply(
                [
                    *request_lines(exchange, view),
                    *response_lines(exchange, view),
                    flask_line(exchange, plain=view.plain),
                ]
            )

    def _compare(self, argument: str) -> None:
        from tutor.play.compare import compared

        self._talk.reply(compared(self._exhibits.exchanges, argument, self._talk.env.out))

    def _view(self) -> None:
        if self._picked("") is not None:
            self._talk.reply(self._exhibits.diagram(0))

    def _timeline(self, argument: str) -> None:
        from tutor.screen.flask_side import timeline_lines

        exchange = self._picked(argument)
        if exchange is not None:
            self._talk.reply(timeline_lines(exchange, plain=self._talk.env.plain))

    def _write(self, argument: str) -> None:
        from tutor.play.write_out import write_out

        exchange = self._picked("")
        if exchange is not None:
            arrived = any(each is exchange for each in self._exhibits.arrived)
            now = self._talk.env.now()
            self._talk.reply(write_out(exchange, argument, address=self._address, now=now, arrived=arrived))

    def _explain(self, argument: str) -> None:
        from tutor.screen.explained import explained_lines

        exchange = self._picked("")
        if exchange is None:
            return
        out = self._talk.env.out
        self._explained = exchange
        asked = self._asked.question
        self._talk.reply(
            explained_lines(
                exchange,
                argument,
                width=out.size[0],
                ascii_only=out.ascii_only,
                plain=out.plain,
                bare=asked is None or asked.kind not in TAKE_NUMBERS,
            )
        )

    @property
    def explains(self) -> bool:
        """Whether the parts of the last exchange are on the screen, so that a number names one."""
        exchanges = self._exhibits.exchanges
        return bool(exchanges) and exchanges[-1][1] is self._explained

    def _view_source(self) -> None:
        from tutor.sandbox.source import SourceError, view_excerpt

        if not self._exhibits.exchanges:
            sources = [block for block in self._step.blocks if isinstance(block, Source)]
            items = [item for block in sources for item in self._exhibits.source_items(block)]
            self._talk.reply(
                self._exhibits.lines(items) if items else [_("This step shows no source of its own.")]
            )
            return
        exchange = self._exhibits.exchanges[-1][1]
        if exchange.timeline is None or not exchange.timeline.endpoint:
            self._talk.reply([_("No view answered this request.")])
            return
        block = self._exhibits.block
        try:
            excerpt = view_excerpt(self._run.now.app(block.app if block else ""), exchange.timeline.endpoint)
        except SourceError as error:
            self._talk.reply([str(error)])
            return
        self._talk.reply(self._exhibits.lines([self._talk.screens.source(excerpt)]))

    def _try(self, argument: str) -> None:
        if not argument:
            self._talk.reply([_("Type the request behind it, such as :try GET /hello?name=Grey")])
            return
        try:
            request = parse_request_line(argument)
        except RequestSyntaxError as error:
            self._talk.reply([error.message])
            return
        block = self._exhibits.block
        # On an app of its own, so that trying things out never changes what the step will see.
        hops = self._run.now.fire_request(request, app=block.app if block else "", aside=True)
        self._exhibits.exchanges += [(_("tried"), exchange) for exchange in hops]
        items = [
            item
            for exchange in hops
            for item in self._exhibits.both_ends(exchange, self._exhibits.view_of(None))
        ]
        self._talk.reply(self._exhibits.lines(items))
