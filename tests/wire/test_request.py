"""Requests as they are written: blocks of a lesson, raw bytes, one line at the prompt."""

from __future__ import annotations

import json
import shlex
from urllib.parse import parse_qsl

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.wire.escape import visible
from tutor.wire.raw_text import parse_message, parse_raw_block
from tutor.wire.request import (
    DEFAULT_FIELDS,
    FORM,
    JSON,
    RawRequest,
    Request,
    RequestSyntaxError,
    Upload,
    _words,
    parse_http_block,
    parse_request_line,
    parse_request_words,
)

SCRAPS = st.lists(
    st.sampled_from(
        [
            *("GET", "/hello", " ", "  ", "a=1", "b:=2", "q==3", "X-A:1", "Accept:", "--form", "--raw"),
            *("HTTP/1.1", "http://127.0.0.1:5000/x", "{{a.b}}", "李", "\x1b", "\ud800", "\udcff", ":", "="),
            *("'", '"', "\\", "\n"),
        ]
    ),
    max_size=12,
).map("".join)
ANY_TEXT = st.one_of(SCRAPS, st.text(max_size=60))


def error_of(text: str, line: int = 1) -> RequestSyntaxError:
    with pytest.raises(RequestSyntaxError) as caught:
        parse_request_line(text)
    assert caught.value.line == line
    return caught.value


@settings(deadline=None)
@given(ANY_TEXT)
def test_any_line_is_a_request_or_an_explained_error(text: str) -> None:
    """Whatever is typed gives a request, or an error with a place in the text and a message safe to print."""
    for parse in (parse_request_line, parse_http_block, parse_raw_block, parse_message):
        error = None
        try:
            found = parse(text)
        except RequestSyntaxError as raised:
            error = raised
        if error is None:
            assert isinstance(found, Request | RawRequest)
            continue
        lines = text.split("\n")
        assert 1 <= error.line <= len(lines)
        assert 1 <= error.column <= len(lines[error.line - 1]) + 1
        assert error.message == str(error) == visible(error.message)


@settings(deadline=None)
@given(st.text(st.sampled_from("ab'\"\\ \t\n=:"), max_size=20))
def test_quotes_work_as_in_a_shell(text: str) -> None:
    """Words are split, and quotes and backslashes taken off, as shlex does."""
    try:
        expected = shlex.split(text)
    except ValueError:
        with pytest.raises(RequestSyntaxError):
            _words(text)
    else:
        assert [word.text for word in _words(text)] == expected


@pytest.mark.parametrize(
    ("text", "method", "target"),
    [
        ("GET /hello", "GET", "/hello"),
        ("/hello", "GET", "/hello"),
        ("  get   /hello  ", "GET", "/hello"),
        ("GET /hello HTTP/1.1", "GET", "/hello"),
        ("GET /hello http/1.1", "GET", "/hello"),
        ("BREW /coffee", "BREW", "/coffee"),
        ("brew /coffee", "brew", "/coffee"),
        ("Get /hello", "Get", "/hello"),
        ("http://127.0.0.1:5000/hello?name=Grey#top", "GET", "/hello?name=Grey"),
        ("HEAD http://localhost", "HEAD", "/"),
        ("localhost:5000/hello", "GET", "/hello"),
        ("127.0.0.1?x=1", "GET", "/?x=1"),
        ("GET '/a b'", "GET", "/a b"),
        ("GET /hello?name=李辉", "GET", "/hello?name=李辉"),
        ("GET {{first.response.headers.Location}}", "GET", "{{first.response.headers.Location}}"),
    ],
)
def test_method_and_target(text: str, method: str, target: str) -> None:
    """A line begins with a method, which may be missing, and a path or an address of the sandbox."""
    assert parse_request_line(text) == Request(method, target)


def test_fields_are_given_and_taken_away() -> None:
    """`Name:value` adds a field, and `Name:` alone leaves out one that requests would add."""
    request = parse_request_line("GET / X-Test:1 'X-Two: a b' x-test:2 accept: User-Agent:")
    assert request.fields == (("X-Test", "1"), ("X-Two", "a b"), ("x-test", "2"))
    assert request.without == {"Accept", "User-Agent"}


def test_a_field_that_is_given_is_not_taken_away() -> None:
    """Where a line both takes a field away and gives it, the given one is sent."""
    request = parse_request_line("GET / Accept: Accept:text/html")
    assert (request.fields, request.without) == ((("Accept", "text/html"),), frozenset())


