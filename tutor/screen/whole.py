"""A whole exchange: both messages as they crossed, and Flask's side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutor.screen.flask_side import flask_line, timeline_lines
from tutor.screen.wire import View, request_lines, response_lines
from tutor.wire.exchange import Exchange

if TYPE_CHECKING:
    from rich.text import Text


def whole_lines(
    exchange: Exchange,
    *,
    ascii_only: bool,
    plain: bool,
    flask: bool = True,
    timeline: bool = False,
    long_bodies: bool = True,
) -> list[Text]:
    """The raw view: line ends are drawn, and nothing folds but, where it may, a long body.

    Args:
        flask: Flask's side was watched: it is told in one line.
        timeline: all that Flask did stands under it, step by step.
        long_bodies: False: of a body of more than 40 lines the first ones stand.
    """
    view = View(line_ends=True, ascii_only=ascii_only, plain=plain, long_bodies=long_bodies)
    lines = [*request_lines(exchange, view), *response_lines(exchange, view)]
    if flask:
        lines.append(flask_line(exchange, plain=plain))
    if timeline and exchange.timeline is not None:
        lines += timeline_lines(exchange, plain=plain)
    return lines
