"""Small pictures of the data: bars for lengths and numbers. Each also says in words what it shows."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from workbench.core.language import tr
from workbench.gui import theme


class HistogramBars(QWidget):
    """How often values of each size occur. `edges` has one more number than `counts`."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._edges: tuple[float, ...] = ()
        self._counts: tuple[int, ...] = ()
        self._unit = ""
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.notifier.changed.connect(self.update)

    def show_histogram(self, edges: Sequence[float], counts: Sequence[int], name: str, unit: str) -> None:
        """Show `counts` between `edges`; `name` and `unit` are spoken texts."""
        self._edges, self._counts, self._unit = tuple(edges), tuple(counts), unit
        self.setAccessibleName(name)
        parts = [f"{_span(low, high)} {unit}: {count:,}" for low, high, count in self._bars() if count]
        self.setAccessibleDescription("; ".join(parts))
        self.updateGeometry()
        self.update()

    def _bars(self) -> list[tuple[float, float, int]]:
        return list(zip(self._edges[:-1], self._edges[1:], self._counts, strict=False))

    def sizeHint(self) -> QSize:
        return QSize(200, 56 + self.fontMetrics().height())

    minimumSizeHint = sizeHint

    def mouseMoveEvent(self, event) -> None:
        bars = self._bars()
        if bars:
            low, high, count = bars[min(int(event.position().x() / self.width() * len(bars)), len(bars) - 1)]
            text = tr("{span} {unit}: {rows} rows", span=_span(low, high), unit=self._unit, rows=f"{count:,}")
            QToolTip.showText(event.globalPosition().toPoint(), text, self)

    def paintEvent(self, _event) -> None:
        bars = self._bars()
        if not bars:
            return
        painter = QPainter(self)
        colours, metrics = theme.tokens(), QFontMetricsF(self.font())
        height = self.height() - metrics.height() - 2
        largest = max(self._counts) or 1
        width = self.width() / len(bars)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.series[0]))
        for place, (_low, _high, count) in enumerate(bars):
            tall = max(height * count / largest, 2) if count else 0
            painter.drawRect(QRectF(place * width, height - tall, max(width - 2, 1), tall))
        painter.setPen(QPen(QColor(colours.border), 1))
        painter.drawLine(QPointF(0, height), QPointF(self.width(), height))
        painter.setPen(QColor(colours.muted))
        foot = QRectF(0, height + 2, self.width(), metrics.height())
        painter.drawText(foot, Qt.AlignmentFlag.AlignLeft, f"{self._edges[0]:g}")
        painter.drawText(foot, Qt.AlignmentFlag.AlignRight, f"{self._edges[-1]:g} {self._unit}")


def _span(low: float, high: float) -> str:
    return f"{low:.4g} – {high:.4g}"
