"""Typed answers: equivalent ones are accepted, others refused, and what each is told."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.grading.exchanges import question
from tutor.course.model import Question, QuestionKind
from tutor.grading.answers import answer_text, grade
from tutor.grading.spelling import same_form
from tutor.grading.verdict import Grade

STATUS = question(
    QuestionKind.CHOICE,
    "refused",
    choices=(
        ("refused", "`405 METHOD NOT ALLOWED`"),
        ("unknown", "404 NOT FOUND"),
        ("fine", "200 OK"),
        ("bad", "400, and *no* body."),
    ),
    wrong={"unknown": (), "fine": (), "bad": ()},
)
TYPES = question(
    QuestionKind.CHOICE,
    "text",
    choices=(("text", "`'1'`"), ("int", "`1`"), ("list", "`['1', '2']`"), ("any", "`*/*`")),
    wrong={"int": (), "list": (), "any": ()},
)
FIELDS = question(
    QuestionKind.CHOICES,
    "date",
    "type",
    "length",
    choices=(
        ("date", "Date"),
        ("server", "Server"),
        ("type", "Content-Type, with a charset"),
        ("allow", "Allow"),
        ("length", "Content-Length"),
    ),
    wrong={"server": (), "allow": ()},
)
HOOKS = question(
    QuestionKind.ORDER,
    "before",
    "view",
    "this",
    "after",
    "teardown",
    choices=(
        ("view", "the view"),
        ("before", "`before_request`"),
        ("teardown", "teardown_request"),
        ("this", "after_this_request"),
        ("after", "after_request"),
    ),
    wrong={"teardown": ()},
)
LENGTH = question(
    QuestionKind.NUMBER,
    "13",
    field_name="Content-Length",
    proof_paths=("hello.response.headers.Content-Length",),
    wrong={"short": ("12",), "long": ("14", "15")},
)
CODE = question(
    QuestionKind.NUMBER, "404", proof_paths=("hello.response.status",), wrong={"method": ("405",)}
)
TARGET = question(QuestionKind.TEXT, "/leaf?x=1", wrong={"fragment": ("/leaf?x=1#top",), "path": ("/leaf",)})
FULL_PATH = question(QuestionKind.TEXT, "/echo?", wrong={"path": ("/echo",)})
NAME = question(QuestionKind.TEXT, "Content-Type", ignore_case=True, wrong={"accept": ("Accept",)})
EVERY = (STATUS, TYPES, FIELDS, HOOKS, LENGTH, CODE, TARGET, FULL_PATH, NAME)


@pytest.mark.parametrize(
    "typed",
    [
        "a",
        "A",
        "ａ",
        "a)",
        "(a)",
        "a.",
        "（ａ）",
        " a ",
        "`a`",
        "“a”",
        "a、",
        "a?",
        "a) 405",
        "a: `405`",
        "405",
        "４０５",
        "405 Method Not Allowed",
        "HTTP/1.1 405 METHOD NOT ALLOWED",
        "「405」",
        "405.",
        "405?",
        "`405 METHOD NOT ALLOWED`",
        "405  method\tnot allowed",
        "405 meth",
        "status code 405",
        "**405**",
        "\x07a",
    ],
)
def test_a_choice_is_read_by_letter_words_or_status(typed: str) -> None:
    """The letter, the option's own words and its status in any common spelling are the same answer."""
    verdict = grade(STATUS, typed)
    assert verdict.grade is Grade.RIGHT
    assert verdict.given == "`405 METHOD NOT ALLOWED`"


@pytest.mark.parametrize(
    "typed", ["b", "404", "404 Not Found", "HTTP/1.1 404 NOT FOUND", "404 not fond", "B)"]
)
def test_a_wrong_choice_has_its_own_feedback(typed: str) -> None:
    """A wrong choice is told the misconception behind it, however it was typed."""
    verdict = grade(STATUS, typed)
    assert (verdict.grade, verdict.key, verdict.feedback) == (Grade.WRONG, "unknown", "About unknown.")
    assert verdict.given == "404 NOT FOUND"


