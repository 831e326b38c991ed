"""`--sheet`: which sheet of a workbook is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Workbench
from tests.data.readers.made_workbooks import xlsx

ROWS = [["review", "mood"]] + [[f"a {mood} room number {n}", mood] for n in range(20) for mood in ("good", "bad")]


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.xlsx"
    path.write_bytes(xlsx({"Reviews": ROWS, "Others": [["text", "label"], *ROWS[1:11]]}))
    return path


def test_that_check_reads_the_first_sheet_and_tells_the_others(workbench: Workbench, workbook: Path) -> None:
    report = workbench("check", str(workbook), "--json").json
    assert (report["kind"], report["sheet"], report["sheets"]) == ("workbook", "Reviews", ["Reviews", "Others"])
    assert (report["rows"], report["columns"]) == (40, ["review", "mood"])
    said = workbench("check", str(workbook))
    assert "Sheet “Reviews” of: Reviews, Others" in said.out
    assert "Encoding" not in said.out


def test_that_another_sheet_can_be_named(workbench: Workbench, workbook: Path) -> None:
    report = workbench("check", str(workbook), "--sheet", "Others", "--json").json
    assert (report["sheet"], report["rows"], report["columns"]) == ("Others", 10, ["text", "label"])


def test_that_an_unknown_sheet_is_answered_with_the_possible_ones(workbench: Workbench, workbook: Path) -> None:
    said = workbench("check", str(workbook), "--sheet", "Elsewhere")
    assert said.status == 2
    assert "Possible: Reviews, Others" in said.err
