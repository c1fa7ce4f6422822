"""The exchanges of a step as items of a beat: whole, folded, as rows, or single lines printed again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from tutor.course.model import ExchangeBlock, HttpBlock, Lesson, Question, Source, Step
from tutor.errors import SandboxError
from tutor.grading.live import split_path
from tutor.language import _
from tutor.play.conversation import Conversation
from tutor.play.table import LaterRun
from tutor.screen.beat import RESERVED_ROWS, Exhibit, Fixed, Item, rows

if TYPE_CHECKING:
    from rich.text import Text

    from tutor.screen.wire import View
    from tutor.wire.exchange import Exchange

ROWS_FROM = 3
"""So many exchanges in a run are shown as rows."""


class Exhibits:
    """What a step has fired so far, numbered from 1 in this order, and how it is drawn."""

    def __init__(self, talk: Conversation, lesson: Lesson, step: Step, run: LaterRun) -> None:
        self._talk = talk
        self._lesson = lesson
        self._step = step
        self._run = run
        self.exchanges: list[tuple[str, Exchange]] = []
        """Each exchange with its name."""
        self.block: ExchangeBlock | None = None
        """The block fired last."""
        self.before = 0
        """How many there were before the last ones: the number of the first of these less one."""
        self.live: set[str] = set()
        """Ids of exchanges whose parts were drawn as they arrived."""
        self.arrived: list[Exchange] = []
        """Those that another client sent."""

    def items_of(self, group: Sequence[ExchangeBlock]) -> list[Item]:
        from rich.text import Text

        hops = [(block, self._run.fired[block.id]) for block in group if block.id in self._run.fired]
        if self.as_rows(group):
            return self._rows(hops)
        items: list[Item] = []
        compared_ids = {name for each in group if isinstance(each, HttpBlock) for name in _compared_by(each)}
        for block, exchanges in hops:
            whole = self._step.whole or _is_raw(block)
            for exchange in exchanges:
                if items:
                    items.append(self._talk.screens.blank())
                # What was drawn as it arrived, or is set beside another, need not stand there twice.
                twice = block.id in self.live or block.id in compared_ids
                items += self.both_ends(exchange, self.view_of(block), folds=not whole, seen=twice)
        items.append(self._talk.screens.blank())
        if self._step.waterfall and self._step.exchanges[-1].id == group[-1].id:
            from tutor.screen.waterfall import waterfall_lines

            lines = waterfall_lines(
                self._run.fired, width=self._talk.env.out.size[0], plain=self._talk.env.plain
            )
            items.append(Fixed([*lines, Text()]))
        return items

    def comparisons(self, group: Sequence[ExchangeBlock]) -> list[Item]:
        """What the lesson sets beside the exchanges of the group."""
        from tutor.play.compare import comparison

        env = self._talk.env
        items: list[Item] = []
        for block in group:
            if isinstance(block, HttpBlock) and {block.id, block.compare} <= set(self._run.fired):
                other = self._run.fired[block.compare][0 if block.compare == block.id else -1]
                pair = (other, self._run.fired[block.id][-1])
                items += [comparison(self.exchanges, pair, env.out, full=env.full)]
                items += [self._talk.screens.blank()]
        return items

    def diagrams(self, group: Sequence[ExchangeBlock]) -> list[Item]:
        """The step so far as a sequence diagram, where the lesson asks for it behind the group.

        It folds until it fits a beat, as a comparison does.
        """
        if not any(isinstance(block, HttpBlock) and block.diagram for block in group):
            return []
        from tutor.screen.sequence import FOLDS

        width, height = self._talk.env.out.size
        for fold in range(1 if self._talk.env.full else FOLDS + 1):
            lines = self.diagram(fold)
            if rows(lines, width) < height - RESERVED_ROWS:
                break
        return [Fixed(lines), self._talk.screens.blank()]

    def diagram(self, fold: int) -> Sequence[Text]:
        """All exchanges of the step so far as a sequence diagram."""
        from tutor.screen.sequence import sequence_lines

        out = self._talk.env.out
        exchanges = [exchange for _name, exchange in self.exchanges]
        return sequence_lines(
            exchanges, width=out.size[0], plain=out.plain, ascii_only=out.ascii_only, fold=fold
        )

    def both_ends(
        self, exchange: Exchange, view: View, *, folds: bool = True, seen: bool = False
    ) -> list[Item]:
        """An exchange with Flask's side: one line of it, or the timeline where the step is about that."""
        from tutor.screen.flask_side import flask_line, timeline_lines
        from tutor.screen.wire import REQUEST_STAGES, RESPONSE_STAGES, request_lines, response_lines

        with_timeline = self._step.timeline
        start = RESPONSE_STAGES.index(2) if with_timeline else 0
        if seen:
            start = len(RESPONSE_STAGES) - 1
        if self._talk.env.full:
            start = 0
        last = len(RESPONSE_STAGES) - 1 if folds else 0

        def request(stage: int) -> Sequence[Text]:
            return request_lines(exchange, view, REQUEST_STAGES[max(stage, start)])

        def response(stage: int) -> Sequence[Text]:
            return response_lines(exchange, view, RESPONSE_STAGES[max(stage, start)])

        width = None if self._talk.env.full else self._talk.env.out.size[0]
        if with_timeline:
            flask = timeline_lines(exchange, width, plain=view.plain)
        else:
            flask = [flask_line(exchange, plain=view.plain)]
        if folds and not with_timeline:
            # One item: where a beat breaks, it breaks before an exchange and not inside it.
            return [Exhibit(lambda stage: [*request(stage), *response(stage), *flask], last)]
        return [Exhibit(request, last), Exhibit(response, last), Fixed(flask)]

    def view_of(self, block: ExchangeBlock | None) -> View:
        from tutor.screen.wire import View, focus_of

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

    def as_rows(self, group: Sequence[ExchangeBlock]) -> bool:
        return len(group) >= ROWS_FROM and not self._step.whole

    def _rows(self, hops: Sequence[tuple[ExchangeBlock, Sequence[Exchange]]]) -> list[Item]:
        """Several requests of one kind: a row each."""
        from rich.text import Text

        from tutor.screen.row import row_line
        from tutor.screen.wire import line_at

        lines: list[Text] = []
        plain = self._talk.env.plain
        same = _same_everywhere([exchange for _block, exchanges in hops for exchange in exchanges])
        place = self.before
        digits = len(str(place + sum(len(exchanges) for _block, exchanges in hops)))
        for block, exchanges in hops:
            view = self.view_of(block)
            for exchange in exchanges:
                place += 1
                start = str(place).rjust(0 if plain else digits)
                lines.append(row_line([exchange], ascii_only=view.ascii_only, plain=plain, start=start))
                for name in sorted(view.focus - same):
                    if exchange.response is None:
                        break
                    found = line_at(exchange, ("response", "headers", name), view)
                    if found is not None:
                        start = _("{start}: {words}").format(start=place, words="") if view.plain else "     "
                        lines.append(Text(start).append_text(found))
        shows = _(":r {number} shows one of them raw").format(number=place)
        lines += [Text(_("{words}.").format(words=shows) if plain else f"… {shows}", "wire.fold"), Text()]
        return [Fixed(lines)]

    def lines(self, items: Sequence[Item]) -> list[Text]:
        return [line for beat in self._talk.beats(items) for line in beat]

    def source_items(self, block: Source) -> list[Item]:
        from tutor.sandbox.source import SourceError

        try:
            found = self._run.excerpts(block)
        except SourceError as error:
            raise SandboxError(f"{self._lesson.file}:{block.line}: {error}") from None
        return [self._talk.screens.source(excerpt) for excerpt in found]

    def evidence(self, question: Question, *, besides: Collection[str] = ()) -> list[Text]:
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
            from tutor.screen.flask_side import flask_line
            from tutor.screen.wire import line_at

            if rest[0] == "flask":
                line: Text | None = flask_line(exchange, plain=self._talk.env.plain)
            else:
                line = line_at(exchange, rest, self.view_of(block))
            if line is not None and line.plain not in [other.plain for other in lines]:
                lines.append(line)
        return lines


def _same_everywhere(exchanges: Sequence[Exchange]) -> frozenset[str]:
    """Which of the two fields that nearly every response has tell these responses apart in nothing."""
    responses = [exchange.response for exchange in exchanges if exchange.response is not None]
    names = ("content-type", "content-length")
    return frozenset(name for name in names if len({response.value(name) for response in responses}) <= 1)


def _compared_by(block: HttpBlock) -> tuple[str, ...]:
    """The ids of the exchanges that the block sets beside each other."""
    return (block.id, block.compare) if block.compare else ()


def _is_raw(block: ExchangeBlock) -> bool:
    return isinstance(block, HttpBlock) and block.raw
