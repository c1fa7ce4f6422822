"""Goal: /back redirects to `next` where that is a path of this site, otherwise to /hello."""

from flask import Flask, redirect, request

app = Flask(__name__)


def is_own_path(target):
    return True


@app.route("/back")
def back():
    target = request.args.get("next", "")
    return redirect(target if is_own_path(target) else "/hello")
