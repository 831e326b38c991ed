"""Preview: the first rows of a file and how it was understood, without reading all of it."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from workbench.core.plan import Reading
from workbench.data.readers import read_head
from workbench.data.table import SETTINGS, SkippedRow, Table


class Preview(Struct, frozen=True, kw_only=True):
    """The first rows of the file at `path`. `total_rows` is None where only the beginning of the file was read.

    `encodings` are worth offering, the one in use first. `sample` holds more rows than are shown, for guesses.
    `estimated_rows` is about right for large files. `confidence` (0 to 1) is of the encoding and the delimiter.
    """

    path: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total_rows: int | None
    estimated_rows: int
    reading: Reading
    confidence: float
    notes: tuple[str, ...]
    encodings: tuple[str, ...]
    skipped: tuple[SkippedRow, ...]
    sample: Table
    kind: str = "text"
    sheets: tuple[str, ...] = ()

    @property
    def settings(self) -> tuple[str, ...]:
        """The fields of a `Reading` that make sense for a file of this kind."""
        return SETTINGS.get(self.kind, ("encoding",))


def preview(path: Path | str, reading: Reading = Reading(), rows: int = 20) -> Preview:  # noqa: B008 - frozen
    """The first `rows` rows of the file at `path`; what `reading` leaves open is detected. Raises WorkbenchError.

    At most about a megabyte is read, whatever the size of the file; of one large JSON object, all of it.
    """
    table = read_head(path, reading)
    return Preview(
        path=str(path),
        columns=table.columns,
        rows=table.head(rows),
        total_rows=None if table.partial and not table.counted else table.total,
        estimated_rows=_estimate(Path(path), table) if _is_guess(table) else table.total,
        reading=table.reading,
        confidence=table.confidence,
        notes=table.notes,
        encodings=table.encodings,
        skipped=table.skipped,
        sample=table,
        kind=table.kind,
        sheets=table.sheets,
    )


def _is_guess(table: Table) -> bool:
    """Whether its size alone tells about how many rows the file has: a packed file says that itself."""
    return table.partial and not table.counted and table.kind != "workbook"


def _estimate(path: Path, table: Table) -> int:
    shown = len(table)
    if not shown or table.total > shown + len(table.skipped):
        return table.total  # the reader knows better
    encoding = table.reading.encoding or "utf-8"
    step = max(1, shown // 200)
    probe = ["".join(cells[index] for cells in table.cells.values()) for index in range(0, shown, step)]
    size = sum(len(text.encode(encoding, "replace")) for text in probe) / len(probe) + len(table.columns)
    return max(table.total, round(path.stat().st_size / max(1.0, size)))
