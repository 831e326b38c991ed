"""What the lines of a plot mean, drawn as samples of the lines themselves, so that it does not hang on colour."""

from __future__ import annotations

from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.gui import theme

FAINT = 110  # opacity, of 255, of lines in the background


@dataclass(frozen=True)
class Style:
    """How a line looks. `colour` is a place in the theme's `series`; `symbol` is pyqtgraph's, "" for none."""

    colour: int = 0
    width: float = 2.0
    dash: Qt.PenStyle = Qt.PenStyle.SolidLine
    symbol: str = ""
    faint: bool = False
    line: bool = True

    def paint(self) -> QColor:
        """The colour, in the theme in force."""
        series = theme.tokens().series
        colour = QColor(series[self.colour % len(series)])
        if self.faint:
            colour.setAlpha(FAINT)
        return colour

    def pen(self) -> QPen | None:
        """The pen, in the theme in force; None for symbols without a line."""
        return pg.mkPen(self.paint(), width=self.width, style=self.dash) if self.line else None


_SAMPLE = 24  # width of a line's sample
_GAP = 12


class Legend(QWidget):
    """Entries (style, text), one beside the other, in as many rows as the width needs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: list[tuple[Style, str]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.notifier.changed.connect(self.update)

    def show_entries(self, entries: list[tuple[Style, str]]) -> None:
        """Show these instead."""
        if entries != self._entries:
            self._entries = list(entries)
            self.setAccessibleName(", ".join(text for _, text in entries))
            self._fit()
            self.update()

    def texts(self) -> list[str]:
        """What stands there."""
        return [text for _, text in self._entries]

    def sizeHint(self) -> QSize:
        return QSize(200, self._height(max(self.width(), 200)))

    def minimumSizeHint(self) -> QSize:
        return QSize(60, self._height(max(self.width(), 60)))

    def resizeEvent(self, event: object) -> None:
        self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(self._height(max(self.width(), 60)))

    def _height(self, width: int) -> int:
        rects = self._places(width)
        return rects[-1].bottom() + 1 if rects else 0

    def _places(self, width: int) -> list[QRect]:
        metrics = self.fontMetrics()
        line = metrics.height() + 4
        places, x, y = [], 0, 0
        for _, text in self._entries:
            needed = _SAMPLE + 6 + metrics.horizontalAdvance(text)
            if x and x + needed > width:
                x, y = 0, y + line
            if needed > width:  # the text takes several lines of its own
                room = QRect(0, 0, width - _SAMPLE - 6, 10_000)
                high = metrics.boundingRect(room, int(Qt.TextFlag.TextWordWrap), text).height() + 4
                places.append(QRect(0, y, width, high))
                y += high
                continue
            places.append(QRect(x, y, needed, line))
            x += needed + _GAP
        return places

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for (style, text), place in zip(self._entries, self._places(self.width()), strict=True):
            middle = place.center().y() + 0.5
            if style.line:
                painter.setPen(style.pen())
                painter.drawLine(QPointF(place.left(), middle), QPointF(place.left() + _SAMPLE, middle))
            if style.symbol:
                draw_symbol(painter, style, QPointF(place.left() + _SAMPLE / 2, middle))
            painter.setPen(QColor(theme.tokens().text))
            room = place.adjusted(_SAMPLE + 6, 0, 1, 0)
            painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter) | int(Qt.TextFlag.TextWordWrap), text)


def draw_symbol(painter: QPainter, style: Style, place: QPointF, size: float = 8.0) -> None:
    """Draw the symbol of `style` at `place`, as the plot draws it."""
    painter.save()
    painter.translate(place)
    scale = size * (1.6 if style.symbol == "star" else 1.0)
    painter.scale(scale, scale)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(style.paint())
    painter.drawPath(pg.graphicsItems.ScatterPlotItem.Symbols[style.symbol])
    painter.restore()
