"""Any text is a request, or an error that names a place in it."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from functools import partial

import pytest

from tests.fuzzing import INPUTS, holds, made_of_pieces, mutated
from tutor.wire.escape import visible
from tutor.wire.raw_text import is_message, message_text, parse_message, parse_raw_block
from tutor.wire.request import RequestSyntaxError, parse_http_block, parse_request_line, parse_request_words

RAW = (
    "GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n",
    "POST / HTTP/1.1\\nContent-Length: 5\\n\\nab\\x00\\u0041{5}\\",
    "GET /hello HTTP/1.1\nHost: {{host}}\nX: a\n b\n\nbody\n",
    "POST /json HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    'POST /login name=Grey age:=5 q==1 X-Test:1 --form "two words"={"a": [1]} --raw \'x\'',
    "GET http://127.0.0.1:5000/hello?name=李#top Accept: text/html",
)
READERS: dict[str, Callable[[str], object]] = {
    "raw block": parse_raw_block,
    "message": parse_message,
    "http block": parse_http_block,
    "line": parse_request_line,
    "words": lambda text: parse_request_words(text.split()),
}


def is_read_or_refused(read: Callable[[str], object], text: str) -> None:
    """What must hold of any text as a request."""
    error = refusal(read, text)
    if error is not None:
        assert 1 <= error.line <= text.count("\n") + text.count("\r") + 2
        assert error.column >= 1
        assert error.message
        assert error.message == visible(error.message)


def refusal(read: Callable[[str], object], text: str) -> RequestSyntaxError | None:
    """Why a text is no request; None where it is one."""
    try:
        read(text)
    except RequestSyntaxError as error:
        return error
    return None


@INPUTS
@pytest.mark.parametrize("reader", READERS)
def test_a_request_with_mistakes(reader: str, count: int) -> None:
    """A request, changed in a few places, is read, or refused with a place and words safe to print."""
    holds(partial(is_read_or_refused, READERS[reader]), mutated(RAW), count)


@INPUTS
@pytest.mark.parametrize("reader", READERS)
def test_any_text_as_a_request(reader: str, count: int) -> None:
    """Any text is read, or refused with a place and words safe to print."""
    holds(partial(is_read_or_refused, READERS[reader]), made_of_pieces(*map(shlex.quote, RAW)), count)


def is_the_same_message(text: str) -> None:
    """A message, written out and read again, is the same bytes."""
    is_message(text)
    try:
        data = parse_message(text).data
    except RequestSyntaxError:
        return
    assert parse_message(message_text(data)).data == data


@INPUTS
def test_a_message_comes_back(count: int) -> None:
    """Whatever bytes a typed message makes, their text makes the same bytes."""
    holds(is_the_same_message, mutated(RAW), count)
