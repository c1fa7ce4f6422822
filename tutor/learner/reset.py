"""`flask-http-tutor reset`: forget progress."""

from __future__ import annotations

from tutor.course.pack import open_pack
from tutor.environment import Environment
from tutor.errors import ExitCode, UsageError
from tutor.language import _
from tutor.learner.progress import Progress


def reset_progress(env: Environment, name: str, *, sure: bool) -> ExitCode:
    """Forget a lesson's progress, or all of it; asks first unless `sure`.

    Raises:
        UsageError: no such lesson, or nobody can be asked.
    """
    lesson = open_pack(env.pack).in_language(env.language).find(name).lesson if name else None
    what = f"{lesson.number} {lesson.title}" if lesson else _("all lessons")
    if not sure:
        if not env.interactive:
            raise UsageError(
                _("Nobody can be asked here. To forget the progress of {what}, add --yes.").format(what=what)
            )
        env.out.ask(_("Forget your progress in {what}? Type yes: ").format(what=what))
        answer = env.stdin.readline().strip().casefold()
        if answer not in {"y", "yes", _("yes").casefold()}:
            env.out.show([_("Nothing is forgotten.")])
            return ExitCode.OK
    with Progress(env.state_directory) as progress:
        progress.forget(lesson.id if lesson else None)
    env.out.show([_("Forgotten: {what}.").format(what=what)])
    return ExitCode.OK
