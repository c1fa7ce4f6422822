"""What a learner's terminal can do to the tutor: keys, signals, a window that changes or goes away."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.command import ROOT
from tests.faults.sitting import Sitting
from tests.terminal import Terminal

HANG = "import time\nfrom flask import Flask\napp = Flask(__name__)\nwhile True:\n    time.sleep(0.01)\n"
"""An exercise's file whose loading does not end."""


@pytest.fixture
def sitting(tmp_path: Path) -> Sitting:
    """A learner who has not begun."""
    return Sitting(tmp_path)


def answer_the_first(terminal: Terminal) -> None:
    """Answer the first step's question, so that there is something to lose."""
    terminal.wait_for("Enter: send ▸")
    terminal.type("")
    terminal.wait_for("number ▸")
    terminal.type("200")
    terminal.wait_for("Enter: go on ▸")


def at_a_prompt(terminal: Terminal) -> None:
    """A prompt waits."""
    answer_the_first(terminal)


def in_a_request(terminal: Terminal) -> None:
    """A request waits for an answer that does not come: the server waits for four more bytes."""
    answer_the_first(terminal)
    terminal.type(":try POST /publish --form --raw x Content-Length:5")
    time.sleep(0.5)


def in_a_stream(terminal: Terminal) -> None:
    """A stream of two seconds is drawn."""
    answer_the_first(terminal)
    terminal.type("")
    terminal.wait_for("2.5.2 A stream")
    terminal.wait_for("Enter: send ▸")
    terminal.type("")
    terminal.wait_for("As it arrives:")


DEAF = ("sh", "-c", 'trap "" HUP; exec "$@"', "sh")
"""Ignores the signal, as `nohup` does."""

PLACES = [at_a_prompt, in_a_request, in_a_stream]
Place = Callable[[Terminal], None]


def in_an_exercise(sitting: Sitting, terminal: Terminal) -> None:
    """A run of the learner's file does not end."""
    terminal.wait_for("Enter: run ▸")
    (sitting.work / "thirteen-bytes.py").write_text(HANG, "utf-8")
    terminal.wait_for("Still running. Ctrl-C ends it.")


@pytest.mark.parametrize("plain", [(), ("--plain",)], ids=["bar", "plain"])
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
@pytest.mark.parametrize("place", PLACES)
def test_a_signal_ends_the_tutor_in_order(
    sitting: Sitting, place: Place, sent: signal.Signals, code: int, plain: tuple[str, ...]
) -> None:
    """SIGTERM and SIGHUP end it with their codes; the answer is kept, the terminal as before."""
    with sitting.terminal(*plain, "--pack", str(sitting.pack)) as terminal:
        place(terminal)
        terminal.signal(sent, at_once=True)
        assert terminal.ended() == code
        assert terminal.unlike_before == []
        assert "Traceback" not in terminal.transcript
    assert sitting.leftovers() == []
    assert "1 of 3 steps done" in sitting.listed()


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_signal_in_an_exercise_leaves_no_process(sitting: Sitting, sent: signal.Signals) -> None:
    """However the tutor ends while a learner's file runs on, that one's process ends too."""
    with sitting.terminal("2.1.7", "--work", str(sitting.work)) as terminal:
        in_an_exercise(sitting, terminal)
        terminal.signal(sent, at_once=True)
        terminal.ended()
        if sent is not signal.SIGKILL:
            assert terminal.unlike_before == []
            assert "Traceback" not in terminal.transcript
    assert sitting.leftovers() == []
    assert (sitting.work / "thirteen-bytes.py").read_text("utf-8") == HANG


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("through", [(), DEAF], ids=["", "deaf"])
def test_a_window_that_closes_ends_the_tutor(
    sitting: Sitting, place: Place, through: tuple[str, ...]
) -> None:
    """When its window closes the tutor ends, also where it ignores the signal; the answer is kept."""
    with sitting.terminal("--pack", str(sitting.pack), through=through) as terminal:
        place(terminal)
        assert terminal.close_window() == 129
    assert sitting.leftovers() == []
    assert "1 of 3 steps done" in sitting.listed()


