"""One visual language, in one file."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tutor.screen.theme import STYLES

TUTOR = Path(__file__).parent.parent.parent / "tutor"
ATTRIBUTES = {"bold", "dim", "italic", "underline", "reverse", "blink", "strike", "color", "bgcolor"}
COLOUR = re.compile(
    r"(?:ansi|bright_|on )?(?:black|red|green|yellow|blue|magenta|cyan|white)|#[0-9a-f]{6}|bold|dim|italic"
)


def nodes() -> Iterator[tuple[Path, ast.AST]]:
    for file in TUTOR.rglob("*.py"):
        if file.name != "theme.py":
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                yield file, node


def test_nothing_is_styled_outside_of_the_theme() -> None:
    """Other modules say what a text is, and the theme alone how that looks."""
    wrong = []
    for file, node in nodes():
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Style":
            named = {keyword.arg for keyword in node.keywords} & ATTRIBUTES
            wrong += [f"{file.name}:{node.lineno}: {named}"] if named else []
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            words = node.value.split()
            if words and all(COLOUR.fullmatch(word) for word in words):
                wrong.append(f"{file.name}:{node.lineno}: {node.value}")
    assert wrong == []


def test_every_style_that_is_named_is_there() -> None:
    """A misspelt style would be no style: each name of a known family stands in the theme."""
    # `request.…`, `response.…` and `flask.…` are names of Flask's as well.
    families = {"wire", "code", "compare"}
    used = {
        node.value
        for _file, node in nodes()
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(rf"(?:{'|'.join(families)})\.[a-z_]+", node.value)
    }
    assert {"wire.note", "code.string"} < used
    assert used <= set(STYLES)
