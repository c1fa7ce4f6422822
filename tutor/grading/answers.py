"""Answers against a question: every equivalent right answer is accepted, and no wrong one.

A learner's mistake is a Verdict, never an exception.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import islice

from msgspec import Struct

from tutor.course.model import Question, QuestionKind
from tutor.grading.spelling import clean, difference, fold, read_status, readings, same_form
from tutor.grading.verdict import Grade, Verdict
from tutor.language import _, ngettext

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SHORTEST_BEGINNING = 4
"""Characters of an option's words that may stand for all of them; fewer say too little. A Chinese one says as
much as two."""
_CLAUSE_END = re.compile(r"[,;:。]")

_LENGTH_UNITS = ("bytes", "byte", "octets", "octet", "b", "字节", "个字节")
_MEASURE = re.compile(r"[个次条件项帧块行跳天][\u4e00-\u9fff]{0,4}")
"""What Chinese puts behind a number where English has nothing or a plural: `3 个`, `3000 个请求`, `31 天`."""
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?!\d).*")
_NUMBER = re.compile(r"(?:=\s*)?([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*(\D*)")
_LETTER = re.compile(r"[(\[]?([a-z])[)\].:,、]?")
_LETTER_AND_WORDS = re.compile(r"[(\[]?([a-z])[)\].:、]\s*(\S.*)")
_BETWEEN_LETTERS = re.compile(r"\band\b|[和与及]|[\s,;、。.+&/|()\[\]:!?\"'`]+")
_BETWEEN_ORDERED = re.compile(r"[-=]+>|→|⇒|➜|➔|[\s,;、。.+>/|()\[\]:!?\"'`-]+")
_BETWEEN_SEVERAL = re.compile(r"\s*[,;、+&]\s*|\s+and\s+|\s*[和与及]\s*")
_BETWEEN_ITEMS = re.compile(r"\s*(?:[-=]*>|→|⇒|➜|➔|[,;、|])\s*")
_BETWEEN_WORDS = re.compile(r"\s+")
_CODE_SPAN = re.compile(r"(`+)\s?(.+?)\s?\1")
_EMPHASIS = re.compile(r"(\*{1,3}|(?<!\w)_{1,3})(\S(?:.*?\S)?)\1(?!\w)")
_MOST_PARTS = 12
"""More parts than any row of options has; every way to join them is tried."""


def grade(question: Question, text: str, *, shown: Sequence[str] = ()) -> Verdict:
    """Grade what a person typed.

    Args:
        question: of any kind but `request` and `exercise`.
        text: as typed, anything at all.
        shown: the choices' keys in the order in which they are lettered; empty: the file's.

    Raises:
        ValueError: the question is of a kind that no text answers.
    """
    graders: dict[QuestionKind, Callable[[_Asked, str], Verdict]] = {
        QuestionKind.CHOICE: _grade_choice,
        QuestionKind.CHOICES: _grade_choices,
        QuestionKind.TEXT: _grade_text,
        QuestionKind.NUMBER: _grade_number,
        QuestionKind.ORDER: _grade_order,
    }
    if question.kind not in graders:
        raise ValueError(f"a question of kind {question.kind} is not graded by a text")
    asked = _Asked(question, tuple(shown) or tuple(key for key, _words in question.choices))
    if len(text.strip()) > question.text_limit:
        said = _("At most {limit} characters are read here. Nothing was counted.")
        return _unreadable(text[: question.text_limit], said.format(limit=question.text_limit))
    if not fold(text):
        return _unreadable("", _expected_text(asked))
    return graders[question.kind](asked, text)


def answer_text(question: Question, *, shown: Sequence[str] = ()) -> str:
    """The right answer as a person reads it: `a) 405`, `bac: …` for an order, the value, the request line."""
    asked = _Asked(question, tuple(shown) or tuple(key for key, _words in question.choices))
    letters = [asked.letter(key) for key in question.answer]
    if question.kind in {QuestionKind.CHOICE, QuestionKind.CHOICES}:
        ordered = sorted(zip(letters, map(asked.words, question.answer), strict=True))
        return _("; ").join(f"{letter}) {words}" for letter, words in ordered)
    if question.kind is QuestionKind.ORDER:
        row = " → ".join(map(asked.words, question.answer))
        return _("{start}: {words}").format(start="".join(letters), words=row)
    return question.answer[0] if question.answer else ""


def matching_option(question: Question, text: str) -> str:
    """The key of the one option whose words the text is; empty where none, or more than one, is.

    Case and Markdown's backticks and asterisks mean nothing where the words stay apart without them.
    """
    options = [(key, {same_form(words), _plain(words)}) for key, words in question.choices]
    typed = _typed(text)
    for loosened in (str, str.casefold, _bare):
        compared = [(key, set(map(loosened, forms))) for key, forms in options]
        for each in typed:
            found = [key for key, forms in compared if loosened(each) in forms]
            if len(found) == 1:
                return found[0]
    return ""


def _typed(text: str) -> list[str]:
    """What a text may stand for among options, what takes the least away first.

    It is taken as typed before Markdown's marks are taken off: `*/*` is a media range, not emphasis.
    """
    return list(dict.fromkeys(each for form in readings(text) for each in (same_form(form), _plain(form))))


class _Asked(Struct, frozen=True):
    """A question as it stands on the screen."""

    question: Question
    shown: tuple[str, ...]

    def key(self, letter: str) -> str:
        """The key of the option with that letter; empty where there is none."""
        place = LETTERS.find(letter)
        return self.shown[place] if 0 <= place < len(self.shown) else ""

    def letter(self, key: str) -> str:
        return LETTERS[self.shown.index(key)] if key in self.shown else ""

    def words(self, key: str) -> str:
        return dict(self.question.choices).get(key, "")

    @property
    def last_letter(self) -> str:
        return LETTERS[max(0, len(self.shown) - 1)]

    def feedback(self, key: str) -> str:
        return next((wrong.feedback for wrong in self.question.wrong if wrong.key == key), "")


def _unreadable(text: str, expected: str) -> Verdict:
    return Verdict(Grade.UNREADABLE, clean(text), expected)


def _expected_text(asked: _Asked) -> str:
    """What an answer to this question looks like, in a sentence that tells nothing of the right one."""
    match asked.question.kind:
        case QuestionKind.CHOICE:
            return _("Type one letter from a to {last}, or the option's own words.").format(
                last=asked.last_letter
            )
        case QuestionKind.CHOICES:
            return _("Type the letters of all that belong, from a to {last}, in a row.").format(
                last=asked.last_letter
            )
        case QuestionKind.ORDER:
            said = _("{count} letters are expected, each once, such as {example}.")
            count = _capital(number_word(len(asked.shown)))
            return said.format(count=count, example=_example_row(asked))
        case QuestionKind.NUMBER:
            said = _("Digits are expected here, such as {example}. Nothing was counted.")
            right = {_decimal(each) for each in asked.question.answer}
            return said.format(example=next(each for each in _EXAMPLE_NUMBERS if Decimal(each) not in right))
        case _:
            return _("A short text is expected here. Nothing was counted.")


_EXAMPLE_NUMBERS = ("13", "7", *map(str, range(20, 60)))


def _example_row(asked: _Asked) -> str:
    letters = LETTERS[: len(asked.shown)]
    right = "".join(map(asked.letter, asked.question.answer))
    return next(row for row in (letters[1::-1] + letters[2:], letters[::-1], letters) if row != right)


# --- one of several options


class _Option(Struct, frozen=True):
    """How a text was read as an option: its key, or a sentence that says why it is none."""

    key: str = ""
    contradiction: str = ""


def _grade_choice(asked: _Asked, text: str) -> Verdict:
    read = _read_option(asked, text)
    if read.contradiction:
        return Verdict(Grade.WRONG, clean(text), read.contradiction)
    if not read.key:
        return _unreadable(text, _expected_text(asked))
    given = asked.words(read.key)
    if read.key in asked.question.answer:
        return Verdict(Grade.RIGHT, given)
    return Verdict(Grade.WRONG, given, asked.feedback(read.key), read.key)


def _read_option(asked: _Asked, text: str) -> _Option:
    """Letter, words, letter and words, a code or number, a beginning: in this order."""
    for reading in _typed(text):
        letter = _LETTER.fullmatch(reading.casefold())
        if letter and asked.key(letter[1]):
            return _Option(asked.key(letter[1]))
    key = matching_option(asked.question, text)
    if key:
        return _Option(key)
    both = _LETTER_AND_WORDS.fullmatch(fold(text).casefold())
    if both and asked.key(both[1]):
        named = _read_words(asked, both[2])
        return _Option(named.key if named.key == asked.key(both[1]) else "")
    return _read_words(asked, text)


def _read_words(asked: _Asked, text: str) -> _Option:
    key = matching_option(asked.question, text)
    if key:
        return _Option(key)
    for reading in _typed(text):
        read = _read_code(asked.question, reading)
        if read.key or read.contradiction:
            return read
    for reading in _typed(text):
        beginning = _bare(reading)
        if beginning and not beginning.isdigit():
            found = [key for key, words in asked.question.choices if _begins(_bare(_plain(words)), beginning)]
            if len(found) == 1:
                return _Option(found[0])
    return _Option()


def _begins(words: str, beginning: str) -> bool:
    """Whether an option's words begin so: with enough of them, or with their whole first clause."""
    if not words.startswith(beginning):
        return False
    says = sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in beginning)
    return says >= SHORTEST_BEGINNING or _CLAUSE_END.split(words)[0].strip() == beginning


