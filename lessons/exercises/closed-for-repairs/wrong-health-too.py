"""Goal: closed for repairs. Every request gets 503 with Retry-After: 60, but /health says `ok`."""

from flask import Flask

app = Flask(__name__)


@app.route("/hello")
def hello():
    return "Hello, Flask!"


@app.route("/health")
def health():
    return "ok"


@app.before_request
def closed():
    return "Back soon.", 503, {"Retry-After": "60"}
