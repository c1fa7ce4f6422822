"""Goal: /news is an event stream: events 1 to 5, each with its id; it goes on where a client was."""

from flask import Flask

app = Flask(__name__)


@app.route("/news")
def news():
    def events():
        for number in range(1, 6):
            yield f"{number}\n"

    return events()
