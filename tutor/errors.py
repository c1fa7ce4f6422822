"""What can go wrong, as a person reads it, and the exit code it leads to."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from tutor.language import _


class ExitCode(IntEnum):
    """The exit codes of every command; part of the contract."""

    OK = 0
    FAILED = 1
    """A check failed."""
    USAGE = 2
    """A usage error, a lesson file that cannot be loaded, or a report that cannot be written."""
    BROKEN = 3
    """The tutor or its sandbox failed."""
    HUNG_UP = 129
    """The terminal is gone."""
    INTERRUPTED = 130
    TERMINATED = 143


class TutorError(Exception):
    """An error to tell in one line: what is wrong, where, and what would be right.

    The command line prints the message after `flask-http-tutor: ` and ends with `exit_code`.
    """

    exit_code: ExitCode = ExitCode.BROKEN


class UsageError(TutorError):
    """The call cannot be carried out as it was given."""

    exit_code = ExitCode.USAGE


class OutputError(UsageError):
    """What is printed cannot be written."""

    def __init__(self, error: OSError) -> None:
        reason = error.strerror or str(error)
        super().__init__(_("The output cannot be written: {reason}.").format(reason=reason))
        if error.errno == errno.EIO:
            # So a terminal answers that is gone.
            self.exit_code = ExitCode.HUNG_UP


@contextmanager
def output_errors() -> Iterator[None]:
    """Tell a stream that cannot be written in words; BrokenPipeError, a reader who has enough, stays itself.

    Raises:
        OutputError: a full disk, a closed stream, a terminal that is gone.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(error) from error


class SandboxError(TutorError):
    """The sandbox could not be started or reached."""
