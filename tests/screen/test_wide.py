"""Chinese in columns: where rows end, and how cells are filled."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from tutor.screen.columns import padded, padded_left
from tutor.screen.prose import prose_lines
from tutor.screen.wide import break_offsets, fitted, wrapped

CLOSING = "。，、；：？！）」』”》】"
OPENING = "（「『“《【"

MIXED = st.lists(
    st.sampled_from(
        [*"一个请求得到响应状态行", *CLOSING, *OPENING, " ", " ", "GET", "`/hello`", "Content-Type", "404"]
    ),
    min_size=1,
    max_size=60,
).map("".join)


@given(MIXED, st.integers(20, 90))
def test_no_row_is_too_wide_and_nothing_is_lost(text: str, width: int) -> None:
    """Rows hold every character but blanks at their ends, in at most so many columns."""
    rows = [row.plain for row in wrapped(text, width)]
    assert all(cell_len(row) <= width for row in rows)
    assert "".join("".join(rows).split()) == "".join(text.split())


@given(
    st.lists(st.sampled_from(["请求", "响应，", "“状态”", "（主体）", "404", "GET 方法。"]), max_size=40).map(
        "".join
    ),
    st.integers(20, 90),
)
def test_no_row_begins_with_a_closing_mark_or_ends_with_an_opening_one(text: str, width: int) -> None:
    """As Chinese is set: a mark stays with the word that it closes or opens."""
    rows = [row.plain for row in wrapped(text, width)]
    assert not [row for row in rows[1:] if row.startswith(tuple(CLOSING))]
    assert not [row for row in rows[:-1] if row.endswith(tuple(OPENING))]


def test_words_and_code_stay_whole_among_chinese() -> None:
    """A Latin word moves to the next row as one."""
    assert [row.plain for row in wrapped("它的值写在 Content-Length 里，单位是字节。", 20)] == [
        "它的值写在",
        "Content-Length 里，",
        "单位是字节。",
    ]


@pytest.mark.parametrize(
    "text", ["took (219 ms in all", "共用了 219 毫秒", "long 1,926 bytes of it", "in RFC 9110 there"]
)
@pytest.mark.parametrize("in_prose", [False, True])
def test_a_number_stays_with_its_unit(text: str, in_prose: bool) -> None:
    """No row ends between `219` and `ms`, however wide it is, in prose or in a sentence."""
    [pair] = re.findall("[0-9,]+ (?:ms|毫秒|bytes)|RFC [0-9]+", text)
    for width in range(cell_len(pair) + 1, 30):
        rows = prose_lines(text, width=width) if in_prose else wrapped(text, width)
        assert any(pair in row.plain for row in rows), [row.plain for row in rows]


def test_an_escaped_byte_stays_whole() -> None:
    """No row ends inside `\\xNN`."""
    rows = [row.plain for row in wrapped("ab\\x81\\x85c\\xce\\xf5" * 6, 23)]
    assert not [row for row in rows[:-1] if re.search(r"\\x?[0-9a-f]?$", row)]


def test_rows_of_numbered_lines_stand_below_each_other() -> None:
    """Under ` 9` and `10` the further rows begin in the same column, that of the words."""
    for number in (" 9", "10"):
        _first, further = fitted(Text(f"{number}  GET /awaited 200 OK"), 18)
        assert further.plain == "    200 OK"


def test_a_word_that_is_longer_than_a_row_is_cut() -> None:
    """Nothing runs out of the screen."""
    assert break_offsets("http://127.0.0.1/" + "a" * 30, 20) == [20, 40]


@pytest.mark.parametrize("width", [50, 80])
def test_prose_of_a_lesson_breaks_as_chinese(width: int) -> None:
    """Paragraphs, lists, quotes and tables: rows are filled, and no mark begins one."""
    markdown = (
        "服务器不知道后面还会不会有别的字段，所以它不会动手：一个请求头要以空行结束，"
        "`Content-Length` 则说明主体有多少字节。\n\n"
        "- 第一项：`GET /hello HTTP/1.1` 是请求行，它有三个部分：方法、请求目标、协议版本，"
        "缺一不可，顺序也不能变。\n\n"
        "| 属性 | 含义 |\n| --- | --- |\n| `request.path` | 路径，不含查询字符串，也不含片段，"
        "因为片段不会发送给服务器，只留在浏览器里。 |\n\n"
        "> 一个请求得到一个响应，多余的不给，少了的也不补，这就是请求与响应的约定，"
        "谁也不例外，服务器也一样。\n"
    )
    rows = [line.plain for line in prose_lines(markdown, width=width)]
    assert all(cell_len(row) <= width for row in rows)
    assert not [row for row in rows if row.lstrip(" ▌•").startswith(tuple(CLOSING))]
    assert cell_len(rows[0]) > width - 20


def test_a_line_end_between_two_chinese_characters_is_no_blank() -> None:
    """Source lines may break anywhere in Chinese; in code they stay as they are."""
    rows = [line.plain for line in prose_lines("一个请求\n得到响应。\n然后 `GET`\n结束。", width=80)]
    assert rows == ["一个请求得到响应。然后 GET 结束。"]
    code = [line.plain.strip() for line in prose_lines("```\n一\n二\n```", width=80)]
    assert code == ["一", "二"]


def test_cells_are_filled_by_columns() -> None:
    """A Chinese character fills two."""
    assert padded("视图", 6) == "视图  "
    assert padded_left("毫秒", 6) == "  毫秒"
    assert padded("长于列宽", 2) == "长于列宽"


WORDS = st.lists(
    st.sampled_from(["GET", "/conv/int/007", "→", "404", "return", "request.args.get(", '"name",', "x" * 30]),
    min_size=1,
    max_size=20,
).map(" ".join)


@given(WORDS, st.integers(0, 8), st.integers(20, 60))
def test_no_row_ends_in_a_word_where_it_could_end_elsewhere(text: str, indent: int, width: int) -> None:
    """A line of the screen is broken at blanks, a long word behind punctuation; inside one that has none."""
    line = Text(" " * indent + text)
    rows = [row.plain for row in fitted(line, width)]
    assert all(cell_len(row) <= width for row in rows)
    assert "".join("".join(rows).split()) == "".join(text.split())
    for before, after in pairwise(rows):
        inside = before[-1].isalnum() and after.lstrip()[0].isalnum()
        word = before.split()[-1] + after.split()[0]
        assert not inside or word not in text or (len(word) > width - indent - 4 and word.isalnum())


def test_bytes_stay_one_line() -> None:
    """What crossed the wire is left to the terminal to break, so that it is copied as it is."""
    line = Text("GET /" + "a/" * 60, no_wrap=True)
    assert fitted(line, 50) == [line]


def test_further_rows_are_set_in() -> None:
    """Where a line begins can be seen from its rows."""
    rows = fitted(Text('        return request.headers.get("X-Thing", "nothing")'), 50)
    assert [row.plain for row in rows] == [
        '        return request.headers.get("X-Thing",',
        '            "nothing")',
    ]


TABLE = (
    "| way | who asks | what it costs |\n| --- | --- | --- |\n"
    "| `WebSocket` | both | one connection |\n| polling | the client | many requests |\n"
)


def test_a_table_cuts_no_word() -> None:
    """A column is no narrower than its longest word."""
    rows = [line.plain for line in prose_lines(TABLE, width=34)]
    assert any(row.startswith("WebSocket ") for row in rows)
    assert not [row for row in rows if "…" in row]


@pytest.mark.parametrize(("width", "plain"), [(24, False), (80, True)])
def test_a_table_stacks_where_columns_have_no_room_or_no_meaning(width: int, plain: bool) -> None:
    """Each cell stands on a line of its own, behind the head of its column."""
    rows = [line.plain for line in prose_lines(TABLE, width=width, plain=plain)]
    assert rows[-3:] == ["polling", "  who asks: the client", "  what it costs: many requests"] or (
        rows[-4:] == ["polling", "  who asks: the client", "  what it costs: many", "      requests"]
    )
