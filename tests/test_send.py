"""`send` as a shell sees it: what stands on stdout, and how it ends."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import sandbox_app
from tests.command import ROOT, Outcome, flask_http_tutor
from tutor.sandbox.server import SandboxServer

NEW = "This sandbox is new and keeps no cookies"


def send_bytes(*arguments: str, home: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "tutor", "send", *arguments],
        input=stdin,
        capture_output=True,
        timeout=60,
        cwd=ROOT,
        env={**os.environ, "FLASK_HTTP_TUTOR_HOME": str(home)},
        check=False,
    )


def send(*arguments: str, home: Path) -> Outcome:
    return flask_http_tutor("send", *arguments, home=home)


def sent(*arguments: str, home: Path) -> dict[str, object]:
    """The request of an exchange, as JSON tells it."""
    outcome = send(*arguments, "--format", "json", home=home)
    assert outcome.code == 0, outcome.err
    found = json.loads(outcome.out)["request"]
    assert isinstance(found, dict)
    return found


def test_text_is_both_messages_whole_with_flasks_line(tmp_path: Path) -> None:
    """The raw view stands on stdout, and one line on stderr says that the sandbox is new."""
    outcome = send("GET", "/hello?name=Grey", "X-Test:1", home=tmp_path)
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert any(line.startswith("GET /hello?name=Grey HTTP/1.1") for line in lines)
    assert any(line.startswith("X-Test: 1") for line in lines)
    assert any(line.startswith("HTTP/1.1 200 OK") for line in lines)
    assert "Hello, Grey!" in lines
    assert lines[-1].startswith("Flask: rule /hello, view hello(), status 200, ")
    assert NEW in outcome.err
    assert outcome.err.count("\n") == 1


def test_trace_adds_what_flask_did(tmp_path: Path) -> None:
    """With --trace the timeline stands under the exchange."""
    outcome = send("GET", "/hello", "--trace", home=tmp_path)
    assert "request context pushed" in outcome.out
    assert "request context pushed" not in send("GET", "/hello", home=tmp_path).out


def test_raw_is_the_exact_bytes_and_nothing_else(tmp_path: Path) -> None:
    """The request's bytes, then the response's, octets that are no text included."""
    body = bytes(range(256))
    request = b"POST /body HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 256\r\n\r\n" + body
    file = tmp_path / "request.bin"
    file.write_bytes(request)
    for name, stdin in ((str(file), b""), ("-", request)):
        done = send_bytes("--raw", name, "--format", "raw", home=tmp_path, stdin=stdin)
        assert done.returncode == 0
        assert done.stdout.startswith(request + b"HTTP/1.1 200 OK\r\n")
        head, _empty, answer = done.stdout[len(request) :].partition(b"\r\n\r\n")
        assert f"Content-Length: {len(answer)}".encode() in head


def test_a_large_upload_is_written_whole(tmp_path: Path) -> None:
    """A megabyte crosses and is written, without a cap."""
    (tmp_path / "large").write_bytes(b"x" * 1_000_000)
    done = send_bytes("POST", "/upload", f"photo@{tmp_path / 'large'}", "--format", "raw", home=tmp_path)
    assert done.stdout.count(b"x" * 1_000_000) == 1


def test_items_are_httpies(tmp_path: Path) -> None:
    """`=` and `:=` make JSON, `==` the query, `:` a field, `--form` a form."""
    items = ("name=Grey", "age:=7", "page==2", "X-Test:a b")
    request = sent("POST", "/json", *items, home=tmp_path)
    assert request["target"] == "/json?page=2"
    assert ["X-Test", "a b"] in request["headers"]  # type: ignore[operator] # JSON
    assert request["body"] == {"text": '{"name": "Grey", "age": 7}'}
    form = sent("POST", "/form", "name=Grey Li", "--form", home=tmp_path)
    assert form["body"] == {"text": "name=Grey+Li"}


def test_a_file_is_uploaded_as_a_browser_would(tmp_path: Path) -> None:
    """`name@file` reaches Flask as a file with its name, type and octets, beside the form's fields."""
    (tmp_path / 'a"b.png').write_bytes(b"\x89PNG\r\n\0")
    outcome = send(
        *("POST", "/upload", f'photo@{tmp_path}/a"b.png', "title=x", "--lesson", "2.2", "--format", "json"),
        home=tmp_path,
    )
    request = json.loads(outcome.out)["request"]
    body = base64.b64decode(request["body"]["base64"])
    assert b'name="photo"; filename="a%22b.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n\0\r\n--' in body
    response = json.loads(outcome.out)["response"]
    assert response["status"] == 200
    assert "photo" in response["body"]["text"]


