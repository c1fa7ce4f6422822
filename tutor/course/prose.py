"""Markdown as the reader of a lesson meets it: words, block quotes, and what a CommonMark parser sees."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec import Struct

Measure = Callable[[str], int]
"""How long a text is."""

# Compiled by `re` when it is used first: it takes two milliseconds, and English does not need it.
_IDEOGRAPH = r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd]"


def in_words(text: str) -> int:
    """The words of a text: what stands between blanks and has a letter or a digit."""
    return sum(any(character.isalnum() for character in word) for word in text.split())


def in_characters(text: str) -> int:
    """The Chinese characters of a text; a word, number or piece of code among them counts as one."""
    return in_words(re.sub(_IDEOGRAPH, " 字 ", text))


class Markdown(Struct, frozen=True):
    """A Markdown text, parsed. Lines are counted from 1."""

    words: tuple[tuple[int, int], ...]
    """For each run of prose: the line where it begins, and how long it is."""
    quotes: tuple[tuple[int, int], ...]
    """First and last line of each block quote that stands in nothing else."""
    headings: tuple[int, ...]
    """The lines of the `#` and `##` headings that stand in nothing else, in whatever form."""
    fences: tuple[tuple[int, str, bool], ...]
    """Line, first word, and whether it stands in nothing else."""


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table")


def read_markdown(text: str, measure: Measure = in_words) -> Markdown:
    """Parse a whole file."""
    words: list[tuple[int, int]] = []
    quotes: list[tuple[int, int]] = []
    headings: list[int] = []
    fences: list[tuple[int, str, bool]] = []
    line = 0
    for token in _parser().parse(text):
        if token.map:
            line = token.map[0] + 1
        if token.type == "inline":
            words.append((line, measure(_joined(token.children or ()))))
        elif token.type == "blockquote_open" and token.level == 0 and token.map:
            quotes.append((token.map[0] + 1, token.map[1]))
        elif token.type == "heading_open" and token.level == 0 and token.tag in ("h1", "h2"):
            headings.append(line)
        elif token.type == "fence":
            fences.append((line, (token.info.split() or [""])[0].partition("{")[0], token.level == 0))
    return Markdown(tuple(words), tuple(quotes), tuple(headings), tuple(fences))


def length_of(text: str, measure: Measure = in_words) -> int:
    """How long a Markdown text is outside fences; a piece of inline code counts as one word."""
    return sum(
        measure(_joined(token.children or ())) for token in _parser().parse(text) if token.type == "inline"
    )


def without_code(text: str) -> str:
    """What of a Markdown text is no code."""
    tokens = (token for token in _parser().parse(text) if token.type == "inline")
    return "\n".join(
        _joined(child for child in token.children or () if child.type != "code_inline") for token in tokens
    )


def _joined(tokens: Iterable[Token]) -> str:
    return "".join(_text(token) for token in tokens)


def _text(token: Token) -> str:
    if token.type == "code_inline":
        return "code"
    if token.type in ("softbreak", "hardbreak"):
        return " "
    return token.content if token.type in ("text", "text_special", "image") else ""


def quote_text(lines: Sequence[str]) -> str:
    """The Markdown inside a block quote, its lines given."""
    inner: list[str] = []
    for line in lines:
        bare = line.lstrip(" ")
        inner.append(bare[1:].removeprefix(" ") if bare.startswith(">") else line)
    return "\n".join(line.rstrip() for line in inner).strip("\n")
