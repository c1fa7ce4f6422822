"""What Flask did with one request, as plain values. The watcher is `tutor.sandbox.watch`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class EventKind(StrEnum):
    """What happened. The values are the names that Flask's documentation uses; lesson files use them too."""

    APP_CONTEXT_PUSHED = "app_context_pushed"
    REQUEST_CONTEXT_PUSHED = "request_context_pushed"
    SESSION_OPENED = "session_opened"
    """`detail` is the session; a `NullSession` where there is no key to sign one with."""
    URL_MATCHED = "url_matched"
    """`name` is the endpoint, or empty where no rule matched; `detail` the rule, or the routing error."""
    REQUEST_STARTED = "request_started"
    URL_VALUE_PREPROCESSOR = "url_value_preprocessor"
    BEFORE_REQUEST = "before_request"
    VIEW = "view"
    ERROR_HANDLER = "errorhandler"
    EXCEPTION = "exception"
    """An exception that no error handler took; `name` is its class, `detail` its text."""
    CONTEXT_PROCESSOR = "context_processor"
    AFTER_THIS_REQUEST = "after_this_request"
    AFTER_REQUEST = "after_request"
    SESSION_SAVED = "session_saved"
    """The session interface was asked to save; whether it set a cookie stands in the response."""
    REQUEST_FINISHED = "request_finished"
    TEARDOWN_REQUEST = "teardown_request"
    REQUEST_CONTEXT_POPPED = "request_context_popped"
    TEARDOWN_APPCONTEXT = "teardown_appcontext"
    APP_CONTEXT_POPPED = "app_context_popped"


FUNCTION_KINDS = frozenset(
    {
        EventKind.URL_VALUE_PREPROCESSOR,
        EventKind.BEFORE_REQUEST,
        EventKind.VIEW,
        EventKind.ERROR_HANDLER,
        EventKind.AFTER_THIS_REQUEST,
        EventKind.AFTER_REQUEST,
        EventKind.TEARDOWN_REQUEST,
        EventKind.TEARDOWN_APPCONTEXT,
    }
)
"""Kinds of event that are a call of a function the app's author wrote."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that Flask did."""

    kind: EventKind
    name: str
    """The function's name, the endpoint, or the exception's class; empty where there is none."""
    at_s: float
    """Seconds since the request reached the app."""
    duration_s: float = 0.0
    detail: str = ""
    """What it got or gave, as Python would write it: a view's return value, a teardown's argument."""
    raised: str = ""
    """`ZeroDivisionError: division by zero`, where the call ended so; else empty."""


@dataclass(frozen=True, slots=True)
class ViewArgument:
    """A variable part of the URL, as the view gets it."""

    name: str
    type: str
    """The Python type's name: `int`, `str`, `UUID`."""
    value: str
    """`repr` of the value, shortened."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything recorded for one request that reached the app."""

    events: tuple[Event, ...] = ()
    rule: str = ""
    """The URL rule that matched, as registered; empty where none did."""
    endpoint: str = ""
    view: str = ""
    """`__name__` of the view function; empty where no rule matched."""
    view_arguments: tuple[ViewArgument, ...] = ()
    exception: str = ""
    """Class name of the exception that no error handler took; empty where there was none."""
    teardown_argument: str = ""
    """What the first teardown_request function got: `None` or the exception's class; empty where none ran."""
    status: int = 0
    duration_s: float = 0.0
    """From the request's arrival at the app to the end of `wsgi_app`."""
    view_ran: bool = field(default=False)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of all events, in order, repeats kept."""
        return tuple(event.kind.value for event in self.events)

    @property
    def function_kinds(self) -> tuple[str, ...]:
        """The kinds of the functions that ran, in the order they ran, repeats kept."""
        return tuple(event.kind.value for event in self.events if event.kind in FUNCTION_KINDS)

    @property
    def function_names(self) -> tuple[str, ...]:
        """The names of the functions that ran, in the order they ran."""
        return tuple(event.name for event in self.events if event.kind in FUNCTION_KINDS)
