"""Goal: X-Time, in whole milliseconds, on every response; /crashes lists what nobody handled."""

import time

from flask import Flask, g

app = Flask(__name__)
crashes = []


@app.route("/slow")
def slow():
    time.sleep(0.2)
    return "Done."


@app.route("/boom")
def boom():
    return str(1 / 0)


@app.route("/crashes")
def list_crashes():
    return crashes


@app.before_request
def start_clock():
    g.start = time.perf_counter()  # in seconds


@app.after_request
def write_time(response):
    response.headers["X-Time"] = round((time.perf_counter() - g.start) * 1000)


@app.teardown_request
def note_crash(error):
    if error is not None:
        crashes.append(type(error).__name__)
