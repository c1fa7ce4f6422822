"""How long a step may be, and what a takeaway is."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from tutor.course.faults import Faults, Place
from tutor.course.prose import Markdown, count_words, quote_text
from tutor.course.scan import Section
from tutor.language import _

WORDS_BEFORE_ACTION = 80
WORDS_IN_STEP = 150
TAKEAWAY_WORDS = 20


def check_length(step: Section, markdown: Markdown, action_line: int, faults: Faults) -> None:
    """Report a step that says too much.

    Args:
        step: The step's lines.
        markdown: The whole file.
        action_line: The line of the step's first request or question; 0 where it has none.
        faults: Where to report.
    """
    prose = _inside(markdown.words, step)
    total = sum(words for _line, words in prose)
    before = sum(words for line, words in prose if line < action_line)
    place = Place(step.first, 1)
    if before > WORDS_BEFORE_ACTION:
        message = _("{count} words stand before the step's first request or question; {limit} at most.")
        faults.style(place, message.format(count=before, limit=WORDS_BEFORE_ACTION))
    if total > WORDS_IN_STEP:
        message = _("The step has {count} words; {limit} at most. Cut it, or make two of it.")
        faults.style(place, message.format(count=total, limit=WORDS_IN_STEP))


def read_takeaway(step: Section, markdown: Markdown, lines: Sequence[str], faults: Faults) -> str:
    """The text of the step's last block quote; one that is missing or too long is a fault."""
    quotes = _inside(markdown.quotes, step)
    if not quotes:
        message = _("The step has no takeaway; end it with one sentence in a block quote, `> …`.")
        faults.style(Place(step.first, 1), message)
        return ""
    first, last = quotes[-1]
    text = quote_text(lines[first - 1 : last])
    words = count_words(text)
    if not words:
        faults.style(Place(first, 1), _("The takeaway is empty; write one sentence."))
    elif words > TAKEAWAY_WORDS:
        message = _("The takeaway has {count} words; {limit} at most.")
        faults.style(Place(first, 1), message.format(count=words, limit=TAKEAWAY_WORDS))
    return text


def _inside(entries: Sequence[tuple[int, int]], step: Section) -> Sequence[tuple[int, int]]:
    """The entries, sorted by line, that stand below the step's heading."""
    return entries[bisect_left(entries, (step.first + 1,)) : bisect_left(entries, (step.last + 1,))]
