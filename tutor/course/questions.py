"""`question` blocks, read and checked."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from msgspec import Struct

from tutor.course.blocks import KINDS, Answer, ExerciseBody, QuestionBody, read_body
from tutor.course.expectations import read_expectations
from tutor.course.faults import Faults, Place, listed, quoted
from tutor.course.lint import check_feedback
from tutor.course.live_paths import Leaf, LivePath, LivePathError, read_path
from tutor.course.live_text import check_live_values
from tutor.course.model import Expectation, Question, QuestionKind, WrongAnswer
from tutor.course.toml_block import Path, TomlBlock
from tutor.language import _, ngettext
from tutor.wire.raw_text import parse_message
from tutor.wire.request import RequestSyntaxError, parse_request_line

CHOICES = range(2, 6)
ORDER_ITEMS = range(3, 7)

_CHOICE_KINDS = frozenset({QuestionKind.CHOICE, QuestionKind.CHOICES})
_LISTED_KINDS = _CHOICE_KINDS | {QuestionKind.ORDER}
_TYPED_KINDS = frozenset({QuestionKind.TEXT, QuestionKind.NUMBER})
_REFUSING_KINDS = _TYPED_KINDS | {QuestionKind.REQUEST}
_PROVEN_KINDS = _LISTED_KINDS | _TYPED_KINDS

_KINDS_OF_KEY: dict[str, frozenset[QuestionKind]] = {
    "accept": _TYPED_KINDS,
    "choices": _LISTED_KINDS,
    "wrong": _REFUSING_KINDS,
    "ignore_case": frozenset({QuestionKind.TEXT}),
    "units": frozenset({QuestionKind.NUMBER}),
    "expect": frozenset({QuestionKind.REQUEST}),
    "start": frozenset({QuestionKind.REQUEST}),
    "proof": _PROVEN_KINDS,
    "unproven": _PROVEN_KINDS,
}
_OCTET_UNITS = ("byte", "bytes", "octet", "octets", "B")
_CHOICE_KEY = re.compile(r"[A-Za-z0-9_-]+")


class Exchanges(Struct, frozen=True):
    """The exchanges of a step, by id."""

    lines: Mapping[str, int] = {}
    """The lines on which those with the sandbox stand."""
    probes: Mapping[str, tuple[str, int]] = {}
    """For each that is an exercise's probe, the exercise and the line."""

    def before(self, line: int, of: str = "") -> tuple[str, ...]:
        """The ids of those that stand before a line: with the sandbox, or the probes of an exercise."""
        if not of:
            return tuple(name for name, at in self.lines.items() if at < line)
        return tuple(name for name, (exercise, at) in self.probes.items() if exercise == of and at < line)

    @property
    def ids(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.lines, *self.probes)


def read_question(id_: str, block: TomlBlock, exchanges: Exchanges, faults: Faults) -> Question | None:
    """Read one question; None where its kind is not known.

    Args:
        id_: The question's id; empty where a fault hides it.
        block: Its body.
        exchanges: The exchanges of its step.
        faults: Where to report.
    """
    return _Reader(id_, block, exchanges, faults, read_body(block, QuestionBody, faults)).read()


def check_texts(body: QuestionBody | ExerciseBody, block: TomlBlock, faults: Faults) -> None:
    """Report what is wrong with the texts that any question has."""
    if "prompt" not in block.table:
        message = _("The question has no {key}; write {form}.")
        faults.add(block.start, message.format(key="`prompt`", form='`prompt = "…"`'))
    check_not_empty(body.prompt, block, ("prompt",), faults)
    check_not_empty(body.explain, block, ("explain",), faults)
    for index, hint in enumerate(body.hints):
        check_not_empty(hint, block, ("hints", index), faults)
    for key, text in body.feedback.items():
        check_not_empty(text, block, ("feedback", key), faults)
        check_feedback(text, block.value("feedback", key), faults)


def check_not_empty(text: str | None, block: TomlBlock, at: Path, faults: Faults) -> None:
    """Report a text that is there and says nothing."""
    if text is not None and not text.strip():
        name = quoted(".".join(map(str, at)))
        faults.style(block.value(*at), _("{key} is empty; write a text.").format(key=name))


