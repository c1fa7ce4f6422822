"""Files that no editor of ours would write: each is told in one line, at its place, and ends nothing else."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.command import Outcome, flask_http_tutor
from tests.course.samples import MINIMAL, replaced
from tutor.course.files import LARGEST_FILE_BYTES
from tutor.course.model import Fault
from tutor.course.pack import open_pack
from tutor.course.parse import CourseError
from tutor.errors import ExitCode

NAME = "2.1-lesson.md"
LINKS = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")


def written(data: bytes | str) -> Callable[[Path], None]:
    """Writes the lesson's file."""
    octets = data.encode() if isinstance(data, str) else data

    def make(folder: Path) -> None:
        (folder / NAME).write_bytes(octets)

    return make


def request_for(target: str) -> Callable[[Path], None]:
    return written(replaced(("GET /hello?name=Grey", f"GET {target}")))


def linked(**links: str) -> Callable[[Path], None]:
    """Writes a good lesson, and links beside it, by name and target."""

    def make(folder: Path) -> None:
        written(MINIMAL)(folder)
        for name, target in links.items():
            (folder / f"{name}.md").symlink_to(target)

    return make


def circle(folder: Path) -> None:
    """Two links that lead to each other."""
    (folder / NAME).symlink_to("2.2.md")
    (folder / "2.2.md").symlink_to(NAME)


def in_steps(count: int) -> str:
    return MINIMAL + "".join(f"## S{{#s{number}}}\n" for number in range(count))


CIRCULAR = """
```http {#one}
GET /{{two.response.status}} HTTP/1.1
```

```http {#two}
GET /{{one.response.status}} HTTP/1.1
```
"""

BROKEN: dict[str, tuple[Callable[[Path], None], int, str]] = {
    "latin-1": (written(MINIMAL.encode().replace(b"prose", b"pros\xe9")), 10, "not UTF-8"),
    "utf-16": (written(MINIMAL.encode("utf-16")), 1, "not UTF-8"),
    "binary": (written(bytes(range(256))), 2, "not UTF-8"),
    "50-megabytes": (written(MINIMAL.encode() + b"x" * 50_000_000), 1, str(LARGEST_FILE_BYTES)),
    "nul-in-toml": (written(replaced(('"200 OK"', '"200\0"'))), 31, r"Illegal character '\x00'"),
    "no-toml": (written(replaced(("format = 1", "format = = 1"))), 4, "no TOML"),
    "deep-toml": (written(replaced(("minutes = 5", f"minutes = {'[' * 9000}"))), 7, "nests deeper"),
    "other-format": (written(replaced(("format = 1", "format = 2"))), 4, "lesson format 1"),
    "foreign-host": (request_for("http://evil.example/hello"), 17, "not the sandbox"),
    "foreign-port": (request_for("http://127.0.0.1@evil.example:80/"), 17, "not the sandbox"),
    "user-info": (request_for("@evil.example/"), 17, "begins with a slash"),
    "path-as-app": (written(replaced(("{#hello}", "{#hello app=../../secret}"))), 16, "is no name"),
    "path-as-jar": (written(replaced(("{#hello}", "{#hello jar=../../secret}"))), 16, "is no name"),
    "path-as-section": (written(replaced(("minutes = 5", 'minutes = 5\nsection = "../2.1"'))), 8, "section"),
    "path-as-step": (written(replaced(("{#hello-step}", "{#../step}"))), 12, "is no id"),
    "live-values-in-a-circle": (
        written(replaced(("\n> A request", CIRCULAR + "\n> A request"))),
        42,
        "No exchange `two` stands before",
    ),
}
LINKED: dict[str, tuple[Callable[[Path], None], int, str]] = {
    "circle": (circle, 1, "symbolic links"),
    "link-to-itself": (linked(**{"2.2": "2.2.md"}), 1, "symbolic links"),
    "link-to-nowhere": (linked(**{"2.2": "nowhere"}), 1, "No such file"),
    "link-to-the-folder": (linked(**{"2.2": "."}), 1, "no plain file"),
    "link-to-a-secret": (linked(**{"2.2": "/etc/passwd"}), 1, "leads out of the folder"),
    "link-above": (linked(**{"2.2": "../outside.md"}), 1, "leads out of the folder"),
}


def one_fault(folder: Path) -> Fault:
    """The only fault that stops the pack from loading."""
    found = [fault for each in open_pack(folder).load_all() for fault in each.faults if fault.blocks_loading]
    assert len(found) >= 1
    return found[0]


def pack_of(make: Callable[[Path], None], tmp_path: Path) -> Path:
    (tmp_path / "outside.md").write_text(MINIMAL, "utf-8")
    folder = tmp_path / "pack"
    folder.mkdir()
    make(folder)
    return folder


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_a_fault_with_a_line(name: str, tmp_path: Path) -> None:
    """The fault stands at its line and says what is wrong."""
    make, line, words = BROKEN[name]
    fault = one_fault(pack_of(make, tmp_path))
    assert (fault.line, words in fault.message) == (line, True), str(fault)


