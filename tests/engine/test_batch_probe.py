"""The batch-size probe: real steps of growing size, and an end where memory or the gain ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.engine.test_finder import plan_for
from workbench.core.plan import TrainingPlan
from workbench.core.probes import BatchCurve, BatchEvent, BatchPoint
from workbench.engine import batch_probe
from workbench.engine.batch_probe import batch_curve, probe_batch_size
from workbench.engine.task import Output
from workbench.tasks import task_of


def probed(plan: TrainingPlan, folder: Path, **more: Any) -> list[BatchEvent]:
    return list(probe_batch_size(plan, task_of(plan.task), folder, lambda: False, **more))


def points(*speeds: float) -> list[BatchPoint]:
    return [BatchPoint(batch_size=2**power, rows_per_second=speed) for power, speed in enumerate(speeds)]


def test_that_sizes_double_and_every_number_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_probe, "GAIN", 0.0)  # on a busy machine, speed says little
    events = probed(plan_for(tmp_path), tmp_path)
    *_, curve = events
    assert isinstance(curve, BatchCurve)
    sizes = [event.batch_size for event in events if isinstance(event, BatchPoint)]
    assert sizes == [1, 2, 4, 8, 16]  # of 30 training rows
    assert curve.ending == "rows"
    assert curve.points == tuple(event for event in events if isinstance(event, BatchPoint))
    for point in curve.points:
        assert point.fits
        assert point.rows_per_second > 0
        assert point.step_seconds > 0
        assert point.longest_seconds > 0
    memories = [point.memory for point in curve.points]
    assert memories == sorted(memories)
    assert 8 < memories[4] / memories[0] <= 16.5  # what is kept grows with the rows
    assert curve.suggested in sizes


def test_that_memory_that_runs_out_ends_the_probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_probe, "GAIN", 0.0)
    forward = batch_probe.forward

    def short(task: Any, ready: Any, rows: Any, loss: Any) -> Output:
        if len(rows) > 4:
            raise torch.OutOfMemoryError("out of memory")
        return forward(task, ready, rows, loss)

    monkeypatch.setattr(batch_probe, "forward", short)
    *_, curve = probed(plan_for(tmp_path), tmp_path)
    assert isinstance(curve, BatchCurve)
    assert [(point.batch_size, point.fits) for point in curve.points] == [(1, True), (2, True), (4, True), (8, False)]
    assert curve.ending == "memory"
    assert 1 <= curve.suggested <= 4


def test_that_a_size_that_cannot_fit_is_not_even_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system kills a process that takes too much: nothing may be left to chance."""
    monkeypatch.setattr(batch_probe, "GAIN", 0.0)
    free: list[int] = []
    monkeypatch.setattr(batch_probe, "_free_memory", lambda device: free[0] if free else 10**12)
    tried: list[int] = []
    forward = batch_probe.forward

    def watched(task: Any, ready: Any, rows: Any, loss: Any) -> Output:
        tried.append(len(rows))
        return forward(task, ready, rows, loss)

    monkeypatch.setattr(batch_probe, "forward", watched)
    plan = plan_for(tmp_path)
    last = None
    for last in probe_batch_size(plan, task_of(plan.task), tmp_path, lambda: False):
        if isinstance(last, BatchPoint) and last.batch_size == 4:
            free.append(last.memory * 2)
    assert isinstance(last, BatchCurve)
    assert max(tried) == 4
    assert last.points[-1] == BatchPoint(batch_size=8, memory=last.points[-2].memory * 2, fits=False)
    assert last.ending == "memory"


def test_that_not_even_one_row_may_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*anything: Any) -> Output:
        raise MemoryError

    monkeypatch.setattr(batch_probe, "forward", never)
    *_, curve = probed(plan_for(tmp_path), tmp_path)
    assert isinstance(curve, BatchCurve)
    assert (curve.suggested, curve.ending) == (0, "memory")


def test_that_a_mistake_is_not_taken_for_short_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*anything: Any) -> Output:
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr(batch_probe, "forward", wrong)
    with pytest.raises(RuntimeError, match="shapes"):
        probed(plan_for(tmp_path), tmp_path)


def test_that_the_end_of_the_time_and_the_largest_size_are_kept(tmp_path: Path) -> None:
    *_, curve = probed(plan_for(tmp_path), tmp_path, seconds=0.0)
    assert isinstance(curve, BatchCurve)
    assert (len(curve.points), curve.ending) == (1, "time")
    *_, curve = probed(plan_for(tmp_path), tmp_path, largest=2)
    assert isinstance(curve, BatchCurve)
    assert ([point.batch_size for point in curve.points], curve.ending) == ([1, 2], "end")


def test_that_stop_is_heard_between_steps(tmp_path: Path) -> None:
    seen: list[BatchEvent] = []
    plan = plan_for(tmp_path)

    def stopped() -> bool:
        return sum(isinstance(one, BatchPoint) for one in seen) == 2

    for event in probe_batch_size(plan, task_of(plan.task), tmp_path, stopped):
        seen.append(event)
    curve = seen[-1]
    assert isinstance(curve, BatchCurve)
    assert (len(curve.points), curve.ending) == (2, "stopped")


def test_that_the_smallest_of_the_nearly_best_is_suggested() -> None:
    assert batch_curve(points(10, 19, 36, 37, 37.5), 0, "end", 1.0).suggested == 4
    assert batch_curve(points(10, 19, 30, 37, 37.5), 0, "end", 1.0).suggested == 8
    short = [*points(10, 20), BatchPoint(batch_size=4, memory=10**9, fits=False)]
    assert batch_curve(short, 0, "memory", 1.0).suggested == 2
    assert batch_curve([], 0, "stopped", 0.0).suggested == 0


def test_that_no_gain_ends_the_probe_and_a_single_slow_size_does_not() -> None:
    assert batch_probe._reason_to_end(points(10, 20, 39)) is None
    assert batch_probe._reason_to_end(points(10, 20, 19)) is None
    assert batch_probe._reason_to_end(points(10, 20, 19, 35)) is None
    assert batch_probe._reason_to_end(points(10, 20, 20.5, 20.9)) == "no_gain"


def test_that_nothing_is_written(tmp_path: Path) -> None:
    plan = plan_for(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    probed(plan, tmp_path, largest=4)
    assert sorted(tmp_path.rglob("*")) == before
