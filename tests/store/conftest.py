"""Shared by the tests of the store: a run's story, and a disk that fails on command."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.core.events import (
    Evaluated,
    Event,
    Measures,
    ModelSaved,
    PhaseChanged,
    RunFinished,
    RunStarted,
    StepDone,
)
from workbench.core.plan import DatasetSpec, TrainingPlan
from workbench.store import locks, safe_io
from workbench.store.history import History

PLAN = TrainingPlan(dataset=DatasetSpec(path="/data/reviews.csv"))


def tell_story(
    run: str = "run-1", steps: int = 20, losses: Callable[[int], float] = lambda step: 1 / step
) -> Iterator[Event]:
    """A whole run: `steps` steps, two looks at the validation rows, the first the better one."""
    yield PhaseChanged(phase="importing")
    yield RunStarted(
        run=run,
        plan=PLAN,
        started=1_000_000.0,
        steps=steps,
        steps_per_epoch=10,
        train_rows=100,
        validation_rows=20,
        test_rows=0,
        skipped_rows=0,
        parameters=1000,
        device="cpu",
        threads=2,
        headline="accuracy",
        higher_is_better=True,
        data_sha256="0" * 64,
        versions={"torch": "2"},
    )
    yield PhaseChanged(phase="training")
    for step in range(1, steps + 1):
        yield StepDone(
            step=step,
            epoch=step / 10,
            loss=losses(step),
            learning_rate=1e-4 / step,
            grad_norm=1.5,
            rows=step * 16,
            seconds=step / 100,
        )
        if step in (max(steps // 2, 1), steps):
            better = step != steps or steps == 1
            yield Evaluated(
                step=step,
                epoch=step / 10,
                part="validation",
                loss=0.5,
                measures=Measures(metrics={"accuracy": 0.9 if better else 0.8}, baseline={"accuracy": 0.5}),
                best=better,
            )
            if better:
                yield ModelSaved(step=step, folder="model")
    yield RunFinished(outcome="completed", steps=steps, seconds=steps / 100, best_step=max(steps // 2, 1), details="")


class FaultyOS:
    """The module `os`, whose n-th call of a watched function fails once."""

    def __init__(self, number: int, error: int, watched: tuple[str, ...]) -> None:
        self._left = number
        self._error = error
        self._watched = watched
        self.failed = ""
        self.done: list[str] = []

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in self._watched:
            return real

        def call(*arguments: Any, **options: Any) -> Any:
            self._left -= 1
            if self._left == 0:
                self.failed = name
                raise OSError(self._error, os.strerror(self._error))
            result = real(*arguments, **options)
            self.done.append(name)
            return result

        return call


WATCHED = ("open", "write", "fsync", "replace", "mkdir", "ftruncate", "unlink")


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory where there is one: these tests sync thousands of times, and a slow disk proves nothing."""
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 512 << 20:
        with tempfile.TemporaryDirectory(dir=memory) as folder:
            yield Path(folder)
    else:
        yield tmp_path_factory.mktemp("store")


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FaultyOS]:
    """`faulty(n, errno)`: from now on the n-th call of the disk fails."""

    def install(number: int, error: int, watched: tuple[str, ...] = WATCHED) -> FaultyOS:
        disk = FaultyOS(number, error, watched)
        monkeypatch.setattr(safe_io, "os", disk)
        monkeypatch.setattr(locks, "os", disk)
        return disk

    return install


@pytest.fixture
def sound(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """`sound()`: the disk works again."""

    def install() -> None:
        monkeypatch.setattr(safe_io, "os", os)
        monkeypatch.setattr(locks, "os", os)

    return install


@pytest.fixture
def plan() -> TrainingPlan:
    return PLAN


@pytest.fixture
def story() -> Callable[..., Iterator[Event]]:
    return tell_story


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with History(tmp_path / "work space 工作") as opened:
        yield opened


@pytest.fixture
def add_run() -> Callable[..., str]:
    """`add_run(history, run_id, steps)`: a run that was recorded to its end; returns its name."""

    def add(history: History, run_id: str = "run-1", steps: int = 20, stem: str = "reviews") -> str:
        name = history.unique_name(stem)
        history.open_run(run_id, name, history.workspace.runs / name, PLAN)
        for _ in history.record(run_id, tell_story(run_id, steps)):
            pass
        return name

    return add
