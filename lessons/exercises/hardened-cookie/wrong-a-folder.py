"""Goal: /enter sets the cookie __Host-sid to 1, with all that guards it."""

from flask import Flask, make_response

app = Flask(__name__)


@app.route("/enter")
def enter():
    response = make_response("Come in.")
    response.set_cookie("__Host-sid", "1", path="/enter", secure=True, httponly=True)
    return response
