"""Reading a pack's files as text, with a fault in place of what cannot be read."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from tutor.course.contents import shown_path
from tutor.course.model import Fault
from tutor.course.outline import CourseError
from tutor.language import _

LARGEST_FILE_BYTES = 1_000_000

_CIRCLE = os.strerror(errno.ELOOP)


class UnreadableError(CourseError):
    """A file that gives no text, with the fault to report."""

    def __init__(self, path: Path, message: str, line: int = 1, column: int = 1) -> None:
        self.fault = Fault(shown_path(path), line, column, message)
        super().__init__(str(self.fault))


def read_text(path: Path, root: Path) -> str:
    """The text of a file in the folder `root`.

    Raises:
        UnreadableError: The file cannot be read, leads out of the folder, is too large or is not UTF-8.
    """
    data = read_bytes(path, root)
    if len(data) > LARGEST_FILE_BYTES:
        message = _("The file is larger than {limit} bytes; a lesson must be smaller.")
        raise UnreadableError(path, message.format(limit=LARGEST_FILE_BYTES))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line_start = before.rfind(b"\n") + 1
        raise UnreadableError(
            path,
            _("This is not UTF-8; save the file as UTF-8."),
            before.count(b"\n") + 1,
            len(before[line_start:].decode("utf-8")) + 1,
        ) from None


def read_bytes(path: Path, root: Path) -> bytes:
    """At most one byte more than a lesson may have.

    Raises:
        UnreadableError: The file cannot be read, or leads out of the folder.
    """
    try:
        if not path.resolve(strict=True).is_relative_to(root.resolve()):
            raise UnreadableError(path, _("This link leads out of the folder; put the file itself here."))
        if not path.is_file():
            # Reading a pipe would wait for whoever writes to it.
            raise UnreadableError(path, _("This is no plain file; put the file itself here."))
        with path.open("rb") as file:
            return file.read(LARGEST_FILE_BYTES + 1)
    except RuntimeError:
        # What `resolve` makes of a circle, before Python 3.13.
        raise UnreadableError(path, _("The file cannot be read: {why}.").format(why=_CIRCLE)) from None
    except OSError as error:
        why = _CIRCLE if error.errno == errno.ELOOP else error.strerror or error
        raise UnreadableError(path, _("The file cannot be read: {why}.").format(why=why)) from None
