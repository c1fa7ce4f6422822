"""`:w`: an exchange as a curl command, as Python, or as an HTTP Archive, on the screen or in a file."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tutor import __version__
from tutor.export.redaction import redacted
from tutor.language import _
from tutor.wire.escape import visible
from tutor.wire.exchange import Exchange

if TYPE_CHECKING:
    from rich.text import Text

_PROGRAM = "flask-http-tutor"


def write_out(
    exchange: Exchange, argument: str, *, address: str, now: datetime, arrived: bool
) -> list[Text | str]:
    """Write the exchange as the argument says; gives what to print.

    Args:
        argument: `curl`, `python` or `har`, and the name of a file where it shall be one.
        address: of the sandbox, `http://127.0.0.1:PORT`.
        now: tells, with the exchange's own clock, when it began.
        arrived: another client sent it: a file gets none of its credentials.
    """
    from rich.text import Text

    form, _space, name = argument.partition(" ")
    formats: dict[str, Callable[[Exchange], str]] = {
        "curl": lambda each: _curl(each, address),
        "python": lambda each: _python(each, address),
        "har": lambda each: _har(each, address, now),
    }
    render = formats.get(form.lower())
    if render is None:
        return [
            _(":w curl, :w python and :w har write the last exchange; :w har out.har writes it to a file.")
        ]
    name = name.strip()
    if not name:
        # One line each: where a terminal wraps them, they are still copied as they are.
        return [Text(visible(line), no_wrap=True) for line in render(exchange).rstrip("\n").split("\n")]
    return [_into_file(name, render(redacted(exchange) if arrived else exchange))]


def _into_file(name: str, text: str) -> str:
    try:
        with Path(name).expanduser().open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        return _("{file} exists already and stays as it is. Give another name.").format(file=name)
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        return _("{file} cannot be written: {reason}.").format(file=name, reason=reason)
    return _("Written to {file}.").format(file=name)


def _curl(exchange: Exchange, address: str) -> str:
    from tutor.export.curl import curl_command

    return curl_command(exchange, address=address) + "\n"


def _python(exchange: Exchange, address: str) -> str:
    from tutor.export.python import python_code

    return python_code(exchange, address=address)


def _har(exchange: Exchange, address: str, now: datetime) -> str:
    from tutor.export.har import har

    start = now - timedelta(seconds=time.perf_counter() - exchange.accepted_s)
    return har([exchange], address=address, start=start, program=_PROGRAM, version=__version__)
