"""Section 2.3, HTTP responses: what a view may return, redirects, errors, formats, cookies, the session.

The default app has a SECRET_KEY and no error handlers; those, limits and other keys stand in configurations.
"""
# ruff: noqa: ARG001 -- Flask decides which arguments a handler or a view gets, whether or not it uses them.
# ruff: noqa: F841, N806 -- a variable that looks like a setting, and does nothing, is what one view shows.

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from flask import Flask, Response, abort, jsonify, make_response, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from markupsafe import escape

LESSON_KEY = secrets.token_hex()
"""Signs the lesson's sessions, the same in every app of this process."""
NEXT_KEY = secrets.token_hex()
"""The key after a change."""


def add_to(app: Flask, configuration: str) -> None:
    """Register the section's views, and the handlers and settings of the configuration.

    Raises:
        ValueError: the section has no such configuration; the message names those it has.
    """
    if configuration not in CONFIGURATIONS:
        known = ", ".join(repr(name) for name in CONFIGURATIONS)
        raise ValueError(f"section 2.3 has no configuration {configuration!r}; it has {known}")
    app.config["SECRET_KEY"] = LESSON_KEY
    add_return_values(app)
    add_response_object(app)
    add_formats(app)
    add_redirects(app)
    add_errors(app)
    add_bodies(app)
    add_conditional_views(app)
    add_cookies(app)
    add_cookie_readers(app)
    add_login(app)
    add_session_contents(app)
    add_keys(app)
    if configuration:
        _ADDITIONS[configuration](app)


# From return value to response.


def add_return_values(app: Flask) -> None:
    """Whatever a view may return, and what it may not."""

    @app.route("/hello")
    def hello() -> str:
        name = request.cookies.get("name", "stranger")
        return f"Hello, {escape(name)}!"

    # The values are wrong on purpose, so that the annotation must allow anything.
    @app.route("/return/<kind>")
    def give(kind: str) -> Any:
        return {
            "none": None,
            "number": 5,
            "list": [],
            "pair": ("a", 201),
            "dict": {"a": 1},
        }[kind]

    @app.route("/created/<way>")
    def created(way: str) -> Any:
        note = {"id": 1}
        return {
            "one": (note, {"Location": "/notes/1"}, 201),
            "two": (note, 201, {"Location", "/notes/1"}),
            "three": (note, 201, {"Location": "/notes/1"}),
            "four": (note, 201, "/notes/1"),
        }[way]


def add_response_object(app: Flask) -> None:
    """A response that a view holds in its hands before it returns it."""

    @app.route("/lost")
    def lost() -> Response:
        response = make_response("Not here.")
        response.status_code = 404
        response.headers["X-Status"] = response.status
        response.headers["X-Mood"] = "calm"
        response.headers["x-mood"] = "cheerful"
        return response

    @app.route("/mimetype/<path:mimetype>")
    def mimetype(mimetype: str) -> Response:
        response = make_response()
        response.mimetype = mimetype
        response.data = response.content_type
        return response

    @app.route("/mood")
    def mood() -> Response:
        response = make_response("Noted.")
        response.headers["X-Mood"] = request.args["is"]
        return response


def add_formats(app: Flask) -> None:
    """One note in several formats: named by the address, or asked for with Accept."""
    bodies = {
        "text/html": "<p>to: <b>Grey</b></p>",
        "application/json": '{"to": "Grey"}',
    }

    @app.route("/note/<kind>")
    def note(kind: str) -> Any:
        if kind == "text":
            return "to: Grey", {"Content-Type": "text/plain; charset=utf-8"}
        if kind == "html":
            return "<p>to: <b>Grey</b></p>"
        if kind == "xml":
            return Response('<note to="Grey"/>', mimetype="application/xml")
        return {"to": "Grey"}

    @app.route("/dumps")
    def dumps() -> str:
        return json.dumps({"to": "Grey"})

    @app.route("/jsonify")
    def with_jsonify() -> tuple[Response, int]:
        return jsonify(to="李辉", at=4), 201

    @app.route("/note")
    def wanted_note() -> Response:
        kinds = ["application/json", "text/html"]
        best = request.accept_mimetypes.best_match(kinds)
        if best is None:
            abort(406)
        response = make_response(bodies[best])
        response.mimetype = best
        response.vary.add("Accept")
        return response


# Redirects, errors, bodies.


def add_redirects(app: Flask) -> None:
    """Redirects of every kind, and the place where they lead."""

    @app.route("/go")
    def go() -> ResponseReturnValue:
        return redirect(url_for("hello"))

    @app.route("/user/<name>")
    def user(name: str) -> str:
        return f"The page of {name}"

    @app.route("/go-to-user")
    def go_to_user() -> ResponseReturnValue:
        return redirect(url_for("user"))

    @app.route("/go/<int:code>", methods=["GET", "POST", "PUT"])
    def go_with(code: int) -> ResponseReturnValue:
        return redirect(url_for("arrived"), code=code)

    @app.route("/arrived", methods=["GET", "POST", "PUT"])
    def arrived() -> dict[str, str]:
        return {"method": request.method, "body": request.get_data(as_text=True)}

    @app.route("/hop/<int:left>")
    def hop(left: int) -> Any:
        if left == 0:
            return {"trip": request.headers.get("X-Trip"), "referrer": request.referrer}
        return redirect(url_for("hop", left=left - 1))


