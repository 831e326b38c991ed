"""Parallel coordinates: one upright axis for each setting that differs, one line for each run, coloured by its score.

Source: Inselberg 1985, The plane with parallel coordinates.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.core.language import tr
from workbench.core.options import Scalar
from workbench.gui import theme
from workbench.gui.announcing import announce
from workbench.gui.changes import in_sentence
from workbench.gui.labels import ElidedLabel
from workbench.gui.numbers import format_number
from workbench.gui.plot_parts import dress_frame, dress_plot, make_plot
from workbench.gui.wording import number_text
from workbench.studio import FAMILIES, SweepTable
from workbench.studio.sweep_table import Axis, Line

_NEAR = 14  # pixels within which the pointer means a line
_BELOW, _ABOVE = -0.16, 1.16


class ParallelPlot(QWidget):
    """Shows a SweepTable. `picked(run id)` for the line that was clicked, or chosen with Up and Down."""

    picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("parallel")
        self.table = SweepTable()
        self.chosen = ""
        self._near = ""
        self._items: list[pg.GraphicsObject] = []
        self.lines: dict[str, pg.PlotDataItem] = {}
        self.readout, self.plot = ElidedLabel(), make_plot()
        self.readout.setObjectName("parallelReadout")
        theme.set_role(self.readout, "muted")
        self.readout.setMinimumHeight(self.readout.fontMetrics().height())
        self.plot.setObjectName("parallelPlot")
        self.plot.setMinimumSize(240, 160)
        self.plot.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.hideAxis("left")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self.readout)
        layout.addWidget(self.plot, 1)
        self.plot.scene().sigMouseMoved.connect(self._hovered)
        self.plot.scene().sigMouseClicked.connect(lambda event: self._clicked(event.scenePos()))
        self.plot.installEventFilter(self)
        theme.notifier.changed.connect(self._draw)
        self._draw()

    # What others call.

    def show_table(self, table: SweepTable) -> None:
        """Show these runs; the one that is chosen stays so if it is among them."""
        self.table = table
        if self.chosen not in {line.run for line in table.lines}:
            self.chosen = ""
        self._near = ""
        self._draw()

    def choose(self, run: str) -> None:
        """Bring the line of `run` to the front; "" for none."""
        self.chosen = run
        self._dress_lines()
        self._read(run)

    def text_of(self, line: Line) -> str:
        """A run in words: its name, its settings, its score."""
        parts = [
            tr("{setting} {value}", setting=in_sentence(axis_title(axis)), value=value_text(axis, value))
            for axis, value in zip(self.table.axes, line.values, strict=True)
            if value is not None
        ]
        return tr("{name}: {value}", name=line.name, value=tr(", ").join(parts))

    # Painting.

    def _draw(self) -> None:
        dress_plot(self.plot)
        dress_frame(self.plot)
        self.plot.showGrid(x=False, y=False)
        for item in self._items:
            self.plot.removeItem(item)
        self._items, self.lines = [], {}
        axes = self.table.axes
        self.plot.getAxis("bottom").setTicks([[(place, axis_title(axis)) for place, axis in enumerate(axes)]])
        self.plot.setRange(xRange=(-0.35, max(len(axes), 2) - 0.65), yRange=(_BELOW, _ABOVE), padding=0)
        for place, axis in enumerate(axes):
            self._draw_axis(place, axis)
        for line in reversed(self.table.lines):  # the best one is painted last
            item = pg.PlotDataItem(range(len(axes)), line.positions, connect="finite", antialias=True)
            self.plot.addItem(item)
            self._items.append(item)
            self.lines[line.run] = item
        self._dress_lines()
        self.plot.setAccessibleName(tr("Plot of the runs over their settings"))
        self.plot.setAccessibleDescription("\n".join(self.text_of(line) for line in self.table.lines[:10]))
        self.plot.setToolTip(tr("Click a line, or use Up and Down, to choose a run."))
        self._read(self.chosen)

    def _draw_axis(self, place: int, axis: Axis) -> None:
        colours = theme.tokens()
        bar = pg.PlotDataItem([place, place], [0, 1], pen=pg.mkPen(QColor(colours.border), width=1))
        self._add(bar)
        for at, words in ticks(axis):
            if at in (0, 1):  # beyond the ends, where no line is
                text = pg.TextItem(words, color=QColor(colours.text), anchor=(0.5, 1.0 if at == 1 else 0.0))
            else:
                text = pg.TextItem(words, color=QColor(colours.text), fill=QColor(colours.surface), anchor=(0.5, 0.5))
            text.setPos(place, at)
            text.setZValue(10)
            self._add(text)

    def _add(self, item: pg.GraphicsObject) -> None:
        self.plot.addItem(item)
        self._items.append(item)

    def _dress_lines(self) -> None:
        colours = theme.tokens()
        scores = score_shares(self.table)
        for line in self.table.lines:
            item = self.lines[line.run]
            share = scores.get(line.run)
            if line.run in (self.chosen, self._near):
                pen = pg.mkPen(QColor(colours.series[1]), width=3.5 if line.run == self.chosen else 2.5)
            elif share is None:
                pen = pg.mkPen(QColor(colours.muted), width=1, style=Qt.PenStyle.DashLine)
            else:
                pen = pg.mkPen(_between(colours.line, colours.accent, 0.25 + 0.75 * share), width=1 + 1.5 * share)
            item.setPen(pen)
            item.setZValue(5 if line.run in (self.chosen, self._near) else (share or 0))

    # The user's hand.

    def line_at(self, place: QPointF) -> Line | None:
        """The line that is nearest to a place in the scene, if it is near."""
        box = self.plot.getPlotItem().getViewBox()
        best: tuple[float, Line | None] = (_NEAR, None)
        for line in self.table.lines:
            points = [box.mapViewToScene(QPointF(x, y)) for x, y in enumerate(line.positions) if not math.isnan(y)]
            distance = min((_distance(place, a, b) for a, b in pairwise(points)), default=math.inf)
            if distance < best[0]:
                best = (distance, line)
        return best[1]

    def _hovered(self, place: QPointF) -> None:
        line = self.line_at(place)
        near = line.run if line is not None else ""
        if near != self._near:
            self._near = near
            self._dress_lines()
            self._read(near or self.chosen)

    def _clicked(self, place: QPointF) -> None:
        line = self.line_at(place)
        if line is not None:
            self._pick(line)

    def _pick(self, line: Line) -> None:
        self.choose(line.run)
        announce(self, self.text_of(line))
        self.picked.emit(line.run)

    def _read(self, run: str) -> None:
        line = next((line for line in self.table.lines if line.run == run), None)
        best = self.table.lines[0] if self.table.lines else None
        if line is not None:
            self.readout.setText(self.text_of(line))
        elif best is not None:
            self.readout.setText(tr("Best: {run}", run=self.text_of(best)))
        else:
            self.readout.setText("")
        self.readout.setToolTip(self.readout.text())

    def _step(self, by: int) -> None:
        runs = [line.run for line in self.table.lines]
        if runs:
            now = runs.index(self.chosen) + by if self.chosen in runs else 0
            self._pick(self.table.lines[min(max(now, 0), len(runs) - 1)])

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if watched is self.plot:
            if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
                moves = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
                if (key := Qt.Key(event.key())) in moves:
                    self._step(moves[key])
                    return True
            elif event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
                dress_frame(self.plot)
            elif event.type() == QEvent.Type.Leave:
                self._hovered(QPointF(-1e6, -1e6))
        return False

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._draw()
        super().changeEvent(event)


def axis_title(axis: Axis) -> str:
    """The title of an axis, spoken."""
    return axis.title if axis.name == "score" else tr(axis.title)


def value_text(axis: Axis, value: Scalar | None) -> str:
    """A value on an axis, as people read it."""
    if value is None:
        return "–"
    if axis.name == "score":
        return number_text(float(value))
    if isinstance(value, bool):
        return tr("on") if value else tr("off")
    if isinstance(value, int | float):
        return format_number(float(value))
    return tr(FAMILIES[axis.name].entries[value].title) if axis.name in FAMILIES else value


def ticks(axis: Axis) -> Sequence[tuple[float, str]]:
    """(place from 0 to 1, words) of what is written along an axis."""
    if axis.choices:
        return [(axis.position(choice), value_text(axis, choice)) for choice in axis.choices]
    if axis.low == axis.high:
        return [(0.5, value_text(axis, axis.low))]
    return [(0.0, value_text(axis, axis.low)), (1.0, value_text(axis, axis.high))]


def score_shares(table: SweepTable) -> dict[str, float]:
    """{run: 0 for the worst to 1 for the best} of the runs that have a score."""
    scores = {line.run: line.score for line in table.lines if line.score is not None and math.isfinite(line.score)}
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    spread = (high - low) or 1.0
    shares = {run: (score - low) / spread for run, score in scores.items()}
    if high == low:
        return dict.fromkeys(scores, 1.0)
    return shares if table.higher_is_better else {run: 1 - share for run, share in shares.items()}


def _between(first: str, last: str, share: float) -> QColor:
    a, b = QColor(first), QColor(last)
    mixed = np.array(a.getRgb()[:3]) * (1 - share) + np.array(b.getRgb()[:3]) * share
    return QColor(*(round(part) for part in mixed))


def _distance(place: QPointF, a: QPointF, b: QPointF) -> float:
    """From a point to a piece of a line, in pixels."""
    along, to = b - a, place - a
    length = along.x() ** 2 + along.y() ** 2
    share = 0.0 if length == 0 else min(1.0, max(0.0, (to.x() * along.x() + to.y() * along.y()) / length))
    rest = to - along * share
    return math.hypot(rest.x(), rest.y())
