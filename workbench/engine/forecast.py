"""The forecast before Start: peak memory and time of a run, from its plan, the profile of its data and what is known.

Costs no torch and a few milliseconds. Where real steps were measured (`forecast_measure`), the same formulas reckon
with what was found.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

import numpy as np

from workbench.core.forecasts import Forecast, verdict_of
from workbench.core.plan import TrainingPlan
from workbench.data.profile import Histogram
from workbench.engine.forecast_memory import Process, batch_bytes, memory_parts
from workbench.engine.forecast_shapes import (
    MOST_ROWS,
    ModelShape,
    Work,
    longest_readable,
    row_lengths,
    tokens_seen,
    work_of,
)
from workbench.engine.forecast_time import FIRST_SECONDS, IMPORTING, Costs, reckoned_costs, seconds_of
from workbench.engine.warm import is_warm

SMALLEST, LARGEST = 0.3, 4.0
"""Bounds of what was measured over what was reckoned: beyond them something else was in the way."""


LIBRARIES, FIRST_USE = 413 << 20, 120 << 20
"""Bytes that the libraries take: all of them, and what is left to take after their import, at their first use."""


@dataclass(frozen=True)
class Surroundings:
    """Where the run will happen. `available` bytes can be held by this process or on the card; 0: unknown."""

    process: Process
    available: int
    threads: int
    low: bool
    importing: float = 0.0


def look_around(precision: str, resting: int = 0) -> Surroundings:
    """This computer now, for a plan of that `precision`. Does not import torch: until it is there, a CPU is assumed.

    `resting` is what the process is known to hold beside a model.
    """
    import psutil

    held = int(psutil.Process().memory_info().rss)
    device, low, threads = "cpu", precision == "bfloat16", usable_threads()
    available = int(psutil.virtual_memory().available) + held
    if is_warm():
        import torch

        from workbench.engine.devices import best_device
        from workbench.engine.precision import chosen_precision

        card = best_device()
        device, low, threads = card.type, chosen_precision(precision, card) == "bfloat16", torch.get_num_threads()
        if device == "cuda":
            available = int(torch.cuda.mem_get_info(card)[0] + torch.cuda.memory_reserved(card))
    resting = resting or held + (0 if is_used() else FIRST_USE if is_warm() else LIBRARIES)
    importing = 0.0 if is_used() else FIRST_SECONDS + (0.0 if is_warm() else IMPORTING)
    return Surroundings(Process(resting, device), available, threads, low, importing)


def is_used() -> bool:
    """Whether this process has built a model already, and with it imported the last of the libraries."""
    return "transformers.modeling_utils" in sys.modules


def usable_threads() -> int:
    """The threads with which torch will compute."""
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    if wanted.isdigit() and int(wanted):
        return int(wanted)
    import psutil

    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(allowed, psutil.cpu_count(logical=False) or allowed)


def words_of(histogram: Histogram) -> int:
    """How many words (or characters) all rows have together, about."""
    counts, edges = np.array(histogram.counts, dtype=float), np.array(histogram.edges, dtype=float)
    middles = (edges[:-1] + edges[1:]) / 2
    if len(counts) > 1:
        middles[-1] = edges[-2] + (edges[-1] - edges[-2]) / 4
    return round(float((counts * middles[: len(counts)]).sum()))


def work_from_profile(plan: TrainingPlan, shape: ModelShape, histogram: Histogram, usable: int) -> Work:
    """The batches of a run, as far as the profile tells them."""
    rows = max(1, min(usable, MOST_ROWS))
    lengths = row_lengths(histogram, plan, rows, longest_readable(plan, shape))
    return work_of(plan, lengths, usable, tokens_seen(words_of(histogram)))


def forecast_of(
    plan: TrainingPlan, shape: ModelShape, work: Work, around: Surroundings, costs: Costs | None = None
) -> Forecast:
    """What a run of `plan` costs. `costs` are measured ones, if there are any."""
    found = costs or reckoned_costs(plan, shape, work, threads=around.threads, low=around.low)
    time = seconds_of(plan, shape, work, found)
    parts = memory_parts(plan, shape, work, around.process, low=around.low, seconds=time.whole, scale=found.activations)
    peak = sum(part.bytes for part in parts)
    return Forecast(
        steps=work.steps,
        seconds=time.whole + around.importing,
        start_seconds=time.start + around.importing,
        step_seconds=time.steps,
        other_seconds=time.other,
        peak_bytes=peak,
        available_bytes=around.available,
        parts=parts,
        verdict=verdict_of(peak, around.available),
        measured=found.measured,
    )


def activation_scale(
    plan: TrainingPlan, shape: ModelShape, batch: tuple[int, int], needed: int, around: Surroundings
) -> float:
    """What a step on `batch` (rows, longest) `needed`, over what is reckoned for it; 1 where nothing was measured."""
    if not needed:
        return 1.0
    on_card = around.process.device == "cuda"
    reckoned = sum(batch_bytes(plan, shape, *batch, low=around.low, on_card=on_card))
    return min(max(needed / max(reckoned, 1.0), SMALLEST), LARGEST)
