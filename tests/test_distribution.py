"""What users install: the wheel, not the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.command import ROOT


def test_the_wheel_holds_everything_that_a_lesson_needs(tmp_path: Path) -> None:
    """From the wheel alone, away from the checkout, a lesson is listed, in either language, and proven."""
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
    assert {name for name in names if name.startswith("sandbox_app/")} == {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "sandbox_app").rglob("*.*")
        if path.suffix != ".pyc"
    }
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {
        "lessons",
        "sandbox_app",
        "tutor",
    }
    chinese = subprocess.run(
        [sys.executable, "-P", "-m", "tutor", "--lang", "zh-CN", "list"],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(tmp_path / "site"),
            "FLASK_HTTP_TUTOR_HOME": str(tmp_path),
            "PYTHONIOENCODING": "utf-8",
        },
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=True,
    )
    assert "完成 0 / 12 步" in chinese.stdout
    assert {name for name in names if "zh-CN" in name} == {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "lessons").glob("zh-CN/*.md")
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