class _Reader(Struct, frozen=True):
    id: str
    block: TomlBlock
    exchanges: Exchanges
    faults: Faults
    body: QuestionBody

    def read(self) -> Question | None:
        exchange = self._exchange()
        check_texts(self.body, self.block, self.faults)
        repeat = self._repeat(exchange)
        kind = self._kind()
        if kind is None:
            return None
        self._keys_of_kind(kind)
        if kind is QuestionKind.REQUEST and self._given("before"):
            message = _("A request is no prediction; write `after`, the exchange that it follows.")
            self.faults.add(self.block.key("before"), message)
        choices = self._choices(kind)
        answer = self._answer(kind)
        paths = self._paths(kind)
        units = tuple(self.body.units)
        path = paths[0].path if kind in _TYPED_KINDS and paths else ()
        if path and (path[-1] == "length" or path[-1].casefold() == "content-length"):
            units = tuple(dict.fromkeys((*units, *_OCTET_UNITS)))
        self._proof_or_reason(kind)
        return Question(
            id=self.id,
            kind=kind,
            prompt=self.body.prompt or "",
            exchange=exchange,
            prediction=self.body.before is not None,
            answer=answer,
            choices=choices,
            wrong=self._wrong(kind, answer),
            hints=self._hints(),
            explain=self.body.explain or "",
            ignore_case=self.body.ignore_case,
            units=units if kind is QuestionKind.NUMBER else (),
            field_name=path[-1] if len(path) > 1 and path[-2] == "headers" else "",
            expectations=self._goal(kind),
            start=self._start(kind),
            proof=self._proof(kind),
            proof_paths=tuple(self._path_texts()) if paths else (),
            unproven=self.body.unproven or "",
            repeat=repeat,
            line=self.block.start.line,
            lines=self.block.key_lines,
        )

    def _given(self, key: str) -> bool:
        return key in self.block.table

    def _kind(self) -> QuestionKind | None:
        kind = self.body.kind
        if kind in KINDS:
            return QuestionKind(kind)
        if kind is not None:
            message = _("Unknown kind {kind}.").format(kind=quoted(kind))
            self.faults.unknown(self.block.value("kind"), message, kind, KINDS)
        elif not self._given("kind"):
            self._missing("kind", listed(KINDS))
        return None

    def _missing(self, key: str, form: str) -> None:
        message = _("The question has no {key}; write {form}.")
        self.faults.add(self.block.start, message.format(key=quoted(key), form=form))

    def _exchange(self) -> str:
        """The id of the exchange that the question is about."""
        given = [key for key in ("before", "after") if self._given(key)]
        if len(given) != 1:
            message = (
                _("The question names both `before` and `after`; keep one.")
                if given
                else _(
                    "The question names no exchange; write `before` or `after` and the id of an `http` block."
                )
            )
            self.faults.add(self.block.key("after") if given else self.block.start, message)
        name = self.body.before if self.body.before is not None else self.body.after
        if name is None:
            return ""
        key = given[0]
        if name in self.exchanges.probes:
            message = _("{name} is a probe, fired at the learner's app; only its exercise can be about it.")
            self.faults.add(self.block.value(key), message.format(name=quoted(name)))
        elif name not in self.exchanges.lines:
            message = _("There is no exchange {name} in this step.").format(name=quoted(name))
            self.faults.unknown(self.block.value(key), message, name, self.exchanges.lines)
        elif key == "after" and name not in self.exchanges.before(self.block.start.line):
            message = _("{name} stands below this question; move the question behind it, or write `before`.")
            self.faults.add(self.block.value(key), message.format(name=quoted(name)))
        return name

    def _not_empty(self, text: str | None, *at: str | int) -> None:
        check_not_empty(text, self.block, at, self.faults)

    def _hints(self) -> tuple[str, ...]:
        unread = self._given("hints") and self.block.table["hints"] != []
        if not self.body.hints and not unread and not self._given("before"):
            self.faults.style(
                self.block.key("hints"),
                _("The question has no hints; write at least one, or make it a prediction with `before`."),
            )
        return tuple(self.body.hints)

    def _repeat(self, exchange: str) -> tuple[str, ...]:
        for index, text in enumerate(self.body.repeat):
            path = self._path(text, "repeat", index)
            earlier = self.exchanges.before(self.block.start.line)
            if path is None:
                continue
            if path.exchange not in earlier or (self._given("before") and path.exchange == exchange):
                message = _("{name} has not been fired when this question is asked.")
                self.faults.add(self.block.value("repeat", index), message.format(name=quoted(path.exchange)))
        return tuple(self.body.repeat)

    def _path(self, text: str, *at: str | int) -> LivePath | None:
        place = self.block.value(*at)
        try:
            path = read_path(text)
        except LivePathError as error:
            self.faults.add(place, str(error))
            return None
        if path.exchange not in self.exchanges.lines:
            message = _("There is no exchange {name} in this step.").format(name=quoted(path.exchange))
            self.faults.unknown(place, message, path.exchange, self.exchanges.lines)
            return None
        return path

    def _keys_of_kind(self, kind: QuestionKind) -> None:
        for key, kinds in _KINDS_OF_KEY.items():
            if self._given(key) and kind not in kinds:
                self.faults.add(
                    self.block.key(key),
                    _("{key} belongs to questions of kind {kinds}; take it away.").format(
                        key=quoted(key), kinds=listed(name for name in KINDS if name in kinds)
                    ),
                )

    def _choices(self, kind: QuestionKind) -> tuple[tuple[str, str], ...]:
        if kind not in _LISTED_KINDS:
            return ()
        if not self._given("choices"):
            self._missing("choices", _("a table `[choices]` of key = words"))
            return ()
        limits = ORDER_ITEMS if kind is QuestionKind.ORDER else CHOICES
        count = len(self._choice_keys())
        if count not in limits:
            self.faults.style(
                self.block.key("choices"),
                ngettext(
                    "There is {count} choice; {least} to {most} are right.",
                    "There are {count} choices; {least} to {most} are right.",
                    count,
                ).format(count=count, least=limits[0], most=limits[-1]),
            )
        words: dict[str, str] = {}
        for key, text in self.body.choices.items():
            self._not_empty(text, "choices", key)
            if not _CHOICE_KEY.fullmatch(key):
                message = _("{key} is no key; write letters, digits, hyphens.").format(key=quoted(key))
                self.faults.add(self.block.key("choices", key), message)
            same = words.setdefault(text.strip().casefold(), key)
            if same != key:
                message = _("{key} reads like {other}; two choices must differ.")
                self.faults.style(
                    self.block.value("choices", key), message.format(key=quoted(key), other=quoted(same))
                )
        return tuple(self.body.choices.items())

    def _choice_keys(self) -> tuple[str, ...]:
        """The keys as they stand in the file, ill-typed choices included."""
        choices = self.block.table.get("choices")
        return tuple(choices) if isinstance(choices, dict) else ()

    def _answer(self, kind: QuestionKind) -> tuple[str, ...]:
        if not self._given("answer"):
            self._missing("answer", "`answer = …`")
            return ()
        answer = self.body.answer
        if answer is None:
            return ()
        match kind:
            case QuestionKind.CHOICE:
                return (
                    self._chosen([answer])
                    if isinstance(answer, str)
                    else self._ill_typed(_("a key of `choices`"))
                )
            case QuestionKind.CHOICES | QuestionKind.ORDER:
                if not isinstance(answer, list) or not all(isinstance(key, str) for key in answer):
                    return self._ill_typed(_("a list of keys of `choices`"))
                return self._chosen(answer, whole=kind is QuestionKind.ORDER)
            case _ if isinstance(answer, list):
                return self._ill_typed(_("one answer; others go into `accept`"))
        first = self._spelling(kind, answer, "answer")
        others = (
            self._spelling(kind, other, "accept", index) for index, other in enumerate(self.body.accept)
        )
        return (first, *(other for other in others if other)) if first else ()

    def _ill_typed(self, expected: str) -> tuple[str, ...]:
        self.faults.add(
            self.block.value("answer"), _("`answer` must be {expected}.").format(expected=expected)
        )
        return ()

    def _chosen(self, answer: list[Answer], *, whole: bool = False) -> tuple[str, ...]:
        """Keys of choices, with `whole` each of them once; empty where one of them is unknown."""
        keys = [str(key) for key in answer]
        known = self._choice_keys()
        for index, key in enumerate(keys):
            place = self.block.value("answer", index)
            if self._given("choices") and key not in known:
                self.faults.unknown(place, _("{key} is no choice.").format(key=quoted(key)), key, known)
            elif key in keys[:index]:
                self.faults.add(place, _("{key} stands twice; keep one.").format(key=quoted(key)))
        missing = [key for key in known if key not in keys]
        if not keys:
            self.faults.add(self.block.value("answer"), _("The answer names no choice; name at least one."))
        elif whole and missing:
            message = _("The answer leaves out {keys}; an order names every item once.")
            self.faults.add(self.block.value("answer"), message.format(keys=listed(missing)))
        return tuple(keys) if set(keys) <= set(known) else ()

    def _spelling(self, kind: QuestionKind, value: Answer, *at: str | int) -> str:
        """A typed answer as text; empty after a fault."""
        place = self.block.value(*at)
        if kind is QuestionKind.NUMBER:
            if isinstance(value, str) or not math.isfinite(value):
                self.faults.add(place, _("An answer here is a number; write digits without quotes."))
                return ""
            return str(int(value)) if value == int(value) else repr(value)
        if not isinstance(value, str):
            self.faults.add(place, _("An answer here is text; write it in quotes."))
            return ""
        if not value.strip():
            self.faults.add(place, _("The answer is empty; an empty line is never an answer."))
            return ""
        if kind is QuestionKind.REQUEST:
            check_live_values(
                value, self.exchanges.before(self.block.start.line), lambda _at: place, self.faults
            )
            return value if self._is_request(value, place) else ""
        return value

    def _is_request(self, text: str, place: Place) -> bool:
        """Whether a text reads as the kind of request that the question asks for; reports why not."""
        try:
            if self._given("start"):
                parse_message(text)
            else:
                parse_request_line(text)
        except RequestSyntaxError as error:
            self.faults.add(place, _("This is no request: {why}").format(why=error.message))
            return False
        return True

    def _start(self, kind: QuestionKind) -> str:
        """The message that the editor begins with."""
        if kind is not QuestionKind.REQUEST or self.body.start is None:
            return ""
        place = self.block.value("start")
        earlier = self.exchanges.before(self.block.start.line)
        check_live_values(self.body.start, earlier, lambda _at: place, self.faults)
        self._is_request(self.body.start, place)
        return self.body.start

    def _wrong(self, kind: QuestionKind, answer: tuple[str, ...]) -> tuple[WrongAnswer, ...]:
        if kind in _REFUSING_KINDS:
            return self._refused(kind, answer)
        keys = self._choice_keys()
        right = answer if kind in _CHOICE_KINDS else ()
        for key in self.body.feedback:
            if key in right:
                message = _("{key} is the right answer; what is said with it goes into `explain`.")
                # The lesson still loads: where the key was moved, its proof says more.
                self.faults.style(self.block.key("feedback", key), message.format(key=quoted(key)))
            elif self._given("choices") and key not in keys:
                message = _("Feedback for {key}, which is no choice.").format(key=quoted(key))
                self.faults.unknown(self.block.key("feedback", key), message, key, keys)
        if kind is QuestionKind.ORDER:
            said = [key for key in keys if key in self.body.feedback]
        else:
            said = [key for key in keys if key not in right]
            for key in said if answer else ():
                self._needs_feedback("choices", key)
        return tuple(
            WrongAnswer(key, (), self.body.feedback.get(key, ""), self.block.key("choices", key).line)
            for key in said
        )

    def _needs_feedback(self, table: str, key: str) -> None:
        feedback = self.block.table.get("feedback")
        if not isinstance(feedback, dict) or key not in feedback:
            message = _("{key} is wrong and has no feedback; add it to `[feedback]`.").format(key=quoted(key))
            self.faults.style(self.block.key(table, key), message)

    def _refused(self, kind: QuestionKind, answer: tuple[str, ...]) -> tuple[WrongAnswer, ...]:
        """The wrong answers that the question lists."""
        listed_keys = self.block.table.get("wrong")
        if not listed_keys:
            message = _("The question has nothing to refuse; list at least one wrong answer under `[wrong]`.")
            self.faults.style(self.block.key("wrong"), message)
        for key in self.body.feedback:
            if not isinstance(listed_keys, dict) or key not in listed_keys:
                message = _("Feedback for {key}, which is no wrong answer.").format(key=quoted(key))
                self.faults.unknown(self.block.key("feedback", key), message, key, self.body.wrong)
        taken = {self._normal(kind, spelling): "" for spelling in answer}
        refused: list[WrongAnswer] = []
        for key, value in self.body.wrong.items():
            self._needs_feedback("wrong", key)
            spellings: list[str] = []
            if value == []:
                message = _("{key} lists no wrong answer; write one.").format(key=quoted(key))
                self.faults.style(self.block.value("wrong", key), message)
            for index, spelling in enumerate(value if isinstance(value, list) else [value]):
                at: Path = ("wrong", key, index) if isinstance(value, list) else ("wrong", key)
                text = self._spelling(kind, spelling, *at)
                if not text:
                    continue
                normal = self._normal(kind, text)
                if normal in taken:
                    other = taken[normal]
                    message = (
                        _("{answer} already belongs to {key}.").format(answer=quoted(text), key=quoted(other))
                        if other
                        else _("{answer} is the right answer too; a wrong one must differ.").format(
                            answer=quoted(text)
                        )
                    )
                    self.faults.style(self.block.value(*at), message)
                taken.setdefault(normal, key)
                spellings.append(text)
            refused.append(
                WrongAnswer(
                    key, tuple(spellings), self.body.feedback.get(key, ""), self.block.key("wrong", key).line
                )
            )
        return tuple(refused)

    def _normal(self, kind: QuestionKind, answer: str) -> str:
        """An answer without the differences that grading overlooks for certain."""
        if kind is QuestionKind.NUMBER:
            return str(float(answer)) if len(answer) < 300 else answer
        if self._given("start"):
            # Of a message every octet counts.
            return answer
        text = " ".join(answer.split())
        return text.casefold() if self.body.ignore_case else text

    def _goal(self, kind: QuestionKind) -> tuple[Expectation, ...]:
        if kind is not QuestionKind.REQUEST:
            return ()
        if not self._given("expect"):
            self._missing("expect", _("a table `[expect]` that says what must come back"))
            return ()
        if not isinstance(self.body.expect, dict):
            return ()
        if not self.body.expect:
            self.faults.add(self.block.key("expect"), _("`expect` says nothing; write what must come back."))
        return read_expectations(self.block, ("expect",), self.faults)

    def _proof_or_reason(self, kind: QuestionKind) -> None:
        if kind not in _PROVEN_KINDS:
            return
        if self._given("proof") and self._given("unproven"):
            self.faults.style(
                self.block.key("unproven"), _("Both `proof` and `unproven` are given; keep one.")
            )
        elif not self._given("proof") and not self._given("unproven"):
            message = _("Nothing proves the answer; write `proof`, or `unproven` with the reason.")
            self.faults.style(self.block.start, message)
        self._not_empty(self.body.unproven, "unproven")

    def _proof(self, kind: QuestionKind) -> tuple[tuple[str, tuple[Expectation, ...]], ...]:
        """What each choice claims of the exchange."""
        if kind not in _CHOICE_KINDS or not self._given("proof") or self.body.proof is None:
            return ()
        if not isinstance(self.body.proof, dict):
            message = _("The proof of a {kind} question is a table `[proof.KEY]` for each choice.")
            self.faults.add(self.block.value("proof"), message.format(kind=quoted(kind.value)))
            return ()
        keys = self._choice_keys()
        proof: list[tuple[str, tuple[Expectation, ...]]] = []
        for key, claims in self.body.proof.items():
            if self._given("choices") and key not in keys:
                message = _("Proof for {key}, which is no choice.").format(key=quoted(key))
                self.faults.unknown(self.block.key("proof", key), message, key, keys)
                continue
            if not claims:
                message = _("The proof of {key} claims nothing.").format(key=quoted(key))
                self.faults.add(self.block.key("proof", key), message)
            proof.append(
                (key, read_expectations(self.block, ("proof", key), self.faults, self.exchanges.lines))
            )
        written = self.block.table["proof"]
        for key in keys:
            if key not in written:
                message = _("{key} has no proof; say in `[proof.{key_name}]` what it claims.")
                self.faults.style(
                    self.block.key("choices", key), message.format(key=quoted(key), key_name=key[:40])
                )
        return tuple(proof)

    def _path_texts(self) -> list[str]:
        proof = self.body.proof
        return [proof] if isinstance(proof, str) else proof if isinstance(proof, list) else []

    def _paths(self, kind: QuestionKind) -> list[LivePath]:
        """The live values that prove a typed answer or an order."""
        if kind not in _TYPED_KINDS | {QuestionKind.ORDER} or self.body.proof is None:
            return []
        if isinstance(self.body.proof, dict) or (isinstance(self.body.proof, list) and kind in _TYPED_KINDS):
            message = _("The proof of a {kind} question is a live path, such as {example}.")
            self.faults.add(
                self.block.value("proof"),
                message.format(kind=quoted(kind.value), example='`"hello.response.headers.Allow"`'),
            )
            return []
        many = isinstance(self.body.proof, list)
        texts = self._path_texts()
        paths = [
            self._path(text, *(("proof", index) if many else ("proof",))) for index, text in enumerate(texts)
        ]
        read = [path for path in paths if path is not None]
        if kind is QuestionKind.ORDER:
            if many and len(texts) != len(self._choice_keys()):
                self.faults.add(
                    self.block.value("proof"), _("A list of paths has one for each item of the order.")
                )
            if not many and read and read[0].leaf not in (Leaf.LIST, Leaf.JSON):
                self.faults.add(self.block.value("proof"), _("The path of an order leads to a list."))
        return read if len(read) == len(paths) else []
