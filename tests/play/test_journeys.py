"""Whole journeys of a learner, in a real pseudo-terminal, with the real program, sandbox and requests."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.play.sample_pack import write_pack
from tests.terminal import Terminal


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack with one question of each kind."""
    return write_pack(tmp_path / "pack")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A learner's folder that is not there yet."""
    return tmp_path / "home"


def letters(question: str, words: Sequence[str]) -> str:
    """The letters under which the options stand on the screen."""
    found = {
        option.strip(): letter for letter, option in re.findall(r"^  ([a-f])\) (.+)$", question, re.MULTILINE)
    }
    return "".join(found[word] for word in words)


def reach_first_question(terminal: Terminal) -> None:
    """Send the first step's request."""
    terminal.wait_for("Enter: send")
    terminal.type("")
    terminal.wait_for("a–c ▸")


def test_the_first_enter_fires_the_first_request_and_the_first_question_follows(home: Path) -> None:
    """A first start welcomes in five lines, without a question or a menu; Enter is all that bytes take."""
    with Terminal(home=home) as terminal:
        welcome = terminal.wait_for("Enter: send")
        assert welcome.index("flask-http-tutor") < welcome.index("2.1.1")
        assert len(welcome[: welcome.index("2.1  ")].strip().splitlines()) <= 5
        assert "?\n" not in welcome[: welcome.index("2.1.1")]
        terminal.type("")
        exchange = terminal.wait_for("Enter: go on")
        assert "GET /hello HTTP/1.1␍␊" in exchange
        assert "HTTP/1.1 200 OK␍␊" in exchange
        assert "Hello, Flask!" in exchange
        terminal.type("")
        assert "?" in terminal.wait_for("a–d ▸")


def test_what_stands_between_two_prompts_fits_a_small_terminal(home: Path) -> None:
    """At 80×24 the welcome with the first request to send is on the screen at once, bar included."""
    with Terminal(home=home) as terminal:
        terminal.wait_for(":q quit")
        assert "flask-http-tutor:" in terminal.screen
        assert "Enter: send ▸" in terminal.screen
        assert ":n next   :b back   :m map   :? help   :q quit" in terminal.screen


def test_a_miss_is_explained_a_hint_helps_and_the_right_answer_goes_on(home: Path, pack: Path) -> None:
    """Wrong, hint, right: a wrong answer is explained, and the step counts as done with help."""
    with Terminal("--pack", str(pack), home=home) as terminal:
        reach_first_question(terminal)
        terminal.type("302 found")
        terminal.wait_for("302 sends you elsewhere. Try again, or :h for a hint.")
        terminal.type(":h")
        terminal.wait_for("Hint 1 of 2: Read the first line.")
        terminal.type("hint")
        terminal.wait_for("Hint 2 of 2: It begins with 2.")
        terminal.type("200")
        terminal.wait_for("Yes: 200 OK. All went well.")
        terminal.wait_for("In short: The status line tells what became of the request.")
        terminal.press("\x04")
        assert terminal.ended() == 0
    with Terminal("list", "2.1", "--pack", str(pack), home=home) as listing:
        listing.wait_for("▸ ? 2.1.1 Choose")
        listing.wait_for("? with help")


def test_after_two_misses_the_answer_is_offered_and_shown(home: Path, pack: Path) -> None:
    """The second miss offers :a; the shown answer ends the question."""
    with Terminal("--pack", str(pack), home=home) as terminal:
        reach_first_question(terminal)
        terminal.type("410 GONE")
        terminal.wait_for("410 says that nothing is left.")
        terminal.type("410 GONE")
        terminal.wait_for("or :a shows the answer.")
        terminal.type(":a")
        terminal.wait_for("The answer is")
        terminal.wait_for("200 OK")
        terminal.wait_for("Enter: go on")


