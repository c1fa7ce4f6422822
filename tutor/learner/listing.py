"""`flask-http-tutor list`: the lessons, or a lesson's steps, and how far the learner is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tutor.course.contents import Outline, OutlineStep
from tutor.environment import Environment
from tutor.errors import ExitCode
from tutor.learner.course import open_course
from tutor.learner.progress import (
    Progress,
    StepState,
    StepStatus,
    is_updated,
    standing,
    state_of,
    step_called,
)
from tutor.screen.lesson_map import (
    LessonMap,
    MapLesson,
    MapStep,
    lesson_list,
    lesson_map,
    lesson_map_in_words,
    lessons_in_words,
)

if TYPE_CHECKING:
    from rich.text import Text

    from tutor.course.model import Step

_BESIDE_MAP = 4
"""Rows of the terminal that a map leaves: what was typed, the prompt, its bar, and a blank one."""


def list_lessons(env: Environment, name: str, *, as_json: bool) -> ExitCode:
    """Print the lessons, or the map of the lesson named.

    Raises:
        UsageError: there is no such lesson.
    """
    with Progress(env.state_directory) as progress:
        pack = open_course(env, progress)
        outlines = pack.outlines()
        lesson = pack.find(name).lesson if name else None
        if as_json:
            import json

            entries = [_entry(outline, progress) for outline in ((lesson,) if lesson else outlines)]
            env.out.report(json.dumps(entries, ensure_ascii=False, indent=2) + "\n")
        elif lesson is not None:
            env.out.show(map_rows(env, lesson, outlines, progress, last_place(progress)))
        else:
            lessons = map_lessons(outlines, progress, last_place(progress)[0])
            env.out.show(
                lessons_in_words(lessons) if env.out.plain else lesson_list(lessons, env.out.size[0])
            )
    return ExitCode.OK


def map_rows(
    env: Environment, outline: Outline, course: Sequence[Outline], progress: Progress, here: tuple[str, str]
) -> Sequence[Text | str]:
    """The map of a lesson, made for the output.

    Args:
        here: the ids of the lesson and of the step where the learner is; empty where that is nowhere.
    """
    shown = LessonMap(
        _lesson(outline, progress, here[0]),
        _steps(outline, progress, here[1] if here[0] == outline.id else ""),
        map_lessons(course, progress, here[0]),
    )
    if env.out.plain:
        return lesson_map_in_words(shown)
    width, height = env.out.size
    return lesson_map(shown, width=width, height=None if env.full else height - _BESIDE_MAP)


def map_lessons(course: Sequence[Outline], progress: Progress, here: str) -> tuple[MapLesson, ...]:
    """The lessons with how far the learner is; `here` is the id of the one where the learner is."""
    return tuple(_lesson(outline, progress, here) for outline in course)


def map_step(
    step: Step | OutlineStep, state: StepState | None, *, here: bool = False, part: str = ""
) -> MapStep:
    """A step with what became of it."""
    done = state is not None and state.state is StepStatus.DONE
    return MapStep(
        number=step.number,
        title=step.title,
        deeper=step.deeper,
        done=done,
        skipped=state is not None and not done,
        helped=state is not None and done and state.helped,
        updated=is_updated(step, state),
        here=here,
        part=part,
    )


def last_place(progress: Progress) -> tuple[str, str]:
    """Where the learner was last, as ids of a lesson and a step."""
    position = progress.position()
    return (position.lesson_id, position.step_id) if position else ("", "")


def _steps(outline: Outline, progress: Progress, here_id: str) -> tuple[MapStep, ...]:
    states = progress.states(outline.id)
    parts = {part.id: part.title for part in outline.parts}
    here = step_called(outline.steps, here_id)
    return tuple(
        map_step(step, state_of(step, states), here=step == here, part=parts.get(step.part, ""))
        for step in outline.steps
    )


def _lesson(outline: Outline, progress: Progress, here: str) -> MapLesson:
    stand = standing(outline, progress.states(outline.id))
    return MapLesson(
        outline.number,
        outline.title,
        stand.steps,
        stand.done,
        stand.helped,
        stand.skipped,
        stand.updated,
        here=outline.id == here,
    )


def _entry(outline: Outline, progress: Progress) -> dict[str, object]:
    stand = standing(outline, progress.states(outline.id))
    return {
        "number": outline.number,
        "id": outline.id,
        "title": outline.title,
        "steps": stand.steps,
        "done": stand.done,
    }
