"""The texts of a session as items of a beat: welcome, headings, requests to send, questions, feedback."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tutor.course.contents import Outline, OutlineStep
from tutor.course.live_text import with_address
from tutor.course.model import (
    Lesson,
    Prose,
    Question,
    QuestionKind,
    Step,
    WebSocketBlock,
    is_fired,
)
from tutor.grading.answers import LETTERS
from tutor.language import NAMES, _, available, listed, ngettext, sentences
from tutor.play.commands import COMMANDS, CommandHelp
from tutor.screen.beat import Fixed, Item
from tutor.screen.code import highlighted
from tutor.screen.fold import fold_mark
from tutor.screen.prose import prose_lines
from tutor.wire.escape import visible
from tutor.wire.request import RawRequest, Request

if TYPE_CHECKING:
    from rich.text import Text

    from tutor.learner.recall import Miss
    from tutor.sandbox.source import Excerpt
    from tutor.screen.figures import Figures
    from tutor.screen.lesson_map import MapLesson

Sendable = Request | RawRequest | WebSocketBlock
"""What a step sends."""

_BODY_PREVIEW_LINES = 4
_FIRST_WORD = re.compile(r"[^\s，。：]*[，。：]?")


class Screens:
    """Makes items for one output.

    Args:
        width: columns.
        plain: no box drawing, no symbols with a meaning.
    """

    def __init__(self, *, width: int, plain: bool, ascii_only: bool) -> None:
        self.width = width
        self.plain = plain
        self.ascii_only = ascii_only

    def prose(self, markdown: str, style: str = "") -> list[Text]:
        return prose_lines(markdown, width=self.width, plain=self.plain, style=style)

    def blank(self) -> Fixed:
        return Fixed([_text("")])

    def welcome(self, address: str, language: str, step: Step) -> Item:
        """What runs, what it costs, how to leave, and what the first step asks for."""
        from rich.cells import cell_len

        # A terminal that has no Chinese is not offered it.
        others = [] if self.ascii_only else [tag for tag in available() if tag != language]
        lines = [
            _("**flask-http-tutor**: what goes over the wire between a browser and a Flask app."),
            _("Its own Flask app now runs at {address}, on this machine alone.").format(address=address),
            _("Each request is real, and you see its bytes. A wrong guess costs nothing."),
            _("Ctrl-D leaves, and the next start goes on there. `:?` lists what you can type."),
            _first_to_do(step),
        ]
        offered = "   ".join(f"{NAMES[tag]}：`:lang {tag}`" for tag in others)
        if offered and cell_len(f"{lines[-1]}   {offered}") <= self.width:
            lines[-1] += f"   {offered}"
        elif offered:
            lines.append(offered)
        return Fixed([row for line in lines for row in self.prose(line)] + [_text("")])

    def lesson_head(self, lesson: Lesson, language: str) -> list[Item]:
        """The lesson's title; where only its head is not in the learner's language, a note with it."""
        minutes = ngettext("about {count} minute", "about {count} minutes", lesson.minutes)
        lines = self._head(lesson.number, lesson.title, minutes.format(count=lesson.minutes))
        if lesson.language != language and lesson.is_spoken(language):
            words = _("(Its title and opening have no translation, or the English has changed since.)")
            lines += self.prose(words, "muted")
        return [Fixed(lines, keep_with_next=True)]

    def step_head(self, step: Step, lesson: Lesson) -> Item:
        if step.deeper:
            where = _("deeper")
        else:
            place = [main.id for main in lesson.main_steps].index(step.id) + 1
            where = _("step {place} of {count}").format(place=place, count=len(lesson.main_steps))
        return Fixed(self._head(step.number, step.title, where), keep_with_next=True)

    def _head(self, number: str, title: str, aside: str) -> list[Text]:
        """A title, with what is said beside it: on a row of its own where it has no room."""
        from rich.text import Text

        if self.plain:
            return [_text(_("{title} ({aside})").format(title=f"{number} {visible(title)}", aside=aside))]
        head = (f"{number}  {visible(title)}", "title")
        beside = Text.assemble(head, (f"   {aside}", "muted"))
        return [beside] if beside.cell_len <= self.width else [_text(*head), _text(aside, "muted")]

    def not_translated(self) -> Item:
        """That the words below are English, where the learner reads another language."""
        words = _("(There is no translation of this step yet, or the English has changed since; in English:)")
        return Fixed(self.prose(words, "muted"), keep_with_next=True)

    def lesson_not_translated(self) -> Item:
        """That a whole lesson is in English, where the learner reads another language."""
        return Fixed(self.prose(_("(This lesson is not translated; it is in English.)"), "muted"))

    def heading(self, words: str) -> Item:
        return Fixed([_text(words, "title")], keep_with_next=True)

    def prose_items(self, block: Prose, address: str) -> list[Item]:
        """A lesson's prose, with the sandbox's address where it asks for it."""
        lines = self.prose(without_takeaway(with_address(block.markdown, address)))
        return [Fixed([*lines, _text("")])] if lines else []

    def takeaway(self, step: Step) -> Item:
        return Fixed(
            [*self.prose(_("In short: {takeaway}").format(takeaway=step.takeaway), "takeaway"), _text("")]
        )

    def source(self, excerpt: Excerpt) -> Item:
        escaped = "\n".join(visible(line, ascii_only=self.ascii_only) for line in excerpt.code.split("\n"))
        lines = [_text("    ").append_text(line) for line in highlighted(escaped, excerpt.language)]
        hidden = excerpt.total_lines - len(lines)
        name = visible(excerpt.name)
        if self.plain:
            lines.insert(0, _text(_("Source of {name}:").format(name=name)))
        if hidden > 0:
            mark = ngettext("{count} more line of {name}", "{count} more lines of {name}", hidden)
            lines.append(fold_mark(mark.format(count=hidden, name=name), plain=self.plain, indent="    "))
        return Fixed([*lines, _text("")])

    def to_send(
        self,
        requests: Sequence[tuple[Sendable, int | None]],
        address: str,
        *,
        later: int = 0,
        app: str = "",
    ) -> Item:
        """What Enter sends; the URL as a person would write it, and what is given beside it.

        Args:
            requests: each with the milliseconds after the first at which it goes out; None where it waits
                for the one before it.
            later: how many more follow that are made of what comes back.
            app: the configuration of the sandbox, where it is not the step's own.
        """
        lines = self._to_send(requests, address, later)
        if app:
            words = _("  (answered by the app in its configuration {name})").format(name=visible(app))
            lines.append(_text(words, "muted"))
        return Fixed(lines)

    def _to_send(
        self, requests: Sequence[tuple[Sendable, int | None]], address: str, later: int
    ) -> list[Text]:
        if later or len(requests) > 1:
            lines = self._several_to_send(requests)
            if later:
                words = ngettext(
                    "and one more, made of what comes back",
                    "and {count} more, made of what comes back",
                    later,
                )
                mark = "  " if self.plain else "  … "
                lines.append(_text(mark + words.format(count=later), "wire.fold"))
            return lines
        request = requests[0][0]
        if isinstance(request, WebSocketBlock):
            url = address.replace("http", "ws", 1) + request.target
            lines = [
                _text(_("To open, and to send:"), "request.heading"),
                _text("  " + visible(url), "wire.start"),
            ]
            lines += [_text(f"  {visible(name)}: {visible(value)}") for name, value in request.fields]
            lines += [
                _text(f"  {frame.opcode}  {visible(frame.data, ascii_only=self.ascii_only)}")
                for frame in request.frames
                if frame.send
            ]
            return self._capped(lines, 14)
        if isinstance(request, RawRequest):
            from tutor.screen.wire import end_mark
            from tutor.wire.escape import visible_bytes, wire_lines

            lines = [_text(_("To send, as these bytes stand:"), "request.heading")]
            at = 0
            for line in wire_lines(request.data):
                if at in request.pauses:
                    lines.append(_text("  " + _("(here the client stops until you press Enter)"), "muted"))
                at += len(line.data) + len(line.end)
                drawn = _text("  " + visible_bytes(line.data[:400], ascii_only=self.ascii_only))
                if len(line.data) > 400:
                    size = _("{count} bytes in this line").format(count=f"{len(line.data):,}")
                    drawn.append(f" … {size}", "wire.fold")
                mark = end_mark(line.end.decode(), plain=self.plain, ascii_only=self.ascii_only)
                lines.append(drawn.append(mark, "wire.end"))
            return self._capped(lines, 14)
        lines = [
            _text(_("To send:"), "request.heading"),
            _text(f"  {visible(request.method)} {visible(_url(request.target, address))}", "wire.start"),
        ]
        lines += [_text(f"  {visible(name)}: {visible(value)}") for name, value in request.fields]
        if request.body:
            body = request.body.decode("utf-8", "surrogateescape")
            rows = body.replace("\r\n", "\n").rstrip("\n").split("\n")
            lines.append(_text("  " + _("(empty line)"), "muted"))
            lines += [
                _text("  " + visible(row, ascii_only=self.ascii_only)) for row in rows[:_BODY_PREVIEW_LINES]
            ]
            if len(rows) > _BODY_PREVIEW_LINES:
                lines.append(self._more_lines(len(rows) - _BODY_PREVIEW_LINES))
        return lines

    def _capped(self, lines: list[Text], most: int) -> list[Text]:
        if len(lines) <= most:
            return lines
        return [*lines[: most - 1], self._more_lines(len(lines) - most + 1)]

    def _more_lines(self, count: int) -> Text:
        words = ngettext("{count} more line", "{count} more lines", count).format(count=count)
        return fold_mark(words, plain=self.plain, indent="  ")

    def _several_to_send(self, requests: Sequence[tuple[Sendable, int | None]]) -> list[Text]:
        delays = [delay for _request, delay in requests]
        if None in delays:
            words = _("To send, one after the other:")
        else:
            words = _("To send:") if any(delays) else _("To send at the same time:")
        lines = [_text(words, "request.heading")]
        for request, delay in requests:
            line = _text("  " + self._one_line(request))
            if delay:
                words = _("{ms} ms after the first").format(ms=delay)
                line.append(f" ({words})" if self.plain else f"   {words}", "muted")
            lines.append(line)
        return lines

    def _one_line(self, request: Sendable) -> str:
        if isinstance(request, WebSocketBlock):
            return visible(f"WebSocket {request.target}")
        if isinstance(request, RawRequest):
            return visible(request.data.split(b"\r\n")[0].decode("latin-1"), ascii_only=self.ascii_only)
        given = "".join(f"  {name}: {value}" for name, value in request.fields)
        body = request.body[:60].decode("utf-8", "replace").split("\n")[0]
        return visible(f"{request.method} {request.target}{given}" + (f"  {body}" if body else ""))

    def question(
        self, question: Question, shown: Sequence[str], evidence: Sequence[Text], address: str = ""
    ) -> Item:
        """The question with its lettered options; with the lines that answer it where they scrolled away.

        Args:
            address: where other clients may send what answers it; empty where only the prompt counts.
        """
        from rich.text import Text

        lines: list[Text] = [*evidence, *([_text("")] if evidence else [])]
        if self.plain and evidence:
            lines.insert(0, _text(_("From the exchange, once more:")))
        asked = _("Question: {words}").format(words=question.prompt) if self.plain else question.prompt
        lines += self.prose(asked, "question")
        if address:
            if question.start:
                words_here = _("Enter opens the editor; or send it with any client to {address}")
            else:
                words_here = _("Type it here, or send it with curl or any client to {address}")
            lines += self.prose(words_here.format(address=address), "muted")
        words = dict(question.choices)
        for letter, key in zip(LETTERS, shown, strict=False):
            rows = prose_lines(words[key], width=self.width - 5, plain=self.plain) or [_text("")]
            for place, row in enumerate(rows):
                # The letter alone: where all is bold, nothing stands out.
                mark = (f"  {letter}) " if place == 0 else "     ", "choice")
                lines.append(Text.assemble(mark).append_text(row))
        return Fixed(lines)

    def said(self, start: str, markdown: str = "", style: str = "") -> list[Text]:
        """A sentence of the tutor's own, then the lesson's words."""
        lines = self.prose(sentences(start, markdown))
        first = _FIRST_WORD.match(start)
        if lines and style and first:
            lines[0].stylize(style, 0, first.end())
        return lines

    def deeper_offer(self, steps: Sequence[OutlineStep]) -> Item:
        lines = [_text(_("Deeper, if you like. Enter passes."), "offer")]
        lines += [_text(f"  :d {step.number}  {visible(step.title)}") for step in steps]
        return Fixed([*lines, _text("")])

    def help(self) -> list[Text]:
        from tutor.screen.wide import wrapped

        width = self.width if not self.plain else sys.maxsize
        return [
            *wrapped(_("A command is a colon and a letter or its whole word, such as :h or :hint."), width),
            *(line for command in COMMANDS if command.usage for line in self._command(command)),
            *wrapped(_("Ctrl-C clears the line, or ends a running request. Ctrl-D leaves."), width),
            *wrapped(_("An answer that starts with a colon is typed \\:so."), width),
        ]

    def _command(self, command: CommandHelp) -> list[Text]:
        """How a command is typed and what it does, its further rows below the first."""
        from tutor.screen.wide import wrapped

        words = _(command.summary)
        if self.plain:
            return [_text(_("{start}: {words}").format(start=command.usage, words=words))]
        column = max(len(each.usage) for each in COMMANDS) + 4
        rows = wrapped(words, self.width - column)
        marks = [f"  {command.usage}".ljust(column), *(" " * column for _row in rows[1:])]
        return [_text(mark).append_text(row) for mark, row in zip(marks, rows, strict=True)]

    def lesson_end(self, lesson: Lesson, missed: Sequence[Miss]) -> list[Item]:
        """The page a learner keeps: takeaways by part, misses with what was true."""
        title = _("You have finished {number} {title}.").format(
            number=lesson.number, title=visible(lesson.title)
        )
        items: list[Item] = [Fixed([_text(title, "title"), _text("")], keep_with_next=True)]
        parts = {part.id: part.title for part in lesson.parts}
        for part in dict.fromkeys(step.part for step in lesson.main_steps):
            lines = [_text(visible(parts[part]), "muted")] if part in parts else []
            for step in lesson.main_steps:
                if step.part == part:
                    lines += self._listed(step.takeaway)
            items.append(Fixed([*lines, _text("")]))
        if missed:
            lines = [_text(_("Missed at first, and what is true:"), "muted")]
            for miss in missed:
                answer = answer_in_words(miss.question)
                lines += self._listed(f"{miss.step.number}  {miss.question.prompt} {answer}")
            items.append(Fixed([*lines, _text("")]))
        return items

    def lesson_rest(
        self, lesson: Lesson, figures: Figures, course: Sequence[MapLesson], following: Outline | None
    ) -> list[Item]:
        """The rest of that page: the lesson in numbers, the course so far, what to try, what comes next."""
        from tutor.screen.figures import figures_words, lesson_figures
        from tutor.screen.lesson_map import course_bar, standing_words, whole_course

        items: list[Item] = []
        named = _("{number} {title} in numbers:").format(number=lesson.number, title=visible(lesson.title))
        lines = [_text(named, "title")]
        if self.plain:
            lines += [_text(f"  - {words}") for words in figures_words(figures)]
        else:
            lines += lesson_figures(figures, width=self.width)
        if len(course) > 1:
            lines.append(_text(""))
            if self.plain:
                lines.append(
                    _text(
                        _("{words}: {value}").format(
                            words=_("The course"), value=standing_words(whole_course(course))
                        )
                    )
                )
            else:
                lines += course_bar(course, self.width)
        items.append(Fixed([*lines, _text("")]))
        lines = []
        if lesson.try_next:
            lines.append(_text(_("To try next:"), "muted"))
            for command in lesson.try_next:
                lines += self._listed(command)
            lines.append(_text(""))
        if following is not None:
            next_ = _("Next: {number} {title}.").format(
                number=following.number, title=visible(following.title)
            )
        else:
            next_ = _("This was the last lesson.")
        items.append(Fixed([*lines, _text(next_, "title")]))
        return items

    def course_end(self, figures: Sequence[Figures]) -> list[Item]:
        """The course in numbers, made to be kept, and what can be done with it now."""
        from tutor.screen.figures import course_figures, course_figures_in_words, total_of
        from tutor.screen.lesson_map import Mark

        title = _text(_("You have finished the course."), "title")
        days = total_of(figures).days
        signed = "   flask-http-tutor" + (f", {max(days)}" if days else "")
        if title.cell_len + len(signed) <= self.width:
            title.append(signed, "muted")
        lines = [title, _text("")]
        if self.plain:
            lines += [_text(words) for words in course_figures_in_words(figures)]
        else:
            lines += course_figures(figures, width=self.width)
        again = _("`flask-http-tutor {number}` asks a lesson's questions from memory, any time.")
        rest = self.prose(again.format(number=figures[0].number))
        rest += self.prose(
            _("`flask-http-tutor notes --html notes.html` writes all that you saw and answered.")
        )
        if Mark.UPDATED in total_of(figures).marks:
            rest += self.prose(
                _("Some steps have changed since: `flask-http-tutor list {number}` marks them.").format(
                    number=next(each.number for each in figures if Mark.UPDATED in each.marks)
                )
            )
        return [Fixed([*lines, _text("")]), Fixed(rest)]

    def _listed(self, markdown: str) -> list[Text]:
        """Words under a small mark, their further rows indented."""
        rows = prose_lines(markdown, width=self.width - 4, plain=self.plain)
        return [_text("  - " if place == 0 else "    ").append_text(row) for place, row in enumerate(rows)]


def _first_to_do(step: Step) -> str:
    """What the learner does first in a step."""
    for block in step.blocks:
        if is_fired(block):
            guessed = any(each.prediction and each.exchange == block.id for each in step.questions)
            if guessed:
                return _("You guess; then the first request goes out.")
            return _("Enter sends the first request.")
        if isinstance(block, Question) and block.kind is QuestionKind.EXERCISE:
            return _("You write the first view; each save runs it.")
        if isinstance(block, Question) and not block.prediction:
            return _("It begins with a question.")
    return _("Enter goes on.")


def answer_in_words(question: Question) -> str:
    """The right answer as Markdown, without letters: those are another learner's."""
    words = dict(question.choices)
    if question.kind in {QuestionKind.CHOICE, QuestionKind.CHOICES}:
        return listed(f"**{words[key]}**" for key in question.answer)
    if question.kind is QuestionKind.ORDER:
        return " → ".join(words[key] for key in question.answer)
    if question.kind is QuestionKind.EXERCISE:
        return question.explain
    return f"`{question.answer[0]}`"