def test_redirects_are_followed_when_asked(tmp_path: Path) -> None:
    """Without --follow the 302 is all; with it every hop is there, in order."""
    assert json.loads(send("GET", "/go", "--format", "json", home=tmp_path).out)["response"]["status"] == 302
    outcome = json.loads(send("GET", "/go", "--follow", "--format", "json", home=tmp_path).out)
    assert outcome["response"]["status"] == 200
    assert [each["response"]["status"] for each in outcome["redirects"]] == [302]
    har = json.loads(send("GET", "/go", "--follow", "--format", "har", home=tmp_path).out)
    assert [entry["response"]["status"] for entry in har["log"]["entries"]] == [302, 200]


def test_json_holds_every_piece_with_its_time(tmp_path: Path) -> None:
    """Pieces joined are the bytes; the timeline says what Flask did; there is no error."""
    outcome = json.loads(send("GET", "/hello", "--format", "json", home=tmp_path).out)
    assert outcome["error"] is None
    texts = {
        direction: "".join(piece["text"] for piece in outcome["pieces"] if piece["direction"] == direction)
        for direction in ("request", "response")
    }
    assert texts["request"].startswith("GET /hello HTTP/1.1\r\n")
    assert texts["response"].endswith("\r\n\r\nHello, Flask!")
    times = [piece["at_ms"] for piece in outcome["pieces"]]
    assert times == sorted(times)
    assert outcome["timeline"]["view"] == "hello"


def test_any_status_ends_with_0(tmp_path: Path) -> None:
    """404 and 500 are answers like any other."""
    for target, status in (("/nope", 404), ("/boom", 500)):
        outcome = send("GET", target, home=tmp_path)
        assert f"HTTP/1.1 {status}" in outcome.out
        assert outcome.code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Write one such as GET /hello"),
        (["GET"], "No target follows GET"),
        (["GET", "/hello", "nonsense"], "nonsense is no item"),
        (["GET", "/hello", "--lesson", "9.9"], "There is no sandbox for 9.9"),
        (["GET", "/hello", "--lesson", "2.1", "--app", "hooks"], "section 2.1 has no configuration 'hooks'"),
        (["GET", "/hello", "--app", "nonsense"], "No section has a configuration nonsense"),
        (["GET", "/hello", "--at", "http://example.com"], "--at takes the address that serve prints"),
        (["GET", "/hello", "--at", "https://127.0.0.1:1"], "--at takes the address that serve prints"),
        (["GET", "/hello", "--at", "http://127.0.0.1:99999"], "--at takes the address that serve prints"),
        (["GET", "/hello", "--at", "http://127.0.0.1:1", "--trace"], "Leave out --trace"),
        (["GET", "/hello", "--at", "http://127.0.0.1:1", "--lesson", "2.1"], "Leave out --lesson"),
        (["GET", "/hello", "--trace", "--format", "raw"], "--trace is for --format text"),
        (["GET", "http://127.0.0.1:5000/hello"], "--at http://127.0.0.1:5000 names a running server"),
        (["POST", "/form", "photo@no-such-file"], "no-such-file cannot be read"),
        (["--raw", "no-such-file"], "no-such-file cannot be read"),
        (["--raw", "-"], "- holds no bytes"),
        (["GET", "/hello", "--raw", "x"], "--raw sends the bytes of x alone"),
        (["GET", "/hello", "--format", "xml"], "har"),
    ],
)
def test_a_wrong_call_is_one_line(arguments: list[str], words: str, tmp_path: Path) -> None:
    """A usage error ends with 2, one line on stderr and nothing on stdout."""
    outcome = send(*arguments, home=tmp_path)
    assert outcome.code == 2
    assert outcome.out == ""
    assert outcome.err.count("\n") == 1
    assert words in outcome.err


