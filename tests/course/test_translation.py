"""A translated lesson: words alone, tied to the English lesson by ids."""

from __future__ import annotations

import pytest

from tests.course.translated import CHINESE, ENGLISH, accepted, english, translated
from tutor.course.model import Prose
from tutor.course.translation import Standing
from tutor.course.translation_file import skeleton, with_missing_steps, with_sources


def changed(old: str, new: str) -> str:
    """The accepted translation with one text in another's place."""
    text = accepted()
    assert text.count(old) == 1, old
    return text.replace(old, new)


def test_a_translation_gives_its_words_to_the_mechanics_of_the_english_file() -> None:
    """Prompt, choices, hints, feedback, prose and titles are Chinese; keys, answers and requests stay."""
    translation = translated()
    assert translation.faults == ()
    lesson, original = translation.lesson, english()
    assert (lesson.title, lesson.parts[0].title, lesson.opening) == (
        "两次问候",
        "先看一看",
        "一句问候在线路上是什么样子。",
    )
    assert lesson.try_next[1] == "`:try`：任意请求"
    step, first = lesson.steps[0], original.steps[0]
    assert (step.title, step.takeaway) == ("第一次问候", "一个请求得到一个响应。")
    assert (step.id, step.number, step.hash) == (first.id, first.number, first.hash)
    assert step.exchanges == first.exchanges
    question, asked = step.questions[0], first.questions[0]
    assert question.prompt == "返回的状态码是哪一个？"
    assert question.choices == (("ok", "200 OK"), ("found", "`302 FOUND`"), ("none", "没有状态码"))
    assert [wrong.feedback for wrong in question.wrong] == [
        "重定向需要 Location 字段。",
        "每个响应都以状态行开头。",
    ]
    assert (question.answer, question.proof, question.exchange) == (
        asked.answer,
        asked.proof,
        asked.exchange,
    )
    assert lesson.pool[0].questions[0].prompt == "这次的状态码是？"
    prose = [block.markdown for block in step.blocks if isinstance(block, Prose)]
    assert prose[0] == "一个请求发了出去。"
    assert prose[1].startswith("两个问题之间：\n\n```python")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "## 第一次问候 {#first",
            "## 第一次问候 {#frist",
            "The English lesson has no step `frist`. Did you mean `first`?",
        ),
        ("## 第一次问候 {#first", "## 第一次问候 {#first stop", "`stop` is mechanics"),
        ("```http {#hello}", "```http {#hello follow}", "`follow` is mechanics"),
        ("```http {#hello}\n", "```http {#hello}\nGET / HTTP/1.1\n", "The body of this block is mechanics"),
        ("```source\n", '```source\nview = "hello"\n', "The body of this block is mechanics"),
        ("```http {#hello}\n```\n", "", "The block `http {#hello}` is missing"),
        (
            "```http {#hello}",
            "```http {#helo}",
            "The English step has no block `helo`. Did you mean `hello`?",
        ),
        ("```http {#hello}", "```websocket {#hello}", "`hello` is a block `http` in the English step"),
        ("```source\n```\n", "", "The step has 0 `source` blocks, the English one has 1."),
        ('prompt = "返回', 'answer = "ok"\nprompt = "返回', "`answer` is mechanics"),
        ('prompt = "返回', 'kind = "choice"\nprompt = "返回', "`kind` is mechanics"),
        ('prompt = "返回的状态码是哪一个？"\n', "", "`prompt` is missing"),
        ('explain = "视图函数执行到了最后。"\n', "", "`explain` is missing"),
        (
            'prompt = "主体有多少字节？"',
            'prompt = "主体有多少字节？"\nexplain = "十三"',
            "The English text has no `explain`",
        ),
        ('hints = ["数一数字母。", ', "hints = [", "`hints` has 1 texts, the English one has 2."),
        ('none = "没有状态码"\n', "", "`choices.none` is missing"),
        (
            'none = "没有状态码"',
            'none = "没有状态码"\nother = "别的"',
            "The English text has no `choices.other`",
        ),
        ('found = "重定向需要 Location 字段。"\n', "", "`feedback.found` is missing"),
        (
            "one-more = ",
            "one-less = ",
            "The English text has no `feedback.one-less`; take it away. Did you mean `one-more`?",
        ),
        ("一个请求发了出去。\n", "", "Before `source` the English step has prose"),
        (
            "```http {#hello}\n```\n",
            "```http {#hello}\n```\n\n多出来的话。\n",
            "Before `question {#status}` the English step has no prose",
        ),
        ('```python\nname = "Grey"\n```\n', "", "The English prose here has 1 code blocks"),
        ("一个请求发了出去。", "A request goes out.", "This is English still"),
        ('"看响应的第一行。"', '"Look at the first line of the response."', "`hints.0` is English still"),
        ("> 一个请求得到一个响应。\n", "", "Before the end of the step the English step has prose"),
        ('look = "先看一看"\n', "", "`parts.look` is missing"),
        (
            "```question {#length}\nprompt",
            "```expect {of=hello}\nstatus = 200\n```\n\n```question {#length}\nprompt",
            "`expect` is mechanics",
        ),
        ("一句问候在线路上是什么样子。\n", "", "The opening prose is missing"),
        (
            'found = "重定向需要 Location 字段。"',
            f'found = "{"字" * 61}"',
            "The feedback has 61 characters; 60 at most.",
        ),
        ("一个请求得到一个响应。", "字" * 41, "The takeaway has 41 characters; 40 at most."),
        (
            "一个请求发了出去。",
            "字" * 161,
            "161 characters stand before the step's first request or question; 160 at most.",
        ),
    ],
)
def test_each_drift_is_a_fault_with_its_place(old: str, new: str, told: str) -> None:
    """Mechanics, unknown or missing ids, texts and pieces of prose are faults, with line and column."""
    found = translated(changed(old, new)).faults
    assert any(told in fault.message for fault in found), [str(fault) for fault in found]
    assert all(fault.line >= 1 and fault.column >= 1 for fault in found)


