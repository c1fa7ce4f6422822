"""Regular expressions of a lesson, matched within a bound of time.

`re` cannot be stopped: a pattern such as `(a+)+$` would keep the session, and Ctrl-C, waiting for ever. The
`regex` library matches the same language and gives up when it is told to.
"""

from __future__ import annotations

from tutor.language import _

MATCH_S = 1.0
"""How long one search may take, in seconds of this process's own work where the platform tells these; a
pattern that a person would write takes milliseconds, on the longest body too."""


class PatternError(Exception):
    """A pattern that could not be tried, or not to the end; the message says why, for people."""


def matches(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Whether the pattern matches somewhere in the text.

    Raises:
        PatternError: it is none, or takes longer than `MATCH_S`.
    """
    # Loaded with the first pattern: a lesson without any starts without it.
    import regex

    try:
        flags = regex.IGNORECASE if ignore_case else 0
        return regex.search(pattern, text, flags, timeout=MATCH_S) is not None
    except TimeoutError:
        message = _("a pattern that takes longer than {seconds:g} s")
        raise PatternError(message.format(seconds=MATCH_S)) from None
    except (regex.error, OverflowError, RecursionError, MemoryError) as error:
        raise PatternError(_("an unreadable pattern: {error}").format(error=error)) from None
