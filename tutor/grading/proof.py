"""A question's key against the live exchanges: is the right answer right, and is nothing else?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tutor.course.model import Expectation, Question, QuestionKind
from tutor.grading.answers import grade, matching_option
from tutor.grading.expectations import shortened, unmet
from tutor.grading.live import (
    ABSENT,
    LiveValueError,
    locate,
    lookup,
    path_fault,
    split_path,
    value_text,
    why_absent,
)
from tutor.language import _
from tutor.wire.exchange import Exchange

Fired = Mapping[str, Sequence[Exchange]]


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether the live exchanges bear out a question's key. The texts are for people, and not escaped."""

    holds: bool
    message: str
    """What was found, in a sentence or two."""
    expected: str = ""
    """Short: what the key says."""
    actual: str = ""
    """Short: what stands on the wire."""


def prove(question: Question, fired: Fired) -> Proof:
    """Hold a question's key against the exchanges of its step.

    Args:
        question: one with a proof.
        fired: the hops of the step's exchanges, by id.

    Raises:
        ValueError: the question has no proof, or is of a kind that has none.
    """
    if question.kind in {QuestionKind.CHOICE, QuestionKind.CHOICES} and question.proof:
        return _prove_choices(question, fired)
    if question.kind in {QuestionKind.TEXT, QuestionKind.NUMBER} and question.proof_paths:
        return _prove_value(question, fired)
    if question.kind is QuestionKind.ORDER and question.proof_paths:
        return _prove_order(question, fired)
    raise ValueError(f"question {question.id} of kind {question.kind} has no proof")


def _prove_choices(question: Question, fired: Fired) -> Proof:
    """The answer's claims must all hold, and of each other choice's at least one must fail."""
    claims = dict(question.proof)
    faults = []
    expected, actual = [], []
    for key, _words in question.choices:
        claim = claims.get(key, ())
        fault = _claim_fault(question, key, claim, fired)
        if fault:
            faults.append(fault)
            continue
        missed = unmet(claim, fired, question.exchange)
        undecided = next((each for each in missed if not each.decided), None)
        if undecided is not None:
            faults.append(f"{key}: {undecided.actual}.")
            continue
        if key in question.answer and missed:
            faults.append(
                _("The answer {key} claims {expected}; the exchange has {actual}.").format(
                    key=key, expected=missed[0].expected, actual=missed[0].actual
                )
            )
            expected.append(missed[0].expected)
            actual.append(missed[0].actual)
        elif key not in question.answer and not missed:
            faults.append(
                _("What {key} claims holds as well; it is no answer.").format(key=key),
            )
            expected.append(_("{key} false").format(key=key))
            actual.append(_("{key} true").format(key=key))
    if faults:
        return Proof(False, " ".join(faults), "; ".join(expected), "; ".join(actual))
    keys = ", ".join(question.answer)
    return Proof(True, _("The exchange bears out {key} and nothing else.").format(key=keys), keys, keys)


def _claim_fault(question: Question, key: str, claim: Sequence[Expectation], fired: Fired) -> str:
    """Why a claim can prove nothing, whether it fails or holds; empty where it can."""
    if not claim:
        return _("{key} claims nothing.").format(key=key)
    for expectation in claim:
        exchange = expectation.exchange or question.exchange
        if exchange not in fired:
            return _("{key} is about {id}, which has not been fired.").format(key=key, id=exchange)
        fault = path_fault(expectation.path)
        if fault:
            return f"{key}: {fault}"
    return ""


def _prove_value(question: Question, fired: Fired) -> Proof:
    """The live value, graded as an answer, must be accepted."""
    path = question.proof_paths[0]
    expected = _(" or ").join(question.answer)
    value, fault = _value(path, question, fired)
    if fault:
        return Proof(False, fault, expected)
    text = value_text(value)
    verdict = grade(question, text)
    actual = shortened(text)
    if verdict.is_right:
        return Proof(True, _("{path} is {value}.").format(path=path, value=actual), expected, actual)
    said = _("{path} is {value}, which the key does not accept.").format(path=path, value=actual)
    return Proof(False, f"{said} {verdict.feedback}".strip() if verdict.key else said, expected, actual)


def _prove_order(question: Question, fired: Fired) -> Proof:
    """The live list, the items of the question alone and each at its first place, must be the answer."""
    values: list[object] = []
    paths = question.proof_paths
    expected = _(", then ").join(question.answer)
    for path in paths:
        value, fault = _value(path, question, fired)
        if fault:
            return Proof(False, fault, expected)
        values.append(value)
    if len(paths) == 1:
        (whole,) = values
        if not isinstance(whole, (list, tuple)):
            said = _("{path} is no list, but {value}.").format(
                path=paths[0], value=shortened(value_text(whole))
            )
            return Proof(False, said, expected, shortened(value_text(whole)))
        found = tuple(dict.fromkeys(filter(None, (_item(question, each) for each in whole))))
    else:
        # Each place speaks for itself: a value that is no item must not shift the others.
        found = tuple(_item(question, each) or shortened(value_text(each)) for each in values)
    actual = _(", then ").join(found)
    if found == question.answer:
        return Proof(True, _("The exchange has the items in this order."), expected, actual)
    missing = [key for key in question.answer if key not in found]
    if missing:
        said = _("The exchange does not have {items}.").format(items=", ".join(missing))
    else:
        said = _("The exchange has the items in another order.")
    return Proof(False, said, expected, actual)


def _item(question: Question, value: object) -> str:
    """The key of the item that a live value names, by its key or its words; empty where it names none."""
    text = value_text(value)
    for key, _words in question.choices:
        # Keys are written with hyphens, Python's names with underscores.
        if text in {key, key.replace("-", "_")}:
            return key
    return matching_option(question, text)


def _value(path: str, question: Question, fired: Fired) -> tuple[object, str]:
    """The live value, and why there is none (empty where there is one)."""
    try:
        split_path(path)
        exchange, rest = locate(path, fired, question.exchange)
    except LiveValueError as error:
        return ABSENT, str(error)
    value = lookup(rest, fired[exchange]) if exchange in fired else ABSENT
    return value, f"{path}: {why_absent(exchange, rest, fired)}" if value is ABSENT else ""
