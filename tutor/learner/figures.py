"""What a learner has done in a lesson, counted."""

from __future__ import annotations

from tutor.course.contents import Outline
from tutor.course.model import Lesson
from tutor.learner.progress import Progress
from tutor.learner.recall import guesses
from tutor.screen.figures import Figures


def figures_of(lesson: Lesson | Outline, progress: Progress) -> Figures:
    """The numbers of one lesson, its recall pool's exchanges included."""
    made, right = guesses(lesson, progress.attempts(lesson.id))
    return Figures(
        number=lesson.number,
        title=lesson.title,
        steps=len(lesson.main_steps),
        guesses=made,
        right=right,
        traffic=progress.traffic(lesson.id),
    )
