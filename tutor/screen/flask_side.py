"""What Flask did with a request: one line, or the whole timeline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tutor.language import _, clauses
from tutor.language import mark as N_  # noqa: N812 - gettext's own name
from tutor.wire.escape import visible
from tutor.wire.exchange import Exchange
from tutor.wire.timeline import Event, EventKind, Timeline

if TYPE_CHECKING:
    from rich.text import Text

_DETAIL_ROOM = 44
"""Columns that a detail needs to be understood."""


def flask_line(exchange: Exchange, *, plain: bool = False) -> Text:
    """`Flask  /hello → hello() → 200, 0.4 ms`; in plain output each of these with its name."""
    from rich.text import Text

    if plain:
        return Text(_("Flask: {words}").format(words=clauses(_facts(exchange))), "flask")
    line = Text.assemble((_("Flask"), "flask.heading"), "  ")
    timeline = exchange.timeline
    if timeline is None:
        return line.append(_unseen(exchange), "flask")
    steps = [visible(timeline.rule) or _routing(exchange)]
    if timeline.rule:
        steps.append(_view(timeline) or _("the view did not run"))
    if timeline.exception:
        steps.append(visible(timeline.exception))
    steps.append(str(timeline.status or _("no status")))
    return line.append(clauses((" → ".join(steps), _ms(timeline.duration_s))), "flask")


def _unseen(exchange: Exchange) -> str:
    """Why Flask has nothing to tell."""
    if exchange.response is None:
        return _("no request has reached Flask: the server still waits for the rest of it")
    return _("never saw this request: the server below it answered")


def _view(timeline: Timeline) -> str:
    """The view's call; empty where it did not run."""
    if not timeline.view_ran:
        return ""
    arguments = ", ".join(f"{argument.name}={argument.value}" for argument in timeline.view_arguments)
    # The static route's view is a nameless function; its endpoint says what it is.
    name = timeline.endpoint if timeline.view == "<lambda>" else timeline.view
    return visible(f"{name}({arguments})")


def _facts(exchange: Exchange) -> Iterator[str]:
    """What the line says, in words."""
    timeline = exchange.timeline
    if timeline is None:
        yield _unseen(exchange)
        return
    if timeline.rule:
        yield _("rule {rule}").format(rule=visible(timeline.rule))
        view = _view(timeline)
        yield _("view {call}").format(call=view) if view else _("the view did not run")
    else:
        yield _routing(exchange)
    if timeline.exception:
        yield _("exception {name}").format(name=visible(timeline.exception))
    yield _("status {status}").format(status=timeline.status) if timeline.status else _("no status")
    yield _ms(timeline.duration_s)


def timeline_lines(exchange: Exchange, width: int | None = None, *, plain: bool = False) -> list[Text]:
    """Every event on a line: what, which function, what it got or gave.

    Args:
        width: columns; a longer line is cut with a mark. None cuts nothing.
        plain: nothing stands in columns.
    """
    from rich.text import Text

    timeline = exchange.timeline
    if timeline is None:
        return [flask_line(exchange, plain=plain)]
    heading, end = _("Flask, step by step"), _("{status} after {time}")
    told = [(_label(event), visible(_detail(event, timeline, plain)), event) for event in timeline.events]
    last = end.format(status=timeline.status, time=_ms(timeline.duration_s))
    if plain:
        lines = [_("{words}:").format(words=heading)]
        for label, detail, _event in told:
            lines.append(_("{start}: {words}").format(start=label, words=detail) if detail else label)
        return [Text(line, "flask") for line in (*lines, last)]
    drawn = _in_columns(told, width)
    if width is not None:
        for line in drawn:
            line.truncate(width, overflow="ellipsis")
    return [Text(heading, "flask.heading"), *drawn, Text(f"  {last}", "flask")]


