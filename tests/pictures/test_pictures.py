"""The README's pictures are what the program shows, and are read by whoever does not see them."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.browser import browser, needs_browser
from tests.command import ROOT
from tests.pictures.drawing import svg, texts_in
from tests.pictures.scenes import FOLDER, LANGUAGES, README, SCENES, TOLD, Scene, compared, settled
from tests.terminal import Cell, Row, Terminal

EACH = [
    pytest.param(scene, language, id=f"{scene.name}-{language}") for scene in SCENES for language in LANGUAGES
]
ANEW = "make the pictures anew with: nox -s pictures"


def row(text: str, *, dim: bool = False) -> Row:
    return tuple(Cell(character, dim=dim) for character in text)


def drawn(*rows: Row) -> str:
    return svg(rows, columns=20, title="a title", description="words", language="en")


@pytest.mark.parametrize(("scene", "language"), EACH)
def test_a_picture_shows_what_the_program_shows_today(scene: Scene, language: str) -> None:
    """A run today prints the rows that the picture has, but for what was measured."""
    kept = texts_in(scene.path(language).read_text("utf-8"))
    today = texts_in(scene.picture(scene.rows_of(language), language))
    assert compared(kept, scene) == compared(today, scene), ANEW


@pytest.mark.parametrize(("scene", "language"), EACH)
def test_a_page_tells_what_its_pictures_show(scene: Scene, language: str) -> None:
    """Each README has each picture of its language once, with the picture's own description."""
    page = README[language].read_text("utf-8")
    target = scene.path(language).relative_to(ROOT).as_posix()
    assert re.findall(rf"!\[([^]]*)\]\({re.escape(target)}\)", page) == [scene.descriptions[language]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_transcript_is_the_text_of_its_picture(language: str) -> None:
    """What the README tells of a wrong answer as text is what the picture shows."""
    page = README[language].read_text("utf-8")
    [told] = re.findall(r"^<!-- wrong-answer -->\n```\n(.*?)\n```$", page, re.MULTILINE | re.DOTALL)
    _title, _description, *rows = texts_in(TOLD.path(language).read_text("utf-8"))
    assert told.split("\n") == rows, ANEW


def test_nothing_else_lies_beside_the_pictures() -> None:
    """No picture is left of a scene that is gone."""
    assert {path for path in FOLDER.rglob("*") if path.is_file()} == {
        scene.path(language) for scene in SCENES for language in LANGUAGES
    }


@pytest.mark.parametrize(("scene", "language"), EACH)
def test_a_picture_is_whole_by_itself(scene: Scene, language: str) -> None:
    """It is small, has a name and a description, and runs and fetches nothing."""
    text = scene.path(language).read_text("utf-8")
    assert len(text.encode()) < 40_000
    root = ElementTree.fromstring(text)
    assert {element.tag.partition("}")[2] for element in root.iter()} <= {
        *("svg", "title", "desc", "style", "rect", "path", "g", "text")
    }
    named = {element.get("id") for element in root.iter() if element.text}
    assert set(root.attrib["aria-labelledby"].split()) <= named
    assert not re.search(r"href|url\(|@import|@font-face|\bon\w+=", text)


def test_columns_stand_whatever_the_font() -> None:
    """Each run of characters begins and ends where its cells do, wide ones and line ends in between."""
    picture = drawn(row("GET 中文 ok␍␊"), row("12345678901"))
    groups = [
        [(float(text.attrib["x"]), float(text.attrib["textLength"])) for text in group]
        for group in ElementTree.fromstring(picture)
        if group.get("class") == "row"
    ]
    mixed, plain = groups
    for (x, length), (following, _length) in itertools.pairwise(mixed):
        assert x + length == pytest.approx(following)
    assert sum(mixed[-1]) == pytest.approx(plain[0][0] + 13 / 11 * plain[0][1], abs=0.01)
    assert texts_in(picture) == ["a title", "words", "GET 中文 ok␍␊", "12345678901"]


def test_markup_on_the_screen_is_text_in_the_picture() -> None:
    """Tags, ampersands and indentation are read as they stood."""
    picture = drawn(row("    <b>&amp;</b>  x"))
    assert texts_in(picture)[2:] == ["    <b>&amp;</b>  x"]


def test_what_changes_from_run_to_run_looks_the_same_always() -> None:
    """Ports, dates, versions, durations and signatures have one value, in the look that they had."""
    line = row("Server: Werkzeug/3.1.0 Python/3.15.2␍␊ at 127.0.0.1:50123, 12.4 ms, 中文", dim=True)
    [cell] = {(each.dim, each.bold) for each in settled(line)}
    assert cell == (True, False)
    text = "".join(each.text for each in settled(line))
    assert text == "Server: Werkzeug/3.1.9 Python/3.11.7␍␊ at 127.0.0.1:33841, 1.1 ms, 中文"


def test_a_terminal_tells_how_its_characters_look(tmp_path: Path) -> None:
    """Bold, dim and colours of the program come out of its screen; dim ends where it ends."""
    with Terminal("2.1.1", home=tmp_path) as terminal:
        terminal.wait_for("Enter: send ▸")
        [line] = [cells for cells in terminal.cells if "".join(c.text for c in cells).startswith("2.1.1  ")]
        [send] = [cells for cells in terminal.cells if "".join(c.text for c in cells).startswith("To send:")]
    text = "".join(cell.text for cell in line)
    assert line[0].bold
    assert not line[0].dim
    assert line[text.index("step 1")].dim
    assert (send[0].colour, send[0].bold, send[0].dim) == ("cyan", True, False)


@pytest.mark.browser
@needs_browser
def test_a_browser_draws_it_in_light_and_dark(tmp_path: Path) -> None:
    """Chromium gives every run the width of its cells, and follows the reader's scheme."""
    with browser(tmp_path / "profile") as chromium, chromium.page() as page:
        page.go(SCENES[0].path("zh-CN").as_uri())
        assert page.run(
            "[...document.querySelectorAll('text[textLength]')]"
            ".every(t => Math.abs(t.getBoundingClientRect().width - t.getAttribute('textLength')) < 8)"
        )
        inks = []
        for scheme in ("light", "dark"):
            page.call(
                "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}]
            )
            inks.append(page.run("getComputedStyle(document.querySelector('g text')).fill"))
        assert inks == ["rgb(31, 35, 40)", "rgb(228, 232, 237)"]
