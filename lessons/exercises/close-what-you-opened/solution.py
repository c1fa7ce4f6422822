"""Goal: each connection goes back into `free`, after a crash and a script too; /free says 2."""

from flask import Flask, g, request

app = Flask(__name__)
free = ["first", "second"]  # the pool


@app.teardown_appcontext
def give_back(error):
    if "db" in g:
        free.append(g.pop("db"))


@app.route("/divide/<int:number>")
def divide(number):
    g.db = free.pop()
    return str(number / int(request.args["by"]))


@app.route("/script")
def script():
    with app.app_context():
        g.db = free.pop()
    return "done"


@app.route("/free")
def count_free():
    return str(len(free))
