"""A section that can be folded away."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget

from workbench.core.language import tr
from workbench.gui import theme


class Fold(QWidget):
    """A heading that shows or hides `body`. Starts folded. `title` is an English source text."""

    toggled = Signal(bool)

    def __init__(self, title: str, name: str, body: QWidget) -> None:
        super().__init__()
        self._title = title
        self.body = body
        self.button = QToolButton()
        self.button.setObjectName(name)
        self.button.setProperty("role", "fold")
        self.button.setCheckable(True)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setIconSize(QSize(12, 12))
        self.button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.button.toggled.connect(self._toggle)
        body.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP)
        column.addWidget(self.button)
        column.addWidget(body)
        theme.notifier.changed.connect(self._redraw)
        self._redraw()
        self.retranslate()

    def unfold(self) -> None:
        """Show the body."""
        self.button.setChecked(True)

    def _toggle(self, open_: bool) -> None:
        self.body.setVisible(open_)
        self._redraw()
        self.toggled.emit(open_)

    def _redraw(self) -> None:
        self.button.setIcon(theme.icon("fold-open" if self.button.isChecked() else "fold-closed"))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        """Set every text in the language spoken now."""
        self.button.setText(tr(self._title))
        self.button.setAccessibleName(tr(self._title))
