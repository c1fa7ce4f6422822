"""Folders of lesson files: what counts as a lesson, and how one is found."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.course.samples import FULL, MINIMAL, replaced
from tutor.course.files import LARGEST_FILE_BYTES
from tutor.course.pack import MOST_FILES, open_pack
from tutor.course.parse import CourseError
from tutor.errors import UsageError


def _numbered(number: str, text: str = MINIMAL) -> str:
    old = 'number = "2.1"' if 'number = "2.1"' in text else 'number = "2.3"'
    name = number.replace(".", "-")
    return replaced((old, f'number = "{number}"'), text=text).replace(
        'id = "one-exchange"', f'id = "lesson-{name}"'
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pack of 2.1, 2.2 and 2.3, whose files are not in the lessons' order."""
    (tmp_path / "a.md").write_text(FULL, "utf-8")
    (tmp_path / "b.md").write_text(_numbered("2.2"), "utf-8")
    (tmp_path / "c.md").write_text(MINIMAL, "utf-8")
    (tmp_path / "README.md").write_text("# A pack\n\n````\n```lesson\n```\n````\n", "utf-8")
    return tmp_path


def test_outlines_are_sorted_by_number(folder: Path) -> None:
    """Lessons come in the order of their numbers, whatever their files are called."""
    assert [outline.number for outline in open_pack(folder).outlines()] == ["2.1", "2.2", "2.3"]
    (folder / "0.md").write_text(_numbered("2.10"), "utf-8")
    assert [outline.number for outline in open_pack(folder).outlines()] == ["2.1", "2.2", "2.3", "2.10"]


def test_files_without_a_lesson_block_are_ignored(folder: Path) -> None:
    """Markdown without a `lesson` block of its own, hidden files and subfolders are no lessons."""
    (folder / "notes.md").write_text("# Notes\n\n````markdown\n```lesson\nformat = 1\n```\n````\n", "utf-8")
    (folder / ".hidden.md").write_text(MINIMAL, "utf-8")
    (folder / "zh-CN").mkdir()
    (folder / "zh-CN" / "c.md").write_text(MINIMAL, "utf-8")
    assert [path.name for path in open_pack(folder).files] == ["a.md", "b.md", "c.md"]


def test_numbered_file_without_its_block_is_reported(folder: Path) -> None:
    """A file that is named as a lesson and has lost its `lesson` block is a fault, not overlooked."""
    (folder / "2.4-lost.md").write_text(MINIMAL.replace("```lesson", "```toml"), "utf-8")
    parsed = {each.faults[0].message for each in open_pack(folder).load_all() if each.faults}
    assert any("`lesson` block" in message for message in parsed)


@pytest.mark.parametrize(
    ("name", "lesson", "step"),
    [
        ("2.1", "one-exchange", None),
        ("one-exchange", "one-exchange", None),
        (" 2.3 ", "everything", None),
        ("2.3.2", "everything", "read-then"),
        ("2.3.2b", "everything", "deeper-two"),
        ("2.3.2B", "everything", "deeper-two"),
        ("２．３．２ａ", "everything", "deeper-one"),
        ("2。3。1", "everything", "look-first"),
    ],
)
def test_find(folder: Path, name: str, lesson: str, step: str | None) -> None:
    """A lesson is found by number or id, a step by number, however the digits and points are typed."""
    address = open_pack(folder).find(name)
    assert address.lesson.id == lesson
    assert (address.step.id if address.step else None) == step


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("2.9", "There is no lesson 2.9. The nearest are 2.2 and 2.3."),
        ("2.9.1", "There is no lesson 2.9. The nearest are 2.2 and 2.3."),
        ("1.1", "There is no lesson 1.1. The nearest are 2.1 and 2.2."),
        ("2.3.9", "There is no step 2.3.9. The nearest are 2.3.2 and 2.3.3."),
        ("2.3.2c", "There is no step 2.3.2c. The nearest are 2.3.2a and 2.3.2b."),
        ("2.1.4", "There is no step 2.1.4. The nearest is 2.1.1."),
        ("one-exchnge", "There is no lesson one-exchnge. The nearest is one-exchange."),
        ("2", "There is no lesson 2. The nearest are 2.1 and 2.2."),
    ],
)
def test_find_names_the_nearest(folder: Path, name: str, message: str) -> None:
    """A number that is none is told with the nearest ones that are."""
    with pytest.raises(UsageError) as caught:
        open_pack(folder).find(name)
    assert str(caught.value) == message


