"""Watching one Flask app: which of its functions ran for a request, in which order, and what they gave.

Nothing that Flask does is replaced. `Flask.ensure_sync`, through which every hook, handler and view passes,
and `Flask.request_context` are wrapped on the instance; signals tell the rest. Functions are told apart when
they are called, so that what is registered after `watch` counts too. The session interface is wrapped by one
that passes everything on.
"""

from __future__ import annotations

import functools
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from types import GeneratorType
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, signals
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.wrappers import Response

from tutor.wire.timeline import Event, EventKind, Timeline, ViewArgument

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_VALUE_CHARS = 60
_ITEM_CHARS = 24
_ARGUMENT_CHARS = 400
_ERROR_CHARS = 200

_current: ContextVar[Trace | None] = ContextVar("flask_http_tutor_trace", default=None)
_wrapping_lock = threading.Lock()


@dataclass(slots=True)
class _Happened:
    """An `Event` that may still go on."""

    kind: EventKind
    name: str
    at_s: float
    detail: str = ""
    duration_s: float = 0.0
    raised: str = ""


class Trace:
    """What Flask did so far with one request. Written by the request's thread, read by any."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.depth = 0
        """How many watched functions are running, one inside the other."""
        self.popping = 0
        """How many request contexts are being popped."""
        self.torn_down = False
        """Whether the teardown_request functions of the pop under way are through."""
        self.over = False
        """Whether the app gave its response; a streamed body still runs after that."""
        self.endpoint = ""
        self._started_s = time.perf_counter()
        # In what is cheap to change, as each request pays for it; `timeline` puts it together.
        self._happened: list[_Happened] = []
        self._duration_s = 0.0
        self._rule = ""
        self._view = ""
        self._view_arguments: tuple[ViewArgument, ...] = ()
        self._view_ran = False
        self._exception = ""
        self._teardown_argument = ""
        self._status = 0
        self._matched = False
        self._pop_unsaid = False
        self._push_unsaid = False

    def timeline(self) -> Timeline:
        """Everything up to now."""
        return Timeline(
            events=tuple(
                Event(each.kind, each.name, each.at_s, each.duration_s, each.detail, each.raised)
                for each in self._happened
            ),
            rule=self._rule,
            endpoint=self.endpoint,
            view=self._view,
            view_arguments=self._view_arguments,
            exception=self._exception,
            teardown_argument=self._teardown_argument,
            status=self._status,
            duration_s=self._duration_s or self._now(),
            view_ran=self._view_ran,
        )

    def has(self, kind: EventKind, name: str) -> bool:
        return any(each.kind is kind and each.name == name for each in self._happened)

    def add(self, kind: EventKind, name: str = "", detail: str = "") -> None:
        self._happened.append(_Happened(kind, name, self._now(), detail))

    def begin(self, kind: EventKind, name: str) -> _Happened:
        """Put an event where it starts, before anything that runs inside it."""
        happened = _Happened(kind, name, self._now())
        self._happened.append(happened)
        return happened

    def end(self, happened: _Happened, *, detail: str = "", raised: str = "") -> None:
        happened.duration_s = self._now() - happened.at_s
        happened.detail = detail
        happened.raised = raised

    def opened_null(self, detail: str) -> None:
        """Say that the session interface had no session to give, so that an empty one stands for it."""
        last = self._happened[-1] if self._happened else None
        if last is not None and last.kind is EventKind.SESSION_OPENED:
            last.detail = detail

    def matched(self, request: Any) -> None:
        """Say what routing found; counts once, though a context that is pushed again matches again."""
        if self._matched:
            return
        self._matched = True
        rule = request.url_rule
        if rule is None:
            error = request.routing_exception
            self.add(EventKind.URL_MATCHED, detail=type(error).__name__ if error is not None else "")
            return
        self.endpoint = rule.endpoint
        view = self.app.view_functions.get(rule.endpoint)
        self._view_arguments = tuple(
            ViewArgument(name, type(value).__name__, describe(value, _ARGUMENT_CHARS))
            for name, value in (request.view_args or {}).items()
        )
        self._view = _name(view) if view is not None else ""
        self._rule = rule.rule
        self.add(EventKind.URL_MATCHED, rule.endpoint, rule.rule)

    def view_started(self) -> None:
        self._view_ran = True

    def teardown_got(self, error: BaseException | None) -> None:
        if not self._teardown_argument:
            self._teardown_argument = "None" if error is None else type(error).__name__

    def unhandled(self, error: BaseException) -> None:
        name = type(error).__name__
        self.add(EventKind.EXCEPTION, name, _text(error))
        if not self._exception:
            self._exception = name

    def escaped(self, error: BaseException) -> None:
        """Say that an exception left the app: the server below answers it with a 500 of its own."""
        if self._exception != type(error).__name__:
            self.unhandled(error)
        self.status(500)

    def status(self, status: int) -> None:
        self._status = status

    def app_done(self) -> None:
        self.over = True
        self._duration_s = self._now()

    def pushing(self) -> None:
        """Say that a request context is about to be pushed."""
        self._push_unsaid = True

    def say_pushed(self) -> None:
        """Say that the request context is there, at the first moment after it that can be seen."""
        if self._push_unsaid:
            self._push_unsaid = False
            self.add(EventKind.REQUEST_CONTEXT_PUSHED)

    def pop(self, pop: Callable[[], None]) -> None:
        """Let a request context be popped by this call; one may be popped inside another's teardown."""
        outer = self.torn_down, self._pop_unsaid
        self.popping += 1
        self.torn_down, self._pop_unsaid = False, True
        try:
            pop()
        finally:
            self.popping -= 1
            self.say_popped()
            self.torn_down, self._pop_unsaid = outer

    def say_popped(self) -> None:
        """Say that the request context is gone, at the first moment after it that can be seen."""
        if self._pop_unsaid:
            self._pop_unsaid = False
            self.add(EventKind.REQUEST_CONTEXT_POPPED)

    def _now(self) -> float:
        return time.perf_counter() - self._started_s


