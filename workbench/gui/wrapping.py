"""A row of widgets that becomes several rows where the width is short."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.gui import theme

_CHANGES = (QEvent.Type.ShowToParent, QEvent.Type.HideToParent)


class WrapRow(QWidget):
    """From left to right, then from top to bottom; hidden widgets take no room."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[QWidget] = []
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def add(self, part: QWidget) -> None:
        """Put `part` behind the others."""
        part.setParent(self)
        part.installEventFilter(self)
        self._parts.append(part)

    def sizeHint(self) -> QSize:
        sizes = [part.sizeHint() for part in self._shown()]
        width = sum(size.width() for size in sizes) + theme.GAP * max(0, len(sizes) - 1)
        return QSize(width, self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(max((part.sizeHint().width() for part in self._shown()), default=0), self.height())

    def _shown(self) -> list[QWidget]:
        return [part for part in self._parts if not part.isHidden()]

    def _fit(self) -> None:
        x = y = high = 0
        for part in self._shown():
            size = part.sizeHint()
            if x and x + size.width() > self.width():
                x, y, high = 0, y + high + theme.GAP, 0
            part.setGeometry(QRect(x, y, size.width(), size.height()))
            x += size.width() + theme.GAP
            high = max(high, size.height())
        if y + high != self.height():
            self.setFixedHeight(y + high)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:  # a part has another size
            self._fit()
            self.updateGeometry()
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _CHANGES:
            self._fit()
            self.updateGeometry()
        return False
