"""Which step follows which: the way through a course. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tutor.course.contents import Outline, OutlineStep
from tutor.learner.progress import StepState, StepStatus, state_of

States = Mapping[str, StepState]
"""What is kept about a lesson's steps, by id."""


def previous_main(outline: Outline, step_id: str) -> OutlineStep | None:
    """The main step before a step."""
    steps = outline.steps
    main = [step for step in steps[: _place(steps, step_id)] if not step.deeper]
    return main[-1] if main else None


def next_main(outline: Outline, step_id: str, states: States) -> OutlineStep | None:
    """The main step after a step; after a deeper one, the first not met yet, or that after its part."""
    place = _place(outline.steps, step_id)
    main = [step for step in outline.steps[place + 1 :] if not step.deeper]
    here = outline.steps[place]
    if not here.deeper:
        return next(iter(main), None)
    unmet = [step for step in main if state_of(step, states) is None]
    later = [step for step in main if step.part != here.part]
    return next(iter(unmet or later), None)


def deeper_offered(outline: Outline, step_id: str, states: States) -> tuple[OutlineStep, ...]:
    """The deeper steps that wait behind a step: those of its part that are not met yet, behind the part's
    last main step and behind each deeper one."""
    here = outline.steps[_place(outline.steps, step_id)]
    same_part = [step for step in outline.steps if step.part == here.part]
    last = [step for step in same_part if not step.deeper][-1]
    if not here.deeper and here.id != last.id:
        return ()
    return tuple(step for step in same_part if step.deeper and state_of(step, states) is None)


def deeper_near(outline: Outline, step_id: str) -> tuple[OutlineStep, ...]:
    """The other deeper steps of this part."""
    here = outline.steps[_place(outline.steps, step_id)]
    return tuple(step for step in outline.steps if step.deeper and step.part == here.part and step != here)


def undone(outline: Outline, states: States) -> tuple[OutlineStep, ...]:
    """The main steps that are not done."""
    kept = [(step, state_of(step, states)) for step in outline.main_steps]
    return tuple(step for step, state in kept if state is None or state.state is not StepStatus.DONE)


def lesson_after(outlines: Sequence[Outline], outline: Outline) -> Outline | None:
    """The lesson that follows a lesson."""
    place = [item.id for item in outlines].index(outline.id)
    return outlines[place + 1] if place + 1 < len(outlines) else None


def lesson_before(outlines: Sequence[Outline], outline: Outline) -> Outline | None:
    """The lesson before a lesson."""
    place = [item.id for item in outlines].index(outline.id)
    return outlines[place - 1] if place else None


def _place(steps: Sequence[OutlineStep], step_id: str) -> int:
    return [step.id for step in steps].index(step_id)
