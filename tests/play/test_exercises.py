"""Exercises in a real terminal: write the starter, save, see the verdict."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.command import ROOT, flask_http_tutor
from tests.terminal import Terminal

CODE = ROOT / "lessons" / "exercises"


@contextmanager
def exercise(
    number: str, home: Path, *options: str, work: Path | None = None, **variables: str
) -> Iterator[Terminal]:
    """The tutor at a step of kind exercise, with its prompt on the screen."""
    place = ["--work", str(work)] if work else []
    no_editor = {"VISUAL": "", "EDITOR": "", "PYTHONPATH": str(ROOT)}
    with Terminal(number, *place, *options, home=home, variables=no_editor | variables) as terminal:
        if work:
            terminal.wait_for_either("Enter: run ▸", "Enter: run >")
        yield terminal


def code(name: str) -> str:
    return (CODE / name).read_text("utf-8")


def test_the_first_exercise_asks_for_a_folder_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is asked for once, made, and kept for the next exercise and the next start."""
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "home"
    with exercise("2.1.7", home) as terminal:
        terminal.wait_for("Enter: ./flask-http-tutor ▸")
        assert not (tmp_path / "flask-http-tutor").exists()
        terminal.type("")
        terminal.wait_for("Your file: flask-http-tutor/thirteen-bytes.py")
        terminal.wait_for("Enter: run ▸")
        written = tmp_path / "flask-http-tutor" / "thirteen-bytes.py"
        assert written.read_text("utf-8") == code("thirteen-bytes/starter.py")
        terminal.type(":g 2.1.12")
        terminal.wait_for("Your file: flask-http-tutor/read-and-write.py")
        terminal.wait_for("Enter: run ▸")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with exercise("2.1.7", home) as again:
        again.wait_for("Your file:")
        again.wait_for("thirteen-bytes.py")
        again.wait_for("Enter: run ▸")
        assert "folder" not in again.transcript


def test_a_folder_that_cannot_be_made_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path that is a file is told, and another one may be typed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("", "utf-8")
    with exercise("2.1.7", tmp_path / "home") as terminal:
        terminal.wait_for("Enter: ./flask-http-tutor ▸")
        terminal.type("taken/deeper")
        terminal.wait_for("cannot be made")
        terminal.type("my work")
        terminal.wait_for("Your file: my work/thirteen-bytes.py")
        terminal.wait_for("Enter: run ▸")


def test_each_save_is_run_and_told(tmp_path: Path) -> None:
    """A save shows the exchange, each expectation and the feedback; the right one finishes the step."""
    file = tmp_path / "work" / "thirteen-bytes.py"
    with exercise("2.1.7", tmp_path, work=tmp_path / "work") as terminal:
        file.write_text(code("thirteen-bytes/wrong-no-comma.py"), "utf-8")
        told = terminal.wait_for("Enter: run ▸")
        assert "HTTP/1.1 200 OK" in told
        assert "Flask  /hello → hello() → 200" in told
        assert "✓ status 200" in told
        assert '✗ body "Hello, Flask!" expected; body "Hello Flask!" came' in told
        assert "Twelve bytes came; the comma behind Hello is missing." in told
        terminal.type(":r")
        assert "User-Agent: python-requests" in terminal.wait_for("Enter: run ▸")
        file.write_text(code("thirteen-bytes/solution.py"), "utf-8")
        told = terminal.wait_for("Enter: go on ▸")
        assert "✓ GET /hello → 200 OK  Hello, Flask!" in told
        assert "Yes. You changed one string." in told
        assert "In short: What a view returns becomes the body" in told
        terminal.type(":a")
        terminal.wait_for("Your file is the model solution")
        terminal.type("")
        terminal.wait_for("2.1.8 404 is not 405")
        terminal.type(":q")
        assert terminal.ended() == 0
    listed = flask_http_tutor("list", "2.1", home=tmp_path)
    assert "2.1.7    Thirteen bytes of your own   (done)" in listed.out


def test_a_starter_that_was_not_edited_is_no_attempt(tmp_path: Path) -> None:
    """Enter runs the file; before anything was changed it counts for nothing."""
    with exercise("2.1.7", tmp_path, work=tmp_path / "work") as terminal:
        for _time in range(3):
            terminal.type("")
            terminal.wait_for("This is still the starter.")
            terminal.wait_for("Enter: run ▸")
        terminal.type(":a")
        terminal.wait_for("The model solution is shown after two tries of yours.")
        terminal.type("Hello, Flask!")
        terminal.wait_for("No answer is typed here")


