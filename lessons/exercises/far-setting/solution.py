"""Goal: `sender` reads SENDER from the app's configuration, in a view and in a thread."""

from concurrent.futures import ThreadPoolExecutor

from flask import Flask, current_app


def sender():
    return current_app.config["SENDER"]


def sender_of(app):
    with app.app_context():
        return sender()


def create_app():
    app = Flask(__name__)
    app.config["SENDER"] = "shop@a.example"

    @app.put("/sender/<name>")
    def set_sender(name):
        app.config["SENDER"] = name
        return sender()

    @app.get("/mail")
    def mail():
        return ThreadPoolExecutor().submit(sender_of, app).result()

    return app
