"""`question` blocks of kind exercise, and the probes that go with one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tutor.course.attributes import ID, Attributes
from tutor.course.blocks import ExerciseBody, read_body
from tutor.course.expectations import read_expectations
from tutor.course.faults import Faults, Place, quoted
from tutor.course.model import Expectation, Question, QuestionKind, WrongAnswer
from tutor.course.questions import Exchanges, check_texts
from tutor.course.toml_block import TomlBlock
from tutor.language import _

MOST_POINTS = 100

_KIND = re.compile(r"""\s*kind\s*=\s*["']exercise["']\s*(?:#.*)?""")
_CLASSES = ("error", "raises")
"""Keys of a mistake that name an exception; the others are expectations."""
_EXCEPTION = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def is_exercise(body: Sequence[str]) -> bool:
    """Whether the lines of a question say that it is one, also where they cannot be read as TOML."""
    return any(_KIND.fullmatch(line) for line in body)


def points_of(attributes: Attributes, place: Place, faults: Faults) -> int:
    """What a probe is worth; 1 where it does not say."""
    value = attributes.value("points")
    if not value:
        return 1
    if not re.fullmatch("[0-9]{1,3}", value) or not 1 <= int(value) <= MOST_POINTS:
        message = _("{value} is no number of points; write 1 to {limit}.")
        faults.add(place, message.format(value=quoted(value), limit=MOST_POINTS))
        return 1
    return int(value)


def check_probe(place: Place, expect_line: int, expectations: Sequence[Expectation], faults: Faults) -> None:
    """Report a probe that decides nothing, or that asks what only the learner's own process could tell."""
    if not expect_line:
        faults.add(place, _("The probe expects nothing; give it an `expect` block, which is what is graded."))
    for expectation in expectations:
        _check_on_the_wire(expectation, faults)


def _check_on_the_wire(expectation: Expectation, faults: Faults) -> None:
    if "flask" in expectation.path[:2]:
        message = _("A probe is graded by what crosses the wire; take {path} away.")
        path = ".".join(expectation.path)
        faults.add(Place(expectation.line, 1), message.format(path=quoted(path)))


def read_exercise(id_: str, block: TomlBlock, exchanges: Exchanges, faults: Faults) -> Question:
    """Read one exercise.

    Args:
        id_: The exercise's id; empty where a fault hides it.
        block: Its body.
        exchanges: The exchanges of its step, its probes among them.
        faults: Where to report.
    """
    body = read_body(block, ExerciseBody, faults)
    check_texts(body, block, faults)
    if not body.hints and not block.table.get("hints"):
        faults.style(block.key("hints"), _("The exercise has no hints; write at least one."))
    if not block.table.get("explain"):
        message = _("The exercise has no `explain`, which is said when every probe passes; write it.")
        faults.style(block.start, message)
    probes = [name for name, (exercise, _line) in exchanges.probes.items() if exercise == id_]
    if not probes and id_:
        message = _("The exercise has no probe; give it an `http` block with {form}.")
        faults.add(block.start, message.format(form=quoted(f"{{#some-words of={id_}}}")))
    return Question(
        id=id_,
        kind=QuestionKind.EXERCISE,
        prompt=body.prompt or "",
        exchange="",
        prediction=False,
        answer=(),
        wrong=_wrong(body, block, probes, faults),
        hints=tuple(body.hints),
        explain=body.explain or "",
        line=block.start.line,
        lines=block.key_lines,
    )


def _wrong(
    body: ExerciseBody, block: TomlBlock, probes: Sequence[str], faults: Faults
) -> tuple[WrongAnswer, ...]:
    """The known mistakes, each with what shows that it was made."""
    if not block.table.get("wrong"):
        message = _("The exercise knows no mistake; say in `[wrong.KEY]` what one of them leads to.")
        faults.style(block.key("wrong"), message)
    for key in body.feedback:
        if key not in body.wrong:
            message = _("Feedback for {key}, which is no mistake under `[wrong.KEY]`.")
            faults.unknown(block.key("feedback", key), message.format(key=quoted(key)), key, body.wrong)
    return tuple(_mistake(key, body, block, probes, faults) for key in body.wrong)


def _mistake(
    key: str, body: ExerciseBody, block: TomlBlock, probes: Sequence[str], faults: Faults
) -> WrongAnswer:
    at = block.key("wrong", key)
    if not ID.fullmatch(key):
        # It names a file, which must be the same on every system.
        message = _("{key} is no key of a mistake; write lower-case words joined by hyphens.")
        faults.add(at, message.format(key=quoted(key)))
    if not block.table["wrong"][key]:
        message = _("{key} shows in nothing; write expectations such as {form}, `raises` or `error`.")
        faults.add(at, message.format(key=quoted(key), form=quoted(f"{(*probes, 'ID')[0]}.status = 200")))
    if key not in body.feedback and key not in block.table.get("feedback", {}):
        message = _("{key} is a mistake and has no feedback; add it to `[feedback]`.")
        faults.style(at, message.format(key=quoted(key)))
    error = _exception("error", key, body, block, faults)
    raises = _exception("raises", key, body, block, faults)
    symptoms: tuple[Expectation, ...] = ()
    if "error" not in body.wrong[key]:
        symptoms = read_expectations(block, ("wrong", key), faults, probes, _CLASSES)
    elif len(body.wrong[key]) > 1:
        message = _("Where `error` is given the file is never loaded, and no probe is fired; keep it alone.")
        faults.add(block.value("wrong", key, "error"), message)
    for symptom in symptoms:
        _check_on_the_wire(symptom, faults)
        if not symptom.exchange:
            message = _("Name the probe first, such as {example}.")
            example = quoted(f"{(*probes, 'ID')[0]}.{'.'.join(symptom.path)}")
            faults.add(Place(symptom.line, 1), message.format(example=example))
    return WrongAnswer(key, (), body.feedback.get(key, ""), at.line, symptoms, error, raises)


def _exception(name: str, key: str, body: ExerciseBody, block: TomlBlock, faults: Faults) -> str:
    """The class of an exception that a mistake names; empty where it names none."""
    value = body.wrong[key].get(name, "")
    if name in body.wrong[key] and (not isinstance(value, str) or not _EXCEPTION.fullmatch(value)):
        message = _("{name} is the class of an exception in quotes, such as {example}.")
        place = block.value("wrong", key, name)
        faults.add(place, message.format(name=quoted(name), example='`"AssertionError"`'))
        return ""
    return str(value)
