"""The main window: places the panels and wires them. It owns nothing else."""

from __future__ import annotations

import json
import traceback

import msgspec
from PySide6.QtCore import QByteArray, QEvent, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QMainWindow, QSplitter, QTabWidget, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.language import tr
from workbench.gui import background, theme
from workbench.gui.actions import Actions
from workbench.gui.coaching import Coaching
from workbench.gui.column import Column
from workbench.gui.commands import Commands
from workbench.gui.dropping import DropTarget
from workbench.gui.leaving import Leaving
from workbench.gui.messages import Messages
from workbench.gui.panels.dataset import DatasetPanel
from workbench.gui.panels.inference import InferencePanel
from workbench.gui.panels.model import ModelPanel
from workbench.gui.panels.runs import RunsPanel
from workbench.gui.panels.settings import SettingsPanel
from workbench.gui.panels.start import StartBar
from workbench.gui.panels.training import TrainingPanel
from workbench.gui.probing import Probing
from workbench.gui.progress import ProgressStrip
from workbench.gui.running import Running
from workbench.gui.session import Session
from workbench.gui.status import Status
from workbench.gui.sweeping import Sweeping
from workbench.gui.tab_order import order_tabs
from workbench.studio import Studio

_COLUMN = 372


class MainWindow(QMainWindow):
    """Model, data and settings on the left; training, inference and runs on the right."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.setObjectName("mainWindow")
        self.studio = studio
        self.session = Session(studio, self)
        self._build_left()
        self._build_right()
        self._place()
        self.actions_ = Actions(self)
        self.running = Running(self)
        self.leaving = Leaving(self, self.session.training, self.messages)
        self.sweeping = Sweeping(self)
        self.commands = Commands(self)
        self.coaching = Coaching(self)
        self.probing = Probing(self)
        self.drops = DropTarget(self)
        self._wire()
        self._restore()
        self.retranslate()

    # Placing.

    def _build_left(self) -> None:
        session = self.session
        self.model_panel = ModelPanel(session)
        self.dataset_panel = DatasetPanel(session)
        self.settings_panel = SettingsPanel(session)
        self.start_bar = StartBar(session)
        self.left_column = Column(self.model_panel, self.dataset_panel, self.settings_panel)
        self.left_column.setObjectName("leftScroll")
        self.left = QFrame()
        rows = QVBoxLayout(self.left)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.left_column, 1)
        rows.addWidget(self.start_bar)

    def _build_right(self) -> None:
        self.messages = Messages(self)
        self.tabs = QTabWidget()
        self.tabs.setObjectName("tabs")
        self.training = TrainingPanel(self.studio)
        self.inference = InferencePanel(self.studio)
        self.runs = RunsPanel(self.studio)
        for panel in (self.training, self.inference, self.runs):
            self.tabs.addTab(panel, "")
        self.progress = ProgressStrip()
        self.right = QWidget()
        rows = QVBoxLayout(self.right)
        rows.setContentsMargins(0, theme.GAP, theme.GAP, theme.GAP)
        rows.setSpacing(theme.GAP)
        rows.addWidget(self.messages)
        rows.addWidget(self.tabs, 1)
        rows.addWidget(self.progress)

    def _place(self) -> None:
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setObjectName("mainSplitter")
        self.splitter.addWidget(self.left)
        self.splitter.addWidget(self.right)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([_COLUMN, 1000])
        self.setCentralWidget(self.splitter)
        self.status = Status(self.studio)
        self.setStatusBar(self.status)
        self.setMinimumSize(800, 520)
        self.resize(1280, 800)

    # Wiring.

    def _wire(self) -> None:
        session = self.session
        session.refused.connect(self._refuse)
        session.opened.connect(self._opened)
        session.told.connect(self.messages.notify)
        session.refusal_changed.connect(self._show_history)
        session.profiled.connect(lambda _profile: self._show_history())
        session.draft.history_changed.connect(self._show_history)
        self.dataset_panel.notified.connect(self.messages.notify)
        self.dataset_panel.open_requested.connect(self.commands.ask_file)
        self.dataset_panel.sample_requested.connect(self.commands.open_sample)
        self.model_panel.notified.connect(self.messages.notify)
        self.drops.dropped.connect(self.commands.take)
        self.training.notified.connect(self.messages.notify)
        self.training.try_requested.connect(self.try_run)
        for panel in (self.training, self.inference, self.runs):
            panel.sample_requested.connect(self.commands.open_first_sample)
        self.runs.notified.connect(self.messages.notify)
        self.runs.open_requested.connect(self.try_run)
        self.runs.show_requested.connect(self.show_run)
        self.runs.changed.connect(self.inference.refresh)
        self.tabs.currentChanged.connect(self._show_tab)
        for part in (self.dataset_panel.roles, self.settings_panel):
            part.rebuilt.connect(self._order_tabs, Qt.ConnectionType.QueuedConnection)

    def _order_tabs(self) -> None:
        order_tabs(self.left)

    def try_run(self, run_id: str) -> None:
        """Open the Inference tab with the model of a run."""
        self.tabs.setCurrentWidget(self.inference)
        self.inference.set_run(run_id)

    def show_run(self, run_id: str) -> None:
        """Open the Training tab with the curves of a run of the past."""
        if self.session.training.ready:
            self.training.show_run(run_id)
            self.tabs.setCurrentWidget(self.training)
        else:
            self.messages.notify(tr("The curves of other runs can be seen in Runs while a model trains."))

    def _show_tab(self, _row: int) -> None:
        if self.tabs.currentWidget() is self.runs:
            self.runs.refresh()

    def _refuse(self, key: str, error: Exception) -> None:
        details = "" if isinstance(error, WorkbenchError) else "".join(traceback.format_exception(error))
        self.messages.error(key, error, details)

    def _opened(self, path: str) -> None:
        self.messages.clear("open")
        self.commands.remember(path)

    def _show_history(self) -> None:
        self.actions_.show_history(self.session.draft.undo_text, self.session.draft.redo_text)
        self.running.show_state()

    # Language, theme, geometry.

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.left_column.hold()
            self.retranslate()
            self.session.relearn()
            self.coaching.speak_again()

    def retranslate(self) -> None:
        """Set every text in the language spoken now."""
        for row, title in enumerate((tr("Training"), tr("Inference"), tr("Runs"))):
            self.tabs.setTabText(row, title)
        self.tabs.tabBar().setAccessibleName(tr("Pages"))
        self.left_column.setAccessibleName(tr("Model, data and settings"))
        self.actions_.retranslate()
        self.commands.fill_menus()
        self._show_history()
        self.running.show_title()

    def _restore(self) -> None:
        settings = self.studio.settings
        if settings.geometry:
            self.restoreGeometry(QByteArray.fromBase64(settings.geometry.encode()))
        try:
            layout = json.loads(settings.layout) if settings.layout else {}
        except ValueError:
            layout = {}
        if isinstance(layout, dict):
            splitter = layout.get("splitter")
            if isinstance(splitter, str):
                self.splitter.restoreState(QByteArray.fromBase64(splitter.encode()))
            if layout.get("more") is True:
                self.settings_panel.more.unfold()
        screen = QGuiApplication.primaryScreen()
        if screen is not None and not any(
            one.availableGeometry().intersects(self.frameGeometry()) for one in QGuiApplication.screens()
        ):
            self.move(screen.availableGeometry().topLeft())

    def _save(self) -> None:
        layout = {
            "splitter": bytes(self.splitter.saveState().toBase64().data()).decode(),
            "more": self.settings_panel.more.button.isChecked(),
        }
        geometry = bytes(self.saveGeometry().toBase64().data()).decode()
        settings = msgspec.structs.replace(self.studio.settings, geometry=geometry, layout=json.dumps(layout))
        if settings != self.studio.settings:
            try:
                self.studio.save_settings(settings)
            except Exception as error:  # the window closes all the same
                self.messages.error("settings", error)

    # Closing.

    def closeEvent(self, event) -> None:
        if not self.leaving.may_close():
            event.ignore()
            return
        self._save()
        self.running.rest()
        self.probing.rest()
        self.start_bar.rest()
        self.status.rest()
        self.dataset_panel.rest()
        self.session.rest()
        self.model_panel.hub.cancel()
        event.accept()

    def first_look(self, path: str = "") -> None:
        """After the first paint: open `path`, or the first sample, and get the engine ready."""
        for note in self.studio.notes:
            self.messages.banner("settings", note, "warning")
        if path:
            self.commands.open_path(path)
        else:
            self.commands.open_first_sample()
        self.running.first_look()
        QTimer.singleShot(400, self, self.session.prepare)

    def rest(self, milliseconds: int = 5000) -> None:
        """Wait for what is still going on in the background; for the end of the application."""
        self.session.bridge.wait(milliseconds)
        background.finish(milliseconds)
