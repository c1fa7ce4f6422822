"""Help as the command line library prints it: its own messages for the catalogue, and rows of Chinese."""

from __future__ import annotations

from collections.abc import Iterable

import click

from tutor.language import mark as N_  # noqa: N812 - gettext's own name
from tutor.language import mark_forms

# click looks these up itself, in the catalogue that `tutor.cli` names to gettext.
MESSAGES = (
    N_("Usage:"),
    N_("Options"),
    N_("Commands"),
    N_("Show this message and exit."),
    N_("Invalid value for {param_hint}: {message}"),
    N_("Invalid value: {message}"),
    N_("Missing argument"),
    N_("Missing command."),
    N_("Missing option"),
    N_("No such command {name!r}."),
    N_("No such option {name!r}."),
    N_("No such option: {name}"),
    N_("Option {name!r} does not take a value."),
    N_("{value!r} is not a valid {number_type}."),
    N_("{value} is not in the range {range}."),
    N_("{name} {filename!r} does not exist."),
    N_("{name} {filename!r} is a file."),
    N_("directory"),
    N_("Directory"),
    mark_forms("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    mark_forms("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
    mark_forms("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    mark_forms("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
)


class HelpFormatter(click.HelpFormatter):
    """Breaks Chinese into rows that fit; click counts a character as a column, and breaks at blanks alone."""

    def write_text(self, text: str) -> None:
        if text.isascii():
            super().write_text(text)
            return
        indent = " " * self.current_indent
        for row in _rows(text, self.width - self.current_indent):
            self.write(f"{indent}{row}".rstrip() + "\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        listed = list(rows)
        if all(words.isascii() for _term, words in listed):
            super().write_dl(listed, col_max, col_spacing)
            return
        column = min(max(len(term) for term, _words in listed), col_max) + col_spacing
        hanging = " " * (column + self.current_indent)
        for term, words in listed:
            first, *further = _rows(words, max(self.width - len(hanging), 10)) or [""]
            begun = f"{'':>{self.current_indent}}{term}"
            if len(term) > column - col_spacing:
                self.write(begun + "\n")
                begun = ""
            self.write(f"{begun:<{len(hanging)}}{first}".rstrip() + "\n")
            for row in further:
                self.write(f"{hanging}{row}".rstrip() + "\n")


def _rows(text: str, width: int) -> list[str]:
    # Imported here: rich is not needed for help in English.
    from tutor.screen.wide import wrapped

    return [row.plain for line in text.strip().split("\n") for row in wrapped(line.strip(), width)]


class Context(click.Context):
    formatter_class = HelpFormatter


class Command(click.Command):
    context_class = Context


class Group(click.Group):
    context_class = Context
    command_class = Command
