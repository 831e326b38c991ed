"""What people type first: constraints, scripts, and what the pages about installing say."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PINS = {
    canonicalize_name(name): Version(version)
    for name, _, version in (
        line.partition("==")
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    )
}


def _requirements() -> list[Requirement]:
    extras = PROJECT["optional-dependencies"].values()
    texts = [*PROJECT["dependencies"], *(text for extra in extras for text in extra)]
    return [Requirement(text) for text in texts if not text.startswith(PROJECT["name"])]


@pytest.mark.parametrize("requirement", _requirements(), ids=str)
def test_that_every_dependency_is_pinned_inside_its_bounds(requirement: Requirement) -> None:
    assert PINS[canonicalize_name(requirement.name)] in requirement.specifier


def test_that_pins_are_public_versions_that_fit_every_computer() -> None:
    assert PINS[canonicalize_name("torch")] == Version("2.13.0")
    assert [name for name, version in PINS.items() if version.local] == []
    assert [name for name in PINS if name.startswith(("nvidia", "triton", "cuda"))] == []


@pytest.mark.parametrize("language", ["README.md", "README.zh-CN.md"])
def test_that_the_readme_installs_with_the_constraints_for_every_computer(language: str) -> None:
    text = (ROOT / language).read_text(encoding="utf-8")
    indexes = set(re.findall(r"--extra-index-url (\S+)", text))
    assert {index.rsplit("/", 1)[-1] for index in indexes} == {"cpu", "cu130"}
    for word in ("make run", "make test", "pipx install", "uv pip install --torch-backend=auto", "workbench predict"):
        assert word in text
    installs = re.findall(r"`(?:pip|pipx|uv venv && uv pip) install[^`]+\"`", text)
    assert len(installs) >= 5
    assert [line for line in installs if "constraints.txt" not in line] == []


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md", "docs/privacy.md"])
def test_that_files_that_a_page_points_to_are_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target]
    targets += re.findall(r"`((?:tests|workbench|docs)/[\w./*-]+)`", text)
    start = (ROOT / page).parent
    assert targets
    for target in targets:
        places = [base for base in (ROOT, start) if list(base.glob(target)) or (base / target).exists()]
        assert places, target


@pytest.mark.parametrize(("shell", "script"), [("sh", "scripts/bootstrap"), ("bash", ".ci/run")])
def test_that_a_script_is_sound_and_can_be_run(shell: str, script: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    result = subprocess.run([shell, "-n", str(ROOT / script)], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert (ROOT / script).stat().st_mode & 0o111


@pytest.fixture
def libraries() -> ModuleType:
    """The script `system_libraries`, as a module."""
    spec = importlib.util.spec_from_file_location("system_libraries", ROOT / "scripts" / "system_libraries.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_that_missing_libraries_are_named_with_the_command_that_brings_them(
    libraries: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def loader(name: str) -> None:
        if name in ("libEGL.so.1", "libxcb-icccm.so.4"):
            raise OSError(name)

    monkeypatch.setattr(libraries.ctypes, "CDLL", loader)
    monkeypatch.setattr(libraries.os, "geteuid", lambda: 1000)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    names = libraries.missing({**libraries.OFFSCREEN, **libraries.WINDOW})
    assert names == ["libEGL.so.1", "libxcb-icccm.so.4"]
    for tool, command in (("apt-get", "sudo apt-get install libegl1 libxcb-icccm4"), ("dnf", "sudo dnf install")):
        monkeypatch.setattr(libraries.shutil, "which", lambda name, tool=tool: name if name == tool else None)
        assert command in libraries.explain(names)
    monkeypatch.setattr(libraries.shutil, "which", lambda name: None)
    assert "Fedora" in libraries.explain(names)


def test_that_ci_installs_every_library_that_the_window_needs(libraries: ModuleType) -> None:
    wanted = {packages[0] for packages in {**libraries.OFFSCREEN, **libraries.WINDOW}.values()}
    installed = set(re.findall(r"[\w.+-]+", (ROOT / ".ci" / "run").read_text(encoding="utf-8")))
    assert wanted - installed == set()


def test_that_no_registry_is_named_in_what_is_committed() -> None:
    hosts = ("pypi" + ".org", "python" + "hosted", "deb.debian" + ".org", "npm" + "js.org", "tuna" + ".tsinghua")
    folders = (ROOT / name for name in ("workbench", "tests", "scripts", "docs", "resources", "benchmarks", ".ci"))
    paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    paths += [path for path in ROOT.iterdir() if path.is_file()]
    kinds = {"", ".md", ".py", ".toml", ".txt", ".yaml", ".po", ".csv"}
    texts = {path: path.read_text(encoding="utf-8") for path in paths if path.suffix in kinds}
    named = [str(path) for path, text in texts.items() if any(host in text for host in hosts)]
    assert len(texts) > 50
    assert named == []
