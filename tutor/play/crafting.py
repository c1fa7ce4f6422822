"""A request question, answered: a line at the prompt, a whole message in the editor, or any other client.

What arrives is what counts; each way leads to an exchange, which is shown and graded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from tutor.client.run import StepRun
from tutor.course.model import HttpBlock, Question, Step
from tutor.grading.live import insert
from tutor.grading.requests import as_sent, grade_request
from tutor.grading.verdict import Grade, Verdict
from tutor.language import _
from tutor.play.commands import Typed, Verb
from tutor.play.completion import Route, Surroundings
from tutor.play.conversation import Conversation
from tutor.play.exhibits import Exhibits
from tutor.play.prompt import Inbox
from tutor.screen.beat import Item
from tutor.wire.escape import visible
from tutor.wire.exchange import Direction, Exchange
from tutor.wire.raw_text import is_message, message_text, parse_message
from tutor.wire.request import RawRequest, Request, RequestSyntaxError, parse_request_line

Record = Callable[[str, Grade], None]
"""Keeps an answer: its text and its grade."""

_SEEN = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
"""Fields of a response whose value a client sends back, and in which field."""


class Crafting:
    """Asks for one request until it is there.

    A context manager: while it is open, other clients are heard.

    Args:
        record: keeps each request that could be graded.
    """

    def __init__(
        self,
        talk: Conversation,
        step: Step,
        run: StepRun,
        exhibits: Exhibits,
        question: Question,
        *,
        address: str,
        record: Record,
    ) -> None:
        self._talk = talk
        self._run = run
        self._exhibits = exhibits
        self.question = question
        self._address = address
        self._record = record
        self._block = next((block for block in step.exchanges if block.id == question.exchange), None)
        self._inbox: Inbox[Exchange] = Inbox()
        self._message = ""
        """What the editor begins with next; empty where it goes on after an arrival."""
        self._editing = False
        self.items: list[Item] = []
        """The exchange that reached the goal."""

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear of what other clients send."""
        self._run.listen(self._inbox.put, app=self._app)
        try:
            yield
        finally:
            self._run.listen(None)

    def ask(self, label: str, bar: Sequence[str]) -> Typed | Verdict:
        """The verdict on the next request, or what was typed where it is none: an empty line, `:a`, `:lang`.

        Raises:
            Moved: the learner goes elsewhere.
        """
        while True:
            if self._editing:
                verdict = self._edited()
                if verdict is None:
                    self._talk.reply([_("The editor is left; nothing was sent.")])
                    continue
                return verdict
            typed = self._talk.ask(
                label,
                bar,
                returns={Verb.ANSWER, Verb.EDIT, Verb.LANGUAGE},
                inbox=self._inbox,
                around=self._around(),
            )
            if typed.woken:
                return self._arrived(self._inbox.take())
            if typed.verb in {Verb.ANSWER, Verb.LANGUAGE} or (
                typed.verb is None and not typed.answer.strip()
            ):
                return typed
            if typed.verb is None and not is_message(typed.answer):
                return self._sent(typed.answer, parse_request_line)
            self.edit(typed.answer)

    def edit(self, text: str = "") -> None:
        """Open the editor at the next `ask`.

        Args:
            text: what it begins with; empty: what was typed last, or the question's, or what was sent last.
        """
        self._editing = True
        self._message = text or self._message or self._beginning()

    def _edited(self) -> Verdict | None:
        """The verdict on what the editor sends; None where it is left."""
        typed = self._talk.edit(self._message, self._inbox, self._around())
        if typed is not None and typed.woken:
            # The editor keeps what was typed, and goes on with it.
            self._message = ""
            return self._arrived(self._inbox.take())
        self._editing = False
        if typed is None:
            return None
        self._message = typed.answer
        return self._sent(typed.answer, parse_message)

    def _beginning(self) -> str:
        """A message to begin with."""
        if self.question.start:
            return insert(self.question.start, self._run.fired, address=self._address).rstrip(" ")
        sent = [exchange.data(Direction.REQUEST) for _name, exchange in self._exhibits.exchanges]
        host = self._address.partition("://")[2]
        return next(
            (message_text(data) for data in reversed(sent) if data), f"GET / HTTP/1.1\nHost: {host}\n\n"
        )

    def _sent(self, text: str, parse: Callable[[str], Request | RawRequest]) -> Verdict:
        """Send what was typed, show the exchange, and grade it."""
        try:
            request = parse(text)
        except RequestSyntaxError as error:
            return Verdict(Grade.UNREADABLE, feedback=_("{why} Nothing was sent.").format(why=error.message))
        jar = self._block.jar if isinstance(self._block, HttpBlock) else ""
        hops = self._run.fire_request(request, app=self._app, jar=jar)
        verdict = self._graded(hops, request)
        if verdict.grade is not Grade.UNREADABLE:
            self._record(text, verdict.grade)
        return verdict

    def _arrived(self, arrivals: Sequence[Exchange]) -> Verdict:
        """Grade what other clients sent: the first that reaches the goal, or else the last."""
        verdict = Verdict(Grade.UNREADABLE)
        for exchange in arrivals:
            request = exchange.request
            if request is None or _is_unasked(exchange, request.target):
                continue
            self._exhibits.arrived.append(exchange)
            verdict = self._graded((exchange,), as_sent(request))
            if verdict.grade is not Grade.UNREADABLE:
                self._record(f"{request.method} {request.target}", verdict.grade)
            if verdict.is_right:
                break
        return verdict

    def _graded(self, hops: Sequence[Exchange], request: Request | RawRequest) -> Verdict:
        """Show what a learner's request led to, and grade it."""
        self._exhibits.exchanges += [(_("yours"), exchange) for exchange in hops]
        verdict = grade_request(self.question, hops, self._run.fired, sent=request, address=self._address)
        view = self._exhibits.view_of(self._block)
        if isinstance(request, RawRequest):
            # Somebody who typed line ends wants to see them.
            view = replace(view, line_ends=True)
        items = [item for exchange in hops for item in self._exhibits.both_ends(exchange, view)]
        if verdict.is_right:
            self.items = [*items, self._talk.screens.blank()]
        else:
            self._talk.reply(self._exhibits.lines(items))
        return verdict

    @property
    def _app(self) -> str:
        return self._block.app if self._block else ""

    def _around(self) -> Surroundings:
        """What a request is typed for: the routes of the app, and values that have come by."""
        # The rules of a blueprint are no part of what the lesson is about: they are pages for a browser.
        rules = [rule for rule in self._run.app(self._app).url_map.iter_rules() if "." not in rule.endpoint]
        routes = tuple(Route(rule.rule, frozenset(rule.methods or ())) for rule in rules)
        values: dict[str, tuple[str, ...]] = {"Host": (self._address.partition("://")[2],)}
        for _name, exchange in reversed(self._exhibits.exchanges):
            for name, value in _to_send_back(exchange):
                values[name] = tuple(dict.fromkeys((*values.get(name, ()), value)))
        return Surroundings(routes, values)


def _is_unasked(exchange: Exchange, target: str) -> bool:
    """Whether a browser asked by itself, or for a page of the sandbox; what its buttons send is asked."""
    of_pages = exchange.timeline is not None and exchange.timeline.endpoint.startswith("pages.")
    return of_pages or target == "/favicon.ico"


def _to_send_back(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """Fields that a client would send after this response; only what a terminal shows as it is."""
    response = exchange.response
    if response is None:
        return
    for field in response.fields:
        name, value = field.name.decode("latin-1"), field.value.decode("latin-1")
        if visible(value) != value:
            continue
        for theirs, own in _SEEN.items():
            if name.casefold() == theirs.casefold():
                yield own, value
        if name.casefold() == "set-cookie":
            yield "Cookie", value.partition(";")[0]
