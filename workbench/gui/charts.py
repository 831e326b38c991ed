"""Small pictures of the data: bars for classes, bars for lengths. Each also says in words what it shows."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from workbench.core.language import tr, trn
from workbench.gui import theme

_SHOWN = 12


class ClassBars(QWidget):
    """How many rows each class has: a bar, the name and the number."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("classBars")
        self._classes: tuple[tuple[str, int], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.notifier.changed.connect(self.update)

    def show_classes(self, classes: Sequence[tuple[str, int]]) -> None:
        """Show (label, rows) pairs, the commonest first."""
        self._classes = tuple(classes)
        self.updateGeometry()
        self.update()
        self._describe()

    def _describe(self) -> None:
        parts = [tr("{label}: {rows} rows", label=label, rows=f"{rows:,}") for label, rows in self._classes[:_SHOWN]]
        self.setAccessibleName(tr("Rows of each class"))
        self.setAccessibleDescription("; ".join(parts))
        self.setToolTip("\n".join(parts))

    def _row(self) -> int:
        return self.fontMetrics().height() + theme.SPACE

    def sizeHint(self) -> QSize:
        more = len(self._classes) > _SHOWN
        return QSize(200, self._row() * (min(len(self._classes), _SHOWN) + more))

    minimumSizeHint = sizeHint

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._describe()
            self.update()
        elif event.type() == QEvent.Type.FontChange:
            self.updateGeometry()

    def paintEvent(self, _event) -> None:
        if not self._classes:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours, metrics, row = theme.tokens(), QFontMetricsF(self.font()), self._row()
        largest = max(rows for _label, rows in self._classes) or 1
        shown = self._classes[:_SHOWN]
        names = min(max(metrics.horizontalAdvance(label) for label, _rows in shown) + 1, self.width() * 0.4)
        numbers = max(metrics.horizontalAdvance(f"{rows:,}") for _label, rows in shown)
        room = max(self.width() - names - numbers - 2 * theme.GAP, 8)
        for line, (label, rows) in enumerate(shown):
            box = QRectF(0, line * row, names, row)
            painter.setPen(QColor(colours.text))
            elided = metrics.elidedText(label, Qt.TextElideMode.ElideRight, names)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, elided)
            length = max(room * rows / largest, 2)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.series[0]))
            painter.drawRoundedRect(QRectF(names + theme.GAP, line * row + row * 0.25, length, row * 0.5), 2, 2)
            painter.setPen(QColor(colours.muted))
            where = QRectF(names + 2 * theme.GAP + length, line * row, numbers + 4, row)
            painter.drawText(where, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, f"{rows:,}")
        rest = len(self._classes) - _SHOWN
        if rest > 0:
            where = QRectF(0, _SHOWN * row, self.width(), row)
            text = trn("and {number} more class", "and {number} more classes", rest)
            painter.drawText(where, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)


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
