"""The rules of the house, as tests: who may import whom, what stays out of the first second, what is never called."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "workbench"
LATE = ("torch", "transformers", "tokenizers", "sklearn", "polars", "scipy", "matplotlib", "pandas")
SOURCES = sorted(PACKAGE.rglob("*.py"))


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """import-linter over the `workbench` in `folder`, with our contracts."""
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache", "--config", str(ROOT / "pyproject.toml")],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )


def test_that_the_import_contracts_hold() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("core/errors.py", "from workbench.data.table import Table"),
        ("cli/words.py", "from workbench.engine.losses import LOSSES"),
        ("gui/theme.py", "import torch"),
        ("studio/machine.py", "from PySide6.QtCore import QObject"),
        ("engine/update.py", "from workbench.tasks import tasks"),
    ],
)
def test_that_a_forbidden_import_is_found_even_for_type_checking(tmp_path: Path, file: str, line: str) -> None:
    shutil.copytree(PACKAGE, tmp_path / "workbench", ignore=shutil.ignore_patterns("__pycache__"))
    culprit = tmp_path / "workbench" / file
    text = culprit.read_text(encoding="utf-8")
    culprit.write_text(f"{text}\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    {line}\n", encoding="utf-8")
    result = lint_imports(tmp_path)
    assert result.returncode == 1, result.stdout + result.stderr


@pytest.mark.parametrize("room", ["core", "data", "insight", "store", "sinks", "tasks", "studio", "cli", "gui"])
def test_that_a_room_is_imported_without_the_slow_libraries(room: str) -> None:
    program = f"""
import importlib, pkgutil, sys
import workbench.{room} as room
for module in pkgutil.walk_packages(room.__path__, room.__name__ + "."):
    importlib.import_module(module.name)
late = [name for name in {LATE!r} if name in sys.modules]
assert not late, late
"""
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=120
    )
    assert result.returncode == 0, result.stderr


FORBIDDEN_MODULES = frozenset({"pickle", "cPickle", "dill", "joblib", "marshal", "shelve", "cloudpickle", "yaml"})
FORBIDDEN_NAMES = frozenset({"eval", "exec", "compile", "__import__"})
FORBIDDEN_CALLS = frozenset(
    {"torch.load", "torch.save", "torch.hub.load", "np.load", "numpy.load", "os.system", "os.popen", "yaml.load"}
)
FORBIDDEN_ARGUMENTS = {"shell": True, "trust_remote_code": True, "allow_pickle": True}


def dangers(tree: ast.AST) -> Iterator[str]:
    """What may run foreign code: {line: what}."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {(node.module or "").split(".")[0]}
        else:
            names = set()
        yield from (f"line {node.lineno}: imports {name}" for name in names & FORBIDDEN_MODULES)  # type: ignore[attr-defined]
        if isinstance(node, ast.Call):
            yield from (f"line {node.lineno}: {what}" for what in _dangerous(node))


def _dangerous(call: ast.Call) -> Iterator[str]:
    name = ast.unparse(call.func)
    if name in FORBIDDEN_NAMES or name in FORBIDDEN_CALLS:
        yield f"calls {name}"
    for keyword in call.keywords:
        if keyword.arg in FORBIDDEN_ARGUMENTS and not (
            isinstance(keyword.value, ast.Constant) and keyword.value.value is False
        ):
            yield f"{keyword.arg} is not plainly False"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_that_a_source_runs_no_foreign_code(path: Path) -> None:
    assert list(dangers(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "torch.load('x')",
        "eval('1')",
        "subprocess.run('ls', shell=True)",
        "AutoModel.from_pretrained(x, trust_remote_code=flag)",
        "np.load(path, allow_pickle=True)",
    ],
)
def test_that_the_gate_sees_dangers(source: str) -> None:
    assert list(dangers(ast.parse(source)))


@pytest.mark.parametrize("source", ["app.exec()", "re.compile('')", "f(trust_remote_code=False)"])
def test_that_the_gate_lets_harmless_calls_pass(source: str) -> None:
    assert list(dangers(ast.parse(source))) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_that_files_have_names_that_say_what_is_inside(path: Path) -> None:
    assert not {"utils", "util", "helpers", "helper", "misc", "common"} & {path.stem, path.parent.name}
    classes = [
        node.name for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.ClassDef)
    ]
    assert [name for name in classes if name.endswith("Manager")] == []
