"""A notebook as one page of HTML: no script, no outside resource, made to be read, searched and printed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from tutor import __version__
from tutor.language import _
from tutor.notes.notebook import Chapter, Entry, Met, Shot, Told, Unfired
from tutor.notes.words import options, remarks, state_words
from tutor.screen.figures import figures_words, total_of
from tutor.screen.flask_side import flask_line, timeline_lines
from tutor.screen.wire import View, request_lines, response_lines
from tutor.wire.escape import visible
from tutor.wire.exchange import Exchange

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from rich.text import Text

GENERATOR = '<meta name="generator" content="flask-http-tutor notes">'
"""Stands near the beginning of each page, so that a page is known again."""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""A browser loads nothing for this page, whatever a lesson or a learner wrote."""

_VIEW = View(line_ends=True)
_ENDS = {"␍␊": "CRLF", "␊": "LF"}
"""Line ends in letters: few fonts have their pictures."""
_STYLE_SHEET = Path(__file__).with_name("page.css")


def page(
    chapters: Sequence[tuple[Chapter, Sequence[tuple[Met, Sequence[Entry]]]]],
    *,
    language: str,
    now: datetime,
    empty: str = "",
) -> str:
    """The whole page.

    Args:
        chapters: in order, each with its steps and what was fired and asked in them.
        now: local time, told on the page.
        empty: what an empty notebook says; it stands in place of chapters.
    """
    title = _("HTTP and Flask: a notebook")
    parts = [
        "<!doctype html>",
        f'<html lang="{escape(language)}">',
        "<head>",
        '<meta charset="utf-8">',
        GENERATOR,
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f"<title>{_escaped(title)}</title>",
        f"<style>{_STYLE_SHEET.read_text('utf-8')}</style>",
        "</head>",
        "<body>",
        "<header>",
        f"<h1>{_escaped(title)}</h1>",
    ]
    if empty:
        return "\n".join([*parts, f"<p>{_escaped(empty)}</p>", "</header>", "</body>", "</html>", ""])
    parts.append(f"<p>{_escaped(_written(now))}</p>")
    counted = figures_words(total_of([chapter.figures for chapter, _steps in chapters]))
    if counted:
        parts.append(f"<p>{_escaped(', '.join(counted))}.</p>")
    parts += ["</header>", *_contents(chapters), "<main>"]
    for chapter, steps in chapters:
        parts += _chapter(chapter, steps)
    return "\n".join([*parts, "</main>", "</body>", "</html>", ""])


def _written(now: datetime) -> str:
    return _("Written by flask-http-tutor {version} on {when}. Each exchange was fired anew.").format(
        version=__version__, when=now.strftime("%Y-%m-%d %H:%M")
    )


def _contents(chapters: Sequence[tuple[Chapter, Sequence[tuple[Met, Sequence[Entry]]]]]) -> Iterator[str]:
    heading = _("Contents")
    yield f'<nav aria-labelledby="contents"><h2 id="contents">{_escaped(heading)}</h2>'
    for chapter, steps in chapters:
        lesson = chapter.lesson
        yield (
            f'<section><h3><a href="#{escape(lesson.id)}">{_escaped(lesson.number)} '
            f"{_escaped(lesson.title)}</a></h3><ul>"
        )
        for met, _entries in steps:
            yield f'<li><a href="#{_anchor(chapter, met)}">{_escaped(_heading(met))}</a></li>'
        yield "</ul></section>"
    yield "</nav>"


def _chapter(chapter: Chapter, steps: Sequence[tuple[Met, Sequence[Entry]]]) -> Iterator[str]:
    lesson = chapter.lesson
    yield f'<section class="lesson" id="{escape(lesson.id)}">'
    yield f"<h2>{_escaped(lesson.number)} {_escaped(lesson.title)}</h2>"
    for met, entries in steps:
        yield f'<article class="step" id="{_anchor(chapter, met)}">'
        state = f'<span class="state">{_escaped(state_words(met))}</span>'
        yield f"<h3>{_escaped(_heading(met))} {state}</h3>"
        for entry in entries:
            yield from _entry(met, entry)
        if met.done and met.step.takeaway:
            yield f'<div class="takeaway">{_rendered(met.step.takeaway)}</div>'
        yield "</article>"
    yield "</section>"