def test_a_guess_is_one_shot_and_an_off_guess_is_no_help(home: Path, pack: Path) -> None:
    """An off guess fires, hears what came back, and leaves the step plainly done."""
    with Terminal("2.1.2", "--pack", str(pack), home=home) as terminal:
        terminal.wait_for("number ▸")
        terminal.type("200")
        terminal.wait_for("HTTP/1.1 404 NOT FOUND")
        terminal.wait_for("You guessed 200; it is 404. 200 needs a view that answers.")
        question = terminal.wait_for("letters a–c, such as ab ▸")
        terminal.type(letters(question, ["Content-Type", "Content-Length"]))
        terminal.wait_for("text ▸")
        terminal.type(" `get` ")
        terminal.wait_for("Enter: go on")
        terminal.press("\x04")
        assert terminal.ended() == 0
    with Terminal("list", "2.1", "--pack", str(pack), home=home) as listing:
        listing.wait_for("▸ ✓ 2.1.2 Guess")


def test_leaving_and_coming_back_goes_on_where_the_learner_stopped(home: Path, pack: Path) -> None:
    """Ctrl-D says how to resume; the next start shows the last takeaway, what comes next, and that step."""
    with Terminal("--pack", str(pack), home=home) as terminal:
        reach_first_question(terminal)
        terminal.type("200 OK")
        terminal.wait_for("Enter: go on")
        terminal.type("")
        terminal.wait_for("2.1.2 Guess")
        terminal.press("\x04")
        terminal.wait_for("Your progress is kept. Go on with: flask-http-tutor (next: 2.1.2 Guess)")
        assert terminal.ended() == 0
    with Terminal("--pack", str(pack), home=home) as again:
        fresh = again.wait_for("number ▸")
        assert "Last time: The status line tells what became of the request." in fresh
        assert "2.1.2  Guess" in fresh
        assert "2.1.1" not in fresh
        assert "on this machine alone" not in fresh


def test_every_answer_is_kept_at_once(home: Path, pack: Path) -> None:
    """A killed session loses nothing that was answered."""
    with Terminal("--pack", str(pack), home=home) as terminal:
        reach_first_question(terminal)
        terminal.type("200 OK")
        terminal.wait_for("Enter: go on")
    with Terminal("list", "--pack", str(pack), home=home) as listing:
        listing.wait_for("1 of 3")


def test_a_learner_goes_where_they_like(home: Path, pack: Path) -> None:
    """By number from the shell, by :g, :n, :b and :d inside; an unknown step names the nearest."""
    with Terminal("2.1.3", "--pack", str(pack), home=home) as terminal:
        terminal.wait_for("2.1.3 Sort step 3 of 3")
        terminal.type(":b")
        terminal.wait_for("2.1.2 Guess step 2 of 3")
        terminal.type(":g 1")
        terminal.wait_for("2.1.1 Choose step 1 of 3")
        terminal.type(":n")
        terminal.wait_for("2.1.2 Guess")
        terminal.type(":g 2.1.9")
        terminal.wait_for("2.1.3")
        terminal.wait_for("2.1.2 Guess")
        terminal.type(":d")
        terminal.wait_for("2.1.3a One more, deeper deeper")
        terminal.type(":m")
        terminal.wait_for("▸ · 2.1.3a One more, deeper")
        terminal.wait_for("you are here")
        terminal.type(":q")
        assert terminal.ended() == 0


@pytest.mark.parametrize(
    "nonsense", ["", "   ", "?!", "xyzzy", "ＺＺ", "-1", "a" * 300, "[red]x[/red]", "`*_#>`"]
)
def test_an_empty_line_and_nonsense_are_told_what_is_expected_and_never_counted(
    home: Path, pack: Path, nonsense: str
) -> None:
    """At each kind of prompt unreadable input is answered in words, and the same prompt comes again."""
    prompts = {
        "2.1.1": ("Enter: send ▸", [], "a–c ▸"),
        "2.1.2": ("number ▸", ["404"], "letters a–c, such as ab ▸"),
        "2.1.3": ("Enter: send ▸", [""], "all letters a–d, in order ▸"),
    }
    for step, (first, then, prompt) in prompts.items():
        with Terminal(step, "--pack", str(pack), home=home / step) as terminal:
            terminal.wait_for(first)
            for line in then or [""]:
                terminal.type(line)
            terminal.wait_for(prompt)
            terminal.type(nonsense)
            answer = terminal.wait_for(prompt)
            assert "Traceback" not in answer
            if nonsense.strip() in {"", "?!", "xyzzy", "ＺＺ"}:
                assert "Type" in answer or "expected" in answer, answer
            terminal.press("\x04")
            assert terminal.ended() == 0


