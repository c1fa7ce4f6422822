"""Section 2.1: views for one request and one response."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, make_response, request
from markupsafe import escape


def add_to(app: Flask, configuration: str) -> None:
    """Register the section's views. It has no configuration but the default."""
    if configuration:
        raise ValueError(f"section 2.1 has no configuration {configuration!r}; it has only ''")

    @app.route("/hello")
    def hello() -> str:
        name = request.args.get("name", "Flask")
        return f"Hello, {escape(name)}!"

    @app.route("/form", methods=["GET", "POST"])
    def form() -> str:
        if request.method == "POST":
            return f"Hello, {escape(request.form['name'])}!"
        return '<form method="post"><input name="name"></form>'

    @app.route("/fields")
    def fields() -> Response:
        response = make_response("")  # what Flask does with every return value
        response.data = "\n".join(response.headers.keys())
        return response

    @app.route("/thing")
    def thing() -> str:
        return request.headers.get("X-Thing", "nothing")

    @app.route("/body", methods=["POST"])
    def body() -> dict[str, Any]:
        return {
            "content_length": request.content_length,
            "body": request.get_data(as_text=True),
        }

    @app.route("/fine")
    def fine() -> Response:
        return Response("x", status="299 Very Fine")

    @app.route("/visitor")
    def visitor() -> str:
        name = request.args.get("name", "stranger")
        port = request.environ["REMOTE_PORT"]  # of the client
        return f"Hello, {escape(name)}, from port {port}."

    @app.route("/a")
    def a() -> str:
        return "a"

    @app.route("/hi")
    def hi() -> str:
        return "hi 李"

    @app.route("/note")
    def note() -> str:
        return "Buy milk for Grey."
