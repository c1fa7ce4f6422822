"""What can go wrong, as a person reads it, and the exit code it leads to."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of every command; part of the contract."""

    OK = 0
    FAILED = 1
    """A check failed."""
    USAGE = 2
    """A usage error, a lesson file that cannot be loaded, or a report that cannot be written."""
    BROKEN = 3
    """The tutor or its sandbox failed."""
    INTERRUPTED = 130
    TERMINATED = 143


class TutorError(Exception):
    """An error to tell in one line: what is wrong, where, and what would be right.

    The command line prints the message after `flask-http-tutor: ` and ends with `exit_code`.
    """

    exit_code = ExitCode.BROKEN


class UsageError(TutorError):
    """The call cannot be carried out as it was given."""

    exit_code = ExitCode.USAGE


class SandboxError(TutorError):
    """The sandbox could not be started or reached."""
