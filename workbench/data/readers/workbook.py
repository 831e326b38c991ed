"""Workbooks: XLSX, XLSM, XLSB, XLS and ODS. One sheet is read; its cells become the text that a person would write.

Calamine takes the file to pieces, in a process of its own (see `workbooks` and `apart`). A row number of the sheet is
what a line is in a text file; rows without any content are no rows.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from msgspec.structs import replace

from workbench.core.errors import WorkbenchError
from workbench.core.language import tr, trn
from workbench.core.plan import Reading
from workbench.data.apart import ApartError, Block, Facts, Failure, answers
from workbench.data.files import open_file, problem, refuse_foreign
from workbench.data.gathering import Gatherer
from workbench.data.grids import SAMPLE_ROWS, Grid, detect_grid
from workbench.data.names import mend_names
from workbench.data.readers import HEAD
from workbench.data.table import Progress, Table

HEAD_ROWS = 2000
"""So many rows are read where the beginning is enough."""

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MOST_SHEETS_TOLD = 8


def _format(head: bytes) -> str:
    """Which format a file that begins with `head` seems to have; "" for none of them."""
    if head.startswith(_OLE):
        return "XLS"
    if head.startswith(_ZIP):
        kinds = ((b"opendocument.spreadsheet", "ODS"), (b"xl/workbook.bin", "XLSB"), (b"xl/", "XLSX"))
        return next((kind for mark, kind in kinds if mark in head), "ZIP")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not start.startswith(b"<"):
        return ""
    if b"urn:schemas-microsoft-com:office:spreadsheet" in start or b'progid="excel.sheet"' in start:
        return "XML"
    page = start.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<meta", b"<style", b"<table"))
    office = b"urn:schemas-microsoft-com:office:excel" in start or b"application/vnd.ms-excel" in start
    rows = b"<table" in start and any(tag in start for tag in (b"<tr", b"<td", b"<th"))
    return "HTML" if page and (office or rows) else ""


class _Workbook:
    def recognizes(self, head: bytes) -> float:
        return 0.9 if _format(head) else 0.0

    def read(
        self,
        path: Path,
        reading: Reading,
        *,
        limit: int | None = None,
        only: Collection[str] | None = None,
        head_only: bool = False,
        progress: Progress | None = None,
    ) -> Table:
        with open_file(path) as stream:
            head, size = stream.read(HEAD) or b"", stream.seek(0, 2)
        if _format(head) in ("HTML", "XML"):
            raise _page(path, _format(head))
        order = {"path": str(path.absolute()), "sheet": reading.sheet, "most": HEAD_ROWS if head_only else None}
        sheet = _Sheet(path, reading, only, limit)
        try:
            for message in answers("workbench.data.workbooks", order, size, progress):
                sheet.take(message)
                if sheet.full:
                    break
        except ApartError as error:
            raise _explained(path, head, reading, error.failure) from error
        return sheet.table()


READER = _Workbook()


class _Sheet:
    """Takes the rows of a sheet; the first ones wait until it is known where the table begins."""

    def __init__(self, path: Path, reading: Reading, only: Collection[str] | None, limit: int | None) -> None:
        self._path, self._reading, self._only, self._limit = path, reading, only, limit
        self._facts = Facts()
        self._waiting: list[tuple[str, ...]] = []
        self._lines: list[int] = []
        self._line = self._start = 0
        self._grid: Grid | None = None
        self._gatherer = Gatherer((), only, limit)
        self._notes: tuple[str, ...] = ()

    @property
    def full(self) -> bool:
        """Whether enough rows are kept."""
        return self._grid is not None and self._gatherer.full

    def take(self, message: Facts | Block) -> None:
        """Take what the worker answers."""
        if isinstance(message, Facts):
            self._facts = message
            return
        rows = zip(*message.cells, strict=True)
        for line, row in enumerate(rows, start=self._line + 1):
            if any(row) and not all(map(str.isspace, filter(None, row))):
                self._waiting.append(row)
                self._lines.append(line)
        self._line += len(message.cells[0]) if message.cells else 0
        if self._grid is not None or len(self._waiting) > SAMPLE_ROWS:
            self._hand_over()

    def _hand_over(self) -> None:
        """Give the rows that wait to the columns."""
        if self._grid is None:
            self._begin()
        if self._waiting:
            columns = list(zip(*self._waiting, strict=True))
            self._gatherer.take([columns[place] for place in self._gatherer.places], self._lines)
        self._waiting, self._lines = [], []

    def _begin(self) -> None:
        grid = self._grid = detect_grid(self._waiting, self._reading.header)
        width = len(self._waiting[0]) if self._waiting else 0
        columns, self._notes = mend_names(grid.names, width)
        self._gatherer = Gatherer(columns, self._only, self._limit)
        first = grid.skip + grid.header
        self._start = self._lines[first - 1] + 1 if first and self._lines else 1
        if grid.skip:
            above = self._lines[grid.skip] - 1 if len(self._lines) > grid.skip else grid.skip
            self._notes += (
                trn(
                    "The first row is not part of the table.",
                    "The first {number} rows are not part of the table.",
                    above,
                ),
            )
        self._waiting, self._lines = self._waiting[first:], self._lines[first:]

    def table(self) -> Table:
        """Everything that was read. Raises WorkbenchError if that is nothing."""
        self._hand_over()
        gatherer, facts = self._gatherer, self._facts
        if not gatherer.columns:
            raise _empty(self._path)
        cut = facts.rows is not None
        return Table(
            path=str(self._path),
            columns=gatherer.columns,
            cells=gatherer.cells,
            numbers=gatherer.numbers,
            lines=gatherer.lines,
            skipped=tuple(gatherer.skipped),
            total=max(gatherer.total, (facts.rows or 0) - self._start + 1) if cut else gatherer.total,
            reading=replace(
                self._reading,
                encoding=None,
                delimiter=None,
                quote=None,
                header=self._grid.header if self._grid else None,
                sheet=facts.sheet,
            ),
            confidence=1.0,
            partial=cut or gatherer.full,
            notes=_about_sheets(facts) + self._notes + self._about_cells(),
            kind="workbook",
            sheets=tuple(facts.sheets),
        )

    def _about_cells(self) -> tuple[str, ...]:
        notes: tuple[str, ...] = ()
        merged = sum(1 for first, last in self._facts.merged if last > first and last >= self._start)
        if merged:
            notes += (
                trn(
                    "{number} cell goes over several rows: its text stands in the first one, the others are empty.",
                    "{number} cells go over several rows: each text stands in the first one, the others are empty.",
                    merged,
                ),
            )
        if self._facts.uncalculated:
            notes += (
                trn(
                    "{number} formula has no value. Open the workbook in a spreadsheet program and save it again.",
                    "{number} formulas have no value. Open the workbook in a spreadsheet program and save it again.",
                    self._facts.uncalculated,
                ),
            )
        return notes


def _about_sheets(facts: Facts) -> tuple[str, ...]:
    others = [name for name in facts.sheets if name != facts.sheet]
    if not others:
        return ()
    told = ", ".join(others[:_MOST_SHEETS_TOLD]) + (", …" if len(others) > _MOST_SHEETS_TOLD else "")
    return (tr("The sheet “{sheet}” is read. Others: {others}.", sheet=facts.sheet, others=told),)


def _page(path: Path, kind: str) -> WorkbenchError:
    what = tr("This file ({kind}) is a page that spreadsheet programs can show, but no workbook.", kind=kind)
    return WorkbenchError(problem("D77", path, what, _save_as()))


def _save_as() -> str:
    return tr("Open it in a spreadsheet program, save it as XLSX, and choose that file.")


def _empty(path: Path) -> WorkbenchError:
    return WorkbenchError(problem("D74", path, tr("This workbook holds no cells."), tr("Choose a file with rows.")))


def _explained(path: Path, head: bytes, reading: Reading, failure: Failure) -> WorkbenchError:
    kind = _format(head)
    if failure.kind == "sheet":
        what = tr("The workbook has no sheet “{sheet}”.", sheet=(reading.sheet or "")[:100])
        possible = tr("Possible: {possible}.", possible=", ".join(failure.names))
        return WorkbenchError(problem("D71", path, what, possible, "sheet"))
    if failure.kind == "encrypted":
        what = tr("This workbook ({kind}) is locked with a password.", kind=kind)
        remedy = tr("Open it in a spreadsheet program, save it without a password, and choose that file.")
        return WorkbenchError(problem("D72", path, what, remedy))
    if failure.kind in ("large", "memory"):
        what = tr("Unpacked, this workbook ({kind}) is larger than what can be read.", kind=kind)
        return WorkbenchError(problem("D73", path, what, tr("Save the sheet as CSV and choose that file.")))
    if failure.kind == "empty":
        return _empty(path)
    if failure.kind == "foreign":
        try:
            refuse_foreign(path, head)
        except WorkbenchError as error:
            return error
    reasons = {"slow": tr("it gives no answer in time"), "broke": tr("its reader broke off")}
    detail = reasons.get(failure.kind) or failure.detail.rstrip(".") or failure.kind
    what = tr("This workbook ({kind}) is damaged or not whole: {detail}.", kind=kind, detail=detail)
    return WorkbenchError(problem("D70", path, what, _save_as()))