def test_the_solution_is_shown_as_a_diff_after_two_tries(tmp_path: Path) -> None:
    """After two tries `:a` shows what the model solution has otherwise."""
    file = tmp_path / "work" / "read-and-write.py"
    with exercise("2.1.12", tmp_path, work=tmp_path / "work") as terminal:
        for name in ("wrong-all-methods", "wrong-one-answer"):
            file.write_text(code(f"read-and-write/{name}.py"), "utf-8")
            terminal.wait_for("Save again")
            terminal.wait_for("Enter: run ▸")
        terminal.type(":a")
        told = terminal.wait_for("Enter: run ▸")
        assert '-@app.route("/n", methods=["GET", "POST"])' in told
        assert '+@app.post("/n")' in told
        file.write_text(code("read-and-write/solution.py"), "utf-8")
        terminal.wait_for("Enter: go on ▸")
        terminal.type(":q")
        assert terminal.ended() == 0
    assert (
        "Read and write at one address   (done with help, you are here)"
        in flask_http_tutor("list", "2.1", home=tmp_path).out
    )


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    """The learner's file stays as it is; a fresh starter keeps the old one beside it."""
    work = tmp_path / "work"
    work.mkdir()
    file = work / "thirteen-bytes.py"
    file.write_text("# mine\n", "utf-8")
    with exercise("2.1.7", tmp_path, work=work) as terminal:
        assert file.read_text("utf-8") == "# mine\n"
        terminal.type(":fresh")
        terminal.wait_for("thirteen-bytes.py.1")
        terminal.wait_for("Enter: run ▸")
        assert file.read_text("utf-8") == code("thirteen-bytes/starter.py")
        file.write_text("# mine too\n", "utf-8")
        terminal.wait_for("makes no app")
        terminal.type(":fresh")
        terminal.wait_for("thirteen-bytes.py.2")
    assert (work / "thirteen-bytes.py.1").read_text("utf-8") == "# mine\n"
    assert (work / "thirteen-bytes.py.2").read_text("utf-8") == "# mine too\n"


@pytest.mark.skipif(sys.platform == "win32", reason="the editor is a shell script")
def test_the_learner_s_editor_opens_the_file(tmp_path: Path) -> None:
    """`:e` gives the terminal to the editor, whose save is run when it ends."""
    editor = tmp_path / "my editor"
    editor.write_text(
        '#!/bin/sh\ntest -t 0 && sed -i "s/\\"Hello\\"/\\"Hello Flask!\\"/" "$2" && echo "edited with $1"\n',
        "utf-8",
    )
    editor.chmod(0o755)
    with exercise("2.1.7", tmp_path, work=tmp_path / "work", VISUAL=f"'{editor}' --wait") as terminal:
        terminal.type(":e")
        terminal.wait_for("edited with --wait")
        terminal.wait_for("Twelve bytes came")


def test_without_an_editor_the_path_can_be_clicked(tmp_path: Path) -> None:
    """Where no editor is named the path is printed, as a link where the terminal knows links."""
    file = tmp_path / "work" / "thirteen-bytes.py"
    with exercise("2.1.7", tmp_path, work=tmp_path / "work") as terminal:
        terminal.type(":e")
        terminal.wait_for("VISUAL and EDITOR name no editor")
        terminal.wait_for("Enter: run ▸")
        assert f";{file.as_uri()}\x1b\\".encode() in terminal.raw
    with exercise("2.1.7", tmp_path, "--plain", work=tmp_path / "work") as plain:
        plain.type(":e")
        plain.wait_for("thirteen-bytes.py")
        assert b"\x1b" not in plain.raw


def test_an_editor_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A misspelt EDITOR ends nothing."""
    with exercise("2.1.7", tmp_path, work=tmp_path / "work", EDITOR="no-such-editor") as terminal:
        terminal.type(":e")
        terminal.wait_for("The editor no-such-editor cannot be started")
        terminal.wait_for("Enter: run ▸")


def test_what_was_typed_stays_when_a_save_comes(tmp_path: Path) -> None:
    """A save ends the prompt for a moment; the half-typed command stands there again."""
    file = tmp_path / "work" / "thirteen-bytes.py"
    with exercise("2.1.7", tmp_path, work=tmp_path / "work") as terminal:
        terminal.press(":hi")
        file.write_text(code("thirteen-bytes/wrong-line-end.py"), "utf-8")
        terminal.wait_for("Fourteen bytes came")
        terminal.wait_for("▸ :hi")
        terminal.press("nt\r")
        terminal.wait_for("Hint 1 of 3")


def test_a_file_s_own_errors_end_nothing(tmp_path: Path) -> None:
    """Syntax errors, crashes and escapes in what a file prints are shown as the learner's, harmless."""
    file = tmp_path / "work" / "thirteen-bytes.py"
    solution = code("thirteen-bytes/solution.py")
    with exercise("2.1.7", tmp_path, work=tmp_path / "work") as terminal:
        file.write_text(solution.replace("def hello():", "def hello(:"), "utf-8")
        terminal.wait_for("thirteen-bytes.py, line 9: Python cannot read it.")
        terminal.wait_for("Enter: run ▸")
        file.write_text(solution.replace('return "', 'raise ValueError("\\x1b[31mred") or "'), "utf-8")
        terminal.wait_for("line 10: ValueError: ␛[31mred")
        terminal.wait_for("Enter: run ▸")
        file.write_text(solution.replace("Flask!", "World!") + 'print("\\x1b]0;title\\x07")\n', "utf-8")
        terminal.wait_for("Your file printed: ␛]0;title␇")
        terminal.wait_for("Enter: run ▸")
        file.unlink()
        terminal.wait_for("thirteen-bytes.py cannot be read: No such file or directory")
        terminal.wait_for("Enter: run ▸")
        assert b"\x1b]0;title" not in terminal.raw


