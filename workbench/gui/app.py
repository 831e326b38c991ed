"""The application: paint first, then open the data and load the engine in the background."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from types import TracebackType

from PySide6.QtCore import QCoreApplication, Qt, QTimer
from PySide6.QtGui import QFontInfo
from PySide6.QtWidgets import QApplication

from workbench.core.errors import WorkbenchError
from workbench.gui import theme
from workbench.gui.languages import set_language
from workbench.gui.leaving import SignalWatch
from workbench.gui.main_window import MainWindow
from workbench.studio import Studio

_CHINESE = ("PingFang SC", "Microsoft YaHei UI", "Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei")
"""Fonts with the simplified forms; without them the desktop may choose Japanese ones, or a weight of its own."""

__all__ = ["main", "make_app", "make_window", "set_language"]


def make_app(arguments: Sequence[str]) -> QApplication:
    """The one QApplication, with its name and look."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    QCoreApplication.setApplicationName("model-workbench")
    QApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    app = QApplication(list(arguments))
    app.setApplicationDisplayName("Model Workbench")
    font = app.font()
    font.setFamilies([QFontInfo(font).family(), *_CHINESE])  # the real name: an alias such as “Sans” would lose
    app.setFont(font)
    return app


def make_window(app: QApplication, studio: Studio, language: str = "") -> MainWindow:
    """The main window in `language`, else in the user's; in the user's theme."""
    set_language(language or studio.settings.language)
    theme.apply(app, studio.settings.theme)
    app.setWindowIcon(theme.icon("logo"))
    return MainWindow(studio)


def main(arguments: Sequence[str] | None = None, *, workspace: str = "", language: str = "") -> int:
    """Show the window until it is closed; the exit code. `arguments` may name one data file.

    `workspace` and `language` win over the settings.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    app = make_app([sys.argv[0], *given])
    try:
        studio = Studio(workspace)
    except WorkbenchError as error:
        print(error, file=sys.stderr)
        return 2
    window = make_window(app, studio, language)
    _report_bugs(window)
    watch = SignalWatch(window.leaving.pause_and_close, window)
    app.commitDataRequest.connect(lambda _manager: window.leaving.end_session())
    window.show()
    paths = [argument for argument in given if not argument.startswith("-")]
    QTimer.singleShot(0, window, lambda: window.first_look(paths[0] if paths else ""))
    code = app.exec()
    watch.close()
    window.rest()
    return code


def _report_bugs(window: MainWindow) -> None:
    """Show what nobody caught as a message with details; nothing is sent anywhere."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        sys.__excepthook__(kind, error, trace)
        details = "".join(traceback.format_exception(kind, error, trace))
        if not isinstance(error, KeyboardInterrupt):
            window.messages.error("bug", error, details)

    sys.excepthook = hook
