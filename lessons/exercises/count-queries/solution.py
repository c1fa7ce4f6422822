"""Goal: X-Queries says how many queries a request made itself: 2 for /page/2, 0 for a 404."""

import time

from flask import Flask, g

app = Flask(__name__)


def query():
    g.queries = g.get("queries", 0) + 1
    time.sleep(0.2)  # the database takes its time


@app.route("/page/<int:number>")
def page(number):
    for _ in range(number):
        query()
    return "The page."


@app.after_request
def tell(response):
    response.headers["X-Queries"] = str(g.get("queries", 0))
    return response
