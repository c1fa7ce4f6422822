"""Goal: /back redirects to `next` where that is a path of this site, otherwise to /hello."""

from urllib.parse import urljoin, urlsplit

from flask import Flask, redirect, request

app = Flask(__name__)


def is_own_path(target):
    there = urlsplit(urljoin(request.host_url, target))
    here = urlsplit(request.host_url)
    return there.scheme in {"http", "https"} and there.netloc == here.netloc


@app.route("/back")
def back():
    target = request.args.get("next", "")
    return redirect(target if is_own_path(target) else "/hello")