def test_nonsense_at_an_enter_prompt_sends_nothing(home: Path, pack: Path) -> None:
    """An answer typed where Enter is expected is told so, and nothing is fired."""
    with Terminal("--pack", str(pack), home=home) as terminal:
        terminal.wait_for("Enter: send")
        terminal.type("200 OK")
        told = terminal.wait_for("Enter sends the request; no answer is expected here.")
        assert "HTTP/1.1" not in told


def test_a_crafted_request_is_sent_shown_and_graded(home: Path, pack: Path) -> None:
    """A near miss says what arrived; a request that reaches the goal is right however it is written."""
    with Terminal("2.1.3", "--pack", str(pack), home=home) as terminal:
        terminal.wait_for("Enter: send")
        terminal.type("")
        question = terminal.wait_for("in order ▸")
        terminal.type(letters(question, ["status line", "fields", "empty line", "body"]))
        terminal.wait_for("request ▸")
        terminal.type("hello")
        terminal.wait_for("Nothing was sent.")
        terminal.type("GET /hello")
        terminal.wait_for("Without a name the view greets Flask.")
        terminal.type("/hello name==Ann")
        terminal.wait_for("GET /hello?name=Ann HTTP/1.1")
        terminal.wait_for("Yes.")


def test_ctrl_c_ends_a_running_request_then_clears_then_leaves(home: Path, pack: Path) -> None:
    """Ctrl-C never kills the tutor: it ends the request that hangs, clears a typed line, and last leaves."""
    with Terminal("--pack", str(pack), home=home) as terminal:
        terminal.wait_for("Enter: send")
        # The server waits for five bytes of body that never come.
        terminal.type(":try POST /form --form --raw x Content-Length:5")
        time.sleep(1.0)
        terminal.press("\x03")
        terminal.wait_for("You ended the request.")
        terminal.wait_for("Enter: send ▸")
        terminal.press("half an answer")
        terminal.wait_for("half an answer")
        terminal.press("\x03")
        terminal.press(":m\r")
        terminal.wait_for("you are here")
        terminal.wait_for("Enter: send")
        terminal.press("\x03")
        terminal.wait_for("Your progress is kept.")
        assert terminal.ended() == 0


def test_the_commands_about_an_exchange_work_at_every_prompt(home: Path, pack: Path) -> None:
    """Raw, explained, timeline, source, try and fire again answer at once, and the question is still open."""
    with Terminal("--pack", str(pack), home=home) as terminal:
        terminal.wait_for("Enter: send")
        terminal.type(":r")
        terminal.wait_for("Nothing has been fired yet in this step.")
        terminal.type("")
        terminal.wait_for("a–c ▸")
        for command, words in {
            ":r": "Connection: close␍␊",
            ":x": "A number says what that part is for.",
            ":x 1": "In Flask: request.method",
            ":t": "URL matched",
            ":s": "def hello()",
            ":f": "HTTP/1.1 200 OK",
            ":try GET /nope": "HTTP/1.1 404",
            ":?": "Ctrl-D leaves.",
            ":lang": "Languages:",
            ":lang tlh": "There is no text in tlh.",
            ":hnit": "Did you mean :hint?",
        }.items():
            terminal.type(command)
            terminal.wait_for(words)
            terminal.wait_for("a–c ▸")
        terminal.type("200 OK")
        terminal.wait_for("Yes: 200 OK.")


