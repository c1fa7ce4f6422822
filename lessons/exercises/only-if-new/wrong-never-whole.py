"""Goal: /menu has an ETag that changes with the text; whoever sends it back gets 304."""

from flask import Flask, make_response, request

app = Flask(__name__)
menu = {"text": "Rice"}


@app.get("/menu")
def show_menu():
    if "If-None-Match" in request.headers:
        return "", 304
    response = make_response(menu["text"])
    response.add_etag()
    return response


@app.put("/menu")
def write_menu():
    menu["text"] = request.get_data(as_text=True)
    return "", 204
