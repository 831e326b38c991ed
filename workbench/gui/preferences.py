"""Preferences: few, and each takes effect at once."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from workbench.core.language import LANGUAGES, tr
from workbench.gui import theme
from workbench.gui.actions import THEMES
from workbench.gui.forms import Combo
from workbench.gui.panels.card import text_label
from workbench.studio import Studio


def endpoint_problem(text: str) -> str:
    """What is wrong with the address of a hub, as the download would say; "" if nothing is."""
    try:
        parts = urlsplit(text.strip())
        host = parts.hostname
    except ValueError:
        parts, host = urlsplit(""), None
    usable = parts.scheme in ("http", "https") and host and "@" not in parts.netloc
    if usable and not parts.query and not parts.fragment:
        return ""
    return tr("The hub's address must begin with https:// or http:// and hold no password.")


class Preferences(QDialog):
    """Language, theme, where models are fetched from, where runs are kept. `changed(settings)` after each change."""

    changed = Signal(object)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preferences")
        self._studio = studio
        self._build()
        self._fill()
        self.retranslate()

    def _build(self) -> None:
        self._labels = [QLabel() for _ in range(5)]
        self._make_fields()
        self._make_folder()
        self.hints_button = QPushButton()
        self.hints_button.setObjectName("prefHints")
        self.hints_button.setEnabled(bool(self._studio.settings.quiet_hints))
        self.hints_button.clicked.connect(self._bring_hints_back)
        self.close_button = QPushButton()
        self.close_button.setObjectName("prefClose")
        self.close_button.setDefault(True)
        self.close_button.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.addStretch()
        foot.addWidget(self.close_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme.MARGIN + theme.GAP] * 4)
        column.setSpacing(theme.MARGIN)
        column.addLayout(self._make_form())
        column.addLayout(foot)
        self.setMinimumWidth(560)

    def _make_fields(self) -> None:
        self.language, self.theme, self.endpoint = Combo(), Combo(), QLineEdit()
        self.language.setObjectName("prefLanguage")
        self.language.activated.connect(lambda _row: self._change(language=self.language.currentData()))
        self.theme.setObjectName("prefTheme")
        self.theme.activated.connect(lambda _row: self._change(theme=self.theme.currentData()))
        self.endpoint.setObjectName("prefEndpoint")
        self.endpoint.editingFinished.connect(self._take_endpoint)
        self._wrong = text_label("danger", "prefEndpointWrong")
        self._wrong.hide()
        self._endpoint_help = text_label("muted")

    def _make_folder(self) -> None:
        self.folder = QLineEdit()
        self.folder.setObjectName("prefWorkspace")
        self.folder.setReadOnly(True)
        self.folder_button = QPushButton()
        self.folder_button.setObjectName("prefWorkspaceChoose")
        self.folder_button.clicked.connect(self._ask_folder)
        self._folder_note = text_label("muted", "prefWorkspaceNote")

    def _make_form(self) -> QFormLayout:
        form = QFormLayout()
        form.setHorizontalSpacing(theme.MARGIN)
        form.setVerticalSpacing(theme.PAD)
        folder_row = QHBoxLayout()
        folder_row.addWidget(self.folder, 1)
        folder_row.addWidget(self.folder_button)
        rows = (
            self.language,
            self.theme,
            _stacked(self.endpoint, self._wrong, self._endpoint_help),
            _stacked(folder_row, self._folder_note),
            _start_of_row(self.hints_button),
        )
        fields = (self.language, self.theme, self.endpoint, self.folder, self.hints_button)
        for label, field, row in zip(self._labels, fields, rows, strict=True):
            label.setBuddy(field)
            form.addRow(label, row)
        return form

    def _fill(self) -> None:
        settings = self._studio.settings
        self.language.addItem("", "")
        for code, title in LANGUAGES.items():
            self.language.addItem(title, code)
        for value in THEMES:
            self.theme.addItem("", value)
        self.language.setCurrentIndex(self.language.findData(settings.language))
        self.theme.setCurrentIndex(self.theme.findData(settings.theme))
        self.endpoint.setText(settings.hub_endpoint)
        self.folder.setText(str(self._studio.workspace))

    def _change(self, **changes: object) -> None:
        self.changed.emit(msgspec.structs.replace(self._studio.settings, **changes))

    def _take_endpoint(self) -> None:
        usual = type(self._studio.settings)().hub_endpoint
        text = self.endpoint.text().strip().rstrip("/") or usual
        if not self.endpoint.text().strip():
            self.endpoint.setText(usual)
        wrong = endpoint_problem(text)
        self._wrong.setText(wrong)
        self._wrong.setVisible(bool(wrong))
        if not wrong and text != self._studio.settings.hub_endpoint:
            self._change(hub_endpoint=text)

    def _bring_hints_back(self) -> None:
        self._change(quiet_hints=())
        self.close_button.setFocus()
        self.hints_button.setEnabled(False)

    def _ask_folder(self) -> None:
        dialog = QFileDialog(self, tr("Choose a folder for runs and models"), str(self._studio.workspace))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self.take_folder)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def take_folder(self, path: str) -> None:
        """Keep runs and models in `path` from the next start on."""
        self.folder.setText(path)
        self._change(workspace=path)
        self._folder_note.setText(tr("The new folder is used from the next start. Nothing is moved."))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and self.focusWidget() is self.endpoint:
            event.accept()  # it was taken over; the window stays, to say so if it cannot be used
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        """Set every text in the language spoken now."""
        self.setWindowTitle(tr("Preferences"))
        names = (tr("Language"), tr("Theme"), tr("Source of downloads"), tr("Workspace folder"))
        fields: tuple[QWidget, ...] = (self.language, self.theme, self.endpoint, self.folder)
        self._labels[-1].setText(tr("Hints on curves"))
        for label, field, name in zip(self._labels[:-1], fields, names, strict=True):
            label.setText(name)
            field.setAccessibleName(name)
        self._set_texts()

    def _set_texts(self) -> None:
        self.language.setItemText(0, tr(THEMES["system"]))
        _name_items(self.theme)
        self._endpoint_help.setText(tr("Used only when you click Download. A mirror's address can be given here."))
        self.folder_button.setText(tr("Choose…"))
        self.folder_button.setAccessibleName(tr("Choose a folder for runs and models"))
        self._folder_note.setText(tr("Runs and models are kept here. Nothing in it leaves this computer."))
        self.hints_button.setText(tr("Show all kinds again"))
        self.hints_button.setAccessibleName(tr("Show all kinds of hints on curves again"))
        self.close_button.setText(tr("Close"))


def _name_items(combo: QComboBox) -> None:
    for row in range(combo.count()):
        combo.setItemText(row, tr(THEMES[combo.itemData(row)]))


def _start_of_row(part: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addWidget(part)
    row.addStretch()
    return row


def _stacked(*parts: QWidget | QHBoxLayout) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(theme.SPACE)
    for part in parts:
        if isinstance(part, QWidget):
            column.addWidget(part)
        else:
            column.addLayout(part)
    return column