def test_ctrl_c_ends_a_run(tmp_path: Path) -> None:
    """A run that hangs need not be waited for, and counts for nothing."""
    file = tmp_path / "work" / "thirteen-bytes.py"
    marker = tmp_path / "began"
    with exercise("2.1.7", tmp_path, work=tmp_path / "work") as terminal:
        file.write_text(f"open({str(marker)!r}, 'w').close()\nwhile True:\n    pass\n", "utf-8")
        deadline = time.monotonic() + 20
        while not marker.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        terminal.wait_for("Still running. Ctrl-C ends it.")
        terminal.press("\x03")
        terminal.wait_for("You ended the run. Nothing was counted.")
        terminal.wait_for("Enter: run ▸")


def test_a_request_of_one_s_own_reaches_the_learner_s_app(tmp_path: Path) -> None:
    """`:try` goes to the learner's app, and `:w curl` says how to run that for another client."""
    with exercise("2.1.12", tmp_path, work=tmp_path / "work") as terminal:
        terminal.type(":try GET /n")
        told = terminal.wait_for("Enter: run ▸")
        assert "Flask  /n → read() → 200" in told
        terminal.type(":w curl")
        told = terminal.wait_for("Enter: run ▸")
        assert "curl -i --noproxy '*' http://127.0.0.1:" in told
        assert "flask --app" in told


def test_a_save_is_on_the_screen_in_a_second(tmp_path: Path) -> None:
    """From save to verdict takes less than a second, or six times the import of Flask on a busy machine."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import flask"], check=True)
    limit = max(1.0, 6 * (time.perf_counter() - started))
    file = tmp_path / "work" / "thirteen-bytes.py"
    taken = []
    with exercise("2.1.7", tmp_path, work=tmp_path / "work") as terminal:
        for place in range(5):
            # Time to be ready again, as between two edits.
            time.sleep(0.5)
            text = code("thirteen-bytes/starter.py").replace('"Hello"', f'"Hello {place}"')
            started = time.perf_counter()
            file.write_text(text, "utf-8")
            terminal.wait_for(f"200 OK Hello {place}")
            taken.append(time.perf_counter() - started)
            terminal.wait_for("Enter: run ▸")
    assert min(taken) < limit, taken


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are read from /proc")
def test_no_process_is_left(tmp_path: Path) -> None:
    """Leaving the tutor ends the process that waited for the next save."""
    marker = f"left-{os.getpid()}-{time.monotonic_ns()}"
    with exercise("2.1.7", tmp_path, work=tmp_path / "work", TUTOR_TEST_MARKER=marker) as terminal:
        terminal.type("")
        terminal.wait_for("This is still the starter.")
        terminal.wait_for("Enter: run ▸")
        assert len(processes_with(marker)) >= 2
        terminal.type(":q")
        assert terminal.ended() == 0
    deadline = time.monotonic() + 20
    while processes_with(marker):
        assert time.monotonic() < deadline, processes_with(marker)
        time.sleep(0.05)


def processes_with(marker: str) -> list[str]:
    """The processes in whose environment the marker stands."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and marker.encode() in (entry / "environ").read_bytes():
                found.append(entry.name)
        except OSError:
            continue
    return found


def test_commands_are_about_the_exchange_on_the_screen(tmp_path: Path) -> None:
    """Without a number `:t` shows the probe that was missed; the rows have numbers for the others."""
    file = tmp_path / "work" / "read-and-write.py"
    with exercise("2.1.12", tmp_path, work=tmp_path / "work") as terminal:
        file.write_text(code("read-and-write/wrong-one-answer.py"), "utf-8")
        told = terminal.wait_for("Enter: run ▸")
        assert "✓ 1  GET /n" in told
        assert "✗ 2  POST /n" in told
        terminal.type(":r")
        assert "POST /n HTTP/1.1" in terminal.wait_for("Enter: run ▸")
        terminal.type(":r 3")
        assert "PUT /n HTTP/1.1" in terminal.wait_for("Enter: run ▸")