@pytest.mark.parametrize("typed", ["405 OK", "405 Not Found", "HTTP/1.1 405 OK"])
def test_a_phrase_that_contradicts_the_code_is_a_near_miss(typed: str) -> None:
    """The right code with another code's phrase is not accepted, and is told why."""
    for asked in (STATUS, question(QuestionKind.NUMBER, "405", proof_paths=("hello.response.status",))):
        verdict = grade(asked, typed)
        assert verdict.grade is Grade.WRONG
        assert verdict.feedback.startswith("Nearly: 405 and ")


@pytest.mark.parametrize(
    "typed",
    ["", " ", "\n", "\x00", "e", "z", "ab", "1", "40", "500", "no idea", "a) 404", "refused", "unknown"],
)
def test_what_names_no_option_is_never_counted(typed: str) -> None:
    """A letter beyond the options, an empty line or other words are told what is expected; keys too."""
    verdict = grade(STATUS, typed)
    assert verdict.grade is Grade.UNREADABLE
    assert verdict.feedback == "Type one letter from a to d, or the option's own words."


def test_letters_follow_the_order_shown() -> None:
    """A shuffled question is read by the letters on the screen, not by the file's order."""
    shown = ("bad", "fine", "refused", "unknown")
    assert grade(STATUS, "c", shown=shown).is_right
    assert grade(STATUS, "a", shown=shown).key == "bad"
    assert answer_text(STATUS, shown=shown) == "c) `405 METHOD NOT ALLOWED`"


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("'1'", ""),
        ('"1"', ""),
        ("`'1'`", ""),
        ("‘1’", ""),
        ("1", "int"),
        ("`1`", "int"),
        ("['1', '2']", "list"),
        ("*/*", "any"),
        ("`*/*`", "any"),
    ],
)
def test_quotes_that_part_two_options_are_read(typed: str, key: str) -> None:
    """Where one option is `'1'` and another `1`, the quotes are part of the answer."""
    verdict = grade(TYPES, typed)
    assert verdict.is_right is (key == "")
    assert verdict.key == key


def test_a_status_of_two_options_is_no_answer() -> None:
    """A code that two options begin with names neither."""
    asked = question(QuestionKind.CHOICE, "a1", choices=(("a1", "404, no body"), ("b1", "404, a page")))
    assert grade(asked, "404").grade is Grade.UNREADABLE
    assert grade(asked, "404, a").key == "b1"


def test_a_beginning_names_its_option_from_four_characters_on() -> None:
    """The beginning of an option's words names it if no other begins so, and if it is no mere syllable."""
    asked = question(
        QuestionKind.CHOICE, "no", choices=(("no", "nothing at all"), ("head", "the head alone"))
    )
    assert grade(asked, "Noth").is_right
    assert grade(asked, "the head").key == "head"
    assert grade(asked, "not").grade is Grade.UNREADABLE
    assert grade(asked, "the").grade is Grade.UNREADABLE
    several = question(QuestionKind.CHOICE, "no", choices=(("no", "the body"), ("head", "the borders")))
    assert grade(several, "the bo").grade is Grade.UNREADABLE


def test_options_that_differ_in_case_alone_are_told_apart() -> None:
    """Case counts exactly where two options differ in nothing else."""
    asked = question(QuestionKind.CHOICE, "upper", choices=(("upper", "GET /"), ("lower", "get /")))
    assert grade(asked, "GET /").is_right
    assert grade(asked, "get /").key == "lower"
    assert grade(asked, "Get /").grade is Grade.UNREADABLE


