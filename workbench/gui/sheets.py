"""Small windows to read: the keyboard sheet, the messages so far, about."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from workbench.core.language import tr
from workbench.gui import theme
from workbench.gui.messages import Told
from workbench.gui.panels.card import text_label


def keyboard_sheet(parent: QWidget, rows: list[tuple[str, str]]) -> QDialog:
    """Every action that has a key."""
    moves = [
        (tr("Next field"), "Tab"),
        (tr("Previous field"), "Shift+Tab"),
        (tr("Press the button that has the focus"), tr("Space")),
    ]
    return _table(parent, "keyboardSheet", tr("Keyboard shortcuts"), (tr("Action"), tr("Keys")), [*rows, *moves])


def message_list(parent: QWidget, past: Iterable[Told]) -> QDialog:
    """What was told so far, the latest first."""
    rows = [(datetime.fromtimestamp(told.when).strftime("%H:%M:%S"), told.text) for told in reversed(list(past))]
    return _table(parent, "messageList", tr("Messages so far"), (tr("Time"), tr("Message")), rows)


def about(parent: QWidget, version: str) -> QDialog:
    """What this is, and its promise."""
    dialog, column = _sheet(parent, "about", tr("About Model Workbench"))
    title, text = text_label("title", wrap=False), text_label()
    title.setText(f"Model Workbench {version}")
    lines = (
        tr("Build a first model by clicking: choose a model, drop a table, watch it learn, try it."),
        tr("Everything happens on this computer. Nothing is sent anywhere."),
        tr("Licence: Apache-2.0"),
    )
    text.setText("\n\n".join(lines))
    column.addWidget(title)
    column.addWidget(text)
    dialog.setMinimumWidth(440)
    return _open(dialog, column)


def _table(parent: QWidget, name: str, title: str, heads: tuple[str, str], rows: list[tuple[str, str]]) -> QDialog:
    dialog, column = _sheet(parent, name, title)
    table = QTableWidget(len(rows), 2)
    table.setHorizontalHeaderLabels(list(heads))
    table.setAccessibleName(title)
    table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    table.setTabKeyNavigation(False)
    table.setShowGrid(False)
    table.setAlternatingRowColors(True)
    table.setWordWrap(True)
    table.verticalHeader().hide()
    for row, texts in enumerate(rows):
        for place, text in enumerate(texts):
            item = QTableWidgetItem(text)
            item.setToolTip(text)
            table.setItem(row, place, item)
    wide, narrow = (1, 0) if name == "messageList" else (0, 1)
    table.horizontalHeader().setSectionResizeMode(wide, QHeaderView.ResizeMode.Stretch)
    table.horizontalHeader().setSectionResizeMode(narrow, QHeaderView.ResizeMode.ResizeToContents)
    table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    column.addWidget(table)
    dialog.resize(560, 520)
    return _open(dialog, column)


def _sheet(parent: QWidget, name: str, title: str) -> tuple[QDialog, QVBoxLayout]:
    dialog = QDialog(parent)
    dialog.setObjectName(name)
    dialog.setWindowTitle(title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    column = QVBoxLayout(dialog)
    column.setContentsMargins(*[theme.MARGIN + theme.GAP] * 4)
    column.setSpacing(theme.PAD)
    return dialog, column


def _open(dialog: QDialog, column: QVBoxLayout) -> QDialog:
    close = QPushButton(tr("Close"))
    close.setObjectName("closeSheet")
    close.setDefault(True)
    close.clicked.connect(dialog.accept)
    column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
    dialog.open()
    return dialog
