"""What people type first: constraints, scripts, and what the pages about installing say."""

from __future__ import annotations

import importlib.util
import os
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
    words = ("make run", "make test", "pipx install", "uv pip install --torch-backend=auto", "workbench predict")
    for word in (*words, "py -m venv .venv", "--download", "--hub-endpoint", "HF_ENDPOINT"):
        assert word in text
    installs = re.findall(r"`(?:pip|pipx|uv venv && uv pip) install[^`]+\"`", text)
    assert len(installs) >= 5
    assert [line for line in installs if "constraints.txt" not in line] == []


def test_that_the_chinese_readme_names_a_mirror() -> None:
    assert "https://hf-mirror.com" in (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")


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


# `python` of a virtual environment that is there already, whose pip only notes down what it is told.
_FAKE_PYTHON = """#!/bin/sh
case "$*" in
*"pip install"*) echo "install $*" >>"{log}" ;;
esac
"""


class FakeComputer:
    """A folder with the script and a virtual environment whose pip only notes down what it is told."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log, self.tools = folder, folder / "log", folder / "tools"
        for name in ("scripts", ".venv/bin", "tools"):
            (folder / name).mkdir(parents=True)
        for name in ("scripts/bootstrap", "pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, folder / name)
        self.program(".venv/bin/workbench", "")
        for name in ("sh", "cat", "cksum", "dirname", "grep", "id"):
            path = shutil.which(name)
            assert path is not None
            (self.tools / name).symlink_to(path)

    def program(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(text or "#!/bin/sh\n", encoding="utf-8")
        path.chmod(0o755)

    def installs(self, *, system: str) -> tuple[str, str]:
        """(what pip was told to install, what was said to the person)."""
        self.program(".venv/bin/python", _FAKE_PYTHON.format(log=self.log))
        self.program("tools/uname", f"#!/bin/sh\necho {system}\n")
        given = {"PATH": str(self.tools), "LC_ALL": "C.UTF-8"}
        command = [str(self.tools / "sh"), "scripts/bootstrap", "demo"]
        result = subprocess.run(command, cwd=self.folder, env=given, capture_output=True, text=True, timeout=60)
        assert result.returncode == 0, result.stderr
        (line,) = (line for line in self.log.read_text(encoding="utf-8").splitlines() if line.startswith("install"))
        return line, result.stderr


@pytest.fixture
def computer(tmp_path: Path) -> FakeComputer:
    if os.name == "nt":
        pytest.skip("the script is for a POSIX shell")
    return FakeComputer(tmp_path)


@pytest.mark.parametrize(
    ("system", "card", "size"),
    [
        ("Darwin", False, "0.5 GB to download, 2 GB on disk"),
        ("Linux", True, "NVIDIA's libraries too: several GB"),
        ("Linux", False, "README.md says under Install how to take the smaller one"),
    ],
)
def test_that_the_size_is_told_and_pip_decides_where_from(
    computer: FakeComputer, system: str, card: bool, size: str
) -> None:
    if card:
        computer.program("tools/nvidia-smi", "")
    line, said = computer.installs(system=system)
    assert "-c constraints.txt -e .[offline-model]" in line
    assert "index-url" not in line
    assert size in said


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
