"""What is said about the rows kept aside, and the way out that one click offers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from tests.data.conftest import Writer
from tests.data.samples import CLASSIFICATION, sentences
from workbench.core.plan import Choice, DatasetSpec
from workbench.data.dataset import load
from workbench.data.findings import Finding, Seen
from workbench.data.findings_split import FINDERS
from workbench.data.parsing import parse, read_columns, text_keys
from workbench.data.profile import count_classes
from workbench.data.splits import column_of
from workbench.data.watching import UNWATCHED

ROLES = {"text": "text", "label": "label"}
TEXTS = sentences(120)


def found(path: Path, split: str, **options: str) -> Mapping[str, Finding]:
    """{code: finding} of the finders, as a profile calls them."""
    spec = DatasetSpec(path=str(path), columns=ROLES, split=Choice(name=split, options=options))
    table = read_columns(spec.path, spec.reading, spec.columns, CLASSIFICATION, also=column_of(spec))
    parsed = parse(table, spec.columns, CLASSIFICATION)
    seen = Seen(
        spec=spec,
        fields=CLASSIFICATION,
        table=table,
        parsed=parsed,
        keys=text_keys([parsed.values["text"]]),
        target="label",
        classes=count_classes(parsed.values["label"]),
        lengths=parsed.numbers,
        wide=False,
        others={},
        watch=UNWATCHED,
    )
    findings = [finding for find in FINDERS for finding in find(seen)]
    assert all(finding.message and finding.why for finding in findings)
    return {finding.code: finding for finding in findings}


def table_of(cells: list[str], labels: list[str] | None = None, column: str = "extra") -> str:
    labels = labels or ["ab"[place % 2] for place in range(len(cells))]
    rows = zip(TEXTS, labels, cells, strict=False)
    return f"text,label,{column}\n" + "".join(f"{text},{label},{cell}\n" for text, label, cell in rows)


def test_that_a_plain_table_has_nothing_odd(write: Writer) -> None:
    assert found(write(table_of([f"c{n // 3}" for n in range(120)])), "even") == {}
    assert found(write(table_of([f"c{n // 3}" for n in range(120)])), "group", column="extra") == {}
    days = [f"2024-{1 + n // 28:02}-{1 + n % 28:02}" for n in range(120)]
    assert found(write(table_of(days)), "time", column="extra") == {}


def test_that_few_groups_and_a_large_one_are_found(write: Writer) -> None:
    cells = ["big"] * 60 + [f"c{n % 5}" for n in range(60)]
    findings = found(write(table_of(cells)), "group", column="extra")
    assert findings["few-groups"].count == 6
    assert findings["large-group"].count == 60
    assert "50 %" in findings["large-group"].message
    assert findings["few-groups"].fixes[0].split == Choice(name="even")


def test_that_rows_without_a_group_are_counted(write: Writer) -> None:
    cells = [f"c{n // 4}" if n % 10 else "" for n in range(120)]
    finding = found(write(table_of(cells)), "group", column="extra")["missing-group"]
    assert (finding.count, finding.rows[:2]) == (12, (1, 11))


def test_that_parts_far_from_the_share_are_told(write: Writer) -> None:
    cells = [f"c{n % 3}" for n in range(120)]
    assert "33.3 %" in found(write(table_of(cells)), "group", column="extra")["uneven-parts"].message


@pytest.mark.parametrize(
    ("split", "cells"), [("group", ["same"] * 120), ("time", ["2024-05-01"] * 120), ("time", ["never"] * 120)]
)
def test_that_a_column_that_parts_nothing_is_an_error_with_a_way_out(
    write: Writer, split: str, cells: list[str]
) -> None:
    path = write(table_of(cells))
    finding = found(path, split, column="extra")["cannot-split"]
    assert finding.severity == "error"
    fixed = finding.fixes[0].split
    assert fixed is not None
    dataset = load(DatasetSpec(path=str(path), columns=ROLES, split=fixed), CLASSIFICATION, seed=1)
    assert len(dataset.validation) == 18


def test_that_a_class_that_is_never_checked_is_named(write: Writer) -> None:
    labels = ["old"] * 20 + ["ab"[place % 2] for place in range(100)]
    days = [f"2024-{1 + n // 28:02}-{1 + n % 28:02}" for n in range(120)]
    finding = found(write(table_of(days, labels)), "time", column="extra")["class-not-checked"]
    assert "“old”" in finding.message
    assert "newest" in finding.message


def test_that_new_classes_and_missing_dates_are_left_out_and_counted(write: Writer) -> None:
    days = [f"2024-{1 + n // 28:02}-{1 + n % 28:02}" for n in range(120)]
    days[3] = "soon"
    labels = ["ab"[place % 2] for place in range(119)] + ["new"]
    path = write(table_of(days, labels))
    findings = found(path, "time", column="extra")
    assert (findings["no-date"].count, findings["no-date"].rows) == (1, (4,))
    assert (findings["new-classes"].count, findings["new-classes"].rows) == (1, (120,))
    spec = DatasetSpec(path=str(path), columns=ROLES, split=Choice(name="time", options={"column": "extra"}))
    dataset = load(spec, CLASSIFICATION, seed=1)
    assert [(row.row, row.column) for row in dataset.skipped] == [(4, "extra"), (120, "extra")]
    assert dataset.rows == 120 == len(dataset.train) + len(dataset.validation) + 2


def test_that_dates_with_two_readings_are_told_and_either_can_be_chosen(write: Writer) -> None:
    days = [f"{1 + n * 5 % 12:02}/{1 + n * 7 % 12:02}/2024" for n in range(120)]
    path = write(table_of(days))
    finding = found(path, "time", column="extra")["unclear-dates"]
    assert "“01/01/2024”" not in finding.message
    orders = [fix.split.options["order"] for fix in finding.fixes if fix.split]
    assert orders == ["day-month", "month-day"]
    for order in orders:
        assert "unclear-dates" not in found(path, "time", column="extra", order=str(order))


def test_that_equal_texts_on_both_sides_are_told(write: Writer) -> None:
    rows = "".join(f"{TEXTS[n % 30]},{'ab'[n % 2]},c{n // 5}\n" for n in range(120))
    finding = found(write(f"text,label,extra\n{rows}"), "group", column="extra")["texts-on-both-sides"]
    assert finding.severity == "info"
    assert finding.count > 5


@pytest.mark.parametrize("column", ["user_id", "customerId", "Author", "用户", "客户编号", "reviewer name"])
def test_that_a_column_that_says_whose_row_it_is_is_found(write: Writer, column: str) -> None:
    path = write(table_of([f"p{n // 4}" for n in range(120)], column=column))
    finding = found(path, "even")["maybe-groups"]
    split = finding.fixes[0].split
    assert split == Choice(name="group", options={"column": column})
    assert finding.fixes[0].title
    assert "maybe-groups" not in found(path, "group", column=column)
    again = msgspec.convert(msgspec.to_builtins(finding), Finding)
    assert again == finding


def test_that_columns_that_only_look_like_it_are_left_alone(write: Writer) -> None:
    assert "maybe-groups" not in found(write(table_of([f"p{n}" for n in range(120)], column="user_id")), "even")
    assert "maybe-groups" not in found(write(table_of(["one"] * 120, column="user_id")), "even")
    assert "maybe-groups" not in found(write(table_of([f"p{n // 4}" for n in range(120)], column="colour")), "even")
