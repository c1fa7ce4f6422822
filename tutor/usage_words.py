"""The command line library's own messages, marked so that the catalogue has them. It looks them up itself."""

from __future__ import annotations

from tutor.language import mark as N_  # noqa: N812 - gettext's own name
from tutor.language import mark_forms

HELP = (
    N_("Usage:"),
    N_("Options"),
    N_("Commands"),
    N_("Show this message and exit."),
)

ERRORS = (
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
)

FORMS = (
    mark_forms("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    mark_forms("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
    mark_forms("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    mark_forms("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
)
