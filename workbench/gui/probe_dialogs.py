"""The windows of the probes: the loss over the learning rate, and the speed over the batch size, live."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.events import PhaseChanged
from workbench.core.language import tr, trn
from workbench.core.plan import TrainingPlan
from workbench.core.probes import BatchCurve, BatchPoint, RateCurve, RatePoint
from workbench.core.wording import phase_text
from workbench.gui import theme
from workbench.gui.announcing import announce
from workbench.gui.estimate import steps_planned
from workbench.gui.legend import Legend, Style
from workbench.gui.numbers import format_number
from workbench.gui.panels.card import text_label
from workbench.gui.plot_parts import add_line, dress_frame, dress_plot, make_plot
from workbench.gui.tracks import Smoother
from workbench.gui.wording import count_text, loss_text, number_text

RAW = Style(colour=0, width=1.0, faint=True)
SMOOTHED = Style(colour=0, width=2.0)
SUGGESTED = Style(colour=1, width=2.0, dash=Qt.PenStyle.DashLine)


def rounded(rate: float) -> float:
    """A rate with two digits: more would promise what no test can tell."""
    return float(f"{rate:.1e}") if rate > 0 else 0.0


class ProbeDialog(QDialog):
    """A plot that grows, what it says, and one button that takes the suggestion. `chosen(setting, value)`.

    Closing it stops the probe.
    """

    chosen = Signal(str, object)
    setting = ""

    def __init__(self, plan: TrainingPlan, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plan = plan
        self.suggestion: float | int = 0
        self.over = False
        self.explanation, self.state = text_label("muted"), text_label("", "probeState")
        self.note = text_label("muted", "probeNote")
        self.plot, self.legend = make_plot(), Legend()
        self.use_button, self.close_button = QPushButton(), QPushButton()
        self._build()
        theme.notifier.changed.connect(self.dress)
        self.dress()

    def _build(self) -> None:
        self.plot.setObjectName("probePlot")
        self.plot.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.plot.setMinimumSize(240, 180)
        self.plot.setMouseEnabled(x=False, y=False)
        self.use_button.setObjectName("probeUse")
        theme.set_role(self.use_button, "accent")
        self.use_button.setEnabled(False)
        self.use_button.clicked.connect(self._use)
        self.close_button.setObjectName("probeClose")
        self.close_button.setDefault(True)
        self.close_button.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(self.close_button)
        row.addWidget(self.use_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme.MARGIN + theme.GAP] * 4)
        column.setSpacing(theme.PAD)
        for part in (self.explanation, self.state):
            column.addWidget(part)
        column.addWidget(self.plot, 1)
        column.addWidget(self.legend)
        column.addWidget(self.note)
        column.addLayout(row)
        self.note.hide()
        self.state.setText(tr("Getting ready…"))
        self.resize(640, 520)

    # What the probe tells.

    def take(self, events: Sequence[Any]) -> None:
        """What came since the last tick."""
        for event in events:
            if isinstance(event, PhaseChanged):
                self.state.setText(phase_text(event))
            else:
                self.take_one(event)
        self.draw()

    def end(self, error: Exception | None) -> None:
        """The probe is over."""
        self.over = True
        self.retranslate()
        if error is not None:
            known = isinstance(error, WorkbenchError)
            self.say(str(error) if known else tr("Something in Model Workbench went wrong. Your files are safe."))
            theme.set_role(self.state, "danger")

    def say(self, text: str) -> None:
        """What the probe has found, also for those who hear it."""
        self.state.setText(text)
        self.plot.setAccessibleDescription(text)
        announce(self, text)

    def suggest(self, value: float | int, caption: str) -> None:
        """Offer `value`."""
        self.suggestion = value
        self.use_button.setText(caption)
        self.use_button.setEnabled(bool(value))
        if value:
            self.use_button.setDefault(True)
            self.close_button.setDefault(False)

    def retranslate(self) -> None:
        """Speak the language in force; what was found stays as it was told."""
        self.close_button.setText(tr("Close") if self.over else tr("Cancel"))
        self.draw()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)

    def _use(self) -> None:
        self.chosen.emit(self.setting, self.suggestion)
        self.accept()

    # What a kind of probe does its own way.

    def take_one(self, event: Any) -> None:
        """One event that is no phase."""

    def draw(self) -> None:
        """Paint what is known."""

    def dress(self) -> None:
        """Take the colours of the theme in force."""
        dress_plot(self.plot)
        dress_frame(self.plot)
        self.draw()


class RateDialog(ProbeDialog):
    """The loss while the learning rate climbs, and the rate to take."""

    setting = "learning_rate"

    def __init__(self, plan: TrainingPlan, parent: QWidget | None = None) -> None:
        self._points: list[RatePoint] = []
        self.curve: RateCurve | None = None
        super().__init__(plan, parent)
        self.setObjectName("rateDialog")
        self.plot.getAxis("bottom").setLogMode(True, None)
        self.retranslate()

    def retranslate(self) -> None:
        self.setWindowTitle(tr("Find a learning rate"))
        self.explanation.setText(
            tr("The model makes real steps while the rate climbs from tiny to huge. They are thrown away afterwards.")
        )
        if not self.suggestion:
            self.use_button.setText(tr("Use this rate"))
        self.plot.setAccessibleName(tr("Plot of the validation loss over the learning rate"))
        self.plot.setLabel("left", tr("validation loss"))
        self.plot.setLabel("bottom", tr("learning rate"))
        super().retranslate()

    def dress(self) -> None:
        if not hasattr(self, "raw"):
            self.raw, self.trend = add_line(self.plot, RAW), add_line(self.plot, SMOOTHED)
            self.mark = pg.InfiniteLine(angle=90, movable=False)
            self.plot.addItem(self.mark, ignoreBounds=True)
            self.mark.hide()
        self.raw.setPen(RAW.pen())
        self.trend.setPen(SMOOTHED.pen())
        self.mark.setPen(SUGGESTED.pen())
        super().dress()

    def take_one(self, event: Any) -> None:
        if isinstance(event, RatePoint):
            self._points.append(event)
            texts = {"rate": format_number(rounded(event.learning_rate)), "loss": loss_text(event.validation_loss)}
            self.state.setText(tr("Step {step}: at the rate {rate} the loss is {loss}.", step=event.step, **texts))
        elif isinstance(event, RateCurve):
            self._judge(event)

    def _judge(self, curve: RateCurve) -> None:
        self.curve = curve
        rate = rounded(curve.suggested)
        if not rate:
            stopped = tr("It was stopped too early to say.")
            self.say(
                stopped if curve.ending == "stopped" else tr("The curve does not tell a rate. Keep the one you have.")
            )
            return
        texts = {"rate": format_number(rate), "highest": format_number(rounded(curve.highest))}
        self.say(tr("Take {rate}: a tenth of {highest}, the highest rate that the model bore.", **texts))
        self.suggest(rate, tr("Use {value}", value=texts["rate"]))

    def draw(self) -> None:
        if not self._points:
            self.plot.setRange(xRange=(-7, 0), yRange=(0, 1), padding=0)
            return
        rates = np.log10([point.learning_rate for point in self._points])
        losses = np.array([point.validation_loss for point in self._points])
        trend = np.array(self.curve.trend) if self.curve is not None else np.array([])
        smoothed = trend if len(trend) == len(losses) else Smoother()(losses)
        self.raw.setData(rates, losses)
        self.trend.setData(rates, smoothed)
        self._fit(rates, losses[np.isfinite(losses)])
        entries = [(RAW, tr("validation")), (SMOOTHED, tr("smoothed"))]
        if self.suggestion:
            self.mark.setPos(math.log10(self.suggestion))
            self.mark.show()
            entries.append((SUGGESTED, tr("suggested: {rate}", rate=format_number(self.suggestion))))
        self.legend.show_entries(entries)

    def _fit(self, rates: np.ndarray, losses: np.ndarray) -> None:
        """All of the rates; of the losses what is not far beyond the first ones."""
        if not len(losses):
            return
        low, first = float(losses.min()), float(np.median(losses[:10]))
        high = max(min(float(losses.max()), 2 * first), first + 0.25 * (first - low))
        pad = 0.06 * (high - low) or max(abs(high) * 0.06, 1e-3)
        self.plot.setRange(xRange=(-7, max(0.0, float(rates[-1]))), yRange=(low - pad, high + pad), padding=0.02)


class BatchDialog(ProbeDialog):
    """The speed of each batch size, and the size to take."""

    setting = "batch_size"

    def __init__(self, plan: TrainingPlan, rows: int, parent: QWidget | None = None) -> None:
        self._points: list[BatchPoint] = []
        self._rows = rows
        self._bars: list[pg.GraphicsObject] = []
        super().__init__(plan, parent)
        self.setObjectName("batchDialog")
        self.retranslate()

    def retranslate(self) -> None:
        self.setWindowTitle(tr("Try batch sizes"))
        self.explanation.setText(tr("A few real steps are made with each size. They are thrown away afterwards."))
        if not self.suggestion:
            self.use_button.setText(tr("Use this size"))
        self.plot.setAccessibleName(tr("Plot of the rows per second over the batch size"))
        self.plot.setLabel("left", tr("rows per second"))
        self.plot.setLabel("bottom", tr("batch size, in rows"))
        super().retranslate()

    def take_one(self, event: Any) -> None:
        if isinstance(event, BatchPoint):
            self._points.append(event)
            texts = {"size": event.batch_size, "speed": number_text(event.rows_per_second)}
            self.state.setText(
                tr("{size} rows at a time: {speed} rows per second.", **texts)
                if event.fits
                else tr("{size} rows at a time do not fit into memory.", **texts)
            )
        elif isinstance(event, BatchCurve):
            self._judge(event)

    def _judge(self, curve: BatchCurve) -> None:
        size = curve.suggested
        if not size:
            unknown = tr("Not even one row fits into memory.")
            self.say(tr("It was stopped too early to say.") if curve.ending == "stopped" else unknown)
            return
        self.suggest(size, tr("Use {value}", value=str(size)))
        self.say(tr("{size} rows at a time are nearly as quick as the quickest.", size=size))
        changed = msgspec.structs.replace(self.plan, batch_size=size, epochs=1, max_steps=0)
        now = msgspec.structs.replace(self.plan, epochs=1, max_steps=0)
        note = tr("This judges speed only. Larger batches make fewer steps, each with a steadier direction.")
        if self._rows:
            after, before = steps_planned(changed, self._rows), steps_planned(now, self._rows)
            note = tr("{first} {second}", first=note, second=_steps_text(after, before))
        self.note.setText(note)
        self.note.show()

    def draw(self) -> None:
        for bar in self._bars:
            self.plot.removeItem(bar)
        self._bars = []
        if not self._points:
            self.plot.setRange(xRange=(0, 6), yRange=(0, 1), padding=0)
            return
        colours = theme.tokens()
        axis = self.plot.getAxis("bottom")
        axis.setTicks([[(place, str(point.batch_size)) for place, point in enumerate(self._points)]])
        top = max(point.rows_per_second for point in self._points) or 1.0
        for place, point in enumerate(self._points):
            chosen = point.batch_size == self.suggestion
            colour = QColor(colours.series[1 if chosen else 0])
            if not chosen and self.suggestion:
                colour.setAlpha(130)
            bar = pg.BarGraphItem(x=[place], height=[point.rows_per_second], width=0.6, brush=colour, pen=colour)
            said = number_text(point.rows_per_second) if point.fits else tr("does not fit")
            label = pg.TextItem(said, color=QColor(colours.text), anchor=(0.5, 1.0))
            label.setPos(place, point.rows_per_second)
            self._bars += [bar, label]
            self.plot.addItem(bar)
            self.plot.addItem(label)
        self.plot.setRange(xRange=(-0.6, max(len(self._points), 5) - 0.4), yRange=(0, 1.15 * top), padding=0)


def _steps_text(after: int, before: int) -> str:
    if after == before:
        return trn("An epoch has {count} step.", "An epoch has {count} steps.", after, count=count_text(after))
    return trn(
        "An epoch would have {count} step; now it has {now}.",
        "An epoch would have {count} steps; now it has {now}.",
        after,
        count=count_text(after),
        now=count_text(before),
    )
