"""The foot of the left column: how long it will take, Train or Stop, and what stands in the way."""

from __future__ import annotations

import time

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout

from workbench.core.language import tr
from workbench.gui import theme
from workbench.gui.forecast_view import ForecastDialog, ForecastLine
from workbench.gui.forecasting import Forecasting
from workbench.gui.panels.card import text_label
from workbench.gui.session import Session

_DEAD_TIME = 0.5  # seconds after the button got another meaning: a second click so soon was not meant for it
_LOOKS = {"idle": "primary", "starting": "primary", "paused": "large"}  # paused: Resume is what comes first


class StartBar(QFrame):
    """One button that trains, or stops what trains."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("startBar")
        self.setProperty("role", "foot")
        self._session = session
        self.forecasting = Forecasting(session, self)
        self.details: ForecastDialog | None = None
        self._state, self._changed = session.state, -_DEAD_TIME
        self._estimate = ForecastLine(self.forecasting)
        self._estimate.details_requested.connect(self.show_details)
        self.reason = text_label("warning", "trainReason")
        self.button = QPushButton()
        self.button.setObjectName("trainButton")
        self.button.setProperty("role", "primary")
        self.button.setProperty("primary", 1)
        self.button.clicked.connect(self._press)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.PAD, theme.PAD, theme.PAD, theme.PAD)
        column.setSpacing(theme.GAP)
        for part in (self._estimate, self.button, self.reason):
            column.addWidget(part)
        session.draft.changed.connect(lambda _plan: self.refresh())
        session.draft.problems.connect(lambda _problems: self.refresh())
        session.profiled.connect(lambda _profile: self.refresh())
        session.head_changed.connect(lambda _head, _roles: self.refresh())
        session.busy_changed.connect(lambda _sentence: self.refresh())
        session.refusal_changed.connect(self.refresh)
        session.state_changed.connect(lambda _state: self.refresh())
        self.forecasting.changed.connect(self.refresh)
        self.refresh()

    def _press(self) -> None:
        if time.monotonic() - self._changed < _DEAD_TIME:
            return
        if self._session.training.ready:
            self._session.train()
        else:
            self._session.stop()

    def show_details(self) -> None:
        """What the forecast is made of, in a window of its own."""
        if self.details is None:
            self.details = ForecastDialog(self.forecasting, self.window())
        self.details.show()
        self.details.activateWindow()

    def rest(self) -> None:
        """The window closes."""
        self.forecasting.rest()
        if self.details is not None:
            self.details.close()

    def refresh(self) -> None:
        """Show what can be done now."""
        state = self._session.state
        if state != self._state:
            self._state, self._changed = state, time.monotonic()
        captions = {
            "idle": tr("Train"),
            "starting": tr("Starting…"),
            "running": tr("Stop and keep"),
            "pausing": tr("Pausing after this step…"),
            "stopping": tr("Stopping after this step…"),
            "discarding": tr("Discarding…"),
            "paused": tr("Train"),
        }
        tips = {
            "idle": tr("Train the model with these settings (Ctrl+Enter)"),
            "running": tr("End after this step. The best model so far is kept."),
            "paused": tr("Train another model with these settings. The paused run stays under Runs. (Ctrl+Enter)"),
        }
        ready = self._session.training.ready
        if ready and self._estimate.too_big:
            captions |= dict.fromkeys(("idle", "paused"), tr("Train anyway"))
        obstacle = self._session.obstacle if ready else ""
        self.button.setText(captions[state])
        self.button.setToolTip(tips.get(state, ""))
        self.button.setAccessibleName(captions[state])
        self.button.setAccessibleDescription(obstacle or tips.get(state, ""))
        self.button.setEnabled(state == "running" or (ready and not obstacle))
        theme.set_role(self.button, _LOOKS.get(state, "danger"))
        waiting = bool(obstacle) and obstacle == self._session.busy
        theme.set_role(self.reason, "muted" if waiting else "warning")
        self.reason.setText(obstacle)
        self.reason.setVisible(bool(obstacle))
        self._show_estimate(bool(obstacle))

    def _show_estimate(self, hidden: bool) -> None:
        known = self._session.draft.plan is not None and not self._session.unknowable
        self._estimate.setVisible(known and not hidden)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._estimate.refresh()
            self.refresh()
            self.forecasting.look()  # cheaper choices are told in the language spoken now