@LINKS
@pytest.mark.parametrize("name", LINKED)
def test_a_link_that_is_no_lesson_is_a_fault(name: str, tmp_path: Path) -> None:
    """A link that leads in a circle, nowhere or out of the folder is a fault, and nothing is read."""
    make, line, words = LINKED[name]
    fault = one_fault(pack_of(make, tmp_path))
    assert (fault.line, words in fault.message) == (line, True), str(fault)
    assert "root:" not in fault.message


@LINKS
@pytest.mark.parametrize("name", LINKED)
def test_a_list_of_such_links_is_one_error(name: str, tmp_path: Path) -> None:
    """`list` cannot go on without the file, and its error names file and line."""
    with pytest.raises(CourseError, match=r"\.md:1:1: "):
        open_pack(pack_of(LINKED[name][0], tmp_path)).outlines()


@LINKS
@pytest.mark.parametrize("target", ["zh-CN", "/", "../elsewhere"])
def test_a_folder_of_translations_cannot_lead_elsewhere(target: str, tmp_path: Path) -> None:
    """A translation behind a link that leads out of the pack, or in a circle, is not read."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / NAME).write_text(MINIMAL, "utf-8")
    folder = pack_of(written(MINIMAL), tmp_path)
    (folder / "zh-CN").symlink_to(target)
    (parsed,) = open_pack(folder).load_all()
    for translation in parsed.translations:
        assert translation.lesson.title == "One exchange"
        assert "leads out of the folder" in translation.faults[0].message or target == "/"


@pytest.mark.parametrize(
    "octets",
    [
        MINIMAL.encode("utf-8-sig"),
        MINIMAL.encode().replace(b"\n", b"\r\n"),
        MINIMAL.encode().replace(b"\n", b"\r"),
        MINIMAL.encode().replace(b"Opening", b"Op\0ening"),
        MINIMAL.encode().replace(b"Opening prose.", b"> " * 5000 + b"deep"),
    ],
    ids=["byte-order-mark", "crlf", "cr", "nul-in-prose", "deep-quotes"],
)
def test_what_other_editors_write_is_read(octets: bytes, tmp_path: Path) -> None:
    """A byte order mark, other line ends, a NUL and deep nesting in prose are no faults."""
    (parsed,) = open_pack(pack_of(written(octets), tmp_path)).load_all()
    assert parsed.lesson is not None
    assert parsed.lesson.steps[0].id == "hello-step"


def test_a_hundred_thousand_steps_are_one_fault(tmp_path: Path) -> None:
    """Too many steps are told at the first that is one too many; those behind it are not read."""
    folder = pack_of(written(in_steps(60_000)), tmp_path)
    (parsed,) = open_pack(folder).load_all()
    (fault,) = [fault for fault in parsed.faults if "200 at most" in fault.message]
    assert parsed.lesson is None
    assert max(fault.line for fault in parsed.faults) == fault.line


def test_a_file_of_nothing_but_faults_is_cut_short() -> None:
    """Behind a thousand faults one more says that there are others."""
    from tutor.course.parse import parse_lesson

    faults = parse_lesson("a\n=\n" * 3000, "f.md").faults
    assert len(faults) == 1001
    assert any("more faults than are told" in fault.message for fault in faults)


def test_twins_are_told(tmp_path: Path) -> None:
    """Of two files that are the same lesson, the second is at fault, for its id and its number."""
    folder = pack_of(written(MINIMAL), tmp_path)
    (folder / "2.2-twin.md").write_text(MINIMAL, "utf-8")
    second = open_pack(folder).load_all()[1]
    assert [fault.line for fault in second.faults] == [5, 6]


def _is_one_line(outcome: Outcome) -> bool:
    return outcome.out == "" and outcome.err.startswith("flask-http-tutor: ") and outcome.err.count("\n") == 1


@LINKS
def test_commands_tell_a_circle_in_one_line_and_leave_nothing(tmp_path: Path) -> None:
    """`list`, a lesson, `check` and `send` end with 2; no temporary file, no progress, no process is left."""
    folder = str(pack_of(circle, tmp_path))
    left = tmp_path / "tmp"
    left.mkdir()
    home = tmp_path / "home"
    for words in (["list"], ["2.1"], ["notes"], ["translate", "begin", "2.1"]):
        outcome = flask_http_tutor(*words, "--pack", folder, home=home, TMPDIR=str(left))
        assert outcome.code == ExitCode.USAGE, words
        assert _is_one_line(outcome), outcome
    outcome = flask_http_tutor("check", folder, home=home, TMPDIR=str(left))
    assert outcome.code == ExitCode.USAGE
    assert outcome.err == ""
    assert f"{NAME}:1" in outcome.out
    assert list(left.iterdir()) == []
    assert not home.exists()


@LINKS
@pytest.mark.parametrize("command", [["check", "2.1.1", "--output"], ["notes", "2.1", "--html"]])
def test_nothing_is_written_to_a_circle(command: list[str], tmp_path: Path) -> None:
    """A report or a notebook whose file is a link to itself is refused before anything is fired."""
    link = tmp_path / "out.json"
    link.symlink_to(link)
    outcome = flask_http_tutor(*command, str(link), home=tmp_path / "home")
    assert outcome.code == ExitCode.USAGE
    assert _is_one_line(outcome), outcome
    assert link.is_symlink()
