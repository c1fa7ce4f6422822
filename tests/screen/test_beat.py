"""What is printed between two prompts fits the screen."""

from __future__ import annotations

from rich.text import Text

from tutor.screen.beat import RESERVED_ROWS, Exhibit, Fixed, lay_out, rows


def lines(count: int, word: str = "line") -> list[Text]:
    return [Text(f"{word} {place}") for place in range(count)]


def exhibit(*counts: int) -> Exhibit:
    return Exhibit(lambda fold: lines(counts[min(fold, len(counts) - 1)], f"fold{fold}"), len(counts) - 1)


def test_nothing_folds_where_everything_fits() -> None:
    """A beat that fits shows the whole exchange."""
    assert lay_out([Fixed(lines(4)), exhibit(10, 3)], width=80, height=24) == [lines(4) + lines(10, "fold0")]


def test_an_exchange_folds_only_as_far_as_it_must() -> None:
    """The first fold that fits is taken, not the deepest."""
    [beat] = lay_out([Fixed(lines(10)), exhibit(30, 9, 2)], width=80, height=24)
    assert beat == lines(10) + lines(9, "fold1")


def test_with_full_nothing_folds() -> None:
    """With --full the whole exchange is there, in as many beats as it takes."""
    beats = lay_out([exhibit(30, 2)], width=80, height=24, full=True)
    assert [line for beat in beats for line in beat] == lines(30, "fold0")


def test_what_does_not_fit_becomes_another_beat() -> None:
    """No beat is higher than the terminal less its reserved rows, and no line is lost."""
    items = [Fixed(lines(15, "prose")), Fixed(lines(12, "question"))]
    beats = lay_out(items, width=80, height=24)
    assert beats == [lines(15, "prose"), lines(12, "question")]


def test_a_heading_stays_with_what_it_heads() -> None:
    """A heading never ends a beat."""
    items = [
        Fixed(lines(18, "prose")),
        Fixed(lines(2, "heading"), keep_with_next=True),
        Fixed(lines(5, "text")),
    ]
    beats = lay_out(items, width=80, height=24)
    assert beats == [lines(18, "prose"), lines(2, "heading") + lines(5, "text")]


def test_a_text_longer_than_the_screen_is_cut_into_beats() -> None:
    """One item of fifty lines comes in beats of at most twenty rows on a terminal of 24."""
    beats = lay_out([Fixed(lines(50))], width=80, height=24)
    assert max(len(beat) for beat in beats) <= 24 - RESERVED_ROWS
    assert [line for beat in beats for line in beat] == lines(50)


def test_wrapped_lines_count_as_the_rows_they_take() -> None:
    """A line of 100 columns takes two rows of 80; a Chinese character takes two columns."""
    assert rows([Text("x" * 100)], 80) == 2
    assert rows([Text("李" * 41)], 80) == 2
    assert rows([Text("")], 80) == 1


def test_a_beat_ends_before_a_message_rather_than_inside_one() -> None:
    """What takes two beats anyway is cut at a heading, where that makes no third."""
    request, response = lines(9, "request"), lines(12, "response")
    response[0] = Text("Response", "response.heading")
    assert lay_out([Fixed([*request, *response])], width=80, height=20) == [request, response]


def test_an_empty_line_of_a_body_is_kept() -> None:
    """A beat loses blank lines at its beginning, and no line of bytes."""
    body = [Text("", no_wrap=True), *lines(3)]
    assert lay_out([Fixed(lines(19)), Fixed(body)], width=80, height=24)[1] == body
