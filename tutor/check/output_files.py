"""Report files: found to be writable before the run, and written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tutor.errors import UsageError
from tutor.language import _
from tutor.whole_file import resolved, write_whole

_BY_ENDING: Mapping[str, str] = {".json": "json", ".xml": "junit", ".txt": "text"}


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file that a report goes to, and in which format."""

    format_: str
    path: Path


def output_files(given: Sequence[str], formats: Collection[str], default: str) -> tuple[OutputFile, ...]:
    """What `--output` names: `FORMAT=FILE`, or a file whose ending, or else `default`, says the format.

    Raises:
        UsageError: there is no such format, a file is named twice, or it cannot be written.
    """
    files = tuple(_output_file(each, formats, default) for each in given)
    taken: set[Path] = set()
    for file in files:
        _must_be_writable(file.path)
        target = resolved(file.path)
        if target in taken:
            raise UsageError(
                _("{path} is named twice; give each report a file of its own.").format(path=file.path)
            )
        taken.add(target)
    return files


def _output_file(text: str, formats: Collection[str], default: str) -> OutputFile:
    name, equals, path = text.partition("=")
    if equals and name in formats and path:
        return OutputFile(name, Path(path))
    if equals and name.isalpha():
        if name in formats:
            raise UsageError(_("{format}= needs a file behind it.").format(format=name))
        message = _("There is no report format {name}. There is: {names}.")
        raise UsageError(message.format(name=name, names=", ".join(formats)))
    if not text:
        raise UsageError(_("--output needs a file's name."))
    file = Path(text)
    return OutputFile(_BY_ENDING.get(file.suffix.casefold(), default), file)


def _must_be_writable(path: Path) -> None:
    folder = path.parent
    try:
        resolved(path)
    except OSError as error:
        message = _("The report cannot be written to {path}: {why}.")
        raise UsageError(message.format(path=path, why=error.strerror)) from None
    if path.is_dir() or not folder.is_dir() or not os.access(path if path.exists() else folder, os.W_OK):
        raise UsageError(_("The report cannot be written to {path}.").format(path=path))


def write_report(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; a pipe or a device is written to as it is.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        write_whole(path, data)
    except OSError as error:
        message = _("The report cannot be written to {path}: {why}.")
        raise UsageError(message.format(path=path, why=error.strerror or error)) from error


def append(path: Path, data: bytes) -> None:
    """Add to the end of a file that others write to as well.

    Raises:
        OSError: it cannot be written.
    """
    with path.open("ab") as file:
        file.write(data)