def watch(app: Flask) -> None:
    """Watch an app from now on; a second call changes nothing."""
    if isinstance(vars(app).get("ensure_sync"), _EnsureSync):
        return
    original_request_context = app.request_context

    def request_context(environ: WSGIEnvironment) -> Any:
        _watch_session(app)
        context = original_request_context(environ)
        trace = _traced(app)
        if trace is not None:
            _follow_context(context, trace)
        return context

    # mypy rightly objects to assigning methods; on the instance is the one place that leaves the class alone.
    vars(app)["ensure_sync"] = _EnsureSync(app)
    vars(app)["request_context"] = request_context
    for signal, receiver in _RECEIVERS:
        # The receivers are module-level functions: none of them keeps the app alive.
        signal.connect(receiver, sender=app, weak=False)


def run(app: Flask, trace: Trace, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Call a watched app for one request, filling its trace.

    The trace stays current in the calling thread's context afterwards, because a streamed body runs there.
    """

    def noting_start_response(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
        code = status[:3]
        trace.status(int(code) if code.isdecimal() else 0)
        return start_response(status, headers, *rest)

    _current.set(trace)
    try:
        return app(environ, noting_start_response)
    except BaseException as error:
        trace.escaped(error)
        raise
    finally:
        trace.app_done()


def describe(value: object, limit: int = _VALUE_CHARS) -> str:
    """A value as Python would write it, shortened to about `limit` characters."""
    if isinstance(value, Response):
        return f"<Response {value.status_code}>"
    if isinstance(value, GeneratorType):
        if value.__qualname__.startswith("stream_with_context."):
            return "stream_with_context(…)"
        return f"<generator {value.__name__}>"
    if isinstance(value, str | bytes):
        written = repr(value[:limit])
        return written if len(value) <= limit else f"{written[:-1]}…{written[-1]}"
    if type(value) is tuple:
        items = [describe(item, limit) for item in value]
        parts = [item if len(item) <= _ITEM_CHARS else "…" for item in items]
        return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"
    if type(value) in (list, dict):
        return _describe_container(value, limit)
    try:
        written = repr(value)
    except Exception:  # the app's own __repr__ may do anything
        return f"<{type(value).__name__}>"
    return written if len(written) <= limit else written[: limit - 1] + "…"


def _describe_container(value: Any, limit: int) -> str:
    """A list or dict by its first members alone, however large it is."""
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    written = opening
    for item in value:
        piece = describe(item, limit) + (f": {describe(value[item], limit)}" if opening == "{" else "")
        if len(written) + len(piece) > limit:
            written += "…"
            break
        written += f"{piece}, "
    return written.removesuffix(", ") + closing


class _EnsureSync:
    """Stands for `Flask.ensure_sync`; what it gives notes its call."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._original = app.ensure_sync

    def __call__(self, func: Callable[..., Any]) -> Callable[..., Any]:
        call: Callable[..., Any] = self._original(func)
        trace = _traced(self._app)
        return call if trace is None else functools.partial(_call, trace, func, call)


def _call(
    trace: Trace, func: Callable[..., Any], call: Callable[..., Any], /, *args: Any, **kwargs: Any
) -> Any:
    kind = _kind(trace, func, args, kwargs)
    if kind is None:
        return call(*args, **kwargs)
    if kind is EventKind.VIEW:
        trace.view_started()
    elif kind is EventKind.TEARDOWN_REQUEST:
        trace.teardown_got(args[0])
    elif kind is EventKind.TEARDOWN_APPCONTEXT and trace.depth == 0:
        trace.say_popped()
    happened = trace.begin(kind, _name(func))
    trace.depth += 1
    try:
        result = call(*args, **kwargs)
    except BaseException as error:
        trace.end(happened, raised=_raised(error))
        raise
    finally:
        trace.depth -= 1
    shown = args[0] if kind in _TEARDOWNS else result
    trace.end(happened, detail=describe(shown))
    return result


_TEARDOWNS = frozenset({EventKind.TEARDOWN_REQUEST, EventKind.TEARDOWN_APPCONTEXT})


def _kind(
    trace: Trace, func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> EventKind | None:
    """Which kind of function Flask calls here; None where the app's own code calls it."""
    if kwargs or not args:
        return _kind_without_argument(trace, func, bool(kwargs))
    if len(args) > 1:
        return None
    argument = args[0]
    app = trace.app
    if argument is None or isinstance(argument, BaseException):
        if trace.popping and not trace.torn_down and _is_in(func, app.teardown_request_funcs):
            return EventKind.TEARDOWN_REQUEST
        if func in app.teardown_appcontext_funcs:
            return EventKind.TEARDOWN_APPCONTEXT
    if trace.popping or trace.depth or trace.over:
        return None
    if isinstance(argument, BaseException):
        return EventKind.ERROR_HANDLER if _is_error_handler(func, app) else None
    # A signal's receiver gets the app as its one argument.
    if argument is app:
        return None
    # By position: nothing else is called with one argument between the response and the teardown.
    known = _is_in(func, app.after_request_funcs)
    return EventKind.AFTER_REQUEST if known else EventKind.AFTER_THIS_REQUEST


def _kind_without_argument(trace: Trace, func: Callable[..., Any], keywords: bool) -> EventKind | None:
    app = trace.app
    if trace.depth == 0 and not trace.popping:
        is_view = func is app.view_functions.get(trace.endpoint)
        # One function can be both; then it is the view the second time.
        again = is_view and trace.has(EventKind.BEFORE_REQUEST, _name(func))
        if not keywords and not again and _is_in(func, app.before_request_funcs):
            return EventKind.BEFORE_REQUEST
        if is_view:
            return EventKind.VIEW
    # Flask's own processor, which gives `request`, `session` and `g`, is none of the app's functions.
    if (
        not keywords
        and _is_in(func, app.template_context_processors)
        and func.__module__ != "flask.templating"
    ):
        return EventKind.CONTEXT_PROCESSOR
    return None


def _is_in(func: Callable[..., Any], registered: Mapping[Any, Iterable[Callable[..., Any]]]) -> bool:
    return any(func in functions for functions in list(registered.values()))


def _is_error_handler(func: Callable[..., Any], app: Flask) -> bool:
    return any(
        func in handlers.values()
        for by_code in list(app.error_handler_spec.values())
        for handlers in list(by_code.values())
    )


def _follow_context(context: Any, trace: Trace) -> None:
    """Note the pushes and pops of one request context."""
    # A weak reference: otherwise each context would hold itself, and outlive its request until a collection.
    reference = weakref.ref(context)
    kind = type(context)

    def push(*args: Any, **kwargs: Any) -> None:
        pushed = reference()
        trace.pushing()
        try:
            kind.push(pushed, *args, **kwargs)
        finally:
            trace.say_pushed()
        if pushed is not None:
            trace.matched(pushed.request)

    def pop(*args: Any, **kwargs: Any) -> None:
        trace.pop(lambda: kind.pop(reference(), *args, **kwargs))

    context.push = push
    context.pop = pop


def _watch_session(app: Flask) -> None:
    """Wrap the session interface that the app has now; it may be set after `watch`."""
    with _wrapping_lock:
        interface: Any = app.session_interface
        # By its type: its class says that it is what it stands for.
        if type(interface) is not _SessionInterface:
            app.session_interface = cast(SessionInterface, _SessionInterface(app, interface))


class _SessionInterface:
    """Stands for an app's session interface, passes everything on and notes the opening and the saving."""

    _app: Flask
    _original: SessionInterface

    def __init__(self, app: Flask, original: SessionInterface) -> None:
        vars(self).update(_app=app, _original=original)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._original, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._original, name)

    @property  # type: ignore[misc]  # for `isinstance` it is what it stands for
    def __class__(self) -> type:
        return type(self._original)

    def open_session(self, app: Flask, request: Any) -> SessionMixin | None:
        trace = _traced(self._app)
        if trace is None:
            return self._original.open_session(app, request)
        trace.say_pushed()
        happened = trace.begin(EventKind.SESSION_OPENED, "")
        try:
            session = self._original.open_session(app, request)
        except BaseException as error:
            trace.end(happened, raised=_raised(error))
            raise
        trace.end(happened, detail=describe(session))
        return session

    def make_null_session(self, app: Flask) -> Any:
        session = self._original.make_null_session(app)
        if trace := _traced(self._app):
            trace.opened_null(describe(session))
        return session

    def save_session(self, app: Flask, session: SessionMixin, response: Any) -> None:
        trace = _traced(self._app)
        if trace is None:
            return self._original.save_session(app, session, response)
        happened = trace.begin(EventKind.SESSION_SAVED, "")
        shown = describe(session)
        try:
            self._original.save_session(app, session, response)
        except BaseException as error:
            trace.end(happened, raised=_raised(error))
            raise
        trace.end(happened, detail=shown)
        return None


def _watch_preprocessors(app: Flask) -> None:
    """Wrap the url_value_preprocessor functions, which alone are called without `ensure_sync`."""
    with _wrapping_lock:
        for functions in app.url_value_preprocessors.values():
            for place, func in enumerate(functions):
                if not isinstance(func, _Preprocessor):
                    functions[place] = _Preprocessor(app, func)


class _Preprocessor:
    """Stands for a url_value_preprocessor function and notes its calls."""

    def __init__(self, app: Flask, func: Callable[[str | None, dict[str, Any] | None], None]) -> None:
        functools.update_wrapper(self, func)
        self._app = app
        self._func = func

    def __call__(self, endpoint: str | None, values: dict[str, Any] | None) -> None:
        trace = _traced(self._app)
        if trace is None:
            return self._func(endpoint, values)
        got = f"{describe(endpoint)}, {describe(values)}"
        happened = trace.begin(EventKind.URL_VALUE_PREPROCESSOR, _name(self._func))
        trace.depth += 1
        try:
            self._func(endpoint, values)
        except BaseException as error:
            trace.end(happened, detail=got, raised=_raised(error))
            raise
        finally:
            trace.depth -= 1
        trace.end(happened, detail=got)
        return None


def _traced(app: Flask) -> Trace | None:
    trace = _current.get()
    return trace if trace is not None and trace.app is app else None


def _on_appcontext_pushed(app: Flask, **_extra: Any) -> None:
    if trace := _traced(app):
        trace.add(EventKind.APP_CONTEXT_PUSHED)


def _on_request_started(app: Flask, **_extra: Any) -> None:
    # Nothing more can be registered now, and the first preprocessor runs right after this signal.
    _watch_preprocessors(app)
    if trace := _traced(app):
        trace.add(EventKind.REQUEST_STARTED)


def _on_got_request_exception(app: Flask, exception: BaseException, **_extra: Any) -> None:
    if trace := _traced(app):
        trace.unhandled(exception)


def _on_request_finished(app: Flask, response: Any, **_extra: Any) -> None:
    if trace := _traced(app):
        trace.add(EventKind.REQUEST_FINISHED, detail=describe(response))


def _on_request_tearing_down(app: Flask, **_extra: Any) -> None:
    if trace := _traced(app):
        trace.torn_down = True


def _on_appcontext_tearing_down(app: Flask, **_extra: Any) -> None:
    trace = _traced(app)
    if trace is not None and trace.depth == 0:
        trace.say_popped()


def _on_appcontext_popped(app: Flask, **_extra: Any) -> None:
    if trace := _traced(app):
        if trace.depth == 0:
            trace.say_popped()
        trace.add(EventKind.APP_CONTEXT_POPPED)


_RECEIVERS = (
    (signals.appcontext_pushed, _on_appcontext_pushed),
    (signals.request_started, _on_request_started),
    (signals.got_request_exception, _on_got_request_exception),
    (signals.request_finished, _on_request_finished),
    (signals.request_tearing_down, _on_request_tearing_down),
    (signals.appcontext_tearing_down, _on_appcontext_tearing_down),
    (signals.appcontext_popped, _on_appcontext_popped),
)


def _name(func: Any) -> str:
    while isinstance(func, functools.partial):
        func = func.func
    return getattr(func, "__name__", type(func).__name__)


def _text(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # the app's own __str__ may do anything
        return ""
    return text if len(text) <= _ERROR_CHARS else text[: _ERROR_CHARS - 1] + "…"


def _raised(error: BaseException) -> str:
    text = _text(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
