"""Goal: POST /login opens /admin and leads there, POST /logout closes it; all others get 403."""

from flask import Flask, abort, redirect, request

app = Flask(__name__)


@app.post("/login")
def login():
    response = redirect("/admin")
    response.set_cookie("logged_in", "1")
    return response


@app.get("/admin")
def admin():
    if request.cookies.get("logged_in") != "1":
        abort(403)
    return "Everything is yours."


@app.post("/logout")
def logout():
    response = app.make_response(("", 204))
    response.delete_cookie("logged_in")
    return response
