"""Delimited text: what was written comes back, however it is laid out, and no row is lost without a word."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.data.conftest import Writer
from tests.data.samples import REVIEWS
from workbench.core.errors import WorkbenchError
from workbench.core.plan import Reading
from workbench.data.preview import preview
from workbench.data.readers import read_table

CELL = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\ufeff"), max_size=30)
ROUND_TRIP = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def rows_as(rows: list[list[str]], **how: object) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, **how).writerows(rows)  # type: ignore[arg-type]
    return text.getvalue()


def many(form: str, count: int = 40) -> str:
    """`count` lines of `form`, with {text}, {label} and {place} filled."""
    return "\n".join(
        form.format(text=REVIEWS[place % 8], label=("good", "bad")[place % 2], place=place) for place in range(count)
    )


@ROUND_TRIP
@given(rows=st.lists(st.tuples(CELL, CELL), min_size=1, max_size=8), delimiter=st.sampled_from(",;\t|"))
def test_that_any_cells_come_back_exactly(tmp_path: Path, rows: list[tuple[str, str]], delimiter: str) -> None:
    rows += [(REVIEWS[0], "good")] * 10
    cells = [["text", "label"], *map(list, rows)]
    path = tmp_path / "any.csv"
    path.write_text(
        rows_as(cells, delimiter=delimiter, quoting=csv.QUOTE_ALL), encoding="utf-8", newline="", errors="strict"
    )
    table = read_table(path, Reading(encoding="utf-8", delimiter=delimiter, quote='"', header=True))
    assert list(zip(*table.cells.values(), strict=True)) == rows
    assert table.total == len(rows)
    assert table.skipped == ()


@ROUND_TRIP
@given(
    rows=st.lists(
        st.tuples(st.sampled_from(REVIEWS), st.sampled_from(("good", "bad", "so-so"))), min_size=5, max_size=30
    ),
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(("\n", "\r\n", "\r")),
    encoding=st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030")),
)
def test_that_the_layout_is_found_without_being_told(
    tmp_path: Path, rows: list[tuple[str, str]], delimiter: str, end: str, encoding: str
) -> None:
    cells = [["text", "label"], *map(list, rows)]
    path = tmp_path / "found.csv"
    path.write_bytes(rows_as(cells, delimiter=delimiter, lineterminator=end).encode(encoding))
    table = read_table(path)
    assert table.columns == ("text", "label")
    assert list(zip(*table.cells.values(), strict=True)) == rows
    assert (table.reading.delimiter, table.reading.header) == (delimiter, True)


LAYOUTS = {
    "no header, texts last": ("{label},{text}", ("column 1", "column 2"), 40),
    "no header, semicolon": ("{text};{label}", ("column 1", "column 2"), 40),
    "commas only inside quotes": ('text,label\n"{text}, and more",{label}', ("text", "label"), 40),
    "spaces after the delimiter": ('label, text\n{label}, "{text}, and more"', ("label", "text"), 40),
    "backslashes before quotation marks": ('text,label\n"he said \\"{text}\\", twice",{label}', ("text", "label"), 40),
    "single quotation marks": ("text,label\n'{text}, and more','{label}'", ("text", "label"), 40),
    "apostrophes are no quotation marks": ("text\tlabel\nit's {text}\t{label}", ("text", "label"), 40),
    "tabs and stray quotation marks": ('text\tlabel\n"{text}\t{label}', ("text", "label"), 40),
    "decimal commas": ("text;score\n{text};{place},5", ("text", "score"), 40),
    "a title before the table": ("Our export\n\nid,text,label\n{place},{text},{label}", ("id", "text", "label"), 40),
    "a spreadsheet's title": (
        "Our export,,,\n,,,\nid,text,label,x\n{place},{text},{label},1",
        ("id", "text", "label", "x"),
        40,
    ),
    "an index without a name": ("text,label\n{place},{text},{label}", ("column 1", "text", "label"), 40),
    "a delimiter at each row's end": ("text,label\n{text},{label},", ("text", "label"), 40),
    "questions as names": (
        "What did you like best about your stay with us this time?,How was it?\n{text},{label}",
        ("What did you like best about your stay with us this time?", "How was it?"),
        40,
    ),
    "blank lines": ("text,label\n{text},{label}\n", ("text", "label"), 40),
    "circumflexes": ("text^label\n{text}^{label}", ("text", "label"), 40),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_that_a_layout_is_recognized(write: Writer, name: str) -> None:
    form, columns, rows = LAYOUTS[name]
    head, _, line = form.rstrip("\n").rpartition("\n")
    text = (head + "\n" if head else "") + many(line + ("\n" if form.endswith("\n") else ""))
    table = read_table(write(text))
    assert table.columns == columns
    assert (len(table), table.skipped) == (rows, ())


def test_that_one_column_of_texts_with_commas_stays_one(write: Writer) -> None:
    texts = [f"{REVIEWS[place % 8]}{', again' * (place % 4)}" for place in range(40)]
    for text in ("text\n" + "\n".join(texts), rows_as([["text"], *([cell] for cell in texts)])):
        table = read_table(write(text))
        assert (table.columns, table.cells["text"]) == (("text",), texts)


def test_that_a_sep_line_is_obeyed_and_is_no_row(write: Writer) -> None:
    table = read_table(write("sep=;\r\ntext;label\r\n" + many("{text}, really;{label}")))
    assert table.columns == ("text", "label")
    assert len(table) == 40
    assert len(table.notes) == 1


def test_that_rows_with_too_few_or_too_many_cells_are_listed_with_their_lines(write: Writer) -> None:
    table = read_table(write("text,label\nfine,good\none\nfine,bad\na,b,c,d\n" + many("{text},{label}")))
    assert [(row.row, row.line) for row in table.skipped] == [(2, 3), (4, 5)]
    assert len(table) + len(table.skipped) == table.total == 44
    assert list(table.numbers[:3]) == [1, 3, 5]


def test_that_an_unclosed_quotation_costs_one_row(write: Writer) -> None:
    lines = many('"{text}, yes",{label}').splitlines()
    lines[20] = '"never closed,good'
    table = read_table(write("text,label\n" + "\n".join(lines)))
    assert [(row.row, row.line) for row in table.skipped] == [(21, 22)]
    assert len(table) == 39


def test_that_texts_over_several_lines_stay_whole_even_if_each_line_looks_like_a_row(write: Writer) -> None:
    table = read_table(write("text,label\n" + many('"first, {place}\nsecond, line\nthird",{label}')))
    assert table.cells["text"][1] == "first, 1\nsecond, line\nthird"
    assert (len(table), table.total) == (40, 40)
    assert list(table.lines[:3]) == [2, 5, 8]


def test_that_rows_longer_than_a_block_of_the_reader_stay_whole(write: Writer) -> None:
    long = "a line of a long text\n" * 20_000
    table = read_table(write(f'text,label\nshort,good\n"{long}",bad\nshort,good\n' + many("{text},{label}", 20_000)))
    assert len(table.cells["text"][1]) == len(long)
    assert table.total == len(table) == 20_003


def test_that_a_cell_beyond_the_limit_is_skipped_and_its_neighbours_are_not(write: Writer) -> None:
    huge = "x" * 1_200_000
    table = read_table(write(f"text,label\nshort,good\n{huge},bad\nshort,good\n"))
    assert [row.row for row in table.skipped] == [2]
    assert "1,000,000" in table.skipped[0].reason
    assert len(table) == 2


def test_that_bytes_which_do_not_fit_are_listed_and_never_replaced(write: Writer) -> None:
    table = read_table(write(("text,label\n" + many("caf\u00e9 {text},{label}")).encode() + b"\nbro\xffken,good\n"))
    assert [(row.row, row.column) for row in table.skipped] == [(41, "text")]
    assert len(table) == 40
    assert "\ufffd" not in "".join(table.cells["text"])


def test_that_names_are_trimmed_and_never_blank_or_twice(write: Writer) -> None:
    table = read_table(write("\ufeff text ,label\u00a0,,text,text (2)\r\n" + many("{text},{label},1,2,3")))
    assert table.columns == ("text", "label", "column 3", "text (3)", "text (2)")
    assert len(table.notes) == 3


def test_that_a_chosen_reading_wins_and_reads_the_same_again(write: Writer) -> None:
    path = write("a;b,c\n1;2,3\n4;5,6\n")
    assert read_table(path, Reading(delimiter=";")).columns == ("a", "b,c")
    assert read_table(path, Reading(delimiter=",", header=False)).columns == ("column 1", "column 2")
    first = read_table(path)
    again = read_table(path, first.reading)
    assert (again.columns, again.cells, again.reading) == (first.columns, first.cells, first.reading)


@pytest.mark.parametrize(
    "reading",
    [
        Reading(encoding="no-such"),
        Reading(encoding="rot13"),
        Reading(encoding="unicode_escape"),
        Reading(delimiter="::"),
        Reading(delimiter="\n"),
        Reading(quote="''"),
        Reading(delimiter='"', quote='"'),
    ],
)
def test_that_an_impossible_reading_is_a_problem_to_mend(write: Writer, reading: Reading) -> None:
    with pytest.raises(WorkbenchError):
        read_table(write("text,label\na,b\n"), reading)


def test_that_a_preview_reads_the_beginning_only(write: Writer) -> None:
    path = write("text,label\n" + many('"{text}, {place}\nsecond line",{label}', 40_000))
    seen = preview(path, rows=7)
    assert seen.total_rows is None
    assert len(seen.rows) == 7
    assert seen.skipped == ()
    assert 30_000 < seen.estimated_rows < 50_000
    assert len(seen.sample) < 30_000


def test_that_a_preview_of_a_small_file_knows_all_rows(write: Writer) -> None:
    seen = preview(write("text,label\n" + many("{text},{label}")))
    assert (seen.total_rows, len(seen.rows), seen.rows[0]) == (40, 20, (REVIEWS[0], "good"))


def test_that_limit_and_only_keep_what_was_asked_for(write: Writer) -> None:
    table = read_table(write("id,text,label\n" + many("{place},{text},{label}")), limit=3, only={"label", "absent"})
    assert (len(table), table.partial, list(table.cells), table.columns) == (
        3,
        True,
        ["label"],
        ("id", "text", "label"),
    )


def test_that_progress_is_told_and_may_stop_the_reading(write: Writer) -> None:
    path = write("text,label\n" + many("{text},{label}", 30_000))
    told: list[float] = []
    read_table(path, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0

    def stop(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_table(path, progress=stop)
