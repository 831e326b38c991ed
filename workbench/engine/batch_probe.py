"""How many rows at once: real steps at 1, 2, 4 ... 256 rows, timed, with the memory that they need.

Speed is measured on batches as the loop makes them, memory on the longest rows of the file, for that is where a run
would end. How well a size learns is another question: larger batches make fewer steps of an epoch. Nothing is kept:
the model that made these steps is thrown away.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.core.plan import TrainingPlan
from workbench.core.probes import BatchCurve, BatchEnding, BatchEvent, BatchPoint
from workbench.engine.batches import training_batches
from workbench.engine.finder import let_go
from workbench.engine.memory import is_out_of_memory
from workbench.engine.prepare import Prepared, Stopped, prepare
from workbench.engine.task import LossFunction, Task
from workbench.engine.train import forward, loss_function
from workbench.engine.update import Updater

if TYPE_CHECKING:
    import torch

NEARLY = 0.95
"""A size whose speed is this share of the best is as good as the best."""

GAIN = 1.05
"""Two doublings in a row that are not this much quicker: larger sizes will not be either."""

MAY_TAKE = {"cuda": 0.9, "cpu": 0.5}
"""Share of the free memory that a step may need. On a CPU what backward needs for a moment is not counted (it was up to
0.6 times as much again), and a process that takes too much is killed there."""

STEPS, ROWS, SECONDS = 3, 24, 1.0
"""A size is timed over at least so many steps and rows, and a second time where the first took no longer than this."""


def probe_batch_size(
    plan: TrainingPlan,
    task: Task,
    models_folder: Path,
    stopped: Callable[[], bool],
    *,
    largest: int = 256,
    seconds: float = 60.0,
) -> Iterator[BatchEvent]:
    """Make real steps of `plan` with 1, 2, 4 ... `largest` rows: a BatchPoint for each size, one BatchCurve at the end.

    No size is begun after `seconds`, or that would need more memory than is free. Where even one row is too much,
    `suggested` is 0. `stopped` is looked at between steps. Writes no file. Raises WorkbenchError for what the user can
    mend.
    """
    began = time.perf_counter()
    points: list[BatchPoint] = []
    free = 0
    ending: BatchEnding = "end"
    try:
        ready = yield from prepare(plan, task, models_folder, stopped)
        probe = _Probe(plan, task, ready, stopped)
        for size in _sizes(min(largest, len(ready.train))):
            points.append(probe.measure(size))
            free = probe.free
            yield points[-1]
            ending = _reason_to_end(points) or ("time" if time.perf_counter() - began > seconds else "end")
            if ending != "end":
                break
        else:
            ending = "rows" if len(ready.train) < largest else "end"
    except Stopped:
        ending = "stopped"
    finally:
        probe = ready = None  # type: ignore[assignment]
        let_go()
    yield batch_curve(points, free, ending, time.perf_counter() - began)


def _sizes(largest: int) -> list[int]:
    return [2**power for power in range(largest.bit_length()) if 2**power <= largest]


def _reason_to_end(points: list[BatchPoint]) -> BatchEnding | None:
    if not points[-1].fits:
        return "memory"
    speeds = [point.rows_per_second for point in points]
    if len(speeds) > 2 and max(speeds[-2:]) < GAIN * max(speeds[:-2]):
        return "no_gain"
    return None


def batch_curve(points: list[BatchPoint], memory_free: int, ending: BatchEnding, seconds: float) -> BatchCurve:
    """What `points` say: the smallest size that fits and is nearly as quick as the quickest."""
    fitting = [point for point in points if point.fits]
    best = max((point.rows_per_second for point in fitting), default=0.0)
    good = [point.batch_size for point in fitting if point.rows_per_second >= NEARLY * best]
    return BatchCurve(
        points=tuple(points),
        suggested=min(good, default=0),
        memory_free=memory_free,
        ending=ending,
        seconds=seconds,
    )


class _Probe:
    """A model that makes steps for their time alone."""

    def __init__(self, plan: TrainingPlan, task: Task, ready: Prepared, stopped: Callable[[], bool]) -> None:
        self._plan, self._task, self._ready, self._stopped = plan, task, ready, stopped
        self._loss: LossFunction = loss_function(plan)
        self._device: torch.device = next(ready.learner.net.parameters()).device
        self._update = Updater(plan, ready.learning, steps=1_000_000)
        self._longest_first = np.argsort(-ready.train.lengths, kind="stable")
        self._needed_before = (0, 0)
        ready.learner.learn()
        self.free = 0

    def measure(self, size: int) -> BatchPoint:
        """Steps of `size` rows; a point that does not fit where memory runs out or would run out. Raises Stopped."""
        expected, self.free = self._expected(size), _free_memory(self._device)
        if self.free and expected > MAY_TAKE.get(self._device.type, 0.5) * self.free:
            return BatchPoint(batch_size=size, memory=expected, fits=False)
        try:
            longest = self._longest_first[:size]
            needed = self._memory_of(longest)
            longest_seconds = self._once([longest])
            batches = self._typical(size)
            best = self._timed(batches)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            self._update.forget()
            return BatchPoint(batch_size=size, memory=expected, fits=False)
        self._needed_before = (size, needed)
        rows = sum(len(batch) for batch in batches)
        return BatchPoint(
            batch_size=size,
            rows_per_second=rows / best,
            step_seconds=best / len(batches),
            longest_seconds=longest_seconds,
            memory=needed,
        )

    def _expected(self, size: int) -> int:
        """The memory of a step with `size` rows if all of it grows with the rows: never too little."""
        before, needed = self._needed_before
        return round(needed * size / before) if before else 0

    def _typical(self, size: int) -> list[np.ndarray]:
        """A few of the loop's own batches of `size` rows, from short to long."""
        lengths = self._ready.train.lengths
        batches = training_batches(lengths, size, seed=self._plan.seed, epoch=0)
        full = sorted((batch for batch in batches if len(batch) == size), key=lambda batch: int(lengths[batch].max()))
        number = min(len(full), max(STEPS, -(-ROWS // size)))
        return [full[(2 * i + 1) * len(full) // (2 * number)] for i in range(number)]

    def _timed(self, batches: list[np.ndarray]) -> float:
        """Seconds for one step on each of `batches`: the better of two times, for others use the machine too."""
        first = self._once(batches)
        return min(first, self._once(batches)) if first < SECONDS else first

    def _once(self, batches: list[np.ndarray]) -> float:
        start = time.perf_counter()
        for batch in batches:
            self._step(batch)
        self._wait()
        return time.perf_counter() - start

    def _step(self, batch: np.ndarray) -> None:
        if self._stopped():
            raise Stopped
        self._update(forward(self._task, self._ready, rows, self._loss) for rows in [batch])

    def _wait(self) -> None:
        import torch

        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)

    def _memory_of(self, batch: np.ndarray) -> int:
        """Bytes that a step on `batch` needs, beside what is held now. The step warms up for the timed ones."""
        import torch

        if self._device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self._device)
            held = torch.cuda.memory_allocated(self._device)
            self._step(batch)
            return int(torch.cuda.max_memory_allocated(self._device) - held)
        kept = _Kept(self._ready.learner.net.parameters())
        with torch.autograd.graph.saved_tensors_hooks(kept.note, lambda tensor: tensor):
            self._step(batch)
        return kept.bytes


class _Kept:
    """Counts the bytes that autograd keeps from forward for backward, each storage once, the weights not at all."""

    def __init__(self, weights: Iterable[torch.Tensor]) -> None:
        self._seen = {weight.untyped_storage().data_ptr() for weight in weights}
        self.bytes = 0

    def note(self, tensor: torch.Tensor) -> Any:
        """Called by autograd for each tensor that it keeps."""
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in self._seen:
            self._seen.add(storage.data_ptr())
            self.bytes += storage.nbytes()
        return tensor


def _free_memory(device: torch.device) -> int:
    """Bytes that may still be taken on `device`; 0 where that cannot be known."""
    import torch

    if device.type == "cuda":
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(torch.cuda.mem_get_info(device)[0] + unused)
    if device.type != "cpu":
        return 0
    import psutil

    return int(psutil.virtual_memory().available)
