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
    *,
    cancel: str = "",
) -> QDialog:
    """Ask one question without blocking. `safe` is the default verb and what Esc means; `others` the other verbs.

    With `cancel`, Esc means that verb instead, and nothing is done.
    """
    dialog = QDialog(parent)
    dialog.setObjectName("decision")
    dialog.setWindowTitle(title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowModality(Qt.WindowModality.WindowModal)
    default = _safe_button(dialog, safe)
    row = QHBoxLayout()
    row.setSpacing(theme.GAP)
    row.addStretch()
    if cancel:
        row.addWidget(_cancel_button(dialog, cancel))
        default.clicked.disconnect()
        default.clicked.connect(lambda _checked=False: (dialog.accept(), on_safe() if on_safe else None))
    for number, action in enumerate(others):
        row.addWidget(_other_button(dialog, number, action))
    row.addWidget(default)
    column = QVBoxLayout(dialog)
    column.setContentsMargins(*[theme.MARGIN + theme.GAP] * 4)
    column.setSpacing(theme.PAD)
    column.addWidget(_plain(title, "heading"))
    column.addWidget(_plain(text))
    column.addLayout(row)
    if on_safe and not cancel:
        dialog.rejected.connect(on_safe)
    dialog.setMinimumWidth(400)
    default.setFocus()
    dialog.open()
    return dialog


def _plain(text: str, role: str = "") -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setProperty("role", role)
    return label


def _other_button(dialog: QDialog, number: int, action: Action) -> QPushButton:
    caption, call = action
    button = QPushButton(caption)
    button.setObjectName(f"decision-{number}")
    button.setAutoDefault(True)  # so that Enter presses the button that has the focus
    button.clicked.connect(lambda _checked=False: (dialog.accept(), call()))
    return button


def _cancel_button(dialog: QDialog, caption: str) -> QPushButton:
    button = QPushButton(caption)
    button.setObjectName("decision-cancel")
    button.setAutoDefault(True)
    button.clicked.connect(dialog.reject)
    return button


def _safe_button(dialog: QDialog, caption: str) -> QPushButton:
    button = QPushButton(caption)
    button.setObjectName("decision-safe")
    button.setProperty("role", "primary")
    button.setDefault(True)
    button.clicked.connect(dialog.reject)
    return button


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
    close = QPushButton(tr("Close"))
    close.clicked.connect(dialog.accept)
    column = QVBoxLayout(dialog)
    column.setContentsMargins(*[theme.MARGIN] * 4)
    column.addWidget(_plain(title))
    column.addWidget(box)
    column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
    dialog.open()
    return dialog
