"""The texts of a session as items of a beat: welcome, headings, requests to send, questions, feedback."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tutor.course.contents import Outline, OutlineStep
from tutor.course.model import (
    Lesson,
    Prose,
    Question,
    QuestionKind,
    Step,
    WebSocketBlock,
)
from tutor.grading.answers import LETTERS
from tutor.language import NAMES, _, available, listed, ngettext, sentences
from tutor.play.commands import COMMANDS
from tutor.screen.beat import Fixed, Item
from tutor.screen.code import highlighted
from tutor.screen.figures import Figures, course_figures, figures_words
from tutor.screen.prose import prose_lines
from tutor.wire.escape import visible
from tutor.wire.request import RawRequest, Request

if TYPE_CHECKING:
    from rich.text import Text

    from tutor.learner.recall import Miss
    from tutor.sandbox.source import Excerpt

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

    def welcome(self, address: str, language: str, *, guess_first: bool) -> Item:
        # A terminal that has no Chinese is not offered it.
        others = [] if self.ascii_only else [tag for tag in available() if tag != language]
        first = (
            _("You guess; then the first request goes out.")
            if guess_first
            else _("Enter sends the first request.")
        )
        lines = [
            _("**flask-http-tutor**: what goes over the wire between a browser and a Flask app."),
            _("Its own Flask app now runs at {address}, on this machine alone.").format(address=address),
            _("Each request is real, and you see its bytes. A wrong guess costs nothing."),
            _("Ctrl-D leaves, and the next start goes on there. `:?` lists what you can type."),
            "   ".join([first, *(f"{NAMES[tag]}：`:lang {tag}`" for tag in others)]),
        ]
        return Fixed([row for line in lines for row in self.prose(line)] + [_text("")])

    def lesson_head(self, lesson: Lesson, language: str) -> list[Item]:
        """The lesson's title; where only its head is not in the learner's language, a note with it."""
        head = _text(f"{lesson.number}  {visible(lesson.title)}", "title")
        head.append(
            "   "
            + ngettext("about {count} minute", "about {count} minutes", lesson.minutes).format(
                count=lesson.minutes
            ),
            "muted",
        )
        lines = [head]
        if lesson.language != language and lesson.is_spoken(language):
            words = _("(Its title and opening have no translation, or the English has changed since.)")
            lines += self.prose(words, "muted")
        return [Fixed(lines, keep_with_next=True)]

    def step_head(self, step: Step, lesson: Lesson) -> Item:
        head = _text(f"{step.number}  {visible(step.title)}", "title")
        if step.deeper:
            head.append("   " + _("deeper"), "muted")
        else:
            place = [main.id for main in lesson.main_steps].index(step.id) + 1
            head.append(
                "   " + _("step {place} of {count}").format(place=place, count=len(lesson.main_steps)),
                "muted",
            )
        return Fixed([head], keep_with_next=True)

    def not_translated(self) -> Item:
        """That the words below are English, where the learner reads another language."""
        words = _("(There is no translation of this step yet, or the English has changed since; in English:)")
        return Fixed(self.prose(words, "muted"), keep_with_next=True)

    def lesson_not_translated(self) -> Item:
        """That a whole lesson is in English, where the learner reads another language."""
        return Fixed(self.prose(_("(This lesson is not translated; it is in English.)"), "muted"))

    def heading(self, words: str) -> Item:
        return Fixed([_text(words, "title")], keep_with_next=True)

    def prose_items(self, block: Prose) -> list[Item]:
        lines = self.prose(without_takeaway(block.markdown))
        return [Fixed([*lines, _text("")])] if lines else []

    def takeaway(self, step: Step) -> Item:
        return Fixed(
            [*self.prose(_("In short: {takeaway}").format(takeaway=step.takeaway), "takeaway"), _text("")]
        )

    def source(self, excerpt: Excerpt) -> Item:
        escaped = "\n".join(visible(line, ascii_only=self.ascii_only) for line in excerpt.code.split("\n"))
        lines = [_text("    ").append_text(line) for line in highlighted(escaped, excerpt.language)]
        hidden = excerpt.total_lines - len(lines)
        if hidden > 0:
            mark = ngettext("… {count} more line of {name}", "… {count} more lines of {name}", hidden)
            lines.append(_text("    " + mark.format(count=hidden, name=visible(excerpt.name)), "wire.fold"))
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
                    "  … and one more, made of what comes back",
                    "  … and {count} more, made of what comes back",
                    later,
                )
                lines.append(_text(words.format(count=later), "wire.fold"))
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
            return _capped(lines, 14)
        if isinstance(request, RawRequest):
            from tutor.wire.escape import visible_bytes, wire_lines

            lines = [_text(_("To send, as these bytes stand:"), "request.heading")]
            at = 0
            for line in wire_lines(request.data):
                if at in request.pauses:
                    lines.append(_text("  " + _("(here the client stops until you press Enter)"), "muted"))
                at += len(line.data) + len(line.end)
                drawn = _text("  " + visible_bytes(line.data[:400], ascii_only=self.ascii_only))
                if len(line.data) > 400:
                    drawn.append(
                        " … " + _("{count} bytes in this line").format(count=f"{len(line.data):,}"),
                        "wire.fold",
                    )
                mark = {b"\r\n": "␍␊", b"\n": "␊"}.get(line.end, "")
                lines.append(drawn.append(mark, "wire.end"))
            return _capped(lines, 14)
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
                lines.append(
                    _text(
                        "  … "
                        + ngettext(
                            "{count} more line", "{count} more lines", len(rows) - _BODY_PREVIEW_LINES
                        ).format(count=len(rows) - _BODY_PREVIEW_LINES),
                        "wire.fold",
                    )
                )
        return lines

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
                line.append("   " + _("{ms} ms after the first").format(ms=delay), "muted")
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
        lines: list[Text] = [*evidence, *([_text("")] if evidence else [])]
        lines += self.prose(question.prompt, "question")
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
                lines.append(_text(f"  {letter}) " if place == 0 else "     ", "choice").append_text(row))
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
        width = max(len(command.usage) for command in COMMANDS) + 2
        return [
            _text(_("A command is a colon and a letter or its whole word, such as :h or :hint.")),
            *(_text(f"  {command.usage.ljust(width)}{_(command.summary)}") for command in COMMANDS),
            _text(_("Ctrl-C clears the line, or ends a running request. Ctrl-D leaves.")),
            _text(_("An answer that starts with a colon is typed \\:so.")),
        ]

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

    def lesson_rest(self, lesson: Lesson, figures: Figures, following: Outline | None) -> list[Item]:
        """The rest of that page: the lesson in numbers, what to try, what comes next."""
        items: list[Item] = []
        counted = figures_words(figures)
        if counted:
            lines = [_text(_("The lesson in numbers:"), "muted")]
            for words in counted:
                lines += self._listed(words)
            items.append(Fixed([*lines, _text("")]))
        if lesson.try_next:
            lines = [_text(_("To try next:"), "muted")]
            for command in lesson.try_next:
                lines += self._listed(command)
            items.append(Fixed([*lines, _text("")]))
        if following is not None:
            next_ = _("Next: {number} {title}.").format(
                number=following.number, title=visible(following.title)
            )
        else:
            next_ = _("This was the last lesson.")
        items.append(Fixed([_text(next_, "title")]))
        return items

    def course_end(self, figures: Sequence[Figures]) -> Item:
        """The course in numbers, and what can be done with it now."""
        lines = [_text(_("You have finished the course."), "title"), _text("")]
        lines += course_figures(figures, width=self.width, plain=self.plain)
        lines.append(_text(""))
        again = _("`flask-http-tutor {number}` asks a lesson's questions from memory, any time.")
        lines += self.prose(again.format(number=figures[0].number))
        lines += self.prose(
            _("`flask-http-tutor notes --html notes.html` writes all that you saw and answered.")
        )
        return Fixed([*lines, _text("")])

    def _listed(self, markdown: str) -> list[Text]:
        """Words under a small mark, their further rows indented."""
        rows = prose_lines(markdown, width=self.width - 4, plain=self.plain)
        return [_text("  - " if place == 0 else "    ").append_text(row) for place, row in enumerate(rows)]


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


def _capped(lines: list[Text], most: int) -> list[Text]:
    if len(lines) <= most:
        return lines
    hidden = len(lines) - most + 1
    mark = "  … " + ngettext("{count} more line", "{count} more lines", hidden).format(count=hidden)
    return [*lines[: most - 1], _text(mark, "wire.fold")]


def _text(words: str, style: str = "") -> Text:
    from rich.text import Text

    return Text(words, style)