def add_errors(app: Flask) -> None:
    """Views that stop with abort."""

    @app.route("/brew/<drink>")
    def brew(drink: str) -> str:
        if drink == "coffee":
            abort(418)
        return "A drop of tea."

    @app.route("/abort/<int:code>")
    def stop(code: int) -> str:
        abort(code)

    @app.route("/boom")
    def boom() -> str:
        return str(1 / 0)


def add_bodies(app: Flask) -> None:
    """Bodies of a known length, of an unknown one, and one that breaks off."""

    @app.route("/empty")
    def empty() -> str:
        return ""

    @app.route("/no-content")
    def no_content() -> tuple[str, int]:
        return "a body", 204

    @app.route("/count")
    def count() -> Iterator[str]:
        yield "one "
        yield "two "
        yield "three"

    @app.route("/count/measured")
    def count_measured() -> tuple[Iterator[str], dict[str, str]]:
        words = iter(["one ", "two ", "three"])
        return words, {"Content-Length": "13"}

    @app.route("/count/broken")
    def count_broken() -> Iterator[str]:
        yield "one "
        raise ValueError("lost count")

    @app.route("/body", methods=["POST"])
    def body() -> dict[str, int]:
        return {"length": len(request.get_data())}

    @app.route("/unread", methods=["POST"])
    def unread() -> str:
        return "Thank you."


def add_conditional_views(app: Flask) -> None:
    """A page with an ETag, which changes when it is written. It lasts as long as the app."""
    page = {"text": "Tea at four.", "version": "v1"}

    @app.route("/page")
    def show_page() -> ResponseReturnValue:
        response = make_response(page["text"])
        response.set_etag(page["version"])
        return response.make_conditional(request)

    @app.route("/page", methods=["PUT"])
    def write_page() -> tuple[str, int]:
        page["text"] = request.get_data(as_text=True)
        page["version"] = f"v{int(page['version'][1:]) + 1}"
        return "", 204


# Cookies.


def add_cookies(app: Flask) -> None:
    """set_cookie with each of its parameters."""

    @app.route("/set/<name>")
    def set_name(name: str) -> Response:
        response = make_response(redirect(url_for("hello")))
        response.set_cookie("name", name)
        return response

    @app.route("/book/<name>")
    def set_name_only(name: str) -> Response:
        response = make_response(url_for("hello"))
        response.set_cookie("name", name)
        return response

    @app.route("/keep/<kind>")
    def keep(kind: str) -> Response:
        kinds: dict[str, Any] = {
            "max-age": {"max_age": 3600},
            "expires": {"expires": datetime(2030, 1, 2, 3, 4, 5)},
            "domain": {"domain": "example.com"},
            "path": {"path": "/blog"},
        }
        response = make_response()
        response.set_cookie("name", "Grey", **kinds[kind])
        return response

    @app.route("/edge/<kind>")
    def edge(kind: str) -> Response:
        kinds: dict[str, Any] = {
            "both": {"max_age": 0, "expires": datetime(2030, 1, 2, 3, 4, 5)},
            "no-path": {"path": None},
            "shop": {"path": "/shop"},
        }
        response = make_response()
        response.set_cookie("name", "Grey", **kinds[kind])
        return response

    @app.route("/guard/<kind>")
    def guard(kind: str) -> Response:
        kinds: dict[str, Any] = {
            "secure": {"secure": True},
            "httponly": {"httponly": True},
            "samesite": {"samesite": "Lax"},
            "partitioned": {"partitioned": True},
            "most": {"secure": True, "httponly": True, "samesite": "Lax"},
        }
        response = make_response()
        response.set_cookie("name", "Grey", **kinds[kind])
        return response

    @app.route("/forget")
    def forget() -> Response:
        response = make_response()
        response.delete_cookie("name")
        return response

    @app.route("/forget/blog")
    def forget_blog() -> Response:
        response = make_response()
        response.delete_cookie("name", path="/blog")
        return response

    @app.route("/line")
    def line() -> Response:
        response = make_response()
        response.headers["Set-Cookie"] = request.args["set"]
        return response

    @app.route("/value")
    def value() -> Response:
        response = make_response()
        response.set_cookie("k", request.args["is"])
        return response


def add_cookie_readers(app: Flask) -> None:
    """Addresses that say which cookies came with the request."""

    @app.route("/")
    @app.route("/blog")
    @app.route("/blog/<path:rest>")
    @app.route("/blogger")
    @app.route("/edge")
    @app.route("/edge/deeper")
    @app.route("/shop")
    @app.route("/shop/<path:rest>")
    @app.route("/shopping")
    @app.route("/cookies")
    def cookies(rest: str = "") -> dict[str, str]:
        return dict(request.cookies)


# The session.


