"""The toast: a short message over the page that goes by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QMargins, QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QTabBar,
    QToolButton,
    QWidget,
)

from workbench.core.language import tr
from workbench.gui import theme

_FOLLOW = 200  # ms between two looks whether the toast covers something
_CONTROLS = (QAbstractButton, QLineEdit, QComboBox, QTabBar, QAbstractSpinBox, QProgressBar)


def toast_milliseconds(text: str, undoable: bool) -> int:
    """How long a toast stays: 5 s and 1 s for each 10 words (20 Chinese characters); at least 10 s with an undo."""
    words = len(text.split()) + sum(1 for letter in text if "\u4e00" <= letter <= "\u9fff") / 2
    stay = 5000 + int(words / 10 * 1000)
    return max(stay, 10_000) if undoable else stay


class Toast(QFrame):
    """A short message over the foot of the window; it waits while the mouse or the focus is on it.

    It stands where it covers nothing that can be pressed, nor the progress, and moves if the page below it moves.
    """

    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("toast")
        self.setProperty("role", "toast")
        self._label = QLabel()
        self._label.setObjectName("toastText")
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setWordWrap(True)
        self.undo_button = QPushButton(tr("Undo"))
        self.undo_button.setObjectName("toastUndo")
        self.undo_button.clicked.connect(self._undo)
        self.close_button = close_button(toast=True)
        self.close_button.clicked.connect(self._leave)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.MARGIN, theme.GAP, theme.GAP, theme.GAP)
        row.setSpacing(theme.PAD)
        row.addWidget(self._label, 1)
        row.addWidget(self.undo_button)
        row.addWidget(self.close_button)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._leave)
        self._call: Callable[[], None] | None = None
        self._follow = QTimer(self)
        self._follow.setInterval(_FOLLOW)
        self._follow.timeout.connect(self._make_way)
        for child in (self.undo_button, self.close_button):
            child.installEventFilter(self)
        parent.installEventFilter(self)
        self.hide()

    def tell(self, text: str, undo: Callable[[], None] | None) -> None:
        """Show `text`; `undo` is offered as a button."""
        self._call = undo
        self._label.setText(text)
        self.undo_button.setText(tr("Undo"))
        self.undo_button.setVisible(undo is not None)
        self.close_button.setToolTip(tr("Close"))
        self.close_button.setAccessibleName(tr("Close message"))
        self.setAccessibleName(text)
        self._timer.start(toast_milliseconds(text, undo is not None))
        self._place()
        self.show()
        self.raise_()
        self._follow.start()

    def _place(self) -> None:
        area = self.parentWidget().rect()
        width = min(max(320, self.sizeHint().width()), area.width() - 2 * theme.MARGIN)
        self.resize(width, max(self.heightForWidth(width), self.sizeHint().height()))
        lowest = area.height() - self.height() - 2 * theme.MARGIN
        places = [
            QPoint(x, y)
            for y in range(lowest, area.height() // 8, -theme.GAP)
            for x in ((area.width() - width) // 2, area.width() - width - 2 * theme.MARGIN)
        ]
        taken = self._controls()
        margin = QMargins(*[theme.SPACE] * 4)
        free = (place for place in places if not _meets(QRect(place, self.size()) + margin, taken))
        self.move(next(free, QPoint((area.width() - width) // 2, lowest)))

    def _controls(self) -> list[QRect]:
        """Where in the window something can be pressed or typed, in the window's coordinates."""
        window, found = self.parentWidget(), []
        for kind in _CONTROLS:
            for control in window.findChildren(kind):
                if control.isVisible() and control.window() is window and not self.isAncestorOf(control):
                    seen = control.visibleRegion().boundingRect()
                    found.append(QRect(control.mapTo(window, seen.topLeft()), seen.size()))
        return found

    def _make_way(self) -> None:
        used = self.underMouse() or self.isAncestorOf(self.window().focusWidget() or self.window())
        if not used and _meets(self.geometry(), self._controls()):
            self._place()

    def _undo(self) -> None:
        call = self._call
        self._leave()
        if call:
            call()

    def _leave(self) -> None:
        self._timer.stop()
        self._follow.stop()
        self._call = None
        self.hide()
        self.closed.emit()

    def enterEvent(self, event) -> None:
        self._timer.stop()
        super().enterEvent(event)

    def leaveEvent(self, event) -> None:
        self._timer.start(5000)
        super().leaveEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self.parent() and self.isVisible():
            self._place()
        elif event.type() == QEvent.Type.FocusIn and watched is not self.parent():
            self._timer.stop()
        elif event.type() == QEvent.Type.FocusOut and watched is not self.parent() and self.isVisible():
            self._timer.start(5000)
        return False


def _meets(room: QRect, taken: Sequence[QRect]) -> bool:
    return any(room.intersects(one) for one in taken)


def close_button(*, toast: bool = False) -> QToolButton:
    button = QToolButton()
    button.setObjectName("closeMessage")
    button.setProperty("role", "" if toast else "icon")
    button.setIcon(theme.icon("close", theme.tokens().window if toast else ""))
    button.setToolTip(tr("Close"))
    button.setAccessibleName(tr("Close message"))
    return button
