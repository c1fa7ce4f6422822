"""What `serve` makes of connections, at times that the test decides."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from tests.wire import recorded
from tutor.sandbox.recorder import Connection
from tutor.serve.arrivals import PATIENCE_S, SHORT_S, Arrivals

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class Table:
    """Arrivals with a clock that is set by hand."""

    def __init__(self, *, full: bool = False) -> None:
        self.time_s = 100.0
        self.arrivals = Arrivals(
            ascii_only=False,
            plain=False,
            full=full,
            clock=lambda: self.time_s,
            now=lambda: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        )

    def lines(self, *changed: Connection, ended: bool = False) -> list[str]:
        lines = self.arrivals.lines(dict.fromkeys(changed, ended))
        return [line if isinstance(line, str) else line.plain for line in lines]

    def passes(self, seconds: float) -> list[str]:
        """What is printed when nothing happens for so long."""
        self.time_s += seconds
        return self.lines()


@pytest.fixture
def table() -> Table:
    """Nobody has come."""
    return Table()


def received(connection: Connection, data: bytes) -> Connection:
    connection.record_request(time.perf_counter(), data, len(data))
    return connection


def sent(connection: Connection, data: bytes) -> Connection:
    connection.record_response(time.perf_counter(), data, len(data))
    return connection


def test_a_short_exchange_is_one_block_when_it_has_ended(table: Table) -> None:
    """Nothing is printed of it before; then a blank line, its number with the time, and both messages."""
    connection = received(Connection(1), recorded.GET)
    assert table.lines(connection) == []
    lines = table.lines(sent(connection, recorded.OK), ended=True)
    assert lines[0] == ""
    assert lines[1].startswith("Arrival 1, ")
    assert lines[2:4] == ["→ Request", "GET /hello?name=Grey HTTP/1.1␍␊"]
    assert "Hello, Flask!" in lines
    assert table.passes(10) == []
    assert table.arrivals.wait_s is None


def test_what_goes_on_is_begun_without_waiting_for_its_end(table: Table) -> None:
    """When the time of short exchanges is over its request is printed, with the number before each line."""
    connection = received(Connection(1), recorded.GET)
    assert table.lines(connection) == []
    assert table.arrivals.wait_s == pytest.approx(SHORT_S)
    lines = table.passes(SHORT_S)
    assert lines[1].endswith(", it goes on; its lines begin with [1]")
    assert lines[2] == "[1] → Request"
    assert all(line.startswith("[1] ") for line in lines[2:])
    assert table.arrivals.wait_s is None
    chunk = table.lines(sent(connection, CHUNKED + b"2\r\nhi\r\n"))[-4:]
    assert chunk[0] == "[1] ␍␊"
    assert chunk[1].startswith("[1] (+")
    assert chunk[2:] == ["[1] 2␍␊", "[1] hi␍␊"]
    assert table.lines(sent(connection, b"0\r\n\r\n")) == []
    end = table.lines(connection, ended=True)
    assert end[:2] == ["[1] 0␍␊", "[1] ␍␊"]
    assert end[-1].startswith("[1] ended ")


def test_a_block_that_comes_in_between_is_set_apart(table: Table) -> None:
    """Behind a block, whose lines have no number, the lines of another exchange follow a blank line."""
    stream = received(Connection(1), recorded.GET)
    table.lines(stream)
    table.passes(SHORT_S)
    short = sent(received(Connection(2), recorded.GET), recorded.OK)
    assert table.lines(short, ended=True)[1].startswith("Arrival 2, ")
    lines = table.lines(sent(stream, CHUNKED))
    assert lines[:2] == ["", "[1] ← Response"]
    assert table.lines(sent(stream, b"1\r\na\r\n"))[1:] == ["[1] 1␍␊", "[1] a␍␊"]


def test_half_a_request_is_told_of_when_patience_ends(table: Table) -> None:
    """Half a request is not printed; that there is one is said, and it follows once it is whole."""
    connection = received(Connection(1), recorded.GET[:20])
    assert table.lines(connection) == []
    assert table.arrivals.wait_s == pytest.approx(PATIENCE_S)
    [blank, told] = table.passes(PATIENCE_S)
    assert blank == ""
    assert told.endswith(", its request is not whole yet; its lines begin with [1]")
    assert table.lines(received(connection, recorded.GET[20:]))[:1] == ["[1] → Request"]


def test_a_connection_without_a_word_is_no_arrival(table: Table) -> None:
    """A browser's connection in advance has no number and no line."""
    assert table.lines(Connection(1), ended=True) == []
    lines = table.lines(sent(received(Connection(2), recorded.GET), recorded.OK), ended=True)
    assert lines[1].startswith("Arrival 1, ")


@pytest.mark.parametrize(("full", "shown"), [(False, 6), (True, 41)])
def test_a_long_body_is_cut_unless_all_is_wanted(full: bool, shown: int) -> None:
    """Of more than 40 lines, as a page for a browser has, the first six stand, and how to see the rest."""
    body = b"".join(b"line %d\n" % number for number in range(41))
    response = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    connection = received(Connection(1), recorded.GET)
    lines = Table(full=full).lines(sent(connection, response), ended=True)
    assert sum(line.startswith("line ") for line in lines) == shown
    assert ("… 35 more lines of the body (--full)" in lines) is not full


def test_a_body_of_forty_lines_is_whole(table: Table) -> None:
    """Up to there nothing is cut."""
    response = b"HTTP/1.1 200 OK\r\nContent-Length: 120\r\n\r\n" + b"ab\n" * 40
    lines = table.lines(sent(received(Connection(1), recorded.GET), response), ended=True)
    assert sum(line.startswith("ab") for line in lines) == 40