@pytest.mark.parametrize(
    "typed",
    [
        "ace",
        "eca",
        "a c e",
        "a,c,e",
        "a、c、e",
        "a and c and e",
        "a, c, and e",
        "a+c+e",
        "ＡＣＥ",
        "aacce",
        "(a, c, e)",
        "a&c&e",
        "a和c和e",
        "“ace”",
        "ace.",
        "a) c) e)",
        "Date, Content-Type, with a charset, Content-Length",
        "date; content-type, with a charset and `Content-Length`",
        "a, content-length, c",
        "a) Date, c), e",
    ],
)
def test_several_choices_are_read_in_any_order_and_spelling(typed: str) -> None:
    """Letters in a row, with or without something between them, or the words, in any order."""
    verdict = grade(FIELDS, typed)
    assert verdict.grade is Grade.RIGHT
    assert verdict.given == "Date; Content-Type, with a charset; Content-Length"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("abc", "Two of your three belong; one that belongs is missing."),
        ("ab", "One of your two belongs; two that belong are missing."),
        ("bd", "None of your two belongs; three that belong are missing."),
        ("a", "The one you chose belongs; two that belong are missing."),
        ("ac", "All of your two belong; one that belongs is missing."),
        ("abcde", "Three of your five belong; none is missing."),
        ("b", "About server."),
    ],
)
def test_partly_right_says_how_many_and_never_which(typed: str, said: str) -> None:
    """Of several choices only the counts are told, but for one wrong choice alone, which has its feedback."""
    verdict = grade(FIELDS, typed)
    assert (verdict.grade, verdict.feedback) == (Grade.WRONG, said)
    assert verdict.key == ("server" if set(typed) - set("ace") else "")


def test_only_the_very_set_is_right() -> None:
    """Of all sets of letters exactly one is accepted."""
    rows = ["".join(row) for size in range(1, 6) for row in itertools.combinations("abcde", size)]
    assert [row for row in rows if grade(FIELDS, row).is_right] == ["ace"]


@pytest.mark.parametrize("typed", ["", "acf", "date, cookies", "all of them", "a-c", "1, 3"])
def test_a_row_with_something_else_in_it_is_never_counted(typed: str) -> None:
    """One unknown part makes the whole row unreadable, and the sentence says what is expected."""
    verdict = grade(FIELDS, typed)
    assert verdict.grade is Grade.UNREADABLE
    assert verdict.feedback == "Type the letters of all that belong, from a to e, in a row."


@pytest.mark.parametrize(
    "typed",
    [
        "badec",
        "B A D E C",
        "b>a>d>e>c",
        "b → a → d → e → c",
        "b->a->d->e->c",
        "b, a, d, e, c",
        "ｂａｄｅｃ",
        "b-a-d-e-c",
        "before_request > the view > after_this_request > after_request > teardown_request",
        "`badec`.",
    ],
)
def test_an_order_is_read_with_any_separator(typed: str) -> None:
    """Letters in a row, or the items' words, with commas, arrows or nothing between them."""
    assert grade(HOOKS, typed).grade is Grade.RIGHT


@pytest.mark.parametrize(
    ("typed", "said", "key"),
    [
        ("abdec", "Look at the first.", ""),
        ("bdaec", "The first is in place; look at the second.", ""),
        ("baedc", "The first two are in place; look at the third.", ""),
        ("badce", "The first three are in place; look at the fourth. About teardown.", "teardown"),
        ("cbade", "Look at the first. About teardown.", "teardown"),
    ],
)
def test_an_order_is_told_the_first_place_that_is_off(typed: str, said: str, key: str) -> None:
    """Feedback names the first place that is off, and what the lesson says of the item that stands there."""
    verdict = grade(HOOKS, typed)
    assert (verdict.grade, verdict.feedback, verdict.key) == (Grade.WRONG, said, key)


@pytest.mark.parametrize("typed", ["", "bade", "baddc", "badecf", "x", "before_request", "12345"])
def test_an_order_needs_each_letter_once(typed: str) -> None:
    """A row that is no permutation is not counted, and the example is not the answer."""
    verdict = grade(HOOKS, typed)
    assert verdict.grade is Grade.UNREADABLE
    assert verdict.feedback == "Five letters are expected, each once, such as bacde."


def test_the_example_of_an_order_is_never_its_answer() -> None:
    """Whatever the right row is, the row given as an example is another permutation."""
    keys = ("k1", "k2", "k3")
    for answer in itertools.permutations(keys):
        asked = question(QuestionKind.ORDER, *answer, choices=tuple((key, key * 2) for key in keys))
        example = grade(asked, "").feedback.rstrip(".").rpartition(" ")[2]
        assert sorted(example) == ["a", "b", "c"]
        assert not grade(asked, example).is_right