def _read_code(question: Question, reading: str) -> _Option:
    """The one option that begins with a number that was typed, alone or with its phrase as a status."""
    status = read_status(reading)
    if status is None and not (reading.isdigit() and reading.isascii()):
        return _Option()
    code = status.code if status else reading
    begins = re.compile(rf"(?:http/\d(?:\.\d)?\s+)?{code}(?![\w%]|[.,:/-]\w)")
    found = [key for key, words in question.choices if begins.match(_bare(_plain(words)))]
    if len(found) != 1:
        return _Option()
    if status and status.contradicts:
        return _Option(
            contradiction=_contradiction(status.code, status.phrase, near=found[0] in question.answer)
        )
    return _Option(found[0])


def _contradiction(code: str, phrase: str, *, near: bool) -> str:
    if near:
        return _("Nearly: {code} and {phrase} do not belong together.").format(code=code, phrase=phrase)
    return _("{code} and {phrase} do not belong together.").format(code=code, phrase=phrase)


def _plain(words: str) -> str:
    """An option's words without Markdown's marks; what stands in a code span stays as it is."""
    parts: list[str] = []
    at = 0
    for span in _CODE_SPAN.finditer(words):
        parts += (_EMPHASIS.sub(r"\2", words[at : span.start()]), span[2])
        at = span.end()
    return same_form("".join((*parts, _EMPHASIS.sub(r"\2", words[at:]))))


