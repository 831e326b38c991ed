"""The rows of the data: to look at, to search, one class alone; as they are in the file, or as the model gets them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, QItemSelectionModel, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.language import tr, trn
from workbench.gui import theme
from workbench.gui.background import Lane, Ticket
from workbench.gui.forms import Combo
from workbench.gui.panels.card import text_label
from workbench.gui.row_table import RowTable, size_columns
from workbench.gui.rows_model import RowsModel
from workbench.gui.rows_source import (
    RowSource,
    input_columns,
    places_of,
    places_of_class,
    places_used,
    target_column,
)
from workbench.gui.session import Session

_PATIENCE = 200  # milliseconds after the last key before the rows are searched
_CLASSES = 300  # that are offered
_NARROW = 40  # letters: where fewer have room, the choice of the class stands below the search


class SearchBox(QLineEdit):
    """A line to search with. Esc empties it, before Esc means anything else in the window."""

    def event(self, event: QEvent) -> bool:
        escape = event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Escape
        if escape and self.text():
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif event.matches(QKeySequence.StandardKey.MoveToNextLine):
            self.focusNextPrevChild(True)
        else:
            super().keyPressEvent(event)


class RowsView(QWidget):
    """Shows the head of the draft's file or, with `whole` or while something is searched for, all of its rows.

    `class_changed(label)` tells which class alone is shown ("" for all); `chosen(row)` tells the row that the user
    looks at: {column: cell} as it is in the file, or None.
    """

    class_changed = Signal(str)
    chosen = Signal(object)

    def __init__(self, session: Session, source: RowSource, name: str, *, whole: bool = False) -> None:
        super().__init__()
        self.setObjectName(name)
        self._session, self._source, self._whole = session, source, whole
        self.model = RowsModel()
        self._lane = Lane(self)
        self._label = ""
        self._key: tuple[Any, ...] = ()
        self._build(name)
        self._connect()
        self.retranslate()
        if session.head is not None:
            self._show_head(session.head)
            self._show_classes(session.profile)
            self._show_plan(session.draft.plan)

    @property
    def label(self) -> str:
        """The class that alone is shown; "" for all."""
        return self._label

    def show_class(self, label: str) -> None:
        """Show the rows of one class alone; "" shows all."""
        if label != self._label:
            self._label = label
            if label and self.classes.findData(label) < 0:
                self.classes.addItem(label, label)
            self.classes.setCurrentIndex(max(0, self.classes.findData(label)))
            self.class_changed.emit(label)
            self._search()

    def fit(self, widest: int = 176) -> None:
        """Make the columns as wide as what is in the file needs, none of them wider than `widest` pixels."""
        self.model.set_mend(None, ())
        size_columns(self.table, self.model.columnCount(), widest)
        self._show_mends(self._session.draft.plan)

    def rest(self) -> None:
        """Give up what is searched for; for the end of the view."""
        self._patience.stop()
        self._lane.cancel()

    # Building.

    def _build(self, name: str) -> None:
        self.search = SearchBox()
        self.search.setObjectName(f"{name}Search")
        self.search.setClearButtonEnabled(True)
        self.search.setMaxLength(500)
        self.classes = Combo()
        self.classes.setObjectName(f"{name}Class")
        self.in_file, self.mended = QPushButton(), QPushButton()
        self._sides = QButtonGroup(self)
        for button, which in ((self.in_file, "InFile"), (self.mended, "Mended")):
            button.setObjectName(f"{name}{which}")
            button.setCheckable(True)
            self._sides.addButton(button)
        self.mended.setChecked(True)
        self.table = RowTable(self.model)
        self.table.setObjectName(f"{name}Preview")
        self.hits = text_label("muted", f"{name}Hits")
        self.foot = QHBoxLayout()
        self.foot.setSpacing(theme.GAP)
        self.foot.addWidget(self.hits, 1)
        self._place()

    def _place(self) -> None:
        self._line = QGridLayout()
        self._line.setSpacing(theme.GAP)
        self._line.addWidget(self.search, 0, 0)
        self._line.addWidget(self.classes, 0, 1)
        self._line.setColumnStretch(0, 3)
        self._line.setColumnStretch(1, 2)
        sides = QHBoxLayout()
        sides.setSpacing(theme.SPACE)
        sides.addWidget(self.in_file)
        sides.addWidget(self.mended)
        sides.addStretch()
        self._switch = QWidget()
        self._switch.setLayout(sides)
        sides.setContentsMargins(0, 0, 0, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP)
        column.addLayout(self._line)
        column.addWidget(self._switch)
        column.addWidget(self.table)
        column.addLayout(self.foot)
        self._switch.hide()
        self.classes.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = event.size().width() < _NARROW * self.fontMetrics().averageCharWidth()
        row, _column, _rows, _columns = self._line.getItemPosition(self._line.indexOf(self.classes))
        if narrow != (row == 1):  # what is searched for must be readable
            self._line.removeWidget(self.search)
            self._line.removeWidget(self.classes)
            self._line.addWidget(self.search, 0, 0, 1, 2 if narrow else 1)
            self._line.addWidget(self.classes, *((1, 0, 1, 2) if narrow else (0, 1, 1, 1)))

    def _connect(self) -> None:
        session = self._session
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE)
        self._patience.timeout.connect(self._search)
        self.search.textChanged.connect(lambda _text: self._patience.start())
        self.search.returnPressed.connect(self._search)
        self.classes.activated.connect(lambda _row: self.show_class(self.classes.currentData()))
        self._sides.buttonClicked.connect(lambda _button: self._show_mends(session.draft.plan))
        self.table.selectionModel().currentRowChanged.connect(lambda now, _before: self._choose(now.row()))
        session.head_changed.connect(lambda head, _roles: self._show_head(head))
        session.profiled.connect(self._show_profile)
        session.draft.changed.connect(self._show_plan)

    # What there is.

    def _show_head(self, head: Any) -> None:
        """Another file, or the same one read another way: nothing is searched for any more."""
        self.rest()
        with QSignalBlocker(self.search):
            self.search.clear()
        if self._label:
            self._label = ""
            self.class_changed.emit("")
        self._key = self._search_key(self._session.draft.plan)
        self._search()
        self.fit()

    def _show_profile(self, profile: Any) -> None:
        if profile is None:
            return
        self._show_classes(profile)
        if self._label:  # which of its rows are used is known only now
            self._search()

    def _show_classes(self, profile: Any) -> None:
        if profile is None:
            return
        counts = dict(profile.classes[:_CLASSES])
        with QSignalBlocker(self.classes):
            self.classes.clear()
            self.classes.addItem(tr("All classes"), "")
            for label, rows in counts.items():
                self.classes.addItem(tr("{label} ({rows})", label=label, rows=f"{rows:,}"), label)
            self.classes.setCurrentIndex(max(0, self.classes.findData(self._label)))
        self.classes.setVisible(len(profile.classes) > 1)
        if self._label and self._label not in dict(profile.classes):
            self.show_class("")

    def _show_plan(self, plan: Any) -> None:
        self._show_mends(plan)
        key = self._search_key(plan)
        if key != self._key:
            self._key = key
            if self._label:
                self._search()

    def _search_key(self, plan: Any) -> tuple[Any, ...]:
        """What of a plan decides which rows a class has."""
        if plan is None:
            return ()
        return plan.dataset.path, target_column(self._session.studio, plan), plan.dataset.mends

    def _show_mends(self, plan: Any) -> None:
        studio = self._session.studio
        mends = plan is not None and bool(plan.dataset.mends) and studio.mends_texts(plan)
        self._switch.setVisible(bool(mends))
        if mends and self.mended.isChecked():
            self.model.set_mend(lambda texts: studio.mended_texts(plan, texts), input_columns(studio, plan))
        else:
            self.model.set_mend(None, ())

    # Searching.

    def _search(self) -> None:
        """Look for what is written, among the rows of the class that is chosen. A newer search ends an older one."""
        self._patience.stop()
        plan, head, needle = self._session.draft.plan, self._session.head, self.search.text().strip()
        self._lane.cancel()
        if plan is None or head is None:
            self._show_rows(None, None, "")
            return
        if not needle and not self._label and not (self._whole and head.sample.partial):
            if self._whole:
                self._found("", head.sample, None)
            else:
                self._show_rows(head.sample, None, "")
            self._source.release()
            return
        source, studio, label, profile = self._source, self._session.studio, self._label, self._session.profile
        sample = None if head.sample.partial else head.sample

        def work(ticket: Ticket) -> tuple[Any, Sequence[int] | None]:
            table = sample if sample is not None else source.table(plan.dataset.path, plan.dataset.reading, ticket)
            if not needle and not label:
                return table, None
            among = None
            column = target_column(studio, plan)
            if label and column in table.cells:
                among = places_of_class(studio, plan, table.cells[column], label, ticket)
                among = places_used(table, among, profile, ticket)
            return table, places_of(list(table.cells.values()), needle, ticket, among)

        self._say(tr("Searching…") if needle or label else tr("Reading the file"))
        self._lane.submit(work, lambda found: self._found(needle, *found), self._failed)

    def _found(self, needle: str, table: Any, places: Sequence[int] | None) -> None:
        text = trn("{rows} row", "{rows} rows", len(table), rows=f"{len(table):,}")
        if places is not None:
            values = {"rows": f"{len(table):,}", "hits": f"{len(places):,}"}
            text = tr("{hits} of {rows} rows", **values)
            if not places and needle:
                text = tr("No row holds “{text}”.", text=needle[:60])
        self._show_rows(table, places, text)

    def _failed(self, error: Exception) -> None:
        text = str(error) if isinstance(error, WorkbenchError) else tr("The rows cannot be read now.")
        self._say(text, "danger")

    def _show_rows(self, table: Any, places: Sequence[int] | None, text: str) -> None:
        self.model.show_table(table, places)
        self._show_mends(self._session.draft.plan)
        self.table.scrollToTop()
        self._say(text)
        self._choose(-1)

    def _say(self, text: str, role: str = "muted") -> None:
        theme.set_role(self.hits, role)
        self.hits.setText(text)

    def _choose(self, row: int) -> None:
        self.chosen.emit(self.model.row(row) if 0 <= row < self.model.rowCount() else None)

    def look_at(self, row: int) -> None:
        """Make the row at place `row` of those that are shown the chosen one."""
        flag = QItemSelectionModel.SelectionFlag
        index = self.model.index(row, 0)
        self.table.selectionModel().setCurrentIndex(index, flag.ClearAndSelect | flag.Rows)

    # Language.

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        """Set every text in the language spoken now."""
        self.search.setPlaceholderText(tr("Search the rows"))
        self.search.setAccessibleName(tr("Search the rows"))
        for button in self.search.findChildren(QWidget):
            button.setAccessibleName(tr("Empty the search"))
        self.classes.setAccessibleName(tr("Show the rows of one class"))
        self.classes.setToolTip(tr("Show the rows of one class"))
        self.in_file.setText(tr("As in the file"))
        self.mended.setText(tr("As mended"))
        self.mended.setToolTip(tr("As the model gets the texts. The file itself is never changed."))
        self.table.setAccessibleName(tr("Rows of the file"))
        self._show_classes(self._session.profile)
        if self.search.text().strip() or self._label:
            self._search()
