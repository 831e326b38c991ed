"""The parts of a plot over steps: its lines and axes, and how they look in the theme in force."""

from __future__ import annotations

from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtGui import QColor

from workbench.gui import theme
from workbench.gui.legend import Style
from workbench.gui.tracks import Track

pg.setConfigOptions(antialias=True)

_SYMBOL_LIMIT = 300  # more points than this: their symbols would be a smear


@dataclass
class Curve:
    """One line: its points, its look, and the item that paints it. `title` is in the language spoken now."""

    track: Track
    style: Style
    item: pg.PlotDataItem
    title: str = ""
    dirty: bool = True

    def paint(self, *, logarithmic: bool) -> None:
        """Give the points to the item that paints them."""
        self.dirty = False
        symbol = self.style.symbol if len(self.track) <= _SYMBOL_LIMIT else ""
        self.item.opts["symbol"] = symbol or None
        self.item.opts["symbolSize"] = 16 if symbol == "star" else 8
        self.item.setData(self.track.x, self.track.log_y if logarithmic else self.track.y)

    def dress(self) -> None:
        """Take the colours of the theme in force."""
        self.item.setPen(self.style.pen())
        self.item.setSymbolBrush(self.style.paint())
        self.item.setSymbolPen(pg.mkPen(QColor(theme.tokens().surface), width=1))


class _StepAxis(pg.AxisItem):
    """The axis of the steps. Pyqtgraph would push its label halfway out of the picture."""

    def resizeEvent(self, event: object = None) -> None:
        super().resizeEvent(event)
        room = self.label.boundingRect()
        self.label.setPos(self.size().width() / 2 - room.width() / 2, self.size().height() - room.height())


def make_plot() -> pg.PlotWidget:
    """An empty plot that never changes its range by itself."""
    plot = pg.PlotWidget(enableMenu=False, axisItems={"bottom": _StepAxis("bottom")})
    item = plot.getPlotItem()
    item.hideButtons()
    item.disableAutoRange()
    item.getViewBox().setDefaultPadding(0)
    for side in ("left", "bottom"):
        item.getAxis(side).enableAutoSIPrefix(False)
        item.getAxis(side).setStyle(maxTickLevel=0, tickLength=-4)
    return plot


def add_line(plot: pg.PlotWidget, style: Style) -> pg.PlotDataItem:
    """A new line without points in `plot`."""
    item = pg.PlotDataItem(antialias=not style.faint)
    plot.addItem(item)  # which sets the plot's own manner of downsampling: ours comes after it
    item.setClipToView(True)
    # Of raw values the highest and lowest of each pixel must be seen. Smooth ones take the mean: a thick pen over
    # a path that goes up and down in every pixel costs Qt seconds, over a mean a millisecond.
    item.setDownsampling(auto=True, method="peak" if style.faint else "mean")
    item.opts["autoDownsampleFactor"] = 1.0
    return item


def dress_plot(plot: pg.PlotWidget) -> None:
    """Give background, axes and grid the colours of the theme in force."""
    colours = theme.tokens()
    plot.setBackground(QColor(colours.surface))
    for side in ("left", "bottom"):
        axis = plot.getAxis(side)
        axis.setPen(QColor(colours.border))
        axis.setTextPen(QColor(colours.muted))
    plot.showGrid(x=False, y=True, alpha=0.25)


def dress_frame(plot: pg.PlotWidget) -> None:
    """Frame the plot while it has the focus."""
    colour = theme.tokens().focus if plot.hasFocus() else theme.tokens().surface
    plot.setStyleSheet(f"QGraphicsView {{ border: 2px solid {colour}; border-radius: 4px; }}")
