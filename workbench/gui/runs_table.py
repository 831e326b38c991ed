"""The table of the runs: its keys, and columns as wide as what is in them until the user says otherwise."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QTableView

from workbench.gui import theme
from workbench.gui.tables import copy_table, furnish, last_shown, reach_edge

_WIDEST = 240
_JUDGED = 60  # rows by which a column's width is found: all of a long list would take longer than reading it


class RunsTable(QTableView):
    """Enter opens, F2 renames, Delete deletes, Ctrl+C copies."""

    opened = Signal()
    deleted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("runsTable")
        self._fitting, self._sized_by_user = False, False

    def show_runs(self, model: QAbstractItemModel) -> None:
        """Show the rows of `model`, which can be sorted."""
        self.setModel(model)
        furnish(self)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setSortingEnabled(True)
        header = self.horizontalHeader()
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setResizeContentsPrecision(_JUDGED)
        header.sectionResized.connect(self._column_sized)
        self.setMinimumHeight(100)

    def fit_columns(self) -> None:
        """Make the columns as wide as their cells, unless the user has set a width."""
        if self._sized_by_user:
            return
        header = self.horizontalHeader()
        self._fitting = True
        self.resizeColumnsToContents()
        last = last_shown(self)  # which reaches the edge
        for column in range(self.model().columnCount()):
            if column == last or self.isColumnHidden(column):
                continue
            width = max(self.columnWidth(column), header.sectionSizeHint(column)) + theme.GAP
            self.setColumnWidth(column, min(width, _WIDEST))
        reach_edge(self)
        self._fitting = False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        reach_edge(self)

    def _column_sized(self, column: int, before: int, after: int) -> None:
        if not before or not after:  # it was hidden, or is shown again
            return
        last = column == last_shown(self)  # as wide as what is left, whoever sizes the table
        self._sized_by_user = self._sized_by_user or not (self._fitting or last)

    def begin_rename(self) -> None:
        """Open the name of the selected run for editing."""
        first = self.selectionModel().selectedRows()[0].siblingAtColumn(0)
        self.setFocus()
        self.setCurrentIndex(first)
        self.edit(first)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        editing = self.state() == QAbstractItemView.State.EditingState
        if event.matches(QKeySequence.StandardKey.Copy):
            copy_table(self)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not editing:
            self.opened.emit()
        elif event.key() == Qt.Key.Key_Delete and not editing:
            self.deleted.emit()
        else:
            super().keyPressEvent(event)