def _heading(met: Met) -> str:
    if met.step.recall:
        return _("From memory: {title}").format(title=met.step.title)
    return f"{met.step.number} {met.step.title}"


def _anchor(chapter: Chapter, met: Met) -> str:
    return escape(f"{chapter.lesson.id}.{met.step.id}")


def _entry(met: Met, entry: Entry) -> Iterator[str]:
    match entry:
        case Shot():
            yield from _exchange(entry.name, entry.exchange, timeline=met.step.timeline)
        case Unfired():
            words = _("{name} could not be fired: {reason}").format(name=entry.name, reason=entry.reason)
            yield f'<p class="note">{_escaped(words)}</p>'
        case Told():
            yield from _question(entry)


def _exchange(name: str, exchange: Exchange, *, timeline: bool) -> Iterator[str]:
    yield '<figure class="exchange">'
    yield f"<figcaption>{_escaped(name)}</figcaption>"
    yield f'<pre class="request">{_lines(request_lines(exchange, _VIEW))}</pre>'
    yield f'<pre class="response">{_lines(response_lines(exchange, _VIEW))}</pre>'
    line = _lines([flask_line(exchange)])
    if exchange.timeline is None:
        yield f'<p class="app">{line}</p>'
    else:
        opened = " open" if timeline else ""
        _heading_line, *events = timeline_lines(exchange)
        yield f'<details class="app"{opened}><summary>{line}</summary><pre>{_columns(events)}</pre></details>'
    yield "</figure>"


def _question(told: Told) -> Iterator[str]:
    yield '<section class="question">'
    yield f'<div class="prompt">{_rendered(told.asked.question.prompt)}</div>'
    shown = options(told)
    if shown:
        yield '<ol class="options">'
        for letter, words, belongs in shown:
            mark = ' class="belongs"' if belongs else ""
            yield f"<li{mark}><span>{letter})</span> <div>{_rendered(words)}</div></li>"
        yield "</ol>"
    yield "<dl>"
    for remark in remarks(told):
        yield f'<dt class="{remark.role.value}">{_escaped(remark.label)}</dt>'
        yield f"<dd>{_rendered(remark.markdown)}</dd>"
    yield "</dl></section>"


def _lines(lines: Sequence[Text]) -> str:
    return "\n".join(map(_line, lines))


def _columns(events: Sequence[Text]) -> str:
    """A timeline with a tab between its columns: blanks do not reach across characters of another font."""
    return "\n".join(re.sub(r"(?<=\S) {2,}(?=</span>)", "\t", _line(event), count=1) for event in events)


def _line(line: Text) -> str:
    """A styled line; a style's name is its class, with a hyphen for its dot."""
    text = line.plain
    edges = sorted({0, len(text), *(edge for span in line.spans for edge in (span.start, span.end))})
    parts = []
    for start, end in pairwise(edges):
        styles = [line.style, *(span.style for span in line.spans if span.start <= start and end <= span.end)]
        names = " ".join(str(style).replace(".", "-") for style in styles if style)
        run = _escaped(_ENDS.get(text[start:end], text[start:end]))
        parts.append(f'<span class="{escape(names)}">{run}</span>' if names and run else run)
    return "".join(parts)


def _escaped(text: str) -> str:
    """Text in HTML: what is invisible, or turns the direction of writing, is shown as on a terminal."""
    return escape(visible(text))


def _rendered(markdown: str) -> str:
    return str(_markdown().render("\n".join(map(visible, markdown.expandtabs(4).split("\n")))))


@cache
def _markdown() -> MarkdownIt:
    """Markdown as lessons are written in; HTML in it is text, and no image is fetched."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
