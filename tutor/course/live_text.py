"""`{{live values}}` in the text of a request, and the sandbox's address in prose."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from tutor.course.faults import Faults, Place, quoted
from tutor.course.live_paths import LivePathError, read_path
from tutor.language import _

_BRACES = re.compile(r"\{\{([^{}]*)\}\}")
# What does not look like a live value is sent as it stands: `{{7*7}}` is a payload of a lesson.
_LIVE = re.compile(r'[a-z][a-z0-9-]*(?:\.(?:"[^"{}]*"|[^{}\s"])+)?')
_OF_SANDBOX = ("address", "host")


def with_address(prose: str, address: str) -> str:
    """The prose with `{{address}}` and `{{host}}` filled in; every other brace stands as it is.

    Args:
        prose: Markdown of a step.
        address: the sandbox's, such as `http://127.0.0.1:5000`.
    """
    return prose.replace("{{address}}", address).replace("{{host}}", address.partition("://")[2])


def check_address(text: str, place: Callable[[int], Place], faults: Faults) -> None:
    """Report an address in prose that would not be filled in: one with spaces inside its braces.

    Args:
        text: The prose.
        place: Gives the place in the file for an offset of the text.
        faults: Where to report.
    """
    for match in _BRACES.finditer(text):
        inside = match[1].strip()
        if inside in _OF_SANDBOX and inside != match[1]:
            faults.add(place(match.start()), _no_spaces(inside))


def _no_spaces(inside: str) -> str:
    message = _("A live value has no spaces inside its braces; write {text}.")
    return message.format(text=quoted(f"{{{{{inside}}}}}"))


def check_live_values(
    text: str, earlier: Collection[str], place: Callable[[int], Place], faults: Faults
) -> None:
    """Report inserts that name no live value of an earlier exchange.

    Args:
        text: The text that holds them.
        earlier: The ids of the exchanges that have been fired by then.
        place: Gives the place in the file for an offset of the text.
        faults: Where to report.
    """
    for match in _BRACES.finditer(text):
        inside = match[1].strip()
        exchange = inside.partition(".")[0]
        if not _LIVE.fullmatch(match[1]):
            if _LIVE.fullmatch(inside) and exchange in (*_OF_SANDBOX, *earlier):
                faults.add(place(match.start()), _no_spaces(inside))
        elif inside not in _OF_SANDBOX:
            _check(inside, exchange, earlier, place(match.start()), faults)


def _check(inside: str, exchange: str, earlier: Collection[str], place: Place, faults: Faults) -> None:
    if exchange not in earlier:
        message = _("No exchange {name} stands before this one in the step.").format(name=quoted(exchange))
        faults.unknown(place, message, exchange, (*earlier, *_OF_SANDBOX))
        return
    try:
        read_path(inside)
    except LivePathError as error:
        faults.add(place, str(error))
