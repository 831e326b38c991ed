"""The Training tab: two live plots, the measures below them, and how it ended."""

from __future__ import annotations

from itertools import groupby
from typing import Any, NamedTuple

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from workbench.core.events import Evaluated, Event, Notice, PhaseChanged, RunFinished, RunStarted, StepDone
from workbench.core.language import tr
from workbench.core.wording import phase_text
from workbench.gui import theme
from workbench.gui.background import Ticket, submit
from workbench.gui.empty import EmptyState
from workbench.gui.folders import show_folder
from workbench.gui.labels import ElidedLabel, plain_label
from workbench.gui.run_report import MeasuresReport, NoticeList, OutcomeCard
from workbench.gui.training_plots import LossPlot, MetricPlot


class _Past(NamedTuple):
    """A run of the past: its record, its steps as curves, and its other events."""

    record: Any
    curves: Any
    events: list[Event]


class TrainingPanel(QWidget):
    """`begin` a run and `take` its events as they come, or `show_run` one of the past."""

    try_requested = Signal(str)
    sample_requested = Signal()
    notified = Signal(str)

    def __init__(self, studio: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trainingPanel")
        self._studio = studio
        self.run_id = ""
        self._name = self._folder = ""
        self._phase: PhaseChanged | None = None
        self._started: RunStarted | None = None
        self._ticket: Ticket | None = None
        self.empty, self.waiting = EmptyState("trainingEmpty"), EmptyState("trainingWaiting")
        self.loss_plot, self.metric_plot = LossPlot(), MetricPlot()
        self.report, self.outcome, self.notices = MeasuresReport(), OutcomeCard(), NoticeList()
        self.name_label, self.start_label = plain_label(), ElidedLabel()
        self.stack = QStackedWidget()
        self._build()
        self.retranslate()

    # What others call.

    def begin(self, run: Any) -> None:
        """A run has been started: its id, name and folder are known, nothing else."""
        self._clear(run.id, run.name, str(run.folder))
        self._phase = PhaseChanged(phase="importing")
        self.stack.setCurrentWidget(self.waiting)
        self.retranslate()

    def take(self, events: list[Event]) -> None:
        """The events of one tick, in their order; the plots are painted once."""
        for kind, run in groupby(events, type):
            if kind is StepDone:
                steps = list(run)
                self.loss_plot.add_steps([e.step for e in steps], [e.loss for e in steps])
                self._show_content()
            else:
                for event in run:
                    self._take_one(event)
        if self.stack.currentWidget() is self.waiting:
            self._show_waiting()
        elif events:
            self._refresh_plots()

    def show_run(self, run_id: str) -> None:
        """Show a run of the past; it is read in the background."""
        if self._ticket is not None:
            self._ticket.cancel()

        def read() -> _Past:
            studio = self._studio
            return _Past(studio.run(run_id), studio.curves(run_id), studio.events(run_id))

        self._ticket = submit(self, read, self._show_past, lambda error: self.notified.emit(str(error)))

    def retranslate(self) -> None:
        """Speak the language in force."""
        self.empty.set_words(
            tr("Nothing is being trained"),
            tr("Choose a model, drop a CSV file, press Train. Here you will watch the loss fall, live."),
            tr("Try it with a sample"),
        )
        self.name_label.setText(self._name)
        self.start_label.setText(_start_text(self._started) if self._started is not None else "")
        self.start_label.setToolTip(self.start_label.text())
        self._show_waiting()

    # Inside.

    def _build(self) -> None:
        theme.set_role(self.name_label, "heading")
        theme.set_role(self.start_label, "muted")
        head = QHBoxLayout()
        head.addWidget(self.name_label)
        head.addWidget(self.start_label, 1)
        plots = QSplitter(Qt.Orientation.Horizontal)
        plots.setObjectName("plotSplitter")
        plots.addWidget(self.loss_plot)
        plots.addWidget(self.metric_plot)
        plots.setSizes([600, 400])
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setObjectName("trainingSplitter")
        self.splitter.addWidget(plots)
        self.splitter.addWidget(self.report)
        self.splitter.setSizes([340, 260])
        for splitter in (plots, self.splitter):
            splitter.setChildrenCollapsible(False)
        self.content = QWidget()
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(*[theme.PAD] * 4)
        layout.setSpacing(theme.GAP)
        layout.addLayout(head)
        layout.addWidget(self.outcome)
        layout.addWidget(self.notices)
        layout.addWidget(self.splitter, 1)
        for page in (self.empty, self.waiting, self.content):
            self.stack.addWidget(page)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.stack)
        self.report.clear()
        self.empty.acted.connect(self.sample_requested)
        self.outcome.try_requested.connect(lambda: self.try_requested.emit(self.run_id))
        self.outcome.folder_requested.connect(self._open_folder)

    def _clear(self, run_id: str, name: str, folder: str) -> None:
        if self._ticket is not None:
            self._ticket.cancel()
        self.run_id, self._name, self._folder = run_id, name, folder
        for part in (self.loss_plot, self.metric_plot, self.report, self.outcome, self.notices):
            part.clear()
        self._started = None

    def _take_one(self, event: Event) -> None:
        if isinstance(event, PhaseChanged):
            self._phase = event
        elif isinstance(event, RunStarted):
            self._set_headline(event.headline)
            self._started = event
            self.retranslate()
        elif isinstance(event, Evaluated):
            self._take_evaluation(event)
            self._show_content()
        elif isinstance(event, Notice):
            self.notices.take(event)
        elif isinstance(event, RunFinished):
            self.outcome.show_end(event)
            self._show_content()

    def _take_evaluation(self, event: Evaluated) -> None:
        if event.part == "validation":
            self.loss_plot.add_validation(event.step, event.loss, best=event.best)
            self.metric_plot.add_evaluation(event)
        self.report.take(event, self._smoothed_at(event.step))

    def _smoothed_at(self, step: int) -> float:
        track = self.loss_plot.curves["smoothed"].track
        number = track.at(step)
        return float(track.y[number]) if number is not None and track.x[number] == step else float("nan")

    def _set_headline(self, name: str) -> None:
        self.metric_plot.set_metric(name)
        self.report.set_headline(name)

    def _show_past(self, past: _Past) -> None:
        self._clear(past.record.id, past.record.name, past.record.folder)
        self.loss_plot.add_steps(past.curves.steps, past.curves.losses)
        self._show_content()
        for event in past.events:
            self._take_one(event)
        self._refresh_plots()
        self.retranslate()

    def _refresh_plots(self) -> None:
        self.loss_plot.refresh()
        steps = self.loss_plot.curves["raw"].track.x
        self.metric_plot.horizon = float(steps[-1]) if len(steps) else 0.0
        self.metric_plot.refresh()

    def _show_content(self) -> None:
        if self.stack.currentWidget() is not self.content:
            self.stack.setCurrentWidget(self.content)

    def _show_waiting(self) -> None:
        if self._phase is not None:
            self.waiting.set_words(
                phase_text(self._phase),
                tr("The curves of “{name}” begin with the first step.", name=self._name),
            )

    def _open_folder(self) -> None:
        if not show_folder(self._folder):
            self.notified.emit(tr("The folder {folder} cannot be shown here.", folder=self._folder))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)


def _start_text(event: RunStarted) -> str:
    return tr(
        "{train} rows to learn from, {validation} to judge by, {steps} steps on {device}, {precision}",
        train=event.train_rows,
        validation=event.validation_rows,
        steps=event.steps,
        device=event.device,
        precision=event.precision,
    )