def test_load(folder: Path) -> None:
    """One lesson is loaded by number or id, with its file's path."""
    pack = open_pack(folder)
    for name in ("2.3", "everything"):
        lesson = pack.load(name).lesson
        assert lesson is not None
        assert (lesson.id, lesson.file) == ("everything", str(folder / "a.md"))
    with pytest.raises(UsageError, match=r"no lesson 2\.7"):
        pack.load("2.7")


def test_paths_are_told_from_the_working_directory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report names a file as an editor started in the working directory would."""
    monkeypatch.chdir(folder.parent)
    assert open_pack(folder).outlines()[0].file == f"{folder.name}/c.md"


def test_ids_and_numbers_given_twice(folder: Path) -> None:
    """Two lessons with one id or one number are faults of the second file, where it says so."""
    (folder / "d.md").write_text(MINIMAL, "utf-8")
    parsed = open_pack(folder).load_all()
    assert [each.lesson is None for each in parsed] == [False, False, False, True]
    assert [(fault.line, fault.column) for fault in parsed[3].faults] == [(5, 6), (6, 10)]
    assert "`one-exchange` is taken by" in parsed[3].faults[0].message
    assert "`2.1` is taken by" in parsed[3].faults[1].message


def test_every_file_is_read(folder: Path) -> None:
    """A broken file hides the faults of no other."""
    (folder / "a.md").write_bytes(FULL.encode().replace(b"Prose with", b"Prose \xff with"))
    (folder / "b.md").write_text(_numbered("2.2").replace('answer = "ok"', 'answer = "no"'), "utf-8")
    (folder / "big.md").write_text(_numbered("2.4") + "x" * LARGEST_FILE_BYTES, "utf-8")
    faults = [fault for parsed in open_pack(folder).load_all() for fault in parsed.faults]
    assert [Path(fault.file).name for fault in faults] == ["a.md", "b.md", "big.md"]
    assert "UTF-8" in faults[0].message
    assert faults[0].column == len("Prose ") + 1
    assert str(LARGEST_FILE_BYTES) in faults[2].message


def test_unreadable_file_stops_the_list(folder: Path) -> None:
    """A list cannot be made of a pack with a broken head, and the error names the file."""
    (folder / "b.md").write_bytes(_numbered("2.2").encode() + b"\xff")
    with pytest.raises(CourseError, match=r"b\.md:\d+:1: .*UTF-8"):
        open_pack(folder).outlines()


def test_link_out_of_the_folder(folder: Path) -> None:
    """A link to a file elsewhere is a fault; a link inside the folder is read."""
    outside = folder.parent / "outside.md"
    outside.write_text(_numbered("2.4"), "utf-8")
    (folder / "d.md").symlink_to(outside)
    (folder / "README.md").unlink()
    (folder / "README.md").symlink_to(outside)
    last = open_pack(folder).load_all()[-1]
    assert "leads out of the folder" in last.faults[0].message
    (folder / "d.md").unlink()
    (folder / "lesson.txt").write_text(_numbered("2.4"), "utf-8")
    (folder / "d.md").symlink_to("lesson.txt")
    assert open_pack(folder).find("2.4").lesson.id == "lesson-2-4"


def test_folder_that_is_no_pack(folder: Path, tmp_path: Path) -> None:
    """A folder that is missing, empty of lessons or full of Markdown is refused, and says why."""
    with pytest.raises(UsageError, match=r"nowhere cannot be read: No such file"):
        open_pack(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="cannot be read"):
        open_pack(folder / "a.md")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(UsageError, match="`lesson` block"):
        open_pack(empty)
    for number in range(MOST_FILES + 1):
        (empty / f"{number}.md").write_text("")
    with pytest.raises(UsageError, match=f"{MOST_FILES + 1} Markdown files.*{MOST_FILES}"):
        open_pack(empty)


def test_bundled_lessons() -> None:
    """The bundled pack is there and every lesson of it is free of faults."""
    parsed = open_pack().load_all()
    assert parsed
    assert [str(fault) for each in parsed for fault in each.faults] == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes on this platform")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A link to a pipe inside the folder is a fault, where reading it would wait for ever."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "2.1-pipe.md").symlink_to(tmp_path / "pipe")
    [parsed] = open_pack(tmp_path).load_all()
    assert "no plain file" in parsed.faults[0].message
