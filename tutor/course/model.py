"""What a lesson is, as plain values. `docs/lesson-format.md` says how each is written in a lesson file.

Every value that comes from a place in a file carries its line, counted from 1, for reports.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeGuard

from msgspec import Struct

from tutor.course.contents import Part


class Expectation(Struct, frozen=True):
    """One claim about an exchange: the live value at `path`, matched by `operator` against `value`.

    `path` is what follows the exchange's id in a live path: `("response", "headers", "Allow")`.
    """

    path: tuple[str, ...]
    operator: Operator
    value: Any
    exchange: str = ""
    """The exchange's id where the claim names one; else the subject of the block or question."""
    line: int = 0


class Operator(StrEnum):
    """How a live value is matched."""

    EQUALS = "equals"
    ONE_OF = "one_of"
    SET = "set"
    """The live value, a list or a comma-separated field value, has exactly these members, in any order."""
    CONTAINS = "contains"
    STARTS = "starts"
    MATCHES = "matches"
    """A regular expression, searched."""
    NOT = "not"
    MIN = "min"
    MAX = "max"
    PRESENT = "present"
    """True: there is such a value. False: there is none."""


class Until(Struct, frozen=True):
    """Limits of a stream; what comes first ends it. None: no such limit."""

    events: int | None = None
    body_bytes: int | None = None
    ms: int | None = None


class Prose(Struct, frozen=True):
    """Markdown between blocks, as it stands; code fences that are none of ours included."""

    markdown: str
    line: int


class Source(Struct, frozen=True):
    """Code of the sandbox to show as it runs."""

    kind: str
    """`view` (by endpoint), `hook` (by function name) or `template` (by file name)."""
    names: tuple[str, ...]
    lines: tuple[int, int] | None = None
    """First and last line of the code to show, counted from 1; None shows all."""
    line: int = 0
    app: str = ""
    """The configuration of the sandbox to look in."""


class HttpBlock(Struct, frozen=True):
    """A request to fire. `text` may hold `{{live values}}`; `tutor.grading.live.insert` fills them in."""

    id: str
    text: str
    raw: bool = False
    """Sent through a plain socket as the bytes that `text` spells."""
    follow: bool = False
    jar: str = ""
    """Exchanges of a step that name the same jar share its cookies; without a name nothing is kept."""
    app: str = ""
    with_id: str = ""
    after_ms: int = 0
    """With `with_id`: starts that long after the other one started."""
    until: Until = Until()
    compare: str = ""
    """The id of the exchange that is set beside it; its own: its first hop beside its last."""
    diagram: bool = False
    """A sequence diagram of the step's exchanges so far stands behind it."""
    expectations: tuple[Expectation, ...] = ()
    line: int = 0
    expect_line: int = 0
    """The line of the `expect` block; 0 where there is none."""
    of: str = ""
    """The exercise that this is a probe of: it is fired at the learner's app, not at the sandbox."""
    points: int = 1
    """Of a probe: what it is worth."""


class Frame(Struct, frozen=True):
    """A WebSocket frame to send, or to expect."""

    send: bool
    opcode: str
    """`text`, `binary`, `ping`, `pong` or `close`."""
    data: str = ""
    """The payload as text; of a close frame its code and reason. To expect: empty for any payload."""
    line: int = 0
    raw: bool = False
    """To send: `data` spells bytes to write as they stand, as in a raw `http` block."""


class WebSocketBlock(Struct, frozen=True):
    """A WebSocket connection: the target, and the frames in order. Its texts may hold `{{live values}}`."""

    id: str
    target: str
    frames: tuple[Frame, ...]
    fields: tuple[tuple[str, str], ...] = ()
    app: str = ""
    line: int = 0
    expectations: tuple[Expectation, ...] = ()
    expect_line: int = 0
    """The line of the `expect` block; 0 where there is none."""
    of: str = ""
    """The exercise that this is a probe of: it is fired at the learner's app, not at the sandbox."""
    points: int = 1
    """Of a probe: what it is worth."""


