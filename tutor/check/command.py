"""`flask-http-tutor check`: from targets to reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tutor.check.json_report import json_report
from tutor.check.report import Report, failure_report
from tutor.check.text import text_report
from tutor.environment import Environment
from tutor.errors import ExitCode, UsageError
from tutor.language import _

FORMATS: Mapping[str, Callable[[Report], str]] = {
    "text": text_report,
    "json": lambda report: json_report(report).decode("utf-8"),
}


def check_course(
    env: Environment,
    targets: Sequence[str],
    *,
    format_: str,
    outputs: Sequence[str],
    exercises: Path | None = None,
) -> ExitCode:
    """Check what the targets name and write the reports.

    Args:
        exercises: a folder of a learner's files to grade instead.

    Raises:
        UsageError: a target that there is not, or a report that cannot be written.
    """
    files = [_output(output, format_) for output in outputs]
    for _format, path in files:
        _must_be_writable(path)
    folders = [Path(target) for target in targets if Path(target).is_dir()]
    names = [target for target in targets if not Path(target).is_dir()]
    if len(folders) + (env.pack is not None) > 1:
        raise UsageError(_("One lesson pack can be checked at a time."))
    folder = folders[0] if folders else env.pack
    report = _report(folder, names, exercises)
    for file_format, path in files:
        _write_whole(path, FORMATS[file_format](report))
    env.out.report(FORMATS[format_](report))
    return report.exit_code


def _report(folder: Path | None, names: Sequence[str], exercises: Path | None) -> Report:
    import sandbox_app
    from tutor.check.run import run
    from tutor.course.outline import CourseError
    from tutor.course.pack import open_pack

    pack = open_pack(folder)
    try:
        only = [pack.find(name) for name in names]
    except CourseError:
        # A head that cannot be read is a fault in the report, and hides which lesson was meant.
        only = []
    try:
        if exercises is not None:
            from tutor.check.learner_files import grade_learner_files

            return grade_learner_files(pack.load_all(), exercises, only)
        return run(pack.load_all(), make_app=sandbox_app.create_app, only=only)
    except UsageError:
        raise
    except Exception as error:
        # Whatever breaks, the report is still a report.
        return failure_report(error)


def _output(text: str, format_: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    if equals and name in FORMATS:
        return name, Path(path)
    if equals and name.isalpha():
        raise UsageError(
            _("There is no report format {name}. There is: {names}.").format(
                name=name, names=", ".join(FORMATS)
            )
        )
    return format_, Path(text)


def _must_be_writable(path: Path) -> None:
    """Fail before the run where the report could not be written after it."""
    import os

    folder = path.parent
    if path.is_dir() or not folder.is_dir() or not os.access(path if path.exists() else folder, os.W_OK):
        raise UsageError(_("The report cannot be written to {path}.").format(path=path))


def _write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    import tempfile

    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            file.write(text)
        Path(file.name).replace(path)
    except OSError as error:
        raise UsageError(
            _("The report cannot be written to {path}: {why}.").format(path=path, why=error.strerror)
        ) from error
