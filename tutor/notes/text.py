"""A notebook on the screen, or in a pipe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tutor.course.model import Lesson
from tutor.language import _
from tutor.notes.notebook import Entry, Met, Shot, Told, Unfired
from tutor.notes.words import Role, options, remarks, state_words
from tutor.screen.prose import prose_lines
from tutor.screen.whole import whole_lines
from tutor.wire.escape import visible

if TYPE_CHECKING:
    from rich.text import Text

    from tutor.screen.output import Output

_STYLES = {Role.RIGHT: "right", Role.OFF: "off", Role.SOLUTION: "expected", Role.OPEN: "muted"}


class TextNotes:
    """Makes lines for one output.

    Args:
        full: Flask's timeline stands under every exchange, not only where the step is about it.
    """

    def __init__(self, out: Output, *, full: bool) -> None:
        self._out = out
        self._full = full

    def chapter(self, lesson: Lesson) -> list[Text]:
        return [_text(f"{lesson.number}  {visible(lesson.title)}", "title"), _text("")]

    def step(self, met: Met, entries: Sequence[Entry]) -> list[Text]:
        """A step: what was fired and asked, and what it comes to."""
        from rich.text import Text

        head = "  ".join(part for part in (met.step.number, visible(met.step.title)) if part)
        lines = [Text.assemble((head, "title"), (f"   ({state_words(met)})", "muted")), _text("")]
        for entry in entries:
            lines += [*self._entry(met, entry), _text("")]
        if met.done and met.step.takeaway:
            said = _("In short: {takeaway}").format(takeaway=met.step.takeaway)
            lines += [*self._prose(said, "takeaway"), _text("")]
        return lines

    def _entry(self, met: Met, entry: Entry) -> Iterator[Text]:
        match entry:
            case Shot():
                yield from whole_lines(
                    entry.exchange,
                    ascii_only=self._out.ascii_only,
                    plain=self._out.plain,
                    timeline=self._full or met.step.timeline,
                )
            case Unfired():
                words = _("{name} could not be fired: {reason}")
                yield from self._prose(words.format(name=entry.name, reason=entry.reason), "wire.note")
            case Told():
                yield from self._told(entry)

    def _told(self, told: Told) -> Iterator[Text]:
        yield from self._prose(told.asked.question.prompt, "question")
        for letter, words, _belongs in options(told):
            yield from self._hanging(f"  {letter}) ", words, "choice")
        for remark in remarks(told):
            label = _("{label}: ").format(label=remark.label)
            if remark.markdown.startswith("```") and "\n" in remark.markdown:
                yield _text(label.rstrip(), _STYLES[remark.role])
                yield from self._prose(remark.markdown)
            else:
                lines = self._prose(label + remark.markdown)
                if lines:
                    lines[0].stylize(_STYLES[remark.role], 0, len(label.rstrip()))
                yield from lines

    def _hanging(self, mark: str, markdown: str, style: str) -> Iterator[Text]:
        from rich.text import Text

        for place, row in enumerate(self._prose(markdown, room=len(mark))):
            yield Text.assemble((mark if place == 0 else " " * len(mark), style)).append_text(row)

    def _prose(self, markdown: str, style: str = "", room: int = 0) -> list[Text]:
        width = self._out.size[0] - room
        return prose_lines(markdown, width=width, plain=self._out.plain, style=style)


def _text(words: str, style: str = "") -> Text:
    from rich.text import Text

    return Text(words, style)