def test_a_value_may_hold_separators() -> None:
    """The first separator of an item decides; others belong to the value."""
    request = parse_request_line("POST / Cookie:a=1==2 url==http://a.example/?b=1 pair=x:=y")
    assert request.fields[0] == ("Cookie", "a=1==2")
    assert parse_qsl(request.target.partition("?")[2]) == [("url", "http://a.example/?b=1")]
    assert json.loads(request.body) == {"pair": "x:=y"}


def test_query_items_join_the_target() -> None:
    """`name==value` is percent-encoded behind what the target already asks, and before its fragment."""
    assert parse_request_line("GET /a q==1").target == "/a?q=1"
    assert parse_request_line("GET /a?x=0#top q==1 q==李").target == "/a?x=0&q=1&q=%E6%9D%8E#top"
    prepared = requests.Request("GET", "http://a/a", params=[("q", "a b&c"), ("r", "~/")]).prepare()
    assert parse_request_line("GET /a 'q==a b&c' r==~/").target == prepared.path_url


def test_json_is_sent_as_requests_sends_it() -> None:
    """Items make the JSON body that requests would send for the same object, posted by default."""
    request = parse_request_line("/json name=李辉 age:=3 'tags:=[\"a\", null]' empty=")
    values = {"name": "李辉", "age": 3, "tags": ["a", None], "empty": ""}
    prepared = requests.Request("POST", "http://a/json", json=values).prepare()
    assert (request.method, request.body) == ("POST", prepared.body)
    assert request.fields == (("Content-Type", JSON),)
    assert prepared.headers["Content-Type"] == JSON


def test_a_form_is_sent_as_requests_sends_it() -> None:
    """With --form the items make the body that requests would send for the same form."""
    request = parse_request_line("POST /form --form name=李辉 'note=a b&c' name=grey")
    prepared = requests.Request(
        "POST", "http://a/form", data=[("name", "李辉"), ("note", "a b&c"), ("name", "grey")]
    ).prepare()
    assert request.body.decode() == prepared.body
    assert request.fields == (("Content-Type", FORM),)


def test_a_given_content_type_wins() -> None:
    """A Content-Type in the line replaces the one that the body would get, or leaves it out."""
    assert parse_request_line("/x a=1 content-type:text/plain").fields == (("content-type", "text/plain"),)
    without = parse_request_line("/x a=1 Content-Type:")
    assert without.fields == ()
    assert without.without == {"Content-Type"}


def test_a_raw_body_stands_as_it_is() -> None:
    """--raw sends its text as it stands and adds no Content-Type."""
    request = parse_request_line("""POST /json --raw '{"a": 1' Content-Type:application/json""")
    assert request == Request("POST", "/json", (("Content-Type", JSON),), b'{"a": 1')
    assert parse_request_line("/x --raw=李") == Request("POST", "/x", (), "李".encode())
    assert parse_request_line("/x --form --raw a=1").fields == (("Content-Type", FORM),)


def test_a_body_may_go_with_any_method() -> None:
    """A method that is given stays, body or not."""
    assert parse_request_line("GET /x a=1").method == "GET"
    assert parse_request_line("PUT /x").method == "PUT"


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 1, "There is no request here. Write one such as GET /hello."),
        ("hello", 1, "A target begins with a slash. Write /hello."),
        ("GET hello", 5, "A target begins with a slash. Write /hello."),
        ("hello name==Grey", 1, "A target begins with a slash. Write /hello."),
        ("GET", 1, "No target follows GET. Write one behind it: GET /hello."),
        ("GET/hello", 1, "A space is missing behind GET. Write GET /hello."),
        ("GET name==Grey", 5, "The target is missing before name==Grey. Write a path such as /hello."),
        ("--form /x", 1, "--form stands before the target. Write the target first, such as /hello."),
        (
            "GET https://flask.example/x",
            5,
            "https://flask.example/x is not the sandbox. Write a path such as /hello.",
        ),
        ("curl http://127.0.0.1/", 1, "curl is another client. Begin with the method: GET /hello."),
        (
            "GET / what",
            7,
            "what is no item. Items are Name:value, name==value, name=value and name:=JSON; "
            "put one with spaces in quotes.",
        ),
        ("GET / 'X-A:1\n2'", 7, "The value of X-A holds a line end. Write it as one line."),
        ("GET / X(:1", 7, "X( is no field name. A field is written Name:value."),
        ("GET / --json", 7, "There is no option --json. The options are --form and --raw TEXT."),
        ("GET / --raw", 7, "Nothing follows --raw. Write the body behind it: --raw 'name=grey'."),
        ("GET / --raw a --raw b", 15, "--raw stands here twice. A request has one body."),
        ("GET / --raw a b=1", 15, "--raw is the whole body. Leave out b=1, or write it into the text."),
        ("GET / a:=x", 7, "x is no JSON. Put it in single quotes: 'a:=[\"a\", 1]'."),
        ("GET / a:=NaN", 7, "NaN is no JSON. Put it in single quotes: 'a:=[\"a\", 1]'."),
        ("GET / a:=1e999", 7, "1e999 is no JSON. Put it in single quotes: 'a:=[\"a\", 1]'."),
        ("GET / a=1 a=2", 11, "a stands here twice; a JSON object holds it once. A list is 'a:=[1, 2]'."),
        ("GET / a:=1 --form", 7, "A form holds text only. Write a=value."),
        (
            "GET / HTTP/1.0",
            7,
            "HTTP/1.0 cannot be sent here. Write HTTP/1.1 or nothing; raw bytes may say any version.",
        ),
        ("GET / 'a", 7, "The quote ' is not closed. Close it, or write \\' for the character itself."),
        ("GET / a\\", 8, "Nothing follows the backslash. Write \\\\ for a backslash."),
        ("GET /\ud800", 6, "\\u{d800} is half a character and cannot be sent. Leave it out."),
    ],
)
def test_errors_say_what_would_be_right(text: str, column: int, message: str) -> None:
    """A line that is no request is told where it goes wrong and what would be right."""
    error = error_of(text)
    assert (error.message, error.column) == (message, column)


