"""What is found out before a run: the learning rate and the batch size that suit a model, measured and not guessed."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from workbench.core.events import Event

RateEnding = Literal["diverged", "not_finite", "end", "stopped"]
BatchEnding = Literal["memory", "no_gain", "rows", "end", "time", "stopped"]


class RatePoint(Struct, frozen=True, kw_only=True, tag="rate_point"):
    """One step of a learning-rate range test, made at `learning_rate`.

    `loss` is that of the step's training rows; `validation_loss` that of a few validation rows, the same ones after
    each step, without dropout: what one step differs from the next by luck is not in it.
    """

    step: int
    learning_rate: float
    loss: float
    validation_loss: float


class RateCurve(Struct, frozen=True, kw_only=True, tag="rate_curve"):
    """A learning-rate range test as columns of equal length, and what it suggests.

    `trend` is the validation loss, smoothed. From it come `highest`, the highest rate that did not spoil the model,
    `suggested`, a tenth of it, and `steepest`, the rate at which the loss fell fastest. All are 0 where the test
    was too short to say. `ending` says why it was over: the loss was several times its best ("diverged"), it or the
    gradient was not finite, every step was made ("end"), or the user stopped it.
    """

    learning_rates: tuple[float, ...] = ()
    losses: tuple[float, ...] = ()
    validation_losses: tuple[float, ...] = ()
    trend: tuple[float, ...] = ()
    suggested: float = 0.0
    highest: float = 0.0
    steepest: float = 0.0
    ending: RateEnding = "end"
    seconds: float = 0.0


class BatchPoint(Struct, frozen=True, kw_only=True, tag="batch_point"):
    """Real steps of one batch size: `rows_per_second` on rows as they come, `longest_seconds` for the longest rows.

    `memory` is what a step on the longest rows needs beside the model and the optimizer, in bytes: on a card the most
    that was held, on a CPU what is kept from forward for backward, which is the larger part. `fits` is False where
    memory ran out, or would have: then `memory` is what would be needed, and the other numbers are 0.
    """

    batch_size: int
    rows_per_second: float = 0.0
    step_seconds: float = 0.0
    longest_seconds: float = 0.0
    memory: int = 0
    fits: bool = True


class BatchCurve(Struct, frozen=True, kw_only=True, tag="batch_curve"):
    """Batch sizes that were tried, in rising order, and the smallest one that is nearly as quick as the quickest.

    `suggested` is 0 where not even one row fits. `memory_free` bytes could be used. `ending` says why no larger size
    was tried: memory, no more gain, no more rows, the largest size was reached ("end"), time was up, or stopped.
    """

    points: tuple[BatchPoint, ...] = ()
    suggested: int = 0
    memory_free: int = 0
    ending: BatchEnding = "end"
    seconds: float = 0.0


RateEvent = Event | RatePoint | RateCurve
"""The stream of a range test: PhaseChanged and Notice, a RatePoint for each step, and at the end its one RateCurve."""

BatchEvent = Event | BatchPoint | BatchCurve
"""The stream of a batch-size probe: PhaseChanged and Notice, a BatchPoint for each size, at the end one BatchCurve."""