@pytest.mark.parametrize("plain", [(), ("--plain",)], ids=["bar", "plain"])
def test_ctrl_c_ends_what_goes_on_and_nothing_else(sitting: Sitting, plain: tuple[str, ...]) -> None:
    """Ctrl-C ends a request and a stream, of which the learner is told, and the same step goes on."""
    with sitting.terminal(*plain, "--pack", str(sitting.pack)) as terminal:
        in_a_request(terminal)
        terminal.press("\x03")
        terminal.wait_for("You ended the request.")
        terminal.wait_for("Enter: go on ▸")
        terminal.type("")
        terminal.wait_for("Enter: send ▸")
        terminal.type("")
        terminal.wait_for("As it arrives:")
        terminal.press("\x03", at_once=True)
        while terminal.wait_for_either("You ended the request.", "Enter: go on ▸") == "Enter: go on ▸":
            terminal.type("")
        terminal.wait_for("▸")
        terminal.press("\x04")
        assert terminal.ended() == 0
        assert terminal.unlike_before == []
    assert sitting.leftovers() == []


def test_ctrl_c_ends_the_run_of_an_exercise(sitting: Sitting) -> None:
    """Ctrl-C ends a file that runs on; nothing is counted, and the exercise goes on."""
    with sitting.terminal("2.1.7", "--work", str(sitting.work)) as terminal:
        in_an_exercise(sitting, terminal)
        terminal.press("\x03")
        terminal.wait_for("You ended the run. Nothing was counted.")
        solution = (ROOT / "lessons/exercises/thirteen-bytes/solution.py").read_text("utf-8")
        (sitting.work / "thirteen-bytes.py").write_text(solution, "utf-8")
        terminal.wait_for("Yes.")
        terminal.wait_for("Enter: go on ▸")
        terminal.press("\x04")
        assert terminal.ended() == 0
        assert terminal.unlike_before == []
    assert sitting.leftovers() == []


def test_ctrl_c_between_two_prompts_leaves_as_it_does_at_one(sitting: Sitting) -> None:
    """Ctrl-C pressed many times, whatever goes on, ends in the farewell or silently, never in a traceback."""
    with sitting.terminal("--pack", str(sitting.pack)) as terminal:
        answer_the_first(terminal)
        for _time in range(30):
            terminal.press("\x03", at_once=True)
            time.sleep(0.01)
        assert terminal.ended() in (0, 130)
        assert "Traceback" not in terminal.transcript
        assert terminal.unlike_before == []
    assert sitting.leftovers() == []
    assert "1 of 3 steps done" in sitting.listed()


@pytest.mark.parametrize("plain", [(), ("--plain",)], ids=["bar", "plain"])
def test_ctrl_d_leaves_at_every_prompt(sitting: Sitting, plain: tuple[str, ...]) -> None:
    """Ctrl-D leaves where Enter goes on, where an answer is expected, and in an exercise."""
    for step, prompt in {"2.5.1": "Enter: send ▸", "2.5.2": "Enter: send ▸"}.items():
        with sitting.terminal(*plain, step, "--pack", str(sitting.pack)) as terminal:
            terminal.wait_for(prompt)
            if step == "2.5.1":
                terminal.type("")
                terminal.wait_for("number ▸")
            terminal.press("\x04")
            terminal.wait_for("Your progress is kept.")
            assert terminal.ended() == 0
            assert terminal.unlike_before == []
    with sitting.terminal(*plain, "2.1.7", "--work", str(sitting.work)) as terminal:
        terminal.wait_for("Enter: run ▸")
        terminal.press("\x04")
        terminal.wait_for("Your progress is kept.")
        assert terminal.ended() == 0
        assert terminal.unlike_before == []
    assert sitting.leftovers() == []


AWAY_S = 12
"""Longer than any exchange may take."""

SHELL = ("bash", "--norc", "--noprofile", "-ic")
ONCE_STOPPED = 'set -m; "$@"; echo stopped; sleep {seconds}; fg >/dev/null; echo "code $?"'
"""A shell's command that takes the tutor back into the foreground some time after it was stopped."""