def test_plain_has_no_bar_no_cursor_tricks_and_no_colour(home: Path, pack: Path) -> None:
    """With --plain not one escape sequence is printed, and the lesson is the same."""
    with Terminal("--plain", "--pack", str(pack), home=home) as terminal:
        terminal.wait_for("Enter: send")
        terminal.type("")
        terminal.wait_for("Request:")
        terminal.wait_for("a–c ▸")
        terminal.type("200 OK")
        terminal.wait_for("Yes: 200 OK.")
        terminal.press("\x04")
        terminal.wait_for("Your progress is kept.")
        assert terminal.ended() == 0
        assert b"\x1b" not in terminal.raw


def test_reset_asks_and_forgets(home: Path, pack: Path) -> None:
    """`reset` forgets only after a yes; --yes does not ask."""
    with Terminal("2.1.2", "--pack", str(pack), home=home) as terminal:
        terminal.wait_for("number ▸")
        terminal.type(":n")
        terminal.wait_for("2.1.3 Sort")
    with Terminal("reset", "--pack", str(pack), home=home) as reset:
        reset.wait_for("Type yes:")
        reset.type("no")
        reset.wait_for("Nothing is forgotten.")
    with Terminal("list", "2.1", "--pack", str(pack), home=home) as listing:
        listing.wait_for("» 2.1.2 Guess")
    with Terminal("reset", "2.1", "--pack", str(pack), home=home) as reset:
        reset.wait_for("Type yes:")
        reset.type("yes")
        reset.wait_for("Forgotten: 2.1 A lesson of every kind.")
    with Terminal("list", "2.1", "--pack", str(pack), home=home) as listing:
        listing.wait_for("· 2.1.2 Guess\n")


def test_a_finished_lesson_ends_with_its_takeaways_and_offers_a_review(home: Path, pack: Path) -> None:
    """The last step leads to the lesson's takeaways; starting it again says that it is a review."""
    with Terminal("--pack", str(pack), home=home) as terminal:
        reach_first_question(terminal)
        terminal.type("200 OK")
        terminal.wait_for("Enter: go on")
        terminal.type("")
        terminal.wait_for("number ▸")
        terminal.type(":f")
        question = terminal.wait_for("such as ab ▸")
        terminal.type(letters(question, ["Content-Type", "Content-Length"]))
        terminal.wait_for("text ▸")
        terminal.type("GET")
        terminal.wait_for("Enter: go on")
        terminal.type("")
        terminal.wait_for("Enter: send")
        terminal.type("")
        question = terminal.wait_for("in order ▸")
        terminal.type(letters(question, ["status line", "fields", "empty line", "body"]))
        terminal.wait_for("request ▸")
        terminal.type("GET /hello?name=Ann")
        terminal.wait_for(":d 2.1.3a One more, deeper")
        terminal.wait_for("Enter: go on")
        terminal.type("")
        page = terminal.wait_for("This was the last lesson.")
        assert "You have finished 2.1" in page
        assert "The status line tells what became of the request." in page
        terminal.wait_for("Enter: go on ▸")
        terminal.type("")
        terminal.wait_for("You have finished the course.")
        terminal.wait_for("Enter: leave ▸")
        terminal.type("")
        assert terminal.ended() == 0
    with Terminal("2.1", "--pack", str(pack), home=home) as again:
        again.wait_for("You have finished 2.1 A lesson of every kind. Its questions come from memory now")
        again.wait_for("From memory 1 of")
        again.type(":g 2.1.1")
        again.wait_for("2.1.1 Choose")


CURL = shutil.which("curl")


def address_on(screen: str) -> str:
    found = re.search(r"http://127\.0\.0\.1:\d+", screen)
    assert found, screen
    return found[0]


def reach_craft(terminal: Terminal) -> str:
    """Go to the sample pack's request question; gives the sandbox's address."""
    terminal.wait_for("Enter: send")
    terminal.type("")
    question = terminal.wait_for("in order ▸")
    terminal.type(letters(question, ["status line", "fields", "empty line", "body"]))
    return address_on(terminal.wait_for("request ▸"))