def test_only_the_very_order_is_right() -> None:
    """Of all permutations exactly one is accepted."""
    rows = map("".join, itertools.permutations("abcde"))
    assert [row for row in rows if grade(HOOKS, row).is_right] == ["badec"]


@pytest.mark.parametrize(
    "typed",
    [
        "13",
        "１３",
        " 13 ",
        "13.",
        "13。",
        "`13`",
        "“13”",
        "(13)",
        "13 bytes",
        "13 Octets",
        "13bytes",
        "13 字节",
        "1３",
        "Content-Length: 13",
        "content-length:13",
        "CONTENT-LENGTH 13",
        "`Content-Length`: 13 bytes.",
        "+13",
        "13.0",
        "Content-Length：13",
        "= 13",
        "013",
    ],
)
def test_a_number_is_read_in_any_spelling(typed: str) -> None:
    """Full-width digits, quotes, the field's name in front and a unit behind change nothing."""
    assert grade(LENGTH, typed).grade is Grade.RIGHT


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("12", "short"),
        ("12 bytes", "short"),
        ("15", "long"),
        ("16", ""),
        ("-13", ""),
        ("13.5", ""),
        ("130", ""),
    ],
)
def test_another_number_is_refused(typed: str, key: str) -> None:
    """Another number is wrong; a known one has its feedback."""
    verdict = grade(LENGTH, typed)
    assert (verdict.grade, verdict.key) == (Grade.WRONG, key)
    assert verdict.feedback == (f"About {key}." if key else "")


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "thirteen",
        "13 bits",
        "13 14",
        "13 or 14",
        "Content-Type: 13",
        "13 OK",
        "0x0d",
        "1e1",
        "-",
    ],
)
def test_no_number_is_never_counted(typed: str) -> None:
    """Words where digits belong are told so, with an example that is not the answer."""
    verdict = grade(LENGTH, typed)
    assert verdict.grade is Grade.UNREADABLE
    assert verdict.feedback == "Digits are expected here, such as 7. Nothing was counted."


def test_the_example_of_a_number_is_thirteen_where_it_may_be() -> None:
    """The example is 13 unless 13 is the answer."""
    assert grade(CODE, "none").feedback == "Digits are expected here, such as 13. Nothing was counted."


def test_units_of_the_question_are_accepted_and_no_others() -> None:
    """A number without a length takes the question's own units alone."""
    asked = question(QuestionKind.NUMBER, "3000", units=("requests", "requests a minute"))
    assert grade(asked, "3000 requests a minute").is_right
    assert grade(asked, "3000 Requests.").is_right
    assert grade(asked, "3000 bytes").grade is Grade.UNREADABLE


@pytest.mark.parametrize(
    "typed",
    ["404", "404 Not Found", "404 NOT FOUND", "HTTP/1.1 404 NOT FOUND", "HTTP 404", "status 404", "`404`."],
)
def test_a_number_that_is_a_status_may_have_its_phrase(typed: str) -> None:
    """A status question takes the code with its phrase, or the whole status line."""
    assert grade(CODE, typed).grade is Grade.RIGHT


def test_a_wrong_status_with_its_phrase_is_that_wrong_answer() -> None:
    """`405 Method Not Allowed` is the known wrong answer 405."""
    assert grade(CODE, "405 Method Not Allowed").key == "method"
    assert grade(CODE, "404 bananas").grade is Grade.UNREADABLE


