"""`docs/lesson-format.md` held against what is read: every key, its type, its default and its example."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence

import msgspec
import pytest

from tests.command import ROOT
from tests.course.samples import MINIMAL, faults_of
from tutor.course.attributes import Allowed, check_attributes, split_attributes
from tutor.course.blocks import FrameBody, LessonHead, QuestionBody, SourceBody, WebSocketBody
from tutor.course.faults import Faults
from tutor.course.files import LARGEST_FILE_BYTES
from tutor.course.lesson import MOST_STEPS, STEP_ATTRIBUTES
from tutor.course.pack import MOST_FILES
from tutor.course.step import ALLOWED, LONGEST_WAIT_MS, MOST_BLOCKS

TEXT = (ROOT / "docs" / "lesson-format.md").read_text("utf-8")

Row = Mapping[str, str]

WORDS = {
    "int | None": {"integer"},
    "str | None": {"string", "id", "opcode"},
    "str": {"string"},
    "bool": {"true or false"},
    "list[str]": {"list of strings", "list of live paths"},
    "dict[str, str]": {"table of strings"},
    "list[FrameBody]": {"list of tables"},
    "list[int] | None": {"list of two integers"},
    "str | list[str] | None": {"string, or list of strings"},
}
"""What a type of the code is called; other types are held by their examples alone."""

DEFAULTS = {"False": {"false"}, "''": {"empty"}}
"""What a default of the code is called; where there is none, `required` or what holds instead."""


def tables(heading: str) -> list[list[Row]]:
    """The tables under a heading that begins so, each row by its columns."""
    [section] = [part for part in re.split(r"^## ", TEXT, flags=re.MULTILINE) if part.startswith(heading)]
    found: list[list[Row]] = []
    for lines in re.findall(r"(?:^\|.*\|\n)+", section, re.MULTILINE):
        head, _rule, *others = (
            [cell.strip() for cell in line.strip("| \n").split("|")] for line in lines.splitlines()
        )
        found.append([dict(zip(head, row, strict=False)) for row in others])
    return found


def rows(heading: str, column: str, place: int = 0) -> list[Row]:
    """One of the tables whose first column is called so."""
    return [table for table in tables(heading) if column in table[0]][place]


def code(cell: str) -> str:
    assert re.fullmatch(r"`[^`]+`", cell), cell
    return cell.strip("`")


KEYS: Sequence[tuple[str, type[msgspec.Struct], int]] = [
    ("The head", LessonHead, 0),
    ("`source`", SourceBody, 0),
    ("`question", QuestionBody, 0),
    ("`websocket", WebSocketBody, 0),
    ("`websocket", FrameBody, 1),
]

ATTRIBUTES: Sequence[tuple[str, Allowed]] = [
    ("A step", STEP_ATTRIBUTES),
    ("`source`", ALLOWED["source"]),
    ("`http", ALLOWED["http"]),
    ("Expectations", ALLOWED["expect"]),
    ("`websocket", ALLOWED["websocket"]),
]


@pytest.mark.parametrize(("heading", "struct", "place"), KEYS)
def test_every_key_has_its_type_default_and_example(
    heading: str, struct: type[msgspec.Struct], place: int
) -> None:
    """The keys in the page are those that are read; types and defaults are the code's; examples are read."""
    written = {code(row["key"]): row for row in rows(heading, "key", place)}
    assert set(written) == set(struct.__struct_fields__)
    for field in msgspec.structs.fields(struct):
        row = written[field.name]
        assert row["type"]
        assert row["default"]
        annotation = struct.__annotations__[field.name]
        assert row["type"] in WORDS.get(annotation, {row["type"]}), field.name
        assert row["default"] in DEFAULTS.get(repr(field.default), {row["default"]}), field.name
        example = tomllib.loads(code(row["example"]))
        assert list(example) == [field.name]
        read = msgspec.convert(example, struct)
        assert getattr(read, field.name) is not None


@pytest.mark.parametrize(("heading", "allowed"), ATTRIBUTES)
def test_every_attribute_has_its_type_default_and_example(heading: str, allowed: Allowed) -> None:
    """The attributes in the page are those that are read, flags are called flags, and examples are read."""
    written = {code(row["attribute"]): row for row in rows(heading, "attribute")}
    assert set(written) == {*allowed.flags, *allowed.values}
    for name, row in written.items():
        assert row["type"]
        assert row["default"]
        assert (row["type"] == "flag") == (name in allowed.flags)
        faults = Faults("page")
        text, attributes = split_attributes(f"Title {{{code(row['example'])}}}", 1)
        check_attributes(attributes, allowed, 1, faults)
        assert text == "Title"
        assert [item.name for item in attributes.items] == [name]
        assert faults.sorted() == ()


def required(heading: str) -> list[str]:
    return [code(row["key"]) for row in rows(heading, "key") if row["default"] == "required"]


@pytest.mark.parametrize(
    ("heading", "key"),
    [(heading, key) for heading in ("The head", "`question") for key in required(heading)],
)
def test_what_is_required_is_missed(heading: str, key: str) -> None:
    """A lesson without a key that the page calls required has a fault that names it."""
    text = re.sub(rf"^{key} = .*\n", "", MINIMAL, count=1, flags=re.MULTILINE)
    assert text != MINIMAL
    assert any(f"`{key}" in fault.message for fault in faults_of(text)), heading


def test_the_limits_are_those_of_the_code() -> None:
    """The page's limits of a pack are the ones that are kept."""
    assert [row["at most"] for row in rows("A pack", "of")][:5] == [
        str(MOST_FILES),
        f"{LARGEST_FILE_BYTES // 1_000_000} MB",
        str(MOST_STEPS),
        str(MOST_BLOCKS),
        f"{LONGEST_WAIT_MS // 1000} s",
    ]
