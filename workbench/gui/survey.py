"""Survey: the look at all rows of the draft's data, off the GUI thread, with progress and a way out."""

from __future__ import annotations

import time
from typing import Any, Literal, NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal

from workbench.core.language import tr
from workbench.core.plan import TrainingPlan
from workbench.gui.background import Lane, Ticket
from workbench.studio import Studio

State = Literal["none", "looking", "known", "unknowable", "stopped"]

_PATIENCE = 150  # milliseconds without an edit before the whole file is looked at again


class Wait(NamedTuple):
    """A look at data that is under way: a sentence, the share that is done (None: unknown), seconds since its start."""

    sentence: str
    fraction: float | None
    seconds: float


class Survey(QObject):
    """Profiles a plan's data: one look at a time; a look that nobody waits for any more ends.

    `changed(profile or None)` with every change of `state`; `refused(error)` when the rows cannot be looked at.
    """

    changed = Signal(object)
    refused = Signal(object)

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.state: State = "none"
        self.profile: Any = None
        self.fraction = 0.0  # of the file that is read, set by the looking thread
        self.began = 0.0  # on the monotonic clock
        self._plan: TrainingPlan | None = None
        self._lane = Lane(self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PATIENCE)
        self._timer.timeout.connect(self._begin)

    @property
    def wait(self) -> Wait | None:
        """The look that is under way; None if there is none."""
        if self.state != "looking":
            return None
        seconds, percent = time.monotonic() - self.began, int(100 * self.fraction)
        if not 0 < self.fraction < 1:  # what follows the reading has no measure
            return Wait(tr("Looking at all rows…"), None, seconds)
        return Wait(tr("Looking at all rows, {percent} % are read", percent=percent), self.fraction, seconds)

    def look(self, plan: TrainingPlan) -> None:
        """Forget what is known, and look at all rows of `plan` once the edits pause."""
        self._plan = plan
        self._lane.cancel()
        self.fraction, self.began = 0.0, time.monotonic()
        self._set("looking")
        self._timer.start()

    def again(self) -> None:
        """Look at the same rows once more, e.g. after a stop."""
        if self._plan is not None:
            self.look(self._plan)

    def stop(self) -> None:
        """Give the look up; nothing of it stays."""
        if self.state == "looking":
            self._timer.stop()
            self._lane.cancel()
            self._set("stopped")

    def _begin(self) -> None:
        plan, studio = self._plan, self._studio
        if plan is None:
            return

        def work(ticket: Ticket) -> Any:
            def progress(fraction: float) -> None:
                ticket.check()
                self.fraction = fraction

            return studio.profile(plan, progress)

        self._lane.submit(work, lambda profile: self._set("known", profile), self._fail)

    def _fail(self, error: Exception) -> None:
        self._set("unknowable")
        self.refused.emit(error)

    def _set(self, state: State, profile: Any = None) -> None:
        self.state, self.profile = state, profile
        self.changed.emit(profile)
