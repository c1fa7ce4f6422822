"""Claims about any input: a few inputs in each run of the tests, always the same, and many in a slow one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FEW = 60
MANY = 4000

INPUTS = pytest.mark.parametrize(
    "count",
    [
        pytest.param(FEW, id="few"),
        pytest.param(MANY, id="many", marks=[pytest.mark.slow, pytest.mark.timeout(3600)]),
    ],
)


def holds(claim: Callable[[Any], None], inputs: st.SearchStrategy[Any], count: int) -> None:
    """Try a claim on so many inputs; `FEW` are the same ones each time."""

    # A new function each time: hypothesis reads the signature of what it calls.
    def tried(given_input: Any) -> None:
        claim(given_input)

    settings(
        max_examples=count,
        derandomize=count == FEW,
        deadline=None,  # a busy machine is no fault of the code
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )(given(inputs)(tried))()


PIECES = (
    *(
        "```",
        "```http {#x}",
        "```expect {of=hello}",
        "```question {#q}",
        "```lesson",
        "```source",
        "~~~",
        "## ",
        "# ",
    ),
    *(
        "{#",
        "{",
        "}",
        "}}",
        "{{",
        "{{hello.response.status}}",
        "{{{",
        '"',
        '"""',
        "'",
        "'''",
        "\\",
        "\\x",
        "\\u12",
    ),
    *(
        "[",
        "[[",
        "]",
        "]]",
        "[a.b]",
        "[proof.ok]",
        "[[frames]]",
        "=",
        " = ",
        "= =",
        ".",
        ",",
        "#",
        ":",
        "-",
        "/",
        "//",
    ),
    *(
        "0",
        "-1",
        "1e999",
        "nan",
        "9" * 400,
        "2024-02-30",
        "true",
        "{ a = 1 }",
        "[[[[",
        "kind = 'order'",
        "answer = []",
    ),
    *("> ", "- ", "1. ", "<!--", "-->", "<div>", "|", "`", "*", "~", "$", "&amp;", "&#0;", "&#xD800;"),
    *(
        "\n",
        "\n\n",
        "\r",
        "\r\n",
        "\t",
        " ",
        "    ",
        "\0",
        "\x0b",
        "\x0c",
        "\x1b[31m",
        "\x7f",
        "\x85",
        "\u2028",
        "\ufeff",
    ),
    *(
        "GET / HTTP/1.1",
        "POST http://evil.example/ HTTP/1.1",
        "Host: x",
        "\u202e",
        "é",
        "字",
        "😀",
        "../../x",
        "(?:a+)+$",
    ),
)
"""What means something somewhere in a lesson, a request or an answer."""

_edits = st.tuples(
    st.sampled_from(["insert", "delete", "copy", "swap"]),
    st.floats(0, 1, exclude_max=True),
    st.sampled_from([0, 0, 1, 2, 8, 60]),
    st.one_of(st.sampled_from(PIECES), st.text(max_size=8)),
)


def mutated(texts: Sequence[str]) -> st.SearchStrategy[str]:
    """One of the texts, changed in a few places."""
    return st.builds(_edited, st.sampled_from(texts), st.lists(_edits, min_size=1, max_size=4))


def _edited(text: str, edits: Sequence[tuple[str, float, int, str]]) -> str:
    for kind, place, length, piece in edits:
        at = int(place * (len(text) + 1))
        part = text[at : at + length]
        match kind:
            case "insert":
                text = text[:at] + piece + text[at:]
            case "delete":
                text = text[:at] + text[at + length :]
            case "copy":
                text = text[:at] + part + text[at:]
            case _:
                text = text[:at] + piece + text[at + length :]
    return text


def made_of_pieces(*more: str) -> st.SearchStrategy[str]:
    """Text of what means something, and of anything else."""
    piece = st.one_of(st.sampled_from((*PIECES, *more)), st.text(max_size=5))
    return st.lists(piece, max_size=40).map("".join)
