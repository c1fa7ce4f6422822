"""Starting a session from the command line."""

from __future__ import annotations

import gc

from tutor.environment import Environment
from tutor.errors import ExitCode, UsageError
from tutor.language import _
from tutor.learner.course import open_course
from tutor.learner.steady import SteadyProgress
from tutor.play.prompt import prompter
from tutor.play.session import Session
from tutor.play.table import Table


def start(env: Environment, name: str = "") -> ExitCode:
    """Play a lesson or step by its number or id, or go on where the learner stopped.

    Raises:
        UsageError: no terminal, or no such lesson.
    """
    with SteadyProgress(env.state_directory) as progress:
        pack = open_course(env, progress)
        address = pack.find(name) if name else None
        if not env.interactive:
            raise UsageError(
                _("A lesson needs a terminal. Without one, prove the course with: flask-http-tutor check")
            )
        table = Table()
        asks = prompter(env, lambda: go_on_loading(table))
        return Session(env, pack, progress, asks, table).run(address)


def go_on_loading(table: Table) -> None:
    """Import what only answering and firing need while the learner reads; whoever fires before waits for it.

    Garbage is collected from now on, but not looked for in what is there already.
    """
    gc.freeze()
    gc.enable()
    table.begin_loading()
