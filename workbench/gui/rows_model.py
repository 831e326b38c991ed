"""Rows of a file as a model for tables: nothing is copied, cells are made ready as they come into sight."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, QTimer
from PySide6.QtGui import QColor

from workbench.gui import theme
from workbench.gui.background import submit
from workbench.gui.tables import COPY

Index = QModelIndex | QPersistentModelIndex
Mend = Callable[[list[str]], list[str]]

_SHOWN, _TOLD = 300, 2000  # characters of a cell, and of its tooltip
_KEPT = 4000  # mended cells
_BATCH = 256  # cells that are mended in one go
_WAITING = "…"


class RowsModel(QAbstractTableModel):
    """The rows of one table that are at `places`; all of them where that is None.

    With a `mend`, the cells of some columns are shown as it makes them: off the GUI thread, and only those in sight.
    """

    def __init__(self) -> None:
        super().__init__()
        self.columns: tuple[str, ...] = ()
        self._cells: Sequence[Sequence[str]] = ()
        self._numbers: Sequence[int] = ()
        self._places: Sequence[int] | None = None
        self._mend: Mend | None = None
        self._mendable: frozenset[int] = frozenset()
        self._mended: OrderedDict[tuple[int, int], str] = OrderedDict()
        self._wanted: OrderedDict[tuple[int, int], None] = OrderedDict()
        self._busy = False
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._ask)

    def show_table(self, table: Any, places: Sequence[int] | None = None) -> None:
        """Show the rows of `table` at `places`; None for `table` shows nothing."""
        self.beginResetModel()
        self._mended.clear()
        self._wanted.clear()
        if table is None:
            self.columns, self._cells, self._numbers = (), (), ()
        else:
            self.columns = tuple(table.cells)
            self._cells = [table.cells[name] for name in self.columns]
            self._numbers = table.numbers
        self._places = places
        self.endResetModel()

    def set_mend(self, mend: Mend | None, columns: Collection[str]) -> None:
        """Show the cells of `columns` as `mend` makes them; None shows them as they are in the file."""
        self._mend = mend
        self._mendable = frozenset(place for place, name in enumerate(self.columns) if name in columns and mend)
        self._mended.clear()
        self._wanted.clear()
        if self.rowCount():
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        if parent.isValid():
            return 0
        return len(self._numbers) if self._places is None else len(self._places)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.ForegroundRole:
            return QColor(theme.tokens().muted) if self._waits(index) else None
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, COPY):
            return None
        text = self._text(index)
        if role == COPY:
            return text
        return text[:_TOLD] if role == Qt.ItemDataRole.ToolTipRole else text[:_SHOWN].replace("\n", " ")

    def _at(self, index: Index) -> tuple[int, int]:
        row = index.row()
        return (row if self._places is None else self._places[row]), index.column()

    def _waits(self, index: Index) -> bool:
        return index.column() in self._mendable and self._at(index) not in self._mended

    def _text(self, index: Index) -> str:
        at = self._at(index)
        if at[1] not in self._mendable:
            return self._cells[at[1]][at[0]]
        text = self._mended.get(at)
        if text is not None:
            return text
        self._wanted[at] = None
        self._wanted.move_to_end(at)
        if not self._busy:
            self._soon.start()
        return _WAITING

    def _ask(self) -> None:
        """Have the cells mended that were asked for last."""
        mend = self._mend
        if mend is None or not self._wanted or self._busy:
            return
        asked = list(self._wanted)[-_BATCH:]
        self._wanted.clear()
        cells = self._cells
        texts = [cells[column][place] for place, column in asked]

        def done(answer: list[str]) -> None:
            self._busy = False
            if mend is self._mend and cells is self._cells:
                self._take(dict(zip(asked, answer, strict=True)))
            self._ask()

        def failed(error: Exception) -> None:
            # What is wrong with a mend is among the plan's problems; here its texts are shown as they are.
            done(texts)

        self._busy = True
        submit(self, lambda: mend(texts), done, failed)

    def _take(self, cells: dict[tuple[int, int], str]) -> None:
        self._mended.update(cells)
        while len(self._mended) > _KEPT:
            self._mended.popitem(last=False)
        if self.rowCount():
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            if orientation == Qt.Orientation.Horizontal:
                return self.columns[section] if section < len(self.columns) else None
            return str(self._numbers[section if self._places is None else self._places[section]])
        if role == Qt.ItemDataRole.ToolTipRole and orientation == Qt.Orientation.Horizontal:
            return self.columns[section] if section < len(self.columns) else None
        return None

    def row(self, row: int) -> dict[str, str]:
        """{column: cell} of a row that is shown, as it is in the file."""
        place = row if self._places is None else self._places[row]
        return {name: cells[place] for name, cells in zip(self.columns, self._cells, strict=True)}

    def number(self, row: int) -> int:
        """The number in the file of a row that is shown."""
        return self._numbers[row if self._places is None else self._places[row]]
