"""Goal: closed for repairs. Every request gets 503 with Retry-After: 60, but /health says `ok`."""

from flask import Flask, request

app = Flask(__name__)


@app.route("/hello")
def hello():
    return "Hello, Flask!"


@app.route("/health")
def health():
    return "ok"


@app.before_request
def closed():
    if request.path != "/health":
        return "Back soon.", {"Retry-After": "60"}, 503
