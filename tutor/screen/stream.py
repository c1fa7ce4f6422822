"""Parts of a stream as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutor.language import _
from tutor.wire.escape import DISPLAY_CAP, visible
from tutor.wire.exchange import Direction
from tutor.wire.stream import PartKind, StreamPart

if TYPE_CHECKING:
    from rich.text import Text


def part_line(part: StreamPart, ascii_only: bool) -> Text:
    """A part of a stream on one line: `+102 ms  ← event tick  id: 8␊data: 8␊␊`."""
    from rich.text import Text

    from tutor.screen.columns import padded_left

    from_client = part.direction is Direction.REQUEST
    time = padded_left(_("+{ms} ms").format(ms=round(part.at_s * 1000)), 9)
    kind = {PartKind.CHUNK: _("chunk"), PartKind.EVENT: _("event"), PartKind.FRAME: _("frame")}[part.kind]
    return Text.assemble(
        (f"{time}  ", "muted"),
        (
            f"{'→' if from_client else '←'} {kind}" + (f" {visible(part.name)}" if part.name else ""),
            "request.heading" if from_client else "response.heading",
        ),
        ("  " + visible(part.text[:DISPLAY_CAP], ascii_only=ascii_only), "wire.body"),
    )
