"""Goal: every 404 is JSON, {"error": "not found"}, whether no rule fits or a view aborts."""

from flask import Flask, abort

app = Flask(__name__)
notes = {1: "milk"}


@app.route("/notes/<int:number>")
def show_note(number):
    if number not in notes:
        abort(404)
    return {"text": notes[number]}


@app.errorhandler(404)
def not_found(error):
    return {"error": "not found"}
