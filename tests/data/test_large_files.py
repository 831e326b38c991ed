"""Large files: the beginning is seen at once, and the rest takes seconds and little memory."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.data.samples import CLASSIFICATION, sentences
from workbench.core.plan import DatasetSpec
from workbench.data.dataset import load
from workbench.data.preview import preview
from workbench.data.profile import profile
from workbench.data.roles import guess_roles


def large(path: Path, rows: int) -> Path:
    texts = sentences(1000)
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write("text,label\n")
        stream.writelines(f"{texts[row % 1000]} {row},{('good', 'bad', 'fair')[row % 3]}\n" for row in range(rows))
    return path


def check(path: Path, rows: int, seconds: float) -> None:
    started = time.monotonic()
    seen = preview(path)
    spec = DatasetSpec(path=str(path), columns=guess_roles(seen, CLASSIFICATION).columns, reading=seen.reading)
    assert time.monotonic() - started < 1
    assert seen.total_rows is None
    assert abs(seen.estimated_rows - rows) < 0.15 * rows
    started = time.monotonic()
    assert profile(spec, CLASSIFICATION).read == rows
    dataset = load(spec, CLASSIFICATION, seed=1)
    assert time.monotonic() - started < seconds
    assert len(dataset.validation) == round(0.15 * rows)


def test_that_a_large_file_is_previewed_at_once_and_loaded_in_seconds(tmp_path: Path) -> None:
    check(large(tmp_path / "large.csv", 50_000), 50_000, 10)


@pytest.mark.slow
def test_that_a_million_rows_are_no_trouble(tmp_path: Path) -> None:
    check(large(tmp_path / "large.csv", 1_000_000), 1_000_000, 20)
