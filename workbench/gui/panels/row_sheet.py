"""A small window with the very rows that a finding is about."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QDialog, QHeaderView, QPushButton, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.language import tr, trn
from workbench.core.plan import Reading, TrainingPlan
from workbench.gui import theme
from workbench.gui.background import Lane, Ticket
from workbench.gui.panels.card import text_label
from workbench.gui.rows_source import RowSource, input_columns, target_column
from workbench.gui.tables import Cell, DataTable

_MOST = 200
_TALL = 6 * theme.TARGET  # the greatest height of a row


class RowSheet(QDialog):
    """Shows `finding` with at most 200 of its rows, read from the file off the GUI thread. Not modal."""

    def __init__(self, parent: QWidget, studio: Any, plan: TrainingPlan, source: RowSource, finding: Any) -> None:
        super().__init__(parent)
        self.setObjectName("rowSheet")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._studio, self._plan, self._source, self._finding = studio, plan, source, finding
        self._lane = Lane(self)
        self._rows: list[tuple[int, tuple[str, ...] | str]] | None = None
        self._error: Exception | None = None
        self._message, self._state = text_label("", "sheetMessage"), text_label("muted", "sheetState")
        self.table = DataTable("sheetTable")
        self.table.setWordWrap(True)
        self.table.verticalHeader().setMaximumSectionSize(_TALL)
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.setTextElideMode(Qt.TextElideMode.ElideRight)
        self._close = QPushButton()
        self._close.setObjectName("closeSheet")
        self._close.clicked.connect(self.close)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme.MARGIN] * 4)
        column.setSpacing(theme.GAP)
        column.addWidget(self._message)
        column.addWidget(self.table, 1)
        column.addWidget(self._state)
        column.addWidget(self._close, 0, Qt.AlignmentFlag.AlignRight)
        self.resize(640, 420)
        self.retranslate()
        self._read()

    @property
    def path(self) -> str:
        """The data file of the plan that it was opened for."""
        return self._plan.dataset.path

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are shown: what the model sees, and what is learned."""
        target = target_column(self._studio, self._plan)
        return (*input_columns(self._studio, self._plan), *((target,) if target else ()))

    def _read(self) -> None:
        path = self._finding.path or self._plan.dataset.path
        own = path == self._plan.dataset.path
        reading = self._plan.dataset.reading if own else Reading(header=self._plan.dataset.reading.header)
        numbers, columns, source = self._finding.rows[:_MOST], self.columns, self._source
        self._lane.submit(
            lambda ticket: rows_at(source.table(path, reading, ticket), numbers, columns, ticket),
            self._show,
            self._fail,
        )

    def _show(self, rows: list[tuple[int, tuple[str, ...] | str]]) -> None:
        self._rows = rows
        self.retranslate()
        self.table.setFocus()

    def _fail(self, error: Exception) -> None:
        self._error = error
        self.retranslate()

    def done(self, result: int) -> None:
        """Close; a look that is under way ends."""
        self._lane.cancel()
        self._source.release()
        super().done(result)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        """Set every text in the language spoken now."""
        self.setWindowTitle(tr("Rows of {file}", file=Path(self._finding.path or self.path).name))
        self._message.setText(self._finding.message)
        self._close.setText(tr("Close"))
        self.table.setAccessibleName(tr("Rows of the file"))
        titles = (tr("Row"), *self.columns)
        if self._rows is None:
            self.table.show_rows(titles, [])
        else:
            self.table.show_rows(titles, [_cells(number, row, len(titles) - 1) for number, row in self._rows])
            self._size()
        self._state.setText(self._sentence())
        theme.set_role(self._state, "danger" if self._error else "muted")

    def _size(self) -> None:
        header = self.table.horizontalHeader()
        header.setStretchLastSection(len(self.columns) == 1)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        for place in range(1, len(self.columns) + 1):
            text = place < len(self.columns) or len(self.columns) == 1
            header.setSectionResizeMode(
                place, QHeaderView.ResizeMode.Stretch if text else QHeaderView.ResizeMode.ResizeToContents
            )
        header.setMaximumSectionSize(2000)

    def _sentence(self) -> str:
        if self._error is not None:
            known = isinstance(self._error, WorkbenchError)
            return str(self._error) if known else tr("The rows cannot be read now.")
        if self._rows is None:
            return tr("Reading the file")
        count = max(self._finding.count, len(self._rows))
        if count > len(self._rows):
            shown = f"{len(self._rows):,}"
            return tr("The first {shown} of {count} rows, as they are in the file.", shown=shown, count=f"{count:,}")
        return trn("{number} row, as it is in the file.", "{number} rows, as they are in the file.", count)


def rows_at(
    table: Any, numbers: Sequence[int], columns: Sequence[str], ticket: Ticket
) -> list[tuple[int, tuple[str, ...] | str]]:
    """(number, cells) of the rows with `numbers` in the file; for one that could not be read, (number, why)."""
    found: list[tuple[int, tuple[str, ...] | str]] = []
    reasons: dict[int, str] = {}
    if table.skipped:
        wanted = set(numbers)
        reasons = {row.row: row.reason for row in table.skipped if row.row in wanted}
    there = [name for name in columns if name in table.cells]
    for number in numbers:
        ticket.check()
        place = bisect_left(table.numbers, number)
        if place < len(table.numbers) and table.numbers[place] == number:
            found.append((number, tuple(table.cells[name][place] for name in there)))
        else:
            found.append((number, reasons.get(number, "")))
    return found


def _cells(number: int, row: tuple[str, ...] | str, columns: int) -> list[Cell]:
    first = Cell(f"{number:,}", number, str(number))
    if isinstance(row, str):
        return [first, Cell(row or tr("This row is not in the file now.")), *[Cell("")] * (columns - 1)]
    return [first, *map(_cell, row), *[Cell("")] * (columns - len(row))]


def _cell(text: str) -> Cell:
    shown = text[:2000]
    return Cell(shown, help=shown, copied=text) if text.strip() else Cell(tr("(empty)"), copied=text)
