"""Goal: /ws sends every message back with `echo:` in front, until the client closes."""

from flask import Flask
from flask_sock import Sock

app = Flask(__name__)
sock = Sock(app)


@sock.route("/ws")
def echo(ws):
    message = ws.receive()
    return f"echo:{message}"
