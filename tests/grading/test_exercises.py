"""An exercise against what its probes brought, without running anything."""

from __future__ import annotations

import dataclasses

import pytest
from msgspec.structs import replace

from tests.grading.exchanges import HELLO_REQUEST, HELLO_RESPONSE, NOT_FOUND, WEBSOCKET, exchange
from tutor.course.model import (
    Expectation,
    HttpBlock,
    Operator,
    Question,
    QuestionKind,
    WebSocketBlock,
    WrongAnswer,
)
from tutor.grading.exercises import grade_exercise
from tutor.wire.exchange import Exchange

OK = Expectation(("response", "status"), Operator.EQUALS, 200)
PLAIN = HttpBlock("plain", "GET /hello HTTP/1.1", of="greet", expectations=(OK,))
NAMED = replace(PLAIN, id="named", points=3)
HELLO = exchange(HELLO_REQUEST, HELLO_RESPONSE)
LOST = exchange(HELLO_REQUEST, NOT_FOUND)


def symptom(probe: str, status: int) -> Expectation:
    return Expectation(("response", "status"), Operator.EQUALS, status, probe)


def greet(*mistakes: WrongAnswer) -> Question:
    return Question("greet", QuestionKind.EXERCISE, "Greet.", "", False, (), wrong=mistakes)


def test_points_are_earned_probe_by_probe() -> None:
    """A probe that passes earns its points, whatever becomes of the others."""
    verdict = grade_exercise(greet(), (PLAIN, NAMED), {"plain": (LOST,), "named": (HELLO,)})
    assert [(probe.passes, probe.points) for probe in verdict.probes] == [(False, 0), (True, 3)]
    assert not verdict.passes
    assert verdict.first_missed is verdict.probes[0]


def test_a_probe_that_was_not_fired_does_not_pass() -> None:
    """A run that broke off earns nothing for what it did not reach."""
    verdict = grade_exercise(greet(), (PLAIN, NAMED), {"plain": (HELLO,)})
    assert [probe.passes for probe in verdict.probes] == [True, False]


@pytest.mark.parametrize(
    ("mistakes", "key"),
    [
        ((WrongAnswer("lost", (), "", 1, (symptom("plain", 404),)),), "lost"),
        ((WrongAnswer("both", (), "", 1, (symptom("plain", 404), symptom("named", 404))),), None),
        (
            (
                WrongAnswer("first", (), "", 1, (symptom("plain", 404),)),
                WrongAnswer("second", (), "", 2, (symptom("named", 200),)),
            ),
            "first",
        ),
        ((WrongAnswer("raised", (), "", 1, raises="TypeError"),), "raised"),
        ((WrongAnswer("raised", (), "", 1, raises="ValueError"),), None),
        ((WrongAnswer("raised", (), "", 1, (symptom("plain", 200),), raises="TypeError"),), None),
        ((WrongAnswer("unloaded", (), "", 1, error="TypeError"),), None),
    ],
)
def test_a_mistake_is_known_when_all_of_its_symptoms_show(
    mistakes: tuple[WrongAnswer, ...], key: str | None
) -> None:
    """The first mistake in the lesson whose symptoms all hold is told, and no other."""
    fired = {"plain": (LOST,), "named": (HELLO,)}
    verdict = grade_exercise(greet(*mistakes), (PLAIN, NAMED), fired, raised=["TypeError"])
    assert (verdict.mistake.key if verdict.mistake else None) == key


def test_an_error_at_loading_is_a_symptom_of_its_own() -> None:
    """Where nothing was fired only the exception tells mistakes apart."""
    unloaded = WrongAnswer("unloaded", (), "", 1, error="AssertionError")
    lost = WrongAnswer("lost", (), "", 2, (replace(symptom("plain", 404), operator=Operator.NOT),))
    for error, mistake in (("AssertionError", unloaded), ("NameError", None)):
        assert grade_exercise(greet(lost, unloaded), (PLAIN,), {}, error=error).mistake is mistake


def test_symptoms_of_a_mistake_mean_nothing_where_all_passes() -> None:
    """A right file gets no feedback on a mistake, however the lesson describes it."""
    careless = WrongAnswer("careless", (), "", 1, (symptom("plain", 200),))
    assert grade_exercise(greet(careless), (PLAIN,), {"plain": (HELLO,)}).mistake is None


def test_a_client_that_gave_up_is_missed_but_on_a_plain_socket() -> None:
    """A response that never ends does not pass; what a plain socket makes of one is the lesson's to say."""
    given_up = dataclasses.replace(HELLO, error="The response had not ended after 5 s.")
    for raw, passes in ((False, False), (True, True)):
        probe = replace(PLAIN, raw=raw)
        assert grade_exercise(greet(), (probe,), {"plain": (given_up,)}).passes is passes


@pytest.mark.parametrize(
    ("answer", "passes"),
    [
        (dataclasses.replace(WEBSOCKET, error="Frame 2 should be text."), False),
        (dataclasses.replace(LOST, error="No WebSocket."), True),
    ],
)
def test_frames_count_once_the_websocket_is_open(answer: Exchange, passes: bool) -> None:
    """Frames that do not come are missed; a handshake that is refused may be what is expected."""
    status = answer.response.status if answer.response else 0
    probe = WebSocketBlock("talk", "/ws", (), of="greet", expectations=(replace(OK, value=status),))
    assert grade_exercise(greet(), (probe,), {"talk": (answer,)}).passes is passes
