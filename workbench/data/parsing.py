"""Parsing: the cells of a table become typed values, or a row is listed with what is wrong with it."""

from __future__ import annotations

import unicodedata
from array import array
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.fields import Field, FieldError, Number, Value
from workbench.core.language import tr
from workbench.core.plan import DatasetSpec, Reading
from workbench.data.files import problem
from workbench.data.numbers import Evidence, Marks, evidence_of, has_two_ways, marks_of
from workbench.data.readers import read_table
from workbench.data.table import Progress, SkippedRow, Table
from workbench.data.watching import UNWATCHED, Watch

_ABSENT, _NOT_CHOSEN = "D10", "D19"

MISSING = frozenset({"nan", "null", "#n/a", "n/a", "<na>", "nat", "#null!", "#value!", "#ref!"})
"""Labels (in lower case) that programs write where there is none. They never become a class."""


_SHOWN = 20


class Unclear(Struct, frozen=True, kw_only=True):
    """Numbers that may be meant otherwise: `count` cells such as `cell`, in a column read with these `marks`.

    `rows` are the first 20 rows concerned.
    """

    column: str
    cell: str
    marks: Marks
    rows: tuple[int, ...]
    count: int


class Parsed(Struct, frozen=True):
    """Typed columns: `values` by field, the `numbers` and `lines` of the rows in the file, and the rows left out.

    `evidence` (by field) is what the cells of a column of numbers tell about its commas and points; `unclear` lists
    the columns where that is not enough.
    """

    values: dict[str, list[Value]]
    numbers: array[int]
    lines: array[int]
    skipped: tuple[SkippedRow, ...]
    total: int
    evidence: dict[str, Evidence] = {}
    unclear: tuple[Unclear, ...] = ()

    def __len__(self) -> int:
        return len(self.numbers)


def target_of(fields: Mapping[str, Field]) -> str:
    """The name of the field that is to be learned; "" if there is none."""
    return next((name for name, field in fields.items() if field.target), "")


