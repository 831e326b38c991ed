"""The forecast of the draft's run: known a moment after every change, and measured when that is wanted."""

from __future__ import annotations

import threading

import msgspec
from PySide6.QtCore import QObject, Signal

from workbench.core.forecasts import Cheaper, Forecast
from workbench.core.language import tr
from workbench.gui.background import Lane, submit
from workbench.gui.session import Session


class Forecasting(QObject):
    """`forecast` is that of the draft as it is now, None while it is not known, or if it is `unknowable`: something is
    wrong with the plan that is told elsewhere. `changed()` with every news.

    `measuring` tells whether real steps are being made to know better; `refused(error)` that they could not.
    """

    changed = Signal()
    refused = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.forecaster = session.studio.forecaster
        self.forecast: Forecast | None = None
        self.measuring = self.unknowable = False
        self._lane = Lane(self)
        self._stop = threading.Event()
        session.draft.changed.connect(lambda _plan: self.look())
        session.profiled.connect(lambda _profile: self.look())
        session.run_ended.connect(lambda _last: self.look())
        session.prepared.connect(self.look)  # now it is known what the processor multiplies with

    def look(self) -> None:
        """Reckon again what a run of the draft will take."""
        plan, profile = self._session.draft.plan, self._session.profile
        if plan is None or profile is None or profile.read < 2:
            self._lane.cancel()
            self._take(None)
            return
        forecaster = self.forecaster
        self._lane.submit(
            lambda _ticket: forecaster.forecast(plan, profile),
            self._take,
            lambda _error: self._take(None, unknowable=True),
        )

    @property
    def can_measure(self) -> bool:
        """Whether real steps could be made now."""
        training = self._session.training
        return self.forecast is not None and training.ready and not training.errand

    def measure(self) -> None:
        """Make a few real steps, and throw them away. No run can begin meanwhile."""
        plan, profile, forecaster = self._session.draft.plan, self._session.profile, self.forecaster
        if not self.can_measure or plan is None:
            return
        self._stop.clear()
        self._set_measuring(True)

        def failed(error: Exception) -> None:
            self.refused.emit(error)

        submit(
            self,
            lambda: forecaster.measure(plan, profile, self._stop.is_set),
            lambda _forecast: self.look(),
            failed,
            ended=lambda: self._set_measuring(False),
        )

    def rest(self) -> None:
        """Stop measuring, after the step that is being made."""
        self._stop.set()

    def use(self, cheaper: Cheaper) -> None:
        """Put a choice that costs less into the draft, from where it can be undone."""
        draft = self._session.draft
        now, plan = draft.plan, cheaper.plan
        if now is None or self.forecast is None:
            return
        differing = {name for name in plan.__struct_fields__ if getattr(plan, name) != getattr(now, name)}
        plan = msgspec.structs.replace(plan, name=now.name)
        draft.open(plan, tr("Take a cheaper choice"), touched=draft.touched | differing)

    def _take(self, forecast: Forecast | None, *, unknowable: bool = False) -> None:
        self.forecast, self.unknowable = forecast, unknowable
        self.changed.emit()

    def _set_measuring(self, on: bool) -> None:
        self.measuring = on
        self._session.training.errand = tr("A few real steps are being measured.") if on else ""
        self._session.refusal_changed.emit()
        self.changed.emit()
