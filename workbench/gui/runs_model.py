"""The list of runs as a table model: one run in a row, in words."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

from workbench.core.language import tr
from workbench.core.wording import metric_title, state_text
from workbench.gui.background import Ticket, submit
from workbench.gui.compare import model_title
from workbench.gui.tables import COPY, SORT, Cell
from workbench.gui.wording import duration_text, moment_text, number_text

Index = QModelIndex | QPersistentModelIndex
_BEAT = 1000  # ms between two looks at a run that is going
_COLUMNS = 9
HEADING = 8  # the column of the heading of a sweep
_NUMBERS = (4, 5, 6)  # columns that stand to the right


class RunsModel(QAbstractTableModel):
    """One run in a row. The name can be edited; `renamed` tells it."""

    renamed = Signal(str, str)

    def __init__(self, studio: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.records: list[Any] = []
        self._cells: list[list[Cell]] = []
        self._headings: dict[str, str] = {}

    def show_headings(self, headings: dict[str, str]) -> None:
        """Under which headings runs stand, {run: heading}."""
        self._headings = dict(headings)
        self._cells = [self._row(record) for record in self.records]
        if self._cells:
            self.dataChanged.emit(self.index(0, HEADING), self.index(len(self._cells) - 1, HEADING))

    def show_records(self, records: list[Any]) -> None:
        """Show these instead."""
        self.beginResetModel()
        self.records = list(records)
        self._cells = [self._row(record) for record in records]
        self.endResetModel()

    def update_record(self, record: Any) -> None:
        """Show `record` in the place of the one with its id, if there is one; what is selected stays."""
        for number, known in enumerate(self.records):
            if known.id == record.id:
                self.records[number], self._cells[number] = record, self._row(record)
                # Not the name: it may be under edit, and what is typed must stay.
                self.dataChanged.emit(self.index(number, 1), self.index(number, self.columnCount() - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._cells)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else _COLUMNS  # asked for with every cell

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        cell = self._cells[index.row()][index.column()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return cell.text
        if role == SORT:
            return cell.text.casefold() if cell.value is None else cell.value
        if role == COPY:
            return cell.text
        if role == Qt.ItemDataRole.ToolTipRole:
            return cell.help or cell.text
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in _NUMBERS:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        name = str(value).strip()
        record = self.records[index.row()]
        if role != Qt.ItemDataRole.EditRole or not name or name == record.name:
            return False
        self.renamed.emit(record.id, name)
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        editable = index.column() == 0 and not self.records[index.row()].deleted
        return flags | Qt.ItemFlag.ItemIsEditable if editable else flags

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._titles()[section]
        if role == Qt.ItemDataRole.TextAlignmentRole and section in _NUMBERS:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def _titles(self) -> list[str]:
        return [
            tr("Name"),
            tr("Task"),
            tr("Model"),
            tr("State"),
            tr("Score"),
            tr("Steps"),
            tr("Duration"),
            tr("Started"),
            tr("Sweep"),
        ]

    def _row(self, record: Any) -> list[Cell]:
        info = self._studio.tasks().get(record.task)
        scored = record.score is not None and bool(record.headline)
        score = (
            tr("{metric} {value}", metric=metric_title(record.headline), value=number_text(record.score))
            if scored
            else "–"
        )
        return [
            Cell(record.name),
            Cell(tr(info.title) if info is not None else record.task),
            Cell(model_title(record.model)),
            Cell(state_text(record.state), help=record.message),
            Cell(score, record.score if scored else float("-inf")),
            Cell(str(record.steps), record.steps),
            Cell(duration_text(record.seconds), record.seconds),
            Cell(moment_text(record.started), record.started),
            Cell(self._headings.get(record.id, "")),
        ]


class RunsFollower(QObject):
    """While it follows, the rows of the runs that are going are read again once a second."""

    ended = Signal()  # one of them is over

    def __init__(self, studio: Any, model: RunsModel) -> None:
        super().__init__(model)
        self._studio, self._model = studio, model
        self._wanted = False
        self._look: Ticket | None = None
        self._beat = QTimer(self)
        self._beat.setInterval(_BEAT)
        self._beat.timeout.connect(self._read)

    def follow(self, wanted: bool) -> None:
        """Begin or cease; without a run that is going there is nothing to do."""
        self._wanted = wanted
        if not (wanted and self._going()):
            self._beat.stop()
        elif not self._beat.isActive():
            self._beat.start()

    def _going(self) -> list[str]:
        return [run.id for run in self._model.records if run.state == "running"]

    def _read(self) -> None:
        if self._look is None:
            ids = self._going()
            self._look = submit(self, lambda: [self._studio.run(run) for run in ids], self._take, self._missed)

    def _take(self, runs: list[Any]) -> None:
        self._look = None
        for run in runs:
            self._model.update_record(run)
        if any(run.state != "running" for run in runs):
            self.ended.emit()
        self.follow(self._wanted)

    def _missed(self, _error: Exception) -> None:
        self._look = None  # the next look may tell
