"""Section 2.4, contexts: what `current_app`, `g`, `request` and `session` stand for, how long, and where not.

The default app has no hooks, so that a timeline shows the contexts alone. What the views share stands in
this module's functions: a new app begins anew.
"""
# ruff: noqa: ARG001 -- Flask decides which arguments a hook gets, whether or not it uses them.

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Callable, Iterator
from contextvars import Context, copy_context
from typing import Any

from flask import (
    Flask,
    Response,
    copy_current_request_context,
    current_app,
    g,
    render_template_string,
    request,
    session,
    stream_with_context,
    url_for,
)
from flask.json.provider import DefaultJSONProvider

from sandbox_app.waits import MAIL_S, VISIT_S, wait

KEY = secrets.token_hex()
"""Signs sessions, the same in every configuration, as in copies of one app."""


def add_to(app: Flask, configuration: str) -> None:
    """Register the section's views, and the hooks of the configuration.

    Raises:
        ValueError: the section has no such configuration; the message names those it has.
    """
    if configuration not in CONFIGURATIONS:
        known = ", ".join(repr(name) for name in CONFIGURATIONS)
        raise ValueError(f"section 2.4 has no configuration {configuration!r}; it has {known}")
    app.secret_key = KEY
    app.config["MAIL_SENDER"] = "shop@a.example"
    if isinstance(app.json, DefaultJSONProvider):
        app.json.ensure_ascii = False
    add_visitors(app)
    add_scripts(app)
    add_proxies(app)
    add_counters(app)
    add_threads(app)
    add_streams(app)
    add_async_views(app)
    if configuration in _ADDITIONS:
        _ADDITIONS[configuration](app)


def outcome(work: Callable[[], object]) -> str:
    """What a piece of code gives, as text: its value, or the error's class and the first line it says."""
    try:
        return str(work())
    except Exception as error:
        text = str(error).partition("\n")[0]
        return f"{type(error).__name__}: {text}"


def as_script(work: Callable[[], object]) -> str:
    """The outcome of code that runs as in a script: no context is pushed around it."""
    return Context().run(outcome, work)


def in_thread(work: Callable[[], object]) -> str:
    """The outcome of code in a thread of its own, which has ended when this returns."""
    found: list[str] = []

    def run() -> None:
        # A free-threaded Python hands its threads the starter's context variables; all others begin empty.
        found.append(Context().run(outcome, work))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join()
    return found[0]


def briefly(said: str) -> str:
    """An outcome without what an error says, so that it fits a row."""
    return said.partition(":")[0]


def usable() -> dict[str, bool]:
    """Which of Flask's names can be used here."""
    uses: dict[str, Callable[[], object]] = {
        "current_app": lambda: current_app.name,
        "g": lambda: g.get("mark"),
        "request": lambda: request.path,
        "session": lambda: session.get("visits"),
        "url_for": lambda: url_for("welcome"),
    }
    return {name: not outcome(use).startswith("RuntimeError") for name, use in uses.items()}


# Visitors.


def add_visitors(app: Flask) -> None:
    """Views that several visitors share."""
    guests: list[str] = []
    last = {"name": "stranger"}

    @app.route("/hello")
    def hello() -> dict[str, Any]:
        guests.append(request.args["name"])
        wait(app, VISIT_S)
        return {"hello": request.args["name"], "guests": guests}

    @app.route("/welcome")
    def welcome() -> dict[str, str]:
        if "name" in request.args:
            last["name"] = request.args["name"]
            g.name = request.args["name"]
        return {"g": g.get("name", "stranger"), "global": last["name"]}

    @app.route("/visits")
    def visits() -> dict[str, Any]:
        session["visits"] = session.get("visits", 0) + 1
        return dict(session)

    @app.route("/divide/<int:number>")
    def ratio(number: int) -> str:
        return str(number / int(request.args["by"]))


# Code outside a request.


