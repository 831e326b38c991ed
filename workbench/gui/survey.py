"""Survey: the look at all rows of the draft's data, off the GUI thread, with progress and a way out."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Any, Literal, NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal

from workbench.core.language import language, tr
from workbench.core.plan import TrainingPlan
from workbench.gui.background import Lane, Ticket
from workbench.gui.known import dataset_key, stamps_of
from workbench.studio import Studio

State = Literal["none", "looking", "known", "unknowable", "stopped"]

_PATIENCE = 150  # milliseconds without an edit before the whole file is looked at again
_KEPT = 4  # profiles, for steps that are undone and done again


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
        self._kept: OrderedDict[bytes, tuple[Any, Any]] = OrderedDict()  # {what for: (stamps of the files, profile)}
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
        """Forget what is known, and look at all rows of `plan` once the edits pause.

        What a look told lately is taken as it is while the files stay as they are, e.g. when a step is undone.
        """
        self._plan = plan
        self._lane.cancel()
        self.fraction, self.began = 0.0, time.monotonic()
        self._set("looking")
        self._timer.start()

    def again(self) -> None:
        """Look at the same rows once more, e.g. after a stop."""
        self._kept.clear()
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

        key = _key(plan)

        def work(ticket: Ticket) -> tuple[Any, Any]:
            def progress(fraction: float) -> None:
                ticket.check()
                self.fraction = fraction

            stamps, kept = stamps_of(plan), self._kept.get(key)
            if kept is not None and kept[0] == stamps and None not in stamps:
                return kept
            return stamps, studio.profile(plan, progress)

        self._lane.submit(work, lambda found: self._take(key, found), self._fail)

    def _take(self, key: bytes, found: tuple[Any, Any]) -> None:
        self._kept[key] = found
        self._kept.move_to_end(key)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        self._set("known", found[1])

    def _fail(self, error: Exception) -> None:
        self._set("unknowable")
        self.refused.emit(error)

    def _set(self, state: State, profile: Any = None) -> None:
        self.state, self.profile = state, profile
        self.changed.emit(profile)


def _key(plan: TrainingPlan) -> bytes:
    """What a profile says depends on: the data, how long the texts may be, and the language of its sentences."""
    return b"\0".join((dataset_key(plan), str(plan.max_length).encode(), language().encode()))
