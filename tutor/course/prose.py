"""Markdown as the reader of a lesson meets it: words, block quotes, and what a CommonMark parser sees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token


@dataclass(frozen=True, slots=True)
class Markdown:
    """A Markdown text, parsed. Lines are counted from 1."""

    words: tuple[tuple[int, int], ...]
    """For each run of prose: the line where it begins, and its words."""
    quotes: tuple[tuple[int, int], ...]
    """First and last line of each block quote that stands in nothing else."""
    headings: tuple[int, ...]
    """The lines of the `#` and `##` headings that stand in nothing else, in whatever form."""
    fences: tuple[tuple[int, str, bool], ...]
    """Line, first word, and whether it stands in nothing else."""


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table")


def read_markdown(text: str) -> Markdown:
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
            words.append((line, _count(token.children or ())))
        elif token.type == "blockquote_open" and token.level == 0 and token.map:
            quotes.append((token.map[0] + 1, token.map[1]))
        elif token.type == "heading_open" and token.level == 0 and token.tag in ("h1", "h2"):
            headings.append(line)
        elif token.type == "fence":
            fences.append((line, (token.info.split() or [""])[0].partition("{")[0], token.level == 0))
    return Markdown(tuple(words), tuple(quotes), tuple(headings), tuple(fences))


def count_words(text: str) -> int:
    """The words of a Markdown text outside fences; a piece of inline code counts as one."""
    return sum(_count(token.children or ()) for token in _parser().parse(text) if token.type == "inline")


def _count(tokens: Iterable[Token]) -> int:
    text = "".join(_text(token) for token in tokens)
    return sum(any(character.isalnum() for character in word) for word in text.split())


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
