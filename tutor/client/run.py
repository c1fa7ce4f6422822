"""What a step fires: its blocks in their groups, with the live values between them, on an app of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tutor.client.call import OnPiece, Target
from tutor.client.client import Client, OnPause, load
from tutor.course.model import ExchangeBlock, HttpBlock, Step, WebSocketBlock
from tutor.language import _
from tutor.sandbox.server import SandboxServer
from tutor.standstill import CLOCK_S, TIMES, StandstillWatch, clock_offset_s
from tutor.wire.exchange import Exchange
from tutor.wire.raw_text import parse_raw_block
from tutor.wire.request import RawRequest, Request, parse_http_block

if TYPE_CHECKING:
    from flask import Flask


class BlocksRun:
    """Some blocks fired at one target, and what has been fired so far, by the blocks' ids."""

    def __init__(self, target: Target, client: Client, blocks: Sequence[ExchangeBlock]) -> None:
        """`client` sends to `target`."""
        self._target = target
        self._client = client
        self._requests = tuple(block for block in blocks if isinstance(block, HttpBlock))
        self.fired: dict[str, tuple[Exchange, ...]] = {}

    def app(self, name: str = "") -> Flask | None:  # noqa: ARG002 - the target has an app of its own
        """The app that answers, in that configuration; None leaves it to the target."""
        return None

    def fire(
        self, block: ExchangeBlock, *, on_piece: OnPiece | None = None, on_pause: OnPause | None = None
    ) -> tuple[Exchange, ...]:
        """Fire a block together with the blocks that go with it, and give its exchanges.

        A block that goes with another one fires with that one; once fired, it is not fired again. `on_piece`
        gets the pieces of this block's exchanges as they are recorded, in the sandbox's threads; `on_pause`
        is called where its raw bytes pause; see `Client.fire`.

        Raises:
            LiveValueError: the block inserts a value that is not there.
            RequestSyntaxError: what the block holds is no request.
        """
        if isinstance(block, WebSocketBlock):
            self.fired[block.id] = self._client.fire_websocket(
                self._filled(block), app=self.app(block.app), on_piece=on_piece
            )
            return self.fired[block.id]
        if block.with_id and block.id in self.fired:
            return self.fired[block.id]
        group = self._group(self._leader(block))
        jobs = [(offset_ms, each, self._request_of(each)) for each, offset_ms in group]
        if len(jobs) == 1:
            _offset, only, request = jobs[0]
            self.fired[only.id] = self._fire_block(only, request, on_piece, on_pause)
        else:
            self._fire_together(jobs, {block.id: on_piece})
        return self.fired[block.id]

    def _leader(self, block: HttpBlock) -> HttpBlock:
        by_id = {each.id: each for each in self._requests}
        seen: set[str] = set()
        while block.with_id in by_id and block.id not in seen:
            seen.add(block.id)
            block = by_id[block.with_id]
        return block

    def _group(self, leader: HttpBlock) -> list[tuple[HttpBlock, int]]:
        """The leader and all that fire with it, each with its start in milliseconds after the leader's."""
        group = [(leader, 0)]
        for first, offset_ms in group:
            for each in self._requests:
                if each.with_id == first.id and all(each.id != known.id for known, _offset in group):
                    group.append((each, offset_ms + each.after_ms))
        return group

    def _request_of(self, block: HttpBlock) -> Request | RawRequest:
        text = self._inserted(block.text)
        return parse_raw_block(text) if block.raw else parse_http_block(text)

    def _filled(self, block: WebSocketBlock) -> WebSocketBlock:
        return replace(
            block,
            target=self._inserted(block.target),
            fields=tuple((name, self._inserted(value)) for name, value in block.fields),
            frames=tuple(replace(frame, data=self._inserted(frame.data)) for frame in block.frames),
        )

    def _inserted(self, text: str) -> str:
        from tutor.grading.live import insert

        return insert(text, self.fired, address=self._target.address)

    def _fire_block(
        self,
        block: HttpBlock,
        request: Request | RawRequest,
        on_piece: OnPiece | None,
        on_pause: OnPause | None = None,
    ) -> tuple[Exchange, ...]:
        return self._client.fire(
            request,
            follow=block.follow,
            jar=block.jar,
            until=block.until,
            app=self.app(block.app),
            on_piece=on_piece,
            on_pause=on_pause,
        )

    def _fire_together(
        self,
        jobs: Sequence[tuple[int, HttpBlock, Request | RawRequest]],
        listeners: Mapping[str, OnPiece | None],
    ) -> None:
        # Modules and apps are there before the clock runs, and made by one thread.
        load()
        for _offset, block, _request in jobs:
            self.app(block.app)
        ended = threading.Event()
        start_s = time.perf_counter()

        def fire_later(offset_ms: int, block: HttpBlock, request: Request | RawRequest) -> None:
            if ended.wait(max(0.0, start_s + offset_ms / 1000 - time.perf_counter())):
                self.fired[block.id] = (Exchange((), error=_("You ended the request.")),)
            else:
                self.fired[block.id] = self._fire_block(block, request, listeners.get(block.id))

        threads = [
            threading.Thread(target=fire_later, args=job, name=f"fire {job[1].id}", daemon=True)
            for job in jobs
        ]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        except KeyboardInterrupt:
            ended.set()
            self._client.end()
            for thread in threads:
                if thread.ident is not None:
                    thread.join()
            for _offset, block, _request in jobs:
                self.fired.setdefault(block.id, (Exchange((), error=_("You ended the request.")),))


