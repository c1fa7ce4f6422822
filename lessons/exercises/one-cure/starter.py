"""Goal: /hi greets with the text in `n`, whatever it is, and nothing in it runs."""

from flask import Flask, render_template_string, request

app = Flask(__name__)


@app.route("/hi")
def hi():
    n = request.args["n"]
    return render_template_string(f"<p>Hi {n}</p>")
