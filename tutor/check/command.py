"""`flask-http-tutor check`: from targets to reports."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tutor.check.github import RepositoryPath, github_annotations, job_summary, without_commands
from tutor.check.json_report import json_report
from tutor.check.junit import junit_report
from tutor.check.output_files import append, output_files, write_report
from tutor.check.report import CheckKind, Report, as_strict, failure_report
from tutor.check.text import text_report
from tutor.environment import Environment
from tutor.errors import ExitCode, UsageError
from tutor.language import _
from tutor.progress_bar import progress_bar

FORMATS: Mapping[str, Callable[[Report, RepositoryPath], bytes]] = {
    "text": lambda report, _path: text_report(report).encode("utf-8", "backslashreplace"),
    "json": lambda report, _path: json_report(report),
    "junit": lambda report, _path: junit_report(report),
    "github": lambda report, path: github_annotations(report, path).encode("utf-8"),
}


@dataclass(frozen=True, slots=True)
class Wishes:
    """How to check, and how to report."""

    format_: str = "text"
    outputs: Sequence[str] = ()
    kinds: Sequence[str] = ()
    patterns: Sequence[str] = ()
    jobs: int = 2
    fail_fast: bool = False
    strict: bool = False
    exercises: Path | None = None
    """A folder of a learner's files to grade instead."""


def check_course(env: Environment, targets: Sequence[str], wishes: Wishes) -> ExitCode:
    """Check what the targets name and write the reports.

    Raises:
        UsageError: a target that there is not, a selection that matches nothing, or a report that cannot be
            written.
    """
    files = output_files(wishes.outputs, FORMATS, wishes.format_)
    folders = [Path(target) for target in targets if Path(target).is_dir()]
    names = [target for target in targets if not Path(target).is_dir()]
    lost = next((name for name in names if "/" in name or name.startswith(".")), None)
    if lost is not None:
        raise UsageError(_("There is no folder {path}.").format(path=lost))
    if len(folders) + (env.pack is not None) > 1:
        raise UsageError(_("One lesson pack can be checked at a time."))
    report = _report(env, folders[0] if folders else env.pack, names, wishes)
    if wishes.strict:
        report = as_strict(report)
    if not report.lessons:
        raise UsageError(_("No check matches. Leave out --id or --kind to see which there are."))
    unwritten: UsageError | None = None
    repository_path = _repository_path(env)
    for file in files:
        try:
            write_report(file.path, FORMATS[file.format_](report, repository_path))
        except UsageError as error:
            # The others, and stdout, still get the report.
            unwritten = error
    _write_to_stdout(env, report, wishes.format_)
    _add_to_job(env, report)
    if unwritten is not None and report.exit_code < unwritten.exit_code:
        raise unwritten
    if unwritten is not None:
        env.err.show([str(unwritten)])
    return report.exit_code


def _write_to_stdout(env: Environment, report: Report, format_: str) -> None:
    if format_ != "text":
        env.out.report(FORMATS[format_](report, _repository_path(env)))
    elif env.variables.get("GITHUB_ACTIONS") == "true":
        env.out.report(without_commands(text_report(report), secrets.token_hex(16)))
        env.out.report(github_annotations(report, _repository_path(env)))
    elif env.plain:
        env.out.report(text_report(report))
    else:
        from rich.text import Text

        # Rows break between words; what came over a wire stays as it is.
        lines = text_report(report).split("\n")[:-1]
        env.out.show(Text(line, no_wrap=line.startswith("    | ")) for line in lines)


def _add_to_job(env: Environment, report: Report) -> None:
    """Add the report to the page of the GitHub Actions job, where there is one."""
    path = env.variables.get("GITHUB_STEP_SUMMARY", "")
    if not path:
        return
    try:
        append(Path(path), job_summary(report).encode("utf-8"))
    except OSError as error:
        message = _("The job's summary cannot be written to {path}: {why}.")
        env.err.show([message.format(path=path, why=error.strerror or error)])


def _repository_path(env: Environment) -> RepositoryPath:
    root = Path(env.variables.get("GITHUB_WORKSPACE") or Path.cwd()).resolve()

    def path(file: str) -> str:
        try:
            return Path(file).resolve().relative_to(root).as_posix()
        except (ValueError, OSError, RuntimeError):
            return ""

    return path


def _report(env: Environment, folder: Path | None, names: Sequence[str], wishes: Wishes) -> Report:
    """The report of the run; where the tool itself breaks, one that says so."""
    try:
        return _run(env, folder, names, wishes)
    except UsageError:
        raise
    except Exception as error:
        return failure_report(error)


def _run(env: Environment, folder: Path | None, names: Sequence[str], wishes: Wishes) -> Report:
    import sandbox_app
    from tutor.check.run import run
    from tutor.check.selection import Selection
    from tutor.course.outline import CourseError
    from tutor.course.pack import open_pack

    pack = open_pack(folder)
    try:
        addresses = [pack.find(name) for name in names]
    except CourseError:
        # A head that cannot be read is a fault in the report, and hides which lesson was meant.
        addresses = []
    if wishes.exercises is not None:
        from tutor.check.learner_files import grade_learner_files

        return grade_learner_files(pack.load_all(), wishes.exercises, addresses)
    selection = Selection(addresses, frozenset(map(CheckKind, wishes.kinds)), wishes.patterns)
    with progress_bar(env, _("Checking steps")) as on_progress:
        return run(
            pack.load_each(),
            make_app=sandbox_app.create_app,
            selection=selection,
            jobs=wishes.jobs,
            apart=folder is not None,
            fail_fast=wishes.fail_fast,
            on_progress=on_progress,
        )
