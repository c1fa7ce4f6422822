"""What may be typed at a prompt besides an answer."""

from __future__ import annotations

import pytest

from tutor.play.commands import COMMANDS, Typed, Verb, read


@pytest.mark.parametrize("line", [":h", ":hint", "：h", "：ｈ", ":H", "  :h  ", "hint", "HINT", ": hint"])
def test_a_hint_is_asked_for_in_every_way_a_person_would(line: str) -> None:
    """The colon may be full-width, the letter a word, the case any, and the bare word works too."""
    assert read(line) == Typed(verb=Verb.HINT)


def test_a_command_keeps_its_argument() -> None:
    """What stands behind a command is its argument."""
    assert read(":g 2.1.3") == Typed(verb=Verb.GO, argument="2.1.3")
    assert read(":try GET /hello?name=Grey") == Typed(verb=Verb.TRY, argument="GET /hello?name=Grey")


def test_an_argument_may_stick_to_its_letter() -> None:
    """`:x3` is `:x 3`."""
    assert read(":x3") == Typed(verb=Verb.EXPLAIN, argument="3")
    assert read(":g2.1") == Typed(verb=Verb.GO, argument="2.1")


def test_an_option_that_reads_like_a_command_wins() -> None:
    """Where an option's words are `quit`, typing quit answers."""
    assert read("quit", options=["Quit", "stay"]) == Typed(answer="quit")
    assert read(":quit", options=["Quit", "stay"]) == Typed(verb=Verb.QUIT)


def test_a_backslash_begins_an_answer_that_starts_with_a_colon() -> None:
    """`\\:ping` is the answer `:ping`."""
    assert read("\\:ping") == Typed(answer=":ping")


@pytest.mark.parametrize("line", ["/hello", "?x=1", "404", "", "b", "GET /hello X:1", "a:b", "back"])
def test_answers_are_no_commands(line: str) -> None:
    """Paths, queries, letters, numbers and words reach the question as they were typed."""
    assert read(line) == Typed(answer=line)


def test_a_misspelt_command_is_named_with_the_nearest() -> None:
    """An unknown command is told, and the nearest known one is offered."""
    assert ":hint" in read(":hnit").unknown
    assert ":?" in read(":").unknown


def test_every_command_is_understood_as_the_help_writes_it() -> None:
    """The letters and words in the help are the ones that work."""
    for command in COMMANDS:
        if command.usage:
            first, *_others = command.usage.split(", ")
            assert read(first).verb is command.verb
        assert read(f":{command.verb.value}").verb is command.verb
    written = [usage for command in COMMANDS for usage in command.usage.split(", ") if usage]
    assert {read(usage).verb for usage in written} == set(Verb)
