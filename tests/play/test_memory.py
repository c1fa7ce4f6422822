"""Questions that come back: the warm-up, the review, and the end of the course, in a pseudo-terminal."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.terminal import Terminal
from tutor.course.pack import open_pack
from tutor.learner.progress import Progress, StepStatus

OUTLINES = open_pack().outlines()
STEPS = sum(len(outline.main_steps) for outline in OUTLINES)


def finished(home: Path, *numbers: str, days_ago: int = 0, missed: str = "") -> None:
    """A learner who has done these lessons so long ago, and guessed one step's question wrong."""
    at = datetime.now(UTC) - timedelta(days=days_ago)
    with Progress(home) as progress:
        for outline in OUTLINES:
            if outline.number not in numbers:
                continue
            for step in outline.main_steps:
                progress.mark_step(outline.id, step, StepStatus.DONE, at=at)
            progress.remember_position(outline.id, outline.main_steps[-1].id)
            grade = "wrong" if missed else "right"
            step_id = missed or outline.main_steps[0].id
            progress.record_attempt(outline.id, step_id, "q", "x", grade, "", "en", at, True)


def test_a_lesson_begins_with_a_warm_up_that_enter_passes(tmp_path: Path) -> None:
    """2.2 begins with three questions on 2.1, the missed one first; Enter on the first passes all."""
    finished(tmp_path, "2.1", missed="request-line")
    with Terminal(home=tmp_path) as terminal:
        terminal.wait_for("A warm-up from memory, two minutes at most. Enter passes it.")
        terminal.wait_for("Warm-up 1 of 3")
        terminal.wait_for("/a?x=1#end")
        terminal.wait_for("text ▸")
        terminal.type("")
        terminal.wait_for("2.2.1")


def test_an_answer_from_memory_is_graded_and_the_next_one_follows(tmp_path: Path) -> None:
    """A warm-up's answer hears its verdict; Enter passes a later one; then the lesson begins."""
    finished(tmp_path, "2.1", missed="request-line")
    with Terminal(home=tmp_path) as terminal:
        terminal.wait_for("text ▸")
        terminal.type("/a?x=1")
        terminal.wait_for("Yes: /a?x=1.")
        terminal.wait_for("Enter: go on ▸")
        terminal.type("")
        terminal.wait_for("Warm-up 2 of 3")
        terminal.type("")
        terminal.wait_for("Warm-up 3 of 3")
        terminal.type("")
        terminal.wait_for("2.2.1")


def test_who_comes_back_after_a_day_is_asked_first(tmp_path: Path) -> None:
    """In the middle of a lesson, a day's break brings a warm-up too; within the day there is none."""
    finished(tmp_path, "2.1", days_ago=2)
    with Terminal("2.2.3", home=tmp_path) as terminal:
        terminal.wait_for("Warm-up 1 of 3")
    finished(tmp_path, "2.1")
    with Terminal("2.2.3", home=tmp_path) as terminal:
        assert "Warm-up" not in terminal.wait_for("2.2.3 ")


def test_a_finished_lesson_is_reviewed_from_memory(tmp_path: Path) -> None:
    """Starting a finished lesson asks its pool without the prose; :g still goes to a step."""
    finished(tmp_path, "2.1")
    with Terminal("2.1", home=tmp_path) as terminal:
        terminal.wait_for("You have finished 2.1 The request–response cycle.")
        terminal.wait_for("From memory 1 of 5")
        terminal.type(":g 2.1.3")
        terminal.wait_for("2.1.3 What stands in the request line step 3 of")


def test_a_finished_course_asks_one_question_a_lesson_and_says_so(tmp_path: Path) -> None:
    """The last step of the last lesson leads to one question a lesson and the course in numbers."""
    finished(tmp_path, *(outline.number for outline in OUTLINES))
    last = OUTLINES[-1].main_steps[-1]
    with Terminal(last.number, home=tmp_path) as terminal:
        for _turn in range(80):
            found = terminal.wait_for_either(
                "You have finished the course.",
                "From memory 1 of",
                "Enter: send ▸",
                "Enter: go on ▸",
                "a–b ▸",
                "a–c ▸",
                "a–d ▸",
                "a–e ▸",
                "such as ab ▸",
                "in order ▸",
                "number ▸",
                "text ▸",
                "request ▸",
            )
            if found.startswith("You have"):
                break
            if found.startswith("From memory"):
                assert f"From memory 1 of {len(OUTLINES)}" in terminal.transcript
            terminal.type("" if found.startswith(("Enter", "From")) else ":a" if _turn % 2 else ":f")
        else:
            raise AssertionError("the course did not end")
        terminal.wait_for("exchanges bytes")
        terminal.wait_for(f"{len(OUTLINES)} lessons")
        terminal.wait_for("Enter: leave ▸")
        terminal.type("")
        assert terminal.ended() == 0


