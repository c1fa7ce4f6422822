"""What a learner has done in a lesson, counted."""

from __future__ import annotations

from tutor.course.model import Lesson, QuestionKind
from tutor.learner.listing import map_step
from tutor.learner.progress import Progress, StepStatus, state_of
from tutor.learner.recall import first_answers
from tutor.screen.figures import Figures


def figures_of(lesson: Lesson, progress: Progress) -> Figures:
    """The numbers of one lesson, its recall pool's exchanges included."""
    attempts = progress.attempts(lesson.id)
    states = progress.states(lesson.id)
    done = [
        (step, state)
        for step in lesson.steps
        if (state := state_of(step, states)) is not None and state.state is StepStatus.DONE
    ]
    right_ids = {(each.step_id, each.question_id) for each in attempts if each.grade == "right"}
    exercises = [(step, question) for step in lesson.steps for question in step.exercises]
    first = first_answers(lesson, attempts)
    guesses = [given for _step, _question, given in first if given.prediction]
    # An exercise is saved, seen and saved again: there is no first try.
    tries = [
        given
        for _step, question, given in first
        if not given.prediction and question.kind is not QuestionKind.EXERCISE
    ]
    return Figures(
        number=lesson.number,
        title=lesson.title,
        marks=tuple(map_step(step, state_of(step, states)).mark for step in lesson.main_steps),
        helped=sum(state.helped for step, state in done if not step.deeper),
        deeper=sum(step.deeper for step, _state in done),
        questions=len(tries),
        first_try=sum(given.grade == "right" for given in tries),
        guesses=len(guesses),
        right=sum(given.grade == "right" for given in guesses),
        exercises=sum(
            any((step_id, question.id) in right_ids for step_id in (step.id, *step.was))
            for step, question in exercises
        ),
        days=frozenset(each.at.astimezone().date() for each in attempts),
        traffic=progress.traffic(lesson.id),
    )