@pytest.mark.parametrize(
    "typed",
    [
        "/leaf?x=1",
        " /leaf?x=1 ",
        "`/leaf?x=1`",
        "``/leaf?x=1``",
        "'/leaf?x=1'",
        "“/leaf?x=1”",
        "「/leaf?x=1」",
        "/leaf?x=1.",
        "/leaf?x=1。",
        "/leaf？x=1",
        "／leaf?x＝1",
        "(/leaf?x=1)",
        "\u200b/leaf?x=1\x00",
        "“`/leaf?x=1`.”",
    ],
)
def test_a_text_is_read_in_any_spelling(typed: str) -> None:
    """Full-width forms, outer quotes, brackets and marks at the end change nothing."""
    assert grade(TARGET, typed).grade is Grade.RIGHT


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("/leaf?x=1#top", "fragment"),
        ("`/leaf?x=1#top`", "fragment"),
        ("/leaf", "path"),
        ("“/leaf”。", "path"),
    ],
)
def test_a_known_wrong_text_has_its_feedback(typed: str, key: str) -> None:
    """A wrong answer the lesson knows is recognised in any spelling."""
    verdict = grade(TARGET, typed)
    assert (verdict.grade, verdict.key, verdict.feedback) == (Grade.WRONG, key, f"About {key}.")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("/Leaf?x=1", "Nearly: only the case of the letters differs."),
        ("/leaf? x=1", "Nearly: only the spaces differ."),
        ("leaf?x=1", "Nearly: the slash at the beginning is missing."),
        ("/leaff?x=1", "Nearly: there is one character too many."),
        ("/lef?x=1", "Nearly: one character is missing."),
        ("/laef?x=1", "Nearly: two neighbouring characters are swapped."),
        ("/leap?x=1", "Nearly: one character is different."),
        ("`/leap?x=1`.", "Nearly: one character is different."),
        ("/leaf?x=2", ""),
        ("/tree", ""),
    ],
)
def test_a_near_miss_is_told_what_differs(typed: str, said: str) -> None:
    """One slip is named for what it is; another digit is another answer, no slip."""
    verdict = grade(TARGET, typed)
    assert (verdict.grade, verdict.feedback, verdict.key) == (Grade.WRONG, said, "")


def test_short_answers_have_no_slips() -> None:
    """Of an answer of three characters, one that differs is too much to be near."""
    assert grade(question(QuestionKind.TEXT, "int"), "ant").feedback == ""


def test_a_mark_that_belongs_to_the_answer_must_be_there() -> None:
    """`/echo?` is answered by `/echo?` and by nothing without its mark, and the other way round."""
    assert grade(FULL_PATH, "/echo?").is_right
    assert grade(FULL_PATH, "“/echo？”。").is_right
    assert grade(FULL_PATH, "/echo").key == "path"
    assert grade(FULL_PATH, "/echo.").key == "path"
    bare = question(QuestionKind.TEXT, "/echo")
    assert grade(bare, "/echo.").is_right
    assert not grade(bare, "/echo?").is_right
    greeting = question(QuestionKind.TEXT, "Hello, Flask!")
    assert grade(greeting, "Hello, Flask!").is_right
    assert grade(greeting, "Hello, Flask!.").is_right
    assert grade(greeting, "Hello, Flask").feedback == "Nearly: one character is missing."
    assert not grade(greeting, "Hello, Flask!!").is_right


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        ("'1'", "1"),
        ("1", "['1']"),
        ("[1]", "1"),
        ("x", "<x>"),
        ('{"a":1}', '"a":1'),
        ("*/*", "/"),
        (":", ""),
        ("/dir/", "/dir"),
        ("/dir", "/dir/"),
        ("__name__", "name"),
        ("a=1;", "a=1"),
    ],
)
def test_what_belongs_to_an_answer_is_not_taken_away(answer: str, refused: str) -> None:
    """Quotes, brackets, slashes and marks of the answer itself count."""
    asked = question(QuestionKind.TEXT, answer)
    assert grade(asked, answer).is_right
    assert not grade(asked, refused).is_right


def test_a_known_wrong_spelling_is_not_cleaned_into_the_right_one() -> None:
    """A wrong answer that differs by quotes or a mark alone is found before they are taken away."""
    asked = question(QuestionKind.TEXT, "Allow", wrong={"colon": ("Allow:",), "quoted": ("'Allow'",)})
    assert grade(asked, "Allow").is_right
    assert grade(asked, "Allow:").key == "colon"
    assert grade(asked, "`'Allow'`").key == "quoted"


