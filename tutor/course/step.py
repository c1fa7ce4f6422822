"""One step's blocks, read in file order."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from msgspec import Struct
from msgspec.structs import replace

from tutor.course.attributes import ID, Allowed, Attributes, check_attributes, split_attributes
from tutor.course.blocks import FrameBody, SourceBody, WebSocketBody, read_body
from tutor.course.exercises import check_probe, is_exercise, points_of, read_exercise
from tutor.course.expectations import read_expectations
from tutor.course.faults import Faults, Place, listed, quoted
from tutor.course.live_paths import is_reserved
from tutor.course.live_text import check_address, check_live_values
from tutor.course.model import (
    Block,
    Expectation,
    Frame,
    HttpBlock,
    Prose,
    Question,
    Source,
    Until,
    WebSocketBlock,
)
from tutor.course.questions import Exchanges, read_question
from tutor.course.scan import Fence, Section
from tutor.course.toml_block import TomlBlock, read_toml
from tutor.language import _
from tutor.wire.raw_text import parse_raw_block
from tutor.wire.request import RequestSyntaxError, parse_http_block

ALLOWED: Mapping[str, Allowed] = {
    "lesson": Allowed(),
    "source": Allowed(values=("app",)),
    "http": Allowed(
        id=True,
        flags=("raw", "follow", "diagram"),
        values=("jar", "app", "with", "after_ms", "until", "compare", "of", "points"),
    ),
    "expect": Allowed(values=("of",)),
    "question": Allowed(id=True),
    "websocket": Allowed(id=True, values=("app", "of", "points")),
}
"""The blocks of the format and the attributes that each may carry."""

MOST_BLOCKS = 60
"""In a step; the largest bundled one has some twenty. What stands behind them is not read."""

LONGEST_WAIT_MS = 60_000
"""A learner sits through every wait of a lesson."""

_LIMIT = re.compile(r"([1-9][0-9]{0,8})(events?|bytes?|ms)")
_CLOSE_DATA = re.compile(r"[0-9]{4}(?: .*)?", re.DOTALL)
_EXCHANGE_BLOCKS = ("http", "websocket")


class NamedFence(Struct, frozen=True):
    """A fence with its attributes, where it is, or was meant to be, a block of the format."""

    fence: Fence
    attributes: Attributes
    place: Place

    @property
    def name(self) -> str:
        return self.fence.name

    @property
    def id(self) -> str:
        return self.attributes.value("#")

    def place_of(self, attribute: str) -> Place:
        """Where an attribute stands, or the block."""
        column = next((item.column for item in self.attributes.items if item.name == attribute), 0)
        return Place(self.fence.line, column) if column else self.place


def named_fences(section: Section, faults: Faults) -> Iterator[NamedFence]:
    """The fences of a section that are blocks of the format, and those that seem to be meant as one."""
    for fence in section.fences:
        place = Place(fence.line, fence.indent + 1)
        if not fence.closed:
            faults.add(
                place, _("This block has no end; close it with a line like its first, without a name.")
            )
        rest, attributes = split_attributes(fence.rest, fence.rest_column)
        named = NamedFence(fence, attributes, place)
        if fence.name in ALLOWED:
            if fence.indent:
                faults.add(
                    place, _("This block is indented; begin it at the start of the line, outside lists.")
                )
            if rest:
                message = _("{text} stands behind the block's name; only attributes in braces may.")
                faults.add(Place(fence.line, fence.rest_column), message.format(text=quoted(rest)))
            yield named
        elif attributes.given:
            faults.unknown(
                _name_place(fence),
                _("Unknown block {name}.").format(name=quoted(fence.name)),
                fence.name,
                ALLOWED,
            )
            yield named
        elif near := get_close_matches(fence.name[:20], ALLOWED, n=1, cutoff=0.85):
            message = _("{name} is shown as code; if a block is meant, write {near}.")
            faults.style(_name_place(fence), message.format(name=quoted(fence.name), near=quoted(near[0])))


def _name_place(fence: Fence) -> Place:
    return Place(fence.line, max(1, fence.rest_column - len(fence.name) - (1 if fence.rest else 0)))


def read_toml_body(named: NamedFence, faults: Faults) -> TomlBlock | None:
    """The block's TOML; None after a fault, an empty body included."""
    if not any(line.strip() for line in named.fence.body):
        faults.add(named.place, _("The {name} block is empty.").format(name=quoted(named.name)))
        return None
    block = read_toml(named.fence.body, named.place, faults)
    if block is not None and not block.table:
        faults.add(named.place, _("The {name} block has no keys.").format(name=quoted(named.name)))
        return None
    return block


