"""Where the shared data sets are looked for, and what the tests of this room read files with."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data"
if _BESIDE.is_dir():
    os.environ.setdefault("WORKBENCH_SHARED_DATA", str(_BESIDE))

Writer = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    """`write(content, name="table.csv", encoding="utf-8")` puts a file into an empty folder; its path."""

    def put(content: str | bytes, name: str = "table.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return put
