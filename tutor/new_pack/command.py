"""Writing the pack that teaches how to write one; its files stand beside this one, in `pack/`."""

from __future__ import annotations

import shlex
from pathlib import Path

from tutor.environment import Environment
from tutor.errors import ExitCode, UsageError
from tutor.language import _, listed

_PACK = Path(__file__).parent / "pack"


def new_pack(env: Environment, folder: Path) -> ExitCode:
    """Write the pack into a folder, which may exist, and say what to do with it. No file is written over.

    Raises:
        UsageError: a file stands in the way, or the folder cannot be written to.
    """
    sources = sorted(_PACK.glob("*.md"))
    for source in sources:
        if (folder / source.name).exists():
            message = _("{file} is there already, and nothing was written. Name another folder.")
            raise UsageError(message.format(file=folder / source.name))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for source in sources:
            # Should the file have come in the meantime, it stays as it is.
            with (folder / source.name).open("xb") as file:
                file.write(source.read_bytes())
    except OSError as error:
        message = _("The pack cannot be written to {folder}: {why}.")
        raise UsageError(message.format(folder=folder, why=error.strerror or error)) from None
    _tell_next(env, folder, [source.name for source in sources])
    return ExitCode.OK


def _tell_next(env: Environment, folder: Path, names: list[str]) -> None:
    quoted = shlex.quote(str(folder))
    commands = (
        (f"flask-http-tutor check {quoted}", _("prove it")),
        (f"flask-http-tutor --pack {quoted}", _("take it as a learner")),
    )
    width = max(len(command) for command, _words in commands)
    env.out.show(
        [
            _("Written to {folder}: {names}.").format(folder=folder, names=listed(names)),
            _("The lesson says how a lesson is written: read it in an editor, then change it."),
            "",
            *(f"  {command:<{width}}   {words}" for command, words in commands),
        ]
    )