def inputs_of(fields: Mapping[str, Field], columns: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the fields that the model sees and that have a column."""
    return tuple(name for name, field in fields.items() if not field.target and columns.get(name))


def read_columns(
    path: Path | str,
    reading: Reading,
    columns: Mapping[str, str],
    fields: Mapping[str, Field],
    progress: Progress | None = None,
    *,
    also: str = "",
) -> Table:
    """The columns of the file at `path` that `fields` use, and the column `also` if the file has it.

    Raises WorkbenchError with all that is wrong with the columns that are used.
    """
    used = {name: column for name, column in columns.items() if column and name in fields}
    table = read_table(path, reading, only={*used.values(), also} - {""}, progress=progress)
    problems = column_problems(path, table.columns, used, fields)
    if problems:
        raise WorkbenchError(*problems)
    return table


def read_other(
    path: str,
    spec: DatasetSpec,
    fields: Mapping[str, Field],
    progress: Progress | None = None,
) -> Table:
    """The table of a validation or test file: found out on its own, and read like the main file where that fails."""
    own = Reading(header=spec.reading.header)
    try:
        return read_columns(path, own, spec.columns, fields, progress)
    except WorkbenchError as error:
        if any(found.code not in (_ABSENT, _NOT_CHOSEN) for found in error.problems) or spec.reading == own:
            raise
        try:
            return read_columns(path, spec.reading, spec.columns, fields, progress)
        except WorkbenchError:
            raise error from None


def column_problems(
    path: Path | str, columns: Sequence[str], used: Mapping[str, str], fields: Mapping[str, Field]
) -> list[Problem]:
    """What is wrong with the choice of columns: without one, not in the file, or chosen twice."""
    listed = ", ".join(columns[:30]) + (", …" if len(columns) > 30 else "")
    problems = []
    roles: dict[str, str] = {}
    for name, field in fields.items():
        column = used.get(name, "")
        remedy = tr("The file has: {columns}.", columns=listed)
        if not column and not field.optional:
            what = tr("No column is chosen for “{role}”.", role=tr(field.title))
            problems.append(problem(_NOT_CHOSEN, path, what, remedy, name))
        elif column and column not in columns:
            what = tr("There is no column “{column}”.", column=column[:60])
            problems.append(problem(_ABSENT, path, what, remedy, name))
        elif column in roles:
            what = tr(
                "The column “{column}” is chosen for “{first}” and for “{second}”.",
                column=column[:60],
                first=roles[column],
                second=tr(field.title),
            )
            problems.append(problem("D11", path, what, tr("Choose two different columns."), name))
        elif column:
            roles[column] = tr(field.title)
    return problems


def parse(
    table: Table,
    columns: Mapping[str, str],
    fields: Mapping[str, Field],
    path: str = "",
    *,
    like: Parsed | None = None,
    watch: Watch = UNWATCHED,
) -> Parsed:
    """The typed rows of `table`; a row with a cell that its field cannot take is left out and listed.

    `path` is noted with every row left out; it stays empty for the file of the training rows. Where the cells of a
    validation or test file can be read in two ways, those of the training file, `like`, have their say.
    """
    used = {name: columns[name] for name in fields if columns.get(name)}
    bad: dict[int, SkippedRow] = {}
    values: dict[str, list[Value]] = {}
    evidence: dict[str, Evidence] = {}
    unclear: list[Unclear] = []
    for name, column in used.items():
        field = fields[name]
        if isinstance(field, Number):
            evidence[name] = evidence_of(watch.over(table.cells[column]))
            marks = _marks(evidence[name], like.evidence.get(name) if like else None, table.reading.delimiter)
            field = _Column(title=field.title, marks=marks)
            unclear += [] if marks.sure else [_unclear(table, column, marks, watch)]
        values[name] = _parse_column(table, field, column, bad, path, watch)
    numbers, lines = table.numbers, table.lines
    if bad:
        kept = [place for place in watch.over(range(len(table))) if place not in bad]
        values = {name: [column[place] for place in watch.over(kept)] for name, column in values.items()}
        numbers = array("L", (numbers[place] for place in kept))
        lines = array("L", (lines[place] for place in kept))
    skipped = [
        SkippedRow(row=one.row, line=one.line, column=one.column, reason=one.reason, path=path)
        for one in watch.over(table.skipped)
    ]
    skipped += bad.values()
    listed = tuple(watch.ordered(skipped, key=lambda row: row.row))
    return Parsed(values, numbers, lines, listed, table.total, evidence, tuple(unclear))


class _Column(Number, frozen=True, kw_only=True):
    """A number of a column whose `marks` are known."""

    marks: Marks

    def parse(self, raw: str) -> float:
        return super().parse(self.marks.plain(raw))


def _marks(own: Evidence, like: Evidence | None, delimiter: str | None) -> Marks:
    marks = marks_of(own, delimiter)
    return marks if marks.sure or like is None else marks_of(own.with_other(like), delimiter)


def _unclear(table: Table, column: str, marks: Marks, watch: Watch) -> Unclear:
    cells = table.cells[column]
    places = [place for place, cell in enumerate(watch.over(cells)) if has_two_ways(cell)]
    rows = tuple(table.numbers[place] for place in places[:_SHOWN])
    return Unclear(column=column, cell=cells[places[0]].strip(), marks=marks, rows=rows, count=len(places))


def _parse_column(
    table: Table, field: Field, column: str, bad: dict[int, SkippedRow], path: str, watch: Watch
) -> list[Value]:
    parse_cell = field.parse
    guard = field.kind == "label"
    known: dict[str, Value] = {}
    result: list[Value] = []
    for place, cell in enumerate(watch.over(table.cells[column])):
        value = known.get(cell)
        if value is None:
            try:
                if guard and cell.strip().casefold() in MISSING:
                    raise FieldError(tr("“{value}” stands for a missing label", value=cell.strip()))
                value = parse_cell(cell)
            except FieldError as error:
                value = ""
                bad.setdefault(
                    place,
                    SkippedRow(
                        row=table.numbers[place],
                        line=table.lines[place],
                        column=column,
                        reason=str(error),
                        path=path,
                    ),
                )
            else:
                if field.kind != "text" and len(known) < 10_000:
                    known[cell] = value
        result.append(value)
    return result


def text_keys(columns: Sequence[Sequence[Value]], watch: Watch = UNWATCHED) -> array[int]:
    """One number per row, equal where all texts differ only in case, spaces or the way characters are composed.

    The numbers hold within this process alone; two different texts share one with a chance of 1 to 2**63.
    """
    if len(columns) == 1:
        return array("q", (hash(_folded(str(text))) for text in watch.over(columns[0])))
    rows = watch.over(zip(*columns, strict=True))
    return array("q", (hash(tuple(_folded(str(text)) for text in texts)) for texts in rows))


def _folded(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return " ".join(text.casefold().split())
