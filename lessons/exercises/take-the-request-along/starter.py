"""Goal: `work` reads the path of its request in a thread: /bg/1 answers {"p": "/bg/1"}."""

import time
from concurrent.futures import ThreadPoolExecutor

from flask import Flask, request

app = Flask(__name__)


def work():
    time.sleep(0.4)
    return {"p": request.path}


@app.route("/bg/<int:number>")
def background(number):
    return ThreadPoolExecutor().submit(work).result()
