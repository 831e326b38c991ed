"""The numbered cards of the left column."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout

from workbench.gui import theme


class Card(QFrame):
    """A frame with a number and a heading; `column` takes the rest."""

    def __init__(self, number: int, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("role", "card")
        self._number = QLabel(str(number))
        self._number.setTextFormat(Qt.TextFormat.PlainText)
        self._number.setProperty("role", "number")
        self._number.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._heading = text_label("heading", wrap=False)
        self.head = QHBoxLayout()
        self.head.setSpacing(theme.GAP)
        self.head.addWidget(self._number)
        self.head.addWidget(self._heading)
        self.head.addStretch()
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(theme.PAD, theme.PAD, theme.PAD, theme.PAD)
        self.column.setSpacing(theme.GAP)
        self.column.addLayout(self.head)

    def set_heading(self, text: str) -> None:
        """Set the heading, a spoken text."""
        self._heading.setText(text)


def text_label(role: str = "", name: str = "", *, wrap: bool = True) -> QLabel:
    """A label for plain text: nothing in it is ever read as markup."""
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wrap)
    label.setMinimumWidth(1)
    if role:
        label.setProperty("role", role)
    if name:
        label.setObjectName(name)
    return label
