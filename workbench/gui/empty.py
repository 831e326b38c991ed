"""What a page shows while there is nothing to show: what would be here, why it is not, and one thing to do."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from workbench.gui import theme


class EmptyState(QWidget):
    """A title, a sentence or two, and one button; `acted` when it is pressed."""

    acted = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.title, self.text, self.action = QLabel(), QLabel(), QPushButton()
        self.title.setObjectName("emptyTitle")
        self.text.setObjectName("emptyText")
        self.action.setObjectName("emptyAction")
        theme.set_role(self.title, "title")
        for label in (self.title, self.text):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setWordWrap(True)
        self.action.clicked.connect(self.acted)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[2 * theme.MARGIN] * 4)
        layout.setSpacing(theme.PAD)
        layout.addStretch(1)
        layout.addWidget(self.title)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(self.text, 4)
        middle.addStretch(1)
        layout.addLayout(middle)
        layout.addWidget(self.action, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(2)

    def set_words(self, title: str, text: str, action: str = "") -> None:
        """What is said; without `action` there is no button."""
        self.title.setText(title)
        self.text.setText(text)
        self.action.setText(action)
        self.action.setVisible(bool(action))