def test_a_fault_names_the_line_that_it_is_about() -> None:
    """The line is the one to edit."""
    text = changed('prompt = "返回', 'answer = "ok"\nprompt = "返回')
    (fault,) = translated(text).faults
    assert text.split("\n")[fault.line - 1] == 'answer = "ok"'
    assert (fault.column, fault.where) == (1, "2.1/first/status")


def test_all_faults_come_in_one_run() -> None:
    """Faults in several steps and blocks are reported together."""
    text = changed("```http {#hello}", "```http {#hello raw}").replace('found = "这里没有重定向。"\n', "")
    text = text.replace('prompt = "这次的状态码是？"', 'answer = "ok"')
    assert len(translated(text).faults) >= 3


def test_blocks_and_steps_keep_their_order() -> None:
    """A block that stands in another's place is named with the one that belongs there."""
    length = accepted()[accepted().index("```question {#length}") : accepted().index("> 一个请求")]
    text = accepted().replace(length, "").replace("```question {#status}", f"{length}```question {{#status}}")
    told = [fault.message for fault in translated(text).faults]
    assert (
        "`question {#length}` stands where the English step has `question {#status}`; keep its order." in told
    )


def test_a_faulty_step_keeps_its_english_words_and_others_are_translated() -> None:
    """One fault costs one step, not the lesson."""
    translation = translated(changed("```http {#hello}", "```http {#helo}"))
    assert translation.lesson.steps[0] == english().steps[0]
    assert translation.lesson.pool[0].title == "凭记忆"
    assert [part.standing for part in translation.parts] == [
        Standing.CURRENT,
        Standing.FAULTY,
        Standing.CURRENT,
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("**状态行。**之后是字段。", "This `**` is shown as it stands"),
        ("`200 OK 是状态行。", "A backtick has no partner"),
    ],
)
def test_marks_that_markdown_would_show_are_faults(text: str, told: str) -> None:
    """Emphasis beside full-width marks is where Chinese and Markdown meet badly."""
    for place in ("一个请求发了出去。", "视图函数执行到了最后。"):
        [fault] = translated(changed(place, text)).faults
        assert told in fault.message
    assert translated(changed("一个请求发了出去。", "一个**请求**发了出去，带着 `**`。")).faults == ()


