"""`flask-http-tutor notes`: the learner's notebook, its exchanges fired anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tutor.client.client import Client
from tutor.course.model import Lesson
from tutor.course.pack import Address, Pack, open_pack
from tutor.environment import Environment
from tutor.errors import ExitCode, UsageError
from tutor.language import _, ngettext
from tutor.learner.figures import figures_of
from tutor.learner.progress import Progress
from tutor.notes.notebook import Chapter, Entry, Met, Shot, met_steps
from tutor.notes.page import GENERATOR, page
from tutor.notes.refire import entries_of
from tutor.notes.text import TextNotes
from tutor.progress_bar import progress_bar
from tutor.sandbox.server import SandboxServer
from tutor.whole_file import resolved, write_whole

Written = tuple[Chapter, tuple[tuple[Met, tuple[Entry, ...]], ...]]
"""A chapter, with what was fired and asked in each of its steps."""

_HEAD_BYTES = 1000
"""The beginning of a page, which says what made it."""


def write_notes(env: Environment, name: str, html: Path | None) -> ExitCode:
    """Print the notebook, or write it as a page.

    Args:
        name: a lesson or a step; empty for all that was met.
        html: the page's file; None prints.

    Raises:
        UsageError: no such lesson or step, or the file cannot be written or is something else.
    """
    pack = open_pack(env.pack).in_language(env.language)
    address = pack.find(name) if name else None
    if html is not None:
        _must_be_ours(html)
    with Progress(env.state_directory) as progress:
        chapters = tuple(_chapters(pack, progress, address))
    if html is not None:
        _write_page(env, chapters, html, address)
    elif not chapters:
        env.out.show([nothing_yet(address)])
    else:
        _print(env, chapters)
    return ExitCode.OK


def nothing_yet(address: Address | None) -> str:
    """What an empty notebook says: how to fill it."""
    if address is None:
        return _("Your notebook is empty; it fills as you learn. Start with: flask-http-tutor")
    number = address.step.number if address.step else address.lesson.number
    words = _("Nothing of {number} is in your notebook yet. Start it with: flask-http-tutor {number}")
    return words.format(number=number)


def _chapters(pack: Pack, progress: Progress, address: Address | None) -> Iterator[Chapter]:
    for outline in pack.outlines():
        if address is not None and outline.id != address.lesson.id:
            continue
        if not progress.states(outline.id) and not progress.attempts(outline.id):
            continue
        lesson = _loaded(pack, outline.id)
        only = address.step.id if address is not None and address.step is not None else ""
        steps, recalled = met_steps(lesson, progress, only)
        if steps or recalled:
            yield Chapter(lesson, steps, recalled, figures_of(lesson, progress))


def _loaded(pack: Pack, lesson_id: str) -> Lesson:
    parsed = pack.load(lesson_id)
    if parsed.lesson is None:
        head = _("Lesson {number} cannot be loaded:").format(number=lesson_id)
        raise UsageError("\n".join([head, *map(str, parsed.faults)]))
    return parsed.lesson


@contextmanager
def _table() -> Iterator[tuple[SandboxServer, Client]]:
    with SandboxServer() as server:
        client = Client(server)
        try:
            yield server, client
        finally:
            client.close()


def _print(env: Environment, chapters: tuple[Chapter, ...]) -> None:
    """Each step as soon as it is fired."""
    notes = TextNotes(env.out, full=env.full)
    with _table() as (server, client):
        for chapter in chapters:
            env.out.show(notes.chapter(chapter.lesson))
            for met in (*chapter.steps, *chapter.recalled):
                env.out.show(notes.step(met, entries_of(server, client, chapter.lesson, met)))


def _write_page(env: Environment, chapters: tuple[Chapter, ...], file: Path, address: Address | None) -> None:
    written: list[Written] = []
    count = sum(len(chapter.steps) + len(chapter.recalled) for chapter in chapters)
    done = 0
    with _table() as (server, client), progress_bar(env, _("Firing steps anew")) as on_progress:
        for chapter in chapters:
            steps = []
            for met in (*chapter.steps, *chapter.recalled):
                on_progress(done, count)
                steps.append((met, entries_of(server, client, chapter.lesson, met)))
                done += 1
            written.append((chapter, tuple(steps)))
    text = page(
        written,
        language=env.language,
        now=env.now().astimezone(),
        empty="" if written else nothing_yet(address),
    )
    try:
        write_whole(file, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        message = _("The notebook cannot be written to {file}: {why}.")
        raise UsageError(message.format(file=file, why=error.strerror or error)) from error
    shots = sum(
        isinstance(entry, Shot) for _chapter, steps in written for _met, all_ in steps for entry in all_
    )
    if not written:
        env.out.show([nothing_yet(address)])
    words = _("Your notebook is in {file}: {steps}, {exchanges}.").format(
        file=file,
        steps=ngettext("{count} step", "{count} steps", count).format(count=count),
        exchanges=ngettext("{count} exchange", "{count} exchanges", shots).format(count=shots),
    )
    env.out.show([words])


def _must_be_ours(file: Path) -> None:
    """A notebook may be written anew; any other file stays as it is.

    Raises:
        UsageError: the file is something else, or there is no such folder.
    """
    try:
        folder = resolved(file).parent
    except OSError as error:
        message = _("The notebook cannot be written to {file}: {why}.")
        raise UsageError(message.format(file=file, why=error.strerror)) from None
    if file.is_dir() or not folder.is_dir():
        raise UsageError(
            _("The notebook cannot be written to {file}: that is no file's place.").format(file=file)
        )
    if not file.is_file():
        return
    try:
        with file.open("rb") as opened:
            head = opened.read(_HEAD_BYTES)
    except OSError as error:
        message = _("The notebook cannot be written to {file}: {why}.")
        raise UsageError(message.format(file=file, why=error.strerror or error)) from error
    if head and GENERATOR.encode() not in head:
        message = _("{file} exists and is no notebook; it stays as it is. Give another name.")
        raise UsageError(message.format(file=file))
