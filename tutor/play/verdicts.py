"""What came of a run of the learner's file: a row for each probe, what was missed, and what was printed."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tutor.course.model import ExchangeBlock, HttpBlock
from tutor.grading.exercises import Claim, ProbeVerdict
from tutor.language import _, clauses, ngettext
from tutor.screen.beat import Exhibit, Fixed, Item
from tutor.screen.flask_side import flask_line
from tutor.screen.fold import cut, fold_mark
from tutor.screen.row import row_line
from tutor.screen.wire import (
    REQUEST_STAGES,
    RESPONSE_STAGES,
    View,
    focus_of,
    request_lines,
    response_lines,
)
from tutor.wire.escape import visible
from tutor.wire.exchange import Exchange
from tutor.wire.message import Message
from tutor.wire.request import parse_http_block
from tutor.workshop.runner import Run
from tutor.workshop.words import failure_lines

if TYPE_CHECKING:
    from rich.text import Text

    from tutor.environment import Environment

PRINTED_LINES = 4
"""So many lines of what the file printed are shown."""

_CLAIM_INDENT = 6

_ROW_FIELDS = 48
"""Longest given fields, in characters, that stand in a row."""


class VerdictScreens:
    """Makes items of runs for one output.

    Args:
        file: the name of the learner's file.
    """

    def __init__(self, env: Environment, file: str) -> None:
        self._env = env
        self._file = file

    def run_items(self, run: Run) -> list[Item]:
        """The whole run, but for the feedback."""
        from rich.text import Text

        items: list[Item] = []
        if run.failure is not None and not run.fired:
            items.append(Fixed([*self._failure(run), Text()]))
        else:
            shown = shown_probe(run)
            if shown is not None:
                items += self._exchange(shown, run)
            items.append(
                Fixed([line for verdict in run.verdict.probes for line in self._probe(verdict, run)])
            )
            if run.failure is not None:
                items.append(Fixed(self._failure(run)))
            items.append(Fixed([Text()]))
        printed = self._printed(run)
        if printed:
            items.append(Fixed([*printed, Text()]))
        notes = [line for note in run.notes for line in failure_lines(note, self._file)]
        if notes:
            items.append(Fixed([*self._wrapped(notes), Text()]))
        return items

    def tried_items(self, run: Run) -> list[Item]:
        """What a request brought that is no probe."""
        from rich.text import Text

        if run.failure is not None and not run.fired:
            return [Fixed(self._failure(run))]
        view = View(ascii_only=self._env.out.ascii_only, plain=self._env.plain)
        hops = [hop for hops in run.fired.values() for hop in hops]
        lines = [
            [*request_lines(hop, view), *response_lines(hop, view), flask_line(hop, plain=view.plain)]
            for hop in hops
        ]
        crashes = [line for crash in run.crashes.values() for line in failure_lines(crash, self._file)]
        return [*map(Fixed, lines), Fixed([*self._wrapped(crashes), Text()])]

    def diff(self, mine: str, solution: str) -> list[Text]:
        """How the model solution differs from the learner's file; nothing where it does not."""
        from rich.text import Text

        lines = difflib.unified_diff(
            mine.splitlines(),
            solution.splitlines(),
            _("{file}, yours").format(file=self._file),
            _("the model solution"),
            lineterm="",
        )
        if self._env.plain:
            return [Text(words) for line in lines if (words := self._in_words(line))]
        styles = {"+": "right", "-": "off", "@": "muted"}
        return [
            Text("  " + visible(line, ascii_only=self._env.out.ascii_only), styles.get(line[:1], ""))
            for line in lines
        ]

    def _in_words(self, line: str) -> str:
        """A line of a diff with words for its sign; nothing for what only counts lines."""
        sign, text = line[:1], visible(line[1:], ascii_only=self._env.out.ascii_only)
        if line.startswith(("---", "+++", "@@")):
            return ""
        words = {"+": _("Only in the model solution: {line}"), "-": _("Only in yours: {line}")}
        return words.get(sign, _("In both: {line}")).format(line=text)

    # Parts

    def _failure(self, run: Run) -> list[Text]:
        assert run.failure is not None
        return self._wrapped(failure_lines(run.failure, self._file))

    def _exchange(self, verdict: ProbeVerdict, run: Run) -> Iterator[Item]:
        """The last hop of a probe, whole or folded, with the fields that it is about."""
        from rich.text import Text

        hops = run.fired.get(verdict.probe.id)
        if not hops or hops[-1].request is None:
            return
        exchange = hops[-1]
        claims = verdict.probe.expectations
        view = View(
            focus=focus_of({each.path[-1] for each in claims if each.path[-2:-1] == ("headers",)}),
            small=self._env.out.size[1] < 24,
            ascii_only=self._env.out.ascii_only,
            plain=self._env.plain,
        )

        if verdict.probe.id in run.crashes:
            # The page that Flask makes of a crash says nothing of it.
            yield Fixed([flask_line(exchange, plain=view.plain), Text()])
            return
        least = len(RESPONSE_STAGES) - 1

        def lines(stage: int) -> Sequence[Text]:
            """All; then less and less; then the response alone, as the row below says the request."""
            response = response_lines(exchange, view, RESPONSE_STAGES[min(stage, least)])
            request = request_lines(exchange, view, REQUEST_STAGES[stage]) if stage <= least else []
            flask = flask_line(exchange, plain=view.plain)
            return [*request, *response, flask, Text()] if stage <= least + 1 else []

        yield Exhibit(lines, least + 2)

    def _probe(self, verdict: ProbeVerdict, run: Run) -> Iterator[Text]:
        """Its row; where it does not pass, each of its expectations, and the exception behind it."""
        hops = run.fired.get(verdict.probe.id, ())
        number = _number(verdict, run) if len(run.verdict.probes) > 1 and hops else ""
        row = self._marked(verdict.passes)
        row.append_text(self._asked_and_answered(hops, verdict, str(number)))
        yield row
        if verdict.passes:
            return
        if hops:
            for claim in verdict.claims:
                yield from self._claim(claim)
        crash = run.crashes.get(verdict.probe.id)
        if crash is not None:
            yield from self._wrapped(failure_lines(crash, self._file), indent="    ")

    def _asked_and_answered(self, hops: Sequence[Exchange], verdict: ProbeVerdict, number: str) -> Text:
        from rich.text import Text

        if not hops:
            return Text(_("{probe}: not fired").format(probe=verdict.probe.id))
        request = hops[0].request
        return row_line(
            hops,
            ascii_only=self._env.out.ascii_only,
            plain=self._env.plain,
            start=number,
            given=self._given(verdict.probe, request) if request is not None else "",
        )

    def _given(self, probe: ExchangeBlock, request: Message) -> str:
        """The fields that tell this request from others to the same address, where they are short."""
        if not isinstance(probe, HttpBlock) or probe.raw:
            return ""
        names = [name for name, _value in parse_http_block(probe.text).fields]
        given = [f"{name}: {value}" for name in names if (value := request.value(name)) is not None]
        row = clauses(given) if self._env.plain else "  ".join(given)
        return visible(row, ascii_only=self._env.out.ascii_only) if len(row) <= _ROW_FIELDS else ""

    def _claim(self, claim: Claim) -> list[Text]:
        from rich.cells import cell_len
        from rich.text import Text

        line = self._marked(claim.holds, indent="    ")
        first, *others = (visible(part, ascii_only=self._env.out.ascii_only) for part in claim.parts)
        room = max(20, self._env.out.size[0] - _CLAIM_INDENT)
        whole = " ".join((first, *others))
        if self._env.plain or cell_len(whole) <= room:
            return [line.append(whole)]
        return [
            line.append(cut(first, room)),
            *(Text(" " * _CLAIM_INDENT + cut(other, room)) for other in others),
        ]

    def _marked(self, holds: bool, *, indent: str = "") -> Text:
        """The beginning of a line that says whether something holds, in words where symbols say nothing."""
        from rich.text import Text

        if self._env.plain or self._env.out.ascii_only:
            return Text(indent + (_("holds: ") if holds else _("missed: ")))
        return Text.assemble(indent, ("✓ ", "right") if holds else ("✗ ", "off"))

    def _printed(self, run: Run) -> list[Text]:
        """What the file printed: the first lines, and how much more there was."""
        from rich.text import Text

        lines = run.output.strip("\n").split("\n") if run.output.strip() else []
        if not lines:
            return []
        width = self._env.out.size[0] - 4
        plain = self._env.plain
        shown = [Text(_("Your file printed:"), "muted")]
        for line in lines[:PRINTED_LINES]:
            text = visible(line[: 4 * width], ascii_only=self._env.out.ascii_only)
            shown.append(Text("  " + cut(text, width), "wire.body"))
        rest = len(lines) - PRINTED_LINES
        if run.output_dropped:
            words = _("{count} more bytes").format(count=f"{run.output_dropped:,}")
            shown.append(fold_mark(words, plain=plain, indent="  "))
        elif rest > 0:
            words = ngettext("{count} more line", "{count} more lines", rest).format(count=rest)
            shown.append(fold_mark(words, plain=plain, indent="  "))
        return shown

    def _wrapped(self, lines: Sequence[str], *, indent: str = "") -> list[Text]:
        """Sentences broken between words, and lines of code as they stand."""
        from rich.text import Text

        width = self._env.out.size[0]
        rows: list[Text] = []
        for line in lines:
            text = visible(line, ascii_only=self._env.out.ascii_only)
            if line.startswith("    ") or self._env.plain:
                rows.append(Text(indent + text))
            else:
                wrapped = Text(text).wrap(self._env.out.console, max(20, width - len(indent)))
                rows += [Text(indent).append_text(row) for row in wrapped]
        return rows


def shown_probe(run: Run) -> ProbeVerdict | None:
    """The probe whose exchange is shown whole: the first that does not pass, or the only one."""
    only = run.verdict.probes[0] if len(run.verdict.probes) == 1 else None
    return run.verdict.first_missed or only


def numbered_exchanges(run: Run) -> list[tuple[str, Exchange]]:
    """The exchanges in order, each with its probe's id; the one that is shown stands last once more."""
    found = [(name, hop) for name, hops in run.fired.items() for hop in hops]
    shown = shown_probe(run) if run.verdict.probes else None
    hops = run.fired.get(shown.probe.id, ()) if shown is not None else ()
    if shown is not None and hops and found[-1][1] is not hops[-1]:
        found.append((shown.probe.id, hops[-1]))
    return found


def _number(verdict: ProbeVerdict, run: Run) -> int:
    """The number by which commands know a probe's last exchange."""
    hops = run.fired[verdict.probe.id]
    return next(place for place, (_name, hop) in enumerate(numbered_exchanges(run), 1) if hop is hops[-1])
