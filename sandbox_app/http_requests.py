"""Section 2.2, HTTP requests: what a request carries, how a URL finds its view, and the hooks around a view.

The default app has no app-wide hooks, so that a timeline shows the view alone; each hook stands in a
configuration.
"""
# ruff: noqa: ARG001 -- Flask decides which arguments a hook or a view gets, whether or not it uses them.

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from flask import Blueprint, Flask, Response, abort, after_this_request, request


def add_to(app: Flask, configuration: str) -> None:
    """Register the section's views, and the hooks and settings of the configuration.

    Raises:
        ValueError: the section has no such configuration; the message names those it has.
    """
    if configuration not in CONFIGURATIONS:
        known = ", ".join(repr(name) for name in CONFIGURATIONS)
        raise ValueError(f"section 2.2 has no configuration {configuration!r}; it has {known}")
    add_address_views(app)
    add_body_views(app)
    add_converters(app)
    add_competing_rules(app)
    add_slashes(app)
    add_notes(app)
    add_hook_subjects(app)
    if configuration:
        _ADDITIONS[configuration](app)


# The request object.


def add_address_views(app: Flask) -> None:
    """What the request line and the fields say."""

    @app.route("/hello")
    def hello() -> str:
        return "Hello, Flask!"

    @app.route("/echo/<int:n>")
    def echo_url(n: int) -> dict[str, Any]:
        return {
            "method": request.method,
            "host": request.host,
            "path": request.path,
            "full_path": request.full_path,
            "base_url": request.base_url,
            "url": request.url,
            "a": request.args["a"],
            "view_args": request.view_args,
        }

    @app.route("/echo")
    def echo() -> dict[str, Any]:
        return {
            "lang": request.accept_languages.best_match(["en", "zh"]),
            "cookies": request.cookies,
            "user_agent": request.user_agent.string,
            "remote_addr": request.remote_addr,
            "x_thing": request.headers.get("x-thing"),
        }

    @app.route("/all")
    def all_values() -> dict[str, Any]:
        return {"first": request.args["a"], "all": request.args.getlist("a")}

    @app.route("/need")
    def need() -> dict[str, str]:
        return {"who": request.args["who"]}

    @app.route("/page")
    def page() -> dict[str, int]:
        return {"page": request.args.get("page", 1, type=int)}


def add_body_views(app: Flask) -> None:
    """What the body says, and which attribute it lands in."""

    @app.route("/form", methods=["POST"])
    def form() -> dict[str, Any]:
        return {
            "args": request.args.to_dict(),
            "form": request.form.to_dict(),
            "values": request.values.to_dict(flat=False),
        }

    @app.route("/upload", methods=["POST"])
    def upload() -> dict[str, Any]:
        return {
            "form": request.form.to_dict(),
            "files": {name: file.filename for name, file in request.files.items()},
        }

    @app.route("/raw", methods=["POST"])
    def raw() -> dict[str, Any]:
        return {"form": request.form.to_dict(), "data": request.data.decode()}

    @app.route("/json", methods=["POST", "PUT"])
    def take_json() -> dict[str, Any]:
        return {"got": request.json}

    @app.route("/signup", methods=["POST"])
    def sign_up() -> dict[str, str]:
        return {"name": request.form["name"]}

    @app.route("/order/form", methods=["POST"])
    def form_first() -> dict[str, Any]:
        form = request.form.to_dict()
        return {"form": form, "data": request.get_data(as_text=True)}

    @app.route("/order/data", methods=["POST"])
    def data_first() -> dict[str, Any]:
        data = request.get_data(as_text=True)
        return {"form": request.form.to_dict(), "data": data}

    @app.route("/order/uncached", methods=["POST"])
    def data_first_uncached() -> dict[str, Any]:
        data = request.get_data(cache=False, as_text=True)
        return {"form": request.form.to_dict(), "data": data}


# From URL to view.


