"""Which step follows which."""

from __future__ import annotations

from datetime import UTC, datetime

from tutor.course.contents import Outline, OutlineStep
from tutor.learner.progress import StepState, StepStatus
from tutor.play.way import deeper_near, deeper_offered, lesson_after, next_main, previous_main, undone


def step(number: str, *, part: str = "a") -> OutlineStep:
    return OutlineStep(number, number, number, number[-1].isalpha(), "", part=part)


LESSON = Outline(
    "id",
    "2.1",
    "Title",
    5,
    "file",
    (*(step(number) for number in ("1", "1a", "2", "2a")), step("3", part="b"), step("3a", part="b")),
)


def done(*ids: str) -> dict[str, StepState]:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    return {step_id: StepState("id", step_id, StepStatus.DONE, False, "", at) for step_id in ids}


def number(found: OutlineStep | None) -> str:
    return found.number if found else ""


def test_main_steps_follow_each_other_past_the_deeper_ones() -> None:
    """After 1 comes 2, and before 3 comes 2; deeper steps are passed over."""
    assert number(next_main(LESSON, "1", {})) == "2"
    assert number(next_main(LESSON, "3", {})) == ""
    assert number(previous_main(LESSON, "3")) == "2"
    assert number(previous_main(LESSON, "1a")) == "1"
    assert number(previous_main(LESSON, "1")) == ""


def test_after_a_deeper_step_the_lesson_goes_on_where_it_was_left() -> None:
    """A deeper step taken early leads to the main steps not met yet; at the part's end to the next part."""
    assert number(next_main(LESSON, "1a", done("1"))) == "2"
    assert number(next_main(LESSON, "1a", done("1", "2"))) == "3"
    assert number(next_main(LESSON, "1a", done("1", "2", "3"))) == "3"


def test_deeper_steps_wait_at_the_end_of_their_part() -> None:
    """All of a part are offered behind its last main step; behind one of them, those that are left."""
    assert [found.number for found in deeper_offered(LESSON, "2", {})] == ["1a", "2a"]
    assert deeper_offered(LESSON, "1", {}) == ()
    assert [found.number for found in deeper_offered(LESSON, "1a", done("1a"))] == ["2a"]


def test_d_finds_the_deeper_steps_of_the_part() -> None:
    """`:d` knows those of this part, but for the one it stands at."""
    assert [found.number for found in deeper_near(LESSON, "2")] == ["1a", "2a"]
    assert [found.number for found in deeper_near(LESSON, "1a")] == ["2a"]


def test_what_is_not_done_is_named() -> None:
    """Skipped and unmet main steps are left; deeper ones do not count."""
    assert [found.number for found in undone(LESSON, done("1", "3"))] == ["2"]


def test_the_last_lesson_has_none_behind_it() -> None:
    """Lessons follow each other by number."""
    assert lesson_after([LESSON], LESSON) is None
