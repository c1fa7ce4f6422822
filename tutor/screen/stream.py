"""Parts of a stream as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutor.language import _
from tutor.wire.escape import DISPLAY_CAP, visible
from tutor.wire.exchange import Direction
from tutor.wire.stream import PartKind, StreamPart

if TYPE_CHECKING:
    from rich.text import Text


def part_line(part: StreamPart, *, ascii_only: bool, plain: bool) -> Text:
    """A part of a stream on one line: `+102 ms  ← event tick  id: 8␊data: 8␊␊`."""
    from rich.text import Text

    from tutor.screen.columns import padded_left

    from_client = part.direction is Direction.REQUEST
    time = since(part.at_s)
    kind = {PartKind.CHUNK: _("chunk"), PartKind.EVENT: _("event"), PartKind.FRAME: _("frame")}[part.kind]
    called = kind + (f" {visible(part.name)}" if part.name else "")
    text = visible(part.text[:DISPLAY_CAP], ascii_only=ascii_only)
    if plain:
        words = _("{time}, client, {part}: {text}") if from_client else _("{time}, server, {part}: {text}")
        return Text(words.format(time=time, part=called, text=text))
    return Text.assemble(
        (f"{padded_left(time, 9)}  ", "muted"),
        (
            f"{'→' if from_client else '←'} {called}",
            "request.heading" if from_client else "response.heading",
        ),
        (f"  {text}", "wire.body"),
    )


def since(seconds: float) -> str:
    """A time since the request, as it stands beside a part of a stream."""
    return _("+{ms} ms").format(ms=round(seconds * 1000))