@pytest.mark.parametrize("plain", [(), ("--plain",)], ids=["bar", "plain"])
def test_ctrl_z_stops_the_tutor_and_fg_goes_on(sitting: Sitting, plain: tuple[str, ...]) -> None:
    """Ctrl-Z at a prompt gives the terminal back to the shell; `fg` brings the same prompt, and it works."""
    with sitting.terminal(
        *plain, "--pack", str(sitting.pack), through=(*SHELL, ONCE_STOPPED.format(seconds=1), "sh")
    ) as terminal:
        terminal.wait_for("Enter: send ▸")
        terminal.type("")
        terminal.wait_for("number ▸")
        terminal.press("\x1a")
        terminal.wait_for("stopped")
        time.sleep(2)
        terminal.type("200")
        terminal.wait_for("All went well.")
        terminal.wait_for("Enter: go on ▸")
        terminal.press("\x04")
        terminal.wait_for("Your progress is kept.")
        terminal.wait_for("code 0")
        terminal.ended()
        assert terminal.unlike_before == []
    assert sitting.leftovers() == []


def test_ctrl_z_in_a_stream_loses_nothing_of_it(sitting: Sitting) -> None:
    """A stream that is stopped for a while and goes on is whole, and its question has the same answer."""
    with sitting.terminal(
        "2.5.2", "--pack", str(sitting.pack), through=(*SHELL, ONCE_STOPPED.format(seconds=AWAY_S), "sh")
    ) as terminal:
        terminal.wait_for("Enter: send ▸")
        terminal.type("")
        terminal.wait_for("As it arrives:")
        terminal.press("\x1a", at_once=True)
        terminal.wait_for("stopped")
        terminal.wait_for("Time stood still meanwhile", timeout_s=60)
        while terminal.wait_for_either("number ▸", "Enter: go on ▸") == "Enter: go on ▸":
            terminal.type("")
        terminal.type("90")
        terminal.wait_for("Yes: 90.")


def test_a_window_made_small_in_the_middle_of_a_step_is_written_to_as_it_is(sitting: Sitting) -> None:
    """From 80×24 down to 20×8 and back: the step goes on, and nothing stands wider than the window."""
    with sitting.terminal("--pack", str(sitting.pack)) as terminal:
        terminal.wait_for("Enter: send ▸")
        terminal.resize(20, 8)
        terminal.type("")
        while terminal.wait_for_either("number ▸", "Enter: go on ▸") != "number ▸":
            terminal.type("")
        terminal.resize(120, 40)
        terminal.resize(20, 8)
        terminal.type("302")
        terminal.wait_for("302 sends you elsewhere.")
        terminal.type("200")
        while terminal.wait_for_either("The status line tells.", "Enter: go on ▸") == "Enter: go on ▸":
            terminal.type("")
        terminal.wait_for("Enter: go on ▸")
        terminal.resize(80, 24)
        terminal.press("\x04")
        terminal.wait_for("Your progress is kept.")
        assert terminal.ended() == 0
        assert terminal.unlike_before == []
        assert "Traceback" not in terminal.transcript


@pytest.mark.parametrize("term", ["dumb", None, "", "unknown", "no-such-terminal"])
def test_a_terminal_of_which_nothing_is_known_gets_a_lesson(sitting: Sitting, term: str | None) -> None:
    """With TERM dumb, unknown or unset no escape sequence is printed; a name nobody knows is no fault."""
    with sitting.terminal("--pack", str(sitting.pack), variables={"TERM": term}) as terminal:
        answer_the_first(terminal)
        terminal.press("\x04")
        terminal.wait_for("Your progress is kept.")
        assert terminal.ended() == 0
        assert terminal.unlike_before == []
        if term != "no-such-terminal":
            assert b"\x1b" not in terminal.raw


