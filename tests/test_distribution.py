"""What users install: the wheel, not the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.command import ROOT


def test_the_wheel_holds_everything_that_a_lesson_needs(tmp_path: Path) -> None:
    """From the wheel alone, away from the checkout, a lesson is listed and proven."""
    built = tmp_path / "dist"
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=100,
    )
    [wheel] = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
        names = archive.namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {
        "lessons",
        "sandbox_app",
        "tutor",
    }
    result = subprocess.run(
        [sys.executable, "-P", "-m", "tutor", "check", "2.1.1", "2.1.7", "2.2.12"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site"), "FLASK_HTTP_TUTOR_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    subprocess.run(
        [sys.executable, "-P", "-m", "tutor", "new", "pack"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site"), "FLASK_HTTP_TUTOR_HOME": str(tmp_path)},
        timeout=60,
        check=True,
        capture_output=True,
    )
    assert sorted(path.name for path in (tmp_path / "pack").iterdir()) == ["1.1-first-lesson.md", "README.md"]