def test_every_accepted_spelling_is_right() -> None:
    """A question with several right answers takes each of them."""
    asked = question(QuestionKind.TEXT, "text/html", "text/html; charset=utf-8")
    assert grade(asked, "text/html;  charset=utf-8").is_right
    assert grade(asked, "text/html").is_right
    assert not grade(asked, "text/plain").is_right


def test_case_counts_unless_the_question_says_otherwise() -> None:
    """With `ignore_case` the case of right and wrong answers alike means nothing."""
    assert grade(NAME, "content-TYPE").is_right
    assert grade(NAME, "ACCEPT").key == "accept"
    assert not grade(question(QuestionKind.TEXT, "Content-Type"), "content-type").is_right


def test_a_field_name_may_stand_before_its_value() -> None:
    """The field's name, in any case, changes nothing before the value; another field's does."""
    asked = question(QuestionKind.TEXT, "/hello", field_name="Location", wrong={"full": ("http://x/hello",)})
    for typed in ("Location: /hello", "location:/hello", "`LOCATION: /hello`", "Location /hello"):
        assert grade(asked, typed).is_right
    assert grade(asked, "Location: http://x/hello").key == "full"
    assert not grade(asked, "Allow: /hello").is_right


def test_an_answer_may_be_a_whole_field_line() -> None:
    """In a field line the name's case and the space behind the colon mean nothing; the name must be there."""
    asked = question(QuestionKind.TEXT, "Last-Event-ID: 7", field_name="Last-Event-ID")
    assert grade(asked, "last-event-id:7").is_right
    assert not grade(asked, "7").is_right


@pytest.mark.parametrize("asked", EVERY)
def test_an_endless_line_is_never_counted(asked: Question) -> None:
    """More than the limit is not read, and the sentence says how much is."""
    verdict = grade(asked, "a" * (asked.text_limit + 1))
    assert verdict.grade is Grade.UNREADABLE
    assert str(asked.text_limit) in verdict.feedback
    assert len(verdict.given) <= asked.text_limit


@pytest.mark.parametrize("kind", [QuestionKind.REQUEST, QuestionKind.EXERCISE])
def test_a_kind_that_no_text_answers_is_a_programming_error(kind: QuestionKind) -> None:
    """Requests and exercises are graded by what they lead to."""
    with pytest.raises(ValueError, match=kind.value):
        grade(question(kind, "GET /"), "GET /")


def test_what_was_given_is_clean() -> None:
    """The verdict keeps what was typed without blanks and characters that nobody sees."""
    assert grade(TARGET, " what\t\x00 ever\u202e ").given == "what ever"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (STATUS, "a) `405 METHOD NOT ALLOWED`"),
        (FIELDS, "a) Date; c) Content-Type, with a charset; e) Content-Length"),
        (HOOKS, "badec: `before_request` → the view → after_this_request → after_request → teardown_request"),
        (LENGTH, "13"),
        (TARGET, "/leaf?x=1"),
        (question(QuestionKind.REQUEST, "GET /hello?name=Grey"), "GET /hello?name=Grey"),
    ],
)
def test_the_answer_is_shown_as_a_person_reads_it(asked: Question, said: str) -> None:
    """A shown answer has letters and words, or the value itself."""
    assert answer_text(asked) == said


DECORATIONS = st.lists(
    st.sampled_from(["``", "“”", '""', "''", "「」", "()", " \u3000", "\t ", "\x00\u200b"]), max_size=3
)
TEXTS = st.text(
    st.characters(codec="ascii", categories=["L", "N"], include_characters="/-_"), min_size=1, max_size=20
)


def decorated(text: str, decorations: list[str]) -> str:
    for pair in decorations:
        text = f"{pair[0]}{text}{pair[1]}"
    return text


