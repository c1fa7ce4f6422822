"""What may be typed at a prompt besides an answer. Pure: text in, a value out."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from tutor.language import _
from tutor.language import mark as N_  # noqa: N812 - gettext's own name


class Verb(StrEnum):
    HINT = "hint"
    NEXT = "next"
    BACK = "back"
    GO = "go"
    MAP = "map"
    FIRE = "fire"
    RAW = "raw"
    EXPLAIN = "explain"
    COMPARE = "compare"
    VIEW = "view"
    TIMELINE = "timeline"
    SOURCE = "source"
    ANSWER = "answer"
    EDIT = "edit"
    DEEPER = "deeper"
    TRY = "try"
    WRITE = "write"
    FRESH = "fresh"
    LANGUAGE = "lang"
    HELP = "help"
    QUIT = "quit"


class CommandHelp(Struct, frozen=True):
    """How a command is typed, and what it does in a few words."""

    verb: Verb
    letter: str
    """Empty where only the word is understood."""
    usage: str = ""
    """Empty where another command's line tells of this one too: the list fits a screen."""
    summary: str = ""


COMMANDS = (
    CommandHelp(Verb.HINT, "h", ":h, :a", N_("a hint; the answer")),
    CommandHelp(Verb.ANSWER, "a"),
    CommandHelp(Verb.EDIT, "e", ":e", N_("edit: a request as a whole message, an exercise's file")),
    CommandHelp(Verb.FIRE, "f", ":f", N_("fire the request, or fire it again")),
    CommandHelp(Verb.RAW, "r", ":r, :r 2", N_("the raw exchange, whole; the second one")),
    CommandHelp(Verb.EXPLAIN, "x", ":x, :x 3", N_("its parts, numbered; part 3 explained")),
    CommandHelp(Verb.COMPARE, "c", ":c, :c 1 3", N_("the last two exchanges compared; the first and third")),
    CommandHelp(Verb.VIEW, "v", ":v", N_("the exchanges as a diagram of client and server")),
    CommandHelp(Verb.TIMELINE, "t", ":t", N_("what Flask did, step by step")),
    CommandHelp(Verb.SOURCE, "s", ":s", N_("the view's source")),
    CommandHelp(Verb.TRY, "", ":try GET /…", N_("any request, ungraded")),
    CommandHelp(Verb.WRITE, "w", ":w curl", N_("write it out: curl, python or har, and a file")),
    CommandHelp(Verb.FRESH, "", ":fresh", N_("an exercise's starter anew; your file is kept beside it")),
    CommandHelp(Verb.NEXT, "n", ":n, :b", N_("the next step, leaving this one; the step before")),
    CommandHelp(Verb.BACK, "b"),
    CommandHelp(Verb.GO, "g", ":g 2.1.3", N_("go to a step or a lesson")),
    CommandHelp(Verb.DEEPER, "d", ":d", N_("the deeper steps, where they are offered")),
    CommandHelp(Verb.MAP, "m", ":m", N_("the map: where you are, what is done")),
    CommandHelp(Verb.LANGUAGE, "", ":lang", N_("the language")),
    CommandHelp(Verb.QUIT, "q", ":q, :?", N_("leave, with your progress kept; this list")),
    CommandHelp(Verb.HELP, "?"),
)

_ALIASES = {
    "language": Verb.LANGUAGE,
    "again": Verb.FIRE,
    "skip": Verb.NEXT,
    "exit": Verb.QUIT,
    "deep": Verb.DEEPER,
    "export": Verb.WRITE,
    "diagram": Verb.VIEW,
    **{command.letter: command.verb for command in COMMANDS if command.letter},
    **{verb.value: verb for verb in Verb},
}

BARE_WORDS = {
    "?": Verb.HELP,
    "help": Verb.HELP,
    "hint": Verb.HINT,
    "skip": Verb.NEXT,
    "quit": Verb.QUIT,
    "exit": Verb.QUIT,
}
"""Words that work without the colon, where no option reads so."""


class Typed(Struct, frozen=True):
    """A line as it was understood: a command with its argument, an answer, or a command that there is not."""

    verb: Verb | None = None
    argument: str = ""
    answer: str = ""
    woken: bool = False
    """Nothing was typed: something arrived."""
    unknown: str = ""
    """What to say about a command that there is not."""


def read(line: str, *, options: Iterable[str] = ()) -> Typed:
    """What a typed line means.

    Args:
        line: as typed.
        options: the words of the options on the screen; they win over bare command words.
    """
    text = line.strip()
    if text.startswith(("\\:", "\\：")):
        return Typed(answer=text[1:])
    if text[:1] in {":", "："}:
        return _command(text[1:])
    folded = unicodedata.normalize("NFKC", text).casefold()
    if folded in BARE_WORDS and folded not in {option.strip().casefold() for option in options}:
        return Typed(verb=BARE_WORDS[folded])
    return Typed(answer=line)


def _command(text: str) -> Typed:
    word, _space, argument = text.strip().partition(" ")
    word = unicodedata.normalize("NFKC", word).casefold()
    verb = _ALIASES.get(word)
    if verb is not None:
        return Typed(verb=verb, argument=argument.strip())
    # `:x3` and `:g2.1.3` are what fast fingers write.
    if word[:1] in _ALIASES and word[1:2].isdigit():
        return Typed(verb=_ALIASES[word[:1]], argument=f"{word[1:]} {argument}".strip())
    close = difflib.get_close_matches(word, [alias for alias in _ALIASES if len(alias) > 1], n=1)
    if not word:
        return Typed(unknown=_("A command is a colon and a letter or word. :? lists them."))
    if close:
        return Typed(
            unknown=_("There is no command :{word}. Did you mean :{close}?").format(word=word, close=close[0])
        )
    return Typed(unknown=_("There is no command :{word}. :? lists them.").format(word=word))
