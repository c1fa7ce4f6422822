"""Help as the command line library prints it: its own messages for the catalogue, and rows of Chinese."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import click

from tutor.language import _, mark_forms
from tutor.language import mark as N_  # noqa: N812 - gettext's own name

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


Function = TypeVar("Function", bound=Callable[..., Any])

_WIDEST, _NARROWEST = 80, 50
"""Columns of help, as click has them."""


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

    def make_formatter(self) -> click.HelpFormatter:
        # click would ask shutil, which loads three compression libraries.
        columns = os.environ.get("COLUMNS", "")
        if not columns.isdecimal() or not int(columns):
            try:
                columns = str(os.get_terminal_size(1).columns)
            except OSError:
                columns = ""
        widest = self.max_content_width or _WIDEST
        return HelpFormatter(width=max(min(int(columns or _WIDEST), widest) - 2, _NARROWEST))


_Make = Callable[[], click.Parameter]
_MAKERS = "__parameter_makers__"
"""What a command's function keeps its parameters in until the command is made."""


def option(*declarations: str, **attributes: Any) -> Callable[[Function], Function]:
    """As `click.option`; the option itself is made when its command is carried out or explained."""
    return _later(lambda: click.Option(declarations, **attributes))


def argument(*declarations: str, **attributes: Any) -> Callable[[Function], Function]:
    """As `click.argument`, made later too."""
    return _later(lambda: click.Argument(declarations, **attributes))


def _later(make: _Make) -> Callable[[Function], Function]:
    def decorate(function: Function) -> Function:
        vars(function).setdefault(_MAKERS, []).append(make)
        return function

    return decorate


class _Parameters:
    """The parameters of a command, made when they are first looked at: most commands are not carried out."""

    def __get__(self, command: _Command, _kind: type) -> list[click.Parameter]:
        if command.made is None:
            own: list[_Make] = getattr(command.callback, _MAKERS, [])
            command.made = [*command.given, *(make() for make in reversed(own)), *command.shared]
        return command.made

    def __set__(self, command: _Command, params: list[click.Parameter]) -> None:
        """Take what click's own decorators have made, such as the option of a version."""
        command.given = params


class Folder(click.ParamType):  # type: ignore[type-arg]  # older versions of click know no argument
    """As `click.Path` for a folder, which is made where one is named: it looks its name up in a catalogue."""

    name = "directory"

    def __init__(self, *, exists: bool = False) -> None:
        self._exists = exists

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return str(click.Path(exists=self._exists, file_okay=False).convert(value, param, ctx))


class WholeNumber(click.IntRange):
    """As `click.IntRange`, which calls itself an "integer range" where something else is typed."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        self.name = _("whole number")
        return super().convert(value, param, ctx)


class _Command(click.Command):
    """A command with the `option`s and `argument`s of this module, and with those that all commands share."""

    context_class = Context
    params = _Parameters()
    given: Sequence[click.Parameter] = ()
    made: list[click.Parameter] | None = None

    def __init__(
        self, name: str | None, *, shared: Sequence[click.Parameter] = (), **attributes: Any
    ) -> None:
        self.shared = shared
        super().__init__(name, **attributes)


class Command(_Command):
    """A command of ours."""


class Group(_Command, click.Group):
    command_class = Command
