"""What the README's pictures show: the real program in a real terminal, played to a point and cut out.

Whatever differs from run to run is made to stay the same where that can be (`_VARIABLES`, a fixed seed for
the order of choices), and otherwise shows one value always (`_SETTLED`): ports, dates, versions, durations, a
cookie's signature. Only the waterfall keeps its numbers, because measuring is what it is about; `compared`
passes over them.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.command import ROOT
from tests.pictures.drawing import svg, text_of
from tests.terminal import Cell, Row, Terminal
from tutor.language import _, in_use, use
from tutor.learner.progress import Progress

LANGUAGES = ("en", "zh-CN")
README = {"en": ROOT / "README.md", "zh-CN": ROOT / "README.zh-CN.md"}
FOLDER = ROOT / "docs" / "pictures"

_VARIABLES = {"PYTHONHASHSEED": "0", "GITHUB_ACTIONS": "", "COLORTERM": ""}
"""The order of a set, such as of Allow; who runs it; how many colours there are."""

_SETTLED = (
    (r"(?<=127\.0\.0\.1:)\d+", "33841"),
    (r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", "Sun, 22 Nov 2026 12:15:00 GMT"),
    (r"python-requests/[\d.]+", "python-requests/2.34.2"),
    (r"Werkzeug/[^\s␍]+ Python/[^\s␍]+", "Werkzeug/3.1.9 Python/3.11.7"),
    (r"(?<=\.)[\w-]{6}\.[\w-]{27}(?=;)", "amGJhA.Wd2Zbw9eHyXkLm3uQ5vTn7RsC1o"),
    (r"\d+\.\d(?= ms| 毫秒| s\b| 秒)", "1.1"),
)

_Play = Callable[[Terminal], None]


@dataclass(frozen=True)
class Scene:
    """One picture.

    Attributes:
        arguments: the command, without its name.
        play: brings the terminal to where the picture is taken.
        first: pattern of the row that it begins with, the first one on the screen that fits. Without it the
            picture is the whole window, less blank rows at its end.
        last: pattern of the row that it ends with, the last one that fits.
        descriptions: what is to be seen, by language; the alternative text.
        measures: its numbers and bars are measurements, and are not compared.
    """

    name: str
    arguments: tuple[str, ...]
    play: _Play
    descriptions: Mapping[str, str]
    columns: int = 80
    rows: int = 24
    first: str = ""
    last: str = ""
    measures: bool = False

    def path(self, language: str) -> Path:
        """Where the picture is kept; English ones stand above the others, as lessons do."""
        folder = FOLDER if language == LANGUAGES[0] else FOLDER / language
        return folder / f"{self.name}.svg"

    def rows_of(self, language: str) -> list[Row]:
        """What a run shows now."""
        spoken = in_use()
        use(language)
        try:
            with tempfile.TemporaryDirectory() as scratch:
                return self._cut(self._shown(Path(scratch), language))
        finally:
            use(spoken)

    def picture(self, rows: Sequence[Row], language: str) -> str:
        """The picture of these rows."""
        return svg(
            rows,
            columns=self.columns,
            title=" ".join(("flask-http-tutor", *self.arguments)),
            description=self.descriptions[language],
            language=language,
        )

    def _shown(self, scratch: Path, language: str) -> list[Row]:
        home = scratch / "home"
        with Progress(home) as progress:
            progress.set_setting("shuffle_seed", "pictures")
        _hand_in(scratch / "homework")
        with Terminal(
            "--lang",
            language,
            *self.arguments,
            home=home,
            columns=self.columns,
            rows=self.rows,
            variables=_VARIABLES,
            cwd=scratch,
        ) as terminal:
            self.play(terminal)
            return [settled(row) for row in terminal.cells]

    def _cut(self, rows: list[Row]) -> list[Row]:
        texts = [text_of(row) for row in rows]
        if self.first:
            begin = [place for place, text in enumerate(texts) if re.search(self.first, text)][:1]
            end = [place for place, text in enumerate(texts) if re.search(self.last, text)][-1:]
            seen = "\n".join(texts)
            assert begin, f"{self.name}: {self.first!r} is not on the screen:\n{seen}"
            assert end, f"{self.name}: {self.last!r} is not on the screen:\n{seen}"
            return rows[begin[0] : end[0] + 1]
        while texts and not texts[-1]:
            texts.pop()
        return rows[: len(texts)]


def settled(row: Row) -> Row:
    """The row with the values that every picture has."""
    cells = list(row)
    for pattern, value in _SETTLED:
        # Each cell's place in the text: a cell may hold a letter and its accents.
        places = [place for place, cell in enumerate(cells) for _each in cell.text]
        for found in reversed(list(re.finditer(pattern, "".join(cell.text for cell in cells)))):
            begin, end = places[found.start()], places[found.end() - 1] + 1
            cells[begin:end] = [_like(cells[begin], text) for text in value]
    return tuple(cells)


def _like(cell: Cell, text: str) -> Cell:
    return replace(cell, text=text)


def with_transcript(page: str, rows: Sequence[Row]) -> str:
    """The page with the rows as text in the block behind its mark."""
    text = "\n".join(map(text_of, rows))
    page, count = re.subn(
        r"(?<=^<!-- wrong-answer -->\n```\n).*?(?=^```$)",
        lambda _block: text + "\n",
        page,
        flags=re.MULTILINE | re.DOTALL,
    )
    assert count == 1, "the page has no block behind <!-- wrong-answer -->"
    return page


def compared(texts: Iterable[str], scene: Scene) -> list[str]:
    """The texts of a picture without what it measured."""
    if not scene.measures:
        return list(texts)
    return [re.sub(r"[─●\s]+", " ", re.sub(r"\d[\d,.]*", "#", text)).strip() for text in texts]


def _hand_in(homework: Path) -> None:
    """A learner's two files: one passes, one answers without its comma."""
    homework.mkdir(parents=True)
    files = ROOT / "lessons" / "exercises"
    shutil.copy(files / "read-and-write" / "solution.py", homework / "read-and-write.py")
    shutil.copy(files / "thirteen-bytes" / "wrong-no-comma.py", homework / "thirteen-bytes.py")