def _bare(words: str) -> str:
    """What is left where case, quotes and the mark at the end are taken for decoration."""
    return " ".join(re.sub(r"[`'\"]", "", words.casefold()).rstrip(".,;:!。、").split())


# --- several of several options


def _grade_choices(asked: _Asked, text: str) -> Verdict:
    chosen = _read_several(asked, text)
    if not chosen:
        return _unreadable(text, _expected_text(asked))
    given = _("; ").join(asked.words(key) for key in asked.shown if key in chosen)
    right = frozenset(asked.question.answer)
    if chosen == right:
        return Verdict(Grade.RIGHT, given)
    if len(chosen) == 1 and not chosen & right:
        (key,) = chosen
        return Verdict(Grade.WRONG, given, asked.feedback(key) or _partly(1, 0, len(right)), key)
    off = next((key for key in asked.shown if key in chosen - right), "")
    return Verdict(Grade.WRONG, given, _partly(len(chosen), len(chosen & right), len(right - chosen)), off)


def _read_several(asked: _Asked, text: str) -> frozenset[str]:
    """The keys of the options that were named, by letters or by words; none where a part names none."""
    whole = matching_option(asked.question, text)
    if whole:
        return frozenset({whole})
    row = _read_row(asked, text, _BETWEEN_LETTERS)
    if row:
        return frozenset(row)
    return frozenset(_read_parts(asked, text, _BETWEEN_SEVERAL))


