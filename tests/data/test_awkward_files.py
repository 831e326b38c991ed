"""Every file of the shelf of awkward tables is read right, or it is said why not."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.data.samples import CLASSIFICATION, REGRESSION
from workbench.core.errors import WorkbenchError
from workbench.core.plan import DatasetSpec
from workbench.data.dataset import load
from workbench.data.preview import preview
from workbench.data.profile import Profile, profile
from workbench.data.readers import read_table
from workbench.data.roles import guess_roles

SKIPPED = {"structure/ragged_rows.csv": 2, "structure/unclosed_quote.csv": 1, "structure/huge_cell.csv": 1}


def look(path: Path, fields: object = CLASSIFICATION) -> Profile:
    return profile(spec_of(path, fields), fields)  # type: ignore[arg-type]


def spec_of(path: Path, fields: object = CLASSIFICATION) -> DatasetSpec:
    seen = preview(path)
    return DatasetSpec(
        path=str(path),
        columns=guess_roles(seen, fields).columns,  # type: ignore[arg-type]
        reading=seen.reading,
    )


def codes(found: Profile) -> dict[str, int]:
    return {finding.code: finding.count for finding in found.findings}


def test_that_every_file_of_the_manifest_is_read_as_it_says(shared_data: Path) -> None:
    folder = shared_data / "awkward_files"
    with (folder / "MANIFEST.csv").open(encoding="utf-8", newline="") as stream:
        entries = list(csv.DictReader(stream))
    assert len(entries) > 30
    for entry in entries:
        path = folder / entry["file"]
        if entry["columns"] == "0":
            with pytest.raises(WorkbenchError):
                read_table(path)
            continue
        table = read_table(path)
        assert table.total == int(entry["rows"]), entry["file"]
        assert len(table.columns) == int(entry["columns"]), entry["file"]
        assert len(table.skipped) == SKIPPED.get(entry["file"], 0), (entry["file"], table.skipped)
        if entry["delimiter"] in (";", "|", "tab", ","):
            expected = "\t" if entry["delimiter"] == "tab" else entry["delimiter"]
            assert table.reading.delimiter == expected, entry["file"]


def test_that_the_same_rows_come_out_of_every_encoding(shared_data: Path) -> None:
    folder = shared_data / "awkward_files" / "encodings"
    tables = [read_table(path) for path in sorted(folder.iterdir())]
    assert len(tables) >= 4
    assert len({table.columns for table in tables}) == 1
    # Files in GBK have lost what it cannot write, so their texts may be a little shorter.
    for table in tables:
        assert table.confidence > 0.9
        assert sum(table.cells["label"] == other.cells["label"] for other in tables) == len(tables)


def test_that_the_valid_files_of_the_rfc_collection_are_read_as_their_json(shared_data: Path) -> None:
    folder = shared_data / "awkward_files" / "sineemore"
    compared = 0
    for path in sorted((folder / "json").glob("header-*.json")):
        expected = json.loads(path.read_text(encoding="utf-8"))
        table = read_table(folder / "csv" / f"{path.stem}.csv")
        assert table.total == len(expected), path.name
        for place, row in enumerate(expected):
            assert {name: cells[place] for name, cells in table.cells.items()} == row
        compared += 1
    assert compared >= 2
    for path in sorted((folder / "csv").glob("*.csv")):
        try:
            table = read_table(path)
        except WorkbenchError:
            continue
        assert len(table) + len(table.skipped) == table.total


def test_that_what_is_awkward_is_found(shared_data: Path) -> None:
    folder = shared_data / "awkward_files" / "structure"
    missing = codes(look(folder / "missing_labels.csv"))
    assert missing["missing-label"] + missing["maybe-missing-label"] == 241
    assert codes(look(folder / "missing_texts.csv"))["missing-text"] == 150
    assert "label-spellings" in codes(look(folder / "label_case_space.csv"))
    assert "label-spellings" in codes(look(folder / "label_int_float_mix.csv"))
    assert codes(look(folder / "single_class.csv"))["one-class"] == 444
    assert "all-labels-different" in codes(look(folder / "one_row_per_class_77.csv"))
    assert "few-rows" in codes(look(folder / "five_rows.csv"))
    assert codes(look(folder / "imbalanced_99_to_1.csv"))["imbalance"] == 1980
    assert codes(look(folder / "ragged_rows.csv"))["ragged-rows"] == 2
    assert codes(look(folder / "dirty_numeric_target.csv", REGRESSION))["not-a-number"] == 150


def test_that_a_copied_column_is_not_taken_for_a_pair(shared_data: Path) -> None:
    spec = spec_of(shared_data / "awkward_files" / "structure" / "duplicate_columns.csv")
    assert spec.columns == {"text": "text", "label": "label"}


@pytest.mark.parametrize("name", ["single_class.csv", "one_row_per_class_77.csv", "five_rows.csv", "header_only.csv"])
def test_that_files_that_cannot_be_learned_from_are_refused_with_a_remedy(shared_data: Path, name: str) -> None:
    path = shared_data / "awkward_files" / "structure" / name
    with pytest.raises(WorkbenchError) as refused:
        load(spec_of(path), CLASSIFICATION, seed=1)
    assert all(problem.what and problem.remedy for problem in refused.value.problems)


@pytest.mark.parametrize("name", ["huge_cell.csv", "nul_bytes.csv", "wide_1502_columns.csv", "formula_cells.csv"])
def test_that_odd_cells_reach_the_examples_untouched(shared_data: Path, name: str) -> None:
    path = shared_data / "awkward_files" / "structure" / name
    dataset = load(spec_of(path), CLASSIFICATION, seed=1)
    table = read_table(path, only={"text"})
    by_row = dict(zip(table.numbers, table.cells["text"], strict=True))
    for part in (dataset.train, dataset.validation):
        assert all(by_row[example.row] == example.values["text"] for example in part)
    assert len(dataset.train) + len(dataset.validation) + len(dataset.skipped) == dataset.rows


def test_that_broken_messages_of_a_real_file_are_kept(shared_data: Path) -> None:
    table = read_table(shared_data / "sms_spam" / "original_spam.csv")
    assert (len(table), len(table.columns), table.reading.encoding) == (5572, 5, "cp1252")
