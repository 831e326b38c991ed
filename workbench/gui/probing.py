"""Finding out before a run: the learning rate, the batch size. One job at a time, and none while a run trains."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from workbench.core.language import tr
from workbench.core.plan import TrainingPlan
from workbench.gui.background import submit
from workbench.gui.bridge import TICK

if TYPE_CHECKING:
    from PySide6.QtWidgets import QDialog

    from workbench.gui.main_window import MainWindow

Start = Callable[[TrainingPlan, Callable[[], bool]], Iterator[Any]]


class Probe(QObject):
    """Reads a stream in the background: `told(list)` at most once a tick, then `ended(error or None)`."""

    told = Signal(list)
    ended = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mailbox: deque[Any] = deque()
        self._stop = threading.Event()
        self.running = False
        self._timer = QTimer(self)
        self._timer.setInterval(TICK)
        self._timer.timeout.connect(self._empty)

    def start(self, stream: Callable[[Callable[[], bool]], Iterator[Any]]) -> None:
        """Read `stream(stopped)` to its end. `stopped` tells it that its answer is not wanted any more."""
        self.running = True
        stopped, mailbox = self._stop.is_set, self._mailbox

        def work() -> None:
            for event in stream(stopped):
                mailbox.append(event)

        self._timer.start()
        submit(self, work, lambda _nothing: self._end(None), self._end)

    def stop(self) -> None:
        """Ask for the end; it comes after the step that is being made."""
        self._stop.set()

    def _empty(self) -> None:
        batch = []
        while self._mailbox:
            batch.append(self._mailbox.popleft())
        if batch:
            self.told.emit(batch)

    def _end(self, error: Exception | None) -> None:
        self._timer.stop()
        self._empty()
        self.running = False
        self.ended.emit(error)


class Probing(QObject):
    """Opens the window of a probe, and keeps runs and probes apart: both use the same source of random numbers."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._session = window, window.session
        self._probe: Probe | None = None
        self.dialog: QDialog | None = None
        window.settings_panel.probe_requested.connect(self.open)
        window.session.state_changed.connect(lambda _state: self._show_possible())
        self._show_possible()

    def open(self, kind: str) -> None:
        """Look for the "learning_rate" or the "batch_size" of the draft."""
        from workbench.gui.probe_dialogs import BatchDialog, RateDialog

        plan = self._session.draft.plan
        if self.dialog is not None:
            self.dialog.activateWindow()
        elif self._session.obstacle:
            self._window.messages.notify(self._session.obstacle)
        elif plan is not None and self._possible():
            studio, profile = self._window.studio, self._session.profile
            if kind == "learning_rate":
                dialog: Any = RateDialog(plan, self._window)
                self._begin(plan, studio.find_learning_rate, dialog, tr("A learning rate is being looked for."))
            else:
                dialog = BatchDialog(plan, profile.read if profile is not None else 0, self._window)
                self._begin(plan, studio.probe_batch_size, dialog, tr("Batch sizes are being tried."))

    def rest(self) -> None:
        """The window closes."""
        if self._probe is not None:
            self._probe.stop()
        if self.dialog is not None:
            self.dialog.close()

    def _begin(self, plan: TrainingPlan, start: Start, dialog: Any, errand: str) -> None:
        probe = Probe(self)
        self._probe, self.dialog = probe, dialog
        self._set_errand(errand)
        probe.told.connect(dialog.take)
        probe.ended.connect(dialog.end)
        probe.ended.connect(lambda _error: self._end(probe))
        dialog.chosen.connect(self._take)
        dialog.finished.connect(lambda _code: self._closed(probe))
        dialog.show()
        probe.start(lambda stopped: start(plan, stopped))

    def _take(self, name: str, value: Any) -> None:
        self._session.draft.set_option("plan", name, value, tr("Change setting"))
        self._session.draft.end_merge()

    def _closed(self, probe: Probe) -> None:
        probe.stop()
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.deleteLater()

    def _end(self, probe: Probe) -> None:
        self._probe = None
        self._set_errand("")
        probe.deleteLater()

    def _set_errand(self, sentence: str) -> None:
        self._session.training.errand = sentence
        self._session.refusal_changed.emit()
        self._show_possible()

    def _possible(self) -> bool:
        return self._session.training.ready and self._probe is None

    def _show_possible(self) -> None:
        self._window.settings_panel.set_probes_possible(self._possible())
