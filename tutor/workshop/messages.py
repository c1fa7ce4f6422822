"""What the tutor and the process with the learner's app say to each other: a line of JSON each."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tutor.wire.timeline import Timeline

LONGEST_LINE = 4_000_000
"""Octets; a longer line is none of ours."""


class Load(msgspec.Struct, frozen=True, tag=True):
    """To the process: load this file and serve its app."""

    path: str


class Tell(msgspec.Struct, frozen=True, tag=True):
    """To the process: say what Flask did with the requests from these client ports."""

    ports: tuple[int, ...]


class FailureKind(StrEnum):
    """Why a learner's file does not serve, or a view gave no answer."""

    UNREADABLE = "unreadable"
    SYNTAX = "syntax"
    EXCEPTION = "exception"
    EXIT = "exit"
    """It ended the program, by `sys.exit` or the like."""
    SLOW = "slow"
    """It was not loaded in time."""
    HANGS = "hangs"
    """A view had not returned when the client had left."""
    NO_APP = "no-app"
    NOT_FLASK = "not-flask"
    """`app` is something else; `error` is the name of its class."""
    DIED = "died"
    """The process ended without a word; `text` says how."""
    SERVES_ITSELF = "serves-itself"
    """It calls `app.run()` when it is loaded. The call does nothing, and the file is served all the same."""


class Failure(msgspec.Struct, frozen=True):
    """What went wrong in the learner's code, and where."""

    kind: FailureKind
    error: str = ""
    """The exception's class."""
    text: str = ""
    """The exception's text."""
    line: int = 0
    """The last line of the learner's code on the way there; 0 where none is known."""
    source: str = ""
    """That line as it stands in the file, without its line end."""
    column: int = 0
    """syntax: where it stops being readable, counted from 1."""
    file: str = ""
    """The name of the file, where it is another one than the exercise's."""


class Begun(msgspec.Struct, frozen=True, tag=True):
    """From the process: the file is about to be loaded; the clock runs from here."""


class Serving(msgspec.Struct, frozen=True, tag=True):
    """From the process: the app answers on this port of loopback."""

    port: int
    notes: tuple[Failure, ...] = ()
    """What the file does besides that it should not."""


class Failed(msgspec.Struct, frozen=True, tag=True):
    """From the process: the file gives no app."""

    failure: Failure


class FlaskSide(msgspec.Struct, frozen=True):
    """What Flask did on one connection."""

    port: int
    timeline: Timeline | None = None
    taken_body_bytes: int | None = None
    crash: Failure | None = None
    """The exception that no error handler took, or where the view hangs."""


class Told(msgspec.Struct, frozen=True, tag=True):
    """From the process: what Flask did."""

    sides: tuple[FlaskSide, ...]


ToProcess = Load | Tell
FromProcess = Begun | Serving | Failed | Told

_encoder = msgspec.json.Encoder()


def line_of(message: ToProcess | FromProcess) -> bytes:
    """The message as a line."""
    return _encoder.encode(message) + b"\n"
