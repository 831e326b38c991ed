"""The learning-rate range test: real steps, a curve that breaks, a rate well below the break, and nothing left."""

from __future__ import annotations

import gc
import math
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from tests.tasks.examples import csv_of, rows
from workbench.core.errors import WorkbenchError
from workbench.core.plan import Choice, DatasetSpec, ModelSpec, TrainingPlan
from workbench.core.probes import RateCurve, RateEvent, RatePoint
from workbench.engine import finder
from workbench.engine.finder import find_learning_rate, rate_curve, smooth
from workbench.tasks import task_of, tasks

SHAPE = {"layers": 1, "hidden_size": 32, "heads": 2, "vocabulary": 300}


def plan_for(folder: Path, task: str = "text-classification") -> TrainingPlan:
    """36 rows and a tiny model."""
    fields = tasks()[task].fields
    examples = rows(fields)
    data = folder / "data.csv"
    data.write_text(csv_of(examples), encoding="utf-8")
    return TrainingPlan(
        dataset=DatasetSpec(path=str(data), columns={name: name for name in examples[0].values}),
        task=Choice(name=task),
        loss=Choice(name=tasks()[task].losses[0]),
        model=ModelSpec(source="scratch", options=dict(SHAPE)),
        batch_size=8,
        max_length=32,
    )


def found(plan: TrainingPlan, folder: Path, **more: Any) -> list[RateEvent]:
    return list(find_learning_rate(plan, task_of(plan.task), folder, lambda: False, **more))


@pytest.mark.parametrize("task", ["text-classification", "text-regression"])
def test_that_the_curve_breaks_and_the_suggestion_is_a_tenth_of_what_is_borne(tmp_path: Path, task: str) -> None:
    events = found(plan_for(tmp_path, task), tmp_path, steps=60, highest=30.0)
    *_, curve = events
    assert isinstance(curve, RateCurve)
    points = [event for event in events if isinstance(event, RatePoint)]
    assert sum(isinstance(event, RateCurve) for event in events) == 1
    assert [point.step for point in points] == list(range(1, len(points) + 1))
    assert curve.losses == tuple(point.loss for point in points)
    assert curve.validation_losses == tuple(point.validation_loss for point in points)
    assert len(curve.trend) == len(curve.learning_rates) == len(points)
    assert curve.ending in ("diverged", "not_finite")
    assert len(points) < 60
    assert 1e-5 < curve.suggested < 0.3
    assert curve.suggested == pytest.approx(curve.highest / 10, rel=0.05)


def test_that_the_rates_climb_by_equal_factors(tmp_path: Path) -> None:
    *_, curve = found(plan_for(tmp_path), tmp_path, steps=20, lowest=1e-6, highest=1e-4)
    assert isinstance(curve, RateCurve)
    assert curve.ending == "end"
    assert curve.learning_rates == pytest.approx(list(np.geomspace(1e-6, 1e-4, 20)))


def test_that_the_same_plan_gives_the_same_curve(tmp_path: Path) -> None:
    first, second = (found(plan_for(tmp_path), tmp_path, steps=15)[-1] for _ in range(2))
    assert isinstance(first, RateCurve)
    assert isinstance(second, RateCurve)
    assert first.losses == second.losses
    assert first.validation_losses == second.validation_losses


def test_that_a_step_is_the_loops_own_step(tmp_path: Path) -> None:
    """At rates that move nothing, the losses are those of a run that stands still."""
    from tests.engine.places import place_at
    from workbench.core.events import StepDone
    from workbench.engine.control import Control
    from workbench.engine.train import train

    plan = msgspec.structs.replace(plan_for(tmp_path), learning_rate=1e-8, epochs=2, schedule=Choice(name="constant"))
    run = train(plan, task_of(plan.task), place_at(tmp_path / "run"), Control())
    losses = [event.loss for event in run if isinstance(event, StepDone)]
    *_, curve = found(plan, tmp_path, steps=len(losses), lowest=1e-8, highest=1e-8)
    assert isinstance(curve, RateCurve)
    assert list(curve.losses) == losses


def test_that_stop_is_heard_and_what_was_measured_is_told(tmp_path: Path) -> None:
    seen: list[RateEvent] = []
    plan = plan_for(tmp_path)
    for event in find_learning_rate(
        plan, task_of(plan.task), tmp_path, lambda: sum(isinstance(one, RatePoint) for one in seen) == 12, steps=50
    ):
        seen.append(event)
    curve = seen[-1]
    assert isinstance(curve, RateCurve)
    assert curve.ending == "stopped"
    assert len(curve.losses) == 12


def test_that_stop_while_the_model_loads_gives_an_empty_curve(tmp_path: Path) -> None:
    plan = plan_for(tmp_path)
    *_, curve = find_learning_rate(plan, task_of(plan.task), tmp_path, lambda: True)
    assert isinstance(curve, RateCurve)
    assert (curve.ending, curve.suggested, curve.losses) == ("stopped", 0.0, ())


def test_that_nothing_is_written_and_the_model_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_for(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    nets: list[Any] = []
    climb = finder._climb

    def watched(plan: TrainingPlan, task: Any, ready: Any, *more: Any) -> Any:
        nets.append(weakref.ref(ready.learner.net))
        ready.learner.net.__dict__["cycle"] = [ready.learner.net]  # as some architectures have them
        return climb(plan, task, ready, *more)

    monkeypatch.setattr(finder, "_climb", watched)
    found(plan, tmp_path, steps=12)
    gc.collect()
    assert [net() for net in nets] == [None]
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_that_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    plan = plan_for(tmp_path)
    Path(plan.dataset.path).unlink()
    with pytest.raises(WorkbenchError):
        found(plan, tmp_path)


def points_of(losses: Iterator[float] | np.ndarray) -> list[RatePoint]:
    losses = list(losses)
    rates = np.geomspace(1e-6, 1.0, len(losses))
    return [
        RatePoint(step=number + 1, learning_rate=float(rate), loss=loss, validation_loss=loss)
        for number, (rate, loss) in enumerate(zip(rates, losses, strict=True))
    ]


def test_that_the_suggestion_lies_a_decade_below_the_rise() -> None:
    """1.0 until 1e-2, then steeply up; with and without a valley before, with and without a jump."""
    exponents = np.linspace(-6, 0, 91)
    flat = np.where(exponents < -2, 1.0, 1.0 + (exponents + 2) * 3)
    valley = flat - 0.5 * np.exp(-((exponents + 3) ** 2) / 0.2)
    jump = flat.copy()
    jump[20] = 9.0
    for losses in (flat, valley, jump):
        curve = rate_curve(points_of(losses))
        assert -3.2 < math.log10(curve.suggested) < -2.8
    assert -3.7 < math.log10(rate_curve(points_of(valley)).steepest) < -3.0


def test_that_a_few_steps_are_too_few_for_a_suggestion() -> None:
    curve = rate_curve(points_of(np.ones(5)))
    assert (curve.suggested, curve.highest) == (0.0, 0.0)
    assert len(curve.trend) == 5
    assert rate_curve([]).losses == ()


def test_that_smoothing_keeps_a_constant_and_drops_a_jump() -> None:
    losses = np.ones(40)
    losses[17] = 50.0
    assert smooth(losses) == pytest.approx(np.ones(40))
    line = np.linspace(3.0, 1.0, 40)
    assert smooth(line)[8:-8] == pytest.approx(line[8:-8])
