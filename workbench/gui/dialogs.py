"""Two windows of the messages: one question with verbs for answers, and details that can be copied."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from workbench.core.language import tr
from workbench.gui import theme

Action = tuple[str, Callable[[], None]]


def decide(
    parent: QWidget,
    title: str,
    text: str,
    safe: str,
    others: Sequence[Action],
    on_safe: Callable[[], None] | None = None,
) -> QDialog:
    """Ask one question without blocking. `safe` is the default verb and what Esc means; `others` the other verbs."""
    dialog = QDialog(parent)
    dialog.setObjectName("decision")
    dialog.setWindowTitle(title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowModality(Qt.WindowModality.WindowModal)
    heading, body = QLabel(title), QLabel(text)
    heading.setProperty("role", "heading")
    for label in (heading, body):
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
    column = QVBoxLayout(dialog)
    column.setContentsMargins(*[theme.MARGIN + theme.GAP] * 4)
    column.setSpacing(theme.PAD)
    column.addWidget(heading)
    column.addWidget(body)
    row = QHBoxLayout()
    row.setSpacing(theme.GAP)
    row.addStretch()
    for number, (caption, call) in enumerate(others):
        button = QPushButton(caption)
        button.setObjectName(f"decision-{number}")
        button.setAutoDefault(False)
        button.clicked.connect(lambda _checked=False, call=call: (dialog.accept(), call()))
        row.addWidget(button)
    default = QPushButton(safe)
    default.setObjectName("decision-safe")
    default.setProperty("role", "primary")
    default.setDefault(True)
    default.clicked.connect(dialog.reject)
    row.addWidget(default)
    column.addLayout(row)
    if on_safe:
        dialog.rejected.connect(on_safe)
    dialog.setMinimumWidth(400)
    default.setFocus()
    dialog.open()
    return dialog


def show_details(parent: QWidget, title: str, details: str) -> QDialog:
    """A window with text that can be copied."""
    dialog = QDialog(parent)
    dialog.setObjectName("details")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(tr("Details"))
    dialog.resize(640, 400)
    box = QPlainTextEdit(details)
    box.setReadOnly(True)
    box.setAccessibleName(tr("Details"))
    box.setTabChangesFocus(True)
    head = QLabel(title)
    head.setTextFormat(Qt.TextFormat.PlainText)
    head.setWordWrap(True)
    close = QPushButton(tr("Close"))
    close.clicked.connect(dialog.accept)
    column = QVBoxLayout(dialog)
    column.setContentsMargins(*[theme.MARGIN] * 4)
    column.addWidget(head)
    column.addWidget(box)
    column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
    dialog.open()
    return dialog
