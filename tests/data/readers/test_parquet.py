"""Parquet and Arrow: what a program kept in columns becomes text again, with the rows counted beforehand."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from tests.data.conftest import Writer
from workbench.core.errors import WorkbenchError
from workbench.core.plan import Reading
from workbench.data.preview import preview
from workbench.data.readers import parquet, read_head, read_table
from workbench.data.table import Table


@pytest.fixture
def reviews() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "text": [f"room number {n}" for n in range(40)],
            "label": ["good", "bad"] * 20,
            "stars": [5, 1] * 20,
        }
    )


def first(table: Table) -> dict[str, str]:
    return dict(zip(table.cells, table.head(1)[0], strict=True))


def whole(frame: pl.DataFrame, folder: Path) -> Table:
    path = folder / "no name tells.csv"
    frame.write_parquet(path)
    return read_table(path)


def test_that_a_table_is_read_as_it_was_kept(reviews: pl.DataFrame, tmp_path: Path) -> None:
    table = whole(reviews, tmp_path)
    assert table.columns == ("text", "label", "stars")
    assert table.head(2) == (("room number 0", "good", "5"), ("room number 1", "bad", "1"))
    assert table.total == len(table) + len(table.skipped) == 40
    assert list(table.numbers) == list(table.lines) == list(range(1, 41))
    assert (table.kind, table.partial, table.confidence) == ("parquet", False, 1.0)
    assert table.reading == Reading()


@pytest.mark.parametrize("kind", ["file", "stream"])
def test_that_arrow_files_are_read(reviews: pl.DataFrame, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "table"
    if kind == "file":
        reviews.write_ipc(path)
    else:
        reviews.write_ipc_stream(path)
    table = read_table(path)
    assert (table.kind, table.columns, len(table)) == ("arrow", ("text", "label", "stars"), 40)


def test_that_cells_become_the_text_that_a_person_would_write(tmp_path: Path) -> None:
    moment = dt.datetime(2024, 5, 1, 12, 30)
    values = {
        "whole": 7,
        "large": 2**62 + 1,
        "decimal": 2.5,
        "nearly zero": 1e-10,
        "yes": True,
        "text": " two  words\nand a line ",
        "number as text": "007",
        "empty": None,
        "day": dt.date(2024, 5, 1),
        "moment": moment,
        "moment within a second": moment.replace(microsecond=500_000),
        "midnight": dt.datetime(2024, 5, 1),
        "time of day": dt.time(12, 30),
        "exact": Decimal("1.50"),
        "list": ["a", "b"],
        "group": {"word": "颜色", "count": 2, "day": dt.date(2024, 5, 1)},
        "bytes of text": b"ab",
        "bytes": b"\xff\xfe\x00",
    }
    table = whole(pl.DataFrame({name: [value] for name, value in values.items()}), tmp_path)
    assert first(table) == {
        "whole": "7",
        "large": "4611686018427387905",
        "decimal": "2.5",
        "nearly zero": "1e-10",
        "yes": "true",
        "text": " two  words\nand a line ",
        "number as text": "007",
        "empty": "",
        "day": "2024-05-01",
        "moment": "2024-05-01 12:30:00",
        "moment within a second": "2024-05-01 12:30:00.500",
        "midnight": "2024-05-01",
        "time of day": "12:30:00",
        "exact": "1.50",
        "list": '["a", "b"]',
        "group": '{"word": "颜色", "count": 2, "day": "2024-05-01"}',
        "bytes of text": "ab",
        "bytes": "3 bytes",
    }
    assert [note for note in table.notes if "bytes" in note]


def test_that_whole_numbers_have_no_point_where_the_column_has_no_other(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "whole": [5.0, None, 1.0, -0.0],
            "mixed": [5.0, None, 1.5, 0.0],
            "missing": [5.0, float("nan"), 1.0, float("inf")],
            "short": pl.Series([0.1, None, 2.0, 3.0], dtype=pl.Float32),
        }
    )
    assert whole(frame, tmp_path).cells == {
        "whole": ["5", "", "1", "0"],
        "mixed": ["5.0", "", "1.5", "0.0"],
        "missing": ["5", "", "1", "inf"],
        "short": ["0.1", "", "2.0", "3.0"],
    }


def test_that_categories_and_missing_lists_are_read(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "category": pl.Series(["a", None, "b"], dtype=pl.Categorical),
            "one of": pl.Series(["x", "y", None], dtype=pl.Enum(["x", "y"])),
            "list": pl.Series([[1, None], None, []], dtype=pl.List(pl.Int64)),
            "nothing": [None, None, None],
        }
    )
    assert whole(frame, tmp_path).cells == {
        "category": ["a", "", "b"],
        "one of": ["x", "y", ""],
        "list": ["[1, null]", "", "[]"],
        "nothing": ["", "", ""],
    }


def test_that_names_are_mended_as_those_of_a_text(tmp_path: Path) -> None:
    frame = pl.DataFrame({" text ": ["a"], "": ["b"], "text": ["c"]})
    table = whole(frame, tmp_path)
    assert table.columns == ("text", "column 2", "text (2)")
    assert read_table(tmp_path / "no name tells.csv", only=["text (2)"]).cells == {"text (2)": ["c"]}


def test_that_the_head_tells_all_rows_exactly(tmp_path: Path) -> None:
    path = tmp_path / "long.parquet"
    pl.DataFrame({"text": [f"text {n}" for n in range(9000)]}).write_parquet(path, row_group_size=1000)
    seen = preview(path)
    assert (seen.total_rows, seen.estimated_rows, seen.kind, seen.settings) == (9000, 9000, "parquet", ())
    assert seen.sample.partial
    assert len(seen.sample) == parquet.HEAD_ROWS
    assert read_head(path).cells["text"] == read_table(path).cells["text"][: parquet.HEAD_ROWS]


def test_that_the_head_of_a_wide_table_is_short(tmp_path: Path) -> None:
    path = tmp_path / "wide.parquet"
    pl.DataFrame({f"column {n}": [n] * 200 for n in range(10_000)}).write_parquet(path)
    seen = preview(path)
    assert (seen.total_rows, len(seen.columns), len(seen.sample)) == (200, 10_000, 100)


def test_that_polars_is_not_imported_before_a_table_needs_it() -> None:
    program = "import sys, workbench.data.readers as found; found.readers(); assert 'polars' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_that_only_some_columns_and_rows_can_be_read(reviews: pl.DataFrame, tmp_path: Path) -> None:
    reviews.write_parquet(tmp_path / "table")
    table = read_table(tmp_path / "table", only=["label", "absent"], limit=3)
    assert table.columns == ("text", "label", "stars")
    assert table.cells == {"label": ["good", "bad", "good"]}
    assert (table.partial, table.total) == (True, 40)
    assert len(read_table(tmp_path / "table", only=["absent"])) == 40


def test_that_a_table_without_rows_is_a_table(tmp_path: Path) -> None:
    table = whole(pl.DataFrame(schema={"text": pl.String, "label": pl.String}), tmp_path)
    assert (table.columns, len(table), table.total) == (("text", "label"), 0, 0)


def test_that_a_cell_beyond_the_limit_is_skipped_and_counted(tmp_path: Path) -> None:
    table = whole(pl.DataFrame({"text": ["short", "x" * 1_000_001, "字" * 1_000_000]}), tmp_path)
    assert table.total == 3 == len(table) + len(table.skipped)
    assert [(row.row, row.column) for row in table.skipped] == [(2, "text")]
    assert len(table.cells["text"][1]) == 1_000_000


def test_that_few_bytes_with_endless_rows_are_refused(tmp_path: Path, english: None) -> None:
    path = tmp_path / "table.parquet"
    count = parquet.MOST_ROWS + 1
    pl.select(label=pl.repeat(1, count, dtype=pl.Int8)).write_parquet(path, statistics=False)
    assert path.stat().st_size < 2**20
    with pytest.raises(WorkbenchError) as error:
        preview(path)
    assert "larger than what can be read" in str(error.value)


def test_that_progress_is_told_and_can_stop(reviews: pl.DataFrame, tmp_path: Path) -> None:
    reviews.write_parquet(tmp_path / "table")
    told: list[float] = []
    read_table(tmp_path / "table", progress=told.append)
    assert told
    assert all(0 <= share <= 1 for share in told)

    def stop(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_table(tmp_path / "table", progress=stop)


@pytest.mark.parametrize("name", ["a*b [1]?.parquet", "空 格.parquet"])
def test_that_the_name_of_a_file_is_no_pattern(reviews: pl.DataFrame, tmp_path: Path, name: str) -> None:
    reviews.write_parquet(tmp_path / "table")
    (tmp_path / "table").rename(tmp_path / name)
    assert len(read_table(tmp_path / name)) == 40


@pytest.mark.parametrize("magic", [b"PAR1", b"PARE", b"ARROW1\0\0", b"FEA1\0", b"\xff\xff\xff\xff\x20\0\0\0"])
def test_that_a_file_that_only_begins_like_one_is_refused(write: Writer, english: None, magic: bytes) -> None:
    with pytest.raises(WorkbenchError) as error:
        read_table(write(magic + b"\x15" + bytes(200)))
    (problem,) = error.value.problems
    assert "Parquet" in problem.what or "Arrow" in problem.what or "Feather" in problem.what
    assert ("encrypted" in problem.what) == (magic == b"PARE")
    assert problem.remedy


def test_that_a_text_that_begins_like_one_is_read(write: Writer) -> None:
    assert read_table(write("PAR1,label\na,b\n")).columns == ("PAR1", "label")


def test_that_a_damaged_file_never_breaks_the_reader(reviews: pl.DataFrame, write: Writer, tmp_path: Path) -> None:
    reviews.write_parquet(tmp_path / "table")
    content = (tmp_path / "table").read_bytes()
    with pytest.raises(WorkbenchError):
        read_table(write(content[:-20]))
    for place in range(4, len(content), len(content) // 5):
        changed = bytearray(content)
        changed[place] ^= 0xFF
        try:
            table = read_table(write(bytes(changed)))
        except WorkbenchError:
            continue
        assert table.total == len(table) + len(table.skipped)
