"""Findings, numbers and measures as the terminal writes them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from workbench.core.language import mark, tr
from workbench.core.wording import metric_title

SEVERITIES = {"info": mark("Note:"), "warning": mark("Look:"), "error": mark("Problem:")}


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