def without_takeaway(markdown: str) -> str:
    """The prose without the block quote that ends it: the takeaway is shown after the questions."""
    return (
        re.sub(r"\n*(?:^>.*(?:\n|\Z))+\s*\Z", "", markdown, flags=re.MULTILINE)
        if ">" in markdown
        else markdown
    )


def ended(markdown: str) -> str:
    """The words with a full stop, unless they end in one, or in a mark inside code that a stop would blur."""
    bare = markdown.rstrip("`*_ ")
    if bare.endswith((".", "!", "?", "…", "。", "！", "？")):
        return markdown
    return _("{words}.").format(words=markdown)


def literal(text: str) -> str:
    """A person's words inside Markdown: nothing in them is markup."""
    return re.sub(r"([\\`*_{}\[\]()#+.!|<>~&-])", r"\\\1", visible(text))


def label_for(question: Question, shown: Sequence[str]) -> str:
    """What the prompt of a question says: which answer is expected."""
    last = LETTERS[len(shown) - 1] if shown else ""
    if question.kind is QuestionKind.CHOICE:
        return _("a–{last} ▸").format(last=last)
    if question.kind is QuestionKind.CHOICES:
        return _("letters a–{last}, such as ab ▸").format(last=last)
    if question.kind is QuestionKind.ORDER:
        return _("all letters a–{last}, in order ▸").format(last=last)
    if question.kind is QuestionKind.NUMBER:
        return _("number ▸")
    if question.kind is QuestionKind.REQUEST:
        return _("request ▸")
    return _("text ▸")


def _url(target: str, address: str) -> str:
    return target if target.startswith("http") else address + target


def _text(words: str, style: str = "") -> Text:
    from rich.text import Text

    return Text(words, style)
