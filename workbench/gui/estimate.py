"""How long a run will take, about: from the last run of the same kind, or from the size of the model."""

from __future__ import annotations

import math
from typing import Any

from workbench.core.events import Event, StepDone
from workbench.core.language import tr, trn
from workbench.core.plan import TrainingPlan

_START = 6.0  # seconds until the first step
_FLOPS = 35e9  # per second and thread, of a plain computer's processor while it trains
_TOKENS_PER = {"words": 1.4, "characters": 1.0, "": 1.0}


def steps_planned(plan: TrainingPlan, rows: int) -> int:
    """How many updates a run of `plan` over `rows` usable rows makes at most."""
    share = 0.0 if plan.dataset.validation_path else plan.dataset.validation_share
    learned = max(1, rows - round(rows * share))
    per_epoch = max(1, math.ceil(learned / (plan.batch_size * plan.accumulation)))
    steps = per_epoch * plan.epochs
    return min(steps, plan.max_steps) if plan.max_steps else steps


class Pacer:
    """Remembers how many rows a second each kind of run made."""

    def __init__(self) -> None:
        self._rates: dict[tuple, float] = {}

    def take(self, plan: TrainingPlan, events: list[Event]) -> None:
        """Learn from the latest step in `events`."""
        for event in reversed(events):
            if isinstance(event, StepDone) and event.seconds > 1:
                self._rates[_kind(plan)] = event.rows / event.seconds
                return

    def seconds(self, plan: TrainingPlan, profile: Any, parameters: int, threads: int) -> float:
        """About how long a run of `plan` will take, in seconds."""
        rows = steps_planned(plan, profile.read) * plan.batch_size * plan.accumulation
        rate = self._rates.get(_kind(plan)) or _rate(plan, profile.lengths, parameters, threads)
        return _START + rows * 1.1 / rate  # a tenth more for looking at the validation rows


def _kind(plan: TrainingPlan) -> tuple:
    model = plan.model
    return model.source, model.location, tuple(sorted(model.options.items())), plan.max_length, plan.dataset.path


def _rate(plan: TrainingPlan, lengths: Any, parameters: int, threads: int) -> float:
    total = sum(lengths.counts) or 1
    middles = [(low + high) / 2 for low, high in zip(lengths.edges[:-1], lengths.edges[1:], strict=False)]
    mean = sum(size * count for size, count in zip(middles, lengths.counts, strict=False)) / total
    tokens = min(mean * _TOKENS_PER.get(lengths.unit, 1.0) + 2, plan.max_length)
    if plan.model.source == "scratch":
        width, layers = float(plan.model.options.get("hidden_size", 128)), float(plan.model.options.get("layers", 2))
        weights = 12 * layers * width * width
    else:
        weights = (parameters or 1e8) / 2  # about half of a small encoder is its table of words, which costs little
    flops = 6 * weights * max(tokens, 4)  # Kaplan et al. 2020: two for each weight forward, four backward
    return min(_FLOPS * max(threads, 1) / flops, 1500.0)


def spoken(seconds: float, steps: int) -> str:
    """The estimate in words."""
    count = trn("{number} step", "{number} steps", steps)
    if seconds < 50:
        return tr("{steps}, less than a minute", steps=count)
    if seconds < 3600:
        return tr("{steps}, about {minutes} min", steps=count, minutes=max(1, round(seconds / 60)))
    return tr("{steps}, about {hours} h", steps=count, hours=f"{seconds / 3600:.1f}")
