"""Whether --label names classes or a number: said by the column itself, and asked where it is unclear."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import TINY, Workbench

CELLS: dict[str, Callable[[int], str]] = {
    "text": lambda row: f"a room with a view over the sea, number {row}",
    "mood": lambda row: ("good", "bad")[row % 2],
    "price": lambda row: f"{17 + row * 1.37:.2f}",
    "crowd": lambda row: str(row * 7919 % 5000),
    "stars": lambda row: str(row % 5 + 1),
    "intent": lambda row: str(row % 77),
    "level": lambda row: ("1", "2", "unknown")[row % 3],
    "id": lambda row: str(row + 1),
    "paid": lambda row: "n/a" if row % 3 == 0 else f"{row * 1.37:.2f}",
    "blank": lambda row: "",
}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """300 rows; every column but `text` and `mood` is numbers of another kind."""
    rows = [list(CELLS)] + [[cell(row) for cell in CELLS.values()] for row in range(300)]
    path = tmp_path / "table.tsv"
    path.write_text("\n".join("\t".join(row) for row in rows) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("label", "task"),
    [
        ("mood", "text-classification"),
        ("price", "text-regression"),
        ("crowd", "text-regression"),
        ("stars", "text-classification"),
        ("intent", "text-classification"),
        ("level", "text-classification"),
        ("blank", "text-classification"),
    ],
)
def test_that_the_column_named_decides_the_task(workbench: Workbench, table: Path, label: str, task: str) -> None:
    said = workbench("check", str(table), "--text", "text", "--label", label, "--json")
    assert said.status == 0, said.err
    assert said.json["task"] == task
    assert list(said.json["roles"].values()) == ["text", label]


def test_that_decimals_named_as_label_are_learned_as_a_number(workbench: Workbench, table: Path) -> None:
    said = workbench("train", str(table), *TINY, "--text", "text", "--label", "price", "--max-steps", "1", "--json")
    assert said.status == 0, said.err
    plan = json.loads(Path(said.json["folder"], "plan.json").read_text(encoding="utf-8"))
    assert plan["task"]["name"] == "text-regression"
    assert "rmse" in said.json["validation"]


@pytest.mark.parametrize("label", ["id", "paid"])
def test_that_an_unclear_column_is_refused_with_the_choices(workbench: Workbench, table: Path, label: str) -> None:
    said = workbench("train", str(table), *TINY, "--text", "text", "--label", label)
    assert said.status == 2
    assert said.out == ""
    for word in (label, "--task", "text-classification", "text-regression"):
        assert word in said.err


def test_that_a_task_that_is_said_is_not_asked_for_again(workbench: Workbench, table: Path) -> None:
    flags = ("--text", "text", "--label", "id", "--task", "text-regression")
    assert workbench("check", str(table), *flags, "--json").json["task"] == "text-regression"
