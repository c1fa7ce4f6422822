"""Keys against live exchanges: a key that is off is found."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.grading.exchanges import MOVED, NOT_FOUND, TIMELINE, claim, exchange, question
from tutor.course.model import Expectation, Operator, QuestionKind
from tutor.grading.proof import prove

FIRED = {
    "hello": (exchange(timeline=TIMELINE),),
    "nope": (exchange(b"GET /nope HTTP/1.1\r\n\r\n", NOT_FOUND),),
    "moved": (exchange(response=MOVED), exchange()),
}
CHOICES = (("ok", "200 OK"), ("found", "302 FOUND"), ("nope", "404 NOT FOUND"))
CLAIMS: dict[str, tuple[Expectation, ...]] = {
    "ok": (claim("response.status", 200), claim("response.headers.Location", False, Operator.PRESENT)),
    "found": (claim("response.status", 302),),
    "nope": (claim("response.status", 404),),
}
CHOICE = question(QuestionKind.CHOICE, "ok", choices=CHOICES, proof=CLAIMS)
SEVERAL = question(
    QuestionKind.CHOICES,
    "type",
    "length",
    choices=(("type", "Content-Type"), ("place", "Location"), ("length", "Content-Length")),
    proof={
        key: (claim(f"response.headers.{name}", True, Operator.PRESENT),)
        for key, name in (("type", "Content-Type"), ("place", "Location"), ("length", "Content-Length"))
    },
)
ORDER = question(
    QuestionKind.ORDER,
    "before-request",
    "view",
    "after-request",
    choices=(
        ("view", "the view"),
        ("after-request", "`after_request`"),
        ("before-request", "`before_request`"),
    ),
    proof_paths=("hello.flask.order",),
)


def test_a_right_key_holds() -> None:
    """A key whose claim holds alone is proven."""
    assert prove(CHOICE, FIRED).holds
    assert prove(SEVERAL, FIRED).holds


@pytest.mark.parametrize("moved", ["found", "nope"])
def test_a_key_moved_to_another_choice_is_found(moved: str) -> None:
    """With the key at another existing choice the proof fails, and names both choices."""
    proof = prove(replace(CHOICE, answer=(moved,)), FIRED)
    assert not proof.holds
    assert f"The answer {moved} claims" in proof.message
    assert "What ok claims holds as well" in proof.message
    assert "status 200" in proof.actual


@pytest.mark.parametrize("answer", [("type",), ("length",), ("type", "place"), ("type", "place", "length")])
def test_any_other_set_of_keys_is_found(answer: tuple[str, ...]) -> None:
    """A key too many, too few or another one fails the proof of several choices."""
    assert not prove(replace(SEVERAL, answer=answer), FIRED).holds


def test_a_wrong_choice_that_is_also_true_is_found() -> None:
    """A second choice whose claim holds is named."""
    claims = {**CLAIMS, "found": (claim("response.length", 13),)}
    proof = prove(question(QuestionKind.CHOICE, "ok", choices=CHOICES, proof=claims), FIRED)
    assert not proof.holds
    assert proof.message == "What found claims holds as well; it is no answer."


def test_a_lesson_that_changed_under_its_key_is_found() -> None:
    """The same key fails once the exchange is another."""
    assert not prove(CHOICE, {**FIRED, "hello": FIRED["nope"]}).holds


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ((), "found claims nothing"),
        ((claim("response.satus", 302),), "no live path"),
        ((claim("response.status", 302, exchange="later"),), "later, which has not been fired"),
    ],
)
def test_a_claim_that_can_prove_nothing_is_found(broken: tuple[Expectation, ...], said: str) -> None:
    """A wrong choice's claim that fails for a spelling's sake proves nothing."""
    asked = question(QuestionKind.CHOICE, "ok", choices=CHOICES, proof={**CLAIMS, "found": broken})
    proof = prove(asked, FIRED)
    assert not proof.holds
    assert said in proof.message


def test_a_claim_may_be_about_another_exchange() -> None:
    """A choice may compare two exchanges of the step."""
    claims = {**CLAIMS, "ok": (claim("response.status", 404, exchange="nope"),)}
    assert prove(question(QuestionKind.CHOICE, "ok", choices=CHOICES, proof=claims), FIRED).holds


@pytest.mark.parametrize(
    ("kind", "answer", "path"),
    [
        (QuestionKind.NUMBER, "13", "hello.response.headers.Content-Length"),
        (QuestionKind.NUMBER, "13", "response.length"),
        (QuestionKind.NUMBER, "404", "nope.response.status"),
        (QuestionKind.TEXT, "/hello?name=Grey", "hello.request.target"),
        (QuestionKind.TEXT, "Hello, Flask!", "hello.response.body"),
        (QuestionKind.TEXT, "None", "hello.flask.teardown"),
        (QuestionKind.TEXT, "/hello", "moved.hop1.response.headers.Location"),
    ],
)
def test_a_live_value_that_is_the_answer_holds(kind: QuestionKind, answer: str, path: str) -> None:
    """The live value, graded as an answer, is right."""
    proof = prove(question(kind, answer, proof_paths=(path,)), FIRED)
    assert proof.holds
    assert proof.actual == answer


@pytest.mark.parametrize(
    ("kind", "answer", "path", "said"),
    [
        (
            QuestionKind.NUMBER,
            "12",
            "hello.response.headers.Content-Length",
            "is 13, which the key does not accept",
        ),
        (QuestionKind.TEXT, "/hello", "hello.request.target", "is /hello?name=Grey, which"),
        (
            QuestionKind.TEXT,
            "/hello",
            "hello.response.headers.Location",
            "the response of hello has no field",
        ),
        (QuestionKind.TEXT, "x", "later.response.body", "later"),
        (QuestionKind.TEXT, "x", "hello.response.satus", "no live path"),
        (QuestionKind.TEXT, "x", "hello..x", "a part of the path is empty"),
    ],
)
def test_another_live_value_is_found(kind: QuestionKind, answer: str, path: str, said: str) -> None:
    """A key that the wire contradicts, or a path to nothing, fails and says what stands there."""
    proof = prove(question(kind, answer, proof_paths=(path,)), FIRED)
    assert not proof.holds
    assert said in proof.message
    assert proof.expected == answer


def test_a_live_value_that_the_lesson_refuses_names_the_feedback() -> None:
    """Where the wire has a declared wrong answer, the message repeats its feedback."""
    asked = question(QuestionKind.NUMBER, "12", proof_paths=("response.length",), wrong={"octets": ("13",)})
    assert prove(asked, FIRED).message.endswith("About octets.")


def test_an_order_is_read_from_a_live_list() -> None:
    """Other members are passed over and a repeat counts once."""
    proof = prove(ORDER, FIRED)
    assert proof.holds
    assert proof.actual == "before-request, then view, then after-request"


def test_another_order_is_found() -> None:
    """A key in another order than the live list fails."""
    proof = prove(replace(ORDER, answer=("view", "before-request", "after-request")), FIRED)
    assert not proof.holds
    assert "another order" in proof.message


def test_an_item_that_never_came_is_found() -> None:
    """An item that the live list does not have is named."""
    choices = (*ORDER.choices, ("errorhandler", "the error handler"))
    proof = prove(replace(ORDER, answer=(*ORDER.answer, "errorhandler"), choices=choices), FIRED)
    assert not proof.holds
    assert "errorhandler" in proof.message


def test_an_order_may_have_a_path_for_each_place() -> None:
    """Each place's live value is the item by its key or its words; exchanged places are found."""
    asked = question(
        QuestionKind.ORDER,
        "nope",
        "ok",
        "hello",
        choices=(("ok", "`200`"), ("nope", "404"), ("hello", "/hello")),
        proof_paths=("nope.response.status", "response.status", "moved.hop1.response.headers.Location"),
    )
    assert prove(asked, FIRED).holds
    proof = prove(replace(asked, answer=("ok", "nope", "hello")), FIRED)
    assert not proof.holds
    assert proof.actual == "nope, then ok, then hello"


@pytest.mark.parametrize("path", ["response.status", "later.flask.order", "nope.flask.order"])
def test_an_order_needs_a_list(path: str) -> None:
    """A path to something that is no list, or to nothing, fails and names the path."""
    proof = prove(replace(ORDER, proof_paths=(path,)), FIRED)
    assert not proof.holds
    assert path in proof.message


@pytest.mark.parametrize(
    "asked",
    [
        question(QuestionKind.REQUEST, "GET /", expectations=(claim("response.status", 200),)),
        question(QuestionKind.TEXT, "a"),
        question(QuestionKind.CHOICE, "ok", choices=CHOICES),
        question(QuestionKind.ORDER, "ok", choices=CHOICES),
    ],
)
def test_a_question_without_a_proof_is_a_programming_error(asked: object) -> None:
    """Callers ask only for proofs that there are."""
    with pytest.raises(ValueError, match="has no proof"):
        prove(asked, FIRED)  # type: ignore[arg-type]  # parametrize knows no types
