"""Two exchanges beside each other, or under each other in words."""

from __future__ import annotations

import pytest

from tests.wire import recorded
from tutor.screen.compare import FOLDS, Compared, compared_lines
from tutor.wire.exchange import Direction, Exchange, Piece


def exchange(request: bytes, response: bytes) -> Exchange:
    return Exchange(
        tuple(
            Piece(direction, 0.1, data)
            for direction, data in ((Direction.REQUEST, request), (Direction.RESPONSE, response))
            if data
        )
    )


HELLO = Compared(1, "hello", exchange(recorded.GET, recorded.OK))
DENIED = Compared(3, "denied", exchange(recorded.GET.replace(b"GET", b"POST", 1), recorded.NOT_ALLOWED))


def lines(
    first: Compared = HELLO,
    second: Compared = DENIED,
    *,
    width: int = 80,
    plain: bool = False,
    ascii_only: bool = False,
    fold: int = 0,
) -> list[str]:
    drawn = compared_lines(first, second, width=width, plain=plain, ascii_only=ascii_only, fold=fold)
    return [line.plain for line in drawn]


def test_eighty_columns_hold_both_with_a_mark_before_what_differs() -> None:
    """Each row has a mark, the first exchange's line and the second's; a legend says what the marks mean."""
    shown = lines()
    assert shown[0] == "  1  hello                              │ 3  denied"
    assert "* GET /hello?name=Grey HTTP/1.1         │ POST /hello?name=Grey HTTP/1.1" in shown
    assert "  Accept: */*                           │ Accept: */*" in shown
    assert "~ Date: Sun, 22 Nov 2026 08:29:39 GMT   │ Date: Sun, 22 Nov 2026 08:29:42 GMT" in shown
    assert ">                                       │ Allow: GET, OPTIONS, HEAD" in shown
    assert shown[-1] == "* differs   > only in 3   ~ differs each time"


@pytest.mark.parametrize("width", [80, 81, 120])
def test_no_row_is_wider_than_the_screen_and_nothing_is_lost(width: int) -> None:
    """Long lines, of Chinese text too, go on in their column; every character is there."""
    text = "李" * 100 + "x" * 33
    long = Compared(2, "long", exchange(recorded.GET, b"HTTP/1.1 200 OK\r\n\r\n" + text.encode()))
    drawn = compared_lines(HELLO, long, width=width, plain=False, ascii_only=False)
    assert max(line.cell_len for line in drawn) <= width
    shown = "".join(line.plain.partition("│")[2] for line in drawn)
    assert shown.count("李") == 100
    assert shown.count("x") == 33


@pytest.mark.parametrize(("width", "plain"), [(50, False), (200, True)])
def test_in_words_every_line_says_whose_it_is(width: int, plain: bool) -> None:
    """On narrow screens and in plain output no place and no symbol means anything."""
    shown = lines(width=width, plain=plain)
    assert "Differs, 1: HTTP/1.1 200 OK" in shown
    assert "Differs, 3: HTTP/1.1 405 METHOD NOT ALLOWED" in shown
    assert "Only in 3: Allow: GET, OPTIONS, HEAD" in shown
    assert "Differs each time, 1: Date: Sun, 22 Nov 2026 08:29:39 GMT" in shown
    assert "Both: Accept: */*" in shown
    assert not any("│" in line for line in shown)
    if plain:
        assert "Request:" in shown


def test_folding_counts_what_is_the_same_and_keeps_what_differs() -> None:
    """Folded, whole lines go, a mark says how many and which command shows them."""
    shown = lines(fold=1)
    assert "… 6 lines the same (:c 1 3)" in shown
    assert "… 4 lines the same, 1 that differs each time (:c 1 3)" in shown
    assert any(line.startswith("* HTTP/1.1 200 OK") for line in shown)
    least = lines(fold=FOLDS)
    assert "… 4 lines the same, 1 that differs each time, 4 more lines of the bodies (:c 1 3)" in least
    assert "Folded: 6 lines the same. :c 1 3 shows all." in lines(fold=1, plain=True)


def test_what_did_not_come_is_said_in_its_column() -> None:
    """An exchange without a response is compared all the same."""
    silent = Compared(2, "silent", exchange(recorded.GET, b""))
    assert "                                        │ No response came." in lines(second=silent)
    assert "2: No response came." in lines(second=silent, plain=True)


def test_two_that_are_the_same_are_said_to_be() -> None:
    """Nothing marked is said in words, so that nobody looks for a mark."""
    for width in (80, 50):
        assert lines(second=HELLO, width=width)[-1] == "Nothing differs but what differs each time."


def test_hostile_bytes_are_escaped() -> None:
    """What a client sent cannot command the terminal or turn the text round."""
    evil = Compared(2, "\x1b[2J", exchange(b"GET /\x1b[31m HTTP/1.1\r\nX: \xe2\x80\xae\r\n\r\n", recorded.OK))
    for plain in (False, True):
        assert all(line.isprintable() for line in lines(second=evil, plain=plain))
        assert all(line.isascii() for line in lines(second=evil, plain=True, ascii_only=True))


def test_lines_that_differ_in_their_end_alone_show_it() -> None:
    """CRLF against a bare LF would look the same otherwise."""
    bare = Compared(2, "bare", exchange(recorded.GET.replace(b"*/*\r\n", b"*/*\n"), recorded.OK))
    assert "* Accept: */* [CRLF]                    │ Accept: */* [LF]" in lines(second=bare)
