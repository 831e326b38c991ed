"""Schedules: the learning rate over the run. A function returns the factor (0 to 1) for a step.

`step` counts from 0; `steps` is the number of updates of the whole run.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from workbench.core.language import mark
from workbench.core.options import Option
from workbench.core.registry import Registry

SCHEDULES: Registry[Callable[..., float]] = Registry(mark("Schedule"), "schedule")

_WARMUP = Option(
    name="warmup_share",
    title=mark("Warm-up"),
    kind="number",
    default=0.1,
    maximum=0.9,
    help=mark("Share of the run in which the rate climbs from zero. Higher starts more gently."),
)


def _warming(step: int, steps: int, warmup_share: float) -> float | None:
    warmup = math.ceil(steps * warmup_share)
    return (step + 1) / (warmup + 1) if step < warmup else None


def _progress(step: int, steps: int, warmup_share: float) -> float:
    warmup = math.ceil(steps * warmup_share)
    return (step - warmup) / max(1, steps - warmup)


@SCHEDULES.add(
    "linear",
    title=mark("Linear with warm-up"),
    help=mark("Climbs at first, then falls in a straight line to zero. The usual choice for fine-tuning."),
    formula="η(t) = η·(1 − t/T)",
    options=(_WARMUP,),
)
def linear(step: int, steps: int, *, warmup_share: float = 0.1) -> float:
    warming = _warming(step, steps, warmup_share)
    return warming if warming is not None else 1.0 - _progress(step, steps, warmup_share)


@SCHEDULES.add(
    "cosine",
    title=mark("Cosine with warm-up"),
    help=mark("Climbs at first, then falls along half a cosine wave: slow, fast, slow."),
    formula="η(t) = η·½(1 + cos(π·t/T))",
    source="Loshchilov & Hutter 2017, SGDR: Stochastic Gradient Descent with Warm Restarts, arXiv:1608.03983",
    options=(_WARMUP,),
)
def cosine(step: int, steps: int, *, warmup_share: float = 0.1) -> float:
    warming = _warming(step, steps, warmup_share)
    return warming if warming is not None else 0.5 * (1 + math.cos(math.pi * _progress(step, steps, warmup_share)))


@SCHEDULES.add(
    "constant",
    title=mark("Constant"),
    help=mark("The same rate from the first step to the last."),
    formula="η(t) = η",
)
def constant(step: int, steps: int) -> float:
    return 1.0
