"""A page's script asks, and a server that has news: AJAX, polling, long polling, server-sent events."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask, Response, request

from sandbox_app.waits import (
    EVENT_S,
    KEEP_ALIVE_S,
    LONG_POLL_S,
    STREAM_S,
    TICK_S,
    wait,
    wait_for,
)

KEEP_ALIVES = 2
"""So many comments, then a stream ends, so that nobody who asks without a limit waits long."""


def add_to(app: Flask) -> None:
    """Register the views."""
    add_scripts(app)
    add_polls(app)
    add_streams(app)
    add_listeners(app)


def add_scripts(app: Flask) -> None:
    """One address for a page and for its scripts."""

    @app.route("/post")
    def post() -> str | dict[str, str]:
        text = "Rain by noon."
        if request.accept_mimetypes.best == "application/json":
            return {"text": text}
        if request.headers.get("X-Requested-With") == "XMLHttpRequest":
            return f"<p>{text}</p>"
        return f"<!doctype html><title>Post</title><h1>Post</h1><p>{text}</p>"


def add_polls(app: Flask) -> None:
    """The number of the latest event, for clients that ask; it lasts as long as the app."""
    events: list[str] = []

    @app.route("/publish", methods=["POST"])
    def publish() -> dict[str, int]:
        events.append(request.get_data(as_text=True))
        return {"latest": len(events)}

    @app.route("/poll")
    def poll() -> dict[str, int]:
        return {"latest": len(events)}

    @app.route("/longpoll")
    def longpoll() -> dict[str, int] | tuple[str, int]:
        since = request.args.get("since", 0, type=int)
        if wait_for(app, lambda: len(events) > since, LONG_POLL_S):
            return {"latest": len(events)}
        return "", 204


def add_streams(app: Flask) -> None:
    """Server-sent events: comments, events with and without a name, and where to go on."""

    @app.route("/sse")
    def sse() -> Response:
        last = request.headers.get("Last-Event-ID", 0, type=int)

        def lines() -> Iterator[str]:
            yield "retry: 2000\n\n"
            for number in (last + 1, last + 2):
                if wait(app, EVENT_S):
                    return
                yield f"id: {number}\nevent: tick\ndata: {number}\n\n"
            yield ": still here\n\n"
            yield "data: Rain\ndata: by noon\n\n"
            for _ in range(KEEP_ALIVES):
                if wait(app, KEEP_ALIVE_S):
                    return
                yield ": still here\n\n"

        return Response(lines(), mimetype="text/event-stream")

    @app.route("/sse/stop")
    def sse_stop() -> tuple[str, int]:
        return "", 204

    @app.route("/sse/lyrics")
    def sse_lyrics() -> Response:
        song = [
            "data: Row, row\ndata: row\ndata: your boat\n\n",
            "data: gently\n\n",
            "data: down",
        ]
        return Response((part for part in song), mimetype="text/event-stream")


def add_listeners(app: Flask) -> None:
    """Streams that note how they ended."""
    ended: dict[str, str] = {}

    @app.route("/ticker")
    def ticker() -> Response:
        def lines() -> Iterator[str]:
            ended["ticker"] = "no"
            try:
                for number in range(1, int(STREAM_S / TICK_S)):
                    yield f"data: {number}\n\n"
                    if wait(app, TICK_S):
                        return
            except GeneratorExit:
                ended["ticker"] = "GeneratorExit"
                raise

        return Response(lines(), mimetype="text/event-stream")

    @app.route("/silent")
    def silent() -> Response:
        def lines() -> Iterator[str]:
            ended["silent"] = "no"
            try:
                yield "data: 1\n\n"
                wait(app, STREAM_S)
            finally:
                ended["silent"] = "yes"

        return Response(lines(), mimetype="text/event-stream")

    @app.route("/ended")
    def show_ended() -> dict[str, str]:
        return ended
