"""Where a learner's progress is kept, and its settings: what can be known without all that progress is."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from tutor.errors import UsageError
from tutor.language import _

HOME_VARIABLE = "FLASK_HTTP_TUTOR_HOME"

FILE_NAME = "progress.sqlite3"
"""In the folder for state."""

LANGUAGE = "language"
"""The language chosen with `:lang`, as a tag such as `zh-CN`."""

WORK_FOLDER = "work_folder"
"""The folder that the learner chose for exercise files, as an absolute path."""

_PROGRAM = "flask-http-tutor"


def state_folder(variables: Mapping[str, str]) -> str:
    """The folder that FLASK_HTTP_TUTOR_HOME names, or the platform's for state; it need not be there.

    Raises:
        UsageError: it begins with the home of a user who is not there.
    """
    home = variables.get(HOME_VARIABLE, "").strip()
    if home:
        found = os.path.expanduser(home)  # noqa: PTH111
        if found.startswith("~"):
            words = _("{variable} names no folder, {home}: there is no such user's home.")
            raise UsageError(words.format(variable=HOME_VARIABLE, home=home))
        return found
    if sys.platform == "linux" and "ANDROID_DATA" not in variables:
        # What platformdirs would say there; importing it takes half as long as the whole command line.
        base = variables.get("XDG_STATE_HOME", "").strip() or os.path.expanduser("~/.local/state")  # noqa: PTH111
        return f"{base}/{_PROGRAM}"
    import platformdirs

    return platformdirs.user_state_dir(_PROGRAM, appauthor=False)


def kept_setting(variables: Mapping[str, str], name: str) -> str:
    """A setting that is kept; empty where none is, or the file cannot be read.

    Every start asks for one, help included; `tutor.learner.progress`, which would say why, takes longer.
    """
    try:
        file = f"{state_folder(variables)}/{FILE_NAME}"
    except UsageError:
        # The command that needs the folder tells it better.
        return ""
    if not os.path.isfile(file):  # noqa: PTH113
        return ""
    import sqlite3
    from contextlib import closing

    try:
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            connection.execute("PRAGMA query_only = ON")
            row = connection.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
    except sqlite3.Error:
        return ""
    return str(row[0]) if row is not None else ""
