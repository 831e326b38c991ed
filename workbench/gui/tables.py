"""Read-only tables: plain text, sortable by value, copied with Ctrl+C as tab-separated cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from workbench.gui import theme

Index = QModelIndex | QPersistentModelIndex
SORT = Qt.ItemDataRole.UserRole
COPY = Qt.ItemDataRole.UserRole + 1
SHADE = Qt.ItemDataRole.UserRole + 2
_NUMBER = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_TEXT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class Cell:
    """One cell: the text shown, the value to sort by, what is copied (the text, if not given).

    `shade` 0 to 1 tints it; `strong` sets it in bold.
    """

    text: str
    value: Any = None
    copied: str | None = None
    shade: float = 0.0
    strong: bool = False
    help: str = ""


class Rows(QAbstractTableModel):
    """Cells in rows, with a title for each column and, if given, for each row."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.titles: list[str] = []
        self.row_titles: list[str] = []
        self.rows: list[list[Cell]] = []

    def show_rows(self, titles: Sequence[str], rows: list[list[Cell]], row_titles: Sequence[str] = ()) -> None:
        """Show these instead; what is selected and scrolled stays if the shape does."""
        same = len(titles) == len(self.titles) and len(rows) == len(self.rows)
        if not same:
            self.beginResetModel()
        self.titles, self.rows, self.row_titles = list(titles), rows, list(row_titles)
        if not same:
            self.endResetModel()
        elif rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(titles) - 1))
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(titles) - 1)
            self.headerDataChanged.emit(Qt.Orientation.Vertical, 0, len(rows) - 1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.titles)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        cell = self.rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return cell.text
        if role == SORT:
            return cell.text.casefold() if cell.value is None else cell.value
        if role == COPY:
            return cell.text if cell.copied is None else cell.copied
        if role == SHADE:
            return cell.shade
        return self._look(cell, role)

    def _look(self, cell: Cell, role: int) -> Any:
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _NUMBER if isinstance(cell.value, int | float) else _TEXT
        if role == Qt.ItemDataRole.ToolTipRole:
            return cell.help or cell.text
        if role == Qt.ItemDataRole.BackgroundRole and cell.shade > 0:
            tint = QColor(theme.tokens().accent)
            tint.setAlphaF(0.06 + 0.3 * min(cell.shade, 1.0))  # text on it keeps 4.5:1
            return tint
        if role == Qt.ItemDataRole.FontRole and cell.strong:
            font = QFont()
            font.setBold(True)
            return font
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        titles = self.titles if orientation == Qt.Orientation.Horizontal else self.row_titles
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return titles[section] if section < len(titles) else None
        if role == Qt.ItemDataRole.TextAlignmentRole and orientation == Qt.Orientation.Horizontal and self.rows:
            cell = self.rows[0][section]
            return _NUMBER if isinstance(cell.value, int | float) else _TEXT
        return None


class DataTable(QTableView):
    """A read-only table with `Rows` inside."""

    def __init__(self, name: str, *, sortable: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.content = Rows(self)
        self._order = QSortFilterProxyModel(self)
        self._order.setSourceModel(self.content)
        self._order.setSortRole(SORT)
        self.setModel(self._order if sortable else self.content)
        self.setSortingEnabled(sortable)
        if sortable:
            self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
            self.horizontalHeader().setSortIndicatorClearable(True)
        furnish(self)

    def show_rows(self, titles: Sequence[str], rows: list[list[Cell]], row_titles: Sequence[str] = ()) -> None:
        """Show these instead."""
        self.verticalHeader().setVisible(bool(row_titles))
        self.content.show_rows(titles, rows, row_titles)

    def stretch(self, column: int) -> None:
        """Give the width that is left to `column`."""
        self.horizontalHeader().setStretchLastSection(False)
        self.horizontalHeader().setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        reach_edge(self)

    def copy(self) -> None:
        """Put the selected cells, or all if none or one is selected, on the clipboard, with the titles."""
        copy_table(self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
            return
        super().keyPressEvent(event)


def furnish(table: QTableView) -> None:
    """The looks and manners that all our tables share."""
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setAlternatingRowColors(True)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.setCornerButtonEnabled(False)
    table.verticalHeader().setVisible(False)
    table.verticalHeader().setDefaultSectionSize(theme.TARGET + theme.SPACE)
    table.verticalHeader().setMinimumSectionSize(theme.TARGET)
    table.horizontalHeader().setHighlightSections(False)
    table.horizontalHeader().setStretchLastSection(True)  # stripes and selection reach the edge
    table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


def reach_edge(table: QTableView) -> None:
    """Let the last column reach the right edge, so that stripes and selection do; but never narrower than its cells."""
    header = table.horizontalHeader()
    count = header.count()
    if not count or any(header.sectionResizeMode(n) == QHeaderView.ResizeMode.Stretch for n in range(count)):
        return
    last = last_shown(table)
    wanted = max(table.sizeHintForColumn(last), header.sectionSizeHint(last)) + theme.GAP
    fits = header.length() - header.sectionSize(last) + wanted <= table.viewport().width()
    if fits != header.stretchLastSection():
        header.setStretchLastSection(fits)
    if not fits:
        header.resizeSection(last, wanted)


def last_shown(table: QTableView) -> int:
    """The column that stands rightmost."""
    header = table.horizontalHeader()
    places = (header.logicalIndex(place) for place in reversed(range(header.count())))
    return next((column for column in places if not header.isSectionHidden(column)), header.count() - 1)


def table_text(table: QTableView, *, chosen: Callable[[int], bool] = lambda row: True) -> str:
    """The rows for which `chosen` says so, as tab-separated lines with the titles first."""
    model, header = table.model(), table.horizontalHeader()
    columns = [header.logicalIndex(place) for place in range(model.columnCount())]
    columns = [column for column in columns if not table.isColumnHidden(column)]
    named = not table.verticalHeader().isHidden()
    across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical

    def line(name: Any, cells: list[Any]) -> str:
        parts = ([name] if named else []) + cells
        return "\t".join(" ".join(str("" if part is None else part).split()) for part in parts)

    lines = [line("", [model.headerData(column, across) for column in columns])]
    for row in filter(chosen, range(model.rowCount())):
        cells = [model.index(row, column) for column in columns]
        lines.append(line(model.headerData(row, down), [_copied(cell) for cell in cells]))
    return "\n".join(lines)


def copy_table(table: QTableView) -> None:
    """Copy the selected rows of `table`; all of them if fewer than two are selected."""
    selected = {index.row() for index in table.selectionModel().selectedRows()}
    QGuiApplication.clipboard().setText(
        table_text(table, chosen=(lambda row: row in selected) if len(selected) > 1 else lambda row: True)
    )


def _copied(index: QModelIndex) -> Any:
    value = index.data(COPY)
    return index.data() if value is None else value
