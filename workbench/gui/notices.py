"""The notices of a run, above its plots."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from workbench.core.events import Notice
from workbench.core.language import tr
from workbench.gui import theme

_NOTICES = 4  # more than these are not shown at once


class NoticeList(QFrame):
    """The notices of a run, each once, each to be put away."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("noticeList")
        self._told: set[str] = set()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(theme.SPACE)
        self._lines: list[QFrame] = []
        self.setVisible(False)

    def clear(self) -> None:
        """Forget everything."""
        for line in self._lines:
            line.hide()
            line.deleteLater()
        self._lines.clear()
        self._told.clear()
        self.setVisible(False)

    def take(self, notice: Notice) -> None:
        """Show `notice`, unless it was told before."""
        if notice.message in self._told:
            return
        self._told.add(notice.message)
        if len(self._lines) == _NOTICES:
            self._put_away(self._lines[0])
        self._add(notice)
        self.setVisible(True)

    def texts(self) -> list[str]:
        """What is shown."""
        return [line.findChild(QLabel, "noticeText").text() for line in self._lines]

    def _add(self, notice: Notice) -> None:
        line = QFrame()
        line.setProperty("role", "warning" if notice.severity == "warning" else "inset")
        text = QLabel(notice.message)
        text.setObjectName("noticeText")
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setWordWrap(True)
        close = QPushButton()
        close.setProperty("role", "quiet")
        close.setObjectName("noticeHide")
        close.clicked.connect(lambda: self._put_away(line))
        row = QHBoxLayout(line)
        row.setContentsMargins(theme.PAD, 0, theme.SPACE, 0)
        row.addWidget(text, 1)
        row.addWidget(close)
        self._layout.addWidget(line)
        self._lines.append(line)
        self.retranslate()

    def retranslate(self) -> None:
        """Speak the language in force; the notices stay as they were told."""
        for line in self._lines:
            close = line.findChild(QPushButton, "noticeHide")
            close.setText(tr("Hide"))
            close.setAccessibleName(tr("Hide this notice"))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)

    def _put_away(self, line: QFrame) -> None:
        if line in self._lines:
            self._lines.remove(line)
        line.hide()
        line.deleteLater()
        self.setVisible(bool(self._lines))
