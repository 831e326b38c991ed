"""Table: the cells of a file as text, column by column, before any of them is given a meaning."""

from __future__ import annotations

from array import array
from collections.abc import Callable

from msgspec import Struct, field

from workbench.core.plan import Reading

Progress = Callable[[float], None]
"""Told the share (0 to 1) that is read, many times a second. It may raise, and reading then stops with that error."""

SETTINGS: dict[str, tuple[str, ...]] = {
    "text": ("encoding", "delimiter", "quote", "header"),
    "workbook": ("sheet", "header"),
    "parquet": (),
    "arrow": (),
    "json-lists": ("encoding", "header"),
}
"""{kind of file: which fields of a `Reading` it leaves open}. For other kinds that is the encoding alone."""


class SkippedRow(Struct, frozen=True, kw_only=True):
    """A row that is not used, and why. `row` counts from 1 after the header, `line` counts the file's lines from 1.

    `path` is empty for the file of the training rows.
    """

    row: int
    line: int
    column: str = ""
    reason: str
    path: str = ""


class Table(Struct, frozen=True, kw_only=True):
    """The rows that could be read, columnar.

    `cells` maps a column's name to its cells, one per kept row; it holds every column unless only some were asked for.
    `numbers` are the kept rows' numbers in the file (1 is the first after the header), `lines` the lines they start on.
    `total` counts all rows of the file: `len(table) + len(table.skipped) == table.total`, unless `partial`.
    A `partial` table that is `counted` has the `total` of the whole file all the same, because the file tells it.
    `reading` is complete; `confidence` (0 to 1) is how sure its guessed parts are. `notes` say what was mended.
    `kind` is the file's format, one of `SETTINGS`; `sheets` are the sheets of a workbook.
    """

    path: str
    columns: tuple[str, ...]
    cells: dict[str, list[str]]
    numbers: array[int]
    lines: array[int]
    skipped: tuple[SkippedRow, ...]
    total: int
    reading: Reading
    confidence: float
    partial: bool = False
    notes: tuple[str, ...] = ()
    encodings: tuple[str, ...] = field(default_factory=tuple)
    kind: str = "text"
    sheets: tuple[str, ...] = ()
    counted: bool = False

    def __len__(self) -> int:
        return len(self.numbers)

    def column(self, name: str) -> list[str]:
        """The cells of the column `name`, one per kept row. Raises KeyError for a column that was not read."""
        return self.cells[name]

    def head(self, rows: int) -> tuple[tuple[str, ...], ...]:
        """The first `rows` rows as tuples of cells, in the order of the columns that were read."""
        return tuple(zip(*(cells[:rows] for cells in self.cells.values()), strict=True))
