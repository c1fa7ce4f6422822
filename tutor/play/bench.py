"""What every exercise of a session shares: the learner's folder, and the workshop that runs the files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tutor.errors import UsageError
from tutor.language import _
from tutor.learner.exercise_files import FOLDER, WorkFolder
from tutor.learner.progress import Progress
from tutor.learner.settings import WORK_FOLDER
from tutor.play.conversation import Conversation

if TYPE_CHECKING:
    from tutor.workshop.runner import Workshop


class Bench:
    """One learner's place to work.

    Args:
        work: the folder that `--work` names; None asks once and keeps the answer.
    """

    def __init__(self, progress: Progress, work: Path | None) -> None:
        self._progress = progress
        self._work = work
        self._workshop: Workshop | None = None

    @property
    def workshop(self) -> Workshop:
        """Made by the first exercise: what it imports takes time."""
        if self._workshop is None:
            from tutor.workshop.runner import Workshop

            self._workshop = Workshop()
        return self._workshop

    def close(self) -> None:
        """End the process that waits for the next file."""
        if self._workshop is not None:
            self._workshop.close()

    @property
    def known_folder(self) -> WorkFolder | None:
        """The folder, where the learner need not be asked for it."""
        if self._work is not None:
            return WorkFolder(self._work.absolute())
        kept = self._progress.setting(WORK_FOLDER)
        return WorkFolder(Path(kept)) if kept else None

    def ask_folder(self, talk: Conversation) -> WorkFolder:
        """Ask where to put files, until there is a folder to write in.

        Raises:
            Moved: the learner goes elsewhere.
        """
        talk.reply(
            talk.screens.prose(
                _("Your files need a folder. Enter makes `{folder}` here; or type another one.").format(
                    folder=FOLDER
                )
            )
        )
        while True:
            typed = talk.ask(
                _("Enter: ./{folder} ▸").format(folder=FOLDER),
                (_(":n next"), _(":b back"), _(":m map"), _(":? help"), _(":q quit")),
            )
            try:
                folder = _folder(typed.answer)
                folder.make()
            except UsageError as error:
                talk.reply([str(error)])
                continue
            self._progress.set_setting(WORK_FOLDER, str(folder.path))
            return folder


def _folder(answer: str) -> WorkFolder:
    """The folder that was typed, or the one that is offered."""
    name = answer.strip().strip("'\"") or FOLDER
    try:
        return WorkFolder(Path(name).expanduser().absolute())
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(_("{folder} is no folder: {why}.").format(folder=name, why=error)) from None
