"""Real steps for their cost alone: how long they take, and how much memory they need."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from workbench.core.events import Event, PhaseChanged
from workbench.core.plan import TrainingPlan
from workbench.engine.batches import EncodedRows, padded_length, training_batches
from workbench.engine.evaluate import logits_of
from workbench.engine.finder import few_rows
from workbench.engine.forecast_memory import MOMENTS
from workbench.engine.forecast_shapes import ModelShape, learning_layers, step_weight
from workbench.engine.forecast_time import Costs, fitted
from workbench.engine.prepare import Prepared, Stopped
from workbench.engine.quick.allocator import return_memory
from workbench.engine.seeding import seed_step
from workbench.engine.task import LossFunction, Task
from workbench.engine.train import forward, loss_function
from workbench.engine.update import Updater

if TYPE_CHECKING:
    import torch

BATCHES = 5
"""Batches of different lengths that are timed."""


class Trial:
    """A model that makes steps for their cost alone."""

    def __init__(self, plan: TrainingPlan, task: Task, shape: ModelShape, ready: Prepared, dial: Dial) -> None:
        self._plan, self._task, self._shape, self._ready, self._dial = plan, task, shape, ready, dial
        self._loss: LossFunction = loss_function(plan)
        self._update = Updater(plan, ready.learning, steps=1_000_000)
        self._timed: list[tuple[tuple[int, int], float]] = []
        self._filling: list[tuple[tuple[int, int], float]] = []
        self._smallest = (0.0, 0.0)
        self._judged = 0.0
        self._count = 0
        self.largest = (0, 0)
        self.step_bytes = 0

    def steps(self, stopped: Callable[[], bool], seconds: float) -> Iterator[Event]:
        """Make all of them, with a word after each. Raises Stopped."""
        began = time.perf_counter()
        lengths = self._ready.train.lengths
        batches = training_batches(lengths, self._plan.batch_size, seed=self._plan.seed, epoch=0)
        batches.sort(key=lambda rows: step_weight(self._shape, *self._shape_of(rows)))
        heaviest = batches[-1]
        self.largest = self._shape_of(heaviest)
        self._dial.begin()
        first = self._step(heaviest)
        self._measure_memory()
        if first > seconds / 2:  # so slow that it has to count, warm or not
            self._timed.append((self.largest, first))
        yield PhaseChanged(phase="training", fraction=0.2)
        number = BATCHES if first < seconds / 12 else 3
        places = np.unique(np.rint(np.linspace(0, len(batches) - 1, 2 * number + 1)[1::2]).astype(int))
        for place in [*places, len(batches) - 1]:
            if stopped():
                raise Stopped
            passed = time.perf_counter() - began
            if passed > seconds and (len(self._timed) >= 2 or passed > 3 * seconds):
                break
            self._time(batches[place])
            self._measure_memory()  # batches of many shapes leave gaps that the allocator cannot use again
            yield PhaseChanged(phase="training", fraction=min(0.9, (time.perf_counter() - began) / seconds))
        self._time_smallest()
        self._time_judging()

    def costs(self, start: float) -> Costs:
        """What was found."""
        step, without_update = self._smallest
        update = max(0.0, step - without_update)
        shapes, seconds = [shape for shape, _ in self._timed], [took for _, took in self._timed]
        fixed, token, square = fitted([*shapes, (1, 8)], [*seconds, step])
        filling = sum(took for _, took in self._filling)
        tokens = sum(rows * longest for (rows, longest), _ in self._filling)
        return Costs(
            update=min(update, fixed),
            batch=max(0.0, fixed - update),
            token=token,
            square=square,
            frozen=max(0.0, filling) / max(tokens, 1),
            judged=self._judged,
            start=start,
            measured=True,
        )

    def _time(self, batch: np.ndarray) -> None:
        """Two steps on `batch`. Where layers are frozen, the first one computes their answers and keeps them."""
        first, again = self._step(batch), self._step(batch)
        kept = self._ready.features is not None and self._ready.features.storage != "off"
        self._timed.append((self._shape_of(batch), again if kept else (first + again) / 2))
        if kept:
            self._filling.append((self._shape_of(batch), first - again))

    def _time_smallest(self) -> None:
        """A step on eight tokens, and the same without the update: what a call costs, and what an update costs."""
        row = int(np.argmin(self._ready.train.lengths))
        short = EncodedRows(
            sequences={
                name: flat[self._ready.train.offsets[row] :][: min(8, int(self._ready.train.lengths[row]))]
                for name, flat in self._ready.train.sequences.items()
            },
            scalars={name: values[row : row + 1] for name, values in self._ready.train.scalars.items()},
            offsets=np.array([0, min(8, int(self._ready.train.lengths[row]))]),
        )
        whole, self._ready = self._ready, _with_rows(self._ready, short)
        only = np.array([0])
        try:
            step = min(self._step(only) for _ in range(3))
            passes = min(self._pass(only) for _ in range(3))
        finally:
            self._ready = whole
        self._smallest = (step, min(step, passes))

    def _time_judging(self) -> None:
        """Seconds for each padded token of an evaluation, all layers computed, and the frozen ones taken off."""
        rows = few_rows(self._ready.validation, max(32, self._plan.batch_size), self._plan.seed)
        began = time.perf_counter()
        for _ in logits_of(self._task, self._ready.learner, rows, batch_size=len(rows), loss=self._loss):
            pass
        took = (time.perf_counter() - began) / max(1, len(rows) * self._padded(rows.lengths))
        kept = self._ready.validation_features is not None
        learning = learning_layers(self._plan, self._shape) / self._shape.layers
        self._judged = took * (max(learning, 0.05) if kept else 1.0)

    def _step(self, batch: np.ndarray) -> float:
        """Seconds of one step as the loop makes it."""
        began = time.perf_counter()
        seed_step(self._plan.seed, self._count)
        self._count += 1
        self._ready.learner.learn()
        self._update(forward(self._task, self._ready, rows, self._loss) for rows in [batch])
        self._dial.wait()
        return time.perf_counter() - began

    def _pass(self, batch: np.ndarray) -> float:
        """Seconds of forward and backward alone."""
        import torch

        self._ready.learner.learn()
        began = time.perf_counter()
        output = forward(self._task, self._ready, batch, self._loss)
        assert output.loss is not None
        torch.autograd.backward(output.loss)
        self._ready.learning.collect(0)
        self._dial.wait()
        took = time.perf_counter() - began
        self._update.forget()
        return took

    def _measure_memory(self) -> None:
        learned = sum(weight.numel() for weight in self._ready.learning.parameters)
        held = 4 * learned * (1 + MOMENTS.get(self._plan.optimizer.name, 2))
        self.step_bytes = max(0, self._dial.needed() - held)

    def _shape_of(self, batch: np.ndarray) -> tuple[int, int]:
        return len(batch), self._padded(self._ready.train.lengths[batch])

    def _padded(self, lengths: np.ndarray) -> int:
        return padded_length(int(lengths.max()), self._ready.learner.max_length)


class Dial:
    """Tells the most memory held since `begin`: on a card exactly, on Linux by the system's high-water mark."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._before = 0

    def begin(self) -> None:
        """Count from now."""
        import torch

        return_memory()
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)
            self._before = torch.cuda.memory_allocated(self.device)
            return
        try:
            Path("/proc/self/clear_refs").write_text("5")  # proc(5): the high-water mark begins anew
        except OSError:
            self._before = 0
            return
        self._before = self.held()

    def needed(self) -> int:
        """Bytes above what was held at the beginning; 0 where that cannot be known."""
        import torch

        if self.device.type == "cuda":
            return int(torch.cuda.max_memory_allocated(self.device) - self._before)
        return max(0, _status("VmHWM") - self._before) if self._before else 0

    def held(self) -> int:
        """Bytes that this process holds."""
        import psutil

        return int(psutil.Process().memory_info().rss)

    def wait(self) -> None:
        """Wait until the card has done what it was asked for."""
        import torch

        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def _status(name: str) -> int:
    with open("/proc/self/status", encoding="ascii") as lines:
        found = next((line for line in lines if line.startswith(f"{name}:")), "")
    return int(found.split()[1]) * 1024 if found else 0


def _with_rows(ready: Prepared, rows: EncodedRows) -> Prepared:
    return replace(ready, train=rows, features=None)
