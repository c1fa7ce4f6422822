"""One step, proven: its exchanges as the lesson says them, its questions against what was fired."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tutor.check.evidence import evidence
from tutor.check.exercises import prove_exercise
from tutor.check.finding import CheckLog, Finding, broken, skipped
from tutor.check.questions import (
    accept_finding,
    empty_finding,
    misplaced_finding,
    refuse_finding,
    verdict_text,
)
from tutor.check.report import Check, CheckKind, CheckStatus
from tutor.client.client import Client
from tutor.client.run import StepRun
from tutor.course.model import (
    Block,
    ExchangeBlock,
    ExerciseFiles,
    HttpBlock,
    Lesson,
    Question,
    QuestionKind,
    Source,
    Step,
    WebSocketBlock,
    WrongAnswer,
    is_fired,
)
from tutor.grading.exercises import must_converse
from tutor.grading.expectations import Mismatch, unmet
from tutor.grading.live import ABSENT, LiveValueError, insert, resolve
from tutor.grading.proof import prove
from tutor.grading.requests import example_of, grade_request
from tutor.grading.verdict import Grade, Verdict
from tutor.language import _
from tutor.sandbox.server import SandboxServer
from tutor.sandbox.source import SourceError, excerpts
from tutor.standstill import StandstillWatch
from tutor.wire.exchange import Exchange
from tutor.wire.raw_text import parse_message
from tutor.wire.request import RequestSyntaxError, parse_request_line
from tutor.wire.stream import stream_parts

if TYPE_CHECKING:
    from flask import Flask

MakeApp = Callable[[str, str], "Flask"]
"""A fresh app of a section in a configuration; ValueError, with the known ones, for what it does not know."""

Fired = Mapping[str, Sequence[Exchange]]

_TIMES = 8
"""How often a step is checked at most, where it fails while the machine is slow."""

_REFERENCE = re.compile(r"\{\{([a-z][a-z0-9-]*)\.")
_INSERTED = re.compile(r"\{\{.+?\}\}")


class LessonChecker:
    """Checks the steps of one lesson, one after the other."""

    def __init__(
        self,
        lesson: Lesson,
        server: SandboxServer,
        client: Client,
        make_app: MakeApp,
        raise_interrupt: Callable[[], None],
    ) -> None:
        """`raise_interrupt` is called after each check: KeyboardInterrupt ends the run."""
        self.raise_interrupt = raise_interrupt
        self._lesson = lesson
        self._server = server
        self._client = client
        self._make_app = make_app
        self._known: dict[str, Flask | str] = {}
        self.log = CheckLog(lesson.number, lesson.file)

    def check_step(self, step: Step) -> tuple[Check, ...]:
        """Check a step on a fresh app; what breaks inside is an error check, and the next step goes on.

        A step that fails while the machine is slow is checked once more: some are about milliseconds.
        """
        before = len(self.log.checks)
        for times_left in reversed(range(_TIMES)):
            with StandstillWatch() as watch:
                try:
                    _StepChecker(self, step).check()
                except Exception as error:
                    self.log.note(f"{step.id}/run", CheckKind.EXCHANGE, step.line, broken(error))
            failed = any(check.status is CheckStatus.FAILED for check in self.log.checks[before:])
            if not (failed and watch.was_slow and times_left):
                break
            del self.log.checks[before:]
        return tuple(self.log.checks[before:])

    def app_or_reason(self, configuration: str) -> Flask | str:
        """An app of this lesson to look code up in, or why the sandbox has none in this configuration."""
        if configuration not in self._known:
            try:
                self._known[configuration] = self._make_section_app(configuration)
            except ValueError as error:
                self._known[configuration] = str(error)
        return self._known[configuration]

    def step_run(self, step: Step) -> StepRun:
        """The step from its start: a fresh app, empty jars."""
        return StepRun(self._server, self._client, step, self._make_section_app)

    def files_of(self, exercise: Question) -> ExerciseFiles:
        """The files of an exercise of this lesson."""
        return self._lesson.files_of(exercise.id)

    @property
    def address(self) -> str:
        return self._server.address

    def _make_section_app(self, configuration: str) -> Flask:
        return self._make_app(self._lesson.section, configuration)


class _StepChecker:
    """Checks one step: its exchanges in order, then its questions against what was fired."""

    def __init__(self, lesson: LessonChecker, step: Step) -> None:
        self._lesson = lesson
        self._step = step
        self._log = lesson.log
        self._fired: Fired = {}
        self._unfired: dict[str, str] = {}
        """Exchanges that did not fire, and why a check that needs one is skipped."""

    def check(self) -> None:
        """Log the checks of the step's blocks, in the order of the file, then of its questions."""
        self._check_configurations()
        run = self._lesson.step_run(self._step) if not self._missing_app(self._step.app) else None
        for block in self._step.blocks:
            if isinstance(block, Source):
                place = f"source/{'+'.join(block.names)}"
                self._examine(place, CheckKind.LINT, block.line, partial(self._source_finding, block))
            elif is_fired(block):
                line = block.expect_line or block.line
                self._examine(block.id, CheckKind.EXCHANGE, line, partial(self._exchange_finding, block, run))
                if run is None or block.id not in run.fired:
                    self._unfired[block.id] = _("{id} was not fired.").format(id=block.id)
                else:
                    self._log.attach(tuple(part for hop in run.fired[block.id] for part in stream_parts(hop)))
        # The questions' own requests take a fresh app each: what was fired so far is kept.
        self._fired = dict(run.fired) if run else {}
        for question in self._step.questions:
            if question.kind is QuestionKind.REQUEST:
                self._check_request(question)
            elif question.kind is QuestionKind.EXERCISE:
                self._check_exercise(question)
            else:
                self._check_answers(question)

    # Blocks

    def _check_configurations(self) -> None:
        named = {self._step.app: self._step.line}
        for block in self._step.blocks:
            if isinstance(block, Source) or is_fired(block):
                named.setdefault(block.app or self._step.app, block.line)
        for configuration, line in named.items():
            reason = self._missing_app(configuration)
            if reason:
                place = f"app/{configuration}" if configuration else "app"
                self._note(place, CheckKind.LINT, line, Finding(reason))

    def _missing_app(self, configuration: str) -> str:
        found = self._lesson.app_or_reason(configuration)
        return found if isinstance(found, str) else ""

    def _source_finding(self, block: Source) -> Finding | None:
        app = self._lesson.app_or_reason(block.app or self._step.app)
        if isinstance(app, str):
            return skipped(app)
        try:
            excerpts(app, block)
        except SourceError as error:
            return Finding(str(error))
        return None

    def _exchange_finding(self, block: ExchangeBlock, run: StepRun | None) -> Finding | None:
        reason = self._missing_app(block.app or self._step.app)
        for other in self._step.requests:
            # They fire together.
            if other.with_id == block.id:
                reason = reason or self._missing_app(other.app or self._step.app)
        joined = block.with_id if isinstance(block, HttpBlock) else ""
        for needed in (joined, *(name for text in _texts(block) for name in _REFERENCE.findall(text))):
            reason = reason or self._unfired.get(needed, "")
        if reason or run is None:
            return skipped(reason or self._missing_app(self._step.app))
        try:
            hops = run.fire(block)
        except LiveValueError as error:
            return Finding(str(error), line=_line_of(block, str(error)))
        except RequestSyntaxError as error:
            return Finding(error.message, line=block.line + error.line)
        if isinstance(block, WebSocketBlock) and must_converse(block, hops[-1]) and hops[-1].error:
            return Finding(
                hops[-1].error,
                expected=_("the frames of the block"),
                actual=hops[-1].error,
                evidence=evidence(hops),
                line=block.line,
            )
        mismatches = unmet(block.expectations, run.fired, block.id)
        if mismatches:
            return _mismatch_finding(mismatches, hops)
        if not block.expectations and (not hops or hops[-1].response is None):
            return Finding(
                _("No response came back, and nothing says that none is expected."),
                expected=_("a response"),
                actual=hops[-1].error if hops else _("nothing recorded"),
                evidence=evidence(hops),
            )
        return None

    # Questions

    def _check_answers(self, question: Question) -> None:
        line = question.line_of("answer")
        self._examine(f"{question.id}/answer", CheckKind.ANSWER, line, partial(accept_finding, question))
        for wrong in question.wrong:
            self._examine(
                f"{question.id}/wrong-answer-{wrong.key}",
                CheckKind.WRONG_ANSWER,
                wrong.line,
                partial(refuse_finding, question, wrong),
            )
        if question.kind is QuestionKind.ORDER:
            finding = partial(misplaced_finding, question)
            self._examine(f"{question.id}/reversed-answer", CheckKind.WRONG_ANSWER, line, finding)
        self._examine(
            f"{question.id}/empty-answer",
            CheckKind.WRONG_ANSWER,
            question.line,
            partial(empty_finding, question),
        )
        if question.proof or question.proof_paths:
            proof_line = question.line_of("proof")
            self._examine(
                f"{question.id}/proof", CheckKind.PROOF, proof_line, partial(self._proof_finding, question)
            )
        self._check_repeat(question)

    def _proof_finding(self, question: Question) -> Finding | None:
        named = {question.exchange, *(path.split(".")[0] for path in question.proof_paths)}
        named |= {claim.exchange for _key, claims in question.proof for claim in claims}
        reason = next((self._unfired[each] for each in named if each in self._unfired), "")
        if reason:
            return skipped(reason)
        proof = prove(question, self._fired)
        if proof.holds:
            return None
        claims = [claim for _key, claims in question.proof for claim in claims]
        return Finding(
            proof.message,
            line=self._proof_line(question),
            expected=proof.expected,
            actual=proof.actual,
            evidence=evidence(self._fired.get(question.exchange, ()), claims),
        )

    def _proof_line(self, question: Question) -> int:
        """The line most likely at fault: the key, where another choice's claim holds in its place."""
        if not question.proof:
            return question.line_of("proof")
        missed = {key: unmet(claims, self._fired, question.exchange) for key, claims in question.proof}
        unborne = [missed[key][0] for key in question.answer if missed.get(key)]
        held = [claims for key, claims in question.proof if key not in question.answer and not missed[key]]
        if unborne and not held:
            return unborne[0].expectation.line
        if held and not unborne and held[0]:
            return held[0][0].line
        return question.line_of("answer")

    def _check_repeat(self, question: Question) -> None:
        if question.repeat:
            line = question.line_of("repeat")
            finding = partial(self._repeat_finding, question)
            self._examine(f"{question.id}/repeat", CheckKind.LINT, line, finding)

    def _repeat_finding(self, question: Question) -> Finding | None:
        """Whether the lines to print again stand in what was fired when the question is asked."""
        before = [block.id for block in self._fired_before(question)]
        reason = next((self._unfired[each] for each in before if each in self._unfired), "")
        if reason:
            return skipped(reason)
        fired = {each: self._fired[each] for each in before}
        for path in question.repeat:
            if resolve(path, fired, question.exchange) is ABSENT:
                return Finding(
                    _("{path} names nothing that was fired before the question.").format(path=path),
                    expected=_("a line to print again"),
                    actual=_("no value"),
                )
        return None

    def _fired_before(self, question: Question) -> tuple[ExchangeBlock, ...]:
        """What has been fired when the question is asked."""
        blocks = self._step.blocks
        asked_at = blocks.index(question)
        about = next(
            (place for place, block in enumerate(blocks) if _is_exchange(block, question.exchange)), asked_at
        )
        end = about if question.prediction else max(asked_at, about + 1)
        return tuple(block for block in blocks[:end] if is_fired(block))

    def _check_exercise(self, question: Question) -> None:
        probes = self._step.probes(question.id)
        for proven in prove_exercise(question, probes, self._lesson.files_of(question)):
            place = f"{self._step.id}/{question.id}/{proven.what}"
            self._log.note(
                place,
                CheckKind.EXERCISE,
                1,
                proven.finding,
                duration_ms=proven.duration_ms,
                file=proven.file.file,
                points=proven.points,
            )
        self._lesson.raise_interrupt()

    def _check_request(self, question: Question) -> None:
        line = question.line_of("answer")
        verdicts: list[Verdict] = []
        for model in question.answer:
            self._examine(
                f"{question.id}/request",
                CheckKind.REQUEST,
                line,
                partial(self._model_finding, question, model, verdicts),
            )
        self._examine(
            f"{question.id}/answer",
            CheckKind.ANSWER,
            line,
            partial(_verdict_finding, verdicts, len(question.answer)),
        )
        for wrong in question.wrong:
            self._examine(
                f"{question.id}/wrong-answer-{wrong.key}",
                CheckKind.WRONG_ANSWER,
                wrong.line,
                partial(self._near_miss_finding, question, wrong),
            )
        if question.start:
            line = question.line_of("start")
            finding = partial(self._start_finding, question)
            self._examine(f"{question.id}/start", CheckKind.WRONG_ANSWER, line, finding)
        self._examine(
            f"{question.id}/empty-answer", CheckKind.WRONG_ANSWER, question.line, _empty_request_finding
        )
        self._check_repeat(question)

    def _model_finding(self, question: Question, line: str, verdicts: list[Verdict]) -> Finding | None:
        """Whether the model request meets the goal; its verdict is appended."""
        sent = self._send(question, line)
        if isinstance(sent, Finding):
            return sent
        verdicts.append(sent.verdict)
        missed = unmet(question.expectations, {**sent.fired, question.id: sent.hops}, question.id)
        return _mismatch_finding(missed, sent.hops, line=question.line_of("answer")) if missed else None

    def _start_finding(self, question: Question) -> Finding | None:
        """Whether the message that the editor begins with leaves something to do."""
        sent = self._send(question, question.start)
        if isinstance(sent, Finding) or not sent.verdict.is_right:
            return sent if isinstance(sent, Finding) else None
        return Finding(
            _("The message that the editor begins with meets the goal as it stands."),
            expected=_("refused"),
            actual=verdict_text(sent.verdict),
            evidence=evidence(sent.hops, question.expectations),
        )

    def _near_miss_finding(self, question: Question, wrong: WrongAnswer) -> Finding | None:
        """Whether each spelling of a wrong request misses the goal, and is told why."""
        for line in map(example_of, wrong.answers):
            sent = self._send(question, line)
            if isinstance(sent, Finding):
                return sent
            if sent.verdict.grade is not Grade.WRONG:
                met = sent.verdict.is_right
                said = _("A wrong request meets the goal: {line}") if met else _("Nothing arrived of {line}")
                return Finding(
                    said.format(line=line),
                    expected=_("refused"),
                    actual=verdict_text(sent.verdict),
                    evidence=evidence(sent.hops, question.expectations),
                )
            if not sent.verdict.feedback.endswith(wrong.feedback):
                return Finding(
                    _("A wrong request does not get its feedback: {line}").format(line=line),
                    expected=wrong.feedback,
                    actual=sent.verdict.feedback or _("no feedback"),
                )
        return None

    def _send(self, question: Question, line: str) -> _Sent | Finding:
        """Fire a line as a learner would type it, after the step's requests up to the question."""
        before = self._fired_before(question)
        about = next((block for block in self._step.exchanges if block.id == question.exchange), None)
        reason = next((self._unfired[block.id] for block in before if block.id in self._unfired), "")
        app = (about.app if about else "") or self._step.app
        reason = reason or self._missing_app(app)
        if reason:
            return skipped(reason)
        run = self._lesson.step_run(self._step)
        for block in before:
            run.fire(block)
        try:
            text = insert(line, run.fired, address=self._lesson.address)
            request = parse_message(text) if question.start else parse_request_line(text)
        except RequestSyntaxError as error:
            return Finding(
                _("{line} is no request: column {column}: {why}").format(
                    line=line, column=error.column, why=error.message
                )
            )
        except LiveValueError as error:
            return Finding(str(error))
        fired = dict(run.fired)
        jar = about.jar if isinstance(about, HttpBlock) else ""
        hops = run.fire_request(request, app=app, jar=jar)
        return _Sent(
            hops, fired, grade_request(question, hops, fired, sent=request, address=self._lesson.address)
        )

    def _examine(self, place: str, kind: CheckKind, line: int, find: Callable[[], Finding | None]) -> None:
        self._log.examine(f"{self._step.id}/{place}", kind, line, find)
        self._lesson.raise_interrupt()

    def _note(self, place: str, kind: CheckKind, line: int, finding: Finding) -> None:
        self._log.note(f"{self._step.id}/{place}", kind, line, finding)