def test_json_that_is_nested_too_deep_is_an_error() -> None:
    """Brackets without end are refused like other text that is no JSON."""
    assert "is no JSON" in error_of("GET / a:=" + "[" * 100_000).message


def test_an_error_quotes_long_words_in_part() -> None:
    """A long word is quoted by its beginning, so that the error stays one short line."""
    assert len(error_of("GET / " + "x" * 1000).message) < 200


def test_a_block_is_a_request() -> None:
    """A block holds a request line, fields, an empty line and a body without its last line end."""
    block = "POST /form HTTP/1.1\nContent-Type: text/plain\nX-Empty:\nX-A: 1\nX-A: 2\n\nname=grey\n\nmore\n"
    assert parse_http_block(block) == Request(
        "POST",
        "/form",
        (("Content-Type", "text/plain"), ("X-Empty", ""), ("X-A", "1"), ("X-A", "2")),
        b"name=grey\n\nmore",
    )
    assert parse_http_block("GET /hello HTTP/1.1\n") == Request("GET", "/hello")
    assert parse_http_block("GET /hello HTTP/1.1\n\n") == Request("GET", "/hello")
    assert parse_http_block("get /hello\r\nA: b\r\n\r\nx\r\ny") == Request(
        "GET", "/hello", (("A", "b"),), b"x\ny"
    )


def test_a_multipart_body_has_crlf_line_ends() -> None:
    """The lines of a multipart body end in CRLF, the last one too."""
    block = "POST / HTTP/1.1\ncontent-type: Multipart/form-data; boundary=x\n\n--x\nA: b\n\nhi\n--x--\n"
    assert parse_http_block(block).body == b"--x\r\nA: b\r\n\r\nhi\r\n--x--\r\n"
    assert parse_http_block(block.rpartition("--x\n")[0]).body == b""


def test_a_block_may_hold_live_values() -> None:
    """Values that are not yet filled in are read as they stand, spaces in them included."""
    block = "GET {{a.response.headers.Location}} HTTP/1.1\nIf-None-Match: {{a.response.headers.ETag}}\n"
    request = parse_http_block(block)
    assert request.target == "{{a.response.headers.Location}}"
    assert request.fields == (("If-None-Match", "{{a.response.headers.ETag}}"),)
    assert parse_http_block("GET /x?{{a.response.json.two words}} HTTP/1.1").target.endswith("two words}}")


@pytest.mark.parametrize(
    ("block", "line", "column", "message"),
    [
        ("", 1, 1, "The request line is missing. Begin with one such as GET /hello HTTP/1.1."),
        ("GET HTTP/1.1", 1, 1, "The request line needs a method and a target, such as GET /hello HTTP/1.1."),
        ("/hello HTTP/1.1", 1, 1, "The method is missing before /hello. Write GET /hello HTTP/1.1."),
        ("GET hello HTTP/1.1", 1, 5, "A target begins with a slash. Write /hello."),
        ("GET /a b HTTP/1.1", 1, 8, "A space stands in the target before b. Write %20 for it."),
        (
            "GET /a HTTP/2",
            1,
            8,
            "HTTP/2 cannot be sent here. Write HTTP/1.1 or nothing; raw bytes may say any version.",
        ),
        ("G(T /a HTTP/1.1", 1, 1, "G(T is no method. A request begins with one such as GET."),
        (
            "GET /a\nA: b\nHost x\n",
            3,
            1,
            "Host x is no field line. Write Name: value; an empty line stands before the body.",
        ),
        ("GET /a\n\tA: b\n", 2, 1, "A field line begins with a space. Begin it with the field's name."),
        ("GET /a\nA b: c\n", 2, 1, "A b is no field name. A field line is written Name: value."),
        ("GET /a\nA: b\rc\n", 2, 1, "The value of A holds a bare CR. Only a raw block can send one."),
    ],
)
def test_faults_of_a_block_have_a_place(block: str, line: int, column: int, message: str) -> None:
    """A fault in a block is told with its line and column and what would be right."""
    with pytest.raises(RequestSyntaxError) as caught:
        parse_http_block(block)
    assert (caught.value.line, caught.value.column, caught.value.message) == (line, column, message)