def _read_row(asked: _Asked, text: str, between: re.Pattern[str]) -> tuple[str, ...]:
    letters = between.sub("", fold(text).casefold())
    keys = tuple(asked.key(letter) for letter in letters)
    return keys if all(keys) else ()


def _read_parts(asked: _Asked, text: str, between: re.Pattern[str]) -> tuple[str, ...]:
    """The keys of options named by words; none where a part names none.

    An option's words may hold a separator themselves: neighbouring parts are joined where that names one.
    """
    separators = (between, _BETWEEN_WORDS)
    found = (_parts_of(asked, form, each) for each in separators for form in islice(readings(text), 4))
    return next(filter(None, found), ())


def _parts_of(asked: _Asked, text: str, between: re.Pattern[str]) -> tuple[str, ...]:
    cuts = [
        (0, 0),
        *((found.start(), found.end()) for found in between.finditer(text)),
        (len(text), len(text)),
    ]
    if len(cuts) > _MOST_PARTS:
        return ()
    # From the end backwards: what the rest from each cut on names; the longest part first.
    named: dict[int, tuple[str, ...]] = {len(cuts) - 1: ()}
    for start in range(len(cuts) - 2, -1, -1):
        for stop in range(len(cuts) - 1, start, -1):
            part = text[cuts[start][1] : cuts[stop][0]]
            key = _read_option(asked, part).key if stop in named and part else ""
            if key:
                named[start] = (key, *named[stop])
                break
    return named.get(0, ())


def _partly(chosen: int, belonging: int, missing: int) -> str:
    """How many of the chosen belong and how many more there are; never which."""
    if belonging == 0:
        first = ngettext("The one you chose does not belong", "None of your {chosen} belongs", chosen)
    elif belonging == chosen:
        first = ngettext("The one you chose belongs", "All of your {chosen} belong", chosen)
    else:
        first = ngettext(
            "One of your {chosen} belongs",
            "{belonging} of your {chosen} belong",
            belonging,
        )
    if missing == 0:
        second = _("none is missing")
    else:
        second = ngettext("one that belongs is missing", "{missing} that belong are missing", missing)
    said = _("{belonging}; {missing}.").format(
        belonging=first.format(chosen=number_word(chosen), belonging=number_word(belonging)),
        missing=second.format(missing=number_word(missing)),
    )
    return _capital(said)


# --- text and number


def _grade_text(asked: _Asked, text: str) -> Verdict:
    question = asked.question
    found = _known(question, readings(text, question.field_name))
    if found is not None:
        return found[1]
    given = clean(text)
    case = str.casefold if question.ignore_case else str
    forms = list(readings(text, question.field_name))
    near = (
        difference(case(form), case(fold(answer))) for form in reversed(forms) for answer in question.answer
    )
    return Verdict(Grade.WRONG, given, next(filter(None, near), ""))


def _known(question: Question, forms: Iterator[str]) -> tuple[str, Verdict] | None:
    """The verdict on the first form that is a known answer, right or wrong, as it is spelled."""
    right = {_spelled(question, each) for each in question.answer}
    wrong = {_spelled(question, each): wrong for wrong in reversed(question.wrong) for each in wrong.answers}
    for form in forms:
        spelled = _spelled(question, form)
        if spelled in right:
            return form, Verdict(Grade.RIGHT, form)
        if spelled in wrong:
            return form, Verdict(Grade.WRONG, form, wrong[spelled].feedback, wrong[spelled].key)
    return None


def _spelled(question: Question, text: str) -> str:
    """The form in which this question's answers are compared; an answer may be a whole field line."""
    text = same_form(text, ignore_case=question.ignore_case)
    name = fold(question.field_name)
    line = re.match(rf"{re.escape(name)}\s*:\s*", text, re.IGNORECASE) if name else None
    return f"{name.casefold()}: {text[line.end() :]}" if line else text


