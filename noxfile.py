"""The versions that the project is proven on. `nox` runs all of it that the interpreters here allow.

`nox -s check` proves the course as it is installed, `nox -s tests` runs the tests: each with the oldest
direct dependencies that `pyproject.toml` allows, Flask 3.1.0 on Werkzeug 3.1.0 among them, and the newest.
`nox -s slow` runs the tests that take minutes each.
`nox -s texts` takes new messages of the interface over into the catalogues, and compiles them.
`nox -s pictures` makes the README's pictures anew from real runs.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "uv"

PYTHONS = ("3.11", "3.13", "3.15")
"""The oldest that is supported, one between, and the newest that the dependencies have wheels for."""

DEPENDENCIES = ("oldest", "newest")


@nox.session(python=PYTHONS)
@nox.parametrize("dependencies", DEPENDENCIES)
def check(session: nox.Session, dependencies: str) -> None:
    """Prove the course from an installed wheel."""
    install(session, ".", dependencies)
    session.run("flask-http-tutor", "check", "--strict", *session.posargs)


@nox.session(python=PYTHONS)
@nox.parametrize("dependencies", DEPENDENCIES)
def tests(session: nox.Session, dependencies: str) -> None:
    """Run the tests; the tests' own tools are the newest in both cases."""
    install(session, "--editable", ".[test]", dependencies)
    # nox would put temporary files into the checkout, which the paths in reports would then start from.
    session.run("pytest", *session.posargs, env={"TMPDIR": tempfile.gettempdir()})


@nox.session(default=False)
def slow(session: nox.Session) -> None:
    """Run the tests that take minutes each, one after the other: some are about time."""
    install(session, "--editable", ".[test]", "newest")
    session.run("pytest", "-n", "1", "-m", "slow", *session.posargs, env={"TMPDIR": tempfile.gettempdir()})


@nox.session(default=False)
def texts(session: nox.Session) -> None:
    """Bring the catalogues up to date with the code."""
    session.install("babel>=2.16")
    template = Path(session.create_tmp()) / "messages.pot"
    session.run(
        *("pybabel", "extract", "--project=flask-http-tutor", "--version=", "--msgid-bugs-address="),
        *("--keywords=N_", "--keywords=mark", "--keywords=mark_forms:1,2"),
        *("--no-wrap", "--sort-by-file", "--add-location=file", f"--output-file={template}", "tutor"),
    )
    session.run(
        *("pybabel", "update", "--domain=flask-http-tutor", f"--input-file={template}"),
        "--output-dir=tutor/locale",
        *("--no-fuzzy-matching", "--no-wrap", "--ignore-obsolete", "--ignore-pot-creation-date"),
    )
    session.run("pybabel", "compile", "--domain=flask-http-tutor", "--directory=tutor/locale")


@nox.session(default=False)
def pictures(session: nox.Session) -> None:
    """Make the README's pictures anew, or those that are named."""
    session.install("--editable", ".[test]")
    session.run("python", "-m", "tests.pictures", *session.posargs)


def install(session: nox.Session, *arguments: str) -> None:
    """Install what stands before the last argument, with that choice of dependencies."""
    *what, dependencies = arguments
    constraints: list[str] = []
    if dependencies == "oldest":
        oldest = Path(session.create_tmp()) / "oldest.txt"
        session.run(
            "uv",
            "pip",
            "compile",
            "--quiet",
            "--resolution=lowest-direct",
            f"--python-version={session.python}",
            f"--output-file={oldest}",
            "pyproject.toml",
        )
        constraints = ["--constraint", str(oldest)]
    session.install("--upgrade", *constraints, *what)
    session.run("flask", "--version")
