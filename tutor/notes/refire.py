"""Firing what a learner has seen anew: each step on a fresh app, each exchange once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from tutor.client.client import Client
from tutor.client.run import StepRun
from tutor.course.model import ExchangeBlock, HttpBlock, Lesson, QuestionKind
from tutor.grading.live import LiveValueError, insert
from tutor.grading.requests import grade_request
from tutor.language import _
from tutor.lesson_app import app_of
from tutor.notes.notebook import Asked, Entry, Met, Shot, Told, Unfired
from tutor.play.screens import answer_in_words
from tutor.sandbox.server import SandboxServer
from tutor.wire.exchange import Exchange
from tutor.wire.raw_text import is_message, parse_message
from tutor.wire.request import RequestSyntaxError, parse_request_line


def entries_of(server: SandboxServer, client: Client, lesson: Lesson, met: Met) -> tuple[Entry, ...]:
    """The step's exchanges, its questions with what is right, and the learner's own requests that were right.

    Raises:
        KeyboardInterrupt: Ctrl-C ended a request.
    """
    run = StepRun(server, client, met.step, lambda name: app_of(lesson, name))
    fired: list[tuple[Shot | Unfired, ...]] = []
    for part in met.parts:
        shots = _own(run, met, part, server.address) if isinstance(part, Asked) else _shots(run, part)
        if client.interrupted:
            raise KeyboardInterrupt
        fired.append(shots)
    entries: list[Entry] = []
    # What is right may be told by an exchange that comes later.
    for part, shots in zip(met.parts, fired, strict=True):
        if isinstance(part, Asked):
            entries.append(_told(part, lesson, run, server.address))
        entries += shots
    return tuple(entries)


def _shots(run: StepRun, block: ExchangeBlock) -> tuple[Shot | Unfired, ...]:
    try:
        return _named(block.id, run.fire(block))
    except (LiveValueError, RequestSyntaxError) as error:
        return (Unfired(block.id, str(error)),)


def _own(run: StepRun, met: Met, asked: Asked, address: str) -> tuple[Shot, ...]:
    """The learner's request that reached the goal, where it does so again.

    What another client sent is kept without its fields and may lead elsewhere now.
    """
    question = asked.question
    right = [answer.words for answer in asked.answers if answer.right]
    if question.kind is not QuestionKind.REQUEST or not right:
        return ()
    block = next((each for each in met.step.exchanges if each.id == question.exchange), None)
    try:
        request = parse_message(right[-1]) if is_message(right[-1]) else parse_request_line(right[-1])
    except RequestSyntaxError:
        return ()
    jar = block.jar if isinstance(block, HttpBlock) else ""
    hops = run.fire_request(request, app=block.app if block else "", jar=jar)
    verdict = grade_request(question, hops, run.fired, sent=request, address=address)
    return _named(_("yours"), hops) if verdict.is_right else ()


def _named(name: str, hops: Sequence[Exchange]) -> tuple[Shot, ...]:
    if len(hops) == 1:
        return (Shot(name, hops[0]),)
    words = _("{name}, hop {place}")
    return tuple(Shot(words.format(name=name, place=place), hop) for place, hop in enumerate(hops, 1))


def _told(asked: Asked, lesson: Lesson, run: StepRun, address: str) -> Told:
    question = asked.question
    if asked.is_open:
        return Told(asked, "")
    if question.kind is QuestionKind.EXERCISE:
        return Told(asked, "", lesson.files_of(question.id).solution.text)
    answer = answer_in_words(question)
    # Without a value that it needs, the answer shows where that would stand.
    with suppress(LiveValueError):
        answer = insert(answer, run.fired, address=address)
    if "\n" in answer:
        return Told(asked, "", answer.strip("`"))
    return Told(asked, answer)
