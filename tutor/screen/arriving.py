"""An exchange drawn while it runs: what has come since the last look, as it crossed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutor.language import _
from tutor.screen.flask_side import flask_line
from tutor.screen.wire import (
    View,
    body_lines,
    chunk_lines,
    frame_line,
    frame_lines,
    head_lines,
    note,
    raw_lines,
    request_lines,
    response_heading,
    response_lines,
    time_note,
    unread_lines,
)
from tutor.wire.escape import DISPLAY_CAP
from tutor.wire.exchange import Direction, Exchange
from tutor.wire.frames import frames
from tutor.wire.message import Message, body_spans, read_chunked
from tutor.wire.stream import chunk_times

if TYPE_CHECKING:
    from rich.text import Text


class ArrivingExchange:
    """Draws one exchange in parts, every line once: the request when it is whole, heads, then what follows.

    Chunks and WebSocket frames are drawn one by one, a body that only the connection's end ends by its lines;
    other bodies when they are whole.
    """

    def __init__(self, view: View) -> None:
        self._view = view
        self._asked = False
        self._heads = 0
        """How many responses have their head drawn, interim ones included."""
        self._chunks = 0
        self._frames = dict.fromkeys(Direction, 0)
        self._body_bytes = 0
        """Octets of the body on the wire that have been drawn."""

    def fresh(self, exchange: Exchange, *, ended: bool) -> list[Text]:
        """The lines that can be drawn now and have not been.

        Args:
            exchange: the same one, as far as it has come.
            ended: nothing will be added: what is not whole is drawn as it stands, and Flask's side.
        """
        lines: list[Text] = []
        if not self._asked and (ended or is_asked(exchange)):
            self._asked = True
            lines += request_lines(exchange, self._view)
        elif ended:
            lines += unread_lines(exchange, self._view)
        if not self._asked:
            return lines
        if ended and not self._heads:
            lines += response_lines(exchange, self._view)
        else:
            lines += self._answered(exchange, ended=ended)
        return [*lines, flask_line(exchange, plain=self._view.plain)] if ended else lines

    def _answered(self, exchange: Exchange, *, ended: bool) -> list[Text]:
        lines: list[Text] = []
        for message in exchange.responses[self._heads :]:
            if not (ended or _has_head(message)):
                return lines
            if not self._heads:
                lines.append(response_heading(self._view))
            self._heads += 1
            lines += head_lines(message, self._view)
        final = exchange.response
        if final is not None:
            if final.status == 101:
                lines += self._framed(exchange, ended=ended)
            else:
                lines += self._body(exchange, final, ended=ended)
        if ended:
            notes = [words for message in exchange.responses for words in message.notes]
            lines += [note(words, plain=self._view.plain) for words in (*notes, exchange.error) if words]
        return lines

    def _framed(self, exchange: Exchange, *, ended: bool) -> list[Text]:
        lines: list[Text] = []
        seen = dict.fromkeys(Direction, 0)
        for timed in frames(exchange):
            seen[timed.direction] += 1
            if seen[timed.direction] > self._frames[timed.direction]:
                since_s = timed.at_s - exchange.asked_s
                lines.append(
                    frame_line(timed.frame, self._view, from_client=timed.from_client, since_s=since_s)
                )
                lines += [note(words, plain=self._view.plain) for words in timed.frame.notes]
        self._frames = seen
        if ended:
            # What is left of a frame that was cut.
            drawn = sum(1 + len(timed.frame.notes) for timed in frames(exchange))
            lines += frame_lines(exchange, self._view)[drawn:]
        return lines

    def _body(self, exchange: Exchange, message: Message, *, ended: bool) -> list[Text]:
        if message.chunked:
            return self._chunked(exchange, message, ended=ended)
        if not message.until_close:
            return body_lines(message, self._view) if ended else []
        body = message.raw_body[:DISPLAY_CAP]
        end = len(body) if ended else body.rfind(b"\n") + 1
        part, self._body_bytes = body[self._body_bytes : end], max(end, self._body_bytes)
        lines = raw_lines(part, self._view)
        if lines:
            at_s = exchange.time_at(Direction.RESPONSE, exchange.body_start(message) + end - 1)
            lines.insert(0, time_note(at_s - exchange.asked_s, plain=self._view.plain))
        return [*lines, *self._cut(message, ended=ended)]

    def _chunked(self, exchange: Exchange, message: Message, *, ended: bool) -> list[Text]:
        lines: list[Text] = []
        raw = message.raw_body
        places = zip(
            message.chunks,
            body_spans(message),
            read_chunked(raw).chunk_ends,
            chunk_times(exchange, message),
            strict=True,
        )
        for chunk, (start, stop), end, since_s in list(places)[self._chunks :]:
            # Its data may be there before its line end is.
            if len(chunk.data) < chunk.size or raw[stop:end][-1:] != b"\n" or self._body_bytes >= DISPLAY_CAP:
                break
            lines += chunk_lines(
                raw[self._body_bytes : start],
                chunk.data,
                raw[stop:end],
                self._view,
                since_s=since_s,
                coding=message.value("Content-Encoding") or "",
            )
            self._chunks += 1
            self._body_bytes = end
        if ended:
            lines += raw_lines(raw[self._body_bytes : DISPLAY_CAP], self._view, style="wire.framing")
        return [*lines, *self._cut(message, ended=ended)]

    def _cut(self, message: Message, *, ended: bool) -> list[Text]:
        if not ended or len(message.raw_body) <= DISPLAY_CAP:
            return []
        words = _("The body has {length} bytes; the first {shown} are shown.")
        return [
            note(
                words.format(length=f"{message.body_length:,}", shown=f"{DISPLAY_CAP:,}"),
                plain=self._view.plain,
            )
        ]


def is_asked(exchange: Exchange) -> bool:
    """Whether the whole request is there, head and body."""
    return exchange.request is not None and exchange.request.complete


def _has_head(message: Message) -> bool:
    return message.head.endswith((b"\n\n", b"\n\r\n"))
