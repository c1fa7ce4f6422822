"""The course as a learner's commands open it, with outlines that are kept."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path

import platformdirs
import pytest

from tests.course.samples import MINIMAL
from tutor.course.pack import open_pack
from tutor.environment import Environment
from tutor.learner.course import open_course
from tutor.learner.progress import Progress
from tutor.learner.settings import HOME_VARIABLE, kept_setting, state_folder
from tutor.screen.output import Output


def environment(home: Path, pack: Path | None = None, language: str = "en") -> Environment:
    variables: Mapping[str, str] = {HOME_VARIABLE: str(home)}
    out = Output(io.StringIO(), variables)
    return Environment(out, out, io.StringIO(), variables, language=language, pack=pack)


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A folder with one lesson, whose steps are named once more after a rename."""
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "2.1-one.md").write_text(MINIMAL, "utf-8")
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A learner's folder with progress in it."""
    folder = tmp_path / "home"
    with Progress(folder) as progress:
        progress.set_setting("any", "thing")
    return folder


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_kept_outlines_are_those_that_were_read(home: Path, language: str) -> None:
    """The second start knows of every bundled lesson and step what the first one read, in both languages."""
    read = open_pack().in_language(language)
    for _start in range(2):
        with Progress(home) as progress:
            course = open_course(environment(home, language=language), progress)
        assert course.outlines() == read.outlines()
        assert [course.path_of(each.id) for each in course.outlines()] == [
            read.path_of(each.id) for each in read.outlines()
        ]


def test_a_lesson_that_changed_is_read_again(home: Path, pack: Path) -> None:
    """A file that was edited, added or deleted since is no longer told as it was."""
    env = environment(home, pack)
    with Progress(home) as progress:
        [first] = open_course(env, progress).outlines()
        file = pack / "2.1-one.md"
        file.write_text(MINIMAL.replace("# ", "# Anew: ", 1), "utf-8")
        [second] = open_course(env, progress).outlines()
        assert second.title == f"Anew: {first.title}"
        other = MINIMAL.replace('number = "2.1"', 'number = "2.2"').replace('id = "', 'id = "second-', 1)
        (pack / "2.2-two.md").write_text(other, "utf-8")
        assert [each.number for each in open_course(env, progress).outlines()] == ["2.1", "2.2"]
        file.unlink()
        assert [each.number for each in open_course(env, progress).outlines()] == ["2.2"]


def test_two_packs_are_kept_apart(home: Path, pack: Path) -> None:
    """What is kept of one pack is not told of another one."""
    with Progress(home) as progress:
        for _start in range(2):
            assert len(open_course(environment(home, pack), progress).outlines()) == 1
            assert len(open_course(environment(home), progress).outlines()) == 5


def test_without_progress_nothing_is_kept(tmp_path: Path, pack: Path) -> None:
    """To look at the lessons makes no file."""
    home = tmp_path / "nowhere"
    with Progress(home) as progress:
        assert len(open_course(environment(home, pack), progress).outlines()) == 1
    assert not home.exists()


@pytest.mark.parametrize("variables", [{}, {"XDG_STATE_HOME": "/somewhere/state"}])
def test_the_folder_for_state_is_the_platform_s(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a folder named, progress is where platformdirs says that a user's state belongs."""
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    expected = platformdirs.user_state_dir("flask-http-tutor", appauthor=False)
    assert Path(state_folder(os.environ | {HOME_VARIABLE: ""})) == Path(expected)


def test_a_setting_is_read_without_the_rest_of_the_progress(home: Path) -> None:
    """A setting that is kept is found; one that is not, or a file that is none, gives nothing."""
    variables = {HOME_VARIABLE: str(home)}
    assert kept_setting(variables, "any") == "thing"
    assert kept_setting(variables, "other") == ""
    (home / "progress.sqlite3").write_bytes(b"no database at all, however long it may be" * 100)
    assert kept_setting(variables, "any") == ""
