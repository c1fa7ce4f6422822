"""The one place that prints.

Everything a person sees goes through `Output.show` (or `ask`, for a bare prompt), and everything a program
reads through `Output.report`. `show` escapes what is not escaped yet, so that no control
character of a wire, a file or a person reaches a terminal even where a caller forgot.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, TextIO

from tutor.errors import output_errors
from tutor.wire.escape import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.style import Style
    from rich.text import Text

DEFAULT_WIDTH = 80
DEFAULT_HEIGHT = 24

SYMBOLS = {
    "▸": ">",
    "→": "->",
    "←": "<-",
    "…": "...",
    "–": "-",
    "—": "-",
    "·": "-",
    "•": "*",
    "●": "*",
    "─": "-",
    "━": "#",
    "│": "|",
    "├": "|",
    "┤": "|",
    "▶": ">",
    "◀": "<",
    "×": "x",
    "✓": "+",
    "✗": "-",
    "»": "/",
    "‘": "'",
    "’": "'",
    "“": '"',
    "”": '"',
    "␍␊": "\\r\\n",
    "␍": "\\r",
    "␊": "\\n",
    "\u00a0": " ",
}
"""What stands for our own symbols where the stream cannot encode them."""


class Output:
    """A stream that people read, with what it can show.

    Args:
        stream: where it goes; `sys.stdout` or `sys.stderr`.
        variables: the environment variables, for TERM, NO_COLOR, COLUMNS and LINES.
        plain: no colour, no cursor movement, no box drawing.
    """

    def __init__(self, stream: TextIO, variables: Mapping[str, str], *, plain: bool = False) -> None:
        self.stream = stream
        self.variables = variables
        self.plain = plain or not stream.isatty() or _is_dumb(variables)
        self.colour = not self.plain and not variables.get("NO_COLOR")
        self.ascii_only = not self.can_show("▸→…␍␊✓李")
        self._known_marks: dict[str | Style, tuple[str, str]] = {}
        self._only_ascii_words = self.ascii_only and not self.can_show("中文。")
        """False for an encoding such as GBK, which has Chinese, though not all of our symbols."""

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows, asked anew each time, since windows change."""
        columns, rows = self.variables.get("COLUMNS", ""), self.variables.get("LINES", "")
        if columns.isdigit() and rows.isdigit() and int(columns) and int(rows):
            return int(columns), int(rows)
        try:
            found = os.get_terminal_size(self.stream.fileno())
        except (OSError, ValueError):
            import shutil

            found = shutil.get_terminal_size((DEFAULT_WIDTH, DEFAULT_HEIGHT))
        width = int(columns) if columns.isdigit() and int(columns) else found.columns or DEFAULT_WIDTH
        height = int(rows) if rows.isdigit() and int(rows) else found.lines or DEFAULT_HEIGHT
        return max(20, width), max(8, height)

    @cached_property
    def console(self) -> Console:
        """The rich console that turns styled lines into what the stream understands."""
        from rich.console import Console

        from tutor.screen.theme import theme

        return Console(
            file=self.stream,
            # FORCE_COLOR=0 would force colour on: the decision is ours.
            force_terminal=not self.plain,
            no_color=not self.colour,
            color_system="auto" if not self.plain else None,
            highlight=False,
            markup=False,
            emoji=False,
            theme=theme(),
            width=self.size[0],
            legacy_windows=False,
            _environ={**self.variables, "FORCE_COLOR": ""},
        )

    def show(self, lines: Iterable[Text | str] = ()) -> None:
        """Print lines. A `str` is the tutor's own words and may hold several lines; a `Text` is one line.

        On a terminal what is too long is broken between words, but for a `Text` that is `no_wrap`.
        """
        with output_errors():
            width = 0 if self.plain else self.size[0]  # plain lines are not broken
            # One write for all: a terminal's stream is flushed at each line end, and a body has thousands.
            self._write("".join([self._shown(line, width) for line in lines]))
            self.stream.flush()

    def ask(self, label: str) -> None:
        """Print the label of a bare prompt, without a line end."""
        with output_errors():
            self._write(self._escaped(label))
            self.stream.flush()

    def report(self, content: str | bytes) -> None:
        """Write what a program reads (JSON, a report, bytes of a wire) as it stands."""
        with output_errors():
            if isinstance(content, str):
                self._write(content)
                self.stream.flush()
                return
            self.stream.flush()
            self.stream.buffer.write(content)
            self.stream.buffer.flush()

    def _shown(self, line: Text | str, width: int) -> str:
        """What `show` writes for one of its lines, in rows of so many columns."""
        if isinstance(line, str):
            rows = [row for said in line.split("\n") for row in self._broken(said, width)]
            return "".join([self._escaped(row) + "\n" for row in rows])
        if self.plain:
            return self._escaped(line.plain) + "\n"
        if line.no_wrap:
            return self._styled(line) + "\n"
        return "".join([self._styled(row) + "\n" for row in _rows(line, width)])

    def _broken(self, words: str, width: int) -> list[str]:
        """Words in rows that fit; only what begins with blanks has its further rows set in."""
        # No import for what fits in any case: a character takes two columns at most.
        if self.plain or len(words) * (1 if words.isascii() else 2) <= width:
            return [words]
        from rich.text import Text

        from tutor.screen.wide import wrapped

        shown = visible(words)
        rows = _rows(Text(shown), width) if shown[:1].isspace() else wrapped(shown, width)
        return [row.plain for row in rows]

    def _styled(self, line: Text) -> str:
        plain = line.plain
        escaped = self._escaped(plain)
        if escaped != plain:
            # Our own symbols in ASCII, or a caller forgot to escape: safe comes before pretty.
            return escaped
        return self._in_sequence(line, plain) or self._by_rich(line)

    def _in_sequence(self, line: Text, plain: str) -> str:
        """The line where its spans stand one behind the other; empty where they do not.

        What rich gives too, for which it takes ten times as long.
        """
        if line.style:
            marks = None if line.spans else self._marks(line.style)
            return f"{marks[0]}{plain}{marks[1]}" if marks else ""
        parts: list[str] = []
        at, known = 0, self._known_marks
        for start, end, style in line.spans:
            if start != at:
                if start < at:
                    return ""
                parts.append(plain[at:start])
            marks = known.get(style) or self._marks(style)
            if not marks:
                return ""
            parts.append(f"{marks[0]}{plain[start:end]}{marks[1]}")
            at = end
        return "".join(parts) + plain[at:] if at <= len(plain) else ""

    def _marks(self, style: str | Style) -> tuple[str, str] | None:
        """What stands before and behind words of a style; nothing for one without a name."""
        if not isinstance(style, str):
            return None
        marks = self._known_marks.get(style)
        if marks is None:
            from rich.text import Text

            before, _word, behind = self._by_rich(Text("·", style)).partition("·")
            marks = self._known_marks[style] = before, behind
        return marks

    def _by_rich(self, line: Text) -> str:
        with self.console.capture() as capture:
            self.console.print(line, end="", soft_wrap=True)
        return capture.get()

    def _escaped(self, text: str) -> str:
        if text.isascii() and text.isprintable():
            return text
        if not self.ascii_only:
            return _spelled(visible(text)) if self.plain else visible(text)
        if self._only_ascii_words:
            return visible(plain_symbols(text), ascii_only=True)
        return "".join(
            character if self.can_show(character) else visible(character, ascii_only=True)
            for character in visible(plain_symbols(text))
        )

    def can_show(self, text: str) -> bool:
        """Whether the stream can encode a text."""
        try:
            text.encode(getattr(self.stream, "encoding", None) or "ascii")
        except (UnicodeEncodeError, LookupError):
            return False
        return True

    def _write(self, text: str) -> None:
        try:
            self.stream.write(text)
        except UnicodeEncodeError:
            encoding = self.stream.encoding or "ascii"
            self.stream.write(text.encode(encoding, "backslashreplace").decode(encoding))


