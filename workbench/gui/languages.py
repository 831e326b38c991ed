"""The language of the window, switched while it is open."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from workbench.core import language

_qt_translator: QTranslator | None = None


def set_language(code: str) -> None:
    """Speak `code` ("en", "zh_CN", or "" for the system's) in every open window, Qt's own texts included."""
    global _qt_translator
    chosen = code or language.system_language()
    language.set_language(chosen)
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        return
    QLocale.setDefault(QLocale(chosen))
    if _qt_translator is not None:
        app.removeTranslator(_qt_translator)
        _qt_translator = None
    if chosen != "en":
        translator = QTranslator(app)
        if translator.load(f"qtbase_{chosen}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
            app.installTranslator(translator)
            _qt_translator = translator
    for window in app.topLevelWidgets():  # Qt passes the event on to every child
        QApplication.sendEvent(window, QEvent(QEvent.Type.LanguageChange))
