"""Reading one line from a person: with a bar and editing, or plainly."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from tutor.environment import Environment
from tutor.errors import output_errors
from tutor.language import _, listed
from tutor.screen.output import plain_symbols

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.formatted_text import AnyFormattedText
    from prompt_toolkit.key_binding import KeyBindings

    from tutor.play.completion import Surroundings
    from tutor.play.editor import Completing

Item = TypeVar("Item")

REPRINT = "\x0c"
"""What `Prompter.read` gives for Ctrl-L."""
WOKEN = "\x16"
"""What it gives when something came that the prompt waits for beside a line."""
LEFT = "\x1b"
"""What `Prompter.edit` gives where nothing is to be sent."""

_LOOK_S = 0.1
"""How long a wait is that Ctrl-C may have to end."""
_TICK_S = 0.5
"""How often a label that changes is drawn anew."""


class Leave(Exception):  # noqa: N818 - it is a wish, not an error
    """The learner leaves: Ctrl-D, or Ctrl-C with nothing typed."""


class Inbox(Generic[Item]):
    """What comes from outside while a prompt waits: put by any thread, taken by the one that asks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._items: list[Item] = []
        self._rung = False
        self._wake: Callable[[], None] | None = None

    def put(self, item: Item) -> None:
        """Add an arrival, and wake the prompt that waits."""
        with self._lock:
            self._items.append(item)
            wake = self._wake
        if wake is not None:
            wake()

    def ring(self) -> None:
        """Wake the prompt that waits, or the next one, although nothing has arrived."""
        with self._lock:
            self._rung = True
            wake = self._wake
        if wake is not None:
            wake()

    @property
    def is_empty(self) -> bool:
        """Whether nothing has come since the last `take`."""
        with self._lock:
            return not self._items

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
            waiting, self._rung = bool(self._items) or self._rung, False
        try:
            if waiting:
                wake()
            yield
        finally:
            with self._lock:
                self._wake, self._rung = None, False


class Prompter(Protocol):
    """Asks for one line."""

    def read(
        self,
        label: str | Callable[[], str],
        bar: Sequence[str],
        inbox: Inbox[Any] | None = None,
        around: Surroundings | None = None,
    ) -> str:
        """The line typed, without its line end; `REPRINT` for Ctrl-L; `WOKEN` when the inbox has something.

        What was typed when the inbox woke the prompt stands there again at the next one.

        Args:
            label: says what Enter does or which answer is expected: `a–d ▸`; a function is asked anew
                while the prompt stands.
            bar: the commands that matter now.
            inbox: what else the prompt waits for.
            around: what a request is typed for, where one is.

        Raises:
            Leave: at Ctrl-D, or Ctrl-C with nothing typed.
        """
        ...

    def edit(self, text: str, inbox: Inbox[Any] | None, around: Surroundings) -> str:
        """A whole message, over several lines; `LEFT` where it is not to be sent; `WOKEN` as for `read`.

        Args:
            text: what it begins with; empty: what was typed when the inbox woke the last one.
        """
        ...


def prompter(env: Environment, once_drawn: Callable[[], None] = lambda: None) -> Prompter:
    """The prompter that the terminal is good for; `once_drawn` is called when its first prompt stands."""
    return LinePrompter(env, once_drawn=once_drawn) if env.plain else BarPrompter(env, once_drawn)


