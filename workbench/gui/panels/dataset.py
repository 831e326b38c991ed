"""The dataset panel: which file, how it is read, what its columns are for, what it holds, and what is kept aside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QMenu, QPushButton, QScrollArea, QVBoxLayout, QWidget

from workbench.core.language import mark, tr, trn
from workbench.gui import theme
from workbench.gui.folding import Fold
from workbench.gui.panels.card import Card, text_label
from workbench.gui.panels.health import HealthView
from workbench.gui.panels.reading import ReadingForm
from workbench.gui.panels.roles import RolesForm
from workbench.gui.panels.rows import RowsView
from workbench.gui.panels.splits import SplitForm
from workbench.gui.panels.tokens import TokensView
from workbench.gui.panels.waiting import WaitRow
from workbench.gui.rows_source import RowSource
from workbench.gui.session import Session
from workbench.gui.tab_order import order_tabs

_TALL = 168  # pixels of the table in the card


class DatasetPanel(Card):
    """Shows the draft's data. `open_requested()` asks for a file dialog, `sample_requested(id)` for a sample.

    `notified(text, undo)` is for a toast.
    """

    open_requested = Signal()
    sample_requested = Signal(str)
    notified = Signal(str, object)

    def __init__(self, session: Session) -> None:
        super().__init__(2, "datasetPanel")
        self._session = session
        self._source = RowSource(session.studio)
        self._build()
        self._connect()
        self.retranslate()

    def _build(self) -> None:
        self._name = text_label("", "dataName", wrap=False)
        self._size = text_label("muted", "dataSize")
        self.open_button = QPushButton()
        self.open_button.setObjectName("openData")
        self.sample_button = QPushButton()
        self.sample_button.setObjectName("samples")
        self.sample_menu = QMenu(self.sample_button)
        self.sample_button.setMenu(self.sample_menu)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GAP)
        buttons.addWidget(self.open_button)
        buttons.addWidget(self.sample_button)
        buttons.addStretch()
        self.rows = RowsView(self._session, self._source, "data")
        self.table = self.rows.table
        self.table.setFixedHeight(_TALL)
        self.enlarge_button = QPushButton()
        self.enlarge_button.setObjectName("enlargePreview")
        self.enlarge_button.setProperty("role", "quiet")
        self.rows.foot.addWidget(self.enlarge_button)
        self.roles = RolesForm(self._session)
        self.health = HealthView(self._session, self._source)
        self.reading = ReadingForm(self._session)
        self.reading_fold = Fold(mark("How the file is read"), "readingFold", self.reading)
        self.splits = SplitForm(self._session)
        self.split_fold = Fold(mark("Rows kept aside"), "splitFold", self.splits)
        self.tokens = TokensView(self._session)
        self.tokens_fold = Fold(mark("What the model receives"), "tokensFold", self.tokens)
        self.waiting = WaitRow(self._session)
        for part in (self._name, self._size, self.waiting):
            self.column.addWidget(part)
        self.column.addLayout(buttons)
        folds = (self.tokens_fold, self.split_fold)
        for part in (self.rows, self.roles, self.reading_fold, self.health, *folds):
            self.column.addWidget(part)
        self._content: tuple[QWidget, ...] = (self.rows, self.reading_fold, self.health, *folds)
        for part in self._content:
            part.hide()

    def _connect(self) -> None:
        session, rows, health = self._session, self.rows, self.health
        self.open_button.clicked.connect(self.open_requested)
        self.enlarge_button.clicked.connect(self.enlarge)
        rows.chosen.connect(self._show_tokens)
        rows.class_changed.connect(health.classes.point_at)
        health.classes.chosen_changed.connect(self._show_class)
        health.notified.connect(self.notified)
        for part in (health, self.splits):
            part.rebuilt.connect(lambda: order_tabs(self), Qt.ConnectionType.QueuedConnection)
        session.head_changed.connect(self._show_head)
        session.busy_changed.connect(lambda _sentence: self._show_name())
        session.profiled.connect(lambda _profile: self._show_name())

    def _show_head(self, head: Any, _roles: Any) -> None:
        for part in self._content:
            part.setVisible(head is not None)
        self._show_name()

    def _show_tokens(self, row: Any) -> None:
        """Show the tokens of the row that the user looks at: {column: cell} as it is in the file, or None."""
        plan = self._session.draft.plan
        if row is not None and plan is not None:
            columns = plan.dataset.columns
            self.tokens.show_text(row.get(columns.get("text", ""), ""), row.get(columns.get("text_pair", ""), ""))

    def _show_class(self, label: str) -> None:
        """Show the rows of one class alone, and where they are."""
        self.rows.show_class(label)
        place: Any = self.parentWidget()
        while place is not None and not isinstance(place, QScrollArea):
            place = place.parentWidget()
        if label and place is not None:
            place.ensureWidgetVisible(self.rows)

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

    def find(self) -> None:
        """Go to where rows are searched for."""
        self.rows.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.rows.search.selectAll()

    def enlarge(self) -> None:
        """All rows in a window of their own."""
        if self._session.head is None:
            return
        dialog = QDialog(self.window())
        dialog.setObjectName("largePreview")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(self._name.text())
        dialog.resize(880, 560)
        rows = RowsView(self._session, self._source, "large", whole=True)
        rows.search.setText(self.rows.search.text())
        rows.show_class(self.rows.label)
        close = QPushButton(tr("Close"))
        close.clicked.connect(dialog.accept)
        dialog.finished.connect(rows.rest)
        column = QVBoxLayout(dialog)
        column.setContentsMargins(*[theme.MARGIN] * 4)
        column.addWidget(rows)
        column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
        rows.fit(420)
        dialog.open()

    def rest(self) -> None:
        """Give up all looks at rows that are under way; for the end of the window."""
        self.rows.rest()
        self.splits.rest()
        self.tokens.rest()
        self.health.close_sheet()

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
        self.sample_menu.clear()
        for sample in self._session.studio.samples():
            action = self.sample_menu.addAction(sample.title)
            action.setObjectName(f"sample-{sample.id}")
            action.setToolTip(sample.summary)
            action.triggered.connect(lambda _checked=False, id=sample.id: self.sample_requested.emit(id))
        self.sample_menu.setToolTipsVisible(True)
        self._show_name()
