"""A learner's request against the goal of a request question, and the request as a learner types it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tutor.course.model import Operator, Question
from tutor.grading.expectations import Mismatch, shortened, unmet
from tutor.grading.live import LiveValueError, insert, lookup
from tutor.grading.verdict import Grade, Verdict
from tutor.language import _, sentences
from tutor.wire.exchange import Exchange
from tutor.wire.message import Message
from tutor.wire.raw_text import parse_message
from tutor.wire.request import RawRequest, Request, RequestSyntaxError, parse_request_line

ANY_TEXT = "…"
"""In a known wrong request: whatever the learner writes there."""

_ANY_TEXT_FORMS = re.compile("|".join(re.escape(form) for form in (ANY_TEXT, "%E2%80%A6", "\\u2026")))
_OWN_HOST = re.compile(r"(?im)^(host:)[ \t]*(?:127\.0\.0\.1|localhost)(?::[0-9]+)?[ \t]*(?=\r?$)")
_CLIENTS_OWN = frozenset(
    {"host", "user-agent", "accept", "accept-encoding", "connection", "content-length", "transfer-encoding"}
)
"""Fields that a client adds by itself, so that they say nothing of what was meant."""

_BROWSERS_OWN = frozenset(
    {"accept-language", "cache-control", "dnt", "pragma", "priority", "te", "upgrade-insecure-requests"}
)
"""The same of a browser, which `Sec-Fetch-Mode` gives away; all `Sec-` fields are its own too."""

_UTF_8 = re.compile(r"[ \t]*;[ \t]*charset=\"?utf-8\"?\Z", re.IGNORECASE)


def grade_request(
    question: Question,
    hops: Sequence[Exchange],
    fired: Mapping[str, Sequence[Exchange]],
    *,
    sent: Request | RawRequest | None = None,
    address: str = "",
) -> Verdict:
    """Grade a learner's exchange against the goal of a request question.

    Args:
        question: of kind `request`.
        hops: what the learner's request led to.
        fired: the hops of the step's other exchanges, by id.
        sent: what was typed, if it was, a line or a whole message: compared with what is known to be wrong.
        address: the sandbox's, for live values in what is known to be wrong.
    """
    request = hops[0].request if hops else None
    if request is None:
        why = hops[0].error if hops else ""
        said = (
            _("No request arrived: {why}.").format(why=why.rstrip(".")) if why else _("No request arrived.")
        )
        return Verdict(Grade.UNREADABLE, feedback=said)
    given = f"{request.method} {request.target}".strip()
    # The goal's subject is the learner's exchange; a question's id is no exchange's, so that none is hidden.
    missed = unmet(question.expectations, {**fired, question.id: hops}, question.id)
    if not missed:
        return Verdict(Grade.RIGHT, given)
    undecided = next((each.actual for each in missed if not each.decided), "")
    if undecided:
        said = _("Nobody can tell whether this is the goal: the lesson has {what}.").format(what=undecided)
        return Verdict(Grade.UNREADABLE, given, said)
    arrived = _arrived(request, sent, about_body=_is_about_body(question, hops))
    if isinstance(sent, RawRequest) and not question.start:
        # A message where a line was asked for: what counts is the request in it.
        sent = as_sent(request)
    for wrong in question.wrong:
        known = [text for each in wrong.answers if (text := _filled(each, fired, address)) is not None]
        if sent is not None and any(_same_request(sent, text) for text in known):
            return Verdict(Grade.WRONG, given, wrong.feedback, wrong.key, came=arrived)
    return Verdict(Grade.WRONG, given, came=sentences(arrived, _came_back(missed[0], hops)))


def _is_about_body(question: Question, hops: Sequence[Exchange]) -> bool:
    """Whether a miss may be about the body or its type: the goal names them, or 400 or 415 is meant."""
    statuses = {lookup(("response", "status"), hops)}
    for expectation in question.expectations:
        if expectation.path[0] == "request" and expectation.path[1:] in {("body",), ("length",)}:
            return True
        if expectation.path[-1].casefold() == "content-type":
            return True
        if expectation.path == ("response", "status"):
            goal = expectation.value
            statuses |= set(goal) if isinstance(goal, (list, tuple)) else {goal}
    return bool(statuses & {400, 415})


def _arrived(request: Message, sent: Request | RawRequest | None, *, about_body: bool) -> str:
    line = shortened(f"{request.method} {request.target}".strip())
    shown = {name.casefold(): name for name, _value in sent.fields} if isinstance(sent, Request) else {}
    takes_body = about_body and (request.method in {"POST", "PUT", "PATCH"} or request.body_length > 0)
    if takes_body:
        shown.setdefault("content-type", "Content-Type")
    here = [(name, request.value(name)) for name in shown.values()]
    carried = [shortened(f"{name}: {value}") for name, value in here if value is not None]
    without = [name for name, value in here if value is None]
    if takes_body and not without and not request.body_length:
        without.append(_("a body"))
    if carried and without:
        return _("Arrived: {line} with {fields}, without {missing}.").format(
            line=line, fields=_(" and ").join(carried), missing=", ".join(without)
        )
    if carried:
        return _("Arrived: {line} with {fields}.").format(line=line, fields=_(" and ").join(carried))
    if without:
        return _("Arrived: {line} without {missing}.").format(line=line, missing=", ".join(without))
    return _("Arrived: {line}.").format(line=line)


def _came_back(missed: Mismatch, hops: Sequence[Exchange]) -> str:
    expectation = missed.expectation
    about = [part for part in expectation.path if not re.fullmatch("hop[0-9]+", part)]
    if lookup(("answered",), hops) is False and about[:1] == ["response"]:
        return hops[-1].error or _("No response came back.")
    plain = expectation.operator in {Operator.EQUALS, Operator.ONE_OF} and not expectation.exchange
    if expectation.path == ("response", "status") and plain:
        wanted = expectation.value if isinstance(expectation.value, (list, tuple)) else [expectation.value]
        return _("Status {actual} came back; the goal is {goal}.").format(
            actual=lookup(expectation.path, hops), goal=_(" or ").join(map(str, wanted))
        )
    if about[-1:] == ["head"]:
        # It stands on the screen, line end by line end.
        return _("Its head is not yet what is asked for.")
    if expectation.operator is Operator.MATCHES:
        # A pattern is no words for a learner.
        return _("What came of it has {actual}; that is not the goal yet.").format(actual=missed.actual)
    if about[:1] == ["response"]:
        said = _("What came back has {actual}; the goal is {goal}.")
    elif about[:1] == ["request"]:
        said = _("What arrived has {actual}; the goal is {goal}.")
    else:
        said = _("What Flask did has {actual}; the goal is {goal}.")
    return said.format(actual=missed.actual, goal=missed.expected)


def as_sent(request: Message) -> Request:
    """A recorded request as the learner meant it: without the fields that clients add by themselves."""
    by_browser = request.value("Sec-Fetch-Mode") is not None

    def is_own(name: str) -> bool:
        return name in _CLIENTS_OWN or (by_browser and (name in _BROWSERS_OWN or name.startswith("sec-")))

    fields = tuple(
        (field.name.decode("latin-1"), field.value.decode("latin-1"))
        for field in request.fields
        if not is_own(field.name.decode("latin-1").casefold())
    )
    return Request(request.method, request.target, fields, request.body)


def example_of(line: str) -> str:
    """A known wrong request as one that can be sent."""
    return line.replace(ANY_TEXT, "x")


def _filled(text: str, fired: Mapping[str, Sequence[Exchange]], address: str) -> str | None:
    """The text with its live values; None where one of them is not there."""
    try:
        return insert(text, fired, address=address)
    except LiveValueError:
        return None


def _same_request(sent: Request | RawRequest, text: str) -> bool:
    """Whether what was sent is a request that is known to be wrong, a line or a message as `sent` is."""
    try:
        known = parse_message(text) if isinstance(sent, RawRequest) else parse_request_line(text)
    except RequestSyntaxError:
        return False
    fixed = _ANY_TEXT_FORMS.split(_comparable(known))
    return re.fullmatch(".+".join(map(re.escape, fixed)), _comparable(sent), re.DOTALL) is not None


def _comparable(request: Request | RawRequest) -> str:
    """What makes two requests one, as a text: names of fields in any case, fields in any order.

    Of raw bytes every one counts, but for the names by which this machine may be called.
    """
    if isinstance(request, RawRequest):
        return _OWN_HOST.sub(r"\1", request.data.decode("utf-8", "surrogateescape"))
    # Whether a client says that its form or JSON is UTF-8 makes no other request of it.
    fields = sorted(f"{name.casefold()}: {_UTF_8.sub('', value.strip())}" for name, value in request.fields)
    without = sorted(f"-{name.casefold()}" for name in request.without)
    body = request.body.decode("utf-8", "surrogateescape")
    return "\n".join((request.method, request.target, *fields, *without, "", body))
