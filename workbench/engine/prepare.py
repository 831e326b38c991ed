"""Step 1 of the loop, initialise: rows, facts, model and encoded rows, with a word on the way about each."""

from __future__ import annotations

import gc
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from workbench.core.events import Event, Notice, Phase, PhaseChanged, RunStarted
from workbench.core.fields import Example
from workbench.core.language import trn
from workbench.core.plan import TrainingPlan
from workbench.data.dataset import Dataset, load
from workbench.engine.batches import (
    EncodedRows,
    RowCollector,
    evaluation_batches,
    evaluation_size,
    steps_in_epoch,
    token_ids,
    training_batches,
)
from workbench.engine.checkpoint import PARTS, Snapshot, write_rows
from workbench.engine.devices import best_device, device_title
from workbench.engine.features import FeatureCache, Storage
from workbench.engine.model_folder import restore_weights
from workbench.engine.place import RunPlace
from workbench.engine.precision import chosen_precision
from workbench.engine.quick import Learning, quicken
from workbench.engine.quick.allocator import keep_memory
from workbench.engine.seeding import seed_everything
from workbench.engine.state import RowsSeen, Surroundings
from workbench.engine.task import Learner, ModelSource, Task
from workbench.engine.tunings import tune

T = TypeVar("T")

REPORTED_PACKAGES = ("torch", "transformers", "tokenizers", "safetensors", "numpy", "scikit-learn")
ROWS_BETWEEN_WORDS = 256

Progress = Callable[[float], None]

building = threading.Lock()
"""Weights are drawn from torch's global random numbers: one at a time, also where a run was stopped while it loaded."""


@dataclass(frozen=True)
class Prepared:
    """Everything the loop needs before its next step. `features` are kept where lower layers do not learn."""

    learner: Learner
    train: EncodedRows
    validation: EncodedRows
    test: EncodedRows | None
    seen: RowsSeen
    surroundings: Surroundings
    steps_per_epoch: int
    steps: int
    features: FeatureCache | None = None
    validation_features: FeatureCache | None = None

    @property
    def learning(self) -> Learning:
        """What the optimizer changes, and in which form."""
        assert self.learner.learning is not None
        return self.learner.learning

    @property
    def precision(self) -> str:
        """What the net multiplies with while it learns."""
        return self.surroundings.precision


class Stopped(Exception):  # noqa: N818 - not an error: the user asked for it
    """The user stopped the run before its first step."""


def prepare(
    plan: TrainingPlan, task: Task, models_folder: Path, stopped: Callable[[], bool]
) -> Generator[Event, None, Prepared]:
    """Read, study, build, encode. Raises WorkbenchError for what the user can mend, Stopped if asked to stop."""

    def read(progress: Progress) -> tuple[Dataset, Any]:
        found = load(plan.dataset, task.fields, seed=plan.seed, progress=progress)
        return found, task.study(found.train)

    dataset, facts = yield from in_phase("reading", read, stopped)
    yield from _told_of_skipped(dataset)

    def build(progress: Progress) -> Learner:
        source = ModelSource(plan.model, models_folder, plan.max_length, plan.seed, progress)
        with building:
            seed_everything(plan.seed)
            return task.build(source, facts, dataset.train)

    learner = yield from in_phase("loading", build, stopped)
    yield from learner.notices
    parts = yield from _all_encoded(task, learner, dataset, stopped)
    seen = RowsSeen(data_sha256=dataset.sha256, train=len(dataset.train), skipped=len(dataset.skipped))
    return made_ready(plan, learner, parts, seen, chosen_precision(plan.precision, best_device()))


def with_features(plan: TrainingPlan, task: Task, ready: Prepared, storage: Storage | None = None) -> Prepared:
    """`ready`, keeping what frozen layers say about each row; `storage` is how the same run kept it before."""
    tuned = ready.learner.tuned
    if tuned is None or not tuned.frozen_layers:
        return ready
    first_epoch = training_batches(ready.train.lengths, plan.batch_size, seed=plan.seed, epoch=0)
    looks = evaluation_batches(ready.validation.lengths, evaluation_size(plan))
    caches = [
        FeatureCache(task, ready.learner, tuned, rows, blocks, storage=storage)
        for rows, blocks in ((ready.train, first_epoch), (ready.validation, looks))
    ]
    return replace(ready, features=caches[0], validation_features=caches[1])


