"""The two plots of a run: its losses, and its headline metric against guessing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from workbench.core.events import Evaluated, Measures
from workbench.core.language import tr
from workbench.core.wording import metric_title
from workbench.gui.curves import CurvePlot
from workbench.gui.legend import Style
from workbench.gui.measures import guess_text
from workbench.gui.tracks import Smoother
from workbench.gui.wording import loss_text, metric_bounds, number_text

RAW = Style(colour=0, width=1.0, faint=True)
SMOOTHED = Style(colour=0, width=2.0)
VALIDATION = Style(colour=1, width=2.0, dash=Qt.PenStyle.DashLine, symbol="o")
METRIC = Style(colour=2, width=2.0, symbol="s")
BEST = Style(colour=3, symbol="star", line=False)
BASELINE = Style(colour=5, width=1.5, dash=Qt.PenStyle.DashLine)


def _validation_words(losses: np.ndarray, kept_step: str) -> str:
    """What the loss did, and of which step the kept model is ("" if none is): the two need not be of one moment."""
    first, last = loss_text(float(losses[0])), loss_text(float(losses[-1]))
    if first == last and kept_step:
        return tr("Validation loss stayed at {last}. The kept model is of step {step}.", last=last, step=kept_step)
    if first == last:
        return tr("Validation loss stayed at {last}.", last=last)
    values = {"first": first, "last": last, "step": kept_step}
    if losses[-1] < losses[0]:
        if kept_step:
            return tr("Validation loss fell from {first} to {last}. The kept model is of step {step}.", **values)
        return tr("Validation loss fell from {first} to {last}.", **values)
    if kept_step:
        return tr("Validation loss rose from {first} to {last}. The kept model is of step {step}.", **values)
    return tr("Validation loss rose from {first} to {last}.", **values)


def _training_words(losses: np.ndarray) -> str:
    first, last = loss_text(float(losses[0])), loss_text(float(losses[-1]))
    if first == last:
        return tr("Training loss stayed at {last}.", last=last)
    if losses[-1] < losses[0]:
        return tr("Training loss fell from {first} to {last}.", first=first, last=last)
    return tr("Training loss rose from {first} to {last}.", first=first, last=last)


def _metric_words(name: str, values: np.ndarray, kept_step: str) -> str:
    first, last = number_text(float(values[0])), number_text(float(values[-1]))
    told = {"metric": metric_title(name), "first": first, "last": last, "step": kept_step}
    if first == last:
        if kept_step:
            return tr("{metric} stayed at {last}. The kept model is of step {step}.", **told)
        return tr("{metric} stayed at {last}.", **told)
    if kept_step:
        return tr("{metric} went from {first} to {last}. The kept model is of step {step}.", **told)
    return tr("{metric} went from {first} to {last}.", **told)


class LossPlot(CurvePlot):
    """Training loss, raw and smoothed; validation loss; the best model."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._smoother = Smoother()
        super().__init__("loss", log_switch=True, parent=parent)
        for key, style in (("raw", RAW), ("smoothed", SMOOTHED), ("validation", VALIDATION), ("best", BEST)):
            self.add_curve(key, style)
        self.retranslate()

    def add_steps(self, steps: Sequence[float], losses: Sequence[float]) -> None:
        """Training losses of `steps`."""
        values = np.asarray(losses, dtype=np.float64)
        self.extend("raw", steps, values)
        self.extend("smoothed", steps, self._smoother(values))

    def forget_after(self, step: float) -> None:
        """Forget the points of later steps: a run that is resumed makes them again."""
        self.keep_until(step)
        raw, smoothed = self.curves["raw"], self.curves["smoothed"]
        self._smoother = Smoother()
        smoothed.track = type(raw.track)(max(len(raw.track), 1024))
        smoothed.track.extend(raw.track.x, self._smoother(raw.track.y))

    def add_validation(self, step: float, loss: float, *, best: bool) -> None:
        """The loss on the validation rows at `step`; it takes the place of one from before at that step."""
        self.drop_at("validation", step)
        self.extend("validation", [step], [loss])
        if best:
            self.mark_best(step)

    def mark_best(self, step: float) -> None:
        """Put the star on the validation loss of `step`."""
        track = self.curves["validation"].track
        number = track.at(step)
        if number is not None and track.x[number] == step:
            best = self.curves["best"]
            best.track = type(track)(1)
            self.extend("best", [step], [track.y[number]])

    def clear(self) -> None:
        self._smoother = Smoother()
        super().clear()

    def summary(self) -> str:
        """ "Validation loss fell from 1.10 to 0.32."; of the training rows before two looks."""
        if "best" not in self.curves:
            return ""
        validation, smoothed, best = (self.curves[key].track for key in ("validation", "smoothed", "best"))
        if len(validation) > 1:
            return _validation_words(validation.y, f"{best.x[-1]:g}" if len(best) else "")
        return _training_words(smoothed.y) if len(smoothed) else tr("There are no points yet.")

    def retranslate(self) -> None:
        titles = {
            "raw": tr("training"),
            "smoothed": tr("smoothed"),
            "validation": tr("validation"),
            "best": tr("best"),
        }
        for key, curve in self.curves.items():
            curve.title = titles[key]
        self.set_words(heading=tr("Loss"), value=tr("loss"), accessible=tr("Plot of the loss over the steps"))
        super().retranslate()

    def bounds(self) -> tuple[float, float] | None:
        found = super().bounds()
        raw = self.curves["raw"].track if "raw" in self.curves else None
        if found is None or raw is None or len(raw) < 50 or self.logarithmic:
            return found
        # A few wild steps must not press everything else flat.
        stride = max(1, len(raw) // 20_000)
        usual = float(np.percentile(raw.y[::stride], 99.5))
        others = [self.curves[key].track.highest for key in ("smoothed", "validation")]
        return found[0], max(usual * 1.05, *others)


class MetricPlot(CurvePlot):
    """The headline metric of the validation rows, with what guessing reaches as a dashed line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.metric_name = "accuracy"
        self._baseline: float | None = None
        self._measures: Measures | None = None
        self._guess = pg.InfiniteLine(angle=0, movable=False)
        super().__init__("metric", parent=parent)
        self._guess.hide()
        self.plot.addItem(self._guess, ignoreBounds=True)
        self.add_curve("metric", METRIC)
        self.add_curve("best", BEST)
        self.retranslate()

    def set_metric(self, name: str) -> None:
        """Plot the metric `name` from now on."""
        self.metric_name = name
        self.retranslate()

    def add_evaluation(self, event: Evaluated) -> None:
        """The measures of the validation rows at a step."""
        self.add_value(event.step, event.measures.metrics.get(self.metric_name), best=event.best)
        self.set_baseline(event.measures)

    def add_value(self, step: float, value: float | None, *, best: bool) -> None:
        """The metric at `step`."""
        if value is None:
            return
        self.drop_at("metric", step)
        self.extend("metric", [step], [value])
        if best:
            self.mark_best(step)

    def mark_best(self, step: float) -> None:
        """Put the star on the metric of `step`."""
        track = self.curves["metric"].track
        number = track.at(step)
        if number is not None and track.x[number] == step:
            self.curves["best"].track = type(track)(1)
            self.extend("best", [step], [track.y[number]])

    def forget_after(self, step: float) -> None:
        """Forget the points of later steps: a run that is resumed makes them again."""
        self.keep_until(step)

    def set_baseline(self, measures: Measures) -> None:
        """Show what guessing reaches in the plotted metric."""
        self._measures = measures
        self._baseline = measures.baseline.get(self.metric_name)
        self._place_guess()

    def clear(self) -> None:
        self._baseline = self._measures = None
        self._guess.hide()
        super().clear()

    def summary(self) -> str:
        """ "Macro-F1 went from 0.31 to 0.90. The kept model is of step 200.", and what guessing reaches."""
        if "best" not in self.curves:
            return ""
        track, best = self.curves["metric"].track, self.curves["best"].track
        if not len(track):
            return tr("There are no points yet.")
        if len(track) == 1:
            text = tr(
                "{metric} is {last} at step {step}.",
                metric=metric_title(self.metric_name),
                last=number_text(float(track.y[0])),
                step=f"{track.x[0]:g}",
            )
        else:
            text = _metric_words(self.metric_name, track.y, f"{best.x[-1]:g}" if len(best) else "")
        return "\n".join(filter(None, [text, self._guess_words()]))

    def bounds(self) -> tuple[float, float] | None:
        fixed = metric_bounds(self.metric_name)
        if fixed is not None:
            return fixed
        found = super().bounds()
        if found is None or self._baseline is None:
            return found
        return min(found[0], self._baseline), max(found[1], self._baseline)

    def value_text(self, value: float) -> str:
        return number_text(value)

    def entries(self) -> list[tuple[Style, str]]:
        found = super().entries()
        return [*found, (BASELINE, self._guess_words())] if found and self._baseline is not None else found

    def retranslate(self) -> None:
        name = metric_title(self.metric_name)
        for key, curve in self.curves.items():
            curve.title = tr("best") if key == "best" else tr("validation")
        self.set_words(heading=name, value=name, accessible=tr("Plot of {metric} over the steps", metric=name))
        self._place_guess()
        super().retranslate()

    def _guess_words(self) -> str:
        return guess_text(self._measures, self.metric_name) if self._measures is not None else ""

    def _place_guess(self) -> None:
        if self._baseline is not None:
            self._guess.setPos(self._baseline)
            self._guess.show()

    def _dress(self) -> None:
        super()._dress()
        self._guess.setPen(BASELINE.pen())
