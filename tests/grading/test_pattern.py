"""Regular expressions of a lesson: as `re` reads them, and never for longer than they may take."""

from __future__ import annotations

import re
import time
import warnings
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.grading.exchanges import claim, exchange, question
from tutor.course.model import Operator, QuestionKind
from tutor.grading.expectations import unmet
from tutor.grading.pattern import MATCH_S, PatternError, matches
from tutor.grading.proof import prove

HOSTILE = (
    r"(a+)+$",
    r"(.*a){20}$",
    r"(?:a?){60}a{60}$",
    r"(a+)+\1$",
    r"(?=(a+)+$)b?",
    r"(?i:(a|aa)+)$",
    r"(?>x|(a+)+$)",
)
LONG = "a" * 4000 + "!"


@pytest.mark.parametrize("pattern", HOSTILE)
def test_a_pattern_without_end_is_given_up(pattern: str) -> None:
    """A pattern whose time doubles with each character ends within its bound, matched or given up."""
    started_s = time.process_time()
    # Where `regex` sees that nothing can match, there is nothing to give up.
    with suppress(PatternError):
        assert not matches(pattern, LONG)
    # Its own work: other processes on this machine count for nothing.
    assert time.process_time() - started_s < 4 * MATCH_S


def test_an_expectation_with_such_a_pattern_is_undecided() -> None:
    """A mismatch tells that the pattern took too long, and that nothing is known."""
    fired = {"it": (exchange(response=b"HTTP/1.1 200 OK\r\nContent-Length: 4001\r\n\r\n" + LONG.encode()),)}
    (mismatch,) = unmet([claim("response.body", r"(a+)+$", Operator.MATCHES)], fired, "it")
    assert not mismatch.decided
    assert "longer than 1 s" in mismatch.actual


def test_a_choice_is_not_refuted_by_a_pattern_that_was_given_up() -> None:
    """A wrong choice whose claim takes too long proves nothing: the proof fails and names it."""
    fired = {
        "hello": (exchange(response=b"HTTP/1.1 200 OK\r\nContent-Length: 4001\r\n\r\n" + LONG.encode()),)
    }
    choice = question(
        QuestionKind.CHOICE,
        "ok",
        choices=(("ok", "200 OK"), ("other", "another")),
        proof={
            "ok": (claim("response.status", 200),),
            "other": (claim("response.body", r"(a+)+$", Operator.MATCHES),),
        },
    )
    proof = prove(choice, fired)
    assert not proof.holds
    assert proof.message.startswith("other: ")
    assert "longer than 1 s" in proof.message


def test_case_counts_unless_told() -> None:
    """Case is overlooked only where the caller says so."""
    assert not matches("^ok$", "OK")
    assert matches("^ok$", "OK", ignore_case=True)


ATOMS = ["a", "b", ".", "[ab]", "[^a]", r"\w", r"\b", "^", "$", "(a)", "(?:a|ab)", "(?=a)", "(?!b)", "(?<=a)"]
ATOMS += [r"\Z", r"\A", "[]a]", r"\{", "(?i:a)", "(?>a*)", r"\r\n", r"\x41", "é", "[&&]", "--", "~~"]
COUNTS = ["", "", "*", "+", "?", "{2}", "{1,2}", "*?", "*+"]
PATTERNS = st.lists(st.tuples(st.sampled_from(ATOMS), st.sampled_from(COUNTS)), min_size=1, max_size=5)


@settings(deadline=None)
@given(PATTERNS, st.text("abA{é\r\n-~", max_size=8))
def test_patterns_mean_what_re_says(parts: list[tuple[str, str]], text: str) -> None:
    """What Python's documentation says of a pattern holds here."""
    pattern = "".join(atom + count for atom, count in parts)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            wanted = re.search(pattern, text) is not None
        except (re.error, Warning):
            return
    assert matches(pattern, text) is wanted
