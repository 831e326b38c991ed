"""JSON in every shape a table has in it: the same cells as in a CSV, every row accounted for, and no surprise."""

from __future__ import annotations

import json
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.data.conftest import Writer
from tests.data.samples import CLASSIFICATION
from workbench.core.errors import Problem, WorkbenchError
from workbench.core.plan import DatasetSpec, Reading
from workbench.data.dataset import load
from workbench.data.preview import preview
from workbench.data.readers import read_table
from workbench.data.roles import guess_roles

ROWS: list[dict[str, Any]] = [
    {"text": "Lovely, and quiet.", "label": "good"},
    {"text": "很差，\n再也不来了", "label": "bad"},
    {"text": 'He said "no"', "label": "bad"},
]
CELLS = {"text": [row["text"] for row in ROWS], "label": [row["label"] for row in ROWS]}


def lines(rows: list[Any]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def dumped(value: Any, **how: Any) -> str:
    return json.dumps(value, ensure_ascii=False, **how)


SHAPES = {
    "lines": lines(ROWS),
    "lines with a mark of Windows": lines(ROWS).replace("\n", "\r\n"),
    "lines without an end": lines(ROWS).rstrip("\n"),
    "lines in ASCII": "".join(json.dumps(row) + "\n" for row in ROWS),
    "array": dumped(ROWS),
    "array written for people": dumped(ROWS, indent=2),
    "array with one row a line": "[\n" + ",\n".join(dumped(row) for row in ROWS) + "\n]\n",
    "objects one after the other": "\n".join(dumped(row, indent=2) for row in ROWS),
    "array of lists": dumped([["text", "label"], *(list(row.values()) for row in ROWS)]),
    "lines of lists": lines([["text", "label"], *(list(row.values()) for row in ROWS)]),
    "columns": dumped(CELLS),
    "records inside": dumped({"version": 1, "data": ROWS}, indent=1),
    "records further inside": dumped({"ok": True, "result": {"page": 1, "rows": ROWS}}),
    "columns of pandas": dumped(
        {name: {str(at): cell for at, cell in enumerate(cells)} for name, cells in CELLS.items()}
    ),
    "index of pandas": dumped({str(place): row for place, row in enumerate(ROWS)}),
    "split of pandas": dumped(
        {"columns": list(CELLS), "index": [0, 1, 2], "data": [list(row.values()) for row in ROWS]}
    ),
    "table of pandas": dumped({"schema": {"fields": [{"name": "text"}], "primaryKey": ["index"]}, "data": ROWS}),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("shape", SHAPES)
def test_that_every_shape_gives_the_same_cells(write: Writer, shape: str, encoding: str) -> None:
    path = write(SHAPES[shape], name="table.csv", encoding=encoding)  # the name says .csv: only the content counts
    table = read_table(path)
    assert table.cells == CELLS
    assert list(table.numbers) == [1, 2, 3]
    assert (table.total, table.skipped) == (3, ())
    assert table.kind == ("json-lists" if table.reading.header is not None else "json")
    assert preview(path).total_rows == 3
    assert read_table(path, preview(path).reading).cells == CELLS


def test_that_chinese_in_an_older_encoding_is_guessed(write: Writer) -> None:
    rows = [
        {"text": text, "label": "差"} for text in ("送餐速度很快，味道也不错，下次还会再点", "菜量太少了，米饭有点硬")
    ]
    for written in (lines(rows), dumped(rows, indent=1), dumped({"data": rows})):
        assert read_table(write(written, encoding="gb18030")).cells["text"] == [row["text"] for row in rows]


def test_that_values_become_what_a_person_would_write(write: Writer) -> None:
    row = '{"i": 7, "f": 1.0, "g": -2.5, "e": 0.1, "t": true, "n": false, "z": null, '
    row += '"l": [1, 2.5, "二"], "o": {}, "s": " a "}'
    big = '{"i": 12345678901234567890123, "f": 1e999, "g": NaN, "e": -Infinity, "s": "\\ud83d\\ude00"}'
    expected = ["7", "1.0", "-2.5", "0.1", "true", "false", "", '[1, 2.5, "二"]', " a "]
    for written in (f"{row}\n{big}\n", f"[{row},{big}]"):
        table = read_table(write(written))
        assert [cells[0] for cells in table.cells.values()] == expected
        found = {name: cells[1] for name, cells in table.cells.items()}
        assert (found["i"], found["f"], found["g"]) == ("12345678901234567890123", "1e999", "NaN")
        assert (found["e"], found["s"], found["t"]) == ("-Infinity", "😀", "")


def test_that_objects_inside_a_row_become_columns_with_a_point(write: Writer) -> None:
    rows = [{"a": {"b": 1, "c": {"d": "x"}}, "a.b": 2}, {"a": {"b": 3}, "new": "y"}, {"a": None}]
    table = read_table(write(lines(rows)))
    assert table.cells == {
        "a.b": ["1", "3", ""],
        "a.c.d": ["x", "", ""],
        "a.b (2)": ["2", "", ""],
        "new": ["", "y", ""],
        "a": ["", "", ""],
    }


def test_that_names_are_mended_as_those_of_a_header(write: Writer) -> None:
    table = read_table(write('{" text ": "a", "text": "b", "": "c"}\n{"text\\r": "d", "": "e"}\n'))
    assert table.columns == ("text", "text (2)", "column 1", "text (3)")
    assert table.cells["column 1"] == ["c", "e"]
    assert table.notes


def test_that_lines_that_are_no_row_are_listed_with_line_and_reason(write: Writer, english: None) -> None:
    content = (
        b'{"text": "a"}\n\n{"text": "b"\n[1]\n{"text": "c"}\n"d"\n{"text": "\xff"}\n  \nx\n{"text": "e"}\n'
        + b'{"text": "\\ud83d!"}\n'
        + b"[" * 100_000
    )
    table = read_table(write(content), Reading(encoding="utf-8"))
    assert table.cells["text"] == ["a", "c", "e", "\ufffd!"]
    assert list(table.lines) == [1, 5, 10, 11]
    assert [(row.row, row.line) for row in table.skipped] == [(2, 3), (3, 4), (5, 6), (6, 7), (7, 9), (10, 12)]
    assert len(table) + len(table.skipped) == table.total == 10
    reasons = " ".join(row.reason for row in table.skipped)
    assert all(word in reasons for word in ("valid JSON", "no JSON object", "encoding", "deeply"))


def test_that_bytes_that_do_not_fit_cost_their_row_or_are_told(write: Writer, english: None) -> None:
    utf_8 = Reading(encoding="utf-8")
    for inside in (
        b'[{"text": "a"}, {"text": "\xff"}, {"text": "c"}]',
        b'{"d": [{"text": "a"}, {"text": "\xff"}, {"text": "c"}]}',
    ):
        table = read_table(write(inside), utf_8)
        assert table.cells["text"] == ["a", "c"]
        assert [(row.row, "encoding" in row.reason) for row in table.skipped] == [(2, True)]
    for inside in (
        b'{"text": ["a", "\xff", "c"]}',
        b'{"\xff": ["a", "\xff", "c"]}',
        b'{"text": {"0": "a", "1": "\xff", "2": "c"}}',
    ):
        table = read_table(write(inside), utf_8)
        assert list(table.cells.values()) == [["a", "\ufffd", "c"]]
        assert any("replaced" in note for note in table.notes)


def test_that_rows_of_an_array_that_do_not_fit_are_listed(write: Writer, english: None) -> None:
    table = read_table(write('[["text", "label"],\n["a", "x"],\n["b"],\n{"text": "c"},\n["d", "y", 1],\n["e", "z"]]'))
    assert table.cells == {"text": ["a", "e"], "label": ["x", "z"]}
    assert [(row.row, row.line) for row in table.skipped] == [(2, 3), (3, 4), (4, 5)]
    assert table.total == 5


def test_that_the_header_of_lists_can_be_said(write: Writer) -> None:
    path = write('[["a", "b"], ["c", "d"]]')
    assert read_table(path, Reading(header=True)).cells == {"a": ["c"], "b": ["d"]}
    assert read_table(path, Reading(header=False)).cells == {"column 1": ["a", "c"], "column 2": ["b", "d"]}


def test_that_a_cell_beyond_the_limit_costs_its_row_alone(write: Writer) -> None:
    rows = [{"text": "a"}, {"text": "b" * 1_000_001}, {"text": "c"}]
    for written in (lines(rows), dumped(rows), dumped({"rows": rows}), dumped({"text": [row["text"] for row in rows]})):
        table = read_table(write(written))
        assert table.cells["text"] == ["a", "c"]
        assert [row.row for row in table.skipped] == [2]


REFUSED = {
    "cut array": ('[{"text": "a"}, {"text": "b', "D60", "line 1"),
    "wrong in the middle": (
        '[{"text": "a"},\n{"text": oops, "b": 1},\n{"text": "c c c c c c c c c c"}]',
        "D60",
        "line 2",
    ),
    "no names": ("{\n text: 'a',\n label: 'b'\n}\n", "D60", "JSON"),
    "cut object": ('{"data": [{"text": "a"}, ', "D60", "JSON"),
    "deep array": ("[" * 100_000, "D60", "deep"),
    "deep object": ('{"a":' * 100_000, "D60", "deep"),
    "no rows": ("[]\n", "D61", "no rows"),
    "no columns": ("{}", "D61", "no rows"),
    "plain values": ('["a", "b", "c"]', "D61", "single values"),
    "names anew": (lines([{f"name {row * 30 + at}": 1 for at in range(30)} for row in range(400)]), "D62", "name 0"),
    "nearly all cells empty": (
        lines([{f"name {at}": 1 for at in range(9_000)}, *({"name 0": 1} for _ in range(4_000))]),
        "D62",
        "name 0",
    ),
    "several": (dumped({"train": ROWS, "test": ROWS}), "D63", "train, test"),
    "several inside": (dumped({"train": CELLS, "test": CELLS}), "D63", "train, test"),
    "nested": (
        dumped({"data": [{"title": "t", "paragraphs": [{"context": "c", "qas": [{"question": "q"}]}]}]}),
        "D64",
        "data[].paragraphs[].qas[]",
    ),
    "lengths": ('{"text": ["a", "b"], "label": ["x"]}', "D65", "text (2), label (1)"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_that_json_without_one_table_is_explained(write: Writer, english: None, kind: str) -> None:
    content, code, words = REFUSED[kind]
    path = write(content, name="table.json")
    for look in (preview, read_table) if code != "D62" else (read_table,):
        with pytest.raises(WorkbenchError) as refused:
            look(path)  # type: ignore[operator]
        (problem,) = refused.value.problems
        assert problem.code == code
        assert words in problem.what
        assert problem.remedy


def test_that_tables_of_text_that_begin_like_json_stay_tables(write: Writer) -> None:
    for content in (
        "[laughs] hello,a\n[cries] bye,b\n",
        "[1] first,a\n[2] second,b\n",
        '{"a": 1},c\n{"a": 2},d\n',
        'text,label\n{"a": 1},c\n{"b": 1},d\n',
        "[[link]] here,a\n[[link]] there,b\n",
    ):
        table = read_table(write(content))
        assert table.kind == "text", content
        assert len(table.columns) == 2


def test_that_columns_that_are_not_asked_for_are_not_kept(write: Writer) -> None:
    for shape, written in SHAPES.items():
        table = read_table(write(written), only={"label"})
        assert table.cells == {"label": CELLS["label"]}, shape
        assert table.columns == ("text", "label")


def test_that_reading_ends_at_the_limit(write: Writer) -> None:
    for shape, written in SHAPES.items():
        table = read_table(write(written), limit=2)
        assert table.cells == {name: cells[:2] for name, cells in CELLS.items()}, shape
        assert table.partial


class StoppedError(ValueError):
    """Raised by a progress that has had enough."""


def test_that_reading_stops_where_its_progress_says_so(write: Writer) -> None:
    told: list[float] = []

    def tell(share: float) -> None:
        told.append(share)
        if len(told) > 3:
            raise StoppedError

    rows = [{"text": f"row {place}", "label": "ab"[place % 2]} for place in range(30_000)]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    for written in (lines(rows), dumped(rows), dumped({"rows": rows}), dumped(columns)):
        told.clear()
        with pytest.raises(StoppedError):
            read_table(write(written), progress=tell)


def test_that_a_large_file_takes_little_more_memory_than_its_cells(write: Writer) -> None:
    rows = [{"text": f"row {place} " + "x" * 200, "label": "ab"[place % 2]} for place in range(20_000)]
    for written in (lines(rows), dumped(rows)):
        path = write(written)
        tracemalloc.start()
        table = read_table(path)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(table) == len(rows)
        assert peak < 2 * path.stat().st_size


def test_that_a_large_file_is_previewed_from_its_beginning(write: Writer) -> None:
    rows = [{"id": place, "text": f"row {place} " + "x" * 60, "label": "ab"[place % 2]} for place in range(40_000)]
    for written in (
        lines(rows),
        dumped(rows, indent=1),
        dumped({"meta": 1, "rows": rows}),
        dumped([[*r.values()] for r in rows]),
    ):
        path = write(written)
        seen = preview(path)
        assert seen.total_rows is None
        assert seen.rows[0][1:] == (rows[0]["text"], "a")
        assert 0.8 * len(rows) < seen.estimated_rows < 1.2 * len(rows)
        assert len(read_table(path)) == len(rows)


def test_that_a_run_learns_the_same_from_json_as_from_csv(write: Writer) -> None:
    rows = [
        {"text": f"the {place} day, was {'fine' if place % 2 else 'grim'}", "label": place % 2} for place in range(40)
    ]
    csv = "text,label\n" + "".join(f'"{row["text"]}",{row["label"]}\n' for row in rows)
    sets = []
    for name, content in (("a.csv", csv), ("b.jsonl", lines(rows)), ("c.json", dumped(rows))):
        path = write(content, name=name)
        columns = guess_roles(preview(path), CLASSIFICATION).columns
        assert columns == {"text": "text", "label": "label"}
        sets.append(load(DatasetSpec(path=str(path), columns=columns), CLASSIFICATION, seed=1))
    for other in sets[1:]:
        assert list(other.train) == list(sets[0].train)
        assert list(other.validation) == list(sets[0].validation)


def test_that_the_json_of_the_rfc_collection_is_read_as_it_is(shared_data: Path) -> None:
    folder = shared_data / "awkward_files" / "sineemore" / "json"
    read = 0
    for path in sorted(folder.glob("*.json")):
        expected = json.loads(path.read_text(encoding="utf-8"))
        if not expected:
            with pytest.raises(WorkbenchError):
                read_table(path)
            continue
        if isinstance(expected[0], dict):
            assert [list(row) for row in read_table(path).head(9)] == [list(row.values()) for row in expected]
        else:
            table = read_table(path, Reading(header=False))
            assert [list(row) for row in table.head(9)] == expected, path.name
        read += 1
    assert read > 15


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = (
    st.lists(st.dictionaries(st.sampled_from(["text", "label", "a", " b"]), VALUES, max_size=3), max_size=6).map(lines)
    | VALUES.map(dumped)
    | st.lists(VALUES, max_size=5).map(dumped)
    | st.lists(st.lists(VALUES, max_size=3), max_size=4).map(lines)
    | st.dictionaries(st.sampled_from(["data", "columns", "rows", "0"]), VALUES, max_size=3).map(
        lambda one: dumped(one, indent=1)
    )
)
EDITS = st.lists(
    st.tuples(st.integers(0, 400), st.sampled_from([b"", b"\n", b'"', b"{", b"]", b",", b"\xff", b"\\", b"\0"])),
    max_size=4,
)


def tried(path: Path, content: bytes) -> None:
    """Read `content`: a table whose rows are accounted for, or a problem in words."""
    path.write_bytes(content)
    started = time.monotonic()
    refused: tuple[Problem, ...] = ()
    try:
        seen = preview(path)
        table = read_table(path)
    except WorkbenchError as error:
        refused = error.problems
    else:
        assert len(table) + len(table.skipped) == table.total == seen.total_rows
        assert {len(cells) for cells in table.cells.values()} <= {len(table)}
        assert len(set(table.columns)) == len(table.columns) == len(table.cells)
        assert all(cell.encode() is not None for cells in table.cells.values() for cell in cells)
    assert all(problem.what for problem in refused)
    assert time.monotonic() - started < 5


def damaged(content: bytes, edits: list[tuple[int, bytes]]) -> bytes:
    for place, piece in edits:
        at = place % (len(content) + 1)
        content = content[:at] + piece + content[at + (not piece) :]
    return content


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DOCUMENTS, EDITS)
def test_that_any_json_is_read_or_explained(tmp_path: Path, document: str, edits: list[tuple[int, bytes]]) -> None:
    tried(tmp_path / "any.json", damaged(document.encode("utf-8", "surrogatepass"), edits))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(max_examples=50_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(DOCUMENTS, EDITS)
def test_that_very_much_json_is_read_or_explained(
    tmp_path: Path, document: str, edits: list[tuple[int, bytes]]
) -> None:
    tried(tmp_path / "any.json", damaged(document.encode("utf-8", "surrogatepass"), edits))
