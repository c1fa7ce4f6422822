"""What each way of delivery cost, side by side."""

from __future__ import annotations

from tutor.screen.waterfall import waterfall_lines, ways
from tutor.wire.exchange import Direction, Exchange, Piece


def exchange(accepted_s: float, *events: tuple[float, int], duration_s: float = 0.1) -> Exchange:
    """A request of 40 bytes, and an event at each time with its age in ms."""
    pieces = [Piece(Direction.REQUEST, 0.0, b"x" * 40)]
    pieces += [Piece(Direction.RESPONSE, at_s, b'{"age_ms": %d}' % age) for at_s, age in events]
    return Exchange(tuple(pieces), accepted_s=accepted_s, duration_s=duration_s)


FIRED = {
    "polling": [exchange(5.0)],
    "polling-2": [exchange(5.2, (0.01, 60), (0.01, 40))],
    "sse": [exchange(7.0, (0.1, 0), (0.2, 2), duration_s=0.3)],
}


def test_exchanges_of_one_name_are_one_way() -> None:
    """`polling` and `polling-2` are counted together: requests, bytes each way, events and their delay."""
    polling, sse = ways(FIRED)
    assert (polling.name, len(polling.exchanges)) == ("polling", 2)
    assert polling.bytes_of(Direction.REQUEST) == 80
    assert polling.arrivals == ((polling.arrivals[0][0], 60.0), (polling.arrivals[1][0], 40.0))
    assert [round(at_s, 2) for at_s, _age in polling.arrivals] == [0.21, 0.21]
    assert [age for _at, age in sse.arrivals] == [0.0, 2.0]


def test_the_table_and_the_rows_of_time_fit_the_width() -> None:
    """Costs stand in a table; under it open connections are lines, and arrivals are dots, on one scale."""
    lines = [line.plain for line in waterfall_lines(FIRED, width=80, plain=False)]
    assert all(len(line) <= 80 for line in lines)
    assert any(line.startswith("polling") and " 2 " in line and "50 ms" in line for line in lines)
    [polling_bar, sse_bar] = [line for line in lines if "●" in line and "arrives" not in line]
    assert "─" in polling_bar
    assert sse_bar.count("●") == 2


def test_without_drawing_the_same_facts_are_lines() -> None:
    """In --plain each way is a line of words and numbers, and nothing is drawn."""
    text = "\n".join(line.plain for line in waterfall_lines(FIRED, width=80, plain=True))
    assert "polling: requests 2, sent 80 B" in text
    assert "sse: events after 100, 200 ms" in text
    assert not set("─●│┌") & set(text)
