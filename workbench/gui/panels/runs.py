"""The Runs tab: every run there was, to sort, rename, compare, try, delete and restore."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLineEdit,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.core.language import tr, trn
from workbench.gui import theme
from workbench.gui.background import Ticket, submit
from workbench.gui.compare import CompareView
from workbench.gui.empty import EmptyState
from workbench.gui.folders import show_folder
from workbench.gui.panels.run_buttons import RunButtons
from workbench.gui.run_groups import RunGroups
from workbench.gui.runs_model import HEADING, RunsFollower, RunsModel
from workbench.gui.runs_table import RunsTable
from workbench.gui.tables import SORT


class RunsPanel(QWidget):
    """The list of runs and, below it, the chosen ones beside each other."""

    open_requested = Signal(str)  # try its model
    show_requested = Signal(str)  # see its curves in the Training tab
    resume_requested = Signal(str)  # go on with a run that rests
    continue_requested = Signal(str)  # ask with what a run that ended goes on
    sweep_requested = Signal(str)  # see all runs under a heading
    sample_requested = Signal()
    notified = Signal(str, object)  # text, and a callable that undoes it or None
    changed = Signal()  # a run was renamed, deleted or restored

    def __init__(self, studio: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runsPanel")
        self._studio = studio
        self._ticket: Ticket | None = None
        self._undo: Callable[[], None] | None = None  # takes the latest deletion back
        self._wants_focus = False  # the keyboard stays here after the next reading of the list
        self.model = RunsModel(studio, self)
        self.follower = RunsFollower(studio, self.model)
        self.groups = RunGroups(studio, self)
        self.order = QSortFilterProxyModel(self)
        self.table = RunsTable()
        self.filter, self.bin_box = QLineEdit(), QCheckBox()
        self.buttons = RunButtons()
        self._ready = True  # whether a run could be started now
        self.compare, self.empty, self.stack = CompareView(studio), EmptyState("runsEmpty"), QStackedWidget()
        self._build()
        self._connect()
        self.retranslate()

    # What others call.

    def refresh(self) -> None:
        """Read the list again, in the background; what is selected stays selected."""
        if self._ticket is not None:
            self._ticket.cancel()
        in_bin = self.bin_box.isChecked()
        self._ticket = submit(
            self, lambda: self._studio.runs(deleted=in_bin), lambda runs: self._show(runs, in_bin), self._tell
        )

    def set_ready(self, ready: bool) -> None:
        """Whether a run could be started now: only then one can be resumed."""
        if ready != self._ready:
            self._ready = ready
            self._show_buttons()

    def selected(self) -> list[Any]:
        """The records that are selected, as they stand in the table."""
        rows = self.table.selectionModel().selectedRows()
        rows = sorted(rows, key=lambda index: index.row())
        return [self.model.records[self.order.mapToSource(index).row()] for index in rows]

    def retranslate(self) -> None:
        """Speak the language in force."""
        self.empty.set_words(
            tr("No runs yet"),
            tr("Every training is kept here with its curves, its settings and its model, so that you can compare."),
            tr("Try it with a sample"),
        )
        self.filter.setPlaceholderText(tr("Filter runs"))
        self.filter.setAccessibleName(tr("Filter runs"))
        self.bin_box.setText(tr("Deleted runs"))
        self.bin_box.setToolTip(tr("Deleted runs can be restored for 30 days."))
        self.buttons.retranslate()
        self.table.setAccessibleName(tr("Runs"))
        self.table.setAccessibleDescription(tr("Enter tries a run, F2 renames it, Delete deletes it."))
        self.model.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self.model.columnCount() - 1)
        chosen = self._chosen_ids()
        self.model.show_records(self.model.records)
        self._select(chosen)

    # Building.

    def _build(self) -> None:
        self.order.setSourceModel(self.model)
        self.order.setSortRole(SORT)
        self.order.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.order.setFilterKeyColumn(-1)
        self.table.show_runs(self.order)
        self.table.horizontalHeader().moveSection(HEADING, 1)  # beside the name
        self.table.setColumnHidden(HEADING, True)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setObjectName("runsSplitter")
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self._build_list())
        self.splitter.addWidget(self.compare)
        self.splitter.setSizes([300, 320])
        self.content = QWidget()
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(*[theme.PAD] * 4)
        layout.addWidget(self.splitter)
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.stack)
        self.compare.hide()

    def _build_list(self) -> QWidget:
        self.filter.setObjectName("runsFilter")
        self.filter.setClearButtonEnabled(True)
        self.bin_box.setObjectName("runsDeleted")
        head = QHBoxLayout()
        head.addWidget(self.filter, 1)
        head.addWidget(self.bin_box)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP)
        column.addLayout(head)
        column.addWidget(self.table, 1)
        column.addWidget(self.buttons)
        return page

    def _connect(self) -> None:
        self.filter.textChanged.connect(self.order.setFilterFixedString)
        self.bin_box.toggled.connect(lambda _on: self.refresh())
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._selection_changed())
        self.order.modelReset.connect(self._selection_changed)
        self.table.opened.connect(self._try)
        self.table.doubleClicked.connect(lambda _index: self._try())
        self.table.deleted.connect(self._delete)
        self.buttons.try_button.clicked.connect(self._try)
        self.buttons.show_button.clicked.connect(self._show_curves)
        self.buttons.resume_button.clicked.connect(self._resume)
        self.buttons.folder_button.clicked.connect(self._open_folder)
        self.buttons.rename_button.clicked.connect(self.table.begin_rename)
        self.buttons.delete_button.clicked.connect(self._delete)
        self.buttons.restore_button.clicked.connect(lambda: self._restore([run.id for run in self.selected()]))
        self.model.renamed.connect(self._rename)
        self.follower.ended.connect(self._selection_changed)
        self.groups.changed.connect(self._show_headings)
        self.buttons.sweep_button.clicked.connect(lambda: self.sweep_requested.emit(self._heading()))
        self.empty.acted.connect(self.sample_requested)
        self.compare.failed.connect(lambda text: self.notified.emit(text, None))
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(self.filter.setFocus)

    # The list.

    def _show(self, runs: list[Any], in_bin: bool) -> None:
        chosen = self._chosen_ids()
        self.model.show_records(runs)
        self._select(chosen)
        nothing = not runs and not in_bin and not self.bin_box.isChecked()
        self.stack.setCurrentWidget(self.empty if nothing else self.content)
        self.groups.look([run.id for run in runs])
        if runs:
            self.table.fit_columns()
        if self._wants_focus:
            self._wants_focus = False
            self._keep_focus()
        self.follower.follow(self.isVisible())

    def _show_headings(self) -> None:
        self.model.show_headings(self.groups.known)
        self.table.setColumnHidden(HEADING, not any(self.groups.known.values()))
        self.table.fit_columns()
        self._show_buttons()

    def _heading(self) -> str:
        """The heading under which all selected runs stand; "" if they are not of one sweep."""
        found = {self.groups.known.get(run.id, "") for run in self.selected()}
        return found.pop() if len(found) == 1 else ""

    def _show_buttons(self) -> None:
        runs, in_bin = self.selected(), self.bin_box.isChecked()
        self.buttons.show_for(runs, in_bin=in_bin, ready=self._ready, heading=self._heading())

    def select_run(self, run_id: str) -> None:
        """Select one run and bring it into view; the others are no longer selected."""
        self.table.clearSelection()
        self._select([run_id])
        rows = self.table.selectionModel().selectedRows()
        if rows:
            self.table.scrollTo(rows[0])

    def _keep_focus(self) -> None:
        """The keyboard stays on the list, whatever button was pressed and is gone or grey now."""
        if self.isVisible():
            (self.table if self.stack.currentWidget() is self.content else self.empty.action).setFocus()

    def _chosen_ids(self) -> list[str]:
        return [run.id for run in self.selected()]

    def _select(self, run_ids: list[str]) -> None:
        selection = self.table.selectionModel()
        flags = selection.SelectionFlag.Select | selection.SelectionFlag.Rows
        for number, record in enumerate(self.model.records):
            if record.id in run_ids:
                selection.select(self.order.mapFromSource(self.model.index(number, 0)), flags)

    def _selection_changed(self) -> None:
        runs = self.selected()
        in_bin = self.bin_box.isChecked()
        self._show_buttons()
        self.compare.setVisible(bool(runs) and not in_bin)
        if runs and not in_bin:
            self.compare.show_runs([run.id for run in runs])

    # What can be done with runs.

    def _try(self) -> None:
        if self.buttons.try_button.isEnabled():
            self.open_requested.emit(self.selected()[0].id)

    def _show_curves(self) -> None:
        self.show_requested.emit(self.selected()[0].id)

    def _resume(self) -> None:
        run = self.selected()[0]
        (self.continue_requested if self.buttons.continues else self.resume_requested).emit(run.id)

    def _open_folder(self) -> None:
        folder = self.selected()[0].folder
        if not show_folder(folder):
            self._say(tr("The folder {folder} cannot be shown here.", folder=folder))

    def _rename(self, run_id: str, name: str) -> None:
        self._do(lambda: self._studio.rename(run_id, name))

    def _delete(self) -> None:
        runs = self.selected()
        if not runs or not self.buttons.delete_button.isEnabled() or self.bin_box.isChecked():
            return
        ids = [run.id for run in runs]
        text = (
            tr("“{name}” was deleted.", name=runs[0].name)
            if len(runs) == 1
            else trn("{number} run was deleted.", "{number} runs were deleted.", len(runs))
        )

        left = list(ids)

        def undo() -> None:
            if left:
                self._restore(left[:])
                left.clear()

        def deleted() -> None:
            self._undo = undo
            self._say(text, undo)

        self._wants_focus = True
        self._keep_focus()
        self._do(lambda: [self._studio.delete(run) for run in ids], deleted)

    def _restore(self, run_ids: list[str]) -> None:
        self._undo = None
        self._wants_focus = True
        self._keep_focus()
        self._do(lambda: [self._studio.restore(run) for run in run_ids])

    def event(self, event: QEvent) -> bool:
        # Taken before the window's own Undo, which is about the settings; a text that is edited takes it earlier.
        if event.type() == QEvent.Type.ShortcutOverride and self._undoes(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._undoes(event):
            self._undo()
        else:
            super().keyPressEvent(event)

    def _undoes(self, event: QKeyEvent) -> bool:
        return self._undo is not None and event.matches(QKeySequence.StandardKey.Undo)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.follower.follow(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.follower.follow(False)

    def _do(self, work: Callable[[], Any], then: Callable[[], None] = lambda: None) -> None:
        """Do `work` off the window, then tell it and read the list again; also when it went wrong."""

        def done(_answer: Any) -> None:
            self.refresh()
            self.changed.emit()
            then()

        def failed(error: Exception) -> None:
            self.refresh()
            self._tell(error)

        submit(self, work, done, failed)

    def _tell(self, error: Exception) -> None:
        self._say(str(error))

    def _say(self, text: str, undo: Callable[[], None] | None = None) -> None:
        self.notified.emit(text, undo)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)
