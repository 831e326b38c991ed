"""The table view for rows of a file: as many as there are, and only those in sight cost anything."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from workbench.gui import theme
from workbench.gui.tables import COPY

_LOOKED_AT = 50  # rows that decide how wide a column is
_COPIED = 10_000  # rows at most
_FEW = 3  # columns that fit beside each other without scrolling


class RowTable(QTableView):
    """Shows rows of a file with their numbers; Ctrl+C copies the selected ones as tab-separated lines."""

    def __init__(self, model: QAbstractItemModel) -> None:
        super().__init__()
        self.setModel(model)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setTabKeyNavigation(False)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().setDefaultSectionSize(theme.TARGET)
        self.verticalHeader().setMinimumWidth(28)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setResizeContentsPrecision(_LOOKED_AT)
            header.setHighlightSections(False)
        self.horizontalHeader().setStretchLastSection(True)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
            return
        super().keyPressEvent(event)

    def copy(self) -> None:
        """Put the selected rows on the clipboard, with the titles of the columns first."""
        rows = sorted({index.row() for index in self.selectionModel().selectedRows()})[:_COPIED]
        model, across = self.model(), Qt.Orientation.Horizontal
        columns = range(model.columnCount())
        lines = [[str(model.headerData(column, across)) for column in columns]]
        lines += [[str(model.index(row, column).data(COPY)) for column in columns] for row in rows]
        if rows:
            QGuiApplication.clipboard().setText(
                "\n".join("\t".join(" ".join(c.split()) for c in line) for line in lines)
            )


def size_columns(table: QTableView, count: int, widest: int = 176) -> None:
    """Make the columns as wide as their cells need, within bounds; of few columns the widest one takes what is left."""
    header = table.horizontalHeader()
    header.setStretchLastSection(count > _FEW)
    for column in range(count):
        header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
    table.resizeColumnsToContents()
    widths = [table.columnWidth(column) for column in range(count)]
    for column, width in enumerate(widths):
        table.setColumnWidth(column, min(max(width, 56), widest))
    if 0 < count <= _FEW:
        header.setSectionResizeMode(widths.index(max(widths)), QHeaderView.ResizeMode.Stretch)
