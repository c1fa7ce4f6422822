"""`flask-http-tutor translate`: the files of translated lessons, begun, completed and accepted."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from tutor.course.contents import shown_path
from tutor.course.files import read_text
from tutor.course.pack import Pack, open_pack
from tutor.course.translation_file import skeleton, with_missing_steps, with_sources
from tutor.environment import Environment
from tutor.errors import ExitCode, UsageError
from tutor.language import _, listed, ngettext

if TYPE_CHECKING:
    from tutor.course.model import Lesson


def begin(env: Environment, name: str, language: str) -> ExitCode:
    """Write a lesson's translated file with English words in it, or add the steps that it has not.

    Raises:
        UsageError: there is no such lesson, it cannot be loaded, or the file cannot be written.
    """
    pack = open_pack(env.pack)
    lesson = _lesson(pack, name)
    path = pack.translated(pack.path_of(name), language)
    if path.exists():
        text, added = with_missing_steps(read_text(path, pack.root), lesson)
        if not added:
            env.out.show([_("{file} has every step; nothing was written.").format(file=shown_path(path))])
            return ExitCode.OK
        _write(path, text)
        message = _("Added to {file}: {steps}. Their words are English still.")
        env.out.show([message.format(file=shown_path(path), steps=listed(added))])
    else:
        _write(path, skeleton(lesson))
        message = _("Written: {file}. Its words are English still; translate each, and leave the rest.")
        env.out.show([message.format(file=shown_path(path))])
    elsewhere = f" --pack {shlex.quote(str(env.pack))}" if env.pack else ""
    command = f"flask-http-tutor check {lesson.number} --kind translation{elsewhere}"
    env.out.show([_("What is left to do: {command}").format(command=command)])
    return ExitCode.OK


def accept(env: Environment, names: tuple[str, ...], language: str) -> ExitCode:
    """Note in translated files that steps, or whole lessons, say what the English says today.

    Raises:
        UsageError: there is no such lesson or step, it is not translated, or the file cannot be written.
    """
    pack = open_pack(env.pack)
    for name in names:
        _accept(env, pack, name, language)
    return ExitCode.OK


def _accept(env: Environment, pack: Pack, name: str, language: str) -> None:
    number, ids = _address(pack, name, language)
    lesson = _lesson(pack, number)
    path = pack.translated(pack.path_of(number), language)
    if not path.exists():
        message = _("There is no {file}. Begin it with: {command}")
        command = f"flask-http-tutor translate begin {lesson.number}"
        raise UsageError(message.format(file=shown_path(path), command=command))
    text = read_text(path, pack.root)
    written, changed = with_sources(text, lesson, ids)
    if changed:
        _write(path, written)
    else:
        _require_translated(lesson, text, ids, path)
    message = ngettext(
        "{file}: {count} heading is up to date again.",
        "{file}: {count} headings are up to date again.",
        len(changed),
    )
    if not changed:
        message = _("{file}: nothing to accept, all of it is up to date.")
    env.out.show([message.format(file=shown_path(path), count=len(changed))])


def _address(pack: Pack, name: str, language: str) -> tuple[str, frozenset[str] | None]:
    """A lesson, and the ids of what is meant of it: the empty one for its head, None for all of it.

    A name is a lesson (`2.3`), a step by number or id (`2.3.4`, `2.3/forge-session`, `forge-session`), or a
    check's id (`2.3/forge-session/zh-CN`; `2.3/zh-CN` is the head).
    """
    first, *rest = name.split("/")
    if rest and rest[-1] == language:
        return first, frozenset({rest[0] if len(rest) > 1 else ""})
    if rest:
        return first, frozenset({rest[0]})
    holders = [
        lesson.number
        for parsed in pack.load_all()
        if (lesson := parsed.lesson) is not None
        and any(step.id == name for step in (*lesson.steps, *lesson.pool))
    ]
    if len(holders) > 1:
        message = _("Several lessons have a step {name}; write {one} or {other}.")
        raise UsageError(message.format(name=name, one=f"{holders[0]}/{name}", other=f"{holders[1]}/{name}"))
    if holders:
        return holders[0], frozenset({name})
    address = pack.find(name)
    return address.lesson.number, frozenset({address.step.id}) if address.step else None


def _lesson(pack: Pack, name: str) -> Lesson:
    parsed = pack.load(name)
    if parsed.lesson is None:
        raise UsageError("\n".join(str(fault) for fault in parsed.faults))
    return parsed.lesson


def _require_translated(lesson: Lesson, text: str, ids: frozenset[str] | None, path: Path) -> None:
    """Tell a step that there is not from one that is up to date."""
    from tutor.course.translation import Standing, read_translation

    for id_ in ids or ():
        if id_ and id_ not in {step.id for step in (*lesson.steps, *lesson.pool)}:
            raise UsageError(_("Lesson {number} has no step {id}.").format(number=lesson.number, id=id_))
    parts = read_translation(text, shown_path(path), lesson, "").parts
    missing = [part.id for part in parts if part.standing is Standing.MISSING and ids and part.id in ids]
    if missing:
        message = _("{file} has no step {id}. Add it with: {command}")
        command = f"flask-http-tutor translate begin {lesson.number}"
        raise UsageError(message.format(file=shown_path(path), id=missing[0], command=command))


def _write(path: Path, text: str) -> None:
    """Write by another file and a rename, so that a translation is never half there."""
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(text.encode("utf-8"))
        part.replace(path)
    except OSError as error:
        message = _("{file} cannot be written: {why}.")
        raise UsageError(message.format(file=shown_path(path), why=error.strerror or error)) from None
