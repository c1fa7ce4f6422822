"""Where a visitor came from, and the way back: request.referrer, `next`, and checks of a target."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from flask import Flask, redirect, request, url_for
from werkzeug.wrappers import Response


def add_to(app: Flask) -> None:
    """Register the views."""

    @app.route("/hello")
    def hello() -> str:
        return "Hello, Flask!"

    @app.route("/ref")
    def ref() -> dict[str, str | None]:
        return {"referrer": request.referrer}

    @app.route("/foo")
    def foo() -> str:
        link = url_for("do_something", next=request.full_path)
        return f'<a href="{link}">Save</a>'

    @app.route("/bar")
    def bar() -> str:
        return f'<a href="{url_for("do_something")}">Save</a>'

    @app.route("/do-something")
    def do_something() -> Response:
        target = request.args.get("next") or request.referrer
        return redirect(target or url_for("hello"))

    @app.route("/back")
    def back() -> Response:
        return redirect(request.args.get("next") or url_for("hello"))

    @app.route("/back/netloc")
    def back_netloc() -> Response:
        target = request.args.get("next", "")
        there = urlsplit(urljoin(request.host_url, target))
        here = urlsplit(request.host_url)
        if there.scheme in {"http", "https"} and there.netloc == here.netloc:
            return redirect(target)
        return redirect(url_for("hello"))

    @app.route("/back/strict")
    def back_strict() -> Response:
        target = request.args.get("next", "")
        return redirect(target if is_own_path(target) else url_for("hello"))


def is_own_path(target: str) -> bool:
    """Whether a browser that follows this target stays on the site.

    It must be a path: one slash, then neither a slash nor a backslash, which browsers take for one. Browsers
    also drop tabs and line ends, so that whatever is no visible ASCII is refused.
    """
    return (
        target.startswith("/")
        and target[1:2] not in {"/", "\\"}
        and all("!" <= each <= "~" for each in target)
    )
