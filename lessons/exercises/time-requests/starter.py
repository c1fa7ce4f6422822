"""Goal: X-Time, in whole milliseconds, on every response; /crashes lists what nobody handled."""

import time

from flask import Flask, g

app = Flask(__name__)
crashes = []


@app.route("/slow")
def slow():
    g.start = time.perf_counter()  # in seconds
    time.sleep(0.2)
    return "Done."


@app.route("/boom")
def boom():
    return str(1 / 0)


@app.route("/crashes")
def list_crashes():
    return crashes
