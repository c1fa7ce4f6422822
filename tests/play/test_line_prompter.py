"""The bare prompt, which waits for a line and for arrivals at once."""

from __future__ import annotations

import io
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.play.scripted import Screen
from tutor.environment import Environment
from tutor.play.prompt import WOKEN, Inbox, Leave, LinePrompter
from tutor.screen.output import Output


@contextmanager
def prompting(*, selects: bool) -> Iterator[tuple[LinePrompter, int]]:
    """A prompter that reads from a pipe, and the pipe's other end."""
    reader, writer = os.pipe()
    out = Output(Screen(), {}, plain=True)
    with io.TextIOWrapper(io.FileIO(reader)) as stdin:
        env = Environment(out=out, err=out, stdin=stdin, variables={}, pack=Path())
        try:
            yield LinePrompter(env, selects=selects), writer
        finally:
            os.close(writer)
            # A thread that waits for a line ends with the pipe.
            for thread in threading.enumerate():
                if thread.name == "line":
                    thread.join(10)


@pytest.mark.parametrize("selects", [True, False], ids=["select", "thread, as on Windows"])
def test_a_prompt_hears_a_line_and_an_arrival(*, selects: bool) -> None:
    """An arrival wakes the prompt, also one that was there before; the line typed behind it is read whole."""
    inbox: Inbox[int] = Inbox()
    with prompting(selects=selects) as (prompter, keyboard):
        os.write(keyboard, b"first\n")
        assert prompter.read("▸", (), inbox) == "first"
        inbox.put(1)
        assert prompter.read("▸", (), inbox) == WOKEN
        inbox.take()
        late = threading.Timer(0.3, lambda: inbox.put(2))
        late.start()
        assert prompter.read("▸", (), inbox) == WOKEN
        inbox.take()
        os.write(keyboard, b"sec")
        time.sleep(0.2)
        os.write(keyboard, b"ond\n")
        assert prompter.read("▸", (), inbox) == "second"
        late.join()


@pytest.mark.parametrize("selects", [True, False], ids=["select", "thread, as on Windows"])
def test_a_prompt_without_arrivals_gets_the_line_that_was_waited_for(*, selects: bool) -> None:
    """After an arrival, a prompt that waits for a line alone gets the next one."""
    inbox: Inbox[int] = Inbox()
    with prompting(selects=selects) as (prompter, keyboard):
        inbox.put(1)
        assert prompter.read("▸", (), inbox) == WOKEN
        os.write(keyboard, b"a line\n")
        assert prompter.read("▸", ()) == "a line"


def test_the_end_of_input_leaves() -> None:
    """Where nothing more can be typed, the prompt is left."""
    out = Output(Screen(), {}, plain=True)
    env = Environment(out=out, err=out, stdin=io.StringIO(""), variables={}, pack=Path())
    with pytest.raises(Leave):
        LinePrompter(env, selects=False).read("▸", (), Inbox())