class LinePrompter:
    """A bare line: no bar, no cursor movement. Reads well to a screen reader and on a dumb terminal."""

    def __init__(
        self,
        env: Environment,
        *,
        selects: bool = os.name != "nt",
        once_drawn: Callable[[], None] = lambda: None,
    ) -> None:
        """`selects`: a line can be waited for together with something else; not so on Windows' consoles."""
        self._env = env
        self._once_drawn: Callable[[], None] | None = once_drawn
        self._selects = selects
        self._lines_read: queue.SimpleQueue[str | None] | None = None
        """Where the line that a thread waits for will be."""
        self._interrupted = False
        self._bar: tuple[str, ...] = ()
        self._lines: list[str] | None = None
        """The lines of a message that is being typed."""

    def read(
        self,
        label: str | Callable[[], str],
        bar: Sequence[str],
        inbox: Inbox[Any] | None = None,
        around: Surroundings | None = None,
    ) -> str:
        del around
        out = self._env.out
        label = label if isinstance(label, str) else label()
        if bar and tuple(bar) != self._bar:
            # What a bar would offer is said once, in words.
            self._bar = tuple(bar)
            out.show([_("Commands: {commands}.").format(commands=listed(bar))])
        while True:
            if label:
                # A triangle is said by its name, if at all.
                out.ask(label.replace("▸", ">") + " ")
            if self._once_drawn is not None:
                once_drawn, self._once_drawn = self._once_drawn, None
                once_drawn()
            try:
                line = self._next_line(inbox)
            except KeyboardInterrupt:
                out.show([""])
                # The terminal holds what was typed, so that only a second Ctrl-C surely means leaving.
                if self._interrupted:
                    raise Leave from None
                self._interrupted = True
                out.show([_("What you typed is cleared. Ctrl-C once more leaves.")])
                continue
            if line is None:
                out.show([""])
                return WOKEN
            self._interrupted = False
            if not line:
                out.show([""])
                raise Leave
            return line.rstrip("\r\n")

    def edit(self, text: str, inbox: Inbox[Any] | None, around: Surroundings) -> str:
        """Line by line: a line that is one full stop sends, two stand for one; Ctrl-C leaves."""
        out = self._env.out
        if text or self._lines is None:
            self._lines = []
            out.show([_("To begin from:"), *(f"  {line}" for line in text.split("\n") if line)])
            out.show([_("Type the whole message, line by line. A full stop alone sends it; Ctrl-C leaves.")])
        while True:
            self._interrupted = True
            try:
                line = self.read("", (), inbox, around)
            except Leave:
                self._interrupted, self._lines = False, None
                return LEFT
            if line == WOKEN:
                return WOKEN
            if line == ".":
                lines, self._lines = self._lines, None
                # Enter behind a line of the head is its end; behind the body it only leads to the full stop.
                return "\n".join(lines) + ("" if "" in lines[1:-1] else "\n")
            self._lines.append("." if line == ".." else line)

    def _next_line(self, inbox: Inbox[Any] | None) -> str | None:
        """The next line with its end, empty at the end of input; None where the inbox has something first."""
        if inbox is None and self._lines_read is None:
            return self._env.stdin.readline()
        if self._selects:
            return None if inbox is not None and self._is_woken(inbox) else self._env.stdin.readline()
        return self._read_aside(inbox)

    def _is_woken(self, inbox: Inbox[Any]) -> bool:
        """Wait for a line or for the inbox; True for the inbox."""
        if os.name != "posix":
            # There only sockets can be waited for; what has come is told at the next prompt.
            return not inbox.is_empty
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

    def _read_aside(self, inbox: Inbox[Any] | None) -> str | None:
        """The same where a console cannot be waited for: a thread reads, and a line that is late is kept."""
        if self._lines_read is None:
            lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
            self._lines_read = lines

            def read() -> None:
                with suppress(OSError, ValueError):
                    lines.put(self._env.stdin.readline())

            threading.Thread(target=read, name="line", daemon=True).start()
        waiting = self._lines_read
        with inbox.waking(lambda: waiting.put(None)) if inbox is not None else nullcontext():
            while True:
                # In slices: Ctrl-C ends no wait without end on Windows.
                with suppress(queue.Empty):
                    line = waiting.get(timeout=_LOOK_S)
                    if line is not None:
                        self._lines_read = None
                        return line
                    if inbox is not None:
                        return None


