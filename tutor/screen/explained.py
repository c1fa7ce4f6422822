"""The explained view: the parts of an exchange, numbered, and what each is for."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from tutor.language import _
from tutor.wire.escape import visible_bytes
from tutor.wire.exchange import Exchange
from tutor.wire.parts import explain

if TYPE_CHECKING:
    from rich.text import Text


def explained_lines(exchange: Exchange, argument: str, *, width: int, ascii_only: bool) -> list[Text]:
    """The numbered parts of an exchange, or one of them with what there is to say about it."""
    from rich.text import Text

    messages = [message for message in (exchange.request, exchange.response) if message is not None]
    parts = [part for message in messages for part in explain(message)]
    if argument:
        if not (argument.isdigit() and 1 <= int(argument) <= len(parts)):
            return [Text(_("The parts are numbered from 1 to {count}.").format(count=len(parts)))]
        part = parts[int(argument) - 1]
        lines = [
            Text.assemble((f"{argument}  ", "choice"), (part.label, "title")),
            _part_text(part.data, ascii_only),
        ]
        lines += [Text(row) for row in textwrap.wrap(part.note, width)]
        if part.flask:
            lines.append(Text(_("In Flask: {name}").format(name=part.flask), "flask"))
        if part.section:
            lines.append(Text(part.section, "muted"))
        return lines
    lines = []
    number = 0
    for message in messages:
        heading = _("Request") if message.is_request else _("Response")
        lines.append(Text(heading, "request.heading" if message.is_request else "response.heading"))
        for part in explain(message):
            number += 1
            line = Text.assemble((f"{number:>3}  ", "choice"), (part.label, "muted"), "  ")
            lines.append(line.append_text(_part_text(part.data, ascii_only)))
    lines.append(Text(_(":x and a number says what a part is for."), "offer"))
    return lines


def _part_text(data: bytes, ascii_only: bool) -> Text:
    from rich.text import Text

    shown = data.rstrip(b"\r\n")
    cut = visible_bytes(shown[:160], ascii_only=ascii_only)
    return Text(cut + (" …" if len(shown) > 160 else ""), "wire.value")
