"""The download row: a model of the hub by its id, fetched on a click and only then."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLineEdit, QProgressBar, QPushButton, QVBoxLayout

from workbench.core.language import tr
from workbench.core.plan import ModelSpec
from workbench.gui import theme
from workbench.gui.background import Ticket, submit
from workbench.gui.panels.card import text_label
from workbench.studio import Studio

_BEAT = 200  # milliseconds between two looks at how far it is


class HubRow(QFrame):
    """Fetches one model at a time. `fetched(spec)`, `refused(error)`, and `notified(sentence)` for a toast."""

    fetched = Signal(object)
    refused = Signal(object)
    notified = Signal(str)

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.setProperty("role", "inset")
        self._studio = studio
        self._state: Literal["idle", "fetching", "ending"] = "idle"
        self._report = _Report()
        self._ticket: Ticket | None = None
        self._beat = QTimer(self)
        self._beat.setInterval(_BEAT)
        self._beat.timeout.connect(self._show_report)
        self._build()
        self.retranslate()

    def _build(self) -> None:
        self._label, self._note = text_label(), text_label("muted", "hubNote")
        self.name_box = QLineEdit()
        self.name_box.setObjectName("hubId")
        self.name_box.returnPressed.connect(self.start)
        self.name_box.textChanged.connect(self._show_state)
        self._label.setBuddy(self.name_box)
        self.download_button, self.cancel_button = QPushButton(), QPushButton()
        self.download_button.setObjectName("hubDownload")
        self.download_button.clicked.connect(self.start)
        self.cancel_button.setObjectName("hubCancel")
        self.cancel_button.clicked.connect(self.cancel)
        self.progress = QProgressBar()
        self.progress.setObjectName("hubProgress")
        self.progress.setTextVisible(False)
        grid = QGridLayout()
        grid.setSpacing(theme.GAP)
        grid.addWidget(self.name_box, 0, 0)
        grid.addWidget(self.download_button, 0, 1)
        grid.addWidget(self.progress, 1, 0)
        grid.addWidget(self.cancel_button, 1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP)
        column.addWidget(self._label)
        column.addLayout(grid)
        column.addWidget(self._note)

    def start(self) -> None:
        """Fetch the named model: the only step that uses the network, and only on this click."""
        hub_id = self.name_box.text().strip()
        if not self._startable():
            return
        studio, report = self._studio, _Report()

        def work() -> ModelSpec:
            return studio.download(hub_id, progress=report.take, cancelled=lambda: report.cancelled)

        self._report = report
        self._set_state("fetching")
        self._ticket = submit(self, work, self.fetched.emit, self.refused.emit, ended=self._end)
        self._beat.start()

    def cancel(self) -> None:
        """Give the download up; nothing of it stays. Another one can begin when it has ended."""
        if self._state == "fetching" and self._ticket is not None:
            self._report.cancelled = True
            self._ticket.cancel()
            self._beat.stop()
            self._set_state("ending")
            self.notified.emit(tr("The download was cancelled."))

    def _end(self) -> None:
        self._beat.stop()
        self._set_state("idle")

    def _set_state(self, state: Literal["idle", "fetching", "ending"]) -> None:
        self._state = state
        self._show_state()

    def _startable(self) -> bool:
        name = self.name_box.text().strip()
        return bool(name) and name.count("/") <= 1 and self._state == "idle"

    def _show_state(self) -> None:
        self.download_button.setEnabled(self._startable())
        self.name_box.setEnabled(self._state == "idle")
        for part in (self.progress, self.cancel_button):
            part.setVisible(self._state == "fetching")
        if self._state == "ending":
            self._note.setText(tr("The download is ending. Another one can begin in a moment."))
            return
        endpoint = self._studio.hub_endpoint
        self._note.setText(tr("Nothing is fetched before you click Download. Source: {endpoint}", endpoint=endpoint))

    def _show_report(self) -> None:
        done, total = self._report.done, self._report.total
        self.progress.setMaximum(1000 if total else 0)
        self.progress.setValue(int(1000 * done / total) if total else 0)
        if total:
            values = {"done": f"{done / 1e6:,.0f}", "total": f"{total / 1e6:,.0f}"}
            self._note.setText(tr("{done} of {total} MB", **values))

    def showEvent(self, event: QShowEvent) -> None:
        self._show_state()  # the source may be another one by now
        super().showEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        """Set every text in the language spoken now."""
        self._label.setText(tr("Id of a model on the hub"))
        self.name_box.setPlaceholderText("intfloat/multilingual-e5-small")
        self.name_box.setAccessibleName(tr("Id of a model on the hub"))
        self.download_button.setText(tr("Download"))
        self.cancel_button.setText(tr("Cancel download"))
        self.progress.setAccessibleName(tr("Progress of the download"))
        self._show_state()


class _Report:
    """What the downloading thread leaves for the window to look at."""

    def __init__(self) -> None:
        self.done = 0
        self.total: int | None = None
        self.cancelled = False

    def take(self, done: int, total: int | None) -> None:
        self.done, self.total = done, total