def add_converters(app: Flask) -> None:
    """Each converter, with the Python value that it makes."""

    @app.route("/conv/string/<x>")
    @app.route("/conv/int/<int:x>")
    @app.route("/conv/float/<float:x>")
    @app.route("/conv/path/<path:x>")
    @app.route("/conv/uuid/<uuid:x>")
    def conv(x: str | int | float | UUID) -> dict[str, str]:
        return {"type": type(x).__name__, "value": str(x)}

    @app.route("/goback/<int:year>")
    def go_back(year: int) -> str:
        return f"Welcome to {2026 - year}!"

    @app.route("/colors/<any(blue, white, red):color>")
    def colors(color: str) -> str:
        return f"You chose {color}."

    @app.route("/degrees/<int(signed=True):degrees>")
    def degrees(degrees: int) -> str:
        return f"{degrees} °C"


def add_competing_rules(app: Flask) -> None:
    """Rules that fit one address at once. They are registered in the order in which they lose."""

    @app.route("/room/<path:rest>")
    def room_path(rest: str) -> str:
        return "path"

    @app.route("/room/<word>")
    def room_string(word: str) -> str:
        return "string"

    @app.route("/room/<int:number>")
    def room_int(number: int) -> str:
        return "int"

    @app.route("/room/7")
    def room_seven() -> str:
        return "static"

    @app.route("/list/", defaults={"page": 1})
    @app.route("/list/<int:page>")
    def listing(page: int) -> str:
        return f"Page {page}"


def add_slashes(app: Flask) -> None:
    """Rules with a slash at the end, and without."""

    @app.route("/dir/", methods=["GET", "POST"])
    def folder() -> dict[str, Any]:
        return {"method": request.method, "form": request.form.to_dict()}

    @app.route("/getdir/")
    def reading_folder() -> str:
        return "Only for reading"

    @app.route("/leaf")
    def leaf() -> str:
        return "A leaf"

    @app.route("/item/<name>")
    def item(name: str) -> dict[str, str]:
        return {"name": name}

    @app.route("/a/")
    def letter() -> str:
        return "A"


def add_notes(app: Flask) -> None:
    """Notes to read, add, replace and delete: what each method means. They last as long as the app."""
    notes: dict[int, str] = {}

    @app.route("/notes", methods=["GET", "POST"])
    def all_notes() -> dict[str, int]:
        if request.method == "POST":
            number = max(notes, default=0) + 1
            notes[number] = request.get_data(as_text=True)
        return {"notes": len(notes)}

    @app.route("/notes/<int:number>", methods=["GET", "PUT", "DELETE"])
    def one_note(number: int) -> dict[str, int]:
        if request.method == "PUT":
            notes[number] = request.get_data(as_text=True)
        if request.method == "DELETE":
            notes.pop(number, None)
        return {"notes": len(notes)}


# Hooks.


def add_hook_subjects(app: Flask) -> None:
    """Views for hooks to run around; they have none of their own but what they register for one request."""

    @app.route("/visit")
    def visit() -> str:
        @after_this_request
        def remember(response: Response) -> Response:
            response.set_cookie("visitor", "Grey")
            return response

        return "Welcome!"

    @app.route("/boom")
    def boom() -> str:
        return str(1 / 0)

    @app.route("/gone")
    def gone() -> str:
        abort(410)

    @app.route("/forbidden")
    def forbidden() -> str:
        abort(403)

    @app.route("/hook/<name>")
    def hook(name: str) -> dict[str, str]:
        try:
            getattr(app, name)
        except AttributeError as error:
            return {"AttributeError": str(error)}
        return {"found": name}


def add_hooks(app: Flask) -> None:
    """Two hooks of each kind that the lesson orders, and a teardown_appcontext behind them."""

    @app.before_request
    def first_before() -> None:
        pass

    @app.before_request
    def second_before() -> None:
        pass

    @app.after_request
    def first_after(response: Response) -> Response:
        response.headers.add("X-After", "first_after")
        return response

    @app.after_request
    def second_after(response: Response) -> Response:
        response.headers.add("X-After", "second_after")
        return response

    @app.teardown_request
    def first_teardown(error: BaseException | None) -> None:
        pass

    @app.teardown_request
    def second_teardown(error: BaseException | None) -> None:
        pass

    @app.teardown_appcontext
    def leave_context(error: BaseException | None) -> None:
        pass


