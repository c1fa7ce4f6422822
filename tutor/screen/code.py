"""Source code and bodies in colour, without changing a character."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

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


class Styled(NamedTuple):
    """Text, and up to where it has which style."""

    text: str
    stops: list[int]
    styles: list[str]


def styled(text: str, language: str, unmarked: str = "", *, ahead: str = "") -> Styled:
    """The text with a style for all of it.

    Args:
        language: `python`, `json`, `html` … as Pygments names them; in an unknown one nothing is marked.
        unmarked: the style of what the language gives none.
        ahead: what stands behind the text; it is read as far as the text's styles depend on it.
    """
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    nothing_marked = Styled(text, [len(text)], [unmarked])
    try:
        lexer = _python() if language == "python" else get_lexer_by_name(language)
    except ClassNotFound:
        return nothing_marked
    starts: list[int] = []
    styles: list[str] = []
    at, before = 0, None
    # A lexer gives a token for each blank and bracket; what looks alike is drawn as one.
    # Unprocessed: the other entry points normalise line ends and add a last one.
    for _, kind, value in lexer.get_tokens_unprocessed(text + ahead):
        style = _STYLE_OF[kind]
        if style != before:
            if at >= len(text):
                break
            starts.append(at)
            styles.append(style or unmarked)
            before = style
        at += len(value)
    if not starts or at < len(text):
        return nothing_marked
    return Styled(text, [*starts[1:], len(text)], styles)


def runs(text: str, language: str) -> list[Run]:
    """The text cut into styled runs; joined they are the text again."""
    _text, stops, styles = styled(text, language)
    return [(text[at:stop], style) for at, stop, style in zip([0, *stops], stops, styles, strict=False)]


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
