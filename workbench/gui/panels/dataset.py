"""The dataset panel: which file, how it is read, what its columns are for, and what it holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QHeaderView, QMenu, QPushButton, QTableView, QVBoxLayout, QWidget

from workbench.core.language import mark, tr, trn
from workbench.gui import theme
from workbench.gui.folding import Fold
from workbench.gui.panels.card import Card, text_label
from workbench.gui.panels.health import HealthView
from workbench.gui.panels.reading import ReadingForm
from workbench.gui.panels.roles import RolesForm
from workbench.gui.panels.waiting import WaitRow
from workbench.gui.session import Session

_Index = QModelIndex | QPersistentModelIndex


class HeadModel(QAbstractTableModel):
    """The first rows of a file."""

    def __init__(self) -> None:
        super().__init__()
        self._columns: tuple[str, ...] = ()
        self._rows: tuple[tuple[str, ...], ...] = ()

    def show_head(self, head: Any) -> None:
        """Show the rows of `head`; None empties the table."""
        self.beginResetModel()
        self._columns = head.columns if head else ()
        self._rows = head.rows if head else ()
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        row = self._rows[index.row()]
        text = row[index.column()] if index.column() < len(row) else ""
        if role == Qt.ItemDataRole.ToolTipRole:
            return text[:2000]
        return text[:300].replace("\n", " ")

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return self._columns[section] if orientation == Qt.Orientation.Horizontal else str(section + 1)


class DatasetPanel(Card):
    """Shows the draft's data. `open_requested()` asks for a file dialog, `sample_requested(id)` for a sample."""

    open_requested = Signal()
    sample_requested = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__(2, "datasetPanel")
        self._session = session
        self._model = HeadModel()
        self._large: QDialog | None = None
        self._build()
        self.retranslate()
        session.head_changed.connect(self._show_head)
        session.busy_changed.connect(lambda _sentence: self._show_name())
        session.profiled.connect(lambda _profile: self._show_name())

    def _build(self) -> None:
        self._name = text_label("", "dataName", wrap=False)
        self._size = text_label("muted", "dataSize")
        self.open_button = QPushButton()
        self.open_button.setObjectName("openData")
        self.open_button.clicked.connect(self.open_requested)
        self.sample_button = QPushButton()
        self.sample_button.setObjectName("samples")
        self.sample_menu = QMenu(self.sample_button)
        self.sample_button.setMenu(self.sample_menu)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GAP)
        buttons.addWidget(self.open_button)
        buttons.addWidget(self.sample_button)
        buttons.addStretch()
        self.table = _head_table(self._model)
        self.table.setObjectName("dataPreview")
        self.table.setFixedHeight(140)
        self.enlarge_button = QPushButton()
        self.enlarge_button.setObjectName("enlargePreview")
        self.enlarge_button.setProperty("role", "quiet")
        self.enlarge_button.clicked.connect(self.enlarge)
        self.roles = RolesForm(self._session)
        self.health = HealthView(self._session)
        self.reading = ReadingForm(self._session)
        self.reading_fold = Fold(mark("How the file is read"), "readingFold", self.reading)
        self.waiting = WaitRow(self._session)
        for part in (self._name, self._size, self.waiting):
            self.column.addWidget(part)
        self.column.addLayout(buttons)
        self.column.addWidget(self.table)
        self.column.addWidget(self.enlarge_button, 0, Qt.AlignmentFlag.AlignRight)
        for part in (self.roles, self.reading_fold, self.health):
            self.column.addWidget(part)
        self._content: tuple[QWidget, ...] = (self.table, self.enlarge_button, self.reading_fold, self.health)
        for part in self._content:
            part.hide()

    def _show_head(self, head: Any, _roles: Any) -> None:
        self._model.show_head(head)
        for part in self._content:
            part.setVisible(head is not None)
        _size_columns(self.table, self._model.columnCount())
        self._show_name()

    def _show_name(self) -> None:
        plan, head = self._session.draft.plan, self._session.head
        if plan is None:
            self._name.setText(self._session.busy or tr("No data yet"))
            self._size.setText(tr("Drop a CSV file anywhere in this window, or take a sample."))
            return
        name = Path(plan.dataset.path).name
        self._name.setText(self._name.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, 280))
        self._name.setToolTip(plan.dataset.path)
        if head is None:
            self._size.setText(self._session.busy or tr("Reading the file"))
            return
        columns = trn("{number} column", "{number} columns", len(head.columns))
        rows = self._session.profile.rows if self._session.profile else head.total_rows
        if rows is None:
            about = f"{head.estimated_rows:,}"
            self._size.setText(tr("about {rows} rows, {columns}", rows=about, columns=columns))
        else:
            self._size.setText(tr("{rows} rows, {columns}", rows=f"{rows:,}", columns=columns))

    def enlarge(self) -> None:
        """The preview in a window of its own."""
        dialog = QDialog(self.window())
        dialog.setObjectName("largePreview")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(self._name.text())
        dialog.resize(880, 560)
        table = _head_table(self._model)
        table.setAccessibleName(tr("First rows of the file"))
        table.setWordWrap(True)
        close = QPushButton(tr("Close"))
        close.clicked.connect(dialog.accept)
        column = QVBoxLayout(dialog)
        column.setContentsMargins(*[theme.MARGIN] * 4)
        column.addWidget(table)
        column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
        _size_columns(table, self._model.columnCount(), 320)
        table.resizeRowsToContents()
        dialog.open()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        """Set every text in the language spoken now."""
        self.set_heading(tr("Data"))
        self.open_button.setText(tr("Open file…"))
        self.sample_button.setText(tr("Samples"))
        self.enlarge_button.setText(tr("Larger preview"))
        self.table.setAccessibleName(tr("First rows of the file"))
        self.sample_menu.clear()
        for sample in self._session.studio.samples():
            action = self.sample_menu.addAction(sample.title)
            action.setObjectName(f"sample-{sample.id}")
            action.setToolTip(sample.summary)
            action.triggered.connect(lambda _checked=False, id=sample.id: self.sample_requested.emit(id))
        self.sample_menu.setToolTipsVisible(True)
        self._show_name()


def _head_table(model: HeadModel) -> QTableView:
    table = QTableView()
    table.setModel(model)
    table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
    table.setTabKeyNavigation(False)
    table.setAlternatingRowColors(True)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTextElideMode(Qt.TextElideMode.ElideRight)
    table.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
    table.verticalHeader().setDefaultSectionSize(theme.TARGET)
    table.verticalHeader().setMinimumWidth(28)
    table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    table.horizontalHeader().setStretchLastSection(True)
    table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return table


def _size_columns(table: QTableView, count: int, widest: int = 176) -> None:
    table.resizeColumnsToContents()
    for column in range(count):
        table.setColumnWidth(column, min(max(table.columnWidth(column), 56), widest))
