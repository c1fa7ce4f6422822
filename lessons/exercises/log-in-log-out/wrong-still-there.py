"""Goal: POST /login opens /admin and leads there, POST /logout closes it; all others get 403."""

from flask import Flask, abort, redirect, session

app = Flask(__name__)
app.secret_key = "9f1c2a7be05d4c6f"


@app.post("/login")
def login():
    session["admin"] = True
    return redirect("/admin")


@app.get("/admin")
def admin():
    if "admin" not in session:
        abort(403)
    return "Everything is yours."


@app.post("/logout")
def logout():
    session["admin"] = False
    return "", 204
