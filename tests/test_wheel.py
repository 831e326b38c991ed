"""What people install is a wheel: its resources must be inside, and be found far from any checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def _run(*command: str, cwd: Path, **environment: str) -> str:
    result = subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env={**os.environ, "PIP_NO_INPUT": "1", **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=240,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    build = ("-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "-w", str(folder))
    _run(*build, str(ROOT), cwd=folder)
    (path,) = folder.glob("model_workbench-*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the installed wheel and nothing else."""
    folder = tmp_path_factory.mktemp("installed") / "site"
    _run("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(folder), str(wheel), cwd=ROOT)
    return folder


def test_that_every_resource_is_in_the_wheel(wheel: Path) -> None:
    resources = {path.relative_to(ROOT / "resources") for path in (ROOT / "resources").rglob("*") if path.is_file()}
    inside = set(zipfile.ZipFile(wheel).namelist())
    missing = {path for path in resources if f"workbench/_resources/{path.as_posix()}" not in inside}
    assert missing == set()
    assert Path("translations/zh_CN/LC_MESSAGES/workbench.mo") in resources


def test_that_every_source_and_the_licence_are_in_the_wheel(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    assert {path.relative_to(ROOT).as_posix() for path in (ROOT / "workbench").rglob("*.py")} <= inside
    assert any(name.endswith("licenses/LICENSE") for name in inside)
    assert [name for name in inside if name.startswith(("tests/", "scripts/", "docs/"))] == []


def test_that_an_installed_copy_finds_its_resources_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    program = """
from pathlib import Path
import workbench
from workbench.core.language import set_language, tr
from workbench.core.resources import resource
from workbench.studio import Studio
print(Path(workbench.__file__).parent.parent)
for name in ("samples/samples.toml", "model_catalog.toml", "translations"):
    assert resource(name).is_relative_to(Path(workbench.__file__).parent), name
set_language("zh_CN")
assert tr("Training") != "Training"
studio = Studio(Path("workspace"))
assert all(Path(sample.path).is_file() for sample in studio.samples())
assert studio.catalog()
"""
    place = _run("-P", "-c", program, cwd=tmp_path, PYTHONPATH=str(installed)).strip()
    assert Path(place) == installed


def test_that_the_installed_command_speaks(installed: Path, tmp_path: Path) -> None:
    said = _run("-m", "workbench", "--version", cwd=tmp_path, PYTHONPATH=str(installed))
    assert said.startswith("workbench ")
    assert (installed / "bin" / "workbench").exists() or os.name == "nt"
