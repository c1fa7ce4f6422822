"""Each bundled lesson, taken from its first screen to its last in a pseudo-terminal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.terminal import Terminal
from tutor.course.model import Lesson, Question, QuestionKind, Step
from tutor.course.pack import open_pack
from tutor.course.shuffle import shown_order
from tutor.learner.progress import Progress, standing

# A whole lesson waits for some hundred drawings and every exchange: on a busy machine that is two minutes.
pytestmark = pytest.mark.timeout(360)

LETTERS = "abcdef"
LESSONS = [outline.number for outline in open_pack().outlines()]


def lesson_of(number: str) -> Lesson:
    lesson = open_pack().load(number).lesson
    assert lesson is not None
    return lesson


class Learner:
    """Takes a lesson: answers each question right, or wrong first."""

    def __init__(self, terminal: Terminal, lesson: Lesson, home: Path, *, errs: bool) -> None:
        self.terminal = terminal
        self.lesson = lesson
        self.errs = errs
        self.work = home / "work"
        with Progress(home) as progress:
            self.seed = progress.shuffle_seed()

    def take(self) -> None:
        """Play every main step."""
        for step in self.lesson.main_steps:
            self._enter_until(f"{step.number} {step.title} step")
            for question in self._asked(step):
                self._reach(question)
                if question.kind is QuestionKind.EXERCISE:
                    self._save(question)
                    continue
                if self.errs:
                    self._give(question, self._wrong(step, question))
                    if question.prediction:
                        continue
                    self._reach(question)
                self._give(question, self._right(step, question))
            self._enter_until("In short:")
        self._enter_until(f"You have finished {self.lesson.number}")

    @staticmethod
    def _asked(step: Step) -> list[Question]:
        """The questions in the order in which they are asked: a prediction before its exchange."""
        asked: list[Question] = []
        for block in step.blocks:
            if isinstance(block, Question) and not block.prediction:
                asked.append(block)
            asked += [
                question
                for question in step.questions
                if question.prediction
                and question.exchange == getattr(block, "id", "")
                and block is not question
            ]
        return asked

    def _give(self, question: Question, answer: str) -> None:
        """Answer at the prompt, or in the editor; what only the live exchange could fill in is asked for."""
        [host, *_others] = re.findall(r"127\.0\.0\.1:[0-9]+", self.terminal.transcript)
        answer = answer.replace("{{host}}", host)
        if "{{" in answer:
            self.terminal.type(":a")
        elif question.start:
            self.terminal.type("")
            self.terminal.wait_for("Ctrl-D send")
            # Backspace as often as it takes, and then a paste; what was typed last may stand there.
            typed = max(len(question.start), *(len(text) for each in question.wrong for text in each.answers))
            self.terminal.press("\x7f" * (typed + 40) + f"\x1b[200~{answer}\x1b[201~\x04")
        else:
            self.terminal.type(answer)

    def _reach(self, question: Question) -> None:
        endings = {
            QuestionKind.CHOICE: f"a–{LETTERS[len(question.choices) - 1]} ▸",
            QuestionKind.CHOICES: "such as ab ▸",
            QuestionKind.ORDER: "in order ▸",
            QuestionKind.NUMBER: "number ▸",
            QuestionKind.TEXT: "text ▸",
            QuestionKind.REQUEST: "request ▸",
            QuestionKind.EXERCISE: "Enter: run ▸",
        }
        self._enter_until("Enter: edit ▸" if question.start else endings[question.kind])

    def _save(self, exercise: Question) -> None:
        """Save the model solution, or each known mistake first."""
        files = self.lesson.files_of(exercise.id)
        mine = self.work / f"{exercise.id}.py"
        for (_key, file), mistake in zip(files.wrong, exercise.wrong, strict=True):
            if self.errs:
                mine.write_text(file.text, "utf-8")
                self.terminal.wait_for(mistake.feedback.replace("`", ""))
                self.terminal.wait_for("Enter: run ▸")
        mine.write_text(files.solution.text, "utf-8")
        self.terminal.wait_for("Yes. " + exercise.explain.replace("`", ""))

    def _enter_until(self, words: str) -> None:
        """Press Enter at every prompt that only wants Enter, until the words are there."""
        for _turn in range(12):
            found = self.terminal.wait_for_either(
                words, "Enter: send ▸", "Enter: go on ▸", "Enter: send the rest ▸"
            )
            if found == words:
                return
            self.terminal.type("")
        raise AssertionError(f"{words} did not come")

    def _letters(self, step: Step, question: Question, keys: tuple[str, ...]) -> str:
        shown = shown_order(question, f"{self.seed}/{self.lesson.id}/{step.id}")
        return "".join(LETTERS[shown.index(key)] for key in keys)

    def _right(self, step: Step, question: Question) -> str:
        if question.choices:
            return self._letters(step, question, question.answer)
        return question.answer[0]

    def _wrong(self, step: Step, question: Question) -> str:
        if question.kind is QuestionKind.ORDER:
            return self._letters(step, question, question.answer[::-1])
        if question.choices:
            return self._letters(step, question, (question.wrong[0].key,))
        return next(
            (
                answer
                for wrong in question.wrong
                for answer in wrong.answers
                if "{{" not in answer.replace("{{host}}", "")
            ),
            "GET /nowhere",
        )


@pytest.mark.parametrize("errs", [False, True], ids=["right", "wrong-first"])
@pytest.mark.parametrize("number", LESSONS)
def test_a_lesson_can_be_taken_to_its_end(number: str, errs: bool, tmp_path: Path) -> None:
    """With right answers, and with a wrong one to each question first, every main step ends up done."""
    lesson = lesson_of(number)
    with Terminal(number, "--work", str(tmp_path / "work"), home=tmp_path) as terminal:
        terminal.wait_for(f"{number}.1")
        terminal.rewind()
        Learner(terminal, lesson, tmp_path, errs=errs).take()
        assert "Traceback" not in terminal.transcript
    outline = next(item for item in open_pack().outlines() if item.number == number)
    with Progress(tmp_path) as progress:
        stand = standing(outline, progress.states(outline.id))
    assert stand.finished
    assert stand.helped == 0 or any(
        "{{" in text for step in lesson.steps for q in step.questions for text in q.answer
    )
