"""Numbers, times and the meaning of metrics, as people read them in the window."""

from __future__ import annotations

import math
from datetime import datetime

from PySide6.QtCore import QDateTime, QLocale

from workbench.core.language import language, mark, tr

_METRIC_HELP = {
    "accuracy": mark("Share of the rows that were named rightly. Misleading when one class is common."),
    "macro_f1": mark("Mean over the classes of F1, which weighs precision and recall. Rare classes count as much."),
    "rmse": mark("Typical size of the error, in the unit of the data. Large errors weigh more. Lower is better."),
    "mae": mark("Mean size of the error, in the unit of the data. Lower is better."),
    "r2": mark("Share of the differences that is explained. 1 is perfect, 0 is as good as guessing the mean."),
    "pearson": mark("How well prediction and truth lie on one line, -1 to 1."),
    "spearman": mark("How well the order of the predictions is the true order, -1 to 1."),
}
_BOUNDED = {"accuracy": (0.0, 1.0), "macro_f1": (0.0, 1.0)}


def metric_help(name: str) -> str:
    """What a metric says, in a sentence or two; "" where we do not know it."""
    return tr(_METRIC_HELP[name]) if name in _METRIC_HELP else ""


def metric_bounds(name: str) -> tuple[float, float] | None:
    """The least and the greatest value that a metric can have, if both are fixed."""
    return _BOUNDED.get(name)


def number_text(value: float | None) -> str:
    """A measured number with three significant digits, "–" for none."""
    if value is None or not math.isfinite(value):
        return "–"
    size = abs(value)
    if size >= 1000:
        return QLocale(language()).toString(round(value)) if size < 1e9 else f"{value:.3g}"
    if size >= 100:
        return f"{value:.0f}"
    if size >= 10:
        return f"{value:.1f}"
    if size >= 0.1 or value == 0:
        return f"{value:.2f}"
    return f"{value:.3f}" if size >= 0.01 else f"{value:.2g}"


def count_text(count: int) -> str:
    """A count as people read it: 1,240 in English, 1240 in Chinese."""
    return f"{count:,}" if language() == "en" else str(count)


def loss_text(value: float) -> str:
    """A loss, with as many digits as it takes to see it move."""
    return f"{value:.3f}" if 0.01 <= abs(value) < 100 or value == 0 else f"{value:.3g}"


def duration_text(seconds: float) -> str:
    """ "0:42", "12:05", "1:02:03"."""
    whole = max(0, round(seconds)) if math.isfinite(seconds) else 0
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def moment_text(stamp: float) -> str:
    """A moment (seconds since 1970) as the day and the time of this computer."""
    try:
        moment = datetime.fromtimestamp(stamp)
    except (OverflowError, OSError, ValueError):
        return "–"
    return QLocale(language()).toString(QDateTime(moment), "yyyy-MM-dd HH:mm")