def read_blocks(section: Section, lines: tuple[str, ...], app: str, faults: Faults) -> StepBlocks:
    """Read the blocks of a step. What has a fault may be missing from the result.

    Args:
        section: The step's lines.
        lines: The file's lines.
        app: The step's configuration of the sandbox, for blocks that name none.
        faults: Where to report.
    """
    fences = tuple(named_fences(section, faults))
    if len(fences) > MOST_BLOCKS:
        message = _("The step has {count} blocks; {limit} at most. Make several steps of it.")
        faults.add(fences[MOST_BLOCKS].place, message.format(count=len(fences), limit=MOST_BLOCKS))
        section = replace(section, last=fences[MOST_BLOCKS].fence.line - 1)
    return _Reader(section, lines, app, fences[:MOST_BLOCKS], faults).read()


class StepBlocks(Struct, frozen=True):
    """What a step's blocks hold."""

    blocks: tuple[Block, ...]
    action_line: int
    """The line of the first request or question; 0 where there is none."""
    has_question: bool
    """Also true of a question that a fault hides, such as a misspelt name."""


class _Reader:
    def __init__(
        self,
        section: Section,
        lines: tuple[str, ...],
        app: str,
        fences: tuple[NamedFence, ...],
        faults: Faults,
    ) -> None:
        self.section = section
        self.lines = lines
        self.app = app
        self.fences = fences
        self.faults = faults
        # A block whose name is misspelt counts as an exchange here, so that what names it is no second fault.
        self.exchanges = Exchanges(
            {
                named.id: named.fence.line
                for named in reversed(fences)
                if named.id
                and (named.name in _EXCHANGE_BLOCKS or named.name not in ALLOWED)
                and not named.attributes.value("of")
            },
            {
                named.id: (named.attributes.value("of"), named.fence.line)
                for named in fences
                if named.id and named.name in _EXCHANGE_BLOCKS and named.attributes.value("of")
            },
        )
        self.exercises = tuple(
            named.id for named in fences if named.name == "question" and is_exercise(named.fence.body)
        )
        self.expected: dict[str, tuple[int, tuple[Expectation, ...]]] = {}

    def read(self) -> StepBlocks:
        self._check_ids()
        blocks: list[Block] = []
        after = self.section.first + 1
        for named in self.fences:
            if named.name not in ALLOWED:
                continue
            blocks += self._prose(after, named.fence.line)
            after = named.fence.last + 1
            check_attributes(
                named.attributes, ALLOWED[named.name], named.fence.line, self.faults.within(named.id)
            )
            block = self._block(named)
            if block is not None:
                blocks.append(block)
        blocks += self._prose(after, self.section.last + 1)
        acting = [named for named in self.fences if named.name in (*_EXCHANGE_BLOCKS, "question")]
        for named in self.fences:
            if named.name in _EXCHANGE_BLOCKS:
                self._check_probe(named)
        return StepBlocks(
            blocks=tuple(self._with_expectations(block) for block in blocks),
            action_line=acting[0].fence.line if acting else 0,
            has_question=any(named.name == "question" or named.name not in ALLOWED for named in self.fences),
        )

    def _check_ids(self) -> None:
        seen: set[str] = set()
        for named in self.fences:
            needs_id = named.name in ALLOWED and ALLOWED[named.name].id
            place = named.place_of("#")
            if needs_id and not named.id and not named.attributes.problem_column:
                message = _("The {name} block has no id; write {form}.")
                form = quoted(f"```{named.name} {{#some-words}}")
                self.faults.add(named.place, message.format(name=quoted(named.name), form=form))
            elif needs_id and named.id in seen:
                message = _("The id {id} is taken in this step; choose another.").format(id=quoted(named.id))
                self.faults.within(named.id).add(place, message)
            elif named.name in _EXCHANGE_BLOCKS and is_reserved(named.id):
                message = _("{id} is a word of live paths and no id; choose another.").format(
                    id=quoted(named.id)
                )
                self.faults.within(named.id).add(place, message)
            if named.id:
                seen.add(named.id)

    def _prose(self, first: int, after: int) -> list[Prose]:
        lines = list(enumerate(self.lines[first - 1 : after - 1], start=first))
        while lines and not lines[0][1].strip():
            lines.pop(0)
        while lines and not lines[-1][1].strip():
            lines.pop()
        if not lines:
            return []
        for number, line in lines:
            check_address(line, lambda offset, number=number: Place(number, offset + 1), self.faults)  # type: ignore[misc]  # binds the loop's value
        return [Prose("\n".join(line for _number, line in lines), lines[0][0])]

    def _block(self, named: NamedFence) -> Block | None:
        match named.name:
            case "source":
                return self._source(named)
            case "http":
                return self._http(named)
            case "expect":
                self._expect(named)
            case "question":
                return self._question(named)
            case "websocket":
                return self._websocket(named)
            case _:
                message = _("A second `lesson` block; it stands once, below the title.")
                self.faults.add(named.place, message)
        return None

    def _with_expectations(self, block: Block) -> Block:
        if isinstance(block, HttpBlock | WebSocketBlock) and block.id in self.expected:
            line, expectations = self.expected[block.id]
            return replace(block, expectations=expectations, expect_line=line)
        return block

    def _name(self, named: NamedFence, attribute: str, faults: Faults) -> str:
        """A jar's or configuration's name; empty where there is none."""
        name = named.attributes.value(attribute)
        if name and not ID.fullmatch(name):
            message = _("{name} is no name; write lower-case words joined by hyphens.").format(
                name=quoted(name)
            )
            faults.add(named.place_of(attribute), message)
        return name

    def _check_probe(self, named: NamedFence) -> None:
        """What concerns a probe and the rest of its step."""
        of = named.attributes.value("of")
        faults = self.faults.within(named.id)
        if not of:
            if named.attributes.value("points"):
                message = _("`points` goes with `of`: only an exercise's probes are worth points.")
                faults.add(named.place_of("points"), message)
            return
        if of not in self.exercises:
            message = _("There is no exercise {name} in this step.").format(name=quoted(of))
            faults.unknown(named.place_of("of"), message, of, self.exercises)
        if named.attributes.value("app"):
            message = _("`app` does not go with `of`: the learner's app answers a probe.")
            faults.add(named.place_of("app"), message)
        line, expectations = self.expected.get(named.id, (0, ()))
        check_probe(named.place, line, expectations, faults)

    def _question(self, named: NamedFence) -> Question | None:
        faults = self.faults.within(named.id)
        block = read_toml_body(named, faults)
        if block is None:
            return None
        if block.table.get("kind") == "exercise":
            return read_exercise(named.id, block, self.exchanges, faults)
        return read_question(named.id, block, self.exchanges, faults)

    def _source(self, named: NamedFence) -> Source | None:
        app = self._name(named, "app", self.faults) or self.app
        block = read_toml_body(named, self.faults)
        if block is None:
            return None
        body = read_body(block, SourceBody, self.faults)
        kinds = [kind for kind in ("view", "hook", "template") if kind in block.table]
        if len(kinds) != 1:
            message = (
                _("The block names {kinds}; keep one.").format(kinds=listed(kinds))
                if kinds
                else _("The block names no code; write one of `view`, `hook` and `template`.")
            )
            self.faults.add(block.key(kinds[1]) if kinds else named.place, message)
            return None
        value = getattr(body, kinds[0])
        names = tuple(value) if isinstance(value, list) else (value,) if value is not None else ()
        if value is not None and not all(name.strip() for name in names or ("",)):
            self.faults.add(block.value(kinds[0]), _("{key} names nothing.").format(key=quoted(kinds[0])))
        return Source(kinds[0], names, self._source_lines(block, body, names), named.fence.line, app)

    def _source_lines(
        self, block: TomlBlock, body: SourceBody, names: tuple[str, ...]
    ) -> tuple[int, int] | None:
        if body.lines is None:
            return None
        if len(body.lines) != 2 or not 1 <= body.lines[0] <= body.lines[1]:
            message = _("`lines` takes the first and the last line, counted from 1, such as `[3, 9]`.")
            self.faults.add(block.value("lines"), message)
            return None
        if len(names) > 1:
            self.faults.add(block.key("lines"), _("`lines` needs a single name; write one block for each."))
        return body.lines[0], body.lines[1]

    def _http(self, named: NamedFence) -> HttpBlock:
        faults = self.faults.within(named.id)
        attributes = named.attributes
        raw = attributes.flag("raw")
        for other in ("follow", "jar"):
            if raw and any(item.name == other for item in attributes.items):
                message = _(
                    "{name} does not go with `raw`: a plain socket neither follows nor keeps cookies."
                )
                faults.add(named.place_of(other), message.format(name=quoted(other)))
        text = "\n".join(named.fence.body)
        if text.strip():
            self._check_request(named, text, raw, faults)
        else:
            faults.add(named.place, _("The `http` block is empty; write a request line."))
        return HttpBlock(
            id=named.id,
            text=text,
            raw=raw,
            follow=attributes.flag("follow"),
            jar=self._name(named, "jar", faults),
            app=self._name(named, "app", faults) or self.app,
            with_id=self._with(named, faults),
            after_ms=self._after_ms(named, faults),
            until=self._until(named, faults),
            compare=self._compare(named, faults),
            diagram=attributes.flag("diagram"),
            line=named.fence.line,
            of=named.attributes.value("of"),
            points=points_of(named.attributes, named.place_of("points"), faults),
        )

    def _check_request(self, named: NamedFence, text: str, raw: bool, faults: Faults) -> None:
        starts = [0, *(match.end() for match in re.finditer("\n", text))]

        def place(offset: int) -> Place:
            line = bisect_right(starts, offset)
            return Place(named.fence.line + line, offset - starts[line - 1] + 1)

        earlier = self.exchanges.before(named.fence.line, named.attributes.value("of"))
        check_live_values(text, earlier, place, faults)
        try:
            if raw:
                parse_raw_block(text)
            else:
                parse_http_block(text)
        except RequestSyntaxError as error:
            faults.add(Place(named.fence.line + error.line, error.column), error.message)

    def _requests_before(self, named: NamedFence) -> list[str]:
        return [
            other.id
            for other in self.fences
            if other.fence.line < named.fence.line
            and (other.name == "http" or other.name not in ALLOWED)
            and other.attributes.value("of") == named.attributes.value("of")
        ]

    def _compare(self, named: NamedFence, faults: Faults) -> str:
        name = named.attributes.value("compare")
        earlier = self._requests_before(named)
        if name and name == named.id:
            if not named.attributes.flag("follow"):
                message = _("Only hops can be compared within one exchange; add `follow`, or name another.")
                faults.add(named.place_of("compare"), message)
        elif name and name not in earlier:
            message = _("No request {name} stands before this one in the step.").format(name=quoted(name))
            faults.unknown(named.place_of("compare"), message, name, filter(None, earlier))
        return name

    def _with(self, named: NamedFence, faults: Faults) -> str:
        name = named.attributes.value("with")
        earlier = self._requests_before(named)
        if name and name not in earlier:
            message = _("No request {name} stands before this one in the step.").format(name=quoted(name))
            faults.unknown(named.place_of("with"), message, name, filter(None, earlier))
        return name

    def _after_ms(self, named: NamedFence, faults: Faults) -> int:
        value = named.attributes.value("after_ms")
        if not value:
            return 0
        if not named.attributes.value("with"):
            message = _("`after_ms` needs `with`, the id of the request that it counts from.")
            faults.add(named.place_of("after_ms"), message)
        if not re.fullmatch(r"[0-9]{1,6}", value):
            message = _("{value} is no number of milliseconds; write digits, such as `after_ms=200`.")
            faults.add(named.place_of("after_ms"), message.format(value=quoted(value)))
            return 0
        self._check_wait(named, "after_ms", int(value), faults)
        return int(value)

    def _until(self, named: NamedFence, faults: Faults) -> Until:
        limits: dict[str, int] = {}
        value = named.attributes.value("until")
        for limit in value.split(",") if value else ():
            match = _LIMIT.fullmatch(limit.strip())
            unit = match[2].rstrip("s") if match and match[2] != "ms" else "ms"
            if match is None or unit in limits:
                message = _("{limit} is no limit; write one each of {form}, joined by commas.")
                faults.add(
                    named.place_of("until"),
                    message.format(limit=quoted(limit), form="`3events`, `4096bytes`, `500ms`"),
                )
            else:
                limits[unit] = int(match[1])
        self._check_wait(named, "until", limits.get("ms", 0), faults)
        return Until(limits.get("event"), limits.get("byte"), limits.get("ms"))

    def _check_wait(self, named: NamedFence, attribute: str, ms: int, faults: Faults) -> None:
        if ms > LONGEST_WAIT_MS:
            message = _("{count} ms is longer than a learner waits; {limit} at most.")
            faults.add(named.place_of(attribute), message.format(count=ms, limit=LONGEST_WAIT_MS))

    def _expect(self, named: NamedFence) -> None:
        of = named.attributes.value("of")
        faults = self.faults.within(of)
        exchanges = self.exchanges.ids
        if not of:
            if not named.attributes.problem_column and not any(
                item.name == "of" for item in named.attributes.items
            ):
                message = _("The `expect` block names no exchange; write {form}.")
                faults.add(named.place, message.format(form="`{of=ID}`"))
        elif of not in exchanges:
            message = _("There is no exchange {name} in this step.").format(name=quoted(of))
            faults.unknown(named.place_of("of"), message, of, exchanges)
        elif of in self.expected:
            message = _("{name} has an `expect` block already, in line {line}; join the two.")
            faults.add(named.place_of("of"), message.format(name=quoted(of), line=self.expected[of][0]))
        block = read_toml_body(named, faults)
        expectations = read_expectations(block, (), faults) if block else ()
        if of:
            self.expected.setdefault(of, (named.fence.line, expectations))

    def _websocket(self, named: NamedFence) -> WebSocketBlock | None:
        faults = self.faults.within(named.id)
        app = self._name(named, "app", faults) or self.app
        block = read_toml_body(named, faults)
        if block is None:
            return None
        body = read_body(block, WebSocketBody, faults)
        if body.target is None and "target" not in block.table:
            faults.add(block.start, _('The block has no `target`; write a path, such as `target = "/ws"`.'))
        elif body.target is not None and not body.target.startswith("/"):
            faults.add(block.value("target"), _("`target` is a path and begins with `/`."))
        if not block.table.get("frames"):
            faults.add(block.key("frames"), _("The block has no `frames`; list what to send and to expect."))
        earlier = self.exchanges.before(named.fence.line, named.attributes.value("of"))
        check_live_values(body.target or "", earlier, lambda _offset: block.value("target"), faults)
        for name, value in body.headers.items():
            at = block.value("headers", name)
            check_live_values(value, earlier, lambda _offset, at=at: at, faults)  # type: ignore[misc]  # binds the loop's value
        frames = [
            self._frame(frame, index, block, earlier, faults) for index, frame in enumerate(body.frames)
        ]
        return WebSocketBlock(
            id=named.id,
            target=body.target or "",
            frames=tuple(frames),
            fields=tuple(body.headers.items()),
            app=app,
            line=named.fence.line,
            of=named.attributes.value("of"),
            points=points_of(named.attributes, named.place_of("points"), faults),
        )

    def _frame(
        self, frame: FrameBody, index: int, block: TomlBlock, earlier: tuple[str, ...], faults: Faults
    ) -> Frame:
        written = block.table["frames"][index]
        if ("send" in written) == ("expect" in written):
            message = _("A frame has either `send` or `expect`, with its opcode.")
            faults.add(block.value("frames", index), message)
        check_live_values(frame.data, earlier, lambda _offset: block.value("frames", index, "data"), faults)
        opcode = frame.send or frame.expect or ""
        if frame.raw and frame.send is None:
            faults.add(block.key("frames", index, "raw"), _("`raw` goes with `send` alone."))
        elif frame.data and "{{" not in frame.data:
            self._check_frame_data(frame, opcode, block.value("frames", index, "data"), faults)
        return Frame(
            frame.send is not None, opcode, frame.data, block.value("frames", index).line, raw=frame.raw
        )

    def _check_frame_data(self, frame: FrameBody, opcode: str, place: Place, faults: Faults) -> None:
        if frame.raw:
            try:
                parse_raw_block(frame.data)
            except RequestSyntaxError as error:
                faults.add(place, error.message)
        elif opcode == "close" and not _CLOSE_DATA.fullmatch(frame.data):
            message = _("A close frame carries a code of four digits and a reason, such as {example}.")
            faults.add(place, message.format(example='`"1000 bye"`'))
