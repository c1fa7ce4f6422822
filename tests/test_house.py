"""Rules of the house that a reader of the code relies on."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal import Terminal
from tutor.learner.progress import Progress
from tutor.learner.settings import LANGUAGE

ROOT = Path(__file__).parent.parent
TUTOR = ROOT / "tutor"

MAY_IMPORT = {
    "wire": {"language"},
    "course": {"language", "errors", "wire"},
    "grading": {"language", "errors", "wire", "course"},
    "sandbox": {"language", "errors", "wire", "course"},
    "standstill": set(),
    "client": {
        "language",
        "errors",
        "wire",
        "course",
        "grading",
        "sandbox",
        "standstill",
    },
    "workshop": {"language", "errors", "wire", "course", "grading", "sandbox", "client", "standstill"},
    "screen": {"language", "errors", "wire", "course", "grading"},
    "learner": {"language", "errors", "environment", "wire", "course", "screen", "private"},
    "play": {
        "language",
        "errors",
        "environment",
        "wire",
        "course",
        "grading",
        "sandbox",
        "client",
        "screen",
        "learner",
        "workshop",
        "export",
        "lesson_app",
        "private",
    },
    "lesson_app": {"language", "errors", "course"},
    "export": {"language", "wire"},
    "send": {"language", "errors", "environment", "wire", "sandbox", "client", "screen", "export"},
    "serve": {"language", "errors", "environment", "wire", "sandbox", "screen", "send"},
    "translate": {"language", "errors", "environment", "course"},
    "new_pack": {"language", "errors", "environment"},
    "check": {
        "language",
        "errors",
        "environment",
        "wire",
        "course",
        "grading",
        "sandbox",
        "client",
        "workshop",
        "whole_file",
        "progress_bar",
        "standstill",
    },
    "whole_file": set(),
    "private": set(),
    "progress_bar": {"environment"},
    "notes": {
        "language",
        "errors",
        "environment",
        "wire",
        "course",
        "grading",
        "sandbox",
        "client",
        "screen",
        "learner",
        "play",
        "lesson_app",
        "whole_file",
        "progress_bar",
    },
}
"""For each part of tutor, the other parts that it may import."""

MAY_KNOW_THE_COURSE = {"lesson_app", "check", "course", "send"}
"""The parts that may import the bundled lessons, or the app that answers in them."""

IMPURE = {
    "os",
    "sys",
    "io",
    "time",
    "datetime",
    "pathlib",
    "socket",
    "threading",
    "subprocess",
    "random",
    "tempfile",
}
READS_PACKS = {"pack.py", "contents.py", "loading.py", "files.py", "exercise_files.py"}
"""The files of `course` that know paths."""

PRINTING = {"print", "input"}
PRINTS = TUTOR / "screen" / "output.py"


def modules(part: str) -> list[Path]:
    package = TUTOR / part
    return sorted(package.rglob("*.py")) if package.is_dir() else [TUTOR / f"{part}.py"]


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_imports_point_one_way(part: str) -> None:
    """A part imports only the parts below it, so that the core never knows the shell."""
    wrong = []
    for file in modules(part):
        for name in imports(file):
            parts = name.split(".")
            if (
                parts[0] == "tutor"
                and len(parts) > 1
                and parts[1] not in MAY_IMPORT[part] | {part, "__version__"}
            ):
                wrong.append(f"{file.relative_to(ROOT)} imports {name}")
            if parts[0] in {"lessons", "sandbox_app"} and part not in MAY_KNOW_THE_COURSE:
                wrong.append(f"{file.relative_to(ROOT)} imports {name}")
    assert wrong == []


def test_the_sandbox_app_knows_nothing_of_the_tutor() -> None:
    """The app that the lessons look at is an app like a learner's own."""
    for file in (ROOT / "sandbox_app").rglob("*.py"):
        assert not [name for name in imports(file) if name.split(".")[0] in {"tutor", "lessons"}], file


@pytest.mark.parametrize("part", ["wire", "course", "grading", "export"])
def test_the_core_is_pure(part: str) -> None:
    """Parsing, wire reading, grading, export know no files, sockets or clocks; only packs are read."""
    for file in modules(part):
        if file.name in READS_PACKS | {"shuffle.py"}:
            continue
        # An archive writes dates; it is given them.
        used = {name.split(".")[0] for name in imports(file)} - ({"datetime"} if part == "export" else set())
        assert not used & IMPURE, f"{file.relative_to(ROOT)} imports {used & IMPURE}"


def test_only_one_place_prints() -> None:
    """Nothing but `tutor/screen/output.py` writes to a stream, so that all of it is escaped."""
    wrong = []
    for file in [
        *TUTOR.rglob("*.py"),
        *(ROOT / "lessons").rglob("*.py"),
        *(ROOT / "sandbox_app").rglob("*.py"),
    ]:
        # What learners write may print: it is theirs, captured and escaped.
        if file == PRINTS or (ROOT / "lessons" / "exercises") in file.parents:
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            call = ast.unparse(node.func)
            if call in PRINTING or call.endswith((".echo", "console.print", "stdout.write", "stderr.write")):
                wrong.append(f"{file.relative_to(ROOT)}:{node.lineno}: {call}")
    assert wrong == []


def loaded_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print('modules:', *sys.modules, sep='\\n')"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(result.stdout.partition("modules:\n")[2].split())


HEAVY = {
    "flask",
    "requests",
    "rich",
    "prompt_toolkit",
    "msgspec",
    "markdown_it",
    "pygments",
    "sqlite3",
    "werkzeug",
}


def test_the_command_line_starts_with_click_alone() -> None:
    """Importing the command line imports none of the heavy libraries."""
    assert not loaded_by("import tutor.cli") & (HEAVY | {"importlib.metadata", "platformdirs"})


