"""Sending bytes through a plain socket."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise

from tutor.client.call import READ_BYTES, SILENCE_S, Call, Count, DeadlineSocket
from tutor.course.model import Until
from tutor.wire.message import parse_responses
from tutor.wire.request import RawRequest

_AFTER_ANSWER_S = 0.1
"""How long a plain socket waits for the close once the whole response is there."""


def send(call: Call, request: RawRequest, on_pause: Callable[[], None]) -> str:
    """Send bytes through a plain socket and read until the server closes; gives why it broke off, or nothing.

    The write side stays open: shutting it down would tell the server that nothing more comes.
    """
    received = bytearray()
    try:
        connection = call.connect()
        # What the server said before it stopped reading is still there to be read.
        with suppress(BrokenPipeError, ConnectionResetError):
            for start, end in pairwise((0, *request.pauses, len(request.data))):
                if start:
                    call.paused(on_pause)
                connection.sendall(request.data[start:end])
        while data := _receive(call, connection, received, request):
            received += data
            if _limit_reached(call, received, request):
                call.limit_reached = True
                call.leave()
                break
    except OSError as error:
        from tutor.client.by_requests import why

        return "" if call.limit_reached else why(call, error)
    return ""


def _receive(call: Call, connection: DeadlineSocket, received: bytearray, request: RawRequest) -> bytes:
    """The next bytes; none once the server has closed, or has answered and keeps the connection open.

    Raises TimeoutError where a silence, or the whole exchange, takes too long.
    """
    silence_ends_s = time.perf_counter() + SILENCE_S
    while True:
        try:
            return connection.recv_within(_AFTER_ANSWER_S, READ_BYTES)
        except TimeoutError:
            if call.left_s() <= 0:
                raise
            if _is_answered(call, bytes(received), request):
                return b""
            if call.until.ms is None and time.perf_counter() >= silence_ends_s:
                call.fell_silent = call.timed_out = True
                call.give_up()
                raise


def _limit_reached(call: Call, received: bytearray, request: RawRequest) -> bool:
    if call.until.body_bytes is None and call.until.events is None:
        return False
    messages = parse_responses(bytes(received), method=_method(request))
    return bool(messages) and Count(call.until).reached_with(messages[-1].body)


def _is_answered(call: Call, received: bytes, request: RawRequest) -> bool:
    """Whether a whole final response is there; one that the close ends never is, before it comes.

    A 101 is one too, as nobody can say how much follows it, unless the limits of the exchange do.
    """
    messages = parse_responses(received, method=_method(request)) if received else ()
    return any(
        message.complete
        and not message.until_close
        and (message.status >= 200 or (message.status == 101 and call.until == Until()))
        for message in messages
    )


def _method(request: RawRequest) -> str:
    return request.data.lstrip().partition(b" ")[0].decode("latin-1")
