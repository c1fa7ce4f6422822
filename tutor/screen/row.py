"""An exchange as a row: what was asked, what came back, and a short body."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tutor.language import _, clauses
from tutor.wire.escape import visible
from tutor.wire.exchange import Exchange
from tutor.wire.message import Message

if TYPE_CHECKING:
    from rich.text import Text

WAITED_S = 0.05
"""An exchange that took so long was kept waiting, which its row then says."""

_LONGEST_BODY = 48
"""Longest body, in characters, that stands in a row."""


def row_line(
    hops: Sequence[Exchange], *, ascii_only: bool, plain: bool, start: str = "", given: str = ""
) -> Text:
    """`GET /go → 302 FOUND → GET /hello → 200 OK  Hello, Grey!`; in plain output the same in words.

    Args:
        hops: one exchange, or a redirect's several.
        start: stands before it: a number.
        given: fields that tell the first request from others, escaped already.
    """
    if plain:
        return _in_words(hops, ascii_only, start, given)
    from rich.text import Text

    row = Text.assemble((f"{start}  " if start else "", "muted"))
    for place, exchange in enumerate(hops):
        row.append(" → " if place else "")
        row.append(_asked(exchange), "request.heading")
        row.append(f"  {given}" if given and not place else "", "muted")
        row.append(" → ")
        row.append(_answered(exchange.response), "response.heading")
    body, size = _body(hops[-1].response, ascii_only)
    row.append(f"  {body}" if body else "", "wire.body")
    row.append(f"  … {_bytes(size)}" if size else "", "wire.fold")
    waited = _waited(hops[-1])
    row.append(f"  {waited}" if waited else "", "muted")
    return row


def _in_words(hops: Sequence[Exchange], ascii_only: bool, start: str, given: str) -> Text:
    from rich.text import Text

    def parts() -> Iterator[str]:
        for place, exchange in enumerate(hops):
            yield (_("then {request}") if place else "{request}").format(request=_asked(exchange))
            if given and not place:
                yield given
            said = _answered(exchange.response)
            yield _("answered {status}").format(status=said) if exchange.response is not None else said
        waited = _waited(hops[-1])
        if waited:
            yield _("after {time}").format(time=waited)
        body, size = _body(hops[-1].response, ascii_only)
        if body or size:
            yield _("body: {text}").format(text=body or _bytes(size))

    words = clauses(parts())
    return Text(_("{start}: {words}").format(start=start, words=words) if start else words)


def _asked(exchange: Exchange) -> str:
    request = exchange.request
    return visible(f"{request.method} {request.target}") if request else _("(nothing arrived)")


def _answered(response: Message | None) -> str:
    if response is None:
        return _("no response")
    return visible(f"{response.status} {response.reason}".strip())


def _body(response: Message | None, ascii_only: bool) -> tuple[str, int]:
    """A body that is one short line; of another one its length in bytes."""
    body = response.text.strip("\r\n") if response is not None else ""
    if response is None or not body:
        return "", 0
    if len(body) <= _LONGEST_BODY and "\n" not in body:
        return visible(body, ascii_only=ascii_only), 0
    return "", response.body_length


def _bytes(count: int) -> str:
    return _("{count} bytes").format(count=f"{count:,}")


def _waited(exchange: Exchange) -> str:
    if exchange.duration_s < WAITED_S:
        return ""
    return _("{ms} ms").format(ms=round(exchange.duration_s * 1000))
