"""Small pages for a browser, whose buttons ask a section's own routes.

They are no part of a section's code: their rules stand in a blueprint, under `/pages/`, and add no hook.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, make_response, render_template, request
from markupsafe import Markup, escape

from sandbox_app.pages.words import LANGUAGES, words

PAGES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "2.3": ("cookies",),
        "2.5": ("ajax", "polling", "sse", "websocket", "xss", "csrf"),
    }
)
"""Section -> its pages, in the order of the lesson. `/pages/` lists them."""


class _Pages(Blueprint):
    def get_send_file_max_age(self, filename: str | None) -> int | None:  # noqa: ARG002 - Flask's own name
        """So many seconds a browser need not ask again, so that a terminal that shows all stays readable."""
        return 300


def add_to(app: Flask, section: str) -> None:
    """Register the pages of a section that has any."""
    names = PAGES.get(section, ())
    if not names:
        return
    pages = _Pages(
        "pages", __name__, url_prefix="/pages", template_folder="templates", static_folder="static"
    )

    @pages.route("/")
    def index() -> Response:
        return page("index", section, names)

    @pages.route(f"/<any({', '.join(names)}):name>")
    def show(name: str) -> Response:
        return page(name, section, names)

    if "csrf" in names:

        @pages.route("/csrf/elsewhere")
        def elsewhere() -> Response:
            return page("elsewhere", section, names)

    app.register_blueprint(pages)


def page(name: str, section: str, names: tuple[str, ...]) -> Response:
    """A page in the visitor's language, which loads nothing but from this server."""
    language = language_of_visitor()
    texts = words(language)
    other = other_origin()
    nonce = secrets.token_urlsafe(16)
    response = make_response(
        render_template(
            f"pages/{name}.html",
            lang=language,
            chosen=language if "lang" in request.args else None,
            languages=LANGUAGES,
            section=section,
            pages={each: texts[each] for each in names},
            more={
                other: [texts[each]["title"] for each in PAGES[other]] for other in PAGES if other != section
            },
            common=texts["common"],
            words=texts[name],
            say=marked,
            other=other,
            nonce=nonce,
        )
    )
    # 'self' is enough for a WebSocket in new browsers alone.
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src data:; "
        f"connect-src 'self' ws://{request.host} {other}; frame-src 'self' {other}; "
        f"form-action 'self' {other}; base-uri 'none'"
    )
    response.vary.add("Accept-Language")
    return response


def language_of_visitor() -> str:
    """What `?lang=` names, else what the browser prefers, else English."""
    asked = request.args.get("lang", "")
    return asked if asked in LANGUAGES else request.accept_languages.best_match(LANGUAGES, "en")


def other_origin() -> str:
    """This server under its other name: to a browser `127.0.0.1` and `localhost` are two sites."""
    here = urlsplit(request.host_url)
    name = "127.0.0.1" if here.hostname == "localhost" else "localhost"
    return f"http://{name}:{here.port}" if here.port else f"http://{name}"


def marked(text: str) -> Markup:
    """The text with what stands in backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))