@pytest.mark.skipif(CURL is None, reason="curl is not installed here; .ci/run installs it")
def test_what_curl_sends_is_shown_at_once_and_graded(home: Path, pack: Path) -> None:
    """While a request question is open, an arrival is printed raw and graded; a miss leaves it open."""
    with Terminal("2.1.3", "--pack", str(pack), home=home) as terminal:
        address = reach_craft(terminal)
        assert CURL is not None
        subprocess.run([CURL, "-s", "--noproxy", "*", f"{address}/hello"], check=True, capture_output=True)
        terminal.wait_for("GET /hello HTTP/1.1")
        terminal.wait_for("Without a name the view greets Flask.")
        terminal.wait_for("request ▸")
        subprocess.run([CURL, "-s", "--noproxy", "*", f"{address}/hello?name=Ann"], check=True)
        terminal.wait_for("Hello, Ann!")
        terminal.wait_for("Yes.")
        terminal.wait_for("Enter: go on ▸")


@pytest.mark.skipif(CURL is None, reason="curl is not installed here; .ci/run installs it")
def test_an_arrival_leaves_what_was_typed_in_the_line(home: Path, pack: Path) -> None:
    """A half-typed request stands there again after an arrival."""
    with Terminal("2.1.3", "--pack", str(pack), home=home) as terminal:
        address = reach_craft(terminal)
        assert CURL is not None
        terminal.press("GET /hello?name=A")
        terminal.wait_for("name=A")
        subprocess.run([CURL, "-s", "--noproxy", "*", f"{address}/nope"], check=True, capture_output=True)
        terminal.wait_for("Status 404 came back; the goal is 200.")
        terminal.wait_for("request ▸ GET /hello?name=A")
        terminal.press("nn\r")
        terminal.wait_for("Yes.")


@pytest.mark.skipif(CURL is None, reason="curl is not installed here; .ci/run installs it")
def test_an_arrival_counts_in_plain_mode_too(home: Path, pack: Path) -> None:
    """Without cursor movement the prompt still hears of a request from outside."""
    with Terminal("2.1.3", "--plain", "--pack", str(pack), home=home) as terminal:
        address = reach_craft(terminal)
        assert CURL is not None
        subprocess.run([CURL, "-s", "--noproxy", "*", f"{address}/hello?name=Ann"], check=True)
        terminal.wait_for("Yes.")


@pytest.mark.skipif(CURL is None, reason="curl is not installed here; .ci/run installs it")
def test_ten_arrivals_at_once_are_all_shown(home: Path, pack: Path) -> None:
    """Concurrent requests are printed one whole exchange after the other, and none is lost."""
    with Terminal("2.1.3", "--pack", str(pack), home=home, columns=120, rows=60) as terminal:
        address = reach_craft(terminal)
        assert CURL is not None
        running = [
            subprocess.Popen(
                [CURL, "-s", "--noproxy", "*", f"{address}/hello?n={number}"], stdout=subprocess.DEVNULL
            )
            for number in range(10)
        ]
        for process in running:
            process.wait(timeout=30)
        terminal.type("GET /hello?name=Ann")
        printed = terminal.wait_for("Yes.")
        for number in range(10):
            assert f"GET /hello?n={number} HTTP/1.1" in terminal.transcript, printed


def test_chinese_can_be_typed_on_a_console_that_cannot_show_it(home: Path, pack: Path) -> None:
    """Where Python takes the console for ASCII, what is typed still goes out as the UTF-8 that it is."""
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    with Terminal("2.1.3", "--pack", str(pack), home=home, variables=ascii_only) as terminal:
        terminal.wait_for(":q quit")
        terminal.type(":try GET /hello?name=李")
        terminal.wait_for("GET /hello?name=%E6%9D%8E HTTP/1.1")
        terminal.wait_for("Hello, \\u{674e}!")
