"""Goal: /back redirects to `next` where that is a path of this site, otherwise to /hello."""

from flask import Flask, redirect, request

app = Flask(__name__)


def is_own_path(target):
    one_slash = target.startswith("/") and target[1:2] not in {"/", "\\"}
    return one_slash and target.isprintable() and " " not in target


@app.route("/back")
def back():
    target = request.args.get("next", "")
    return redirect(target if is_own_path(target) else "/hello")
