"""Sweeps: plans that differ in a few knobs become runs under one heading, and the best one comes out."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from workbench.core.errors import WorkbenchError
from workbench.core.events import RunFinished, RunStarted, StepDone
from workbench.core.options import Scalar
from workbench.core.plan import Choice, ModelSpec, TrainingPlan
from workbench.studio import Studio
from workbench.studio.knobs import value_of, with_knob
from workbench.studio.samplers import Grid, Random, Tpe, can_use_tpe, sampler
from workbench.studio.spaces import Range, Space
from workbench.studio.sweep_table import sweep_table
from workbench.studio.sweeps import Sweep, SweepFinished, SweepRun, TrialFinished, TrialStarted, rank

TINY = ModelSpec(source="scratch", options={"layers": 1, "hidden_size": 16, "heads": 2, "vocabulary": 200})
needs_optuna = pytest.mark.skipif(not can_use_tpe(), reason="needs the extra `sweeps` (optuna)")


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    studio = Studio(tmp_path / "workspace", settings_path=tmp_path / "settings.json")
    yield studio
    studio.history.close()


@pytest.fixture
def plan(studio: Studio, tmp_path: Path) -> TrainingPlan:
    data = tmp_path / "reviews.csv"
    rows = [f"{('lovely', 'awful')[n % 2]} place number {n},{('good', 'bad')[n % 2]}" for n in range(40)]
    data.write_text("\n".join(["review,mood", *rows]) + "\n", encoding="utf-8")
    return msgspec.structs.replace(studio.draft(data, model=TINY), epochs=1, batch_size=8)


def finished(run: SweepRun) -> SweepFinished:
    *_, end = run.events()
    assert isinstance(end, SweepFinished)
    return end


def test_that_each_trial_is_a_run_under_the_heading_and_the_best_plan_comes_out(
    studio: Studio, plan: TrainingPlan
) -> None:
    space: Space = {"learning_rate": (1e-6, 1e-2), "epochs": (1, 2)}
    run = SweepRun(Sweep(plan=plan, space=space, heading="tries"), studio)
    assert run.total == 4
    assert [(each.learning_rate, each.epochs) for each in run.trials()] == [(1e-6, 1), (1e-6, 2), (1e-2, 1), (1e-2, 2)]
    events = list(run.events())
    end = events[-1]
    assert isinstance(end, SweepFinished)
    assert sum(isinstance(event, SweepFinished) for event in events) == 1
    assert [type(event) for event in events if isinstance(event, TrialStarted | TrialFinished)] == [
        TrialStarted,
        TrialFinished,
    ] * 4
    assert sum(isinstance(event, RunStarted) for event in events) == 4
    assert sum(isinstance(event, RunFinished) for event in events) == 4
    assert any(isinstance(event, StepDone) for event in events)
    records = studio.runs()
    assert sorted(record.name for record in records) == ["tries-1", "tries-2", "tries-3", "tries-4"]
    assert {studio.plan_of(record.id).group for record in records} == {"tries"}
    assert [trial.score for trial in end.trials] == sorted((trial.score or 0 for trial in end.trials), reverse=True)
    assert end.best is not None
    assert (end.best.group, end.best.name) == ("", "")
    assert {name: value_of(end.best, name) for name in space} == end.trials[0].values
    # Nothing else was changed.
    assert msgspec.structs.replace(end.best, learning_rate=plan.learning_rate, epochs=plan.epochs) == plan


def test_that_a_sweep_started_again_makes_only_what_is_missing(studio: Studio, plan: TrainingPlan) -> None:
    first = SweepRun(Sweep(plan=plan, space={"learning_rate": (1e-3, 2e-3)}, heading="tries"), studio)
    before = finished(first)
    wider = SweepRun(Sweep(plan=plan, space={"learning_rate": (1e-3, 2e-3, 3e-3)}, heading="tries"), studio)
    after = finished(wider)
    assert len(studio.runs()) == 3
    assert sorted(trial.repeated for trial in after.trials) == [False, True, True]
    old = {trial.run: trial.score for trial in before.trials}
    assert old == {trial.run: trial.score for trial in after.trials if trial.repeated}


def test_that_another_heading_or_changed_data_is_trained_anew(studio: Studio, plan: TrainingPlan) -> None:
    space: Space = {"learning_rate": (1e-3,)}
    finished(SweepRun(Sweep(plan=plan, space=space, heading="one"), studio))
    finished(SweepRun(Sweep(plan=plan, space=space, heading="two"), studio))
    assert len(studio.runs()) == 2
    data = Path(plan.dataset.path)
    data.write_text(data.read_text(encoding="utf-8") + "lovely evening,good\n", encoding="utf-8")
    finished(SweepRun(Sweep(plan=plan, space=space, heading="two"), studio))
    assert len(studio.runs()) == 3


def test_that_stop_ends_the_sweep_and_keeps_what_is_there(studio: Studio, plan: TrainingPlan) -> None:
    run = SweepRun(Sweep(plan=plan, space={"learning_rate": (1e-3, 2e-3, 3e-3)}, heading="tries"), studio)
    events = []
    for event in run.events():
        events.append(event)
        if isinstance(event, StepDone) and len(run.finished) == 1:
            run.stop()
    end = events[-1]
    assert isinstance(end, SweepFinished)
    assert end.stopped
    assert [trial.outcome for trial in sorted(end.trials, key=lambda trial: trial.number)] == ["completed", "stopped"]
    assert end.best is not None
    assert len(studio.runs()) == 2


def test_that_a_paused_trial_is_resumed_when_the_sweep_starts_again(studio: Studio, plan: TrainingPlan) -> None:
    sweep = Sweep(plan=msgspec.structs.replace(plan, epochs=3), space={"learning_rate": (1e-3, 2e-3)}, heading="tries")
    run = SweepRun(sweep, studio)
    for event in run.events():
        if isinstance(event, StepDone) and event.step == 3:
            run.pause()
    (broken,) = studio.runs()
    assert broken.state == "paused"
    again = SweepRun(sweep, studio)
    steps = [event.step for event in again.events() if isinstance(event, StepDone)]
    assert steps[0] == 4
    assert len(studio.runs()) == 2
    assert {trial.outcome for trial in again.finished} == {"completed"}


def test_that_a_plan_that_cannot_start_is_told_and_the_others_are_made(studio: Studio, plan: TrainingPlan) -> None:
    end = finished(SweepRun(Sweep(plan=plan, space={"hidden_size": (17, 16)}, heading="tries"), studio))
    best, refused = end.trials
    assert best.outcome == "completed"
    assert (refused.outcome, refused.score, refused.run) == ("failed", None, "")
    assert "17" in refused.message


def test_that_equal_plans_are_trained_once(studio: Studio, plan: TrainingPlan) -> None:
    # Plain gradient descent has no momentum: two of the four points are the same.
    space: Space = {"optimizer": ("sgd", "sgd-momentum"), "momentum": (0.5, 0.9)}
    end = finished(SweepRun(Sweep(plan=plan, space=space, heading="tries"), studio))
    assert len(end.trials) == len(studio.runs()) == 3


def test_that_the_best_comes_first_also_where_less_is_better() -> None:
    scores = {"a": 2.0, "b": 1.0, "c": None, "d": math.nan, "e": 1.0}
    losses = {"a": 0.1, "b": 0.4, "c": None, "d": 0.2, "e": 0.3}

    def order(higher_is_better: bool) -> str:
        trials = [
            TrialFinished(number=1, name=name, higher_is_better=higher_is_better, score=scores[name], loss=losses[name])
            for name in scores
        ]
        return "".join(trial.name for trial in sorted(trials, key=rank))

    assert order(False) == "ebadc"
    assert order(True) == "aebdc"


def test_that_a_knob_is_set_wherever_it_lies(plan: TrainingPlan) -> None:
    changes: dict[str, Scalar] = {"epochs": 7, "validation_share": 0.3, "layers": 2, "beta1": 0.5, "schedule": "cosine"}
    for name, value in changes.items():
        changed = with_knob(plan, name, value)
        assert changed != plan
        assert value_of(changed, name) == value
    assert value_of(with_knob(plan, "schedule", "constant"), "warmup_share") is None


def test_that_choosing_the_same_entry_keeps_its_knobs(plan: TrainingPlan) -> None:
    plan = msgspec.structs.replace(plan, optimizer=Choice(name="adamw", options={"beta1": 0.8}))
    assert with_knob(plan, "optimizer", "adamw") == plan
    assert with_knob(plan, "optimizer", "sgd").optimizer == Choice(name="sgd")


@pytest.mark.parametrize(
    ("space", "method", "code"),
    [
        ({}, "grid", "P07"),
        ({"learnig_rate": (1e-3,)}, "grid", "P06"),
        ({"epochs": (0, 1)}, "grid", "P01"),
        ({"epochs": ()}, "grid", "P08"),
        ({"learning_rate": Range(low=1e-5, high=1e-3)}, "grid", "P08"),
        ({"learning_rate": Range(low=1e-3, high=1e-5)}, "random", "P08"),
        ({"optimizer": ("adamm",)}, "grid", "P01"),
        ({"batch_size": Range(low=1, high=4000)}, "grid", "P09"),
    ],
)
@pytest.mark.usefixtures("english")
def test_that_a_space_that_cannot_be_tried_is_refused(
    studio: Studio, plan: TrainingPlan, space: Space, method: str, code: str
) -> None:
    with pytest.raises(WorkbenchError) as refused:
        SweepRun(Sweep(plan=plan, space=space, method=method), studio)  # type: ignore[arg-type]
    assert [problem.code for problem in refused.value.problems] == [code]


def test_that_a_grid_has_every_combination_once() -> None:
    grid = Grid({"a": (1, 2), "b": Range(low=1, high=3, whole=True)}, trials=0)
    points = list(grid.proposals())
    assert grid.total == 6
    assert {tuple(point.values()) for point in points} == {(a, b) for a in (1, 2) for b in (1, 2, 3)}


def test_that_random_draws_fill_the_range_and_come_again_from_the_seed() -> None:
    space: Space = {
        "rate": Range(low=1e-5, high=1e-1, log=True),
        "n": Range(low=1, high=3, whole=True),
        "w": ("x", "y"),
    }
    draws = list(zip(range(400), Random(space, 400, seed=3).proposals(), strict=False))
    rates = [math.log10(float(point["rate"])) for _, point in draws]
    assert all(-5 <= rate <= -1 for rate in rates)
    for decade in (-5, -4, -3, -2):  # a quarter each, give or take four standard deviations
        assert abs(sum(decade <= rate < decade + 1 for rate in rates) - 100) < 35
    for value in (1, 2, 3):
        assert abs(sum(point["n"] == value for _, point in draws) - 400 / 3) < 40
    assert {point["w"] for _, point in draws} == {"x", "y"}
    assert draws == list(zip(range(400), Random(space, 400, seed=3).proposals(), strict=False))
    assert draws != list(zip(range(400), Random(space, 400, seed=4).proposals(), strict=False))


@needs_optuna
def test_that_tpe_learns_where_it_is_good() -> None:
    space: Space = {"x": Range(low=0.0, high=1.0)}

    def found(seed: int) -> list[float]:
        tpe, xs = Tpe(space, 30, seed), []
        for _, point in zip(range(30), tpe.proposals(), strict=False):
            xs.append(float(point["x"]))
            tpe.tell(None if xs[-1] < 0.05 else -((xs[-1] - 0.7) ** 2))
        return xs

    late = [x for seed in (1, 2, 3) for x in found(seed)[15:]]
    assert sum(abs(x - 0.7) < 0.2 for x in late) > 0.6 * len(late)  # chance would bring 0.4
    assert found(1) == found(1)


@needs_optuna
def test_that_a_tpe_sweep_goes_on_where_it_was(studio: Studio, plan: TrainingPlan) -> None:
    space: Space = {"learning_rate": Range(low=1e-5, high=1e-2, log=True)}
    short = Sweep(plan=plan, space=space, method="tpe", trials=3, heading="tries")
    finished(SweepRun(short, studio))
    end = finished(SweepRun(msgspec.structs.replace(short, trials=5), studio))
    assert len(studio.runs()) == 5
    assert [trial.repeated for trial in sorted(end.trials, key=lambda trial: trial.number)] == [True] * 3 + [False] * 2


def test_that_a_missing_optuna_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(WorkbenchError) as refused:
        sampler({"epochs": (1, 2)}, "tpe", 2, 0)
    assert refused.value.problems[0].code == "P10"
    assert "sweeps" in refused.value.problems[0].remedy
    assert sampler({"epochs": (1, 2)}, "random", 2, 0).total == 2


@pytest.mark.usefixtures("english")
def test_that_the_table_has_an_axis_for_what_differs_and_a_line_for_each_run(
    studio: Studio, plan: TrainingPlan
) -> None:
    space: Space = {"learning_rate": (1e-6, 1e-3, 1e-2), "optimizer": ("adamw", "sgd")}
    end = finished(SweepRun(Sweep(plan=plan, space=space, heading="tries"), studio))
    records = studio.runs()
    table = sweep_table(records, {record.id: studio.plan_of(record.id) for record in records})
    assert {axis.name for axis in table.axes[:-1]} == {"learning_rate", "optimizer"}
    assert (table.axes[-1].name, table.axes[-1].title) == ("score", "Macro-F1")
    rate = next(axis for axis in table.axes if axis.name == "learning_rate")
    assert (rate.low, rate.high, rate.log) == (1e-6, 1e-2, True)
    assert rate.position(1e-3) == pytest.approx(0.75)
    assert len(table.lines) == 6
    assert table.lines[0].score == end.trials[0].score
    for line in table.lines:
        assert all(math.isnan(position) or 0 <= position <= 1 for position in line.positions)
    assert sweep_table([], {}).lines == ()
