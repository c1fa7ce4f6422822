"""A learner's own errors in words. Plain text that quotes the learner's file, and is not escaped."""

from __future__ import annotations

import re
import sys

from tutor.language import _
from tutor.workshop.messages import Failure, FailureKind

_MISSING_MODULE = re.compile(r"No module named '([^'.]+)")


def failure_lines(failure: Failure, file: str) -> tuple[str, ...]:
    """What went wrong, in a sentence or two; then the line of the file, with a mark where Python stopped.

    Args:
        failure: What the process told.
        file: The name of the learner's file.
    """
    lines = [_sentence(failure, failure.file or file)]
    if failure.source.strip():
        source = failure.source.lstrip()
        lines.append(f"    {source}")
        column = failure.column - (len(failure.source) - len(source))
        if failure.kind is FailureKind.SYNTAX and 1 <= column <= len(source) + 1:
            lines.append("    " + " " * (column - 1) + "^")
    return tuple(lines)


def _sentence(failure: Failure, file: str) -> str:
    place = _("{file}, line {line}").format(file=file, line=failure.line) if failure.line else file
    text = failure.text.rstrip(".")
    match failure.kind:
        case FailureKind.UNREADABLE:
            return _("{file} cannot be read: {why}.").format(file=file, why=text)
        case FailureKind.SYNTAX if text.startswith("(unicode error)") and not failure.source:
            return _("{file} is not UTF-8; save it as UTF-8.").format(file=file)
        case FailureKind.SYNTAX:
            return _("{place}: Python cannot read it. {error}: {why}.").format(
                place=place, error=failure.error, why=text
            )
        case FailureKind.EXCEPTION:
            return _exception(failure, place, text)
        case FailureKind.EXIT:
            return _("{place}: the file ends the program when it is loaded ({error}).").format(
                place=place, error=failure.error
            )
        case FailureKind.SLOW:
            return _(
                "{place}: loading the file did not end in time. "
                "An endless loop keeps it, or something that waits, such as a server of its own."
            ).format(place=place)
        case FailureKind.HANGS:
            return _("{place}: the view was still running here when the client gave up.").format(place=place)
        case FailureKind.NO_APP:
            return _(
                "{file} makes no app. Call your Flask app `app`, or write a function create_app()."
            ).format(file=file)
        case FailureKind.NOT_FLASK:
            return _("{file}: `app` must be a Flask app; it is of type {type}.").format(
                file=file, type=failure.error
            )
        case FailureKind.DIED if text.startswith("SIG"):
            return _("{file}: its process was ended by the signal {signal}.").format(file=file, signal=text)
        case FailureKind.DIED:
            return _("{file}: its process ended by itself, with exit code {code}.").format(
                file=file, code=text
            )
        case FailureKind.SERVES_ITSELF:
            return _(
                "{place}: app.run() is called when the file is loaded. The tutor serves the app, so leave "
                'the call out, or put it under if __name__ == "__main__".'
            ).format(place=place)


def _exception(failure: Failure, place: str, text: str) -> str:
    missing = _MISSING_MODULE.match(text)
    if failure.error == "ModuleNotFoundError" and missing:
        return _("{place}: {module} is not installed. Install it for the tutor's Python: {command}").format(
            place=place, module=missing[1], command=f"{sys.executable} -m pip install {missing[1]}"
        )
    if failure.error == "EOFError" and "input" in failure.source:
        return _("{place}: input() waits for a person, and none can type here.").format(place=place)
    if not text:
        return _("{place}: {error}.").format(place=place, error=failure.error)
    return _("{place}: {error}: {why}.").format(place=place, error=failure.error, why=text)
