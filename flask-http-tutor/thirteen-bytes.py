"""Goal: GET /hello answers with the thirteen bytes `Hello, Flask!`."""

from flask import Flask

app = Flask(__name__)


@app.route("/hello")
def hello():
    return "Hello"
