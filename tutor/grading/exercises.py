"""An exercise against what its probes brought: which hold, and which known mistake was made."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tutor.course.model import ExchangeBlock, HttpBlock, Question, WebSocketBlock, WrongAnswer
from tutor.grading.expectations import Mismatch, expected_words, unmet
from tutor.language import _
from tutor.wire.exchange import Exchange

Fired = Mapping[str, Sequence[Exchange]]


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that a probe expects. The texts are for people, and not escaped."""

    expected: str
    """Short: `status 200`."""
    actual: str = ""
    """What came instead, in the same form, or a sentence; empty where the claim holds."""

    @property
    def holds(self) -> bool:
        return not self.actual

    @property
    def parts(self) -> tuple[str, ...]:
        """What is to be said of it, in one or two parts that may stand on a line each."""
        if self.holds:
            return (self.expected,)
        if self.actual.endswith("."):
            return _("{expected} expected.").format(expected=self.expected), self.actual
        return (
            _("{expected} expected;").format(expected=self.expected),
            _("{actual} came").format(actual=self.actual),
        )


@dataclass(frozen=True, slots=True)
class ProbeVerdict:
    """What came of one probe."""

    probe: ExchangeBlock
    claims: tuple[Claim, ...]
    mismatches: tuple[Mismatch, ...] = ()
    """The expectations behind the claims that do not hold."""

    @property
    def passes(self) -> bool:
        return all(claim.holds for claim in self.claims)

    @property
    def points(self) -> int:
        """What was earned."""
        return self.probe.points if self.passes else 0


@dataclass(frozen=True, slots=True)
class ExerciseVerdict:
    """What came of a learner's file."""

    probes: tuple[ProbeVerdict, ...]
    mistake: WrongAnswer | None = None
    """The known mistake that it shows."""

    @property
    def passes(self) -> bool:
        return all(probe.passes for probe in self.probes)

    @property
    def first_missed(self) -> ProbeVerdict | None:
        return next((probe for probe in self.probes if not probe.passes), None)


def grade_exercise(
    exercise: Question,
    probes: Sequence[ExchangeBlock],
    fired: Fired,
    *,
    error: str = "",
    raised: Collection[str] = (),
) -> ExerciseVerdict:
    """Hold an exercise's probes against what was fired.

    Args:
        exercise: a question of kind exercise.
        probes: its probes, in order.
        fired: the hops of each probe by id; one that is not there was not fired, and does not pass.
        error: the class of the exception that kept the file from being loaded; empty where it was loaded.
        raised: the classes of the exceptions that no error handler took. They tell mistakes apart, and
            decide nothing.
    """
    verdicts = tuple(_probe_verdict(probe, fired) for probe in probes)
    if all(verdict.passes for verdict in verdicts):
        return ExerciseVerdict(verdicts)
    return ExerciseVerdict(verdicts, _mistake(exercise, fired, error, raised))


def must_converse(block: WebSocketBlock, exchange: Exchange) -> bool:
    """Whether the block's frames must come: a handshake that the server refuses may be what is expected."""
    opened = exchange.response is not None and exchange.response.status == 101
    return opened or not block.expectations


def _probe_verdict(probe: ExchangeBlock, fired: Fired) -> ProbeVerdict:
    hops = fired.get(probe.id, ())
    missed = unmet(probe.expectations, fired, probe.id)
    actual = {id(mismatch.expectation): mismatch.actual for mismatch in missed}
    claims = [Claim(expected_words(each), actual.get(id(each), "")) for each in probe.expectations]
    given_up = hops[-1].error if hops and _must_end_well(probe, hops[-1]) else ""
    if given_up:
        frames = isinstance(probe, WebSocketBlock)
        claims.append(Claim(_("the frames in order") if frames else _("a response that ends"), given_up))
    return ProbeVerdict(probe, tuple(claims), missed)


def _must_end_well(probe: ExchangeBlock, exchange: Exchange) -> bool:
    """Whether a client that gave up is against what the probe expects."""
    if isinstance(probe, HttpBlock):
        # What a plain socket makes of a broken message is what such a probe is about.
        return not probe.raw
    return must_converse(probe, exchange)


def _mistake(exercise: Question, fired: Fired, error: str, raised: Collection[str]) -> WrongAnswer | None:
    """The first known mistake all of whose symptoms show."""
    for mistake in exercise.wrong:
        if mistake.error:
            if mistake.error == error:
                return mistake
        elif mistake.raises and mistake.raises not in raised:
            continue
        elif fired and (mistake.symptoms or mistake.raises) and not unmet(mistake.symptoms, fired, ""):
            return mistake
    return None
