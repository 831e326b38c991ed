"""The progress strip: what the run is doing, how far it is, how long it takes, and Stop. Stands under every tab."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from workbench.core.events import Event, PhaseChanged, RunFinished, StepDone
from workbench.core.language import tr
from workbench.core.wording import outcome_text, phase_text
from workbench.gui import theme
from workbench.gui.announcing import announce
from workbench.gui.labels import ElidedLabel, plain_label
from workbench.gui.pace import Pace
from workbench.gui.wording import duration_text, loss_text

_TICKS = 1000  # of the bar
_QUARTERS = (25, 50, 75)
_ROLES = {"completed": "success", "early_stopped": "success", "stopped": "warning", "failed": "danger"}


class ProgressStrip(QFrame):
    """`begin` with the run's name, `take` its events; `stop_requested` when the user wants the end."""

    stop_requested = Signal()

    def __init__(self, parent: QWidget | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(parent)
        self.setObjectName("progressStrip")
        self.pace = Pace()
        self._clock = clock
        self._name = ""
        self._phase: PhaseChanged | None = None
        self._end: RunFinished | None = None
        self._stopping = False
        self._quarters: list[int] = []
        self._build()
        self._beat = QTimer(self)
        self._beat.setInterval(1000)
        self._beat.timeout.connect(self._show_times)
        self.reset()

    def begin(self, name: str) -> None:
        """A run called `name` has been started."""
        self.reset()
        self._name = name
        self.stop_button.setEnabled(True)
        self.stop_button.setVisible(True)
        self.setVisible(True)
        self._beat.start()
        self.retranslate()
        announce(self, tr("Training of “{name}” has started.", name=name))

    def take(self, events: list[Event]) -> None:
        """Take the events of one tick."""
        now = self._clock()
        for event in events:
            self.pace.take(event, now)
            if isinstance(event, PhaseChanged):
                self._phase = event
            elif isinstance(event, StepDone) and (self._phase is None or self._phase.phase != "evaluating"):
                self._phase = PhaseChanged(phase="training")
            elif isinstance(event, RunFinished):
                self._finish(event)
        if events:
            self.retranslate()
            self._announce_quarters()

    def reset(self) -> None:
        """As before the first run: hidden."""
        self._beat.stop()
        self.pace = Pace()
        self._phase = self._end = None
        self._stopping = False
        self._quarters = list(_QUARTERS)
        self.bar.setValue(0)
        theme.set_role(self.bar, "")
        self.stop_button.setEnabled(False)
        self.setVisible(False)

    def show_stopping(self) -> None:
        """The end was asked for, here or elsewhere; it comes after the step that is being made."""
        self._stopping = True
        self.stop_button.setEnabled(False)
        self.retranslate()

    @property
    def percent(self) -> int:
        """How far the run is or came, 0 to 100; 100 only if it ended by itself."""
        return math.floor(100 * self.pace.fraction)

    def retranslate(self) -> None:
        """Speak the language in force."""
        self.stop_button.setText(tr("Stopping") if self._stopping and self._end is None else tr("Stop"))
        self.stop_button.setToolTip(tr("Stop after this step. The best model so far is kept."))
        self.stop_button.setAccessibleName(tr("Stop the training"))
        self.bar.setAccessibleName(tr("Progress of the training"))
        self.bar.setValue(min(math.floor(_TICKS * self.pace.fraction), _TICKS if self.pace.finished else _TICKS - 1))
        self.bar.setAccessibleDescription(tr("{percent} %", percent=self.percent))
        self.doing.setText(self._doing_text())
        self.doing.setToolTip(self.doing.text())
        self._show_numbers()
        self._show_times()

    # Inside.

    def _build(self) -> None:
        self.bar, self.stop_button = QProgressBar(), QPushButton()
        self.bar.setRange(0, _TICKS)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(theme.GAP)
        self.bar.setObjectName("progressBar")
        self.stop_button.setObjectName("progressStop")
        self.stop_button.clicked.connect(self._ask_to_stop)
        self.doing = ElidedLabel()
        self.epoch, self.step, self.loss, self.speed, self.elapsed, self.left = (plain_label() for _ in range(6))
        self.doing.setObjectName("progressDoing")
        row = QHBoxLayout()
        row.setSpacing(theme.MARGIN)
        row.addWidget(self.doing, 1)
        for label in (self.epoch, self.step, self.loss, self.speed, self.elapsed, self.left):
            theme.set_role(label, "small")
            row.addWidget(label)
        row.addWidget(self.stop_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.PAD, theme.SPACE, theme.PAD, theme.SPACE)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self.bar)
        layout.addLayout(row)

    def _ask_to_stop(self) -> None:
        self.show_stopping()
        self.stop_requested.emit()

    def _finish(self, event: RunFinished) -> None:
        self._end = event
        theme.set_role(self.bar, _ROLES[event.outcome])
        self._beat.stop()
        self.stop_button.setVisible(False)
        announce(self, outcome_text(event), urgent=event.outcome == "failed")

    def _doing_text(self) -> str:
        if self._end is not None:
            return outcome_text(self._end).split("\n")[0]
        if self._stopping:
            return tr("Stopping after this step. What was learned is kept.")
        return phase_text(self._phase) if self._phase is not None else tr("Starting")

    def _show_numbers(self) -> None:
        started, step = self.pace.started, self.pace.step
        if started is not None and step is not None:
            epochs = started.plan.epochs
            now = min(epochs, max(1, math.ceil(step.epoch)))
            self.epoch.setText(tr("epoch {epoch}/{epochs}", epoch=now, epochs=epochs))
            self.step.setText(tr("step {step}/{steps}", step=step.step, steps=started.steps))
            self.loss.setText(tr("loss {loss}", loss=loss_text(step.loss)))
        rate = self.pace.rows_per_second()
        if rate is not None:
            self.speed.setText(tr("{rate} rows/s", rate=f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}"))
        for label in (self.epoch, self.step, self.loss, self.speed):
            label.setVisible(step is not None and self._end is None)

    def _show_times(self) -> None:
        now = self._clock()
        self.elapsed.setText(tr("{time} elapsed", time=duration_text(self.pace.elapsed(now))))
        left = self.pace.left(now)
        self.left.setVisible(left is not None)
        if left is not None:
            self.left.setText(tr("{time} left", time=duration_text(left)))

    def _announce_quarters(self) -> None:
        while self._quarters and self.percent >= self._quarters[0] and self._end is None:
            quarter = self._quarters.pop(0)
            if not self._quarters or self.percent < self._quarters[0]:
                announce(self, tr("{percent} % of the training is done.", percent=quarter))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)