class QuestionKind(StrEnum):
    CHOICE = "choice"
    CHOICES = "choices"
    TEXT = "text"
    NUMBER = "number"
    ORDER = "order"
    REQUEST = "request"
    EXERCISE = "exercise"


class WrongAnswer(Struct, frozen=True):
    """An answer known to be wrong, with the misconception behind it."""

    key: str
    answers: tuple[str, ...]
    """Spellings of it; for a choice, empty: the key is the choice's own."""
    feedback: str
    line: int
    symptoms: tuple[Expectation, ...] = ()
    """exercise: what holds of the probes where this mistake was made."""
    error: str = ""
    """exercise: the class of the exception that such a file ends in when it is loaded."""
    raises: str = ""
    """exercise: the class of an exception that its code raises while a probe is answered."""


class Question(Struct, frozen=True):
    """What is asked. Keys, never the translated words, say which answer is right."""

    id: str
    kind: QuestionKind
    prompt: str
    exchange: str
    """The id of the exchange that it is about; empty for an exercise."""
    prediction: bool
    """Asked before the exchange fires: one shot."""
    answer: tuple[str, ...]
    """choice: one key. choices: keys. order: keys in order. text, number: the answer, then other
    spellings of it. request: the model request. exercise: empty, its solution is a file."""
    choices: tuple[tuple[str, str], ...] = ()
    """Key and words, as written; for an order, its items."""
    wrong: tuple[WrongAnswer, ...] = ()
    """For choice and choices: one for each wrong choice."""
    hints: tuple[str, ...] = ()
    explain: str = ""
    """Said with the answer: after a right answer, an off guess, or when the answer is shown."""
    ignore_case: bool = False
    units: tuple[str, ...] = ()
    """number: words that may stand behind the digits."""
    field_name: str = ""
    """text, number: the field whose name may stand in front of its value."""
    expectations: tuple[Expectation, ...] = ()
    """request: the goal."""
    start: str = ""
    """request: a whole message for the editor to begin with; the answers are then messages too. It may hold
    live values."""
    proof: tuple[tuple[str, tuple[Expectation, ...]], ...] = ()
    """choice, choices: for each choice's key, what it claims."""
    proof_paths: tuple[str, ...] = ()
    """text, number: one live path. order: one path to a list, or a path for each place."""
    unproven: str = ""
    """Why no exchange can decide it."""
    repeat: tuple[str, ...] = ()
    """Live paths whose lines are printed again with the question, where the evidence has scrolled away."""
    line: int = 0
    lines: tuple[tuple[str, int], ...] = ()
    """The line of each key of the block, dotted: `("choices.ok", 41)`."""

    def line_of(self, key: str) -> int:
        """The line on which a key stands, or the block's line."""
        return dict(self.lines).get(key, self.line)

    @property
    def text_limit(self) -> int:
        """Longest answer that is read, in characters; longer input is unreadable."""
        return 2000 if self.kind is QuestionKind.REQUEST else 200


ExchangeBlock = HttpBlock | WebSocketBlock
"""What is fired and gives exchanges."""

Block = Prose | Source | HttpBlock | WebSocketBlock | Question


def is_fired(block: Block) -> TypeGuard[ExchangeBlock]:
    """Whether a block is fired at the sandbox: an exchange that is no exercise's probe."""
    return isinstance(block, HttpBlock | WebSocketBlock) and not block.of


