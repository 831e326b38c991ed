"""The learning-rate range test: real steps at a rate that climbs from far too low to far too high.

Source: Smith 2017, Cyclical Learning Rates for Training Neural Networks, arXiv:1506.01186, section 3.3. The rate climbs
exponentially, and the test ends where the loss is 4 times its best, as in fastai (Howard & Gugger 2020,
arXiv:2002.04688). Like Smith we look at rows that are not learned from. They are the same few after each step: training
batches differ from each other by more than a hundred steps change the loss. Nothing is kept: the model that made these
steps is thrown away.
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Generator, Iterator
from itertools import islice
from pathlib import Path

import msgspec
import numpy as np

from workbench.core.plan import TrainingPlan
from workbench.core.probes import RateCurve, RateEnding, RateEvent, RatePoint
from workbench.engine.batches import EncodedRows, RowCollector, classes_to_balance, training_steps
from workbench.engine.evaluate import logits_of
from workbench.engine.memory import is_out_of_memory, out_of_memory
from workbench.engine.prepare import Prepared, Stopped, prepare
from workbench.engine.quick import Learning
from workbench.engine.seeding import seed_step
from workbench.engine.task import Learner, LossFunction, Task
from workbench.engine.train import forward, loss_function
from workbench.engine.update import Updater

JUDGED_ROWS = 24
"""Validation rows that are looked at after each step: enough to see a rise, few enough for a minute."""

DIVERGED = 4.0
"""The test ends where the validation loss is this many times its best (fastai)."""

SPOILED = (1.02, 1.05, 1.1)
"""A rate spoils the model where the loss stays above this many times what it was in the beginning. The rates that the
three readings give are averaged (in logarithms), so that no single wobble decides."""

SAFETY = 10
"""The suggestion is the highest rate divided by this."""

FEWEST = 10


def find_learning_rate(
    plan: TrainingPlan,
    task: Task,
    models_folder: Path,
    stopped: Callable[[], bool],
    *,
    steps: int = 100,
    lowest: float = 1e-7,
    highest: float = 1.0,
) -> Iterator[RateEvent]:
    """Make up to `steps` steps of `plan`, at a rate climbing from `lowest` to `highest`; the RateCurve comes last.

    `stopped` is looked at between steps. Writes no file. Raises WorkbenchError for what the user can mend, too little
    memory too.
    """
    began = time.perf_counter()
    points: list[RatePoint] = []
    ending: RateEnding
    try:
        ready = yield from prepare(plan, task, models_folder, stopped)
        ending = yield from _climb(plan, task, ready, stopped, points, np.geomspace(lowest, highest, steps))
    except Stopped:
        ending = "stopped"
    except Exception as error:
        if is_out_of_memory(error):
            raise out_of_memory(plan) from error
        raise
    finally:
        ready = None  # type: ignore[assignment]
        let_go()
    yield msgspec.structs.replace(rate_curve(points), ending=ending, seconds=time.perf_counter() - began)


def _climb(
    plan: TrainingPlan,
    task: Task,
    ready: Prepared,
    stopped: Callable[[], bool],
    points: list[RatePoint],
    rates: np.ndarray,
) -> Generator[RatePoint, None, RateEnding]:
    """The steps themselves, collected in `points`. Returns why they ended."""
    loss, update = loss_function(plan), ClimbingUpdater(plan, ready.learning, rates)
    judged = few_rows(ready.validation, JUDGED_ROWS, plan.seed)
    endless = msgspec.structs.replace(plan, epochs=len(rates))  # a small file is read again and again
    best = math.inf
    classes = classes_to_balance(plan, ready.train)
    batches = training_steps(ready.train.lengths, endless, done=0, classes=classes)
    for step, micro_batches in enumerate(islice(batches, len(rates))):
        if stopped():
            return "stopped"
        seed_step(plan.seed, step)
        ready.learner.learn()
        stepped = update(forward(task, ready, rows, loss) for rows in micro_batches)
        if not (math.isfinite(stepped.loss) and math.isfinite(stepped.grad_norm)):
            return "not_finite"
        now = _loss_of(task, ready.learner, judged, loss)
        if not math.isfinite(now):
            return "not_finite"
        points.append(
            RatePoint(step=step + 1, learning_rate=stepped.learning_rate, loss=stepped.loss, validation_loss=now)
        )
        yield points[-1]
        best = min(best, now)
        if now > DIVERGED * best:
            return "diverged"
    return "end"


class ClimbingUpdater(Updater):
    """The loop's own update, with a rate given for each step in place of the plan's rate and schedule."""

    def __init__(self, plan: TrainingPlan, learning: Learning, rates: np.ndarray) -> None:
        super().__init__(msgspec.structs.replace(plan, learning_rate=1.0), learning, len(rates))
        self._factor, self._factor_values = lambda step, steps: float(rates[step]), {}


def few_rows(rows: EncodedRows, number: int, seed: int) -> EncodedRows:
    """At most `number` of `rows`, drawn by `seed`."""
    drawn = np.random.default_rng(seed).permutation(len(rows))[:number]
    collector = RowCollector()
    for item in rows.take(drawn):
        collector.add(item)
    return collector.rows()


def _loss_of(task: Task, learner: Learner, rows: EncodedRows, loss: LossFunction) -> float:
    """The mean loss over `rows`, without dropout."""
    running = logits_of(task, learner, rows, batch_size=len(rows), loss=loss)
    while True:
        try:
            next(running)
        except StopIteration as done:
            return float(done.value[2])


def rate_curve(points: list[RatePoint]) -> RateCurve:
    """What `points` say: a tenth of the highest rate that was borne.

    The best rate is "usually close to (by a factor of 2) the largest learning rate that does not cause divergence"
    (Bengio 2012, arXiv:1206.5533, section 3.1.1); ours was that high for a few steps only, so we go back by a factor of
    ten, as fastai does. No fall of the loss is needed: a model that starts from nothing shows none in a hundred steps.
    """
    rates = np.array([point.learning_rate for point in points])
    judged = np.array([point.validation_loss for point in points])
    columns = RateCurve(
        learning_rates=tuple(rates.tolist()),
        losses=tuple(point.loss for point in points),
        validation_losses=tuple(judged.tolist()),
    )
    if len(points) < FEWEST:
        return msgspec.structs.replace(columns, trend=columns.validation_losses)
    trend = smooth(judged)
    start = float(np.median(judged[:FEWEST]))
    borne = [rates[np.flatnonzero(trend <= max(limit * start, trend.min()))[-1]] for limit in SPOILED]
    highest = float(np.exp(np.mean(np.log(borne))))
    bottom = int(trend.argmin()) + 1
    fall = np.gradient(trend, np.log10(rates))[: max(bottom, 2)]
    return msgspec.structs.replace(
        columns,
        trend=tuple(trend.tolist()),
        suggested=float(f"{highest / SAFETY:.1e}"),
        highest=highest,
        steepest=float(rates[int(fall.argmin())]),
    )


def smooth(losses: np.ndarray) -> np.ndarray:
    """[N] -> [N]: the median of five neighbours against single jumps, then a Gaussian of two steps' width."""
    calm = np.array([np.median(losses[max(0, i - 2) : i + 3]) for i in range(len(losses))])
    kernel = np.exp(-0.5 * (np.arange(-6, 7) / 2) ** 2)
    padded = np.pad(calm, 6, mode="edge")
    return np.convolve(padded, kernel / kernel.sum(), mode="valid")


def let_go() -> None:
    """A model that was thrown away was frozen with everything that stays (see `prepare`): look at it again, once."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
