"""How long a run will take: what each batch costs by its shape, and what comes before, between and after the steps.

    a step      = update + Σ over its micro-batches of (batch + token·B·T + square·B·T²)
    evaluation  = Σ over its batches of judged·B·T
    run         = start + steps + evaluations + saving + checkpoints

A batch of B rows is padded to its longest row of T tokens. Products cost in proportion to B·T, attention to B·T², and
calling the library a fixed time. Where lower layers are frozen, their answers are computed in the first epoch
(`frozen` for each token) and kept.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from workbench.core.plan import TrainingPlan
from workbench.engine.forecast_shapes import ModelShape, Work, learning_layers, trainable

IMPORTING, FIRST_SECONDS = 6.0, 2.0
"""Seconds for the libraries of the engine where they were not imported yet, and for what the first model imports."""

FLOPS = {False: 130e9, True: 240e9}
"""Floating-point operations a second and thread, in float32 and in bfloat16, of the processor on which the workbench
was measured (Zen 5). Another computer differs: the first measuring, or the first run, puts that right."""

BYTES_A_SECOND = 12e9
"""Bytes a second and thread that pass through what is no product: norms, dropout, GELU, attention's tables."""

CALL, UPDATE = 0.0008, 0.003
"""Seconds to call the library for one layer of a batch, and for an update."""

DISK = 250e6
"""Bytes a second when a model is saved, with its digests."""


class Costs(Struct, frozen=True, kw_only=True):
    """What work costs on this computer, in seconds: the parts of the formula above.

    `start` is reading, loading and encoding. `activations` is the memory of a step over what is
    reckoned for it. `measured` tells measured costs from reckoned ones.
    """

    update: float
    batch: float
    token: float
    square: float
    frozen: float
    judged: float
    start: float
    activations: float = 1.0
    measured: bool = False


class Seconds(Struct, frozen=True, kw_only=True):
    """The parts of a run's time."""

    start: float
    steps: float
    other: float

    @property
    def whole(self) -> float:
        """All of it."""
        return self.start + self.steps + self.other


def reckoned_costs(plan: TrainingPlan, shape: ModelShape, work: Work, *, threads: int, low: bool) -> Costs:
    """Costs from the model's shape and a plain processor with so many `threads`, where nothing was measured.

    A token costs two operations a weight forward and twice as many backward (Kaplan et al. 2020, arXiv:2001.08361),
    four a number of attention's table forward (Vaswani et al. 2017), and the passes over what is no product.
    """
    number, rate, width = (2 if low else 4), FLOPS[low] * max(threads, 1), BYTES_A_SECOND * max(threads, 1)
    products = 2.0 * (4 * shape.hidden**2 + 2 * shape.hidden * shape.inner)
    passes = 4.0 * (10 * shape.hidden + 2 * shape.inner)
    learning = learning_layers(plan, shape)
    frozen = shape.layers - learning if plan.tuning.name in ("head", "top-layers") else 0
    backward = 2.0 if plan.tuning.name != "lora" else 1.3
    # Of a last layer that answers with first tokens, keys and values remain: a sixth of its products.
    computed = learning - 5 / 6 if shape.first_only and learning else float(learning)
    tables = max(0, learning - shape.first_only)
    forward = products / (FLOPS[False] * max(threads, 1)) + passes / width
    learned = trainable(plan, shape, work.seen)
    return Costs(
        update=UPDATE + learned * 4 * 7 / width,
        batch=CALL * (3 * learning + 1),
        token=computed * ((1 + backward) * products / rate + 3 * passes * number / 4 / width),
        square=tables * shape.heads * (12 * shape.hidden / shape.heads / rate + 30.0 * number / width),
        frozen=frozen * forward,
        judged=learning * forward + 1e-7,
        start=reckoned_start(shape, work),
    )


def reckoned_start(shape: ModelShape, work: Work) -> float:
    """Seconds to read, load and encode."""
    tokenizer = 0.0 if shape.pretrained else work.tokens / 500e3
    return 0.2 + 4 * shape.parameters / 100e6 * shape.pretrained + tokenizer + work.tokens / 400e3


def seconds_of(plan: TrainingPlan, shape: ModelShape, work: Work, costs: Costs) -> Seconds:
    """The time of the whole run."""
    epochs = work.steps / max(work.steps_per_epoch, 1)
    tokens = float((work.rows * work.longest).sum()) * work.scale
    squares = float((work.rows * work.longest.astype(float) ** 2).sum()) * work.scale
    steps = work.steps * costs.update + work.micro_batches * costs.batch
    steps += epochs * (tokens * costs.token + squares * costs.square) + min(1.0, epochs) * tokens * costs.frozen
    judged = float((work.judged_rows * work.judged_longest).sum()) * work.judged_scale
    looks = work.looks * judged * costs.judged + judged * costs.frozen
    tests = judged * (costs.judged + costs.frozen) if work.tested else 0.0
    size = 4 * shape.parameters
    kept = 4 * trainable(plan, shape, work.seen) * 2 + size
    saving = (1 + 0.5 * (work.looks - 1)) * (0.1 + size / DISK) if work.looks else 0.0
    checkpoints = 0.02 * steps + 0.2 + kept / DISK
    return Seconds(start=costs.start, steps=steps, other=looks + tests + saving + checkpoints)


def fitted(shapes: Sequence[tuple[int, int]], seconds: Sequence[float]) -> tuple[float, float, float]:
    """(fixed, token, square) that explain best how long steps on batches of `shapes` [(rows, longest)] took.

    Least squares of the relative errors with no cost below zero (Lawson & Hanson 1974); batches of nearly one shape
    give their mean.
    """
    from scipy.optimize import nnls

    rows, longest = np.array(shapes, dtype=float).T
    took = np.maximum(np.array(seconds, dtype=float), 1e-6)
    columns = np.stack([np.ones_like(rows), rows * longest, rows * longest**2], axis=1)
    largest = columns.max(axis=0)
    found, _ = nnls(columns / largest / took[:, None], np.ones_like(took))
    fixed, token, square = found / largest
    return float(fixed), float(token), float(square)