def add_last_seen(app: Flask) -> None:
    """A hook that notes which endpoint was asked for, as a page of last visits would."""

    seen: list[str] = []

    @app.before_request
    def note_visit() -> None:
        seen.append(str(request.endpoint))

    @app.after_request
    def show_visit(response: Response) -> Response:
        response.headers["X-Seen"] = seen[-1]
        return response


def add_empty_answer(app: Flask) -> None:
    """A before_request that answers with an empty string."""

    @app.before_request
    def answer_nothing() -> str:
        return ""

    @app.after_request
    def sign(response: Response) -> Response:
        response.headers["X-After"] = "sign"
        return response


def add_closing_time(app: Flask) -> None:
    """A before_request that answers in place of every view."""

    @app.before_request
    def closed() -> tuple[str, int]:
        return "Closed until Monday", 503

    @app.after_request
    def sign(response: Response) -> Response:
        response.headers["X-After"] = "sign"
        return response


def add_propagation(app: Flask) -> None:
    """The hooks, and unhandled exceptions that leave the app, as debug mode has it."""
    add_hooks(app)
    app.config["PROPAGATE_EXCEPTIONS"] = True


def add_forgetful_hook(app: Flask) -> None:
    """An after_request that returns nothing."""

    def forget(response: Response) -> None:
        response.headers["X-After"] = "forget"

    # The annotation of after_request refuses a function that returns None; that is what the lesson shows.
    app.after_request(cast(Callable[[Response], Response], forget))


def add_failing_after(app: Flask) -> None:
    """An after_request that raises, and one that counts how often it is called."""
    calls: list[str] = []

    @app.after_request
    def fail(response: Response) -> Response:
        raise ValueError("not today")

    @app.after_request
    def count(response: Response) -> Response:
        calls.append(request.path)
        response.headers["X-Calls"] = str(len(calls))
        return response


def add_failing_teardown(app: Flask) -> None:
    """A teardown_request that raises after the view has answered."""

    @app.teardown_request
    def fail_late(error: BaseException | None) -> None:
        raise ValueError("too late")


def add_set_up(app: Flask) -> None:
    """Three places for set-up work, each counting how often it ran."""
    runs = {"start_up": 0, "before_request": 0, "teardown_appcontext": 0}

    @app.before_request
    def before_every_request() -> None:
        runs["before_request"] += 1

    @app.teardown_appcontext
    def after_every_context(error: BaseException | None) -> None:
        runs["teardown_appcontext"] += 1

    @app.route("/runs")
    def count_runs() -> dict[str, int]:
        return runs

    with app.app_context():
        runs["start_up"] += 1


def add_blueprint(app: Flask) -> None:
    """Hooks of the app and hooks of a blueprint around one view."""
    shop = Blueprint("shop", __name__, url_prefix="/shop")

    @shop.before_request
    def shop_before() -> None:
        pass

    @shop.after_request
    def shop_after(response: Response) -> Response:
        response.headers.add("X-After", "shop_after")
        return response

    @shop.route("/visit")
    def shop_visit() -> str:
        return "Welcome to the shop!"

    @app.url_value_preprocessor
    def look_at_arguments(endpoint: str | None, view_args: dict[str, Any] | None) -> None:
        pass

    @app.before_request
    def app_before() -> None:
        pass

    @app.after_request
    def app_after(response: Response) -> Response:
        response.headers.add("X-After", "app_after")
        return response

    app.register_blueprint(shop)


_ADDITIONS: dict[str, Callable[[Flask], None]] = {
    "hooks": add_hooks,
    "last-seen": add_last_seen,
    "empty-answer": add_empty_answer,
    "closing-time": add_closing_time,
    "propagation": add_propagation,
    "forgetful-hook": add_forgetful_hook,
    "failing-after": add_failing_after,
    "failing-teardown": add_failing_teardown,
    "set-up": add_set_up,
    "blueprint": add_blueprint,
}

CONFIGURATIONS = ("", *_ADDITIONS)
"""The names that `add_to` accepts; the empty one is the default."""
