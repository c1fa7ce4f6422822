"""Attacks that work, each with its cure beside it: SQL injection, XSS, template injection, CSRF."""

from __future__ import annotations

import hmac
import secrets
import sqlite3
from contextlib import closing
from urllib.parse import urlsplit

from flask import Flask, abort, render_template_string, request, session
from markupsafe import escape

USERS = (("grey", "grey@a.example"), ("li", "li@a.example"))


def add_to(app: Flask) -> None:
    """Register the views."""
    add_sql(app)
    add_markup(app)
    add_links(app)
    add_emails(app)


def add_sql(app: Flask) -> None:
    """A search among users, in a database that each request has for itself."""

    def open_users() -> sqlite3.Connection:
        database = sqlite3.connect(":memory:")
        database.execute("CREATE TABLE users (name, email)")
        database.executemany("INSERT INTO users VALUES (?, ?)", USERS)
        return database

    @app.route("/sql")
    def sql() -> dict[str, list[str]]:
        query = f"SELECT email FROM users WHERE name = '{request.args['name']}'"
        with closing(open_users()) as users:
            return {"emails": [row[0] for row in users.execute(query)]}

    @app.route("/sql/safe")
    def sql_safe() -> dict[str, list[str]]:
        query = "SELECT email FROM users WHERE name = ?"
        with closing(open_users()) as users:
            rows = users.execute(query, [request.args["name"]])
            return {"emails": [row[0] for row in rows]}


def add_markup(app: Flask) -> None:
    """A greeting that takes the visitor's text into HTML, or into a template."""

    @app.route("/xss")
    def xss() -> str:
        return f"<p>Hi {request.args['n']}</p>"

    @app.route("/xss/safe")
    def xss_safe() -> str:
        return f"<p>Hi {escape(request.args['n'])}</p>"

    @app.route("/ssti")
    def ssti() -> str:
        return render_template_string(f"Hi {request.args['n']}")

    @app.route("/ssti/escaped")
    def ssti_escaped() -> str:
        return render_template_string(f"Hi {escape(request.args['n'])}")

    @app.route("/ssti/safe")
    def ssti_safe() -> str:
        return render_template_string("Hi {{ n }}", n=request.args["n"])


def add_links(app: Flask) -> None:
    """A link to the address that a visitor gives."""

    @app.route("/link")
    def link() -> str:
        return render_template_string('<a href="{{ to }}">site</a>', to=request.args["to"])

    @app.route("/link/twice")
    def link_twice() -> str:
        return f'<a href="{escape(str(escape(request.args["to"])))}">site</a>'

    @app.route("/link/checked")
    def link_checked() -> str:
        to = request.args["to"]
        if urlsplit(to).scheme not in {"http", "https"}:
            abort(400)
        return render_template_string('<a href="{{ to }}">site</a>', to=to)


def add_emails(app: Flask) -> None:
    """A form that changes the visitor's address, without a token and with one."""
    emails = {"Grey": "grey@a.example"}

    @app.route("/login")
    def login() -> str:
        session["user"] = "Grey"
        return "Hello, Grey!"

    @app.route("/email", methods=["POST"])
    def change_email() -> dict[str, str]:
        if "user" not in session:
            abort(403)
        emails[session["user"]] = request.form["email"]
        return emails

    @app.route("/email/form")
    def email_form() -> dict[str, str]:
        session["token"] = secrets.token_hex(8)
        return {"token": session["token"]}  # a page has it in a hidden input

    @app.route("/email/safe", methods=["POST"])
    def change_email_safely() -> dict[str, str]:
        token = session.get("token", "")
        sent = request.form.get("token", "")
        if not token or not hmac.compare_digest(token, sent):
            abort(403)
        emails[session["user"]] = request.form["email"]
        return emails


def add_same_site(app: Flask) -> None:
    """A session cookie that browsers keep back from another site's form."""
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
