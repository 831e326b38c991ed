"""Names of phases, states and metrics as people read them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from workbench.core.events import Phase
from workbench.core.language import mark, tr

PHASES: dict[Phase, str] = {
    "importing": mark("Starting the engine"),
    "reading": mark("Reading the data"),
    "loading": mark("Loading the model"),
    "tokenizing": mark("Turning texts into tokens"),
    "training": mark("Training"),
    "evaluating": mark("Judging the model"),
    "saving": mark("Saving the model"),
}

STATES = {
    "running": mark("running"),
    "completed": mark("completed"),
    "early_stopped": mark("stopped early: nothing better came"),
    "stopped": mark("stopped"),
    "failed": mark("ended by a problem"),
    "interrupted": mark("interrupted"),
}

SEVERITIES = {"info": mark("Note:"), "warning": mark("Look:"), "error": mark("Problem:")}

METRICS = {
    "accuracy": mark("accuracy"),
    "macro_f1": mark("macro-F1"),
    "rmse": mark("root mean squared error"),
    "mae": mark("mean absolute error"),
    "r2": mark("R²"),
    "pearson": mark("Pearson correlation"),
    "spearman": mark("Spearman correlation"),
}


def metric_title(name: str) -> str:
    """The metric `name` in words; the name itself if no words are known."""
    return tr(METRICS[name]) if name in METRICS else name


def number_words(number: float) -> str:
    """A loss or metric, short."""
    return f"{number:.4g}" if math.isfinite(number) else "-"


def metric_words(metrics: Mapping[str, float], baseline: Mapping[str, float], headline: str) -> str:
    """The metrics, the headline first, each beside what guessing gives."""
    names = sorted(metrics, key=lambda name: name != headline)
    return ", ".join(_one(name, metrics[name], baseline.get(name)) for name in names)


def _one(name: str, number: float, guessing: float | None) -> str:
    if guessing is None:
        return tr("{metric} {number}", metric=metric_title(name), number=number_words(number))
    return tr(
        "{metric} {number} (guessing: {guessing})",
        metric=metric_title(name),
        number=number_words(number),
        guessing=number_words(guessing),
    )
