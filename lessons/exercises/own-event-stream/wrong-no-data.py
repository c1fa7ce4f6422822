"""Goal: /news is an event stream: events 1 to 5, each with its id; it goes on where a client was."""

from flask import Flask, Response, request

app = Flask(__name__)


@app.route("/news")
def news():
    last = request.headers.get("Last-Event-ID", 0, type=int)

    def events():
        for number in range(last + 1, 6):
            yield f"id: {number}\n{number}\n\n"

    return Response(events(), mimetype="text/event-stream")