class BarPrompter:
    """A line with editing and history, over a bar of commands; only these two redraw themselves."""

    def __init__(self, env: Environment, once_drawn: Callable[[], None] = lambda: None) -> None:
        self._env = env
        self._once_drawn: Callable[[], None] | None = once_drawn
        self._sessions: dict[str, PromptSession[str]] = {}
        self._completing: dict[str, Completing] = {}
        self._bar: Sequence[str] = ()
        self._typed: dict[str, str] = {}
        """What stood there when an arrival woke the prompt, by the kind of session."""

    def read(
        self,
        label: str | Callable[[], str],
        bar: Sequence[str],
        inbox: Inbox[Any] | None = None,
        around: Surroundings | None = None,
    ) -> str:
        kind = "answer" if around is None else "request"
        session = self._session(kind, around)
        self._bar = bar

        def message() -> AnyFormattedText:
            return [("class:prompt", self._words(label if isinstance(label, str) else label()) + " ")]

        session.refresh_interval = 0 if isinstance(label, str) else _TICK_S
        return self._ask(kind, message, self._typed.pop(kind, ""), inbox)

    def edit(self, text: str, inbox: Inbox[Any] | None, around: Surroundings) -> str:
        self._session("message", around)

        def message() -> AnyFormattedText:
            return [("class:prompt", self._words(_("message ▸")) + "\n")]

        return self._ask("message", message, text or self._typed.pop("message", ""), inbox)

    def _ask(
        self,
        kind: str,
        message: Callable[[], AnyFormattedText],
        default: str,
        inbox: Inbox[Any] | None,
    ) -> str:
        session = self._sessions[kind]
        try:
            with output_errors(), ExitStack() as stack:
                waking = inbox.waking(self._waker(kind)) if inbox is not None else nullcontext()
                # Only once the prompt runs can it be woken.
                return str(
                    session.prompt(message, default=default, pre_run=lambda: stack.enter_context(waking))
                )
        except (EOFError, KeyboardInterrupt):
            raise Leave from None

    def _waker(self, kind: str) -> Callable[[], None]:
        """A function for other threads that ends the prompt of a session."""
        session = self._sessions[kind]
        app = session.app

        def wake_up() -> None:
            if app.is_running and not app.is_done:
                self._typed[kind] = session.default_buffer.text
                app.exit(result=WOKEN)

        def wake() -> None:
            loop = app.loop
            if loop is not None:
                # A prompt that has just ended by itself has closed its loop.
                with suppress(RuntimeError):
                    loop.call_soon_threadsafe(wake_up)

        return wake

    def _session(self, kind: str, around: Surroundings | None) -> PromptSession[str]:
        """The session for answers, for requests of one line, or for whole messages; each has its history."""
        if kind not in self._sessions:
            self._sessions[kind] = self._make_session(kind)
        if around is not None:
            self._completing[kind].around = around
        return self._sessions[kind]

    def _make_session(self, kind: str) -> PromptSession[str]:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.history import InMemoryHistory
        from prompt_toolkit.output import ColorDepth, create_output
        from prompt_toolkit.styles import Style

        from tutor.screen.theme import prompt_styles

        settings: dict[str, Any] = {"history": InMemoryHistory()}
        keys = self._keys()
        if kind != "answer":
            # A bare answer needs nothing of it, and the first prompt is one.
            from tutor.play import editor

            keys = editor.message_keys() if kind == "message" else keys
            settings["history"] = editor.kept_history(self._env.state_directory / f"{kind}s.history")
            self._completing[kind] = editor.Completing(of_messages=kind == "message")
            self._completing[kind].add_to(keys)
        if kind == "message":
            settings["lexer"] = editor.MessageLexer()
            settings["input_processors"] = [editor.LineEnds(ascii_only=self._env.out.ascii_only)]
        session: PromptSession[str] = PromptSession(
            output=create_output(stdout=self._env.out.stream),
            bottom_toolbar=lambda: self._words(self._toolbar(kind)),
            color_depth=None if self._env.out.colour else ColorDepth.DEPTH_1_BIT,
            style=Style.from_dict(
                {**prompt_styles(), "bottom-toolbar": "noreverse", "bottom-toolbar.text": "noreverse"}
            ),
            enable_open_in_editor=False,
            # Ctrl-Z, as at any program on a terminal with a shell behind it.
            enable_suspend=True,
            # A learner's answer is one line; Enter inside a paste sends it.
            multiline=kind == "message",
            key_bindings=keys,
            **settings,
        )
        if kind == "message":
            from tutor.play import editor

            editor.let_escape_count(session)
        session.app.after_render += lambda _app: self._drawn()
        return session

    def _drawn(self) -> None:
        if self._once_drawn is not None:
            once_drawn, self._once_drawn = self._once_drawn, None
            once_drawn()

    def _words(self, words: str) -> str:
        return plain_symbols(words) if self._env.out.ascii_only else words

    def _toolbar(self, kind: str) -> str:
        from prompt_toolkit.application import get_app
        from prompt_toolkit.utils import get_cwidth

        width = self._env.out.size[0]
        buffer = get_app().current_buffer
        completing = self._completing.get(kind)
        offers = completing.bar(buffer.document.text_before_cursor, width) if completing else ""
        if offers:
            return offers
        bar_of: Sequence[str] = self._bar
        if kind == "message":
            from tutor.play.editor import message_bar

            bar_of = message_bar(buffer.text)
        *commands, last = bar_of or ("",)
        bar = " " + "   ".join((*commands, last)).rstrip()
        while commands and get_cwidth(bar) > width:
            # The last one leads to all the others.
            commands.pop()
            bar = " " + "   ".join((*commands, "…", last)).rstrip()
        return bar

    @staticmethod
    def _keys() -> KeyBindings:
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
