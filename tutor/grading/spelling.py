"""How a typed answer is read: what counts as the same spelling, and how two spellings differ."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from http import HTTPStatus

from msgspec import Struct

from tutor.language import _

# What keyboards and word processors put in place of the ASCII characters.
_LOOKALIKES = str.maketrans(
    {
        **dict.fromkeys("“”„‟″〝〞〟", '"'),
        **dict.fromkeys("‘’‚‛′´", "'"),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        "\u2044": "/",
    }
)
_BLANKS = "\t\n\v\f\r\x85"
_PAIRS = {'"': '"', "'": "'", "`": "`", "「": "」", "『": "』", "《": "》", "〈": "〉"}
_BRACKETS = {"(": ")", "[": "]", "【": "】", "〔": "〕"}
_END = ".,;:!?。、…"
_READINGS = 40
"""Most ways to read one answer: nested quotes and marks multiply."""

_OTHER_PHRASES = {
    302: ("Moved Temporarily",),
    413: ("Content Too Large", "Payload Too Large"),
    414: ("URI Too Long",),
    416: ("Range Not Satisfiable",),
    422: ("Unprocessable Content",),
}
"""Names of status codes that RFC 9110 or an earlier one gives and Python's table does not."""
_STATUS = re.compile(
    r"(?:http(?:/\d(?:\.\d)?)?\s+)?(?:status\s*)?(?:code\s*)?[:=]?\s*(\d{3})(?:(?:\s*[,:-])?\s+(\S.*))?",
    re.IGNORECASE,
)


def clean(text: str) -> str:
    """What a person typed, on one line: blanks folded, characters that nobody sees left out."""
    text = "".join(
        " " if char in _BLANKS else char
        for char in text
        if char in _BLANKS or unicodedata.category(char) not in {"Cc", "Cf", "Cs"}
    )
    return " ".join(text.split())


def fold(text: str) -> str:
    """One form for every way to type the same characters: full-width forms, quotes, dashes, blanks."""
    text = unicodedata.normalize("NFKC", clean(text).translate(_LOOKALIKES)).translate(_LOOKALIKES)
    return " ".join(text.split())


def same_form(text: str, *, ignore_case: bool = False) -> str:
    """The form in which an answer is compared: folded, and the kind of its outer quotes, if any, made one."""
    text = fold(text)
    if len(text) >= 2 and text[0] == "'" == text[-1] and not {"'", '"'} & set(text[1:-1]):
        text = f'"{text[1:-1]}"'
    return text.casefold() if ignore_case else text


def readings(text: str, field_name: str = "") -> Iterator[str]:
    """The folded text, then what it may stand for, what takes the least away first.

    Taken away are quotes and brackets around it, marks at its end, and the field's name before it. What is
    known as an answer in an earlier form must not be read in a later one: in `/echo?` the mark belongs to it.
    """
    waiting = [fold(text)]
    seen = set(waiting)
    for at in range(_READINGS):
        if at >= len(waiting):
            return
        yield waiting[at]
        for form in (_unquoted(waiting[at]), _unended(waiting[at]), _unnamed(waiting[at], field_name)):
            if form and form not in seen:
                seen.add(form)
                waiting.append(form)


def _unquoted(text: str) -> str:
    if len(text) < 3:
        return ""
    first, last, inner = text[0], text[-1], text[1:-1].strip()
    if _BRACKETS.get(first) == last:
        # A list or a tuple is another value than its member: `['1']` is not `'1'`.
        if set(inner) & set(",\"'" if first == "[" else ","):
            return ""
    elif _PAIRS.get(first) != last:
        return ""
    # `'a' or 'b'` is not quoted as a whole, `''a''` is.
    return inner if not {first, last} & set(inner) or _unquoted(inner) else ""


def _unended(text: str) -> str:
    mark = text[-1:]
    if not mark or mark not in _END:
        return ""
    # A whole run at once: who writes `Hello!!` has not written `Hello!` and a mark.
    rest = text.rstrip(mark).rstrip()
    # In a target a question mark begins a query, even an empty one.
    if mark == "?" and re.search(r"[/=&%]", rest):
        return ""
    return rest


def _unnamed(text: str, field_name: str) -> str:
    if not field_name:
        return ""
    name = re.escape(fold(field_name))
    found = re.match(rf"[`\"']?{name}[`\"']?(?:\s*[:=]\s*|\s+)(?=\S)", text, re.IGNORECASE)
    return text[found.end() :] if found else ""


class StatusText(Struct, frozen=True):
    """A status as a person writes it: `404`, `404 Not Found`, `HTTP/1.1 404 NOT FOUND`."""

    code: str
    phrase: str
    contradicts: bool
    """The phrase is the one of another code."""


def read_status(text: str) -> StatusText | None:
    """Read a folded text as a status; None where it is none. A slip or two in the phrase does not matter."""
    found = _STATUS.fullmatch(text)
    if found is None or not found[1].isascii():
        return None
    code, phrase = found[1], found[2] or ""
    written = _letters(phrase)
    if not written:
        return None if phrase else StatusText(code, "", False)
    if any(written == _letters(each) for each in _phrases(int(code))):
        return StatusText(code, phrase, False)
    if any(written == _letters(each) for status in HTTPStatus for each in _phrases(status)):
        return StatusText(code, phrase, True)
    if any(len(written) >= 4 and slip(written, _letters(each)) for each in _phrases(int(code))):
        return StatusText(code, phrase, False)
    return None


def _phrases(code: int) -> tuple[str, ...]:
    try:
        return (HTTPStatus(code).phrase, *_OTHER_PHRASES.get(code, ()))
    except ValueError:
        return ()


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalpha())


def slip(given: str, answer: str) -> str:
    """The one slip between two texts: a character `more`, `less`, `other`, two `swapped`; empty for none."""
    at = 0
    while at < min(len(given), len(answer)) and given[at] == answer[at]:
        at += 1
    if len(given) == len(answer) + 1:
        return "more" if given[at + 1 :] == answer[at:] else ""
    if len(given) == len(answer) - 1:
        return "less" if given[at:] == answer[at + 1 :] else ""
    if len(given) != len(answer) or given == answer:
        return ""
    if given[at + 1 :] == answer[at + 1 :]:
        return "other"
    swapped = given[at : at + 2] == answer[at : at + 2][::-1] and given[at + 2 :] == answer[at + 2 :]
    return "swapped" if swapped else ""


def difference(given: str, answer: str) -> str:
    """A sentence that says in what a near miss differs from the answer; empty where it is no near miss.

    Both are folded texts. Nothing of the answer is told but that it is near.
    """
    if given.casefold() == answer.casefold():
        return _("Nearly: only the case of the letters differs.")
    if given.replace(" ", "") == answer.replace(" ", ""):
        return _("Nearly: only the spaces differ.")
    if f"/{given}" == answer:
        return _("Nearly: the slash at the beginning is missing.")
    if len(answer) >= 3 and answer[0] in "\"'" and answer[1:-1] == given and answer[-1] == answer[0]:
        return _("Nearly: the quotes belong to it.")
    kind = slip(given, answer) if len(answer) >= 4 else ""
    if kind == "more":
        return _("Nearly: there is one character too many.")
    if kind == "less":
        return _("Nearly: one character is missing.")
    if kind == "swapped":
        return _("Nearly: two neighbouring characters are swapped.")
    if kind == "other":
        pair = next((one, other) for one, other in zip(given, answer, strict=True) if one != other)
        # Another digit is another number: no slip.
        return "" if all(map(str.isdigit, pair)) else _("Nearly: one character is different.")
    return ""
