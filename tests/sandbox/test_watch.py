"""What the timeline says of one request: which functions ran, in which order, with what outcome."""

from __future__ import annotations

import gc
import re
import threading
import uuid
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    after_this_request,
    current_app,
    redirect,
    render_template_string,
    session,
    stream_with_context,
)
from flask.globals import request_ctx
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask.typing import ResponseReturnValue
from flask.views import MethodView

from tests.sandbox.plain import WAIT_S, talk
from tutor.sandbox.server import SandboxServer
from tutor.sandbox.watch import describe
from tutor.wire.timeline import Event, EventKind, Timeline


def timeline_of(app: Flask, target: str, method: str = "GET") -> Timeline:
    """Serve the app for one request and give its timeline."""
    with SandboxServer(app) as server:
        said = talk(server.port, f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        timeline = server.exchange_of(said.client_port, wait_s=WAIT_S).timeline
    assert timeline is not None
    return timeline


def calls(timeline: Timeline) -> list[str]:
    """The functions that ran, as `kind name`."""
    return [
        f"{kind} {name}" for kind, name in zip(timeline.function_kinds, timeline.function_names, strict=True)
    ]


def kinds(timeline: Timeline) -> list[str]:
    return [event.kind.value for event in timeline.events]


def one(timeline: Timeline, kind: EventKind) -> Event:
    [event] = [event for event in timeline.events if event.kind is kind]
    return event


def named(name: str, func: Callable[..., Any]) -> Callable[..., Any]:
    func.__name__ = name
    return func


def add_hooks(app: Flask) -> None:
    """Two functions of each kind, named by kind and number."""
    for number in "12":
        app.url_value_preprocessor(named(f"pp{number}", lambda _endpoint, _values: None))
        app.before_request(named(f"b{number}", lambda: None))
        app.after_request(named(f"a{number}", lambda response: response))
        app.teardown_request(named(f"d{number}", lambda _error: None))
        app.teardown_appcontext(named(f"x{number}", lambda _error: None))


NORMAL_ORDER = [
    "url_value_preprocessor pp1",
    "url_value_preprocessor pp2",
    "before_request b1",
    "before_request b2",
    "view v",
    "after_this_request t1",
    "after_this_request t2",
    "after_request a2",
    "after_request a1",
    "teardown_request d2",
    "teardown_request d1",
    "teardown_appcontext x2",
    "teardown_appcontext x1",
]


@pytest.fixture
def app() -> Flask:
    app = Flask("watched")
    add_hooks(app)

    @app.get("/v")
    def v() -> str:
        @after_this_request
        def t1(response: Response) -> Response:
            return response

        @after_this_request
        def t2(response: Response) -> Response:
            return response

        return "Hello, Flask!"

    @app.get("/boom")
    def boom() -> str:
        raise ZeroDivisionError("division by zero")

    @app.get("/gone")
    def gone() -> str:
        abort(410)

    @app.get("/wrong")
    def wrong() -> str:
        raise ValueError("no such value")

    @app.errorhandler(410)
    def is_gone(_error: Exception) -> ResponseReturnValue:
        return "gone", 410

    @app.errorhandler(ValueError)
    def is_wrong(_error: ValueError) -> str:
        return "handled"

    return app


def without(names: str, order: list[str]) -> list[str]:
    return [each for each in order if not re.search(rf" ({names})$", each)]


def test_normal_order(app: Flask) -> None:
    """All functions of an ordinary request stand in the order in which Flask calls them."""
    timeline = timeline_of(app, "/v")
    assert calls(timeline) == NORMAL_ORDER
    assert timeline.status == 200
    assert timeline.exception == ""
    assert timeline.teardown_argument == "None"
    assert timeline.view_ran


def test_contexts_and_signals_stand_in_between(app: Flask) -> None:
    """Contexts, routing and the start and end of the request stand at their places."""
    timeline = timeline_of(app, "/v")
    others = [kind for kind in kinds(timeline) if kind not in timeline.function_kinds]
    assert others == [
        "app_context_pushed",
        "request_context_pushed",
        "session_opened",
        "url_matched",
        "request_started",
        "request_finished",
        "request_context_popped",
        "app_context_popped",
    ]
    assert one(timeline, EventKind.SESSION_OPENED).detail == "<NullSession {}>"
    order = kinds(timeline)
    assert order.index("request_started") < order.index("url_value_preprocessor")
    assert order.index("after_request") < order.index("request_finished") < order.index("teardown_request")
    assert order.index("teardown_request") < order.index("request_context_popped")
    assert order.index("request_context_popped") < order.index("teardown_appcontext")
    assert order[-1] == "app_context_popped"


WHOLE_ORDER = (
    "app_context_pushed",
    "request_context_pushed",
    "session_opened",
    "url_matched",
    "request_started",
    "url_value_preprocessor",
    "before_request",
    "view",
    "after_this_request",
    "after_request",
    "session_saved",
    "request_finished",
    "teardown_request",
    "request_context_popped",
    "teardown_appcontext",
    "app_context_popped",
)


def test_the_whole_order_of_a_request_with_a_session(app: Flask) -> None:
    """The session is opened before the URL is matched, and saved once all after_request functions ran."""
    app.secret_key = "key"

    @app.before_request
    def fill() -> None:
        session["name"] = "Grey"

    timeline = timeline_of(app, "/v")
    assert tuple(dict.fromkeys(timeline.kinds)) == WHOLE_ORDER
    assert one(timeline, EventKind.SESSION_OPENED).detail == "<SecureCookieSession {}>"
    assert one(timeline, EventKind.SESSION_SAVED).detail == "<SecureCookieSession {'name': 'Grey'}>"


class Interface(SecureCookieSessionInterface):
    """Keeps the sessions that it was asked to open and save."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def open_session(self, app: Flask, request: Any) -> SecureCookieSession | None:
        self.said.append("open")
        assert request.path == request_ctx.request.path
        if request.path == "/boom":
            raise LookupError("no session")
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Any) -> None:
        self.said.append("save")
        super().save_session(app, session, response)


def test_a_session_interface_works_as_without_the_watcher(app: Flask) -> None:
    """A session interface of the app's own, set after the app was watched, is called once each, and seen."""
    with SandboxServer(app) as server:
        original = Interface()
        app.session_interface = original
        app.secret_key = "key"
        said = talk(server.port, b"GET /v HTTP/1.1\r\n\r\n")
        timeline = server.exchange_of(said.client_port, wait_s=WAIT_S).timeline
    assert timeline is not None
    assert kinds(timeline).count("session_opened") == kinds(timeline).count("session_saved") == 1
    assert original.said == ["open", "save"]
    stand_in = app.session_interface
    assert isinstance(stand_in, Interface)
    assert stand_in.said is original.said
    stand_in.pickle_based = True
    assert vars(original)["pickle_based"] is True
    del stand_in.pickle_based
    assert "pickle_based" not in vars(original)
    assert stand_in.get_signing_serializer(app) is not None
    assert not hasattr(stand_in, "nothing")


def test_a_session_that_cannot_be_opened(app: Flask) -> None:
    """Where opening the session fails, the timeline says with what, inside the pushed context."""
    app.session_interface = Interface()
    timeline = timeline_of(app, "/boom")
    assert kinds(timeline)[1:3] == ["request_context_pushed", "session_opened"]
    assert one(timeline, EventKind.SESSION_OPENED).raised == "LookupError: no session"


def test_apps_do_not_share_a_watched_session_interface(app: Flask) -> None:
    """Watching one app leaves the session interface that all apps share as it is."""
    timeline_of(app, "/v")
    assert type(Flask.session_interface) is SecureCookieSessionInterface
    assert "open_session" not in vars(Flask.session_interface)


def test_times_rise_and_fit_the_whole(app: Flask) -> None:
    """Events carry rising times, and none ends after the request does."""
    timeline = timeline_of(app, "/v")
    starts = [event.at_s for event in timeline.events]
    assert starts == sorted(starts)
    assert all(event.at_s + event.duration_s <= timeline.duration_s for event in timeline.events)


def test_short_circuit() -> None:
    """A before_request function that answers, be it with an empty text, skips all up to after_request."""
    app = Flask("watched")

    @app.before_request
    def first() -> str:
        return ""

    add_hooks(app)
    app.add_url_rule("/v", view_func=lambda: "never", endpoint="v")
    timeline = timeline_of(app, "/v")
    assert calls(timeline)[2:4] == ["before_request first", "after_request a2"]
    assert not timeline.view_ran
    assert one(timeline, EventKind.BEFORE_REQUEST).detail == "''"
    assert timeline.endpoint == "v"


def test_no_rule_matches(app: Flask) -> None:
    """A 404 runs every hook but no view, and says which routing error there was."""
    timeline = timeline_of(app, "/nope")
    assert calls(timeline) == without("v|t1|t2", NORMAL_ORDER)
    assert one(timeline, EventKind.URL_MATCHED).name == ""
    assert one(timeline, EventKind.URL_MATCHED).detail == "NotFound"
    assert (timeline.rule, timeline.endpoint, timeline.view, timeline.status) == ("", "", "", 404)


@pytest.mark.parametrize(
    ("method", "status", "detail"), [("POST", 405, "MethodNotAllowed"), ("OPTIONS", 200, "/v")]
)
def test_no_view_runs(app: Flask, method: str, status: int, detail: str) -> None:
    """Neither a 405 nor an automatic OPTIONS runs the view."""
    timeline = timeline_of(app, "/v", method)
    assert not timeline.view_ran
    assert timeline.status == status
    assert one(timeline, EventKind.URL_MATCHED).detail == detail


def test_unhandled_exception(app: Flask) -> None:
    """A view that crashes still has its after_request functions, and the teardowns get the exception."""
    timeline = timeline_of(app, "/boom")
    expected = [each.replace("view v", "view boom") for each in without("t1|t2", NORMAL_ORDER)]
    assert calls(timeline) == expected
    assert timeline.exception == "ZeroDivisionError"
    assert timeline.teardown_argument == "ZeroDivisionError"
    assert timeline.status == 500
    assert one(timeline, EventKind.VIEW).raised == "ZeroDivisionError: division by zero"
    event = one(timeline, EventKind.EXCEPTION)
    assert (event.name, event.detail) == ("ZeroDivisionError", "division by zero")
    details = {event.detail for event in timeline.events if event.kind is EventKind.TEARDOWN_REQUEST}
    assert details == {"ZeroDivisionError('division by zero')"}


@pytest.mark.parametrize(
    ("target", "handler", "status"), [("/gone", "is_gone", 410), ("/wrong", "is_wrong", 200)]
)
def test_handled_error(app: Flask, target: str, handler: str, status: int) -> None:
    """An error with a handler is no exception of the request: the handler runs, teardown gets None."""
    timeline = timeline_of(app, target)
    assert f"errorhandler {handler}" in calls(timeline)
    assert timeline.exception == ""
    assert timeline.teardown_argument == "None"
    assert timeline.status == status


def test_handler_of_500() -> None:
    """With a handler of 500 the exception still counts as unhandled, and the handler follows it."""
    app = Flask("watched")

    @app.route("/boom")
    def boom() -> str:
        raise KeyError("k")

    @app.errorhandler(500)
    def page(_error: Exception) -> ResponseReturnValue:
        return "sorry", 500

    @app.teardown_request
    def teardown(_error: BaseException | None) -> None:
        pass

    timeline = timeline_of(app, "/boom")
    assert calls(timeline) == ["view boom", "errorhandler page", "teardown_request teardown"]
    assert kinds(timeline).index("exception") < kinds(timeline).index("errorhandler")
    assert timeline.teardown_argument == "KeyError"


def test_propagated_exception() -> None:
    """An exception that leaves the app is said once, and the status is the server's 500."""
    app = Flask("watched")
    app.config["PROPAGATE_EXCEPTIONS"] = True

    @app.route("/boom")
    def boom() -> str:
        raise KeyError("k")

    timeline = timeline_of(app, "/boom")
    assert one(timeline, EventKind.EXCEPTION).name == "KeyError"
    assert timeline.status == 500


def test_a_raising_teardown() -> None:
    """A teardown that raises is said with its exception, and the contexts are popped all the same."""
    app = Flask("watched")
    add_hooks(app)

    @app.route("/v")
    def v() -> str:
        return "v"

    @app.teardown_request
    def broken(_error: BaseException | None) -> None:
        raise LookupError("in teardown")

    timeline = timeline_of(app, "/v")
    assert "teardown_request broken" in calls(timeline)
    assert "teardown_appcontext x1" in calls(timeline)
    assert kinds(timeline).index("request_context_popped") < kinds(timeline).index("teardown_appcontext")
    [raised] = [event.raised for event in timeline.events if event.name == "broken"]
    assert raised == "LookupError: in teardown"
    assert timeline.exception  # Flask 3.2 raises it in a group
    assert timeline.status == 500


def test_a_raising_after_request(app: Flask) -> None:
    """Where an after_request function raises, those before it are seen to run a second time."""

    @app.after_request
    def broken(response: Response) -> Response:
        if response.status_code == 200:
            raise LookupError
        return response

    timeline = timeline_of(app, "/v")
    assert timeline.function_names.count("broken") == 2
    assert timeline.function_names.count("t1") == 2
    assert timeline.exception == "LookupError"


def test_an_after_request_that_forgets_to_return() -> None:
    """The None that a hook gives goes to the next hook, which is still an after_request."""
    app = Flask("watched")

    @app.route("/v")
    def v() -> str:
        return "v"

    @app.after_request
    def second(response: Response) -> Response:
        return response

    @app.after_request
    def first(_response: Response) -> Response:
        return None  # type: ignore[return-value]  # the mistake is the subject

    timeline = timeline_of(app, "/v")
    assert calls(timeline) == ["view v", "after_request first", "after_request second"]
    assert timeline.status == 500
    assert timeline.exception == "TypeError"


def test_blueprint_order() -> None:
    """The functions of a blueprint stand inside those of the app: after them before, before them after."""
    app = Flask("watched")
    blueprint = Blueprint("bp", "bp")
    for owner, name in ((app, "app"), (blueprint, "bp")):
        owner.url_value_preprocessor(named(f"pp_{name}", lambda _endpoint, _values: None))
        owner.before_request(named(f"b_{name}", lambda: None))
        owner.after_request(named(f"a_{name}", lambda response: response))
        owner.teardown_request(named(f"d_{name}", lambda _error: None))

    @blueprint.route("/v")
    def v() -> str:
        raise KeyError

    @blueprint.errorhandler(KeyError)
    def handler(_error: KeyError) -> str:
        return "handled"

    app.register_blueprint(blueprint, url_prefix="/bp")
    timeline = timeline_of(app, "/bp/v")
    assert calls(timeline) == [
        "url_value_preprocessor pp_app",
        "url_value_preprocessor pp_bp",
        "before_request b_app",
        "before_request b_bp",
        "view v",
        "errorhandler handler",
        "after_request a_bp",
        "after_request a_app",
        "teardown_request d_bp",
        "teardown_request d_app",
    ]
    assert timeline.endpoint == "bp.v"


def test_async_functions() -> None:
    """Async views, hooks and handlers are seen by their own names and kinds."""
    app = Flask("watched")

    @app.before_request
    async def before() -> None:
        pass

    @app.after_request
    async def after(response: Response) -> Response:
        return response

    @app.teardown_request
    async def teardown(_error: BaseException | None) -> None:
        pass

    @app.route("/v")
    async def v() -> str:
        abort(404)

    @app.errorhandler(404)
    async def handler(_error: Exception) -> ResponseReturnValue:
        return "not here", 404

    timeline = timeline_of(app, "/v")
    assert calls(timeline) == [
        "before_request before",
        "view v",
        "errorhandler handler",
        "after_request after",
        "teardown_request teardown",
    ]
    assert one(timeline, EventKind.ERROR_HANDLER).detail == "('not here', 404)"


def test_the_contexts_of_a_stream_are_popped_before_it() -> None:
    """A generator runs after the contexts are popped; stream_with_context has them pushed again for it."""
    app = Flask("watched")

    @app.teardown_appcontext
    def teardown(_error: BaseException | None) -> None:
        pass

    @app.route("/plain")
    def plain() -> ResponseReturnValue:
        def parts() -> Iterator[str]:
            yield str(bool(current_app))

        return parts()

    @app.route("/held")
    def held() -> ResponseReturnValue:
        def parts() -> Iterator[str]:
            yield current_app.name

        return stream_with_context(parts())

    timeline = timeline_of(app, "/plain")
    assert kinds(timeline)[-1] == "app_context_popped"
    assert kinds(timeline).count("request_context_popped") == 1
    assert one(timeline, EventKind.VIEW).detail == "<generator parts>"
    timeline = timeline_of(app, "/held")
    assert kinds(timeline)[-1] == "app_context_popped"
    assert one(timeline, EventKind.VIEW).detail == "stream_with_context(…)"
    assert kinds(timeline).count("request_context_pushed") == kinds(timeline).count("request_context_popped")
    assert kinds(timeline).count("url_matched") == 1
    assert set(timeline.function_kinds) == {"view", "teardown_appcontext"}


def test_view_arguments_have_their_python_types() -> None:
    """The variable parts of the URL stand with their types and values, beside the rule and the endpoint."""
    app = Flask("watched")

    @app.route("/a/<int:number>/<float:ratio>/<word>/<uuid:key>/<path:rest>", endpoint="all-of-them")
    def show(**_values: object) -> str:
        return "seen"

    key = uuid.UUID(int=5)
    timeline = timeline_of(app, f"/a/7/1.5/Grey/{key}/x/y")
    assert timeline.rule == "/a/<int:number>/<float:ratio>/<word>/<uuid:key>/<path:rest>"
    assert (timeline.endpoint, timeline.view) == ("all-of-them", "show")
    assert [(each.name, each.type, each.value) for each in timeline.view_arguments] == [
        ("number", "int", "7"),
        ("ratio", "float", "1.5"),
        ("word", "str", "'Grey'"),
        ("key", "UUID", f"UUID('{key}')"),
        ("rest", "str", "'x/y'"),
    ]


def test_one_function_in_several_roles() -> None:
    """A function registered as several kinds is named by the role it plays in each call."""
    app = Flask("watched")

    def busy(*args: Any) -> Any:
        return args[0] if args else None

    turns: list[str] = []

    def page() -> Any:
        turns.append("ran")
        return "page" if len(turns) > 1 else None

    app.before_request(busy)
    app.after_request(busy)
    app.teardown_request(busy)
    app.teardown_appcontext(busy)
    app.before_request(page)
    app.add_url_rule("/v", view_func=page)
    timeline = timeline_of(app, "/v")
    assert calls(timeline) == [
        "before_request busy",
        "before_request page",
        "view page",
        "after_request busy",
        "teardown_request busy",
        "teardown_appcontext busy",
    ]


def test_context_processors_stand_inside_what_renders() -> None:
    """A template's context processors stand inside the view that renders it; Flask's own is left out."""
    app = Flask("watched")

    @app.context_processor
    def colours() -> dict[str, Any]:
        return {"red": 1}

    @app.route("/v")
    def v() -> str:
        return render_template_string("{{ red }}")

    timeline = timeline_of(app, "/v")
    view, processor = one(timeline, EventKind.VIEW), one(timeline, EventKind.CONTEXT_PROCESSOR)
    assert processor.name == "colours"
    assert processor.detail == "{'red': 1}"
    assert view.at_s <= processor.at_s
    assert processor.at_s + processor.duration_s <= view.at_s + view.duration_s


def test_calls_of_the_app_itself_are_no_hooks() -> None:
    """What a view runs through ensure_sync, as class-based views do, is not mistaken for a hook."""
    app = Flask("watched")

    class Page(MethodView):
        def get(self) -> str:
            current_app.ensure_sync(lambda: None)()
            current_app.ensure_sync(lambda argument: argument)(Response())
            return "page"

    app.add_url_rule("/v", view_func=Page.as_view("page"))
    timeline = timeline_of(app, "/v")
    assert calls(timeline) == ["view page"]


def test_hooks_registered_while_served_are_seen() -> None:
    """Functions registered after the server took the app, and before its first request, count."""
    app = Flask("watched")
    with SandboxServer(app) as server:
        add_hooks(app)

        @app.route("/v")
        def v() -> str:
            return "v"

        said = talk(server.port, b"GET /v HTTP/1.1\r\n\r\n")
        timeline = server.exchange_of(said.client_port, wait_s=WAIT_S).timeline
    assert timeline is not None
    assert calls(timeline) == without("t1|t2", NORMAL_ORDER)


def test_two_apps_do_not_see_each_other() -> None:
    """An app called from within another one leaves no events in the other's timeline."""
    inner = Flask("inner")
    add_hooks(inner)
    inner.add_url_rule("/v", view_func=lambda: "inner", endpoint="v")
    outer = Flask("outer")

    @outer.route("/v")
    def v() -> str:
        return inner.test_client().get("/v").get_data(as_text=True)

    with SandboxServer(inner) as server:
        server.replace_app(outer)
        said = talk(server.port, b"GET /v HTTP/1.1\r\n\r\n")
        timeline = server.exchange_of(said.client_port, wait_s=WAIT_S).timeline
    assert timeline is not None
    assert said.received.endswith(b"inner")
    assert calls(timeline) == ["view v"]
    assert kinds(timeline).count("request_started") == 1


@pytest.mark.parametrize("target", ["/v", "/boom", "/gone", "/wrong", "/nope"])
def test_bodies_are_the_same_unwatched(app: Flask, target: str) -> None:
    """A watched app answers the same bodies as one that nobody watches, the page of a 500 included."""
    app.logger.disabled = True
    expected = app.test_client().get(target).data
    app.logger.disabled = False
    with SandboxServer(app) as server:
        received = talk(server.port, f"GET {target} HTTP/1.1\r\n\r\n".encode()).received
    assert received.partition(b"\r\n\r\n")[2] == expected


def test_an_app_is_freed() -> None:
    """An app that is no longer served and no longer used is not kept alive by its watcher."""
    app = Flask("watched")
    app.add_url_rule("/v", view_func=lambda: "v", endpoint="v")
    reference = weakref.ref(app)
    with SandboxServer(app) as server:
        talk(server.port, b"GET /v HTTP/1.1\r\n\r\n")
    del app, server
    gc.collect()
    assert reference() is None


def test_an_app_is_freed_while_its_exchange_is_kept() -> None:
    """The app of a step goes with the step, though what it answered, timeline included, can be asked for."""
    app = Flask("watched")
    app.add_url_rule("/v", view_func=lambda: "v", endpoint="v")
    reference = weakref.ref(app)
    with SandboxServer(app) as server:
        asked = talk(server.port, b"GET /v HTTP/1.1\r\n\r\n")
        exchange = server.exchange_of(asked.client_port, wait_s=WAIT_S)
        server.replace_app(Flask("next"))
        del app
        gc.collect()
        assert reference() is None
        assert server.exchange_of(asked.client_port, wait_s=0) == exchange
        assert exchange.timeline is not None


def test_a_request_is_freed_at_its_end() -> None:
    """A watched request is freed when it is over, without waiting for a garbage collection."""
    app = Flask("watched")
    seen: list[weakref.ref[Any]] = []

    @app.route("/v")
    def v() -> str:
        seen.append(weakref.ref(request_ctx._get_current_object()))  # type: ignore[attr-defined]  # a proxy
        return "v"

    gc.collect()
    gc.disable()
    try:
        timeline_of(app, "/v")
        assert seen[0]() is None
    finally:
        gc.enable()


def test_a_request_under_way_has_a_timeline_so_far() -> None:
    """Asked in the middle of a view, the timeline holds what has happened up to then."""
    app = Flask("watched")
    stop = app.extensions["stop"] = threading.Event()

    @app.route("/v")
    def v() -> str:
        stop.wait(WAIT_S)
        return "v"

    with SandboxServer(app) as server:
        results: list[int] = []
        thread = threading.Thread(
            target=lambda: results.append(talk(server.port, b"GET /v HTTP/1.1\r\n\r\n").client_port)
        )
        thread.start()
        timeline = None
        while timeline is None or not timeline.view_ran:
            for connection in list(server._newest.values()):
                timeline = connection.snapshot().timeline
        assert kinds(timeline)[-1] == "view"
        assert timeline.status == 0
        stop.set()
        thread.join(WAIT_S)
        after = server.exchange_of(results[0], wait_s=WAIT_S).timeline
    assert after is not None
    assert after.status == 200


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Hello, Flask!", "'Hello, Flask!'"),
        ("x" * 100, "'" + "x" * 60 + "…'"),
        (b"\x00", r"b'\x00'"),
        (("created", 201), "('created', 201)"),
        (("x" * 50, 201), "(…, 201)"),
        (("x",), "('x',)"),
        (None, "None"),
        ({"b": 1, "a": [1, 2]}, "{'b': 1, 'a': [1, 2]}"),
        (list(range(1000)), "[" + ", ".join(str(number) for number in range(20)) + ", …]"),
        (redirect("/x", 302), "<Response 302>"),
        ((part for part in "abc"), "<generator <genexpr>>"),
        (Unprintable(), "<Unprintable>"),
    ],
)
def test_describes_values_as_python_writes_them(value: object, shown: str) -> None:
    """Values stand as Python would write them, shortened, whatever the app's own repr does."""
    written = describe(value)
    assert written == shown or (
        written.startswith("[0, 1") and written.endswith(", …]") and len(written) < 66
    )