def add_scripts(app: Flask) -> None:
    """Each view runs a script, and says how it ended."""

    @app.route("/script/bare")
    def script_bare() -> str:
        def script() -> str:
            return current_app.name

        return as_script(script)

    @app.route("/script/app-context")
    def script_app_context() -> dict[str, bool]:
        def script() -> None:
            with app.app_context():
                found.update(usable())

        found: dict[str, bool] = {}
        as_script(script)
        return found

    @app.route("/script/request-context")
    def script_request_context() -> dict[str, bool]:
        def script() -> None:
            with app.test_request_context("/?a=1"):
                found.update(usable())

        found: dict[str, bool] = {}
        as_script(script)
        return found

    @app.route("/script/path")
    def script_path() -> str:
        def script() -> str:
            with app.app_context():
                return request.path

        return as_script(script)


# What the names are.


def add_proxies(app: Flask) -> None:
    """Questions to the proxies, and contexts inside contexts."""

    @app.route("/proxy")
    def proxy() -> dict[str, bool]:
        the_proxy: Any = current_app
        return {
            "equal": the_proxy == app,
            "the same": the_proxy is app,
            "unwrapped": the_proxy._get_current_object() is app,
        }

    @app.route("/script/proxy")
    def script_proxy() -> str:
        def script() -> str:
            return f"{request!r} is {bool(request)}"

        return as_script(script)

    @app.route("/names")
    def names() -> Response:
        text = render_template_string(
            "request {{ request is defined }}\n"
            "session {{ session is defined }}\n"
            "g {{ g is defined }}\n"
            "config {{ config is defined }}\n"
            "current_app {{ current_app is defined }}\n"
        )
        return Response(text, mimetype="text/plain")

    @app.route("/inner")
    def inner() -> dict[str, str]:
        g.mark = "outer"
        with app.app_context():
            inside = g.get("mark", "empty")
        return {"inside": inside, "after": g.mark}

    @app.route("/mark")
    def mark() -> str:
        return str(g.get("mark", "empty"))

    @app.route("/script/client")
    def script_client() -> str:
        def script() -> str:
            with app.app_context():
                g.mark = "outer"
                return app.test_client().get("/mark").text

        return as_script(script)


# What lasts.


def add_counters(app: Flask) -> None:
    """Counts kept in different places."""
    shared = {"n": 0}

    @app.route("/count")
    def count() -> dict[str, int]:
        g.n = g.get("n", 0) + 1
        shared["n"] = shared["n"] + 1
        session["n"] = session.get("n", 0) + 1
        return {"g": g.n, "global": shared["n"], "session": session["n"]}

    @app.route("/basket")
    def basket() -> list[str]:
        g.setdefault("basket", []).append(request.args["add"])
        items: list[str] = g.basket
        return items


# Threads.


def add_threads(app: Flask) -> None:
    """Work that a view hands to a thread and waits for."""

    @app.route("/thread")
    def thread() -> str:
        def work() -> str:
            return request.path

        return in_thread(work)

    @app.route("/thread/name")
    def thread_name() -> str:
        def work() -> str:
            return current_app.name

        return in_thread(work)

    @app.route("/thread/copied")
    def thread_copied() -> str:
        @copy_current_request_context
        def work() -> str:
            return f"{request.path} {g.get('mark', 'empty')}"

        g.mark = "m"
        return in_thread(work)

    @app.route("/mail/nothing")
    def mail_nothing() -> str:
        def mail() -> str:
            return f"from {current_app.config['MAIL_SENDER']}"

        return briefly(in_thread(mail))

    @app.route("/mail/proxy")
    def mail_proxy() -> str:
        def mail() -> str:
            with handed.app_context():
                return f"from {current_app.config['MAIL_SENDER']}"

        handed = current_app
        return briefly(in_thread(mail))

    @app.route("/mail/app")
    def mail_app() -> str:
        def mail() -> str:
            with handed.app_context():
                return f"from {current_app.config['MAIL_SENDER']}"

        proxy: Any = current_app
        handed = proxy._get_current_object()
        return briefly(in_thread(mail))


# Streams.


