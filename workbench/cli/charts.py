"""Curves without a window: characters for the terminal, and a PNG for people who look at pictures."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from workbench.core.language import language, mark, tr
from workbench.core.wording import METRICS
from workbench.studio import Curves

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDEST = 100
_HEIGHT = 16
# Okabe and Ito's palette: told apart by colour-blind people too.
_BLUE, _ORANGE, _GREY = "#0072B2", "#D55E00", "#767676"
_CHINESE_FONTS = ("Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", "SimHei", "Noto Sans SC")


def smoothed(losses: list[float]) -> list[float]:
    """The exponential moving average of `losses`, corrected for its start (as Adam's moments are).

    Short runs are smoothed over fewer steps (a 25th of them, 2 to 10), so that the curve does not lag behind.
    """
    keep = 1 - 1 / min(10.0, max(2.0, len(losses) / 25))
    average, weight, result = 0.0, 0.0, []
    for loss in losses:
        if math.isfinite(loss):
            average = keep * average + (1 - keep) * loss
            weight = keep * weight + (1 - keep)
        result.append(average / weight if weight else loss)
    return result


def terminal_curve(curves: Curves, width: int) -> str:
    """The loss over the steps in characters: braille dots for training, * for validation; "" without a step."""
    if not curves.steps:
        return ""
    import plotext

    figure = plotext.figure
    figure.clear()
    figure.theme("colorless")
    figure.plot_size(min(width, _WIDEST), _HEIGHT)
    training = figure.signal(curves.steps, smoothed(curves.losses), marker="braille")
    training.lines()
    figure.draw(training)
    points = [point for point in curves.validation if math.isfinite(point.loss)]
    if points:
        figure.draw(figure.signal([point.step for point in points], [point.loss for point in points], marker="*"))
    figure.title(tr("Loss: ⠒ training (smoothed), * validation"))
    figure.label(tr("step"))
    return str(plotext.uncolorize(str(figure.build())))


def curves_png(curves: Curves, title: str) -> bytes:
    """The loss, the learning rate and the validation metrics over the steps, as a PNG of 1440 x 900 pixels."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    spoken, families = _spoken()
    with rc_context({"font.family": families, "axes.unicode_minus": False}):
        figure = Figure(figsize=(14.4, 9), dpi=100, layout="constrained")
        FigureCanvasAgg(figure)
        figure.suptitle(title)
        loss_axes, metric_axes = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        _draw_losses(loss_axes, curves, spoken)
        _draw_metrics(metric_axes, curves, spoken)
        stream = io.BytesIO()
        figure.savefig(stream, format="png")
    return stream.getvalue()


def _draw_losses(axes: Axes, curves: Curves, spoken: Callable[[str], str]) -> None:
    axes.plot(
        curves.steps, curves.losses, color=_BLUE, alpha=0.3, linewidth=1, label=spoken(mark("training, each step"))
    )
    axes.plot(curves.steps, smoothed(curves.losses), color=_BLUE, linewidth=2, label=spoken(mark("training, smoothed")))
    steps, losses = [point.step for point in curves.validation], [point.loss for point in curves.validation]
    axes.plot(steps, losses, "o--", color=_ORANGE, label=spoken(mark("validation")))
    if curves.best_step:
        axes.axvline(curves.best_step, color=_GREY, linestyle=":", label=spoken(mark("best model")))
    axes.set_ylabel(spoken(mark("loss")))
    axes.grid(alpha=0.3)
    axes.legend()


def _draw_metrics(axes: Axes, curves: Curves, spoken: Callable[[str], str]) -> None:
    names = list(curves.validation[-1].metrics) if curves.validation else []
    for number, name in enumerate(names):
        steps = [point.step for point in curves.validation if name in point.metrics]
        values = [point.metrics[name] for point in curves.validation if name in point.metrics]
        (line,) = axes.plot(steps, values, "o-", color=f"C{number}", label=spoken(METRICS.get(name, name)))
        if name in curves.baseline:
            axes.axhline(curves.baseline[name], color=line.get_color(), linestyle=":", linewidth=1)
    axes.set_xlabel(spoken(mark("step")))
    axes.set_ylabel(spoken(mark("validation (dotted: guessing)")))
    axes.grid(alpha=0.3)
    if names:
        axes.legend()


def _spoken() -> tuple[Callable[[str], str], list[str]]:
    """How to say a text in the picture, and in which fonts: English where no font here has Chinese glyphs."""
    from matplotlib import font_manager

    here = {font.name for font in font_manager.fontManager.ttflist}
    chinese = [name for name in _CHINESE_FONTS if name in here]
    if language() == "zh_CN" and not chinese:
        return str, ["DejaVu Sans"]
    return tr, [*chinese[:1], "DejaVu Sans"] if language() == "zh_CN" else ["DejaVu Sans", *chinese[:1]]
