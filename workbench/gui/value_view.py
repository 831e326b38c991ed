"""A predicted number, and where it lies among the numbers of the training rows."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from workbench.core.language import tr
from workbench.core.predictions import Value
from workbench.gui import theme
from workbench.gui.wording import number_text


class _Scale(QWidget):
    """Where a number lies among those of the training rows: mean, one and two spreads, and a marker."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.prediction: Value | None = None
        self.setMinimumHeight(64)
        theme.notifier.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.prediction is None:
            return
        one, colours = self.prediction, theme.tokens()
        spread = one.spread or 1.0
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, width, middle = 24.0, self.width() - 48.0, 24.0

        def place(value: float) -> float:
            return left + width * min(max((value - one.mean) / spread / 6 + 0.5, 0.0), 1.0)

        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.raised))
        painter.drawRoundedRect(QRectF(left, middle - 4, width, 8), 4, 4)
        painter.setBrush(QColor(colours.border))
        start, end = place(one.mean - spread), place(one.mean + spread)
        painter.drawRoundedRect(QRectF(start, middle - 4, end - start, 8), 4, 4)
        painter.setBrush(QColor(colours.accent))
        painter.drawEllipse(QRectF(place(one.value) - 8, middle - 8, 16, 16))
        painter.setPen(QColor(colours.muted))
        for step in (-2, -1, 0, 1, 2):
            value = one.mean + step * spread
            room = QRectF(place(value) - 60, middle + 12, 120, 20)
            painter.drawText(room, Qt.AlignmentFlag.AlignHCenter, number_text(value))


class ValueView(QWidget):
    """The predicted number beside mean and spread of the training rows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value: Value | None = None
        self.number, self.comment, self.rows = QLabel(), QLabel(), QLabel()
        self.number.setObjectName("predictedNumber")
        self.comment.setObjectName("verdictComment")
        self.scale = _Scale()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP)
        for label, role in ((self.number, "title"), (self.comment, "small"), (self.rows, "muted")):
            theme.set_role(label, role)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            layout.addWidget(label)
        layout.addWidget(self.scale)
        layout.addStretch(1)

    def show_prediction(self, value: Value) -> None:
        """Show `value`."""
        self._value = value
        self.retranslate()

    def text(self) -> str:
        """The number, with every digit."""
        return repr(self._value.value) if self._value is not None else ""

    def retranslate(self) -> None:
        """Speak the language in force."""
        one = self._value
        if one is None:
            return
        self.number.setText(number_text(one.value))
        self.number.setToolTip(repr(one.value))
        self.number.setAccessibleName(tr("The answer: {label}", label=number_text(one.value)))
        self.comment.setText(place_text(one))
        self.rows.setText(
            tr(
                "Training rows: mean {mean}, spread {spread}.",
                mean=number_text(one.mean),
                spread=number_text(one.spread),
            )
        )
        self.scale.prediction = one
        self.scale.setAccessibleName(self.comment.text())
        self.scale.update()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)


def place_text(value: Value) -> str:
    """Where the number lies among the training rows, in words."""
    if value.spread <= 0:
        return tr("The training rows all have the same number.")
    away = (value.value - value.mean) / value.spread
    if abs(away) < 0.25:
        return tr("About the mean of the training rows.")
    if away > 0:
        return tr("{number} spreads above the mean of the training rows.", number=f"{away:.1f}")
    return tr("{number} spreads below the mean of the training rows.", number=f"{-away:.1f}")
