"""Reading one line from a person: with a bar and editing, or plainly."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from tutor.environment import Environment
from tutor.language import _
from tutor.screen.output import plain_symbols

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession

Item = TypeVar("Item")

REPRINT = "\x0c"
"""What `Prompter.read` gives for Ctrl-L."""
WOKEN = "\x16"
"""What it gives when something came that the prompt waits for beside a line."""


class Leave(Exception):  # noqa: N818 - it is a wish, not an error
    """The learner leaves: Ctrl-D, or Ctrl-C with nothing typed."""


class Inbox(Generic[Item]):
    """What comes from outside while a prompt waits: put by any thread, taken by the one that asks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._items: list[Item] = []
        self._wake: Callable[[], None] | None = None

    def put(self, item: Item) -> None:
        """Add an arrival, and wake the prompt that waits."""
        with self._lock:
            self._items.append(item)
            wake = self._wake
        if wake is not None:
            wake()

    def take(self) -> list[Item]:
        """Everything that came since the last call."""
        with self._lock:
            items, self._items = self._items, []
        return items

    @contextmanager
    def waking(self, wake: Callable[[], None]) -> Iterator[None]:
        """Call `wake` for each arrival, and at once where there is one already."""
        with self._lock:
            self._wake = wake
            waiting = bool(self._items)
        try:
            if waiting:
                wake()
            yield
        finally:
            with self._lock:
                self._wake = None


class Prompter(Protocol):
    """Asks for one line."""

    def read(self, label: str, bar: Sequence[str], inbox: Inbox[Any] | None = None) -> str:
        """The line typed, without its line end; `REPRINT` for Ctrl-L; `WOKEN` when the inbox has something.

        What was typed when the inbox woke the prompt stands there again at the next one.

        Args:
            label: says what Enter does or which answer is expected: `a–d ▸`.
            bar: the commands that matter now.
            inbox: what else the prompt waits for.

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

    def read(self, label: str, bar: Sequence[str], inbox: Inbox[Any] | None = None) -> str:
        out = self._env.out
        if tuple(bar) != self._bar:
            # What a bar would offer is said once, in words.
            self._bar = tuple(bar)
            out.show([_("Commands: {commands}.").format(commands=", ".join(bar))])
        while True:
            out.ask(label + " ")
            try:
                if inbox is not None and self._is_woken(inbox):
                    out.show([""])
                    return WOKEN
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

    def _is_woken(self, inbox: Inbox[Any]) -> bool:
        """Wait for a line or for the inbox; True for the inbox."""
        import select

        reader, writer = os.pipe()

        def wake() -> None:
            os.write(writer, b"x")

        try:
            with inbox.waking(wake):
                # A terminal gives whole lines; until there is one, nothing is read and nothing lost.
                ready = select.select([self._env.stdin.fileno(), reader], [], [])[0]
            return reader in ready
        finally:
            os.close(reader)
            os.close(writer)


class BarPrompter:
    """A line with editing and history, over a bar of commands; only these two redraw themselves."""

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._session: PromptSession[str] | None = None
        self._bar: Sequence[str] = ()
        self._typed = ""
        """What stood in the line when an arrival woke the prompt."""

    def read(self, label: str, bar: Sequence[str], inbox: Inbox[Any] | None = None) -> str:
        from prompt_toolkit.formatted_text import FormattedText

        if self._session is None:
            self._session = self._make_session()
        self._bar = bar
        words = plain_symbols(label) if self._env.out.ascii_only else label
        message = FormattedText([("class:prompt", words + " ")])
        typed, self._typed = self._typed, ""
        try:
            if inbox is None:
                return str(self._session.prompt(message, default=typed))
            with ExitStack() as stack:
                # Only once the prompt runs can it be woken.
                return str(
                    self._session.prompt(
                        message,
                        default=typed,
                        pre_run=lambda: stack.enter_context(inbox.waking(self._waker())),
                    )
                )
        except (EOFError, KeyboardInterrupt):
            raise Leave from None

    def _waker(self) -> Callable[[], None]:
        """A function for other threads that ends the prompt that runs now."""
        session = self._session
        assert session is not None
        app = session.app
        loop = app.loop

        def wake_up() -> None:
            if app.is_running and not app.is_done:
                self._typed = session.default_buffer.text
                app.exit(result=WOKEN)

        def wake() -> None:
            if loop is not None:
                # A prompt that has just ended by itself has closed its loop.
                with suppress(RuntimeError):
                    loop.call_soon_threadsafe(wake_up)

        return wake

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