class Step(Struct, frozen=True):
    """One idea, with something to do."""

    id: str
    number: str
    """`2.1.3`; a deeper step takes the number before it and a letter: `2.1.3a`. Empty in the recall pool."""
    title: str
    blocks: tuple[Block, ...]
    line: int
    hash: str
    """Changes when anything that a learner would notice changes: texts, requests, keys."""
    deeper: bool = False
    recall: bool = False
    of: str = ""
    """In the recall pool: the id of the step that this is a variant of."""
    part: str = ""
    """The id of the part that this step belongs to; empty in a lesson without parts."""
    was: tuple[str, ...] = ()
    """Earlier ids of this step."""
    whole: bool = False
    """Nothing folds, and line ends are drawn."""
    timeline: bool = False
    """Flask's timeline stands open."""
    waterfall: bool = False
    """Behind its last exchange stands a table of what each way of delivery cost, and when things arrived."""
    stop: bool = False
    """A good place to rest after this step."""
    app: str = ""
    """The configuration of the sandbox, where a block names none."""
    takeaway: str = ""
    """The text of the last block quote, as Markdown."""
    language: str = "en"
    """Of its words; everything else has none."""

    @property
    def exchanges(self) -> tuple[ExchangeBlock, ...]:
        """Everything that is fired at the sandbox, in order."""
        return tuple(block for block in self.blocks if is_fired(block))

    @property
    def requests(self) -> tuple[HttpBlock, ...]:
        """The `http` blocks alone of `exchanges`."""
        return tuple(block for block in self.exchanges if isinstance(block, HttpBlock))

    def probes(self, exercise: str) -> tuple[ExchangeBlock, ...]:
        """What is fired at the learner's app for an exercise of this step, in order."""
        return tuple(
            block
            for block in self.blocks
            if isinstance(block, HttpBlock | WebSocketBlock) and block.of == exercise
        )

    @property
    def exercises(self) -> tuple[Question, ...]:
        return tuple(question for question in self.questions if question.kind is QuestionKind.EXERCISE)

    @property
    def questions(self) -> tuple[Question, ...]:
        return tuple(block for block in self.blocks if isinstance(block, Question))


class CodeFile(Struct, frozen=True):
    """A file of an exercise."""

    file: str
    """The file's path as a report names it."""
    text: str


class ExerciseFiles(Struct, frozen=True):
    """The Python files that belong to an exercise."""

    id: str
    starter: CodeFile
    solution: CodeFile
    wrong: tuple[tuple[str, CodeFile], ...]
    """By the key of the mistake, in the order of the lesson file."""


class Lesson(Struct, frozen=True):
    """One lesson file."""

    id: str
    number: str
    title: str
    minutes: int
    file: str
    """The file's path as a report names it."""
    opening: str
    """Markdown between the lesson block and the first step."""
    steps: tuple[Step, ...]
    """Main and deeper steps in file order; the recall pool is apart."""
    section: str = ""
    """The section of the sandbox that answers."""
    pool: tuple[Step, ...] = ()
    parts: tuple[Part, ...] = ()
    try_next: tuple[str, ...] = ()
    """Commands to try after the lesson, as Markdown, each with a word on what it shows."""
    line: int = 1
    language: str = "en"
    """Of the words of its head; each step has its own."""
    exercise_files: tuple[ExerciseFiles, ...] = ()
    """Of every exercise of the lesson; read by the pack, not from the lesson file."""

    def files_of(self, exercise: str) -> ExerciseFiles:
        """The files of an exercise of this lesson."""
        return next(files for files in self.exercise_files if files.id == exercise)

    def is_spoken(self, language: str) -> bool:
        """Whether any of its words are in a language."""
        steps = (*self.steps, *self.pool)
        return self.language == language or any(step.language == language for step in steps)

    @property
    def main_steps(self) -> tuple[Step, ...]:
        """The steps that count for finishing."""
        return tuple(step for step in self.steps if not step.deeper)


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong in a lesson file; reads `path:line:column: what is wrong, and what would be right`."""

    file: str
    line: int
    column: int
    message: str
    blocks_loading: bool = field(default=True, compare=False)
    """False for a fault that a lesson can be run with."""
    where: str = field(default="", compare=False)
    """`lesson/step/block` ids as far as they are known, for report ids."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"
