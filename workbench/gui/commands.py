"""What the menu's actions do: dialogs, pasting, recent files, language and theme."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog

from workbench import __version__
from workbench.core.language import tr
from workbench.gui import theme
from workbench.gui.background import Lane, submit
from workbench.gui.dropping import Verdict
from workbench.gui.file_dialog import ask_folder, ask_path, data_filters
from workbench.gui.intake import pasted, path_in
from workbench.gui.languages import set_language
from workbench.gui.preferences import Preferences
from workbench.gui.sheets import about, keyboard_sheet, message_list

if TYPE_CHECKING:
    from workbench.gui.main_window import MainWindow

_RECENT = 10


class Commands:
    """Connects each action of the menus with the window's parts."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._studio, self._session = window.studio, window.session
        self.preferences: Preferences | None = None
        self._saving = Lane(window)
        self._connect()

    def _connect(self) -> None:
        window, session = self._window, self._session
        calls = {
            "open": self.ask_file,
            "openFolder": self.ask_data_folder,
            "workspace": self.show_workspace,
            "preferences": self.show_preferences,
            "quit": window.close,
            "undo": session.draft.undo,
            "redo": session.draft.redo,
            "paste": self.paste,
            "suggested": self.suggested,
            "pickModel": lambda: self._reveal(window.model_panel.combo),
            "modelFolder": window.model_panel.ask_folder,
            "download": self.show_hub,
            "reload": session.reload,
            "preview": window.dataset_panel.enlarge,
            "find": self.find_rows,
            "reading": self.show_reading,
            "train": session.train,
            "sweep": window.sweeping.ask,
            "pause": session.training.pause,
            "resume": window.running.resume,
            "stop": session.training.stop,
            "discard": session.training.discard,
            "tab0": partial(window.tabs.setCurrentIndex, 0),
            "tab1": partial(window.tabs.setCurrentIndex, 1),
            "tab2": partial(window.tabs.setCurrentIndex, 2),
            "messages": lambda: message_list(window, window.messages.past),
            "dismiss": self.dismiss,
            "keys": lambda: keyboard_sheet(window, window.actions_.sheet()),
            "about": lambda: about(window, __version__),
        }
        for name, call in calls.items():
            window.actions_.by_name[name].triggered.connect(lambda _checked=False, call=call: call())
        window.actions_.themes.triggered.connect(lambda action: self.set_theme(action.data()))
        window.actions_.languages.triggered.connect(lambda action: self.set_language(action.data()))

    def fill_menus(self) -> None:
        """Fill what depends on the language and on the past: samples, recent files, marks of choices."""
        actions, settings = self._window.actions_, self._studio.settings
        samples = [(f"open-{one.id}", one.title, partial(self.open_sample, one.id)) for one in self._studio.samples()]
        actions.fill("samples", samples, tr("No samples"))
        actions.show_recent(settings.recent, self.open_path)
        actions.check(actions.themes, settings.theme)
        actions.check(actions.languages, settings.language)

    # Data.

    def ask_file(self) -> None:
        """Let the user choose a data file."""
        plan, ours = self._session.draft.plan, {sample.path for sample in self._studio.samples()}
        last = [plan.dataset.path] if plan is not None and plan.dataset.path not in ours else []
        near = [str(Path(path).parent) for path in (*last, *self._studio.settings.recent)]
        dialog = ask_path(self._window, "openDialog", tr("Open data"), self.open_path, near=near)
        dialog.setNameFilters(data_filters())
        dialog.open()

    def find_rows(self) -> None:
        """Go to where rows are searched for."""
        self._window.dataset_panel.find()
        self._window.left_column.ensureWidgetVisible(self._window.dataset_panel.rows.search)

    def ask_data_folder(self) -> None:
        """Let the user choose a folder of texts by class."""
        near = [str(Path(path).parent) for path in self._studio.settings.recent]
        title = tr("Open a folder of texts by class")
        ask_folder(self._window, "openFolderDialog", title, self.open_path, near=near).open()

    def open_path(self, path: str) -> None:
        """Use the data file at `path`."""
        self._session.open_file(str(Path(path).absolute()))

    def open_sample(self, sample_id: str) -> None:
        """Use a sample that comes with the workbench."""
        sample = next(one for one in self._studio.samples() if one.id == sample_id)
        self._session.open_file(sample.path, action=tr("Open sample"))

    def open_first_sample(self) -> None:
        """Use the sample for someone who has chosen nothing yet."""
        self.open_sample(self._studio.first_sample().id)

    def take(self, verdict: Verdict) -> None:
        """Do what a drop or a paste asks for."""
        if verdict.kind == "data":
            self.open_path(verdict.path)
        elif verdict.kind == "model":
            self._window.model_panel.take_folder(verdict.path)
        else:
            self._window.messages.banner("open", verdict.reason, "warning")

    def paste(self) -> None:
        """Use what the clipboard holds: a file, a path, or the cells of a table."""
        what = pasted(QGuiApplication.clipboard().mimeData())
        if what.verdict is not None:
            self.take(what.verdict)
        elif what.cells:
            self._keep_cells(what.cells)
        else:
            text = tr("The clipboard holds no file and no table. Copy the cells of a table with its header.")
            self._window.messages.banner("open", text, "info")

    def _keep_cells(self, cells: str) -> None:
        studio, session = self._studio, self._session

        def done(path: Path) -> None:
            session.open_file(str(path), action=tr("Paste data"))

        submit(self._window, lambda: studio.keep_pasted(cells), done, partial(session.refused.emit, "open"))

    def remember(self, path: str) -> None:
        """Put `path` on top of the recent files, unless it is ours."""
        ours = {sample.path for sample in self._studio.samples()}
        if path in ours or path_in(path) is None:
            return
        recent = (path, *(one for one in self._studio.settings.recent if one != path))[:_RECENT]
        self.keep_settings(recent=recent)
        self._window.actions_.show_recent(recent, self.open_path)

    def suggested(self) -> None:
        """All settings as suggested for this file and this model."""
        plan = self._session.draft.plan
        if plan is not None:
            self._session.open_file(
                plan.dataset.path,
                action=tr("Back to suggested settings"),
                reading=_chosen_reading(plan),
                keep_values=False,
            )

    def show_reading(self) -> None:
        """Unfold how the file is read."""
        self._window.dataset_panel.reading_fold.unfold()
        self._reveal(self._window.dataset_panel.reading.first)

    def show_hub(self) -> None:
        """Unfold the download row."""
        self._window.model_panel.show_hub()
        self._window.left_column.ensureWidgetVisible(self._window.model_panel.hub.name_box)

    def _reveal(self, widget) -> None:
        widget.setFocus()
        self._window.left_column.ensureWidgetVisible(widget)

    # Window.

    def dismiss(self) -> None:
        """Take the newest message away."""
        messages = self._window.messages
        if messages.toast.isVisible():
            messages.toast.close_button.click()
        elif messages.banners:
            messages.clear(messages.banners[0].key)

    def show_workspace(self) -> None:
        """Open the workspace in the desktop's file manager."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._studio.workspace)))

    def show_preferences(self) -> QDialog:
        """Open the preferences."""
        dialog = Preferences(self._studio, self._window)
        dialog.changed.connect(self._take_settings)
        dialog.finished.connect(dialog.deleteLater)
        self.preferences = dialog
        dialog.open()
        return dialog

    def set_theme(self, mode: str) -> None:
        """Switch the theme, now and for the next start."""
        self._take_settings(msgspec.structs.replace(self._studio.settings, theme=mode))

    def set_language(self, code: str) -> None:
        """Switch the language, now and for the next start."""
        self._take_settings(msgspec.structs.replace(self._studio.settings, language=code))

    def _take_settings(self, settings) -> None:
        before = self._studio.settings
        changes = {name: getattr(settings, name) for name in settings.__struct_fields__}
        self.keep_settings(**changes)
        app = QApplication.instance()
        if settings.theme != before.theme:
            theme.apply(app, settings.theme)
        if settings.language != before.language:
            set_language(settings.language)
        self.fill_menus()

    def keep_settings(self, **changes) -> None:
        """Keep settings: at once in memory, on disk in the background."""
        studio = self._studio
        studio.settings = msgspec.structs.replace(studio.settings, **changes)
        self._saving.submit(  # the newest are written last, whatever the threads are doing
            lambda _ticket: studio.save_settings(studio.settings),
            lambda _nothing: None,
            partial(self._session.refused.emit, "settings"),
        )


def _chosen_reading(plan):
    """The plan's reading if the user chose any of it; None lets a sample stay a sample."""
    reading = plan.dataset.reading
    return reading if any(getattr(reading, name) is not None for name in reading.__struct_fields__) else None
