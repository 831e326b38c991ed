"""`workbench check` and `workbench runs`: what is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Workbench


def test_that_check_tells_rows_columns_encoding_dialect_and_roles(workbench: Workbench, reviews: Path) -> None:
    report = workbench("check", str(reviews), "--json").json
    assert report["rows"] == 80
    assert report["columns"] == ["review", "mood"]
    assert report["roles"] == {"text": "review", "label": "mood"}
    assert report["sure"] is True
    assert report["encoding"].lower().startswith("utf-8")
    assert report["dialect"] == {"delimiter": ",", "quote": '"', "header": True}
    assert report["classes"] == {"good": 40, "bad": 40}
    assert report["read"] + report["skipped"] == report["rows"]


def test_that_check_finds_what_troubles_training(workbench: Workbench, tmp_path: Path) -> None:
    data = tmp_path / "one.csv"
    data.write_text("text,label\n" + "".join(f"text number {n},same\n" for n in range(30)), encoding="utf-8")
    report = workbench("check", str(data), "--text", "text", "--label", "label", "--json").json
    assert report["findings"]
    assert {"code", "severity", "message"} <= report["findings"][0].keys()


def test_that_check_reads_a_file_in_gb18030(workbench: Workbench, tmp_path: Path) -> None:
    data = tmp_path / "reviews.csv"
    rows = "".join(f"这家店的菜很好吃第{n}次来了,好\n服务太差再也不来第{n}次,差\n" for n in range(20))
    data.write_bytes(("评论;情感\n" + rows.replace(",", ";")).encode("gb18030"))
    report = workbench("check", str(data), "--json").json
    assert report["columns"] == ["评论", "情感"]
    assert report["dialect"]["delimiter"] == ";"


@pytest.mark.parametrize("name", ["missing.csv", "folder"])
def test_that_a_file_that_cannot_be_read_is_answered_with_status_2(
    workbench: Workbench, tmp_path: Path, name: str
) -> None:
    (tmp_path / "folder").mkdir()
    said = workbench("check", str(tmp_path / name))
    assert said.status == 2
    assert name in said.err
    assert "Traceback" not in said.err


def test_that_check_for_people_names_the_roles(workbench: Workbench, reviews: Path) -> None:
    said = workbench("check", str(reviews))
    assert said.status == 0
    assert "80 rows" in said.out
    assert "Column “mood” is read as: Label" in said.out


def test_that_an_empty_workspace_has_no_runs(workbench: Workbench) -> None:
    assert workbench("runs", "--json").json == []
    assert "No runs yet" in workbench("runs").err


def test_that_runs_lists_what_was_trained(workbench: Workbench, trained: Path) -> None:
    (run,) = workbench("runs", "--json", workspace=trained).json
    assert (run["name"], run["state"], run["task"]) == ("reviews-1", "completed", "text-classification")
    assert Path(run["folder"], "model", "model.safetensors").is_file()
    said = workbench("runs", workspace=trained)
    assert "reviews-1" in said.out
    assert "Macro-F1" in said.out
