"""The action and the workflows, held against the schemas of GitHub and GitLab; the action's script is run."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema.validators import validator_for
from ruamel.yaml import YAML

from tests.command import ROOT
from tests.play.sample_pack import LESSON, write_pack

ACTION = ROOT / "action.yml"
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"

_FENCE = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def fault_of(file: Path, name: str) -> str:
    """What is wrong by a schema that check-jsonschema brings along; nothing is fetched."""
    # Found and not imported: its command line needs a newer click than the oldest that we take.
    spec = importlib.util.find_spec("check_jsonschema")
    assert spec is not None
    assert spec.origin is not None
    vendored = Path(spec.origin).parent / "builtin_schemas" / "vendor" / f"{name}.json"
    schema = json.loads(vendored.read_text("utf-8"))
    errors = validator_for(schema)(schema).iter_errors(YAML(typ="safe", pure=True).load(file))
    return "\n".join(f"{error.json_path}: {error.message}" for error in errors)


def test_the_action_and_the_workflow_are_what_github_takes(tmp_path: Path) -> None:
    """Both fit GitHub's schemas, and a key that there is not would be told."""
    assert fault_of(ACTION, "github-actions") == ""
    assert fault_of(WORKFLOW, "github-workflows") == ""
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(WORKFLOW.read_text("utf-8").replace("runs-on:", "run-on:"), "utf-8")
    assert fault_of(wrong, "github-workflows")


@pytest.mark.parametrize("file", ["README.md", "docs/check.md", "docs/classroom.md"])
def test_the_workflows_in_the_documentation_are_well_formed(file: str, tmp_path: Path) -> None:
    """Each YAML that is to be copied fits the schema of the service that it is for."""
    examples = _FENCE.findall((ROOT / file).read_text("utf-8"))
    assert examples
    for number, text in enumerate(examples):
        example = tmp_path / f"{number}.yml"
        github = "runs-on:" in text
        # A reader puts a job into a workflow that has a trigger.
        example.write_text(
            text if re.search("^on:", text, re.MULTILINE) or not github else f"on: push\n{text}", "utf-8"
        )
        assert fault_of(example, "github-workflows" if github else "gitlab-ci") == "", text


def action() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load(ACTION)
    return loaded


def test_no_input_is_written_into_a_script() -> None:
    """Inputs reach the shell through the environment, where nothing in them is code."""
    for step in action()["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


@pytest.mark.skipif(sys.platform == "win32", reason="the runner's own bash is not that of the machine there")
@pytest.mark.parametrize(
    ("text", "code", "failed"), [(LESSON, 0, "0"), (LESSON.replace("answer = 11", "answer = 12"), 1, "1")]
)
def test_the_action_s_script_checks_a_pack(text: str, code: int, failed: str, tmp_path: Path) -> None:
    """Run as a runner runs it, the script writes both reports and the outputs, and ends with check's code."""
    pack = write_pack(tmp_path / "my pack")
    (pack / "every-kind.md").write_text(text, "utf-8")
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    (bin_folder / "python").symlink_to(sys.executable)
    program = bin_folder / "flask-http-tutor"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tutor "$@"\n', "utf-8")
    program.chmod(0o755)
    [step] = [step for step in action()["runs"]["steps"] if step.get("id") == "check"]
    inputs = {name: each["default"] for name, each in action()["inputs"].items()}
    inputs |= {"pack": str(pack), "reports": "reports", "strict": "true"}
    given = {
        name: re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda match: inputs[match[1]], value)
        for name, value in step["env"].items()
    }
    outputs = tmp_path / "outputs"
    script = tmp_path / "script.sh"
    script.write_text(step["run"], "utf-8")
    bash = shutil.which("bash")
    assert bash
    done = subprocess.run(
        # As GitHub calls it for `shell: bash`.
        [bash, "--noprofile", "--norc", "-eo", "pipefail", str(script)],
        cwd=tmp_path,
        env={
            **os.environ,
            **given,
            "PYTHONPATH": str(ROOT),
            "FLASK_HTTP_TUTOR_BIN": str(bin_folder),
            "FLASK_HTTP_TUTOR_HOME": str(tmp_path / "home"),
            "GITHUB_OUTPUT": str(outputs),
        },
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert f"failed={failed}" in outputs.read_text("utf-8").splitlines()
    assert json.loads((tmp_path / "reports" / "report.json").read_text("utf-8"))["schema_version"] == 1
    assert (tmp_path / "reports" / "junit.xml").is_file()
