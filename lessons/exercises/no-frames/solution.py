"""Goal: X-Frame-Options: DENY on every response; /widget alone keeps its SAMEORIGIN."""

from flask import Flask, after_this_request

app = Flask(__name__)


@app.route("/")
def home():
    return "Home."


@app.route("/widget")
def widget():
    @after_this_request
    def let_in(response):
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
        return response

    return "The weather: rain."


@app.after_request
def forbid_frames(response):
    response.headers.setdefault("X-Frame-Options", "DENY")
    return response
