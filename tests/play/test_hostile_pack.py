"""A pack of somebody else's, in the session and in `check`: what it can do, and what it cannot."""

from __future__ import annotations

from pathlib import Path

from tests.command import flask_http_tutor
from tests.terminal import Terminal

NAME = "a" * 300 + "!"
BACKTRACKING = f"""\
# A pattern without end

```lesson
format = 1
id = "backtracking"
number = "2.1"
minutes = 5
```

## Greet {{#greet}}

```http {{#hello}}
GET /hello HTTP/1.1
```

```question {{#craft}}
kind = "request"
after = "hello"
prompt = "Which request greets Ann?"
answer = "GET /hello?name={NAME}"
hints = ["The name stands in the query."]
[expect]
body = {{ matches = '(.*a){{20}}$' }}
[wrong]
bare = "GET /hello"
[feedback]
bare = "Nobody is named."
```

> A goal can be too much.
"""


def backtracking_pack(folder: Path) -> Path:
    """A pack whose goal is a pattern that would take for years."""
    folder.mkdir()
    (folder / "backtracking.md").write_text(BACKTRACKING, "utf-8")
    return folder


def test_a_pattern_that_backtracks_does_not_hold_the_session(tmp_path: Path) -> None:
    """The learner is told that the lesson's pattern takes too long, and goes on."""
    pack = backtracking_pack(tmp_path / "pack")
    with Terminal("2.1.1", "--pack", str(pack), home=tmp_path / "home") as terminal:
        terminal.wait_for("Enter: send ▸")
        terminal.type("")
        terminal.wait_for_screen("Which request greets Ann?")
        terminal.type(f"GET /hello?name={NAME}")
        terminal.wait_for("takes longer than 1 s", timeout_s=60)
        terminal.press("\x04")
        assert terminal.ended() == 0


def test_check_names_a_pattern_that_backtracks(tmp_path: Path) -> None:
    """`check` ends by itself, and says which question's pattern takes too long."""
    outcome = flask_http_tutor("check", str(backtracking_pack(tmp_path / "pack")), home=tmp_path / "home")
    assert outcome.code == 1
    assert "2.1/greet/craft/request" in outcome.out
    assert "takes longer than 1 s" in outcome.out