def add_login(app: Flask) -> None:
    """The login of the book, with a name in the session."""

    @app.route("/login")
    def login() -> str:
        session["name"] = "Grey"
        return "Welcome, Grey."

    @app.route("/logout")
    def logout() -> str:
        session.pop("name", None)
        return "Goodbye."

    @app.route("/me")
    def me() -> dict[str, Any]:
        return {"session": dict(session)}

    @app.route("/admin")
    def admin() -> str:
        if session.get("name") != "admin":
            abort(403)
        return "Everything is yours."

    @app.route("/members")
    def members() -> str:
        if "name" not in session:
            abort(403)
        return "Members only."

    @app.route("/peek")
    def peek() -> dict[str, str]:
        cookie = request.cookies["session"]
        payload, timestamp, signature = cookie.split(".")
        padding = "=" * (-len(payload) % 4)
        return {
            "decoded": urlsafe_b64decode(payload + padding).decode(),
            "timestamp": timestamp,
            "signature": signature,
        }


def add_session_contents(app: Flask) -> None:
    """What a session keeps, for how long, and what it does not notice."""

    @app.route("/remember")
    def remember() -> dict[str, int]:
        session.permanent = True
        session["name"] = "Grey"
        return {"days": app.permanent_session_lifetime.days}

    @app.route("/basket")
    def basket() -> dict[str, Any]:
        return {"basket": session.get("basket")}

    @app.route("/basket/new")
    def new_basket() -> dict[str, Any]:
        session["basket"] = ["tea"]
        return {"basket": session["basket"]}

    @app.route("/basket/add/<item>")
    def add_item(item: str) -> dict[str, Any]:
        session["basket"].append(item)
        return {"basket": session["basket"]}

    @app.route("/basket/add-and-say/<item>")
    def add_and_say(item: str) -> dict[str, Any]:
        session["basket"].append(item)
        session.modified = True
        return {"basket": session["basket"]}

    @app.route("/diary")
    def diary() -> str:
        session["diary"] = secrets.token_urlsafe(4000)
        return "Written."

    @app.route("/weight")
    def weight() -> dict[str, int]:
        return {"bytes": len(request.headers.get("Cookie", ""))}

    @app.route("/types/set")
    def keep_set() -> str:
        session["value"] = {1, 2}
        return "Kept."

    @app.route("/types/tuple")
    def keep_tuple() -> str:
        session["value"] = (1, 2)
        session["years"] = {2026: "now"}
        return "Kept."

    @app.route("/types")
    def types() -> dict[str, str]:
        return {"value": repr(session.get("value")), "years": repr(session.get("years"))}


def add_keys(app: Flask) -> None:
    """The ways to spell the key."""

    @app.route("/spellings")
    def spellings() -> dict[str, Any]:
        first, second, third = Flask("a"), Flask("b"), Flask("c")
        SECRET_KEY = "string"
        second.secret_key = "string"
        third.config["SECRET_KEY"] = "string"
        return {
            "first": first.secret_key,
            "second": second.secret_key,
            "third": third.secret_key,
        }


# Configurations.


def add_careless_handlers(app: Flask) -> None:
    """Error handlers that return a text and no status."""

    @app.errorhandler(404)
    def nothing_here(error: Exception) -> str:
        return "Nothing here."

    @app.errorhandler(500)
    def sorry(error: Exception) -> str:
        return "Something broke."


def add_careful_handlers(app: Flask) -> None:
    """An error handler that repeats the status."""

    @app.errorhandler(404)
    def nothing_here(error: Exception) -> tuple[str, int]:
        return "Nothing here.", 404


def limit_bodies(app: Flask) -> None:
    """Bodies of five bytes at most."""
    app.config["MAX_CONTENT_LENGTH"] = 5


def take_key_away(app: Flask) -> None:
    """No SECRET_KEY, as in an app where nobody thought of it."""
    app.config["SECRET_KEY"] = None


def replace_key(app: Flask) -> None:
    """Another SECRET_KEY; the old one is forgotten."""
    app.config["SECRET_KEY"] = NEXT_KEY


def rotate_key(app: Flask) -> None:
    """Another SECRET_KEY; the old one still counts when a cookie is read."""
    app.config["SECRET_KEY"] = NEXT_KEY
    app.config["SECRET_KEY_FALLBACKS"] = [LESSON_KEY]


def allow_large_cookies(app: Flask) -> None:
    """No warning on the console about a cookie that browsers would drop."""
    app.config["MAX_COOKIE_SIZE"] = 0


def stay_as_is(app: Flask) -> None:
    """A second server like the default one: the same code and the same key."""


_ADDITIONS: dict[str, Callable[[Flask], None]] = {
    "careless-handlers": add_careless_handlers,
    "careful-handlers": add_careful_handlers,
    "small-bodies": limit_bodies,
    "keyless": take_key_away,
    "replaced-key": replace_key,
    "rotated-key": rotate_key,
    "large-cookies": allow_large_cookies,
    "twin": stay_as_is,
}

CONFIGURATIONS = ("", *_ADDITIONS)
"""The names that `add_to` accepts; the empty one is the default."""
