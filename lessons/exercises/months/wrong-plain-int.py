"""Goal: /m/1 to /m/12 say how many months are left, /m/now says `now`, the rest is a 404."""

from flask import Flask

app = Flask(__name__)


@app.route("/m/<int:month>")
def left(month):
    return f"{12 - month} left"


@app.route("/m/now")
def now():
    return "now"