def add_streams(app: Flask) -> None:
    """Generators that need the request while they run."""

    @app.route("/stream/late")
    def stream_late() -> Iterator[str]:
        def words() -> Iterator[str]:
            yield "You asked for "
            yield request.path

        return words()

    @app.route("/stream/early")
    def stream_early() -> Iterator[str]:
        def words() -> Iterator[str]:
            yield request.path
            yield " is what you asked for"

        return words()

    @app.route("/stream/kept")
    def stream_kept() -> Iterator[str]:
        def words() -> Iterator[str]:
            yield "You asked for "
            yield request.path

        return stream_with_context(words())

    @app.route("/stream/name")
    def stream_name() -> Iterator[str]:
        def words() -> Iterator[str]:
            yield "Hello, "
            yield request.args["name"]

        return words()


# Async views, and where the names are kept.


def add_async_views(app: Flask) -> None:
    """A task that an async view leaves behind, and two looks at where the request is kept."""
    mail: dict[str, asyncio.Task[None]] = {}

    @app.route("/later")
    async def later() -> str:
        async def send_mail() -> None:
            await asyncio.sleep(MAIL_S)

        mail["task"] = asyncio.create_task(send_mail())
        return f"Your mail from {request.path} is on its way."

    @app.route("/later/state")
    def later_state() -> str:
        if "task" not in mail:
            return "no mail yet"
        if mail["task"].cancelled():
            return "cancelled"
        return "sent" if mail["task"].done() else "on its way"

    @app.route("/where")
    def where() -> dict[str, str]:
        def look() -> str:
            return outcome(lambda: request.path)

        copied = copy_context()
        return {
            "same thread, empty context": briefly(Context().run(look)),
            "new thread, copied context": in_thread(lambda: copied.run(look)),
        }


# Configurations.


def add_hooks(app: Flask) -> None:
    """A hook of each kind around the view; one of them writes to the session when it is too late."""

    @app.before_request
    def open_page() -> None:
        pass

    @app.after_request
    def close_page(response: Response) -> Response:
        return response

    @app.teardown_request
    def write_late(error: BaseException | None) -> None:
        session["late"] = True

    @app.teardown_appcontext
    def end_context(error: BaseException | None) -> None:
        pass


def add_leaving(app: Flask) -> None:
    """A script that leaves an application context, and hooks that write down that they ran."""
    ran: list[str] = []

    @app.before_request
    def note_before() -> None:
        ran.append("before_request")

    @app.after_request
    def note_after(response: Response) -> Response:
        ran.append("after_request")
        return response

    @app.teardown_request
    def note_teardown(error: BaseException | None) -> None:
        ran.append("teardown_request")

    @app.teardown_appcontext
    def note_leaving(error: BaseException | None) -> None:
        ran.append(f"teardown_appcontext {error!r}")

    @app.route("/leave/<how>")
    def leave(how: str) -> list[str]:
        def script() -> None:
            with app.app_context():
                if how == "crash":
                    raise ValueError("no table")

        ran.clear()
        as_script(script)
        return list(ran)


def add_teardown(app: Flask) -> None:
    """A function for the end of each context."""

    @app.teardown_request
    def tidy_up(error: BaseException | None) -> None:
        pass

    @app.teardown_appcontext
    def close_all(error: BaseException | None) -> None:
        pass


def add_stream_log(app: Flask) -> None:
    """Hooks and streams that write down in which order they come."""
    log: list[str] = []

    @app.after_request
    def note_after(response: Response) -> Response:
        log.append("after_request")
        return response

    @app.teardown_request
    def note_teardown(error: BaseException | None) -> None:
        log.append("teardown_request")

    def lines() -> Iterator[str]:
        log.append("first line")
        yield "one\n"
        log.append("last line")
        yield "two\n"

    @app.route("/lines")
    def plain_lines() -> Iterator[str]:
        log.clear()
        return lines()

    @app.route("/lines/kept")
    def kept_lines() -> Iterator[str]:
        log.clear()
        return stream_with_context(lines())

    @app.route("/log")
    def show_log() -> list[str]:
        return list(log)


_ADDITIONS: dict[str, Callable[[Flask], None]] = {
    "hooks": add_hooks,
    "leaving": add_leaving,
    "teardown": add_teardown,
    "stream-log": add_stream_log,
}

CONFIGURATIONS = ("", "second-copy", *_ADDITIONS)
"""The names that `add_to` accepts; the empty one is the default, and `second-copy` is the same once more."""