def full_width(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


@settings(deadline=None)  # a busy machine is no fault of the answer
@given(TEXTS, DECORATIONS, st.booleans(), st.sampled_from(["", ".", "。", ", ", "!"]))
def test_a_right_text_stays_right_in_any_dress(answer: str, dress: list[str], wide: bool, mark: str) -> None:
    """Quotes, brackets, blanks, full-width forms and a mark at the end never turn a right answer away."""
    asked = question(QuestionKind.TEXT, answer)
    typed = full_width(answer) if wide else answer
    assert grade(asked, decorated(typed, dress) + mark).is_right


@settings(deadline=None)  # a busy machine is no fault of the answer
@given(TEXTS, TEXTS, DECORATIONS)
def test_a_wrong_text_stays_wrong_in_any_dress(answer: str, wrong: str, dress: list[str]) -> None:
    """A known wrong answer is refused with its feedback in any dress."""
    asked = question(QuestionKind.TEXT, answer, wrong={"wrong": (wrong,)})
    if wrong != answer:
        verdict = grade(asked, decorated(wrong, dress))
        assert (verdict.grade, verdict.key) == (Grade.WRONG, "wrong")


@settings(deadline=None)  # a busy machine is no fault of the answer
@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30))
def test_any_written_answer_is_read_as_written(answer: str, wrong: str) -> None:
    """Whatever a lesson writes, typing just that is right, and its wrong answer is known as wrong."""
    asked = question(QuestionKind.TEXT, answer, wrong={"wrong": (wrong,)})
    assert grade(asked, answer).grade is (Grade.RIGHT if same_form(answer) else Grade.UNREADABLE)
    if same_form(wrong) not in {"", same_form(answer)}:
        assert grade(asked, wrong).key == "wrong"


@settings(deadline=None)  # a busy machine is no fault of the answer
@given(
    st.integers(0, 10**9), st.integers(0, 10**9), DECORATIONS, st.sampled_from(["", " bytes", "octets", "."])
)
def test_a_number_is_right_only_if_it_is_the_number(
    answer: int, typed: int, dress: list[str], unit: str
) -> None:
    """In any dress a number is right if, and only if, it is the answer."""
    asked = question(QuestionKind.NUMBER, str(answer), field_name="Content-Length")
    assert grade(asked, decorated(f"{answer}{unit}", dress)).is_right
    verdict = grade(asked, decorated(full_width(str(typed)) + unit, dress))
    assert verdict.grade is (Grade.RIGHT if typed == answer else Grade.WRONG)


@settings(deadline=None)  # a busy machine is no fault of the answer
@given(st.sampled_from(EVERY), st.text(max_size=60))
def test_no_text_raises(asked: Question, typed: str) -> None:
    """Anything at all gets a verdict, and what is unreadable is told what is expected."""
    verdict = grade(asked, typed)
    assert verdict.feedback or verdict.grade is not Grade.UNREADABLE


@settings(deadline=None)  # a busy machine is no fault of the answer
@given(
    st.sampled_from(EVERY),
    st.lists(
        st.sampled_from([*"abcde\"'`()[]“”.,;:!?/ 1→>-+*_", "and ", "405", "OK", "Date", "http/1.1 "]),
        max_size=80,
    ),
)
def test_no_row_of_marks_raises(asked: Question, parts: list[str]) -> None:
    """Any heap of what answers are made of gets a verdict."""
    assert grade(asked, "".join(parts)).grade in Grade


@pytest.mark.parametrize(
    ("typed", "right"), [("3,000", True), ("３，０００", True), ("3,00", False), ("30,00", False)]
)
def test_thousands_may_be_parted_by_commas(typed: str, right: bool) -> None:
    """3,000 is 3000; commas anywhere else make no number of it."""
    asked = question(QuestionKind.NUMBER, "3000", wrong={"few": ("100",)})
    assert grade(asked, typed).is_right is right


@pytest.mark.parametrize("text", ["3000 个请求", "3000个", "３０００ 个", "3,000 次", "3000 条"])
def test_a_number_may_have_a_chinese_measure_word(text: str) -> None:
    """Behind a number Chinese has a word for what is counted; it changes nothing."""
    asked = question(QuestionKind.NUMBER, "3000")
    assert grade(asked, text).is_right
    assert not grade(question(QuestionKind.NUMBER, "300"), text).is_right