def test_a_usage_error_costs_no_heavy_import(tmp_path: Path) -> None:
    """A misspelt option is told without loading Flask, requests or a prompt."""
    home = f"os.environ['FLASK_HTTP_TUTOR_HOME'] = {str(tmp_path)!r}"
    statement = f"import tutor.cli, os; {home}; tutor.cli.run(['list', '--bogus'], os.environ)"
    assert not loaded_by(statement) & HEAVY


def loaded_by_command(home: Path, *arguments: str) -> set[str]:
    """Every module that is loaded once a command line is carried out, with progress kept in that folder."""
    variable = f"os.environ['FLASK_HTTP_TUTOR_HOME'] = {str(home)!r}"
    return loaded_by(f"import tutor.cli, os; {variable}; tutor.cli.run({list(arguments)!r}, os.environ)")


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["check", "--help"]])
def test_help_loads_nothing_of_weight(arguments: list[str], tmp_path: Path) -> None:
    """Help and version need no library but click and, for the language that is kept, SQLite."""
    with Progress(tmp_path) as progress:
        progress.set_setting(LANGUAGE, "en")
    loaded = loaded_by_command(tmp_path, *arguments)
    assert "sqlite3" in loaded
    assert not loaded & (HEAVY - {"sqlite3"} | {"pathlib", "dataclasses", "platformdirs", "json"})


def test_list_needs_no_flask_no_markdown_and_no_requests(tmp_path: Path) -> None:
    """`list` reads outlines and the progress, and loads nothing that only lessons need."""
    loaded = loaded_by_command(tmp_path, "list")
    assert not loaded & (HEAVY - {"rich", "sqlite3", "msgspec"})


def test_list_reads_no_lesson_file_twice(tmp_path: Path) -> None:
    """Where no lesson file changed since the last start, `list` loads nothing that reads one."""
    with Progress(tmp_path) as progress:
        progress.set_setting(LANGUAGE, "en")
    assert "tutor.course.loading" in loaded_by_command(tmp_path, "list")
    loaded = loaded_by_command(tmp_path, "list")
    assert not loaded & (HEAVY - {"sqlite3"})
    assert not loaded & {"tutor.course.loading", "tutor.course.scan", "tutor.course.model", "dataclasses"}


FIRST_PROMPT = """
import gc, os, sys
from dataclasses import is_dataclass
import tutor.cli
from tutor.play import start

go_on_loading = start.go_on_loading

def drawn(table):
    print("modules:", *sys.modules, sep="\\n")
    ours = [vars(module).values() for name, module in sys.modules.items() if name.startswith("tutor.")]
    kinds = {each for values in ours for each in values if isinstance(each, type)}
    made = [each.__name__ for each in kinds if each.__module__.startswith("tutor.") and is_dataclass(each)]
    print("dataclasses:", *made)
    print("end of modules; collects garbage:", gc.isenabled())
    go_on_loading(table)
    print("from now on:", gc.isenabled(), flush=True)
    os._exit(0)

start.go_on_loading = drawn
tutor.cli.run(["2.1"], os.environ)
"""
"""Says what is loaded once the first prompt stands, and ends."""


@pytest.fixture
def at_first_prompt(tmp_path: Path) -> str:
    """What a session says of itself when its first prompt stands."""
    with Terminal(home=tmp_path, through=[sys.executable, "-c", FIRST_PROMPT]) as terminal:
        terminal.wait_for("from now on:")
        terminal.ended()
        return terminal.transcript


def test_the_first_screen_needs_nothing_that_only_firing_needs(at_first_prompt: str) -> None:
    """Neither Flask and `requests` nor what reads and draws exchanges is loaded before the first prompt."""
    loaded = set(at_first_prompt.partition("modules:\n")[2].partition("end of modules")[0].split())
    assert {"prompt_toolkit", "tutor.play.step"} <= loaded
    drawing = {f"tutor.screen.{name}" for name in ("wire", "compare", "explained", "lesson_map")}
    playing = {f"tutor.play.{name}" for name in ("crafting", "exercise", "editor")}
    answering = {"flask", "werkzeug", "jinja2", "http.server", "tutor.sandbox.server", "tutor.sandbox.watch"}
    firing = {"requests", "urllib3", "tutor.client", "tutor.workshop"}
    reading = {f"tutor.wire.{name}" for name in ("message", "timeline", "exchange", "frames", "event_stream")}
    assert not loaded & {*answering, *firing, *reading, *drawing, *playing}


def test_a_first_screen_makes_no_dataclasses(at_first_prompt: str) -> None:
    """Where a session must import a class of values, it is one that is made quickly."""
    assert re.findall("^dataclasses: (.*)$", at_first_prompt, re.MULTILINE) == ["Fault"]


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["list"]])
def test_no_garbage_is_looked_for_at_the_end(arguments: list[str], tmp_path: Path) -> None:
    """Whatever a command has loaded is left alone when Python ends, which takes a tenth of `--help`."""
    code = (
        "import atexit, gc, sys; import tutor.cli; sys.argv[1:] = {}; "
        "atexit.register(lambda: print('looked through:', len(gc.get_objects()))); tutor.cli.main()"
    )
    result = subprocess.run(
        [sys.executable, "-c", code.format(arguments)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=os.environ | {"FLASK_HTTP_TUTOR_HOME": str(tmp_path)},
    )
    assert int(result.stdout.rpartition("looked through:")[2]) < 100


def test_garbage_is_looked_for_from_the_first_prompt_on(at_first_prompt: str) -> None:
    """No time is spent on finding garbage in what a start loads, and a session that goes on finds its own."""
    assert "collects garbage: False" in at_first_prompt
    assert "from now on: True" in at_first_prompt
