"""Goal: one address, /n. GET answers `read`, POST answers `write`, other methods get 405."""

from flask import Flask, request

app = Flask(__name__)


@app.route("/n", methods=["GET", "POST", "PUT"])
def n():
    if request.method == "GET":
        return "read"
    return "write"
