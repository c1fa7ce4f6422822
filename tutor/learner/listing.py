"""`flask-http-tutor list`: the lessons, or a lesson's steps, and how far the learner is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from unicodedata import combining, east_asian_width

from tutor.course.contents import Outline
from tutor.environment import Environment
from tutor.errors import ExitCode
from tutor.language import _, listed, ngettext
from tutor.learner.course import open_course
from tutor.learner.progress import Progress, is_updated, standing, state_of


def list_lessons(env: Environment, name: str, *, as_json: bool) -> ExitCode:
    """Print the lessons, or the steps of the lesson named.

    Raises:
        UsageError: there is no such lesson.
    """
    with Progress(env.state_directory) as progress:
        pack = open_course(env, progress)
        outlines = (pack.find(name).lesson,) if name else pack.outlines()
        if as_json:
            import json

            entries = [_entry(outline, progress) for outline in outlines]
            env.out.report(json.dumps(entries, ensure_ascii=False, indent=2) + "\n")
        elif name:
            env.out.show(step_rows(outlines[0], progress))
        else:
            env.out.show(_lesson_rows(outlines, progress))
    return ExitCode.OK


def _entry(outline: Outline, progress: Progress) -> dict[str, object]:
    stand = standing(outline, progress.states(outline.id))
    return {
        "number": outline.number,
        "id": outline.id,
        "title": outline.title,
        "steps": stand.steps,
        "done": stand.done,
    }


def _lesson_rows(outlines: tuple[Outline, ...], progress: Progress) -> list[str]:
    columns = _columns(outline.title for outline in outlines)
    width = max(map(columns, (outline.title for outline in outlines)), default=0)
    rows = []
    for outline in outlines:
        stand = standing(outline, progress.states(outline.id))
        title = outline.title + " " * (width - columns(outline.title))
        rows.append(
            f"{outline.number}  {title}   "
            + standing_words(stand.done, stand.steps, stand.helped, stand.updated)
        )
    return rows


def _columns(titles: Iterable[str]) -> Callable[[str], int]:
    """What counts the columns of a title: `len`, where no character is wide, and none has no width."""
    if all(east_asian_width(each) not in "WF" and not combining(each) for title in titles for each in title):
        return len
    # Imported for these titles alone: it takes longer than to write the list.
    from rich.cells import cell_len

    return cell_len


def standing_words(done: int, steps: int, helped: int = 0, updated: int = 0) -> str:
    """`3 of 10 steps done, 1 with help`."""
    words = ngettext("{done} of {steps} step done", "{done} of {steps} steps done", steps).format(
        done=done, steps=steps
    )
    if helped:
        words = listed([words, _("{count} with help").format(count=helped)])
    if updated:
        words = listed([words, _("{count} updated since").format(count=updated)])
    return words


def step_rows(outline: Outline, progress: Progress, here: str = "") -> list[str]:
    """A lesson's steps with what became of each; a mark at the step of the id `here`."""
    states = progress.states(outline.id)
    rows = [f"{outline.number}  {outline.title}"]
    width = max((len(step.number) for step in outline.steps), default=0)
    for step in outline.steps:
        notes = [_("deeper")] if step.deeper else []
        state = state_of(step, states)
        if state is not None:
            notes.append(step_words(str(state.state), helped=state.helped, updated=is_updated(step, state)))
        if step.id == here:
            notes.append(_("you are here"))
        mark = "> " if step.id == here else "  "
        rows.append(
            f"{mark}{step.number.ljust(width + 2)}{step.title}"
            + ("   " + _("({notes})").format(notes=listed(notes)) if notes else "")
        )
    return rows


def step_words(state: str, *, helped: bool, updated: bool) -> str:
    """What a list says of a step: `done`, `done with help`, `skipped`; and that it changed since."""
    if state != "done":
        return _("skipped")
    words = _("done with help") if helped else _("done")
    return _("{state}, updated since").format(state=words) if updated else words
