"""How long a step may be in each language, and what a takeaway is."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from msgspec import Struct

from tutor.course.faults import Faults, Place
from tutor.course.prose import Markdown, Measure, in_characters, in_words, length_of, quote_text
from tutor.course.scan import Section
from tutor.language import _


class Limits(Struct, frozen=True):
    """How long texts may be in one language, by its own measure."""

    measure: Measure
    before_action: int
    in_step: int
    takeaway: int
    feedback: int


IN_WORDS = Limits(in_words, before_action=80, in_step=150, takeaway=20, feedback=30)
IN_CHARACTERS = Limits(in_characters, before_action=160, in_step=300, takeaway=40, feedback=60)
"""For Chinese, which says in some 1.7 characters what takes a word in English."""


def check_length(
    step: Section, markdown: Markdown, action_line: int, faults: Faults, limits: Limits = IN_WORDS
) -> None:
    """Report a step that says too much.

    Args:
        step: The step's lines.
        markdown: The whole file, measured as the limits are.
        action_line: The line of the step's first request or question; 0 where it has none.
        faults: Where to report.
        limits: Those of the file's language.
    """
    prose = _inside(markdown.words, step)
    total = sum(words for _line, words in prose)
    before = sum(words for line, words in prose if line < action_line)
    place = Place(step.first, 1)
    if before > limits.before_action:
        message = (
            _("{count} words stand before the step's first request or question; {limit} at most.")
            if limits is IN_WORDS
            else _("{count} characters stand before the step's first request or question; {limit} at most.")
        )
        faults.style(place, message.format(count=before, limit=limits.before_action))
    if total > limits.in_step:
        message = (
            _("The step has {count} words; {limit} at most. Cut it, or make two of it.")
            if limits is IN_WORDS
            else _("The step has {count} characters; {limit} at most. Cut it.")
        )
        faults.style(place, message.format(count=total, limit=limits.in_step))


def check_feedback(text: str, place: Place, faults: Faults, limits: Limits = IN_WORDS) -> None:
    """Report feedback that is too long."""
    count = 0 if _is_short(text, limits, limits.feedback) else length_of(text, limits.measure)
    if count > limits.feedback:
        message = (
            _("The feedback has {count} words; {limit} at most.")
            if limits is IN_WORDS
            else _("The feedback has {count} characters; {limit} at most.")
        )
        faults.style(place, message.format(count=count, limit=limits.feedback))


def _is_short(text: str, limits: Limits, limit: int) -> bool:
    """Whether a text is surely within a limit: but for `&nbsp;` and `a|b`, Markdown parts no words."""
    return limits is IN_WORDS and not {"&", "|"} & set(text) and len(text.split()) <= limit


def read_takeaway(
    step: Section, markdown: Markdown, lines: Sequence[str], faults: Faults, limits: Limits = IN_WORDS
) -> str:
    """The text of the step's last block quote; one that is missing or too long is a fault."""
    quotes = _inside(markdown.quotes, step)
    if not quotes:
        message = _("The step has no takeaway; end it with one sentence in a block quote, `> …`.")
        faults.style(Place(step.first, 1), message)
        return ""
    first, last = quotes[-1]
    text = quote_text(lines[first - 1 : last])
    length = length_of(text, limits.measure)
    if not length:
        faults.style(Place(first, 1), _("The takeaway is empty; write one sentence."))
    elif length > limits.takeaway:
        message = (
            _("The takeaway has {count} words; {limit} at most.")
            if limits is IN_WORDS
            else _("The takeaway has {count} characters; {limit} at most.")
        )
        faults.style(Place(first, 1), message.format(count=length, limit=limits.takeaway))
    return text


def _inside(entries: Sequence[tuple[int, int]], step: Section) -> Sequence[tuple[int, int]]:
    """The entries, sorted by line, that stand below the step's heading."""
    return entries[bisect_left(entries, (step.first + 1,)) : bisect_left(entries, (step.last + 1,))]
