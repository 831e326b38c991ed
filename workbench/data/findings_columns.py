"""Findings about the columns of the training file: their names, and those that give the answer away."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from workbench.core.errors import WorkbenchError
from workbench.core.language import tr, trn
from workbench.data.findings import SHOWN, Finding, Fix, Seen, Setting
from workbench.data.names import faults_in
from workbench.data.readers import read_head
from workbench.data.table import Table

_HEAD_ROWS = 5000
_FEW_ROWS = 20
_MOST_COLUMNS = 200
_SURE = 0.99


def header_faults(seen: Seen) -> Iterator[Finding]:
    why = tr("Columns are chosen by their names. The file stays as it is; only here they are called otherwise.")
    faults = faults_in(seen.table.notes, len(seen.table.columns))
    if seen.table.reading.header is False and len(seen.table.columns) > 1:
        message = tr("The file has no header: its columns are called “column 1”, “column 2” and so on.")
        yield Finding(code="no-header", severity="info", message=message, count=len(seen.table.columns), why=why)
    if "blank" in faults:
        count = faults["blank"]
        message = trn("{number} column had no name and got one.", "{number} columns had no name and got one.", count)
        yield Finding(code="blank-column-name", severity="info", message=message, count=count, why=why)
    if "repeated" in faults:
        count = faults["repeated"]
        message = trn(
            "{number} column had the name of another one and got a number behind it.",
            "{number} columns had the name of another one and got a number behind it.",
            count,
        )
        yield Finding(code="repeated-column-name", severity="info", message=message, count=count, why=why)
    if "trimmed" in faults:
        count = faults["trimmed"]
        message = trn(
            "{number} column's name stood between spaces, which were dropped.",
            "{number} columns' names stood between spaces, which were dropped.",
            count,
        )
        yield Finding(code="spaces-in-column-name", severity="info", message=message, count=count, why=why)


def telltale_columns(seen: Seen) -> Iterator[Finding]:
    """Columns that settle the label, among the first rows of the file."""
    if not seen.labels or len(seen.classes) < 2 or len(seen.table.columns) < 3 or not os.path.isfile(seen.spec.path):
        return
    try:
        head = read_head(seen.spec.path, seen.spec.reading)
    except WorkbenchError:
        return
    if seen.column not in head.cells:
        return
    roles = {column: name for name, column in seen.spec.columns.items() if column}
    for column in head.columns[:_MOST_COLUMNS]:
        role = roles.get(column, "")
        if column == seen.column or column not in head.cells or (role and not seen.fields[role].optional):
            continue
        rows = _settles(head, column, seen.column, seen.watch.over(range(min(len(head), _HEAD_ROWS))))
        if rows:
            yield _telltale(seen, column, role, rows)


def _telltale(seen: Seen, column: str, role: str, rows: Sequence[int]) -> Finding:
    used = bool(role)
    if used:
        message = tr("The column “{column}” gives the label away, and the model reads it.", column=column[:60])
        why = tr("The model learns to look the answer up instead of reading, and fails where the column is missing.")
    else:
        message = tr(
            "The column “{column}” gives the label away. The model does not read it; leave it so.", column=column[:60]
        )
        why = tr("A model that reads it would look the answer up, and fail where the column is missing.")
    fix = Fix(title=tr("Do not read it"), setting=Setting(group="columns", name=role, value=""))
    return Finding(
        code="telltale-column" if used else "telltale-beside",
        severity="warning" if used else "info",
        message=message,
        rows=tuple(rows[:SHOWN]),
        count=len(rows),
        why=why,
        fixes=(fix,) if used else (),
    )


def _settles(head: Table, column: str, target: str, places: Iterable[int]) -> list[int]:
    """The numbers of the rows whose label the cell of `column` settles; empty if it does not settle nearly all.

    Only repeated cells can show it: a column whose cells are all different settles nothing.
    """
    cells, labels = head.cells[column], head.cells[target]
    by_cell: dict[str, Counter[str]] = {}
    filled: list[int] = []
    for place in places:
        cell, label = cells[place].strip(), labels[place].strip()
        if cell and label:
            by_cell.setdefault(cell, Counter())[label] += 1
            filled.append(place)
    if len(filled) < _FEW_ROWS or len(by_cell) < 2 or len(by_cell) > 0.5 * len(filled):
        return []
    commonest = {cell: counts.most_common(1)[0] for cell, counts in by_cell.items()}
    right = sum(count for _, count in commonest.values())
    labelled = Counter(labels[place].strip() for place in filled)
    guessed = labelled.most_common(1)[0][1]
    if right < _SURE * len(filled) or len(filled) - right > 0.2 * (len(filled) - guessed) or len(labelled) < 2:
        return []
    # Rare cells settle their few rows by chance: without them there must be enough rows left to be sure.
    often = sum(counts.total() for counts in by_cell.values() if counts.total() >= 5)
    if often < 0.5 * len(filled):
        return []
    return [head.numbers[place] for place in filled if commonest[cells[place].strip()][0] == labels[place].strip()]


FINDERS = (header_faults, telltale_columns)