def test_the_section_is_the_first_that_answers(tmp_path: Path) -> None:
    """A path finds its section; where several have it the first with the method; --lesson decides."""
    for arguments, view in (
        (("GET", "/hello"), "hello"),
        (("GET", "/ssti?name=x"), "ssti"),
        (("GET", "/members"), "members"),
    ):
        found = json.loads(send(*arguments, "--format", "json", home=tmp_path).out)["timeline"]
        assert found["view"] == view
    assert "Hello, Flask!" in send("GET", "/hello", home=tmp_path).out
    assert "Hello, Flask!" not in send("GET", "/hello", "--lesson", "2.3", home=tmp_path).out
    assert "404" in send("GET", "/members", "--lesson", "2.1", home=tmp_path).out
    # 2.2 knows GET of this path, 2.3 knows PUT.
    assert "405" not in send("PUT", "/page", home=tmp_path).out


def test_a_configuration_is_served(tmp_path: Path) -> None:
    """--app serves the section in that configuration: without a key the session cannot be kept."""
    arguments = ("GET", "/login", "--lesson", "2.3")
    assert "HTTP/1.1 200" in send(*arguments, home=tmp_path).out
    assert "HTTP/1.1 500" in send(*arguments, "--app", "keyless", home=tmp_path).out


def test_hostile_bytes_are_escaped_as_text_and_kept_elsewhere(tmp_path: Path) -> None:
    """A terminal never gets an escape sequence of the wire; raw gives it as it is."""
    hostile = "/hello?name=%1B[31m%E2%80%AE"
    done = send_bytes("GET", hostile, home=tmp_path)
    assert b"\x1b" not in done.stdout
    assert "\u202e".encode() not in done.stdout
    assert b"\x1b[31m\xe2\x80\xae" in send_bytes("GET", hostile, "--format", "raw", home=tmp_path).stdout


@contextmanager
def silent_server() -> Iterator[int]:
    """Accepts, reads, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threads: list[threading.Thread] = []
        kept: list[socket.socket] = []

        def accept() -> None:
            try:
                while True:
                    kept.append(listening.accept()[0])
            except OSError:
                return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        threads.append(thread)
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        for each in kept:
            each.close()


def test_at_sends_to_a_running_server_and_records_its_own_end(tmp_path: Path) -> None:
    """With --at the bytes are those of our own socket, and nothing is said of Flask."""
    with SandboxServer(sandbox_app.create_app("2.3")) as server:
        done = send_bytes("--at", server.address, "GET", "/login", "--format", "raw", home=tmp_path)
        text = send("--at", f"localhost:{server.port}", "GET", "/login", home=tmp_path)
        record = send("--at", server.address, "GET", "/go", "--follow", "--format", "json", home=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith(b"GET /login HTTP/1.1\r\n")
    assert b"\r\nSet-Cookie: session=" in done.stdout
    assert done.stdout.endswith(b"Welcome, Grey.")
    assert done.stderr == b""
    assert "Flask: " not in text.out
    assert json.loads(record.out)["timeline"] is None
    assert [each["response"]["status"] for each in json.loads(record.out)["redirects"]] == [302]


def test_where_nothing_listens_the_code_is_3(tmp_path: Path) -> None:
    """A connection that fails is one line and 3."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        outcome = send("--at", f"http://127.0.0.1:{free.getsockname()[1]}", "GET", "/", home=tmp_path)
    assert outcome.code == 3
    assert outcome.out == ""
    assert outcome.err.count("\n") == 1


def test_a_server_that_says_nothing_ends_with_3_and_shows_what_was_sent(tmp_path: Path) -> None:
    """Without a status the code is 3; what crossed is printed all the same."""
    (tmp_path / "half").write_bytes(b"GET /hello HTTP/1.1\r\n")
    outcome = send("--raw", str(tmp_path / "half"), home=tmp_path)
    assert outcome.code == 3
    assert "GET /hello HTTP/1.1" in outcome.out
    assert "No answer came within 1 s" in outcome.err


def test_ctrl_c_ends_with_130(tmp_path: Path) -> None:
    """Ctrl-C while waiting for an answer ends with 130 and shows what crossed."""
    with silent_server() as port:
        process = subprocess.Popen(
            [sys.executable, "-m", "tutor", "send", "--at", f"http://127.0.0.1:{port}", "GET", "/"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "FLASK_HTTP_TUTOR_HOME": str(tmp_path)},
        )
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130, (out, err)
    assert "GET / HTTP/1.1" in out
    assert "Traceback" not in err
