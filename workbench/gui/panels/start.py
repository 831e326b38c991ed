"""The foot of the left column: how long it will take, Train or Stop, and what stands in the way."""

from __future__ import annotations

import time

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout

from workbench.core.language import tr
from workbench.gui import theme
from workbench.gui.estimate import Pacer, spoken, steps_planned
from workbench.gui.panels.card import text_label
from workbench.gui.session import Session

_DEAD_TIME = 0.5  # seconds after the button got another meaning: a second click so soon was not meant for it


class StartBar(QFrame):
    """One button that trains, or stops what trains."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("startBar")
        self.setProperty("role", "foot")
        self._session = session
        self._pacer = Pacer()
        self._plan = None
        self._state, self._changed = session.state, -_DEAD_TIME
        self._estimate = text_label("muted", "estimate")
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
        session.run_begun.connect(self._begin)
        session.run_events.connect(self._learn)
        self.refresh()

    def _press(self) -> None:
        if time.monotonic() - self._changed < _DEAD_TIME:
            return
        if self._session.state == "idle":
            self._session.train()
        else:
            self._session.stop()

    def _begin(self, run) -> None:
        self._plan = run.plan

    def _learn(self, events: list) -> None:
        if self._plan is not None:
            self._pacer.take(self._plan, events)

    def refresh(self) -> None:
        """Show what can be done now."""
        state = self._session.state
        if state != self._state:
            self._state, self._changed = state, time.monotonic()
        captions = {
            "idle": tr("Train"),
            "starting": tr("Starting…"),
            "running": tr("Stop"),
            "stopping": tr("Stopping after this step…"),
        }
        tips = {
            "idle": tr("Train the model with these settings (Ctrl+Enter)"),
            "running": tr("End after this step. The best model so far is kept."),
        }
        obstacle = self._session.obstacle if state == "idle" else ""
        self.button.setText(captions[state])
        self.button.setToolTip(tips.get(state, ""))
        self.button.setAccessibleName(captions[state])
        self.button.setAccessibleDescription(obstacle or tips.get(state, ""))
        self.button.setEnabled(state == "running" or (state == "idle" and not obstacle))
        theme.set_role(self.button, "danger" if state in ("running", "stopping") else "primary")
        waiting = bool(obstacle) and obstacle == self._session.busy
        theme.set_role(self.reason, "muted" if waiting else "warning")
        self.reason.setText(obstacle)
        self.reason.setVisible(bool(obstacle))
        self._show_estimate(bool(obstacle))

    def _show_estimate(self, hidden: bool) -> None:
        plan, profile = self._session.draft.plan, self._session.profile
        shown = plan is not None and profile is not None and profile.read > 0 and not hidden
        self._estimate.setVisible(plan is not None and not hidden and not self._session.unknowable)
        if not shown:
            self._estimate.setText(tr("Estimating…") if plan is not None else "")
            return
        studio = self._session.studio
        seconds = self._pacer.seconds(plan, profile, studio.card(plan.model).parameters, studio.machine().threads)
        self._estimate.setText(spoken(seconds, steps_planned(plan, profile.read)))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.refresh()
