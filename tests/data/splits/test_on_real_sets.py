"""Splits of real data sets: real texts and classes, with a customer and a day written beside them."""

from __future__ import annotations

import csv
import random
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.data.samples import CLASSIFICATION, REGRESSION
from workbench.core.plan import Choice, DatasetSpec
from workbench.data.dataset import Dataset, load
from workbench.data.splits.dates import read_date

SETS = {
    "sms_spam": {"text": "text", "label": "label"},
    "banking77": {"text": "text", "label": "category"},
    "waimai_10k": {"text": "review", "label": "label"},
    "trec6": {"text": "text", "label": "label"},
    "stsb_en": {"text": "sentence1", "text_pair": "sentence2", "number": "score"},
}


def told(shared_data: Path, folder: Path, name: str, form: str) -> tuple[DatasetSpec, list[dict[str, str]]]:
    """The training file of a set with a customer (a few have many rows) and a day, and its rows."""
    with (shared_data / name / "train.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    chance = random.Random(name)
    for row in rows:
        row["customer"] = f"C{int(chance.paretovariate(0.6)) % 900}"
        row["day"] = (date(2023, 1, 1) + timedelta(days=chance.randrange(400))).strftime(form)
    path = folder / "told.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    columns = {field: column if column in rows[0] else next(iter(rows[0])) for field, column in SETS[name].items()}
    return DatasetSpec(path=str(path), columns=columns), rows


def loaded(spec: DatasetSpec, split: str, column: str = "", seed: int = 7) -> Dataset:
    options = {"column": column} if column else {}
    whole = DatasetSpec(path=spec.path, columns=spec.columns, split=Choice(name=split, options=options))
    fields = REGRESSION if "number" in spec.columns else CLASSIFICATION
    return load(whole, fields, seed=seed)


@pytest.mark.parametrize("name", SETS)
def test_that_no_customer_is_on_both_sides(shared_data: Path, tmp_path: Path, name: str) -> None:
    spec, rows = told(shared_data, tmp_path, name, "%Y-%m-%d")
    dataset = loaded(spec, "group", "customer")
    learned, kept = ({rows[row - 1]["customer"] for row in part.rows} for part in (dataset.train, dataset.validation))
    assert not learned & kept
    assert len(dataset.validation) == pytest.approx(0.15 * len(rows), rel=0.02)
    if "label" in spec.columns:
        counts = Counter(dataset.validation.column("label"))
        whole = counts + Counter(dataset.train.column("label"))
        far = sum(abs(counts[label] - 0.15 * number) for label, number in whole.items())
        assert far <= 0.15 * len(dataset.validation)
    assert list(loaded(spec, "group", "customer").validation.rows) == list(dataset.validation.rows)


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d/%m/%Y", "%Y年%m月%d日"])
@pytest.mark.parametrize("name", ["sms_spam", "banking77", "stsb_en"])
def test_that_the_newest_rows_are_kept_aside(shared_data: Path, tmp_path: Path, name: str, form: str) -> None:
    spec, rows = told(shared_data, tmp_path, name, form)
    dataset = loaded(spec, "time", "day")
    days = {place: date(int(y), int(m), int(d)) for place, (y, m, d) in enumerate(map(_parts_of, rows), start=1)}
    assert max(days[row] for row in dataset.train.rows) < min(days[row] for row in dataset.validation.rows)
    assert len(dataset.validation) == pytest.approx(0.15 * len(rows), rel=0.05)
    assert dataset.rows == len(dataset.train) + len(dataset.validation) + len(dataset.skipped)


def _parts_of(row: dict[str, str]) -> tuple[str, str, str]:
    day = row["day"]
    if "/" in day:
        return day[6:], day[3:5], day[:2]
    return day[:4], day[5:7], day[8:10]


def test_that_dates_of_awkward_files_are_read_or_refused(shared_data: Path) -> None:
    for path in sorted((shared_data / "awkward_files").rglob("*.csv")):
        for line in path.read_bytes().decode("utf-8", "replace").splitlines()[:50]:
            for cell in line.split(","):
                read_date(cell)  # never an error, whatever it holds


def test_that_mends_come_before_the_split(shared_data: Path, tmp_path: Path) -> None:
    spec, rows = told(shared_data, tmp_path, "sms_spam", "%Y-%m-%d")
    split = Choice(name="group", options={"column": "customer"})
    mended = DatasetSpec(path=spec.path, columns=spec.columns, mends=(Choice(name="drop-repeated"),), split=split)
    dataset = load(mended, CLASSIFICATION, seed=1)
    assert dataset.skipped
    assert len(rows) == dataset.rows == len(dataset.train) + len(dataset.validation) + len(dataset.skipped)
    learned, kept = ({rows[row - 1]["customer"] for row in part.rows} for part in (dataset.train, dataset.validation))
    assert not learned & kept