def keep_rows(ready: Prepared, place: RunPlace, stopped: Callable[[], bool]) -> Iterator[Event]:
    """Keep the encoded rows at `place`: whatever becomes of the file, the run can be resumed."""

    def keep(_progress: Progress) -> None:
        with place.checkpoints.staged_rows() as folder:
            write_rows(folder, dict(zip(PARTS, (ready.train, ready.validation, ready.test), strict=True)), ready.seen)

    yield from in_phase("saving", keep, stopped)


def made_ready(
    plan: TrainingPlan,
    learner: Learner,
    parts: dict[str, EncodedRows | None],
    seen: RowsSeen,
    precision: str,
    kept: Snapshot | None = None,
) -> Prepared:
    """The net on its device, in the form in which it learns, with the weights of `kept` if there are some.

    Raises WorkbenchError where the plan's tuning does not suit the net.
    """
    import torch

    keep_memory()
    device = best_device()
    learner.net.to(device)
    train, validation = parts["train"], parts["validation"]
    assert train is not None
    assert validation is not None
    with building:
        seed_everything(plan.seed)
        learner.tuned = tune(learner.net, plan.tuning)
    if kept is not None:
        restore_weights(learner, kept.base, kept.extra)
    learner.learning = quicken(learner.net, token_ids(train), precision)
    gc.collect()
    gc.freeze()  # what was loaded stays: walking it again and again would hold the window up
    steps_per_epoch = steps_in_epoch(len(train), plan.batch_size, plan.accumulation)
    steps = steps_per_epoch * plan.epochs
    return Prepared(
        learner=learner,
        train=train,
        validation=validation,
        test=parts["test"],
        seen=seen,
        surroundings=Surroundings(
            device=device_title(device),
            threads=torch.get_num_threads(),
            precision=precision,
            versions=package_versions(),
        ),
        steps_per_epoch=steps_per_epoch,
        steps=min(steps, plan.max_steps) if plan.max_steps else steps,
    )


def _all_encoded(
    task: Task, learner: Learner, dataset: Dataset, stopped: Callable[[], bool]
) -> Generator[Event, None, dict[str, EncodedRows | None]]:
    examples = dict(zip(PARTS, (dataset.train, dataset.validation, dataset.test), strict=True))
    parts: dict[str, EncodedRows | None] = {}
    done, total = 0, sum(len(part) for part in examples.values() if part)
    for name, part in examples.items():
        parts[name] = (yield from _encoded(task, learner, part, done, total, stopped)) if part else None
        done += len(part) if part else 0
    return parts


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


def in_phase(phase: Phase, work: Callable[[Progress], T], stopped: Callable[[], bool]) -> Generator[Event, None, T]:
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


def started(plan: TrainingPlan, task: Task, ready: Prepared, run: str, *, done: int) -> RunStarted:
    """The event that opens a run, or opens it again after `done` steps."""
    weights = list(ready.learner.net.parameters())
    return RunStarted(
        run=run,
        plan=plan,
        started=time.time(),
        steps=ready.steps,
        steps_per_epoch=ready.steps_per_epoch,
        train_rows=len(ready.train),
        validation_rows=len(ready.validation),
        test_rows=len(ready.test) if ready.test else 0,
        skipped_rows=ready.seen.skipped,
        parameters=sum(weight.numel() for weight in weights),
        trainable=sum(weight.numel() for weight in weights if weight.requires_grad),
        device=ready.surroundings.device,
        threads=ready.surroundings.threads,
        first_step=done,
        precision=ready.precision,
        headline=task.headline,
        higher_is_better=task.higher_is_better,
        data_sha256=ready.seen.data_sha256,
        versions=ready.surroundings.versions,
    )
