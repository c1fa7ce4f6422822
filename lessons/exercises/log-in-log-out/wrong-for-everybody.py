"""Goal: POST /login opens /admin and leads there, POST /logout closes it; all others get 403."""

from flask import Flask, abort, redirect

app = Flask(__name__)
visitors = {}


@app.post("/login")
def login():
    visitors["admin"] = True
    return redirect("/admin")


@app.get("/admin")
def admin():
    if "admin" not in visitors:
        abort(403)
    return "Everything is yours."


@app.post("/logout")
def logout():
    visitors.pop("admin", None)
    return "", 204
