"""A small table of parts: how many rows each has, and the share of each class as a thin bar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from workbench.core.language import mark, tr, trn
from workbench.gui import theme

_TITLES = {"train": mark("Training"), "validation": mark("Validation"), "test": mark("Test")}
_SHOWN = 8  # classes
_BAR = 6  # pixels
_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight


class PartBars(QWidget):
    """One column for each part; below its rows, one line for each class with its share in every part."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("partBars")
        self._parts: tuple[Any, ...] = ()
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.notifier.changed.connect(self.update)
        self.hide()

    def show_parts(self, parts: Sequence[Any]) -> None:
        """Show `parts`, each with a `name`, `rows`, and `classes` ({label: rows}) or a `mean` and a `spread`."""
        self._parts = tuple(parts)
        self.setVisible(bool(parts))
        self._describe()
        self.updateGeometry()
        self.update()

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that are shown: the commonest, and those that a part lacks."""
        every: dict[str, int] = {}
        for part in self._parts:
            for label, rows in part.classes.items():
                every[label] = every.get(label, 0) + rows
        lacking = [label for label in every if any(not part.classes.get(label) for part in self._parts)]
        common = sorted(every, key=lambda label: -every[label])
        if len(common) <= _SHOWN:
            return tuple(common)
        first = common[: max(_SHOWN - len(lacking), _SHOWN // 2)]
        return tuple(dict.fromkeys((*first, *lacking)))[:_SHOWN]

    def _describe(self) -> None:
        self.setAccessibleName(tr("Rows and classes of each part"))
        self.setAccessibleDescription("; ".join(self._sentences()))

    def _sentences(self) -> list[str]:
        sentences = []
        for part in self._parts:
            rows = trn("{part}: {rows} row", "{part}: {rows} rows", part.rows, part=_title(part), rows=f"{part.rows:,}")
            shares = ", ".join(f"{label} {_percent(part, label)}" for label in self.classes)
            sentences.append(" – ".join(filter(None, (rows, shares, _numbers(part)))))
        return sentences

    # Where things stand.

    def _row(self) -> int:
        return self.fontMetrics().height() + theme.SPACE

    def _lines(self) -> int:
        rest = len({label for part in self._parts for label in part.classes}) > len(self.classes)
        return 2 + len(self.classes) + rest + any(part.mean is not None for part in self._parts)

    def sizeHint(self) -> QSize:
        return QSize(200, self._row() * self._lines() if self._parts else 0)

    minimumSizeHint = sizeHint

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._describe()
            self.update()
        elif event.type() == QEvent.Type.FontChange:
            self.updateGeometry()

    def _names(self, metrics: QFontMetricsF) -> float:
        texts = [*self.classes, tr("Rows"), tr("Mean ± spread")] if self._numeric else [*self.classes, tr("Rows")]
        wanted = max(metrics.horizontalAdvance(text) for text in texts) + theme.GAP
        return min(wanted, self.width() * 0.34)

    @property
    def _numeric(self) -> bool:
        return any(part.mean is not None for part in self._parts)

    def mouseMoveEvent(self, event: Any) -> None:
        line = int(event.position().y() / self._row()) - 2
        if 0 <= line < len(self.classes):
            label = self.classes[line]
            texts = [
                tr("{part}: {rows} rows, {percent}", part=_title(part), rows=f"{rows:,}", percent=_percent(part, label))
                for part in self._parts
                for rows in (part.classes.get(label, 0),)
            ]
            QToolTip.showText(event.globalPosition().toPoint(), "\n".join([label, *texts]), self)

    # Painting.

    def paintEvent(self, _event: Any) -> None:
        if not self._parts:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = QFontMetricsF(self.font())
        names = self._names(metrics)
        width = (self.width() - names) / len(self._parts)
        self._write(painter, 1, tr("Rows"), 0, names, muted=True)
        for place, label in enumerate(self.classes):
            self._write(painter, 2 + place, label, 0, names)
        if self._numeric:
            self._write(painter, 2, tr("Mean ± spread"), 0, names, muted=True)
        for place, part in enumerate(self._parts):
            left = names + place * width
            room = width - theme.GAP
            self._write(painter, 0, _title(part), left, room, strong=True)
            self._write(painter, 1, f"{part.rows:,}", left, room)
            if part.mean is not None:
                self._write(painter, 2, _numbers(part), left, room)
            for line, label in enumerate(self.classes):
                self._bar(painter, 2 + line, part, label, left, room)
        self._rest(painter)

    def _rest(self, painter: QPainter) -> None:
        every = {label for part in self._parts for label in part.classes}
        rest = len(every) - len(self.classes)
        if rest > 0:
            text = trn("and {number} more class", "and {number} more classes", rest)
            self._write(painter, self._lines() - 1, text, 0, self.width(), muted=True)

    def _write(
        self,
        painter: QPainter,
        line: int,
        text: str,
        left: float,
        width: float,
        *,
        muted: bool = False,
        strong: bool = False,
        right: bool = False,
    ) -> None:
        colours, font = theme.tokens(), self.font()
        font.setBold(strong)
        painter.setFont(font)
        painter.setPen(QColor(colours.muted if muted else colours.text))
        box = QRectF(left, line * self._row(), width, self._row())
        elided = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, width)
        painter.drawText(box, _RIGHT if right else _LEFT, elided)

    def _bar(self, painter: QPainter, line: int, part: Any, label: str, left: float, width: float) -> None:
        colours, row = theme.tokens(), self._row()
        number = QFontMetricsF(self.font()).horizontalAdvance("100 %") + 2
        room = max(width - number - theme.SPACE, 8)
        share = part.classes.get(label, 0) / part.rows if part.rows else 0
        track = QRectF(left, (line + 0.5) * row - _BAR / 2, room, _BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.raised))
        painter.drawRoundedRect(track, 3, 3)
        if share:
            painter.setBrush(QColor(colours.series[0]))
            painter.drawRoundedRect(QRectF(track.topLeft(), QPointF(left + max(room * share, 2), track.bottom())), 3, 3)
        lacking = not part.classes.get(label)
        text = tr("none") if lacking else _percent(part, label)
        painter.setFont(self.font())
        painter.setPen(QColor(colours.danger if lacking else colours.muted))
        painter.drawText(QRectF(left + room, line * row, number + theme.SPACE, row), _RIGHT, text)


def _title(part: Any) -> str:
    return tr(_TITLES.get(part.name, part.name))


def _percent(part: Any, label: str) -> str:
    share = 100 * part.classes.get(label, 0) / part.rows if part.rows else 0.0
    return "< 1 %" if 0 < share < 1 else f"{share:.0f} %"


def _numbers(part: Any) -> str:
    return "" if part.mean is None else f"{part.mean:.4g} ± {part.spread:.3g}"
