"""Learners' files that go wrong in every way there is, and what must be told of each."""

from __future__ import annotations

from dataclasses import dataclass

_APP = "from flask import Flask\napp = Flask(__name__)\n"
_VIEW = '@app.get("/hello")\ndef hello():\n'


@dataclass(frozen=True)
class Animal:
    name: str
    code: str | bytes
    says: str
    """Words that must stand in what is told."""


ZOO = (
    Animal("a syntax error", _APP + "def hello(:\n    return 1\n", "me.py, line 3: Python cannot read it"),
    Animal("a mark where Python stopped", _APP + "def hello(:\n", "\n    def hello(:\n              ^"),
    Animal(
        "an indentation error",
        _APP + "def hello():\nreturn 1\n",
        "line 4: Python cannot read it. IndentationError",
    ),
    Animal(
        "an exception",
        _APP + "def f():\n    return {}['x']\nf()\n",
        "line 4: KeyError: 'x'.\n    return",
    ),
    Animal("no app", "from flask import Flask\nserver = Flask(__name__)\n", "me.py makes no app"),
    Animal("an app that is none", "app = 5\n", "`app` must be a Flask app; it is of type int"),
    Animal("a module that is missing", "import no_such_module_here\n", "-m pip install no_such_module_here"),
    Animal("sys.exit", "import sys\nsys.exit(3)\n", "line 2: the file ends the program"),
    Animal("os._exit", "import os\nos._exit(3)\n", "its process ended by itself, with exit code 3"),
    Animal(
        "a crash by signal", "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n", "signal SIGSEGV"
    ),
    Animal("input()", 'name = input("Who? ")\n', "line 1: input() waits for a person"),
    Animal("no UTF-8", b'x = "\xff\xfe"\n', "me.py is not UTF-8"),
    Animal("an empty file", "", "me.py makes no app"),
    Animal("null bytes", b"x = 1\0\n", "Python cannot read it"),
    Animal("an exception in a view", _APP + _VIEW + "    return 1 / 0\n", "line 5: ZeroDivisionError"),
    Animal("sys.exit in a view", "import sys\n" + _APP + _VIEW + "    sys.exit(3)\n", "line 6: SystemExit"),
    Animal(
        "an exception in a stream",
        _APP + _VIEW + "    def parts():\n        yield 'Hello'\n        1 / 0\n    return parts()\n",
        "line 7: ZeroDivisionError",
    ),
    Animal("a view without return", _APP + _VIEW + "    pass\n", "did not return a valid response"),
    Animal(
        "a crash in a view",
        "import os, signal\n" + _APP + _VIEW + "    os.kill(os.getpid(), signal.SIGKILL)\n",
        "the signal SIGKILL",
    ),
    Animal("an endless loop", _APP + "while True:\n    pass\n", "loading the file did not end in time"),
    Animal(
        "an endless loop in a view",
        _APP + _VIEW + "    while True: pass\n",
        "line 5: the view was still running here",
    ),
    Animal(
        "a server of its own",
        _APP
        + "from http.server import HTTPServer, BaseHTTPRequestHandler\n"
        + 'HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler).serve_forever()\n',
        "line 4: loading the file did not end in time",
    ),
)
