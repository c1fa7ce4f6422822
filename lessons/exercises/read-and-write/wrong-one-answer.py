"""Goal: one address, /n. GET answers `read`, POST answers `write`, other methods get 405."""

from flask import Flask

app = Flask(__name__)


@app.route("/n", methods=["GET", "POST"])
def read():
    return "read"
