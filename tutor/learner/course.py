"""The course as a learner's commands open it: its outlines as they were kept, where no file has changed.

To read the headings of five lessons takes longer than all else that `list` does together.
"""

from __future__ import annotations

from contextlib import suppress

from tutor.course.contents import FORMAT, shown_path
from tutor.course.pack import Pack, open_pack
from tutor.environment import Environment
from tutor.errors import TutorError
from tutor.learner.progress import Progress

_READING = f"{FORMAT}.1"
"""Changes where the same files would give other outlines."""


def open_course(env: Environment, progress: Progress) -> Pack:
    """The pack that is asked for, in the learner's language.

    Raises:
        UsageError: There is no such folder, or it is no lesson pack.
        CourseError: A file cannot be read, or its head cannot.
    """
    pack = open_pack(env.pack).in_language(env.language)
    name = f"{pack.language} {pack.root.absolute()}"
    stamp = _stamp(pack)
    kept = progress.outlines(name, stamp)
    if kept:
        paths = {path.name: path for path in pack.files}
        found = ((each, paths[each.file]) for each in kept)
        pack.outlined = tuple((each._replace(file=shown_path(path)), path) for each, path in found)
    else:
        outlines = [each._replace(file=path.name) for each, path in pack.outlined]
        # Where nothing can be kept, the next start reads the headings again.
        with suppress(TutorError):
            progress.keep_outlines(name, stamp, outlines)
    return pack


def _stamp(pack: Pack) -> str:
    """Differs once a file that the outlines are read from does: names, times and sizes."""
    found = [_READING]
    for path in pack.files:
        for each in dict.fromkeys((path, pack.translated(path, pack.language))):
            with suppress(OSError):
                stat = each.stat()
                found.append(f"{each.name} {stat.st_mtime_ns} {stat.st_size}")
    return "\n".join(found)
