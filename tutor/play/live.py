"""Streams drawn as they arrive: each chunk, event or frame on a line, with its time since the request."""

from __future__ import annotations

import queue
import threading
from enum import Enum
from types import TracebackType
from typing import TYPE_CHECKING, Self

from tutor.language import _
from tutor.screen.output import Output
from tutor.screen.stream import part_line
from tutor.wire.exchange import Exchange, Piece
from tutor.wire.stream import PartKind, StreamPart, arriving_parts

if TYPE_CHECKING:
    from rich.text import Text

STREAM_GAP_S = 0.015
"""A response whose parts come so far apart is a stream; others are shown when they are whole."""


class _Mark(Enum):
    AGAIN = "again"
    END = "end"


class LiveDrawing:
    """Prints the parts of one exchange while it runs, once it turns out to be a stream.

    A context manager. `on_piece` is called by the sandbox's threads and only queues; a thread of its own
    prints, so that a slow terminal never slows the stream.
    """

    def __init__(self, out: Output) -> None:
        self._out = out
        self._queue: queue.SimpleQueue[Piece | _Mark] = queue.SimpleQueue()
        self._pieces: list[Piece] = []
        self._printed = 0
        self._thread = threading.Thread(target=self._print, name="live drawing", daemon=True)

    @property
    def drawn(self) -> bool:
        """Whether anything was printed."""
        return self._printed > 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._queue.put(_Mark.END)
        self._thread.join()

    def on_piece(self, piece: Piece) -> None:
        """Take a piece as it is recorded; returns at once."""
        self._queue.put(piece)

    def begin_anew(self) -> None:
        """Say that the exchange is fired again; what was drawn of it was nothing whole."""
        self._queue.put(_Mark.AGAIN)

    def _print(self) -> None:
        while (piece := self._queue.get()) is not _Mark.END:
            if piece is _Mark.AGAIN:
                self._pieces.clear()
                self._printed = 0
                self._out.show(["", _("Time stood still meanwhile; the request is sent once more.")])
                continue
            self._pieces.append(piece)
            parts = arriving_parts(Exchange(tuple(sorted(self._pieces, key=lambda each: each.at_s))))
            if not parts:
                continue
            is_stream = parts[0].kind is PartKind.FRAME or parts[-1].at_s - parts[0].at_s >= STREAM_GAP_S
            if not self.drawn and is_stream:
                self._out.show(["", _("As it arrives:")])
            if self.drawn or is_stream:
                self._out.show([self._line(part) for part in parts[self._printed :]])
                self._printed = len(parts)

    def _line(self, part: StreamPart) -> Text:
        """A part on one row; what does not fit is cut with a mark, and whole in the raw view."""
        line = part_line(part, ascii_only=self._out.ascii_only, plain=self._out.plain)
        if not self._out.plain:
            line.truncate(self._out.size[0], overflow="ellipsis")
        return line