@pytest.mark.parametrize(
    "encoding",
    [
        {"PYTHONIOENCODING": "cp1252"},
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "LANG": "C"},
        {"LC_ALL": "C", "LANG": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"LC_ALL": "POSIX", "LANG": None},
    ],
)
@pytest.mark.parametrize("plain", [(), ("--plain",)], ids=["bar", "plain"])
def test_a_console_of_another_encoding_gets_a_lesson(
    sitting: Sitting, encoding: dict[str, str | None], plain: tuple[str, ...]
) -> None:
    """On a console for cp1252, for ASCII or in the C locale, the lesson is held and an answer is heard."""
    with sitting.terminal(*plain, "--pack", str(sitting.pack), variables=encoding) as terminal:
        terminal.wait_for("Enter: send ▸")
        terminal.type("")
        terminal.wait_for("number ▸")
        terminal.type("２００é")
        if terminal.wait_for_either("Nothing was counted.", "Yes: 200.") == "Nothing was counted.":
            terminal.wait_for("number ▸")
            terminal.type("200")
            terminal.wait_for("All went well.")
        terminal.wait_for("Enter: go on ▸")
        terminal.press("\x04")
        terminal.wait_for("Your progress is kept.")
        assert terminal.ended() == 0
        assert "Traceback" not in terminal.transcript


PASTED = "x" * 10_000
LINES = "\n".join(f"line {number}" for number in range(1_000))


@pytest.mark.parametrize("text", [PASTED, LINES, PASTED + "\r"], ids=["one line", "lines", "with Enter"])
@pytest.mark.parametrize("bracketed", [True, False])
def test_ten_thousand_characters_pasted_are_one_answer(sitting: Sitting, text: str, bracketed: bool) -> None:
    """A long paste, as a terminal marks it or not, is told to be no answer, and the next one is heard."""
    with sitting.terminal("--pack", str(sitting.pack)) as terminal:
        terminal.wait_for("Enter: send ▸")
        terminal.type("")
        terminal.wait_for("number ▸")
        terminal.press(f"\x1b[200~{text}\x1b[201~" if bracketed else text)
        time.sleep(1)
        terminal.type("")
        terminal.wait_for("number ▸", timeout_s=60)
        terminal.press("\x15\x0b")
        terminal.type("200")
        terminal.wait_for("Yes: 200.", timeout_s=60)
        assert "Traceback" not in terminal.transcript


CONTROLS = "".join(map(chr, range(32)))
DANGEROUS = "\x03\x04\x0d\x0a\x1a\x1c\x13"
"""What leaves, sends, stops, or is for the terminal's driver."""
HARMLESS = "".join(character for character in CONTROLS if character not in DANGEROUS)


@pytest.mark.parametrize("plain", [(), ("--plain",)], ids=["bar", "plain"])
@pytest.mark.parametrize("step", ["2.1.7", "2.5.1"])
def test_nul_and_control_characters_typed_end_nothing(
    sitting: Sitting, step: str, plain: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every control character typed at a prompt is answered like any nonsense, and the prompt comes again."""
    place = ("--pack", str(sitting.pack)) if step == "2.5.1" else ()
    # The folder for exercises that is offered stands in the working one.
    monkeypatch.chdir(sitting.temporary.parent)
    variables = {"HOME": str(sitting.home), "PWD": str(sitting.home)}
    with sitting.terminal(*plain, step, *place, variables=variables) as terminal:
        if step == "2.5.1":
            terminal.wait_for("Enter: send ▸")
            terminal.type("")
            terminal.wait_for("number ▸")
        else:
            terminal.wait_for("Enter: ./flask-http-tutor ▸")
        for typed in (
            *HARMLESS,
            "a\x00b",
            "\x16\x00x",
            "\x16\x1b[31mred",
            HARMLESS,
            ":try GET /\x16\x00",
            ":g \x00",
        ):
            terminal.press(typed)
            if typed in "\x12\x13\x18":
                terminal.press("\x07")
            time.sleep(0.05)
        terminal.press("\x07\x15")
        terminal.type("/dev/null/\x16\x00" if step == "2.1.7" else "\x16\x00\x00")
        time.sleep(0.5)
        terminal.press("\x07\x15")
        terminal.type(":m")
        terminal.wait_for("you are here")
        assert "Traceback" not in terminal.transcript
        assert "should not happen" not in terminal.transcript
        terminal.press("\x04")
        terminal.wait_for("Your progress is kept.")
        assert terminal.ended() == 0
        assert terminal.unlike_before == []
