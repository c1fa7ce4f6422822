"""Goal: /wait?since=N holds its request until there is an event after N, one second at most."""

import time

from flask import Flask, request

app = Flask(__name__)
events = []


@app.post("/publish")
def publish():
    events.append(request.get_data(as_text=True))
    return {"latest": len(events)}


@app.get("/wait")
def wait():
    since = int(request.args["since"])
    for _ in range(50):
        if len(events) > since:
            return {"latest": len(events)}
        time.sleep(0.02)
    return "", 204
