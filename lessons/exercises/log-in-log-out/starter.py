"""Goal: POST /login opens /admin and leads there, POST /logout closes it; all others get 403."""

from flask import Flask

app = Flask(__name__)


@app.post("/login")
def login():
    return "Welcome."


@app.get("/admin")
def admin():
    return "Everything is yours."


@app.post("/logout")
def logout():
    return "", 204
