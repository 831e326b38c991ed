"""What the parts of the window do as a run begins, goes on, rests and ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog

from workbench.core.events import RunFinished
from workbench.core.language import tr
from workbench.core.options import Scalar
from workbench.core.plan import TrainingPlan
from workbench.gui.awake import Awake
from workbench.gui.background import submit
from workbench.gui.continuing import ContinueDialog
from workbench.gui.past import Past
from workbench.gui.resting import Rest
from workbench.gui.training_session import Held

if TYPE_CHECKING:
    from workbench.gui.main_window import MainWindow

_RESTING = ("paused", "interrupted")
_GOING = ("starting", "running", "pausing", "stopping", "discarding")


class Running(QObject):
    """Connects the training with the strip, the pages, the menu and the window's title."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._session = window, window.session
        self._training, self._strip = window.session.training, window.progress
        self.awake = Awake()
        self._connect()

    def _connect(self) -> None:
        window, training, strip = self._window, self._training, self._strip
        training.begun.connect(self._begin)
        training.events.connect(self._take)
        training.ended.connect(self._end)
        training.discarded.connect(self._discarded)
        training.kept.connect(self._kept)
        training.state_changed.connect(self.show_state)
        strip.pause_requested.connect(training.pause)
        strip.stop_requested.connect(training.stop)
        strip.discard_requested.connect(training.discard)
        strip.keep_requested.connect(training.keep)
        strip.resume_requested.connect(self.resume)
        window.training.shown.connect(self._shown)
        window.training.again_requested.connect(self._session.train_anew)
        window.runs.resume_requested.connect(self.resume_run)
        window.runs.continue_requested.connect(self.ask_to_continue)
        window.runs.changed.connect(self._look_again)
        recovery = window.training.recovery
        recovery.resume_requested.connect(self.resume_run)
        recovery.anew_requested.connect(self._session.train_anew)
        recovery.notified.connect(window.messages.notify)
        recovery.found.connect(self._leave_to_card)
        recovery.changed.connect(window.runs.refresh)
        recovery.changed.connect(window.inference.refresh)

    # What others call.

    def first_look(self) -> None:
        """Show what was there before: the latest run, and those that broke off."""
        self._window.training.show_latest()
        self._window.training.recovery.look()

    def resume(self) -> None:
        """Go on with the run that rests."""
        if self._training.state == "paused" and self._training.held is not None:
            self.resume_run(self._training.held.id)

    def resume_run(self, run_id: str, changes: Mapping[str, Scalar] | None = None) -> None:
        """Go on with a run that was paused or interrupted, or with `changes` after it ended."""
        if not self._training.resume(run_id, changes):
            self._window.messages.notify(tr("One run at a time: pause or stop the one that is going first."))

    def ask_to_continue(self, run_id: str) -> None:
        """Ask with what a run that ended goes on."""
        studio = self._window.studio

        def look() -> tuple[Any, TrainingPlan, Any]:
            return studio.run(run_id), studio.plan_of(run_id), studio.resumable(run_id)

        def ask(answer: tuple[Any, TrainingPlan, Any]) -> None:
            record, plan, resumable = answer
            if resumable is None:
                self._window.messages.notify(tr("“{name}” kept nothing to go on from. Train anew.", name=record.name))
            elif self._window.findChild(QDialog, "continueDialog") is None:
                dialog = ContinueDialog(studio, record.name, plan, resumable, self._window)
                dialog.chosen.connect(lambda changes: self.resume_run(run_id, changes))
                dialog.finished.connect(dialog.deleteLater)
                dialog.open()

        submit(self, look, ask, self._refuse)

    def show_state(self, state: str = "") -> None:
        """Show what can be done now: in the menu, the strip and the title."""
        state = state or self._training.state
        going, ready = state in ("starting", "running"), self._training.ready
        enabled = {
            "train": ready and not self._session.obstacle,
            "sweep": ready and not self._session.obstacle,
            "pause": going and not self._strip.waits,
            "resume": state == "paused",
            "stop": going or state == "pausing",
            "discard": going or state in ("pausing", "stopping", "paused"),
        }
        for name, on in enabled.items():
            self._window.actions_.by_name[name].setEnabled(on)
        self._strip.show_state(state)
        self._window.training.recovery.set_ready(ready)
        self._window.runs.set_ready(ready)
        self._stay_awake(state in _GOING)
        self.show_title()

    def show_title(self) -> None:
        """How far the run is, for the task bar."""
        run = self._training.bridge.run
        if run is None:
            self._window.setWindowTitle("Model Workbench")
        else:
            self._window.setWindowTitle(f"{self._strip.percent} % - {run.name} - Model Workbench")

    def rest(self) -> None:
        """The window closes."""
        self.awake.release()

    # The life of a run.

    def _begin(self, run: Any, past: Past | None) -> None:
        window = self._window
        for key in ("train", "outcome", "delete"):
            window.messages.clear(key)
        window.training.recovery.drop(run.id)
        window.training.begin(run, past)
        if past is None:
            self._strip.begin(run.name, forecast=window.start_bar.forecasting.forecast)
        else:
            self._strip.begin(run.name, step=past.steps, steps=past.planned)
        window.tabs.setCurrentWidget(window.training)
        window.runs.refresh()
        self.show_state()

    def _take(self, events: list) -> None:
        self._window.training.take(events)
        self._strip.take(events)
        going = self._training.state in ("starting", "running")
        self._window.actions_.by_name["pause"].setEnabled(going and not self._strip.waits)
        self.show_title()

    def _end(self, last: RunFinished) -> None:
        window, run_id = self._window, self._window.training.run_id
        window.runs.refresh()
        window.inference.refresh()
        if last.best_step and run_id and self._training.state != "discarding":
            window.inference.set_run(run_id)
        self.show_title()

    def _discarded(self, held: Held) -> None:
        window = self._window
        self._strip.reset()
        if window.training.run_id == held.id:
            window.training.forget()
        window.runs.refresh()
        window.inference.refresh()
        window.messages.notify(tr("“{name}” was discarded.", name=held.name), lambda: self._restore(held))

    def _restore(self, held: Held) -> None:
        window = self._window

        def restored(_nothing: Any) -> None:
            window.runs.refresh()
            window.inference.refresh()
            if self._training.ready:
                window.training.show_run(held.id)

        submit(self, lambda: window.studio.restore(held.id), restored, self._refuse)

    def _kept(self, held: Held) -> None:
        window = self._window
        self._strip.reset()
        window.runs.refresh()
        window.inference.refresh()
        window.training.show_run(held.id)
        window.messages.notify(tr("The model of “{name}” is kept.", name=held.name))

    def _shown(self, past: Past) -> None:
        """A run of the past is in the Training tab: the strip is about that one, if none is going."""
        if not self._training.ready:
            return
        record = past.record
        listed = self._window.training.recovery.lists(record.id)
        if record.state in _RESTING and not record.deleted and not listed:
            rest = Rest(past.steps, past.planned, bool(record.best_step), record.state == "interrupted")
            self._strip.show_rest(record.name, rest)
            self._training.hold(record.id, record.name)
        else:
            self._strip.reset()
            self._training.let_go()
        self.show_state()

    def _leave_to_card(self) -> None:
        """What the card offers, the strip need not."""
        held = self._training.held
        if held is not None and self._training.state == "paused" and self._window.training.recovery.lists(held.id):
            self._training.let_go()
            self._strip.reset()

    def _look_again(self) -> None:
        """The list of runs changed: the run that rests may be gone, or have another name."""
        held, studio = self._training.held, self._window.studio
        if held is not None and self._training.state == "paused":
            submit(self, lambda: studio.run(held.id), self._still_there, lambda _error: self._gone(held))

    def _still_there(self, record: Any) -> None:
        held = self._training.held
        if held is None or self._training.state != "paused" or held.id != record.id:
            return
        if record.deleted or record.state not in _RESTING:
            self._gone(held)
        elif record.name != held.name:
            self._window.training.show_run(record.id)

    def _gone(self, held: Held) -> None:
        if self._training.held == held:
            self._training.let_go()
            self._strip.reset()
            if self._window.training.run_id == held.id:
                self._window.training.forget()

    def _stay_awake(self, going: bool) -> None:
        if going != self.awake.wanted:
            if going:
                self.awake.keep()
            else:
                self.awake.release()
        self._window.status.show_awake(self.awake.held)

    def _refuse(self, error: Exception) -> None:
        self._session.refused.emit("train", error)