def _rows(line: Text, width: int) -> list[Text]:
    if line.cell_len <= width:
        return [line]
    # Imported for long lines alone: its patterns take as long as rich itself.
    from tutor.screen.wide import fitted

    return fitted(line, width)


def _is_dumb(variables: Mapping[str, str]) -> bool:
    """Whether nothing is known of a terminal that could be relied on. Windows' own have no TERM."""
    return variables.get("TERM", "" if os.name != "nt" else "windows") in {"", "dumb", "unknown"}


_CONTROL_NAMES = (
    *(
        "NUL",
        "SOH",
        "STX",
        "ETX",
        "EOT",
        "ENQ",
        "ACK",
        "BEL",
        "BS",
        "TAB",
        "LF",
        "VT",
        "FF",
        "CR",
        "SO",
        "SI",
    ),
    *("DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS"),
    *("US", "SP", "DEL"),
)
_PICTURES = str.maketrans({0x2400 + code: f"[{name}]" for code, name in enumerate(_CONTROL_NAMES)})


def _spelled(text: str) -> str:
    """Control pictures as names: `[LF]` is read aloud as two letters."""
    if text.isascii():
        return text
    return text.replace("␍␊", "[CRLF]").translate(_PICTURES)


def plain_symbols(text: str) -> str:
    """Our own symbols in ASCII; nothing else changes."""
    for symbol, ascii_form in SYMBOLS.items():
        text = text.replace(symbol, ascii_form)
    return text
