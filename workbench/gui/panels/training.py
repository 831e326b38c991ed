"""The Training tab: two live plots, the measures below them, and how it ended."""

from __future__ import annotations

import math
from itertools import groupby
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.events import Evaluated, Event, Notice, PhaseChanged, RunFinished, RunStarted, StepDone
from workbench.core.language import tr
from workbench.core.wording import phase_text
from workbench.gui import theme
from workbench.gui.background import Ticket, submit
from workbench.gui.changes import changes_text
from workbench.gui.empty import EmptyState
from workbench.gui.folders import show_folder
from workbench.gui.hints import HintBar
from workbench.gui.labels import ElidedLabel, plain_label
from workbench.gui.notices import NoticeList
from workbench.gui.outcome import OutcomeCard
from workbench.gui.panels.recovery import RecoveryCard
from workbench.gui.past import Past, read_past
from workbench.gui.run_report import MeasuresReport
from workbench.gui.training_plots import LossPlot, MetricPlot

_GROWTH = 1.3


class TrainingPanel(QWidget):
    """`begin` a run and `take` its events as they come, or `show_run` one of the past."""

    try_requested = Signal(str)
    sample_requested = Signal()
    notified = Signal(str)
    shown = Signal(object)  # the Past that is shown now
    again_requested = Signal(object, object)  # the plan of a run, and {field: value} to change in it

    def __init__(self, studio: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trainingPanel")
        self._studio = studio
        self.run_id = ""
        self._name = self._folder = ""
        self._phase: PhaseChanged | None = None
        self._plan: Any = None
        self._started: RunStarted | None = None
        self._live = False
        self._ticket: Ticket | None = None
        self.empty, self.waiting = EmptyState("trainingEmpty"), EmptyState("trainingWaiting")
        self.loss_plot, self.metric_plot = LossPlot(), MetricPlot()
        self.report, self.outcome, self.notices = MeasuresReport(), OutcomeCard(), NoticeList()
        self.hints = HintBar()
        self.name_label, self.start_label = plain_label(), ElidedLabel()
        self.stack, self.recovery = QStackedWidget(), RecoveryCard(studio)
        self._build()
        self.retranslate()

    # What others call.

    def begin(self, run: Any, past: Past | None = None) -> None:
        """A run has been started, or goes on after what it did in the `past`."""
        self._begin(run, past)
        self._live = True

    def _begin(self, run: Any, past: Past | None) -> None:
        if past is None:
            self._clear(run.id, run.name, str(run.folder))
            self._phase = PhaseChanged(phase="importing")
            self.stack.setCurrentWidget(self.waiting)
        elif self.run_id != run.id or self.stack.currentWidget() is not self.content:
            self._show_past(past)
        self._cancel()
        self._name, self._plan = run.name, run.plan
        self.outcome.clear()
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
                    if isinstance(event, RunStarted):
                        self._forget_after(event.first_step)
                    self._take_one(event)
        if self.stack.currentWidget() is self.waiting:
            self._show_waiting()
        elif events:
            self._refresh_plots()

    def show_run(self, run_id: str) -> None:
        """Show a run of the past; it is read in the background. `shown` tells when it is there."""
        self._cancel()
        self._ticket = submit(self, lambda: read_past(self._studio, run_id), self._show_past, self._tell)

    def show_latest(self) -> None:
        """Show the latest run that made a step, if there is one; it is read in the background."""
        studio = self._studio

        def read() -> Past | None:
            runs = (run for run in studio.runs() if run.steps and run.state != "running")
            latest = next(runs, None)
            return read_past(studio, latest.id) if latest is not None else None

        def done(past: Past | None) -> None:
            if past is not None and not self.run_id:
                self._show_past(past)

        self._cancel()
        self._ticket = submit(self, read, done, lambda _error: None)

    def forget(self) -> None:
        """Show no run: the one that was shown is gone."""
        self._clear("", "", "")
        self._phase = None
        self.stack.setCurrentWidget(self.empty)
        self.retranslate()

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
        layout.addWidget(self.hints)
        layout.addWidget(self.splitter, 1)
        for page in (self.empty, self.waiting, self.content):
            self.stack.addWidget(page)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.recovery)
        outer.addWidget(self.stack, 1)
        self.report.clear()
        self.empty.acted.connect(self.sample_requested)
        self.outcome.try_requested.connect(lambda: self.try_requested.emit(self.run_id))
        self.outcome.folder_requested.connect(self._open_folder)
        self.outcome.proposal_taken.connect(lambda changes: self.again_requested.emit(self._plan, changes))

    def _clear(self, run_id: str, name: str, folder: str) -> None:
        self._cancel()
        self.run_id, self._name, self._folder = run_id, name, folder
        for part in (self.loss_plot, self.metric_plot, self.report, self.outcome, self.notices):
            part.clear()
        self._started = self._plan = None
        self._live = False

    def _cancel(self) -> None:
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None

    def _forget_after(self, step: int) -> None:
        """A run that is resumed makes the steps after its checkpoint again: they must not stand there twice."""
        self.loss_plot.forget_after(step)
        self.metric_plot.forget_after(step)
        self.report.forget_after(step)
        if self.report.best is not None:
            self.loss_plot.mark_best(self.report.best.step)
            self.metric_plot.mark_best(self.report.best.step)

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
            self._show_end(event)

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

    def _show_end(self, event: RunFinished) -> None:
        self._live = False
        if event.outcome == "paused":
            self.outcome.clear()  # the strip says so, and offers to go on
            return
        self.outcome.show_end(event, self._proposal_text(event) if event.outcome == "failed" else "")
        self._show_content()

    def _proposal_text(self, event: RunFinished) -> str:
        return changes_text(self._studio, self._plan, event.proposal) if self._plan is not None else ""

    def _show_past(self, past: Past) -> None:
        self._clear(past.record.id, past.record.name, past.record.folder)
        self._plan = past.plan
        self.loss_plot.add_steps(past.curves.steps, past.curves.losses)
        self._show_content()
        for event in past.events:
            if not isinstance(event, RunFinished):
                self._take_one(event)
        if past.end is not None:
            self._show_end(past.end)
        self._refresh_plots()
        self.retranslate()
        self.shown.emit(past)

    def _tell(self, error: Exception) -> None:
        self.notified.emit(str(error) if isinstance(error, WorkbenchError) else tr("The run cannot be shown."))

    def _refresh_plots(self) -> None:
        self.loss_plot.horizon = self.metric_plot.horizon = self._horizon()
        self.loss_plot.refresh()
        self.metric_plot.refresh()

    def _horizon(self) -> float:
        """The step up to which the plots reach. While a run goes on they are widened now and then, not at every tick:
        another scale means painting everything anew, and the window would be late for it.
        """
        steps = self.loss_plot.curves["raw"].track.x
        last = float(steps[-1]) if len(steps) else 0.0
        if not self._live or last < 2 or self._started is None:
            return last
        roomy = _GROWTH ** math.ceil(math.log(last, _GROWTH))
        return max(last, min(roomy, float(self._started.steps)))

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
