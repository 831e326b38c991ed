"""`workbench check` and `workbench train` take every format, with the result that a CSV gives."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import TINY, Workbench


def rows_of(reviews: Path) -> list[dict[str, str]]:
    with reviews.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def as_lines(rows: list[dict[str, str]], folder: Path) -> Path:
    path = folder / "reviews.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def as_folder(rows: list[dict[str, str]], folder: Path) -> Path:
    for place, row in enumerate(rows):
        path = folder / "texts" / row["mood"] / f"{place:03}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(row["review"], encoding="utf-8")
    return folder / "texts"


@pytest.mark.parametrize("made", [as_lines, as_folder])
def test_that_check_tells_the_same_of_every_format(
    workbench: Workbench, reviews: Path, tmp_path: Path, made: Any
) -> None:
    known = workbench("check", str(reviews), "--json").json
    path = made(rows_of(reviews), tmp_path)
    report = workbench("check", str(path), "--json").json
    for name in ("rows", "read", "skipped", "classes", "task", "sure"):
        assert report[name] == known[name], name
    assert set(report["roles"]) == set(known["roles"])
    said = workbench("check", str(path))
    assert said.status == 0
    assert "80 rows" in said.out


def test_that_json_lines_train_to_the_measures_of_a_csv(workbench: Workbench, reviews: Path, tmp_path: Path) -> None:
    data = as_lines(rows_of(reviews), tmp_path)
    ends = [workbench("train", str(path), *TINY, "--epochs", "1", "--json").json for path in (reviews, data)]
    assert ends[0]["outcome"] == ends[1]["outcome"] == "completed"
    assert ends[0]["validation"] == ends[1]["validation"]


def test_that_a_folder_is_learned_from(workbench: Workbench, reviews: Path, tmp_path: Path) -> None:
    path = as_folder(rows_of(reviews), tmp_path)
    end = workbench("train", str(path), *TINY, "--epochs", "1", "--json").json
    assert end["outcome"] == "completed"
