"""Nobody but `store/safe_io.py` writes to disk, and nobody but `store/database.py` opens SQLite."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "workbench"

# staging.py fills folders that were made for it: temporary ones, and those that safe_io publishes.
WRITERS = {"store/safe_io.py", "engine/staging.py"}
# A lock is an empty file that says something only while it is held.
MAY_OPEN_FOR_LOCKS = {"store/locks.py"}
MAY_CONNECT = {"store/database.py"}
# safetensors and transformers know only this way; the folder they get is a staged one.
MAY_SAVE_MODELS = ("engine/", "tasks/")

# No file on a disk: what is written there is a wish to the kernel about this process.
KERNEL_SWITCHES = {"Path('/proc/self/clear_refs')"}

METHODS = {
    "write_text": "Path.write_text",
    "write_bytes": "Path.write_bytes",
    "touch": "Path.touch",
    "unlink": "Path.unlink",
    "rmdir": "Path.rmdir",
    "mkdir": "Path.mkdir",
    "symlink_to": "Path.symlink_to",
    "hardlink_to": "Path.hardlink_to",
    "rename": "Path.rename",
}
OS = {
    "rename", "renames", "replace", "remove", "unlink", "rmdir", "removedirs", "mkdir", "makedirs", "truncate",
    "symlink", "link", "write", "open", "mkfifo", "chmod", "fsync",
}  # fmt: skip
WRITING_FLAGS = ("O_WRONLY", "O_RDWR", "O_CREAT", "O_APPEND", "O_TRUNC")
SHUTIL = {"move", "copy", "copy2", "copyfile", "copyfileobj", "copytree", "rmtree", "unpack_archive", "make_archive"}
TEMPFILE = {"NamedTemporaryFile", "TemporaryFile", "TemporaryDirectory", "SpooledTemporaryFile", "mkstemp", "mkdtemp"}
SAVERS = {"save_file", "save_pretrained", "save_model"}
# Methods of ours and of SQLite's that only sound like Path's.
OUR_OBJECTS = {"safe_io", "history", "self", "studio", "_history", "store", "self._history", "self._studio", "_studio"}


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str, str]]:
    """Every call as (node, what it is called on, name)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                yield node, ast.unparse(node.func.value), node.func.attr
            elif isinstance(node.func, ast.Name):
                yield node, "", node.func.id


def mode_of(call: ast.Call, place: int) -> str:
    """The mode given to an `open`; "?" if it cannot be read from the source."""
    given = [keyword.value for keyword in call.keywords if keyword.arg == "mode"] or call.args[place : place + 1]
    if not given:
        return "r"
    mode = given[0]
    return str(mode.value) if isinstance(mode, ast.Constant) else "?"


def imported_names(tree: ast.AST) -> dict[str, str]:
    """{name in this file: where it comes from} of what is imported from the modules that write."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
        elif isinstance(node, ast.Import):
            names.update({alias.asname: alias.name for alias in node.names if alias.asname})
    return names


def forbidden(source: str, name: str) -> list[str]:
    """The writes in `source`, the module `name` (relative to the package), that do not go through safe_io."""
    tree = ast.parse(source)
    names = imported_names(tree)
    found = []
    for call, on, called in calls(tree):
        full = names.get(called, called) if not on else f"{names.get(on, on)}.{called}"
        problem = _problem(call, on, called, full, name)
        if problem:
            found.append(f"{name}:{call.lineno}: {problem}")
    return found


def _problem(call: ast.Call, on: str, called: str, full: str, name: str) -> str:
    module, _, function = full.rpartition(".")
    if full in ("sqlite3.connect", "sqlite3.dbapi2.connect"):
        return "" if name in MAY_CONNECT else full
    if called in SAVERS and not full.startswith("safe_io"):
        return "" if name.startswith(MAY_SAVE_MODELS) else full
    if module == "os" and function in ("open", "unlink") and name in MAY_OPEN_FOR_LOCKS:
        return ""
    if full == "os.open" and _only_reads(call):
        return ""
    if (module == "os" and function in OS) or (module == "shutil" and function in SHUTIL):
        return full
    if (module == "tempfile" and function in TEMPFILE) or full in (
        "torch.save",
        "numpy.save",
        "numpy.savez",
        "pickle.dump",
    ):
        return full
    if full in ("open", "builtins.open", "io.open", "codecs.open"):
        return full if set(mode_of(call, 1)) & set("wax+?") else ""
    if called == "open" and on and module not in ("os", "webbrowser"):
        return full if set(mode_of(call, 0)) <= set("rwaxbt+") and set(mode_of(call, 0)) & set("wax+") else ""
    if on in KERNEL_SWITCHES:
        return ""
    if on and called in METHODS and on.rpartition(".")[2] not in OUR_OBJECTS:
        return full
    return ""


def _only_reads(call: ast.Call) -> bool:
    """Whether an `os.open` cannot change a file: it opens the null device, or none of its flags writes."""
    path, flags = ast.unparse(call.args[0]), " ".join(ast.unparse(argument) for argument in call.args[1:2])
    return path == "os.devnull" or not any(word in flags for word in WRITING_FLAGS)


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).as_posix() not in WRITERS)


def test_that_there_is_something_to_look_at() -> None:
    assert len(modules()) > 20


def test_that_no_other_module_writes_to_disk() -> None:
    found = []
    for path in modules():
        found += forbidden(path.read_text(encoding="utf-8"), path.relative_to(PACKAGE).as_posix())
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "open('a', 'w')",
        "open('a', mode='ab')",
        "open('a', 'x')",
        "open('a', 'r+')",
        "open('a', mode)",
        "import io\nio.open('a', 'w')",
        "path.open('w')",
        "path.write_text('x')",
        "(folder / 'a').write_bytes(b'')",
        "path.mkdir(parents=True)",
        "path.unlink()",
        "path.rename('b')",
        "import os\nos.rename('a', 'b')",
        "import os\nos.replace('a', 'b')",
        "from os import replace\nreplace('a', 'b')",
        "import os as system\nsystem.remove('a')",
        "import os\nos.open('a', os.O_CREAT)",
        "import shutil\nshutil.move('a', 'b')",
        "import shutil\nshutil.copy2('a', 'b')",
        "from shutil import copyfile as take\ntake('a', 'b')",
        "import torch\ntorch.save(x, 'a')",
        "from torch import save\nsave(x, 'a')",
        "import sqlite3\nsqlite3.connect('a')",
        "from sqlite3 import connect\nconnect('a')",
        "import tempfile\ntempfile.mkdtemp()",
        "model.save_pretrained(folder)",
        "import numpy as np\nnp.save('a', x)",
    ],
)
def test_that_the_check_finds(source: str) -> None:
    assert forbidden(source, "gui/panel.py")


@pytest.mark.parametrize(
    "source",
    [
        "open('a')",
        "open('a', 'rb')",
        "path.open('rb')",
        "path.read_text()",
        "safe_io.write_text(path, 'x')",
        "self.studio.rename(run, 'b')",
        "text.replace('a', 'b')",
        "import os\nos.path.exists('a')",
    ],
)
def test_that_the_check_lets_pass(source: str) -> None:
    assert forbidden(source, "gui/panel.py") == []
