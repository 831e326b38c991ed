"""What a run will take, in words: steps, time and memory."""

from __future__ import annotations

import math

from workbench.core.forecasts import Forecast, Verdict
from workbench.core.language import mark, tr, trn
from workbench.core.plan import TrainingPlan

VERDICTS: dict[Verdict, str] = {
    "fits": mark("{needed} of {available} GB of memory: fits"),
    "tight": mark("{needed} of {available} GB of memory: tight"),
    "too_big": mark("{needed} GB of memory, and {available} GB can be had: too big"),
}
ROLES: dict[Verdict, str] = {"fits": "muted", "tight": "warning", "too_big": "danger"}


def steps_planned(plan: TrainingPlan, rows: int) -> int:
    """How many updates a run of `plan` over `rows` usable rows makes at most."""
    share = 0.0 if plan.dataset.validation_path else plan.dataset.validation_share
    learned = max(1, rows - round(rows * share))
    per_epoch = max(1, math.ceil(learned / (plan.batch_size * plan.accumulation)))
    steps = per_epoch * plan.epochs
    return min(steps, plan.max_steps) if plan.max_steps else steps


def spoken(seconds: float, steps: int) -> str:
    """Steps and time in words."""
    count = trn("{number} step", "{number} steps", steps)
    if seconds < 50:
        return tr("{steps}, less than a minute", steps=count)
    if seconds < 3600:
        return tr("{steps}, about {minutes} min", steps=count, minutes=max(1, round(seconds / 60)))
    return tr("{steps}, about {hours} h", steps=count, hours=f"{seconds / 3600:.1f}")


def time_text(seconds: float) -> str:
    """A stretch of time, about."""
    if seconds < 99.5:
        return tr("{seconds} s", seconds=max(1, round(seconds)) if seconds > 0 else 0)
    return (
        tr("{minutes} min", minutes=round(seconds / 60))
        if seconds < 5400
        else tr("{hours} h", hours=f"{seconds / 3600:.1f}")
    )


def memory_text(forecast: Forecast) -> str:
    """How much memory of how much, and whether it fits."""
    needed, available = gigabytes(forecast.peak_bytes), gigabytes(forecast.available_bytes)
    if not forecast.available_bytes:
        return tr("{needed} GB of memory", needed=needed)
    return tr(VERDICTS[forecast.verdict], needed=needed, available=available)


def gigabytes(size: int) -> str:
    """Bytes as GB, with one digit where it says something."""
    value = size / 2**30
    return f"{value:.0f}" if value >= 19.95 else f"{value:.1f}"


def size_text(size: int) -> str:
    """Bytes in MB or GB."""
    if size < 2**30:
        return tr("{size} MB", size=max(1, round(size / 2**20)) if size else 0)
    return tr("{size} GB", size=f"{size / 2**30:.1f}")
