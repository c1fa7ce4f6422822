"""One visual language: what each kind of text looks like, in the sixteen colours that a terminal themes.

No meaning hangs on colour alone: words, order and headings say the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.theme import Theme

STYLES = {
    # The wire: the request and the response.
    "request.heading": "bold cyan",
    "response.heading": "bold green",
    "wire.start": "bold",
    "wire.name": "cyan",
    "wire.value": "default",
    "wire.body": "default",
    "wire.framing": "magenta",
    "wire.end": "dim",
    "wire.fold": "dim italic",
    "wire.note": "italic",
    "compare.differs": "bold magenta",
    # Bodies.
    "code.string": "green",
    "code.number": "magenta",
    "code.keyword": "blue",
    "code.name": "cyan",
    "code.comment": "dim",
    # Flask's side.
    "flask": "magenta",
    "flask.heading": "bold magenta",
    "flask.detail": "dim",
    # The tutor speaking.
    "title": "bold",
    "muted": "dim",
    "takeaway": "italic",
    "question": "bold",
    "choice": "bold",
    "right": "bold green",
    "off": "bold magenta",
    "expected": "bold cyan",
    "offer": "italic",
    "prompt": "bold cyan",
    # The map.
    "bar.done": "green",
    "bar.left": "dim",
    "mark.done": "green",
    "mark.helped": "bold cyan",
    "mark.updated": "bold magenta",
    "mark.skipped": "bold",
    "mark.open": "dim",
    "mark.here": "bold cyan",
    "map.part": "italic",
    "file": "bold",
    # How far a run is: rich's own names; its defaults are colours of their own.
    "bar.back": "dim",
    "bar.complete": "green",
    "bar.finished": "green",
    "bar.pulse": "green",
    "progress.download": "default",
    # Prose.
    # rich's own names; its defaults set colours that are unreadable on a light background.
    "markdown.code": "bold",
    "markdown.code_block": "none",
    "markdown.block_quote": "italic",
    "markdown.item.bullet": "bold",
    "markdown.item.number": "bold",
    "markdown.table.border": "dim",
    "markdown.table.header": "bold",
    "markdown.link": "underline",
    "markdown.link_url": "underline",
}


_PROMPT_WORDS = {"default": "", "none": ""} | {
    colour: f"ansi{colour}" for colour in ("red", "green", "blue", "cyan", "magenta", "yellow")
}


def prompt_styles() -> dict[str, str]:
    """The styles as prompt_toolkit understands them; hyphens join their names, as its dots mean else."""
    return {
        name.replace(".", "-"): " ".join(_PROMPT_WORDS.get(word, word) for word in words.split())
        for name, words in STYLES.items()
        if not name.startswith(("markdown", "bar", "progress"))
    }


def theme() -> Theme:
    """The styles as rich understands them."""
    from rich.theme import Theme

    return Theme(STYLES)
