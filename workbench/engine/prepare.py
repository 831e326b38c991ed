"""Step 1 of the loop, initialise: rows, facts, model and encoded rows, with a word on the way about each."""

from __future__ import annotations

import gc
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from math import ceil
from pathlib import Path
from typing import Any, TypeVar

from workbench.core.events import Event, Notice, Phase, PhaseChanged, RunStarted
from workbench.core.fields import Example
from workbench.core.language import trn
from workbench.core.plan import TrainingPlan
from workbench.data.dataset import Dataset, load
from workbench.engine.batches import EncodedRows, RowCollector
from workbench.engine.devices import best_device, device_title
from workbench.engine.precision import chosen_precision
from workbench.engine.seeding import seed_everything
from workbench.engine.task import Learner, ModelSource, Task

T = TypeVar("T")

REPORTED_PACKAGES = ("torch", "transformers", "tokenizers", "safetensors", "numpy", "scikit-learn")
ROWS_BETWEEN_WORDS = 256

Progress = Callable[[float], None]

_building = threading.Lock()
"""Weights are drawn from torch's global random numbers: one at a time, also where a run was stopped while it loaded."""


@dataclass(frozen=True)
class Prepared:
    """Everything the loop needs before its first step."""

    dataset: Dataset
    learner: Learner
    train: EncodedRows
    validation: EncodedRows
    test: EncodedRows | None
    precision: str
    steps_per_epoch: int
    steps: int


class Stopped(Exception):  # noqa: N818 - not an error: the user asked for it
    """The user stopped the run before its first step."""


def prepare(
    plan: TrainingPlan, task: Task, models_folder: Path, stopped: Callable[[], bool]
) -> Generator[Event, None, Prepared]:
    """Read, study, build, encode. Raises WorkbenchError for what the user can mend, Stopped if asked to stop."""

    def read(progress: Progress) -> tuple[Dataset, Any]:
        found = load(plan.dataset, task.fields, seed=plan.seed, progress=progress)
        return found, task.study(found.train)

    dataset, facts = yield from _in_phase("reading", read, stopped)
    yield from _told_of_skipped(dataset)

    def build(progress: Progress) -> Learner:
        source = ModelSource(plan.model, models_folder, plan.max_length, plan.seed, progress)
        with _building:
            seed_everything(plan.seed)
            return task.build(source, facts, dataset.train)

    learner = yield from _in_phase("loading", build, stopped)
    device = best_device()
    learner.net.to(device)
    yield from learner.notices
    parts: list[EncodedRows | None] = []
    done, total = 0, sum(len(part) for part in (dataset.train, dataset.validation, dataset.test) if part)
    for part in (dataset.train, dataset.validation, dataset.test):
        parts.append((yield from _encoded(task, learner, part, done, total, stopped)) if part else None)
        done += len(part) if part else 0
    train, validation, test = parts
    assert train is not None
    assert validation is not None
    gc.collect()
    gc.freeze()  # what was loaded stays: walking it again and again would hold the window up
    steps_per_epoch = ceil(ceil(len(train) / plan.batch_size) / plan.accumulation)
    steps = steps_per_epoch * plan.epochs
    return Prepared(
        dataset=dataset,
        learner=learner,
        train=train,
        validation=validation,
        test=test,
        precision=chosen_precision(plan.precision, device),
        steps_per_epoch=steps_per_epoch,
        steps=min(steps, plan.max_steps) if plan.max_steps else steps,
    )


def package_versions() -> dict[str, str]:
    """Versions of what can change a run's numbers."""
    return {name: version(name) for name in REPORTED_PACKAGES}


def _encoded(
    task: Task, learner: Learner, part: Sequence[Example], done: int, total: int, stopped: Callable[[], bool]
) -> Generator[Event, None, EncodedRows]:
    collector = RowCollector()
    for item in task.encode(learner, part):
        collector.add(item)
        if len(collector) % ROWS_BETWEEN_WORDS == 0:
            yield PhaseChanged(phase="tokenizing", fraction=(done + len(collector)) / total)
            _check_stop(stopped)
    return collector.rows()


def _in_phase(phase: Phase, work: Callable[[Progress], T], stopped: Callable[[], bool]) -> Generator[Event, None, T]:
    """Run `work` in a thread of its own and give a sign of life every half second, so that stop is heard meanwhile.

    `work` gets a function that takes its progress, 0 to 1; it raises Stopped there, so that the thread ends too.
    """
    answers: queue.SimpleQueue[tuple[bool, T | BaseException]] = queue.SimpleQueue()
    fraction: float | None = None

    def progress(done: float) -> None:
        nonlocal fraction
        fraction = done
        _check_stop(stopped)

    def run() -> None:
        try:
            answers.put((True, work(progress)))
        except BaseException as error:  # the tokenizers raise a BaseException; it is raised again in the loop
            answers.put((False, error))

    yield PhaseChanged(phase=phase)
    threading.Thread(target=run, name=f"workbench-{phase}", daemon=True).start()
    while True:
        try:
            worked, answer = answers.get(timeout=0.5)
            break
        except queue.Empty:
            _check_stop(stopped)
            yield PhaseChanged(phase=phase, fraction=fraction)
    if not worked:
        assert isinstance(answer, BaseException)
        raise answer
    return answer  # type: ignore[return-value]


def _told_of_skipped(dataset: Dataset) -> Iterator[Notice]:
    if dataset.skipped:
        first = dataset.skipped[0]
        count = len(dataset.skipped)
        yield Notice(
            code="T20",
            severity="warning",
            message=trn(
                "{number} row was left out: line {line}, {reason}.",
                "{number} rows were left out; the first is line {line}: {reason}.",
                count,
                line=first.line,
                reason=first.reason,
            ),
        )


def _check_stop(stopped: Callable[[], bool]) -> None:
    if stopped():
        raise Stopped


def started(plan: TrainingPlan, task: Task, ready: Prepared, run: str) -> RunStarted:
    """The event that opens a run."""
    import torch

    device = next(ready.learner.net.parameters()).device
    return RunStarted(
        run=run,
        plan=plan,
        started=time.time(),
        steps=ready.steps,
        steps_per_epoch=ready.steps_per_epoch,
        train_rows=len(ready.train),
        validation_rows=len(ready.validation),
        test_rows=len(ready.test) if ready.test else 0,
        skipped_rows=len(ready.dataset.skipped),
        parameters=sum(parameter.numel() for parameter in ready.learner.net.parameters()),
        device=device_title(device),
        threads=torch.get_num_threads(),
        precision=ready.precision,
        headline=task.headline,
        higher_is_better=task.higher_is_better,
        data_sha256=ready.dataset.sha256,
        versions=package_versions(),
    )
