"""`--split` in the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import TINY, Workbench


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    words = {"good": "a lovely quiet room", "bad": "a dirty noisy room"}
    rows = "".join(
        f"{words[mood]} number {n},{mood},c{n // 4},2024-{1 + n // 28:02}-{1 + n % 28:02}\n"
        for n in range(80)
        for mood in (("good", "bad")[n % 2],)
    )
    path.write_text(f"review,mood,customer,day\n{rows}", encoding="utf-8")
    return path


ROLES = ("--text", "review", "--label", "mood")


def test_that_check_shows_sizes_and_classes_of_each_part(workbench: Workbench, orders: Path) -> None:
    report = workbench("check", str(orders), *ROLES, "--json").json["split"]
    assert (report["name"], report["seed"]) == ("even", 42)
    assert report["sizes"] == {"train": 68, "validation": 12}
    assert report["classes"] == {"train": {"bad": 34, "good": 34}, "validation": {"bad": 6, "good": 6}}


def test_that_check_splits_by_group_and_by_time(workbench: Workbench, orders: Path) -> None:
    for name, column in (("group", "customer"), ("time", "day")):
        said = workbench("check", str(orders), *ROLES, "--split", name, "--split-column", column, "--json")
        report = said.json["split"]
        assert (report["name"], report["options"]) == (name, {"column": column})
        assert report["sizes"] == {"train": 68, "validation": 12}


def test_that_check_for_people_names_the_split(workbench: Workbench, orders: Path) -> None:
    said = workbench("check", str(orders), *ROLES, "--split", "time", "--split-column", "day")
    assert "(column “day”) (seed 42)" in said.out
    assert "Kept aside: 12 rows (bad 6, good 6)" in said.out


def test_that_check_says_why_rows_cannot_be_parted(workbench: Workbench, orders: Path) -> None:
    said = workbench("check", str(orders), *ROLES, "--split", "time", "--split-column", "review", "--json")
    assert said.status == 0
    assert said.json["split"]["problems"] == ["D57"]
    assert "review" in said.json["split"]["message"]


@pytest.mark.parametrize(
    ("words", "code_in"),
    [
        (("--split", "magic"), "magic"),
        (("--split", "group"), "needs a column"),
        (("--split", "group", "--split-column", "nobody"), "nobody"),
        (("--split", "group", "--split-column", "customer", "--split-order", "auto"), "--split-order"),
        (("--split", "time", "--split-column", "day", "--split-order", "backwards"), "backwards"),
        (("--split-column", "customer"), "--split-column"),
    ],
)
def test_that_train_refuses_what_cannot_be_meant(
    workbench: Workbench, orders: Path, words: tuple[str, ...], code_in: str
) -> None:
    said = workbench("train", str(orders), *ROLES, *TINY, *words)
    assert said.status == 2
    assert code_in in said.err
    assert "Traceback" not in said.err


def test_that_a_validation_file_and_a_split_contradict_each_other(workbench: Workbench, orders: Path) -> None:
    said = workbench("train", str(orders), *ROLES, *TINY, "--validation", str(orders), "--split", "random")
    assert said.status == 2
    assert "nothing to split" in said.err


def test_that_a_run_learns_from_the_older_rows(workbench: Workbench, orders: Path) -> None:
    words = ("--split", "time", "--split-column", "day", "--epochs", "1", "--name", "by-day", "--json")
    assert workbench("train", str(orders), *ROLES, *TINY, *words).json["outcome"] == "completed"
