"""Source code and bodies in colour, without changing a character."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pygments.lexer import Lexer
    from rich.text import Text

Run = tuple[str, str]
"""Text and the name of its style."""

_STYLES = (
    ("Token.Comment", "code.comment"),
    ("Token.Literal.String", "code.string"),
    ("Token.Literal.Number", "code.number"),
    ("Token.Keyword", "code.keyword"),
    ("Token.Name.Tag", "code.keyword"),
    ("Token.Name.Attribute", "code.name"),
    ("Token.Name.Decorator", "code.name"),
    ("Token.Name.Function", "code.name"),
)


def runs(text: str, language: str) -> list[Run]:
    """The text cut into styled runs; joined they are the text again.

    Args:
        language: `python`, `json`, `html` … as Pygments names them; an unknown one gives one plain run.
    """
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = _python() if language == "python" else get_lexer_by_name(language)
    except ClassNotFound:
        return [(text, "")]
    # Unprocessed: the other entry points normalise line ends and add a last one.
    found: list[Run] = []
    alike: list[str] = []
    style = ""
    # A lexer gives a token for each blank and bracket; what looks alike is drawn as one.
    for _, kind, value in lexer.get_tokens_unprocessed(text):
        look = _STYLE_OF[kind]
        if look != style:
            if alike:
                found.append(("".join(alike), style))
            alike = []
            style = look
        alike.append(value)
    found.append(("".join(alike), style))
    return found if "".join([run for run, _ in found]) == text else [(text, "")]


def _python() -> Lexer:
    from tutor.screen.python_lexer import QuickPythonLexer

    return QuickPythonLexer()


def highlighted(text: str, language: str) -> list[Text]:
    """The text as styled lines; it must be escaped already."""
    from rich.text import Text

    lines = [Text()]
    for run, style in runs(text, language):
        first, *others = run.split("\n")
        lines[-1].append(first, style or None)
        for other in others:
            lines.append(Text())
            lines[-1].append(other, style or None)
    return lines


class _StyleOf(dict[Any, str]):
    """The style of each type of token, filled as they turn up."""

    def __missing__(self, kind: Any) -> str:
        name = str(kind)
        self[kind] = next((style for prefix, style in _STYLES if name.startswith(prefix)), "")
        return self[kind]


_STYLE_OF = _StyleOf()