def test_the_default_fields_are_those_of_requests() -> None:
    """What requests sends by itself, body or not, is what can be taken away."""
    prepared = requests.Session().prepare_request(requests.Request("POST", "http://a/", json={}))
    assert {*prepared.headers, "Host"} == set(DEFAULT_FIELDS)


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("GET / Accept: text/html", (("Accept", "text/html"),)),
        (
            "GET / Accept: text/html, application/json;q=0.5",
            (("Accept", "text/html, application/json;q=0.5"),),
        ),
        ("GET / Accept-Language: en X-A:1", (("Accept-Language", "en"), ("X-A", "1"))),
        ("GET / Cookie: a=1", (("Cookie", "a=1"),)),
    ],
)
def test_a_field_may_be_typed_as_it_stands_on_the_wire(
    line: str, fields: tuple[tuple[str, str], ...]
) -> None:
    """`Name: value`, with the space that every exchange on the screen shows, is read as a field."""
    assert parse_request_line(line).fields == fields


def test_a_name_alone_still_takes_a_default_field_away() -> None:
    """`Accept:` before another item, or at the end, leaves that field out."""
    assert parse_request_line("GET / Accept: X-A:1").without == {"Accept"}
    assert parse_request_line("GET / Accept:").without == {"Accept"}


@pytest.mark.parametrize(
    ("line", "body"),
    [
        ('POST /json --raw {"name":"Grey"}', b'{"name":"Grey"}'),
        ('POST /json --raw {"name": "Grey Li"} X-A:1', b'{"name": "Grey Li"}'),
        ("POST /json --raw {a: 1} X-A:1", b"{a: 1}"),
        ("POST /json --raw [1, 2", b"[1, 2"),
        ("POST /json --raw '{\"a\": 1}'", b'{"a": 1}'),
    ],
)
def test_json_behind_raw_is_taken_as_it_stands(line: str, body: bytes) -> None:
    """Nobody quotes JSON for a shell that there is not: it goes out with its own quotes, broken or whole."""
    assert parse_request_line(line).body == body


@settings(deadline=None)
@given(ANY_TEXT)
def test_words_that_a_shell_has_split_mean_what_the_line_means(text: str) -> None:
    """A request given as words is the one that the line with these words is, or the same error."""
    try:
        words = [word.text for word in _words(text)]
        expected = parse_request_line(text)
    except RequestSyntaxError:
        return
    assert parse_request_words(words) == expected


def uploaded(*words: str) -> Request:
    return parse_request_words(words, read_file=lambda name: Upload(name, "", b"\0\xff\r\n"))


def test_a_file_makes_the_body_a_form_of_parts() -> None:
    """`name@file` is a part with the file's name, octets and type; `name=value` is a part without."""
    request = uploaded("/upload", 'photo@a"b.bin', "title=李", "q==1", "E:a@b")
    assert (request.method, request.target) == ("POST", "/upload?q=1")
    fields = dict(request.fields)
    boundary = fields["Content-Type"].removeprefix("multipart/form-data; boundary=").encode()
    assert fields["E"] == "a@b"
    assert request.body == (
        b"--" + boundary + b'\r\nContent-Disposition: form-data; name="photo"; filename="a%22b.bin"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n\0\xff\r\n\r\n"
        b"--"
        + boundary
        + b'\r\nContent-Disposition: form-data; name="title"\r\n\r\n'
        + "李".encode()
        + b"\r\n--"
        + boundary
        + b"--\r\n"
    )


def test_a_form_with_a_file_holds_text_only() -> None:
    """JSON beside a file is refused, with the item that would be right."""
    with pytest.raises(RequestSyntaxError) as caught:
        uploaded("/upload", "photo@x", "age:=7")
    assert "Write age=value" in caught.value.message


def test_without_a_reader_of_files_an_at_sign_is_no_item() -> None:
    """A lesson's line reads no file."""
    assert "photo@x is no item" in error_of("POST /upload photo@x").message
