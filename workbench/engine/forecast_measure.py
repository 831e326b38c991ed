"""A few real steps before a run: what they cost in time and memory. The model that made them is thrown away."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.events import Event, PhaseChanged
from workbench.core.fields import Example
from workbench.core.plan import TrainingPlan
from workbench.data.dataset import Dataset, load
from workbench.engine.batches import EncodedRows, RowCollector, token_ids
from workbench.engine.devices import best_device
from workbench.engine.finder import let_go
from workbench.engine.forecast_shapes import ModelShape
from workbench.engine.forecast_time import Costs
from workbench.engine.forecast_trial import Dial, Trial
from workbench.engine.precision import chosen_precision
from workbench.engine.prepare import Prepared, Progress, Stopped, building, in_phase, made_ready, with_features
from workbench.engine.quick.allocator import return_memory
from workbench.engine.seeding import seed_everything
from workbench.engine.state import RowsSeen
from workbench.engine.task import Learner, ModelSource, Task

ENCODED_ROWS = 4000
"""Rows that are encoded to measure; of a larger file, rows of every length."""

SECONDS = 8.0
"""About how long all steps may take once the model is there."""


@dataclass(frozen=True)
class Measured:
    """What was measured. `lengths` [N] are tokens of the rows that are learned from, in their order; `exact` unless the
    file was so large that they were reckoned from some of them. `trainable` weights learn of `parameters`; `seen`
    counts the tokens that occur. `step_bytes` is what the step on the batch `shape` (rows, longest) needed beside
    weights, gradients and moments, `resting` what the process holds without the model; 0 where that cannot be known.
    """

    costs: Costs
    lengths: np.ndarray
    exact: bool
    parameters: int
    trainable: int
    seen: int
    device: str
    low: bool
    shape: tuple[int, int]
    step_bytes: int
    resting: int = 0


def measure(
    plan: TrainingPlan,
    task: Task,
    shape: ModelShape,
    models_folder: Path,
    stopped: Callable[[], bool],
    *,
    seconds: float = SECONDS,
) -> Generator[Event, None, Measured]:
    """Build the model of `plan` as its run would and make a few of the run's own steps. Writes no file.

    The batch that needs most memory comes first, then batches from short to long. `stopped` is looked at between steps;
    raises Stopped then, and WorkbenchError for what the user can mend.
    """
    _import_all()
    began = time.perf_counter()
    dial = Dial(best_device())
    ready: Prepared | None = None
    trial: Trial | None = None
    try:
        yield PhaseChanged(phase="reading")
        ready, lengths, exact, unread = yield from _prepared(plan, task, models_folder, stopped)
        start = time.perf_counter() - began
        yield PhaseChanged(phase="training")
        trial = Trial(plan, task, shape, ready, dial)
        yield from trial.steps(stopped, seconds)
        learned = sum(weight.numel() for weight in ready.learning.parameters)
        seen = token_ids(ready.train)
        result = Measured(
            costs=trial.costs(start * (1 + unread)),
            lengths=lengths,
            exact=exact,
            parameters=sum(weight.numel() for weight in ready.learner.net.parameters()),
            trainable=learned,
            seen=len(seen) if seen is not None else 0,
            device=dial.device.type,
            low=ready.precision == "bfloat16",
            shape=trial.largest,
            step_bytes=trial.step_bytes,
        )
    finally:
        ready = trial = None
        let_go()
        return_memory()
    return replace(result, resting=dial.held())


def _prepared(
    plan: TrainingPlan, task: Task, models_folder: Path, stopped: Callable[[], bool]
) -> Generator[Event, None, tuple[Prepared, np.ndarray, bool, float]]:
    """The run's own initialisation, but for rows of a large file that are left out.

    Returns the lengths of all training rows, whether they are exact, and the share of work that was left out.
    """

    def read(progress: Progress) -> tuple[Dataset, Any]:
        found = load(plan.dataset, task.fields, seed=plan.seed, progress=progress)
        return found, task.study(found.train)

    dataset, facts = yield from in_phase("reading", read, stopped)

    def build(progress: Progress) -> Learner:
        source = ModelSource(plan.model, models_folder, plan.max_length, plan.seed, progress)
        with building:
            seed_everything(plan.seed)
            return task.build(source, facts, dataset.train)

    learner = yield from in_phase("loading", build, stopped)
    places, weights = _sample(dataset.train)
    began = time.perf_counter()
    train = yield from _encoded(task, learner, [dataset.train[i] for i in places], stopped)
    judged = dataset.validation[: max(64, 2 * plan.batch_size)]
    validation = yield from _encoded(task, learner, judged, stopped)
    encoding = time.perf_counter() - began
    parts: dict[str, EncodedRows | None] = {"train": train, "validation": validation, "test": None}
    seen = RowsSeen(data_sha256=dataset.sha256, train=len(dataset.train), skipped=len(dataset.skipped))
    ready = made_ready(plan, learner, parts, seen, chosen_precision(plan.precision, best_device()))
    ready = with_features(plan, task, ready)
    exact = len(places) == len(dataset.train)
    lengths = train.lengths if exact else np.interp(weights, weights[places], train.lengths).astype(np.int64)
    everything = len(dataset.train) + len(dataset.validation) + len(dataset.test or ())
    left_out = everything / max(1, len(train) + len(validation)) - 1
    return ready, lengths, exact, max(0.0, left_out) * encoding / max(encoding, 30.0)


def _sample(rows: Sequence[Example]) -> tuple[np.ndarray, np.ndarray]:
    """(places of the rows to encode, in their order; characters of every row)."""
    sizes = np.array([sum(len(str(value)) for value in row.values.values()) for row in rows])
    if len(rows) <= ENCODED_ROWS:
        return np.arange(len(rows)), sizes
    ordered = np.argsort(sizes, kind="stable")
    drawn = np.unique(np.rint(np.linspace(0, len(rows) - 1, ENCODED_ROWS)).astype(np.int64))
    return ordered[drawn], sizes


def _encoded(
    task: Task, learner: Learner, rows: Sequence[Example], stopped: Callable[[], bool]
) -> Generator[Event, None, EncodedRows]:
    collector = RowCollector()
    for item in task.encode(learner, rows):
        collector.add(item)
        if len(collector) % 256 == 0:
            if stopped():
                raise Stopped
            yield PhaseChanged(phase="tokenizing", fraction=len(collector) / len(rows))
    return collector.rows()


def _import_all() -> None:
    """What the first model of a process imports is not the cost of a run."""
    import torch._dynamo  # noqa: F401
    import transformers.modeling_utils  # noqa: F401