@dataclass(frozen=True, slots=True)
class _Sent:
    """A request that was fired in place of a learner's, and what came of it."""

    hops: tuple[Exchange, ...]
    fired: Fired
    """The step's own exchanges before it."""
    verdict: Verdict


def _is_exchange(block: Block, exchange: str) -> bool:
    return isinstance(block, HttpBlock | WebSocketBlock) and block.id == exchange


def _texts(block: ExchangeBlock) -> tuple[str, ...]:
    """The texts of a block that may insert live values, a line of the file each or several."""
    if isinstance(block, HttpBlock):
        return (block.text,)
    return (block.target, *(value for _name, value in block.fields), *(frame.data for frame in block.frames))


def _verdict_finding(verdicts: Sequence[Verdict], models: int) -> Finding | None:
    if len(verdicts) < models:
        return skipped(_("The model request was not fired."))
    refused = [verdict for verdict in verdicts if not verdict.is_right]
    if not refused:
        return None
    return Finding(
        _("The model request is not accepted."), expected=_("accepted"), actual=verdict_text(refused[0])
    )


def _empty_request_finding() -> Finding | None:
    try:
        parse_request_line("")
    except RequestSyntaxError:
        return None
    return Finding(_("An empty answer is read as a request."))


def _mismatch_finding(mismatches: Sequence[Mismatch], hops: Sequence[Exchange], *, line: int = 0) -> Finding:
    if len(mismatches) == 1:
        message = _("{path} is not as expected.").format(path=mismatches[0].path)
    else:
        lines = [
            _("line {line}: {path}: {expected} expected, {actual} came").format(
                line=each.expectation.line, path=each.path, expected=each.expected, actual=each.actual
            )
            for each in mismatches
        ]
        message = "\n".join((_("The exchange is not as expected."), *lines))
    return Finding(
        message,
        expected="; ".join(each.expected for each in mismatches),
        actual="; ".join(each.actual for each in mismatches),
        evidence=evidence(hops, [each.expectation for each in mismatches]),
        line=line or mismatches[0].expectation.line,
    )


def _line_of(block: ExchangeBlock, message: str) -> int:
    """The line of the file that holds the live value which the message names, or the block's own."""
    if isinstance(block, WebSocketBlock):
        frames = (frame for frame in block.frames if _names_one_of(message, frame.data))
        return next((frame.line for frame in frames), block.line)
    for place, text in enumerate(block.text.split("\n"), start=1):
        if _names_one_of(message, text):
            return block.line + place
    return block.line


def _names_one_of(message: str, text: str) -> bool:
    return any(found in message for found in _INSERTED.findall(text))
