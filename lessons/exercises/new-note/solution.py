"""Goal: a POST to /notes answers 201, with the note as JSON and its address in Location."""

from flask import Flask, request

app = Flask(__name__)
notes = {}


@app.post("/notes")
def add_note():
    number = len(notes) + 1
    notes[number] = request.get_data(as_text=True)
    note = {"id": number, "text": notes[number]}
    return note, 201, {"Location": f"/notes/{number}"}


@app.get("/notes/<int:number>")
def show_note(number):
    return {"id": number, "text": notes[number]}
