"""Exercises, proven: the solution passes, the starter does not, and each known mistake is recognized."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tutor.check.evidence import evidence
from tutor.check.finding import Finding
from tutor.course.model import CodeFile, ExchangeBlock, ExerciseFiles, Question, WrongAnswer
from tutor.grading.exercises import ExerciseVerdict, ProbeVerdict
from tutor.language import _, sentences
from tutor.workshop.messages import FailureKind
from tutor.workshop.runner import Run, Workshop
from tutor.workshop.several import run_several
from tutor.workshop.words import failure_lines


@dataclass(frozen=True, slots=True)
class Proven:
    """What one file of an exercise must do, and did."""

    what: str
    """`solution`, `starter` or `wrong-KEY`."""
    file: CodeFile
    points: int
    finding: Finding | None
    duration_ms: float


def prove_exercise(
    exercise: Question, probes: tuple[ExchangeBlock, ...], files: ExerciseFiles
) -> Iterator[Proven]:
    """Run every file of an exercise, some at a time, and say what each did that it must not."""
    mistakes = {mistake.key: mistake for mistake in exercise.wrong}
    code = {"solution": files.solution, "starter": files.starter}
    code |= {f"wrong-{key}": file for key, file in files.wrong}
    runs = _run_all(exercise, probes, code)
    points = sum(probe.points for probe in probes)
    for what, file in code.items():
        run = runs[what]
        if what == "solution":
            finding = _solution_finding(run, exercise.id)
        elif what == "starter":
            finding = _starter_finding(run, exercise.id)
        else:
            finding = _wrong_finding(run, mistakes[what.removeprefix("wrong-")], exercise.id)
        yield Proven(what, file, points if what == "solution" else 0, finding, run.duration_s * 1000)


def _run_all(
    exercise: Question, probes: tuple[ExchangeBlock, ...], code: Mapping[str, CodeFile]
) -> dict[str, Run]:
    def run(file: CodeFile, workshop: Workshop) -> Run:
        # Where it stands as a learner's would: in a folder of its own, under the exercise's name.
        with tempfile.TemporaryDirectory(prefix="flask-http-tutor-", ignore_cleanup_errors=True) as folder:
            path = Path(folder) / f"{exercise.id}.py"
            path.write_text(file.text, "utf-8")
            return workshop.run(path, exercise, probes)

    return dict(zip(code, run_several([partial(run, file) for file in code.values()]), strict=True))


def _solution_finding(run: Run, name: str) -> Finding | None:
    if run.verdict.passes:
        return None
    return missed_finding(_("The solution does not pass."), run, name)


def _starter_finding(run: Run, name: str) -> Finding | None:
    if run.verdict.passes:
        return Finding(
            _("The starter passes every probe, so there is nothing to do."),
            expected=_("a probe that fails"),
            actual=_("every probe passes"),
        )
    if run.failure is not None and run.failure.kind is not FailureKind.DIED:
        # A learner begins with it, and begins with something that runs.
        return missed_finding(_("The starter cannot be loaded."), run, name)
    return None


def _wrong_finding(run: Run, mistake: WrongAnswer, name: str) -> Finding | None:
    if run.verdict.passes:
        return Finding(
            _("A wrong file passes every probe: {key}").format(key=mistake.key),
            expected=_("a probe that fails"),
            actual=_("every probe passes"),
        )
    recognized = run.verdict.mistake
    if recognized is mistake:
        return None
    if recognized is not None:
        return Finding(
            _("A wrong file shows the symptoms of {other}, which stands first.").format(other=recognized.key),
            expected=mistake.feedback,
            actual=recognized.feedback,
        )
    return missed_finding(
        _("A wrong file does not show the symptoms in {table}.").format(table=f"[wrong.{mistake.key}]"),
        run,
        name,
    )


def missed_finding(start: str, run: Run, name: str) -> Finding:
    """What was missed, with what came."""
    missed = [verdict for verdict in run.verdict.probes if not verdict.passes]
    lines = [start]
    if run.failure is not None:
        lines += failure_lines(run.failure, f"{name}.py")
    if run.fired:
        lines += [line for verdict in missed for line in probe_lines(verdict, run, name)]
    about = next((verdict for verdict in missed if verdict.probe.id in run.fired), None)
    return Finding(
        "\n".join(lines),
        expected=_all_expected(run.verdict),
        actual=_all_actual(run.verdict),
        evidence=probe_evidence(about, run) if about else (),
        line=run.failure.line if run.failure is not None and not run.failure.file else 0,
    )


def probe_lines(verdict: ProbeVerdict, run: Run, name: str) -> Iterator[str]:
    """What a probe missed, a line each, and the exception behind it."""
    for claim in verdict.claims:
        if not claim.holds:
            yield f"{verdict.probe.id}: {sentences(*claim.parts)}"
    crash = run.crashes.get(verdict.probe.id)
    if crash is not None:
        yield from failure_lines(crash, f"{name}.py")


def probe_evidence(verdict: ProbeVerdict, run: Run) -> tuple[str, ...]:
    """The bytes that a missed probe is about."""
    return evidence(
        run.fired.get(verdict.probe.id, ()), [mismatch.expectation for mismatch in verdict.mismatches]
    )


def _all_expected(verdict: ExerciseVerdict) -> str:
    return "; ".join(claim.expected for probe in verdict.probes for claim in probe.claims if not claim.holds)


def _all_actual(verdict: ExerciseVerdict) -> str:
    return "; ".join(claim.actual for probe in verdict.probes for claim in probe.claims if not claim.holds)
