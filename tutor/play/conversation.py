"""Showing beats and reading lines, with the commands that work at every prompt."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tutor.environment import Environment
from tutor.language import _
from tutor.play.commands import Typed, Verb, read
from tutor.play.prompt import LEFT, REPRINT, WOKEN, Inbox, Leave, Prompter
from tutor.play.screens import Screens
from tutor.screen.beat import Item, lay_out

if TYPE_CHECKING:
    from rich.text import Text

    from tutor.play.completion import Surroundings


class Moved(Exception):  # noqa: N818 - a way out of a step, not an error
    """The learner goes elsewhere: `verb` is NEXT, BACK, GO, DEEPER or QUIT."""

    def __init__(self, verb: Verb, argument: str = "") -> None:
        super().__init__(verb, argument)
        self.verb = verb
        self.argument = argument


class Passed(Exception):  # noqa: N818 - a wish, not an error
    """The learner passes a question asked from memory: Enter alone."""


class Conversation:
    """One learner at one terminal.

    `handler` does what a command says: it prints, or raises Moved. The session sets it.
    `heed` is called around each prompt, which `ring` ends for it: it says what has happened, or raises.
    """

    def __init__(self, env: Environment, prompter: Prompter) -> None:
        self.env = env
        self._prompter = prompter
        self._beat: Sequence[Text] = ()
        self._inbox: Inbox[Any] = Inbox()
        """The one that the prompt waits for."""
        self.handler: Callable[[Typed], None] = lambda _typed: None
        self.heed: Callable[[], None] = lambda: None
        self.explains: Callable[[], bool] = lambda: False
        """Whether a number names a part of what is explained on the screen."""

    def ring(self) -> None:
        """Let the prompt be left for `heed`, from any thread."""
        self._inbox.ring()

    @property
    def screens(self) -> Screens:
        """Anew each time: windows change."""
        return Screens(width=self.env.out.size[0], plain=self.env.plain, ascii_only=self.env.out.ascii_only)

    def beats(self, items: Sequence[Item]) -> list[list[Text]]:
        """The items as they would stand on the screen now."""
        width, height = self.env.out.size
        return lay_out(items, width=width, height=height, full=self.env.full)

    def show(self, items: Sequence[Item], *, unbroken: bool = False, fires: bool = False) -> bool:
        """Print a beat; where it takes several, Enter goes on between them.

        Args:
            unbroken: print all of it without a prompt in between, however long it is.
            fires: a request is about to go out, and `:f` fires it before the rest is shown.

        Returns:
            Whether that was typed.
        """
        beats = self.beats(items)
        for place, beat in enumerate(beats):
            self.say(beat, follows=unbroken and place > 0)
            if place < len(beats) - 1 and not unbroken and self.go_on(fires=fires):
                return True
        return False

    def say(self, lines: Sequence[Text], *, follows: bool = False) -> None:
        """Print a beat at once, apart from what was typed before it.

        Args:
            follows: nothing was typed: the last beat's own blank line is enough.
        """
        apart = bool(self._beat) and not (follows and not self._beat[-1].plain.strip())
        self.env.out.show([*([""] if apart else []), *lines])
        self._beat = lines

    def reply(self, lines: Sequence[Text | str]) -> None:
        """Print the answer to a command; the beat on the screen stays the one to print anew."""
        self.env.out.show(lines)

    def go_on(self, label: str = "", *, fires: bool = False) -> bool:
        """Wait for Enter; True where `:f` was typed instead, and `fires`."""
        while True:
            bar = (_(":r raw"), _(":t timeline"), _(":b back"), _(":m map"), _(":? help"))
            returns = {Verb.LANGUAGE, Verb.FIRE} if fires else {Verb.LANGUAGE}
            typed = self.ask(label or _("Enter: go on ▸"), bar, returns=returns)
            if typed.verb is Verb.FIRE:
                return True
            if typed.verb is Verb.LANGUAGE:
                # The prompt itself is asked anew, in the other language.
                self.handler(typed)
                continue
            if not typed.answer.strip():
                return False
            self.reply([_("Enter goes on; no answer is expected here. :? lists what you can type.")])

    def ask(
        self,
        label: str | Callable[[], str],
        bar: Sequence[str],
        *,
        options: Collection[str] = (),
        returns: Collection[Verb] = (),
        inbox: Inbox[Any] | None = None,
        around: Surroundings | None = None,
        takes_numbers: bool = False,
    ) -> Typed:
        """What was typed: an answer, or one of the commands in `returns`; others are carried out here.

        With an inbox the prompt also ends when something arrives: `Typed.woken`. With `around` a request is
        typed, which may be several lines; any other answer is one. A number is the command that explains
        that part, where parts are on the screen, unless the prompt takes numbers.

        Raises:
            Moved: the learner goes elsewhere or leaves.
        """
        while True:
            with self._heeded(inbox) as waited_for:
                try:
                    line = self._prompter.read(label, bar, waited_for, around)
                except Leave:
                    raise Moved(Verb.QUIT) from None
            if line == REPRINT:
                self.env.out.show(self._beat)
                continue
            if line == WOKEN:
                if waited_for.is_empty:
                    continue
                return Typed(woken=True)
            line = _as_utf_8(line)
            if around is None and len(line.splitlines()) > 1:
                line = line.splitlines()[0]
                self.reply([_("Several lines were pasted; the first one is read.")])
            typed = read(line, options=options)
            if not takes_numbers and self.explains() and _is_number(typed, options):
                typed = Typed(verb=Verb.EXPLAIN, argument=typed.answer.strip())
            if typed.unknown:
                self.reply([typed.unknown])
            elif typed.verb is None or typed.verb in returns:
                return typed
            elif typed.verb in {Verb.NEXT, Verb.BACK, Verb.GO, Verb.DEEPER, Verb.QUIT}:
                raise Moved(typed.verb, typed.argument)
            else:
                self.handler(typed)

    def edit(self, text: str, inbox: Inbox[Any] | None, around: Surroundings) -> Typed | None:
        """A whole message from the editor, as an answer; None where it was left without sending.

        Args:
            text: what it begins with; empty: what was typed when an arrival woke the last one.

        Raises:
            Moved: the learner leaves.
        """
        while True:
            with self._heeded(inbox) as waited_for:
                try:
                    line = self._prompter.edit(text, waited_for, around)
                except Leave:
                    raise Moved(Verb.QUIT) from None
            if line == LEFT:
                return None
            if line != WOKEN:
                return Typed(answer=_as_utf_8(line))
            if not waited_for.is_empty:
                return Typed(woken=True)
            # The editor goes on with what was typed.
            text = ""

    @contextmanager
    def _heeded(self, inbox: Inbox[Any] | None) -> Iterator[Inbox[Any]]:
        """Around a prompt: what it waits for, with `heed` before and behind it."""
        # Before `heed`, so that whoever rings from then on wakes this prompt.
        self._inbox = inbox if inbox is not None else Inbox()
        self.heed()
        yield self._inbox
        self.heed()


def _is_number(typed: Typed, options: Collection[str]) -> bool:
    """Whether an answer is digits, and not the words of an option."""
    text = typed.answer.strip()
    return text.isdecimal() and text not in {option.strip("`* ") for option in options}


def _as_utf_8(line: str) -> str:
    """What was typed, where the console's encoding could not read it: terminals send UTF-8 all the same."""
    try:
        return line.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:
        return line.encode("utf-8", "replace").decode("utf-8")