def test_a_finished_course_says_so_again_and_leaves_the_rest_open(tmp_path: Path) -> None:
    """Started with everything done, it shows the course in numbers, and asks only who presses Enter."""
    finished(tmp_path, *(outline.number for outline in OUTLINES))
    with Terminal(home=tmp_path) as terminal:
        terminal.wait_for("You have finished the course.")
        terminal.wait_for(f"{len(OUTLINES)} lessons {STEPS} steps")
        terminal.wait_for("days you were here 1")
        terminal.wait_for("Enter: one question a lesson, from memory ▸")
        terminal.type(":m")
        terminal.wait_for(f"{STEPS} of {STEPS}")
        terminal.wait_for("Enter: one question a lesson, from memory ▸")
        terminal.type("")
        terminal.wait_for(f"From memory 1 of {len(OUTLINES)}")
        terminal.type("")
        terminal.wait_for("Your progress is kept.")
        assert terminal.ended() == 0


def test_from_a_finished_course_a_step_is_still_a_command_away(tmp_path: Path) -> None:
    """At the course's numbers `:g` goes to a step, and `:n` leaves."""
    finished(tmp_path, *(outline.number for outline in OUTLINES))
    with Terminal(home=tmp_path) as terminal:
        terminal.wait_for("Enter: one question a lesson, from memory ▸")
        terminal.type(":g 2.1.3")
        terminal.wait_for("2.1.3 What stands in the request line step 3 of")
    with Terminal(home=tmp_path) as terminal:
        terminal.wait_for("Enter: one question a lesson, from memory ▸")
        terminal.type(":n")
        assert terminal.ended() == 0


def test_the_last_page_asks_two_questions_from_memory_and_counts_what_crossed(tmp_path: Path) -> None:
    """Between takeaways and numbers stand two questions; the numbers hold what was fired."""
    finished(tmp_path, "2.1")
    # The lesson's last step is an exercise; the one before it fires a request.
    before_last, last = OUTLINES[0].main_steps[-2:]
    lesson = open_pack().load("2.1").lesson
    assert lesson is not None
    (exercise,) = next(step for step in lesson.steps if step.id == last.id).exercises
    work = tmp_path / "work"
    with Terminal(before_last.number, "--work", str(work), home=tmp_path) as terminal:
        reach(terminal, "Enter: run ▸")
        solution = lesson.files_of(exercise.id).solution.text
        (work / f"{exercise.id}.py").write_text(solution, "utf-8")
        reach(terminal, "You have finished 2.1")
        terminal.wait_for("Enter: go on ▸")
        terminal.type("")
        reach(terminal, "Two questions from memory. Enter passes them.")
        terminal.wait_for("From memory 1 of 2")
        terminal.wait_for("text ▸")
        terminal.type("/a?x=1")
        terminal.wait_for("Yes: /a?x=1.")
        terminal.wait_for("Enter: go on ▸")
        terminal.type("")
        terminal.wait_for("From memory 2 of 2")
        reach(terminal, "2.1 The request–response cycle in numbers:", answer=":n")
        numbers = terminal.wait_for("To try next:")
        terminal.press("\x04")
    fired = len(re.findall(r"^→ Request$", terminal.transcript, re.MULTILINE))
    with Progress(tmp_path) as progress:
        kept = progress.traffic(OUTLINES[0].id)
    assert kept.exchanges >= fired > 0
    assert re.search(rf"  exchanges fired +{kept.exchanges}\b", numbers)
    assert re.search(rf"  bytes read +{kept.total_bytes:,}\b", numbers)
    assert re.search(rf"  The course  2\.1 .* 12 of {STEPS}\n", numbers)


def reach(terminal: Terminal, words: str, answer: str = ":a") -> None:
    """Enter where that goes on, and that answer where a question stands, until the words are there."""
    questions = ("a–c ▸", "a–d ▸", "a–e ▸", "in order ▸", "such as ab ▸", "number ▸", "text ▸", "request ▸")
    for _turn in range(20):
        found = terminal.wait_for_either(words, "Enter: send ▸", "Enter: go on ▸", *questions)
        if found == words:
            return
        terminal.type("" if found.startswith("Enter") else answer)
    raise AssertionError(f"{words} did not come")