def _first_screen(terminal: Terminal) -> None:
    terminal.wait_for(_("Enter: send ▸"))
    terminal.wait_for_screen(":q")


def _wrong_answer(terminal: Terminal) -> None:
    terminal.wait_for(_("Enter: send ▸"))
    terminal.type("")
    terminal.wait_for("a–e ▸")
    terminal.type("403")
    terminal.wait_for(_("Enter: go on ▸"))


def _exchange(terminal: Terminal) -> None:
    terminal.wait_for("a–f")
    terminal.wait_for_screen(":f")
    terminal.type(":f")
    terminal.wait_for("a–c ▸")


def _waterfall(terminal: Terminal) -> None:
    terminal.wait_for("a–d ▸")
    terminal.type("a")
    terminal.wait_for(_("number ▸"))
    terminal.type("10")
    # Long polling; server-sent events, and a WebSocket, each with a prompt behind its stream.
    for label in (
        _("Enter: send ▸"),
        _("Enter: send ▸"),
        _("Enter: go on ▸"),
        _("Enter: send ▸"),
        _("Enter: go on ▸"),
    ):
        terminal.wait_for(label)
        terminal.type("")
    terminal.wait_for("●")
    terminal.wait_for_screen(":h")


def _check(terminal: Terminal) -> None:
    assert terminal.ended() == 1


SCENES: Sequence[Scene] = (
    Scene(
        "first-screen",
        (),
        _first_screen,
        {
            "en": "The first screen: a welcome, the first step of lesson 2.1 with the view that will answer, "
            "and a prompt where Enter sends GET /hello.",
            "zh-CN": "第一屏：欢迎语，2.1 课的第一步和将要回答的视图，提示符处按回车就发送 GET /hello。",
        },
    ),
    Scene(
        "wrong-answer",
        ("2.1.8",),
        _wrong_answer,
        {
            "en": "A wrong guess: asked which status code POST /hello brings, the learner types 403. "
            "The real request and its 405 response follow, then why it is not 403.",
            "zh-CN": "猜错一次：问 POST /hello 返回哪个状态码，学习者输入 403。"
            "接着是真实的请求和 405 响应，再说为什么不是 403。",
        },
        rows=60,
        first=r"/nope\b.*/hello",
        last=r"Allow (lists|列出)",
    ),
    Scene(
        "exchange",
        ("2.4.2", "--full"),
        _exchange,
        {
            "en": "An exchange and Flask's side of it: the request, the response that sets a session cookie, "
            "then every hook, the view, the session and both contexts in order.",
            "zh-CN": "一次往返和 Flask 这一侧：请求，设置会话 Cookie 的响应，"
            "然后依次是每个钩子、视图、会话和两个上下文。",
        },
        columns=92,
        rows=70,
        first="^→ ",
        last=r"^  200(，| ).*",
    ),
    Scene(
        "waterfall",
        ("2.5.12",),
        _waterfall,
        {
            "en": "Ten events by polling, long polling, server-sent events and WebSocket: requests, bytes "
            "and mean delay of each way in a table, and under it when each event arrived.",
            "zh-CN": "十个事件分别用轮询、长轮询、服务器发送事件和 WebSocket 传送："
            "表里是各自的请求数、字节数和平均延迟，表下是每个事件何时到达。",
        },
        rows=90,
        first=r"^ {14}",
        last="●",
        measures=True,
    ),
    Scene(
        "check",
        ("check", "--exercises", "homework", "2.1"),
        _check,
        {
            "en": "A learner's exercise files graded without a terminal: three requests pass, one fails, "
            "with its file, what was expected, what came, and why.",
            "zh-CN": "不用终端批改学习者的练习文件：三个请求通过，一个失败，并指出文件、期望、实际和原因。",
        },
        columns=92,
        rows=40,
    ),
)

[TOLD] = (scene for scene in SCENES if scene.name == "wrong-answer")
"""The one that the README tells as text too."""