def _grade_number(asked: _Asked, text: str) -> Verdict:
    question = asked.question
    found = _known(question, readings(text, question.field_name))
    if found is not None:
        return found[1]
    units = {fold(unit).casefold() for unit in question.units} | set(_length_units(question))
    for reading in readings(text, question.field_name):
        form = reading.replace(",", "") if _THOUSANDS.fullmatch(reading) else reading
        number = _NUMBER.fullmatch(form)
        if number and (_MEASURE.fullmatch(number[2]) or number[2].strip().casefold() in {"", *units}):
            return _number_verdict(question, number[1])
        status = read_status(form) if _answers_status(question) else None
        if status and status.contradicts:
            near = Decimal(status.code) in map(_decimal, question.answer)
            return Verdict(Grade.WRONG, form, _contradiction(status.code, status.phrase, near=near))
        if status:
            return _number_verdict(question, status.code)
    return _unreadable(text, _expected_text(asked))


def _number_verdict(question: Question, digits: str) -> Verdict:
    number = _decimal(digits)
    if number in map(_decimal, question.answer):
        return Verdict(Grade.RIGHT, digits)
    for wrong in question.wrong:
        if number in map(_decimal, wrong.answers):
            return Verdict(Grade.WRONG, digits, wrong.feedback, wrong.key)
    return Verdict(Grade.WRONG, digits)


def _decimal(text: str) -> Decimal | None:
    """The number that a text is; None where it is none."""
    found = _NUMBER.fullmatch(fold(text))
    return Decimal(found[1]) if found and not found[2] else None


def _last_parts(question: Question) -> set[str]:
    names = (question.field_name, *question.proof_paths)
    return {name.rsplit(".", 1)[-1].casefold() for name in names}


def _length_units(question: Question) -> tuple[str, ...]:
    return _LENGTH_UNITS if _last_parts(question) & {"content-length", "length"} else ()


def _answers_status(question: Question) -> bool:
    """The number is a status code: the proof says so, or nothing speaks against it."""
    if question.proof_paths:
        return "status" in _last_parts(question)
    plain = not question.field_name and not question.units
    return plain and all(re.fullmatch("[1-5][0-9][0-9]", fold(each)) for each in question.answer)


# --- order


def _grade_order(asked: _Asked, text: str) -> Verdict:
    row = _read_row(asked, text, _BETWEEN_ORDERED) or _read_parts(asked, text, _BETWEEN_ITEMS)
    if sorted(row) != sorted(asked.shown):
        return _unreadable(text, _expected_text(asked))
    given = " → ".join(map(asked.words, row))
    if row == asked.question.answer:
        return Verdict(Grade.RIGHT, given)
    right = asked.question.answer
    place = next((at for at, key in enumerate(row) if right[at : at + 1] != (key,)), 0)
    own = asked.feedback(row[place])
    return Verdict(Grade.WRONG, given, f"{_first_off(place)} {own}".strip(), row[place] if own else "")


def _first_off(place: int) -> str:
    """Where to look: at the first place, counted from 0, that is off."""
    if place == 0:
        return _("Look at the first.")
    said = ngettext(
        "The first is in place; look at the {ordinal}.",
        "The first {count} are in place; look at the {ordinal}.",
        place,
    )
    return said.format(count=number_word(place), ordinal=ordinal_word(place + 1))


# --- words for small numbers


def number_word(count: int) -> str:
    """`one` to `six` in words, digits beyond."""
    words = (_("none"), _("one"), _("two"), _("three"), _("four"), _("five"), _("six"))
    return words[count] if 0 <= count < len(words) else str(count)


def ordinal_word(place: int) -> str:
    """`first` to `sixth` in words, digits beyond."""
    words = (_("first"), _("second"), _("third"), _("fourth"), _("fifth"), _("sixth"))
    return words[place - 1] if 1 <= place <= len(words) else str(place)


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
