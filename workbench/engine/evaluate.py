"""A pass over rows that are not learned from: logits, mean loss, measures."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from workbench.core.events import Measures
from workbench.engine.batches import EncodedRows, evaluation_batches
from workbench.engine.task import Batch, Learner, LossFunction, Task

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Evaluation:
    """Mean loss over all units, and the task's measures."""

    loss: float
    measures: Measures


class Features(Protocol):
    """Kept features: within the block, a forward pass of `batch`, the rows `indices`, skips the frozen layers."""

    def batch(self, indices: np.ndarray, batch: Batch) -> AbstractContextManager[None]: ...


def to_device(batch: Batch, device: torch.device) -> Batch:
    """`batch` with its tensors on `device`."""
    return {name: value.to(device, non_blocking=True) for name, value in batch.items()}


def logits_of(
    task: Task,
    learner: Learner,
    rows: EncodedRows,
    *,
    batch_size: int,
    loss: LossFunction | None = None,
    features: Features | None = None,
) -> Generator[float, None, tuple[np.ndarray, np.ndarray | None, float]]:
    """Logits [N, ...] and targets [N] in the order of `rows`, and the mean loss (NaN without `loss`).

    Yields the share done after each batch; no dropout, no gradient.
    """
    import torch

    device = next(learner.net.parameters()).device
    learner.rest()
    logits: list[np.ndarray] = []
    targets: list[np.ndarray] = []
    losses, weights, seen = 0.0, 0.0, 0
    batches = evaluation_batches(rows.lengths, batch_size)
    for indices in batches:
        batch = to_device(task.collate(learner, rows.take(indices), training=False), device)
        skipping = features.batch(indices, batch) if features is not None else nullcontext()
        with torch.inference_mode(), skipping:
            output = task.forward(learner, batch, loss)
        logits.append(output.logits.float().cpu().numpy())
        if output.targets is not None:
            targets.append(output.targets.cpu().numpy())
        if output.loss is not None:
            losses, weights = losses + float(output.loss) * output.weight, weights + output.weight
        seen += len(indices)
        yield seen / len(rows)
    back = np.argsort(np.concatenate(batches), kind="stable")
    mean_loss = losses / weights if weights else float("nan")
    return np.concatenate(logits)[back], np.concatenate(targets)[back] if targets else None, mean_loss


def evaluate(
    task: Task,
    learner: Learner,
    rows: EncodedRows,
    loss: LossFunction,
    *,
    batch_size: int,
    stopped: Callable[[], bool],
    features: Features | None = None,
) -> Generator[float, None, Evaluation | None]:
    """Measure `learner` on `rows`; yields the share done. None if `stopped` said so on the way.

    `features` are what frozen layers say about `rows`, if that is kept.
    """
    running = logits_of(task, learner, rows, batch_size=batch_size, loss=loss, features=features)
    while True:
        try:
            yield next(running)
        except StopIteration as done:
            logits, targets, mean_loss = done.value
            if not np.isfinite(logits).all():  # nothing can be measured of a net that broke down
                return Evaluation(float("nan"), Measures(metrics={}, baseline={}))
            return Evaluation(mean_loss, task.measure(learner.facts, logits, targets))
        if stopped():
            return None
