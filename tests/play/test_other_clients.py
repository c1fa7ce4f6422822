"""A lesson's request questions answered with HTTPie and with code of one's own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.terminal import Terminal
from tutor.course.pack import open_pack

WAIT_S = 60.0


def json_step() -> str:
    """The number of the step that asks for 415, 400 and 200 from `/json`."""
    lessons = [parsed.lesson for parsed in open_pack().load_all() if parsed.lesson is not None]
    [number] = [step.number for lesson in lessons for step in lesson.steps if step.id == "json-says-so"]
    return number


def httpie(tmp_path: Path, *words: str) -> None:
    """Send a request with HTTPie, as `http` does in a shell."""
    subprocess.run(
        [sys.executable, "-m", "httpie", "--ignore-stdin", *words],
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=WAIT_S,
        env={**os.environ, "HTTPIE_CONFIG_DIR": str(tmp_path / "httpie"), "NO_PROXY": "*"},
    )


def by_requests(address: str, arguments: str) -> None:
    """Run a line of code with `requests`."""
    code = f"import requests; requests.post('{address}/json', {arguments})"
    subprocess.run(
        [sys.executable, "-c", code], check=True, timeout=WAIT_S, env={**os.environ, "NO_PROXY": "*"}
    )


def reach_json(terminal: Terminal) -> str:
    """Send the step's first request; gives the address that the first question shows."""
    terminal.wait_for("Enter: send")
    terminal.type("")
    terminal.wait_for_either("request ▸", "Enter: go on ▸")
    if "request ▸" not in terminal.screen:
        terminal.type("")
        terminal.wait_for("request ▸")
    found = re.findall(r"to\s+(http://127\.0\.0\.1:[0-9]+)", terminal.transcript)
    return str(found[-1])


def test_httpie_answers_three_questions(tmp_path: Path) -> None:
    """415, 400 and 200 are reached with HTTPie alone; a form instead of JSON is told to be one."""
    with Terminal(json_step(), home=tmp_path / "home", columns=120, rows=60) as terminal:
        address = reach_json(terminal)
        httpie(tmp_path, "POST", f"{address}/json", "Content-Type:text/plain", '--raw={"name": "Grey"}')
        terminal.wait_for("Without the right type the text is not even tried")
        terminal.wait_for("request ▸")
        httpie(tmp_path, "POST", f"{address}/json", "--raw={name: Grey}")
        terminal.wait_for("The type promised JSON and the body broke the promise")
        terminal.wait_for("request ▸")
        httpie(tmp_path, "--form", "POST", f"{address}/json", "name=李辉")
        terminal.wait_for("A form has another type")
        terminal.wait_for("request ▸")
        httpie(tmp_path, "POST", f"{address}/json", "name=李辉")
        terminal.wait_for("Yes.")


@pytest.mark.parametrize("arguments", ["json={'name': '李辉'}", 'data=\'{"name": "Grey"}\''])
def test_code_with_requests_answers_a_question(arguments: str, tmp_path: Path) -> None:
    """What a learner's own program sends is graded: a JSON body has its type, a text has none."""
    with Terminal(json_step(), home=tmp_path / "home", columns=120, rows=60) as terminal:
        address = reach_json(terminal)
        by_requests(address, arguments)
        if arguments.startswith("json"):
            terminal.wait_for("Status 200 came back; the goal is 415.")
        else:
            terminal.wait_for("Without the right type the text is not even tried")
