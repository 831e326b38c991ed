"""The runs of one sweep: a parallel-coordinates plot over a table, and the best one's settings at one click."""

from __future__ import annotations

from typing import Any, NamedTuple

from PySide6.QtCore import QEvent, QItemSelection, QItemSelectionModel, Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QSplitter, QVBoxLayout, QWidget

from workbench.core.language import tr, trn
from workbench.core.plan import TrainingPlan
from workbench.core.wording import state_text
from workbench.gui import theme
from workbench.gui.background import Ticket, submit
from workbench.gui.panels.card import text_label
from workbench.gui.parallel import ParallelPlot, axis_title, value_text
from workbench.gui.tables import Cell, DataTable
from workbench.studio import SweepTable, sweep_table
from workbench.studio.sweeps import best_plan


class _Read(NamedTuple):
    records: dict[str, Any]
    plans: dict[str, TrainingPlan]
    table: SweepTable


def read_sweep(studio: Any, heading: str) -> _Read:
    """The runs under `heading`. Reads the plans of all runs: call it off the window."""
    records, plans = {}, {}
    for record in studio.runs():
        try:
            plan = studio.plan_of(record.id)
        except Exception:  # its folder is damaged or gone
            continue
        if plan.group == heading:
            records[record.id], plans[record.id] = record, plan
    return _Read(records, plans, sweep_table(list(records.values()), plans))


class SweepView(QDialog):
    """Not modal. `wanted(plan)` puts a plan into the settings, `run_wanted(run id)` shows a run in the list."""

    wanted = Signal(object)
    run_wanted = Signal(str)
    failed = Signal(str)

    def __init__(self, studio: Any, heading: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sweepView")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._studio, self.heading = studio, heading
        self._read = _Read({}, {}, SweepTable())
        self._ticket: Ticket | None = None
        self.title, self.plot = text_label("heading"), ParallelPlot()
        self.list = DataTable("sweepTable")
        self.use_button, self.show_button, self.close_button = QPushButton(), QPushButton(), QPushButton()
        self._build()
        self.retranslate()
        self.refresh()

    def refresh(self) -> None:
        """Read the runs again, in the background."""
        if self._ticket is not None:
            self._ticket.cancel()
        studio, heading = self._studio, self.heading
        self._ticket = submit(
            self, lambda: read_sweep(studio, heading), self._show, lambda error: self.failed.emit(str(error))
        )

    def retranslate(self) -> None:
        """Speak the language in force."""
        self.setWindowTitle(tr("Sweep “{heading}”", heading=self.heading))
        self.list.setAccessibleName(tr("The runs of the sweep, the best first"))
        self.show_button.setText(tr("Show in the list"))
        self.close_button.setText(tr("Close"))
        self._show(self._read)

    def _build(self) -> None:
        theme.set_role(self.use_button, "accent")
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(self.plot)
        splitter.addWidget(self.list)
        splitter.setSizes([320, 220])
        foot = QHBoxLayout()
        foot.addStretch()
        for button, name in (
            (self.close_button, "sweepViewClose"),
            (self.show_button, "sweepViewShow"),
            (self.use_button, "sweepViewUse"),
        ):
            button.setObjectName(name)
            foot.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme.MARGIN + theme.GAP] * 4)
        column.setSpacing(theme.GAP)
        column.addWidget(self.title)
        column.addWidget(splitter, 1)
        column.addLayout(foot)
        self.close_button.clicked.connect(self.close)
        self.use_button.clicked.connect(self._use)
        self.show_button.clicked.connect(lambda: self.run_wanted.emit(self._wanted_run()))
        self.plot.picked.connect(self._select)
        self.list.selectionModel().selectionChanged.connect(self._selected)
        self.resize(780, 620)

    def _show(self, read: _Read) -> None:
        self._read = read
        table = read.table
        self.title.setText(
            trn(
                "{number} run under the heading “{heading}”",
                "{number} runs under the heading “{heading}”",
                len(table.lines),
                heading=self.heading,
            )
        )
        self.plot.show_table(table)
        titles = [tr("Run"), *(axis_title(axis) for axis in table.axes), tr("State")]
        rows = []
        for place, line in enumerate(table.lines):
            cells = [
                Cell(value_text(axis, value), strong=place == 0 and axis.name == "score")
                for axis, value in zip(table.axes, line.values, strict=True)
            ]
            rows.append([Cell(line.name), *cells, Cell(state_text(read.records[line.run].state))])
        self.list.show_rows(titles, rows)
        self.list.resizeColumnsToContents()
        self._name_use()

    def _select(self, run: str) -> None:
        runs = [line.run for line in self._read.table.lines]
        model, flags = self.list.selectionModel(), QItemSelectionModel.SelectionFlag
        index = self.list.model().index(runs.index(run), 0)
        model.select(QItemSelection(index, index), flags.ClearAndSelect | flags.Rows)
        self.list.scrollTo(index)

    def _selected(self, *_ranges: Any) -> None:
        rows = self.list.selectionModel().selectedRows()
        run = self._read.table.lines[rows[0].row()].run if rows else ""
        if run != self.plot.chosen:
            self.plot.choose(run)
        self._name_use()

    def _wanted_run(self) -> str:
        """The run that is chosen, else the best one; "" without runs."""
        lines = self._read.table.lines
        best = next((line.run for line in lines if line.score is not None), "")
        return self.plot.chosen or best

    def _name_use(self) -> None:
        run = self._wanted_run()
        chosen = self._read.records.get(self.plot.chosen)
        best = chosen is None or chosen.id == self._read.table.lines[0].run
        self.use_button.setText(tr("Use the best") if best else tr("Use “{name}”", name=chosen.name))
        self.use_button.setToolTip(tr("Put the settings of this run into the settings on the left. It can be undone."))
        self.use_button.setEnabled(bool(run))
        self.show_button.setEnabled(bool(run))

    def _use(self) -> None:
        plan = self._read.plans.get(self._wanted_run())
        if plan is not None:
            self.wanted.emit(best_plan(plan))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)