def test_a_text_that_is_too_long_is_a_fault_and_is_shown_all_the_same() -> None:
    """Style never takes a text from the learner."""
    translation = translated(changed("一个请求得到一个响应。", "字" * 41))
    assert len(translation.faults) == 1
    assert translation.lesson.steps[0].language == "zh-CN"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("A request goes out.", "A request is sent."),
        ("The first greeting", "A first greeting"),
        ("Which status came back?", "Which status came?"),
        ("None at all", "Nothing at all"),
        ("A redirect needs a Location field.", "A redirect has a Location field."),
        ("Count the letters.", "Count all letters."),
        ("The view ran to its end.", "The view ran."),
        ("> A request gets one response.", "> One request gets one response."),
    ],
)
def test_changed_english_words_make_a_step_stale(old: str, new: str) -> None:
    """Whatever a learner reads counts; the stale step is told in English, the other one is not touched."""
    assert ENGLISH.count(old) == 1
    translation = translated(accepted(), ENGLISH.replace(old, new))
    assert [(part.id, part.standing) for part in translation.parts] == [
        ("", Standing.CURRENT),
        ("first", Standing.STALE),
        ("again", Standing.CURRENT),
    ]
    assert translation.faults == ()
    assert translation.lesson.steps[0].language == "en"
    assert translation.lesson.pool[0].language == "zh-CN"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("GET /hello?name=Grey HTTP/1.1", "GET /hello?name=Li HTTP/1.1"),
        ("one-more = 13", "one-more = 14"),
        ("part=look}", "part=look stop}"),
        ("proof = ", 'units = ["octets"]\nproof = '),
    ],
)
def test_changed_mechanics_leave_a_translation_current(old: str, new: str) -> None:
    """A translator has nothing to do where no word changed."""
    translation = translated(accepted(), ENGLISH.replace(old, new))
    assert {part.standing for part in translation.parts} == {Standing.CURRENT}


def test_changed_words_of_the_head_make_the_head_stale() -> None:
    """Title, opening, parts and the commands to try are one whole."""
    translation = translated(accepted(), ENGLISH.replace("Look first", "Look at first"))
    assert translation.parts[0].standing is Standing.STALE
    assert translation.lesson.title == "Two greetings"


def test_accepting_writes_todays_hash_and_nothing_else() -> None:
    """Only headings change, each in its `from`; accepting again changes nothing."""
    text, ids = with_sources(CHINESE, english(), None)
    assert ids == ("", "first", "again")
    assert [line for line in text.split("\n") if line not in CHINESE.split("\n")] == [
        line for line in text.split("\n") if "from=" in line
    ]
    assert with_sources(text, english(), None) == (text, ())


@pytest.mark.parametrize(
    "heading", ["{#first}", '{#first from="old"}', "{from=00000000 #first}", "{#first}\r"]
)
def test_accepting_finds_its_place_in_any_heading(heading: str) -> None:
    """A heading without `from`, with one in quotes or first, with CRLF behind it."""
    text = CHINESE.replace("{#first from=00000000}", heading)
    written, ids = with_sources(text, english(), frozenset({"first"}))
    assert ids == ("first",)
    assert translated(written).parts[1].standing is Standing.CURRENT
    assert written.count("\r") == text.count("\r")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_accepting_keeps_the_line_ends_of_the_file(end: str) -> None:
    """Whatever ends its lines, a file is accepted and has as many lines as before, with the same ends."""
    text = CHINESE.replace("\n", end)
    written, ids = with_sources(text, english(), None)
    assert ids == ("", "first", "again")
    assert written.replace(end, "\n") == with_sources(CHINESE, english(), None)[0]
    assert written.count(end) == text.count(end)


def test_a_missing_hash_is_stale() -> None:
    """Where it is not said what was translated, nobody knows whether it still fits."""
    assert translated(accepted().replace(" from=", " x=").replace("{from=", "{x=")).faults
    text = with_sources(CHINESE.replace(" from=00000000}", "}"), english(), frozenset({"", "again"}))[0]
    assert translated(text).parts[1].standing is Standing.STALE


def test_a_skeleton_has_everything_in_its_place_and_is_english_still() -> None:
    """A translator replaces texts and nothing else; every text that is left is told."""
    translation = translated(skeleton(english()))
    assert translation.faults
    assert all("English still" in fault.message for fault in translation.faults), translation.faults


def test_missing_steps_are_added_where_they_belong() -> None:
    """`translate begin` completes a file, and leaves what is there as it is."""
    start = accepted().index("## 第一次问候")
    end = accepted().index("## 凭记忆")
    written, added = with_missing_steps(accepted()[:start] + accepted()[end:], english())
    assert added == ("first",)
    headings = [line.partition(" {")[0] for line in written.split("\n") if line.startswith("## ")]
    assert headings == ["## The first greeting", "## 凭记忆"]
    assert "一句问候" in written
    assert all("English still" in fault.message for fault in translated(written).faults)


def test_a_missing_step_is_a_fault_that_says_what_to_do() -> None:
    """It names the command that writes its place."""
    text = accepted()[: accepted().index("## 凭记忆")]
    (fault,) = translated(text).faults
    assert "`again` is missing; `flask-http-tutor translate begin 2.1`" in fault.message
    assert translated(text).lesson.pool == english().pool
