"""Reading one line from a person: with a bar and editing, or plainly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from tutor.environment import Environment
from tutor.language import _
from tutor.screen.output import plain_symbols

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession

REPRINT = "\x0c"
"""What `Prompter.read` gives for Ctrl-L."""


class Leave(Exception):  # noqa: N818 - it is a wish, not an error
    """The learner leaves: Ctrl-D, or Ctrl-C with nothing typed."""


class Prompter(Protocol):
    """Asks for one line."""

    def read(self, label: str, bar: Sequence[str]) -> str:
        """The line typed, without its line end; `REPRINT` for Ctrl-L.

        Args:
            label: says what Enter does or which answer is expected: `a–d ▸`.
            bar: the commands that matter now.

        Raises:
            Leave: at Ctrl-D, or Ctrl-C with nothing typed.
        """
        ...


def prompter(env: Environment) -> Prompter:
    """The prompter that the terminal is good for."""
    return LinePrompter(env) if env.plain else BarPrompter(env)


class LinePrompter:
    """A bare line: no bar, no cursor movement. Reads well to a screen reader and on a dumb terminal."""

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._interrupted = False
        self._bar: tuple[str, ...] = ()

    def read(self, label: str, bar: Sequence[str]) -> str:
        out = self._env.out
        if tuple(bar) != self._bar:
            # What a bar would offer is said once, in words.
            self._bar = tuple(bar)
            out.show([_("Commands: {commands}.").format(commands=", ".join(bar))])
        while True:
            out.ask(label + " ")
            try:
                line = self._env.stdin.readline()
            except KeyboardInterrupt:
                out.show([""])
                # The terminal holds what was typed, so that only a second Ctrl-C surely means leaving.
                if self._interrupted:
                    raise Leave from None
                self._interrupted = True
                out.show([_("What you typed is cleared. Ctrl-C once more leaves.")])
                continue
            self._interrupted = False
            if not line:
                out.show([""])
                raise Leave
            return line.rstrip("\r\n")


class BarPrompter:
    """A line with editing and history, over a bar of commands; only these two redraw themselves."""

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._session: PromptSession[str] | None = None
        self._bar: Sequence[str] = ()

    def read(self, label: str, bar: Sequence[str]) -> str:
        from prompt_toolkit.formatted_text import FormattedText

        if self._session is None:
            self._session = self._make_session()
        self._bar = bar
        words = plain_symbols(label) if self._env.out.ascii_only else label
        try:
            return str(self._session.prompt(FormattedText([("class:prompt", words + " ")])))
        except (EOFError, KeyboardInterrupt):
            raise Leave from None

    def _make_session(self) -> PromptSession[str]:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.history import InMemoryHistory
        from prompt_toolkit.output import ColorDepth, create_output
        from prompt_toolkit.styles import Style

        output = create_output(stdout=self._env.out.stream)
        return PromptSession(
            output=output,
            history=InMemoryHistory(),
            bottom_toolbar=self._toolbar,
            key_bindings=self._keys(),
            color_depth=None if self._env.out.colour else ColorDepth.DEPTH_1_BIT,
            style=Style.from_dict(
                {"prompt": "bold ansicyan", "bottom-toolbar": "noreverse", "bottom-toolbar.text": "noreverse"}
            ),
            enable_open_in_editor=False,
            # A learner's answer is one line; Enter inside a paste sends it.
            multiline=False,
        )

    def _toolbar(self) -> str:
        width = self._env.out.size[0]
        bar = ""
        for command in self._bar:
            if len(bar) + len(command) + 3 > width:
                break
            bar += ("   " if bar else " ") + command
        return plain_symbols(bar) if self._env.out.ascii_only else bar

    @staticmethod
    def _keys() -> Any:
        from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

        keys = KeyBindings()

        @keys.add("c-c")
        def clear_or_leave(event: KeyPressEvent) -> None:
            if event.current_buffer.text:
                event.current_buffer.reset()
            else:
                event.app.exit(exception=KeyboardInterrupt, style="class:aborting")

        @keys.add("c-l")
        def reprint(event: KeyPressEvent) -> None:
            event.app.exit(result=REPRINT)

        return keys
