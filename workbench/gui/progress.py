"""The progress strip: what the run is doing, how far it is, how long it takes; and what can be done with it.

Stands under every tab. Pause, Stop and keep, Discard while a run goes; Resume, Keep the model, Discard when it rests.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from workbench.core.events import Event, PhaseChanged, RunFinished, RunStarted, StepDone
from workbench.core.forecasts import Forecast
from workbench.core.language import tr
from workbench.core.wording import outcome_text, phase_text
from workbench.gui import theme
from workbench.gui.announcing import announce
from workbench.gui.labels import ElidedLabel, plain_label
from workbench.gui.pace import Pace, share_trained
from workbench.gui.resting import Rest, rest_text
from workbench.gui.wording import duration_text, loss_text

_TICKS = 1000  # of the bar
_QUARTERS = (25, 50, 75)
_ROLES = {"completed": "success", "early_stopped": "success", "stopped": "warning", "failed": "danger"}
_WISHES = ("pausing", "stopping", "discarding")  # each may still give way to those after it


class ProgressStrip(QFrame):
    """`begin` with the run's name, `take` its events, or `show_rest` one that rests. Signals tell what is wanted."""

    pause_requested = Signal()
    stop_requested = Signal()
    discard_requested = Signal()
    resume_requested = Signal()
    keep_requested = Signal()

    def __init__(self, parent: QWidget | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(parent)
        self.setObjectName("progressStrip")
        self.pace = Pace()
        self._clock = clock
        self._name = ""
        self._phase: PhaseChanged | None = None
        self._end: RunFinished | None = None
        self._rest: Rest | None = None
        self._wish = ""
        self._quarters: list[int] = []
        self._build()
        self._beat = QTimer(self)
        self._beat.setInterval(1000)
        self._beat.timeout.connect(self._show_times)
        self.reset()

    # What others call.

    def begin(self, name: str, *, step: int = 0, steps: int = 0, forecast: Forecast | None = None) -> None:
        """A run called `name` has been started, for which there is a `forecast`, or goes on after `step` of `steps`."""
        self.reset()
        self._name = name
        self.pace = Pace(share_trained(step, steps), forecast)
        self.setVisible(True)
        self._beat.start()
        self._skip_quarters()
        self.retranslate()
        heard = tr("Training of “{name}” goes on.", name=name) if step else ""
        announce(self, heard or tr("Training of “{name}” has started.", name=name))

    def take(self, events: list[Event]) -> None:
        """Take the events of one tick."""
        now = self._clock()
        for event in events:
            self.pace.take(event, now)
            if isinstance(event, PhaseChanged):
                self._phase = event
            elif isinstance(event, StepDone) and (self._phase is None or self._phase.phase != "evaluating"):
                self._phase = PhaseChanged(phase="training")
            elif isinstance(event, RunStarted) and event.first_step:
                self._skip_quarters()
            elif isinstance(event, RunFinished):
                self._finish(event)
        if events:
            self.retranslate()
            self._announce_quarters()

    def reset(self) -> None:
        """As before the first run: hidden."""
        self._beat.stop()
        self.pace = Pace()
        self._phase = self._end = self._rest = None
        self._wish = ""
        self._quarters = list(_QUARTERS)
        self.bar.setValue(0)
        theme.set_role(self.bar, "")
        self.setVisible(False)
        self._show_verbs()

    def show_rest(self, name: str, rest: Rest) -> None:
        """Show a run of the past that can be resumed."""
        self.reset()
        self._name, self._rest = name, rest
        self.pace = Pace(share_trained(rest.step, rest.steps))
        theme.set_role(self.bar, "rest")
        self.setVisible(True)
        self.retranslate()

    def show_state(self, state: str) -> None:
        """What is wanted of the run, here or elsewhere: "pausing", "stopping", "discarding"; others take that back."""
        wish = state if state in _WISHES else ""
        if wish != self._wish:
            self._wish = wish
            self.retranslate()

    @property
    def percent(self) -> int:
        """How far the run is or came, 0 to 100; 100 only if it ended by itself."""
        return math.floor(100 * self.pace.fraction)

    @property
    def waits(self) -> bool:
        """Whether the training waits for room on the disk."""
        return self._end is None and self._phase is not None and self._phase.phase == "waiting"

    def retranslate(self) -> None:
        """Speak the language in force."""
        self._name_verbs()
        self._show_verbs()
        self.bar.setAccessibleName(tr("Progress of the training"))
        full = self._end is not None and self.pace.finished and self.pace.fraction == 1.0
        self.bar.setValue(min(math.floor(_TICKS * self.pace.fraction), _TICKS if full else _TICKS - 1))
        self.bar.setAccessibleDescription(tr("{percent} %", percent=self.percent))
        theme.set_role(self, "warning" if self.waits else "")
        self.doing.setText(self._doing_text())
        self.doing.setToolTip(self.doing.text())
        self._show_times()

    # Building.

    def _build(self) -> None:
        self.bar = QProgressBar()
        self.bar.setRange(0, _TICKS)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(theme.GAP)
        self.bar.setObjectName("progressBar")
        self.doing, self.numbers, self.left = ElidedLabel(), ElidedLabel(), plain_label()
        self.doing.setObjectName("progressDoing")
        self.numbers.setObjectName("progressNumbers")
        for label in (self.numbers, self.left):
            theme.set_role(label, "muted")
        first, words, row = QHBoxLayout(), QVBoxLayout(), QHBoxLayout()
        first.setSpacing(theme.PAD)
        first.addWidget(self.doing, 1)
        first.addWidget(self.left)
        words.setSpacing(0)
        words.addLayout(first)
        words.addWidget(self.numbers)
        row.setSpacing(theme.MARGIN)
        row.addLayout(words, 1)
        row.addLayout(self._build_verbs())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.PAD, theme.SPACE, theme.PAD, theme.SPACE)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self.bar)
        layout.addLayout(row)

    def _build_verbs(self) -> QHBoxLayout:
        verbs = QHBoxLayout()
        verbs.setSpacing(theme.GAP)
        self.resume_button, self.pause_button, self.stop_button = QPushButton(), QPushButton(), QPushButton()
        self.keep_button, self.discard_button = QPushButton(), QPushButton()
        theme.set_role(self.resume_button, "accent")
        for name, button, press in (
            ("progressResume", self.resume_button, self.resume_requested.emit),
            ("progressPause", self.pause_button, lambda: self._ask("pausing", self.pause_requested.emit)),
            ("progressStop", self.stop_button, lambda: self._ask("stopping", self.stop_requested.emit)),
            ("progressKeep", self.keep_button, self.keep_requested.emit),
            ("progressDiscard", self.discard_button, lambda: self._ask("discarding", self.discard_requested.emit)),
        ):
            button.setObjectName(name)
            button.clicked.connect(lambda _checked=False, press=press: press())
            verbs.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        return verbs

    # Verbs.

    def _ask(self, wish: str, tell: Callable[[], None]) -> None:
        self.show_state(wish)
        tell()

    def _show_verbs(self) -> None:
        going = self._end is None and self._rest is None
        rests = self._rest is not None
        rank = _WISHES.index(self._wish) if self._wish else -1
        for place, button in enumerate((self.pause_button, self.stop_button, self.discard_button)):
            button.setVisible(going or (rests and button is self.discard_button))
            useless = button is self.pause_button and self.waits  # there is no room for what a pause keeps
            button.setEnabled(not self.isHidden() and place > rank and not useless and not (rests and self._wish))
        for button in (self.resume_button, self.keep_button):
            button.setVisible(rests)
            button.setEnabled(rests and not self._wish)
        self.keep_button.setVisible(rests and self._rest is not None and self._rest.has_model)

    def _name_verbs(self) -> None:
        wish = self._wish
        self.resume_button.setText(tr("Resume"))
        self.resume_button.setToolTip(tr("Go on with this run exactly where it rests. (Ctrl+Shift+P)"))
        self.pause_button.setText(tr("Pausing…") if wish == "pausing" else tr("Pause"))
        self.pause_button.setToolTip(tr("Rest after this step, and go on later exactly there. (Ctrl+P)"))
        self.stop_button.setText(tr("Stopping…") if wish == "stopping" and not self._rest else tr("Stop and keep"))
        self.stop_button.setToolTip(tr("Stop after this step. The best model so far is kept. (Ctrl+.)"))
        self.keep_button.setText(tr("Keep the model"))
        self.keep_button.setToolTip(tr("Do not go on with this run; its best model so far is kept."))
        self.discard_button.setText(tr("Discarding…") if wish == "discarding" else tr("Discard"))
        self.discard_button.setToolTip(tr("Move this run to the bin. It can be restored for 30 days."))

    def _finish(self, event: RunFinished) -> None:
        self._end = event
        theme.set_role(self.bar, _ROLES.get(event.outcome, "rest"))
        self._beat.stop()
        if event.outcome == "paused" and self._wish != "discarding":
            started = self.pace.started
            self._rest = Rest(event.steps, started.steps if started is not None else 0, bool(event.best_step))
            self._wish = ""
        heard = self._doing_text() if self._rest is not None else outcome_text(event)
        announce(self, heard, urgent=event.outcome == "failed")

    # Words.

    def _doing_text(self) -> str:
        if self._wish == "discarding":
            return tr("This run is being discarded.") if self._rest else tr("Discarding after this step.")
        if self._rest is not None:
            return rest_text(self._rest)
        if self._end is not None:
            return outcome_text(self._end).split("\n")[0]
        if self._wish == "pausing":
            return tr("Pausing after this step…")
        if self._wish == "stopping":
            return tr("Stopping after this step. What was learned is kept.")
        if self.waits:
            return tr("The disk is full. Training waits for room and goes on by itself; nothing is lost.")
        return phase_text(self._phase) if self._phase is not None else tr("Starting")

    def _number_texts(self, now: float) -> list[str]:
        started, step, texts = self.pace.started, self.pace.step, []
        if started is not None and step is not None and self._end is None:
            epochs = started.plan.epochs
            texts = [
                tr("epoch {epoch}/{epochs}", epoch=min(epochs, max(1, math.ceil(step.epoch))), epochs=epochs),
                tr("step {step}/{steps}", step=step.step, steps=started.steps),
                tr("loss {loss}", loss=loss_text(step.loss)),
            ]
            rate = self.pace.rows_per_second()
            if rate is not None:
                texts.append(tr("{rate} rows/s", rate=f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}"))
        return [*texts, tr("{time} elapsed", time=duration_text(self.pace.elapsed(now)))]

    def _show_times(self) -> None:
        now = self._clock()
        texts = [self._name] if self._rest is not None else self._number_texts(now)
        self.numbers.setText("    ".join(texts))
        self.numbers.setToolTip("\n".join(texts))
        left = self.pace.left(now) if self._end is None and not self.waits else None
        self.left.setVisible(left is not None)
        if left is not None:
            self.left.setText(tr("{time} left", time=duration_text(left)))

    def _skip_quarters(self) -> None:
        """What was done before is not announced again."""
        self._quarters = [quarter for quarter in self._quarters if quarter > self.percent]

    def _announce_quarters(self) -> None:
        while self._quarters and self.percent >= self._quarters[0] and self._end is None:
            quarter = self._quarters.pop(0)
            if not self._quarters or self.percent < self._quarters[0]:
                announce(self, tr("{percent} % of the training is done.", percent=quarter))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)