class StepRun(BlocksRun):
    """One step's exchanges with the sandbox: a fresh app and empty jars."""

    def __init__(
        self, server: SandboxServer, client: Client, step: Step, make_app: Callable[[str], Flask]
    ) -> None:
        """`make_app` builds the sandbox in the configuration of that name; "" is the default one."""
        super().__init__(server, client, step.exchanges)
        self._server = server
        self._step = step
        self._make_app = make_app
        self._apps: dict[str, Flask] = {}
        self._apps_aside: dict[str, Flask] = {}
        self._clock_offset_s = 0.0
        self.restart()

    def restart(self) -> None:
        """Begin the step anew."""
        self._clock_offset_s = clock_offset_s()
        self._apps = {}
        self._apps_aside = {}
        self.fired.clear()
        self._client.forget()
        self._server.replace_app(self.app())

    def fire(
        self,
        block: ExchangeBlock,
        *,
        on_piece: OnPiece | None = None,
        on_pause: OnPause | None = None,
        on_again: Callable[[], None] | None = None,
    ) -> tuple[Exchange, ...]:
        """Fire as `BlocksRun.fire` does; where time stood still meanwhile, begin anew and fire once more.

        The step's blocks before it are fired again too. `on_again` is called before that.
        """
        for time_left in reversed(range(TIMES + 1)):
            with StandstillWatch() as watch:
                pause = on_pause and _unwatched(on_pause, watch)
                exchanges = super().fire(block, on_piece=on_piece, on_pause=pause)
            # What was signed before the clock was set back is not valid yet, as Flask's session cookie.
            was_set_back = clock_offset_s() < self._clock_offset_s - CLOCK_S
            if not time_left or self._client.interrupted or not (watch.noticed or was_set_back):
                break
            if on_again is not None:
                on_again()
            before = [each for each in self._step.exchanges if each.id in self.fired]
            self.restart()
            for each in before[: before.index(block)]:
                super().fire(each)
        return exchanges

    def app(self, name: str = "") -> Flask:
        """The app in that configuration, the same one for the whole step; "" is the step's own."""
        return self._made(name, self._apps)

    def _made(self, name: str, apps: dict[str, Flask]) -> Flask:
        configuration = name or self._step.app
        if configuration not in apps:
            apps[configuration] = self._make_app(configuration)
        return apps[configuration]

    def listen(self, on_arrival: Callable[[Exchange], None] | None, *, app: str = "") -> None:
        """Hear of every exchange with another client, which that app answers; None hears no more.

        `on_arrival` is called by the sandbox's threads.
        """
        self._server.on_arrival = on_arrival
        if on_arrival is not None and self.app(app) is not self.app():
            self._server.replace_app(self.app(app))

    def fire_request(
        self,
        request: Request | RawRequest,
        *,
        app: str = "",
        jar: str = "",
        aside: bool = False,
        on_piece: OnPiece | None = None,
    ) -> tuple[Exchange, ...]:
        """Fire a request that is no block of the step, such as one typed at the prompt.

        With `aside` an app of its own answers, which the step's exchanges never meet.
        """
        made = self._made(app, self._apps_aside if aside else self._apps)
        with StandstillWatch() as watch:
            exchanges = self._client.fire(request, jar=jar, app=made, on_piece=on_piece)
        if watch.noticed and exchanges[-1].error and not self._client.interrupted:
            exchanges = self._client.fire(request, jar=jar, app=made, on_piece=on_piece)
        return exchanges


def _unwatched(on_pause: OnPause, watch: StandstillWatch) -> OnPause:
    """A pause in which time may stand still: it is the learner's."""

    def pause() -> None:
        on_pause()
        watch.begin_anew()

    return pause
