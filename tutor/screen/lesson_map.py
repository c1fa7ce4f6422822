"""Where the learner is: a lesson's steps with what became of each, and the lessons of a course with bars."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from tutor.language import _, listed, mark, ngettext
from tutor.screen.columns import columns_of, padded, padded_left
from tutor.wire.escape import visible

if TYPE_CHECKING:
    from rich.text import Text

_INDENT = 2
_GAP = 2
_BAR_LEAST = 8
_BAR_MOST = 32
_SEGMENT_LEAST = 4
_SEGMENT_MOST = 12
_COLUMN_LEAST = 34
"""Columns in which a cut title still says which step it is."""


class Mark(Enum):
    """What became of a step: a character that needs no colour, its style, and the words of the legend."""

    DONE = ("✓", "mark.done", mark("done"))
    HELPED = ("?", "mark.helped", mark("with help"))
    UPDATED = ("~", "mark.updated", mark("changed since"))
    SKIPPED = ("»", "mark.skipped", mark("skipped"))
    OPEN = ("·", "mark.open", mark("not yet"))

    @property
    def symbol(self) -> str:
        return self.value[0]

    @property
    def style(self) -> str:
        return self.value[1]

    @property
    def words(self) -> str:
        return _(self.value[2])


_HERE = "▸"


class MapStep(NamedTuple):
    """A step on the map."""

    number: str
    """`2.1.3a`."""
    title: str
    deeper: bool = False
    done: bool = False
    skipped: bool = False
    helped: bool = False
    """Part of `done`, as `updated` is."""
    updated: bool = False
    here: bool = False
    part: str = ""
    """The title of its part; empty in a lesson without parts."""

    @property
    def mark(self) -> Mark:
        if self.updated:
            return Mark.UPDATED
        if self.done:
            return Mark.HELPED if self.helped else Mark.DONE
        return Mark.SKIPPED if self.skipped else Mark.OPEN


class MapLesson(NamedTuple):
    """A lesson on the map; its counts are of main steps."""

    number: str
    title: str
    steps: int
    done: int
    helped: int = 0
    skipped: int = 0
    updated: int = 0
    here: bool = False

    @property
    def counts(self) -> tuple[tuple[Mark, int], ...]:
        """What the bar does not say, as far as it occurs."""
        counts = ((Mark.HELPED, self.helped), (Mark.UPDATED, self.updated), (Mark.SKIPPED, self.skipped))
        return tuple((kind, count) for kind, count in counts if count)


class LessonMap(NamedTuple):
    """A lesson with its steps, in the course that it is of."""

    lesson: MapLesson
    steps: tuple[MapStep, ...]
    course: tuple[MapLesson, ...]


def whole_course(lessons: Sequence[MapLesson]) -> MapLesson:
    """The course as a whole."""
    return MapLesson(
        "",
        _("The course"),
        sum(lesson.steps for lesson in lessons),
        sum(lesson.done for lesson in lessons),
        sum(lesson.helped for lesson in lessons),
        sum(lesson.skipped for lesson in lessons),
        sum(lesson.updated for lesson in lessons),
    )


# In words


def step_words(step: MapStep) -> str:
    """`done`, `done with help`, `skipped`; and that it changed since. Empty where nothing became of it."""
    if step.skipped:
        return Mark.SKIPPED.words
    if not step.done:
        return ""
    words = _("done with help") if step.helped else Mark.DONE.words
    return _("{state}, changed since").format(state=words) if step.updated else words


def standing_words(lesson: MapLesson) -> str:
    """`3 of 10 steps done, 1 with help`."""
    words = [_done(lesson)]
    if lesson.helped:
        words.append(_("{count} with help").format(count=lesson.helped))
    if lesson.updated:
        words.append(_("{count} changed since").format(count=lesson.updated))
    if lesson.skipped:
        skipped = ngettext("{count} step skipped", "{count} steps skipped", lesson.skipped)
        words.append(skipped.format(count=lesson.skipped))
    return listed(words)


def lesson_map_in_words(shown: LessonMap) -> list[str]:
    """The map without symbols, columns and bars."""
    width = max((len(step.number) for step in shown.steps), default=0) + _GAP
    rows = [_named(shown.lesson) + "   " + standing_words(shown.lesson)]
    for step in shown.steps:
        notes = [_("deeper")] if step.deeper else []
        notes += [words for words in (step_words(step),) if words]
        notes += [_("you are here")] if step.here else []
        start = "> " if step.here else "  "
        end = "   " + _("({notes})").format(notes=listed(notes)) if notes else ""
        rows.append(f"{start}{step.number.ljust(width)}{visible(step.title)}{end}")
    others = [lesson for lesson in shown.course if lesson.number != shown.lesson.number]
    return [*rows, *(_named(lesson) + "   " + standing_words(lesson) for lesson in others)]


def lessons_in_words(lessons: Sequence[MapLesson]) -> list[str]:
    """A row a lesson, and one for all where there are several."""
    width = max((columns_of(_named(lesson)) for lesson in lessons), default=0) + 3
    rows = []
    for lesson in lessons:
        words = [standing_words(lesson), *([_("you are here")] if lesson.here else [])]
        rows.append(padded(_named(lesson), width) + listed(words))
    if len(lessons) > 1:
        rows.append(padded(_("The course"), width) + standing_words(whole_course(lessons)))
    return rows


# Drawn


def bar(done: int, steps: int, width: int) -> Text:
    """A bar of that many columns: thick as far as is done. Full and empty mean just that."""
    from rich.text import Text

    filled = width if done >= steps else min(width - 1, max(1, done * width // steps)) if done else 0
    return Text.assemble(("━" * filled, "bar.done"), ("─" * (width - filled), "bar.left"))


def strip(marks: Iterable[Mark]) -> Text:
    """Steps as their marks alone."""
    from rich.text import Text

    return Text.assemble(*((each.symbol, each.style) for each in marks))


def legend(marks: Iterable[Mark], width: int, *, here: bool = False) -> list[Text]:
    """What the marks mean, those alone that occur, in rows that fit."""
    from rich.text import Text

    used = set(marks)
    entries = [(_HERE, "mark.here", _("you are here"))] if here else []
    entries += [(each.symbol, each.style, each.words) for each in Mark if each in used]
    rows: list[Text] = []
    for symbol, style, words in entries:
        entry = Text.assemble((symbol, style), (" " + words, "muted"))
        if rows and rows[-1].cell_len + _GAP + entry.cell_len <= width:
            rows[-1].append("  ").append_text(entry)
        else:
            rows.append(Text("  ").append_text(entry))
    return rows


def lesson_list(lessons: Sequence[MapLesson], width: int) -> list[Text]:
    """The lessons with a bar each and one for the course; where columns are few, each takes two rows."""
    from rich.text import Text

    every = [*lessons, *([whole_course(lessons)] if len(lessons) > 1 else [])]
    numbers = max((columns_of(each.number) for each in lessons), default=0) + _GAP
    names = [padded(each.number, numbers) + visible(each.title) for each in every]
    name_width = max((columns_of(name) for name in names), default=0) + _GAP
    count_width = max((columns_of(_of(each)) for each in every), default=0)
    marked = max((_counts(each).cell_len for each in every), default=0)
    if numbers + _INDENT + _SEGMENT_LEAST + _GAP + count_width + marked > width:
        marked = 0
    rest = marked + _GAP + count_width
    free = width - _INDENT - name_width - rest
    rows: list[Text] = []
    for each, name in zip(every, names, strict=True):
        style = "title" if each.here or not each.number else ""
        start = (_HERE + " " if each.here else "  ", "mark.here")
        count = (padded_left(_of(each), _GAP + count_width), style)
        if free >= _BAR_LEAST:
            drawn = bar(each.done, each.steps, min(free, _BAR_MOST))
            rows.append(Text.assemble(start, (padded(name, name_width), style), drawn, count, _counts(each)))
        else:
            size = max(1, min(_BAR_MOST, width - numbers - _INDENT - rest))
            rows.append(_cut(Text.assemble(start, (name.lstrip(), style)), width))
            drawn = bar(each.done, each.steps, size)
            behind = _counts(each) if marked else ""
            rows.append(Text.assemble(" " * (_INDENT + numbers), drawn, count, behind))
    used = {kind for each in lessons for kind, _count in each.counts} if marked else set()
    explained = legend(used, width, here=any(each.here for each in lessons))
    return [*rows, *([Text("")] if explained else []), *explained]


def lesson_map(shown: LessonMap, *, width: int, height: int | None) -> list[Text]:
    """The map in rows that fit: one column or two, or the steps around the learner.

    Args:
        width: columns.
        height: rows; None: as many as it takes, one below the other.
    """
    from rich.text import Text

    head = _head(shown.lesson, width)
    foot = course_bar(shown.course, width)
    foot += legend((step.mark for step in shown.steps), width, here=any(step.here for step in shown.steps))
    for gaps, body in _bodies(shown.steps, width) if shown.steps else ():
        blank = [Text("")] if gaps else []
        rows = [*head, *blank, *body, *blank, *foot]
        if height is None or (len(rows) <= height and max(row.cell_len for row in body) <= width):
            return rows
    room = max(3, (height or 0) - len(head) - len(foot))
    return [*head, *_around(shown.steps, width, room), *foot]


def course_bar(lessons: Sequence[MapLesson], width: int) -> list[Text]:
    """The course in one row: a bar a lesson with its number, or one bar where that is too long."""
    from rich.text import Text

    if len(lessons) < 2:
        return []
    course = whole_course(lessons)
    name, count = ("  " + course.title + "  ", "title"), (_of(course), "title")
    free = width - columns_of(name[0]) - columns_of(count[0])
    size = free // len(lessons) - max(columns_of(lesson.number) for lesson in lessons) - 1 - _GAP
    if size < _SEGMENT_LEAST:
        drawn = bar(course.done, course.steps, max(1, min(_BAR_MOST, free - _GAP)))
        return [_cut(Text.assemble(name, drawn, "  ", count), width)]
    row = Text.assemble(name)
    for lesson in lessons:
        row.append(lesson.number + " ", "title" if lesson.here else "muted")
        row.append_text(bar(lesson.done, lesson.steps, min(size, _SEGMENT_MOST))).append("  ")
    return [row.append(*count)]


def _bodies(steps: Sequence[MapStep], width: int) -> Iterator[tuple[bool, list[Text]]]:
    """The steps as they would be drawn, the roomiest first; each with whether blank rows stand around it."""
    for gaps in (True, False):
        yield gaps, _column(steps, titled=True, gaps=gaps)
    for gaps in (True, False):
        rows = _column(steps, titled=True, gaps=gaps, short=True)
        for half in _breaks(rows, steps):
            yield gaps, _side_by_side(rows[:half], rows[half:])
    yield False, _column(steps)
    rows = _column(steps, short=True)
    half = -(-len(rows) // 2)
    yield False, _side_by_side(rows[:half], rows[half:])
    most = (width - _GAP) // 2
    if most >= _COLUMN_LEAST:
        cut = [_cut(row, most) for row in rows]
        yield False, _side_by_side(cut[:half], cut[half:])


def _column(
    steps: Sequence[MapStep], *, titled: bool = False, gaps: bool = False, short: bool = False
) -> list[Text]:
    """One row a step.

    Args:
        titled: with the titles of parts.
        gaps: with a blank row before each of them but the first.
        short: numbers without the lesson's, and close together.
    """
    from rich.text import Text

    width = max(len(_short(step.number) if short else step.number) for step in steps)
    rows: list[Text] = []
    part = ""
    for step in steps:
        if titled and step.part != part:
            rows += [Text("")] if gaps and rows else []
            rows.append(Text.assemble("  ", (visible(step.part), "map.part")))
            part = step.part
        rows.append(_compact_row(step, width) if short else _row(step, width))
    return rows


def _row(step: MapStep, width: int) -> Text:
    from rich.text import Text

    return Text.assemble(
        (_HERE if step.here else " ", "mark.here"),
        " ",
        (step.mark.symbol, step.mark.style),
        "    " if step.deeper else "  ",
        (f"{step.number.ljust(width)}  {visible(step.title)}", _style(step)),
    )


def _compact_row(step: MapStep, width: int) -> Text:
    from rich.text import Text

    return Text.assemble(
        (_HERE if step.here else " ", "mark.here"),
        (step.mark.symbol, step.mark.style),
        "  " if step.deeper else " ",
        (f"{_short(step.number).ljust(width)} {visible(step.title)}", _style(step)),
    )


def _style(step: MapStep) -> str:
    return "title" if step.here else "muted" if step.deeper else ""


def _breaks(rows: Sequence[Text], steps: Sequence[MapStep]) -> tuple[int, ...]:
    """Where the rows of a column may be broken into two: before the title of a part, else in the middle."""
    half = -(-len(rows) // 2)
    titles = {"  " + visible(step.part) for step in steps}
    starts = [place for place, row in enumerate(rows) if place and row.plain in titles]
    if half in starts or half - 1 in starts:
        return (starts[starts.index(half) if half in starts else starts.index(half - 1)],)
    return (*sorted(starts, key=lambda place: abs(place - half))[:1], half)


def _side_by_side(left: Sequence[Text], right: Sequence[Text]) -> list[Text]:
    from rich.text import Text

    while left and not left[-1].plain:
        left = left[:-1]
    while right and not right[0].plain:
        right = right[1:]
    width = max(row.cell_len for row in left) + _GAP
    rows = []
    for place in range(max(len(left), len(right))):
        first = left[place] if place < len(left) else Text("")
        second = right[place] if place < len(right) else Text("")
        blanks = " " * (width - first.cell_len) if second.plain else ""
        rows.append(Text.assemble(first, blanks, second))
    return rows


def _around(steps: Sequence[MapStep], width: int, room: int) -> list[Text]:
    """The steps around the learner; those before and after are a row of marks each."""
    rows = [_cut(row, width) for row in _column(steps)]
    if len(rows) <= room:
        return rows
    at = next((place for place, step in enumerate(steps) if step.here), None)
    if at is None:
        at = next((place for place, step in enumerate(steps) if step.mark is Mark.OPEN), 0)
    # A row for what is left out on either side.
    start = max(0, at - (room - 2) // 2)
    end = start + room - 2
    if start < 2:
        start, end = 0, room - 1
    elif end > len(rows) - 2:
        start, end = len(rows) - room + 1, len(rows)
    return [
        *([_left_out(steps[:start], width)] if start else []),
        *rows[start:end],
        *([_left_out(steps[end:], width)] if end < len(rows) else []),
    ]


def _left_out(steps: Sequence[MapStep], width: int) -> Text:
    """`… 2.3.1 – 2.3.6a  ✓✓✓?✓»~`: a run of steps as their marks; where columns are few, their number."""
    from rich.text import Text

    run = (f"  … {steps[0].number} – {steps[-1].number}  ", "wire.fold")
    row = Text.assemble(run, strip(step.mark for step in steps))
    if row.cell_len <= width:
        return row
    count = len(steps)
    words = ngettext("{count} more step", "{count} more steps", count).format(count=count)
    return _cut(Text.assemble((f"  … {words}", "wire.fold")), width)


def _head(lesson: MapLesson, width: int) -> list[Text]:
    """The lesson's name and its bar, in one row or two."""
    from rich.text import Text

    name = ("  " + _named(lesson), "title")
    done = (" " * _GAP + _done(lesson), "title")
    free = width - columns_of(name[0]) - 1 - _GAP - columns_of(done[0])
    if free >= _BAR_LEAST:
        drawn = bar(lesson.done, lesson.steps, min(free, _BAR_MOST))
        return [Text.assemble(name, "   ", drawn, done)]
    drawn = bar(lesson.done, lesson.steps, max(1, min(_BAR_MOST, width - _INDENT - columns_of(done[0]))))
    return [_cut(Text.assemble(name), width), _cut(Text.assemble("  ", drawn, done), width)]


def _counts(lesson: MapLesson) -> Text:
    """`  ? 2  » 1`: what the bar does not say."""
    from rich.text import Text

    text = Text("")
    for kind, count in lesson.counts:
        text.append("  ").append(kind.symbol, kind.style).append(f" {count}")
    return text


def _named(lesson: MapLesson) -> str:
    return f"{lesson.number}  {visible(lesson.title)}"


def _done(lesson: MapLesson) -> str:
    words = ngettext("{done} of {steps} step done", "{done} of {steps} steps done", lesson.steps)
    return words.format(done=lesson.done, steps=lesson.steps)


def _of(lesson: MapLesson) -> str:
    return _("{right} of {made}").format(right=lesson.done, made=lesson.steps)


def _short(number: str) -> str:
    """`3a` of `2.1.3a`: what `:g` takes, too."""
    return number.rpartition(".")[2]


def _cut(row: Text, width: int) -> Text:
    row.truncate(max(1, width), overflow="ellipsis")
    return row
