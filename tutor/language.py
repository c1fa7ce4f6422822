"""The interface's language: one gettext catalogue. Lesson texts have their own translations.

The language is decided once, before any command object exists, because click evaluates help texts when a
module is imported; a learner's `:lang` decides it again.
"""

from __future__ import annotations

import gettext as _gettext
import os
from collections.abc import Iterable
from functools import reduce

DOMAIN = "flask-http-tutor"
# No pathlib here: every start needs this module, and importing it takes a tenth of what click does.
LOCALE_DIR = os.path.join(os.path.dirname(__file__), "locale")  # noqa: PTH118, PTH120

SOURCE_LANGUAGE = "en"
NAMES = {"en": "English", "zh-CN": "中文"}
"""Every language that the program knows of, in its own words. `available` says which ones it speaks."""

_FULL_WIDTH_ENDS = "。！？；：，、）」』”…"

_translations: _gettext.NullTranslations = _gettext.NullTranslations()
_tag = SOURCE_LANGUAGE


def available() -> tuple[str, ...]:
    """The languages that have a catalogue; English needs none."""
    found = [
        tag
        for tag in NAMES
        if os.path.isfile(f"{LOCALE_DIR}/{_directory(tag)}/LC_MESSAGES/{DOMAIN}.mo")  # noqa: PTH113
    ]
    return (SOURCE_LANGUAGE, *(tag for tag in found if tag != SOURCE_LANGUAGE))


def use(tag: str) -> None:
    """Speak this language from now on; a language without a catalogue falls back to English."""
    global _translations, _tag  # gettext's own model: one language a process
    _tag = tag
    if tag == SOURCE_LANGUAGE:
        _translations = _gettext.NullTranslations()
    else:
        _translations = _gettext.translation(DOMAIN, LOCALE_DIR, [_directory(tag)], fallback=True)


def in_use() -> str:
    """The language that `use` chose last."""
    return _tag


def _(message: str) -> str:
    """The message in the language in use. Placeholders are named: `_("Step {number}").format(number=…)`."""
    return _translations.gettext(message) if message else ""


def mark(message: str) -> str:
    """Mark a message for the catalogue where it stands as data; `_` translates it when it is shown."""
    return message


def mark_forms(one: str, many: str) -> tuple[str, str]:
    """Mark a message with two forms for the catalogue where it stands as data."""
    return one, many


def ngettext(one: str, many: str, count: int) -> str:
    """The form of the message that the count needs."""
    return _translations.ngettext(one, many, count)


def listed(words: Iterable[str]) -> str:
    """Words as a sentence lists them."""
    return _(", ").join(words)


def clauses(parts: Iterable[str]) -> str:
    """Parts of a sentence one behind the other; what is of one kind is `listed`."""
    return reduce(
        lambda before, after: _("{before}, {after}").format(before=before, after=after) if before else after,
        parts,
        "",
    )


def sentences(*parts: str) -> str:
    """Sentences one behind the other; behind a full-width mark stands no blank."""
    text = ""
    for part in parts:
        if part:
            text += (" " if text and text[-1] not in _FULL_WIDTH_ENDS else "") + part
    return text


def _directory(tag: str) -> str:
    return tag.replace("-", "_")