def _in_columns(told: Sequence[tuple[str, str, Event]], width: int | None) -> list[Text]:
    """Label and detail of each event, the details below each other where that leaves them room."""
    from rich.cells import cell_len
    from rich.text import Text

    from tutor.screen.columns import padded

    column = max((cell_len(label) for label, _detail, _event in told), default=0)
    details = max((cell_len(detail) for _label, detail, _event in told), default=0)
    if width is not None and column + min(details, _DETAIL_ROOM) + 4 > width:
        column = 0
    lines = []
    for label, detail, event in told:
        line = Text("  ").append(padded(label, column) + "  ", "flask")
        line.append(detail, "flask" if event.raised else "flask.detail")
        line.rstrip()
        lines.append(line)
    return lines


def _routing(exchange: Exchange) -> str:
    """Why no view was chosen, in words."""
    events = exchange.timeline.events if exchange.timeline else ()
    error = next((event.detail for event in events if event.kind is EventKind.URL_MATCHED), "")
    return _routing_words(error, exchange.request.method if exchange.request else "")


def _routing_words(error: str, method: str) -> str:
    if error == "MethodNotAllowed":
        return _("a rule matches, but not with {method}").format(method=visible(method) or _("this method"))
    if error == "WebsocketMismatch":
        return _("a rule matches, but only for WebSockets")
    if error == "RequestRedirect":
        return _("the rule's own address is another one")
    return _("no rule matches")


_LABELS = {
    EventKind.APP_CONTEXT_PUSHED: N_("application context pushed"),
    EventKind.REQUEST_CONTEXT_PUSHED: N_("request context pushed"),
    EventKind.SESSION_OPENED: N_("session opened"),
    EventKind.URL_MATCHED: N_("URL matched"),
    EventKind.REQUEST_STARTED: N_("request started"),
    EventKind.VIEW: N_("view"),
    EventKind.EXCEPTION: N_("exception"),
    EventKind.SESSION_SAVED: N_("session saved"),
    EventKind.REQUEST_FINISHED: N_("response ready"),
    EventKind.REQUEST_CONTEXT_POPPED: N_("request context popped"),
    EventKind.APP_CONTEXT_POPPED: N_("application context popped"),
}


def _label(event: Event) -> str:
    words = _LABELS.get(event.kind)
    return _(words) if words else event.kind.value


def _detail(event: Event, timeline: Timeline, plain: bool) -> str:
    if event.kind is EventKind.URL_MATCHED:
        if not event.name:
            return _routing_words(event.detail, "")
        arguments = ", ".join(f"{item.name}={item.value} ({item.type})" for item in timeline.view_arguments)
        if plain:
            endpoint = _("endpoint {name}").format(name=event.name)
            return clauses(part for part in (event.detail, endpoint, arguments) if part)
        return f"{event.detail} → {event.name}" + (f"   {arguments}" if arguments else "")
    if event.kind is EventKind.EXCEPTION:
        return f"{event.name}: {event.detail}" if event.detail else event.name
    words = f"{event.name}()" if event.name and event.kind.value in _CALLS else event.name
    if event.raised:
        return _("{call} raised {error}").format(call=words, error=event.raised)
    if plain and words and event.detail:
        if event.kind is EventKind.VIEW:
            return _("{call} returned {value}").format(call=words, value=event.detail)
        return clauses((words, event.detail))
    return f"{words}  {event.detail}".strip()


_CALLS = {
    EventKind.URL_VALUE_PREPROCESSOR,
    EventKind.BEFORE_REQUEST,
    EventKind.VIEW,
    EventKind.ERROR_HANDLER,
    EventKind.CONTEXT_PROCESSOR,
    EventKind.AFTER_THIS_REQUEST,
    EventKind.AFTER_REQUEST,
    EventKind.TEARDOWN_REQUEST,
    EventKind.TEARDOWN_APPCONTEXT,
}


def _ms(seconds: float) -> str:
    return _("{ms} ms").format(ms=f"{seconds * 1000:.1f}")
