"""Typing a request in a terminal: completion, kept history, and an editor for whole messages.

The editor shows what goes out: line ends are drawn, parts are told apart, and its bar counts the body.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.lexers import Lexer

from tutor.language import _, ngettext
from tutor.play.completion import Surroundings, common_start, line_offers, message_offers
from tutor.play.prompt import LEFT
from tutor.private import make_private_file, make_private_folder
from tutor.screen.output import plain_symbols
from tutor.wire.raw_text import has_line_end, parse_message
from tutor.wire.request import RequestSyntaxError

_ESCAPE = re.compile(r"\\(?:(?:x[0-9A-Fa-f]{2}|[rnt\\])(?:\{[0-9]+\})?|$)")
_ESCAPE_WAIT_S = 0.3
"""How long a lone Escape waits for the rest of a key's sequence, which a slow link may bring late."""
_LONGEST_KEPT = 100_000
"""Characters of an entry that is kept: a pasted file is no history."""


class Completing:
    """Tab in a request of one line, or in a whole message: completes, or lists in the bar what may follow.

    In the bar, because that alone draws itself anew: the scrollback stays what was sent and what came.
    """

    def __init__(self, *, of_messages: bool) -> None:
        self.around = Surroundings()
        """What the request is typed for: set anew before each prompt."""
        self._offers = message_offers if of_messages else line_offers
        self._listed: tuple[str, ...] = ()
        self._for = ""
        """What stood before the cursor when they were listed."""

    def add_to(self, keys: KeyBindings) -> None:
        """Bind Tab."""

        @keys.add("tab")
        def complete(event: KeyPressEvent) -> None:
            self._complete(event.current_buffer)

    def bar(self, before: str, width: int) -> str:
        """The offers for what stands before the cursor; empty where there are none to choose from.

        Tab once more turns to those that do not fit.
        """
        if not self._listed or before != self._for:
            return ""
        row = ""
        for place, offer in enumerate(self._listed):
            mark = "  …" if place < len(self._listed) - 1 else ""
            if row and len(row) + len(offer) + len(mark) + 2 > width:
                return row + "  …"
            row += ("  " if row else " ") + offer
        return row

    def _complete(self, buffer: Buffer) -> None:
        before = buffer.document.text_before_cursor
        if self._listed and before == self._for:
            self._turn()
            return
        offers = self._offers(before, self.around)
        self._listed = ()
        if not offers:
            return
        common = common_start(offers)
        replaces = offers[0].replaces
        if len(common) > replaces or len(offers) == 1:
            buffer.delete_before_cursor(replaces)
            buffer.insert_text(common)
        if len(offers) > 1:
            self._listed = tuple((offer.shown or offer.text).strip() for offer in offers)
            self._for = buffer.document.text_before_cursor

    def _turn(self) -> None:
        """Put those that were shown last."""
        shown = self.bar(self._for, get_app().output.get_size().columns).removesuffix("  …").split()
        self._listed = self._listed[len(shown) :] + self._listed[: len(shown)]


def kept_history(file: Path) -> History:
    """What was typed before, also in earlier runs; only in this one where the file cannot be used."""
    try:
        make_private_folder(file.parent)
        make_private_file(file)
    except OSError:
        return InMemoryHistory()
    return _KeptHistory(str(file))


class _KeptHistory(FileHistory):
    """A file of entries; one that cannot be written or read is no reason to end a lesson."""

    def load_history_strings(self) -> Iterable[str]:
        try:
            yield from super().load_history_strings()
        except (OSError, ValueError):
            return

    def store_string(self, string: str) -> None:
        if len(string) > _LONGEST_KEPT:
            return
        try:
            super().store_string(string)
        except (OSError, ValueError):
            return


