"""The plots: numpy buffers that grow, one `setData` per tick, and the user's zoom left alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from workbench.core.language import tr
from workbench.gui import theme
from workbench.gui.labels import ElidedLabel
from workbench.gui.legend import Legend, Style
from workbench.gui.plot_parts import Curve, add_line, dress_frame, dress_plot, make_plot
from workbench.gui.tracks import Track
from workbench.gui.wording import loss_text

_PAD = 0.04  # of the range, beside the outermost points
_MARKER = 10  # pixels, so that no marker is cut


class CurvePlot(QWidget):
    """A plot over steps. Follows the newest points until the user zooms; "Follow" returns.

    Keys on the plot: Left and Right move the reading line, Home and End jump, + and - zoom, F follows.
    """

    following_changed = Signal(bool)

    def __init__(self, name: str, *, log_switch: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.curves: dict[str, Curve] = {}
        self.following = True
        self.logarithmic = False
        self.horizon = 0.0  # the step up to which is shown at least
        self._reading: float | None = None
        self.heading, self.readout = QLabel(), ElidedLabel()
        self.log_box, self.follow_button = QCheckBox(), QPushButton()
        self.plot = make_plot()
        self.legend = Legend()
        self._build(name, log_switch)
        self._connect()
        self._dress()
        self.retranslate()

    # What others call.

    def add_curve(self, key: str, style: Style, *, title: str = "") -> Curve:
        """A new line without points."""
        curve = Curve(Track(), style, add_line(self.plot, style), title)
        self.curves[key] = curve
        curve.dress()
        return curve

    def remove_curves(self) -> None:
        """Take every line away."""
        for curve in self.curves.values():
            self.plot.removeItem(curve.item)
        self.curves.clear()

    def extend(self, key: str, xs: Iterable[float], ys: Iterable[float]) -> None:
        """Add points to the line `key`; they are painted at the next `refresh`."""
        curve = self.curves[key]
        curve.track.extend(np.asarray(xs, dtype=np.float64), np.asarray(ys, dtype=np.float64))
        curve.dirty = True

    def keep_until(self, step: float) -> None:
        """Forget the points of later steps; the zoom stays."""
        for curve in self.curves.values():
            if len(curve.track) and curve.track.x[-1] > step:
                curve.track = curve.track.until(step)
                curve.dirty = True

    def drop_at(self, key: str, step: float) -> None:
        """Forget the last point of the line `key` if it is at `step`."""
        track = self.curves[key].track
        if len(track) and track.x[-1] == step:
            self.curves[key].track = track.until(step - 0.5)

    def refresh(self) -> None:
        """Paint what has changed: at most one `setData` for each line."""
        for curve in self.curves.values():
            if curve.dirty:
                curve.paint(logarithmic=self.logarithmic)
        if self.following:
            self._fit()
        self._show_legend()
        self.plot.setAccessibleDescription(self.summary())
        if self._reading is None:
            self._say_summary()
        else:
            self._read(self._reading)

    def follow(self) -> None:
        """Show everything, and go on doing so as points arrive."""
        self.following = True
        self.follow_button.hide()
        self._fit()
        self.following_changed.emit(True)

    def set_logarithmic(self, on: bool) -> None:
        """Draw the values on a logarithmic axis, or on a plain one."""
        self.logarithmic = on
        self.plot.getAxis("left").setLogMode(None, on)
        for curve in self.curves.values():
            curve.dirty = True
        self._scale_changed()
        self.follow()
        self.refresh()

    def clear(self) -> None:
        """Forget all points and the zoom."""
        for curve in self.curves.values():
            curve.track = Track()
            curve.dirty = True
        self.horizon = 0.0
        self._reading = None
        self._line.hide()
        self.follow()
        self.refresh()

    def summary(self) -> str:
        """The plot in words, for those who do not see it."""
        return ""

    def entries(self) -> list[tuple[Style, str]]:
        """What the legend shows: lines with points."""
        return [(curve.style, curve.title) for curve in self.curves.values() if len(curve.track)]

    def value_text(self, value: float) -> str:
        """One value, as the reading line shows it."""
        return loss_text(value)

    def bounds(self) -> tuple[float, float] | None:
        """The least and greatest value to show; None without points."""
        tracks = [curve.track for curve in self.curves.values() if len(curve.track)]
        if not tracks:
            return None
        return min(track.lowest for track in tracks), max(track.highest for track in tracks)

    def set_words(self, *, heading: str, value: str, accessible: str) -> None:
        """The plot's heading, what its upright axis shows (with the unit), and its name for screen readers."""
        self.heading.setText(heading)
        self.plot.setLabel("left", value)
        self.plot.setLabel("bottom", tr("step"))
        self.plot.setAccessibleName(accessible)

    def retranslate(self) -> None:
        """Speak the language in force."""
        self.log_box.setText(tr("Log axis"))
        self.log_box.setToolTip(tr("Show small losses as clearly as large ones."))
        self.follow_button.setText(tr("Follow"))
        self.follow_button.setToolTip(tr("Show everything again and follow new points."))
        self.plot.setToolTip(tr("Drag or use the wheel to zoom. Arrow keys read values, F follows."))
        self.refresh()

    # Building and looks.

    def _build(self, name: str, log_switch: bool) -> None:
        theme.set_role(self.heading, "heading")
        theme.set_role(self.readout, "muted")
        self.readout.setMinimumHeight(self.readout.fontMetrics().height())
        theme.set_role(self.follow_button, "quiet")
        self.follow_button.hide()
        self.log_box.setVisible(log_switch)
        for part, suffix in ((self.plot, "Plot"), (self.log_box, "Log"), (self.follow_button, "Follow")):
            part.setObjectName(name + suffix)
        self.top = top = QHBoxLayout()
        top.setSpacing(theme.GAP)
        top.addWidget(self.heading)
        top.addStretch(1)
        self.heading.setMinimumHeight(theme.TARGET + theme.GAP)  # as high as the row with the switch in it
        top.addWidget(self.follow_button)
        top.addWidget(self.log_box)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addLayout(top)
        layout.addWidget(self.readout)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.legend)
        self.plot.setMinimumSize(160, 96)
        self.plot.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._line = pg.InfiniteLine(angle=90, movable=False)
        self._line.hide()
        self.plot.addItem(self._line, ignoreBounds=True)

    def _connect(self) -> None:
        self.plot.getPlotItem().getViewBox().sigRangeChangedManually.connect(self._user_zoomed)
        self.plot.scene().sigMouseMoved.connect(self._hovered)
        self.plot.installEventFilter(self)
        self.follow_button.clicked.connect(self.follow)
        self.log_box.toggled.connect(self.set_logarithmic)
        theme.notifier.changed.connect(self._dress)

    def _dress(self) -> None:
        dress_plot(self.plot)
        dress_frame(self.plot)
        self._line.setPen(pg.mkPen(QColor(theme.tokens().muted), width=1, style=Qt.PenStyle.DotLine))
        for curve in self.curves.values():
            curve.dress()

    # Painting.

    def _fit(self) -> None:
        bounds = self.bounds()
        ends = [float(c.track.x[-1]) for c in self.curves.values() if len(c.track)]
        if bounds is None or not ends:
            self.plot.setRange(xRange=(0, 10), yRange=(0, 1), padding=0)
            return
        low, high = (float(np.log10(max(b, 1e-12))) for b in bounds) if self.logarithmic else bounds
        box = self.plot.getPlotItem().getViewBox()
        across, up = (max(_PAD, _MARKER / max(size, 100)) for size in (box.width(), box.height()))
        pad = up * (high - low) or max(abs(high) * _PAD, 1e-3)
        right = max(max(*ends, self.horizon) * (1 + across), 2)
        self.plot.setRange(xRange=(0, right), yRange=(low - pad, high + pad), padding=0, disableAutoRange=True)

    def _scale_changed(self) -> None:
        """For plots that place more than curves."""

    def _show_legend(self) -> None:
        self.legend.show_entries(self.entries())

    # The user's hand.

    def _user_zoomed(self, _axes: object = None) -> None:
        if self.following:
            self.following = False
            self.follow_button.show()
            self.following_changed.emit(False)

    def _hovered(self, place: QPointF) -> None:
        box = self.plot.getPlotItem().getViewBox()
        if box.sceneBoundingRect().contains(place):
            self._read(box.mapSceneToView(place).x())

    def _read(self, place: float) -> None:
        """Show the values of every line at the step nearest to `place`."""
        found = [(c, c.track.at(place)) for c in self.curves.values()]
        found = [(c, i) for c, i in found if i is not None]
        if not found:
            return
        nearest = min((float(c.track.x[i]) for c, i in found), key=lambda x: abs(x - place))
        parts = [
            tr("{name}: {value}", name=c.title, value=self.value_text(float(c.track.y[i])))
            for c, i in found
            if c.track.x[i] == nearest
        ]
        self._reading = nearest
        self._line.setPos(nearest)
        self._line.show()
        self.readout.setText("   ".join([tr("Step {step}", step=f"{nearest:g}"), *parts]))
        self.readout.setToolTip(self.readout.text())

    def _stop_reading(self) -> None:
        self._reading = None
        self._line.hide()
        self._say_summary()

    def _say_summary(self) -> None:
        text = self.summary()
        self.readout.setText(text.split("\n")[0])
        self.readout.setToolTip(text)

    def _steps(self) -> Sequence[float]:
        longest = max((c.track for c in self.curves.values()), key=len, default=None)
        return longest.x if longest is not None else ()

    def _move(self, by: int) -> None:
        steps = self._steps()
        if not len(steps):
            return
        now = len(steps) - 1 if self._reading is None else int(np.searchsorted(steps, self._reading)) + by
        self._read(float(steps[min(max(now, 0), len(steps) - 1)]))

    def _key(self, event: QKeyEvent) -> bool:
        moves = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Home: -(10**12), Qt.Key.Key_End: 10**12}
        zooms = {Qt.Key.Key_Plus: 0.8, Qt.Key.Key_Equal: 0.8, Qt.Key.Key_Minus: 1.25}
        key = Qt.Key(event.key())
        if key in moves:
            self._move(moves[key])
        elif key in zooms:
            self.plot.getPlotItem().getViewBox().scaleBy((zooms[key], 1.0))
            self._user_zoomed()
        elif key == Qt.Key.Key_F and not event.modifiers():
            self.follow()
        elif key == Qt.Key.Key_Escape and self._reading is not None:
            self._stop_reading()
        else:
            return False
        return True

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if watched is self.plot:
            if event.type() == QEvent.Type.KeyPress and self._key(event):
                return True
            if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
                dress_frame(self.plot)
            if event.type() == QEvent.Type.Leave:
                self._stop_reading()
        return False

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)
