"""The scrolling left column: as wide as its content needs, at any size of the font."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from workbench.gui import theme

_PATIENCE = 1500  # milliseconds for which a place is held


class Column(QScrollArea):
    """Scrolls up and down only."""

    def __init__(self, *parts: QWidget) -> None:
        super().__init__()
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.SPACE, theme.GAP)
        column.setSpacing(theme.GAP)
        for part in parts:
            column.addWidget(part)
        column.addStretch()
        self.setWidgetResizable(True)
        self.setWidget(inner)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # or texts would wrap anew as it comes
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inner.installEventFilter(self)
        self._held: tuple[QWidget, int] | None = None
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE)
        self._patience.timeout.connect(self._let_go)
        bar = self.verticalScrollBar()
        bar.rangeChanged.connect(lambda _low, _high: self._return())
        bar.valueChanged.connect(lambda _value: self._return())
        bar.actionTriggered.connect(lambda _action: self._let_go())

    def hold(self) -> None:
        """Keep what is seen at the top where it is while texts change and parts come and go."""
        inner, top = self.widget(), self.verticalScrollBar().value()
        parts = [part for row in range(inner.layout().count()) if (part := inner.layout().itemAt(row).widget())]
        seen = next((part for part in parts if part.geometry().bottom() >= top), None)
        if seen is not None:
            self._held = (seen, top - seen.y())
            self._patience.start()

    def _return(self) -> None:
        if self._held is not None:
            part, below = self._held
            self.verticalScrollBar().setValue(part.y() + min(below, part.height()))

    def _let_go(self) -> None:
        self._patience.stop()
        self._held = None

    def minimumSizeHint(self) -> QSize:
        needed = self.widget().minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        return QSize(needed, super().minimumSizeHint().height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.widget() and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        elif watched is self.widget() and event.type() == QEvent.Type.Resize:
            QTimer.singleShot(0, self, self._return)  # once its parts have their places
        return super().eventFilter(watched, event)