class MessageLexer(Lexer):
    """Tells the parts of a message apart: start line, field names, escapes, body."""

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        lines = document.lines
        body_at = _body_line(lines)
        language = "json" if _is_json(lines[:body_at]) else ""

        def line_of(number: int) -> StyleAndTextTuples:
            if not 0 <= number < len(lines):
                return []
            line = lines[number]
            if number >= body_at:
                return _body_runs(line, language)
            if number == 0:
                return _escaped_runs(line, "class:wire-start")
            name, colon, value = line.partition(":")
            if not colon:
                return _escaped_runs(line, "class:wire-value")
            return [
                *_escaped_runs(name, "class:wire-name"),
                ("", colon),
                *_escaped_runs(value, "class:wire-value"),
            ]

        return line_of


class LineEnds(Processor):
    """Draws the CRLF that the end of each line sends; a line end that is written out stands there already."""

    def __init__(self, *, ascii_only: bool) -> None:
        self._mark = plain_symbols("␍␊") if ascii_only else "␍␊"

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        lines = transformation_input.document.lines
        number = transformation_input.lineno
        is_last = number == len(lines) - 1
        in_body = number >= _body_line(lines)
        if is_last or not (in_body or has_line_end(lines[number])):
            return Transformation(transformation_input.fragments)
        return Transformation([*transformation_input.fragments, ("class:wire-end", self._mark)])


def message_bar(text: str) -> tuple[str, ...]:
    """What is to be known of a message while it is typed: how to send it, and what its parts come to."""
    return (_("Ctrl-D send"), _("Esc leave"), _standing(text), _("Tab complete"))


def _standing(text: str) -> str:
    try:
        data = parse_message(text).data
    except RequestSyntaxError:
        # What is wrong is told in full when it is sent.
        return _("nothing to send") if not text.strip() else _("a backslash means nothing")
    _head, end, body = data.partition(b"\r\n\r\n")
    if not end:
        return _("no empty line yet")
    return ngettext("body: {count} byte", "body: {count} bytes", len(body)).format(count=len(body))


def message_keys() -> KeyBindings:
    """Enter begins a line, Ctrl-D sends, Escape and Ctrl-C leave; nothing that is typed is a command."""
    keys = KeyBindings()

    @keys.add("c-d")
    def send(event: KeyPressEvent) -> None:
        if event.current_buffer.text.strip():
            event.current_buffer.validate_and_handle()
        else:
            _leave()

    @keys.add("escape")
    @keys.add("c-c")
    def leave(event: KeyPressEvent) -> None:
        del event
        _leave()

    @keys.add("enter", eager=True)
    def new_line(event: KeyPressEvent) -> None:
        # Without the indentation of the line before: a space would begin the field's name.
        event.current_buffer.newline(copy_margin=False)

    return keys


def let_escape_count(session: PromptSession[str]) -> None:
    """Let a lone Escape be one after a moment; keys with longer sequences begin with it."""
    session.app.ttimeoutlen = _ESCAPE_WAIT_S
    session.app.timeoutlen = _ESCAPE_WAIT_S


def _leave() -> None:
    get_app().exit(result=LEFT)


def _body_line(lines: Iterable[str]) -> int:
    """The number of the first line of the body, counted from 0; behind the last line where there is none."""
    number = 0
    for number, line in enumerate(lines):
        if number and not line:
            return number + 1
    return number + 1


def _is_json(head: Iterable[str]) -> bool:
    fields = [line.lower().partition(":") for line in head]
    return any(name == "content-type" and "json" in value for name, _colon, value in fields)


def _body_runs(line: str, language: str) -> StyleAndTextTuples:
    from tutor.screen.code import runs

    found = runs(line, language) if language else [(line, "wire.body")]
    return [(f"class:{style.replace('.', '-')}" if style else "", text) for text, style in found]


def _escaped_runs(text: str, style: str) -> StyleAndTextTuples:
    """The text with its escapes in a style of their own."""
    found: StyleAndTextTuples = []
    at = 0
    for escape in _ESCAPE.finditer(text):
        found += [(style, text[at : escape.start()]), ("class:wire-framing", escape[0])]
        at = escape.end()
    return [*found, (style, text[at:])]
