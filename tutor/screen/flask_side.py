"""What Flask did with a request: one line, or the whole timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutor.language import _
from tutor.language import mark as N_  # noqa: N812 - gettext's own name
from tutor.wire.escape import visible
from tutor.wire.exchange import Exchange
from tutor.wire.timeline import Event, EventKind, Timeline

if TYPE_CHECKING:
    from rich.text import Text


def flask_line(exchange: Exchange) -> Text:
    """`Flask  /hello → hello() → 200, 0.4 ms`."""
    from rich.text import Text

    timeline = exchange.timeline
    line = Text.assemble((_("Flask"), "flask.heading"), "  ")
    if timeline is None:
        if exchange.response is None:
            return line.append(
                _("no request has reached Flask: the server still waits for the rest of it"), "flask"
            )
        return line.append(_("never saw this request: the server below it answered"), "flask")
    steps = [visible(timeline.rule) or _routing(exchange)]
    if timeline.view_ran:
        arguments = ", ".join(f"{argument.name}={argument.value}" for argument in timeline.view_arguments)
        # The static route's view is a nameless function; its endpoint says what it is.
        name = timeline.endpoint if timeline.view == "<lambda>" else timeline.view
        steps.append(visible(f"{name}({arguments})"))
    elif timeline.rule:
        steps.append(_("the view did not run"))
    if timeline.exception:
        steps.append(visible(timeline.exception))
    steps.append(str(timeline.status or _("no status")))
    return line.append(" → ".join(steps) + f", {_ms(timeline.duration_s)}", "flask")


def timeline_lines(exchange: Exchange, width: int | None = None) -> list[Text]:
    """Every event on a line: what, which function, what it got or gave.

    Args:
        width: columns; a longer line is cut with a mark. None cuts nothing.
    """
    from rich.cells import cell_len
    from rich.text import Text

    from tutor.screen.columns import padded

    timeline = exchange.timeline
    if timeline is None:
        return [flask_line(exchange)]
    lines = [Text(_("Flask, step by step"), "flask.heading")]
    labels = max((cell_len(_label(event)) for event in timeline.events), default=0)
    for event in timeline.events:
        line = Text("  ")
        line.append(padded(_label(event), labels + 2), "flask")
        line.append(visible(_detail(event, timeline)), "flask.detail" if not event.raised else "flask")
        line.rstrip()
        if width is not None:
            line.truncate(width, overflow="ellipsis")
        lines.append(line)
    lines.append(
        Text(
            _("  {status} after {time}").format(status=timeline.status, time=_ms(timeline.duration_s)),
            "flask",
        )
    )
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
    EventKind.EXCEPTION: N_("exception"),
    EventKind.SESSION_SAVED: N_("session saved"),
    EventKind.REQUEST_FINISHED: N_("response ready"),
    EventKind.REQUEST_CONTEXT_POPPED: N_("request context popped"),
    EventKind.APP_CONTEXT_POPPED: N_("application context popped"),
}


def _label(event: Event) -> str:
    words = _LABELS.get(event.kind)
    return _(words) if words else event.kind.value


def _detail(event: Event, timeline: Timeline) -> str:
    if event.kind is EventKind.URL_MATCHED:
        if not event.name:
            return _routing_words(event.detail, "")
        arguments = ", ".join(f"{item.name}={item.value} ({item.type})" for item in timeline.view_arguments)
        return f"{event.detail} → {event.name}" + (f"   {arguments}" if arguments else "")
    if event.kind is EventKind.EXCEPTION:
        return f"{event.name}: {event.detail}" if event.detail else event.name
    words = f"{event.name}()" if event.name and event.kind.value in _CALLS else event.name
    if event.raised:
        return _("{call} raised {error}").format(call=words, error=event.raised)
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
